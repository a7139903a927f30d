//! The library's errors, as fragments that say what is wrong and what to write.

use crate::words::boundary_before;

/// The byte at which a query goes wrong, and a message for it.
pub(super) fn describe(text: &str, position: usize, message: &str) -> (usize, String) {
    if !text.starts_with('$') {
        return (0, "a JSONPath starts with `$`".to_owned());
    }
    let at = boundary_before(text, position);
    // The parser names the rule in which it stood, which says nothing to who wrote the query.
    let cause = message.rsplit(", ").next().unwrap_or(message);
    let found = match text[at..].chars().next() {
        Some(found) => format!("`{}`", found.escape_debug()),
        None => "the end".to_owned(),
    };
    let told = match cause {
        "parser error" => format!("unexpected {found}"),
        "must start with lowercase alpha or '_'" => {
            format!("expected a name, `*` or `[` after `.`, not {found}")
        }
        "expected closing ']'" => format!("expected `]`, not {found}"),
        "expected an ending quote" => "a string without its closing quote".to_owned(),
        other => other.replace('\'', "`"),
    };
    match hint(&text[..at], &text[at..], cause) {
        Some(hint) => (at, format!("{told}; {hint}")),
        None => (at, told),
    }
}

fn hint(before: &str, after: &str, cause: &str) -> Option<String> {
    if cause.contains("return type") {
        return Some(
            "`length`, `count` and `value` are compared (`length(@.a) > 1`), `match` and `search` are not".into(),
        );
    }
    if cause.contains("is not defined") {
        return Some("known are `length`, `count`, `match`, `search` and `value`".into());
    }
    let rest = after.trim_start();
    if rest.starts_with("=~") {
        return Some("write `match(@.name, 'pattern')` or `search(@.name, 'pattern')`".into());
    }
    if rest.starts_with('=') && !rest.starts_with("==") || before.ends_with('?') && has_single_equals(rest) {
        return Some("equality is written `==`".into());
    }
    if rest.strip_prefix("==").is_some_and(|right| right.trim_start().starts_with(char::is_alphabetic)) {
        return Some("text stands in quotes: `== 'text'`".into());
    }
    if rest.starts_with('(') {
        return Some("functions stand in filters: `[?length(@.items) > 0]`".into());
    }
    if rest.starts_with('-') {
        let name = before.rsplit(['.', '[', ' ']).next().unwrap_or_default();
        let tail = rest.split(['.', '[', ' ', ']', '=']).next().unwrap_or_default();
        return Some(format!("a name with `-` stands in brackets and quotes: `['{name}{tail}']`"));
    }
    let bracketed = rest.strip_prefix('[').unwrap_or(rest);
    if (rest.starts_with('[') || before.ends_with('[')) && bracketed.starts_with(char::is_alphabetic) {
        let name = bracketed.split(']').next().unwrap_or_default();
        return Some(format!("a name in brackets stands in quotes: `['{name}']`"));
    }
    None
}

fn has_single_equals(text: &str) -> bool {
    text.contains(" = ") && !text.contains("==")
}
