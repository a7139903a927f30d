//! Instants as fields hold them.

use serde_json::Value;

use crate::contract::expression::{iso, millis};
use crate::contract::plan::{Field, TimeForm};

/// An instant in the form of a field.
pub fn instant(ms: i64, form: TimeForm) -> Value {
    match form {
        TimeForm::Milliseconds => Value::from(ms),
        TimeForm::Seconds => Value::from(ms.div_euclid(1000)),
        TimeForm::Text => Value::from(iso(ms)),
    }
}

/// A value as the field keeps it: instants that came as text are kept in the field's own form, the rest as it is.
pub fn coerce(field: &Field, value: Value) -> Value {
    match (field.time, &value) {
        (Some(TimeForm::Milliseconds), Value::String(text)) => millis(text).map_or(value, Value::from),
        (Some(TimeForm::Seconds), Value::String(text)) => millis(text).map_or(value, |ms| Value::from(ms.div_euclid(1000))),
        (Some(TimeForm::Text), Value::String(text)) => millis(text).map_or(value, |ms| Value::from(iso(ms))),
        (Some(TimeForm::Text), Value::Number(number)) => number.as_i64().map_or(value, |ms| Value::from(iso(ms))),
        _ => value,
    }
}
