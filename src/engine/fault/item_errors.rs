//! Items of a batch that fail on purpose.

use super::named;
use crate::contract::operation::OperationId;
use crate::engine::problem::Problem;
use crate::engine::turn::Turn;
use crate::world::fault::kind::ItemErrors;

/// Why the item in this place fails, if it does. `run`: the operation that it is for, which its error speaks of.
pub fn item_problem(
    turn: &mut Turn<'_, '_>,
    run: OperationId,
    fault: Option<&ItemErrors>,
    place: usize,
) -> Option<Problem> {
    let fault = fault.filter(|fault| fault.strikes(place))?;
    turn.fault_acted = true;
    let errors = &turn.contract.plan.errors;
    let own = fault.error.as_ref().and_then(|name| errors.by_name.get(name));
    Some(named(turn, run, Problem::new(own.copied().unwrap_or(errors.known.internal))))
}
