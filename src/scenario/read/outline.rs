//! The names that a description offers to others: workflows, their inputs and outputs, their steps and those steps' outputs.
//!
//! Taken before anything is read in earnest, because any part of a description may refer to any other. What has the wrong type is left
//! out here and complained of later.

use std::collections::{BTreeMap, BTreeSet};

use super::STEPS_MAX;
use super::inputs::{self, InputNames};
use super::node::Node;

#[derive(Debug, Default)]
pub struct Outline<'a> {
    pub workflows: Vec<WorkflowOutline<'a>>,
    /// The first workflow of each id.
    pub ids: BTreeMap<&'a str, usize>,
}

#[derive(Debug)]
pub struct WorkflowOutline<'a> {
    pub id: &'a str,
    pub inputs: InputNames,
    pub outputs: BTreeSet<&'a str>,
    pub steps: Vec<StepOutline<'a>>,
    /// The first step of each id.
    pub step_ids: BTreeMap<&'a str, usize>,
}

#[derive(Debug)]
pub struct StepOutline<'a> {
    pub id: &'a str,
    pub outputs: BTreeSet<&'a str>,
    /// Does it call a workflow?
    pub calls: bool,
}

impl<'a> Outline<'a> {
    pub fn read(root: &Node<'a>) -> Outline<'a> {
        let mut outline = Outline::default();
        for node in root.items_of("workflows") {
            let workflow = WorkflowOutline::read(root, &node);
            outline.ids.entry(workflow.id).or_insert(outline.workflows.len());
            outline.workflows.push(workflow);
        }
        outline
    }

    pub fn find(&self, id: &str) -> Option<usize> {
        self.ids.get(id).copied()
    }
}

impl<'a> WorkflowOutline<'a> {
    fn read(root: &Node<'a>, node: &Node<'a>) -> WorkflowOutline<'a> {
        let mut outline = WorkflowOutline {
            id: node.text_of("workflowId").unwrap_or_default(),
            inputs: inputs::names(root, node),
            outputs: keys(node, "outputs"),
            steps: Vec::new(),
            step_ids: BTreeMap::new(),
        };
        for step in node.items_of("steps").into_iter().take(STEPS_MAX) {
            let id = step.text_of("stepId").unwrap_or_default();
            outline.step_ids.entry(id).or_insert(outline.steps.len());
            outline.steps.push(StepOutline { id, outputs: keys(&step, "outputs"), calls: step.has("workflowId") });
        }
        outline
    }

    pub fn find(&self, step: &str) -> Option<usize> {
        self.step_ids.get(step).copied()
    }
}

fn keys<'a>(node: &Node<'a>, field: &str) -> BTreeSet<&'a str> {
    node.value
        .get(field)
        .and_then(|value| value.as_object())
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect()
}
