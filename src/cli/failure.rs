//! Why a command cannot be done, as it is shown.

use std::io::{IsTerminal, Write};

use super::services::Files;
use crate::contract::diagnostic;
use crate::contract::document::Source;
use crate::contract::error::LoadError;

#[derive(Debug)]
pub enum Failure {
    /// A lower-case fragment that says what is wrong and what to do.
    Usage(String),
    /// Documents with errors.
    Documents { errors: Vec<LoadError>, files: Files },
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::Usage(message.into())
    }

    /// On standard error; what cannot be written there is lost on nobody.
    pub fn show(&self) {
        let text = match self {
            Failure::Usage(message) => format!("error: {message}\n"),
            Failure::Documents { errors, files } => render(errors, files),
        };
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

fn render(errors: &[LoadError], files: &Files) -> String {
    let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    diagnostic::render(errors, &|name| files.read(name).ok(), color)
}
