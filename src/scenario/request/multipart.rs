//! `multipart/form-data` bodies (RFC 7578; OpenAPI 3.1, 4.8.14.4), the same bytes for the same payload.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::Fault;
use super::style::text;
use crate::contract::operation::Media;
use crate::scenario::exchange::media_type;
use crate::words::{did_you_mean, hex};

/// The key of an object that stands for a file: `{"x-standin-file": {"name": "a.png", "contentType": "image/png", "base64": "…"}}`.
pub const FILE_KEY: &str = "x-standin-file";

/// What divides the parts.
const BOUNDARY: &str = "standin-boundary";

const FILE_FIELDS: [&str; 4] = ["name", "contentType", "text", "base64"];

/// What an `x-standin-file` object says.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub content_type: Option<String>,
    pub bytes: Vec<u8>,
}

/// The body, and the boundary that its `Content-Type` must name.
pub fn write(
    payload: &Map<String, Value>,
    media: Option<&Media>,
    boundary: Option<&str>,
) -> Result<(Vec<u8>, String), Fault> {
    let mut parts = Vec::new();
    for (name, value) in payload {
        match value {
            Value::Array(items) => {
                for item in items {
                    parts.push(Part::of(name, item, media)?);
                }
            }
            value => parts.push(Part::of(name, value, media)?),
        }
    }
    let boundary = match boundary {
        Some(given) => given.to_owned(),
        None => unused_boundary(&parts),
    };
    let mut body = Vec::with_capacity(parts.iter().map(|part| part.head.len() + part.bytes.len() + 64).sum());
    for part in &parts {
        for piece in [b"--", boundary.as_bytes(), b"\r\n", part.head.as_bytes(), b"\r\n", &part.bytes, b"\r\n"] {
            body.extend_from_slice(piece);
        }
    }
    for piece in [b"--", boundary.as_bytes(), b"--\r\n"] {
        body.extend_from_slice(piece);
    }
    Ok((body, boundary))
}

/// Reads an object that stands for a file; `None` where the value is none.
pub fn file(value: &Value) -> Option<Result<File, Fault>> {
    value.as_object()?.get(FILE_KEY).map(read_file)
}

struct Part {
    /// The part's headers, each with its line end.
    head: String,
    bytes: Vec<u8>,
}

impl Part {
    fn of(name: &str, value: &Value, media: Option<&Media>) -> Result<Part, Fault> {
        // A range says what a part may be, not what this one is.
        let declared = media.and_then(|media| media.part_types.get(name)?.first()).filter(|kind| !kind.contains('*'));
        let mut head = format!("Content-Disposition: form-data; name=\"{}\"", quoted(name));
        let (kind, bytes) = match file(value) {
            Some(read) => {
                let file = read?;
                head.push_str(&format!("; filename=\"{}\"", quoted(&file.name)));
                let kind = file.content_type.or_else(|| declared.cloned());
                (Some(kind.unwrap_or_else(|| "application/octet-stream".to_owned())), file.bytes)
            }
            None => {
                let json = (value.is_object() || value.is_array()).then(|| "application/json".to_owned());
                let bytes = if value.is_null() { Vec::new() } else { text(value).into_owned().into_bytes() };
                (declared.cloned().or(json), bytes)
            }
        };
        head.push_str("\r\n");
        if let Some(kind) = kind {
            head.push_str(&format!("Content-Type: {kind}\r\n"));
        }
        Ok(Part { head, bytes })
    }

    fn holds(&self, needle: &str) -> bool {
        self.head.contains(needle) || self.bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    }
}

/// Always the same one, unless a part holds it: then one that is made of the parts' digest, which none of them can hold.
fn unused_boundary(parts: &[Part]) -> String {
    if !parts.iter().any(|part| part.holds(BOUNDARY)) {
        return BOUNDARY.to_owned();
    }
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.head.as_bytes());
        digest.update(&part.bytes);
    }
    format!("{BOUNDARY}-{}", hex(&digest.finalize()[..16]))
}

/// As browsers quote names (HTML, "multipart form data").
fn quoted(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

fn read_file(file: &Value) -> Result<File, Fault> {
    let Value::Object(fields) = file else {
        let fault = Fault::new(format!("`{FILE_KEY}` is not an object"));
        return Err(fault.hint("write `{name: …, contentType: …, text: …}`, or `base64` in place of `text`"));
    };
    for key in fields.keys() {
        if !FILE_FIELDS.contains(&key.as_str()) {
            let fault = Fault::new(format!("`{FILE_KEY}` has no field `{key}`"));
            return Err(match did_you_mean(key, FILE_FIELDS) {
                Some(near) => fault.hint(format!("did you mean `{near}`?")),
                None => fault.hint(format!("there are: {}", FILE_FIELDS.join(", "))),
            });
        }
    }
    let bytes = match (fields.get("text"), fields.get("base64")) {
        (Some(content), None) => text(content).into_owned().into_bytes(),
        (None, Some(Value::String(encoded))) => BASE64_STANDARD.decode(encoded.as_bytes()).map_err(|error| {
            let fault = Fault::new(format!("`base64` of `{FILE_KEY}` is not base64: {error}"));
            fault.hint("write standard base64 with its padding (RFC 4648, 4)")
        })?,
        _ => {
            let fault = Fault::new(format!("`{FILE_KEY}` has no content"));
            return Err(fault.hint("give either `text` or `base64`, each as text"));
        }
    };
    let content_type = fields.get("contentType").map(|kind| text(kind).into_owned());
    if let Some(kind) =
        content_type.as_deref().filter(|kind| kind.contains(['\r', '\n']) || media_type(kind).is_empty())
    {
        return Err(Fault::new(format!("`contentType` of `{FILE_KEY}` is no media type: {kind:?}")));
    }
    let name = fields.get("name").map_or_else(|| "upload".to_owned(), |name| text(name).into_owned());
    Ok(File { name, content_type, bytes })
}
