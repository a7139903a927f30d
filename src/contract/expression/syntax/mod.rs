//! From text to a checked tree.
//!
//! ```text
//! text → lexer (literal) → tokens → parser → terms → check → nodes
//! ```
//!
//! [`lexer`] cuts the text, [`literal`] reads quoted texts and numbers, [`parser`] knows the grammar and makes [`term`]s: what was written.
//! [`check`] holds every name, function and count against what there is, and makes [`node`]s: what is evaluated. [`mistake`] knows what
//! authors often mean by what they wrote.
//!
//! The grammar is CEL's (<https://github.com/google/cel-spec/blob/master/doc/langdef.md>), with the optional members of cel-go. Not in it:
//! messages (`T{…}`), byte texts (`b'…'`), names with a dot before them and names in backticks; nothing here could have such a value.

mod check;
mod lexer;
mod literal;
mod mistake;
mod node;
mod parser;
mod term;

pub use check::check_name;
pub use node::{Comprehension, ComprehensionKind, Condition, Element, Key, Node};

use super::ExpressionError;

/// How deep an expression may be nested, and how many brackets may be open at once. A chain of one operator counts one level for each
/// operand; chains of `&&` and of `||` count less, see [`parser`].
pub const NESTING_MAX: usize = 64;
/// How deep `exists`, `all`, `exists_one`, `map` and `filter` may stand in each other.
pub const COMPREHENSION_DEPTH_MAX: usize = 2;

/// Parses and checks; returns the tree and the bound names used.
pub fn parse(text: &str, names: &[&str]) -> Result<(Node, Vec<String>), ExpressionError> {
    check::check(parser::parse(text)?, names)
}

fn too_deep(offset: usize) -> ExpressionError {
    ExpressionError::new(format!("expression is nested deeper than {NESTING_MAX} levels"), offset)
        .hint("bind parts of it to names of their own")
}

#[cfg(test)]
mod tests;
