//! `simple` conditions: literals, runtime expressions, comparisons and logic.
//!
//! ```text
//! text ──syntax──▶ Node ──evaluate──▶ passes | fails, and why
//!                          └ compare: two values and an operator
//! ```
//!
//! An expression that leads nowhere makes what it stands in neither true nor false. Such an unknown passes through `!`, and is
//! decided only where the other side of `&&` or `||` decides alone. A condition that is unknown in the end fails. So a misspelled
//! property never makes `!=` or `!` pass. Only when asked whether it is null, by `== null` or `!= null`, it counts as null.

mod compare;
mod evaluate;
mod syntax;

use serde_json::Value;

use super::Outcome;
use super::operand::Operand;
use crate::scenario::expression::{Context, Expression, SyntaxError};

#[derive(Debug, Clone)]
pub(super) struct Simple {
    root: Node,
    /// Do strings that differ in case only differ?
    strict: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    /// One holds.
    Any(Vec<Node>),
    /// All hold.
    All(Vec<Node>),
    Not {
        inner: Box<Node>,
        /// The inner condition as written.
        text: String,
    },
    Comparison {
        left: Comparable,
        operator: Operator,
        right: Comparable,
    },
    /// A value by itself.
    Bare(Comparable),
}

#[derive(Debug, Clone, PartialEq)]
enum Comparable {
    Literal(Value),
    Operand(Operand),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Simple {
    pub fn parse(text: &str, strict: bool) -> Result<Simple, SyntaxError> {
        Ok(Simple { root: syntax::parse(text)?, strict })
    }

    pub fn evaluate(&self, context: &Context<'_>) -> Outcome {
        evaluate::evaluate(&self.root, self.strict, context)
    }

    pub fn expressions(&self) -> Vec<&Expression> {
        let mut found = Vec::new();
        self.root.collect(&mut found);
        found
    }
}

impl Node {
    fn collect<'n>(&'n self, found: &mut Vec<&'n Expression>) {
        match self {
            Node::Any(nodes) | Node::All(nodes) => nodes.iter().for_each(|node| node.collect(found)),
            Node::Not { inner, .. } => inner.collect(found),
            Node::Comparison { left, right, .. } => {
                found.extend(left.expression());
                found.extend(right.expression());
            }
            Node::Bare(comparable) => found.extend(comparable.expression()),
        }
    }
}

impl Comparable {
    fn expression(&self) -> Option<&Expression> {
        match self {
            Comparable::Literal(_) => None,
            Comparable::Operand(operand) => Some(&operand.expression),
        }
    }
}

impl Operator {
    fn symbol(self) -> &'static str {
        match self {
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
        }
    }

    /// The operator that says the same with the sides exchanged.
    fn mirrored(self) -> Operator {
        match self {
            Operator::Less => Operator::Greater,
            Operator::LessOrEqual => Operator::GreaterOrEqual,
            Operator::Greater => Operator::Less,
            Operator::GreaterOrEqual => Operator::LessOrEqual,
            same => same,
        }
    }
}
