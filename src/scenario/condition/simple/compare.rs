//! Two values and an operator. The rules stand as tables in `spec/scenarios.md`.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::Operator;
use super::syntax::number;

pub(super) fn holds(left: &Value, operator: Operator, right: &Value, strict: bool) -> bool {
    match operator {
        Operator::Equal => equal(left, right, strict),
        // Exactly the opposite of `==`. Read by the letter, comparing null by `!=` would be false with every value, and
        // `!= null` could never pass, although the specification's own example relies on it.
        Operator::NotEqual => !equal(left, right, strict),
        Operator::Less => order(left, right, strict) == Some(Ordering::Less),
        Operator::Greater => order(left, right, strict) == Some(Ordering::Greater),
        Operator::LessOrEqual => or_equal(left, Ordering::Less, right, strict),
        Operator::GreaterOrEqual => or_equal(left, Ordering::Greater, right, strict),
    }
}

/// Values that have no order are still equal to themselves.
fn or_equal(left: &Value, side: Ordering, right: &Value, strict: bool) -> bool {
    match order(left, right, strict) {
        Some(found) => found == side || found == Ordering::Equal,
        None => equal(left, right, strict),
    }
}

/// Values of different types differ, except a number and text that is a number.
pub(super) fn equal(left: &Value, right: &Value, strict: bool) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => match strict {
            true => left == right,
            false => folded(left).eq(folded(right)),
        },
        (Value::Number(_), Value::String(_)) | (Value::String(_), Value::Number(_)) => {
            order(left, right, strict) == Some(Ordering::Equal)
        }
        (left, right) => identical(left, right),
    }
}

/// Order exists between two numbers, between a number and text that is a number, and between two texts: by number where both
/// are numbers, else by character.
pub(super) fn order(left: &Value, right: &Value, strict: bool) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right),
        (Value::Number(left), Value::String(right)) => compare_numbers(left, &number(right)?),
        (Value::String(left), Value::Number(right)) => compare_numbers(&number(left)?, right),
        (Value::String(left), Value::String(right)) => match (number(left), number(right)) {
            (Some(left), Some(right)) => compare_numbers(&left, &right),
            _ if strict => Some(left.cmp(right)),
            _ => Some(folded(left).cmp(folded(right))),
        },
        _ => None,
    }
}

/// The same JSON value: numbers by value, so that 1 is 1.0; the case of strings inside of arrays and objects counts.
fn identical(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right) == Some(Ordering::Equal),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| identical(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let same = |(name, left)| right.get(name).is_some_and(|right| identical(left, right));
            left.len() == right.len() && left.iter().all(same)
        }
        (left, right) => left == right,
    }
}

/// By value and without loss: integers above 2^53 are not squeezed into a float.
fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        (Some(left), None) => compare_mixed(left, right.as_f64()?),
        (None, Some(right)) => compare_mixed(right, left.as_f64()?).map(Ordering::reverse),
        (None, None) => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// An integer of at most 64 bits against a float: the float's whole part decides, then its fraction.
fn compare_mixed(integer: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // A float beyond the range of i128 is clamped to its end, which is beyond every 64-bit integer too.
    let whole = float.trunc() as i128;
    Some(integer.cmp(&whole).then_with(|| 0.0_f64.total_cmp(&(float.fract() + 0.0))))
}

/// Text without its case. Upper case first, so that ς and σ, ß and SS meet.
fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}
