//! One field of a record's JSON text, without parsing the rest of it.
//!
//! The text is our own compact output, so it is well formed; anything else finds nothing rather than failing.

/// The text of a top-level field's value.
pub fn find<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    each(json).find(|(key, _)| is_named(key, name)).map(|(_, value)| value)
}

/// Every top-level field: the name with its quotes, and the text of its value.
pub fn each(json: &str) -> impl Iterator<Item = (&str, &str)> {
    let bytes = json.as_bytes();
    // Stands on the brace or the comma before the next name.
    let mut at = 0;
    std::iter::from_fn(move || {
        let name_start = at + 1;
        if bytes.get(name_start) != Some(&b'"') {
            return None;
        }
        let name_end = string_end(bytes, name_start)?;
        let value_end = value_end(bytes, name_end + 1)?;
        at = value_end;
        Some((json.get(name_start..name_end)?, json.get(name_end + 1..value_end)?))
    })
}

fn is_named(quoted: &str, name: &str) -> bool {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains('\\') {
        return inner == name;
    }
    serde_json::from_str::<String>(quoted).is_ok_and(|unescaped| unescaped == name)
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
