//! Conversions between kinds of values.

use serde_json::Value;

use super::argument::Arguments;
use crate::contract::expression::operators::{double_value, text_of};

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
            // The bounds are powers of two, so they are exact as doubles.
            let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
            fits.then(|| Value::from(value as i64)).ok_or_else(|| format!("{number} is out of the range of integers"))
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

pub fn json(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(arguments.value(0).to_string().into())
}
