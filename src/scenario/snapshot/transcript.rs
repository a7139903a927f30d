//! The order of a snapshot: which attempts are shown, under which headings, and what is wrong with the values that they hide.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use super::Rendered;
use super::address::Host;
use super::kind::Kind;
use super::literal::{Literals, scalar};
use super::reading::{Bodies, Reading, sent_body};
use super::references::References;
use super::reply::At;
use super::request::{Sent, input_kind, pretty, text_lines};
use super::service::Service;
use super::taken::Taken;
use super::volatile::{Mark, Marker};
use crate::contract::plan::TimeForm;
use crate::mask::{Mask, SECRET_BYTES_MIN};
use crate::scenario::code::Code;
use crate::scenario::exchange::{AWAIT_WEBHOOK, Exchange};
use crate::scenario::finding::{Finding, Site};
use crate::scenario::model::{Redaction, Step, StepTarget, Suite, Workflow, WorkflowRef};
use crate::scenario::run::{FailureKind, Record, Visit, What};
/// Longest part of a value that a finding quotes.
const QUOTED_CHARS_MAX: usize = 60;

/// A record while it is being told.
pub(super) struct Transcript<'a> {
    suite: &'a Suite,
    pub record: &'a Record,
    /// Parallel to the suite's APIs.
    pub services: Vec<Rc<Service<'a>>>,
    /// Parallel to the record's visits; each is taken when it is told.
    pub bodies: Vec<Bodies<'a>>,
    pub references: References,
    pub literals: Literals,
    pub taken: Taken,
    /// The redactions met, by place.
    redactions: BTreeMap<Site, Met<'a>>,
    findings: Vec<Finding>,
}

struct Met<'a> {
    redaction: &'a Redaction,
    matched: bool,
    visit: usize,
}

/// The visit that is being told.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub visit: usize,
    pub workflow: &'a Workflow,
    pub step: &'a Step,
}

/// See [`super::render`].
pub fn render(reading: Reading<'_>) -> Rendered {
    let Reading { suite, record, services, bodies, secrets } = reading;
    let mut transcript = Transcript {
        suite,
        record,
        services,
        bodies,
        references: References::default(),
        literals: Literals::default(),
        taken: Taken::default(),
        redactions: BTreeMap::new(),
        findings: Vec::new(),
    };
    transcript.learn_beforehand(&secrets);
    let (mut parts, mut skipped, mut visits) = (Vec::new(), Vec::new(), BTreeMap::new());
    let headings = headings(suite, record);
    for (visit, heading) in headings.into_iter().enumerate() {
        let told = transcript.visit(visit, heading.is_some());
        let Some(heading) = heading else { continue };
        match told {
            Told::Part(text) => {
                parts.push(format!("# {heading}\n\n{text}"));
                visits.entry(heading).or_insert(visit);
            }
            Told::Skipped => skipped.push(heading),
            Told::Nothing => {}
        }
    }
    transcript.report_unmatched();
    // Short secrets are no references, since they would be found in ordinary words.
    let mut mask = Mask::default();
    let short = record.secrets.iter().filter(|secret| secret.len() < SECRET_BYTES_MIN);
    short.for_each(|secret| mask.learn_declared(secret));
    let text = mask.apply(&parts.join("\n")).into_owned();
    Rendered { text, findings: transcript.findings, skipped, visits }
}

/// What a visit adds.
enum Told {
    Part(String),
    Skipped,
    Nothing,
}

impl<'a> Transcript<'a> {
    /// Secrets wherever they come from, and inputs that differ between targets. Nothing is numbered before it is shown.
    fn learn_beforehand(&mut self, secrets: &[String]) {
        for secret in secrets {
            self.references.learn(&Kind::Secret, secret);
        }
        let inputs = self.suite.workflow(self.record.workflow).inputs.iter().flat_map(|inputs| &inputs.properties);
        for input in inputs {
            if let (Some(kind), Some(text)) = (input_kind(input), self.record.inputs.get(&input.name).and_then(scalar))
            {
                self.references.learn(&kind, &text);
            }
        }
    }

    /// Tells a visit, shown or not: what is learnt in a hidden one is known in those after it, and numbered when it is shown there.
    fn visit(&mut self, index: usize, shown: bool) -> Told {
        let visit = &self.record.visits[index];
        let workflow = self.suite.workflow(visit.workflow);
        let Some(step) = workflow.steps.get(visit.step) else { return Told::Nothing };
        let StepTarget::Operation { api, operation } = step.target else { return skipped_or_nothing(&visit.what) };
        let control = self.suite.apis.get(api).is_none_or(|api| api.control);
        let here = Here { visit: index, workflow, step };
        // Of a control step nothing is read but the webhook that it waited for.
        self.references.hide(!shown || control);
        let part = match &visit.what {
            What::Exchange(exchange) => {
                let sent = Sent {
                    workflow,
                    step,
                    api: exchange.api,
                    operation: exchange.operation,
                    call: &exchange.call,
                    body: exchange.sent.as_ref(),
                };
                let marked = self.bodies[index].sent.take();
                let mut text = self.request(sent, marked);
                let body = self.study(here, exchange);
                if control {
                    self.references.hide(!shown);
                    return self.awaited(here, exchange).map_or(Told::Nothing, Told::Part);
                }
                text.push('\n');
                text.push_str(&self.reply(here, exchange, body));
                text
            }
            What::Failed { call, failure } if !control => {
                let body: Option<Value> = serde_json::from_slice(&call.body).ok();
                let marked = body.as_ref().map(|body| sent_body(&self.services[api], operation, call, body));
                let text = self.request(Sent { workflow, step, api, operation, call, body: body.as_ref() }, marked);
                format!("{text}\n(no reply: {})\n", failure_word(failure.kind))
            }
            What::Unsent if !control => "(not sent)\n".to_owned(),
            other => return skipped_or_nothing(other),
        };
        Told::Part(self.references.without_secrets(part))
    }

    /// A webhook that a control step waited for: its event and payload, checked against nothing here.
    fn awaited(&mut self, here: Here<'a>, exchange: &'a Exchange) -> Option<String> {
        let operation = self.services[exchange.api].operation(exchange.operation)?;
        if operation.id != AWAIT_WEBHOOK || exchange.status() >= 300 {
            return None;
        }
        let received = exchange.received.as_ref()?;
        let (event, payload) = (received.get("event")?.as_str()?, received.get("payload")?);
        let mut text = format!("webhook {}\n\n", self.references.within(event, &self.literals));
        if let Value::String(payload) = payload {
            text.push_str(&text_lines(&self.references.within(payload, &self.literals)));
        } else {
            let (api, schema) =
                self.webhook_schema(event).map_or((exchange.api, None), |(api, schema)| (api, Some(schema)));
            let service = self.services[api].clone();
            let marked = Marker { service: &service, resource: None, problem: false }.body(schema, payload);
            self.learn(&marked, "");
            let at = At { here, host: Host::default(), api };
            let body = super::reply::Body::unredacted(marked);
            let told = self.told(at, &body, &body.marked, "", &mut "/payload".to_owned());
            text.push_str(&pretty(&told));
        }
        Some(self.references.without_secrets(text))
    }

    /// The payload's schema of a webhook of the service that the workflow is about.
    fn webhook_schema(&self, event: &str) -> Option<(usize, &'a Value)> {
        let index = self.suite.home(self.record.workflow)?;
        let document = &self.suite.apis[index].contract.document;
        let item = document.resolve(document.root.get("webhooks")?.get(event)?);
        let operation = item.as_object()?.values().find(|operation| operation.get("requestBody").is_some())?;
        let media = document.resolve(operation.get("requestBody")?).get("content")?.as_object()?;
        Some((index, media.values().next()?.get("schema")?))
    }

    pub(super) fn note_redaction(&mut self, redaction: &'a Redaction, matched: bool, visit: usize) {
        let met = self.redactions.entry(redaction.site.clone()).or_insert(Met { redaction, matched: false, visit });
        met.matched |= matched;
        met.visit = visit;
    }

    fn report_unmatched(&mut self) {
        for (site, met) in &self.redactions {
            if met.matched {
                continue;
            }
            let message = format!("the redaction `{}` matches nothing in the reply", met.redaction.text);
            let mut finding = Finding::new(Code::RedactionUnmatched, site.clone(), message)
                .hint("correct the JSONPath, or take the redaction out if the value is gone");
            finding.visit = Some(met.visit);
            self.findings.push(finding);
        }
    }

    /// A value that is not what its reference says: it is shown as it is, and told.
    pub(super) fn breaks_type(&mut self, here: Here<'a>, site: Option<&Site>, place: &str, mark: &Mark, value: &Value) {
        let found = match (&mark.kind, value) {
            (Kind::Secret, Value::String(text)) if !text.is_empty() => "a text".to_owned(),
            _ => quoted(value),
        };
        let expected = expectation(mark);
        let message = format!("{place} of `{}` is {found}, not {expected}", here.step.id);
        let site = site.unwrap_or(&here.step.site).clone();
        let mut finding = Finding::new(Code::SnapshotType, site, message).compared(expected, found);
        finding.visit = Some(here.visit);
        finding.document = self.operation_site(here.step);
        self.findings.push(finding);
    }

    fn operation_site(&self, step: &Step) -> Option<Site> {
        let StepTarget::Operation { api, operation } = step.target else { return None };
        let contract = &self.suite.apis.get(api)?.contract;
        let (file, pointer) = contract.document.origin(&contract.operations.list.get(operation.0)?.pointer);
        Some(Site { file: file.into(), pointer })
    }
}

fn expectation(mark: &Mark) -> String {
    match mark.form {
        Some(TimeForm::Milliseconds) => "an instant (Unix time in milliseconds of the years 1970 to 9999)".to_owned(),
        Some(TimeForm::Seconds) => "an instant (Unix time in seconds of the years 1970 to 9999)".to_owned(),
        Some(TimeForm::Text) => "an instant (RFC 3339 text)".to_owned(),
        None => mark.kind.described().to_owned(),
    }
}

fn quoted(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(QUOTED_CHARS_MAX) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

fn failure_word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Unreachable => "unreachable",
        FailureKind::Tls => "no TLS connection",
        FailureKind::Timeout => "timeout",
        FailureKind::Broken => "the connection broke",
        FailureKind::TooLarge => "too large",
    }
}

fn skipped_or_nothing(what: &What) -> Told {
    if matches!(what, What::Skipped(_)) { Told::Skipped } else { Told::Nothing }
}

/// The heading of each visit; `None` for those that are not shown.
fn headings(suite: &Suite, record: &Record) -> Vec<Option<String>> {
    let superseded = superseded(&record.visits);
    let mut arrivals: BTreeMap<(WorkflowRef, usize, bool), usize> = BTreeMap::new();
    let heading = |(index, visit): (usize, &Visit)| {
        let workflow = suite.workflow(visit.workflow);
        let step = workflow.steps.get(visit.step)?;
        if superseded[index] || workflow.snapshot.off || step.snapshot.off {
            return None;
        }
        let inner = visit.depth > 0 || visit.workflow != record.workflow;
        let name = if inner { format!("{} / {}", workflow.id, step.id) } else { step.id.clone() };
        let arrival = arrivals.entry((visit.workflow, visit.step, inner)).or_default();
        *arrival += 1;
        Some(match (&step.each, &visit.what) {
            // Left out before its list was even looked at: all of its repetitions are.
            (Some(_), What::Skipped(_)) => format!("{name} [*]"),
            (Some(_), _) => format!("{name} [{arrival}]"),
            (None, _) if *arrival > 1 => format!("{name} [{arrival}]"),
            (None, _) => name,
        })
    };
    record.visits.iter().enumerate().map(heading).collect()
}

/// Which visits were done again: of each arrival at a step only the last attempt counts, since how often a client has to ask is the
/// target's pace and nobody's promise. What a retry went through on its way, a workflow's steps included, goes with it.
fn superseded(visits: &[Visit]) -> Vec<bool> {
    let mut superseded = vec![false; visits.len()];
    // By step: the first visit that belongs to the arrival's last attempt, and that attempt's own.
    let mut last: BTreeMap<(WorkflowRef, usize, usize), (usize, usize)> = BTreeMap::new();
    for (index, visit) in visits.iter().enumerate() {
        let key = (visit.workflow, visit.step, visit.depth);
        let began = match last.get(&key) {
            Some((began, at)) if visit.attempt > 1 => {
                superseded[*began..=*at].iter_mut().for_each(|one| *one = true);
                at + 1
            }
            _ => first_inner(visits, index),
        };
        last.insert(key, (began, index));
    }
    superseded
}

/// The first visit of the workflow that a visit called.
fn first_inner(visits: &[Visit], index: usize) -> usize {
    if !matches!(visits[index].what, What::Workflow(_)) {
        return index;
    }
    let inner = visits[..index].iter().rev().take_while(|visit| visit.depth > visits[index].depth).count();
    index - inner
}
