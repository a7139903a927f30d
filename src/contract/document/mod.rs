//! An OpenAPI document as read: one JSON tree, bundled, overlaid, with its schemas in one dialect.
//!
//! Reading takes text, never files: the rim hands over a [`Source`] that knows how to find a file's text.
//!
//! ```text
//! text ──parse──▶ tree ──bundle──▶ one tree ──overlays──▶ the author's view ──settle refs──▶ ──normalise──▶ Document
//! ```
//!
//! Overlays see the bundled tree before schemas are rewritten, so that their authors find the document they know.

mod bundle;
mod discriminator;
mod grammar;
mod normalise;
mod origin;
mod overlay;
mod reference;
pub mod text;
mod tree;

use std::borrow::Cow;

use serde_json::Value;

use super::error::LoadError;
use crate::{json, pointer};
pub use bundle::FILES_MAX;
pub use origin::Origins;
pub use tree::FILE_BYTES_MAX;

/// Where documents come from: the rim's file reader, or the embedded services.
pub trait Source {
    /// The text of a file, named as an author would (`spec/flow/openapi.yaml`) or as a `$ref` resolves relative to it.
    fn read(&self, name: &str) -> Result<String, String>;

    /// The tree of a file that was parsed beforehand; `None` for all others, whose text is to be read.
    fn tree(&self, _name: &str) -> Option<Result<Value, LoadError>> {
        None
    }
}

/// The OpenAPI document after bundling and overlays.
#[derive(Debug, Clone)]
pub struct Document {
    /// The root file's name, for messages.
    pub name: String,
    pub version: Version,
    /// The whole document. Every `$ref` is local (`#/...`); every Schema Object is in JSON Schema 2020-12 form.
    pub root: Value,
    /// Which parts were written in other files than the root.
    pub origins: Origins,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V3_0,
    V3_1,
}

impl Document {
    /// Reads the root document, bundles what it refers to in other files, applies overlays in order and normalises schemas.
    pub fn load(source: &dyn Source, name: &str, overlays: &[&str]) -> Result<Document, Vec<LoadError>> {
        let mut root = read(source, name).map_err(|unread| vec![unread.of(name)])?;
        let version = version(&root, name).map_err(|error| vec![error])?;
        check_structure(&root, version, name)?;

        let mut origins = Origins::default();
        let mut errors = bundle::bundle(source, name, &mut root, &mut origins);
        for file in overlays {
            match read(source, file) {
                Ok(overlay) => errors.extend(overlay::apply(&mut root, overlay, file, name, &mut origins)),
                Err(unread) => errors.push(unread.of(file)),
            }
        }
        fail_on(errors)?;
        check_structure(&root, version, name)?;

        let mut document = Document { name: name.to_owned(), version, root, origins };
        document.settle_references()?;
        document.normalise()?;
        Ok(document)
    }

    /// The value a pointer (RFC 6901, without `#`) leads to.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        pointer::find(&self.root, pointer)
    }

    /// Follows `$ref` until a value without one; a cycle of bare references gives the last value seen.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        self.hops(value).last().map_or(value, |(target, _)| target)
    }

    /// Like [`Document::resolve`], and also the pointer of the last `$ref` followed, if any: `/components/schemas/Post`.
    pub fn resolve_named<'a>(&'a self, value: &'a Value) -> (&'a Value, Option<String>) {
        match self.hops(value).last() {
            Some((target, pointer)) => (target, Some(pointer.into_owned())),
            None => (value, None),
        }
    }

    /// Where `$ref`s lead from here, one from the next, each with its pointer.
    fn hops<'a>(&'a self, value: &'a Value) -> impl Iterator<Item = (&'a Value, Cow<'a, str>)> {
        let hop = |value: &'a Value| {
            let pointer = referred(value)?;
            Some((pointer::find(&self.root, &pointer)?, pointer))
        };
        std::iter::successors(hop(value), move |(value, _)| hop(value)).take(reference::REF_HOPS_MAX)
    }

    /// The file in which the value at a pointer was written.
    pub fn file(&self, pointer: &str) -> &str {
        self.origins.nearest(pointer).map_or(&self.name, |(_, origin)| &origin.file)
    }

    /// The file in which the value at a pointer was written, and its pointer there: in an overlay, a file referred to, or the root.
    pub fn origin(&self, pointer: &str) -> (String, String) {
        match self.origins.find(pointer) {
            Some(origin) => (origin.file.to_string(), origin.pointer),
            None => (self.name.clone(), pointer.to_owned()),
        }
    }

    /// A complaint about the value at a pointer of this document, placed where an author wrote it.
    pub fn error(&self, pointer: &str, message: impl Into<String>) -> LoadError {
        let (file, pointer) = self.origin(pointer);
        LoadError::new(file, pointer, message)
    }

    fn settle_references(&mut self) -> Result<(), Vec<LoadError>> {
        let faults = reference::settle(&mut self.root);
        let errors = faults.into_iter().map(|(at, (message, hint))| {
            let mut error = self.error(&at, message);
            error.hint = hint;
            error
        });
        fail_on(errors.collect())
    }

    fn normalise(&mut self) -> Result<(), Vec<LoadError>> {
        let foreign = normalise::normalise(&mut self.root, self.version);
        let errors = foreign.into_iter().map(|(at, dialect)| {
            let error = self.error(&at, format!("schemas in the dialect {dialect} are not supported"));
            error.hint("write schemas in JSON Schema 2020-12 (`https://json-schema.org/draft/2020-12/schema`)")
        });
        fail_on(errors.collect())
    }
}

/// The pointer that the `$ref` of a value gives.
pub fn referred(value: &Value) -> Option<Cow<'_, str>> {
    reference::local_pointer(json::get(value, "$ref")?.as_str()?)
}

fn fail_on(errors: Vec<LoadError>) -> Result<(), Vec<LoadError>> {
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Why a file's content is not to be had.
enum Unread {
    Missing(String),
    Malformed(LoadError),
}

impl Unread {
    fn of(self, name: &str) -> LoadError {
        match self {
            Unread::Missing(reason) => LoadError::new(name, "", format!("cannot read the file: {reason}")),
            Unread::Malformed(error) => error,
        }
    }
}

/// The content of a file.
fn read(source: &dyn Source, name: &str) -> Result<Value, Unread> {
    if let Some(tree) = source.tree(name) {
        return tree.map_err(Unread::Malformed);
    }
    let text = source.read(name).map_err(Unread::Missing)?;
    text::parse(name, &text).map_err(Unread::Malformed)
}

/// Is this an OpenAPI document that we understand?
fn version(root: &Value, name: &str) -> Result<Version, LoadError> {
    let fail = |pointer: &str, message: String, hint: &str| Err(LoadError::new(name, pointer, message).hint(hint));
    let start = "an OpenAPI document starts with `openapi: 3.1.0`, `info` and `paths`";
    let Value::Object(fields) = root else {
        let message = if root.is_null() { "the file is empty" } else { "the file does not hold an object" };
        return fail("", message.to_owned(), start);
    };
    let Some(version) = fields.get("openapi") else {
        if fields.contains_key("swagger") {
            let hint = "convert it to OpenAPI 3.0 with npm's swagger2openapi: `npx swagger2openapi FILE`";
            return fail("/swagger", "Swagger 2.0 is not supported".to_owned(), hint);
        }
        if fields.contains_key("overlay") {
            return fail("", "this is an overlay, not an OpenAPI document".to_owned(), "give it as `--overlay FILE`");
        }
        return fail("", "the file has no `openapi` version".to_owned(), start);
    };
    let parts = version.as_str().map(|text| text.split('.').collect::<Vec<_>>());
    match parts.as_deref() {
        Some(["3", "0", ..]) => Ok(Version::V3_0),
        Some(["3", "1", ..]) => Ok(Version::V3_1),
        Some(["3", "2", ..]) => {
            let hint = "write it as OpenAPI 3.1: most documents only need the version changed";
            fail("/openapi", format!("OpenAPI version {version} is not supported yet"), hint)
        }
        Some(_) => fail("/openapi", format!("OpenAPI version {version} is not supported"), "3.0.x and 3.1.x are"),
        None => fail("/openapi", "the `openapi` version must be text".to_owned(), "put it in quotes: `\"3.1.0\"`"),
    }
}

/// The few things that everything behind relies on.
fn check_structure(root: &Value, version: Version, name: &str) -> Result<(), Vec<LoadError>> {
    let mut errors = Vec::new();
    if version == Version::V3_0 && root.get("paths").is_none() {
        let error = LoadError::new(name, "", "the document has no `paths`");
        errors.push(error.hint("without any, write `paths: {}`"));
    }
    for field in ["info", "paths", "webhooks", "components"] {
        if root.get(field).is_some_and(|value| !value.is_object()) {
            errors.push(LoadError::new(name, format!("/{field}"), format!("`{field}` must be an object")));
        }
    }
    fail_on(errors)
}

#[cfg(test)]
mod tests;
