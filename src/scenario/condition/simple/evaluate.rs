//! From a condition to its outcome, and to the words that say why it failed.

use std::borrow::Cow;

use serde_json::Value;

use super::compare::{equal, holds, order};
use super::{Comparable, Node, Operator};
use crate::scenario::condition::{Outcome, show};
use crate::scenario::expression::Context;
use crate::scenario::template::scalar_text;
use crate::words::kind_in_words;

/// What a part of a condition comes to. The words say why it is not true.
enum Truth {
    True,
    False(String),
    /// An expression leads nowhere.
    Unknown(String),
}

pub(super) fn evaluate(node: &Node, strict: bool, context: &Context<'_>) -> Outcome {
    match truth(node, strict, context) {
        Truth::True => Outcome::pass(),
        Truth::False(why) | Truth::Unknown(why) => Outcome::fail(why),
    }
}

fn truth(node: &Node, strict: bool, context: &Context<'_>) -> Truth {
    match node {
        Node::All(nodes) => all(nodes, strict, context),
        Node::Any(nodes) => any(nodes, strict, context),
        Node::Not { inner, text } => match truth(inner, strict, context) {
            Truth::True => Truth::False(negated(inner, text, context)),
            Truth::False(_) => Truth::True,
            unknown => unknown,
        },
        Node::Comparison { left, operator, right } => match (left.value(context), right.value(context)) {
            (Ok(left_value), Ok(right_value)) => match holds(&left_value, *operator, &right_value, strict) {
                true => Truth::True,
                false => Truth::False(compared((left, &left_value), *operator, (right, &right_value))),
            },
            (Err(absent), _) if right.is_null() => held_against_null(*operator, absent),
            (_, Err(absent)) if left.is_null() => held_against_null(*operator, absent),
            (Err(absent), _) | (_, Err(absent)) => Truth::Unknown(absent),
        },
        Node::Bare(comparable) => match comparable.value(context) {
            Ok(value) if is_truthy(&value) => Truth::True,
            Ok(value) => Truth::False(comparable.told(&value)),
            Err(absent) => Truth::Unknown(absent),
        },
    }
}

/// Asked whether it is null, what is absent is: the specification's own example takes `$response.body#/0 == null` for an empty list.
/// A misspelled name still fails `!= null`.
fn held_against_null(operator: Operator, absent: String) -> Truth {
    match operator {
        Operator::Equal => Truth::True,
        Operator::NotEqual => Truth::False(absent),
        _ => Truth::Unknown(absent),
    }
}

/// The first that is false decides; the first unknown stands only when none is false.
fn all(nodes: &[Node], strict: bool, context: &Context<'_>) -> Truth {
    let mut whole = Truth::True;
    for node in nodes {
        match (truth(node, strict, context), &whole) {
            (Truth::False(why), _) => return Truth::False(why),
            (unknown @ Truth::Unknown(_), Truth::True) => whole = unknown,
            _ => {}
        }
    }
    whole
}

/// The first that is true decides; when none is, all their reasons are told.
fn any(nodes: &[Node], strict: bool, context: &Context<'_>) -> Truth {
    let mut reasons = Vec::new();
    let mut is_unknown = false;
    for node in nodes {
        match truth(node, strict, context) {
            Truth::True => return Truth::True,
            Truth::False(why) => reasons.push(why),
            Truth::Unknown(why) => {
                is_unknown = true;
                reasons.push(why);
            }
        }
    }
    let reasons = reasons.join("; ");
    if is_unknown { Truth::Unknown(reasons) } else { Truth::False(reasons) }
}

/// `false`, `null`, zero and empty text fail; everything else passes.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

impl Comparable {
    fn value<'a>(&'a self, context: &Context<'a>) -> Result<Cow<'a, Value>, String> {
        match self {
            Comparable::Literal(value) => Ok(Cow::Borrowed(value)),
            Comparable::Operand(operand) => {
                operand.evaluate(context).ok_or_else(|| format!("{operand} is absent: {}", operand.explain(context)))
            }
        }
    }

    /// Is it the word `null`?
    fn is_null(&self) -> bool {
        matches!(self, Comparable::Literal(Value::Null))
    }

    /// `$statusCode is 404`, or a literal alone.
    fn told(&self, value: &Value) -> String {
        match self {
            Comparable::Literal(_) => format!("it says {}", show::value(value)),
            Comparable::Operand(operand) => format!("{operand} is {}", show::value(value)),
        }
    }

    /// `200`, or `200 ($inputs.expected)`.
    fn wanted(&self, value: &Value) -> String {
        match self {
            Comparable::Literal(_) => show::value(value),
            Comparable::Operand(operand) => format!("{} ({operand})", show::value(value)),
        }
    }
}

/// Why a comparison does not hold, with the values met.
fn compared(left: (&Comparable, &Value), operator: Operator, right: (&Comparable, &Value)) -> String {
    // What was met comes first, also in `200 == $statusCode`.
    let literal_first = matches!((left.0, right.0), (Comparable::Literal(_), Comparable::Operand(_)));
    let (left, operator, right) =
        if literal_first { (right, operator.mirrored(), left) } else { (left, operator, right) };
    let met = left.0.told(left.1);
    let wanted = right.0.wanted(right.1);
    match operator {
        Operator::Equal if equal(left.1, right.1, false) => format!("{met}, not {wanted}: the case differs"),
        Operator::Equal if same_text(left.1, right.1) => {
            format!("{met}, not {wanted}: {} is not {}", kind_in_words(left.1), kind_in_words(right.1))
        }
        Operator::Equal => format!("{met}, not {wanted}"),
        Operator::NotEqual => format!("{met}, and must not be {wanted}"),
        _ if order(left.1, right.1, false).is_none() => {
            format!("{met}, which has no order with {wanted}")
        }
        ordering => format!("{met}, which is not {} {wanted}", ordering.symbol()),
    }
}

/// Do both look the same when written, as `true` and `'true'` do?
fn same_text(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(text), other) | (other, Value::String(text)) if !other.is_string() => {
            scalar_text(other) == *text
        }
        _ => false,
    }
}

/// Why `!…` does not hold: what is negated holds.
fn negated(inner: &Node, text: &str, context: &Context<'_>) -> String {
    match inner {
        Node::Bare(comparable) => match comparable.value(context) {
            Ok(value) => format!("{}, and must not hold", comparable.told(&value)),
            Err(absent) => absent,
        },
        _ => format!("`{}` holds, and must not", show::shortened(text)),
    }
}
