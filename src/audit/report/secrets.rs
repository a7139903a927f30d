//! What must not be shown of a client's calls: the credentials that it sent and those that it was given.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue};
use serde_json::Value;

use crate::audit::observe::{Exchange, Run};
use crate::mask::query::names_secret;
use crate::mask::{MASKED, Mask, query};

/// Most secrets that are learned. A client that invents more is not one that keeps any; headers and bodies are never shown, whoever sent
/// them, so that only words of a rule's evidence could hold one.
const SECRETS_MAX: usize = 200;
/// Longer bodies are not searched for secrets.
const BODY_BYTES_MAX: usize = 64 << 10;
/// Headers that hold credentials, beside those whose names say so.
const CREDENTIAL_HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];
/// A header that sounds of secrets, and whose value is none: the same key is what rules speak of.
pub const IDEMPOTENCY: &str = "idempotency";

/// Learns every secret that the runs show.
pub fn learn(runs: &[Run]) -> Mask {
    let mut found = BTreeSet::new();
    for exchange in runs.iter().flat_map(|run| &run.exchanges) {
        if found.len() >= SECRETS_MAX {
            break;
        }
        of_exchange(exchange, &mut found);
    }
    let mut mask = Mask::default();
    found.iter().take(SECRETS_MAX).for_each(|secret| mask.learn(secret));
    mask
}

/// Path and query in which neither secrets nor the values of parameters that are named like one are seen.
pub fn target(path: &str, query: Option<&str>, mask: &Mask) -> String {
    match query {
        None => mask.apply(path).into_owned(),
        Some(query) => mask.apply(&format!("{path}?{}", query::masked(query))).into_owned(),
    }
}

/// A URL without user, password and secrets.
pub fn url(url: &str, mask: &Mask) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let host = match host.rsplit_once('@') {
        Some((_, host)) => format!("{MASKED}@{host}"),
        None => host.to_owned(),
    };
    let start = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    start + &target(&format!("{host}{path}"), query, mask)
}

fn of_exchange(exchange: &Exchange, found: &mut BTreeSet<String>) {
    for (name, value) in exchange.headers.iter().chain(exchange.reply_headers.iter().map(|(name, value)| (name, value)))
    {
        of_header(name, value, found);
    }
    for (name, value) in form_urlencoded::parse(exchange.query.as_deref().unwrap_or_default().as_bytes()) {
        of_member(&name, &value, found);
    }
    for body in [&exchange.body, &exchange.reply_body] {
        if body.len() > BODY_BYTES_MAX {
            continue;
        }
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => of_value(&value, found),
            Err(_) => form_urlencoded::parse(body).for_each(|(name, value)| of_member(&name, &value, found)),
        }
    }
}

fn of_header(name: &HeaderName, value: &HeaderValue, found: &mut BTreeSet<String>) {
    let name = name.as_str();
    let sounds = names_secret(name) && !name.contains(IDEMPOTENCY);
    if !sounds && !CREDENTIAL_HEADERS.contains(&name) {
        return;
    }
    let Ok(value) = value.to_str() else { return };
    if name.ends_with("cookie") {
        found.extend(value.split(';').filter_map(|pair| Some(pair.split_once('=')?.1.trim().to_owned())));
        return;
    }
    // The scheme before it is none (RFC 9110, 11.6.2).
    let secret = value.split_once(' ').map_or(value, |(_, secret)| secret.trim());
    found.insert(secret.to_owned());
    if let Some(pair) = STANDARD.decode(secret).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        && let Some((_, password)) = pair.split_once(':')
    {
        found.insert(password.to_owned());
    }
}

fn of_member(name: &str, value: &str, found: &mut BTreeSet<String>) {
    if names_secret(name) && is_opaque(value) {
        found.insert(value.to_owned());
    }
}

/// Codes of errors and the like stand under names that sound of secrets: `"code": "rate_limited"`. A secret has a digit in it, and no blank.
fn is_opaque(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit()) && !value.contains(' ')
}

/// Walks without recursion: how deep a stranger nests is his choice.
fn of_value(value: &Value, found: &mut BTreeSet<String>) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member {
                        Value::String(text) => of_member(name, text, found),
                        other => open.push(other),
                    }
                }
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
}
