//! Reads of a state that is no longer so.

use super::Struck;
use crate::engine::turn::Turn;
use crate::world::fault::Kind;
use crate::world::store::Store;

/// Puts the state that a lagging read sees in the place of the present one, which comes back for [`step_forward`].
pub fn step_back(turn: &mut Turn<'_, '_>, struck: &[Struck]) -> Option<Store> {
    let lag = struck.iter().find_map(|one| match &one.kind {
        Kind::Stale(lag) => Some(lag),
        _ => None,
    })?;
    let then = turn.world.faults.state_for(lag, turn.now)?.clone();
    turn.fault_acted = true;
    Some(std::mem::replace(&mut turn.world.store, then))
}

/// Brings the present back.
pub fn step_forward(turn: &mut Turn<'_, '_>, present: Option<Store>) {
    if let Some(present) = present {
        turn.world.store = present;
    }
}
