//! An effect that happens once more.

use crate::contract::operation::OperationId;
use crate::engine::inputs::Inputs;
use crate::engine::perform::Brought;
use crate::engine::turn::Turn;

/// Performs a call once more after it was performed. Its answer is the first one's, so that nobody hears whether this was refused.
pub fn again(turn: &mut Turn<'_, '_>, operation: OperationId, inputs: &Inputs, brought: &Brought<'_>) {
    turn.fault_acted = true;
    let mut scope = inputs.scope();
    match turn.perform(operation, inputs, brought, &mut scope) {
        Ok(_) => turn.account.perform(),
        Err(problem) => {
            let name = problem.plan(turn.contract).name.clone();
            turn.because("fault", format!("the second time it was refused: {name}"));
        }
    }
}
