//! Text with expressions in it.

use crate::contract::expression::{EvaluationError, Expression, ExpressionError, Scope, text_of};

/// Text with `{{ expression }}` in it. Braces that should stand as they are are written as a text: `{{ '{{' }}`.
#[derive(Debug)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Expression(Expression),
}

impl Template {
    pub fn compile(text: &str, names: &[&str]) -> Result<Template, ExpressionError> {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(found) = text[at..].find("{{") {
            let open = at + found;
            let start = open + 2;
            let end = closing(&text[start..]).map(|end| start + end).ok_or_else(|| {
                ExpressionError::new("`{{` without its `}}`", open).hint("write {{ '{{' }} for the braces themselves")
            })?;
            let expression = Expression::compile(&text[start..end], names)
                .map_err(|error| ExpressionError { offset: start + error.offset, ..error })?;
            push_text(&mut parts, &text[at..open]);
            parts.push(Part::Expression(expression));
            at = end + 2;
        }
        push_text(&mut parts, &text[at..]);
        Ok(Template { parts })
    }

    /// The text. Strings stand as they are, numbers and booleans as in JSON, null as nothing, the rest as JSON.
    pub fn render(&self, scope: &Scope<'_>) -> Result<String, EvaluationError> {
        let mut rendered = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => rendered.push_str(text),
                Part::Expression(expression) => rendered.push_str(&text_of(&*expression.value(scope)?)),
            }
        }
        Ok(rendered)
    }

    /// The text, if there is no expression in it.
    pub fn constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The expressions in it, in order: what a caller has to bind is the union of their names.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.parts.iter().filter_map(|part| match part {
            Part::Expression(expression) => Some(expression),
            Part::Text(_) => None,
        })
    }

    /// The expression, if there is nothing else.
    pub(super) fn into_single(mut self) -> Result<Expression, Template> {
        match (self.parts.len(), self.parts.pop()) {
            (1, Some(Part::Expression(expression))) => Ok(expression),
            (_, last) => {
                self.parts.extend(last);
                Err(self)
            }
        }
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
}

/// Where the expression ends whose inside starts here: the first `}}` outside of quotes and brackets.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\'' | b'"' => {
                at = quoted_end(bytes, at)?;
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b'}' if depth == 0 && bytes.get(at + 1) == Some(&b'}') => return Some(at),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where a quoted text ends that starts at `start`: one or three quotes, with escapes unless an `r` stands before it.
fn quoted_end(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = bytes[start];
    let before = |back: usize| start.checked_sub(back).map(|at| bytes[at]);
    let word = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let raw = matches!(before(1), Some(b'r' | b'R')) && !word(before(2));
    let triple = bytes[start..].starts_with(&[quote; 3]);
    let mark: &[u8] = if triple { &[quote; 3] } else { &[quote] };
    let mut at = start + mark.len();
    while at < bytes.len() {
        if bytes[at] == b'\\' && !raw {
            at += 2;
        } else if bytes[at..].starts_with(mark) {
            return Some(at + mark.len());
        } else {
            at += 1;
        }
    }
    None
}
