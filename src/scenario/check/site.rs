//! Where in the document a promise stands.

use serde_json::Value;

use super::outline::{Members, Place as SchemaPlace, members, settled};
use crate::contract::document::Document;
use crate::contract::operation::Operation;
use crate::contract::violation::{Place, Violation};
use crate::pointer;

/// Where an operation's response stands, its references followed: `key` is as the operation has it.
pub fn response(document: &Document, operation: &Operation, key: &str) -> String {
    let owner = responses(operation);
    let declared = document.at(&owner).and_then(Value::as_object);
    // Ranges are known in capitals, and may be written otherwise.
    let written = declared.into_iter().flatten().find(|(written, _)| written.eq_ignore_ascii_case(key));
    match written {
        Some((written, _)) => settled_part(document, pointer::join(&owner, written)),
        None => owner,
    }
}

pub fn responses(operation: &Operation) -> String {
    pointer::join(&operation.pointer, "responses")
}

/// Where the schema of the media type with this number stands, below a response or a request body.
pub fn media_schema(document: &Document, owner: &str, index: usize) -> Option<String> {
    let content = pointer::join(owner, "content");
    let (name, media) = document.at(&content)?.as_object()?.iter().nth(index)?;
    media.get("schema")?;
    Some(pointer::join(&pointer::join(&content, name), "schema"))
}

/// Where a response's header stands.
pub fn header(document: &Document, response: &str, name: &str) -> String {
    settled_part(document, pointer::join(&pointer::join(response, "headers"), name))
}

pub fn request_body(document: &Document, operation: &Operation) -> String {
    settled_part(document, pointer::join(&operation.pointer, "requestBody"))
}

/// Where a parameter stands: at the operation, else at its path.
pub fn parameter(document: &Document, operation: &Operation, place: Place, name: &str) -> String {
    let path_item = pointer::split_last(&operation.pointer).map_or("", |(parent, _)| parent);
    let path_item = settled_part(document, path_item.to_owned());
    for owner in [operation.pointer.as_str(), path_item.as_str()] {
        let owner = pointer::join(owner, "parameters");
        let list = document.at(&owner).and_then(Value::as_array);
        for (index, declared) in list.into_iter().flatten().enumerate() {
            let declared = document.resolve(declared);
            let says = |key: &str, word: &str| declared.get(key).and_then(Value::as_str) == Some(word);
            if says("in", place.word()) && says("name", name) {
                return settled_part(document, format!("{owner}/{index}"));
            }
        }
    }
    operation.pointer.clone()
}

/// Where the word stands that a value breaks: from its schema down along the violation's pointer, as far as that leads.
pub fn broken(document: &Document, schema: &str, violation: &Violation) -> String {
    // These words stand at the object, and are broken by a property of it.
    let of_object = matches!(
        violation.keyword,
        "required" | "additionalProperties" | "unevaluatedProperties" | "dependentRequired" | "propertyNames"
    );
    let (owner, last) = match pointer::split_last(&violation.pointer) {
        Some((parent, last)) if of_object => (parent, Some(last)),
        _ => (violation.pointer.as_str(), None),
    };
    let Some(first) = SchemaPlace::at(document, schema) else { return schema.to_owned() };
    let mut places = settled(document, vec![first]);
    for segment in pointer::segments(owner) {
        let next = below(&members(document, places.clone()), &segment);
        if next.is_empty() {
            break;
        }
        places = settled(document, next);
    }
    let nearest = places.first().map_or_else(|| schema.to_owned(), |place| place.pointer.clone());
    let members = members(document, places);
    let says = members.list.iter().find(|member| match (member.schema.get(violation.keyword), &last) {
        (Some(Value::Array(names)), Some(last)) => names.iter().any(|name| name == last.as_ref()),
        (word, _) => word.is_some(),
    });
    says.map_or(nearest, |member| pointer::join(&member.pointer, violation.keyword))
}

fn below<'d>(members: &Members<'d>, segment: &str) -> Vec<SchemaPlace<'d>> {
    let named = members.property(segment);
    if named.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()) { members.items() } else { named }
}

/// A part of the document, or what its `$ref` leads to.
fn settled_part(document: &Document, pointer: String) -> String {
    document.at(&pointer).and_then(|part| document.resolve_named(part).1).unwrap_or(pointer)
}
