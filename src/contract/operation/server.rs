//! Base paths: where the first server's URL says that paths begin, those of the whole document or of one path.

use serde_json::Value;

use super::skeleton::Located;
use crate::contract::document::Document;
use crate::contract::error::LoadError;

/// The path of the document's first server URL, without a trailing slash: `/v1`, or empty.
pub fn base(document: &Document) -> Result<String, LoadError> {
    let server = document.at("/servers/0").map(|value| Located { value, pointer: "/servers/0".to_owned() });
    server.map_or(Ok(String::new()), |server| path(document, &server))
}

/// The path of a server's URL, without a trailing slash.
pub fn path(document: &Document, server: &Located<'_>) -> Result<String, LoadError> {
    let url = server.value.get("url").and_then(Value::as_str).unwrap_or("/");
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
fn fill(document: &Document, server: &Located<'_>, url: &str) -> Result<String, LoadError> {
    let complain = |message: String| LoadError::new(document.name.as_str(), format!("{}/url", server.pointer), message);
    let mut filled = String::with_capacity(url.len());
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            return Err(complain("a `{` has no `}`".to_owned()).hint("variables stand in braces: `{region}`"));
        };
        let default = server.value.get("variables").and_then(|variables| variables.get(name)?.get("default"));
        match default {
            Some(Value::String(text)) => filled.push_str(text),
            Some(other) => filled.push_str(&other.to_string()),
            None => {
                let error = complain(format!("the server variable `{name}` has no default"));
                return Err(error.hint(format!("declare it under `variables.{name}.default`")));
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}
