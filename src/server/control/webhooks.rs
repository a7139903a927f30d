//! Events and what became of their deliveries; and a receiver for those who have none.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::journal::shown;
use super::{Answer, Refusal, ask, json, refuse};
use crate::call::{Call, Reply};
use crate::server::front::OWN_PREFIX;
use crate::server::tenant::Tenant;
use crate::world::journal::{ENTRIES_MAX, Entry, What};

/// Path of the receiver below `/_standin/`.
pub const RECEIVER: &str = "webhooks/receive";
/// How long an answer is waited for when nothing is asked, and at most; wall time.
const TIMEOUT_MS_DEFAULT: u64 = 5_000;
const TIMEOUT_MS_MAX: u64 = 60_000;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Await {
    event: Option<String>,
    url: Option<String>,
    /// Only attempts with a higher journal number.
    #[serde(default)]
    after: u64,
    timeout_ms: Option<u64>,
}

/// Events and attempts, oldest first.
pub fn list(tenant: &Tenant, call: &Call) -> Answer {
    let query = ask::Query::of(call, &["after", "limit", "event"])?;
    let after = query.number("after")?.unwrap_or(0);
    let limit = ask::limit(&query)?;
    let (entries, last) = {
        let held = tenant.lock();
        (held.world.journal.since(after, ENTRIES_MAX), held.world.journal.last_number())
    };
    let wanted = |entry: &Entry| match &entry.what {
        What::Event { event, .. } => query.text("event").is_none_or(|wanted| wanted == event.as_ref()),
        What::Attempt { event, .. } => query.text("event").is_none_or(|wanted| wanted == event),
        _ => false,
    };
    let matching = entries.iter().filter(|entry| wanted(entry)).take(limit);
    let shown: Vec<Value> = matching.map(|entry| shown(entry, false)).collect::<Result<_, _>>()?;
    Ok(json(StatusCode::OK, &json!({ "entries": shown, "last": last })))
}

/// Answers as soon as a matching attempt has been made, also when that was before the question.
pub async fn wait(tenant: &Tenant, call: &Call) -> Answer {
    let asked: Await = ask::body(call)?;
    let timeout = asked.timeout_ms.unwrap_or(TIMEOUT_MS_DEFAULT);
    if timeout > TIMEOUT_MS_MAX {
        let detail = format!("the request body: timeoutMs is {timeout}, but may be {TIMEOUT_MS_MAX} at most");
        return Err(refuse(StatusCode::BAD_REQUEST, detail));
    }
    let deadline = Instant::now() + Duration::from_millis(timeout);
    let mut settled = tenant.settled.subscribe();
    loop {
        let found =
            tenant.lock().world.journal.since(asked.after, ENTRIES_MAX).into_iter().find(|entry| asked.matches(entry));
        if let Some(entry) = found {
            return Ok(json(StatusCode::OK, &awaited(&entry)?));
        }
        if tokio::time::timeout_at(deadline, settled.changed()).await.is_err() {
            let planned = tenant.lock().world.outbox.len();
            let detail = format!(
                "no matching delivery was attempted within {timeout} ms; {planned} deliveries are under way, \
                 and with a frozen clock only advanceClock brings their next attempts"
            );
            return Err(refuse(StatusCode::REQUEST_TIMEOUT, detail));
        }
    }
}

/// The entry, and what was delivered: read as JSON where it is JSON.
fn awaited(entry: &Entry) -> Result<Value, Refusal> {
    let mut value = shown(entry, false)?;
    if let What::Attempt { event, payload, .. } = &entry.what {
        value["event"] = json!(event);
        value["payload"] = serde_json::from_slice(payload).unwrap_or_else(|_| json!(String::from_utf8_lossy(payload)));
    }
    Ok(value)
}

/// The URL of the receiver of the fake at an origin.
pub fn receiver(origin: &str) -> String {
    format!("{origin}{OWN_PREFIX}/{RECEIVER}")
}

/// Takes any webhook, and answers with the status that the query asks for: `?status=503`.
pub fn receive(call: &Call) -> Reply {
    match received_status(call.query.as_deref()) {
        Ok(status) => Reply::new(status),
        Err(refusal) => *refusal,
    }
}

/// What the receiver answers to a query.
pub fn received_status(query: Option<&str>) -> Result<StatusCode, Refusal> {
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let Some((_, asked)) = pairs.into_iter().find(|(name, _)| name == "status") else { return Ok(StatusCode::OK) };
    let status = asked.parse().ok().filter(|status| (200..600).contains(status));
    status
        .and_then(|status| StatusCode::from_u16(status).ok())
        .ok_or_else(|| refuse(StatusCode::BAD_REQUEST, format!("status is {asked:?}, but must be from 200 to 599")))
}

impl Await {
    fn matches(&self, entry: &Entry) -> bool {
        let What::Attempt { event, url, .. } = &entry.what else { return false };
        self.event.as_ref().is_none_or(|wanted| wanted == event) && self.url.as_ref().is_none_or(|wanted| wanted == url)
    }
}
