//! Literals and plain paths: what most expressions are, read and evaluated without a parser.

use serde_json::{Number, Value};

use super::Scope;
use super::operators::NULL;
use super::scope::Bound;
use crate::json;

/// `name.member[0]['any key']`.
#[derive(Debug)]
pub struct Path {
    root: String,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Member(String),
    Item(usize),
}

/// Words that mean something in CEL; none is a name.
pub const KEYWORDS: [&str; 4] = ["true", "false", "null", "in"];

/// The value of a text that is a literal without escapes: `true`, `3`, `-1.5`, `'text'`, `null`.
pub fn literal(text: &str) -> Option<Value> {
    let text = text.trim();
    match text {
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        "null" => return Some(Value::Null),
        _ => {}
    }
    quoted(text).map(Value::from).or_else(|| number(text))
}

impl Path {
    /// The path that a text is, or `None` when it is something else (or a path with escapes, which is left to the parser).
    pub fn parse(text: &str) -> Option<Path> {
        let text = text.trim();
        let (root, mut rest) = identifier(text)?;
        if KEYWORDS.contains(&root) {
            return None;
        }
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let step;
            (step, rest) = if let Some(after) = rest.strip_prefix('.') {
                let (name, rest) = identifier(after)?;
                (Step::Member(name.to_owned()), rest)
            } else {
                bracketed(rest.strip_prefix('[')?)?
            };
            steps.push(step);
        }
        Some(Path { root: root.to_owned(), steps })
    }

    pub fn root(&self) -> &str {
        &self.root
    }

    pub fn is_bare(&self) -> bool {
        self.steps.is_empty()
    }

    /// The value at the path; null when the root is bound and a later step leads nowhere.
    pub fn find<'v>(&self, scope: &'v Scope<'_>) -> Result<&'v Value, String> {
        let Some((first, others)) = self.steps.split_first() else { return scope.value(&self.root) };
        let mut found = match (scope.bound(&self.root)?, first) {
            (Bound::Object(object), Step::Member(name)) => object.member(name),
            (Bound::Object(_), Step::Item(_)) => None,
            (bound, first) => first.below(scope.seen(&self.root, bound)?),
        };
        for step in others {
            found = found.and_then(|value| step.below(value));
        }
        Ok(found.unwrap_or(&NULL))
    }
}

impl Step {
    fn below<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match (self, value) {
            (Step::Member(name), Value::Object(map)) => json::member(map, name),
            (Step::Item(index), Value::Array(list)) => list.get(*index),
            _ => None,
        }
    }
}

/// What stands between an opening bracket and its closing one, and what follows.
fn bracketed(text: &str) -> Option<(Step, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next()?;
    if quote == '\'' || quote == '"' {
        let end = text[1..].find(quote)? + 1;
        let name = quoted(&text[..=end])?;
        let rest = text[end + 1..].trim_start().strip_prefix(']')?;
        return Some((Step::Member(name.to_owned()), rest));
    }
    let (index, rest) = text.split_once(']')?;
    let index = index.trim();
    let digits = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some(())?;
    Some((Step::Item(index.parse().ok()?), rest))
}

fn identifier(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let starts_well = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    starts_well.then_some((name, rest))
}

/// The inside of a simple quoted text: one pair of quotes, no escapes, no line breaks.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| *c == '\'' || *c == '"')?;
    let inside = text[1..].strip_suffix(quote)?;
    let plain = !inside.contains([quote, '\\', '\n', '\r']);
    plain.then_some(inside)
}

fn number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !fraction.is_none_or(all_digits) {
        return None;
    }
    match fraction {
        None => text.parse::<i64>().ok().map(Value::from),
        Some(_) => text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
    }
}
