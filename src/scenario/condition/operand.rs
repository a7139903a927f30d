//! An expression in a criterion: a runtime expression, and `.name` or `[0]` behind it.
//!
//! The ABNF of runtime expressions has no such accessors, but the table of operators lists them and the specification's own
//! examples use them (`$response.body.count`). The expression takes as much as the ABNF gives it: `$inputs.a.b` is the input
//! `a.b`, since a name may hold dots; `$response.body.a.b` is the property `b` of `a`.

use std::borrow::Cow;

use serde_json::Value;

use crate::scenario::expression::{Context, Expression, Part, SyntaxError};

/// Most accessors behind one expression.
pub const ACCESSORS_MAX: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operand {
    pub expression: Expression,
    pub accessors: Vec<Accessor>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Accessor {
    Member(String),
    Index(usize),
}

impl Operand {
    pub fn parse(text: &str) -> Result<Operand, SyntaxError> {
        let (expression, end) = Expression::parse_prefix(text)?;
        if end == text.len() {
            return Ok(Operand { expression, accessors: Vec::new() });
        }
        if !has_parts(&expression) || !text[end..].starts_with(['.', '[']) {
            // The parser of whole expressions knows best what is wrong here.
            return Expression::parse(text).map(|expression| Operand { expression, accessors: Vec::new() });
        }
        let accessors = accessors(text, end)?;
        Ok(Operand { expression, accessors })
    }

    pub fn evaluate<'a>(&self, context: &Context<'a>) -> Option<Cow<'a, Value>> {
        let mut value = self.expression.evaluate(context)?;
        for accessor in &self.accessors {
            value = match value {
                Cow::Borrowed(value) => Cow::Borrowed(accessor.of(value)?),
                Cow::Owned(value) => Cow::Owned(accessor.of(&value)?.clone()),
            };
        }
        Some(value)
    }

    /// Why it leads nowhere.
    pub fn explain(&self, context: &Context<'_>) -> String {
        let Some(value) = self.expression.evaluate(context) else { return self.expression.explain(context) };
        let mut reached = value.as_ref();
        let mut place = self.expression.to_string();
        for accessor in &self.accessors {
            match accessor.of(reached) {
                Some(next) => reached = next,
                None => return format!("`{place}` has no `{}`", accessor.key()),
            }
            place.push_str(&accessor.to_string());
        }
        "it leads nowhere".to_owned()
    }
}

impl Accessor {
    fn of<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match self {
            Accessor::Member(name) => value.get(name),
            Accessor::Index(index) => value.get(index),
        }
    }

    fn key(&self) -> String {
        match self {
            Accessor::Member(name) => name.clone(),
            Accessor::Index(index) => index.to_string(),
        }
    }
}

impl std::fmt::Display for Accessor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Accessor::Member(name) => write!(out, ".{name}"),
            Accessor::Index(index) => write!(out, "[{index}]"),
        }
    }
}

impl std::fmt::Display for Operand {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.expression)?;
        self.accessors.iter().try_for_each(|accessor| write!(out, "{accessor}"))
    }
}

/// Can this be an object or an array, and is there no JSON Pointer that would have taken the rest?
fn has_parts(expression: &Expression) -> bool {
    match expression {
        Expression::Request(Part::Body(pointer)) | Expression::Response(Part::Body(pointer)) => pointer.is_empty(),
        Expression::Inputs { pointer, .. }
        | Expression::Outputs { pointer, .. }
        | Expression::Step { pointer, .. }
        | Expression::Workflow { pointer, .. } => pointer.is_empty(),
        _ => false,
    }
}

fn accessors(text: &str, start: usize) -> Result<Vec<Accessor>, SyntaxError> {
    let mut accessors = Vec::new();
    let mut at = start;
    while at < text.len() {
        if accessors.len() == ACCESSORS_MAX {
            return Err(SyntaxError::new(at, format!("more than {ACCESSORS_MAX} accessors")));
        }
        let rest = &text[at..];
        if let Some(inner) = rest.strip_prefix('.') {
            let name = leading(inner, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
            if name.is_empty() {
                let error = SyntaxError::new(at + 1, "expected the name of a property after `.`");
                return Err(error.hint("a name with other characters needs a JSON Pointer: `#/…`"));
            }
            accessors.push(Accessor::Member(name.to_owned()));
            at += 1 + name.len();
        } else if let Some(inner) = rest.strip_prefix('[') {
            let digits = leading(inner, |byte| byte.is_ascii_digit());
            let index = digits.parse().map_err(|_| {
                let error = SyntaxError::new(at + 1, "expected an index after `[`, counted from 0");
                error.hint("a property is `.name`, or a JSON Pointer: `#/name`")
            })?;
            if !inner[digits.len()..].starts_with(']') {
                return Err(SyntaxError::new(at + 1 + digits.len(), "expected `]` after an index"));
            }
            accessors.push(Accessor::Index(index));
            at += 2 + digits.len();
        } else {
            return Err(SyntaxError::new(at, "expected `.name`, `[0]` or the end of the expression"));
        }
    }
    Ok(accessors)
}

fn leading(text: &str, is_part: impl Fn(u8) -> bool) -> &str {
    let end = text.bytes().position(|byte| !is_part(byte)).unwrap_or(text.len());
    &text[..end]
}
