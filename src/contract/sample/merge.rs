//! One flat schema from a `$ref`, its siblings and `allOf`; and the branch of `oneOf` or `anyOf` that is sampled.

use serde_json::{Map, Value, json};

use crate::contract::document::Document;

/// How deep `$ref` and `allOf` are followed for one value.
const DEPTH_MAX: usize = 16;
/// How many schemas are folded into one.
const SCHEMAS_MAX: usize = 256;

/// The schema with everything that speaks of the same value folded in, `oneOf` and `anyOf` excepted.
pub fn flatten(document: &Document, schema: &Value) -> Map<String, Value> {
    let mut merged = Map::new();
    fold(document, schema, &mut merged, 0, &mut SCHEMAS_MAX.clone());
    merged
}

/// Folds in the first branch of `oneOf` and of `anyOf` that is not `null`; nothing where no branch can hold.
pub fn choose(document: &Document, mut schema: Map<String, Value>) -> Option<Map<String, Value>> {
    for keyword in ["oneOf", "anyOf"] {
        // A branch may bring branches of its own.
        for _ in 0..DEPTH_MAX {
            let Some(Value::Array(branches)) = schema.shift_remove(keyword) else { break };
            let branch = branches.iter().find(|branch| !is_null(document, branch)).or(branches.first())?;
            let mut merged = flatten(document, branch);
            // The outer schema's example is of the whole value; it was looked at before the branch was.
            for (name, value) in schema {
                add(&mut merged, name, value);
            }
            schema = merged;
        }
    }
    Some(schema)
}

fn is_null(document: &Document, branch: &Value) -> bool {
    let target = document.resolve(branch);
    target == &Value::Bool(false) || target.get("type").is_some_and(|kind| kind == "null")
}

fn fold(document: &Document, schema: &Value, merged: &mut Map<String, Value>, depth: usize, left: &mut usize) {
    if depth >= DEPTH_MAX || *left == 0 {
        return;
    }
    *left -= 1;
    let Some(object) = schema.as_object() else { return };
    for (keyword, value) in object {
        match (keyword.as_str(), value) {
            ("$ref", _) => {}
            ("allOf", Value::Array(branches)) => {
                for branch in branches {
                    fold(document, branch, merged, depth + 1, left);
                }
            }
            _ => add(merged, keyword.clone(), value.clone()),
        }
    }
    let target = document.resolve(schema);
    if !std::ptr::eq(target, schema) {
        fold(document, target, merged, depth + 1, left);
    }
}

/// Adds one keyword; both must hold where it is there already.
fn add(merged: &mut Map<String, Value>, keyword: String, value: Value) {
    let Some(known) = merged.get_mut(&keyword) else {
        merged.insert(keyword, value);
        return;
    };
    match (keyword.as_str(), known, value) {
        ("properties" | "patternProperties" | "dependentSchemas", Value::Object(known), Value::Object(more)) => {
            for (name, schema) in more {
                match known.get_mut(&name) {
                    Some(first) if *first != schema => *first = json!({ "allOf": [first.take(), schema] }),
                    Some(_) => {}
                    None => drop(known.insert(name, schema)),
                }
            }
        }
        ("required", Value::Array(known), Value::Array(more)) => known.extend(more),
        ("enum", Value::Array(known), Value::Array(more)) => known.retain(|option| more.contains(option)),
        ("items" | "additionalProperties", known @ Value::Object(_), more @ Value::Object(_)) => {
            *known = json!({ "allOf": [known.take(), more] });
        }
        ("minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties", known, more)
            if more.as_f64() > known.as_f64() =>
        {
            *known = more;
        }
        ("maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties", known, more)
            if more.as_f64() < known.as_f64() =>
        {
            *known = more;
        }
        ("type", known @ Value::Array(_), more @ Value::String(_)) => *known = more,
        ("type", known @ Value::String(_), more) if known == "number" && more == "integer" => *known = more,
        // The first to speak is the most specific: siblings before what they refer to.
        _ => {}
    }
}
