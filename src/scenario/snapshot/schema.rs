//! The Schema Objects that apply to a value: `$ref` and `allOf` followed, and of `anyOf` and `oneOf` the branch that fits.

use serde_json::{Map, Value};

use super::service::Service;
use crate::contract::document::Document;
use crate::contract::plan::ResourceIndex;
use crate::instant;

/// Deepest nesting of `$ref`, `allOf`, `anyOf` and `oneOf` around one value.
const NESTING_MAX: usize = 32;
/// How deep a value is compared with a branch to see whether it fits.
const FIT_DEPTH_MAX: usize = 6;
/// Most elements of an array that are compared with a branch.
const FIT_ITEMS_MAX: usize = 4;

/// All schemas that one value has to fit, and what it is called.
#[derive(Debug, Default)]
pub struct Group<'c> {
    schemas: Vec<&'c Value>,
    /// The resource that it is a record of.
    pub resource: Option<ResourceIndex>,
    /// The name of the component, `Post`.
    pub name: Option<String>,
}

impl<'c> Group<'c> {
    /// The schemas that apply where this one is written.
    pub fn of(service: &Service<'c>, schema: &'c Value, value: &Value) -> Group<'c> {
        let mut group = Group::default();
        group.add(service, schema, value, false, NESTING_MAX);
        group
    }

    /// Those of a property.
    pub fn property(&self, service: &Service<'c>, name: &str, value: &Value) -> Group<'c> {
        let mut group = Group::default();
        for schema in &self.schemas {
            if let Some(schema) = property(schema, name) {
                group.add(service, schema, value, false, NESTING_MAX);
            }
        }
        group
    }

    /// Those of an element.
    pub fn item(&self, service: &Service<'c>, index: usize, value: &Value) -> Group<'c> {
        let mut group = Group::default();
        for schema in &self.schemas {
            if let Some(schema) = item(schema, index) {
                group.add(service, schema, value, false, NESTING_MAX);
            }
        }
        group
    }

    /// The texts that stand under a keyword.
    pub fn words(&self, keyword: &'static str) -> impl Iterator<Item = &'c str> {
        self.schemas.iter().filter_map(move |schema| schema.get(keyword)?.as_str())
    }

    pub fn flag(&self, keyword: &str) -> bool {
        self.schemas.iter().any(|schema| schema.get(keyword) == Some(&Value::Bool(true)))
    }

    /// Are its values listed in the document?
    pub fn is_listed(&self) -> bool {
        self.schemas.iter().any(|schema| schema.get("enum").is_some() || schema.get("const").is_some())
    }

    pub fn allows_type(&self, wanted: &str) -> bool {
        self.schemas.iter().any(|schema| match schema.get("type") {
            Some(Value::String(word)) => word == wanted,
            Some(Value::Array(words)) => words.iter().any(|word| word == wanted),
            _ => false,
        })
    }

    /// A part of `allOf` is called as the whole is; a branch of `oneOf` has the better name.
    fn add(&mut self, service: &Service<'c>, schema: &'c Value, value: &Value, part: bool, depth: usize) {
        let Some(deeper) = depth.checked_sub(1) else { return };
        let (target, pointer) = service.contract.document.resolve_named(schema);
        if let Some(pointer) = pointer {
            self.resource = self.resource.or_else(|| service.resource_at(&pointer));
            if !part || self.name.is_none() {
                self.name =
                    pointer.strip_prefix("/components/schemas/").map(str::to_owned).or_else(|| self.name.take());
            }
            self.schemas.push(schema);
        }
        self.schemas.push(target);
        for part in list(target, "allOf") {
            self.add(service, part, value, true, deeper);
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(branch) = best(&service.contract.document, list(target, keyword), value) {
                self.add(service, branch, value, false, deeper);
            }
        }
    }
}

fn list<'c>(schema: &'c Value, keyword: &str) -> &'c [Value] {
    schema.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn property<'c>(schema: &'c Value, name: &str) -> Option<&'c Value> {
    let declared = schema.get("properties").and_then(|properties| properties.get(name));
    declared.or_else(|| schema.get("additionalProperties").filter(|schema| schema.is_object()))
}

fn item(schema: &Value, index: usize) -> Option<&Value> {
    let tuple = schema.get("prefixItems").and_then(|items| items.get(index));
    tuple.or_else(|| schema.get("items").filter(|schema| schema.is_object()))
}

/// The first branch that the value fits; else the one that it fits most.
fn best<'c>(document: &Document, branches: &'c [Value], value: &Value) -> Option<&'c Value> {
    let mut best: Option<(u32, &Value)> = None;
    for branch in branches {
        let misfits = misfits(document, branch, value, FIT_DEPTH_MAX);
        if misfits == 0 {
            return Some(branch);
        }
        if best.is_none_or(|(least, _)| misfits < least) {
            best = Some((misfits, branch));
        }
    }
    best.map(|(_, branch)| branch)
}

/// How often the value breaks the schema, as far as choosing a branch needs it; a wrong constant weighs most.
fn misfits(document: &Document, schema: &Value, value: &Value, depth: usize) -> u32 {
    const LISTED: u32 = 100;
    let Some(deeper) = depth.checked_sub(1) else { return 0 };
    let Value::Object(schema) = document.resolve(schema) else { return u32::from(*schema == Value::Bool(false)) };
    if !fits_type(schema, value) {
        return LISTED;
    }
    let mut count = 0;
    let listed = schema.get("enum").and_then(Value::as_array).is_some_and(|values| !values.contains(value));
    if listed || schema.get("const").is_some_and(|constant| constant != value) {
        count += LISTED;
    }
    count += u32::from(schema.get("format").and_then(Value::as_str).is_some_and(|format| !fits_format(format, value)));
    count += children(document, schema, value, deeper);
    let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    count += parts.map(|part| misfits(document, part, value, deeper)).sum::<u32>();
    for keyword in ["anyOf", "oneOf"] {
        let branches = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
        count += branches.map(|branch| misfits(document, branch, value, deeper)).min().unwrap_or(0);
    }
    count
}

fn children(document: &Document, schema: &Map<String, Value>, value: &Value, depth: usize) -> u32 {
    let mut count = 0_u32;
    match value {
        Value::Object(fields) => {
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let missing = required.filter_map(Value::as_str).filter(|name| !fields.contains_key(*name)).count();
            count += u32::try_from(missing).unwrap_or(u32::MAX / 2);
            let properties = schema.get("properties").and_then(Value::as_object);
            let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
            for (name, field) in fields {
                match properties.and_then(|properties| properties.get(name)) {
                    Some(declared) => count = count.saturating_add(misfits(document, declared, field, depth)),
                    None => count += u32::from(closed),
                }
            }
        }
        Value::Array(items) => {
            if let Some(declared) = schema.get("items") {
                for item in items.iter().take(FIT_ITEMS_MAX) {
                    count = count.saturating_add(misfits(document, declared, item, depth));
                }
            }
        }
        _ => {}
    }
    count.min(u32::MAX / 64)
}

fn fits_type(schema: &Map<String, Value>, value: &Value) -> bool {
    let fits = |word: &str| match word {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    match schema.get("type") {
        Some(Value::String(word)) => fits(word),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).any(fits),
        _ => true,
    }
}

fn fits_format(format: &str, value: &Value) -> bool {
    let Some(text) = value.as_str() else { return true };
    match format {
        "date-time" => instant::is_date_time(text),
        "date" => instant::is_date(text),
        "uuid" => super::kind::is_uuid(text),
        _ => true,
    }
}
