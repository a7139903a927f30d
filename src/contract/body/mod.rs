//! Request bodies as the service takes them: from bytes, `Content-Type` and query to a JSON value and uploads.
//!
//! What the service overlooks ([`RequestRule`](super::vocabulary::RequestRule)) is overlooked here, so that whoever answers a call and whoever
//! judges one read it alike.

mod multipart;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use super::Contract;
use super::operation::{Media, Operation, RequestBody, upload};
use super::parameter::{decode_form, field_of, overlook, overlook_pairs, share};
use super::security::Scheme;
use super::violation::{Place, Violation, complaint};
use crate::call::Call;

/// Most parts of a multipart body, and most pairs of a form.
pub const PARTS_MAX: usize = 1_000;
/// The name of an upload that is the whole body.
const WHOLE: &str = "*";

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
    /// Parameters of the query, by name, that stand for members which the schema knows.
    pub from_query: Vec<String>,
}

/// Why a body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    pub kind: UnfitKind,
    pub violation: Violation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnfitKind {
    TooLarge,
    /// Not a declared media type, as a whole or in a part.
    MediaType,
    /// Not well formed.
    Unreadable,
    /// Well formed, and more than the schema has room for.
    Invalid,
}

impl Unfit {
    fn new(kind: UnfitKind, violation: Violation) -> Unfit {
        Unfit { kind, violation }
    }
}

impl Body<'_> {
    /// The bytes of a body that is an upload as a whole: nothing in it is read.
    pub fn whole(&self) -> Option<&Bytes> {
        self.uploads.iter().find(|(name, _)| name == WHOLE).map(|(_, bytes)| bytes)
    }

    /// What the schema sees.
    pub fn view(&self) -> &Value {
        self.schema_view.as_ref().unwrap_or(&self.value)
    }
}

/// Reads the body of a call whose bytes are all there; an operation that takes none has none.
pub fn read<'o>(contract: &Contract, operation: &'o Operation, call: &Call) -> Result<Body<'o>, Unfit> {
    let Some(declared) = &operation.body else { return Ok(Body::default()) };
    let body = sent(contract, declared, call)?;
    let joins = contract.plan.requests.query_as_body;
    Ok(if joins { with_query(contract, operation, declared, call, body) } else { body })
}

/// What was sent as a body, by its media type.
fn sent<'o>(contract: &Contract, declared: &'o RequestBody, call: &Call) -> Result<Body<'o>, Unfit> {
    if call.body.is_empty()
        && call.headers.get(CONTENT_TYPE).is_none_or(|kind| !kind.as_bytes().starts_with(b"multipart/"))
    {
        return Ok(Body::default());
    }
    // A header that is no text names no type that anyone declares; only a missing one is taken for JSON.
    let content_type = call.headers.get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap_or("unreadable"));
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let chosen = choose(&declared.media, &kind);
    if contract.plan.requests.any_json
        && let Some(body) = json_anyway(contract, declared, chosen, call)
    {
        return Ok(body);
    }
    let Some(media) = chosen else {
        let names: Vec<&str> = declared.media.iter().map(|media| media.name.as_str()).collect();
        let message = format!("Content-Type must be {}", names.join(" or "));
        let violation = complaint(Place::Header, "/Content-Type", "contentType", message);
        return Err(Unfit::new(UnfitKind::MediaType, violation));
    };
    if media.is_json() || (media.name.contains('*') && is_json(&kind)) {
        let value = serde_json::from_slice(&call.body).map_err(|error| unreadable_json(&error))?;
        return Ok(json_body(contract, media, value));
    }
    if media.is_form() {
        return Ok(form(contract, media, call));
    }
    if media.is_multipart() {
        return multipart::read(contract, media, content_type, call);
    }
    octets(contract, media, &kind, call)
}

/// A body that is JSON whatever its header says, unless the operation takes bodies of that very type as they are.
fn json_anyway<'o>(
    contract: &Contract,
    declared: &'o RequestBody,
    chosen: Option<&'o Media>,
    call: &Call,
) -> Option<Body<'o>> {
    let exact = chosen.filter(|media| !media.name.contains('*'));
    if exact.is_some_and(|media| !is_structured(media)) {
        return None;
    }
    let media = structured(declared)?;
    let first = call.body.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if !matches!(first, b'{' | b'[') {
        return None;
    }
    Some(json_body(contract, media, serde_json::from_slice(&call.body).ok()?))
}

fn json_body<'o>(contract: &Contract, media: &'o Media, value: Value) -> Body<'o> {
    let rule = &contract.plan.requests;
    let value = if rule.trim || rule.blank_as_absent || rule.numbers_as_text {
        overlook(value, media.shape(&contract.document), rule).unwrap_or_default()
    } else {
        value
    };
    Body { value, media: Some(media), ..Body::default() }
}

fn form<'o>(contract: &Contract, media: &'o Media, call: &Call) -> Body<'o> {
    let pairs = form_urlencoded::parse(&call.body).take(PARTS_MAX).map(|(key, value)| (key.into(), value.into()));
    let value = Value::Object(fields(contract, media, pairs.collect()));
    Body { value, media: Some(media), ..Body::default() }
}

/// Fields of a form, as the service takes them.
fn fields(contract: &Contract, media: &Media, mut pairs: Vec<(String, String)>) -> Map<String, Value> {
    let (shape, rule) = (media.shape(&contract.document), &contract.plan.requests);
    overlook_pairs(&mut pairs, shape, rule);
    let fields = decode_form(&pairs, shape);
    if !rule.trim && !rule.blank_as_absent {
        return fields;
    }
    overlook(Value::Object(fields), shape, rule).map(object).unwrap_or_default()
}

/// A body of bytes that nothing is read from.
fn octets<'o>(contract: &Contract, media: &'o Media, kind: &str, call: &Call) -> Result<Body<'o>, Unfit> {
    let size_max = upload::size_max(contract.document.resolve(&media.raw));
    if let Some(limit) = size_max.filter(|limit| call.body.len() as u64 > *limit) {
        let violation = body_complaint("maxLength", format!("Body must be at most {limit} bytes"));
        return Err(Unfit::new(UnfitKind::TooLarge, violation));
    }
    Ok(Body {
        value: json!({"contentType": kind, "size": call.body.len()}),
        schema_view: Some(Value::String(String::new())),
        uploads: vec![(WHOLE.to_owned(), call.body.clone())],
        media: Some(media),
        from_query: Vec::new(),
    })
}

/// The body with those members from the query that it lacks and that no parameter takes.
fn with_query<'o>(
    contract: &Contract,
    operation: &Operation,
    declared: &'o RequestBody,
    call: &Call,
    mut body: Body<'o>,
) -> Body<'o> {
    let media = body.media.or_else(|| structured(declared)).filter(|media| is_structured(media));
    let Some(media) = media.filter(|_| body.media.is_none() || body.value.is_object()) else { return body };
    let mut pairs = share(&operation.parameters, call.query.as_deref().unwrap_or_default()).others;
    pairs.retain(|(name, _)| !is_credential(contract, name));
    let shape = media.shape(&contract.document);
    let stands = |field: &str| shape.property(field).is_some() && body.value.get(field).is_none();
    let standing = pairs.iter().map(|(name, _)| name).filter(|name| stands(field_of(name, shape)));
    body.from_query = standing.cloned().collect();
    let members = fields(contract, media, pairs);
    if members.is_empty() && !declared.required {
        return body;
    }
    body.media = Some(media);
    let mut value = object(body.value);
    for (name, member) in members {
        if value.contains_key(&name) {
            continue;
        }
        if let Some(Value::Object(view)) = &mut body.schema_view {
            view.insert(name.clone(), member.clone());
        }
        value.insert(name, member);
    }
    body.value = Value::Object(value);
    body
}

fn is_credential(contract: &Contract, parameter: &str) -> bool {
    contract.schemes.values().any(|scheme| matches!(scheme, Scheme::Key(Place::Query, name) if name == parameter))
}

fn body_complaint(keyword: &'static str, message: impl Into<String>) -> Violation {
    complaint(Place::Body, "", keyword, message)
}

/// The declared media type that fits what was sent. A body without a type is taken as JSON where JSON is declared.
fn choose<'o>(declared: &'o [Media], kind: &str) -> Option<&'o Media> {
    if kind.is_empty() {
        return declared.iter().find(|media| media.is_json() || media.name == "*/*");
    }
    let find = |name: &str| declared.iter().find(|media| media.name == name);
    let range = || find(&format!("{}/*", kind.split_once('/')?.0));
    find(kind).or_else(range).or_else(|| find("*/*"))
}

/// The declared media type for JSON, or another with members.
fn structured(declared: &RequestBody) -> Option<&Media> {
    let mut media = declared.media.iter();
    media.clone().find(|media| media.is_json()).or_else(|| media.find(|media| is_structured(media)))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn is_structured(media: &Media) -> bool {
    media.is_json() || media.is_form() || media.is_multipart()
}

fn is_json(media: &str) -> bool {
    media == "application/json" || media.ends_with("+json")
}

fn unreadable_json(error: &serde_json::Error) -> Unfit {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "ends too early".to_owned(),
        _ => error.to_string(),
    };
    Unfit::new(UnfitKind::Unreadable, body_complaint("malformed", format!("Body is not valid JSON: {what}")))
}
