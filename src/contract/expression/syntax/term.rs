//! What was written: the grammar's view of an expression, before any name is looked up.

use serde_json::Value;

use super::{NESTING_MAX, too_deep};
use crate::contract::expression::ExpressionError;
use crate::contract::expression::operators::Operator;

#[derive(Debug)]
pub struct Term<'t> {
    pub kind: Kind<'t>,
    /// The byte at which a complaint about the term points: an operator, a function's name, the beginning of anything else.
    pub offset: usize,
    /// How many levels it has; never more than [`NESTING_MAX`], so what walks terms may recurse.
    levels: usize,
}

#[derive(Debug)]
pub enum Kind<'t> {
    Literal(Value),
    Name(&'t str),
    /// `x.y`; where `optional`, `x.?y`.
    Member {
        of: Box<Term<'t>>,
        name: &'t str,
        optional: bool,
    },
    /// `x[y]`; where `optional`, `x[?y]`.
    Index {
        of: Box<Term<'t>>,
        key: Box<Term<'t>>,
        optional: bool,
    },
    /// `f(x)`, or with a target `x.f(y)`.
    Call {
        target: Option<Box<Term<'t>>>,
        name: &'t str,
        arguments: Vec<Term<'t>>,
    },
    List(Vec<Part<'t>>),
    /// Keys (with the `?` of an optional entry) and values.
    Object(Vec<(Part<'t>, Term<'t>)>),
    Not(Box<Term<'t>>),
    Negate(Box<Term<'t>>),
    And(Box<Term<'t>>, Box<Term<'t>>),
    Or(Box<Term<'t>>, Box<Term<'t>>),
    Conditional {
        test: Box<Term<'t>>,
        then: Box<Term<'t>>,
        otherwise: Box<Term<'t>>,
    },
    Binary(Operator, Box<Term<'t>>, Box<Term<'t>>),
}

/// A part of a list, or the key of an object's entry; where `optional`, with a `?` before it.
#[derive(Debug)]
pub struct Part<'t> {
    pub term: Term<'t>,
    pub optional: bool,
}

impl<'t> Term<'t> {
    pub fn new(offset: usize, kind: Kind<'t>) -> Result<Term<'t>, ExpressionError> {
        let levels = 1 + kind.levels_below();
        match levels > NESTING_MAX {
            true => Err(too_deep(offset)),
            false => Ok(Term { kind, offset, levels }),
        }
    }
}

impl Kind<'_> {
    fn levels_below(&self) -> usize {
        match self {
            Kind::Literal(_) | Kind::Name(_) => 0,
            Kind::Member { of: one, .. } | Kind::Not(one) | Kind::Negate(one) => one.levels,
            Kind::And(one, other)
            | Kind::Or(one, other)
            | Kind::Binary(_, one, other)
            | Kind::Index { of: one, key: other, .. } => one.levels.max(other.levels),
            Kind::Conditional { test, then, otherwise } => test.levels.max(then.levels).max(otherwise.levels),
            Kind::Call { target, arguments, .. } => most(target.as_deref().into_iter().chain(arguments)),
            Kind::List(parts) => most(parts.iter().map(|part| &part.term)),
            Kind::Object(entries) => most(entries.iter().flat_map(|(key, value)| [&key.term, value])),
        }
    }
}

fn most<'a, 't: 'a>(terms: impl Iterator<Item = &'a Term<'t>>) -> usize {
    terms.map(|term| term.levels).max().unwrap_or(0)
}
