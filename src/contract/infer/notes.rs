//! The reasons, kept as the lines of the plan are made.

use super::Reason;

#[derive(Default)]
pub struct Notes {
    pub reasons: Vec<Reason>,
}

impl Notes {
    /// `keys` lead into the behaviour as JSON.
    pub fn add(&mut self, keys: &[&str], text: impl Into<String>) {
        self.reasons.push(Reason { pointer: pointer(keys), text: text.into() });
    }
}

/// A JSON Pointer (RFC 6901).
pub fn pointer(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("/{}", crate::pointer::escape(key))).collect()
}
