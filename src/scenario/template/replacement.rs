//! Payload Replacement Objects: places in a payload, and putting values there.

use serde_json::Value;

use super::selector::{Language, check_pointer, parse_language};
use crate::pointer::{find, segments, split_last};
use crate::scenario::expression::SyntaxError;
use crate::scenario::jsonpath::Query;
use crate::scenario::model::ReplacementTarget;

/// Reads `target` with its `targetSelectorType`; a JSON Pointer where none is written. Errors carry the pointer below the
/// Payload Replacement Object.
pub fn parse_target(target: &str, kind: Option<&Value>) -> Result<ReplacementTarget, (String, SyntaxError)> {
    let language = match kind {
        None => Language::JsonPointer,
        Some(kind) => parse_language(kind).map_err(|(key, error)| (format!("/targetSelectorType{key}"), error))?,
    };
    let place = |error: SyntaxError| ("/target".to_owned(), error);
    match language {
        Language::JsonPointer => {
            check_pointer(target).map_err(|error| match kind {
                None if target.starts_with('$') => {
                    place(error.hint("for a JSONPath, add `targetSelectorType: jsonpath`"))
                }
                _ => place(error),
            })?;
            Ok(ReplacementTarget::JsonPointer(target.to_owned()))
        }
        Language::JsonPath => match Query::parse(target) {
            Ok(query) => Ok(ReplacementTarget::JsonPath(query)),
            Err((at, message)) => Err(place(SyntaxError::new(at, message))),
        },
    }
}

/// Sets a value at every place that the target leads to. A JSON Pointer may name one new field of an object, or the place
/// behind an array's last element (`-`); a JSONPath must match. The error is a fragment that says what is missing.
pub fn replace(payload: &mut Value, target: &ReplacementTarget, value: &Value) -> Result<(), String> {
    match target {
        ReplacementTarget::JsonPointer(pointer) => set(payload, pointer, value),
        ReplacementTarget::JsonPath(query) => {
            let pointers = query.pointers(payload);
            if pointers.is_empty() {
                return Err("the JSONPath matches nothing in the payload".to_owned());
            }
            // A place inside of one that was just replaced may be gone; the outer value is what was asked for then.
            let mut places = pointers.iter();
            places.try_for_each(|pointer| match payload.pointer_mut(pointer) {
                Some(place) => {
                    value.clone_into(place);
                    Ok(())
                }
                None => Ok(()),
            })
        }
    }
}

fn set(payload: &mut Value, pointer: &str, value: &Value) -> Result<(), String> {
    if let Some(place) = payload.pointer_mut(pointer) {
        value.clone_into(place);
        return Ok(());
    }
    let Some((parent, key)) = split_last(pointer) else {
        return Err(format!("`{pointer}` is no JSON Pointer"));
    };
    match payload.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.insert(key.into_owned(), value.clone());
            Ok(())
        }
        Some(Value::Array(items)) if key == "-" || key == items.len().to_string() => {
            items.push(value.clone());
            Ok(())
        }
        Some(Value::Array(items)) => Err(format!("`{parent}` has no element `{key}`, only {}", items.len())),
        Some(_) => Err(format!("`{parent}` is neither an object nor an array, so `{pointer}` cannot be set")),
        None => Err(format!("the payload has no `{}`", missing(payload, parent))),
    }
}

/// The shortest part of a pointer that leads nowhere.
fn missing(payload: &Value, pointer: &str) -> String {
    let mut place = String::new();
    for key in segments(pointer) {
        crate::pointer::push(&mut place, &key);
        if find(payload, &place).is_none() {
            return place;
        }
    }
    pointer.to_owned()
}
