//! Expressions: the only computing that an author can write. This folder alone knows the expression language (CEL).
//!
//! An expression sees bound names and pure functions; it cannot reach a store, a clock or a file. It takes one of three forms when it is
//! compiled: a literal, a plain path (`record.id`, `body.items[0].name`, `query['page[size]']`), or anything else. The first two are
//! read by [`path`]. For the third, [`syntax`] parses, checks and resolves, and [`evaluate`] computes over borrowed JSON.
//!
//! The `cel` crate serves tests alone, which hold [`syntax`] against its parser. That one is made by ANTLR: it simulates an automaton at
//! every start, and complains in names of tokens. The crate's interpreter would not do, for five reasons found in its source (0.15.0): a
//! value that borrows cannot be recognised by a function (`FromVal` needs `'static`), so every function over a bound list or object would
//! copy it; `has(x.y)` and `x.y` ask the same method, so a missing member cannot be both absent and null; built-in lists and maps are never
//! equal to foreign ones; maps are iterated in hash order; and nothing limits the number of steps.
//!
//! Where we are kinder than CEL, and why (bodies of callers have optional members, and a missing one is not the author's mistake):
//! - A member that is not there is null, at any depth; `has(x.y)` and `x.?y.orValue(z)` tell presence.
//! - Null counts as empty for `in`, `size`, `exists`, `all`, `map` and `filter`.
//! - Integers and doubles mix in arithmetic. Integers stay integers.
//! - `&&` and `||` go from left to right and hide no error.

mod evaluate;
pub mod functions;
mod object;
mod operators;
mod path;
mod scope;
mod syntax;

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

pub use functions::{FORMS, FUNCTIONS, Form, Function};
pub use object::{Members, Object, some_of};
pub use operators::text_of;
pub use scope::{Bound, Scope};

use path::Path;
use syntax::Node;

/// The longest expression, in bytes of its text.
pub const EXPRESSION_BYTES_MAX: usize = 4_000;

/// A compiled expression.
#[derive(Debug)]
pub struct Expression {
    text: String,
    program: Program,
    /// The bound names used, in order of first use.
    names: Vec<String>,
}

#[derive(Debug)]
enum Program {
    Literal(Value),
    Path(Path),
    Tree(Node),
}

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

impl Expression {
    /// Compiles and checks every name and function against `names` and the function table.
    pub fn compile(text: &str, names: &[&str]) -> Result<Expression, ExpressionError> {
        if text.len() > EXPRESSION_BYTES_MAX {
            let message = format!("expression of {} bytes is longer than {EXPRESSION_BYTES_MAX}", text.len());
            return Err(
                ExpressionError::new(message, EXPRESSION_BYTES_MAX).hint("bind parts of it to names of their own")
            );
        }
        if text.trim().is_empty() {
            return Err(ExpressionError::new("empty expression", 0).hint("write null for no value"));
        }
        let (program, used) = if let Some(value) = path::literal(text) {
            (Program::Literal(value), Vec::new())
        } else if let Some(path) = Path::parse(text) {
            let offset = text.len() - text.trim_start().len();
            syntax::check_name(path.root(), names, offset)?;
            let used = vec![path.root().to_owned()];
            (Program::Path(path), used)
        } else {
            let (node, used) = syntax::parse(text, names)?;
            (Program::Tree(node), used)
        };
        Ok(Expression { text: text.to_owned(), program, names: used })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bound names that the expression uses, in order of first use: what a caller has to bind.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        self.value(scope).map(Cow::into_owned)
    }

    /// Like [`Expression::evaluate`], borrowing from the scope what is bound there.
    pub fn value<'v>(&'v self, scope: &'v Scope<'_>) -> Result<Cow<'v, Value>, EvaluationError> {
        match &self.program {
            Program::Literal(value) => Ok(Cow::Borrowed(value)),
            Program::Path(path) => path.find(scope).map(Cow::Borrowed).map_err(|message| self.error(message)),
            Program::Tree(node) => evaluate::evaluate(node, scope).map_err(|message| self.error(message)),
        }
    }

    /// A condition's truth; anything but a boolean is an error.
    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, EvaluationError> {
        if let Program::Tree(Node::Condition(condition)) = &self.program {
            return evaluate::holds(condition, scope).map_err(|message| self.error(message));
        }
        let value = self.value(scope)?;
        value
            .as_bool()
            .ok_or_else(|| self.error(format!("a condition must be true or false, got {}", operators::kind(&value))))
    }

    /// The bare name that this expression is, if it is nothing else: `record`.
    pub fn bare_name(&self) -> Option<&str> {
        match &self.program {
            Program::Path(path) if path.is_bare() => Some(path.root()),
            _ => None,
        }
    }

    /// The value that this expression always has, if it is a literal.
    pub fn constant(&self) -> Option<&Value> {
        match &self.program {
            Program::Literal(value) => Some(value),
            _ => None,
        }
    }

    fn error(&self, message: impl Into<String>) -> EvaluationError {
        EvaluationError { expression: self.text.trim().to_owned(), message: message.into() }
    }
}

impl ExpressionError {
    pub fn new(message: impl Into<String>, offset: usize) -> ExpressionError {
        ExpressionError { message: message.into(), offset, hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> ExpressionError {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at byte {}", self.message, self.offset)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(out, " ({hint})"))
    }
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}`: {}", self.expression, self.message)
    }
}

impl std::error::Error for ExpressionError {}
impl std::error::Error for EvaluationError {}

#[cfg(test)]
mod tests;
