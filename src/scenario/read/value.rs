//! Values with expressions in them: parsed as templates, each expression checked where it stands.

use serde_json::Value;

use super::node::Node;
use super::scope::Scope;
use crate::pointer;
use crate::scenario::expression::SyntaxError;
use crate::scenario::model::Version;
use crate::scenario::template::{Piece, Template};
use crate::words::written_kind;

/// Any value: a parameter's, a payload, a replacement.
pub fn template<'a>(scope: &Scope<'a>, node: &Node<'a>) -> Option<Template> {
    match Template::parse(node.value, node.version() >= Version::V1_1) {
        Ok(template) => {
            check(scope, node, &template);
            Some(template)
        }
        Err(errors) => {
            for error in errors {
                refuse_syntax(&below(node, &error.pointer), &error.error);
            }
            None
        }
    }
}

/// `outputs` of a step or workflow: names with expressions.
pub fn outputs<'a>(scope: &Scope<'a>, node: &Node<'a>) -> Vec<(String, Template)> {
    let mut outputs = Vec::new();
    for (name, node) in node.members_of("outputs") {
        check_name(&node, "an output", name);
        if let Some(template) = output(scope, &node) {
            outputs.push((name.to_owned(), template));
        }
    }
    outputs
}

fn output<'a>(scope: &Scope<'a>, node: &Node<'a>) -> Option<Template> {
    let selects = node.value.get("selector").is_some() || node.value.get("context").is_some();
    match node.value {
        Value::String(_) => {}
        Value::Object(_) if selects && node.version() >= Version::V1_1 => {}
        Value::Object(_) if selects => {
            let message = "selector objects are those of Arazzo 1.1, and this document is 1.0";
            node.refuse(message, "write `arazzo: 1.1.0` at the top to use them");
            return None;
        }
        other => {
            let hint = "write where its value comes from: `$response.body#/id`";
            node.refuse(format!("an output is an expression, not {}", written_kind(other)), hint);
            return None;
        }
    }
    let template = template(scope, node)?;
    if matches!(template, Template::Literal(_)) {
        let hint = "write where its value comes from: `$response.body#/id`";
        node.refuse("an output is an expression, and this is fixed text", hint);
    }
    Some(template)
}

/// Keys of components and outputs: `^[a-zA-Z0-9\.\-_]+$`.
pub fn check_name(node: &Node<'_>, what: &str, name: &str) {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if name.is_empty() || !name.bytes().all(fits) {
        let message = format!("`{name}` cannot be the name of {what}");
        node.refuse_key(message, "names are made of letters, digits, `.`, `-` and `_`");
    }
}

/// A complaint of one of the languages, about this text.
pub fn refuse_syntax(node: &Node<'_>, error: &SyntaxError) {
    let mut complaint = node.error(error.message.clone());
    complaint.hint = error.hint.clone();
    // What is wrong from its start on is wrong as a whole.
    if error.at > 0 && node.value.is_string() {
        node.document.complaints.add_at(complaint, error.at);
    } else {
        node.document.complaints.add(complaint);
    }
}

/// Checks every expression of a template at its own place.
fn check<'a>(scope: &Scope<'a>, node: &Node<'a>, template: &Template) {
    match template {
        Template::Literal(_) => {}
        Template::Expression(expression) => scope.check(node, expression),
        Template::Text(pieces) => check_pieces(scope, node, pieces),
        Template::Selector(selector) => {
            scope.check(&below(node, "/context"), &selector.context);
            check_pieces(scope, &below(node, "/selector"), &selector.text);
        }
        Template::Array(items) => {
            for (item, template) in node.items().iter().zip(items) {
                check(scope, item, template);
            }
        }
        Template::Object(members) => {
            for (key, template) in members {
                if let Some(member) = node.get(key) {
                    check(scope, &member, template);
                }
            }
        }
    }
}

fn check_pieces<'a>(scope: &Scope<'a>, node: &Node<'a>, pieces: &[Piece]) {
    for piece in pieces {
        if let Piece::Expression(expression) = piece {
            scope.check(node, expression);
        }
    }
}

/// The node at a pointer below this one, as far as it exists.
pub fn below<'a>(node: &Node<'a>, below: &str) -> Node<'a> {
    let mut node = node.clone();
    for segment in pointer::segments(below) {
        let child = match node.value {
            Value::Array(_) => segment.parse().ok().and_then(|index: usize| node.items().into_iter().nth(index)),
            _ => node.get(&segment),
        };
        match child {
            Some(child) => node = child,
            None => break,
        }
    }
    node
}
