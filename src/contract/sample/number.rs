//! Numbers within their bounds, realistic for their name where they may be.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Number, Value};

/// A keyword that counts (`minItems`), as a size.
pub fn size(schema: &Map<String, Value>, keyword: &str) -> Option<usize> {
    let number = schema.get(keyword)?;
    let whole = number.as_u64().or_else(|| number.as_f64().filter(|number| *number >= 0.0).map(|number| number as u64));
    whole.map(|size| usize::try_from(size).unwrap_or(usize::MAX))
}

pub fn integer(schema: &Map<String, Value>, name: &str, now: i64, random: &mut ChaCha8Rng) -> Value {
    match schema.get("format").and_then(Value::as_str) {
        Some("unix-milliseconds") => return now.into(),
        Some("unix-time") => return now.div_euclid(1000).into(),
        _ => {}
    }
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let low = larger(bound("minimum").map(f64::ceil), bound("exclusiveMinimum").map(|low| low.floor() + 1.0));
    let high = smaller(bound("maximum").map(f64::floor), bound("exclusiveMaximum").map(|high| high.ceil() - 1.0));
    let step = bound("multipleOf").filter(|step| *step > 0.0).unwrap_or(1.0);
    let (low, high) = range(low, high, step, usual(name));
    // Between whole multiples of the step; casts saturate, and a range without any value gives its lower end.
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    let multiple = if first < last { random.random_range(first..=last) } else { first };
    let value = multiple as f64 * step;
    if value.fract() == 0.0 && value.abs() < 9e15 { Value::from(value as i64) } else { Value::from(multiple) }
}

pub fn number(schema: &Map<String, Value>, name: &str, random: &mut ChaCha8Rng) -> Value {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let exclusive = (bound("exclusiveMinimum"), bound("exclusiveMaximum"));
    let low = larger(bound("minimum"), exclusive.0);
    let high = smaller(bound("maximum"), exclusive.1);
    if let Some(step) = bound("multipleOf").filter(|step| *step > 0.0) {
        let (low, high) = range(low, high, step, usual(name));
        let multiple = ((low / step).ceil()).max(((low + high) / 2.0 / step).floor());
        return json_number(round(multiple * step));
    }
    let (low, high) = range(low, high, 0.01, usual(name));
    let drawn = low + (high - low) * f64::from(random.random_range(1..100_u32)) / 100.0;
    let rounded = round(drawn);
    json_number(if rounded > low && rounded < high { rounded } else { drawn })
}

/// Both ends of a range, filled in around what is usual where one is open.
fn range(low: Option<f64>, high: Option<f64>, step: f64, usual: (f64, f64)) -> (f64, f64) {
    let width = (usual.1 - usual.0).max(step * 2.0);
    match (low, high) {
        (Some(low), Some(high)) => {
            let wished = (low.max(usual.0), high.min(usual.1));
            if wished.1 - wished.0 >= step { wished } else { (low, high) }
        }
        (Some(low), None) if low > usual.0 => (low, low + width),
        (None, Some(high)) if high < usual.1 => (high - width, high),
        _ => (usual.0, usual.0 + width),
    }
}

/// What a number of this name is like.
fn usual(name: &str) -> (f64, f64) {
    let name = name.to_ascii_lowercase();
    let is = |word: &str| name.ends_with(word);
    match () {
        () if is("latitude") || name == "lat" => (-90.0, 90.0),
        () if is("longitude") || name == "lng" || name == "lon" => (-180.0, 180.0),
        () if name == "page" => (1.0, 1.0),
        () if is("year") => (2000.0, 2030.0),
        () if name == "age" => (18.0, 90.0),
        () if is("width") || is("height") => (100.0, 2000.0),
        () if is("size") || is("bytes") => (1_000.0, 1_000_000.0),
        () if is("price") || is("amount") => (1.0, 500.0),
        () => (1.0, 100.0),
    }
}

fn larger(left: Option<f64>, right: Option<f64>) -> Option<f64> {
    left.into_iter().chain(right).reduce(f64::max)
}

fn smaller(left: Option<f64>, right: Option<f64>) -> Option<f64> {
    left.into_iter().chain(right).reduce(f64::min)
}

/// Two decimals where that keeps the value, so that samples read like amounts.
fn round(value: f64) -> f64 {
    let rounded = (value * 100.0).round() / 100.0;
    if rounded.is_finite() { rounded } else { value }
}

fn json_number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::from(0), Value::Number)
}
