//! Examples that a document gives for a schema's values, and patterns made from them.

use regex_syntax::hir::{Hir, HirKind};
use serde_json::Value;

use super::site::Survey;
use crate::contract::operation::Operation;
use crate::json;

/// How far a repetition in a pattern may go and still be something to generate from.
const REPEAT_MAX: u32 = 256;

/// Every example of a reply, as written in the document.
pub fn reply_examples<'a>(survey: &Survey<'a>, operation: &Operation, status: &str) -> Vec<&'a Value> {
    let Some(content) = survey.written(operation, &["responses", status, "content"]) else { return Vec::new() };
    let media = content.as_object().into_iter().flatten();
    let mut found = Vec::new();
    for (_, media) in media {
        found.extend(json::get(media, "example"));
        for (_, example) in json::get(media, "examples").and_then(Value::as_object).into_iter().flatten() {
            found.extend(json::get(survey.document.resolve(example), "value"));
        }
        if let Some(schema) = json::get(media, "schema").map(|schema| survey.document.resolve(schema)) {
            found.extend(
                json::get(schema, "example").or_else(|| json::get(schema, "examples").and_then(|list| list.get(0))),
            );
        }
    }
    found
}

/// The value that a path of properties leads to.
pub fn at_path<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| json::get(value, key))
}

/// A pattern to generate from: the schema's own without anchors, where it is bounded; else one after the example.
pub fn pattern(declared: Option<&str>, example: Option<&str>) -> Option<String> {
    declared.and_then(generative).or_else(|| example.and_then(like))
}

/// The pattern without its anchors, when everything in it is bounded.
pub fn generative(pattern: &str) -> Option<String> {
    let inner = pattern.strip_prefix('^').unwrap_or(pattern);
    let inner = inner.strip_suffix('$').filter(|rest| !rest.ends_with('\\')).unwrap_or(inner);
    let parsed = regex_syntax::Parser::new().parse(inner).ok()?;
    (bounded(&parsed) && parsed.properties().minimum_len().unwrap_or(0) > 0).then(|| inner.to_owned())
}

fn bounded(pattern: &Hir) -> bool {
    match pattern.kind() {
        HirKind::Empty | HirKind::Literal(_) => true,
        // A class with more than text's usual characters would generate noise.
        HirKind::Class(class) => class.maximum_len() == Some(1),
        HirKind::Look(_) => false,
        HirKind::Repetition(repetition) => {
            repetition.max.is_some_and(|max| max <= REPEAT_MAX) && bounded(&repetition.sub)
        }
        HirKind::Capture(capture) => bounded(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(bounded),
    }
}

/// `whsec_abc123` gives `whsec_[A-Za-z0-9]{6}`, but never fewer than 16 characters of chance.
fn like(example: &str) -> Option<String> {
    const CHANCE_MIN: usize = 16;
    let (prefix, rest) = match example.rfind(['_', '-']) {
        Some(at) => example.split_at(at + 1),
        None => ("", example),
    };
    let usual = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter));
    let length = rest.len().max(CHANCE_MIN);
    (usual(example) && !rest.is_empty() && example.len() <= 512)
        .then(|| format!("{}[A-Za-z0-9]{{{length}}}", regex_syntax::escape(prefix).replace("\\-", "-")))
}

/// Is it a UUID by its form?
pub fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.concat().chars().all(|digit| digit.is_ascii_hexdigit())
}

/// The prefix of an id like `post_abc123`.
pub fn prefix(text: &str) -> Option<&str> {
    let at = text.rfind('_')?;
    let (prefix, rest) = text.split_at(at + 1);
    let lower = prefix.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
    let starts = prefix.chars().next().is_some_and(|first| first.is_ascii_lowercase());
    (lower && starts && !rest.is_empty() && rest.chars().all(|letter| letter.is_ascii_alphanumeric())).then_some(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_come_from_bounded_schemas_or_else_from_examples() {
        assert_eq!(pattern(Some("^pk_[a-z]{8}$"), None).as_deref(), Some("pk_[a-z]{8}"));
        assert_eq!(pattern(Some("^whsec_.+$"), Some("whsec_abc")).as_deref(), Some("whsec_[A-Za-z0-9]{16}"));
        assert_eq!(pattern(Some("^.*$"), None), None);
        assert_eq!(pattern(Some("(unclosed"), Some("not a token")), None);
        assert_eq!(pattern(Some("a*"), Some("")), None);
    }

    #[test]
    fn prefixes_are_lower_case_words_before_the_last_underscore() {
        assert_eq!(prefix("post_abc123"), Some("post_"));
        assert_eq!(prefix("sk_test_abc"), Some("sk_test_"));
        assert_eq!(prefix("Hello_World"), None);
        assert_eq!(prefix("_x"), None);
        assert_eq!(prefix("abc"), None);
        assert!(is_uuid("2f1f2b8e-6f0b-4f7e-9d0a-1c2d3e4f5a6b"));
        assert!(!is_uuid("2f1f2b8e-6f0b-4f7e-9d0a-1c2d3e4f5a6"));
    }
}
