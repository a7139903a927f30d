//! One piece of text to JSON.

use serde_json::{Number, Value};

use super::shape::Shape;

/// Text to JSON by shape: used for parameters and for form fields. Text that fits no type of the shape stays a string, and the schema
/// check then says what it should have been.
pub fn decode_text(text: &str, shape: &Shape) -> Value {
    scalar(text, shape).or_else(|| structure(text, shape)).unwrap_or_else(|| Value::String(text.to_owned()))
}

fn scalar(text: &str, shape: &Shape) -> Option<Value> {
    let number = || text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if shape.integer && number() && is_integer(text) {
        return number_value(text);
    }
    if shape.number && number() {
        let value = number_value(text);
        if value.is_some() {
            return value;
        }
    }
    match text {
        "true" if shape.boolean => Some(Value::Bool(true)),
        "false" if shape.boolean => Some(Value::Bool(false)),
        "null" if shape.null => Some(Value::Null),
        // A field left empty is the only way a form can say null.
        "" if shape.null && !shape.string => Some(Value::Null),
        _ => None,
    }
}

/// Arrays and objects as JSON text, where nothing simpler fits; one value where an array is wanted is an array of one.
fn structure(text: &str, shape: &Shape) -> Option<Value> {
    if shape.string {
        return None;
    }
    let opens = |bracket: char| text.trim_start().starts_with(bracket);
    if shape.items.is_some() && opens('[') || shape.is_object() && opens('{') {
        let parsed = serde_json::from_str(text).ok();
        if parsed.is_some() {
            return parsed;
        }
    }
    match &shape.items {
        Some(items) if !shape.is_scalar() => Some(Value::Array(vec![decode_text(text, items)])),
        _ => None,
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A JSON number; text that JSON would not take (`007`, `1.`, `1e999`) is none.
fn number_value(text: &str) -> Option<Value> {
    serde_json::from_str::<Number>(text).ok().map(Value::Number)
}
