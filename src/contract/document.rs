//! An OpenAPI document as read: one JSON tree, bundled, overlaid, with its schemas in one dialect.
//!
//! Reading takes text, never files: the rim hands over a [`Source`] that knows how to find a file's text.

use serde_json::Value;

use super::error::LoadError;

/// Where documents come from: the rim's file reader, or the embedded services.
pub trait Source {
    /// The text of a file, named as an author would (`spec/flow/openapi.yaml`) or as a `$ref` resolves relative to it.
    fn read(&self, name: &str) -> Result<String, String>;
}

/// The OpenAPI document after bundling and overlays.
#[derive(Debug, Clone)]
pub struct Document {
    /// The root file's name, for messages.
    pub name: String,
    pub version: Version,
    /// The whole document. Every `$ref` is local (`#/...`); every Schema Object is in JSON Schema 2020-12 form.
    pub root: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V3_0,
    V3_1,
}

impl Document {
    /// Reads the root document, bundles what it refers to in other files, applies overlays in order and normalises schemas.
    pub fn load(source: &dyn Source, name: &str, overlays: &[&str]) -> Result<Document, Vec<LoadError>> {
        let _ = (source, name, overlays);
        todo!()
    }

    /// The value a pointer (RFC 6901, without `#`) leads to.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.root.pointer(pointer)
    }

    /// Follows `$ref` until a value without one; a cycle of bare references gives the last value seen.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        self.resolve_named(value).0
    }

    /// Like [`Document::resolve`], and also the pointer of the last `$ref` followed, if any: `/components/schemas/Post`.
    pub fn resolve_named<'a>(&'a self, value: &'a Value) -> (&'a Value, Option<String>) {
        const HOPS_MAX: usize = 64;
        let (mut value, mut name) = (value, None);
        for _ in 0..HOPS_MAX {
            let Some(pointer) = value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'))
            else {
                break;
            };
            let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8_lossy().into_owned();
            let Some(target) = self.root.pointer(&pointer) else { break };
            (value, name) = (target, Some(pointer));
        }
        (value, name)
    }
}
