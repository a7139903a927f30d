//! The control API under `/_standin/`: worlds, clocks, faults, journals. Described by `spec/control.yaml`, which is
//! served as JSON at `/_standin/openapi.json`.

mod about;
mod ask;
mod audit;
mod clock;
mod faults;
mod journal;
mod records;
pub mod webhooks;
mod worlds;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;

use super::hub::Hub;
use super::tenant::{Bug, Tenant};
use super::{access, front};
use crate::call::{Call, Reply, Unread};
use crate::engine;

/// How whoever has no control token is told so; by the realm a client knows a standin.
pub const CHALLENGE: &str = "Bearer realm=\"standin\"";

/// A request below `/_standin/`.
pub struct Asked<'a> {
    /// The (checked) name of the world it is for.
    pub world: String,
    /// What follows `/_standin/`, without a leading slash.
    pub path: String,
    pub call: &'a Call,
}

/// Why a control call is refused, as a reply.
type Refusal = Box<Reply>;
type Answer = Result<Reply, Refusal>;

/// Every operation of the control API: method, path below `/_standin/`, `operationId`.
pub const ROUTES: [(Method, &str, &str); 21] = [
    (Method::GET, "worlds", "listWorlds"),
    (Method::POST, "world/reset", "resetWorld"),
    (Method::POST, "world/save", "saveWorld"),
    (Method::POST, "world/restore", "restoreWorld"),
    (Method::POST, "world/branch", "branchWorld"),
    (Method::POST, "world/compare", "compareWorlds"),
    (Method::POST, "records", "seedRecords"),
    (Method::GET, "clock", "getClock"),
    (Method::PUT, "clock", "setClock"),
    (Method::POST, "clock/advance", "advanceClock"),
    (Method::POST, "faults", "armFault"),
    (Method::GET, "faults", "listFaults"),
    (Method::DELETE, "faults", "disarmFaults"),
    (Method::GET, "journal", "listJournal"),
    (Method::POST, "journal/verify", "verifyCalls"),
    (Method::GET, "events", "listEvents"),
    (Method::POST, "webhooks/await", "awaitWebhook"),
    (Method::POST, webhooks::RECEIVER, "receiveWebhook"),
    (Method::GET, "plan", "getPlan"),
    (Method::GET, "health", "health"),
    (Method::GET, "audit", "getAudit"),
];

/// The reply, and the operation's id for the log.
pub async fn answer(hub: &Arc<Hub>, asked: &Asked<'_>) -> (Option<&'static str>, Reply) {
    let path = asked.path.as_str();
    if let Some(page) = page(hub, asked) {
        return (None, page);
    }
    let on_path: Vec<_> = ROUTES.iter().filter(|(_, template, _)| *template == path).collect();
    if on_path.is_empty() {
        let detail = format!("there is nothing at /_standin/{path}; see /_standin/ for what there is");
        return (None, problem(StatusCode::NOT_FOUND, &detail));
    }
    let method = if asked.call.method == Method::HEAD { &Method::GET } else { &asked.call.method };
    let Some((_, _, id)) = on_path.iter().find(|(candidate, _, _)| candidate == method) else {
        let allowed = on_path.iter().map(|(method, _, _)| method.as_str()).collect::<Vec<_>>().join(", ");
        let detail = format!("{method} is not possible at /_standin/{path}; use {allowed}");
        let mut reply = problem(StatusCode::METHOD_NOT_ALLOWED, &detail);
        reply.headers.extend(HeaderValue::try_from(allowed).map(|value| (ALLOW, value)));
        return (None, reply);
    };
    // Whoever sends a webhook here is the fake itself, which sends no control token.
    if *id == "receiveWebhook" {
        return (Some(id), webhooks::receive(asked.call));
    }
    if !access::allowed(hub.settings.control_token.as_deref(), &asked.call.headers) {
        let mut reply = problem(StatusCode::UNAUTHORIZED, "send the control token as Authorization: Bearer TOKEN");
        reply.headers.push((WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE)));
        return (Some(id), reply);
    }
    if let Some(unread) = asked.call.unread {
        return (Some(id), unreadable(unread));
    }
    (Some(id), perform(hub, asked, id).await.unwrap_or_else(|refusal| *refusal))
}

/// What is served without a token: the index, the API's description, and pages that browsers of the faked service open.
fn page(hub: &Hub, asked: &Asked<'_>) -> Option<Reply> {
    let reading = matches!(asked.call.method, Method::GET | Method::HEAD);
    match asked.path.as_str() {
        "" if reading => return Some(about::index(hub)),
        "openapi.json" if reading => return Some(about::description()),
        path if !path.starts_with("consent/") && !path.starts_with("bytes/") => return None,
        _ => {}
    }
    let tenant = match hub.world(&asked.world) {
        Ok(tenant) => tenant,
        Err(no_world) => return Some(front::no_world_reply(hub, &no_world)),
    };
    let held = tenant.lock();
    engine::own_page(&hub.contract, &held.world, &asked.path, asked.call)
}

async fn perform(hub: &Arc<Hub>, asked: &Asked<'_>, id: &str) -> Answer {
    match id {
        "listWorlds" => worlds::list(hub),
        "health" => about::health(hub),
        "getPlan" => about::plan(hub),
        _ => {
            let tenant = hub.world(&asked.world).map_err(|no_world| front::no_world_reply(hub, &no_world))?;
            in_world(hub, &tenant, asked, id).await
        }
    }
}

async fn in_world(hub: &Arc<Hub>, tenant: &Arc<Tenant>, asked: &Asked<'_>, id: &str) -> Answer {
    let call = asked.call;
    match id {
        "resetWorld" => worlds::reset(hub, tenant, call),
        "saveWorld" => worlds::save(tenant, call).await,
        "restoreWorld" => worlds::restore(hub, tenant, call),
        "branchWorld" => worlds::branch(hub, tenant, call),
        "compareWorlds" => worlds::compare(hub, tenant, call),
        "seedRecords" => records::seed(hub, tenant, call),
        "getAudit" => audit::get(hub, tenant),
        "getClock" => clock::get(tenant),
        "setClock" => clock::set(hub, tenant, call).await,
        "advanceClock" => clock::advance(hub, tenant, call).await,
        "armFault" => faults::arm(hub, tenant, call),
        "listFaults" => faults::list(tenant),
        "disarmFaults" => faults::disarm(tenant, call),
        "listJournal" => journal::list(tenant, call),
        "verifyCalls" => journal::verify(tenant, call),
        "listEvents" => webhooks::list(tenant, call),
        "awaitWebhook" => webhooks::wait(tenant, call).await,
        _ => Err(Box::new(problem(StatusCode::NOT_IMPLEMENTED, &format!("{id} is not implemented: a bug in standin")))),
    }
}

/// A reply with a JSON body.
fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(text) => with_body(status, "application/json", text),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &format!("a bug in standin: no JSON: {error}")),
    }
}

fn with_body(status: StatusCode, media: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Reply::new(status);
    reply.headers.push((CONTENT_TYPE, HeaderValue::from_static(media)));
    reply.body = body.into();
    reply
}

/// A problem document (RFC 9457).
#[derive(Serialize)]
struct ProblemDocument<'a> {
    title: &'a str,
    status: u16,
    detail: &'a str,
}

pub fn problem(status: StatusCode, detail: &str) -> Reply {
    let title = status.canonical_reason().unwrap_or("Error");
    let document = ProblemDocument { title, status: status.as_u16(), detail };
    // Three plain fields always serialise.
    let body = serde_json::to_vec(&document).unwrap_or_default();
    with_body(status, "application/problem+json", body)
}

/// A panic of ours as a reply: loud, and not mistaken for the service's own 500.
pub fn bug(bug: &Bug) -> Reply {
    let detail = format!("this is a bug in standin, not an answer of the service: {}", bug.0);
    problem(StatusCode::INTERNAL_SERVER_ERROR, &detail)
}

/// The detail of a problem reply, for the log.
pub fn detail(reply: &Reply) -> String {
    let document: Option<serde_json::Value> = serde_json::from_slice(&reply.body).ok();
    let detail = document.as_ref().and_then(|document| document.get("detail")?.as_str());
    detail.unwrap_or_default().to_owned()
}

/// What the call did to the armed faults, for the log.
pub fn faults_changed(operation: Option<&str>, reply: &Reply) -> Option<String> {
    let did = match operation? {
        "armFault" => "armed",
        "disarmFaults" => "disarmed",
        _ => return None,
    };
    let faults = faults::told(reply)?;
    Some(if faults.is_empty() { format!("{did} none") } else { format!("{did} {faults}") })
}

fn unreadable(unread: Unread) -> Reply {
    match unread {
        Unread::TooLarge { limit } => {
            problem(StatusCode::PAYLOAD_TOO_LARGE, &format!("the body has more than {limit} bytes"))
        }
        Unread::Truncated => problem(StatusCode::BAD_REQUEST, "the body ended before its announced end"),
        Unread::Slow => problem(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"),
    }
}

fn refuse(status: StatusCode, detail: impl AsRef<str>) -> Refusal {
    Box::new(problem(status, detail.as_ref()))
}

impl From<Bug> for Box<Reply> {
    fn from(found: Bug) -> Box<Reply> {
        Box::new(bug(&found))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_description_and_the_routes_name_the_same_operations() {
        let document = about::document().expect("the embedded description is well formed");
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("a path item") {
                let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
                let Some(id) = operation["operationId"].as_str() else { continue };
                described.insert((method.to_string(), path.trim_start_matches('/').to_owned(), id.to_owned()));
            }
        }
        let routed: BTreeSet<_> = ROUTES
            .iter()
            .map(|(method, path, id)| (method.to_string(), (*path).to_owned(), (*id).to_owned()))
            .collect();
        assert_eq!(described, routed);
    }

    #[test]
    fn a_problem_is_a_problem_document() {
        let reply = problem(StatusCode::NOT_FOUND, "no such thing");
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        assert_eq!(reply.body, r#"{"title":"Not Found","status":404,"detail":"no such thing"}"#);
        assert_eq!(detail(&reply), "no such thing");
    }
}
