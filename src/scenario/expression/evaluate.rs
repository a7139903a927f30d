//! From an expression to its value.

use std::borrow::Cow;

use http::HeaderMap;
use serde_json::{Map, Value};

use super::{Context, Expression, Part, WorkflowField};
use crate::call::Reply;
use crate::pointer;
use crate::scenario::exchange::Exchange;

pub(super) fn evaluate<'a>(expression: &Expression, context: &Context<'a>) -> Option<Cow<'a, Value>> {
    match expression {
        Expression::Url => context.exchange.map(|exchange| text(&exchange.url())),
        Expression::Method => context.exchange.map(|exchange| text(exchange.call.method.as_str())),
        Expression::StatusCode => context.exchange.map(|exchange| Cow::Owned(exchange.status().into())),
        Expression::Request(part) => request(part, context.exchange?),
        Expression::Response(part) => response(part, context.exchange?),
        Expression::Inputs { name, pointer } => field(context.inputs, name, pointer),
        Expression::Outputs { name, pointer } => field(context.outputs, name, pointer),
        Expression::Step { step, output, pointer } => field(context.steps.get(step)?, output, pointer),
        Expression::Workflow { workflow, field: part, name, pointer } => {
            let finished = context.workflows.get(workflow)?;
            match part {
                WorkflowField::Inputs => field(&finished.inputs, name, pointer),
                WorkflowField::Outputs => field(&finished.outputs, name, pointer),
            }
        }
        Expression::Source { name, reference } => {
            let (source, url, kind) = context.sources.iter().find(|(source, ..)| source == name)?;
            match reference.as_str() {
                "name" => Some(text(source)),
                "url" => Some(text(url)),
                "type" => Some(text(kind)),
                // An operation or a workflow: the reader resolves those; neither is a value.
                _ => None,
            }
        }
        Expression::SelfUri => context.self_uri.map(text),
        // The reader refuses messages, and puts components in the place of their expressions.
        Expression::Message(_) | Expression::Component { .. } => None,
    }
}

fn request<'a>(part: &Part, exchange: &'a Exchange) -> Option<Cow<'a, Value>> {
    match part {
        Part::Header(name) => request_header(name, exchange),
        Part::Query(name) => exchange.arguments.query.get(name).map(Cow::Borrowed),
        Part::Path(name) => exchange.arguments.path.get(name).map(Cow::Borrowed),
        Part::Body(pointer) => pointer::find(exchange.sent.as_ref()?, pointer).map(Cow::Borrowed),
    }
}

/// A declared header has its value's type; any other is text as sent, such as `accept` in the specification's example.
fn request_header<'a>(name: &str, exchange: &'a Exchange) -> Option<Cow<'a, Value>> {
    let declared = exchange.arguments.header.iter().find(|(declared, _)| declared.eq_ignore_ascii_case(name));
    declared.map(|(_, value)| Cow::Borrowed(value)).or_else(|| sent_header(name, &exchange.call.headers))
}

fn sent_header<'a>(name: &str, headers: &HeaderMap) -> Option<Cow<'a, Value>> {
    header_text(headers.get(name)?.as_bytes())
}

fn response<'a>(part: &Part, exchange: &'a Exchange) -> Option<Cow<'a, Value>> {
    match part {
        Part::Header(name) => response_header(name, &exchange.reply),
        // The grammar allows them, but a reply has neither.
        Part::Query(_) | Part::Path(_) => None,
        Part::Body(pointer) => pointer::find(exchange.received.as_ref()?, pointer).map(Cow::Borrowed),
    }
}

fn response_header<'a>(name: &str, reply: &Reply) -> Option<Cow<'a, Value>> {
    let found = reply.headers.iter().find(|(candidate, _)| candidate.as_str().eq_ignore_ascii_case(name));
    header_text(found?.1.as_bytes())
}

/// Servers send UTF-8 in headers, although only ASCII is sure to arrive.
fn header_text<'a>(bytes: &[u8]) -> Option<Cow<'a, Value>> {
    std::str::from_utf8(bytes).ok().map(text)
}

fn field<'a>(values: &'a Map<String, Value>, name: &str, pointer: &str) -> Option<Cow<'a, Value>> {
    pointer::find(values.get(name)?, pointer).map(Cow::Borrowed)
}

fn text<'a>(text: &str) -> Cow<'a, Value> {
    Cow::Owned(Value::String(text.to_owned()))
}
