//! What happened in a workflow, as it is told: plain texts without secrets.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderValue;
use serde_json::Value;

use super::target::Causes;
use crate::call::{Call, Reply};
use crate::mask::Mask;
use crate::scenario::code::Code;
use crate::scenario::exchange::Exchange;
use crate::scenario::finding::Finding;
use crate::scenario::model::{StepTarget, Suite, WorkflowRef};
use crate::scenario::results::{Message, SnapshotState, Status, StepResult, WorkflowResult};
use crate::scenario::run::{Failure, FailureKind, Record, Verdict, Visit, What};
use crate::words::boundary_before;

/// Longest body that a report shows, in bytes.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// How a workflow is told.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'t> {
    pub suite: &'t Suite,
    pub mask: &'t Mask,
    /// With requests and replies as people read them? That is much text, which nobody sees of most workflows that passed.
    pub exchanges: bool,
}

impl Telling<'_> {
    /// `causes`: for each call of the service, in order, why the fake answered so.
    pub fn workflow(self, record: Record, mut causes: Causes, took: Duration) -> WorkflowResult {
        let mut result = bare(self.suite, record.workflow);
        result.status = match record.verdict {
            Verdict::Passed => Status::Passed,
            Verdict::Failed => Status::Failed,
            Verdict::Unreachable => Status::Unreachable,
        };
        result.duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        result.steps = record.visits.iter().map(|visit| self.step(record.workflow, visit, &mut causes)).collect();
        mark_retries(&record.visits, &mut result.steps);
        result.findings = record.findings.into_iter().map(|finding| masked(finding, self.mask)).collect();
        result
    }

    /// `top`: the workflow that was asked for; the visit may be of one that it called.
    fn step(self, top: WorkflowRef, visit: &Visit, causes: &mut Causes) -> StepResult {
        let Telling { suite, mask, .. } = self;
        let workflow = suite.workflow(visit.workflow);
        let step = &workflow.steps[visit.step];
        let mut told = StepResult {
            id: step.id.clone(),
            description: step.description.clone(),
            workflow: (visit.workflow != top).then(|| workflow.id.clone()),
            depth: visit.depth,
            attempt: visit.attempt,
            passed: visit.passed,
            retried: false,
            skipped: None,
            operation: None,
            request: None,
            reply: None,
            duration_ms: 0.0,
            causes: Vec::new(),
            curl: None,
        };
        let mut service = None;
        if let StepTarget::Operation { api, operation } = step.target {
            told.operation = Some(suite.apis[api].contract.operations.get(operation).id.clone());
            service = (!suite.apis[api].control).then_some(api);
        }
        let call = match &visit.what {
            What::Exchange(exchange) => {
                told.reply = self.exchanges.then(|| reply(exchange, mask));
                told.duration_ms = exchange.elapsed.as_secs_f64() * 1000.0;
                Some(&exchange.call)
            }
            What::Failed { call, .. } => Some(call.as_ref()),
            What::Skipped(reason) => {
                told.skipped = Some(mask.apply(reason).into_owned());
                None
            }
            What::Workflow(_) | What::Unsent => None,
        };
        if let Some(call) = call.filter(|_| self.exchanges) {
            told.request = Some(request(call, mask));
            told.curl = Some(curl(call, mask));
            if let Some(api) = service {
                told.causes = causes.next(api).iter().map(|cause| mask.apply(cause).into_owned()).collect();
            }
        }
        told
    }
}

pub fn left_out(suite: &Suite, at: WorkflowRef, reason: &str) -> WorkflowResult {
    WorkflowResult { status: Status::Skipped, reason: Some(reason.to_owned()), ..bare(suite, at) }
}

pub fn unreachable(suite: &Suite, at: WorkflowRef, failure: &Failure, mask: &Mask) -> WorkflowResult {
    let code = match failure.kind {
        FailureKind::Tls => Code::TlsFailed,
        _ => Code::Unreachable,
    };
    let finding = Finding::new(code, suite.workflow(at).site.clone(), failure.message.clone());
    WorkflowResult { status: Status::Unreachable, findings: vec![masked(finding, mask)], ..bare(suite, at) }
}

fn bare(suite: &Suite, at: WorkflowRef) -> WorkflowResult {
    let workflow = suite.workflow(at);
    let file = suite.descriptions[at.description].file.to_string();
    WorkflowResult {
        line: 0,
        file,
        pointer: workflow.site.pointer.clone(),
        id: workflow.id.clone(),
        summary: workflow.summary.clone(),
        status: Status::Skipped,
        reason: None,
        duration_ms: 0,
        steps: Vec::new(),
        findings: Vec::new(),
        snapshot: SnapshotState::Off,
        snapshot_file: None,
        diff: None,
    }
}

/// Marks attempts that did not pass and were followed by another.
fn mark_retries(visits: &[Visit], steps: &mut [StepResult]) {
    let mut following: BTreeMap<(WorkflowRef, usize, usize), u32> = BTreeMap::new();
    for (visit, step) in visits.iter().zip(steps).rev() {
        let next = following.insert((visit.workflow, visit.step, visit.depth), visit.attempt);
        step.retried = !visit.passed && next == Some(visit.attempt + 1);
    }
}

fn request(call: &Call, mask: &Mask) -> Message {
    let headers = call.headers.iter().map(|(name, value)| (name.as_str(), value));
    Message {
        line: mask.apply(&format!("{} {}", call.method, call.url())).into_owned(),
        headers: masked_headers(headers, mask),
        body: body(&call.body, mask),
    }
}

fn reply(exchange: &Exchange, mask: &Mask) -> Message {
    let Reply { status, headers, body: bytes, .. } = &exchange.reply;
    let reason = status.canonical_reason().unwrap_or_default();
    Message {
        line: format!("{} {reason}", status.as_u16()).trim_end().to_owned(),
        headers: masked_headers(headers.iter().map(|(name, value)| (name.as_str(), value)), mask),
        body: body(bytes, mask),
    }
}

fn masked_headers<'h>(headers: impl Iterator<Item = (&'h str, &'h HeaderValue)>, mask: &Mask) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.map(|(name, value)| (name.to_owned(), mask.apply(&text(value)).into_owned())).collect()
}

/// JSON over several lines, other text as it is, of anything else its size.
fn body(bytes: &[u8], mask: &Mask) -> String {
    if bytes.is_empty() {
        return String::new();
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return format!("({} bytes)", bytes.len()) };
    let shown = match serde_json::from_str::<Value>(text) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.to_owned()),
        Err(_) => text.to_owned(),
    };
    let mut shown = mask.apply(&shown).into_owned();
    if shown.len() > BODY_BYTES_MAX {
        let end = boundary_before(&shown, BODY_BYTES_MAX);
        let left = shown.len() - end;
        shown.truncate(end);
        shown.push_str(&format!("\n… and {left} bytes more"));
    }
    shown
}

/// The same request on a command line. Each text is masked before it is quoted: quoting would tear a secret with a quote in it apart.
fn curl(call: &Call, mask: &Mask) -> String {
    let quoted = |text: &str| quoted(&mask.apply(text));
    let mut command = format!("curl -X {} {}", call.method, quoted(&call.url()));
    for (name, value) in &call.headers {
        command.push_str(&format!(" -H {}", quoted(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))));
    }
    if !call.body.is_empty() {
        match std::str::from_utf8(&call.body) {
            Ok(text) => command.push_str(&format!(" --data-raw {}", quoted(text))),
            Err(_) => command.push_str(" --data-binary @body"),
        }
    }
    command
}

/// A word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A finding without secrets.
pub fn masked(mut finding: Finding, mask: &Mask) -> Finding {
    let apply = |text: &mut String| {
        if let std::borrow::Cow::Owned(clean) = mask.apply(text) {
            *text = clean;
        }
    };
    apply(&mut finding.message);
    finding.hint.as_mut().map(apply);
    finding.expected.as_mut().map(apply);
    finding.found.as_mut().map(apply);
    finding
}
