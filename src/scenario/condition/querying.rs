//! `jsonpath` criteria: a query that must find something in a context.

use std::borrow::Cow;

use serde_json::Value;

use super::operand::Operand;
use super::{Outcome, show};
use crate::scenario::expression::{Context, Expression, Part, SyntaxError};
use crate::scenario::jsonpath::Query;
use crate::scenario::template::{Piece, Undefined, parse_text, scalar_text, text};

#[derive(Debug, Clone)]
pub(super) struct Querying {
    context: Operand,
    pieces: Vec<Quoted>,
    /// Parsed already when the query has no expressions.
    query: Option<Query>,
}

/// A piece of the query, and the quotes that it stands in.
#[derive(Debug, Clone)]
struct Quoted {
    piece: Piece,
    quotes: Option<char>,
}

impl Querying {
    pub fn parse(context: Operand, condition: &str) -> Result<Querying, SyntaxError> {
        let pieces = parse_text(condition)?;
        let query = text::constant(&pieces).map(Query::parse).transpose();
        let query = query.map_err(|(at, message)| SyntaxError::new(at, message))?;
        Ok(Querying { context, pieces: quoted(pieces), query })
    }

    pub fn evaluate(&self, context: &Context<'_>) -> Outcome {
        let value = match self.context.evaluate(context) {
            Some(value) if !value.is_null() => value,
            Some(_) => return Outcome::fail(format!("{} is null", self.context)),
            None => return Outcome::fail(format!("{} is absent: {}", self.context, self.context.explain(context))),
        };
        if self.is_text_of_a_reply(context) {
            return Outcome::error(format!("{} is text, not JSON: {}", self.context, show::value(&value)));
        }
        let query = match self.query(context) {
            Ok(query) => query,
            Err(why) => return Outcome::error(why),
        };
        if !query.values(&value).is_empty() {
            return Outcome::pass();
        }
        match value.as_ref() {
            Value::String(_) => {
                let shown = show::value(&value);
                Outcome::error(format!("{} is text, not an object or an array: {shown}", self.context))
            }
            _ => {
                let written = show::shortened(&query.to_string());
                Outcome::fail(format!(
                    "`{written}` matches nothing in {}, which is {}",
                    self.context,
                    show::value(&value)
                ))
            }
        }
    }

    fn query(&self, context: &Context<'_>) -> Result<Cow<'_, Query>, String> {
        if let Some(query) = &self.query {
            return Ok(Cow::Borrowed(query));
        }
        let written = self.substituted(context).map_err(|undefined| undefined.to_string())?;
        let query = Query::parse(&written).map_err(|(at, message)| {
            format!("`{}` is no JSONPath: {message} (at byte {at})", show::shortened(&written))
        })?;
        Ok(Cow::Owned(query))
    }

    /// The values in their places. Inside of quotes the author means a string, so what would end it is escaped; outside, the
    /// value's text becomes part of the query as it is.
    fn substituted(&self, context: &Context<'_>) -> Result<String, Undefined> {
        let mut written = String::new();
        for Quoted { piece, quotes } in &self.pieces {
            match piece {
                Piece::Literal(literal) => written.push_str(literal),
                Piece::Expression(expression) => {
                    let value = expression.evaluate(context).ok_or_else(|| Undefined::of(expression, context))?;
                    match quotes {
                        Some(quotes) => escape(&scalar_text(&value), *quotes, &mut written),
                        None => written.push_str(&scalar_text(&value)),
                    }
                }
            }
        }
        Ok(written)
    }

    /// Is the context a reply's body that is no JSON? JSONPath does not apply to it (Arazzo 1.1, "Evaluation Errors"), although `$`
    /// would find its text.
    fn is_text_of_a_reply(&self, context: &Context<'_>) -> bool {
        matches!(self.context.expression, Expression::Response(Part::Body(_)))
            && context.exchange.is_some_and(|exchange| !exchange.received_json())
    }

    pub fn expressions(&self) -> Vec<&Expression> {
        let embedded = self.pieces.iter().filter_map(|quoted| match &quoted.piece {
            Piece::Expression(expression) => Some(expression),
            Piece::Literal(_) => None,
        });
        std::iter::once(&self.context.expression).chain(embedded).collect()
    }
}

/// Follows the quotes of JSONPath's string literals (RFC 9535, 2.3.1.1) through the query.
fn quoted(pieces: Vec<Piece>) -> Vec<Quoted> {
    let mut open: Option<char> = None;
    let mut escaped = false;
    let follow = |piece: Piece| {
        let quotes = open;
        if let Piece::Literal(literal) = &piece {
            for character in literal.chars() {
                match (open, character) {
                    _ if escaped => escaped = false,
                    (Some(_), '\\') => escaped = true,
                    (Some(quote), character) if quote == character => open = None,
                    (None, '\'' | '"') => open = Some(character),
                    _ => {}
                }
            }
        }
        Quoted { piece, quotes }
    };
    pieces.into_iter().map(follow).collect()
}

/// Writes text so that it stands for itself between these quotes.
fn escape(text: &str, quotes: char, written: &mut String) {
    for character in text.chars() {
        match character {
            '\\' => written.push_str("\\\\"),
            quote if quote == quotes => {
                written.push('\\');
                written.push(quote);
            }
            control @ '\0'..='\u{1f}' => written.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => written.push(other),
        }
    }
}
