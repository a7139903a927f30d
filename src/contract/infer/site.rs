//! What every later step asks about an operation, worked out once: its path in segments, its reply's content, its body.

use http::Method;
use serde_json::Value;

use super::envelope::{Content, Payload, payload};
use super::names::flat;
use super::view::View;
use crate::contract::document::Document;
use crate::contract::operation::{Media, Operation, Operations, Response};
use crate::contract::parameter::Parameter;
use crate::contract::violation::Place;
use crate::json;

/// The document and its operations, looked at.
pub struct Survey<'a> {
    pub document: &'a Document,
    pub operations: &'a Operations,
    /// One for each operation, in the same order.
    pub sites: Vec<Site<'a>>,
}

pub struct Site<'a> {
    pub operation: &'a Operation,
    pub path: Vec<Segment>,
    /// The collection that the path itself is, or is an item of, as [`Site::key`] writes it.
    pub collection: String,
    pub success: Option<Success<'a>>,
    /// The body's media type that is JSON, or else the first.
    pub body_media: Option<&'a Media>,
    pub body: Option<View<'a>>,
}

pub struct Success<'a> {
    pub status: &'a str,
    pub response: &'a Response,
    pub media: Option<&'a Media>,
    pub payload: Payload<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    Literal(String),
    Parameter(String),
}

/// Path parameters that choose a version or a language, not a record.
const NO_PARENTS: [&str; 7] = ["version", "apiversion", "locale", "lang", "language", "format", "v"];

impl<'a> Survey<'a> {
    pub fn of(document: &'a Document, operations: &'a Operations) -> Survey<'a> {
        let sites = operations.list.iter().map(|operation| Site::of(document, operation)).collect();
        Survey { document, operations, sites }
    }

    /// A part of an operation as the document writes it, `$ref`s followed: `["responses", "404"]`.
    pub fn written(&self, operation: &Operation, keys: &[&str]) -> Option<&'a Value> {
        let mut value = self.document.resolve(self.document.at(&operation.pointer)?);
        for key in keys {
            value = self.document.resolve(json::get(value, key)?);
        }
        Some(value)
    }
}

impl<'a> Site<'a> {
    fn of(document: &'a Document, operation: &'a Operation) -> Site<'a> {
        let path = segments(&operation.template);
        let body_media = operation.body.as_ref().and_then(|body| preferred(&body.media));
        let body = body_media.map(|media| View::of(document, &media.raw));
        let mut site = Site { operation, path, collection: String::new(), success: None, body_media, body };
        site.collection = site.key(site.path.len() - usize::from(site.ends_in_parameter()));
        let success = operation.responses.iter().find(|(status, _)| status.starts_with('2'));
        site.success = success.map(|(status, response)| {
            let media = preferred(&response.media);
            let payload = match media {
                Some(media) => {
                    let many = operation.method == Method::GET && !site.ends_in_parameter();
                    let hint = site.last_literal().unwrap_or_default();
                    payload(document, &media.raw, hint, many)
                }
                None => Payload { path: Vec::new(), content: Content::Nothing },
            };
            Success { status, response, media, payload }
        });
        site
    }

    pub fn method(&self) -> &Method {
        &self.operation.method
    }

    pub fn content(&self) -> Content<'a> {
        self.success.as_ref().map_or(Content::Nothing, |success| success.payload.content)
    }

    pub fn ends_in_parameter(&self) -> bool {
        matches!(self.path.last(), Some(Segment::Parameter(_)))
    }

    pub fn last_literal(&self) -> Option<&str> {
        self.path.iter().rev().find_map(Segment::literal)
    }

    /// The path's first `length` segments with its parameters unnamed: `/users/{}/pets`.
    pub fn key(&self, length: usize) -> String {
        let mut key = String::new();
        for segment in self.path.iter().take(length) {
            key.push('/');
            key.push_str(segment.literal().unwrap_or("{}"));
        }
        key
    }

    /// Parameters that name a record above the collection at `length` segments: (segment's index, parameter's name).
    pub fn parents(&self, length: usize) -> Vec<(usize, &str)> {
        let above = self.path.iter().take(length).enumerate();
        let named = above.filter_map(|(index, segment)| segment.parameter().map(|name| (index, name)));
        named.filter(|(_, name)| !NO_PARENTS.contains(&flat(name).as_str())).collect()
    }

    pub fn query(&self) -> impl Iterator<Item = &'a Parameter> {
        self.operation.parameters.iter().filter(|parameter| parameter.place == Place::Query)
    }

    pub fn declares(&self, status: &str) -> bool {
        self.operation.responses.contains_key(status)
    }
}

impl Segment {
    pub fn literal(&self) -> Option<&str> {
        match self {
            Segment::Literal(text) => Some(text),
            Segment::Parameter(_) => None,
        }
    }

    pub fn parameter(&self) -> Option<&str> {
        match self {
            Segment::Literal(_) => None,
            Segment::Parameter(name) => Some(name),
        }
    }
}

/// Cuts a template; `/posts/{id}:cancel` is `posts`, `{id}`, `cancel`, and `{id}.json` is `{id}`.
fn segments(template: &str) -> Vec<Segment> {
    let mut segments = Vec::new();
    for text in template.split('/').filter(|text| !text.is_empty()) {
        let parameter = text.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
        let Some((name, rest)) = parameter else {
            segments.push(Segment::Literal(text.to_owned()));
            continue;
        };
        segments.push(Segment::Parameter(name.to_owned()));
        if let Some(action) = rest.strip_prefix(':').filter(|action| !action.contains('{')) {
            segments.push(Segment::Literal(action.to_owned()));
        }
    }
    segments
}

/// The media type that is JSON, or else the first.
pub fn preferred(media: &[Media]) -> Option<&Media> {
    media.iter().find(|media| media.name.contains("json")).or_else(|| media.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_cut_into_segments_and_actions() {
        let literal = |text: &str| Segment::Literal(text.to_owned());
        let parameter = |text: &str| Segment::Parameter(text.to_owned());
        assert_eq!(segments("/posts/{id}:cancel"), [literal("posts"), parameter("id"), literal("cancel")]);
        assert_eq!(segments("/a/{b}.json/"), [literal("a"), parameter("b")]);
        assert_eq!(segments("/{a}-{b}/c"), [parameter("a"), literal("c")]);
        assert_eq!(segments("/{broken"), [literal("{broken")]);
        assert_eq!(segments(""), []);
    }
}
