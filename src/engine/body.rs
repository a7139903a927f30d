//! Request bodies: from bytes to a JSON value and uploads, by media type.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::problem::{Problem, complaint};
use crate::call::{Call, Unread};
use crate::contract::Contract;
use crate::contract::operation::{Media, Operation};
use crate::contract::parameter::{decode_form, shape};
use crate::contract::violation::{Place, Violation};

/// Most parts of a multipart body, and most pairs of a form.
pub const PARTS_MAX: usize = 1_000;

/// A body as read, not yet checked against its schema.
#[derive(Debug, Default)]
pub struct Body<'o> {
    /// What expressions see; an uploaded part is `{filename, contentType, size, sha256}`.
    pub value: Value,
    /// What the schema sees, where it differs: an uploaded part is a string.
    pub schema_view: Option<Value>,
    pub uploads: Vec<(String, Bytes)>,
    /// The media type of the contract that fits; `None` without a body.
    pub media: Option<&'o Media>,
}

/// Reads the body. A problem here is one of form: too large, not the declared media type, not well formed.
pub fn read<'o>(contract: &Contract, operation: &'o Operation, call: &Call) -> Result<Body<'o>, Problem> {
    // An operation that takes no body does not care what became of one.
    let Some(declared) = &operation.body else { return Ok(Body::default()) };
    let known = &contract.plan.errors.known;
    match &call.unread {
        Some(Unread::TooLarge { limit }) => {
            let message = format!("Body must be at most {limit} bytes");
            return Err(Problem::new(known.too_large).violations(vec![body_complaint("maxLength", message)]));
        }
        Some(unread) => {
            let violation = body_complaint("malformed", unread.to_string());
            return Err(Problem::new(known.unreadable).violations(vec![violation]));
        }
        None => {}
    }
    if call.body.is_empty()
        && call.headers.get(CONTENT_TYPE).is_none_or(|kind| !kind.as_bytes().starts_with(b"multipart/"))
    {
        return Ok(Body { media: None, ..Body::default() });
    }
    // A header that is no text names no type that anyone declares; only a missing one is taken for JSON.
    let content_type = call.headers.get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap_or("unreadable"));
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some(media) = choose(&declared.media, &kind) else {
        let names: Vec<&str> = declared.media.iter().map(|media| media.name.as_str()).collect();
        let message = format!("Content-Type must be {}", names.join(" or "));
        let violation = complaint(Place::Header, "/Content-Type", "contentType", message);
        return Err(Problem::new(known.unsupported_media_type).violations(vec![violation]));
    };
    if is_json(&media.name) || (media.name == "*/*" && is_json(&kind)) {
        let value = serde_json::from_slice(&call.body).map_err(|error| unreadable_json(contract, &error))?;
        return Ok(Body { value, media: Some(media), ..Body::default() });
    }
    match media.name.as_str() {
        "application/x-www-form-urlencoded" => form(contract, media, call),
        "multipart/form-data" => multipart(contract, media, content_type, call),
        _ => {
            let value = json!({"contentType": kind, "size": call.body.len()});
            let view = Some(Value::String(String::new()));
            Ok(Body {
                value,
                schema_view: view,
                uploads: vec![("*".to_owned(), call.body.clone())],
                media: Some(media),
            })
        }
    }
}

/// Part of the same request, whoever sends it again: SHA-256 of what the body says, whatever its spacing or boundary.
pub fn fingerprint(call: &Call, body: &Value) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(call.query.as_deref().unwrap_or_default().as_bytes());
    digest.update([0]);
    digest.update(canonical(body).to_string().as_bytes());
    digest.finalize().into()
}

/// Object keys in order, at every depth.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|left, right| left.0.cmp(right.0));
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), canonical(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        other => other.clone(),
    }
}

fn body_complaint(keyword: &str, message: impl Into<String>) -> Violation {
    complaint(Place::Body, "", keyword, message)
}

/// The declared media type that fits what was sent. A body without a type is taken as JSON where JSON is declared.
fn choose<'o>(declared: &'o [Media], kind: &str) -> Option<&'o Media> {
    if kind.is_empty() {
        return declared.iter().find(|media| is_json(&media.name) || media.name == "*/*");
    }
    let range = kind.split_once('/').map(|(main, _)| format!("{main}/*")).unwrap_or_default();
    let find = |name: &str| declared.iter().find(|media| media.name == name);
    find(kind).or_else(|| find(&range)).or_else(|| find("*/*"))
}

fn is_json(media: &str) -> bool {
    media == "application/json" || media.ends_with("+json")
}

fn unreadable_json(contract: &Contract, error: &serde_json::Error) -> Problem {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "ends too early".to_owned(),
        _ => error.to_string(),
    };
    let violation = body_complaint("malformed", format!("Body is not valid JSON: {what}"));
    Problem::new(contract.plan.errors.known.unreadable).violations(vec![violation])
}

fn form<'o>(contract: &Contract, media: &'o Media, call: &Call) -> Result<Body<'o>, Problem> {
    let pairs: Vec<(String, String)> =
        form_urlencoded::parse(&call.body).take(PARTS_MAX).map(|(key, value)| (key.into(), value.into())).collect();
    let value = Value::Object(decode_form(&pairs, &shape(&contract.document, &media.raw)));
    Ok(Body { value, media: Some(media), ..Body::default() })
}

fn multipart<'o>(contract: &Contract, media: &'o Media, content_type: &str, call: &Call) -> Result<Body<'o>, Problem> {
    let known = &contract.plan.errors.known;
    let unreadable = |message: String| {
        Problem::new(known.unreadable)
            .violations(vec![body_complaint("malformed", format!("Body is not multipart: {message}"))])
    };
    let boundary = multer::parse_boundary(content_type).map_err(|error| unreadable(error.to_string()))?;
    let parts = run(parts(call.body.clone(), boundary)).ok_or_else(|| unreadable("it never ends".to_owned()))?;
    let parts = parts.map_err(unreadable)?;
    let mut value = Map::new();
    let mut view = Map::new();
    let mut body = Body { media: Some(media), ..Body::default() };
    let mut fields = Vec::new();
    for part in parts {
        let property = Property::of(contract, media, &part.name);
        if part.filename.is_none() && part.content_type.is_none() && !property.binary {
            fields.push((part.name, String::from_utf8_lossy(&part.bytes).into_owned()));
            continue;
        }
        check_part(contract, media, &part, &property)?;
        let upload = json!({
            "filename": part.filename.as_deref().unwrap_or("upload"),
            "contentType": part.content_type.as_deref().unwrap_or("application/octet-stream"),
            "size": part.bytes.len(),
            "sha256": crate::words::hex(&Sha256::digest(&part.bytes)),
        });
        if property.list {
            push(&mut value, &part.name, upload);
            push(&mut view, &part.name, Value::String(String::new()));
        } else if value.insert(part.name.clone(), upload).is_some() {
            let message = format!("{} must be given once", crate::words::humanise(&part.name));
            let violation = complaint(Place::Body, &format!("/{}", part.name), "maxItems", message);
            return Err(Problem::new(known.invalid).violations(vec![violation]));
        } else {
            view.insert(part.name.clone(), Value::String(String::new()));
        }
        body.uploads.push((part.name, part.bytes));
    }
    for (name, field) in decode_form(&fields, &shape(&contract.document, &media.raw)) {
        value.insert(name.clone(), field.clone());
        view.insert(name, field);
    }
    body.value = Value::Object(value);
    body.schema_view = Some(Value::Object(view));
    Ok(body)
}

/// What the schema of a multipart body says of one of its parts.
struct Property {
    /// Octets rather than text, whatever the part's own headers say.
    binary: bool,
    /// May come several times.
    list: bool,
    size_max: Option<u64>,
}

impl Property {
    fn of(contract: &Contract, media: &Media, name: &str) -> Property {
        let document = &contract.document;
        let schema = document.resolve(&media.raw);
        let property = schema.get("properties").and_then(|properties| properties.get(name));
        let property = property.map(|schema| document.resolve(schema));
        let items = property.filter(|schema| schema.get("type") == Some(&Value::from("array")));
        let items = items.and_then(|schema| schema.get("items")).map(|schema| document.resolve(schema));
        let one = items.or(property);
        Property {
            binary: one.is_some_and(|schema| schema.get("format") == Some(&Value::from("binary"))),
            list: items.is_some(),
            size_max: one.and_then(|schema| schema.get("maxLength")?.as_u64()),
        }
    }
}

fn push(map: &mut Map<String, Value>, name: &str, item: Value) {
    match map.get_mut(name) {
        Some(Value::Array(items)) => items.push(item),
        _ => {
            map.insert(name.to_owned(), Value::Array(vec![item]));
        }
    }
}

struct Part {
    name: String,
    filename: Option<String>,
    content_type: Option<String>,
    bytes: Bytes,
}

async fn parts(body: Bytes, boundary: String) -> Result<Vec<Part>, String> {
    let stream = Once(Some(body));
    let mut multipart = multer::Multipart::new(stream, boundary);
    let mut parts = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(|error| error.to_string())? {
        if parts.len() == PARTS_MAX {
            return Err(format!("it has more than {PARTS_MAX} parts"));
        }
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            filename: field.file_name().map(str::to_owned),
            content_type: field.content_type().map(|kind| kind.essence_str().to_owned()),
            bytes: field.bytes().await.map_err(|error| error.to_string())?,
        });
    }
    Ok(parts)
}

/// A stream of one chunk that is always ready.
struct Once(Option<Bytes>);

impl futures_core::Stream for Once {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

/// Runs a future that never waits for anything. The bound is a guard against a bug, not a limit that input can reach.
fn run<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    None
}

/// Size (`maxLength` of a binary string counts octets) and content type (`encoding`) of an uploaded part.
fn check_part(contract: &Contract, media: &Media, part: &Part, property: &Property) -> Result<(), Problem> {
    let known = &contract.plan.errors.known;
    let pointer = format!("/{}", part.name);
    let label = crate::words::humanise(&part.name);
    if let Some(limit) = property.size_max.filter(|limit| part.bytes.len() as u64 > *limit) {
        let message = format!("{label} must be at most {limit} bytes");
        return Err(Problem::new(known.too_large).violations(vec![complaint(
            Place::Body,
            &pointer,
            "maxLength",
            message,
        )]));
    }
    let Some(allowed) = media.part_types.get(&part.name) else { return Ok(()) };
    let sent = part.content_type.as_deref().unwrap_or("application/octet-stream");
    let fits = |allowed: &String| match allowed.strip_suffix("/*") {
        Some(main) => sent.split('/').next() == Some(main),
        None => allowed == sent || allowed == "*/*",
    };
    if allowed.is_empty() || allowed.iter().any(fits) {
        return Ok(());
    }
    let message = format!("{label} must be {}", allowed.join(", "));
    Err(Problem::new(known.unsupported_media_type).violations(vec![complaint(
        Place::Body,
        &pointer,
        "contentType",
        message,
    )]))
}
