//! A violation in the words of a finding: at which place, what was expected, what was found.

use serde_json::Value;

use crate::contract::violation::Violation;
use crate::pointer;
use crate::words::humanise;

/// Longer values are shown by their beginning.
const SHOWN_MAX: usize = 80;

/// What must be, without the value's name: `must be a string`, `is required`.
pub fn demand(violation: &Violation) -> String {
    let message = violation.message.as_str();
    let last = pointer::split_last(&violation.pointer).map(|(_, last)| humanise(&last));
    let named = last.and_then(|name| message.strip_prefix(name.as_str())?.strip_prefix(' '));
    let rest = named.or_else(|| message.strip_prefix("The ")?.split_once(' ').map(|(_, rest)| rest));
    let rest = rest.or_else(|| message.strip_prefix("Body "));
    let item = || {
        let (_, rest) = message.split_once("tem ")?;
        rest.split_once(' ')
            .filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
            .map(|(_, rest)| rest)
    };
    rest.or_else(item).unwrap_or(message).to_owned()
}

/// The demand as something that is expected: `a string`, `one of: a, b`.
pub fn expected(demand: &str) -> String {
    if demand == "is required" {
        return "a value".to_owned();
    }
    if demand == "is not allowed" {
        return "nothing".to_owned();
    }
    let bare = demand.strip_prefix("must be ").or_else(|| demand.strip_prefix("must "));
    bare.unwrap_or(demand).to_owned()
}

/// The value at a pointer as short JSON; `nothing` where there is none.
pub fn found(body: &Value, pointer: &str) -> String {
    pointer::find(body, pointer).map_or_else(|| "nothing".to_owned(), short)
}

/// A value as short JSON.
pub fn short(value: &Value) -> String {
    let mut out = Short { text: String::new(), full: false };
    let written = serde_json::to_writer(&mut out, value);
    if written.is_err() || out.full {
        out.text.push('…');
    }
    out.text
}

/// Takes only as much of a value as is shown, however large it is.
struct Short {
    text: String,
    full: bool,
}

impl std::io::Write for Short {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for character in String::from_utf8_lossy(bytes).chars() {
            if self.text.chars().count() >= SHOWN_MAX {
                self.full = true;
                return Err(std::io::ErrorKind::WriteZero.into());
            }
            self.text.push(character);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A pointer as people read it; the whole body has none.
pub fn place(pointer: &str) -> String {
    if pointer.is_empty() { "the whole body".to_owned() } else { format!("`{pointer}`") }
}

/// Names as a list: `200, 404 and 2 more`.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>, limit: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    if names.len() <= limit {
        return names.join(", ");
    }
    format!("{} and {} more", names[..limit].join(", "), names.len() - limit)
}
