//! Every attempt of a call is the same request.

use std::collections::BTreeSet;

use http::HeaderMap;

use super::seen;
use super::tally::Tally;
use super::{Case, Rule, Severity, Verdict};
use crate::audit::logical;
use crate::audit::observe::{Exchange, Run};

pub const RULES: &[Rule] = &[
    Rule {
        code: "same-body-on-every-attempt",
        severity: Severity::Critical,
        title: "the body is the same on every attempt",
        explanation: "A body that is a stream has been read to its end by the first attempt; a client that does not rewind it sends a \
            shorter one, or none, with the second. A body that is made anew on each attempt (with the time in it, say) is another request \
            under the same key. Keep the bytes of the first attempt, or rewind the stream before each repeat.",
        source: "Azure SDK guidelines, azurecore retry policy (rewind the body); IETF draft-ietf-httpapi-idempotency-key-header, section 2.2",
        judge: body,
    },
    Rule {
        code: "same-target-on-every-attempt",
        severity: Severity::Error,
        title: "path and query are the same on every attempt",
        explanation: "A repeat that loses its query or goes to another path asks for something else, and what it gets is taken for the \
            answer to the first question. Build the URL once, before the first attempt.",
        source: "RFC 9110, section 9.2.2 (repeating the request); Azure SDK guidelines, retry policy",
        judge: target,
    },
    Rule {
        code: "same-headers-on-every-attempt",
        severity: Severity::Warning,
        title: "headers are the same on every attempt, save those that tell attempts apart",
        explanation: "Preconditions, media types, languages and versions are part of the request: without its If-Match a repeat \
            overwrites what another has written. Only what tells attempts apart may differ: a renewed credential, tracing, counts of \
            attempts, dates and signatures.",
        source: "RFC 9110, sections 9.2.2 and 13.1; Azure SDK guidelines, retry policy",
        judge: headers,
    },
    Rule {
        code: "same-request-id-on-every-attempt",
        severity: Severity::Note,
        title: "a request id that the client sends stays the same over all attempts",
        explanation: "The id joins the attempts of one call in the service's logs. When each attempt has one of its own, nobody can see \
            that five failures were one call; what tells attempts apart belongs in a header of its own.",
        source: "Azure SDK guidelines, client request id policy (x-ms-client-request-id); OASIS Repeatable Requests 1.0",
        judge: request_id,
    },
];

fn body(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for_pairs(case, |run, pair, first, second| {
        let line = seen::line(first);
        if first.body.is_empty() && second.body.is_empty() {
        } else if seen::same_body(first, second) {
            tally.kept(run, pair, format!("{line} was sent again with the same body"));
        } else {
            let (before, after) = (first.body.len(), second.body.len());
            tally.broken(run, pair, format!("{line} was sent again with another body: {before} bytes, then {after}"));
        }
    });
    tally.verdict("no call with a body was sent more than once")
}

fn target(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for_pairs(case, |run, pair, first, second| {
        let line = seen::line(first);
        match seen::same_place(first, second) {
            true => tally.kept(run, pair, format!("{line} was sent again to the same target")),
            false => tally.broken(run, pair, format!("{line} was sent again as {}", seen::line(second))),
        }
    });
    for (index, run) in case.runs.iter().enumerate() {
        // Attempts that a key or an id joins have been looked at above.
        let joined = |at: &usize, next: &usize| {
            let mut calls = case.calls.iter().filter(|call| call.run == index);
            calls.any(|call| call.attempts.contains(at) && call.attempts.contains(next))
        };
        for (at, next) in lost_queries(case, run).into_iter().filter(|(at, next)| !joined(at, next)) {
            let text = format!("{} was sent again without its query", seen::line(&run.exchanges[at]));
            tally.broken(index, vec![at, next], text);
        }
    }
    tally.verdict("no call was sent more than once")
}

/// Failed calls whose target is asked for next without any query, and never again with it. Pages are left to the rules about lists: who
/// starts a list anew leaves the position out.
fn lost_queries(case: &Case<'_>, run: &Run) -> Vec<(usize, usize)> {
    let follow = |at: usize| {
        let first = &run.exchanges[at];
        let paged = first.operation.as_deref().is_some_and(|name| case.knowledge.paging(name).is_some());
        if paged || first.query.is_none() || seen::succeeded(first) || first.status.is_client_error() {
            return None;
        }
        let same_path = |later: &Exchange| {
            later.method == first.method && later.path == first.path && seen::same_body(first, later)
        };
        // What is asked for without a query when nothing goes wrong, too, is a call of its own.
        let without_query = |one: &Exchange| one.query.is_none() && same_path(one);
        let is_usual = || seen::without_faults(case).any(|run| run.exchanges.iter().any(without_query));
        let later: Vec<usize> =
            seen::later_of_client(run, at).filter(|later| same_path(&run.exchanges[*later])).collect();
        let asked = later.iter().any(|later| run.exchanges[*later].query == first.query);
        let next = *later.first()?;
        (!asked && run.exchanges[next].query.is_none() && !is_usual()).then_some((at, next))
    };
    (0..run.exchanges.len()).filter_map(follow).collect()
}

fn headers(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for_pairs(case, |run, pair, first, second| {
        let line = seen::line(first);
        let key = case.knowledge.key_header.as_ref().map(|name| name.as_str());
        let differ = different(&first.headers, &second.headers, key);
        match differ.is_empty() {
            true => tally.kept(run, pair, format!("{line} was sent again with the same headers")),
            false => tally.broken(run, pair, format!("{line} was sent again with another {}", differ.join(", "))),
        }
    });
    tally.verdict("no call was sent more than once")
}

/// Names of headers that differ although they belong to the request.
fn different(first: &HeaderMap, second: &HeaderMap, key: Option<&str>) -> Vec<String> {
    let names: BTreeSet<&str> = first.keys().chain(second.keys()).map(|name| name.as_str()).collect();
    let values = |headers: &HeaderMap, name: &str| -> Vec<Vec<u8>> {
        headers.get_all(name).iter().map(|value| normal(value.as_bytes())).collect()
    };
    let differ = |name: &&str| Some(*name) != key && !may_differ(name) && values(first, name) != values(second, name);
    names.into_iter().filter(differ).map(str::to_owned).collect()
}

/// A multipart boundary may be drawn anew for each attempt.
fn normal(value: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(value);
    match text.split_once("boundary=") {
        Some((before, _)) => before.as_bytes().to_vec(),
        None => value.to_vec(),
    }
}

/// Headers that tell attempts apart, that resume a reply which broke off (RFC 9110, 14.2), or that belong to the connection (7.6.1) or to the
/// body's own rule.
fn may_differ(name: &str) -> bool {
    const WHOLE: [&str; 19] = [
        "authorization",
        "baggage",
        "connection",
        "content-length",
        "cookie",
        "expect",
        "host",
        "if-range",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "range",
        "te",
        "traceparent",
        "tracestate",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-datadog-parent-id",
    ];
    const WORDS: [&str; 15] = [
        "attempt",
        "attempts",
        "b3",
        "date",
        "deadline",
        "nonce",
        "request",
        "retries",
        "retry",
        "signature",
        "span",
        "time",
        "timeout",
        "timestamp",
        "trace",
    ];
    let words = || name.split('-');
    WHOLE.contains(&name)
        || name.starts_with("x-standin-")
        || is_request_id(name)
        || is_credential(name)
        || words().any(|word| WORDS.contains(&word))
}

/// A credential that stands in a header of its own.
fn is_credential(name: &str) -> bool {
    ["token", "api-key", "apikey", "auth"].iter().any(|end| name.ends_with(end))
}

/// A header by which the client names its request.
fn is_request_id(name: &str) -> bool {
    logical::CALL_IDS.contains(&name) || ["request-id", "correlation-id"].iter().any(|end| name.ends_with(end))
}

fn request_id(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for_pairs(case, |run, pair, first, second| {
        let line = seen::line(first);
        for name in first.headers.keys().filter(|name| is_request_id(name.as_str())) {
            match first.headers.get(name) == second.headers.get(name) {
                true => tally.kept(run, pair.clone(), format!("{line} was sent again with the same {name}")),
                false => tally.broken(run, pair.clone(), format!("{line} was sent again with another {name}")),
            }
        }
    });
    tally.verdict("no call with a request id was sent more than once")
}

/// Every two attempts of one call that follow each other.
fn for_pairs<'a>(case: &Case<'a>, mut each: impl FnMut(usize, Vec<usize>, &'a Exchange, &'a Exchange)) {
    for call in &case.calls {
        for pair in call.attempts.windows(2) {
            let exchanges = &case.runs[call.run].exchanges;
            each(call.run, pair.to_vec(), &exchanges[pair[0]], &exchanges[pair[1]]);
        }
    }
}
