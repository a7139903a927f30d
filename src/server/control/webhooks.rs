//! Events and what became of their deliveries.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::journal::shown;
use super::{Answer, ask, json, refuse};
use crate::call::Call;
use crate::server::tenant::Tenant;
use crate::world::journal::{ENTRIES_MAX, Entry, What};

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
            return Ok(json(StatusCode::OK, &shown(&entry, false)?));
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

impl Await {
    fn matches(&self, entry: &Entry) -> bool {
        let What::Attempt { event, url, .. } = &entry.what else { return false };
        self.event.as_ref().is_none_or(|wanted| wanted == event) && self.url.as_ref().is_none_or(|wanted| wanted == url)
    }
}
