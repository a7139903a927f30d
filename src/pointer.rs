//! JSON Pointers (RFC 6901) as text, and their form in a URI fragment.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::json;

/// What a URI fragment may not hold as it is (RFC 3986, 3.5), and the percent sign itself.
pub const FRAGMENT_ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A key as a segment of a pointer.
pub fn escape(key: &str) -> Cow<'_, str> {
    if !key.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
        return key.into();
    }
    let mut escaped = String::with_capacity(key.len() + 2);
    for character in key.chars() {
        match character {
            '~' => escaped.push_str("~0"),
            '/' => escaped.push_str("~1"),
            other => escaped.push(other),
        }
    }
    escaped.into()
}

/// Appends one segment to a pointer, escaped.
pub fn push(pointer: &mut String, segment: &str) {
    pointer.push('/');
    pointer.push_str(&escape(segment));
}

/// The pointer of a child.
pub fn join(pointer: &str, segment: &str) -> String {
    let mut joined = String::with_capacity(pointer.len() + 1 + segment.len());
    joined.push_str(pointer);
    push(&mut joined, segment);
    joined
}

/// One segment as the key it stands for.
pub fn unescape(segment: &str) -> Cow<'_, str> {
    let plain = !segment.bytes().any(|byte| byte == b'~');
    if plain { segment.into() } else { segment.replace("~1", "/").replace("~0", "~").into() }
}

/// The keys that a pointer leads through.
pub fn segments(pointer: &str) -> impl DoubleEndedIterator<Item = Cow<'_, str>> {
    let inner = pointer.strip_prefix('/');
    inner.into_iter().flat_map(|inner| inner.split('/')).map(unescape)
}

/// The value that a pointer leads to, as [`Value::pointer`] finds it, which copies every key on the way.
pub fn find<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    let (mut value, mut rest) = (value, pointer);
    while let Some(inner) = rest.strip_prefix('/') {
        let end = inner.bytes().position(|byte| byte == b'/').unwrap_or(inner.len());
        let key = unescape(&inner[..end]);
        value = match value {
            Value::Object(map) => json::member(map, &key)?,
            Value::Array(items) => items.get(index(&key)?)?,
            _ => return None,
        };
        rest = &inner[end..];
    }
    rest.is_empty().then_some(value)
}

/// A key as an index of an array: digits alone, and no zero before others (RFC 6901, section 4).
fn index(key: &str) -> Option<usize> {
    let digits = key.bytes().all(|byte| byte.is_ascii_digit()) && (key == "0" || !key.starts_with('0'));
    if digits { key.parse().ok() } else { None }
}

/// A pointer and those above it, up to the whole document.
pub fn upwards(pointer: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(pointer), |below| Some(below.rsplit_once('/')?.0))
}

/// The parent's pointer and the last key; `None` for the whole document.
pub fn split_last(pointer: &str) -> Option<(&str, Cow<'_, str>)> {
    pointer.rsplit_once('/').map(|(parent, last)| (parent, unescape(last)))
}

/// A pointer as a local reference: `#/paths/~1posts~1%7Bid%7D`. There is one spelling for each pointer.
pub fn to_reference(pointer: &str) -> String {
    format!("#{}", utf8_percent_encode(pointer, FRAGMENT_ESCAPED))
}

/// Is this the local reference of some pointer, which has nothing that a fragment may not hold?
pub fn is_plain_reference(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.~".contains(&byte);
    text.strip_prefix("#/").is_some_and(|rest| rest.bytes().all(plain))
}

/// A URI fragment (without `#`) as text; `None` when its escapes are not UTF-8.
pub fn decode_fragment(fragment: &str) -> Option<Cow<'_, str>> {
    // Most have no escapes, and to see that costs less than to decode none.
    let plain = !fragment.bytes().any(|byte| byte == b'%');
    if plain { Some(fragment.into()) } else { percent_decode_str(fragment).decode_utf8().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_where_serde_json_finds_them() {
        let value = serde_json::json!({"a/b": {"~": [0, {"x": 1}]}, "": {"": 2}, "01": [3], "~1": 4, "~01": 5});
        let pointers = [
            "",
            "/",
            "//",
            "/a~1b",
            "/a~1b/~0",
            "/a~1b/~0/1/x",
            "/a~1b/~0/01",
            "/a~1b/~0/+1",
            "/a~1b/~0/-",
            "/a~1b/~0/2",
            "/a~1b/~0/",
            "/01/0",
            "/01/00",
            "/~01",
            "/~001",
            "/~1",
            "a",
            "a/b",
            "/no",
            "/a~1b/~0/99999999999999999999",
            "/~",
            "/a~1b/~",
        ];
        for pointer in pointers {
            assert_eq!(find(&value, pointer), value.pointer(pointer), "{pointer:?}");
        }
    }

    #[test]
    fn escaped_keys_come_back_as_they_were() {
        let pointer = join("/paths", "/posts/{id}~draft");
        assert_eq!(pointer, "/paths/~1posts~1{id}~0draft");
        assert_eq!(segments(&pointer).collect::<Vec<_>>(), ["paths", "/posts/{id}~draft"]);
        assert_eq!(segments("").count(), 0);
        assert_eq!(segments("/").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn a_reference_is_percent_encoded_once() {
        let reference = to_reference("/paths/~1posts~1{id}/50% off");
        assert_eq!(reference, "#/paths/~1posts~1%7Bid%7D/50%25%20off");
        assert_eq!(decode_fragment(&reference[1..]).as_deref(), Some("/paths/~1posts~1{id}/50% off"));
        assert_eq!(decode_fragment("/%ff"), None);
    }

    #[test]
    fn a_plain_reference_is_spelled_as_its_pointer() {
        for pointer in ["/components/schemas/Post_v1.0-a", "/paths/~1posts", "/"] {
            let reference = to_reference(pointer);
            assert!(is_plain_reference(&reference));
            assert_eq!(decode_fragment(&reference[1..]).as_deref(), Some(pointer));
        }
        for other in ["", "#", "#post", "/post", "post.yaml#/a", "#/a%20b", "#/a b", "#/{id}", "#/é", "#/a#b"] {
            assert!(!is_plain_reference(other), "{other}");
        }
    }
}
