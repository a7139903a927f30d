//! Lists of criteria, and the conditions of our extensions.

use serde_json::Value;

use super::node::Node;
use super::scope::Scope;
use super::value;
use crate::scenario::condition::Criterion;
use crate::scenario::expression::SyntaxError;
use crate::words::written_kind;

/// The Criterion Objects of a list, of which none may stand in it twice.
pub fn criteria<'a>(scope: &Scope<'a>, node: &Node<'a>, field: &str) -> Vec<Criterion> {
    let Some(list) = node.get(field) else { return Vec::new() };
    list.check_unique();
    list.items().iter().filter_map(|item| criterion(scope, item)).collect()
}

pub fn criterion<'a>(scope: &Scope<'a>, node: &Node<'a>) -> Option<Criterion> {
    if !node.value.is_object() {
        let hint = "write `- condition: $statusCode == 200`";
        node.refuse(format!("a criterion must be an object, not {}", written_kind(node.value)), hint);
        return None;
    }
    take(scope, node, Criterion::parse(node.value, node.site()))
}

/// `x-standin-if`: a simple condition, or a Criterion Object.
pub fn condition<'a>(scope: &Scope<'a>, node: &Node<'a>) -> Option<Criterion> {
    let parsed = match node.value {
        Value::String(text) => Criterion::parse_simple(text, node.site()).map_err(|error| vec![(String::new(), error)]),
        Value::Object(_) => Criterion::parse(node.value, node.site()),
        other => {
            let message = format!("`x-standin-if` must be a condition, not {}", written_kind(other));
            node.refuse(message, "write a simple condition such as `$inputs.count > 1`, or a criterion object");
            return None;
        }
    };
    take(scope, node, parsed)
}

/// Checks the names in a criterion, or tells why it is none.
fn take<'a>(
    scope: &Scope<'a>,
    node: &Node<'a>,
    parsed: Result<Criterion, Vec<(String, SyntaxError)>>,
) -> Option<Criterion> {
    match parsed {
        Ok(criterion) => {
            for expression in criterion.expressions() {
                let of_context = node.text_of("context") == Some(expression.to_string().as_str());
                scope.check(&value::below(node, if of_context { "/context" } else { "/condition" }), expression);
            }
            Some(criterion)
        }
        Err(errors) => {
            for (pointer, error) in errors {
                refuse(node, &pointer, &error);
            }
            None
        }
    }
}

/// A field that is not known is wrong itself, not what it holds.
fn refuse(node: &Node<'_>, pointer: &str, error: &SyntaxError) {
    let at = value::below(node, pointer);
    let key = pointer.rsplit('/').next().unwrap_or_default();
    if pointer.is_empty() || matches!(key, "condition" | "context" | "type" | "version" | "x-standin-strict") {
        return value::refuse_syntax(&at, error);
    }
    let mut complaint = at.error(error.message.clone()).about_key();
    complaint.hint = error.hint.clone();
    node.document.complaints.add(complaint);
}
