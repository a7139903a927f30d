//! A window in which nothing is served.

use super::status;
use crate::call::Call;
use crate::contract::operation::OperationId;
use crate::engine::inputs::Inputs;
use crate::engine::limit::seconds_until;
use crate::engine::problem::Problem;
use crate::engine::turn::Turn;
use crate::world::fault::Effect;
use crate::world::fault::kind::{RetryAfterForm, Status};

/// The service's 503, with a `Retry-After` that leads to the end of the window.
pub fn problem(
    turn: &Turn<'_, '_>,
    call: &Call,
    operation: OperationId,
    inputs: &Inputs,
    until: Option<i64>,
) -> Problem {
    let wait = until.map(|until| u64::try_from(seconds_until(until, turn.now)).unwrap_or_default());
    let fault = Status {
        status: 503,
        error: None,
        retry_after: wait,
        retry_after_form: RetryAfterForm::Seconds,
        effect: Effect::None,
    };
    status::refusal(turn, call, operation, inputs, &fault)
}
