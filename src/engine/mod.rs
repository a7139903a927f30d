//! Answers calls from a contract and a world. The only place that joins the two, and the only one that changes a world.
//!
//! [`handle`] is the whole of it: one call in, one reply out, stage by stage in `answer`; a reply that waits for a delivery is made by
//! [`conclude`]. Nothing here waits, reads a clock or draws at
//! random; delays, cut connections and deliveries are values that the rim performs.

mod also;
mod batch;
mod body;
mod change;
pub mod control;
mod delivery;
mod event;
mod fault;
mod filter;
mod found;
mod identify;
mod inputs;
mod lifecycle;
mod limit;
mod list;
mod page;
mod perform;
mod problem;
mod read;
mod reply;
mod time;
mod turn;
mod waiting;

use http::HeaderValue;
use http::header::ALLOW;
use serde_json::Value;

use crate::call::{Call, Reply};
use crate::contract::Contract;
use crate::contract::body::Body;
use crate::contract::operation::{Operation, OperationId};
use crate::contract::parameter;
use crate::contract::plan::{Idempotency, ResourceIndex, Verb};
use crate::contract::router::Route;
use crate::contract::violation::{Place, Violation};
use crate::contract::vocabulary::{Kept, LimitSubject};
use crate::world::World;
use crate::world::fault::Kind;
use crate::world::ids::IdForm;
use crate::world::journal::{self, Performed, What};
use crate::world::outbox::Receipt;
use crate::world::quota::Standing;
use crate::world::replay::Pinned;

use fault::Struck;
use identify::Principal;
use inputs::Inputs;
use perform::Brought;
use problem::Problem;
use turn::Turn;

pub use found::{credential, found, restore, seed, write_touches};
pub use lifecycle::{WORK_PER_INSTANT_MAX, advance};
pub use page::own_page;
pub use waiting::{Handled, Waiting, conclude};

/// When a call is worth repeating whose first reply is held back, in seconds.
const IN_PROGRESS_SECONDS: i64 = 1;

/// What [`advance`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The instant is reached and nothing is due any more.
    Reached,
    /// Deliveries are due at the instant reached so far: take the outbox, perform the attempts, [`settle`] each, and advance again.
    Deliver,
}

/// Takes in what came of a delivery's attempt: marks it delivered, or plans the next attempt.
pub fn settle(contract: &Contract, world: &mut World, delivery: u64, receipt: impl Into<Receipt>) {
    let mut turn = Turn::new(contract, world);
    turn.settle(delivery, &receipt.into());
    turn.wake(false);
}

/// Answers one call. Same contract, world and call: same reply and same world after.
/// Deliveries that fell due are left in the world's outbox for the rim.
pub fn handle(contract: &Contract, world: &mut World, call: &Call) -> Handled {
    let brought = match fault::brought(contract, call) {
        Ok(brought) => brought,
        Err(wrong) => return Handled::Unsound(wrong),
    };
    lifecycle::catch_up(contract, world, call.received_at); // 2
    let mut turn = Turn::new(contract, world);
    let request_id = turn.world.ids.next("request", IdForm::Prefixed("req_"));
    let mut visit = Visit::new(Inputs::new(contract, call, request_id, turn.now), brought);
    let answer = answer(&mut turn, call, &mut visit);
    fault::give_back(&mut turn, &mut visit.struck);
    let answer = match answer {
        Ok(Course::Reply(reply)) => Ok(reply),
        Ok(Course::Wait { operation, delivery, log, names }) => {
            if let Some((scope, fingerprint)) = &visit.scope {
                turn.world.replays.take_off(scope, *fingerprint);
            }
            turn.wake(true);
            let Turn { causes, account, .. } = turn;
            return Handled::Waits(Box::new(Waiting { delivery, visit, operation, names, log, causes, account }));
        }
        Err(problem) => Err(problem),
    };
    Handled::Done(close(turn, call, visit, answer))
}

/// What is done with every answer: it is put into words, pinned to its key and told in the journal; then faults that strike after the effect
/// have their way with it.
fn close(mut turn: Turn<'_, '_>, call: &Call, mut visit: Visit, answer: Result<Reply, Problem>) -> Reply {
    let mut reply = told(&mut turn, &mut visit, answer); // 13
    if visit.pins {
        pin(&mut turn, &visit, &reply);
    }
    turn.wake(true);
    if let Some(answer) = fault::instead(&mut turn, call, &visit, &mut reply) {
        reply = told(&mut turn, &mut visit, answer);
    }
    let (contract, now) = (turn.contract, turn.now);
    record(turn, call, &visit, &reply); // 14
    fault::after(contract, &visit.struck, &mut reply, now); // 15
    reply
}

/// An answer as it is told: refusals put into words, and the headers that every reply wears.
fn told(turn: &mut Turn<'_, '_>, visit: &mut Visit, answer: Result<Reply, Problem>) -> Reply {
    let mut reply = match answer {
        Ok(reply) => reply,
        Err(problem) => refuse(turn, visit, problem),
    };
    finish(turn, visit, &mut reply);
    reply
}

/// How a call that is not refused goes on after its stages.
enum Course {
    Reply(Reply),
    /// Its reply waits for a delivery.
    Wait {
        operation: OperationId,
        delivery: u64,
        log: Option<(ResourceIndex, u64)>,
        names: Vec<(String, Value)>,
    },
}

/// What is found out about a call on its way through the stages.
#[derive(Debug)]
struct Visit {
    inputs: Inputs,
    operation: Option<OperationId>,
    /// The fault that it brings along.
    brought: Option<Kind>,
    struck: Vec<Struck>,
    principal: Option<Principal>,
    standing: Option<Standing>,
    /// Where its reply is pinned: caller, method, path and key; and what the request said.
    scope: Option<(String, [u8; 32])>,
    pins: bool,
}

impl Visit {
    fn new(inputs: Inputs, brought: Option<Kind>) -> Self {
        let (operation, struck, principal, standing) = (None, Vec::new(), None, None);
        Visit { inputs, operation, brought, struck, principal, standing, scope: None, pins: false }
    }

    fn declared<'c>(&self, contract: &'c Contract) -> Option<&'c Operation> {
        self.operation.map(|operation| contract.operations.get(operation))
    }
}

/// The stages of design, 3 to 12, in order. The first that refuses ends it.
fn answer(turn: &mut Turn<'_, '_>, call: &Call, visit: &mut Visit) -> Result<Course, Problem> {
    let contract = turn.contract;
    let (operation, names) = route(turn, call, visit)?; // 3
    let declared = contract.operations.get(operation);
    visit.struck = match visit.brought.take() {
        Some(kind) => fault::take_brought(turn, call, operation, kind),
        None => fault::take(turn, call, operation, &names),
    };
    if let Some(reply) = fault::before(turn, call, visit, operation)? {
        return Ok(Course::Reply(reply)); // 4
    }
    identify_caller(turn, call, visit, declared)?; // 5
    charge(turn, visit, operation)?; // 6
    permit(turn, visit, declared)?; // 5: scopes, once the call has been counted
    let body = body::read(contract, declared, call); // 8: form only; a known key is replayed whatever the rest says
    if let Some(reply) = replay(turn, call, visit, operation, body.as_ref().ok())? {
        turn.account.performed = Performed::Replayed;
        return Ok(Course::Reply(reply)); // 7
    }
    let body = body?;
    let (schemas, rule) = (&contract.schemas, &contract.plan.requests);
    let (arguments, violations) = parameter::decode_overlooking(&declared.parameters, schemas, &names, call, rule);
    let item_violations = validate(turn, operation, declared, &body, violations)?; // 8
    visit.inputs.arguments(arguments);
    visit.inputs.body = body.value;
    found::settle_touches(turn, operation);
    let item_errors = fault::item_errors(&visit.struck);
    let brought = Brought { call, uploads: &body.uploads, item_violations, item_errors };
    let present = fault::step_back(turn, &visit.struck);
    let course = perform(turn, visit, operation, &brought); // 9 to 12
    fault::step_forward(turn, present);
    course
}

fn perform(
    turn: &mut Turn<'_, '_>,
    visit: &Visit,
    operation: OperationId,
    brought: &Brought<'_>,
) -> Result<Course, Problem> {
    let contract = turn.contract;
    let mut scope = visit.inputs.scope();
    let done = turn.perform(operation, &visit.inputs, brought, &mut scope)?; // 9 to 11
    turn.account.perform();
    if fault::doubles(&visit.struck) {
        fault::again(turn, operation, &visit.inputs, brought);
    }
    if let Some(delivery) = done.waits_for {
        let log = turn.resource_of_result(&contract.plan.actions[operation.0]);
        let log = log.zip(done.record.as_ref().map(|record| record.seq));
        return Ok(Course::Wait { operation, delivery, log, names: scope.owned() });
    }
    turn.render(operation, &visit.inputs, &done, &mut scope).map(Course::Reply) // 12
}

fn route(
    turn: &mut Turn<'_, '_>,
    call: &Call,
    visit: &mut Visit,
) -> Result<(OperationId, Vec<(String, String)>), Problem> {
    let contract = turn.contract;
    let known = &contract.plan.errors.known;
    match contract.router.find(&call.method, &call.path) {
        Route::Found(operation, names) => {
            visit.operation = Some(operation);
            Ok((operation, names))
        }
        Route::MethodUnknown(methods) => {
            turn.because("route", "the path has no such method");
            let allowed: Vec<&str> = methods.iter().map(http::Method::as_str).collect();
            Err(Problem::new(known.unknown_method).header(ALLOW, &allowed.join(", ")))
        }
        Route::Unknown => {
            turn.because("route", "no such path");
            Err(Problem::new(known.unknown_route))
        }
    }
}

fn identify_caller(
    turn: &mut Turn<'_, '_>,
    call: &Call,
    visit: &mut Visit,
    declared: &Operation,
) -> Result<(), Problem> {
    visit.standing = limit::untouched(turn.contract, turn.now);
    let principal = identify::identify(turn, declared, call);
    if principal.is_err() {
        turn.because("caller", "no good credential");
    }
    visit.principal = principal?;
    if let Some(principal) = &visit.principal {
        if let Some((resource, record)) = &principal.record {
            if principal.touched {
                turn.world.touches.note(*resource, record.seq, turn.now);
            }
            visit.inputs.caller = Some(record.clone());
        }
        turn.because("caller", principal.masked());
    }
    Ok(())
}

fn charge(turn: &mut Turn<'_, '_>, visit: &mut Visit, operation: OperationId) -> Result<(), Problem> {
    let limits = &turn.contract.plan.actions[operation.0].limits;
    let name = visit.principal.as_ref().map(|principal| &*principal.name);
    let caller = limit::Caller::new(name, visit.inputs.me());
    match limit::charge(turn.contract, turn.world, limits, &caller) {
        Ok(standing) => {
            visit.standing = standing;
            Ok(())
        }
        Err((problem, standing)) => {
            if let Some(standing) = standing {
                turn.because("limit", format!("{} calls in the window", standing.limit));
                visit.standing = Some(standing);
            }
            Err(problem)
        }
    }
}

fn permit(turn: &mut Turn<'_, '_>, visit: &Visit, declared: &Operation) -> Result<(), Problem> {
    let Some(principal) = &visit.principal else { return Ok(()) };
    match identify::missing_scope(declared, principal) {
        None => Ok(()),
        Some(scope) => {
            turn.because("scope", format!("lacks {scope}"));
            Err(Problem::new(turn.contract.plan.errors.known.insufficient_scope).with("scope", scope))
        }
    }
}

/// Stage 7. A key that was used with the same request gets the first reply, once there is one; with another one, or malformed, it is refused.
fn replay(
    turn: &mut Turn<'_, '_>,
    call: &Call,
    visit: &mut Visit,
    operation: OperationId,
    body: Option<&Body<'_>>,
) -> Result<Option<Reply>, Problem> {
    let Some(rule) = &turn.contract.plan.idempotency else { return Ok(None) };
    if !turn.contract.plan.actions[operation.0].replays {
        return Ok(None);
    }
    let Some(key) = call.headers.get(&rule.header) else { return Ok(None) };
    let key = String::from_utf8_lossy(key.as_bytes());
    if rule.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(&key)) {
        turn.because("key", "not what a key looks like");
        return Err(malformed_key(turn.contract, rule, &key));
    }
    let Some(body) = body.filter(|_| !key.is_empty()) else { return Ok(None) };
    let caller = match rule.per {
        LimitSubject::Credential => visit.principal.as_ref().map_or("", |principal| &principal.name),
        LimitSubject::World => "",
    };
    let scope = format!("{caller}\n{} {}\n{key}", call.method, call.path);
    let fingerprint = body::fingerprint(turn.contract, turn.contract.operations.get(operation), call, body);
    let (replays, known) = (&turn.world.replays, &turn.contract.plan.errors.known);
    let pinned = replays.find(&scope, turn.now);
    let Some(said) = pinned.map(|pinned| &pinned.fingerprint).or_else(|| replays.in_flight(&scope)) else {
        visit.scope = Some((scope, fingerprint));
        visit.pins = true;
        return Ok(None);
    };
    if *said != fingerprint {
        return Err(Problem::new(known.idempotency_mismatch).with("key", key.as_ref()));
    }
    let Some(pinned) = pinned else {
        turn.because("key", "its first call is not answered yet");
        let mut problem = Problem::new(known.idempotency_in_progress).with("key", key.as_ref());
        problem.retry_after = Some(IN_PROGRESS_SECONDS);
        return Err(problem);
    };
    let mut reply = pinned.reply.clone();
    if let Some(name) = &rule.replayed {
        reply.headers.push((name.clone(), HeaderValue::from_static("true")));
    }
    turn.because("replay", "the key's first reply");
    Ok(Some(reply))
}

fn malformed_key(contract: &Contract, rule: &Idempotency, key: &str) -> Problem {
    // The header as its document spells it.
    let name = contract.behaviour.idempotency.as_ref().map_or(rule.header.as_str(), |rule| rule.header.as_str());
    let message = format!("{} is malformed", crate::words::humanise(name));
    let violation = problem::complaint(Place::Header, &format!("/{name}"), "pattern", message);
    Problem::new(contract.plan.errors.known.idempotency_invalid).with("key", key).violations(vec![violation])
}

/// Stage 8: everything that is wrong with parameters and body at once. What is wrong inside a batch's items is theirs, and comes back.
fn validate(
    turn: &mut Turn<'_, '_>,
    operation: OperationId,
    declared: &Operation,
    body: &Body<'_>,
    mut violations: Vec<Violation>,
) -> Result<Vec<(usize, Violation)>, Problem> {
    let contract = turn.contract;
    let known = &contract.plan.errors.known;
    let required = declared.body.as_ref().is_some_and(|body| body.required);
    match body.media {
        Some(media) => {
            if let Some(schema) = media.schema {
                violations.extend(contract.schemas.check(schema, body.view(), Place::Body));
            }
        }
        None if required => violations.push(problem::complaint(Place::Body, "", "required", "Body is required")),
        None => {}
    }
    let mut items = Vec::new();
    if let Verb::Batch(batch) = &contract.plan.actions[operation.0].verb {
        let prefix = format!("/{}/", batch.items);
        violations.retain(|violation| match item_violation(violation, &prefix) {
            Some(own) => {
                items.push(own);
                false
            }
            None => true,
        });
    }
    if violations.is_empty() {
        return Ok(items);
    }
    turn.because("invalid", violations[0].message.clone());
    // A path that cannot be right names nothing; where the operation knows no 400 that is what it says.
    let only_path = violations.iter().all(|violation| violation.place == Place::Path);
    let invalid = contract.plan.actions[operation.0].told(known.invalid);
    let status = contract.plan.errors.list[invalid].status;
    if only_path && declared.response(status).is_none() && declared.response(404).is_some() {
        let label = contract.plan.actions[operation.0].verb.resource().map(|index| turn.resource(index).label.clone());
        return Err(Problem::new(known.not_found).with("resource", label.unwrap_or_else(|| "Resource".to_owned())));
    }
    Err(Problem::new(known.invalid).violations(violations))
}

/// `/posts/3/content` below `/posts/` is item 3's `/content`.
fn item_violation(violation: &Violation, prefix: &str) -> Option<(usize, Violation)> {
    let rest = violation.pointer.strip_prefix(prefix).filter(|_| violation.place == Place::Body)?;
    let (index, inside) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Some((index.parse().ok()?, Violation { pointer: inside.to_owned(), ..violation.clone() }))
}

/// A refusal as a reply that fits the contract. One that does not is either the author's doing, and loud, or the document's own error takes
/// its place.
fn refuse(turn: &mut Turn<'_, '_>, visit: &mut Visit, problem: Problem) -> Reply {
    let contract = turn.contract;
    let problem = match visit.operation {
        Some(operation) => problem.told_by(&contract.plan.actions[operation.0]),
        None => problem,
    };
    let declared = visit.declared(contract);
    let (reply, unfit) = problem::render(contract, &problem, &visit.inputs, declared);
    visit.pins = false;
    if let Some(message) = &problem.message {
        turn.because("bug", message.clone());
        return reply;
    }
    turn.because("refused", problem.plan(contract).name.clone());
    let Some(declared) = declared else { return reply };
    match unfit {
        None => {
            if declared.response(reply.status.as_u16()).is_none() {
                turn.because("undeclared", format!("{} declares no {}", declared.id, reply.status.as_u16()));
            } else if contract.plan.idempotency.as_ref().is_some_and(|rule| rule.keep == Kept::Decided) {
                visit.pins = visit.scope.is_some() && !matches!(reply.status.as_u16(), 401 | 403 | 429 | 500..);
            }
            reply
        }
        Some(_) if !contract.is_authored() || fault::answered(&visit.struck) => {
            // What was inferred, or asked for by a fault, does not fit, and there is no author to tell: the document's own error stands in.
            turn.because("sampled", format!("the error that {} declares", declared.id));
            reply::declared_reply(turn, declared, reply)
        }
        Some(unfit) => {
            let message = unfit.message.clone().unwrap_or_default();
            turn.because("bug", message);
            problem::render(contract, &unfit, &visit.inputs, None).0
        }
    }
}

/// Adds the headers that every reply wears, and checks that none that the contract demands is missing.
fn finish(turn: &mut Turn<'_, '_>, visit: &Visit, reply: &mut Reply) {
    let contract = turn.contract;
    let standing = visit.standing.or_else(|| limit::untouched(contract, turn.now));
    if let Some(standing) = standing {
        reply.headers.extend(limit::headers(contract, &standing, turn.now));
    }
    let Some(declared) = visit.declared(contract).filter(|_| !fault::unseen(&visit.struck)) else { return };
    let missing = reply::missing_headers(declared, reply);
    if !contract.is_authored() || fault::answered(&visit.struck) {
        let sampled = reply::sampled_headers(turn, declared, reply, &missing);
        reply.headers.extend(sampled);
        return;
    }
    if !missing.is_empty() && reply.status != http::StatusCode::INTERNAL_SERVER_ERROR {
        let text = format!(
            "standin: the {} reply of {} lacks the header {}",
            reply.status.as_u16(),
            declared.id,
            missing.join(", ")
        );
        turn.because("bug", text.clone());
        let headers = standing.map(|standing| limit::headers(contract, &standing, turn.now));
        *reply = problem::render(contract, &Problem::loud(contract, text), &visit.inputs, None).0;
        reply.headers.extend(headers.into_iter().flatten());
    }
}

fn pin(turn: &mut Turn<'_, '_>, visit: &Visit, reply: &Reply) {
    let (Some((scope, fingerprint)), Some(rule)) = (&visit.scope, &turn.contract.plan.idempotency) else { return };
    let succeeded = reply.status.is_success();
    if !succeeded && rule.keep == Kept::Successes {
        return;
    }
    let names = &turn.contract.plan.limit_headers;
    let told_anew = [&names.limit, &names.remaining, &names.reset];
    let mut kept = reply.clone();
    kept.headers.retain(|(name, _)| !told_anew.iter().any(|told| told.as_ref() == Some(name)));
    let expires_at = turn.now.saturating_add(rule.ttl_ms);
    turn.world.replays.pin(scope, Pinned { fingerprint: *fingerprint, reply: kept, expires_at }, turn.now);
}

fn record(mut turn: Turn<'_, '_>, call: &Call, visit: &Visit, reply: &Reply) {
    let causes = std::mem::take(&mut turn.causes);
    let mut account = std::mem::take(&mut turn.account);
    account.struck = visit.struck.iter().map(|struck| (struck.kind.word(), struck.kind.to_string())).collect();
    let (contract, now, world) = (turn.contract, turn.now, &mut *turn.world);
    let action = visit.operation.map(|operation| &contract.plan.actions[operation.0]);
    if let (Some(action), Some(_)) = (action, &visit.principal) {
        world.tallies.count_call(now, &action.label, reply.status.as_u16() >= 400);
    }
    let (request, kept_reply) = journal::kept(&call.body, &reply.body);
    let what = What::Call {
        method: call.method.clone(),
        path: target(call),
        operation: visit.operation.map(|operation| contract.names[operation.0].clone()),
        status: reply.status.as_u16(),
        request,
        reply: kept_reply,
        account,
    };
    let entry = world.journal.push(now, what, causes);
    if let Some(operation) = visit.operation {
        fault::note(&mut turn, &visit.struck, entry, &contract.names[operation.0]);
    }
}

fn target(call: &Call) -> std::sync::Arc<str> {
    match &call.query {
        Some(query) => format!("{}?{query}", call.path).into(),
        None => call.path.as_str().into(),
    }
}
