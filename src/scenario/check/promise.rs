//! What one operation promises, ready to be held against exchanges.

use serde_json::Value;

use super::outline::{OutlineId, Outlines, Place as SchemaPlace};
use super::site;
use crate::contract::Contract;
use crate::contract::document::Document;
use crate::contract::operation::{Media, Operation, Response};
use crate::contract::parameter::{Parameter, Shape, Style, shape};
use crate::contract::schema::SchemaId;
use crate::contract::violation::Place;
use crate::scenario::exchange::{is_json, media_type};

/// Compiled when the operation is first called.
#[derive(Debug)]
pub struct Promise {
    /// Exact statuses first, then ranges, then `default`: the first that fits is meant.
    pub replies: Vec<ReplyPromise>,
    /// In the order of the request body's media types.
    pub requests: Vec<MediaPromise>,
    /// The path template, segment by segment.
    pub template: Vec<Vec<Piece>>,
}

#[derive(Debug)]
pub struct ReplyPromise {
    /// As the operation has it: `200`, `4XX`, `default`.
    pub key: String,
    statuses: Statuses,
    /// Where it stands in the document.
    pub pointer: String,
    /// Headers of replies are read as parameters are.
    pub headers: Vec<Parameter>,
    pub media: Vec<MediaPromise>,
}

/// The statuses that a key of a Responses Object stands for, the more exact ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statuses {
    One(u16),
    /// By their first digit.
    Range(u16),
    Any,
}

#[derive(Debug)]
pub struct MediaPromise {
    /// Lower-case, without parameters; may be a range.
    pub name: String,
    pub schema: Option<SchemaId>,
    /// Where the schema stands.
    pub pointer: String,
    pub outline: Option<OutlineId>,
    /// What text may become under this schema: for forms, and to know whether plain text can be held against it.
    pub shape: Shape,
}

/// A piece of a path template's segment.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Name(String),
}

impl Promise {
    pub fn compile(contract: &Contract, operation: &Operation, outlines: &Outlines) -> Promise {
        let document = &contract.document;
        let replies =
            operation.responses.iter().map(|(key, response)| reply(document, operation, key, response, outlines));
        let mut replies: Vec<ReplyPromise> = replies.collect();
        replies.sort_by_key(|reply| reply.statuses);
        let requests = operation.body.as_ref().map(|body| {
            let owner = site::request_body(document, operation);
            media(document, &owner, &body.media, outlines)
        });
        Promise { replies, requests: requests.unwrap_or_default(), template: template(&operation.template) }
    }

    /// The promise for a status: the exact code, its range, or `default`.
    pub fn reply(&self, status: u16) -> Option<&ReplyPromise> {
        self.replies.iter().find(|reply| reply.statuses.fit(status))
    }

    /// The values of the template's names in a path, still encoded. The target's base path may be any, so segments are counted from
    /// the end. `None` where the path is not of this template.
    pub fn path_values(&self, path: &str) -> Option<Vec<(String, String)>> {
        let segments: Vec<&str> = path.split('/').collect();
        let start = segments.len().checked_sub(self.template.len())?;
        let mut values = Vec::new();
        for (pieces, segment) in self.template.iter().zip(&segments[start..]) {
            segment_values(pieces, segment, &mut values)?;
        }
        Some(values)
    }
}

impl Statuses {
    /// A key as operations have it: `200`, `4XX`, `default`.
    pub fn of(key: &str) -> Statuses {
        match (key.parse(), key.strip_suffix("XX").and_then(|first| first.parse().ok())) {
            (Ok(code), _) => Statuses::One(code),
            (_, Some(first)) => Statuses::Range(first),
            _ => Statuses::Any,
        }
    }

    pub fn fit(self, status: u16) -> bool {
        match self {
            Statuses::One(code) => code == status,
            Statuses::Range(first) => first == status / 100,
            Statuses::Any => true,
        }
    }
}

fn reply(
    document: &Document,
    operation: &Operation,
    key: &str,
    response: &Response,
    outlines: &Outlines,
) -> ReplyPromise {
    let pointer = site::response(document, operation, key);
    let headers = response.headers.iter().map(|header| {
        let declared = document.at(&site::header(document, &pointer, &header.name));
        let content = declared.and_then(|declared| declared.get("content")?.as_object()?.keys().next());
        Parameter {
            name: header.name.clone(),
            place: Place::Header,
            required: header.required,
            style: Style::Simple,
            explode: declared.and_then(|declared| declared.get("explode")?.as_bool()).unwrap_or(false),
            schema: header.schema,
            raw: Value::Null,
            default: None,
            description: String::new(),
            json: content.is_some_and(|name| is_json(&media_type(name))),
            shape: shape(document, &header.raw),
        }
    });
    let headers = headers.collect();
    let media = media(document, &pointer, &response.media, outlines);
    ReplyPromise { key: key.to_owned(), statuses: Statuses::of(key), pointer, headers, media }
}

fn media(document: &Document, owner: &str, declared: &[Media], outlines: &Outlines) -> Vec<MediaPromise> {
    let compile = |(index, media): (usize, &Media)| {
        let pointer = site::media_schema(document, owner, index);
        let place = pointer.as_deref().and_then(|pointer| SchemaPlace::at(document, pointer));
        MediaPromise {
            name: media.name.clone(),
            schema: media.schema,
            outline: place.and_then(|place| outlines.intern(document, vec![place])),
            pointer: pointer.unwrap_or_else(|| owner.to_owned()),
            shape: shape(document, &media.raw),
        }
    };
    declared.iter().enumerate().map(compile).collect()
}

/// `/posts/{id}.{format}` as segments of pieces.
fn template(text: &str) -> Vec<Vec<Piece>> {
    let segments = text.strip_prefix('/').unwrap_or(text).split('/');
    segments.map(pieces).collect()
}

fn pieces(segment: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = segment;
    while let Some((text, (name, after))) =
        rest.split_once('{').and_then(|(text, tail)| Some((text, tail.split_once('}')?)))
    {
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
        pieces.push(Piece::Name(name.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    pieces
}

fn segment_values(pieces: &[Piece], segment: &str, values: &mut Vec<(String, String)>) -> Option<()> {
    let mut rest = segment;
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => rest = rest.strip_prefix(text.as_str())?,
            Piece::Name(name) => {
                // A value ends where the text after it begins; the last one takes all that is left before a closing text.
                let end = match pieces.get(index + 1) {
                    Some(Piece::Text(text)) if index + 2 == pieces.len() => rest.strip_suffix(text.as_str())?.len(),
                    Some(Piece::Text(text)) => rest.find(text.as_str())?,
                    _ => rest.len(),
                };
                values.push((name.clone(), rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
    }
    rest.is_empty().then_some(())
}
