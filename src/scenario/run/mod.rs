//! Executes one workflow, without doing anything itself: [`Run::next`] says what is needed, [`Run::answer`] takes what came of it.
//!
//! Control flow follows Arazzo 1.1 by the letter; where the specification is silent, `spec/scenarios.md` states our ruling.
//!
//! - [`machine`] goes from one transition to the next; those of a step stand in [`step`], those of a workflow in [`workflow`];
//! - [`frame`] is the stack that it works on: workflows under way, and arrivals at their steps;
//! - [`obstacle`] says what stands in a step's way, [`judge`] evaluates criteria, outputs and actions;
//! - [`inputs`] fills a workflow's inputs, [`retry_after`] reads a reply's wish;
//! - [`memory`] keeps what outlives a workflow, [`limits`] what may be kept.

mod frame;
mod inputs;
mod judge;
mod limits;
mod machine;
mod memory;
mod obstacle;
mod retry_after;
mod step;
mod workflow;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::check::Checker;
use super::exchange::Exchange;
use super::expression::Finished;
use super::finding::Finding;
use super::model::{Suite, WorkflowRef};
use super::request::Built;
use crate::call::{Call, Reply};
use crate::contract::operation::OperationId;
use frame::Frame;
pub use limits::{VALUE_DEPTH_MAX, VALUE_SIZE_MAX};
use memory::Memory;

/// Most visits of steps in one workflow, sub-workflows included: an endless `goto` ends here.
pub const VISITS_MAX: usize = 10_000;
/// Deepest nesting of workflows that call workflows.
pub const DEPTH_MAX: usize = 32;
/// Longest wait that a `Retry-After` or `retryAfter` can ask for.
pub const WAIT_MAX: Duration = Duration::from_secs(86_400);

/// What holds for every workflow of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where each API is reached, by index in [`Suite::apis`].
    pub bases: Vec<Base>,
    /// Values for inputs by name: from `--var` and the environment. They fit an input of that name in any workflow.
    pub variables: Map<String, Value>,
    /// What fakes fill inputs with, by index in [`Suite::apis`]: see [`super::model::InputFrom`].
    pub fakes: Vec<FromFake>,
    /// Undeclared properties are errors rather than notes.
    pub closed_objects: bool,
}

/// What the fake of an API says of itself, where there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FromFake {
    /// A working credential, without its scheme's word.
    pub credential: Option<String>,
    /// The URL of its own webhook receiver.
    pub receiver: Option<String>,
}

/// Where an API is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Scheme and authority: `http://127.0.0.1:4010`.
    pub origin: String,
    /// The path before the operation's template, without a trailing slash: `/v1`.
    pub path: String,
}

/// What the run needs before it can go on.
#[derive(Debug)]
pub enum Need {
    /// Send this, then [`Run::answer`].
    Send(Box<Outgoing>),
    /// Let this time pass (virtual on a fake), then answer [`Received::Waited`].
    Wait(Duration),
    /// It is over: take [`Run::finish`].
    Done,
}

#[derive(Debug, Clone)]
pub struct Outgoing {
    pub api: usize,
    pub operation: OperationId,
    pub call: Call,
    /// The step's `timeout`.
    pub timeout: Option<Duration>,
}

/// What came of a need.
#[derive(Debug)]
pub enum Received {
    Reply {
        reply: Reply,
        elapsed: Duration,
        received_at: i64,
    },
    Failed(Failure),
    /// The target cannot do this (a control step on a deployment): why.
    Skipped(String),
    Waited,
}

/// A call without a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// A lower-case fragment.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Nobody there: name, connection, refused. Ends the workflow's verdict as `Unreachable`.
    Unreachable,
    Tls,
    Timeout,
    /// The connection ended before the reply did, or it was no HTTP.
    Broken,
    TooLarge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    Failed,
    /// The target could not be reached.
    Unreachable,
}

/// All that happened in one workflow.
#[derive(Debug)]
pub struct Record {
    pub workflow: WorkflowRef,
    pub verdict: Verdict,
    pub inputs: Map<String, Value>,
    pub outputs: Map<String, Value>,
    /// Values of the inputs that are declared as secrets, those of the workflows that were called included.
    pub secrets: Vec<String>,
    /// In the order in which they happened, those of sub-workflows included.
    pub visits: Vec<Visit>,
    /// Of the run itself, and of [`super::check`] for every exchange, in the order of visits.
    pub findings: Vec<Finding>,
    /// Time waited between attempts.
    pub waited: Duration,
}

/// One attempt at one step.
#[derive(Debug)]
pub struct Visit {
    pub workflow: WorkflowRef,
    /// Index in that workflow's steps.
    pub step: usize,
    /// 0 for the workflow itself, 1 for one that it called ...
    pub depth: usize,
    /// Counts from 1 within one arrival at the step; a retry counts up.
    pub attempt: u32,
    pub what: What,
    pub passed: bool,
    pub criteria: Vec<(String, super::condition::Outcome)>,
    /// The name of the action that was taken after it.
    pub action: Option<String>,
}

#[derive(Debug)]
pub enum What {
    Exchange(Box<Exchange>),
    /// Sent, and nothing usable came back.
    Failed {
        call: Box<Call>,
        failure: Failure,
    },
    /// Left out: `x-standin-if`, or a control step on a deployment.
    Skipped(String),
    /// Called a workflow; its own visits precede this one.
    Workflow(WorkflowRef),
    /// Could not even be sent; a finding says why.
    Unsent,
}

impl Visit {
    pub fn exchange(&self) -> Option<&Exchange> {
        match &self.what {
            What::Exchange(exchange) => Some(exchange),
            _ => None,
        }
    }
}

/// A workflow under way.
#[derive(Debug)]
pub struct Run<'s> {
    suite: &'s Suite,
    settings: &'s Settings,
    checkers: Checkers<'s>,
    workflow: WorkflowRef,
    inputs: Map<String, Value>,
    secrets: Vec<String>,
    /// The last one is at work.
    frames: Vec<Frame<'s>>,
    pending: Pending,
    memory: Memory,
    visits: Vec<Visit>,
    findings: Vec<Finding>,
    waited: Duration,
    end: Option<End>,
}

/// What was asked for and is not answered yet.
#[derive(Debug)]
enum Pending {
    Nothing,
    Send(Box<Built>),
    Wait(Duration),
}

/// What exchanges are checked with, by index in [`Suite::apis`].
#[derive(Debug)]
enum Checkers<'s> {
    Own(Vec<Checker>),
    Shared(&'s [Checker]),
}

impl Checkers<'_> {
    fn all(&self) -> &[Checker] {
        match self {
            Checkers::Own(all) => all,
            Checkers::Shared(all) => all,
        }
    }
}

/// How the workflow came out.
#[derive(Debug)]
struct End {
    verdict: Verdict,
    outputs: Map<String, Value>,
}

impl<'s> Run<'s> {
    /// `before`: the workflows of the same description done before, for `$workflows.…`. Inputs are checked at once; a missing one
    /// ends the run with its finding.
    pub fn new(
        suite: &'s Suite,
        workflow: WorkflowRef,
        settings: &'s Settings,
        before: &BTreeMap<String, Finished>,
    ) -> Run<'s> {
        let checkers = suite.apis.iter().map(|api| Checker::new(&api.contract)).collect();
        Run::start(suite, workflow, settings, before, Checkers::Own(checkers))
    }

    /// The same with checkers that other runs use as well, one for each of [`Suite::apis`]: what is compiled for one serves all.
    pub fn with_checkers(
        suite: &'s Suite,
        workflow: WorkflowRef,
        settings: &'s Settings,
        before: &BTreeMap<String, Finished>,
        checkers: &'s [Checker],
    ) -> Run<'s> {
        Run::start(suite, workflow, settings, before, Checkers::Shared(checkers))
    }

    fn start(
        suite: &'s Suite,
        workflow: WorkflowRef,
        settings: &'s Settings,
        before: &BTreeMap<String, Finished>,
        checkers: Checkers<'s>,
    ) -> Run<'s> {
        let mut run = Run {
            suite,
            settings,
            checkers,
            workflow,
            inputs: Map::new(),
            secrets: Vec::new(),
            frames: Vec::new(),
            pending: Pending::Nothing,
            memory: Memory::new(workflow.description, before),
            visits: Vec::new(),
            findings: Vec::new(),
            waited: Duration::ZERO,
            end: None,
        };
        run.begin();
        run
    }

    /// What is needed next. The same until it is answered.
    #[expect(clippy::should_implement_trait, reason = "it is no iterator: the same need comes until it is answered")]
    pub fn next(&mut self) -> Need {
        loop {
            match &self.pending {
                Pending::Send(built) => return Need::Send(Box::new(built.outgoing.clone())),
                Pending::Wait(wait) => return Need::Wait(*wait),
                Pending::Nothing => {}
            }
            if !self.advance() {
                return Need::Done;
            }
        }
    }

    /// Takes what came of the need. An answer to something else is ignored: the need stays.
    pub fn answer(&mut self, received: Received) {
        match (std::mem::replace(&mut self.pending, Pending::Nothing), received) {
            (Pending::Send(built), Received::Reply { reply, elapsed, received_at }) => {
                self.replied(*built, reply, elapsed, received_at);
            }
            (Pending::Send(built), Received::Failed(failure)) => self.failed(*built, failure),
            (Pending::Send(_), Received::Skipped(reason)) => self.left_out(reason),
            (Pending::Wait(wait), Received::Waited) => self.has_waited(wait),
            (Pending::Wait(_), Received::Failed(failure)) => self.cannot_wait(&failure),
            (pending, _) => self.pending = pending,
        }
    }

    /// What happened. After [`Need::Done`]; earlier, as if it were broken off now.
    pub fn finish(mut self) -> Record {
        let end = self.end.take().unwrap_or(End { verdict: Verdict::Failed, outputs: Map::new() });
        // Findings about a failure are known only when nobody has coped with it; they belong to their visit all the same.
        self.findings.sort_by_key(|finding| finding.visit);
        Record {
            workflow: self.workflow,
            verdict: end.verdict,
            inputs: self.inputs,
            outputs: end.outputs,
            secrets: self.secrets,
            visits: self.visits,
            findings: self.findings,
            waited: self.waited,
        }
    }
}
