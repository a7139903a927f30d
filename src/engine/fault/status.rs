//! An error of the service, raised on purpose; or any other status.

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use super::{named, sayable};
use crate::call::{Call, Reply, takes_body};
use crate::contract::Contract;
use crate::contract::operation::OperationId;
use crate::engine::identify::challenge;
use crate::engine::inputs::Inputs;
use crate::engine::problem::{self, Problem};
use crate::engine::reply::declared_reply;
use crate::engine::turn::Turn;
use crate::instant::http_date;
use crate::world::fault::kind::{RetryAfterForm, Status};

/// The wait in seconds that is told where the document demands a `Retry-After` and the fault names none.
const RETRY_AFTER_USUAL: i64 = 1;

/// What is said: a refusal in the service's own shape, or below 400 what the operation declares for the status.
pub fn answer(
    turn: &mut Turn<'_, '_>,
    call: &Call,
    operation: OperationId,
    inputs: &Inputs,
    fault: &Status,
) -> Result<Reply, Problem> {
    if fault.status < 400 {
        let declared = turn.contract.operations.get(operation);
        return Ok(declared_reply(turn, declared, Reply::new(problem::status(fault.status))));
    }
    Err(refusal(turn, call, operation, inputs, fault))
}

/// The service's own error of that name, else of that status, else its internal error under that status.
pub fn refusal(turn: &Turn<'_, '_>, call: &Call, operation: OperationId, inputs: &Inputs, fault: &Status) -> Problem {
    let contract = turn.contract;
    let errors = &contract.plan.errors;
    let by_name = fault.error.as_ref().and_then(|name| errors.by_name.get(name)).copied();
    let mut problem = match by_name {
        Some(error) => named(turn, operation, Problem::new(error)),
        None => sayable(turn, operation, inputs, of_status(contract, fault.status))
            .unwrap_or_else(|| named(turn, operation, Problem::new(errors.known.internal))),
    };
    problem.status = Some(fault.status);
    let declared = contract.operations.get(operation);
    let wait = fault.retry_after.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
    problem.retry_after = wait.or_else(|| {
        let headers = declared.response(fault.status).map(|response| response.headers.as_slice()).unwrap_or_default();
        let is_demanded = headers.iter().any(|header| header.required && header.field == Some(RETRY_AFTER));
        is_demanded.then_some(RETRY_AFTER_USUAL)
    });
    if fault.status == StatusCode::UNAUTHORIZED.as_u16() {
        return challenge(contract, declared, call, problem);
    }
    problem
}

/// The errors of a status: those that the pipeline raises by itself first, for they are the plainest.
fn of_status(contract: &Contract, status: u16) -> impl Iterator<Item = usize> {
    let errors = &contract.plan.errors;
    let known = &errors.known;
    let plain = [
        known.invalid,
        known.unauthenticated,
        known.insufficient_scope,
        known.not_found,
        known.unknown_method,
        known.referenced,
        known.too_large,
        known.unsupported_media_type,
        known.rate_limited,
        known.internal,
    ];
    plain.into_iter().chain(0..errors.list.len()).filter(move |error| errors.list[*error].status == status)
}

/// Puts a reply under another status, without a body where that takes none.
pub fn put_under(reply: &mut Reply, status: u16) {
    reply.status = problem::status(status);
    if !takes_body(reply.status) {
        reply.body.clear();
        reply.headers.retain(|(name, _)| *name != CONTENT_TYPE);
    }
}

/// Writes `Retry-After` in the form that is asked for, whatever the service's own error says.
pub fn write_retry_after(reply: &mut Reply, fault: &Status, now: i64) {
    let Some(seconds) = fault.retry_after else { return };
    let value = match fault.retry_after_form {
        RetryAfterForm::Seconds => Some(HeaderValue::from(seconds)),
        RetryAfterForm::HttpDate => {
            let wait = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
            // An HTTP-date has no fractions: rounded up, it is never too early.
            let text = http_date(now.saturating_add(wait).saturating_add(999));
            text.and_then(|text| HeaderValue::try_from(text).ok())
        }
        RetryAfterForm::Malformed => Some(HeaderValue::from_static("soon")),
    };
    if let Some(value) = value {
        reply.set_header(RETRY_AFTER, value);
    }
}
