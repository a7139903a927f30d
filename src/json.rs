//! JSON: its text, compact, in the bytes that `serde_json` writes, and the members of its objects. Both for less.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::fields::Fields;

/// Room for a text, in bytes, before it has to grow.
const ROOM: usize = 512;

/// Up to so many members are looked through: that costs less than hashing the name.
const LOOKED_THROUGH_MAX: usize = 16;

/// A member of an object.
pub fn member<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    match object.len() <= LOOKED_THROUGH_MAX {
        true => object.iter().find(|(known, _)| *known == name).map(|(_, value)| value),
        false => object.get(name),
    }
}

/// A member of a value, which is an object if it has any.
pub fn get<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    member(value.as_object()?, name)
}

/// Appends the text of a value. Its depth is that of a parsed value, which is bounded.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => out.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes()),
            None => written_elsewhere(value, out),
        },
        Value::String(text) => write_text(text, out),
        Value::Array(elements) => {
            out.push(b'[');
            for (place, element) in elements.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write(element, out);
            }
            out.push(b']');
        }
        Value::Object(fields) => write_object(fields.iter().map(|(name, value)| (name.as_str(), value)), out),
    }
}

/// The text of a value.
pub fn text(value: &Value) -> String {
    let mut out = Vec::new();
    write(value, &mut out);
    utf8(out)
}

/// The text of an object that has these fields.
pub fn fields_text(fields: &Fields) -> Box<str> {
    let mut out = Vec::with_capacity(ROOM);
    write_object(members(fields.as_slice()), &mut out);
    boxed(out)
}

/// The text of an object with further fields after its own.
pub fn longer_text(object: &str, further: &[(Arc<str>, Value)]) -> Box<str> {
    let mut out = Vec::with_capacity(object.len() + ROOM);
    out.extend_from_slice(object.strip_suffix('}').unwrap_or(object).as_bytes());
    write_members(members(further), &mut out);
    out.push(b'}');
    boxed(out)
}

fn members(fields: &[(Arc<str>, Value)]) -> impl Iterator<Item = (&str, &Value)> {
    fields.iter().map(|(name, value)| (&**name, value))
}

fn boxed(text: Vec<u8>) -> Box<str> {
    utf8(text).into()
}

fn utf8(text: Vec<u8>) -> String {
    String::from_utf8(text).expect("JSON is UTF-8")
}

fn write_object<'f>(fields: impl Iterator<Item = (&'f str, &'f Value)>, out: &mut Vec<u8>) {
    out.push(b'{');
    write_members(fields, out);
    out.push(b'}');
}

/// Writes members into an object that is open and may have some.
fn write_members<'f>(fields: impl Iterator<Item = (&'f str, &'f Value)>, out: &mut Vec<u8>) {
    for (name, value) in fields {
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        write_text(name, out);
        out.push(b':');
        write(value, out);
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    if needs_escapes(text.as_bytes()) {
        return written_elsewhere(text, out);
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Looks at eight bytes at once, of which most texts need none escaped.
fn needs_escapes(text: &[u8]) -> bool {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    let (words, rest) = text.as_chunks::<8>();
    // The last eight bytes once more cost less than those that are left one by one.
    let rest_needs = match text.last_chunk::<8>() {
        Some(last) => !rest.is_empty() && may_need_escapes(u64::from_ne_bytes(*last)),
        None => !rest.iter().all(|byte| plain(*byte)),
    };
    rest_needs || words.iter().any(|word| may_need_escapes(u64::from_ne_bytes(*word)))
}

/// Is one of eight bytes a quote, a backslash or below a space? The high bit of a byte tells; one above 127 has it, too, and is none of these.
fn may_need_escapes(word: u64) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 32) | equal(b'"') | equal(b'\\')) & HIGH != 0
}

fn written_elsewhere<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("numbers and texts can always be written to memory");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: &Value) {
        let mut out = Vec::new();
        write(value, &mut out);
        assert_eq!(String::from_utf8(out).expect("text"), value.to_string());
        assert_eq!(text(value), value.to_string());
    }

    #[test]
    fn values_are_written_as_serde_json_writes_them() {
        let numbers = json!([0, -1, u64::MAX, i64::MIN, 1.0, -0.0, 1e300, 0.1, 5e-324]);
        for value in [json!(null), json!([]), json!({}), json!([true, false, {"a": [1], "\"": null}]), numbers] {
            check(&value);
        }
    }

    #[test]
    fn every_character_is_escaped_alike_wherever_it_stands() {
        let characters = (0..=u32::from(b'\x7f') + 0x100).chain([0x2028, 0xffff, 0x1_0000]).filter_map(char::from_u32);
        for character in characters {
            for place in 0..20 {
                let text = format!("{}{character}{}", "x".repeat(place), "é".repeat(20 - place));
                check(&json!({ &text: text }));
            }
        }
    }

    #[test]
    fn further_members_stand_last() {
        let fields: Vec<(Arc<str>, Value)> = vec![("a".into(), json!({})), ("\"".into(), json!([1]))];
        for (object, expected) in [("{}", r#"{"a":{},"\"":[1]}"#), (r#"{"z":{}}"#, r#"{"z":{},"a":{},"\"":[1]}"#)] {
            assert_eq!(*longer_text(object, &fields), *expected);
            assert_eq!(*longer_text(object, &[]), *object);
        }
    }

    #[test]
    fn members_are_found_in_small_objects_and_in_large_ones() {
        for len in [0, 1, LOOKED_THROUGH_MAX, LOOKED_THROUGH_MAX + 1] {
            let object: Map<String, Value> = (0..len).map(|name| (name.to_string(), Value::from(name))).collect();
            for name in 0..len + 1 {
                assert_eq!(member(&object, &name.to_string()), object.get(&name.to_string()));
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_written_alike(text in ".*") {
            check(&Value::from(text));
        }
    }
}
