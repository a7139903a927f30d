//! Functions of lists and objects.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::argument::Arguments;
use crate::contract::expression::operators::{Operator, compare, equal, integer};

pub fn size(arguments: Arguments<'_>) -> Result<Value, String> {
    match arguments.value(0) {
        Value::String(text) => Ok(text.chars().count().into()),
        Value::Array(list) => Ok(list.len().into()),
        Value::Object(map) => Ok(map.len().into()),
        Value::Null => Ok(0.into()),
        _ => Err(arguments.mismatch(0, "text, a list or an object")),
    }
}

pub fn distinct(arguments: Arguments<'_>) -> Result<Value, String> {
    let mut seen = BTreeSet::new();
    let list = arguments.list(0)?.iter();
    Ok(list.filter(|element| seen.insert(canonical(element))).cloned().collect())
}

pub fn without(arguments: Arguments<'_>) -> Result<Value, String> {
    let unwanted = arguments.value(1);
    Ok(arguments.list(0)?.iter().filter(|element| !equal(element, unwanted)).cloned().collect())
}

/// Members of a list's objects, as an object of lists: what is wrong with each field.
pub fn grouped(arguments: Arguments<'_>) -> Result<Value, String> {
    let (key, value) = (arguments.text(1)?, arguments.text(2)?);
    let mut groups = Map::new();
    for element in arguments.list(0)? {
        let Some(name) = element.get(key).and_then(Value::as_str) else { continue };
        let group = groups.entry(name.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(group) = group {
            group.push(element.get(value).cloned().unwrap_or_default());
        }
    }
    Ok(Value::Object(groups))
}

/// Members of a list's objects, as an object: the first of each key.
pub fn keyed(arguments: Arguments<'_>) -> Result<Value, String> {
    let (key, value) = (arguments.text(1)?, arguments.text(2)?);
    let mut members = Map::new();
    for element in arguments.list(0)? {
        let Some(name) = element.get(key).and_then(Value::as_str) else { continue };
        members.entry(name.to_owned()).or_insert_with(|| element.get(value).cloned().unwrap_or_default());
    }
    Ok(Value::Object(members))
}

pub fn concat(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(Value::Array([arguments.list(0)?, arguments.list(1)?].concat()))
}

pub fn slice(arguments: Arguments<'_>) -> Result<Value, String> {
    let list = arguments.list(0)?;
    let range = arguments.range(1, 2, list.len())?;
    Ok(Value::Array(list[range].to_vec()))
}

pub fn sum(arguments: Arguments<'_>) -> Result<Value, String> {
    let mut list = arguments.list(0)?.iter();
    list.try_fold(Value::from(0), |sum, element| Operator::Add.apply(&sum, element))
}

pub fn min(arguments: Arguments<'_>) -> Result<Value, String> {
    extreme(arguments, Ordering::Less)
}

pub fn max(arguments: Arguments<'_>) -> Result<Value, String> {
    extreme(arguments, Ordering::Greater)
}

pub fn keys(arguments: Arguments<'_>) -> Result<Value, String> {
    let keys = arguments.object(0)?.into_iter().flat_map(Map::keys);
    Ok(keys.map(|key| Value::from(key.as_str())).collect())
}

pub fn get(arguments: Arguments<'_>) -> Result<Value, String> {
    let found = match (arguments.value(0), arguments.value(1)) {
        (Value::Object(map), Value::String(key)) => map.get(key),
        (Value::Array(list), Value::Number(index)) => {
            integer(index).and_then(|index| usize::try_from(index).ok()).and_then(|index| list.get(index))
        }
        (Value::Object(_) | Value::Array(_) | Value::Null, _) => None,
        _ => return Err(arguments.mismatch(0, "an object or a list")),
    };
    Ok(found.unwrap_or(arguments.value(2)).clone())
}

pub fn merge(arguments: Arguments<'_>) -> Result<Value, String> {
    let mut merged = arguments.object(0)?.cloned().unwrap_or_default();
    for (key, value) in arguments.object(1)?.into_iter().flatten() {
        merged.insert(key.clone(), value.clone());
    }
    Ok(Value::Object(merged))
}

/// The least or greatest of a list's elements, or of two arguments.
fn extreme(arguments: Arguments<'_>, wanted: Ordering) -> Result<Value, String> {
    let elements: Vec<&Value> = match arguments.len() {
        1 => arguments.list(0)?.iter().collect(),
        len => (0..len).map(|index| arguments.value(index)).collect(),
    };
    let Some((first, rest)) = elements.split_first() else {
        return Ok(Value::Null);
    };
    let mut best = *first;
    if compare(best, best).is_none() {
        return Err("only numbers, texts and booleans have an order".to_owned());
    }
    for element in rest {
        let order = compare(element, best).ok_or("the elements are of different kinds")?;
        if order == wanted {
            best = element;
        }
    }
    Ok(best.clone())
}

/// A text that is the same for equal values and for no others.
fn canonical(value: &Value) -> String {
    fn normal(value: &Value) -> Value {
        match value {
            Value::Number(number) if integer(number).is_none() => {
                let double = number.as_f64().unwrap_or(f64::NAN);
                let whole = double as i64;
                if whole as f64 == double { Value::from(whole) } else { value.clone() }
            }
            Value::Array(list) => list.iter().map(normal).collect(),
            Value::Object(map) => {
                let mut map: Map<String, Value> = map.iter().map(|(key, value)| (key.clone(), normal(value))).collect();
                map.sort_keys();
                Value::Object(map)
            }
            other => other.clone(),
        }
    }
    normal(value).to_string()
}
