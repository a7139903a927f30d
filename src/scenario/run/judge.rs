//! What to think of an attempt: its criteria, its outputs, and the action that follows.

use serde_json::{Map, Value};

use super::frame::{Arrival, Frame, Mode};
use super::limits::fits;
use super::{Failure, FailureKind, Verdict};
use crate::scenario::code::Code;
use crate::scenario::condition::{Criterion, Outcome};
use crate::scenario::exchange::Exchange;
use crate::scenario::expression::Context;
use crate::scenario::finding::{Finding, Site};
use crate::scenario::model::{Action, ActionKind, Parameter, Step};
use crate::scenario::request::Absent;
use crate::scenario::template::Template;

/// The outcome of every criterion.
#[derive(Debug, Default)]
pub struct Judged {
    pub passed: bool,
    pub criteria: Vec<(String, Outcome)>,
    /// Why it did not pass; they count when nobody copes with the failure.
    pub findings: Vec<Finding>,
}

/// An attempt that is over, and what is known of it.
#[derive(Debug)]
pub struct Settled {
    pub judged: Judged,
    /// The reply that actions look at.
    pub exchange: Option<Exchange>,
    /// The outputs of the workflow that the step called.
    pub called: Option<Map<String, Value>>,
    /// What a failure means if nobody copes with it.
    pub verdict: Verdict,
}

impl Settled {
    /// A failure without a reply.
    pub fn failure(findings: Vec<Finding>) -> Settled {
        let judged = Judged { findings, ..Judged::default() };
        Settled { judged, exchange: None, called: None, verdict: Verdict::Failed }
    }
}

/// Judges a step by its criteria; without any, a reply passes below 400, and a workflow by having passed itself.
pub fn criteria(step: &Step, context: &Context<'_>) -> Judged {
    let mut judged = Judged { passed: true, ..Judged::default() };
    if step.success_criteria.is_empty() {
        if let Some(exchange) = context.exchange.filter(|exchange| exchange.status() >= 400) {
            judged.passed = false;
            judged.findings.push(refused(step, exchange));
        }
        return judged;
    }
    judged.criteria.reserve(step.success_criteria.len());
    for criterion in &step.success_criteria {
        let outcome = criterion.evaluate(context);
        if !outcome.passed {
            judged.passed = false;
            judged.findings.push(failed(step, criterion, &outcome));
        }
        judged.criteria.push((criterion.text.clone(), outcome));
    }
    judged
}

/// A call that brought no reply.
pub fn failure(step: &Step, failure: &Failure) -> Finding {
    let code = match failure.kind {
        FailureKind::Unreachable => Code::Unreachable,
        FailureKind::Tls => Code::TlsFailed,
        FailureKind::Timeout => Code::StepTimeout,
        FailureKind::Broken => Code::ReplyBroken,
        FailureKind::TooLarge => Code::ReplyTooLarge,
    };
    Finding::new(code, step.site.clone(), format!("step `{}`: {}", step.id, failure.message))
}

/// Evaluates outputs. What is undefined or too large is left out, and told; without a word where a step was left out that it needs.
pub fn outputs(
    templates: &[(String, Template)],
    site: &Site,
    frame: &Frame<'_>,
    context: &Context<'_>,
) -> (Map<String, Value>, Vec<Finding>) {
    let mut outputs = Map::with_capacity(templates.len());
    let mut findings = Vec::new();
    for (name, template) in templates {
        let place = || site.below("outputs").below(name);
        match template.evaluate(context) {
            Ok(value) if fits(&value) => drop(outputs.insert(name.clone(), value)),
            Ok(_) => {
                let message = format!("the output `{name}` has grown too large to be kept");
                findings.push(Finding::new(Code::LoopLimit, place(), message));
            }
            Err(_) if frame.has_skipped() && frame.needs_skipped(&template.expressions()).is_some() => {}
            Err(error) => {
                let message = format!("the output `{name}` is undefined: `{}`: {}", error.expression, error.why);
                findings.push(Finding::new(Code::ExpressionUndefined, place(), message));
            }
        }
    }
    (outputs, findings)
}

/// The first action whose criteria all pass; `None` goes on in sequence, or fails. A retry that is used up is passed over.
pub fn action<'s>(actions: &'s [Action], arrival: &Arrival<'_>, context: &Context<'_>) -> Option<(usize, &'s Action)> {
    let eligible = |(index, action): &(usize, &'s Action)| match &action.kind {
        ActionKind::Retry { limit, .. } => arrival.mode != Mode::Alone && arrival.retries(*index) < *limit,
        ActionKind::End | ActionKind::Goto(_) => arrival.mode == Mode::Sequence,
    };
    let matching =
        |(_, action): &(usize, &'s Action)| action.criteria.iter().all(|criterion| criterion.evaluate(context).passed);
    actions.iter().enumerate().filter(eligible).find(matching)
}

/// The frame's inputs of a workflow that a step or an action leads to.
pub fn passed_on(
    parameters: &[Parameter],
    frame: &Frame<'_>,
    context: &Context<'_>,
) -> Result<Map<String, Value>, Vec<Finding>> {
    let mut inputs = Map::with_capacity(parameters.len());
    let mut findings = Vec::new();
    let absent = Absent::of(frame.workflow.inputs.as_ref(), context);
    for parameter in parameters {
        match absent.evaluate(&parameter.value, context) {
            Ok(Some(value)) => drop(inputs.insert(parameter.name.clone(), value)),
            Ok(None) => {}
            Err(error) => {
                let site = parameter.site.below("value");
                findings.push(Finding::new(Code::ExpressionUndefined, site, error.no_value()));
            }
        }
    }
    if findings.is_empty() { Ok(inputs) } else { Err(findings) }
}

fn refused(step: &Step, exchange: &Exchange) -> Finding {
    let status = exchange.reply.status;
    let message = format!("step `{}` was answered {status}", step.id);
    Finding::new(Code::CriterionFailed, step.site.clone(), message)
        .hint("a step without `successCriteria` succeeds below 400; write criteria where another reply is right")
        .compared("a status below 400", status.to_string())
}

fn failed(step: &Step, criterion: &Criterion, outcome: &Outcome) -> Finding {
    let code = if outcome.error { Code::CriterionError } else { Code::CriterionFailed };
    let message = match outcome.detail.as_str() {
        "" => format!("step `{}`: `{}` does not hold", step.id, criterion.text),
        detail => format!("step `{}`: {detail}", step.id),
    };
    Finding::new(code, criterion.site.clone(), message)
}
