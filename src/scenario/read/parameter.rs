//! Parameter Objects: of workflows, of steps, of actions.

use std::collections::BTreeMap;

use super::component;
use super::node::Node;
use super::scope::Scope;
use super::shape;
use super::value;
use crate::scenario::model::{Parameter, ParameterPlace, Version};

/// What parameters are passed to, which decides whether they have a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// `in` must be given.
    Operation,
    /// They are inputs; `in` says nothing.
    Workflow,
    /// They are inputs, and `in` must not be used.
    Action,
    /// A workflow's own parameters: whoever receives them decides.
    Any,
}

const PLACES: [(&str, ParameterPlace); 5] = [
    ("path", ParameterPlace::Path),
    ("query", ParameterPlace::Query),
    ("querystring", ParameterPlace::Querystring),
    ("header", ParameterPlace::Header),
    ("cookie", ParameterPlace::Cookie),
];

/// The parameters of a list; no two have the same name and place.
pub fn parameters<'a>(scope: &Scope<'a>, node: &Node<'a>, receiver: Receiver) -> Vec<Parameter> {
    let mut first: BTreeMap<(String, Option<ParameterPlace>), String> = BTreeMap::new();
    let mut parameters = Vec::new();
    for item in node.items_of("parameters") {
        let Some(parameter) = parameter_or_reference(scope, &item, receiver) else { continue };
        let key = (parameter.name.clone(), parameter.place);
        if let Some(first) = first.get(&key) {
            let place = parameter.place.map(|place| format!(" in {}", place_word(place))).unwrap_or_default();
            let message = format!("the parameter `{}`{place} is given twice", parameter.name);
            item.refuse(message, format!("it is first given at {first}"));
            continue;
        }
        first.insert(key, item.pointer.clone());
        parameters.push(parameter);
    }
    parameters
}

fn parameter_or_reference<'a>(scope: &Scope<'a>, node: &Node<'a>, receiver: Receiver) -> Option<Parameter> {
    if !node.has("reference") {
        return parameter(scope, node, receiver);
    }
    let target = component::find(&scope.reader, node, "parameters")?;
    let mut parameter = parameter(scope, &target, Receiver::Any)?;
    if let Some(value) = node.get("value") {
        parameter.value = value::template(scope, &value)?;
    }
    parameter.site = node.site();
    settle_place(node, &mut parameter, receiver, target.get("in").map(|_| node.clone()));
    Some(parameter)
}

pub fn parameter<'a>(scope: &Scope<'a>, node: &Node<'a>, receiver: Receiver) -> Option<Parameter> {
    if !node.check(&shape::PARAMETER) {
        return None;
    }
    let place = place(node);
    let value = node.get("value").and_then(|value| value::template(scope, &value));
    let name = node.text_of("name").filter(|name| !name.is_empty())?.to_owned();
    let mut parameter = Parameter { name, place: place.ok()?, value: value?, site: node.site() };
    settle_place(node, &mut parameter, receiver, node.get("in"));
    Some(parameter)
}

/// `in`: none, a place, or (an error) something that was complained of.
fn place(node: &Node<'_>) -> Result<Option<ParameterPlace>, ()> {
    let Some(word) = node.get("in") else { return Ok(None) };
    let text = word.value.as_str().ok_or(())?;
    let Some((_, place)) = PLACES.iter().find(|(known, _)| *known == text) else {
        let known = PLACES.iter().map(|(known, _)| *known);
        let known = known.filter(|known| *known != "querystring" || node.version() >= Version::V1_1);
        if text == "body" {
            word.refuse("a parameter cannot be `in: body`", "a body is written as `requestBody: {payload: …}`");
        } else {
            word.refuse_unknown(format!("a parameter cannot be `in: {text}`"), text, known);
        }
        return Err(());
    };
    if *place == ParameterPlace::Querystring && node.version() < Version::V1_1 {
        let message = "`in: querystring` is of Arazzo 1.1, and this document is 1.0";
        word.refuse(message, "write `arazzo: 1.1.0` at the top to use it");
        return Err(());
    }
    Ok(Some(*place))
}

/// Holds the place against what receives the parameter. `at` is where `in` is written, if it is.
fn settle_place<'a>(node: &Node<'a>, parameter: &mut Parameter, receiver: Receiver, at: Option<Node<'a>>) {
    match (receiver, at) {
        (Receiver::Operation, None) => {
            let hint = "write where it goes: `in: path`, `query`, `header` or `cookie`";
            node.refuse(format!("the parameter `{}` has no `in`", parameter.name), hint);
        }
        (Receiver::Action, Some(at)) => {
            let message = format!("the parameter `{}` of an action has an `in`", parameter.name);
            at.refuse(
                message,
                "leave `in` out: parameters of an action are the inputs of the workflow that it leads to",
            );
        }
        _ => {}
    }
    if matches!(receiver, Receiver::Workflow | Receiver::Action) {
        parameter.place = None;
    }
}

pub fn place_word(place: ParameterPlace) -> &'static str {
    PLACES.iter().find(|(_, known)| *known == place).map_or("", |(word, _)| word)
}
