//! The order of a list's elements.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::argument::Arguments;
use crate::contract::expression::operators::{NULL, double, integer, kind};

/// `sorted(list[, member[, 'desc']])`: stable in both directions. Null is less than anything, as in the order of lists.
pub fn sorted(arguments: Arguments<'_>) -> Result<Value, String> {
    let member = if arguments.value(1).is_null() { None } else { Some(arguments.text(1)?) };
    let descending = match arguments.value(2) {
        Value::Null => false,
        Value::String(word) if word == "desc" || word == "asc" => word == "desc",
        _ => return Err("argument 3 must be 'asc' or 'desc'".to_owned()),
    };
    let list = arguments.list(0)?;
    let key = |element| member.map_or(element, |member| Value::get(element, member).unwrap_or(&NULL));
    let mut keyed: Vec<(&Value, &Value)> = list.iter().map(|element| (key(element), element)).collect();
    let first = keyed.iter().map(|(key, _)| *key).find(|key| !key.is_null());
    if let Some(first) = first
        && let Some((other, _)) = keyed.iter().find(|(key, _)| !key.is_null() && class(key) != class(first))
    {
        return Err(format!("{} and {} have no order", kind(first), kind(other)));
    }
    if let Some(tree) = first.filter(|first| class(first).is_none()) {
        return Err(format!("only numbers, texts and booleans have an order, got {}", kind(tree)));
    }
    keyed.sort_by(|(one, _), (two, _)| {
        let order = total(one, two);
        if descending { order.reverse() } else { order }
    });
    Ok(keyed.into_iter().map(|(_, element)| element.clone()).collect())
}

/// Values of one class have an order among themselves; lists and objects have none.
fn class(value: &Value) -> Option<u8> {
    match value {
        Value::Bool(_) => Some(0),
        Value::Number(_) => Some(1),
        Value::String(_) => Some(2),
        _ => None,
    }
}

fn total(one: &Value, two: &Value) -> Ordering {
    match (one, two) {
        (Value::Number(one), Value::Number(two)) => numbers(one, two),
        (Value::String(one), Value::String(two)) => one.cmp(two),
        (Value::Bool(one), Value::Bool(two)) => one.cmp(two),
        _ => two.is_null().cmp(&one.is_null()),
    }
}

/// By size as doubles, then exactly. Comparing integers with each other exactly but with doubles as doubles would be no total order beyond
/// 2^53, and a sort may panic without one.
fn numbers(one: &Number, two: &Number) -> Ordering {
    let exact = |number: &Number| integer(number).unwrap_or_else(|| double(number) as i128);
    let by_size = double(one).partial_cmp(&double(two)).unwrap_or(Ordering::Equal);
    by_size.then_with(|| exact(one).cmp(&exact(two)))
}
