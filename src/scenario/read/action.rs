//! Success and Failure Action Objects.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::component;
use super::criterion::criteria;
use super::node::Node;
use super::parameter::{self, Receiver};
use super::scope::Scope;
use super::shape;
use crate::scenario::model::{Action, ActionKind, Destination, WorkflowRef};
use crate::scenario::run::WAIT_MAX;

/// What an action follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Success,
    Failure,
}

/// How often a step is retried that does not say so.
const RETRY_LIMIT_DEFAULT: u32 = 1;

impl Outcome {
    fn component(self) -> &'static str {
        match self {
            Outcome::Success => "successActions",
            Outcome::Failure => "failureActions",
        }
    }
}

/// The actions of a list; no two have the same name.
pub fn actions<'a>(scope: &Scope<'a>, node: &Node<'a>, field: &str, outcome: Outcome) -> Vec<Action> {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    let mut actions = Vec::new();
    for item in node.items_of(field) {
        let Some(action) = action_or_reference(scope, &item, outcome) else { continue };
        if let Some(first) = first.get(&action.name) {
            item.refuse(
                format!("the action `{}` is given twice", action.name),
                format!("it is first given at {first}"),
            );
            continue;
        }
        first.insert(action.name.clone(), item.pointer.clone());
        actions.push(action);
    }
    actions
}

fn action_or_reference<'a>(scope: &Scope<'a>, node: &Node<'a>, outcome: Outcome) -> Option<Action> {
    if !node.has("reference") {
        return action(scope, node, outcome);
    }
    let target = component::find(&scope.reader, node, outcome.component())?;
    let mut action = action(scope, &target, outcome)?;
    action.site = node.site();
    Some(action)
}

pub fn action<'a>(scope: &Scope<'a>, node: &Node<'a>, outcome: Outcome) -> Option<Action> {
    let table = match outcome {
        Outcome::Success => &shape::SUCCESS_ACTION,
        Outcome::Failure => &shape::FAILURE_ACTION,
    };
    if !node.check(table) {
        return None;
    }
    let kind = kind(scope, node, outcome);
    if outcome == Outcome::Success
        && let Some(list) = node.get("criteria").filter(is_empty_list)
    {
        list.refuse("`criteria` is empty", "name at least one, or leave it out: the action is then always taken");
    }
    let criteria = criteria(scope, node, "criteria");
    let parameters = parameter::parameters(scope, node, Receiver::Action);
    if let Some(list) = node.get("parameters").filter(|_| !node.has("workflowId")) {
        list.refuse_key(
            "an action without `workflowId` has no use for parameters",
            "leave them out, or name the workflow that they are for",
        );
    }
    let name = node.text_of("name").filter(|name| !name.is_empty())?.to_owned();
    Some(Action { name, kind: kind?, criteria, parameters, site: node.site() })
}

pub fn is_empty_list(node: &Node<'_>) -> bool {
    node.value.as_array().is_some_and(Vec::is_empty)
}

fn kind<'a>(scope: &Scope<'a>, node: &Node<'a>, outcome: Outcome) -> Option<ActionKind> {
    let word = node.get("type")?;
    let text = word.value.as_str()?;
    if text != "retry" {
        for field in ["retryAfter", "retryLimit"] {
            if let Some(field_node) = node.get(field).filter(|_| outcome == Outcome::Failure) {
                field_node
                    .refuse_key(format!("`{field}` is only for `type: retry`"), "leave it out, or write `type: retry`");
            }
        }
    }
    match (text, outcome) {
        ("end", _) => {
            for field in ["stepId", "workflowId"] {
                if let Some(target) = node.get(field) {
                    target.refuse_key(
                        format!("an action of `type: end` leads nowhere, and has a `{field}`"),
                        "write `type: goto`, or leave it out",
                    );
                }
            }
            Some(ActionKind::End)
        }
        ("goto", _) => {
            if !node.has("stepId") && !node.has("workflowId") {
                node.refuse("an action of `type: goto` does not say where to", "add `stepId: …` or `workflowId: …`");
                return None;
            }
            destination(scope, node)?.map(ActionKind::Goto)
        }
        ("retry", Outcome::Failure) => {
            Some(ActionKind::Retry { after: after(node), limit: limit(node), via: destination(scope, node)? })
        }
        ("retry", Outcome::Success) => {
            word.refuse("only failure actions can be of `type: retry`", "move it to `onFailure` or `failureActions`");
            None
        }
        (_, Outcome::Success) => {
            word.refuse_unknown(format!("unknown action type `{text}`"), text, ["end", "goto"]);
            None
        }
        (_, Outcome::Failure) => {
            word.refuse_unknown(format!("unknown action type `{text}`"), text, ["end", "goto", "retry"]);
            None
        }
    }
}

/// Where an action leads: `Some(None)` when it names no place, `None` after a complaint.
fn destination<'a>(scope: &Scope<'a>, node: &Node<'a>) -> Option<Option<Destination>> {
    match (node.get("stepId"), node.get("workflowId")) {
        (Some(_), Some(workflow)) => {
            workflow.refuse_key(
                "an action leads to a step or to a workflow, not to both",
                "leave out `stepId` or `workflowId`",
            );
            None
        }
        (Some(step), None) => {
            let id = step.value.as_str()?;
            // In a component the workflow is not known; the steps that use it look again.
            let Some(workflow) = scope.workflow else { return Some(None) };
            scope.reader.step(&step, workflow, id).map(|step| Some(Destination::Step(step)))
        }
        (None, Some(workflow)) => {
            let target = scope.reader.workflow(&workflow, workflow.value.as_str()?)?;
            check_inputs(scope, node, target);
            Some(Some(Destination::Workflow(target)))
        }
        (None, None) => Some(None),
    }
}

/// The parameters of an action must be inputs of the workflow that it leads to.
fn check_inputs<'a>(scope: &Scope<'a>, node: &Node<'a>, target: WorkflowRef) {
    let outline = scope.reader.workflow_outline(target);
    for item in node.items_of("parameters") {
        if let Some(name) = item.get("name")
            && let Some(text) = name.value.as_str().filter(|text| !outline.inputs.has(text))
        {
            let message = format!("workflow `{}` declares no input `{text}`", outline.id);
            name.refuse_unknown(message, text, outline.inputs.names());
        }
    }
}

fn after(node: &Node<'_>) -> Option<Duration> {
    let node = node.get("retryAfter")?;
    let seconds = node.value.as_f64()?;
    if seconds < 0.0 {
        node.refuse("`retryAfter` is negative", "it is the number of seconds to wait: 0 or more");
        return None;
    }
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(WAIT_MAX).min(WAIT_MAX))
}

fn limit(node: &Node<'_>) -> u32 {
    let Some(node) = node.get("retryLimit") else { return RETRY_LIMIT_DEFAULT };
    match whole(node.value) {
        Some(limit) => u32::try_from(limit).unwrap_or(u32::MAX),
        None => {
            if node.value.as_f64().is_some_and(|limit| limit < 0.0) {
                node.refuse("`retryLimit` is negative", "it is how often the step is tried again: 0 or more");
            }
            RETRY_LIMIT_DEFAULT
        }
    }
}

/// A whole number that is not negative, however it is written.
pub fn whole(value: &Value) -> Option<u64> {
    let written = |number: f64| (number >= 0.0 && number.fract() == 0.0 && number < 1e15).then_some(number as u64);
    value.as_u64().or_else(|| value.as_f64().and_then(written))
}
