//! Calls whose reply is held back until a delivery's first attempt is settled.
//!
//! All that the call does to the world is done when [`super::handle`] returns; what is left is to say it. The rim waits, for it alone knows
//! how long, and [`conclude`] says it. Until then its idempotency key is in flight: a second call with it is refused, not performed.

use serde_json::Value;

use super::perform::Done;
use super::turn::Turn;
use super::{Visit, close};
use crate::call::{Call, Reply};
use crate::contract::Contract;
use crate::contract::expression::Scope;
use crate::contract::operation::OperationId;
use crate::contract::plan::ResourceIndex;
use crate::world::World;
use crate::world::journal::{Account, Cause};

/// What [`super::handle`] came to.
#[derive(Debug)]
pub enum Handled {
    Done(Reply),
    /// The reply is made by [`conclude`] once [`Waiting::is_over`], or when waiting longer makes no sense.
    Waits(Box<Waiting>),
    /// Nothing was done: the fault that the call brings along makes no sense, and this is why.
    Unsound(String),
}

/// A call that was performed and not yet answered.
#[derive(Debug)]
#[must_use = "its idempotency key is in flight until it is concluded"]
pub struct Waiting {
    /// The delivery whose first attempt it waits for, by its number.
    pub delivery: u64,
    pub(super) visit: Visit,
    pub(super) operation: OperationId,
    /// What its rules bound, by name.
    pub(super) names: Vec<(String, Value)>,
    /// Where the delivery's log record is kept.
    pub(super) log: Option<(ResourceIndex, u64)>,
    pub(super) causes: Vec<Cause>,
    pub(super) account: Account,
}

impl Handled {
    /// The reply of a call that waits for nothing.
    pub fn reply(self) -> Option<Reply> {
        match self {
            Handled::Done(reply) => Some(reply),
            Handled::Waits(_) | Handled::Unsound(_) => None,
        }
    }
}

impl Waiting {
    /// Has the attempt been settled, or has the delivery ended without one?
    pub fn is_over(&self, world: &World) -> bool {
        world.outbox.get(self.delivery).is_none_or(|delivery| delivery.attempts > 0)
    }
}

/// Makes the reply of a call that waited, from the delivery's log as it stands now; and pins and records it as [`super::handle`] does with
/// others. In the world that the call was handled in.
pub fn conclude(contract: &Contract, world: &mut World, call: &Call, waiting: Waiting) -> Reply {
    let Waiting { visit, operation, names, log, causes, account, .. } = waiting;
    // First of all: whatever goes wrong with its reply, the key is free or pinned after.
    if let Some((scope, _)) = &visit.scope {
        world.replays.land(scope);
    }
    let mut turn = Turn::new(contract, world);
    turn.causes = causes;
    turn.account = account;
    let record = log.and_then(|(resource, seq)| turn.world.store.by_seq(resource, seq).cloned());
    let mut scope = Scope::with_capacity(names.len() + 2);
    for (name, value) in &names {
        scope.bind_ref(name, value);
    }
    if let Some(record) = &record {
        turn.bind_record(&mut scope, "record", record);
        turn.bind_record(&mut scope, "outer", record);
    }
    let done = Done { record, ..Done::default() };
    let answer = turn.render(operation, &visit.inputs, &done, &mut scope);
    drop(scope);
    close(turn, call, visit, answer)
}
