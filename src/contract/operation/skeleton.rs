//! Pieces of a document with every Schema Object taken out and every other reference followed.
//!
//! What is left is alike in OpenAPI 3.0 and 3.1. A schema is replaced by a `$ref` to the place where it stands (or would stand), so that
//! it can be found again as JSON. Examples, links, callbacks and extensions are dropped: whoever wants them reads the document.

use serde_json::{Map, Value, json};

use crate::contract::document::Document;
use crate::contract::error::LoadError;
use crate::json;
use crate::pointer::{self, escape};

/// A value of the document and the pointer where it really stands.
#[derive(Debug, Clone)]
pub struct Located<'a> {
    pub value: &'a Value,
    pub pointer: String,
}

impl<'a> Located<'a> {
    /// A member of this object, itself not resolved.
    pub fn member(&self, name: &str) -> Option<Located<'a>> {
        let value = json::get(self.value, name)?;
        Some(Located { value, pointer: pointer::join(&self.pointer, name) })
    }

    pub fn item(&self, index: usize) -> Option<Located<'a>> {
        Some(Located { value: self.value.get(index)?, pointer: format!("{}/{index}", self.pointer) })
    }

    /// What stands at a pointer of the document that leads through here.
    pub fn at(&self, pointer: &str) -> Option<&'a Value> {
        pointer::find(self.value, pointer.strip_prefix(&self.pointer)?)
    }

    /// What a `$ref` here leads to, or the value itself.
    pub fn resolve(self, document: &'a Document) -> Result<Located<'a>, LoadError> {
        if !is_reference(self.value) {
            return Ok(self);
        }
        let (target, name) = document.resolve_named(self.value);
        match name {
            Some(pointer) if !is_reference(target) => Ok(Located { value: target, pointer }),
            _ => {
                let reference = json::get(self.value, "$ref").and_then(Value::as_str).unwrap_or_default();
                let message = format!("`{reference}` leads nowhere");
                let error = LoadError::new(document.name.as_str(), format!("{}/$ref", self.pointer), message);
                Err(error.hint("define it under `components`, or correct the reference"))
            }
        }
    }
}

/// The parts of an operation that are read with it; parameters, body and responses are pieces of their own.
pub fn operation(operation: &Value) -> Value {
    let mut skeleton = pick(operation, &["operationId", "summary", "tags", "security"]);
    skeleton.insert("responses".to_owned(), json!({}));
    Value::Object(skeleton)
}

pub fn parameter(parameter: &Located<'_>) -> Value {
    const KEPT: [&str; 8] =
        ["name", "in", "required", "description", "style", "explode", "allowReserved", "allowEmptyValue"];
    let mut skeleton = pick(parameter.value, &KEPT);
    schema_or_content(parameter, &mut skeleton);
    Value::Object(skeleton)
}

pub fn body(body: &Located<'_>) -> Value {
    let mut skeleton = pick(body.value, &["required"]);
    skeleton.insert("content".to_owned(), content(body));
    Value::Object(skeleton)
}

/// A response; its headers are pieces of their own.
pub fn response(response: &Located<'_>) -> Value {
    // Required by the specification, and missing often enough that nothing should hang on it.
    let mut skeleton = pick(response.value, &["description"]);
    skeleton.entry("description").or_insert_with(|| json!(""));
    skeleton.insert("content".to_owned(), content(response));
    Value::Object(skeleton)
}

pub fn header(header: &Located<'_>) -> Value {
    let mut skeleton = pick(header.value, &["required", "style"]);
    schema_or_content(header, &mut skeleton);
    Value::Object(skeleton)
}

fn is_reference(value: &Value) -> bool {
    json::get(value, "$ref").is_some_and(Value::is_string)
}

/// `content` where there is one, else a schema: the model wants exactly one of both.
fn schema_or_content(owner: &Located<'_>, skeleton: &mut Map<String, Value>) {
    if json::get(owner.value, "schema").is_none() && json::get(owner.value, "content").is_some_and(Value::is_object) {
        skeleton.insert("content".to_owned(), content(owner));
    } else {
        skeleton.insert("schema".to_owned(), placeholder(&owner.pointer));
    }
}

fn content(owner: &Located<'_>) -> Value {
    let mut skeleton = Map::new();
    for (name, media) in json::get(owner.value, "content").and_then(Value::as_object).into_iter().flatten() {
        let pointer = format!("{}/content/{}", owner.pointer, escape(name));
        let mut kept = Map::new();
        kept.insert("schema".to_owned(), placeholder(&pointer));
        let parts = json::get(media, "encoding").and_then(Value::as_object);
        let parts = parts
            .into_iter()
            .flatten()
            .map(|(part, encoding)| (part.clone(), Value::Object(pick(encoding, &["contentType"]))));
        kept.insert("encoding".to_owned(), Value::Object(parts.collect()));
        skeleton.insert(name.clone(), Value::Object(kept));
    }
    Value::Object(skeleton)
}

/// Where the schema of this owner stands, or would stand.
fn placeholder(owner: &str) -> Value {
    json!({ "$ref": format!("{owner}/schema") })
}

fn pick(value: &Value, keys: &[&str]) -> Map<String, Value> {
    let kept = keys.iter().filter_map(|key| json::get(value, key).map(|value| ((*key).to_owned(), value.clone())));
    kept.collect()
}
