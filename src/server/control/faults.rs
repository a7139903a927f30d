//! Faults: armed for coming calls, listed, disarmed.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, ask, json, refuse};
use crate::call::{Call, Reply};
use crate::engine::control as change;
use crate::server::hub::Hub;
use crate::server::settings::wall_ms;
use crate::server::tenant::{Tenant, guarded};
use crate::world::fault::{Armed, Aspect, Fault, Hit, Wrong};

pub fn arm(hub: &Arc<Hub>, tenant: &Tenant, call: &Call) -> Answer {
    let asked: Value = ask::body(call)?;
    let wrong = |wrong: Wrong| refuse(StatusCode::BAD_REQUEST, format!("the request body: {wrong}"));
    let fault = Fault::read(&asked).map_err(wrong)?;
    change::check_fault(&hub.contract, &fault).map_err(wrong)?;
    let mut held = tenant.lock();
    let armed = guarded(&mut held.world, true, |world| change::arm(world, fault, wall_ms()))?;
    let id = armed.map_err(|reason| refuse(StatusCode::CONFLICT, reason))?;
    let armed = held.world.faults.list().into_iter().find(|armed| armed.id == id);
    Ok(json(StatusCode::CREATED, &armed.as_ref().map(shown)))
}

pub fn list(tenant: &Tenant) -> Answer {
    let faults = tenant.lock().world.faults.list();
    Ok(json(StatusCode::OK, &json!({ "faults": all(&faults) })))
}

/// One by `id`, or all.
pub fn disarm(tenant: &Tenant, call: &Call) -> Answer {
    let query = ask::Query::of(call, &["id"])?;
    let asked = query.number("id")?;
    let mut held = tenant.lock();
    let mut faults = held.world.faults.list();
    faults.retain(|armed| asked.is_none_or(|id| armed.id == id));
    if let (Some(id), []) = (asked, faults.as_slice()) {
        return Err(refuse(StatusCode::NOT_FOUND, format!("no fault {id} is armed")));
    }
    guarded(&mut held.world, true, |world| {
        for armed in &faults {
            change::disarm(world, armed.id);
        }
    })?;
    Ok(json(StatusCode::OK, &json!({ "disarmed": faults.len(), "faults": all(&faults) })))
}

/// What a reply to [`arm`] or [`disarm`] is about, for the log.
pub fn told(reply: &Reply) -> Option<String> {
    let shown: Value = serde_json::from_slice(&reply.body).ok()?;
    let one = |armed: &Value| {
        let fault = Fault::read(armed.get("fault")?).ok()?;
        Some(format!("{} (fault {})", fault, armed.get("id")?))
    };
    match shown.get("faults").and_then(Value::as_array) {
        Some(disarmed) => Some(disarmed.iter().filter_map(one).collect::<Vec<_>>().join("; ")),
        None => one(&shown),
    }
}

fn all(faults: &[Armed]) -> Vec<Value> {
    faults.iter().map(shown).collect()
}

/// An armed fault as it was written, and what became of it.
fn shown(armed: &Armed) -> Value {
    let name = if armed.fault.kind.aspect() == Aspect::Delivery { "event" } else { "operation" };
    let hit = |hit: &Hit| {
        let mut shown = json!({ "entry": hit.entry, "at": hit.at });
        shown[name] = hit.name.as_str().into();
        shown
    };
    json!({
        "id": armed.id,
        "fault": armed.fault.write(),
        "armedAt": armed.armed_at,
        "seen": armed.seen,
        "hits": armed.hits,
        "fired": armed.has_fired(),
        "spent": armed.is_spent(),
        "calls": armed.hit.iter().map(hit).collect::<Vec<_>>(),
    })
}
