//! Step Objects: read, merged with what their workflow says for all steps, and held against what they call.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use super::action::{self, Outcome, is_empty_list};
use super::body;
use super::criterion;
use super::extension;
use super::names::{Name, Reader, SOURCE_PREFIX};
use super::node::Node;
use super::parameter::{self, Receiver};
use super::scope::{Phase, Scope, Uses};
use super::shape;
use super::target;
use super::value;
use crate::contract::error::LoadError;
use crate::contract::operation::Operation;
use crate::contract::violation::Place;
use crate::scenario::condition::Criterion;
use crate::scenario::finding::Site;
use crate::scenario::model::{Action, Parameter, ParameterPlace, RequestBody, Step, StepTarget, Version, WorkflowRef};

/// What a workflow says for all its steps.
#[derive(Debug, Default)]
pub struct Shared {
    pub parameters: Vec<Parameter>,
    pub on_success: Vec<Action>,
    pub on_failure: Vec<Action>,
}

/// What a step needs of others, by their indexes as written. Known even of a step that cannot be read.
#[derive(Debug, Default)]
pub struct StepLinks {
    pub site: Option<Site>,
    /// Named in `dependsOn`, each with its place.
    pub depends_on: Vec<(usize, Site)>,
    /// Does it have `dependsOn` at all?
    pub ordered: bool,
    /// Named by expressions and in `dependsOn`.
    pub uses: Uses,
}

/// Reads one step. `shared` is merged in where the step does not say otherwise.
pub fn step<'a>(
    reader: &Reader<'a>,
    workflow: WorkflowRef,
    index: usize,
    node: &Node<'a>,
    shared: &Shared,
) -> (Option<Step>, StepLinks) {
    let uses = RefCell::new(Uses::default());
    let mut links = StepLinks { site: Some(node.site()), ..StepLinks::default() };
    let step =
        node.check(&shape::STEP).then(|| read(reader, workflow, index, node, shared, &uses, &mut links)).flatten();
    links.uses = uses.into_inner();
    (step, links)
}

fn read<'a>(
    reader: &Reader<'a>,
    workflow: WorkflowRef,
    index: usize,
    node: &Node<'a>,
    shared: &Shared,
    uses: &RefCell<Uses>,
    links: &mut StepLinks,
) -> Option<Step> {
    let target = target::target(reader, node);
    let called = match target {
        Some(StepTarget::Workflow(called)) => Some(called),
        _ => None,
    };
    let scope = Scope {
        reader: *reader,
        workflow: Some(workflow),
        step: Some(index),
        called,
        element: extension::element(node),
        phase: Phase::Request,
        uses,
    };
    let receiver = if node.has("workflowId") { Receiver::Workflow } else { Receiver::Operation };
    let own = parameter::parameters(&scope, node, receiver);
    let parameters = parameters(&scope, node, target, own, &shared.parameters);
    let body = request_body(&scope, node);
    let success_criteria = success_criteria(&scope.at(Phase::Reply), node);
    let outputs = value::outputs(&scope.at(Phase::Reply), node);
    let actions = scope.at(Phase::Action);
    let on_success = merge_actions(action::actions(&actions, node, "onSuccess", Outcome::Success), &shared.on_success);
    let on_failure = merge_actions(action::actions(&actions, node, "onFailure", Outcome::Failure), &shared.on_failure);
    let depends_on_others = dependencies(&scope, node, links);
    let condition = node.get("x-standin-if").and_then(|node| criterion::condition(&scope, &node));
    let each = extension::each(&scope, node);
    let timeout = timeout(node);
    Some(Step {
        id: node.text_of("stepId").filter(|id| !id.is_empty())?.to_owned(),
        description: node.text_of("description").unwrap_or_default().to_owned(),
        site: node.site(),
        target: target?,
        parameters,
        body,
        success_criteria,
        on_success,
        on_failure,
        outputs,
        timeout,
        depends_on: links.depends_on.iter().map(|(step, _)| *step).collect(),
        depends_on_others,
        condition,
        each,
        snapshot: extension::snapshot(node),
    })
}

fn success_criteria<'a>(scope: &Scope<'a>, node: &Node<'a>) -> Vec<Criterion> {
    if let Some(list) = node.get("successCriteria").filter(is_empty_list) {
        let hint = "name at least one, or leave it out: the step then succeeds when the status is below 400";
        list.refuse("`successCriteria` is empty", hint);
    }
    criterion::criteria(scope, node, "successCriteria")
}

fn request_body<'a>(scope: &Scope<'a>, node: &Node<'a>) -> Option<RequestBody> {
    let body = node.get("requestBody").filter(|body| body.value.is_object())?;
    if node.has("workflowId") {
        body.refuse_key(
            "a step that calls a workflow has no request body",
            "pass `parameters`: they are the inputs of the workflow",
        );
        return None;
    }
    body::request_body(scope, &body)
}

fn timeout(node: &Node<'_>) -> Option<Duration> {
    let node = node.get("timeout")?;
    if node.value.as_f64().is_some_and(|timeout| timeout < 0.0) {
        node.refuse("`timeout` is negative", "it is a number of milliseconds: 0 or more");
    }
    action::whole(node.value).map(Duration::from_millis)
}

/// The step's own parameters, then those of the workflow that it does not override and that apply to what it calls.
fn parameters<'a>(
    scope: &Scope<'a>,
    node: &Node<'a>,
    target: Option<StepTarget>,
    own: Vec<Parameter>,
    shared: &[Parameter],
) -> Vec<Parameter> {
    let mut merged = own;
    match target {
        None => {}
        Some(StepTarget::Workflow(called)) => {
            check_inputs(scope, node, called);
            let outline = scope.reader.workflow_outline(called);
            for parameter in shared.iter().filter(|parameter| outline.inputs.has(&parameter.name)) {
                if !merged.iter().any(|own| own.name == parameter.name) {
                    merged.push(Parameter { place: None, ..parameter.clone() });
                }
            }
        }
        Some(StepTarget::Operation { api, operation }) => {
            let Some(contract) = &scope.reader.api(api).contract else { return merged };
            let operation = contract.operations.get(operation);
            check_path(node, operation, &merged);
            for parameter in shared {
                let overridden = merged.iter().any(|own| own.name == parameter.name && own.place == parameter.place);
                if parameter.place.is_none() {
                    refuse_placeless(node, parameter);
                } else if !overridden && fits_path(operation, parameter) {
                    merged.push(parameter.clone());
                }
            }
            check_complete(node, operation, &merged);
            check_query(node, &merged);
        }
    }
    merged
}

/// A workflow-level parameter without `in` can only go to workflows.
fn refuse_placeless(node: &Node<'_>, parameter: &Parameter) {
    let id = node.text_of("stepId").unwrap_or_default();
    let message = format!("the parameter `{}` has no `in`, and step `{id}` calls an operation", parameter.name);
    let error = LoadError::new(&*parameter.site.file, parameter.site.pointer.clone(), message);
    node.document.complaints.add(error.hint("write where it goes: `in: path`, `query`, `header` or `cookie`"));
}

/// The parameters of a step that calls a workflow are inputs of it.
fn check_inputs<'a>(scope: &Scope<'a>, node: &Node<'a>, called: WorkflowRef) {
    let outline = scope.reader.workflow_outline(called);
    for item in node.items_of("parameters") {
        let Some(name) = item.get("name") else { continue };
        if let Some(text) = name.value.as_str().filter(|text| !outline.inputs.has(text)) {
            let message = format!("workflow `{}` declares no input `{text}`", outline.id);
            name.refuse_unknown(message, text, outline.inputs.names());
        }
    }
}

/// The names in braces in an operation's path.
fn path_names(operation: &Operation) -> impl Iterator<Item = &str> {
    operation.template.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn fits_path(operation: &Operation, parameter: &Parameter) -> bool {
    parameter.place != Some(ParameterPlace::Path) || path_names(operation).any(|name| name == parameter.name)
}

/// A path parameter that the path has no place for would be lost silently.
fn check_path(node: &Node<'_>, operation: &Operation, own: &[Parameter]) {
    for parameter in own.iter().filter(|parameter| !fits_path(operation, parameter)) {
        let at = value::below(&node.document.node(), &parameter.site.pointer);
        let message = format!("`{}` has no path parameter `{}`", describe_operation(operation), parameter.name);
        if path_names(operation).next().is_none() {
            at.get("name").unwrap_or(at).refuse(message, "leave it out, or say `in: query` if that is meant");
        } else {
            at.get("name").unwrap_or(at).refuse_unknown(message, &parameter.name, path_names(operation));
        }
    }
}

fn check_complete(node: &Node<'_>, operation: &Operation, given: &[Parameter]) {
    let declared = operation.parameters.iter().filter(|parameter| parameter.place == Place::Path);
    let needed: BTreeSet<&str> =
        declared.map(|parameter| parameter.name.as_str()).chain(path_names(operation)).collect();
    for name in needed {
        if !given.iter().any(|parameter| parameter.place == Some(ParameterPlace::Path) && parameter.name == name) {
            let message = format!("the path parameter `{name}` of `{}` is not given", describe_operation(operation));
            node.refuse(message, format!("add it to `parameters`: `{{name: {name}, in: path, value: …}}`"));
        }
    }
}

fn describe_operation(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.template)
}

/// `querystring` is the whole query, so nothing can stand beside it.
fn check_query(node: &Node<'_>, given: &[Parameter]) {
    let of = |place: ParameterPlace| given.iter().filter(move |parameter| parameter.place == Some(place));
    let Some(whole) = of(ParameterPlace::Querystring).next() else { return };
    let other = of(ParameterPlace::Querystring).nth(1).or_else(|| of(ParameterPlace::Query).next());
    if let Some(other) = other {
        let message =
            format!("the parameter `{}` stands beside `{}`, which is the whole query string", other.name, whole.name);
        let error = LoadError::new(&*other.site.file, other.site.pointer.clone(), message);
        node.document.complaints.add(error.hint("write it into that string, or give every parameter `in: query`"));
    }
}

fn merge_actions(mut own: Vec<Action>, shared: &[Action]) -> Vec<Action> {
    let names: BTreeSet<String> = own.iter().map(|action| action.name.clone()).collect();
    own.extend(shared.iter().filter(|action| !names.contains(&action.name)).cloned());
    own
}

/// `dependsOn` of a step: steps of this workflow into the links, those of others as the result.
fn dependencies<'a>(scope: &Scope<'a>, node: &Node<'a>, links: &mut StepLinks) -> Vec<(WorkflowRef, String)> {
    let mut others = Vec::new();
    let Some(list) = node.get("dependsOn").filter(|_| node.version() >= Version::V1_1) else {
        return others;
    };
    links.ordered = !is_empty_list(&list);
    for (item, text) in list.ids("step") {
        match dependency(scope, &item, text) {
            Some((None, step)) => links.depends_on.push((step, item.site())),
            Some((Some(workflow), step)) => {
                let id = scope.reader.workflow_outline(workflow).steps[step].id;
                scope.uses.borrow_mut().workflows.entry(workflow).or_insert_with(|| item.site());
                others.push((workflow, id.to_owned()));
            }
            None => {}
        }
    }
    others
}

/// `stepId`, `$workflows.ID.steps.STEP` or `$sourceDescriptions.NAME.ID.steps.STEP`.
fn dependency<'a>(scope: &Scope<'a>, node: &Node<'a>, text: &str) -> Option<(Option<WorkflowRef>, usize)> {
    let own = scope.workflow?;
    let reader = &scope.reader;
    let (workflow, step) = if let Some(rest) = text.strip_prefix("$workflows.") {
        let Some((id, step)) = rest.split_once(".steps.") else {
            node.refuse(format!("`{text}` does not name a step"), "write `$workflows.ID.steps.STEP`");
            return None;
        };
        (reader.workflow(node, id)?, step)
    } else if text.starts_with(SOURCE_PREFIX) {
        let Some((id, step)) = text.rsplit_once(".steps.") else {
            node.refuse(format!("`{text}` does not name a step"), format!("write `{SOURCE_PREFIX}NAME.ID.steps.STEP`"));
            return None;
        };
        let Name::Qualified { .. } = reader.name(node, id)? else { return None };
        (reader.workflow(node, id)?, step)
    } else {
        let plain = text.strip_prefix("$steps.").filter(|plain| reader.workflow_outline(own).find(plain).is_some());
        if let Some(plain) = plain {
            node.refuse(
                format!("`{text}` is not a step"),
                format!("a step of this workflow is named by its id alone: `{plain}`"),
            );
            return None;
        }
        (own, text)
    };
    let step = reader.step(node, workflow, step)?;
    Some(((workflow != own).then_some(workflow), step))
}
