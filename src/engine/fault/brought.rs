//! The fault that a call brings along for itself, in a header.

use http::HeaderName;
use serde_json::{Value, json};

use crate::call::Call;
use crate::contract::Contract;
use crate::contract::router::Route;
use crate::world::fault::address::OneOrMany;
use crate::world::fault::{Address, Aspect, Fault, Kind, Occurrence};

/// A kind's word, or a JSON object with the kind's own words: `close`, `{"kind": "status", "status": 503}`.
const HEADER: HeaderName = HeaderName::from_static("x-standin-fault");

/// The kind of the fault that the call brings, if it brings one. The error says what is wrong with it.
pub fn brought(contract: &Contract, call: &Call) -> Result<Option<Kind>, String> {
    let mut values = call.headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err("it is there more than once, and a call takes one fault".to_owned());
    }
    let text = value.to_str().map_err(|_| "it is no text".to_owned())?;
    let mut fault = read(text)?;
    if matches!(fault.kind, Kind::Stale(_)) {
        return Err("stale reads miss changes that were made since the fault was armed; arm it before those".to_owned());
    }
    if fault.kind.aspect() == Aspect::Delivery {
        return Err(format!("{} is a fault of deliveries, not of calls; arm it for them", fault.kind.word()));
    }
    if fault.address != Address::default() || fault.occurrence != Occurrence::default() {
        return Err(
            "it is for this call alone, so it takes no words that say which calls; arm a fault for those".to_owned()
        );
    }
    // A call of no operation is refused by the service in any case.
    let Route::Found(operation, _) = contract.router.find(&call.method, &call.path) else { return Ok(None) };
    fault.address.operation = OneOrMany(vec![contract.operations.get(operation).id.clone()]);
    super::check(contract, &fault).map_err(|wrong| wrong.to_string())?;
    Ok(Some(fault.kind))
}

fn read(text: &str) -> Result<Fault, String> {
    let text = text.trim();
    let written: Value = match text.starts_with(['{', '[', '"']) {
        true => serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?,
        false if text.is_empty() => return Err("it is empty; say a kind of fault".to_owned()),
        false => json!({ "kind": text }),
    };
    Fault::read(&written).map_err(|wrong| wrong.to_string())
}
