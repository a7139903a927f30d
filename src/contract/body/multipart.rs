//! Multipart bodies: uploads and the fields beside them.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Body, PARTS_MAX, Unfit, UnfitKind, body_complaint, is_json};
use crate::call::Call;
use crate::contract::Contract;
use crate::contract::operation::{Media, upload};
use crate::contract::violation::{Place, complaint};

/// Reads the parts: uploads as what is known of each, the others as fields of a form.
pub fn read<'o>(contract: &Contract, media: &'o Media, content_type: &str, call: &Call) -> Result<Body<'o>, Unfit> {
    let unreadable = |message: String| {
        let violation = body_complaint("malformed", format!("Body is not multipart: {message}"));
        Unfit::new(UnfitKind::Unreadable, violation)
    };
    let boundary = multer::parse_boundary(content_type).map_err(|error| unreadable(error.to_string()))?;
    let parts = run(parts(call.body.clone(), boundary)).ok_or_else(|| unreadable("it never ends".to_owned()))?;
    let mut parts = parts.map_err(unreadable)?;
    parts.iter_mut().for_each(|part| part.settle_name(contract, media));
    let mut value = Map::new();
    let mut view = Map::new();
    let mut body = Body { media: Some(media), ..Body::default() };
    let mut fields = Vec::new();
    for part in parts {
        let property = Property::of(contract, media, &part.name);
        if part.is_field(media, &property) {
            fields.push((part.name, String::from_utf8_lossy(&part.bytes).into_owned()));
            continue;
        }
        check_part(media, &part, &property)?;
        let upload = json!({
            "filename": part.filename.as_deref().unwrap_or("upload"),
            "contentType": part.content_type(),
            "size": part.bytes.len(),
            "sha256": crate::words::hex(&Sha256::digest(&part.bytes)),
        });
        if property.list {
            push(&mut value, &part.name, upload);
            push(&mut view, &part.name, Value::String(String::new()));
        } else if value.insert(part.name.clone(), upload).is_some() {
            let message = format!("{} must be given once", crate::words::humanise(&part.name));
            let violation = complaint(Place::Body, &format!("/{}", part.name), "maxItems", message);
            return Err(Unfit::new(UnfitKind::Invalid, violation));
        } else {
            view.insert(part.name.clone(), Value::String(String::new()));
        }
        body.uploads.push((part.name, part.bytes));
    }
    for (name, field) in super::fields(contract, media, fields) {
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
    fn is_declared(contract: &Contract, media: &Media, name: &str) -> bool {
        let schema = contract.document.resolve(&media.raw);
        schema.get("properties").is_some_and(|properties| properties.get(name).is_some())
    }

    fn list_of_bytes(&self) -> bool {
        self.list && self.binary
    }

    fn of(contract: &Contract, media: &Media, name: &str) -> Property {
        let document = &contract.document;
        let schema = document.resolve(&media.raw);
        let property = schema.get("properties").and_then(|properties| properties.get(name));
        let property = property.map(|schema| document.resolve(schema));
        let items = property.filter(|schema| schema.get("type") == Some(&Value::from("array")));
        let items = items.and_then(|schema| schema.get("items")).map(|schema| document.resolve(schema));
        let one = items.or(property);
        Property {
            binary: one.is_some_and(upload::is_bytes),
            list: items.is_some(),
            size_max: one.and_then(upload::size_max),
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

impl Part {
    fn content_type(&self) -> &str {
        self.content_type.as_deref().unwrap_or("application/octet-stream")
    }

    /// A text beside the uploads. It may say of itself that it is text or JSON (RFC 7578, 4.4; OpenAPI 3.1, 4.8.14.4).
    fn is_field(&self, media: &Media, property: &Property) -> bool {
        let readable = |kind: &str| kind == "text/plain" || is_json(kind);
        let plain = self.content_type.as_deref().is_none_or(|kind| readable(kind) && may_be(media, &self.name, kind));
        self.filename.is_none() && !property.binary && plain
    }

    /// An item of a declared list of uploads may be named `files[]` or `files[0]`.
    fn settle_name(&mut self, contract: &Contract, media: &Media) {
        let Some((list, place)) = self.name.strip_suffix(']').and_then(|name| name.split_once('[')) else { return };
        if place.bytes().all(|byte| byte.is_ascii_digit())
            && !Property::is_declared(contract, media, &self.name)
            && Property::of(contract, media, list).list_of_bytes()
        {
            self.name.truncate(list.len());
        }
    }
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
fn check_part(media: &Media, part: &Part, property: &Property) -> Result<(), Unfit> {
    let label = crate::words::humanise(&part.name);
    let unfit = |kind: UnfitKind, keyword: &'static str, message: String| {
        Err(Unfit::new(kind, complaint(Place::Body, &format!("/{}", part.name), keyword, message)))
    };
    if let Some(limit) = property.size_max.filter(|limit| part.bytes.len() as u64 > *limit) {
        return unfit(UnfitKind::TooLarge, "maxLength", format!("{label} must be at most {limit} bytes"));
    }
    if may_be(media, &part.name, part.content_type()) {
        return Ok(());
    }
    let allowed = media.part_types.get(&part.name).map(|allowed| allowed.join(", ")).unwrap_or_default();
    unfit(UnfitKind::MediaType, "contentType", format!("{label} must be {allowed}"))
}

/// May a part of this name be of this content type?
fn may_be(media: &Media, name: &str, kind: &str) -> bool {
    let fits = |allowed: &String| match allowed.strip_suffix("/*") {
        Some(main) => kind.split('/').next() == Some(main),
        None => allowed == kind || allowed == "*/*",
    };
    media.part_types.get(name).is_none_or(|allowed| allowed.is_empty() || allowed.iter().any(fits))
}
