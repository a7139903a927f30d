//! JSONPath (RFC 9535), complete: one place that knows the library.
//!
//! The library passes the official compliance suite (`tests/jsonpath.rs`). Added here: limits, because its parser tries nested
//! filters twice at each level and its walk recurses with the value, and messages for people ([`message`]).

mod message;

use serde_json::Value;
use serde_json_path::JsonPath;

/// Longest query, in bytes.
pub const QUERY_BYTES_MAX: usize = 8_192;
/// Deepest nesting of brackets and parentheses.
pub const NESTING_MAX: usize = 64;
/// Deepest nesting of filters; each level doubles the time that reading takes.
pub const FILTERS_MAX: usize = 8;
/// Most descendant segments (`..`); each can multiply the nodes by the depth of the value.
pub const DESCENDANTS_MAX: usize = 4;
/// Most nodes that lists of selectors (`[0, 1, *]`), multiplied with each other, make of one.
pub const COPIES_MAX: usize = 65_536;
/// Deepest value that a query with descendant segments looks through. Parsed JSON is at most 128 deep.
pub const DEPTH_MAX: usize = 512;

#[derive(Debug, Clone)]
pub struct Query {
    /// As written.
    text: String,
    path: JsonPath,
    /// Has it a descendant segment, whose walk goes as deep as the value?
    descends: bool,
}

impl Query {
    /// The error is a lower-case fragment with the byte at which it goes wrong.
    pub fn parse(text: &str) -> Result<Query, (usize, String)> {
        let descendants = check_limits(text)?;
        match JsonPath::parse(text) {
            Ok(path) => Ok(Query { text: text.to_owned(), path, descends: descendants > 0 }),
            Err(error) => Err(message::describe(text, error.position(), error.message())),
        }
    }

    /// The values of the nodelist, in order.
    pub fn values<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        if self.is_too_deep(value) {
            return Vec::new();
        }
        self.path.query(value).all()
    }

    /// The JSON Pointers (RFC 6901) of the nodelist, in order.
    pub fn pointers(&self, value: &Value) -> Vec<String> {
        if self.is_too_deep(value) {
            return Vec::new();
        }
        self.path.query_located(value).locations().map(|location| location.to_json_pointer()).collect()
    }

    fn is_too_deep(&self, value: &Value) -> bool {
        self.descends && is_deeper(value, DEPTH_MAX)
    }
}

/// As it is written.
impl std::fmt::Display for Query {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.text)
    }
}

/// Refuses what would be slow or deep before the library sees it. Returns the number of descendant segments.
fn check_limits(text: &str) -> Result<usize, (usize, String)> {
    if text.len() > QUERY_BYTES_MAX {
        return Err((QUERY_BYTES_MAX, format!("the query is longer than {QUERY_BYTES_MAX} bytes")));
    }
    /// A bracket or parenthesis that is open.
    struct Open {
        is_bracket: bool,
        is_filter: bool,
        selectors: usize,
    }
    let mut open: Vec<Open> = Vec::new();
    let (mut filters, mut descendants, mut copies) = (0, 0, 1_usize);
    for (at, character) in unquoted(text) {
        match character {
            '[' | '(' => open.push(Open { is_bracket: character == '[', is_filter: false, selectors: 1 }),
            ']' | ')' => {
                if let Some(closed) = open.pop() {
                    filters -= usize::from(closed.is_filter);
                    copies = copies.saturating_mul(closed.selectors);
                }
            }
            '?' => {
                if let Some(inner) = open.last_mut().filter(|inner| inner.is_bracket && !inner.is_filter) {
                    inner.is_filter = true;
                    filters += 1;
                }
            }
            ',' => {
                if let Some(inner) = open.last_mut().filter(|inner| inner.is_bracket) {
                    inner.selectors += 1;
                }
            }
            '.' if text[at + 1..].starts_with('.') => descendants += 1,
            _ => {}
        }
        let passed = if open.len() > NESTING_MAX {
            format!("brackets nested deeper than {NESTING_MAX} levels")
        } else if filters > FILTERS_MAX {
            format!("filters nested deeper than {FILTERS_MAX} levels")
        } else if descendants > DESCENDANTS_MAX {
            format!("more than {DESCENDANTS_MAX} descendant segments (`..`)")
        } else if copies > COPIES_MAX {
            format!("lists of selectors that make more than {COPIES_MAX} nodes of one")
        } else {
            continue;
        };
        return Err((at, passed));
    }
    Ok(descendants)
}

/// The characters outside of string literals.
fn unquoted(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote: Option<char> = None;
    let mut is_escaped = false;
    text.char_indices().filter(move |(_, character)| match (quote, *character) {
        (Some(_), _) if is_escaped => {
            is_escaped = false;
            false
        }
        (Some(_), '\\') => {
            is_escaped = true;
            false
        }
        (Some(open), character) => {
            quote = Some(open).filter(|open| *open != character);
            false
        }
        (None, '\'' | '"') => {
            quote = Some(*character);
            false
        }
        (None, _) => true,
    })
}

/// Looked through level by level, since a recursive look would be the danger that it looks for.
fn is_deeper(value: &Value, depth_max: usize) -> bool {
    let mut waiting = vec![(value, 0)];
    while let Some((value, depth)) = waiting.pop() {
        if depth > depth_max {
            return true;
        }
        match value {
            Value::Array(items) => waiting.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(fields) => waiting.extend(fields.values().map(|field| (field, depth + 1))),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests;
