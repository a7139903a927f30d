//! Instants as fields hold them.

use serde_json::{Number, Value};

use crate::contract::plan::{Field, TimeForm};
use crate::instant::{is_canonical, iso, parse};

/// An instant in the form of a field.
pub fn instant(ms: i64, form: TimeForm) -> Value {
    match form {
        TimeForm::Milliseconds => Value::from(ms),
        TimeForm::Seconds => Value::from(ms.div_euclid(1000)),
        TimeForm::Text => iso(ms).map_or(Value::Null, Value::from),
    }
}

/// The instant that a field of this form names; numbers are milliseconds where the form is not known.
pub fn named(value: &Value, form: Option<TimeForm>) -> Option<i64> {
    match (value, form) {
        (Value::Number(number), Some(TimeForm::Seconds)) => number.as_i64()?.checked_mul(1000),
        (Value::Number(number), _) => number.as_i64(),
        (Value::String(text), _) => parse(text),
        _ => None,
    }
}

/// A value as the field keeps it: instants that came as text are kept in the field's own form, the rest as it is.
pub fn coerce(field: &Field, value: Value) -> Value {
    match (field.time, &value) {
        (Some(TimeForm::Milliseconds), Value::String(text)) => parse(text).map_or(value, Value::from),
        (Some(TimeForm::Seconds), Value::String(text)) => {
            parse(text).map_or(value, |ms| Value::from(ms.div_euclid(1000)))
        }
        (Some(TimeForm::Text), Value::String(text)) if !is_canonical(text) => {
            parse(text).map_or(value, |ms| iso(ms).map_or(Value::Null, Value::from))
        }
        (Some(TimeForm::Text), Value::Number(number)) => {
            number.as_i64().map_or(value, |ms| iso(ms).map_or(Value::Null, Value::from))
        }
        (_, Value::Number(number)) if field.integer => whole(number).map_or(value, Value::from),
        _ => value,
    }
}

/// `5.0` is an integer to JSON Schema, and is kept as one.
fn whole(number: &Number) -> Option<i64> {
    /// Beyond it a float no longer tells integers apart.
    const FLOAT_EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    let float = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0)?;
    (float.abs() <= FLOAT_EXACT_MAX).then_some(float as i64)
}
