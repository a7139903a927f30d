//! What a service promises: its document, compiled. Never changes after load.

pub mod body;
pub mod capability;
pub mod diagnostic;
pub mod document;
pub mod error;
pub mod expression;
pub mod infer;
pub mod operation;
pub mod parameter;
pub mod plan;
pub mod plan_text;
pub mod router;
pub mod sample;
pub mod schema;
pub mod security;
pub mod template;
pub mod violation;
pub mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::{json, pointer};
use document::{Document, Source};
use error::LoadError;
use infer::Reason;
use operation::Operations;
use plan::Plan;
use router::Router;
use schema::Schemas;
use security::Scheme;
use vocabulary::Behaviour;

/// A document with its overlays, compiled: everything that a world needs to know to answer calls.
#[derive(Debug)]
pub struct Contract {
    pub document: Document,
    pub operations: Operations,
    /// The operations' ids, shared with every journal entry that names one.
    pub names: Vec<Arc<str>>,
    pub router: Router,
    /// Where callers' credentials stand, by scheme.
    pub schemes: BTreeMap<String, Scheme>,
    pub plan: Plan,
    /// All schemas of the operations and of the plan behind one validator.
    pub schemas: Schemas,
    /// What the plan was compiled from: inferred, then corrected by the author.
    pub behaviour: Behaviour,
    /// Why what was inferred was inferred.
    pub reasons: Vec<Reason>,
}

/// What to load.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Overlay files, applied in order.
    pub overlays: Vec<String>,
    /// Stability classes beside `stable` whose operations are served.
    pub include: Vec<String>,
}

impl Contract {
    /// Reads, corrects and compiles. Every complaint is given, each with the file and place where its author can mend it.
    pub fn load(source: &dyn Source, name: &str, selection: &Selection) -> Result<Contract, Vec<LoadError>> {
        let overlays: Vec<&str> = selection.overlays.iter().map(String::as_str).collect();
        let document = Document::load(source, name, &overlays)?;
        let mut included = vec!["stable".to_owned()];
        included.extend(selection.include.iter().cloned());
        let (operations, mut schemas) = Operations::read(&document, &included)?;
        let router = Router::build(&document.name, &operations.base, &operations.list)?;
        let planned = behaviour(&document, &operations).and_then(|(behaviour, reasons)| {
            let plan = plan::compile::compile(&document, &operations, &behaviour, &mut schemas)?;
            Ok((plan, behaviour, reasons))
        });
        let compiled = schemas.build(&document.name, &document.root);
        let ((plan, behaviour, reasons), schemas) =
            both(planned, compiled).map_err(|errors| place(&document, errors))?;
        let names = operations.list.iter().map(|operation| operation.id.as_str().into()).collect();
        let schemes = security::schemes(&document);
        Ok(Contract { document, operations, names, router, schemes, plan, schemas, behaviour, reasons })
    }

    /// Has somebody written behaviour for this document? Without an author all of it is inferred.
    pub fn is_authored(&self) -> bool {
        json::get(&self.document.root, "x-standin").is_some()
    }

    /// `info.title`.
    pub fn title(&self) -> &str {
        self.document.at("/info/title").and_then(Value::as_str).unwrap_or("API")
    }
}

/// Two things made, or the complaints about either: what is wrong with schemas comes first, for it may be why the other went wrong.
fn both<A, B>(one: Result<A, Vec<LoadError>>, schemas: Result<B, Vec<LoadError>>) -> Result<(A, B), Vec<LoadError>> {
    match (one, schemas) {
        (Ok(one), Ok(schemas)) => Ok((one, schemas)),
        (one, schemas) => Err(schemas.err().into_iter().chain(one.err()).flatten().collect()),
    }
}

/// What is inferred from the document, under what its author says.
fn behaviour(document: &Document, operations: &Operations) -> Result<(Behaviour, Vec<Reason>), Vec<LoadError>> {
    let inferred = infer::infer(document, operations);
    let Some(authored) = document.at("/x-standin") else { return Ok((inferred.behaviour, inferred.reasons)) };
    let base = serde_json::to_value(&inferred.behaviour).unwrap_or_default();
    let behaviour = vocabulary::read(document, &plan::merge::merge(base, authored))?;
    Ok((behaviour, with_authored(document, inferred.reasons, authored)))
}

/// Where the author has spoken, the file that says so is the reason.
fn with_authored(document: &Document, mut reasons: Vec<Reason>, authored: &Value) -> Vec<Reason> {
    let mut written = Vec::new();
    for (word, value) in authored.as_object().into_iter().flatten() {
        let named = matches!(word.as_str(), "errors" | "limits" | "credentials" | "resources" | "operations");
        for (name, value) in value.as_object().into_iter().flatten() {
            let pointer = format!("/{word}/{}", pointer::escape(name));
            match value.as_object().filter(|_| named) {
                Some(words) => {
                    written.extend(words.keys().map(|inner| pointer::join(&pointer, inner)));
                }
                None => written.push(pointer),
            }
        }
    }
    let places: BTreeSet<&str> = written.iter().map(String::as_str).collect();
    reasons.retain(|reason| !pointer::upwards(&reason.pointer).any(|place| places.contains(place)));
    reasons.extend(written.into_iter().map(|pointer| {
        let file = document.file(&format!("/x-standin{pointer}"));
        Reason { text: format!("written in {file}"), pointer }
    }));
    reasons
}

/// Complaints about behaviour, moved to the file and place where its author wrote it.
fn place(document: &Document, errors: Vec<LoadError>) -> Vec<LoadError> {
    let moved = errors.into_iter().map(|mut error| {
        (error.file, error.pointer) = document.origin(&error.pointer);
        error
    });
    moved.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::document::{Origins, Version};
    use super::*;

    #[test]
    fn an_author_overrules_what_is_written_and_nothing_whose_name_is_longer() {
        let (name, root) = ("api.yaml".to_owned(), json!({}));
        let document = Document { name, version: Version::V3_1, root, origins: Origins::default() };
        let inferred = ["/resources/post/order", "/resources/postComment/order", "/resources/user/order"];
        let reasons = inferred.map(|pointer| Reason { pointer: pointer.to_owned(), text: "inferred".to_owned() });
        let authored = json!({"resources": {"post": null, "user": {"index": ["name"]}}});
        let told = with_authored(&document, reasons.to_vec(), &authored);
        let told: Vec<_> = told.iter().map(|reason| (reason.pointer.as_str(), reason.text.as_str())).collect();
        let expected = [
            ("/resources/postComment/order", "inferred"),
            ("/resources/user/order", "inferred"),
            ("/resources/post", "written in api.yaml"),
            ("/resources/user/index", "written in api.yaml"),
        ];
        assert_eq!(told, expected);
    }
}
