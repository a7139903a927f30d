//! Replies: rendered from the plan, and checked against the contract (stages 12 and 13).

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LINK};
use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::inputs::Inputs;
use super::perform::Done;
use super::problem::{Problem, headers, status};
use super::turn::{Turn, records_text};
use crate::call::Reply;
use crate::contract::Contract;
use crate::contract::expression::{Members, Object, Scope};
use crate::contract::operation::{Operation, OperationId};
use crate::contract::plan::{BodyCheck, BodyPlan, Parts, ReplyPlan, StatusPlan};
use crate::contract::sample::{Direction, sample};
use crate::contract::violation::{Place, Violation};
use crate::fields::Fields;
use crate::json;
use crate::world::store::Record;

/// Most violations of our own reply that a loud 500 names.
const NAMED_MAX: usize = 3;

/// A body, and what of it is left to be checked.
struct Rendered {
    bytes: Vec<u8>,
    /// The body's value with null in the place of records that stand in it as text.
    skeleton: Value,
    /// Do records stand in it as text?
    split: bool,
}

/// A new record, which shows its secrets this once.
#[derive(Debug)]
struct Revealed {
    record: Arc<Record>,
    shown: Fields,
    /// The same as text.
    json: Box<str>,
}

impl Members for Revealed {
    fn member(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.record.field(name)
    }

    fn whole(&self) -> Value {
        self.record.value()
    }

    fn hides(&self) -> bool {
        true
    }

    fn visible(&self) -> Option<&str> {
        Some(&self.json)
    }
}

impl<'c> Turn<'c, '_> {
    /// The reply to an operation that was performed.
    pub fn render<'s>(
        &mut self,
        operation: OperationId,
        inputs: &'s Inputs,
        done: &'s Done,
        scope: &mut Scope<'s>,
    ) -> Result<Reply, Problem> {
        let plan = &self.contract.plan.actions[operation.0].reply;
        scope.show(true);
        let code = match &plan.status {
            StatusPlan::Fixed(code) => *code,
            StatusPlan::Computed(expression) => {
                self.evaluate(expression, scope)?.as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or(500)
            }
        };
        let declared = self.contract.operations.get(operation);
        if !declared.responses.is_empty() && declared.response(code).is_none() {
            let text = format!("standin: {} answers {code}, which its document does not declare", declared.id);
            return Err(Problem::loud(self.contract, text));
        }
        let mut reply = Reply::new(status(code));
        let check = plan.checks.get(&code);
        let revealed = self.revealed(done);
        if let Some(rendered) = self.body(plan, inputs, done, revealed.as_ref(), scope)? {
            let media = check.map_or("application/json", |check| check.media.as_str());
            reply.headers.extend(HeaderValue::from_str(media).ok().map(|media| (CONTENT_TYPE, media)));
            let bytes = self.check_body(operation, code, check, done, revealed.as_deref(), rendered)?;
            reply.body = Bytes::from(bytes);
        }
        reply.headers.extend(headers(&plan.headers, scope));
        let link = done.listed.as_ref().and_then(|listed| listed.link.as_deref());
        reply.headers.extend(link.and_then(|link| Some((LINK, HeaderValue::from_str(link).ok()?))));
        Ok(reply)
    }

    fn body<'s>(
        &mut self,
        plan: &'c ReplyPlan,
        inputs: &'s Inputs,
        done: &'s Done,
        revealed: Option<&Arc<Revealed>>,
        scope: &mut Scope<'s>,
    ) -> Result<Option<Rendered>, Problem> {
        let shapes = &self.contract.plan.shapes;
        let mut outer = Scope::default();
        outer.bind_object("call", Object::lent(&inputs.call));
        outer.bind("now", Cow::Borrowed(&inputs.now));
        let mut bytes = Vec::with_capacity(1024);
        let mut split = false;
        let failed = |error| Problem::evaluation(self.contract, &error);
        let written = match &plan.body {
            BodyPlan::Empty => return Ok(None),
            BodyPlan::Tree(tree) => {
                split = true;
                bind_revealed(revealed, scope);
                if let Some(listed) = &done.listed {
                    scope.bind_text("records", records_text(&listed.records));
                    scope.bind_ref("page", &listed.page);
                }
                tree.write(scope, &mut bytes)
            }
            BodyPlan::Record => {
                split = true;
                match (revealed, &done.record) {
                    (Some(revealed), _) => outer.bind_text("record", &*revealed.json),
                    (None, Some(record)) => outer.bind_text("record", &*record.json),
                    (None, None) => outer.bind("record", Cow::Owned(Value::Null)),
                }
                shapes.record.write(&outer, &mut bytes)
            }
            BodyPlan::RecordTree(tree) => {
                bind_revealed(revealed, scope);
                let value = tree.evaluate(scope).map_err(failed)?;
                outer.bind("record", Cow::Owned(value));
                shapes.record.write(&outer, &mut bytes)
            }
            BodyPlan::List => {
                split = true;
                let listed = done.listed.as_ref();
                outer.bind_text("records", records_text(listed.map_or(&[], |listed| &listed.records)));
                outer.bind("page", Cow::Owned(listed.map_or(Value::Null, |listed| listed.page.clone())));
                shapes.list.write(&outer, &mut bytes)
            }
            BodyPlan::Message(template) => {
                let message = template.render(scope).map_err(failed)?;
                outer.bind("message", Cow::Owned(Value::from(message)));
                shapes.message.write(&outer, &mut bytes)
            }
            BodyPlan::Sample { schema, example } => {
                let value = match (example, schema) {
                    (Some(example), _) => example.clone(),
                    (None, Some(schema)) => {
                        let seed = self.world.ids.sample_seed("reply");
                        sample(&self.contract.document, schema, seed, self.now, Direction::Reply)
                    }
                    (None, None) => Value::Null,
                };
                bytes = value.to_string().into_bytes();
                Ok(value)
            }
        };
        let skeleton = written.map_err(failed)?;
        Ok(Some(Rendered { bytes, skeleton, split }))
    }

    /// A new record whose secrets are shown.
    fn revealed(&self, done: &Done) -> Option<Arc<Revealed>> {
        let (record, index) = (done.record.as_ref()?, done.reveals?);
        let hidden = record.hidden.as_ref()?;
        let mut shown = self.visible_of(record).into_owned();
        for (name, _) in &self.resource(index).secrets {
            if let Some(secret) = hidden.get(name) {
                shown.set(name.clone(), secret.clone());
            }
        }
        let json = json::fields_text(&shown);
        Some(Arc::new(Revealed { record: record.clone(), json, shown }))
    }

    /// Stage 13: what we are about to say must fit the contract.
    fn check_body(
        &self,
        operation: OperationId,
        code: u16,
        check: Option<&BodyCheck>,
        done: &Done,
        revealed: Option<&Revealed>,
        rendered: Rendered,
    ) -> Result<Vec<u8>, Problem> {
        let operation = self.contract.operations.get(operation);
        let Some(check) = check else {
            if operation.responses.is_empty() {
                return Ok(rendered.bytes);
            }
            let text =
                format!("standin: the {code} reply of {} has a body that its document does not declare", operation.id);
            return Err(Problem::loud(self.contract, text));
        };
        let violations = match (&check.parts, rendered.split) {
            (Some(parts), true) => self.check_parts(parts, done, revealed, &rendered.skeleton),
            (_, split) => {
                let value = match split {
                    true => serde_json::from_slice(&rendered.bytes).unwrap_or(Value::Null),
                    false => rendered.skeleton,
                };
                self.contract.schemas.check(check.whole, &value, Place::Body)
            }
        };
        if violations.is_empty() { Ok(rendered.bytes) } else { Err(unfit(self.contract, operation, code, &violations)) }
    }

    fn check_parts(&self, parts: &Parts, done: &Done, revealed: Option<&Revealed>, skeleton: &Value) -> Vec<Violation> {
        let replies = &self.contract.schemas;
        let envelope = parts.envelope.map(|envelope| replies.check(envelope, skeleton, Place::Body));
        let mut violations = envelope.unwrap_or_default();
        let one = done.record.as_slice();
        let records = done.listed.as_ref().map_or(one, |listed| &listed.records);
        for (index, record) in records.iter().enumerate() {
            let bit = parts.bit.filter(|_| revealed.is_none()).map(|bit| 1_u32 << bit);
            if bit.is_some_and(|bit| record.checked.load(Ordering::Relaxed) & bit != 0) {
                continue;
            }
            let shown = revealed.map_or_else(|| self.visible_of(record), |revealed| Cow::Borrowed(&revealed.shown));
            let found = replies.check(parts.record, &*shown, Place::Body);
            if let Some(bit) = bit.filter(|_| found.is_empty()) {
                record.checked.fetch_or(bit, Ordering::Relaxed);
            }
            let place = || if parts.list { format!("{}/{index}", parts.pointer) } else { parts.pointer.clone() };
            violations
                .extend(found.into_iter().map(|v| Violation { pointer: format!("{}{}", place(), v.pointer), ..v }));
        }
        violations
    }
}

/// A new record shows its secrets also in the author's own tree.
fn bind_revealed(revealed: Option<&Arc<Revealed>>, scope: &mut Scope<'_>) {
    if let Some(revealed) = revealed {
        scope.bind_object("record", Object::new(revealed.clone()));
    }
}

/// The loud 500: which reply does not fit, and where.
fn unfit(contract: &Contract, operation: &Operation, code: u16, violations: &[Violation]) -> Problem {
    let named: Vec<String> =
        violations.iter().take(NAMED_MAX).map(|v| format!("{} ({})", v.message, v.pointer)).collect();
    let text = format!("standin: the {code} reply of {} does not fit its document: {}", operation.id, named.join("; "));
    Problem::loud(contract, text)
}

/// Checks a refusal's body. Gives what is wrong with it; nothing when the status is not declared, which is noted apart.
pub fn check_refusal(contract: &Contract, operation: &Operation, reply: &Reply, body: &Value) -> Option<Problem> {
    let declared = operation.response(reply.status.as_u16())?;
    let schema = declared.media.first()?.schema?;
    let violations = contract.schemas.check(schema, body, Place::Body);
    (!violations.is_empty()).then(|| unfit(contract, operation, reply.status.as_u16(), &violations))
}

/// The reply with the body that the document declares for its status: an example, or a sample.
pub fn declared_reply(turn: &mut Turn<'_, '_>, operation: &Operation, mut reply: Reply) -> Reply {
    let declared = operation.response(reply.status.as_u16());
    let Some(media) = declared.and_then(|response| response.media.first()) else { return reply };
    let seed = turn.world.ids.sample_seed("reply");
    let made = || sample(&turn.contract.document, &media.raw, seed, turn.now, Direction::Reply);
    reply.body = Bytes::from(media.example.clone().unwrap_or_else(made).to_string());
    if let Ok(media) = HeaderValue::from_str(&media.name) {
        reply.set_header(CONTENT_TYPE, media);
    }
    reply
}

/// Values that fit the schemas of headers that nothing else fills in.
pub fn sampled_headers(
    turn: &mut Turn<'_, '_>,
    operation: &Operation,
    reply: &Reply,
    missing: &[&str],
) -> Vec<(HeaderName, HeaderValue)> {
    let Some(declared) = operation.response(reply.status.as_u16()) else { return Vec::new() };
    let mut sampled = Vec::new();
    for header in declared.headers.iter().filter(|header| missing.contains(&header.name.as_str())) {
        let seed = turn.world.ids.sample_seed("header");
        let value = sample(&turn.contract.document, &header.raw, seed, turn.now, Direction::Reply);
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        sampled.extend(header.field.clone().zip(HeaderValue::from_str(&text).ok()));
    }
    sampled
}

/// Required response headers that a reply lacks.
pub fn missing_headers<'o>(operation: &'o Operation, reply: &Reply) -> Vec<&'o str> {
    let Some(declared) = operation.response(reply.status.as_u16()) else { return Vec::new() };
    let has = |name: &HeaderName| reply.headers.iter().any(|(candidate, _)| candidate == name);
    let required = declared.headers.iter().filter(|header| header.required);
    let lacking = required.filter(|header| !header.field.as_ref().is_some_and(has));
    lacking.map(|header| header.name.as_str()).collect()
}
