//! What we say to the author of a file: where, what, and what to do. Never shown to an API's caller.

use std::fmt;

/// One thing that is wrong with a document, an overlay or a behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// The file, as the author named it.
    pub file: String,
    /// JSON Pointer (RFC 6901) of the offending value in that file; empty for the whole document.
    pub pointer: String,
    pub about: About,
    /// A lower-case fragment that fits after "failed to load": what is wrong.
    pub message: String,
    /// What to do about it, when we can tell.
    pub hint: Option<String>,
}

/// What of a place is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The value that the pointer leads to.
    Value,
    /// The key that the value stands under.
    Key,
    /// A byte range in the file's text (syntax errors, expressions).
    Text(std::ops::Range<usize>),
}

impl LoadError {
    pub fn new(file: impl Into<String>, pointer: impl Into<String>, message: impl Into<String>) -> LoadError {
        LoadError {
            file: file.into(),
            pointer: pointer.into(),
            about: About::Value,
            message: message.into(),
            hint: None,
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> LoadError {
        self.hint = Some(hint.into());
        self
    }

    pub fn about_key(mut self) -> LoadError {
        self.about = About::Key;
        self
    }

    pub fn span(mut self, span: std::ops::Range<usize>) -> LoadError {
        self.about = About::Text(span);
        self
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file)?;
        if !self.pointer.is_empty() {
            write!(out, " {}", self.pointer)?;
        }
        write!(out, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(out, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for LoadError {}
