//! A limit that is used up before its time.

use crate::call::Call;
use crate::contract::operation::OperationId;
use crate::engine::problem::Problem;
use crate::engine::turn::Turn;
use crate::engine::{Visit, identify_caller, limit};

/// The refusal that the caller would get with no call left in the window; nothing is charged. Whoever cannot be told is refused, too.
pub fn problem(turn: &mut Turn<'_, '_>, call: &Call, visit: &mut Visit, operation: OperationId) -> Problem {
    let declared = turn.contract.operations.get(operation);
    // A bad credential is not what this call is to be refused for.
    let _ = identify_caller(turn, call, visit, declared);
    let limits = &turn.contract.plan.actions[operation.0].limits;
    let name = visit.principal.as_ref().map(|principal| &*principal.name);
    let caller = limit::Caller::new(name, visit.inputs.me());
    let (problem, standing) = limit::used_up(turn.contract, turn.world, limits, &caller);
    visit.standing = standing;
    problem
}
