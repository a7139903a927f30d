//! The transitions of a workflow: run what it depends on, call another, hand over to another, leave.

use serde_json::{Map, Value};

use super::frame::{Abort, Frame, Phase, Purpose};
use super::judge::{self, Judged, Settled};
use super::{DEPTH_MAX, End, Run, Verdict, Visit, What, inputs};
use crate::scenario::code::Code;
use crate::scenario::expression::Finished;
use crate::scenario::finding::{Finding, Site};
use crate::scenario::model::{Action, StepTarget, WorkflowRef};

impl<'s> Run<'s> {
    /// Runs the workflow that the current one depends on, unless that is done; after the last, its steps are next.
    pub(super) fn depend(&mut self, index: usize) {
        let Some(frame) = self.frames.last_mut() else { return };
        let Some(wanted) = frame.workflow.depends_on.get(index).copied() else {
            frame.phase = Phase::Step(frame.in_sequence(0));
            return;
        };
        frame.phase = Phase::Dependencies(index + 1);
        // Whoever starts a run sees to the dependencies in other files; those in its own are known by what is done before.
        let seen_to = frame.purpose == Purpose::Root && wanted.description != frame.at.description;
        if self.memory.has_failed(wanted) {
            return self.refuse_dependency(wanted, Verdict::Failed, Vec::new());
        }
        if seen_to || self.memory.is_done(self.suite, wanted) {
            return;
        }
        if let Err(findings) = self.call(wanted, Map::new(), Purpose::Dependency, None) {
            self.refuse_dependency(wanted, Verdict::Failed, findings);
        }
    }

    /// Puts a workflow on top. `caller` is the place that passes its inputs.
    pub(super) fn call(
        &mut self,
        target: WorkflowRef,
        given: Map<String, Value>,
        purpose: Purpose,
        caller: Option<&Site>,
    ) -> Result<(), Vec<Finding>> {
        let id = &self.suite.workflow(target).id;
        if self.frames.len() >= DEPTH_MAX {
            let site = caller.unwrap_or(&self.suite.workflow(target).site).clone();
            let message = format!("calling `{id}` would nest workflows more than {DEPTH_MAX} deep");
            let finding = Finding::new(Code::LoopLimit, site, message);
            return Err(vec![finding.hint("workflows that call one another need a condition that ends it")]);
        }
        let inputs = inputs::fill(self.suite, target, given, caller, self.settings)?;
        self.secrets.extend(inputs::secrets(self.suite, target, &inputs));
        self.memory.open(self.suite, target.description);
        let below = self.frames.last();
        let depth = below.map_or(0, |frame| frame.depth + usize::from(purpose != Purpose::Transfer));
        let mut frame = Frame::new(self.suite, target, purpose, depth, inputs);
        let timeout = below.and_then(Frame::current).and_then(|(_, step)| step.timeout);
        let timeout = timeout.filter(|_| purpose == Purpose::Step);
        frame.left = [timeout, below.and_then(|frame| frame.left)].into_iter().flatten().min();
        self.frames.push(frame);
        Ok(())
    }

    /// Hands over to another workflow, one-way. One that still has to tidy up stays below until the other is over.
    pub(super) fn transfer(&mut self, target: WorkflowRef, action: &'s Action) {
        let Some(frame) = self.frames.last_mut() else { return };
        let context = frame.context(self.suite, &self.memory, self.visits.last().and_then(Visit::exchange), None);
        let given = judge::passed_on(&action.parameters, frame, &context);
        let (outputs, _) = judge::outputs(&frame.workflow.outputs, &frame.workflow.site, frame, &context);
        frame.drop_arrivals();
        frame.phase = Phase::Finally(0);
        // What it leads to may look back at it.
        let finished = Finished { inputs: frame.inputs.clone(), outputs };
        self.memory.keep(self.suite, frame.at, finished, frame.states.clone(), true);
        let tidies = !frame.workflow.finally.is_empty();
        let replaced = if tidies { None } else { self.frames.pop() };
        let purpose = replaced.as_ref().map_or(Purpose::Transfer, |frame| frame.purpose);
        let called = given.and_then(|given| self.call(target, given, purpose, Some(&action.site)));
        match (called, replaced) {
            (Ok(()), Some(replaced)) => {
                if let Some(frame) = self.frames.last_mut() {
                    (frame.depth, frame.left) = (replaced.depth, replaced.left);
                }
            }
            (Ok(()), None) => {}
            (Err(findings), replaced) => {
                self.frames.extend(replaced);
                if let Some(frame) = self.frames.last_mut() {
                    let visit = self.visits.len().checked_sub(1);
                    frame.unresolved.extend(findings.into_iter().map(|finding| Finding { visit, ..finding }));
                    frame.end(Verdict::Failed);
                }
            }
        }
    }

    /// The workflow is over: its outputs, and back to whoever asked for it.
    pub(super) fn leave(&mut self) {
        let Some(mut frame) = self.frames.pop() else { return };
        let outputs = match frame.transferred.take() {
            Some(outputs) => outputs,
            None => {
                let context = frame.context(self.suite, &self.memory, None, None);
                let (outputs, findings) =
                    judge::outputs(&frame.workflow.outputs, &frame.workflow.site, &frame, &context);
                // A workflow that failed has the outputs that it came to.
                if frame.verdict == Verdict::Passed {
                    self.findings.extend(findings);
                }
                outputs
            }
        };
        let passed = frame.verdict == Verdict::Passed;
        if frame.purpose != Purpose::Root {
            let finished = Finished { inputs: std::mem::take(&mut frame.inputs), outputs: outputs.clone() };
            self.memory.keep(self.suite, frame.at, finished, std::mem::take(&mut frame.states), passed);
        }
        match frame.purpose {
            Purpose::Root => {
                self.findings.append(&mut frame.unresolved);
                self.end = Some(End { verdict: frame.verdict, outputs });
            }
            Purpose::Step => self.returned(frame, outputs),
            // The step below is retried whatever came of this.
            Purpose::Retry => {}
            Purpose::Dependency if passed => {}
            Purpose::Dependency => self.refuse_dependency(frame.at, frame.verdict, frame.unresolved),
            Purpose::Transfer => {
                if let Some(below) = self.frames.last_mut() {
                    below.verdict = frame.verdict;
                    below.unresolved.append(&mut frame.unresolved);
                    below.transferred = Some(outputs);
                }
            }
        }
    }

    /// A called workflow is over: the step that called it is judged.
    fn returned(&mut self, over: Frame<'s>, outputs: Map<String, Value>) {
        let Some(frame) = self.frames.last() else { return };
        let Some((_, step)) = frame.current() else { return };
        let ended = frame.abort.is_some() && !matches!(frame.phase, Phase::Finally(_) | Phase::Over);
        let StepTarget::Workflow(target) = step.target else { return };
        if ended {
            return;
        }
        if over.at != target {
            self.memory.hand_on(self.suite, target, &outputs);
        }
        self.memory.lend(self.suite, target, frame.at.description);
        let judged = if over.abort == Some(Abort::Timeout) {
            let limit = step.timeout.unwrap_or_default().as_millis();
            let message = format!("step `{}` took longer than its {limit} ms", step.id);
            let finding = Finding::new(Code::StepTimeout, step.site.clone(), message);
            Judged { findings: vec![finding], ..Judged::default() }
        } else if over.verdict != Verdict::Passed {
            Judged { findings: over.unresolved, ..Judged::default() }
        } else {
            let called = Some(&outputs);
            judge::criteria(step, &frame.context(self.suite, &self.memory, None, called))
        };
        let verdict = if over.verdict == Verdict::Unreachable { over.verdict } else { Verdict::Failed };
        let settled = Settled { judged, exchange: None, called: Some(outputs), verdict };
        self.settle(settled, Some(What::Workflow(target)));
    }

    /// A workflow that this one depends on did not pass, so this one does not even begin.
    fn refuse_dependency(&mut self, wanted: WorkflowRef, verdict: Verdict, findings: Vec<Finding>) {
        let Some(frame) = self.frames.last_mut() else { return };
        let wanted = &self.suite.workflow(wanted).id;
        let message = format!("`{}` depends on `{wanted}`, which failed", frame.workflow.id);
        frame.unresolved.extend(findings);
        frame.unresolved.push(Finding::new(Code::DependencyFailed, frame.workflow.site.clone(), message));
        frame.verdict = verdict;
        frame.phase = Phase::Over;
    }
}
