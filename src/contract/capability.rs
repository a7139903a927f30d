//! What clients may count on: for each operation, five facts that tests and audits hold the service against.
//!
//! What the author says under `capabilities` is taken; the rest follows from what the operation does. Nothing here is acted on.

use http::Method;
use serde::Serialize;
use serde_json::Value;

use super::operation::Operation;
use super::plan::{self, Due};
use super::vocabulary::{Behaviour, ChangeRule, OperationRule, RetrySafety};

/// The facts of one operation; all are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// A repeat has no second effect: by its method (RFC 9110, 9.2.2), or because an idempotency key gives the first reply again.
    pub idempotent: Fact<bool>,
    /// The reply says that work is queued, which is done later.
    #[serde(rename = "async")]
    pub asynchronous: Fact<bool>,
    /// The events that follow, at once or once queued work is done.
    pub emits: Fact<Vec<String>>,
    /// May the call be repeated when its answer was lost?
    pub retry_safe: Fact<RetrySafety>,
    /// A reply of success can hold items that failed.
    pub partial_success: Fact<bool>,
}

/// A fact, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact<T> {
    pub value: T,
    /// Nobody said it: it follows from what the operation does.
    pub inferred: bool,
}

/// What is known when all else is compiled.
pub struct Known<'a> {
    pub behaviour: &'a Behaviour,
    /// As the behaviour names them, in its order.
    pub resources: &'a [plan::Resource],
}

impl<T> Fact<T> {
    /// What was said, or else what follows.
    fn of(said: Option<T>, follows: impl FnOnce() -> T) -> Fact<T> {
        match said {
            Some(value) => Fact { value, inferred: false },
            None => Fact { value: follows(), inferred: true },
        }
    }
}

/// The facts of an operation. `runs` is what a batch's items go through, `status` what success is answered with, and `replays` tells whether
/// an idempotency key pins the reply.
pub fn of(
    known: &Known<'_>,
    operation: &Operation,
    runs: Option<&Operation>,
    status: Option<u16>,
    replays: bool,
) -> Capabilities {
    let sampled = OperationRule { sampled: true, ..OperationRule::default() };
    let rule = |operation: &Operation| known.behaviour.operations.get(&operation.id).unwrap_or(&sampled);
    let (own, item) = (rule(operation), runs.map(rule));
    let said = own.capabilities.clone().unwrap_or_default();
    let mut follows = Follows { known, goes_on: false, events: Vec::new() };
    for rule in [Some(own), item].into_iter().flatten() {
        follows.rule(rule);
    }
    let harmless = is_idempotent(&operation.method) || reads_only(own);
    let retry = || match (harmless, replays || said.idempotent == Some(true)) {
        (true, _) => RetrySafety::Always,
        (false, true) => RetrySafety::WithKey,
        (false, false) => RetrySafety::Never,
    };
    let in_part = || {
        let batch = own.batch.as_ref().is_some_and(|batch| !batch.atomic);
        batch || operation.responses.contains_key("207")
    };
    Capabilities {
        retry_safe: Fact::of(said.retry_safe, retry),
        idempotent: Fact::of(said.idempotent, || harmless || replays),
        asynchronous: Fact::of(said.asynchronous, || status == Some(202) || follows.goes_on),
        partial_success: Fact::of(said.partial_success, in_part),
        emits: Fact::of(said.emits, || follows.events),
    }
}

/// Has a repeat no further effect, by the method alone (RFC 9110, 9.2.2)?
pub fn is_idempotent(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE].contains(method)
}

/// Nothing is known to change: a search by POST is as good as a GET. What is only sampled may do anything.
fn reads_only(rule: &OperationRule) -> bool {
    let reads = matches!(rule.verb(), None | Some("list" | "get"));
    reads && !rule.sampled && rule.also.is_empty() && rule.emit.is_none()
}

/// What comes of an operation, as far as its rules tell.
struct Follows<'a> {
    known: &'a Known<'a>,
    /// Does a record enter a state that it leaves by itself?
    goes_on: bool,
    events: Vec<String>,
}

impl<'a> Follows<'a> {
    fn rule(&mut self, rule: &'a OperationRule) {
        self.event(rule.emit.as_ref());
        if let Some(name) = rule.create.as_ref().or(rule.save.as_ref()) {
            self.enters(name, &rule.set, true);
        } else if let Some(name) = rule.update.as_ref().or(rule.replace.as_ref()) {
            self.enters(name, &rule.set, false);
        }
        for change in &rule.also {
            self.change(change);
        }
        let Some(deliver) = &rule.deliver else { return };
        self.goes_on |= !deliver.wait;
        match (&deliver.event, &self.known.behaviour.webhooks) {
            (Some(event), _) => self.event(Some(event)),
            // What is sent again can be any event.
            (None, Some(webhooks)) => webhooks.events.keys().for_each(|event| self.event(Some(event))),
            (None, None) => {}
        }
    }

    fn change(&mut self, change: &'a ChangeRule) {
        self.event(change.emit.as_ref());
        if let Some(name) = change.create.as_ref().or(change.save.as_ref()) {
            self.enters(name, &change.set, true);
        } else if let Some(name) = &change.update {
            self.enters(name, &change.set, false);
        }
    }

    fn event(&mut self, event: Option<&String>) {
        if let Some(event) = event.filter(|event| !self.events.contains(event)) {
            self.events.push(event.clone());
        }
    }

    /// A record of this resource gets these fields: do they put it into a state that it leaves by itself? Mere expiry, at an instant that the
    /// record names and without an event, is no work that a caller waits for.
    fn enters(&mut self, name: &str, set: &indexmap::IndexMap<String, Value>, is_new: bool) {
        let behaviour = self.known.behaviour;
        let Some((index, _, rule)) = behaviour.resources.get_full(name) else { return };
        let Some(resource) = self.known.resources.get(index) else { return };
        let mut entered: Vec<&plan::Transition> = Vec::new();
        for transition in &resource.lifecycle {
            let initial = || rule.set.get(&transition.field);
            let fallback = || resource.field(&transition.field).and_then(|field| field.fallback.as_ref());
            let given = set.get(&transition.field);
            let given = if is_new { given.or_else(initial).or_else(fallback) } else { given };
            if given.is_some_and(|tree| names(tree, &transition.from)) {
                entered.push(transition);
            }
        }
        let mut passed: Vec<&plan::Transition> = Vec::new();
        while let Some(transition) = entered.pop() {
            if passed.iter().any(|other| std::ptr::eq(*other, transition)) {
                continue;
            }
            passed.push(transition);
            let next = resource.lifecycle.iter();
            entered.extend(next.filter(|next| next.field == transition.field && next.from == transition.to));
        }
        let told = |transition: &&plan::Transition| {
            let further = transition.also.iter().filter_map(|change| change.emit);
            transition.emit.into_iter().chain(further).collect::<Vec<usize>>()
        };
        let emitted: Vec<usize> = passed.iter().flat_map(told).collect();
        self.goes_on |= !emitted.is_empty() || passed.iter().any(|transition| matches!(transition.due, Due::After(_)));
        for event in emitted {
            let name = behaviour.webhooks.as_ref().and_then(|webhooks| webhooks.events.get_index(event));
            self.event(name.map(|(name, _)| name));
        }
    }
}

/// Is the state what the tree gives, or one of the texts that its expression chooses from?
fn names(tree: &Value, state: &str) -> bool {
    let Value::String(text) = tree else { return false };
    match text.contains("{{") {
        true => text.contains(&format!("'{state}'")) || text.contains(&format!("\"{state}\"")),
        false => text == state,
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::Source;
    use super::super::plan_text::{PlanForm, Shown, render};
    use super::super::{Contract, Selection};

    const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Jobs, version: "1" }
paths:
  /jobs:
    get: { operationId: listJobs, responses: { "200": { $ref: "#/components/responses/Any" } } }
    post:
      operationId: createJob
      parameters: [{ name: Idempotency-Key, in: header, schema: { type: string } }]
      requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/Job" } } } }
      responses: { "201": { $ref: "#/components/responses/Any" } }
  /jobs/search:
    post: { operationId: searchJobs, responses: { "200": { $ref: "#/components/responses/Any" } } }
  /jobs/batch:
    post:
      operationId: createJobs
      requestBody: { content: { application/json: { schema: { type: object, properties: { jobs: { type: array } } } } } }
      responses: { "200": { $ref: "#/components/responses/Any" } }
  /jobs/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    patch:
      operationId: updateJob
      requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/Job" } } } }
      responses: { "200": { $ref: "#/components/responses/Any" } }
    delete: { operationId: deleteJob, responses: { "204": { description: Gone. } } }
  /import:
    post: { operationId: importJobs, responses: { "202": { description: Queued. } } }
  /keys:
    post: { operationId: createKey, responses: { "201": { $ref: "#/components/responses/Any" } } }
  /weather:
    post: { operationId: makeWeather, responses: { "200": { $ref: "#/components/responses/Any" } } }
components:
  responses: { Any: { description: Any., content: { application/json: { schema: {} } } } }
  schemas:
    Job: { type: object, properties: { id: { type: string }, state: { type: string, readOnly: true } } }
x-standin:
  idempotency: { header: Idempotency-Key, ttl: 24h }
  resources:
    job:
      schema: "#/components/schemas/Job"
      set: { state: queued }
      lifecycle:
        - { field: state, from: queued, to: running, after: 1s }
        - { field: state, from: running, to: done, after: 1s, emit: job.done }
        - { field: state, from: paused, to: lost, after: 1d, emit: job.lost }
    key:
      set: { state: active }
      lifecycle: [{ field: state, from: active, to: expired, at: now + 1000 }]
    hook: {}
  operations:
    listJobs: { list: job }
    createJob: { create: job, emit: job.made }
    searchJobs: { list: job }
    createJobs: { batch: { items: jobs, run: createJob, success: ok, failure: no } }
    updateJob:
      update: job
      set: { state: "{{ 'paused' }}" }
      CAPABILITIES
    deleteJob: { delete: job }
    importJobs: { reply: { status: 202 }, also: [{ create: key }] }
    createKey: { create: key }
  webhooks:
    subscriptions: hook
    url: url
    events_field: events
    events: { job.made: {}, job.done: {}, job.lost: {} }
    body: {}
    attempts: [0s]
    timeout: 1s
"##;

    struct Text(String);

    impl Source for Text {
        fn read(&self, _: &str) -> Result<String, String> {
            Ok(self.0.clone())
        }
    }

    fn load(said: &str) -> Result<Contract, String> {
        let text = Text(DOCUMENT.replace("CAPABILITIES", said));
        let errors = |errors: Vec<super::super::error::LoadError>| errors.iter().map(ToString::to_string).collect();
        Contract::load(&text, "jobs.yaml", &Selection::default()).map_err(errors)
    }

    fn matrix(said: &str) -> Vec<String> {
        let contract = load(said).unwrap();
        let text = render(&Shown::of(&contract), PlanForm::Text);
        let section = text.split("capabilities (* inferred)\n").nth(1).unwrap().split("\n\n").next().unwrap();
        section
            .lines()
            .map(|line| line.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect::<Vec<_>>().join("|"))
            .collect()
    }

    #[test]
    fn what_nobody_says_follows_from_what_an_operation_does() {
        assert_eq!(
            matrix(""),
            [
                "operation|call|idempotent|async|retry-safe|partial|emits",
                "listJobs|GET /jobs|yes*|no*|always*|no*|-*",
                "createJob|POST /jobs|yes*|yes*|with key*|no*|job.made, job.done*",
                "searchJobs|POST /jobs/search|yes*|no*|always*|no*|-*",
                "createJobs|POST /jobs/batch|no*|yes*|never*|yes*|job.made, job.done*",
                "deleteJob|DELETE /jobs/{id}|yes*|no*|always*|no*|-*",
                "updateJob|PATCH /jobs/{id}|no*|yes*|never*|no*|job.lost*",
                "importJobs|POST /import|no*|yes*|never*|no*|-*",
                "createKey|POST /keys|no*|no*|never*|no*|-*",
                "makeWeather|POST /weather|no*|no*|never*|no*|-*",
            ]
        );
    }

    #[test]
    fn what_the_author_says_wins_and_bears_no_mark() {
        let said = "capabilities: { idempotent: true, async: false, emits: [], partial_success: true }";
        assert_eq!(matrix(said)[6], "updateJob|PATCH /jobs/{id}|yes|no|with key*|yes|-");
        let said = "capabilities: { retry_safe: always, emits: [job.made] }";
        assert_eq!(matrix(said)[6], "updateJob|PATCH /jobs/{id}|no*|yes*|always|no*|job.made");
    }

    #[test]
    fn an_event_that_is_not_there_cannot_follow() {
        let refused = load("capabilities: { emits: [job.doen] }").unwrap_err();
        assert!(refused.contains("unknown event 'job.doen'"), "{refused}");
    }

    #[test]
    fn as_json_each_fact_says_whether_it_is_inferred() {
        let contract = load("capabilities: { retry_safe: with_key }").unwrap();
        let json: serde_json::Value = serde_json::from_str(&render(&Shown::of(&contract), PlanForm::Json)).unwrap();
        assert_eq!(
            json["capabilities"]["updateJob"],
            serde_json::json!({
                "idempotent": {"value": false, "inferred": true},
                "async": {"value": true, "inferred": true},
                "emits": {"value": ["job.lost"], "inferred": true},
                "retry_safe": {"value": "with_key", "inferred": false},
                "partial_success": {"value": false, "inferred": true},
            })
        );
    }
}
