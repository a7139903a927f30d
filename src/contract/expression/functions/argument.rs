//! Arguments of a function, taken out by kind; messages count them from one.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::convert::whole_number;
use crate::contract::expression::operators::kind;

#[derive(Debug, Clone, Copy)]
pub struct Arguments<'a>(pub &'a [Cow<'a, Value>]);

impl<'a> Arguments<'a> {
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// The n-th argument; null where an optional one is left out.
    pub fn value(self, index: usize) -> &'a Value {
        static NULL: Value = Value::Null;
        self.0.get(index).map_or(&NULL, |value| value)
    }

    pub fn text(self, index: usize) -> Result<&'a str, String> {
        self.value(index).as_str().ok_or_else(|| self.mismatch(index, "text"))
    }

    /// A double without a fraction will do: to JSON Schema it is an integer.
    pub fn integer(self, index: usize) -> Result<i64, String> {
        whole_number(self.value(index)).ok_or_else(|| self.mismatch(index, "an integer"))
    }

    /// A list; null counts as an empty one.
    pub fn list(self, index: usize) -> Result<&'a [Value], String> {
        match self.value(index) {
            Value::Array(list) => Ok(list),
            Value::Null => Ok(&[]),
            _ => Err(self.mismatch(index, "a list")),
        }
    }

    /// An object; `None` for null.
    pub fn object(self, index: usize) -> Result<Option<&'a Map<String, Value>>, String> {
        match self.value(index) {
            Value::Object(map) => Ok(Some(map)),
            Value::Null => Ok(None),
            _ => Err(self.mismatch(index, "an object")),
        }
    }

    /// The part of `0..len` that arguments `start` and `end` (which may be left out) mark, as far as it exists.
    pub fn range(self, start: usize, end: usize, len: usize) -> Result<std::ops::Range<usize>, String> {
        let clamp = |index: i64| usize::try_from(index.max(0)).unwrap_or(usize::MAX).min(len);
        let end = if end < self.len() { clamp(self.integer(end)?) } else { len };
        Ok(clamp(self.integer(start)?).min(end)..end)
    }

    pub fn mismatch(self, index: usize, wanted: &str) -> String {
        format!("argument {} must be {wanted}, got {}", index + 1, kind(self.value(index)))
    }
}
