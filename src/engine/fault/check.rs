//! Does a fault make sense for this contract? Names that it does not have are told with the nearest one that it has, and a fault that can
//! never hit anything is refused.

use crate::contract::Contract;
use crate::contract::operation::Operation;
use crate::words::did_you_mean;
use crate::world::fault::address::OneOrMany;
use crate::world::fault::{Aspect, Fault, Kind, Needs, Wrong};

/// Most known names that a refusal lists.
const NAMES_LISTED_MAX: usize = 12;

/// What is wrong with a fault for a world of this contract, if anything, and where in the written fault.
pub fn check(contract: &Contract, fault: &Fault) -> Result<(), Wrong> {
    match fault.kind.aspect() {
        Aspect::Delivery => check_deliveries(contract, fault),
        _ => check_calls(contract, fault),
    }
}

fn check_calls(contract: &Contract, fault: &Fault) -> Result<(), Wrong> {
    let address = &fault.address;
    let all = &contract.operations.list;
    known("operation", "operation", &address.operation, all.iter().map(|operation| operation.id.as_str()))?;
    let tags = all.iter().flat_map(|operation| operation.tags.iter().map(String::as_str));
    known("tag", "tag", &address.tag, tags)?;
    known("method", "method of an operation", &address.method, all.iter().map(|operation| operation.method.as_str()))?;
    check_error(contract, &fault.kind)?;
    let means = |operation: &Operation| address.may_mean(&operation.id, &operation.tags, operation.method.as_str());
    let meant: Vec<usize> = (0..all.len()).filter(|index| means(&all[*index])).collect();
    if meant.is_empty() {
        return Err(whole("no operation fits all that is asked for, so it would never hit", None));
    }
    let needs = fault.kind.needs();
    let meets = |index: &usize| {
        let (changes, batch) = contract.plan.actions[*index].effects();
        needs.are_met(changes, batch, !all[*index].security.is_empty())
    };
    if meant.iter().any(meets) {
        return Ok(());
    }
    let never = match needs {
        Needs::Nothing => return Ok(()),
        Needs::Change => "changes anything, so nothing could happen twice",
        Needs::Read => "only reads, so no read could be stale",
        Needs::Batch => "is a batch, so no item could fail",
        Needs::Credential => "takes a credential, so none could expire",
    };
    let which = if meant.len() < all.len() { "no operation of those meant" } else { "no operation" };
    let hint = "leave it out, or say other operations".to_owned();
    Err(whole(&format!("{which} {never}"), Some(hint)))
}

fn check_deliveries(contract: &Contract, fault: &Fault) -> Result<(), Wrong> {
    let Some(webhooks) = &contract.plan.webhooks else {
        let hint = "a fault of this kind is about webhooks; leave it out".to_owned();
        return Err(whole("this API delivers nothing, so it would never hit", Some(hint)));
    };
    known("event", "event", &fault.address.event, webhooks.events.iter().map(|(name, _)| &**name))?;
    if matches!(fault.kind, Kind::WrongSignature(_)) && webhooks.sign.is_none() {
        return Err(whole("this API signs no deliveries, so none could be signed wrongly", None));
    }
    Ok(())
}

/// The service's own error must be there, and have the status that is asked for.
fn check_error(contract: &Contract, kind: &Kind) -> Result<(), Wrong> {
    let (error, status) = match kind {
        Kind::Status(fault) => (&fault.error, Some(fault.status)),
        Kind::ItemErrors(fault) => (&fault.error, None),
        _ => return Ok(()),
    };
    let Some(name) = error else { return Ok(()) };
    let errors = &contract.plan.errors.list;
    known_one("/error", "error", name, errors.iter().map(|plan| plan.name.as_str()))?;
    let own = errors.iter().find(|plan| plan.name == *name).map(|plan| plan.status);
    match (own, status) {
        (Some(own), Some(status)) if own != status => {
            let hint = Some(format!("say status: {own}, or leave the error out"));
            Err(Wrong { hint, ..Wrong::new("/error", format!("the error {name:?} has status {own}, not {status}")) })
        }
        _ => Ok(()),
    }
}

fn known<'a>(
    word: &str,
    what: &str,
    asked: &OneOrMany,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Wrong> {
    let several = asked.0.len() > 1;
    asked.0.iter().enumerate().try_for_each(|(index, name)| {
        let pointer = if several { format!("/{word}/{index}") } else { format!("/{word}") };
        known_one(&pointer, what, name, names.clone())
    })
}

fn known_one<'a>(
    pointer: &str,
    what: &str,
    name: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Wrong> {
    if names.clone().any(|known| known == name) {
        return Ok(());
    }
    let mut all: Vec<&str> = names.collect();
    all.sort_unstable();
    all.dedup();
    // `post` is meant to be `POST`, which no measure of letters says.
    let same = all.iter().copied().find(|known| known.eq_ignore_ascii_case(name));
    let hint = match same.or_else(|| did_you_mean(name, all.iter().copied())) {
        Some(nearest) => Some(format!("did you mean {nearest:?}?")),
        None if all.is_empty() => Some("this API has none".to_owned()),
        None if all.len() <= NAMES_LISTED_MAX => Some(format!("known are: {}", all.join(", "))),
        None => None,
    };
    Err(Wrong { hint, ..Wrong::new(pointer, format!("there is no {what} {name:?}")) })
}

fn whole(message: &str, hint: Option<String>) -> Wrong {
    Wrong { hint, ..Wrong::new("", message) }
}
