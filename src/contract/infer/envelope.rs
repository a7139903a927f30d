//! Where in a reply its content is: bare, or wrapped beside paging and other facts.

use serde_json::Value;

use super::names::{flat, flat_singular};
use super::view::{Kind, Property, View};
use crate::contract::document::Document;
use crate::json;

/// What a reply carries.
#[derive(Debug, Clone)]
pub struct Payload<'a> {
    /// The properties that lead to it; empty when it is the whole body.
    pub path: Vec<String>,
    pub content: Content<'a>,
}

#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// Many of this schema.
    List(&'a Value),
    /// One object of this schema.
    Record(&'a Value),
    /// Only that something was done.
    Message,
    /// Something that is no JSON object: text, bytes, a number.
    Other,
    Nothing,
}

const LIST_WRAPPERS: [&str; 13] = [
    "data",
    "items",
    "results",
    "records",
    "entries",
    "list",
    "rows",
    "values",
    "content",
    "elements",
    "objects",
    "resources",
    "nodes",
];
const RECORD_WRAPPERS: [&str; 7] = ["data", "result", "item", "record", "response", "payload", "object"];
/// Facts that stand beside a record in its wrapper.
const BESIDES: [&str; 20] = [
    "meta",
    "metadata",
    "links",
    "status",
    "success",
    "ok",
    "message",
    "code",
    "error",
    "errors",
    "requestid",
    "timestamp",
    "pagination",
    "included",
    "version",
    "warnings",
    "jsonapi",
    "traceid",
    "paging",
    "statuscode",
];
/// What a reply has that only tells that something was done.
const MESSAGES: [&str; 9] =
    ["message", "success", "ok", "status", "detail", "deleted", "msg", "acknowledged", "object"];

/// `hint` is the last literal of the path, whose name a wrapper may have; `many` prefers a list.
pub fn payload<'a>(document: &'a Document, raw: &'a Value, hint: &str, many: bool) -> Payload<'a> {
    let whole = Property::of(document, raw);
    if whole.kind() == Kind::Array {
        let items = json::get(whole.schema, "items").unwrap_or(&Value::Null);
        return Payload { path: Vec::new(), content: Content::List(items) };
    }
    let view = View::of(document, raw);
    if view.properties.is_empty() {
        let content = if whole.kind() == Kind::Object { Content::Record(raw) } else { Content::Other };
        return Payload { path: Vec::new(), content };
    }
    let list = || list_in(document, &view, hint, 0);
    let record = || record_in(document, raw, &view, hint);
    if many { list().unwrap_or_else(record) } else { one_in(record(), list) }
}

/// A wrapper without a record in it may still hold a list: a creation that answers with several.
fn one_in<'a>(record: Payload<'a>, list: impl FnOnce() -> Option<Payload<'a>>) -> Payload<'a> {
    if !record.path.is_empty() {
        return record;
    }
    match list() {
        Some(list) if list.path == ["data"] => list,
        _ => record,
    }
}

fn list_in<'a>(document: &'a Document, view: &View<'a>, hint: &str, depth: usize) -> Option<Payload<'a>> {
    let arrays = || view.properties.iter().filter(|(_, property)| property.kind() == Kind::Array);
    let hint = flat_singular(hint);
    let wrapper =
        arrays().find(|(name, _)| LIST_WRAPPERS.contains(&flat(name).as_str()) || flat_singular(name) == hint);
    let only = || {
        let mut of_objects = arrays().filter(|(_, property)| is_list_of_objects(document, property));
        let first = of_objects.next().filter(|_| !has_id(view))?;
        of_objects.next().is_none().then_some(first)
    };
    if let Some((name, property)) = wrapper.or_else(only) {
        let items = json::get(property.schema, "items").unwrap_or(&Value::Null);
        return Some(Payload { path: vec![(*name).to_owned()], content: Content::List(items) });
    }
    if depth > 0 || has_id(view) {
        return None;
    }
    let inner = view.properties.iter().filter(|(name, _)| RECORD_WRAPPERS.contains(&flat(name).as_str()));
    for (name, property) in inner {
        if let Some(mut found) = list_in(document, &View::of(document, property.raw), &hint, depth + 1) {
            found.path.insert(0, (*name).to_owned());
            return Some(found);
        }
    }
    None
}

fn record_in<'a>(document: &'a Document, raw: &'a Value, view: &View<'a>, hint: &str) -> Payload<'a> {
    let hint = flat_singular(hint);
    let mut candidates = view.properties.iter().filter(|(name, property)| {
        let name = flat(name);
        let named = RECORD_WRAPPERS.contains(&name.as_str()) || name == hint;
        let object = property.kind() == Kind::Object || !View::of(document, property.raw).properties.is_empty();
        named && object && !has_id(view)
    });
    let wrapper = candidates.next().filter(|(wrapper, _)| {
        let mut others = view.properties.keys().filter(|name| name != wrapper);
        flat(wrapper) == hint || others.all(|name| BESIDES.contains(&flat(name).as_str()))
    });
    match wrapper {
        Some((name, property)) => {
            let inner = View::of(document, property.raw);
            let content = if is_message(&inner) { Content::Message } else { Content::Record(property.raw) };
            Payload { path: vec![(*name).to_owned()], content }
        }
        None if is_message(view) => Payload { path: Vec::new(), content: Content::Message },
        None => Payload { path: Vec::new(), content: Content::Record(raw) },
    }
}

fn is_list_of_objects(document: &Document, property: &Property<'_>) -> bool {
    let items = json::get(property.schema, "items");
    items.is_some_and(|items| !View::of(document, items).properties.is_empty())
}

fn has_id(view: &View<'_>) -> bool {
    ["id", "uuid", "guid"].iter().any(|name| view.has(name))
}

fn is_message(view: &View<'_>) -> bool {
    let said = |name: &str| MESSAGES.contains(&flat(name).as_str()) || BESIDES.contains(&flat(name).as_str());
    let tells = |name: &str| MESSAGES.contains(&flat(name).as_str());
    !view.properties.is_empty()
        && view.properties.keys().all(|name| said(name))
        && view.properties.keys().any(|name| tells(name))
}
