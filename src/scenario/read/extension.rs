//! Our own fields: `x-standin-snapshot`, `x-standin-each`, `x-standin-finally`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::node::Node;
use super::scope::{Phase, Scope};
use super::shape;
use super::value;
use crate::scenario::jsonpath::Query;
use crate::scenario::model::{Each, Redaction, SnapshotSettings};
use crate::scenario::snapshot;
use crate::words::written_kind;

/// `x-standin-snapshot: false | {redact: […], headers: […]}`.
pub fn snapshot(owner: &Node<'_>) -> SnapshotSettings {
    let mut settings = SnapshotSettings::default();
    let Some(node) = owner.get("x-standin-snapshot") else { return settings };
    match node.value {
        Value::Bool(on) => settings.off = !on,
        Value::Object(_) => {
            if node.check(&shape::SNAPSHOT) {
                settings.redactions = node.items_of("redact").iter().filter_map(redaction).collect();
                settings.headers = node.get("headers").map(|list| list.items().iter().filter_map(header).collect());
            }
        }
        other => {
            let message = format!("`x-standin-snapshot` must be `false` or an object, not {}", written_kind(other));
            node.refuse(message, "write `x-standin-snapshot: {redact: [{path: $.id, as: uuid}]}`");
        }
    }
    settings
}

fn redaction(node: &Node<'_>) -> Option<Redaction> {
    if !node.check(&shape::REDACTION) {
        return None;
    }
    let (path, word) = (node.get("path")?, node.get("as")?);
    let query = path.value.as_str().and_then(|text| match Query::parse(text) {
        Ok(query) => Some((query, text.to_owned())),
        Err((at, message)) => {
            path.document.complaints.add_at(path.error(message), at);
            None
        }
    });
    let kind = word.value.as_str().and_then(|text| match snapshot::Kind::parse(text) {
        Ok(kind) => Some(kind),
        Err(message) => {
            word.document.complaints.add(word.error(message));
            None
        }
    });
    let (path, text) = query?;
    Some(Redaction { path, text, kind: kind?, site: node.site() })
}

/// A header's name, lower-case.
fn header(node: &Node<'_>) -> Option<String> {
    let name = node.value.as_str().map(str::to_ascii_lowercase);
    if name.as_deref().is_none_or(|name| http::HeaderName::from_bytes(name.as_bytes()).is_err()) {
        node.refuse("this is not the name of a header", "write it as text: `Location`");
        return None;
    }
    name
}

/// The name that `x-standin-each` gives to an element, before its expressions are looked at.
pub fn element<'a>(step: &Node<'a>) -> Option<&'a str> {
    step.value.get("x-standin-each")?.get("as")?.as_str()
}

/// `x-standin-each: {in: VALUE, as: NAME}`.
pub fn each<'a>(scope: &Scope<'a>, step: &Node<'a>) -> Option<Each> {
    let node = step.get("x-standin-each")?;
    if !node.check(&shape::EACH) {
        return None;
    }
    let name = node.get("as")?;
    let text = name.value.as_str()?;
    value::check_name(&name, "an element", text);
    let list = node.get("in")?;
    if !matches!(list.value, Value::Array(_) | Value::String(_) | Value::Object(_)) {
        list.refuse(
            format!("`in` must be a list, not {}", written_kind(list.value)),
            "write a list, or an expression that gives one",
        );
        return None;
    }
    // The element itself is not there yet while the list is made.
    let scope = Scope { element: None, ..scope.at(Phase::Request) };
    Some(Each { values: value::template(&scope, &list)?, name: text.to_owned() })
}

/// `x-standin-finally: [stepId…]`: indexes of steps as written.
pub fn finally<'a>(scope: &Scope<'a>, workflow: &Node<'a>) -> Vec<usize> {
    let (Some(list), Some(at)) = (workflow.get("x-standin-finally"), scope.workflow) else { return Vec::new() };
    if !list.value.is_array() {
        list.refuse("`x-standin-finally` must be a list of steps", "write `x-standin-finally: [stepId]`");
    }
    list.check_unique();
    let mut seen = BTreeSet::new();
    let mut steps = Vec::new();
    for item in list.items() {
        match item.value.as_str() {
            Some(id) => steps.extend(scope.reader.step(&item, at, id).filter(|step| seen.insert(*step))),
            None => item.refuse(
                format!("a step is named by its id, not by {}", written_kind(item.value)),
                "write its `stepId`",
            ),
        }
    }
    steps
}
