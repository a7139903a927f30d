//! Security schemes: where a caller's credential stands in a call (OpenAPI 3.1, 4.8.27).

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::Document;
use super::violation::Place;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// `Authorization: Bearer …` (RFC 6750); also OAuth 2 and OpenID Connect.
    Bearer,
    /// `Authorization: Basic …` (RFC 7617).
    Basic,
    /// A header, query parameter or cookie of this name.
    Key(Place, String),
    /// Nothing that a call could show: mutual TLS and HTTP schemes we do not know. Always passes.
    Elsewhere,
}

/// The document's schemes by name.
pub fn schemes(document: &Document) -> BTreeMap<String, Scheme> {
    let declared = document.at("/components/securitySchemes").and_then(Value::as_object);
    let read = |(name, scheme): (&String, &Value)| (name.clone(), scheme_of(document.resolve(scheme)));
    declared.into_iter().flatten().map(read).collect()
}

fn scheme_of(scheme: &Value) -> Scheme {
    let word = |name: &str| scheme.get(name).and_then(Value::as_str).unwrap_or_default();
    match word("type") {
        "oauth2" | "openIdConnect" => Scheme::Bearer,
        "http" if word("scheme").eq_ignore_ascii_case("bearer") => Scheme::Bearer,
        "http" if word("scheme").eq_ignore_ascii_case("basic") => Scheme::Basic,
        "apiKey" => match word("in") {
            "query" => Scheme::Key(Place::Query, word("name").to_owned()),
            "cookie" => Scheme::Key(Place::Cookie, word("name").to_owned()),
            _ => Scheme::Key(Place::Header, word("name").to_owned()),
        },
        _ => Scheme::Elsewhere,
    }
}
