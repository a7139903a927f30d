//! Values in messages: short, and recognisable as what they are.

use serde_json::Value;

use crate::words;

/// Longest value in a message, in characters.
pub const SHOWN_MAX: usize = 120;

/// A value as it would stand in a condition: text in single quotes, everything else as JSON. A long one is cut, and its length
/// told.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let shown = format!("'{}'", shortened(&text.replace('\'', "''")));
            with_length(shown, text.chars().count(), "characters")
        }
        other => {
            let json = other.to_string();
            with_length(shortened(&json), json.chars().count(), "characters of JSON")
        }
    }
}

/// Text as it is, cut where it is long.
pub(super) fn shortened(text: &str) -> String {
    words::shortened(text, SHOWN_MAX).into_owned()
}

fn with_length(shown: String, length: usize, unit: &str) -> String {
    if length > SHOWN_MAX { format!("{shown} ({length} {unit})") } else { shown }
}
