//! Request bodies, as [`contract::body`](crate::contract::body) reads them: refusals in the service's words, and what makes two bodies the same.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::problem::{Problem, complaint};
use crate::call::{Call, Unread};
use crate::contract::Contract;
use crate::contract::body::{self, Body, Unfit, UnfitKind};
use crate::contract::operation::Operation;
use crate::contract::parameter::share;
use crate::contract::violation::Place;

/// Reads the body. A problem here is one of form: too large, not the declared media type, not well formed.
pub fn read<'o>(contract: &Contract, operation: &'o Operation, call: &Call) -> Result<Body<'o>, Problem> {
    // An operation that takes no body does not care what became of one.
    let unread = call.unread.as_ref().filter(|_| operation.body.is_some());
    let read = unread.map_or_else(|| body::read(contract, operation, call), |unread| Err(unfit(unread)));
    read.map_err(|unfit| problem(contract, unfit))
}

/// A body that did not arrive.
fn unfit(unread: &Unread) -> Unfit {
    let (kind, keyword, message) = match unread {
        Unread::TooLarge { limit } => (UnfitKind::TooLarge, "maxLength", format!("Body must be at most {limit} bytes")),
        other => (UnfitKind::Unreadable, "malformed", other.to_string()),
    };
    Unfit { kind, violation: complaint(Place::Body, "", keyword, message) }
}

fn problem(contract: &Contract, unfit: Unfit) -> Problem {
    let known = &contract.plan.errors.known;
    let error = match unfit.kind {
        UnfitKind::TooLarge => known.too_large,
        UnfitKind::MediaType => known.unsupported_media_type,
        UnfitKind::Unreadable => known.unreadable,
        UnfitKind::Invalid => known.invalid,
    };
    Problem::new(error).violations(vec![unfit.violation])
}

/// Part of the same request, whoever sends it again: SHA-256 of what the body says, whatever its spacing or boundary.
pub fn fingerprint(contract: &Contract, operation: &Operation, call: &Call, body: &Body<'_>) -> [u8; 32] {
    let query = call.query.as_deref().unwrap_or_default();
    let mut digest = Sha256::new();
    if contract.plan.requests.query_as_body && operation.body.is_some() {
        // What stands for members of the body is told with these.
        digest.update(share(&operation.parameters, query).declared.as_bytes());
    } else {
        digest.update(query.as_bytes());
    }
    digest.update([0]);
    digest.update(canonical(&body.value).to_string().as_bytes());
    if let Some(bytes) = body.whole() {
        digest.update([0]);
        digest.update(bytes);
    }
    digest.finalize().into()
}

/// Object keys in order, at every depth.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|left, right| left.0.cmp(right.0));
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), canonical(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        other => other.clone(),
    }
}
