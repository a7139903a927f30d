//! What must not be shown of a client's calls: the credentials that it sent and those that it was given.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue};
use indexmap::IndexSet;
use serde_json::Value;

use crate::audit::observe::{Exchange, Run};
use crate::mask::query::names_secret;
use crate::mask::{MASKED, Mask, query};

/// Most secrets that are learned: the credential that the client was given, then those of headers and queries, then those of bodies, each in
/// the order seen. Headers and bodies are never shown, so that what is beyond could stand only in a path, in a rule's evidence, or in the end
/// of the client's own output.
const SECRETS_MAX: usize = 200;
/// Longer bodies are not searched for secrets.
const BODY_BYTES_MAX: usize = 64 << 10;
/// Headers that hold credentials, beside those whose names say so.
const CREDENTIAL_HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];
/// A header that sounds of secrets, and whose value is none: the same key is what rules speak of.
pub const IDEMPOTENCY: &str = "idempotency";

/// Learns the credential that the clients were given, by its header, and every secret that the runs show.
pub fn learn(credential: Option<&(String, String)>, runs: &[Run]) -> Mask {
    let mut found = Found::default();
    // One without a digit is the word that stands in where an API takes any: the same for all, and a part of other words.
    if let Some((name, value)) = credential.filter(|(_, value)| value.bytes().any(|byte| byte.is_ascii_digit())) {
        found.header(&name.to_ascii_lowercase(), value);
    }
    let exchanges = || runs.iter().flat_map(|run| &run.exchanges);
    for part in [of_head, of_bodies] {
        for exchange in exchanges() {
            if found.is_full() {
                break;
            }
            part(exchange, &mut found);
        }
    }
    let mut mask = Mask::default();
    found.0.iter().for_each(|secret| mask.learn(secret));
    mask
}

/// Secrets in the order found, no more than [`SECRETS_MAX`].
#[derive(Debug, Default)]
struct Found(IndexSet<String>);

impl Found {
    fn is_full(&self) -> bool {
        self.0.len() >= SECRETS_MAX
    }

    fn add(&mut self, secret: &str) {
        if !self.is_full() {
            self.0.insert(secret.to_owned());
        }
    }

    /// What is secret in a header that holds a credential. `name` is in lower case.
    fn header(&mut self, name: &str, value: &str) {
        // What follows the first pair of a Set-Cookie are its attributes (RFC 6265, 4.1.1), and none of them is secret.
        let pairs_max = match name {
            "cookie" => usize::MAX,
            "set-cookie" => 1,
            _ => return self.credential(value),
        };
        for (_, secret) in value.split(';').take(pairs_max).filter_map(|pair| pair.split_once('=')) {
            self.add(secret.trim());
        }
    }

    /// The scheme before it is no secret (RFC 9110, 11.6.2).
    fn credential(&mut self, value: &str) {
        let secret = value.split_once(' ').map_or(value, |(_, secret)| secret.trim());
        self.add(secret);
        if let Some(pair) = STANDARD.decode(secret).ok().and_then(|bytes| String::from_utf8(bytes).ok())
            && let Some((_, password)) = pair.split_once(':')
        {
            self.add(password);
        }
    }
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

fn of_head(exchange: &Exchange, found: &mut Found) {
    for (name, value) in exchange.headers.iter().chain(exchange.reply_headers.iter().map(|(name, value)| (name, value)))
    {
        of_header(name, value, found);
    }
    for (name, value) in form_urlencoded::parse(exchange.query.as_deref().unwrap_or_default().as_bytes()) {
        of_member(&name, &value, found);
    }
}

fn of_bodies(exchange: &Exchange, found: &mut Found) {
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

fn of_header(name: &HeaderName, value: &HeaderValue, found: &mut Found) {
    let name = name.as_str();
    let sounds = names_secret(name) && !name.contains(IDEMPOTENCY);
    if !sounds && !CREDENTIAL_HEADERS.contains(&name) {
        return;
    }
    if let Ok(value) = value.to_str() {
        found.header(name, value);
    }
}

fn of_member(name: &str, value: &str, found: &mut Found) {
    if names_secret(name) && is_opaque(value) {
        found.add(value);
    }
}

/// Codes of errors and the like stand under names that sound of secrets: `"code": "rate_limited"`. A secret has a digit in it, and no blank.
fn is_opaque(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit()) && !value.contains(' ')
}

/// Walks without recursion: how deep a stranger nests is his choice.
fn of_value(value: &Value, found: &mut Found) {
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
            // The last one in is the first one out.
            Value::Array(items) => open.extend(items.iter().rev()),
            _ => {}
        }
    }
}
