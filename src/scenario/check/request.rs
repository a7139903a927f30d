//! Did the service judge the request as the document does?
//!
//! A request that the document forbids should be refused, and one that it allows should not be called invalid. The request is only held
//! against the document where the reply's status makes that matter: below 400, and 400, 415 and 422.

use http::HeaderMap;
use serde_json::{Map, Value};

use super::promise::MediaPromise;
use super::{Called, media, site, wording};
use crate::call::Call;
use crate::contract::Contract;
use crate::contract::parameter::{self, Arguments, Parameter, Shape, decode_form, decode_text};
use crate::contract::security::Scheme;
use crate::contract::violation::{Place, Violation};
use crate::pointer;
use crate::scenario::code::Code;
use crate::scenario::exchange::{Exchange, is_json, media_type};
use crate::scenario::finding::Finding;
use crate::scenario::request::FILE_KEY;
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

pub fn check(called: &Called<'_>, exchange: &mut Exchange, findings: &mut Vec<Finding>) {
    let status = exchange.status();
    let accepted = status < 400;
    let refused = matches!(status, 400 | 415 | 422);
    if !accepted && !refused {
        return;
    }
    let operation = called.operation;
    let values = called.promise.path_values(&exchange.call.path);
    let path = values.as_deref().unwrap_or_default();
    let schemas = &called.scope.contract.operations.schemas;
    let (arguments, mut violations) = parameter::decode(&operation.parameters, schemas, path, &exchange.call);
    if values.is_none() {
        // A target that rewrites paths leaves nothing to judge them by.
        violations.retain(|violation| violation.place != Place::Path);
    }
    body(called, exchange, &mut violations);
    if accepted && !violations.is_empty() {
        findings.push(invalid_accepted(called, exchange, &violations));
    }
    if refused && violations.is_empty() && exchange.call.unread.is_none() {
        findings.push(valid_refused(called, status));
    }
    undeclared(called, &exchange.call, &arguments, findings);
}

/// Adds what the body of the request breaks.
fn body(called: &Called<'_>, exchange: &mut Exchange, violations: &mut Vec<Violation>) {
    let Some(declared) = &called.operation.body else { return };
    let mut complain = |keyword: &str, message: String| {
        let (keyword, pointer) = (keyword.to_owned(), String::new());
        violations.push(Violation { place: Place::Body, pointer, keyword, message });
    };
    let content_type = exchange.call.header("content-type").map(media_type);
    if exchange.call.body.is_empty() && exchange.sent.is_none() {
        if declared.required {
            complain("required", "The body is required".to_owned());
        }
        return;
    }
    let media = match &content_type {
        Some(name) => media::choose(&called.promise.requests, name),
        None => called.promise.requests.first(),
    };
    let Some(media) = media else {
        let names = wording::list(declared.media.iter().map(|media| media.name.as_str()), NAMED_MAX);
        return complain("contentType", format!("The body must be {names}"));
    };
    let name = content_type.unwrap_or_else(|| media.name.clone());
    match view(exchange, media, &name) {
        View::Sent(sent) => {
            let sent = validate(called.scope.contract, media, sent, violations);
            exchange.sent = Some(sent);
        }
        View::Read(value) => {
            validate(called.scope.contract, media, value, violations);
        }
        View::Malformed(reason) => complain("malformed", format!("The body is not {name}: {reason}")),
        View::Opaque => {}
    }
}

fn validate(contract: &Contract, media: &MediaPromise, value: Value, violations: &mut Vec<Violation>) -> Value {
    let Some(schema) = media.schema else { return value };
    let (found, value) = contract.operations.schemas.check_below("", schema, value, Place::Body);
    violations.extend(found);
    value
}

/// A request's body as its schema sees it.
enum View {
    /// The exchange's own value, to be put back.
    Sent(Value),
    Read(Value),
    Malformed(String),
    /// Nothing that a schema speaks of: bytes, XML.
    Opaque,
}

fn view(exchange: &mut Exchange, media: &MediaPromise, name: &str) -> View {
    if is_json(name) {
        // Text may have been sent as it is: then the bytes tell what was said.
        return match exchange.sent.take() {
            Some(Value::String(text)) => {
                let read = json(&exchange.call.body);
                exchange.sent = Some(Value::String(text));
                read
            }
            Some(sent) => View::Sent(sent),
            None => json(&exchange.call.body),
        };
    }
    match name {
        "application/x-www-form-urlencoded" => {
            let pairs: Vec<(String, String)> = form_urlencoded::parse(&exchange.call.body).into_owned().collect();
            View::Read(Value::Object(decode_form(&pairs, &media.shape)))
        }
        "multipart/form-data" => match &exchange.sent {
            Some(Value::Object(parts)) => View::Read(multipart(parts, &media.shape)),
            _ => View::Opaque,
        },
        _ => View::Opaque,
    }
}

fn json(bytes: &[u8]) -> View {
    serde_json::from_slice(bytes).map_or_else(|error| View::Malformed(error.to_string()), View::Read)
}

/// The parts as a service reads them: files are strings to a schema, and fields are text until their type is known.
fn multipart(parts: &Map<String, Value>, shape: &Shape) -> Value {
    let default = Shape::default();
    let parts = parts.iter().map(|(name, part)| {
        let shape = shape.property(name).unwrap_or(&default);
        let value = match part {
            Value::Array(list) => {
                let items = shape.items.as_deref().unwrap_or(&default);
                Value::Array(list.iter().map(|part| field(part, items)).collect())
            }
            one => field(one, shape),
        };
        (name.clone(), value)
    });
    Value::Object(parts.collect())
}

fn field(part: &Value, shape: &Shape) -> Value {
    match part {
        Value::Object(file) if file.contains_key(FILE_KEY) => {
            // One file where several may come is a list of one.
            let list = shape.items.is_some() && !shape.is_scalar();
            if list { Value::Array(vec![Value::String(String::new())]) } else { Value::String(String::new()) }
        }
        Value::String(text) => decode_text(text, shape),
        other => other.clone(),
    }
}

fn invalid_accepted(called: &Called<'_>, exchange: &Exchange, violations: &[Violation]) -> Finding {
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
            .document(called.scope.site(&place(called, first, exchange)))
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
fn place(called: &Called<'_>, violation: &Violation, exchange: &Exchange) -> String {
    let (document, operation) = (&called.scope.contract.document, called.operation);
    if violation.place == Place::Body {
        let name = exchange.call.header("content-type").map(media_type);
        let media = name.and_then(|name| media::choose(&called.promise.requests, &name));
        // A body that is not there, or of another type, breaks no schema.
        let no_schema =
            violation.pointer.is_empty() && matches!(violation.keyword.as_str(), "required" | "contentType");
        return match media.or(called.promise.requests.first()) {
            Some(media) if !no_schema => site::broken(document, &media.pointer, violation),
            _ => site::request_body(document, operation),
        };
    }
    let name = pointer::segments(&violation.pointer).next().unwrap_or_default();
    site::parameter(document, operation, violation.place, &name)
}

/// Notes query and header parameters that nobody declares: often a misspelling that the service ignores in silence.
fn undeclared(called: &Called<'_>, call: &Call, arguments: &Arguments, findings: &mut Vec<Finding>) {
    let parameters = &called.operation.parameters;
    if call.query.is_some() {
        for name in arguments.query.keys() {
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
