//! A workflow under way, and its arrivals at steps: the explicit stack in the place of recursion.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::Verdict;
use super::memory::Memory;
use crate::scenario::exchange::Exchange;
use crate::scenario::expression::{Context, Expression};
use crate::scenario::finding::Finding;
use crate::scenario::model::{Action, Destination, Step, Suite, Workflow, WorkflowRef};

/// Why a workflow runs, and so what follows when it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is the one that was asked for.
    Root,
    /// The current step of the frame below calls it.
    Step,
    /// The current step of the frame below runs it before it is retried.
    Retry,
    /// The frame below depends on it.
    Dependency,
    /// The frame below has handed over to it (`goto`), and only tidies up after it.
    Transfer,
}

/// What comes next in a frame without an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The workflows that it depends on, from this one.
    Dependencies(usize),
    /// The step of this index; the end, where there is none.
    Step(usize),
    /// The `x-standin-finally` steps, from this one.
    Finally(usize),
    /// Outputs, then back to whoever asked.
    Over,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    Untouched,
    /// It passed.
    Done,
    /// It was left out, and why.
    Skipped(String),
    Failed,
}

impl StepState {
    /// May steps that depend on it go on?
    pub fn is_settled(&self) -> bool {
        matches!(self, StepState::Done | StepState::Skipped(_))
    }
}

/// Why a frame ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abort {
    /// The step that called it, or one further up, ran out of time.
    Timeout,
    /// The run had too many visits.
    Limit,
    /// The target could not let time pass.
    Stuck,
}

#[derive(Debug)]
pub struct Frame<'s> {
    pub at: WorkflowRef,
    pub workflow: &'s Workflow,
    pub purpose: Purpose,
    pub depth: usize,
    pub inputs: Map<String, Value>,
    /// Outputs of the steps done so far.
    pub steps: BTreeMap<String, Map<String, Value>>,
    pub states: Vec<StepState>,
    pub outputs: Map<String, Value>,
    pub phase: Phase,
    /// The last one is current. There are two when a retry runs another step first.
    pub arrivals: Vec<Arrival<'s>>,
    pub verdict: Verdict,
    /// Why it failed: they count unless whoever called it copes.
    pub unresolved: Vec<Finding>,
    /// Time left for it.
    pub left: Option<Duration>,
    pub abort: Option<Abort>,
    /// Outputs of the workflow that this one handed over to; they take the place of its own.
    pub transferred: Option<Map<String, Value>>,
}

/// How a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Sequence,
    /// Before another step is retried: its own actions are not followed.
    Alone,
    /// At the end of the workflow: of its actions, only retries are followed.
    Finally,
}

#[derive(Debug)]
pub enum Stage<'s> {
    /// Is it left out? For which elements is it done?
    Arriving,
    /// An attempt is due.
    Attempting,
    /// A call or a workflow is under way.
    Waiting,
    /// A retry is due, after what its action names.
    Retrying(Option<(Destination, &'s Action)>),
}

/// One arrival at a step: retries and elements of `x-standin-each` belong to it.
#[derive(Debug)]
pub struct Arrival<'s> {
    pub step: usize,
    pub mode: Mode,
    pub stage: Stage<'s>,
    /// Has nothing stood in its way?
    pub under_way: bool,
    pub attempt: u32,
    /// How often each failure action has retried.
    pub retries: Vec<u32>,
    pub elements: Option<Elements>,
}

/// The elements of `x-standin-each` that are left.
#[derive(Debug)]
pub struct Elements {
    pub left: std::vec::IntoIter<Value>,
    pub name: String,
    /// What the input of that name was before.
    pub hidden: Option<Value>,
    /// Is its condition asked for each element?
    pub conditional: bool,
}

impl<'s> Arrival<'s> {
    pub fn new(step: usize, mode: Mode) -> Arrival<'s> {
        Arrival {
            step,
            mode,
            stage: Stage::Arriving,
            under_way: false,
            attempt: 1,
            retries: Vec::new(),
            elements: None,
        }
    }

    /// Counts a retry by the failure action of this index.
    pub fn count_retry(&mut self, action: usize) {
        if self.retries.len() <= action {
            self.retries.resize(action + 1, 0);
        }
        self.retries[action] = self.retries[action].saturating_add(1);
        self.attempt = self.attempt.saturating_add(1);
    }

    pub fn retries(&self, action: usize) -> u32 {
        self.retries.get(action).copied().unwrap_or(0)
    }
}

impl<'s> Frame<'s> {
    pub fn new(
        suite: &'s Suite,
        at: WorkflowRef,
        purpose: Purpose,
        depth: usize,
        inputs: Map<String, Value>,
    ) -> Frame<'s> {
        let workflow = suite.workflow(at);
        Frame {
            at,
            workflow,
            purpose,
            depth,
            inputs,
            steps: BTreeMap::new(),
            states: vec![StepState::Untouched; workflow.steps.len()],
            outputs: Map::new(),
            phase: Phase::Dependencies(0),
            arrivals: Vec::new(),
            verdict: Verdict::Passed,
            unresolved: Vec::new(),
            left: None,
            abort: None,
            transferred: None,
        }
    }

    /// The first step in sequence from this index: those that run at the end are passed by.
    pub fn in_sequence(&self, mut index: usize) -> usize {
        while self.workflow.finally.contains(&index) {
            index += 1;
        }
        index
    }

    /// The sequence is over: what runs at the end is next.
    pub fn end(&mut self, verdict: Verdict) {
        self.drop_arrivals();
        if self.verdict == Verdict::Passed {
            self.verdict = verdict;
        }
        self.phase = Phase::Finally(0);
    }

    pub fn goto(&mut self, step: usize) {
        self.drop_arrivals();
        self.phase = Phase::Step(step);
    }

    /// The step of the current arrival.
    pub fn current(&self) -> Option<(&Arrival<'s>, &'s Step)> {
        let arrival = self.arrivals.last()?;
        Some((arrival, &self.workflow.steps[arrival.step]))
    }

    /// Leaves the current arrival; the input that an element stood in for is as it was.
    pub fn drop_arrival(&mut self) -> Option<Arrival<'s>> {
        let mut arrival = self.arrivals.pop()?;
        if let Some(elements) = &mut arrival.elements {
            match elements.hidden.take() {
                Some(hidden) => drop(self.inputs.insert(elements.name.clone(), hidden)),
                None => drop(self.inputs.shift_remove(&elements.name)),
            }
        }
        Some(arrival)
    }

    pub fn drop_arrivals(&mut self) {
        while self.drop_arrival().is_some() {}
    }

    /// Why an expression cannot have a value: it names an output of a step that was left out.
    pub fn needs_skipped(&self, expressions: &[&Expression]) -> Option<String> {
        expressions.iter().find_map(|expression| {
            let Expression::Step { step, output, .. } = expression else { return None };
            let index = self.workflow.steps.iter().position(|one| one.id == *step)?;
            let StepState::Skipped(reason) = &self.states[index] else { return None };
            if self.steps.get(step).is_some_and(|outputs| outputs.contains_key(output)) {
                return None;
            }
            Some(format!("it needs an output of `{step}`, which was left out: {reason}"))
        })
    }

    pub fn has_skipped(&self) -> bool {
        self.states.iter().any(|state| matches!(state, StepState::Skipped(_)))
    }

    /// What expressions see in this frame. `called`: the outputs of the workflow that the current step has called.
    pub fn context<'a>(
        &'a self,
        suite: &'a Suite,
        memory: &'a Memory,
        exchange: Option<&'a Exchange>,
        called: Option<&'a Map<String, Value>>,
    ) -> Context<'a> {
        Context {
            exchange,
            inputs: &self.inputs,
            outputs: called.unwrap_or(&self.outputs),
            steps: &self.steps,
            workflows: memory.workflows(self.at.description),
            sources: memory.sources(self.at.description),
            self_uri: suite.descriptions[self.at.description].self_uri.as_deref(),
        }
    }
}
