//! Seeding records: as an author would write them in seed data.

use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, ask, json, refuse};
use crate::call::Call;
use crate::engine;
use crate::server::drive;
use crate::server::hub::Hub;
use crate::server::tenant::{Tenant, guarded};

/// Most records of one call.
pub const RECORDS_MAX: usize = 10_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    resource: String,
    records: Vec<Value>,
}

/// All or nothing: one bad record leaves the world as it was.
pub fn seed(hub: &Arc<Hub>, tenant: &Arc<Tenant>, call: &Call) -> Answer {
    let Seed { resource, records } = ask::body(call)?;
    if records.len() > RECORDS_MAX {
        let detail = format!("{} records are more than {RECORDS_MAX}; seed them in several calls", records.len());
        return Err(refuse(StatusCode::BAD_REQUEST, detail));
    }
    let (seeded, follow_up) = {
        let mut held = tenant.lock();
        let before = held.world.clone();
        let seeded = guarded(&mut held.world, true, |world| {
            let seeded = engine::seed(&hub.contract, world, &resource, &records);
            if seeded.is_ok() {
                // What is due by what was seeded happens now, however the clock stands.
                let now = world.clock.now();
                engine::advance(&hub.contract, world, now);
            }
            seeded
        })?;
        if seeded.is_err() {
            held.world = before;
        }
        (seeded, held.follow_up())
    };
    drive::begin(hub, tenant, follow_up);
    let ids = seeded.map_err(|reason| refuse(StatusCode::BAD_REQUEST, reason))?;
    Ok(json(StatusCode::CREATED, &json!({ "resource": resource, "ids": ids })))
}
