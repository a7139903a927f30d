//! Operators over JSON values, as CEL means them, with integers and doubles allowed to mix.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};

/// What a missing member is.
pub static NULL: Value = Value::Null;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::In => "in",
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
        }
    }

    /// Does it compare, and so come to true or false?
    pub fn compares(self) -> bool {
        match self {
            Operator::Equal | Operator::NotEqual | Operator::In => true,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => true,
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Remainder => false,
        }
    }

    /// What an operator that compares comes to.
    pub fn holds(self, left: &Value, right: &Value) -> Result<bool, String> {
        let ordered = || compare(left, right).ok_or_else(|| self.mismatch(left, right));
        match self {
            Operator::Equal => Ok(equal(left, right)),
            Operator::NotEqual => Ok(!equal(left, right)),
            Operator::Less => ordered().map(Ordering::is_lt),
            Operator::LessOrEqual => ordered().map(Ordering::is_le),
            Operator::Greater => ordered().map(Ordering::is_gt),
            Operator::GreaterOrEqual => ordered().map(Ordering::is_ge),
            Operator::In => contains(right, left),
            _ => Err(self.mismatch(left, right)),
        }
    }

    /// What an operator that computes makes.
    pub fn apply(self, left: &Value, right: &Value) -> Result<Value, String> {
        match (self, left, right) {
            (Operator::Add, Value::String(left), Value::String(right)) => {
                Ok(Value::String([left.as_str(), right].concat()))
            }
            (Operator::Add, Value::Array(left), Value::Array(right)) => {
                Ok(Value::Array([left.as_slice(), right].concat()))
            }
            _ => self.arithmetic(left, right),
        }
    }

    fn arithmetic(self, left: &Value, right: &Value) -> Result<Value, String> {
        let (Value::Number(left), Value::Number(right)) = (left, right) else {
            return Err(self.mismatch(left, right));
        };
        match (integer(left), integer(right)) {
            (Some(left), Some(right)) => self.integers(left, right),
            _ => self.doubles(double(left), double(right)),
        }
    }

    fn integers(self, left: i128, right: i128) -> Result<Value, String> {
        // Both operands fit in 65 bits, so none of these overflows but a product, and a product only by a few bits.
        let result = match self {
            Operator::Add => left.checked_add(right),
            Operator::Subtract => left.checked_sub(right),
            Operator::Multiply => left.checked_mul(right),
            Operator::Divide if right == 0 => return Err(format!("{left} / 0 divides by zero")),
            Operator::Divide => left.checked_div(right),
            Operator::Remainder if right == 0 => return Err(format!("{left} % 0 divides by zero")),
            Operator::Remainder => left.checked_rem(right),
            _ => None,
        };
        let overflow = || format!("{left} {} {right} is out of the range of integers", self.symbol());
        result.and_then(integer_value).ok_or_else(overflow)
    }

    fn doubles(self, left: f64, right: f64) -> Result<Value, String> {
        let result = match self {
            Operator::Add => left + right,
            Operator::Subtract => left - right,
            Operator::Multiply => left * right,
            Operator::Divide => left / right,
            _ => return Err(format!("`{}` needs integers; round with int(x)", self.symbol())),
        };
        double_value(result).map_err(|_| format!("{left} {} {right} is not a finite number", self.symbol()))
    }

    fn mismatch(self, left: &Value, right: &Value) -> String {
        let hint = match (left, right) {
            (Value::String(_), Value::Number(_)) | (Value::Number(_), Value::String(_)) if self == Operator::Add => {
                "; write string(x) to join texts"
            }
            (Value::Null, _) | (_, Value::Null) => "; is a member missing? write x.?y.orValue(z)",
            _ => "",
        };
        format!("`{}` does not go with {} and {}{hint}", self.symbol(), kind(left), kind(right))
    }
}

/// `-x`.
pub fn negate(value: &Value) -> Result<Value, String> {
    let Value::Number(number) = value else {
        return Err(format!("`-` needs a number, got {}", kind(value)));
    };
    match integer(number) {
        Some(whole) => integer_value(-whole).ok_or_else(|| format!("-{number} is out of the range of integers")),
        None => double_value(-double(number)),
    }
}

/// Equality by value: `1 == 1.0`, key order does not count.
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => numbers(left, right) == Some(Ordering::Equal),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let same = |(key, value)| right.get(key).is_some_and(|other| equal(value, other));
            left.len() == right.len() && left.iter().all(same)
        }
        _ => left == right,
    }
}

/// The order of two values of one kind; `None` where there is none.
pub fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => numbers(left, right),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// Is the value an element of the list, or a key of the object? Nothing is in null.
pub fn contains(container: &Value, value: &Value) -> Result<bool, String> {
    match (container, value) {
        (Value::Null, _) => Ok(false),
        (Value::Array(list), _) => Ok(list.iter().any(|element| equal(element, value))),
        (Value::Object(map), Value::String(key)) => Ok(map.contains_key(key)),
        (Value::Object(_), _) => Ok(false),
        _ => Err(format!("`in` needs a list or an object on its right, got {}", kind(container))),
    }
}

/// A value as it stands in text: strings as they are, numbers and booleans as in JSON, null as nothing, the rest as JSON.
pub fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}

/// A value's kind, in words for messages.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a double",
        Value::Number(_) => "an integer",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// An integer, if the number is written as one.
pub fn integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

pub fn double(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// An integer that JSON numbers can hold here.
pub fn integer_value(value: i128) -> Option<Value> {
    let signed = i64::try_from(value).ok().map(Value::from);
    signed.or_else(|| u64::try_from(value).ok().map(Value::from))
}

pub fn double_value(value: f64) -> Result<Value, String> {
    Number::from_f64(value).map(Value::Number).ok_or_else(|| format!("{value} is not a finite number"))
}

fn numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => double(left).partial_cmp(&double(right)),
    }
}
