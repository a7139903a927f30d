//! The transitions of a run. Each does one thing and leaves behind what comes next; none runs another to its end.
//!
//! ```text
//! begin ─▶ depend ─▶ arrive ─▶ attempt ─▶ (a call, or a frame above) ─▶ settle ─▶ follow ─▶ arrive …
//!                                ▲                                         │
//!                                └── retry ◀── (wait) ◀────────────────────┘        … end ─▶ finally ─▶ leave
//! ```
//!
//! Those of a step stand in [`super::step`], those of a workflow in [`super::workflow`].

use std::time::Duration;

use serde_json::Map;

use super::frame::{Abort, Arrival, Frame, Mode, Phase, Purpose, Stage};
use super::judge::{self, Settled};
use super::{End, Failure, FailureKind, Run, Verdict, What, inputs};
use crate::call::Reply;
use crate::scenario::code::Code;
use crate::scenario::exchange::{AWAIT_WEBHOOK, Exchange};
use crate::scenario::finding::{Finding, Severity};
use crate::scenario::model::Step;
use crate::scenario::request::{self, Built};

impl<'s> Run<'s> {
    pub(super) fn begin(&mut self) {
        match inputs::fill(self.suite, self.workflow, Map::new(), None, self.settings) {
            Ok(inputs) => {
                self.secrets = inputs::secrets(self.suite, self.workflow, &inputs);
                self.inputs = inputs.clone();
                self.memory.open(self.suite, self.workflow.description);
                self.frames.push(Frame::new(self.suite, self.workflow, Purpose::Root, 0, inputs));
            }
            Err(findings) => {
                self.findings = findings;
                self.end = Some(End { verdict: Verdict::Failed, outputs: Map::new() });
            }
        }
    }

    /// Makes one transition; `false` when there is nothing left to do.
    pub(super) fn advance(&mut self) -> bool {
        let Some(frame) = self.frames.last_mut() else { return false };
        let tidying = matches!(frame.phase, Phase::Finally(_) | Phase::Over);
        if frame.abort.is_some() && !tidying {
            frame.end(Verdict::Failed);
            return true;
        }
        match frame.arrivals.last_mut() {
            Some(arrival) => match std::mem::replace(&mut arrival.stage, Stage::Waiting) {
                Stage::Arriving => self.arrive(),
                Stage::Attempting => self.attempt(),
                Stage::Retrying(via) => self.retry(via),
                // Only an answer or the frame above can end this, and neither is there.
                Stage::Waiting => return false,
            },
            None => match frame.phase {
                Phase::Dependencies(index) => self.depend(index),
                Phase::Step(index) if index < frame.workflow.steps.len() => {
                    frame.arrivals.push(Arrival::new(index, Mode::Sequence));
                }
                Phase::Step(_) => frame.end(Verdict::Passed),
                Phase::Finally(index) => match frame.workflow.finally.get(index) {
                    Some(step) => {
                        frame.phase = Phase::Finally(index + 1);
                        frame.arrivals.push(Arrival::new(*step, Mode::Finally));
                    }
                    None => frame.phase = Phase::Over,
                },
                Phase::Over => self.leave(),
            },
        }
        true
    }

    pub(super) fn replied(&mut self, built: Built, reply: Reply, elapsed: Duration, received_at: i64) {
        let mut exchange = request::exchange(built, reply, elapsed, received_at);
        self.spend(elapsed);
        let Some(frame) = self.frames.last() else { return };
        let Some((_, step)) = frame.current() else { return };
        let judged = judge::criteria(step, &frame.context(self.suite, &self.memory, Some(&exchange), None));
        let foreseen = judged.passed && !step.success_criteria.is_empty();
        self.check(&mut exchange, step, foreseen);
        self.settle(Settled { judged, exchange: Some(exchange), called: None, verdict: Verdict::Failed }, None);
    }

    pub(super) fn failed(&mut self, built: Built, failure: Failure) {
        if failure.kind == FailureKind::Timeout {
            self.spend(built.outgoing.timeout.unwrap_or_default());
        }
        let Some((_, step)) = self.frames.last().and_then(Frame::current) else { return };
        let mut settled = Settled::failure(vec![judge::failure(step, &failure)]);
        if matches!(failure.kind, FailureKind::Unreachable | FailureKind::Tls) {
            settled.verdict = Verdict::Unreachable;
        }
        self.settle(settled, Some(What::Failed { call: Box::new(built.outgoing.call), failure }));
    }

    /// The target cannot do what the step asks for.
    pub(super) fn left_out(&mut self, reason: String) {
        if let Some((_, step)) = self.frames.last().and_then(Frame::current) {
            let message = format!("step `{}` was left out: {reason}", step.id);
            let finding = Finding::new(Code::ControlSkipped, step.site.clone(), message);
            self.findings.push(Finding { visit: Some(self.visits.len()), ..finding });
        }
        self.skip(reason);
    }

    pub(super) fn has_waited(&mut self, wait: Duration) {
        self.waited = self.waited.saturating_add(wait);
        self.spend(wait);
    }

    /// Where no time passes nothing goes on: what is at work ends, but for its tidying up.
    pub(super) fn cannot_wait(&mut self, failure: &Failure) {
        if let Some((_, step)) = self.frames.last().and_then(Frame::current) {
            let finding = judge::failure(step, failure);
            self.tell(vec![finding]);
        }
        self.frames.iter_mut().for_each(|frame| frame.abort = Some(Abort::Stuck));
    }

    /// Holds an exchange against its document. What breaks the document counts, whatever follows from the reply. A refusal that the
    /// step's criteria ask for (`foreseen`) is a rule that the scenario's author knows of: it is noted, and warns of nothing.
    fn check(&mut self, exchange: &mut Exchange, step: &Step, foreseen: bool) {
        let api = &self.suite.apis[exchange.api];
        let closed = self.settings.closed_objects;
        let checkers = self.checkers.all();
        let mut findings = checkers[exchange.api].exchange(&api.contract, exchange, &step.site, closed);
        let operation = api.contract.operations.get(exchange.operation);
        if api.control
            && operation.id == AWAIT_WEBHOOK
            && let Some(delivered) = &exchange.received
            && let (Some(event), Some(payload)) = (delivered.get("event"), delivered.get("payload"))
            && let (Some(event), Some(index)) = (event.as_str(), self.suite.home(self.workflow))
        {
            let contract = &self.suite.apis[index].contract;
            findings.extend(checkers[index].webhook(contract, event, payload, &step.site, closed));
        }
        if foreseen {
            for finding in findings.iter_mut().filter(|finding| finding.code == Code::RequestValidRefused) {
                finding.severity = Severity::Note;
            }
        }
        let visit = Some(self.visits.len());
        self.findings.extend(findings.into_iter().map(|finding| Finding { visit, ..finding }));
    }

    /// Takes time from every workflow that has only so much of it; those that have run out of it end.
    fn spend(&mut self, time: Duration) {
        let mut out = false;
        for frame in &mut self.frames {
            if let Some(left) = frame.left {
                let rest = left.saturating_sub(time);
                frame.left = Some(rest);
                out |= rest.is_zero();
            }
            if out && frame.abort.is_none() {
                frame.abort = Some(Abort::Timeout);
                frame.left = None;
            }
        }
    }
}
