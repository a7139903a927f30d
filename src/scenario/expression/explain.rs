//! Why an expression leads nowhere.

use serde_json::{Map, Value};

use super::{Context, Expression, Part, WorkflowField};
use crate::pointer;
use crate::words::{did_you_mean, kind_in_words};

/// Most names that a message lists.
const LISTED_MAX: usize = 8;
/// Longest name that is compared or listed; a longer one is data rather than a name.
const NAME_BYTES_MAX: usize = 64;

pub(super) fn explain(expression: &Expression, context: &Context<'_>) -> String {
    match expression {
        Expression::Url | Expression::Method | Expression::StatusCode => NO_REPLY.to_owned(),
        Expression::Request(part) => match context.exchange {
            None => "no request was sent".to_owned(),
            Some(exchange) => match part {
                Part::Header(name) => format!("the request has no header `{name}`"),
                Part::Query(name) => missing("query parameter", name, &exchange.arguments.query),
                Part::Path(name) => missing("path parameter", name, &exchange.arguments.path),
                Part::Body(pointer) => match &exchange.sent {
                    None => "the request has no body".to_owned(),
                    Some(body) => astray(pointer, body),
                },
            },
        },
        Expression::Response(part) => match context.exchange {
            None => NO_REPLY.to_owned(),
            Some(exchange) => match part {
                Part::Header(name) => format!("the reply has no header `{name}`"),
                Part::Query(_) | Part::Path(_) => "a reply has headers and a body only".to_owned(),
                Part::Body(pointer) => match (&exchange.received, &exchange.malformed) {
                    (None, _) if exchange.reply.body.is_empty() => "the reply has no body".to_owned(),
                    (None, _) => "the reply's body is neither JSON nor text".to_owned(),
                    (Some(_), Some(why)) => format!("the reply's body is no JSON: {why}"),
                    (Some(body), None) => astray(pointer, body),
                },
            },
        },
        Expression::Inputs { name, pointer } => field("input", name, pointer, context.inputs),
        Expression::Outputs { name, pointer } => field("output", name, pointer, context.outputs),
        Expression::Step { step, output, pointer } => match context.steps.get(step) {
            None => format!("the step `{step}` has not been done"),
            Some(outputs) => field("output", output, pointer, outputs),
        },
        Expression::Workflow { workflow, field: part, name, pointer } => match context.workflows.get(workflow) {
            None => format!("the workflow `{workflow}` has not been run"),
            Some(finished) => match part {
                WorkflowField::Inputs => field("input", name, pointer, &finished.inputs),
                WorkflowField::Outputs => field("output", name, pointer, &finished.outputs),
            },
        },
        Expression::Source { name, reference } => {
            let names: Vec<&str> = context.sources.iter().map(|(name, ..)| name.as_str()).collect();
            match names.contains(&name.as_str()) {
                true => format!("`{reference}` is no field of the source description `{name}`"),
                false => format!("there is no source description `{name}`{}", suggestion(name, &names)),
            }
        }
        Expression::Component { .. } => "a component is no value".to_owned(),
        Expression::Message(_) => "messages belong to AsyncAPI, and this is HTTP".to_owned(),
        Expression::SelfUri => "the description has no `$self`".to_owned(),
    }
}

const NO_REPLY: &str = "there is no reply";

fn field(kind: &str, name: &str, pointer: &str, values: &Map<String, Value>) -> String {
    match values.get(name) {
        Some(value) => astray(pointer, value),
        None => missing(kind, name, values),
    }
}

fn missing(kind: &str, name: &str, values: &Map<String, Value>) -> String {
    let names: Vec<&str> = values.keys().map(String::as_str).collect();
    format!("there is no {kind} `{name}`{}", suggestion(name, &names))
}

/// Where a pointer leaves the value.
fn astray(pointer: &str, value: &Value) -> String {
    let mut reached = value;
    let mut place = String::new();
    for key in pointer::segments(pointer) {
        let whole = if place.is_empty() { "the value".to_owned() } else { format!("`{place}`") };
        let next = pointer::find(reached, &pointer::join("", &key));
        reached = match (next, reached) {
            (Some(next), _) => next,
            (None, Value::Object(fields)) => {
                let names: Vec<&str> = fields.keys().map(String::as_str).collect();
                return format!("{whole} has no `{key}`{}", suggestion(&key, &names));
            }
            (None, Value::Array(items)) if items.is_empty() => {
                return format!("{whole} is empty, and has no element `{key}`");
            }
            (None, Value::Array(items)) => return format!("{whole} has no element `{key}`, only {}", items.len()),
            (None, other) => return format!("{whole} is {}, and has no `{key}`", kind_in_words(other)),
        };
        pointer::push(&mut place, &key);
    }
    "it leads nowhere".to_owned()
}

fn suggestion(name: &str, known: &[&str]) -> String {
    let known: Vec<&str> = known.iter().copied().filter(|known| known.len() <= NAME_BYTES_MAX).collect();
    if name.len() > NAME_BYTES_MAX {
        return String::new();
    }
    if let Some(known) = did_you_mean(name, known.iter().copied()) {
        return format!("; did you mean `{known}`?");
    }
    match known.as_slice() {
        [] => String::new(),
        few if few.len() <= LISTED_MAX => format!("; there is `{}`", few.join("`, `")),
        many => format!("; there is `{}` and {} more", many[..LISTED_MAX].join("`, `"), many.len() - LISTED_MAX),
    }
}
