//! The transitions of a step: arrive, attempt, settle, follow an action, retry.

use std::time::Duration;

use serde_json::{Map, Value};

use super::frame::{Abort, Arrival, Elements, Mode, Phase, Purpose, Stage, StepState};
use super::judge::{self, Settled};
use super::obstacle::Obstacle;
use super::retry_after::retry_after;
use super::{Pending, Run, VISITS_MAX, Verdict, Visit, WAIT_MAX, What};
use crate::scenario::code::Code;
use crate::scenario::exchange::Exchange;
use crate::scenario::finding::Finding;
use crate::scenario::model::{Action, ActionKind, Destination, StepTarget};
use crate::scenario::request;

impl<'s> Run<'s> {
    /// Is the step left out, or may it not run yet? If neither, for which elements is it done?
    pub(super) fn arrive(&mut self) {
        if !self.may_visit() {
            return;
        }
        let Some(frame) = self.frames.last() else { return };
        let Some((arrival, step)) = frame.current() else { return };
        // Before its elements are known, a step is `x-standin-each` as a whole.
        let whole = step.each.as_ref().filter(|_| arrival.elements.is_none());
        let prepared = match (self.obstacle(frame, step, whole), whole) {
            (Some(obstacle), _) => Err(obstacle),
            (None, Some(each)) => self.elements(frame, step, each).map(Some),
            (None, None) => Ok(None),
        };
        match prepared {
            Ok(elements) => self.set_out(elements),
            Err(Obstacle::Skip(reason)) => self.skip(reason),
            Err(Obstacle::Fail(finding)) => self.settle(Settled::failure(vec![*finding]), None),
        }
    }

    /// Sends the call, or calls the workflow.
    pub(super) fn attempt(&mut self) {
        if !self.may_visit() {
            return;
        }
        let Some(frame) = self.frames.last() else { return };
        let Some((_, step)) = frame.current() else { return };
        let context = frame.context(self.suite, &self.memory, None, None);
        match step.target {
            StepTarget::Operation { api, operation } => {
                let Some(base) = self.settings.bases.get(api) else {
                    let message = format!("step `{}`: it is not known where the API is reached", step.id);
                    let finding = Finding::new(Code::RequestUnbuildable, step.site.clone(), message);
                    return self.settle(Settled::failure(vec![finding]), None);
                };
                let destination = request::Destination { api, operation, base };
                match request::build(self.suite, step, destination, frame.workflow.inputs.as_ref(), &context) {
                    Ok(mut built) => {
                        built.outgoing.timeout = [step.timeout, frame.left].into_iter().flatten().min();
                        self.pending = Pending::Send(Box::new(built));
                    }
                    Err(findings) => self.settle(Settled::failure(findings), None),
                }
            }
            StepTarget::Workflow(target) => {
                let called = judge::passed_on(&step.parameters, frame, &context)
                    .and_then(|inputs| self.call(target, inputs, Purpose::Step, Some(&step.site)));
                if let Err(findings) = called {
                    self.settle(Settled::failure(findings), None);
                }
            }
        }
    }

    /// Does what a retry's action names, then attempts the step again.
    pub(super) fn retry(&mut self, via: Option<(Destination, &'s Action)>) {
        let Some(frame) = self.frames.last_mut() else { return };
        if let Some(arrival) = frame.arrivals.last_mut() {
            arrival.stage = if arrival.under_way { Stage::Attempting } else { Stage::Arriving };
        }
        match via {
            None => {}
            Some((Destination::Step(step), _)) if step < frame.workflow.steps.len() => {
                frame.arrivals.push(Arrival::new(step, Mode::Alone));
            }
            Some((Destination::Step(_), _)) => {}
            Some((Destination::Workflow(target), action)) => {
                let exchange = self.visits.last().and_then(Visit::exchange);
                let context = frame.context(self.suite, &self.memory, exchange, None);
                let called = judge::passed_on(&action.parameters, frame, &context)
                    .and_then(|inputs| self.call(target, inputs, Purpose::Retry, Some(&action.site)));
                // The step is retried all the same; but an action that can never work has to be told.
                self.tell(called.err().unwrap_or_default());
            }
        }
    }

    /// Keeps the visit and its outputs, and follows the action that the outcome calls for.
    pub(super) fn settle(&mut self, settled: Settled, what: Option<What>) {
        let Settled { judged, exchange, called, verdict } = settled;
        let passed = judged.passed;
        let visit = Some(self.visits.len());
        self.keep_outputs(passed, exchange.as_ref(), called.as_ref());
        let Some(frame) = self.frames.last_mut() else { return };
        let Some((arrival, step)) = frame.current() else { return };
        let more = passed && arrival.elements.as_ref().is_some_and(|elements| elements.left.len() > 0);
        let actions = if passed { &step.on_success } else { &step.on_failure };
        // A cleanup that outlives the limit of visits must come to an end as well.
        let chosen = if more || self.visits.len() >= VISITS_MAX {
            None
        } else {
            let context = frame.context(self.suite, &self.memory, exchange.as_ref(), called.as_ref());
            judge::action(actions, arrival, &context)
        };
        let asked = exchange.as_ref().filter(|_| !passed).and_then(retry_after);
        self.visits.push(Visit {
            workflow: frame.at,
            step: arrival.step,
            depth: frame.depth,
            attempt: arrival.attempt,
            what: match (what, exchange) {
                (Some(what), _) => what,
                (None, Some(exchange)) => What::Exchange(Box::new(exchange)),
                (None, None) => What::Unsent,
            },
            passed,
            criteria: judged.criteria,
            action: chosen.map(|(_, action)| action.name.clone()),
        });
        let findings = judged.findings.into_iter();
        let findings = findings.map(|finding| Finding { visit: finding.visit.or(visit), ..finding }).collect();
        let index = arrival.step;
        frame.states[index] = if passed { StepState::Done } else { StepState::Failed };
        match (chosen, passed) {
            (Some((index, action)), passed) => {
                self.follow(index, action, asked, (!passed).then_some((findings, verdict)))
            }
            (None, true) if more => self.next_element(),
            (None, true) => self.go_on(),
            (None, false) => self.give_up(findings, verdict),
        }
    }

    /// Leaves the step out. It counts as passed, and its outputs are undefined.
    pub(super) fn skip(&mut self, reason: String) {
        let Some(frame) = self.frames.last_mut() else { return };
        let Some((arrival, step)) = frame.current() else { return };
        self.visits.push(Visit {
            workflow: frame.at,
            step: arrival.step,
            depth: frame.depth,
            attempt: arrival.attempt,
            what: What::Skipped(reason.clone()),
            passed: true,
            criteria: Vec::new(),
            action: None,
        });
        let (index, elements) = (arrival.step, arrival.elements.as_ref());
        let more = elements.is_some_and(|elements| elements.left.len() > 0);
        if elements.is_none() || frame.states[index] != StepState::Done {
            frame.steps.remove(&step.id);
            frame.states[index] = StepState::Skipped(reason);
        }
        if more { self.next_element() } else { self.go_on() }
    }

    /// Goes where an action leads. `failed`: why the step did not pass, and what that means.
    fn follow(
        &mut self,
        index: usize,
        action: &'s Action,
        asked: Option<Duration>,
        failed: Option<(Vec<Finding>, Verdict)>,
    ) {
        let Some(frame) = self.frames.last_mut() else { return };
        match (&action.kind, failed) {
            (ActionKind::End, Some((findings, verdict))) => {
                frame.unresolved.extend(findings);
                frame.end(verdict);
            }
            (ActionKind::End, None) => frame.end(Verdict::Passed),
            (ActionKind::Goto(Destination::Step(step)), _) => frame.goto(*step),
            (ActionKind::Goto(Destination::Workflow(target)), _) => self.transfer(*target, action),
            (ActionKind::Retry { after, via, .. }, _) => {
                let wait = asked.or(*after).unwrap_or_default().min(WAIT_MAX);
                let wait = frame.left.map_or(wait, |left| wait.min(left));
                if let Some(arrival) = frame.arrivals.last_mut() {
                    arrival.count_retry(index);
                    arrival.stage = Stage::Retrying(via.map(|via| (via, action)));
                }
                if !wait.is_zero() {
                    self.pending = Pending::Wait(wait);
                }
            }
        }
    }

    /// The step has passed, or was left out, and no action says where to go.
    fn go_on(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let Some(arrival) = frame.drop_arrival() else { return };
        if arrival.mode == Mode::Sequence {
            frame.phase = Phase::Step(frame.in_sequence(arrival.step + 1));
        }
    }

    /// The step has failed, and no action copes with it.
    fn give_up(&mut self, findings: Vec<Finding>, verdict: Verdict) {
        let Some(frame) = self.frames.last_mut() else { return };
        match frame.arrivals.last().map(|arrival| arrival.mode) {
            // The step that is retried after this one tells by itself whether that was of use.
            Some(Mode::Alone) => drop(frame.drop_arrival()),
            Some(Mode::Finally) => {
                frame.drop_arrival();
                frame.unresolved.extend(findings);
                if frame.verdict == Verdict::Passed {
                    frame.verdict = verdict;
                }
            }
            Some(Mode::Sequence) | None => {
                frame.unresolved.extend(findings);
                frame.end(verdict);
            }
        }
    }

    fn set_out(&mut self, elements: Option<Elements>) {
        let Some(arrival) = self.frames.last_mut().and_then(|frame| frame.arrivals.last_mut()) else { return };
        if elements.is_some() {
            arrival.elements = elements;
            self.next_element();
        } else {
            arrival.under_way = true;
            arrival.stage = Stage::Attempting;
        }
    }

    /// Each element is an arrival of its own: its attempts and retries are counted afresh.
    fn next_element(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let Some(arrival) = frame.arrivals.last_mut() else { return };
        let Some(elements) = &mut arrival.elements else { return };
        let Some(element) = elements.left.next() else { return };
        frame.inputs.insert(elements.name.clone(), element);
        arrival.under_way = !elements.conditional;
        arrival.stage = if elements.conditional { Stage::Arriving } else { Stage::Attempting };
        arrival.attempt = 1;
        arrival.retries.clear();
    }

    /// Of a step that passed all outputs are expected. One that failed adds those that it has to what is known of it.
    fn keep_outputs(&mut self, passed: bool, exchange: Option<&Exchange>, called: Option<&Map<String, Value>>) {
        let Some(frame) = self.frames.last_mut() else { return };
        let Some((_, step)) = frame.current() else { return };
        if step.outputs.is_empty() {
            return;
        }
        let visit = Some(self.visits.len());
        let context = frame.context(self.suite, &self.memory, exchange, called);
        let (outputs, findings) = judge::outputs(&step.outputs, &step.site, frame, &context);
        if passed {
            self.findings.extend(findings.into_iter().map(|finding| Finding { visit, ..finding }));
        }
        match frame.steps.get_mut(&step.id) {
            Some(kept) if passed => *kept = outputs,
            Some(kept) => kept.extend(outputs),
            None => drop(frame.steps.insert(step.id.clone(), outputs)),
        }
    }

    /// Is there a visit left? An endless loop ends here; what tidies up after it still runs.
    fn may_visit(&mut self) -> bool {
        if self.visits.len() < VISITS_MAX {
            return true;
        }
        let Some(frame) = self.frames.last() else { return false };
        let Some((arrival, step)) = frame.current() else { return false };
        if arrival.mode == Mode::Finally {
            return true;
        }
        if !self.frames.iter().any(|frame| frame.abort == Some(Abort::Limit)) {
            let message = format!("{VISITS_MAX} visits of steps did not bring the workflow to its end");
            let finding = Finding::new(Code::LoopLimit, step.site.clone(), message);
            let finding = finding.hint("give the `goto` or `retry` that goes round criteria that fail some day");
            self.tell(vec![finding]);
        }
        self.frames.iter_mut().for_each(|frame| frame.abort = Some(Abort::Limit));
        false
    }

    /// Keeps findings that count whatever follows.
    pub(super) fn tell(&mut self, findings: Vec<Finding>) {
        let last = self.visits.len().checked_sub(1);
        self.findings.extend(findings.into_iter().map(|finding| Finding { visit: finding.visit.or(last), ..finding }));
    }
}
