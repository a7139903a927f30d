//! Conversions between kinds of values.

use serde_json::Value;

use super::argument::Arguments;
use crate::contract::expression::operators::{double_value, text_of};

/// Most digits after the point that a number is rounded to; a double has no more than these for sure.
const DIGITS_MAX: i32 = 15;

pub fn string(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(text_of(arguments.value(0)).into())
}

pub fn int(arguments: Arguments<'_>) -> Result<Value, String> {
    match arguments.value(0) {
        Value::String(text) => {
            let parsed = text.trim().parse::<i64>();
            parsed.map(Value::from).map_err(|_| format!("'{text}' is not an integer"))
        }
        Value::Number(number) if number.is_f64() => {
            let value = number.as_f64().unwrap_or(f64::NAN).trunc();
            whole(value).ok_or_else(|| format!("{number} is out of the range of integers"))
        }
        value @ Value::Number(_) => Ok(value.clone()),
        _ => Err(arguments.mismatch(0, "text or a number")),
    }
}

pub fn double(arguments: Arguments<'_>) -> Result<Value, String> {
    match arguments.value(0) {
        Value::String(text) => {
            let parsed = text.trim().parse::<f64>().map_err(|_| format!("'{text}' is not a number"))?;
            double_value(parsed)
        }
        Value::Number(number) => double_value(number.as_f64().unwrap_or(f64::NAN)),
        _ => Err(arguments.mismatch(0, "text or a number")),
    }
}

/// Halves go away from zero. Without digits an integer comes out.
pub fn round(arguments: Arguments<'_>) -> Result<Value, String> {
    let Value::Number(number) = arguments.value(0) else {
        return Err(arguments.mismatch(0, "a number"));
    };
    let digits = if arguments.len() > 1 { arguments.integer(1)? } else { 0 };
    let digits = i32::try_from(digits).ok().filter(|digits| (0..=DIGITS_MAX).contains(digits));
    let digits = digits.ok_or_else(|| format!("argument 2 must be from 0 to {DIGITS_MAX}"))?;
    if !number.is_f64() {
        return Ok(arguments.value(0).clone());
    }
    let value = number.as_f64().unwrap_or(f64::NAN);
    if digits == 0 {
        return whole(value.round()).ok_or_else(|| format!("{number} is out of the range of integers"));
    }
    let scale = 10_f64.powi(digits);
    // What is too large to be scaled has no digits after the point.
    let scaled = value * scale;
    double_value(if scaled.is_finite() { scaled.round() / scale } else { value })
}

/// A double without a fraction as an integer, if it fits. The bounds are powers of two, so they are exact as doubles.
fn whole(value: f64) -> Option<Value> {
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value).then(|| Value::from(value as i64))
}

/// An integer, or a double without a fraction, which JSON Schema takes for one.
pub fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| whole(value.as_f64().filter(|value| value.fract() == 0.0)?)?.as_i64())
}

pub fn json(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(arguments.value(0).to_string().into())
}
