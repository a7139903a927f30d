//! From a file's text to one JSON tree: JSON or YAML, by content.
//!
//! Both readers refuse duplicate keys, keep key order and limit nesting, so that everything behind them may recurse along a tree.

use std::ops::Range;

use serde_json::Value;

use super::tree::{FILE_BYTES_MAX, Tree, YAML_DEPTH_MAX, yaml_options};
use crate::contract::error::{About, LoadError};
use crate::words::boundary_before;

/// The deepest nesting of any tree that is read; it is the fixed limit of the JSON reader.
pub const DEPTH_MAX: usize = 127;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads a file's text. An empty file is `null`.
pub fn parse(file: &str, text: &str) -> Result<Value, LoadError> {
    if text.len() > FILE_BYTES_MAX {
        let message = format!("the file has {} bytes, more than {FILE_BYTES_MAX}", text.len());
        return Err(LoadError::new(file, "", message).hint("split it into several files joined by `$ref`"));
    }
    let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let skipped = text.len() - body.len();
    parse_body(body).map_err(|fault| {
        let mut error = LoadError::new(file, "", fault.message);
        error.hint = fault.hint.map(str::to_owned);
        if let Some(span) = fault.span {
            error.about = About::Text(span.start + skipped..span.end + skipped);
        }
        error
    })
}

/// Is this text to be read as JSON? `{openapi: 3.1.0}` is YAML in flow style, but a quoted first key is JSON: read as YAML, a mistake
/// such as `tru` would pass for text.
pub fn looks_like_json(text: &str) -> bool {
    let inside = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).trim_start().strip_prefix('{');
    inside.is_some_and(|inside| inside.trim_start().starts_with(['"', '}', '{']) || inside.trim_start().is_empty())
}

/// Does the text have this word at its top level? Told without reading block-style YAML as a whole.
pub fn has_word(text: &str, word: &str) -> bool {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if !text.contains(word) {
        return false;
    }
    if text.trim_start().starts_with('{') {
        return parse("", text).is_ok_and(|root| root.get(word).is_some());
    }
    text.lines().any(|line| is_key(line, word))
}

/// Does the line of block-style YAML start with this key, quoted or not, and without indentation?
fn is_key(line: &str, word: &str) -> bool {
    let quote = line.chars().next().filter(|first| matches!(first, '"' | '\'')).map_or(0, char::len_utf8);
    let Some(rest) = line[quote..].strip_prefix(word).filter(|rest| rest.len() > quote) else { return false };
    if rest[..quote] != line[..quote] {
        return false;
    }
    let after = rest[quote..].trim_start().strip_prefix(':');
    after.is_some_and(|value| value.is_empty() || value.starts_with([' ', '\t']))
}

struct Fault {
    message: String,
    span: Option<Range<usize>>,
    hint: Option<&'static str>,
}

fn parse_body(text: &str) -> Result<Value, Fault> {
    if looks_like_json(text) { parse_json(text) } else { parse_yaml(text) }
}

fn parse_json(text: &str) -> Result<Value, Fault> {
    serde_json::from_str::<Tree>(text).map(|tree| tree.0).map_err(|error| {
        let full = error.to_string();
        let message = full.rfind(" at line ").map_or(full.as_str(), |end| &full[..end]);
        let deep = message.contains("recursion limit");
        Fault {
            message: if deep { too_deep(DEPTH_MAX) } else { format!("not valid JSON: {message}") },
            span: Some(span_at(text, offset(text, error.line(), error.column()))),
            hint: deep.then_some("move the inner parts to components and refer to them by `$ref`"),
        }
    })
}

fn parse_yaml(text: &str) -> Result<Value, Fault> {
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_saphyr::from_str_with_options::<Tree>(text, yaml_options()).map(|tree| tree.0).map_err(|error| {
        let error = error.without_snippet();
        let full = error.to_string();
        let first = full.lines().next().unwrap_or_default();
        let start = error.location().map(|location| {
            let bytes = location.span().byte_offset().and_then(|start| usize::try_from(start).ok());
            bytes.unwrap_or_else(|| character_offset(text, location.line(), location.column()))
        });
        let deep = matches!(
            error,
            serde_saphyr::Error::Budget { breach: serde_saphyr::budget::BudgetBreach::Depth { .. }, .. }
        );
        Fault {
            message: if deep {
                too_deep(YAML_DEPTH_MAX)
            } else {
                format!("not valid YAML: {}", without_position(first))
            },
            span: start.map(|start| span_at(text, start)),
            hint: first.contains("tab").then_some("YAML is indented with spaces"),
        }
    })
}

fn too_deep(limit: usize) -> String {
    format!("nested deeper than {limit} levels")
}

/// A parser's message without the position that it names in words: we show the place itself.
fn without_position(message: &str) -> &str {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let end = message.rfind(" at line ").or_else(|| message.rfind(" (line "));
    let message = end.map_or(message, |end| &message[..end]);
    // `line 3 column 7: did not find ...`
    match message.split_once(": ") {
        Some((place, rest)) if place.starts_with("line ") => rest,
        _ => message,
    }
}

/// The byte offset of a line and a column in bytes, both counted from one.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    (start + column.saturating_sub(1)).min(text.len())
}

/// The byte offset of a line and a column, both counted from one, the column in characters.
fn character_offset(text: &str, line: u64, column: u64) -> usize {
    let above = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let start: usize = text.split_inclusive('\n').take(above).map(str::len).sum();
    let before = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    start + text[start..].chars().take_while(|letter| *letter != '\n').take(before).map(char::len_utf8).sum::<usize>()
}

/// The character at a byte offset that may lie anywhere.
fn span_at(text: &str, offset: usize) -> Range<usize> {
    let start = boundary_before(text, offset);
    let width = text[start..].chars().next().map_or(0, char::len_utf8);
    start..start + width
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Value {
        parse("test.yaml", text).expect("the text is well formed")
    }

    #[track_caller]
    fn check_refused(text: &str, message: &str, at: Option<&str>) {
        let error = parse("test.yaml", text).expect_err("the text is broken");
        assert!(error.message.contains(message), "{}", error.message);
        if let Some(at) = at {
            let About::Text(span) = error.about else { panic!("a syntax error has a place") };
            assert!(text[span.start..].starts_with(at), "{:?}", &text[span.start..]);
        }
    }

    #[test]
    fn integer_keys_become_strings_in_order() {
        let value = read("responses:\n  200: {description: ok}\n  '404': {description: gone}\n  4XX: {}\n");
        let keys: Vec<&String> = value["responses"].as_object().expect("a mapping").keys().collect();
        assert_eq!(keys, ["200", "404", "4XX"]);
    }

    #[test]
    fn only_true_and_false_are_booleans() {
        let value = read("country: no\nswitch: on\ny: yes\nt: true\nf: False\n");
        assert_eq!(value, json!({"country": "no", "switch": "on", "y": "yes", "t": true, "f": false}));
    }

    #[test]
    fn timestamps_versions_and_codes_stay_strings() {
        let value = read("at: 2024-01-02T03:04:05Z\nday: 2024-01-02\nversion: 3.1.0\npostcode: 01234\nid: 1_000\n");
        assert_eq!(
            value,
            json!({"at": "2024-01-02T03:04:05Z", "day": "2024-01-02", "version": "3.1.0", "postcode": "01234", "id": "1_000"})
        );
    }

    #[test]
    fn integers_stay_integers_and_wide_ones_are_kept_as_numbers() {
        assert_eq!(read("a: 9007199254740993\nb: 1.0\n"), json!({"a": 9_007_199_254_740_993_u64, "b": 1.0}));
        assert!(read("max: 18446744073709551616\n")["max"].is_f64());
        assert!(read(r#"{"max": 18446744073709551616}"#)["max"].is_f64());
    }

    #[test]
    fn anchors_and_merge_keys_are_expanded() {
        let value = read("base: &b {x: 1}\nuse: {<<: *b, y: 2}\nagain: *b\n");
        assert_eq!(value, json!({"base": {"x": 1}, "use": {"x": 1, "y": 2}, "again": {"x": 1}}));
    }

    #[test]
    fn flow_style_yaml_is_not_mistaken_for_broken_json() {
        assert_eq!(read("{openapi: 3.1.0, # inline\n info: {}}"), json!({"openapi": "3.1.0", "info": {}}));
    }

    #[test]
    fn a_byte_order_mark_is_skipped_and_counted() {
        assert_eq!(read("\u{feff}{\"a\": 1}"), json!({"a": 1}));
        assert_eq!(read("\u{feff}a: 1"), json!({"a": 1}));
        check_refused("\u{feff}{\"a\": tru}", "not valid JSON", None);
    }

    #[test]
    fn an_empty_file_is_null() {
        for text in ["", "  \n", "# nothing here\n", "---\n"] {
            assert_eq!(read(text), Value::Null, "{text:?}");
        }
    }

    #[test]
    fn a_key_given_twice_is_refused_in_both_forms() {
        check_refused("a: 1\nb: 2\na: 3\n", "", Some("a: 3"));
        check_refused("{\"a\": 1, \"a\": 2}", "the key `a` is given twice", None);
    }

    #[test]
    fn syntax_errors_point_at_their_place() {
        check_refused("{\"a\": 1,\n \"b\": nope}", "not valid JSON", Some("ope"));
        check_refused("{\"a\": ", "not valid JSON", None);
        check_refused("a: [1, 2\nb: 3\n", "not valid YAML", None);
        check_refused("a: \"ü\n", "not valid YAML", None);
    }

    #[test]
    fn deep_nesting_is_refused_without_exhausting_the_stack() {
        let deep = 100_000;
        check_refused(&format!("{}{}", "{\"a\":".repeat(deep), "}".repeat(deep)), "nested deeper", None);
        check_refused(&"[".repeat(deep), "", None);
        check_refused(&"- ".repeat(deep), "nested deeper", None);
        let fine = format!("a: {}1{}", "[".repeat(60), "]".repeat(60));
        assert!(parse("test.yaml", &fine).is_ok());
        let fine = format!("{{\"a\": {}1{}}}", "[".repeat(120), "]".repeat(120));
        assert!(parse("test.yaml", &fine).is_ok());
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        check_refused(&text, "not valid YAML", None);
    }

    #[test]
    fn several_documents_in_one_file_are_refused() {
        assert!(parse("test.yaml", "a: 1\n---\nb: 2\n").is_err());
    }

    #[test]
    fn not_a_number_is_refused() {
        assert!(parse("test.yaml", "a: .nan\n").is_err());
    }
}
