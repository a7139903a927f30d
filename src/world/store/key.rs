//! What a field's value is compared by: a compact, totally ordered form of a JSON value.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Number, Value};

/// Longest text, in bytes, that is kept inside a key.
const SHORT_MAX: usize = 30;

/// A JSON value as indexes and sorts see it: null, booleans, numbers, texts, then everything else. Numbers that are equal are one
/// key, however they are written. A text of up to [`SHORT_MAX`] bytes costs no allocation and is compared without a look elsewhere: most
/// states, ids and instants are no longer (`2026-02-25T10:00:00.000Z` has 24).
#[derive(Debug, Clone)]
pub enum Key {
    Null,
    Bool(bool),
    /// A whole number that fits; 2.0 is 2.
    Integer(i64),
    /// A whole number above `i64::MAX`.
    Large(u64),
    /// Any other number. Never NaN, which JSON does not have.
    Float(f64),
    Short(Short),
    Long(Arc<str>),
    /// An object, or an array inside an array, as canonical text: equal or not, but without an order to speak of.
    Tree(Arc<str>),
}

#[derive(Clone, Copy)]
pub struct Short {
    len: u8,
    bytes: [u8; SHORT_MAX],
}

/// A value that is looked for among keys. A text is compared where it stands, so that a look-up copies nothing.
#[derive(Debug)]
pub enum Sought<'a> {
    Text(&'a str),
    Key(Key),
}

/// The kinds between which values are unordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Null,
    Bool,
    Number,
    Text,
    Tree,
}

/// The keys of one field: an array has one for each distinct element, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    One(Key),
    Many(Vec<Key>),
}

impl Keys {
    /// A missing field is null.
    pub fn of(value: Option<&Value>) -> Keys {
        match value {
            Some(Value::Array(elements)) => {
                let mut keys: Vec<Key> = elements.iter().map(Key::of).collect();
                keys.sort_unstable();
                keys.dedup();
                Keys::Many(keys)
            }
            Some(value) => Keys::One(Key::of(value)),
            None => Keys::One(Key::Null),
        }
    }

    /// The same from a value's JSON text.
    pub fn of_text(json: Option<&str>) -> Keys {
        let Some(json) = json else { return Keys::One(Key::Null) };
        if let Some(inner) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
            && !inner.contains('\\')
        {
            return Keys::One(Key::text(inner));
        }
        Keys::of(serde_json::from_str(json).ok().as_ref())
    }

    pub fn as_slice(&self) -> &[Key] {
        match self {
            Keys::One(key) => std::slice::from_ref(key),
            Keys::Many(keys) => keys,
        }
    }

    /// What a sort places the record by: an array's least element.
    pub fn least(self) -> Key {
        match self {
            Keys::One(key) => key,
            Keys::Many(keys) => keys.into_iter().next().unwrap_or(Key::Null),
        }
    }
}

impl Key {
    pub fn of(value: &Value) -> Key {
        match value {
            Value::Null => Key::Null,
            Value::Bool(bool) => Key::Bool(*bool),
            Value::Number(number) => Key::number(number),
            Value::String(text) => Key::text(text),
            Value::Array(_) | Value::Object(_) => {
                let mut text = String::new();
                write_canonical(value, &mut text);
                Key::Tree(text.into())
            }
        }
    }

    pub fn text(text: &str) -> Key {
        let mut bytes = [0; SHORT_MAX];
        match bytes.get_mut(..text.len()) {
            Some(room) => {
                room.copy_from_slice(text.as_bytes());
                // At most SHORT_MAX.
                Key::Short(Short { len: text.len() as u8, bytes })
            }
            None => Key::Long(text.into()),
        }
    }

    /// A text that somebody keeps: a long one is not copied.
    pub fn shared(text: &Arc<str>) -> Key {
        if text.len() > SHORT_MAX { Key::Long(Arc::clone(text)) } else { Key::text(text) }
    }

    fn number(number: &Number) -> Key {
        if let Some(integer) = number.as_i64() {
            return Key::Integer(integer);
        }
        if let Some(large) = number.as_u64() {
            return Key::Large(large);
        }
        const TWO_63: f64 = 9_223_372_036_854_775_808.0;
        const TWO_64: f64 = 18_446_744_073_709_551_616.0;
        let float = number.as_f64().unwrap_or(0.0);
        match float.fract() == 0.0 {
            true if (-TWO_63..TWO_63).contains(&float) => Key::Integer(float as i64),
            true if (TWO_63..TWO_64).contains(&float) => Key::Large(float as u64),
            _ => Key::Float(float),
        }
    }

    pub fn class(&self) -> Class {
        match self {
            Key::Null => Class::Null,
            Key::Bool(_) => Class::Bool,
            Key::Integer(_) | Key::Large(_) | Key::Float(_) => Class::Number,
            Key::Short(_) | Key::Long(_) => Class::Text,
            Key::Tree(_) => Class::Tree,
        }
    }

    /// The text of a text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Key::Short(short) => std::str::from_utf8(short.as_bytes()).ok(),
            Key::Long(text) => Some(text),
            _ => None,
        }
    }

    /// How two values compare for a filter: null comes before any other value, other kinds are unordered among each other.
    pub fn compare(&self, other: &Key) -> Option<Ordering> {
        let classes = (self.class(), other.class());
        match classes {
            (Class::Tree, Class::Tree) => (self == other).then_some(Ordering::Equal),
            (Class::Null, _) | (_, Class::Null) => Some(classes.0.cmp(&classes.1)),
            (one, two) if one == two => Some(self.cmp(other)),
            _ => None,
        }
    }

    /// Bytes that only a text or a tree has, and in which two texts compare by code points.
    fn as_bytes(&self) -> &[u8] {
        match self {
            Key::Short(short) => short.as_bytes(),
            Key::Long(text) | Key::Tree(text) => text.as_bytes(),
            _ => &[],
        }
    }

    fn whole(&self) -> Option<i128> {
        match self {
            Key::Integer(integer) => Some(i128::from(*integer)),
            Key::Large(large) => Some(i128::from(*large)),
            _ => None,
        }
    }
}

impl<'a> Sought<'a> {
    pub fn of(value: &'a Value) -> Sought<'a> {
        match value {
            Value::String(text) => Sought::Text(text),
            other => Sought::Key(Key::of(other)),
        }
    }

    /// How a key stands to it.
    pub fn order(&self, key: &Key) -> Ordering {
        match self {
            Sought::Text(text) => key.class().cmp(&Class::Text).then_with(|| key.as_bytes().cmp(text.as_bytes())),
            Sought::Key(sought) => key.cmp(sought),
        }
    }
}

impl Short {
    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The text as numbers that are ordered like it; what is beyond its end is 0, so a text and the same followed by NUL need their lengths.
    fn words(&self) -> [u64; 4] {
        let word = |start: usize| {
            let mut word = [0; 8];
            let bytes = &self.bytes[start..(start + 8).min(SHORT_MAX)];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_be_bytes(word)
        };
        [word(0), word(8), word(16), word(24)]
    }
}

impl std::fmt::Debug for Short {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?}", String::from_utf8_lossy(self.as_bytes()))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        match (self, other) {
            (Key::Integer(one), Key::Integer(two)) => one.cmp(two),
            (Key::Bool(one), Key::Bool(two)) => one.cmp(two),
            (Key::Short(one), Key::Short(two)) => (one.words(), one.len).cmp(&(two.words(), two.len)),
            // Long texts of an index are shared.
            (Key::Long(one), Key::Long(two)) if Arc::ptr_eq(one, two) => Ordering::Equal,
            _ => {
                let class = self.class();
                class.cmp(&other.class()).then_with(|| match class {
                    Class::Null | Class::Bool => Ordering::Equal,
                    Class::Number => compare_numbers(self, other),
                    Class::Text | Class::Tree => self.as_bytes().cmp(other.as_bytes()),
                })
            }
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

/// Exact, also where an integer has no equal float.
fn compare_numbers(one: &Key, two: &Key) -> Ordering {
    match (one, two) {
        (Key::Float(one), Key::Float(two)) => one.total_cmp(two),
        (Key::Float(float), whole) => compare_whole(whole.whole().unwrap_or(0), *float).reverse(),
        (whole, Key::Float(float)) => compare_whole(whole.whole().unwrap_or(0), *float),
        _ => one.whole().cmp(&two.whole()),
    }
}

/// A whole number against a float that is none within the range of whole numbers kept: they are never equal.
fn compare_whole(whole: i128, float: f64) -> Ordering {
    // The cast saturates, which is right for what lies outside.
    match whole.cmp(&(float.floor() as i128)) {
        Ordering::Equal => Ordering::Less,
        order => order,
    }
}

/// Text that equal values share: keys sorted, numbers in one form. Depth is that of a parsed JSON value, which is bounded.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(elements) => {
            out.push('[');
            for element in elements {
                write_canonical(element, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            out.push('{');
            for name in names {
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write_canonical(&fields[name], out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Number(number) => match Key::number(number) {
            Key::Integer(integer) => out.push_str(&integer.to_string()),
            Key::Large(large) => out.push_str(&large.to_string()),
            _ => out.push_str(&number.to_string()),
        },
        _ => out.push_str(&value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_takes_32_bytes() {
        assert_eq!(std::mem::size_of::<Key>(), 32);
    }

    #[test]
    fn keys_have_one_order_over_all_kinds() {
        let values = [
            json!(null),
            json!(false),
            json!(true),
            json!(-1e300),
            json!(i64::MIN),
            json!(-1.5),
            json!(-1),
            json!(0),
            json!(0.5),
            json!(1),
            json!(9_007_199_254_740_993_i64),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(1e300),
            json!(""),
            json!("a"),
            json!("a longer text than fits in a key"),
            json!("b"),
            json!("é"),
            json!("\u{ffff}"),
            json!("\u{10000}"),
            json!([]),
            json!({}),
        ];
        let keys: Vec<Key> = values.iter().map(Key::of).collect();
        for (at, one) in keys.iter().enumerate() {
            for (place, two) in keys.iter().enumerate() {
                assert_eq!(one.cmp(two), at.cmp(&place), "{one:?} {two:?}");
            }
        }
    }

    #[test]
    fn numbers_that_are_equal_are_one_key() {
        assert_eq!(Key::of(&json!(2)), Key::of(&json!(2.0)));
        assert_eq!(Key::of(&json!(0)), Key::of(&json!(-0.0)));
        assert_eq!(Key::of(&json!(9_223_372_036_854_775_808_u64)), Key::of(&json!(9.223_372_036_854_776e18)));
        assert_ne!(Key::of(&json!(9_007_199_254_740_993_i64)), Key::of(&json!(9_007_199_254_740_992.0)));
    }

    #[test]
    fn texts_of_every_length_compare_by_code_points() {
        for len in 0..60 {
            let (one, two) = ("x".repeat(len), "x".repeat(len + 1));
            assert!(Key::text(&one) < Key::text(&two));
            assert_eq!(Key::text(&one).as_text(), Some(one.as_str()));
            assert_eq!(Key::shared(&one.as_str().into()), Key::text(&one));
        }
    }

    #[test]
    fn texts_compare_alike_wherever_they_differ_and_with_nul_in_them() {
        let mut texts: Vec<String> =
            vec!["".into(), "\0".into(), "\0\0".into(), "a\0".into(), "a".into(), "a\0b".into()];
        for at in 0..26 {
            texts
                .extend(["\0", "a", "y", "é"].map(|other| format!("{}{other}{}", "x".repeat(at), "x".repeat(25 - at))));
            texts.extend(["\0", "y"].map(|other| format!("{}{other}", "x".repeat(at))));
        }
        for one in &texts {
            for two in &texts {
                assert_eq!(Key::text(one).cmp(&Key::text(two)), one.cmp(two), "{one:?} {two:?}");
            }
        }
    }

    #[test]
    fn objects_are_equal_whatever_the_order_of_their_fields() {
        assert_eq!(Key::of(&json!({"a": 1, "b": [2.0]})), Key::of(&json!({"b": [2], "a": 1.0})));
        assert_ne!(Key::of(&json!({"a": 1})), Key::of(&json!({"a": "1"})));
        assert_eq!(Key::of(&json!({"a": 1})).compare(&Key::of(&json!({"a": 2}))), None);
    }

    #[test]
    fn kinds_are_unordered_but_for_null() {
        assert_eq!(Key::of(&json!(1)).compare(&Key::text("1")), None);
        assert_eq!(Key::Null.compare(&Key::text("")), Some(Ordering::Less));
        assert_eq!(Key::of(&json!(1)).compare(&Key::Null), Some(Ordering::Greater));
        assert_eq!(Key::Null.compare(&Key::Null), Some(Ordering::Equal));
    }

    #[test]
    fn keys_from_text_and_from_values_agree() {
        for value in [json!("a\"b"), json!("plain"), json!([3, 1, 3, "x"]), json!([]), json!({"a": 1}), json!(1.0)] {
            assert_eq!(Keys::of_text(Some(&value.to_string())), Keys::of(Some(&value)));
        }
        assert_eq!(Keys::of_text(None), Keys::One(Key::Null));
    }
}
