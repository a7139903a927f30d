//! Expressions: the only computing that an author can write. The one file that knows the expression language (CEL).
//!
//! An expression sees bound names and pure functions; it cannot reach a store, a clock or a file. A plain path (`record.id`,
//! `body.items[0]`) and a literal never enter CEL.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

/// A compiled expression.
#[derive(Debug)]
pub struct Expression {}

/// Why an expression does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpressionError {
    pub message: String,
    /// Byte offset in the expression's text.
    pub offset: usize,
    pub hint: Option<String>,
}

/// Why an expression has no value: a missing key, a wrong type. A bug of the author's, never of the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationError {
    /// The expression's text.
    pub expression: String,
    pub message: String,
}

/// The names an expression can see while it is evaluated.
#[derive(Debug, Default)]
pub struct Scope<'a> {
    names: Vec<(&'a str, Bound<'a>)>,
}

/// A bound value: a JSON value, or JSON text that is parsed only when an expression looks inside it.
#[derive(Debug)]
pub enum Bound<'a> {
    Value(Cow<'a, Value>),
    Text { json: Cow<'a, str>, parsed: OnceCell<Value> },
}

impl<'a> Scope<'a> {
    /// Binds a name; a later binding of the same name hides the earlier one.
    pub fn bind(&mut self, name: &'a str, value: impl Into<Cow<'a, Value>>) {
        self.names.push((name, Bound::Value(value.into())));
    }

    /// Binds JSON text, known to be well formed.
    pub fn bind_text(&mut self, name: &'a str, json: impl Into<Cow<'a, str>>) {
        self.names.push((name, Bound::Text { json: json.into(), parsed: OnceCell::new() }));
    }

    pub fn get(&self, name: &str) -> Option<&Bound<'a>> {
        self.names.iter().rev().find(|(candidate, _)| *candidate == name).map(|(_, bound)| bound)
    }

    /// How many names are bound; with [`Scope::truncate`] it undoes bindings made since.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn truncate(&mut self, len: usize) {
        self.names.truncate(len);
    }
}

impl Expression {
    /// Compiles and checks every name and function against `names` and the function table.
    pub fn compile(text: &str, names: &[&str]) -> Result<Expression, ExpressionError> {
        let _ = (text, names);
        todo!()
    }

    pub fn text(&self) -> &str {
        todo!()
    }

    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        let _ = scope;
        todo!()
    }

    /// A condition's truth; anything but a boolean is an error.
    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, EvaluationError> {
        let _ = scope;
        todo!()
    }

    /// The bare name that this expression is, if it is nothing else: `record`.
    pub fn bare_name(&self) -> Option<&str> {
        todo!()
    }
}

pub fn duration_ms(_: &str) -> Option<i64> {
    todo!()
}
