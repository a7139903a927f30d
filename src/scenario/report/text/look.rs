//! What of a scenario's results wears which colour.

use crate::report::Look;
use crate::scenario::finding::Severity;
use crate::scenario::results::Status;

/// The severities from worst to least, each with its noun.
pub const SEVERITIES: [(Severity, &str); 3] =
    [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
/// What is only counted.
pub const LEAST: Severity = Severity::Note;

pub fn mark(look: Look, status: Status) -> String {
    match status {
        Status::Passed => look.good("✓"),
        Status::Failed | Status::Unreachable => look.bad("✗"),
        Status::Skipped => look.dim("–"),
    }
}

pub fn severity(look: Look, severity: Severity, text: &str) -> String {
    match severity {
        Severity::Error => look.bad(text),
        Severity::Warning => look.doubtful(text),
        Severity::Note => look.dim(text),
    }
}
