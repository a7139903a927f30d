//! From a bundled root schema to a validator, or to the places in the document that are at fault.

use std::collections::BTreeSet;
use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, Retrieve, ValidationOptions, Validator};
use serde_json::{Map, Value, json};

use super::bundle::Bundle;
use super::instance::InPlace;
use crate::contract::error::LoadError;
use crate::instant;
use crate::pointer::escape;

/// How often one pattern may backtrack on one value before the value is refused.
const PATTERN_BACKTRACKS_MAX: usize = 100_000;
/// The largest compiled pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 4 << 20;

pub fn compile(file: &str, bundle: &Bundle) -> Result<Validator<InPlace>, Vec<LoadError>> {
    options().build(&bundle.root).map_err(|error| {
        let found = faults(file, bundle);
        if !found.is_empty() {
            return found;
        }
        let pointer = bundle.origin(error.schema_path().as_str());
        vec![LoadError::new(file, pointer, format!("a schema does not compile: {error}"))]
    })
}

/// Draft 2020-12 with formats asserted, OpenAPI's integer formats, no network, and limits on patterns.
fn options<'i>() -> ValidationOptions<'i, Arc<dyn Retrieve>, InPlace> {
    jsonschema::options_for::<InPlace>()
        .with_draft(Draft::Draft202012)
        .offline()
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .with_format("byte", is_base64)
        .with_format("date", instant::is_date)
        .with_format("date-time", instant::is_date_time)
        .with_pattern_options(
            PatternOptions::fancy_regex().backtrack_limit(PATTERN_BACKTRACKS_MAX).size_limit(PATTERN_BYTES_MAX),
        )
}

/// RFC 4648 base64, padded; both alphabets, because APIs mix them up.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    digits.bytes().all(alphabet) && padding <= 2 && text.len().is_multiple_of(4)
}

/// Looks at each slot and definition by itself, once something is known to be wrong, for everything that is.
fn faults(file: &str, bundle: &Bundle) -> Vec<LoadError> {
    let mut errors: Vec<LoadError> = Vec::new();
    for group in ["properties", "$defs"] {
        let Some(schemas) = bundle.root.get(group).and_then(Value::as_object) else { continue };
        for (name, schema) in schemas {
            let origin = bundle.origin(&format!("/{group}/{name}"));
            invalid_keywords(file, &origin, schema, &mut errors);
            invalid_patterns(file, schema, &mut origin.clone(), &mut errors);
        }
    }
    // A definition that is copied for each direction has its faults in each copy.
    let mut told = BTreeSet::new();
    errors.retain(|error| told.insert((error.pointer.clone(), error.message.clone())));
    errors
}

/// Keywords whose values JSON Schema itself does not allow (`minLength: "3"`).
fn invalid_keywords(file: &str, origin: &str, schema: &Value, errors: &mut Vec<LoadError>) {
    let Err(error) = jsonschema::draft202012::meta::validate(schema) else { return };
    let pointer = format!("{origin}{}", error.instance_path());
    // A pattern's own complaint says more than "is not a regex".
    if !pointer.ends_with("/pattern") {
        errors.push(LoadError::new(file, pointer, format!("a schema is not valid: {error}")));
    }
}

fn invalid_patterns(file: &str, schema: &Value, pointer: &mut String, errors: &mut Vec<LoadError>) {
    let length = pointer.len();
    match schema {
        Value::Object(object) => {
            check_patterns_of(file, object, pointer, errors);
            for (key, value) in object.iter().filter(|(key, _)| !matches!(key.as_str(), "enum" | "const")) {
                pointer.push('/');
                pointer.push_str(&escape(key));
                invalid_patterns(file, value, pointer, errors);
                pointer.truncate(length);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                invalid_patterns(file, value, pointer, errors);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

fn check_patterns_of(file: &str, object: &Map<String, Value>, pointer: &str, errors: &mut Vec<LoadError>) {
    let own = object.get("pattern").and_then(Value::as_str).map(|pattern| (pattern, format!("{pointer}/pattern")));
    let keys = object.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
    let keys = keys.map(|(key, _)| (key.as_str(), format!("{pointer}/patternProperties/{}", escape(key))));
    for (pattern, pointer) in own.into_iter().chain(keys) {
        if options().build(&json!({ "pattern": pattern })).is_err() {
            let message = format!("`{pattern}` is not a regular expression, or is too large");
            errors.push(LoadError::new(file, pointer, message).hint("patterns are ECMAScript regular expressions"));
        }
    }
}
