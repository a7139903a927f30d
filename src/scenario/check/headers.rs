//! Are the declared headers there, and of their types (OpenAPI 3.1, 4.8.21: `style: simple`)?

use http::{HeaderName, HeaderValue, Method};

use super::promise::ReplyPromise;
use super::{Called, site, wording};
use crate::call::Call;
use crate::contract::parameter::{self, Parameter, decode_text};
use crate::contract::violation::Violation;
use crate::pointer;
use crate::scenario::code::Code;
use crate::scenario::exchange::Exchange;
use crate::scenario::finding::Finding;

pub fn check(called: &Called<'_>, reply: &ReplyPromise, exchange: &Exchange, findings: &mut Vec<Finding>) {
    for header in &reply.headers {
        let written =
            exchange.reply.headers.iter().filter(|(name, _)| name.as_str().eq_ignore_ascii_case(&header.name));
        let lines: Vec<&HeaderValue> = written.map(|(_, value)| value).collect();
        if !is_fine(called, header, &lines) {
            judge(called, reply, exchange.status(), header, &lines, findings);
        }
    }
}

/// The quick answer for what most headers are: absent where they may be, or one plain value that fits.
fn is_fine(called: &Called<'_>, header: &Parameter, lines: &[&HeaderValue]) -> bool {
    let shape = &header.shape;
    let plain = !header.json && shape.items.is_none() && !shape.is_object();
    match (lines, header.schema) {
        ([], _) => !header.required,
        ([line], Some(schema)) if plain => line
            .to_str()
            .is_ok_and(|text| called.scope.contract.schemas.accepts(schema, &decode_text(text.trim(), shape))),
        _ => false,
    }
}

/// A reply's headers are written as a call's are, so they are read by the same code.
fn judge(
    called: &Called<'_>,
    reply: &ReplyPromise,
    status: u16,
    header: &Parameter,
    lines: &[&HeaderValue],
    findings: &mut Vec<Finding>,
) {
    let mut written = Call::new(Method::GET, "");
    if let Ok(name) = HeaderName::from_bytes(header.name.as_bytes()) {
        for line in lines {
            written.headers.append(name.clone(), (*line).clone());
        }
    }
    let schemas = &called.scope.contract.schemas;
    let (_, violations) = parameter::decode(std::slice::from_ref(header), schemas, &[], &written);
    for violation in &violations {
        findings.push(if lines.is_empty() {
            missing(called, reply, status, &header.name)
        } else {
            invalid(called, reply, status, &header.name, lines, violation)
        });
    }
}

fn missing(called: &Called<'_>, reply: &ReplyPromise, status: u16, name: &str) -> Finding {
    let place = site::header(&called.scope.contract.document, &reply.pointer, name);
    let id = &called.operation.id;
    let message = format!("`{id}` answered {status} without the header `{name}`, which is required");
    Finding::new(Code::HeaderMissing, called.scope.step.clone(), message)
        .hint("let the service send it, or declare it without `required: true`")
        .document(called.scope.site(&pointer::join(&place, "required")))
        .compared(name, "nothing")
}

fn invalid(
    called: &Called<'_>,
    reply: &ReplyPromise,
    status: u16,
    name: &str,
    lines: &[&HeaderValue],
    violation: &Violation,
) -> Finding {
    let document = &called.scope.contract.document;
    let demand = wording::demand(violation);
    let lines: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    let place = site::header(document, &reply.pointer, name);
    let schema = pointer::join(&place, "schema");
    // The pointer of the violation starts with the header's name.
    let inner = Violation { pointer: below_name(&violation.pointer), ..violation.clone() };
    let place = if document.at(&schema).is_some() { site::broken(document, &schema, &inner) } else { place };
    let id = &called.operation.id;
    let message = format!("`{id}` answered {status} with a header `{name}` that breaks its schema: it {demand}");
    Finding::new(Code::HeaderInvalid, called.scope.step.clone(), message)
        .hint("mend the header, or what the document says of it")
        .document(called.scope.site(&place))
        .compared(wording::expected(&demand), wording::short(&lines.join(", ").into()))
}

fn below_name(pointer: &str) -> String {
    pointer
        .char_indices()
        .skip(1)
        .find(|(_, letter)| *letter == '/')
        .map_or("", |(start, _)| &pointer[start..])
        .to_owned()
}
