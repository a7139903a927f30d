//! The verdict on the clients of a world, while it is watched.

use http::StatusCode;

use super::{Answer, json, refuse};
use crate::server::hub::Hub;
use crate::server::session;
use crate::server::tenant::Tenant;

pub fn get(hub: &Hub, tenant: &Tenant) -> Answer {
    let Some(judge) = &hub.settings.judge else {
        let detail = "nobody watches the clients of this server; start it with standin serve --audit";
        return Err(refuse(StatusCode::CONFLICT, detail));
    };
    Ok(json(StatusCode::OK, &judge.judge(vec![session::of(hub, tenant)])))
}
