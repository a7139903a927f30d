//! One thing that is wrong, or worth knowing, and where.

use std::sync::Arc;

use serde::Serialize;

use super::code::Code;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a run.
    Note,
    /// Probably not meant; fails a run only when asked for.
    Warning,
    /// Fails the run.
    Error,
}

/// A place in a file: the scenario, the OpenAPI document, an overlay.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Site {
    pub file: Arc<str>,
    /// JSON Pointer (RFC 6901) in that file.
    pub pointer: String,
}

impl Site {
    pub fn new(file: &Arc<str>, pointer: impl Into<String>) -> Site {
        Site { file: file.clone(), pointer: pointer.into() }
    }

    /// The place of a child.
    pub fn below(&self, segment: &str) -> Site {
        Site { file: self.file.clone(), pointer: crate::pointer::join(&self.pointer, segment) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub code: Code,
    pub severity: Severity,
    /// A lower-case fragment: what is wrong, with the name of the step and operation where that helps.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The step, criterion, parameter ... of the scenario.
    pub scenario: Site,
    /// The promise in the OpenAPI document that was broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Site>,
    /// Index in [`super::run::Record::visits`] of the visit that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<usize>,
    /// What was expected and what was found, as short text, where the two can be told side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

impl Finding {
    /// A finding with the severity that its code has by itself.
    pub fn new(code: Code, scenario: Site, message: impl Into<String>) -> Finding {
        Finding {
            code,
            severity: code.severity(),
            message: message.into(),
            hint: None,
            scenario,
            document: None,
            visit: None,
            expected: None,
            found: None,
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Finding {
        self.hint = Some(hint.into());
        self
    }

    pub fn document(mut self, site: Site) -> Finding {
        self.document = Some(site);
        self
    }

    /// Does it fail the run? A warning does when `strict`.
    pub fn fails(&self, strict: bool) -> bool {
        match self.severity {
            Severity::Error => true,
            Severity::Warning => strict,
            Severity::Note => false,
        }
    }

    pub fn compared(mut self, expected: impl Into<String>, found: impl Into<String>) -> Finding {
        self.expected = Some(expected.into());
        self.found = Some(found.into());
        self
    }
}
