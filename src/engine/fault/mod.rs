//! Faults on their way through a call: which of those armed strike it, and what each does before, around and after the effect.
//!
//! ```text
//! take ─ before ──────────── (nothing is performed: the reply is a refusal, or nobody sees it)
//!   │
//!   ├─ step_back, item errors, double ── around the effect
//!   ├─ give_back ───────────────────────  what found nothing to act on has hit nothing
//!   ├─ instead ─────────────────────────  the effect is done, and a failure is told
//!   └─ after ─ note ────────────────────  the reply is late, cut short or lost; the hit is remembered
//! ```
//!
//! What a kind does to a finished reply it does by itself ([`Kind::damage`]); here stands what needs the contract or the world.

mod brought;
mod check;
mod clock_skew;
mod delivery;
mod double;
mod expired_credential;
mod item_errors;
mod maintenance;
mod quota;
mod stale;
mod status;

use super::identify::Presented;
use super::problem::Problem;
use super::turn::Turn;
use super::{Inputs, Visit};
use crate::call::{Call, Reply};
use crate::contract::Contract;
use crate::contract::operation::OperationId;
use crate::contract::parameter::percent_decode;
use crate::world::fault::kind::ItemErrors;
use crate::world::fault::{Armed, Draw, Effect, Hit, Kind, Subject};
use crate::world::journal::Performed;

pub use brought::brought;
pub use check::check;
pub use delivery::Fate;
pub use double::again;
pub use item_errors::item_problem;

/// A fault that strikes a call.
#[derive(Debug, Clone)]
pub struct Struck {
    /// The armed fault's id; a call that brings its own fault has none.
    pub id: Option<u64>,
    pub kind: Kind,
    /// When it ends, on the world's clock, where that is known.
    pub until: Option<i64>,
    pub draw: Draw,
    /// As the journal tells it.
    pub told: String,
}

/// Stage 4: the armed faults for this call, counted; at most one of each aspect.
pub fn take(turn: &mut Turn<'_, '_>, call: &Call, operation: OperationId, names: &[(String, String)]) -> Vec<Struck> {
    if turn.world.faults.is_empty() {
        return Vec::new();
    }
    let contract = turn.contract;
    let declared = contract.operations.get(operation);
    let (changes, batch) = contract.plan.actions[operation.0].effects();
    let faults = &turn.world.faults;
    // What is not UTF-8 names no record.
    let decoded = || names.iter().filter_map(|(_, value)| percent_decode(value).ok()).collect();
    let resources: Vec<String> = if faults.asks_for_resources() { decoded() } else { Vec::new() };
    let presented =
        if faults.asks_for_credentials() { Presented::by(contract, declared, call) } else { Presented::default() };
    let subject = Subject::Call {
        operation: &declared.id,
        tags: &declared.tags,
        method: declared.method.as_str(),
        resources: &resources,
        credentials: presented.all(),
        accepted: presented.accepted(),
        changes,
        batch,
    };
    let seed = turn.world.ids.seed();
    let taken = turn.world.faults.take(&subject, turn.now, seed);
    let struck: Vec<Struck> = taken.into_iter().map(|armed| struck(armed, seed)).collect();
    for one in &struck {
        turn.because("fault", one.told.clone());
    }
    struck
}

fn struck(armed: Armed, seed: u64) -> Struck {
    let until = armed.fault.occurrence.until.map(|until| until.instant(armed.armed_at));
    Struck { id: Some(armed.id), until, draw: armed.draw(seed), told: armed.told(), kind: armed.fault.kind }
}

/// Stage 4 of a call that brings its own fault: it is hit by that alone, and no armed fault sees it.
pub fn take_brought(turn: &mut Turn<'_, '_>, call: &Call, operation: OperationId, kind: Kind) -> Vec<Struck> {
    let (changes, batch) = turn.contract.plan.actions[operation.0].effects();
    let presented = Presented::by(turn.contract, turn.contract.operations.get(operation), call);
    if !kind.needs().are_met(changes, batch, !presented.accepted().is_empty()) {
        turn.because("fault", format!("{kind} (brought by the call) strikes no such call"));
        return Vec::new();
    }
    let told = format!("{kind} (brought by the call)");
    turn.because("fault", told.clone());
    let count = u32::try_from(turn.world.journal.last_number()).unwrap_or(u32::MAX);
    vec![Struck { id: None, kind, until: None, draw: Draw::new(turn.world.ids.seed(), 0, count), told }]
}

/// After the stages: a fault that acts on what a call does has not struck one that was refused, replayed, or left it nothing to act on. It is
/// told no more, and its hit is taken back.
pub fn give_back(turn: &mut Turn<'_, '_>, struck: &mut Vec<Struck>) {
    if turn.fault_acted {
        return;
    }
    for one in struck.extract_if(.., |one| one.kind.needs().is_of_effect()) {
        turn.causes.retain(|cause| cause.kind != "fault" || *cause.text != *one.told);
        if let Some(id) = one.id {
            turn.world.faults.give_back(id);
        }
    }
}

/// What answers a call of which nothing is performed.
pub fn before(
    turn: &mut Turn<'_, '_>,
    call: &Call,
    visit: &mut Visit,
    operation: OperationId,
) -> Result<Option<Reply>, Problem> {
    let Some(fault) = visit.struck.iter().find(|one| one.kind.effect() == Effect::None).cloned() else {
        return Ok(None);
    };
    match &fault.kind {
        Kind::Status(status) => status::answer(turn, call, operation, &visit.inputs, status).map(Some),
        Kind::Maintenance(_) => Err(maintenance::problem(turn, call, operation, &visit.inputs, fault.until)),
        Kind::Quota(_) => Err(quota::problem(turn, call, visit, operation)),
        Kind::ExpiredCredential(_) => Err(expired_credential::problem(turn.contract, call, operation)),
        // Nobody sees this status: the connection suffers.
        _ => Ok(Some(Reply::new(http::StatusCode::BAD_GATEWAY))),
    }
}

/// Does nobody see the reply, because nothing was performed and the connection suffers?
pub fn unseen(struck: &[Struck]) -> bool {
    struck.iter().any(|one| one.kind.effect() == Effect::None) && !answered(struck)
}

/// Does the service say something because a fault asks for it, whatever its rules and its document say?
pub fn answered(struck: &[Struck]) -> bool {
    struck.iter().any(|one| one.kind.answers())
}

/// Which items of a batch are to fail.
pub fn item_errors(struck: &[Struck]) -> Option<&ItemErrors> {
    struck.iter().find_map(|one| match &one.kind {
        Kind::ItemErrors(errors) => Some(errors),
        _ => None,
    })
}

pub fn doubles(struck: &[Struck]) -> bool {
    struck.iter().any(|one| matches!(one.kind, Kind::Double(_)))
}

/// What is told in place of the reply where a status is asked for after the effect. Below 400 the reply of a call that was performed goes out under
/// that status instead: then there is nothing else to tell.
pub fn instead(
    turn: &mut Turn<'_, '_>,
    call: &Call,
    visit: &Visit,
    reply: &mut Reply,
) -> Option<Result<Reply, Problem>> {
    let status = visit.struck.iter().find_map(|one| match &one.kind {
        Kind::Status(status) if status.effect == Effect::Done => Some(status),
        _ => None,
    })?;
    if status.status < 400 && turn.account.performed != Performed::No {
        status::put_under(reply, status.status);
        return None;
    }
    Some(status::answer(turn, call, visit.operation?, &visit.inputs, status))
}

/// Stage 15: whatever the effect was, the reply may still be late, cut short or lost.
pub fn after(contract: &Contract, struck: &[Struck], reply: &mut Reply, now: i64) {
    for one in struck {
        if let Kind::Status(status) = &one.kind {
            status::write_retry_after(reply, status, now);
        }
        one.kind.damage(reply, &mut one.draw.clone());
    }
    // Last, when all headers are there.
    for one in struck {
        if let Kind::ClockSkew(skew) = &one.kind {
            clock_skew::shift(contract, reply, skew, now);
        }
    }
}

/// A read that lags sees the state of then; gives the state of now.
pub use stale::{step_back, step_forward};

/// Remembers with the armed faults which call they hit.
pub fn note(turn: &mut Turn<'_, '_>, struck: &[Struck], entry: u64, name: &str) {
    for id in struck.iter().filter_map(|one| one.id) {
        turn.world.faults.note(id, Hit { entry, at: turn.now, name: name.to_owned() });
    }
}

/// The label of what an operation is about, and the rest that texts of errors may name.
fn named(turn: &Turn<'_, '_>, operation: OperationId, problem: Problem) -> Problem {
    let label = turn.contract.plan.actions[operation.0].verb.resource().map(|index| turn.resource(index).label.clone());
    let scopes = turn.contract.operations.get(operation).security.iter().flat_map(|one| one.values().flatten());
    let scope = scopes.into_iter().next().cloned().unwrap_or_default();
    problem
        .with("resource", label.unwrap_or_else(|| "Resource".to_owned()))
        .with("scope", scope)
        .with("key", String::new())
}

/// The first of these errors whose texts can be made from what the call has, or the last resort.
fn sayable(
    turn: &Turn<'_, '_>,
    operation: OperationId,
    inputs: &Inputs,
    errors: impl Iterator<Item = usize>,
) -> Option<Problem> {
    let mut problems = errors.map(|error| named(turn, operation, Problem::new(error)));
    problems.find(|problem| super::problem::can_be_told(turn.contract, problem, inputs))
}
