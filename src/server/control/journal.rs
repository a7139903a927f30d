//! What happened: the journal, and counting calls in it.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Refusal, ask, json, refuse};
use crate::call::Call;
use crate::server::tenant::Tenant;
use crate::world::journal::{ENTRIES_MAX, Entry, What};

/// Most numbers of calls that a verdict names.
const CALLS_NAMED_MAX: usize = 100;

/// Which calls are meant; what is absent matches all.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Expectation {
    operation: Option<String>,
    method: Option<String>,
    /// Without the query; a `*` at the end stands for any rest.
    path: Option<String>,
    status: Option<u16>,
    /// Only calls with a higher journal number.
    #[serde(default)]
    after: u64,
    exactly: Option<usize>,
    at_least: Option<usize>,
    at_most: Option<usize>,
}

pub fn list(tenant: &Tenant, call: &Call) -> Answer {
    let query = ask::Query::of(call, &["after", "limit", "kind", "operation", "method", "path", "status", "bodies"])?;
    let after = query.number("after")?.unwrap_or(0);
    let limit = ask::limit(&query)?;
    let status = query.number("status")?.map(u16::try_from).transpose();
    let status = status.map_err(|_| refuse(StatusCode::BAD_REQUEST, "status is no HTTP status"))?;
    let wanted = Expectation {
        operation: query.text("operation").map(str::to_owned),
        method: query.text("method").map(str::to_owned),
        path: query.text("path").map(str::to_owned),
        status,
        ..Expectation::default()
    };
    let of_calls = wanted.operation.is_some() || wanted.method.is_some() || wanted.path.is_some() || status.is_some();
    let bodies = query.text("bodies") == Some("true");
    let kind = query.text("kind");
    let (entries, last) = {
        let held = tenant.lock();
        (held.world.journal.since(after, ENTRIES_MAX), held.world.journal.last_number())
    };
    let of_kind = |entry: &Entry| kind.is_none_or(|kind| kind == kind_of(&entry.what));
    let matching = entries.iter().filter(|entry| of_kind(entry) && (!of_calls || wanted.matches(entry)));
    let shown: Vec<Value> = matching.take(limit).map(|entry| shown(entry, bodies)).collect::<Result<_, _>>()?;
    Ok(json(StatusCode::OK, &json!({ "entries": shown, "last": last })))
}

pub fn verify(tenant: &Tenant, call: &Call) -> Answer {
    let expected: Expectation = ask::body(call)?;
    if expected.exactly.is_some() && (expected.at_least.is_some() || expected.at_most.is_some()) {
        return Err(refuse(StatusCode::BAD_REQUEST, "the request body: give exactly, or atLeast and atMost"));
    }
    let entries = tenant.lock().world.journal.since(expected.after, ENTRIES_MAX);
    let numbers: Vec<u64> = entries.iter().filter(|entry| expected.matches(entry)).map(|entry| entry.number).collect();
    let named = &numbers[..numbers.len().min(CALLS_NAMED_MAX)];
    let satisfied = expected.satisfied(numbers.len());
    Ok(json(StatusCode::OK, &json!({ "matched": numbers.len(), "satisfied": satisfied, "calls": named })))
}

impl Expectation {
    fn matches(&self, entry: &Entry) -> bool {
        let What::Call { method, path, operation, status, .. } = &entry.what else { return false };
        self.operation.as_deref().is_none_or(|wanted| operation.as_deref() == Some(wanted))
            && self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()))
            && self.path.as_deref().is_none_or(|wanted| path_matches(wanted, path))
            && self.status.is_none_or(|wanted| wanted == *status)
    }

    /// Without a number, one call is enough.
    fn satisfied(&self, count: usize) -> bool {
        let at_least = match (self.exactly, self.at_least, self.at_most) {
            (None, None, None) => Some(1),
            _ => self.at_least,
        };
        self.exactly.is_none_or(|wanted| count == wanted)
            && at_least.is_none_or(|wanted| count >= wanted)
            && self.at_most.is_none_or(|wanted| count <= wanted)
    }
}

fn path_matches(wanted: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    match wanted.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => path == wanted,
    }
}

/// An entry as JSON; with the bodies of a call, where they are text, when asked.
pub fn shown(entry: &Entry, bodies: bool) -> Result<Value, Refusal> {
    let unshowable = |error: serde_json::Error| {
        refuse(StatusCode::INTERNAL_SERVER_ERROR, format!("a bug in standin: journal entry {}: {error}", entry.number))
    };
    let mut value = serde_json::to_value(entry).map_err(unshowable)?;
    if let (true, What::Call { request, reply, .. }) = (bodies, &entry.what) {
        value["what"]["requestBody"] = json!(String::from_utf8_lossy(request));
        value["what"]["replyBody"] = json!(String::from_utf8_lossy(reply));
    }
    Ok(value)
}

fn kind_of(what: &What) -> &'static str {
    match what {
        What::Call { .. } => "call",
        What::Lifecycle { .. } => "lifecycle",
        What::Event { .. } => "event",
        What::Attempt { .. } => "attempt",
        What::Control { .. } => "control",
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::world::journal::Account;

    fn entry(method: &str, path: &str, status: u16) -> Entry {
        let what = What::Call {
            method: method.parse().expect("a method"),
            path: path.into(),
            operation: Some("listThings".into()),
            status,
            request: Bytes::from_static(b"{}"),
            reply: Bytes::from_static(b"[1]"),
            account: Account::default(),
        };
        Entry { number: 7, at: 0, what, causes: Vec::new() }
    }

    fn expect(text: &str) -> Expectation {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn calls_are_matched_by_all_that_is_named() {
        let entry = entry("GET", "/v1/things?page=2", 200);
        for (text, matches) in [
            ("{}", true),
            (r#"{"method": "get", "path": "/v1/things", "status": 200, "operation": "listThings"}"#, true),
            (r#"{"path": "/v1/*"}"#, true),
            (r#"{"path": "/v1"}"#, false),
            (r#"{"status": 201}"#, false),
            (r#"{"method": "POST"}"#, false),
            (r#"{"operation": "getThing"}"#, false),
        ] {
            assert_eq!(expect(text).matches(&entry), matches, "{text}");
        }
    }

    #[test]
    fn an_expectation_without_a_number_wants_one() {
        for (text, count, satisfied) in [
            ("{}", 0, false),
            ("{}", 3, true),
            (r#"{"exactly": 0}"#, 0, true),
            (r#"{"exactly": 2}"#, 3, false),
            (r#"{"atMost": 2}"#, 0, true),
            (r#"{"atLeast": 1, "atMost": 2}"#, 3, false),
            (r#"{"atLeast": 1, "atMost": 2}"#, 2, true),
        ] {
            assert_eq!(expect(text).satisfied(count), satisfied, "{text} {count}");
        }
    }

    #[test]
    fn bodies_are_shown_when_asked() {
        let entry = entry("GET", "/", 200);
        assert_eq!(shown(&entry, false).unwrap()["what"].get("replyBody"), None);
        assert_eq!(shown(&entry, true).unwrap()["what"]["replyBody"], "[1]");
    }
}
