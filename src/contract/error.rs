//! What we say to the author of a file: where, what, and what to do. Never shown to an API's caller.

use std::fmt;

/// One thing that is wrong with a document, an overlay or a behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// The file, as the author named it.
    pub file: String,
    /// JSON Pointer (RFC 6901) of the offending value in that file; empty for the whole document.
    pub pointer: String,
    /// Byte range in the file's text, when the complaint is about text (syntax errors, expressions).
    pub span: Option<std::ops::Range<usize>>,
    /// The key that the pointer leads to is wrong, not the value behind it.
    pub about_key: bool,
    /// A lower-case fragment that fits after "failed to load": what is wrong.
    pub message: String,
    /// What to do about it, when we can tell.
    pub hint: Option<String>,
}

impl LoadError {
    pub fn new(file: impl Into<String>, pointer: impl Into<String>, message: impl Into<String>) -> LoadError {
        LoadError {
            file: file.into(),
            pointer: pointer.into(),
            span: None,
            about_key: false,
            message: message.into(),
            hint: None,
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> LoadError {
        self.hint = Some(hint.into());
        self
    }

    pub fn about_key(mut self) -> LoadError {
        self.about_key = true;
        self
    }

    pub fn span(mut self, span: std::ops::Range<usize>) -> LoadError {
        self.span = Some(span);
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
