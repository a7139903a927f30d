//! One field of a record's JSON text, without parsing the rest of it.
//!
//! The text is our own compact output, so it is well formed; anything else finds nothing rather than failing.

use std::ops::Range;

/// The text of a top-level field's value.
pub fn find<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let bytes = json.as_bytes();
    let (_, value) = places(bytes).find(|(quoted, _)| is_named(&bytes[quoted.start + 1..quoted.end - 1], name))?;
    json.get(value)
}

/// Every top-level field: the name with its quotes, and the text of its value.
pub fn each(json: &str) -> impl Iterator<Item = (&str, &str)> {
    places(json.as_bytes()).map_while(|(quoted, value)| Some((json.get(quoted)?, json.get(value)?)))
}

/// Where the name, with its quotes, and the value of every top-level field stand.
fn places(bytes: &[u8]) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    // Stands on the brace or the comma before the next name.
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + 1;
        if bytes.get(start) != Some(&b'"') {
            return None;
        }
        let name_end = string_end(bytes, start)?;
        at = value_end(bytes, name_end + 1)?;
        Some((start..name_end, name_end + 1..at))
    })
}

/// Is this a name as it stands between its quotes?
fn is_named(written: &[u8], name: &str) -> bool {
    if !written.contains(&b'\\') {
        return written == name.as_bytes();
    }
    let quoted = [b"\"", written, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).is_ok_and(|unescaped| unescaped == name)
}

/// The position after a string's closing quote; `start` is its opening one.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// The position after a value.
fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    let mut depth = 0usize;
    loop {
        match bytes.get(at)? {
            b'"' => at = string_end(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' | b',' if depth == 0 => return Some(at),
            b'}' | b']' => {
                depth -= 1;
                at += 1;
            }
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_each_kind_of_value() {
        let json = r#"{"a":1,"b":"x,}\"]","c":[1,{"a":2},"]"],"d":{"a":{}},"e\"é":null,"f":"","g":-1.5e3}"#;
        assert_eq!(find(json, "a"), Some("1"));
        assert_eq!(find(json, "b"), Some(r#""x,}\"]""#));
        assert_eq!(find(json, "c"), Some(r#"[1,{"a":2},"]"]"#));
        assert_eq!(find(json, "d"), Some(r#"{"a":{}}"#));
        assert_eq!(find(json, "e\"é"), Some("null"));
        assert_eq!(find(json, "f"), Some("\"\""));
        assert_eq!(find(json, "g"), Some("-1.5e3"));
        assert_eq!(find(json, "h"), None);
    }

    #[test]
    fn text_that_is_not_an_object_has_no_fields() {
        for json in ["", "{", "{}", "[]", "null", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\\"] {
            assert_eq!(find(json, "a"), None, "{json}");
        }
    }
}
