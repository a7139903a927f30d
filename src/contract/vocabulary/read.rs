//! From JSON to a [`Behaviour`], or what is wrong with it and where.

use serde_json::Value;

use super::Behaviour;

/// Reads a behaviour. An unknown word is an error that names the nearest known one.
pub fn read(
    document: &crate::contract::document::Document,
    value: &Value,
) -> Result<Behaviour, Vec<crate::contract::error::LoadError>> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let mut pointer = "/x-standin".to_owned();
        for segment in error.path() {
            use serde_path_to_error::Segment;
            match segment {
                Segment::Map { key } => crate::pointer::push(&mut pointer, key),
                Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        let message = error.inner().to_string();
        let mut complaint = crate::contract::error::LoadError::new(document.name.clone(), pointer, message.clone());
        complaint.hint = unknown_word(&message);
        if message.starts_with("unknown field") {
            complaint = complaint.about_key();
        }
        vec![complaint]
    })
}

/// The nearest of the words that serde lists in "unknown field `x`, expected one of `a`, `b`".
fn unknown_word(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let word = quoted.next()?;
    crate::words::did_you_mean(word, quoted).map(|near| format!("did you mean '{near}'?"))
}
