//! What this server is: index, description, plan and health.

use std::sync::OnceLock;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{Answer, ROUTES, json, problem, with_body};
use crate::call::Reply;
use crate::contract::Contract;
use crate::server::hub::Hub;

const DESCRIPTION: &str = include_str!("../../../spec/control.yaml");

/// A page for people who open `/_standin/`.
pub fn index(hub: &Hub) -> Reply {
    let width = ROUTES.iter().map(|(_, path, _)| path.len()).max().unwrap_or(0);
    let mut text = format!(
        "standin {} stands in for: {}\n\nThe API is at {}/ on this port. Control, with the world as /~NAME/ prefix or \
         X-Standin-World header:\n\n",
        env!("CARGO_PKG_VERSION"),
        hub.contract.title(),
        hub.contract.operations.base,
    );
    for (method, path, id) in &ROUTES {
        text.push_str(&format!("  {method:<6} /_standin/{path:<width$}  {id}\n"));
    }
    text.push_str(&format!("  {:<6} /_standin/{:<width$}  this API as OpenAPI 3.1\n", "GET", "openapi.json"));
    let mut reply = with_body(StatusCode::OK, "text/plain; charset=utf-8", text);
    reply.headers.push((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    reply
}

/// The control API's own description, as JSON.
pub fn description() -> Reply {
    static TEXT: OnceLock<Result<Bytes, String>> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let document = document()?;
        serde_json::to_vec(&document).map(Bytes::from).map_err(|error| error.to_string())
    });
    match text {
        Ok(text) => with_body(StatusCode::OK, "application/json", text.clone()),
        Err(reason) => problem(StatusCode::INTERNAL_SERVER_ERROR, &format!("a bug in standin: {reason}")),
    }
}

/// The control API's description as a tree.
pub fn document() -> Result<Value, String> {
    let mut document: Value = serde_saphyr::from_str(DESCRIPTION).map_err(|error| error.to_string())?;
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    Ok(document)
}

pub fn health(hub: &Hub) -> Answer {
    let worlds = hub.all().len();
    let credential = hub.credential().map(|(header, value)| json!({ "header": header, "value": value }));
    Ok(json(
        StatusCode::OK,
        &json!({
            "name": "standin",
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "title": hub.contract.title(),
            "base": hub.contract.operations.base,
            "worlds": worlds,
            "credential": credential,
        }),
    ))
}

pub fn plan(hub: &Hub) -> Answer {
    Ok(json(StatusCode::OK, &plan_of(&hub.contract)))
}

/// What each operation is.
fn plan_of(contract: &Contract) -> Value {
    let operations: Vec<Value> = contract
        .operations
        .list
        .iter()
        .zip(&contract.plan.actions)
        .map(|(operation, action)| {
            json!({
                "operationId": operation.id,
                "method": operation.method.as_str(),
                "path": contract.operations.path(operation),
                "summary": operation.summary,
                "stability": operation.stability,
                "capabilities": action.capabilities,
            })
        })
        .collect();
    let reasons = contract.reasons.iter().map(|reason| json!({"pointer": reason.pointer, "text": reason.text}));
    json!({
        "title": contract.title(),
        "base": contract.operations.base,
        "operations": operations,
        "behaviour": contract.behaviour,
        "reasons": reasons.collect::<Vec<_>>(),
    })
}
