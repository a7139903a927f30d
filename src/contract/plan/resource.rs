//! Resources: the fields of a record's schema, and what each holds when nobody says.

use serde_json::{Value, json};

use super::{Field, TimeForm};
use crate::contract::document::Document;

/// Deepest nesting of `allOf` that is looked into.
const DEPTH_MAX: usize = 16;

/// The properties of a schema in document order, `allOf` and `$ref` followed.
pub fn fields(document: &Document, schema: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    let mut required = Vec::new();
    collect(document, schema, &mut found, &mut required, DEPTH_MAX);
    for field in &mut found {
        field.required = required.contains(&field.name);
    }
    found
}

fn collect(document: &Document, schema: &Value, found: &mut Vec<Field>, required: &mut Vec<String>, depth: usize) {
    if depth == 0 {
        return;
    }
    let schema = document.resolve(schema);
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        collect(document, part, found, required, depth - 1);
    }
    let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    required.extend(names.filter_map(Value::as_str).map(str::to_owned));
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let field = field(document, name, property);
        match found.iter_mut().find(|known| known.name == *name) {
            Some(known) => *known = field,
            None => found.push(field),
        }
    }
}

fn field(document: &Document, name: &str, property: &Value) -> Field {
    let schema = document.resolve(property);
    let flag = |word: &str| [property, schema].iter().any(|value| value.get(word) == Some(&Value::Bool(true)));
    Field {
        name: name.to_owned(),
        time: time_form(schema),
        required: false,
        read_only: flag("readOnly"),
        write_only: flag("writeOnly"),
        fallback: fallback(document, property, DEPTH_MAX),
        schema: property.clone(),
    }
}

fn time_form(schema: &Value) -> Option<TimeForm> {
    let format = schema.get("format").and_then(Value::as_str)?;
    match format {
        "unix-milliseconds" | "unix-time-ms" | "epoch-milliseconds" => Some(TimeForm::Milliseconds),
        "unix-seconds" | "unix-time" | "epoch-seconds" => Some(TimeForm::Seconds),
        "date-time" => Some(TimeForm::Text),
        _ => None,
    }
}

/// The emptiest value that fits: `default`, `const`, null, the first of `enum`, an empty list, false, zero. Text and objects need a sample.
fn fallback(document: &Document, schema: &Value, depth: usize) -> Option<Value> {
    if depth == 0 {
        return None;
    }
    if let Some(default) = schema.get("default") {
        return Some(default.clone());
    }
    let schema = document.resolve(schema);
    if let Some(value) = schema.get("default").or_else(|| schema.get("const")) {
        return Some(value.clone());
    }
    if allows_null(document, schema, depth) {
        return Some(Value::Null);
    }
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
        return Some(first.clone());
    }
    let minimum = |word: &str| schema.get(word).and_then(Value::as_i64).unwrap_or(0);
    match type_word(schema)? {
        "array" if minimum("minItems") == 0 => Some(json!([])),
        "boolean" => Some(json!(false)),
        "integer" | "number" if time_form(schema).is_none() => Some(json!(minimum("minimum").max(0))),
        "object" if schema.get("required").is_none() && schema.get("properties").is_none() => Some(json!({})),
        _ => None,
    }
}

fn allows_null(document: &Document, schema: &Value, depth: usize) -> bool {
    let schema = document.resolve(schema);
    let listed = |value: &Value| value == "null";
    match schema.get("type") {
        Some(Value::String(word)) => return word == "null",
        Some(Value::Array(words)) => return words.iter().any(listed),
        _ => {}
    }
    let alternatives = ["anyOf", "oneOf"].into_iter().filter_map(|word| schema.get(word)?.as_array()).flatten();
    depth > 0 && alternatives.into_iter().any(|branch| allows_null(document, branch, depth - 1))
}

fn type_word(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(word) => Some(word),
        Value::Array(words) => words.iter().filter_map(Value::as_str).find(|word| *word != "null"),
        _ => None,
    }
}
