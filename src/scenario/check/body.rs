//! Is the body there, readable, and what its schema says?

use http::Method;
use serde_json::Value;

use super::promise::{MediaPromise, ReplyPromise};
use super::{Called, media, site, undeclared, wording};
use crate::contract::violation::{Place, Violation};
use crate::pointer;
use crate::scenario::code::Code;
use crate::scenario::exchange::{Exchange, is_json};
use crate::scenario::finding::Finding;

/// U+FEFF as UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// More violations than this of one body are counted, not told.
const TOLD_MAX: usize = 20;

pub fn check(called: &Called<'_>, reply: &ReplyPromise, exchange: &mut Exchange, findings: &mut Vec<Finding>) {
    let bodiless = bodiless(exchange);
    if exchange.reply.body.is_empty() {
        if bodiless.is_none() && must_have_body(reply, exchange) {
            findings.push(missing(called, reply, exchange.status()));
        }
        return;
    }
    if bodiless.is_some() || reply.media.is_empty() {
        findings.push(unexpected(called, reply, exchange, bodiless));
        return;
    }
    let Some((media, name)) = media::check(called, reply, exchange, findings) else { return };
    if let Some(reason) = malformed(exchange, &name) {
        findings.push(complain_malformed(called, reply, exchange.status(), &name, &reason));
        return;
    }
    let Some(body) = &exchange.received else { return };
    let whose = || format!("the body of the {} reply of `{}`", exchange.reply.status.as_u16(), called.operation.id);
    if is_json(&name) || body.is_string() && is_plain_text(media) {
        validate(called, media, body, &whose, findings);
    }
}

/// Why a reply has no body, whatever the document says (RFC 9110, 6.4.1).
fn bodiless(exchange: &Exchange) -> Option<&'static str> {
    if exchange.call.method == Method::HEAD {
        return Some("the reply to a HEAD request");
    }
    match exchange.status() {
        100..=199 => Some("an interim reply"),
        204 => Some("a 204"),
        304 => Some("a 304"),
        _ => None,
    }
}

/// Text of no length is text, as long as its type is told; JSON of no length is not JSON.
fn must_have_body(reply: &ReplyPromise, exchange: &Exchange) -> bool {
    let told = exchange.reply.header("content-type").map(crate::scenario::exchange::media_type);
    let empty_is_fine = told.is_some_and(|name| !is_json(&name) && media::choose(&reply.media, &name).is_some());
    !reply.media.is_empty() && !empty_is_fine
}

/// Can text that is not JSON be held against the schema? XML and the like cannot.
fn is_plain_text(media: &MediaPromise) -> bool {
    media.shape.string && !media.shape.is_object() && media.shape.items.is_none()
}

/// Why the bytes are not what their media type says.
fn malformed(exchange: &Exchange, name: &str) -> Option<String> {
    let coding = exchange.reply.header("content-encoding").map(str::trim).unwrap_or_default();
    let is_coded = !coding.is_empty() && !coding.eq_ignore_ascii_case("identity");
    if is_coded && (exchange.malformed.is_some() && is_json(name) || exchange.received.is_none()) {
        return Some(format!("it is coded as `{coding}`, which the call did not accept, and is not decoded"));
    }
    if is_json(name) && exchange.reply.body.starts_with(BYTE_ORDER_MARK) {
        return Some("it starts with a byte order mark, which JSON must not have (RFC 8259, 8.1)".to_owned());
    }
    if let Some(reason) = exchange.malformed.as_ref().filter(|_| is_json(name)) {
        return Some(format!("it is not JSON: {reason}"));
    }
    let header = exchange.reply.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let other_charset = header.contains("charset=") && !header.contains("utf-8") && !header.contains("utf8");
    let unreadable = exchange.received.is_none() && name.starts_with("text/") && !other_charset;
    unreadable.then(|| "it is not UTF-8".to_owned())
}

fn validate(
    called: &Called<'_>,
    media: &MediaPromise,
    body: &Value,
    whose: &dyn Fn() -> String,
    findings: &mut Vec<Finding>,
) {
    let schemas = &called.scope.contract.schemas;
    let violations = media.schema.map(|schema| schemas.check(schema, body, Place::Body)).unwrap_or_default();
    for violation in violations.iter().take(TOLD_MAX) {
        findings.push(invalid(called, media, body, whose, violation));
    }
    if let Some(left) = violations.len().checked_sub(TOLD_MAX).filter(|left| *left > 0) {
        let message = format!("{} breaks its schema in {left} more places", whose());
        let finding = Finding::new(Code::BodyInvalid, called.scope.step.clone(), message);
        findings.push(finding.document(called.scope.site(&media.pointer)));
    }
    if let Some(outline) = media.outline {
        let told: Vec<String> = violations.into_iter().map(|violation| violation.pointer).collect();
        undeclared::check(&called.scope, outline, body, whose, &told, findings);
    }
}

fn invalid(
    called: &Called<'_>,
    media: &MediaPromise,
    body: &Value,
    whose: &dyn Fn() -> String,
    violation: &Violation,
) -> Finding {
    let demand = wording::demand(violation);
    let place = site::broken(&called.scope.contract.document, &media.pointer, violation);
    let message = format!("{} breaks its schema: {} {demand}", whose(), wording::place(&violation.pointer));
    Finding::new(Code::BodyInvalid, called.scope.step.clone(), message)
        .hint("mend what the service answers, or what the schema promises")
        .document(called.scope.site(&place))
        .compared(wording::expected(&demand), wording::found(body, &violation.pointer))
}

fn missing(called: &Called<'_>, reply: &ReplyPromise, status: u16) -> Finding {
    let names = wording::list(reply.media.iter().map(|media| media.name.as_str()), TOLD_MAX);
    let message =
        format!("`{}` answered {status} without a body, where the document declares one", called.operation.id);
    Finding::new(Code::BodyMissing, called.scope.step.clone(), message)
        .hint("let the service send it, or remove `content` from the response")
        .document(called.scope.site(&pointer::join(&reply.pointer, "content")))
        .compared(names, "nothing")
}

fn unexpected(called: &Called<'_>, reply: &ReplyPromise, exchange: &Exchange, bodiless: Option<&str>) -> Finding {
    let (id, status, length) = (&called.operation.id, exchange.status(), exchange.reply.body.len());
    let (why, hint) = match bodiless {
        Some(what) => (format!("{what} has none"), "remove the body: clients do not read it"),
        None => ("the document declares none".to_owned(), "remove the body, or declare it under `content`"),
    };
    let message = format!("`{id}` answered {status} with a body of {length} bytes, where {why}");
    Finding::new(Code::BodyUnexpected, called.scope.step.clone(), message)
        .hint(hint)
        .document(called.scope.site(&reply.pointer))
        .compared("nothing", format!("{length} bytes"))
}

fn complain_malformed(called: &Called<'_>, reply: &ReplyPromise, status: u16, name: &str, reason: &str) -> Finding {
    let message = format!("the body of the {status} reply of `{}` is no `{name}`: {reason}", called.operation.id);
    Finding::new(Code::BodyMalformed, called.scope.step.clone(), message)
        .hint("mend the body, or send the `Content-Type` that it has")
        .document(called.scope.site(&pointer::join(&reply.pointer, "content")))
}
