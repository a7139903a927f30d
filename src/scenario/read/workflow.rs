//! Workflow Objects.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::STEPS_MAX;
use super::action::{self, Outcome};
use super::component::size;
use super::extension;
use super::inputs;
use super::names::Reader;
use super::node::Node;
use super::order;
use super::parameter::{self, Receiver};
use super::scope::{Phase, Scope, Uses};
use super::shape;
use super::step::{self, Shared, StepLinks};
use super::value;
use crate::contract::schema::SchemasBuilder;
use crate::scenario::finding::Site;
use crate::scenario::model::{ActionKind, Destination, Step, StepTarget, Workflow, WorkflowRef};

/// What a workflow needs of others. Known even of one that cannot be read.
#[derive(Debug, Default)]
pub struct WorkflowLinks {
    pub id: String,
    /// Workflows that must be done before, each with the first place that says so.
    pub depends_on: BTreeMap<WorkflowRef, Site>,
    /// Workflows that its steps and actions lead to.
    pub calls: BTreeSet<WorkflowRef>,
    /// Those that it calls whatever happens, as long as nothing fails.
    pub always_calls: BTreeMap<WorkflowRef, Site>,
}

/// Reads one workflow; its inputs' schema goes to the builder.
pub fn workflow<'a>(
    reader: &Reader<'a>,
    index: usize,
    node: &Node<'a>,
    builder: &mut SchemasBuilder,
    schema_root: &Value,
) -> (Option<Workflow>, WorkflowLinks) {
    let mut links =
        WorkflowLinks { id: node.text_of("workflowId").unwrap_or_default().to_owned(), ..Default::default() };
    if !node.check(&shape::WORKFLOW) {
        return (None, links);
    }
    let at = WorkflowRef { description: reader.index, workflow: index };
    let shared_uses = RefCell::new(Uses::default());
    let output_uses = RefCell::new(Uses::default());
    let scope = |phase: Phase, uses| scope(reader, at, phase, uses);
    let inputs = node.get("inputs").and_then(|node| inputs::inputs(reader, &node, builder, schema_root));
    let shared = shared(&scope(Phase::Shared, &shared_uses), node);
    let (steps, step_links) = steps(reader, at, node, &shared);
    let mut finally = extension::finally(&scope(Phase::Shared, &shared_uses), node);
    let outputs = value::outputs(&scope(Phase::Outputs, &output_uses), node);
    let ids: Vec<&str> =
        step_links.iter().enumerate().map(|(index, _)| reader.workflow_outline(at).steps[index].id).collect();
    let order = order::order(&ids, &step_links, &finally, node.document.complaints);
    let steps: Option<Vec<Step>> = steps.into_iter().collect();
    let steps = steps.zip(order).map(|(steps, order)| order::arrange(steps, &order, &mut finally));
    if let Some(steps) = &steps {
        find_calls(steps, &finally, &mut links);
    }
    let uses =
        step_links.into_iter().map(|links| links.uses).chain([shared_uses.into_inner(), output_uses.into_inner()]);
    depend(reader, at, node, uses, &mut links);
    let workflow = steps.map(|steps| Workflow {
        id: links.id.clone(),
        summary: node.text_of("summary").unwrap_or_default().to_owned(),
        site: node.site(),
        inputs,
        depends_on: Vec::new(),
        steps,
        finally,
        outputs,
        snapshot: extension::snapshot(node),
        called: false,
    });
    (workflow, links)
}

fn scope<'a, 's>(reader: &Reader<'a>, at: WorkflowRef, phase: Phase, uses: &'s RefCell<Uses>) -> Scope<'a>
where
    's: 'a,
{
    Scope { reader: *reader, workflow: Some(at), step: None, called: None, element: None, phase, uses }
}

/// What holds for all steps. It is looked at once, and copied to each step that it applies to.
fn shared<'a>(scope: &Scope<'a>, node: &Node<'a>) -> Shared {
    let shared = Shared {
        parameters: parameter::parameters(scope, node, Receiver::Any),
        on_success: action::actions(scope, node, "successActions", Outcome::Success),
        on_failure: action::actions(scope, node, "failureActions", Outcome::Failure),
    };
    let fields = ["parameters", "successActions", "failureActions"];
    let values: usize = fields.iter().filter_map(|field| node.value.get(field)).map(size).sum();
    let steps = node.value.get("steps").and_then(Value::as_array).map_or(0, Vec::len);
    if scope.reader.copies.take(node, values.saturating_mul(steps)) { shared } else { Shared::default() }
}

fn steps<'a>(
    reader: &Reader<'a>,
    at: WorkflowRef,
    node: &Node<'a>,
    shared: &Shared,
) -> (Vec<Option<Step>>, Vec<StepLinks>) {
    let Some(list) = node.get("steps") else { return (Vec::new(), Vec::new()) };
    let items = list.items();
    if list.value.is_array() && items.is_empty() {
        list.refuse("`steps` is empty", "a workflow has at least one step: `- {stepId: …, operationId: …}`");
    }
    if items.len() > STEPS_MAX {
        list.refuse(format!("the workflow has more than {STEPS_MAX} steps"), "split it into several workflows");
    }
    let mut first: BTreeMap<&str, String> = BTreeMap::new();
    for item in items.iter().take(STEPS_MAX) {
        let Some(id) = item.get("stepId") else { continue };
        let Some(text) = id.value.as_str().filter(|text| !text.is_empty()) else { continue };
        if let Some(first) = first.get(text) {
            id.refuse(
                format!("the step id `{text}` is used twice in this workflow"),
                format!("it is first used at {first}"),
            );
        } else {
            first.insert(text, item.pointer.clone());
        }
    }
    let read =
        items.iter().take(STEPS_MAX).enumerate().map(|(index, item)| step::step(reader, at, index, item, shared));
    read.unzip()
}

/// What the steps and their actions lead to, and what is called in any case.
fn find_calls(steps: &[Step], finally: &[usize], links: &mut WorkflowLinks) {
    for step in steps {
        if let StepTarget::Workflow(called) = step.target {
            links.calls.insert(called);
        }
        for action in step.on_success.iter().chain(&step.on_failure) {
            if let ActionKind::Goto(Destination::Workflow(called))
            | ActionKind::Retry { via: Some(Destination::Workflow(called)), .. } = action.kind
            {
                links.calls.insert(called);
            }
        }
    }
    let certain = |step: &Step| match step.target {
        StepTarget::Workflow(called) if step.condition.is_none() && step.each.is_none() => {
            Some((called, step.site.clone()))
        }
        _ => None,
    };
    let in_sequence = steps.iter().enumerate().filter(|(index, _)| !finally.contains(index));
    for (_, step) in in_sequence {
        links.always_calls.extend(certain(step));
        // What comes after may be jumped over.
        if !step.on_success.is_empty() {
            break;
        }
    }
    links.always_calls.extend(finally.iter().filter_map(|index| certain(steps.get(*index)?)));
}

/// `dependsOn`, and the workflows whose inputs or outputs are named. One that this workflow calls is done when it is called.
fn depend<'a>(
    reader: &Reader<'a>,
    at: WorkflowRef,
    node: &Node<'a>,
    uses: impl Iterator<Item = Uses>,
    links: &mut WorkflowLinks,
) {
    for (item, text) in node.get("dependsOn").iter().flat_map(|list| list.ids("workflow")) {
        if let Some(needed) = reader.workflow(&item, text) {
            links.depends_on.entry(needed).or_insert_with(|| item.site());
        }
    }
    for (needed, site) in uses.flat_map(|uses| uses.workflows) {
        if needed != at && !links.calls.contains(&needed) {
            links.depends_on.entry(needed).or_insert(site);
        }
    }
}
