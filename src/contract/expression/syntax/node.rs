//! What is evaluated.

use regex::Regex;
use serde_json::Value;

use crate::contract::expression::functions::Function;
use crate::contract::expression::operators::Operator;

/// An expression, ready to be evaluated.
#[derive(Debug)]
pub enum Node {
    Literal(Value),
    /// A bound name.
    Name(String),
    /// A comprehension's variable, counted from the innermost one.
    Variable(usize),
    /// `x.y` or `x[y]`; where `optional`, `x.?y` or `x[?y]`.
    Member {
        of: Box<Node>,
        key: Key,
        optional: bool,
    },
    /// `x.?y.orValue(z)`.
    OrValue {
        optional: Box<Node>,
        otherwise: Box<Node>,
    },
    List(Vec<Element>),
    Object(Vec<(Node, Element)>),
    Negate(Box<Node>),
    Condition(Condition),
    Conditional {
        test: Box<Node>,
        then: Box<Node>,
        otherwise: Box<Node>,
    },
    /// An operator that computes.
    Binary(Operator, Box<Node>, Box<Node>),
    Call(&'static Function, Vec<Node>),
    Comprehension(Comprehension),
}

/// What is always true or false: most of what rules ask, and no value has to be made of it.
#[derive(Debug)]
pub enum Condition {
    /// `has(x.y)`, `has(x['y'])`.
    Has {
        of: Box<Node>,
        key: Key,
    },
    /// `x.?y.hasValue()`.
    HasValue(Box<Node>),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    /// An operator that compares.
    Binary(Operator, Box<Node>, Box<Node>),
    /// `matches` with a pattern known at load.
    Matches(Box<Node>, Box<Regex>),
}

#[derive(Debug)]
pub enum Key {
    Name(String),
    Computed(Box<Node>),
}

/// A part of a list or an object; an `optional` one (`?x`) is left out when its value is absent.
#[derive(Debug)]
pub struct Element {
    pub value: Node,
    pub optional: bool,
}

#[derive(Debug)]
pub struct Comprehension {
    pub kind: ComprehensionKind,
    pub range: Box<Node>,
    /// `map(x, condition, body)`.
    pub condition: Option<Box<Node>>,
    pub body: Box<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComprehensionKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
}
