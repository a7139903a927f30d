//! What a service promises: its document, compiled. Never changes after load.

pub mod diagnostic;
pub mod document;
pub mod error;
pub mod expression;
pub mod infer;
pub mod operation;
pub mod parameter;
pub mod plan_text;
pub mod router;
pub mod sample;
pub mod schema;
pub mod template;
pub mod violation;
pub mod vocabulary;

use document::{Document, Source};
use error::LoadError;
use operation::Operations;
use router::Router;

/// A document with its overlays, compiled: everything that a world needs to know to answer calls.
#[derive(Debug)]
pub struct Contract {
    pub document: Document,
    pub operations: Operations,
    pub router: Router,
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
    pub fn load(source: &dyn Source, name: &str, selection: &Selection) -> Result<Contract, Vec<LoadError>> {
        let _ = (source, name, selection);
        todo!()
    }

    /// `info.title`.
    pub fn title(&self) -> &str {
        self.document.at("/info/title").and_then(serde_json::Value::as_str).unwrap_or("API")
    }
}
