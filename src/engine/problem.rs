//! What the API says when it refuses, and the one place where that becomes a reply.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::inputs::Inputs;
use crate::call::Reply;
use crate::contract::Contract;
use crate::contract::expression::{EvaluationError, Scope};
use crate::contract::plan::{Action, ErrorIndex, ErrorPlan};
use crate::contract::template::Template;
use crate::contract::violation::Violation;

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

/// An error as the shapes see it.
pub fn describe(contract: &Contract, problem: &Problem, inputs: &Inputs) -> Value {
    let violations = violations(problem);
    describe_in(contract, problem, &scope(problem, inputs, &violations), &violations)
}

/// Can all that an error says be made of what is known? Some errors speak of what only their own rule has read.
pub fn can_be_told(contract: &Contract, problem: &Problem, inputs: &Inputs) -> bool {
    let plan = problem.plan(contract);
    let violations = violations(problem);
    let mut scope = scope(problem, inputs, &violations);
    let told = [Some(&plan.message), plan.code.as_ref()].into_iter().flatten().all(|text| text.render(&scope).is_ok())
        && plan.details.as_ref().is_none_or(|tree| tree.evaluate(&scope).is_ok())
        && plan.headers.iter().all(|(_, text)| text.render(&scope).is_ok());
    let error = describe_in(contract, problem, &scope, &violations);
    scope.bind_ref("error", &error);
    told && plan.body.as_ref().is_none_or(|tree| tree.evaluate(&scope).is_ok())
}

/// What the texts of an error see.
fn scope<'s>(problem: &'s Problem, inputs: &'s Inputs, violations: &'s Value) -> Scope<'s> {
    let mut scope = Scope::with_capacity(16);
    inputs.bind(&mut scope);
    scope.bind_ref("violations", violations);
    for (name, value) in &problem.names {
        scope.bind_ref(name, value);
    }
    scope
}

fn describe_in(contract: &Contract, problem: &Problem, scope: &Scope<'_>, violations: &Value) -> Value {
    let plan = problem.plan(contract);
    let render = |template: &Template| template.render(scope).unwrap_or_else(|error| error.message);
    let message = problem.message.clone().unwrap_or_else(|| render(&plan.message));
    let details = match &plan.details {
        Some(tree) => tree.evaluate(scope).unwrap_or(Value::Null),
        None if problem.violations.is_empty() => Value::Null,
        None => problem.violations.iter().map(|v| json!({"field": field(v), "message": v.message})).collect(),
    };
    // What a list of results shows of an item's error: the details say more than the general message.
    let told: Vec<&str> = details.as_array().into_iter().flatten().filter_map(|one| one["message"].as_str()).collect();
    let summary = if told.is_empty() { message.clone() } else { told.join("; ") };
    json!({
        "status": problem.status(contract),
        "code": plan.code.as_ref().map(render),
        "type": plan.kind,
        "message": message,
        "summary": summary,
        "details": details,
        "retry_after": problem.retry_after,
        "violations": violations,
    })
}

/// The reply to a refusal, in the service's error shape or in the error's own. Rate-limit headers are the caller's business.
pub fn render(contract: &Contract, problem: &Problem, inputs: &Inputs) -> Reply {
    let plan = problem.plan(contract);
    let mut reply = Reply::new(status(problem.status(contract)));
    let violations = violations(problem);
    let mut scope = scope(problem, inputs, &violations);
    let error = describe_in(contract, problem, &scope, &violations);
    scope.bind_ref("error", &error);
    // What is ours to say is said in the service's shape: an error's own body has no place for it.
    let own = plan.body.as_ref().filter(|_| problem.message.is_none());
    let mut body = Vec::with_capacity(256);
    if own.unwrap_or(&contract.plan.shapes.error).write_text(&scope, &mut body).is_err() {
        body = error.to_string().into_bytes();
    }
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
    reply.body = Bytes::from(body);
    reply
}

/// Header templates that can be rendered to a valid value; the others are left out.
pub fn headers(templates: &[(HeaderName, Template)], scope: &Scope<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let rendered = templates.iter().filter_map(|(name, template)| {
        let text = template.render(scope).ok()?;
        Some((name.clone(), HeaderValue::from_str(&text).ok()?))
    });
    rendered.collect()
}

pub fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn violations(problem: &Problem) -> Value {
    problem.violations.iter().map(violation).collect()
}

fn violation(violation: &Violation) -> Value {
    json!({
        "place": violation.place.word(),
        "field": field(violation),
        "dotted": violation.pointer.trim_start_matches('/').replace('/', "."),
        "pointer": violation.pointer,
        "keyword": violation.keyword,
        "message": violation.message,
    })
}

/// A pointer as people write fields: `/posts/0/content` → `posts[0].content`; the place itself when it is the whole body.
pub fn field(violation: &Violation) -> String {
    let mut text = String::new();
    for segment in violation.pointer.split('/').skip(1) {
        let segment = crate::pointer::unescape(segment);
        if segment.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
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
