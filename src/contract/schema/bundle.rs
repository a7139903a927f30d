//! Copies every schema that the slots reach into one self-contained root schema.
//!
//! Each `$ref` target becomes a definition of its own (`#/$defs/7`), so the parts of the document that no schema needs (paths,
//! examples, descriptions) are neither copied nor held. Annotations are left out: only what can refuse a value stays.

use indexmap::IndexMap;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::Slot;
use crate::contract::error::LoadError;

/// Schemas nested deeper than this are refused: the validator walks them recursively.
const DEPTH_MAX: usize = 128;

/// A root schema, and what its parts were in the document.
#[derive(Debug)]
pub struct Bundle {
    pub root: Value,
    /// The document's pointer of each slot; empty where unknown.
    pub slots: Vec<String>,
    /// The document's pointer of each definition.
    pub definitions: Vec<String>,
}

impl Bundle {
    /// The document's pointer for a pointer into the root schema: `/$defs/7/type` is `/components/schemas/Post/type`.
    pub fn origin(&self, pointer: &str) -> String {
        let mut parts = pointer.splitn(4, '/').skip(1);
        let (group, index, rest) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next());
        let origins = if group == "$defs" { &self.definitions } else { &self.slots };
        let origin = index.parse::<usize>().ok().and_then(|index| origins.get(index));
        match (origin, rest) {
            (Some(origin), Some(rest)) if !origin.is_empty() => format!("{origin}/{rest}"),
            (Some(origin), _) => origin.clone(),
            (None, _) => String::new(),
        }
    }
}

pub fn bundle(file: &str, document: &Value, slots: Vec<Slot>) -> Result<Bundle, Vec<LoadError>> {
    let mut copier = Copier { file, document, targets: IndexMap::new(), errors: Vec::new() };
    let mut properties = Map::with_capacity(slots.len());
    let mut origins = Vec::with_capacity(slots.len());
    for (index, slot) in slots.into_iter().enumerate() {
        properties.insert(index.to_string(), copier.copy(&slot.schema, &mut slot.pointer.clone(), 0));
        origins.push(slot.pointer);
    }
    let mut definitions = Map::new();
    // Copying a target may find further ones, which are appended: a loop, not a recursion, however long the chain.
    let mut next = 0;
    while let Some((pointer, target)) =
        copier.targets.get_index(next).map(|(pointer, target)| (pointer.clone(), *target))
    {
        definitions.insert(next.to_string(), copier.copy(target, &mut pointer.clone(), 0));
        next += 1;
    }
    if !copier.errors.is_empty() {
        return Err(copier.errors);
    }
    let root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": Value::Object(properties),
        "$defs": Value::Object(definitions),
    });
    Ok(Bundle { root, slots: origins, definitions: copier.targets.into_keys().collect() })
}

struct Copier<'a> {
    file: &'a str,
    document: &'a Value,
    /// Where `$ref`s lead, in the order met: the index is the definition's name.
    targets: IndexMap<String, &'a Value>,
    errors: Vec<LoadError>,
}

/// What a keyword holds, as far as copying is concerned.
enum Holds {
    Schema,
    Schemas,
    NamedSchemas,
    Reference,
    /// A value that is kept as it is.
    Literal,
    /// An annotation, or a word that JSON Schema does not know.
    Nothing,
}

fn holds(keyword: &str) -> Holds {
    match keyword {
        "items"
        | "additionalProperties"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "contains"
        | "propertyNames"
        | "not"
        | "if"
        | "then"
        | "else" => Holds::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Holds::Schemas,
        "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions" => Holds::NamedSchemas,
        "$ref" => Holds::Reference,
        "type" | "enum" | "const" | "format" | "pattern" | "multipleOf" | "maximum" | "exclusiveMaximum"
        | "minimum" | "exclusiveMinimum" | "maxLength" | "minLength" | "maxItems" | "minItems" | "uniqueItems"
        | "maxContains" | "minContains" | "maxProperties" | "minProperties" | "required" | "dependentRequired"
        | "$anchor" | "$dynamicAnchor" | "$dynamicRef" => Holds::Literal,
        _ => Holds::Nothing,
    }
}

impl<'a> Copier<'a> {
    fn copy(&mut self, schema: &Value, pointer: &mut String, depth: usize) -> Value {
        let object = match schema {
            Value::Object(object) => object,
            Value::Bool(_) => return schema.clone(),
            _ => {
                let message = format!("a schema is an object or a boolean, not {}", kind(schema));
                self.errors.push(LoadError::new(self.file, pointer.as_str(), message));
                return Value::Bool(true);
            }
        };
        if depth >= DEPTH_MAX {
            let message = format!("schemas are nested more than {DEPTH_MAX} deep");
            self.errors
                .push(LoadError::new(self.file, pointer.as_str(), message).hint("move inner schemas to components"));
            return Value::Bool(true);
        }
        let mut copy = Map::with_capacity(object.len());
        for (keyword, value) in object {
            let length = push(pointer, keyword);
            let kept = match (holds(keyword), value) {
                (Holds::Schema, value) => Some(self.copy(value, pointer, depth + 1)),
                (Holds::Schemas, Value::Array(list)) => Some(self.copy_list(list, pointer, depth)),
                (Holds::NamedSchemas, Value::Object(named)) => Some(self.copy_named(named, pointer, depth)),
                (Holds::Reference, value) => self.reference(value, pointer),
                (Holds::Nothing, _) => None,
                (_, literal) => Some(literal.clone()),
            };
            pointer.truncate(length);
            if let Some(kept) = kept {
                copy.insert(keyword.clone(), kept);
            }
        }
        bound_integers(&mut copy);
        Value::Object(copy)
    }

    fn copy_list(&mut self, list: &[Value], pointer: &mut String, depth: usize) -> Value {
        let mut copies = Vec::with_capacity(list.len());
        for (index, schema) in list.iter().enumerate() {
            let length = push(pointer, &index.to_string());
            copies.push(self.copy(schema, pointer, depth + 1));
            pointer.truncate(length);
        }
        Value::Array(copies)
    }

    fn copy_named(&mut self, named: &Map<String, Value>, pointer: &mut String, depth: usize) -> Value {
        let mut copies = Map::with_capacity(named.len());
        for (name, schema) in named {
            let length = push(pointer, name);
            copies.insert(name.clone(), self.copy(schema, pointer, depth + 1));
            pointer.truncate(length);
        }
        Value::Object(copies)
    }

    /// A `$ref` into the document becomes one into the definitions; `#name` (an anchor) stays as it is.
    fn reference(&mut self, value: &Value, pointer: &str) -> Option<Value> {
        let Some(text) = value.as_str() else {
            self.errors.push(LoadError::new(self.file, pointer, "a `$ref` is text"));
            return None;
        };
        let Some(fragment) = text.strip_prefix('#') else {
            let message = format!("`{text}` is not a reference into this document");
            self.errors.push(LoadError::new(self.file, pointer, message).hint("local references start with `#/`"));
            return None;
        };
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return Some(value.clone());
        }
        let target = percent_decode_str(fragment).decode_utf8_lossy().into_owned();
        let Some(schema) = self.document.pointer(&target) else {
            let error = LoadError::new(self.file, pointer, format!("`{text}` leads nowhere"));
            self.errors.push(match self.nearest(&target) {
                Some(nearest) => error.hint(format!("did you mean `#{nearest}`?")),
                None => error.hint("define it under `components`, or correct the reference"),
            });
            return None;
        };
        let (index, _) = self.targets.insert_full(target, schema);
        Some(Value::String(format!("#/$defs/{index}")))
    }

    /// The sibling of a missing target whose name is most like it.
    fn nearest(&self, target: &str) -> Option<String> {
        let (parent, name) = target.rsplit_once('/')?;
        let siblings = self.document.pointer(parent)?.as_object()?;
        let (score, best) = siblings
            .keys()
            .map(|key| (strsim::jaro_winkler(key, name), key))
            .max_by(|left, right| left.0.total_cmp(&right.0))?;
        (score > 0.8).then(|| format!("{parent}/{}", escape(best)))
    }
}

/// `int32` and `int64` are ranges: they become `minimum` and `maximum`, so that a number outside hears of the bound.
fn bound_integers(schema: &mut Map<String, Value>) {
    let (low, high) = match schema.get("format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("int64") => (i64::MIN, i64::MAX),
        _ => return,
    };
    let declared = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let minimum_needed = declared("minimum").is_none_or(|minimum| minimum < low as f64);
    let maximum_needed = declared("maximum").is_none_or(|maximum| maximum > high as f64);
    if minimum_needed {
        schema.insert("minimum".to_owned(), low.into());
    }
    if maximum_needed {
        schema.insert("maximum".to_owned(), high.into());
    }
}

/// Appends a segment to a pointer and returns the length to truncate it to afterwards.
fn push(pointer: &mut String, segment: &str) -> usize {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&escape(segment));
    length
}

/// A name as a segment of a JSON Pointer.
pub fn escape(segment: &str) -> std::borrow::Cow<'_, str> {
    if segment.contains(['~', '/']) { segment.replace('~', "~0").replace('/', "~1").into() } else { segment.into() }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
