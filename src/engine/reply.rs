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
use crate::contract::plan::{BodyPlan, Parts, ReplyPlan, StatusPlan};
use crate::contract::sample::{Direction, sample};
use crate::contract::template::{Output, Tree};
use crate::contract::violation::{Place, Violation};
use crate::fields::Fields;
use crate::json;
use crate::world::store::Record;

/// Most violations of our own reply that a loud 500 names.
const NAMED_MAX: usize = 3;
/// Room for a body, in bytes, before it has to grow.
pub const BODY_EXPECTED: usize = 1024;

/// What a body is made of.
enum Said<'c> {
    Nothing,
    /// The author's own tree, which sees all that the operation's rules see.
    Tree(&'c Tree),
    /// A shape of the service, which sees what it is told.
    Shape(&'c Tree),
    /// The same, with records in it as text.
    Around(&'c Tree),
    Sample(Value),
}

/// A body that was written.
struct Rendered<'b> {
    /// Its value, with null in the place of records that stand in it as text.
    skeleton: Output<'b>,
    /// All of it, where records stand in it as text.
    text: Option<&'b [u8]>,
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
        if let Some(bytes) = self.body(operation, code, inputs, done, scope)? {
            let json = || Some(HeaderValue::from_static("application/json"));
            let media = plan.checks.get(&code).map_or_else(json, |check| check.media.clone());
            reply.headers.extend(media.map(|media| (CONTENT_TYPE, media)));
            reply.body = Bytes::from(bytes);
        }
        reply.headers.extend(headers(&plan.headers, scope));
        let link = done.listed.as_ref().and_then(|listed| listed.link.as_deref());
        reply.headers.extend(link.and_then(|link| Some((LINK, HeaderValue::from_str(link).ok()?))));
        Ok(reply)
    }

    /// The body, which fits its contract.
    fn body<'s>(
        &mut self,
        operation: OperationId,
        code: u16,
        inputs: &'s Inputs,
        done: &'s Done,
        scope: &mut Scope<'s>,
    ) -> Result<Option<Vec<u8>>, Problem> {
        let plan = &self.contract.plan.actions[operation.0].reply;
        let revealed = self.revealed(done);
        let mut outer = Scope::default();
        let said = self.said(plan, inputs, done, revealed.as_ref(), scope, &mut outer)?;
        let mut bytes = Vec::with_capacity(BODY_EXPECTED);
        let skeleton = match &said {
            Said::Nothing => return Ok(None),
            Said::Tree(tree) => tree.write_around(scope, &mut bytes),
            Said::Around(tree) => tree.write_around(&outer, &mut bytes),
            Said::Shape(tree) => tree.write(&outer, &mut bytes),
            Said::Sample(value) => {
                json::write(value, &mut bytes);
                Ok(Output::Value(Cow::Borrowed(value)))
            }
        };
        let skeleton = skeleton.map_err(|error| Problem::evaluation(self.contract, &error))?;
        let text = matches!(said, Said::Tree(_) | Said::Around(_)).then_some(&*bytes);
        self.check_body(operation, code, done, revealed.as_deref(), &Rendered { skeleton, text })?;
        Ok(Some(bytes))
    }

    /// What the body is made of; what a shape is told is bound in `outer`.
    fn said<'s, 'o>(
        &mut self,
        plan: &'c ReplyPlan,
        inputs: &'s Inputs,
        done: &'s Done,
        revealed: Option<&'o Arc<Revealed>>,
        scope: &mut Scope<'s>,
        outer: &mut Scope<'o>,
    ) -> Result<Said<'c>, Problem>
    where
        's: 'o,
    {
        let shapes = &self.contract.plan.shapes;
        outer.bind_object("call", Object::lent(&inputs.call));
        outer.bind_ref("now", &inputs.now);
        let failed = |error| Problem::evaluation(self.contract, &error);
        Ok(match &plan.body {
            BodyPlan::Empty => Said::Nothing,
            BodyPlan::Tree(tree) => {
                bind_revealed(revealed, scope);
                if let Some(listed) = &done.listed {
                    scope.bind_text("records", records_text(&listed.records));
                    scope.bind_ref("page", &listed.page);
                }
                Said::Tree(tree)
            }
            BodyPlan::Record => {
                match (revealed, &done.record) {
                    (Some(revealed), _) => outer.bind_text("record", &*revealed.json),
                    (None, Some(record)) => outer.bind_text("record", &*record.json),
                    (None, None) => outer.bind_ref("record", &Value::Null),
                }
                Said::Around(&shapes.record)
            }
            BodyPlan::RecordTree(tree) => {
                bind_revealed(revealed, scope);
                let value = tree.evaluate(scope).map_err(failed)?;
                outer.bind_owned("record", value);
                Said::Shape(&shapes.record)
            }
            BodyPlan::List => {
                let listed = done.listed.as_ref();
                outer.bind_text("records", records_text(listed.map_or(&[], |listed| &listed.records)));
                outer.bind_ref("page", listed.map_or(&Value::Null, |listed| &listed.page));
                Said::Around(&shapes.list)
            }
            BodyPlan::Message(template) => {
                let message = template.render(scope).map_err(failed)?;
                outer.bind_owned("message", Value::from(message));
                Said::Shape(&shapes.message)
            }
            BodyPlan::Sample { schema, example } => Said::Sample(match (example, schema) {
                (Some(example), _) => example.clone(),
                (None, Some(schema)) => {
                    let seed = self.world.ids.sample_seed("reply");
                    sample(&self.contract.document, schema, seed, self.now, Direction::Reply)
                }
                (None, None) => Value::Null,
            }),
        })
    }

    /// A new record whose secrets are shown.
    fn revealed(&self, done: &Done) -> Option<Arc<Revealed>> {
        let (record, index) = (done.record.as_ref()?, done.reveals?);
        let hidden = record.hidden.as_ref()?;
        let mut shown = self.visible_of(record).into_owned();
        let known = shown.as_slice().len();
        let secrets = self.resource(index).secrets.iter();
        let mut added = 0;
        for (name, secret) in secrets.filter_map(|(name, _)| Some((name, hidden.get(name)?))) {
            shown.set(name.clone(), secret.clone());
            added += 1;
        }
        // Where no secret took a field's place they all stand last, and only they have to be written.
        let json = match known + added == shown.as_slice().len() {
            true => json::longer_text(&record.json, &shown.as_slice()[known..]),
            false => json::fields_text(&shown),
        };
        Some(Arc::new(Revealed { record: record.clone(), json, shown }))
    }

    /// Stage 13: what we are about to say must fit the contract.
    fn check_body(
        &self,
        operation: OperationId,
        code: u16,
        done: &Done,
        revealed: Option<&Revealed>,
        rendered: &Rendered<'_>,
    ) -> Result<(), Problem> {
        let check = self.contract.plan.actions[operation.0].reply.checks.get(&code);
        let operation = self.contract.operations.get(operation);
        let Some(check) = check else {
            if operation.responses.is_empty() {
                return Ok(());
            }
            let said =
                format!("standin: the {code} reply of {} has a body that its document does not declare", operation.id);
            return Err(Problem::loud(self.contract, said));
        };
        let schemas = &self.contract.schemas;
        let violations = match (&check.parts, rendered.text) {
            (Some(parts), Some(_)) => self.check_parts(parts, done, revealed, &rendered.skeleton),
            (None, Some(text)) => {
                let value: Value = serde_json::from_slice(text).unwrap_or(Value::Null);
                schemas.check(check.whole, &value, Place::Body)
            }
            (_, None) => schemas.check(check.whole, &rendered.skeleton, Place::Body),
        };
        if violations.is_empty() { Ok(()) } else { Err(unfit(self.contract, operation, code, &violations)) }
    }

    fn check_parts(
        &self,
        parts: &Parts,
        done: &Done,
        revealed: Option<&Revealed>,
        skeleton: &Output<'_>,
    ) -> Vec<Violation> {
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
pub fn check_refusal(contract: &Contract, operation: &Operation, status: u16, body: &Output<'_>) -> Option<Problem> {
    let schema = operation.response(status)?.media.first()?.schema?;
    let violations = contract.schemas.check(schema, body, Place::Body);
    (!violations.is_empty()).then(|| unfit(contract, operation, status, &violations))
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
