//! A payload as bytes of its media type: JSON, forms, multipart, text as it is.

use bytes::Bytes;
use serde_json::Value;

use super::given::Absent;
use super::{Fault, form, multipart, replace, undefined};
use crate::contract::Contract;
use crate::contract::operation::{Media, Operation};
use crate::scenario::check::media;
use crate::scenario::exchange::{is_json, media_type};
use crate::scenario::expression::Context;
use crate::scenario::finding::Finding;
use crate::scenario::model::RequestBody;
use crate::scenario::template::Template;
use crate::words::kind_in_words;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

/// A body ready to be sent.
#[derive(Debug, Default)]
pub struct Written {
    pub bytes: Bytes,
    pub content_type: Option<String>,
    /// The payload before it was written.
    pub sent: Option<Value>,
}

/// What a body is written for.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    pub contract: &'a Contract,
    pub operation: &'a Operation,
    /// A `Content-Type` that the step gives as a header, for want of `contentType`.
    pub header: Option<&'a str>,
}

pub fn write(
    body: &RequestBody,
    target: Target<'_>,
    absent: &Absent<'_>,
    context: &Context<'_>,
) -> Result<Written, Vec<Finding>> {
    let payload = match &body.payload {
        Some(template) => absent.evaluate(template, context),
        None if body.replacements.is_empty() => Ok(None),
        None => Ok(Some(Value::Object(Default::default()))),
    };
    let payload = payload.map_err(|error| vec![undefined(&error, body.site.below("payload"))])?;
    let given = body.content_type.as_deref().or(target.header);
    let Some(mut payload) = payload else {
        return Ok(Written { content_type: given.map(str::to_owned), ..Written::default() });
    };
    let kind = Kind::choose(given, target.operation, &payload);
    // Text that is meant as JSON already is sent letter by letter, unless values have to be set in it.
    let mut verbatim = is_json(&kind.essence) && kind.is_text(target.contract, body.payload.as_ref(), &payload);
    if !body.replacements.is_empty() {
        if let (true, Value::String(text)) = (verbatim, &payload) {
            let parsed = serde_json::from_str(text);
            payload = parsed.map_err(|error| {
                let fault = Fault::new(format!("the payload is not JSON, so nothing can be replaced in it: {error}"));
                vec![fault.at(body.site.below("payload"))]
            })?;
            verbatim = false;
        }
        let findings = replace::apply(&mut payload, &body.replacements, absent, context);
        if !findings.is_empty() {
            return Err(findings);
        }
    }
    kind.write(payload, verbatim, target).map_err(|fault| vec![fault.at(body.site.below("payload"))])
}

/// The media type of a body.
struct Kind<'a> {
    /// As it is sent.
    header: String,
    /// Without parameters, lower-case.
    essence: String,
    media: Option<&'a Media>,
}

impl<'a> Kind<'a> {
    /// The one given, else the operation's first, else what the payload is by nature.
    fn choose(given: Option<&str>, operation: &'a Operation, payload: &Value) -> Kind<'a> {
        let declared = operation.body.as_ref().map(|body| body.media.as_slice()).unwrap_or_default();
        let first = declared.first().map(|media| media.name.as_str());
        let mut header = given.or(first).unwrap_or("*/*").to_owned();
        let mut essence = media_type(&header);
        let fitting = media::best(declared.iter().map(|media| media.name.as_str()), &essence);
        let mut media = fitting.map(|index| &declared[index]);
        if essence.contains('*') {
            media = media.or(declared.first());
            header = by_nature(&essence, payload);
            essence = media_type(&header);
        }
        Kind { header, essence, media }
    }

    /// Is a string payload the JSON text itself, rather than a JSON string? Text with expressions in it is, and so is whatever parses
    /// as JSON. Other text is a JSON string where the schema takes one, and goes out as it is where it does not: as broken JSON.
    fn is_text(&self, contract: &Contract, template: Option<&Template>, payload: &Value) -> bool {
        let Value::String(text) = payload else { return false };
        match template {
            Some(Template::Text(_)) => true,
            Some(Template::Literal(_)) => {
                let accepts_string = || match self.media.and_then(|media| media.schema) {
                    Some(schema) => contract.schemas.accepts(schema, payload),
                    None => true,
                };
                serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() || !accepts_string()
            }
            _ => false,
        }
    }

    fn write(self, payload: Value, verbatim: bool, target: Target<'_>) -> Result<Written, Fault> {
        if let Some(file) = multipart::file(&payload) {
            let bytes = Bytes::from(file?.bytes);
            return Ok(Written { bytes, content_type: Some(self.header), sent: Some(payload) });
        }
        if is_json(&self.essence) {
            return self.json(payload, verbatim);
        }
        match (self.essence.as_str(), payload) {
            (FORM, Value::Object(fields)) => {
                let text = form::write(&fields, target.contract, target.operation, &self.essence);
                Ok(self.written(text, Value::Object(fields)))
            }
            (FORM, Value::String(text)) => {
                let sent = form::read(&text, target.contract, self.media);
                Ok(self.written(text, sent))
            }
            (MULTIPART, Value::Object(parts)) => {
                let given = boundary(&self.header);
                let (bytes, boundary) = multipart::write(&parts, self.media, given.as_deref())?;
                let header = match given {
                    Some(_) => self.header,
                    None => format!("{}; boundary={boundary}", self.header),
                };
                Ok(Written { bytes: bytes.into(), content_type: Some(header), sent: Some(Value::Object(parts)) })
            }
            (_, Value::String(text)) => {
                let sent = Value::String(text.clone());
                Ok(self.written(text, sent))
            }
            (FORM | MULTIPART, other) => {
                let fault = Fault::new(format!("{} cannot be written as {}", kind_in_words(&other), self.essence));
                Err(fault.hint("give the payload as an object of fields"))
            }
            (_, Value::Number(number)) => Ok(self.written(number.to_string(), Value::Number(number))),
            (_, Value::Bool(truth)) => Ok(self.written(truth.to_string(), Value::Bool(truth))),
            (_, other) => {
                let fault = Fault::new(format!("{} cannot be written as {}", kind_in_words(&other), self.essence));
                Err(fault.hint("give the payload as text, or another `contentType`"))
            }
        }
    }

    fn json(self, payload: Value, verbatim: bool) -> Result<Written, Fault> {
        match payload {
            Value::String(text) if verbatim => {
                let sent = serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.clone()));
                Ok(self.written(text, sent))
            }
            payload => {
                let bytes = serde_json::to_vec(&payload).map_err(|error| Fault::new(error.to_string()))?;
                Ok(Written { bytes: bytes.into(), content_type: Some(self.header), sent: Some(payload) })
            }
        }
    }

    fn written(self, text: String, sent: Value) -> Written {
        Written { bytes: text.into(), content_type: Some(self.header), sent: Some(sent) }
    }
}

/// Where a range or nothing at all is declared, JSON for structures and plain text for text.
fn by_nature(range: &str, payload: &Value) -> String {
    let text = "text/plain; charset=utf-8";
    let kind = match payload {
        Value::String(_) => text,
        _ => JSON,
    };
    match multipart::file(payload) {
        Some(Ok(file)) => file.content_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        _ if media::best([range].into_iter(), &media_type(kind)).is_some() => kind.to_owned(),
        _ => format!("{}/octet-stream", range.split('/').next().unwrap_or("application")),
    }
}

/// The `boundary` parameter of a `Content-Type`.
fn boundary(header: &str) -> Option<String> {
    let parameters = header.split(';').skip(1).filter_map(|parameter| parameter.trim().split_once('='));
    let mut named = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"));
    named.next().map(|(_, value)| value.trim().trim_matches('"').to_owned()).filter(|value| !value.is_empty())
}
