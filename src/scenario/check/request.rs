//! Did the service judge the request as the document does?
//!
//! A request that the document forbids should be refused, and one that it allows should not be called invalid. What the service says it
//! overlooks (`requests`) is overlooked here, too: the request is read as the service reads it, from what was sent. It is only held against
//! the document where the reply's status makes that matter: below 400, and 400, 415 and 422.

use http::HeaderMap;
use serde_json::{Map, Value};

use super::{Called, media, site, wording};
use crate::call::Call;
use crate::contract::body::{self, Body, Unfit};
use crate::contract::operation::{Media, RequestBody};
use crate::contract::parameter::{self, Arguments, Parameter};
use crate::contract::security::Scheme;
use crate::contract::violation::{Place, Violation, complaint};
use crate::pointer;
use crate::scenario::code::Code;
use crate::scenario::exchange::{Exchange, media_type};
use crate::scenario::finding::Finding;
use crate::words::did_you_mean;

/// Most violations of one request that a message names.
const NAMED_MAX: usize = 3;

/// Headers that HTTP and its companions define for every request (RFC 9110, RFC 9111, Fetch, Trace Context): nobody declares them.
/// Those that begin with one of [`COMMON_PREFIXES`] are such, too.
const COMMON_HEADERS: [&str; 31] = [
    "authorization",
    "cache-control",
    "connection",
    "cookie",
    "date",
    "dnt",
    "expect",
    "forwarded",
    "from",
    "host",
    "keep-alive",
    "max-forwards",
    "origin",
    "pragma",
    "prefer",
    "priority",
    "proxy-authorization",
    "range",
    "referer",
    "save-data",
    "te",
    "traceparent",
    "tracestate",
    "baggage",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "warning",
];
const COMMON_PREFIXES: [&str; 6] = ["accept", "access-control-", "content-", "if-", "sec-", "x-standin-"];

pub fn check(called: &Called<'_>, exchange: &Exchange, findings: &mut Vec<Finding>) {
    let status = exchange.status();
    let accepted = status < 400;
    let refused = matches!(status, 400 | 415 | 422);
    if !accepted && !refused {
        return;
    }
    let (operation, contract) = (called.operation, called.scope.contract);
    let values = called.promise.path_values(&exchange.call.path);
    let path = values.as_deref().unwrap_or_default();
    let (schemas, rule) = (&contract.schemas, &contract.plan.requests);
    let (arguments, mut violations) =
        parameter::decode_overlooking(&operation.parameters, schemas, path, &exchange.call, rule);
    if values.is_none() {
        // A target that rewrites paths leaves nothing to judge them by.
        violations.retain(|violation| violation.place != Place::Path);
    }
    let taken = body(called, exchange, &mut violations);
    if accepted && !violations.is_empty() {
        findings.push(invalid_accepted(called, exchange, taken.media, &violations));
    }
    if refused && violations.is_empty() && exchange.call.unread.is_none() {
        findings.push(valid_refused(called, status));
    }
    undeclared(called, &exchange.call, &arguments, &taken.from_query, findings);
}

/// What is told of a body once it has been judged.
#[derive(Default)]
struct Taken<'o> {
    /// The declared media type that it was read as.
    media: Option<&'o Media>,
    /// Parameters of the query that stand for its members.
    from_query: Vec<String>,
}

/// Adds what the body of the request breaks.
fn body<'a>(called: &Called<'a>, exchange: &Exchange, violations: &mut Vec<Violation>) -> Taken<'a> {
    let Some(declared) = &called.operation.body else { return Taken::default() };
    let mut body = match body::read(called.scope.contract, called.operation, &exchange.call) {
        Ok(body) => body,
        Err(unfit) => {
            violations.push(broken(declared, unfit));
            return Taken::default();
        }
    };
    if body.media.is_none() && exchange.sent.is_some() {
        body = empty_form(called, exchange);
    } else if body.media.is_none() && declared.required {
        violations.push(complaint(Place::Body, "", "required", "The body is required"));
    }
    let taken = Taken { media: body.media, from_query: std::mem::take(&mut body.from_query) };
    // Nothing that a schema speaks of is known of bytes, XML and the like.
    if let Some(schema) = taken.media.and_then(|media| media.schema).filter(|_| body.whole().is_none()) {
        let schemas = &called.scope.contract.schemas;
        violations.extend(schemas.check(schema, body.view(), Place::Body));
    }
    taken
}

/// A form without fields is no bytes, like no body; that one was meant is only known here.
fn empty_form<'a>(called: &Called<'a>, exchange: &Exchange) -> Body<'a> {
    let name = exchange.call.header("content-type").map(media_type);
    let mut media = called.operation.body.iter().flat_map(|declared| &declared.media);
    let media = media.find(|media| media.is_form() && name.as_ref() == Some(&media.name));
    Body { value: Value::Object(Map::new()), media, ..Body::default() }
}

/// What a body that cannot be read breaks. The document says what media types there are of the body, not of a header.
fn broken(declared: &RequestBody, unfit: Unfit) -> Violation {
    if unfit.violation.place != Place::Header {
        return unfit.violation;
    }
    let names = wording::list(declared.media.iter().map(|media| media.name.as_str()), NAMED_MAX);
    complaint(Place::Body, "", "contentType", format!("The body must be {names}"))
}

fn invalid_accepted(
    called: &Called<'_>,
    exchange: &Exchange,
    media: Option<&Media>,
    violations: &[Violation],
) -> Finding {
    let (id, status) = (&called.operation.id, exchange.status());
    let named: Vec<String> = violations.iter().take(NAMED_MAX).map(told).collect();
    let mut what = named.join("; ");
    if violations.len() > NAMED_MAX {
        what.push_str(&format!("; and {} more", violations.len() - NAMED_MAX));
    }
    let message = format!("`{id}` accepted ({status}) a request that the document forbids: {what}");
    let finding = Finding::new(Code::RequestInvalidAccepted, called.scope.step.clone(), message)
        .hint("let the service refuse it, loosen the document, or mend the request");
    match violations.first() {
        Some(first) => finding
            .document(called.scope.site(&place(called, first, exchange, media)))
            .compared("a refusal (400, 415 or 422)", status.to_string()),
        None => finding,
    }
}

fn valid_refused(called: &Called<'_>, status: u16) -> Finding {
    let id = &called.operation.id;
    let message = format!("`{id}` refused ({status}) a request in which nothing breaks the document");
    Finding::new(Code::RequestValidRefused, called.scope.step.clone(), message)
        .hint(
            "if the service is right, write its rule into the document; a rule that no schema can say is told in words",
        )
        .document(called.scope.site(&called.operation.pointer))
}

/// A violation in a few words: ``the body's `/content` is required``.
fn told(violation: &Violation) -> String {
    let demand = wording::demand(violation);
    match violation.place {
        Place::Body if violation.pointer.is_empty() => format!("the body {demand}"),
        Place::Body => format!("the body's `{}` {demand}", violation.pointer),
        other => {
            let name: Vec<_> = pointer::segments(&violation.pointer).collect();
            format!("the {} parameter `{}` {demand}", other.word(), name.join("/"))
        }
    }
}

/// Where the document says what the violation breaks.
fn place(called: &Called<'_>, violation: &Violation, exchange: &Exchange, read: Option<&Media>) -> String {
    let (document, operation) = (&called.scope.contract.document, called.operation);
    if violation.place == Place::Body {
        let name = read.map(|media| media.name.clone());
        let name = name.or_else(|| exchange.call.header("content-type").map(media_type));
        let media = name.and_then(|name| media::choose(&called.promise.requests, &name));
        // A body that is not there, or of another type, breaks no schema.
        let no_schema = violation.pointer.is_empty() && matches!(violation.keyword, "required" | "contentType");
        return match media.or(called.promise.requests.first()) {
            Some(media) if !no_schema => site::broken(document, &media.pointer, violation),
            _ => site::request_body(document, operation),
        };
    }
    let name = pointer::segments(&violation.pointer).next().unwrap_or_default();
    site::parameter(document, operation, violation.place, &name)
}

/// Notes query and header parameters that nobody declares: often a misspelling that the service ignores in silence.
fn undeclared(
    called: &Called<'_>,
    call: &Call,
    arguments: &Arguments,
    of_body: &[String],
    findings: &mut Vec<Finding>,
) {
    let parameters = &called.operation.parameters;
    if call.query.is_some() {
        for name in arguments.query.keys().filter(|name| !of_body.contains(name)) {
            if !is_declared(called, Place::Query, name) {
                findings.push(complain_undeclared(called, Place::Query, name, parameters));
            }
        }
    }
    for name in unknown_headers(&call.headers) {
        if !is_declared(called, Place::Header, name) {
            findings.push(complain_undeclared(called, Place::Header, name, parameters));
        }
    }
}

fn unknown_headers(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    // Names in a header map are lower-case.
    let common =
        |name: &str| COMMON_HEADERS.contains(&name) || COMMON_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    headers.keys().map(http::HeaderName::as_str).filter(move |name| !common(name))
}

/// Is it a parameter of the operation, or where a credential stands?
fn is_declared(called: &Called<'_>, place: Place, name: &str) -> bool {
    let same = |known: &str| if place == Place::Header { known.eq_ignore_ascii_case(name) } else { known == name };
    let mut parameters = called.operation.parameters.iter();
    let mut schemes = called.scope.contract.schemes.values();
    parameters.any(|parameter| parameter.place == place && same(&parameter.name))
        || schemes.any(|scheme| matches!(scheme, Scheme::Key(at, known) if *at == place && same(known)))
}

fn complain_undeclared(called: &Called<'_>, place: Place, name: &str, parameters: &[Parameter]) -> Finding {
    // Headers are sent in small letters, however they are declared.
    let known = || parameters.iter().filter(|parameter| parameter.place == place).map(|one| one.name.as_str());
    let small: Vec<String> = known().map(str::to_lowercase).collect();
    let near = did_you_mean(&name.to_lowercase(), small.iter().map(String::as_str));
    let near = near.and_then(|near| known().find(|name| name.to_lowercase() == near));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "declare it under `parameters`, or leave it out".to_owned(),
    };
    let message = format!(
        "the {} parameter `{name}` was sent to `{}`, which does not declare it",
        place.word(),
        called.operation.id
    );
    Finding::new(Code::ParameterUndeclared, called.scope.step.clone(), message)
        .hint(hint)
        .document(called.scope.site(&called.operation.pointer))
}
