//! The operations of a document: what may be sent to each, and what each may answer.
//!
//! - [`skeleton`] takes the Schema Objects out of a piece of the document, and resolves the references around them;
//! - [`read`] reads such pieces with the OpenAPI model, which then fits 3.0 and 3.1 alike;
//! - [`server`] finds base paths;
//! - [`upload`] reads how large uploads may be.

mod read;
mod server;
mod skeleton;
pub mod upload;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use http::{HeaderName, Method, StatusCode};
use serde_json::Value;

use super::document::Document;
use super::error::LoadError;
use super::parameter::{Parameter, Shape, shape};
use super::schema::{SchemaId, SchemasBuilder};

/// Index of an operation in [`Operations::list`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub usize);

#[derive(Debug)]
pub struct Operations {
    pub list: Vec<Operation>,
    /// The path of the first server URL, without a trailing slash: `/v1`, or empty.
    pub base: Arc<str>,
    /// The most bytes that any upload is declared to have.
    pub upload_bytes_max: Option<u64>,
}

#[derive(Debug)]
pub struct Operation {
    /// `operationId`, or `METHOD path` where the document gives none.
    pub id: String,
    pub method: Method,
    /// The path template without the base: `/posts/{id}`.
    pub template: String,
    /// The path of its own first server URL, where it or its path has any: it lives below that instead of the document's base.
    pub base: Option<String>,
    /// Where it stands in the document: `/paths/~1posts~1{id}/get`.
    pub pointer: String,
    pub summary: String,
    pub tags: Vec<String>,
    /// `x-stability`, or `stable`.
    pub stability: String,
    pub parameters: Vec<Parameter>,
    pub body: Option<RequestBody>,
    /// By status key as written: `200`, `4XX`, `default`.
    pub responses: BTreeMap<String, Arc<Response>>,
    /// Alternatives; an empty list means that anyone may call. An alternative without schemes makes credentials optional.
    pub security: Vec<BTreeMap<String, Vec<String>>>,
}

#[derive(Debug, Clone)]
pub struct RequestBody {
    pub required: bool,
    /// In document order.
    pub media: Vec<Media>,
}

/// One media type of a request or reply body.
#[derive(Debug, Clone)]
pub struct Media {
    /// As written, lower-case, without parameters: `application/json`, `image/*`.
    pub name: String,
    pub schema: Option<SchemaId>,
    /// The Schema Object as written (may be a `$ref`); `true` where there is none.
    pub raw: Value,
    /// The first example given by `example` or `examples`, or by the schema itself.
    pub example: Option<Value>,
    /// For multipart: the content types allowed for each part (`encoding.<part>.contentType`, split at commas).
    pub part_types: BTreeMap<String, Vec<String>>,
    /// What texts in it may become, found when it is first asked for: see [`Media::shape`].
    shape: OnceLock<Shape>,
}

#[derive(Debug, Clone)]
pub struct Response {
    pub description: String,
    pub media: Vec<Media>,
    pub headers: Vec<ResponseHeader>,
}

#[derive(Debug, Clone)]
pub struct ResponseHeader {
    pub name: String,
    /// The name as HTTP compares it; `None` where no header can have it.
    pub field: Option<HeaderName>,
    pub required: bool,
    pub schema: Option<SchemaId>,
    /// The Schema Object as written, shared by all headers that are one; `true` where there is none.
    pub raw: Arc<Value>,
}

impl Operations {
    /// Reads every operation that is `stable` or whose stability class is in `included`; beside them their request, parameter, reply and
    /// header schemas, to be compiled with those of the plan.
    pub fn read(document: &Document, included: &[String]) -> Result<(Operations, SchemasBuilder), Vec<LoadError>> {
        let mut errors = Vec::new();
        let base = server::base(document).unwrap_or_else(|error| {
            errors.push(error);
            String::new()
        });
        let (list, schemas) = read::read(document, included, &mut errors);
        if errors.is_empty() {
            let upload_bytes_max = upload::bytes_max(document, &list);
            return Ok((Operations { list, base: base.into(), upload_bytes_max }, schemas));
        }
        errors.extend(schemas.build(&document.name, &document.root).err().into_iter().flatten());
        Err(errors)
    }

    /// Where the paths of an operation begin: `/v1`, or empty.
    pub fn base_of<'o>(&'o self, operation: &'o Operation) -> &'o str {
        operation.base.as_deref().unwrap_or(&self.base)
    }

    /// The whole path template of an operation: `/v1/posts/{id}`.
    pub fn path(&self, operation: &Operation) -> String {
        format!("{}{}", self.base_of(operation), operation.template)
    }

    /// Where the paths of an operation begin on a host that has the document's base at `found`. What stands before the document's base
    /// there (`/~world`) stands before an operation's own, too.
    pub fn base_below(&self, operation: &Operation, found: &str) -> String {
        match &operation.base {
            Some(own) => found.strip_suffix(&*self.base).unwrap_or_default().to_owned() + own,
            None => found.to_owned(),
        }
    }

    pub fn get(&self, id: OperationId) -> &Operation {
        &self.list[id.0]
    }

    pub fn find(&self, operation_id: &str) -> Option<OperationId> {
        self.list.iter().position(|operation| operation.id == operation_id).map(OperationId)
    }
}

impl Media {
    pub fn is_json(&self) -> bool {
        self.name == "application/json" || self.name.ends_with("+json")
    }

    pub fn is_form(&self) -> bool {
        self.name == "application/x-www-form-urlencoded"
    }

    pub fn is_multipart(&self) -> bool {
        self.name == "multipart/form-data"
    }

    /// What texts in such a body may become.
    pub fn shape(&self, document: &Document) -> &Shape {
        self.shape.get_or_init(|| shape(document, &self.raw))
    }
}

impl Operation {
    /// The response declared for a status: the exact code, then its range (`4XX`), then `default`.
    pub fn response(&self, status: u16) -> Option<&Response> {
        let exact = StatusCode::from_u16(status).ok().and_then(|status| self.responses.get(status.as_str()));
        let range = || self.responses.get(&format!("{}XX", status / 100));
        exact.or_else(range).or_else(|| self.responses.get("default")).map(Arc::as_ref)
    }
}

#[cfg(test)]
mod tests;
