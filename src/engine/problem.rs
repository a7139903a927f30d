//! What the API says when it refuses, and the one place where that becomes a reply.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use super::inputs::Inputs;
use super::reply;
use crate::call::Reply;
use crate::contract::Contract;
use crate::contract::expression::{EvaluationError, Members, Object, Scope, some_of};
use crate::contract::operation::Operation;
use crate::contract::plan::{Action, ErrorIndex, ErrorPlan};
use crate::contract::template::{Output, Template};
use crate::contract::violation::Violation;
use crate::json;

pub use crate::contract::violation::complaint;

/// A refusal: one of the service's errors, and what it is about. Boxed, because it travels through every `Result` of the engine and is rare.
#[derive(Debug, Clone, Default)]
pub struct Problem(Box<Facts>);

/// What a refusal is about.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub error: ErrorIndex,
    pub violations: Vec<Violation>,
    /// Seconds, for `Retry-After`.
    pub retry_after: Option<i64>,
    /// Names bound in the error's texts: `resource`, `scope`, `missing`, `field`, names read by the rule.
    pub names: Vec<(String, Value)>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Another status than the error's own (faults).
    pub status: Option<u16>,
    /// A message instead of the error's own: ours, when the fault is ours or the overlay author's.
    pub message: Option<String>,
}

impl std::ops::Deref for Problem {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl std::ops::DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Facts {
        &mut self.0
    }
}

impl Problem {
    pub fn new(error: ErrorIndex) -> Problem {
        Problem(Box::new(Facts { error, ..Facts::default() }))
    }

    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.names.push((name.to_owned(), value.into()));
        self
    }

    pub fn violations(mut self, violations: Vec<Violation>) -> Problem {
        self.violations = violations;
        self
    }

    pub fn header(mut self, name: HeaderName, value: &str) -> Problem {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// The same refusal as callers of an operation are told it.
    pub fn told_by(mut self, action: &Action) -> Problem {
        self.error = action.told(self.error);
        self
    }

    /// An expression of the author's had no value. Loud: it names the expression.
    pub fn evaluation(contract: &Contract, error: &EvaluationError) -> Problem {
        let text = format!("standin: the overlay's expression '{}' failed: {}", error.expression, error.message);
        Problem::loud(contract, text)
    }

    /// The behaviour or standin itself is wrong. The reply says so in so many words.
    pub fn loud(contract: &Contract, message: impl Into<String>) -> Problem {
        let mut problem = Problem::new(contract.plan.errors.known.internal);
        problem.message = Some(message.into());
        problem
    }

    pub fn plan<'c>(&self, contract: &'c Contract) -> &'c ErrorPlan {
        &contract.plan.errors.list[self.error]
    }

    pub fn status(&self, contract: &Contract) -> u16 {
        self.status.unwrap_or(self.plan(contract).status)
    }
}

/// An error as the shapes see it. Most show few of its members: what costs much is made when it is asked for.
#[derive(Debug)]
struct Told<'p> {
    status: Value,
    code: Value,
    kind: Value,
    message: Value,
    details: Value,
    retry_after: Value,
    violations: &'p [Violation],
}

/// An error as the shapes see it.
pub fn describe(contract: &Contract, problem: &Problem, inputs: &Inputs) -> Value {
    Told::of(contract, problem, &scope(problem, inputs)).whole()
}

/// Can all that an error says be made of what is known? Some errors speak of what only their own rule has read.
pub fn can_be_told(contract: &Contract, problem: &Problem, inputs: &Inputs) -> bool {
    let plan = problem.plan(contract);
    let mut scope = scope(problem, inputs);
    let told = [Some(&plan.message), plan.code.as_ref()].into_iter().flatten().all(|text| text.render(&scope).is_ok())
        && plan.details.as_ref().is_none_or(|tree| tree.evaluate(&scope).is_ok())
        && plan.headers.iter().all(|(_, text)| text.render(&scope).is_ok());
    let error = Told::of(contract, problem, &scope);
    scope.bind_object("error", Object::lent(&error));
    told && plan.body.as_ref().is_none_or(|tree| tree.evaluate(&scope).is_ok())
}

/// What the texts of an error see.
fn scope<'s>(problem: &'s Problem, inputs: &'s Inputs) -> Scope<'s> {
    let mut scope = inputs.scope();
    let violations = problem.violations.iter().map(|violation| Object::lent(violation));
    scope.bind_objects("violations", violations.collect());
    for (name, value) in &problem.names {
        scope.bind_ref(name, value);
    }
    scope
}

impl<'p> Told<'p> {
    const MEMBERS: [&'static str; 8] =
        ["status", "code", "type", "message", "summary", "details", "retry_after", "violations"];

    fn of(contract: &Contract, problem: &'p Problem, scope: &Scope<'_>) -> Told<'p> {
        let plan = problem.plan(contract);
        let render = |template: &Template| template.render(scope).unwrap_or_else(|error| error.message);
        let details = match &plan.details {
            Some(tree) => tree.evaluate(scope).unwrap_or(Value::Null),
            None if problem.violations.is_empty() => Value::Null,
            None => problem.violations.iter().map(|one| some_of(one, &["field", "message"])).collect(),
        };
        Told {
            status: Value::from(problem.status(contract)),
            code: Value::from(plan.code.as_ref().map(render)),
            kind: Value::from(plan.kind.clone()),
            message: Value::from(problem.message.clone().unwrap_or_else(|| render(&plan.message))),
            details,
            retry_after: Value::from(problem.retry_after),
            violations: &problem.violations,
        }
    }

    /// What a list of results shows of an item's error: the details say more than the general message.
    fn summary(&self) -> Value {
        let details = self.details.as_array().into_iter().flatten();
        let told: Vec<&str> = details.filter_map(|one| one["message"].as_str()).collect();
        if told.is_empty() { self.message.clone() } else { Value::from(told.join("; ")) }
    }
}

impl Members for Told<'_> {
    fn member(&self, name: &str) -> Option<Cow<'_, Value>> {
        Some(Cow::Borrowed(match name {
            "status" => &self.status,
            "code" => &self.code,
            "type" => &self.kind,
            "message" => &self.message,
            "summary" => return Some(Cow::Owned(self.summary())),
            "details" => &self.details,
            "retry_after" => &self.retry_after,
            "violations" => return Some(Cow::Owned(self.violations.iter().map(Members::whole).collect())),
            _ => return None,
        }))
    }

    fn whole(&self) -> Value {
        some_of(self, &Told::MEMBERS)
    }
}

impl Members for Violation {
    fn member(&self, name: &str) -> Option<Cow<'_, Value>> {
        let text = match name {
            "place" => self.place.word().to_owned(),
            "field" => field(self),
            "dotted" => self.pointer.trim_start_matches('/').replace('/', "."),
            "pointer" => self.pointer.clone(),
            "keyword" => self.keyword.to_owned(),
            "message" => self.message.clone(),
            _ => return None,
        };
        Some(Cow::Owned(Value::from(text)))
    }

    fn whole(&self) -> Value {
        some_of(self, &["place", "field", "dotted", "pointer", "keyword", "message"])
    }
}

/// The reply to a refusal, in the service's error shape or in the error's own; and why it does not fit the operation that refuses, where it
/// does not. Rate-limit headers are the caller's business.
pub fn render(
    contract: &Contract,
    problem: &Problem,
    inputs: &Inputs,
    refusing: Option<&Operation>,
) -> (Reply, Option<Problem>) {
    let plan = problem.plan(contract);
    let mut reply = Reply::new(status(problem.status(contract)));
    let mut scope = scope(problem, inputs);
    let error = Told::of(contract, problem, &scope);
    scope.bind_object("error", Object::lent(&error));
    // What is ours to say is said in the service's shape: an error's own body has no place for it.
    let own = plan.body.as_ref().filter(|_| problem.message.is_none());
    let mut bytes = Vec::with_capacity(reply::BODY_EXPECTED);
    let body = own.unwrap_or(&contract.plan.shapes.error).write(&scope, &mut bytes).unwrap_or_else(|_| {
        let whole = error.whole();
        json::write(&whole, &mut bytes);
        Output::Value(Cow::Owned(whole))
    });
    let unfit = refusing
        .filter(|_| problem.message.is_none())
        .and_then(|one| reply::check_refusal(contract, one, reply.status.as_u16(), &body));
    if let Ok(media) = HeaderValue::from_str(&contract.plan.shapes.error_media) {
        reply.headers.push((CONTENT_TYPE, media));
    }
    // A header that the error has of its own is not told twice.
    let own = |name: &HeaderName| plan.headers.iter().any(|(known, _)| known == name);
    reply.headers.extend(problem.headers.iter().filter(|(name, _)| !own(name)).cloned());
    reply.headers.extend(headers(&plan.headers, &scope));
    if let Some(seconds) = problem.retry_after.filter(|_| !own(&http::header::RETRY_AFTER)) {
        reply.headers.push((http::header::RETRY_AFTER, HeaderValue::from(seconds)));
    }
    reply.body = Bytes::from(bytes);
    (reply, unfit)
}

/// Header templates that can be rendered to a valid value; the others are left out.
pub fn headers(
    templates: &[(HeaderName, Template)],
    scope: &Scope<'_>,
) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    templates.iter().filter_map(|(name, template)| {
        let text = template.render(scope).ok()?;
        Some((name.clone(), HeaderValue::from_str(&text).ok()?))
    })
}

pub fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A pointer as people write fields: `/posts/0/content` → `posts[0].content`; the place itself when it is the whole body.
pub fn field(violation: &Violation) -> String {
    let mut text = String::new();
    for segment in violation.pointer.split('/').skip(1) {
        let segment = crate::pointer::unescape(segment);
        if !text.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()) {
            text.push_str(&format!("[{segment}]"));
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&segment);
        }
    }
    if text.is_empty() { violation.place.word().to_owned() } else { text }
}
