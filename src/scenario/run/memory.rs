//! What outlives a workflow in a run: inputs and outputs of those that are done, and the sources that each description names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::frame::StepState;
use crate::scenario::expression::Finished;
use crate::scenario::model::{SourceTarget, Suite, WorkflowRef};

/// Name, URL and type of the sources of one description.
type Sources = Vec<(String, String, String)>;

#[derive(Debug)]
pub struct Memory {
    /// By description, then by `workflowId`: ids are unique within a description only.
    workflows: BTreeMap<usize, BTreeMap<String, Finished>>,
    /// How far the steps of each finished workflow came.
    steps: BTreeMap<WorkflowRef, Vec<StepState>>,
    /// Those whose last run has failed.
    failed: BTreeSet<WorkflowRef>,
    sources: BTreeMap<usize, Sources>,
    no_workflows: BTreeMap<String, Finished>,
}

impl Memory {
    pub fn new(description: usize, before: &BTreeMap<String, Finished>) -> Memory {
        Memory {
            workflows: BTreeMap::from([(description, before.clone())]),
            steps: BTreeMap::new(),
            sources: BTreeMap::new(),
            failed: BTreeSet::new(),
            no_workflows: BTreeMap::new(),
        }
    }

    /// Prepares what expressions of a description may ask for.
    pub fn open(&mut self, suite: &Suite, description: usize) {
        self.sources.entry(description).or_insert_with(|| {
            let sources = suite.descriptions[description].sources.iter().map(|source| {
                let kind = match source.target {
                    SourceTarget::Api(_) => "openapi",
                    SourceTarget::Description(_) => "arazzo",
                };
                (source.name.clone(), source.url.clone(), kind.to_owned())
            });
            sources.collect()
        });
    }

    pub fn sources(&self, description: usize) -> &[(String, String, String)] {
        self.sources.get(&description).map(Vec::as_slice).unwrap_or_default()
    }

    /// The workflows that expressions of a description can see.
    pub fn workflows(&self, description: usize) -> &BTreeMap<String, Finished> {
        self.workflows.get(&description).unwrap_or(&self.no_workflows)
    }

    pub fn keep(&mut self, suite: &Suite, at: WorkflowRef, finished: Finished, steps: Vec<StepState>, passed: bool) {
        let id = &suite.workflow(at).id;
        self.workflows.entry(at.description).or_default().insert(id.clone(), finished);
        self.steps.insert(at, steps);
        if passed {
            self.failed.remove(&at);
        } else {
            self.failed.insert(at);
        }
    }

    /// Its outputs are those of the workflow that it has handed over to.
    pub fn hand_on(&mut self, suite: &Suite, at: WorkflowRef, outputs: &Map<String, Value>) {
        let known = self.workflows.get_mut(&at.description).and_then(|known| known.get_mut(&suite.workflow(at).id));
        if let Some(finished) = known {
            finished.outputs = outputs.clone();
        }
    }

    /// Lets a description see a workflow of another one that it has called, unless it has one of that name itself.
    pub fn lend(&mut self, suite: &Suite, at: WorkflowRef, to: usize) {
        let id = &suite.workflow(at).id;
        let own = || suite.descriptions[to].workflows.iter().any(|workflow| workflow.id == *id);
        if at.description == to || own() {
            return;
        }
        let finished = self.workflows.get(&at.description).and_then(|workflows| workflows.get(id)).cloned();
        if let Some(finished) = finished {
            self.workflows.entry(to).or_default().insert(id.clone(), finished);
        }
    }

    pub fn is_done(&self, suite: &Suite, at: WorkflowRef) -> bool {
        self.workflows.get(&at.description).is_some_and(|known| known.contains_key(&suite.workflow(at).id))
    }

    pub fn has_failed(&self, at: WorkflowRef) -> bool {
        self.failed.contains(&at)
    }

    /// Has a step of a finished workflow passed? All of them have, where the workflow ran before this run.
    pub fn step(&self, suite: &Suite, at: WorkflowRef, step: &str) -> bool {
        match self.steps.get(&at) {
            Some(states) => {
                let index = suite.workflow(at).steps.iter().position(|one| one.id == step);
                index.and_then(|index| states.get(index)).is_some_and(StepState::is_settled)
            }
            None => self.is_done(suite, at),
        }
    }
}
