//! What tells an exchange's call from others: its target and body, the names it carries, and who calls.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::header::{AUTHORIZATION, CONTENT_TYPE};

use crate::audit::knowledge::Knowledge;
use crate::audit::observe::Exchange;
use crate::contract::security::Scheme;
use crate::contract::violation::Place;

/// Headers that clients name a call with, the narrowest meaning first: where several are sent, the first tells. Lower-case.
pub const CALL_IDS: [&str; 8] = [
    "amz-sdk-invocation-id",
    "x-ms-client-request-id",
    "x-client-request-id",
    "client-request-id",
    "repeatability-request-id",
    "x-request-id",
    "request-id",
    "x-correlation-id",
];
/// The header of idempotency keys where the service declares none (draft-ietf-httpapi-idempotency-key-header).
const KEY_HEADER: &str = "idempotency-key";

/// Where a call goes to, and from which client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target<'a> {
    client: u32,
    method: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Target<'a> {
    pub fn without_query(self) -> Target<'a> {
        Target { query: None, ..self }
    }
}

/// What one exchange shows of its call.
#[derive(Debug, Clone)]
pub struct Signs<'a> {
    pub target: Target<'a>,
    /// The idempotency key.
    pub key: Option<&'a str>,
    /// The first of [`CALL_IDS`].
    pub id: Option<&'a str>,
    /// Everything that says who calls, in headers.
    pub credential: Vec<&'a [u8]>,
    /// Multipart bodies have another boundary each time they are made: it is evened out.
    body: Cow<'a, [u8]>,
}

impl<'a> Signs<'a> {
    pub fn of(knowledge: &Knowledge<'_>, exchange: &'a Exchange) -> Signs<'a> {
        let key_header = knowledge.key_header.as_ref().map_or(KEY_HEADER, |header| header.as_str());
        let target = Target {
            client: exchange.client,
            method: exchange.method.as_str(),
            path: &exchange.path,
            query: exchange.query.as_deref(),
        };
        Signs {
            target,
            key: exchange.header(key_header),
            id: CALL_IDS.iter().find_map(|name| exchange.header(name)),
            credential: credential(knowledge, exchange),
            body: bare_body(exchange),
        }
    }

    pub fn body(&'a self) -> &'a [u8] {
        &self.body
    }

    /// Are the bodies equal, or is this one what was left of the other's?
    pub fn resembles(&self, before: &Signs<'_>) -> bool {
        self.body == before.body || self.is_shortened(before)
    }

    /// Is the body a part of the other's, from its beginning or to its end, or missing?
    pub fn is_shortened(&self, before: &Signs<'_>) -> bool {
        let shorter = self.body.len() < before.body.len();
        shorter && (before.body.starts_with(&self.body) || before.body.ends_with(&self.body))
    }
}

/// What the client of a run does with the names of its calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Habits {
    /// Are keys ever sent twice to the same target?
    keeps_keys: bool,
    /// Are ids?
    keeps_ids: bool,
}

impl Habits {
    pub fn of(signs: &[Signs<'_>]) -> Habits {
        Habits {
            keeps_keys: has_repeats(signs.iter().filter_map(|signs| Some((signs.key?, signs.target)))),
            keeps_ids: has_repeats(signs.iter().filter_map(|signs| Some((signs.id?, signs.target)))),
        }
    }

    /// Do these name different calls, by the habits of their client?
    pub fn differ(self, one: &Signs<'_>, other: &Signs<'_>) -> bool {
        self.keys_differ(one, other) || (self.keeps_ids && are_two(one.id, other.id))
    }

    /// Do their keys?
    pub fn keys_differ(self, one: &Signs<'_>, other: &Signs<'_>) -> bool {
        self.keeps_keys && are_two(one.key, other.key)
    }
}

/// Are both there, and not the same?
fn are_two(one: Option<&str>, other: Option<&str>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

fn has_repeats<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeMap::new();
    for item in items {
        if seen.insert(item, ()).is_some() {
            return true;
        }
    }
    false
}

/// The values of `Authorization`, and of the headers that the service takes keys in. A signature over the call (any scheme but the two that
/// name a caller) differs from attempt to attempt and says nothing.
fn credential<'a>(knowledge: &Knowledge<'_>, exchange: &'a Exchange) -> Vec<&'a [u8]> {
    let bearer_or_basic = |value: &&http::HeaderValue| {
        let scheme = value.as_bytes().split(|byte| *byte == b' ').next().unwrap_or_default();
        scheme.eq_ignore_ascii_case(b"bearer") || scheme.eq_ignore_ascii_case(b"basic")
    };
    let authorization = exchange.headers.get(AUTHORIZATION).filter(bearer_or_basic);
    let keys = knowledge.contract.schemes.values().filter_map(|scheme| match scheme {
        Scheme::Key(Place::Header, name) if !name.eq_ignore_ascii_case(AUTHORIZATION.as_str()) => {
            exchange.headers.get(name.as_str())
        }
        _ => None,
    });
    authorization.into_iter().chain(keys).map(http::HeaderValue::as_bytes).collect()
}

/// A body as it compares with those of other attempts: the boundary between the parts of a multipart body, which each attempt may draw anew, is
/// left out (RFC 2046, 5.1.1).
pub fn bare_body(exchange: &Exchange) -> Cow<'_, [u8]> {
    let kind = exchange.header(CONTENT_TYPE.as_str()).unwrap_or_default();
    let multipart = kind.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/"));
    match multer::parse_boundary(kind).ok().filter(|boundary| multipart && !boundary.is_empty()) {
        Some(boundary) => Cow::Owned(without(&exchange.body, boundary.as_bytes())),
        None => Cow::Borrowed(&exchange.body),
    }
}

/// The text with every occurrence of the part left out.
fn without(text: &[u8], part: &[u8]) -> Vec<u8> {
    let mut left = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        match rest.strip_prefix(part) {
            Some(after) => rest = after,
            None => {
                left.push(*first);
                rest = &rest[1..];
            }
        }
    }
    left
}
