//! Uploads: which schemas are octets, and how many of them there may be.

use serde_json::Value;

use super::Operation;
use crate::contract::document::Document;

/// Is a string of this schema octets rather than text?
pub fn is_bytes(schema: &Value) -> bool {
    let word = |name: &str| schema.get(name).and_then(Value::as_str);
    let is_text = |media: &str| media.starts_with("text/") || media.ends_with("json");
    word("format") == Some("binary") || word("contentMediaType").is_some_and(|media| !is_text(media))
}

/// `maxLength`, which counts octets where a string is octets.
pub fn size_max(schema: &Value) -> Option<u64> {
    schema.get("maxLength").and_then(Value::as_u64)
}

/// The most octets that any body or part of the operations is declared to have.
pub fn bytes_max(document: &Document, operations: &[Operation]) -> Option<u64> {
    let bodies = operations.iter().filter_map(|operation| operation.body.as_ref());
    let media = bodies.flat_map(|body| &body.media).filter(|media| !media.is_json() && !media.is_form());
    let sizes = media.flat_map(|media| {
        let whole = document.resolve(&media.raw);
        let parts = whole.get("properties").and_then(Value::as_object).into_iter().flat_map(|parts| parts.values());
        let parts = parts.map(|part| document.resolve(part));
        let items = parts.clone().filter_map(|part| part.get("items")).map(|items| document.resolve(items));
        [whole].into_iter().chain(parts).chain(items).filter(|schema| is_bytes(schema)).filter_map(size_max)
    });
    sizes.max()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::operation::Operations;

    fn largest(bodies: &[(&str, Value)]) -> Option<u64> {
        let paths = bodies.iter().enumerate().map(|(index, (media, schema))| {
            let body = json!({"content": {*media: {"schema": schema}}});
            (format!("/{index}"), json!({"post": {"requestBody": body, "responses": {"200": {"description": ""}}}}))
        });
        let root = json!({"openapi": "3.1.0", "paths": paths.collect::<serde_json::Map<_, _>>(), "components": {"schemas": {
            "File": {"type": "string", "format": "binary", "maxLength": 70}
        }}});
        let version = crate::contract::document::Version::V3_1;
        let document = Document { name: "api.yaml".to_owned(), version, root, origins: Default::default() };
        Operations::read(&document, &[]).expect("a good document").0.upload_bytes_max
    }

    #[test]
    fn the_largest_upload_is_found_in_bodies_parts_and_lists_of_parts() {
        let file = json!({"$ref": "#/components/schemas/File"});
        let form = |schema: Value| ("multipart/form-data", json!({"type": "object", "properties": {"file": schema}}));
        assert_eq!(largest(&[form(file.clone())]), Some(70));
        assert_eq!(largest(&[form(json!({"type": "array", "items": file.clone()})), form(json!({}))]), Some(70));
        let video = json!({"type": "string", "contentMediaType": "video/mp4", "maxLength": 900});
        assert_eq!(largest(&[form(file), ("video/mp4", video)]), Some(900));
    }

    #[test]
    fn texts_and_bodies_without_a_size_say_nothing() {
        let text = json!({"type": "string", "maxLength": 5000});
        let form =
            json!({"type": "object", "properties": {"text": text, "file": {"type": "string", "format": "binary"}}});
        assert_eq!(largest(&[("multipart/form-data", form.clone()), ("text/plain", text)]), None);
        let bytes =
            json!({"type": "object", "properties": {"file": {"type": "string", "format": "binary", "maxLength": 9}}});
        assert_eq!(largest(&[("application/json", bytes)]), None);
    }
}
