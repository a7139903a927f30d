//! Functions of lists and objects.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::argument::Arguments;
use crate::contract::expression::evaluate::LIST_LEN_MAX;
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
    let (mut texts, mut others) = (BTreeSet::new(), BTreeSet::new());
    let mut distinct = Vec::new();
    for element in arguments.list(0)? {
        let is_new = match element {
            Value::String(text) => texts.insert(text.as_str()),
            other => others.insert(canonical(other)),
        };
        distinct.extend(is_new.then(|| element.clone()));
    }
    Ok(Value::Array(distinct))
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
        let Some(name) = element.get(key).and_then(name) else { continue };
        let group = groups.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(group) = group {
            group.push(element.get(value).cloned().unwrap_or_default());
        }
    }
    Ok(Value::Object(groups))
}

/// A member's value as a key: texts as they are, numbers and booleans as in JSON. What is null, a list or an object names nothing.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Members of a list's objects, as an object: the first of each key.
pub fn keyed(arguments: Arguments<'_>) -> Result<Value, String> {
    let (key, value) = (arguments.text(1)?, arguments.text(2)?);
    let mut members = Map::new();
    for element in arguments.list(0)? {
        let Some(name) = element.get(key).and_then(name) else { continue };
        members.entry(name).or_insert_with(|| element.get(value).cloned().unwrap_or_default());
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

/// Integers in order, the end left out.
pub fn range(arguments: Arguments<'_>) -> Result<Value, String> {
    let (start, end) = match arguments.len() {
        1 => (0, arguments.integer(0)?),
        _ => (arguments.integer(0)?, arguments.integer(1)?),
    };
    if i128::from(end) - i128::from(start) > LIST_LEN_MAX as i128 {
        return Err(format!("makes more than {LIST_LEN_MAX} integers"));
    }
    Ok((start..end).map(Value::from).collect())
}

/// One level of lists taken away.
pub fn flatten(arguments: Arguments<'_>) -> Result<Value, String> {
    let mut flat = Vec::new();
    for element in arguments.list(0)? {
        match element {
            Value::Array(inner) => flat.extend_from_slice(inner),
            other => flat.push(other.clone()),
        }
    }
    Ok(Value::Array(flat))
}

pub fn index_of(arguments: Arguments<'_>) -> Result<Value, String> {
    let place = match arguments.value(0) {
        // Characters are counted, as everywhere: the part before the first occurrence.
        Value::String(text) => text.find(arguments.text(1)?).map(|start| text[..start].chars().count()),
        Value::Array(_) | Value::Null => {
            arguments.list(0)?.iter().position(|element| equal(element, arguments.value(1)))
        }
        _ => return Err(arguments.mismatch(0, "a list or text")),
    };
    Ok(place.map_or(Value::from(-1), Value::from))
}

pub fn entries(arguments: Arguments<'_>) -> Result<Value, String> {
    let entries = arguments.object(0)?.into_iter().flatten();
    Ok(entries.map(|(key, value)| json!({"key": key, "value": value})).collect())
}

/// An object, or each object of a list, without some members.
pub fn omit(arguments: Arguments<'_>) -> Result<Value, String> {
    let unwanted: Vec<&str> = match arguments.value(1) {
        Value::String(key) => vec![key],
        _ => arguments.list(1)?.iter().filter_map(Value::as_str).collect(),
    };
    let reduced = |value: &Value| match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| !unwanted.contains(&key.as_str()));
            Ok(Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect()))
        }
        Value::Null => Ok(Value::Null),
        _ => Err(arguments.mismatch(0, "an object or a list of objects")),
    };
    match arguments.value(0) {
        Value::Array(list) => list.iter().map(reduced).collect(),
        one => reduced(one),
    }
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
