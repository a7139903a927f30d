//! Holds what was expected against what came of a case. A line that starts with `-` was expected, one with `+` was found.

use std::fmt::Debug;

use serde_json::Value;

use super::case::{Expected, Request};
use super::play::{Outcome, Sent};

pub fn differences(expected: &Expected, found: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    compare(&mut lines, "verdict", Some(&expected.verdict), &found.verdict);
    if let Some(requests) = &expected.requests {
        compare_requests(&mut lines, requests, &found.requests);
    }
    compare(&mut lines, "waits", expected.waits.as_ref(), &found.waits);
    let outputs = Value::Object(found.outputs.clone());
    if expected.outputs.as_ref().is_some_and(|expected| !same(expected, &outputs)) {
        compare(&mut lines, "outputs", expected.outputs.as_ref(), &outputs);
    }
    let workflows = expected.workflows.as_ref().map(|workflows| workflows.clone().into_iter().collect());
    compare(&mut lines, "workflows", workflows.as_ref(), &found.workflows);
    compare(&mut lines, "findings", expected.findings.as_ref(), &found.findings);
    compare(&mut lines, "complaints", expected.complaints.as_ref(), &found.complaints);
    lines
}

fn compare<T: PartialEq + Debug>(lines: &mut Vec<String>, name: &str, expected: Option<&T>, found: &T) {
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        lines.push(format!("- {name}: {expected:?}"));
        lines.push(format!("+ {name}: {found:?}"));
    }
}

fn compare_requests(lines: &mut Vec<String>, expected: &[Request], found: &[Sent]) {
    for index in 0..expected.len().max(found.len()).min(50) {
        match (expected.get(index), found.get(index)) {
            (Some(expected), Some(found)) => compare_request(lines, index, expected, found),
            (Some(expected), None) => lines.push(format!("- request {index}: {}", expected.line)),
            (None, Some(found)) => lines.push(format!("+ request {index}: {}", found.line)),
            (None, None) => {}
        }
    }
}

fn compare_request(lines: &mut Vec<String>, index: usize, expected: &Request, found: &Sent) {
    let name = |what: &str| format!("request {index} {what}");
    compare(lines, &name("line"), Some(&one_spelling(&expected.line)), &one_spelling(&found.line));
    compare(lines, &name("to"), expected.to.as_ref(), &found.to);
    for (header, value) in &expected.headers {
        let all: Vec<&str> = found.headers.get_all(header).iter().filter_map(|value| value.to_str().ok()).collect();
        let value = match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        let found = (!all.is_empty()).then(|| all.join(", "));
        compare(lines, &name(header), Some(&value), &found);
    }
    let body = String::from_utf8_lossy(&found.body).into_owned();
    compare(lines, &name("body"), expected.text.as_ref(), &body);
    let mut rest = body.as_str();
    for text in &expected.contains {
        match rest.split_once(text.as_str()) {
            Some((_, after)) => rest = after,
            None => compare(lines, &name("body"), Some(&format!("…{text}…")), &body),
        }
    }
    match &expected.body {
        None => {}
        Some(Value::Null) => compare(lines, &name("body"), Some(&String::new()), &body),
        Some(expected) => {
            let parsed = serde_json::from_str::<Value>(&body).ok();
            if !parsed.is_some_and(|parsed| same(expected, &parsed)) {
                compare(lines, &name("body"), Some(&expected.to_string()), &body);
            }
        }
    }
}

/// Spellings of a request line that mean the same become one: the order of parameters that have different names, a space in the query
/// as `+`, and characters that some writers escape and others do not.
fn one_spelling(line: &str) -> String {
    let mut line = line.to_owned();
    for (escaped, plain) in
        [("%5B", "["), ("%5D", "]"), ("%7C", "|"), ("%2C", ","), ("%3A", ":"), ("%40", "@"), ("%3B", ";")]
    {
        line = line.replace(escaped, plain).replace(&escaped.to_ascii_lowercase(), plain);
    }
    let Some((path, query)) = line.split_once('?') else { return line };
    let query = query.replace('+', "%20");
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_by_key(|pair| pair.split('=').next());
    format!("{path}?{}", pairs.join("&"))
}

/// The same JSON value: `1` and `1.0` are one number (JSON Schema 2020-12, 4.2.2), the order of members says nothing.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|found| same(value, found)))
        }
        _ => one == other,
    }
}
