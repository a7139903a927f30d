//! Faults: armed for coming calls, listed, disarmed.

use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Refusal, ask, json, refuse};
use crate::call::Call;
use crate::engine::control as change;
use crate::server::hub::Hub;
use crate::server::tenant::{Tenant, guarded};
use crate::world::fault::{Fault, FaultKind};

/// A fault as it is asked for. Flat, so that an unknown or missing word is named exactly.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Asked {
    operation: Option<String>,
    #[serde(default)]
    after: u32,
    times: Option<u32>,
    kind: Kind,
    status: Option<u16>,
    retry_after: Option<u64>,
    delay_ms: Option<u64>,
    bytes: Option<usize>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Status,
    Delay,
    Drop,
    Lose,
    Truncate,
}

pub fn arm(hub: &Arc<Hub>, tenant: &Tenant, call: &Call) -> Answer {
    let fault = fault(ask::body(call)?)?;
    if let Some(operation) = &fault.operation
        && hub.contract.operations.find(operation).is_none()
    {
        return Err(refuse(StatusCode::BAD_REQUEST, unknown_operation(hub, operation)));
    }
    let mut held = tenant.lock();
    let armed = guarded(&mut held.world, true, |world| change::arm(world, fault))?;
    let id = armed.map_err(|reason| refuse(StatusCode::BAD_REQUEST, reason))?;
    let armed = held.world.faults.list().into_iter().find(|armed| armed.id == id);
    Ok(json(StatusCode::CREATED, &armed))
}

pub fn list(tenant: &Tenant) -> Answer {
    let faults = tenant.lock().world.faults.list();
    Ok(json(StatusCode::OK, &json!({ "faults": faults })))
}

/// One by `id`, or all.
pub fn disarm(tenant: &Tenant, call: &Call) -> Answer {
    let query = ask::Query::of(call, &["id"])?;
    let asked = query.number("id")?;
    let mut held = tenant.lock();
    let ids = match asked {
        Some(id) => vec![id],
        None => held.world.faults.list().into_iter().map(|armed| armed.id).collect(),
    };
    let disarmed = guarded(&mut held.world, true, |world| ids.iter().filter(|id| change::disarm(world, **id)).count())?;
    match asked {
        Some(id) if disarmed == 0 => Err(refuse(StatusCode::NOT_FOUND, format!("no fault {id} is armed"))),
        _ => Ok(json(StatusCode::OK, &json!({ "disarmed": disarmed }))),
    }
}

/// Each kind takes its own words and no other's.
fn fault(asked: Asked) -> Result<Fault, Refusal> {
    let wrong = |detail: &str| refuse(StatusCode::BAD_REQUEST, format!("the request body: {detail}"));
    let Asked { operation, after, times, kind, status, retry_after, delay_ms, bytes } = asked;
    let given = (status.is_some(), retry_after.is_some(), delay_ms.is_some(), bytes.is_some());
    let kind = match (kind, given) {
        (Kind::Status, (true, _, false, false)) => {
            FaultKind::Status { status: status.unwrap_or_default(), retry_after }
        }
        (Kind::Status, _) => return Err(wrong("kind status takes status, and may take retryAfter")),
        (Kind::Delay, (false, false, true, false)) => FaultKind::Delay { delay_ms: delay_ms.unwrap_or_default() },
        (Kind::Delay, _) => return Err(wrong("kind delay takes delayMs")),
        (Kind::Truncate, (false, false, false, true)) => FaultKind::Truncate { bytes: bytes.unwrap_or_default() },
        (Kind::Truncate, _) => return Err(wrong("kind truncate takes bytes")),
        (Kind::Drop, (false, false, false, false)) => FaultKind::Drop,
        (Kind::Lose, (false, false, false, false)) => FaultKind::Lose,
        (Kind::Drop | Kind::Lose, _) => return Err(wrong("kinds drop and lose take nothing else")),
    };
    if let FaultKind::Status { status, .. } = kind
        && !(400..600).contains(&status)
    {
        return Err(wrong(&format!("status is {status}, but must be from 400 to 599")));
    }
    Ok(Fault { operation, after, times, kind })
}

fn unknown_operation(hub: &Hub, operation: &str) -> String {
    let ids = hub.contract.operations.list.iter().map(|operation| operation.id.as_str());
    match ids.max_by(|a, b| strsim::jaro_winkler(a, operation).total_cmp(&strsim::jaro_winkler(b, operation))) {
        Some(nearest) => format!("there is no operation {operation:?}; did you mean {nearest:?}?"),
        None => format!("there is no operation {operation:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::control::detail;

    fn read(text: &str) -> Result<Fault, String> {
        let asked: Asked = serde_json::from_str(text).map_err(|error| error.to_string())?;
        fault(asked).map_err(|refusal| detail(&refusal))
    }

    #[test]
    fn each_kind_is_read_with_its_words() {
        let status =
            read(r#"{"kind": "status", "status": 503, "retryAfter": 2, "times": 1, "operation": "getThing"}"#).unwrap();
        assert_eq!(status.kind, FaultKind::Status { status: 503, retry_after: Some(2) });
        assert_eq!((status.times, status.after, status.operation.as_deref()), (Some(1), 0, Some("getThing")));
        assert_eq!(read(r#"{"kind": "delay", "delayMs": 5}"#).unwrap().kind, FaultKind::Delay { delay_ms: 5 });
        assert_eq!(read(r#"{"kind": "truncate", "bytes": 0}"#).unwrap().kind, FaultKind::Truncate { bytes: 0 });
        assert_eq!(read(r#"{"kind": "drop", "after": 3}"#).unwrap().after, 3);
        assert_eq!(read(r#"{"kind": "lose"}"#).unwrap().kind, FaultKind::Lose);
    }

    #[test]
    fn words_of_another_kind_are_refused() {
        for (text, part) in [
            (r#"{"kind": "status"}"#, "takes status"),
            (r#"{"kind": "status", "status": 503, "bytes": 1}"#, "takes status"),
            (r#"{"kind": "status", "status": 200}"#, "from 400 to 599"),
            (r#"{"kind": "delay"}"#, "takes delayMs"),
            (r#"{"kind": "lose", "delayMs": 1}"#, "nothing else"),
            (r#"{"kind": "melt"}"#, "unknown variant `melt`"),
            (r#"{"kind": "drop", "time": 1}"#, "unknown field `time`"),
            (r#"{"status": 503}"#, "missing field `kind`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
