//! A workflow's inputs: from its caller, from variables, from defaults, from the fake; then held against their schema.

use serde_json::{Map, Value};

use super::limits::fits;
use super::{FromFake, Settings};
use crate::contract::violation::Place;
use crate::pointer;
use crate::scenario::code::Code;
use crate::scenario::finding::{Finding, Site};
use crate::scenario::model::{Input, InputFrom, Inputs, Suite, WorkflowRef};

/// Fills and checks. `given` is what the caller passes; `caller` is its place, where there is one.
pub fn fill(
    suite: &Suite,
    at: WorkflowRef,
    given: Map<String, Value>,
    caller: Option<&Site>,
    settings: &Settings,
) -> Result<Map<String, Value>, Vec<Finding>> {
    let mut inputs = given;
    let workflow = suite.workflow(at);
    let Some(declared) = &workflow.inputs else { return Ok(inputs) };
    let fake = suite.home(at).and_then(|api| settings.fakes.get(api));
    for input in &declared.properties {
        if !inputs.contains_key(&input.name)
            && let Some(value) = value_of(input, declared, settings, fake)
        {
            inputs.insert(input.name.clone(), value);
        }
    }
    let site = caller.unwrap_or(&declared.site);
    let missing: Vec<Finding> = declared
        .properties
        .iter()
        .filter(|input| input.required && !inputs.contains_key(&input.name))
        .map(|input| missing(&workflow.id, &input.name, site, caller.is_some()))
        .collect();
    let (invalid, inputs) = check(suite, at, declared, inputs, site, caller.is_some());
    if missing.is_empty() && invalid.is_empty() { Ok(inputs) } else { Err([missing, invalid].concat()) }
}

/// The values of inputs that are declared as secrets.
pub fn secrets(suite: &Suite, at: WorkflowRef, inputs: &Map<String, Value>) -> Vec<String> {
    let declared = suite.workflow(at).inputs.iter().flat_map(|declared| &declared.properties);
    let secret = declared.filter(|input| input.secret || input.from == Some(InputFrom::Credential));
    secret
        .filter_map(|input| match inputs.get(&input.name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
        .collect()
}

fn value_of(input: &Input, declared: &Inputs, settings: &Settings, fake: Option<&FromFake>) -> Option<Value> {
    let from_fake = || match input.from? {
        InputFrom::Credential => fake?.credential.clone(),
        InputFrom::Receiver => fake?.receiver.clone(),
    };
    let variable = settings.variables.get(&input.name).map(|value| typed(value, declared, &input.name));
    variable.or_else(|| input.default.clone()).or_else(|| from_fake().map(Value::String))
}

/// A variable is text where it came from a command line or the environment; its schema says what the text stands for.
fn typed(value: &Value, declared: &Inputs, name: &str) -> Value {
    let Value::String(text) = value else { return value.clone() };
    let schema = declared.raw.get("properties").and_then(|properties| properties.get(name));
    let declared = schema.and_then(|schema| schema.get("type"));
    let says = |word: &str| match declared {
        Some(Value::String(kind)) => kind == word,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == word),
        _ => false,
    };
    if declared.is_none() || says("string") {
        return value.clone();
    }
    match serde_json::from_str::<Value>(text) {
        Ok(parsed) if says(kind(&parsed)) || parsed.is_number() && (says("number") || says("integer")) => parsed,
        _ => value.clone(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn missing(workflow: &str, name: &str, site: &Site, called: bool) -> Finding {
    let finding = Finding::new(Code::InputMissing, site.clone(), format!("`{workflow}` needs the input `{name}`"));
    if called {
        finding.hint(format!("pass it as a parameter: `{{name: {name}, value: …}}`"))
    } else {
        finding.hint(format!("give it with `--var {name}=…`, or a `default`"))
    }
}

fn check(
    suite: &Suite,
    at: WorkflowRef,
    declared: &Inputs,
    inputs: Map<String, Value>,
    site: &Site,
    called: bool,
) -> (Vec<Finding>, Map<String, Value>) {
    let workflow = suite.workflow(at);
    let mut findings = Vec::new();
    for (name, value) in &inputs {
        if !fits(value) {
            let message = format!("the input `{name}` of `{}` has grown too large to be passed on", workflow.id);
            findings.push(Finding::new(Code::LoopLimit, site.clone(), message));
        }
    }
    if !findings.is_empty() {
        return (findings, inputs);
    }
    let schemas = &suite.descriptions[at.description].schemas;
    let inputs = Value::Object(inputs);
    let violations = schemas.check(declared.schema, &inputs, Place::Body);
    for violation in violations {
        let name = pointer::segments(&violation.pointer).next().unwrap_or_default().into_owned();
        let required =
            violation.keyword == "required" && !inputs.as_object().is_some_and(|all| all.contains_key(&name));
        if required && declared.properties.iter().any(|input| input.required && input.name == name) {
            // Said already, with what to do about it.
            continue;
        }
        let message = format!("the input `{name}` of `{}` does not fit its schema: {}", workflow.id, violation.message);
        let place = if called || name.is_empty() { site.clone() } else { site.below("properties").below(&name) };
        findings.push(Finding::new(Code::InputInvalid, place, message));
    }
    let inputs = match inputs {
        Value::Object(inputs) => inputs,
        _ => Map::new(),
    };
    (findings, inputs)
}
