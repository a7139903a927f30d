//! The base path: where the first server's URL says that all paths begin.

use serde_json::Value;

use crate::contract::document::Document;
use crate::contract::error::LoadError;

/// The path of the first server URL, without a trailing slash: `/v1`, or empty.
pub fn base(document: &Document) -> Result<String, LoadError> {
    let Some(server) = document.at("/servers/0") else { return Ok(String::new()) };
    let url = server.get("url").and_then(Value::as_str).unwrap_or("/");
    let url = fill(document, server, url)?;
    let rest = match url.split_once("//") {
        Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => {
            rest.find('/').map_or("", |start| &rest[start..])
        }
        _ => url.as_str(),
    };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let segments = path.split('/').filter(|segment| !segment.is_empty() && *segment != ".");
    Ok(segments.fold(String::new(), |base, segment| base + "/" + segment))
}

/// Puts each variable's default in its place.
fn fill(document: &Document, server: &Value, url: &str) -> Result<String, LoadError> {
    let mut filled = String::with_capacity(url.len());
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            let error = LoadError::new(document.name.as_str(), "/servers/0/url", "a `{` has no `}`");
            return Err(error.hint("variables stand in braces: `{region}`"));
        };
        let default = server.get("variables").and_then(|variables| variables.get(name)?.get("default"));
        match default {
            Some(Value::String(text)) => filled.push_str(text),
            Some(other) => filled.push_str(&other.to_string()),
            None => {
                let message = format!("the server variable `{name}` has no default");
                let error = LoadError::new(document.name.as_str(), "/servers/0/url", message);
                return Err(error.hint(format!("declare it under `variables.{name}.default`")));
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}
