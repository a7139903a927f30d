//! Text with expressions in braces: `https://{$inputs.host}/items`.
//!
//! The specification's `expression-string` forbids other braces, yet its own examples are JSON texts full of them. So only `{$`
//! in front of what is meant as an expression opens one; every other brace is a character like any other.

use std::borrow::Cow;

use serde_json::Value;

use super::Undefined;
use crate::scenario::expression::{Context, Expression, SyntaxError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Literal(String),
    Expression(Expression),
}

/// Parses `text {$expression} text`.
pub fn parse_text(text: &str) -> Result<Vec<Piece>, SyntaxError> {
    let mut pieces = Vec::new();
    let mut literal_from = 0;
    let mut searched_to = 0;
    while let Some(found) = text[searched_to..].find("{$") {
        let open = searched_to + found;
        let inner = &text[open + 1..];
        searched_to = open + 2;
        if !Expression::is_meant(inner) {
            continue;
        }
        // No expression holds a closing brace, so the next one ends it.
        let end = inner.find('}');
        let written = end.map_or(inner, |end| &inner[..end]);
        match (Expression::parse(written), end) {
            (Ok(expression), Some(end)) => {
                if literal_from < open {
                    pieces.push(Piece::Literal(text[literal_from..open].to_owned()));
                }
                pieces.push(Piece::Expression(expression));
                literal_from = open + 1 + end + 1;
                searched_to = literal_from;
            }
            (_, None) => {
                let error = SyntaxError::new(text.len(), "expected `}` after an expression in braces");
                return Err(error.hint(format!("the expression opens at byte {open}")));
            }
            (Err(error), Some(_)) => return Err(error.moved(open + 1)),
        }
    }
    if literal_from < text.len() {
        pieces.push(Piece::Literal(text[literal_from..].to_owned()));
    }
    Ok(pieces)
}

/// Substitutes: scalars as their text, objects and arrays as JSON (RFC 8259), strings as they are.
pub fn render_text(pieces: &[Piece], context: &Context<'_>) -> Result<String, Undefined> {
    let mut rendered = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => rendered.push_str(literal),
            Piece::Expression(expression) => {
                let value = expression.evaluate(context).ok_or_else(|| Undefined::of(expression, context))?;
                rendered.push_str(&scalar_text(&value));
            }
        }
    }
    Ok(rendered)
}

/// A value as text: a string as it is, everything else as JSON.
pub fn scalar_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// The text as it was written, when no expression stands in it.
pub(crate) fn constant(pieces: &[Piece]) -> Option<&str> {
    match pieces {
        [] => Some(""),
        [Piece::Literal(text)] => Some(text),
        _ => None,
    }
}

pub(crate) fn expressions(pieces: &[Piece]) -> impl Iterator<Item = &Expression> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::Expression(expression) => Some(expression),
        Piece::Literal(_) => None,
    })
}
