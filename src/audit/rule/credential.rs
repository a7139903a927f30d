//! Credentials that expire are renewed: at all, once, and not without end.

use std::collections::BTreeSet;

use http::StatusCode;

use super::seen;
use super::tally::Tally;
use super::{Case, Rule, Severity, Verdict};
use crate::audit::observe::{Exchange, Exit, Run};

/// How many credentials a client may get in a row of which none is accepted.
pub const RENEWALS_MAX: usize = 2;

pub const RULES: &[Rule] = &[
    Rule {
        code: "renews-expired-credential",
        severity: Severity::Error,
        title: "an expired credential is renewed and the call repeated",
        explanation: "Access tokens end, also before the time that they were given out with. 401 for a token that was good a moment ago \
            means that a new one is needed, not that the caller did something wrong. Get a new token from the token endpoint, and send \
            the call once more with it: nothing of it has been performed.",
        source: "RFC 6750, section 3.1 (invalid_token); RFC 6749, sections 1.5 and 6",
        judge: renews,
    },
    Rule {
        code: "renews-credential-once",
        severity: Severity::Warning,
        title: "concurrent calls that are refused renew the credential once, not each for itself",
        explanation: "When a token ends, every call in flight is refused at once. If each of them gets a new token, the token endpoint \
            meets a storm, and where refresh tokens are used once all but the first renewal fail and log the user out. Let one call \
            renew while the others wait for it.",
        source: "RFC 9700 (OAuth 2.0 security best current practice), section 4.14.2 (refresh token rotation); Azure SDK guidelines, \
            authentication policy",
        judge: once,
    },
    Rule {
        code: "stops-when-new-credential-is-refused",
        severity: Severity::Error,
        title: "when the new credential is refused, too, the client stops",
        explanation: "A second 401 in a row is an answer: the caller has no right here any more. A client that takes every 401 for an \
            expired token goes round without end, renewing and being refused. Renew once for each call, then report the refusal.",
        source: "RFC 9110, section 15.5.2 (401 Unauthorized: the same challenge after a new attempt)",
        judge: stops,
    },
];

const NO_WAY: &str = "the contract offers no way of getting a new credential";
const NEVER_ASKS: &str = "the client was given its credential and never asks for one";

/// Why nothing about renewal can be asked of this client.
fn beyond(case: &Case<'_>) -> Option<&'static str> {
    if !case.knowledge.renews_credentials() {
        return Some(NO_WAY);
    }
    let asks = case.runs.iter().flat_map(|run| &run.exchanges).any(|exchange| is_renewal(case, exchange));
    (!asks).then_some(NEVER_ASKS)
}

fn is_renewal(case: &Case<'_>, exchange: &Exchange) -> bool {
    exchange.operation.as_deref().is_some_and(|operation| case.knowledge.gives_credential(operation))
}

fn is_refused(exchange: &Exchange) -> bool {
    seen::is_sound(exchange) && exchange.status == StatusCode::UNAUTHORIZED
}

/// A client's credential and its calls that were refused for it, though it had been good, or because a fault ended it.
struct Expiry {
    client: u32,
    credential: String,
    refused: Vec<usize>,
}

fn expiries(case: &Case<'_>, run: &Run) -> Vec<Expiry> {
    let mut found: Vec<Expiry> = Vec::new();
    let mut accepted: BTreeSet<(u32, String)> = BTreeSet::new();
    for (at, exchange) in run.exchanges.iter().enumerate() {
        if is_renewal(case, exchange) {
            continue;
        }
        let Some(credential) = case.knowledge.credential_of(exchange) else { continue };
        let client = exchange.client;
        let same = |expiry: &&mut Expiry| expiry.client == client && expiry.credential == credential;
        if !is_refused(exchange) {
            accepted.insert((client, credential));
        } else if let Some(known) = found.iter_mut().find(same) {
            known.refused.push(at);
        } else if exchange.struck_by("expiredCredential") || accepted.contains(&(client, credential.clone())) {
            found.push(Expiry { client, credential, refused: vec![at] });
        }
    }
    found
}

fn renews(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        for expiry in expiries(case, run) {
            if let Some(why) = beyond(case) {
                tally.unclear(why);
                continue;
            }
            let at = expiry.refused[0];
            let refused = &run.exchanges[at];
            let other = |later: &usize| {
                let later = &run.exchanges[*later];
                let credential = case.knowledge.credential_of(later);
                is_same_call(case, refused, later) && credential.is_some_and(|other| other != expiry.credential)
            };
            let line = seen::line(refused);
            match seen::later_of_client(run, at).find(other) {
                Some(next) => {
                    tally.kept(index, vec![at, next], format!("{line} was sent again with a new credential after 401"));
                }
                None => {
                    tally.broken(index, vec![at], format!("{line} was given up after 401 for an expired credential"))
                }
            }
        }
    }
    tally.verdict("no credential expired while the client used it")
}

/// The same call, whatever proves who calls.
fn is_same_call(case: &Case<'_>, one: &Exchange, other: &Exchange) -> bool {
    let query = |exchange: &Exchange| case.knowledge.query_without_credential(exchange);
    let same_place = one.method == other.method && one.path == other.path && query(one) == query(other);
    same_place && seen::same_body(one, other)
}

/// The client's renewals that gave a new credential, begun once a call had been refused.
fn renewals(case: &Case<'_>, run: &Run, client: u32, since: u64) -> Vec<usize> {
    let given = |at: &usize| {
        let exchange = &run.exchanges[*at];
        exchange.client == client && exchange.begun >= since && is_renewal(case, exchange) && seen::succeeded(exchange)
    };
    (0..run.exchanges.len()).filter(given).collect()
}

fn once(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        let expiries = expiries(case, run);
        for (number, expiry) in expiries.iter().enumerate() {
            let mut later = expiries[number + 1..].iter();
            let next = later.find(|next| next.client == expiry.client);
            // With one call refused there is nobody to compete with.
            let [first, _, ..] = expiry.refused[..] else { continue };
            let since = run.exchanges[first].ended;
            let until = next.map_or(u64::MAX, |next| run.exchanges[next.refused[0]].begun);
            let mut renewals = renewals(case, run, expiry.client, since);
            renewals.retain(|at| run.exchanges[*at].begun < until);
            let refused = expiry.refused.len();
            match renewals.len() {
                0 => {}
                1 => {
                    let text = format!("{refused} calls were refused, and the credential was renewed once");
                    tally.kept(index, vec![first, renewals[0]], text);
                }
                times => {
                    let text = format!("{refused} calls were refused, and the credential was renewed {times} times");
                    tally.broken(index, renewals, text);
                }
            }
        }
    }
    tally.verdict(beyond(case).unwrap_or("no two calls were refused for the same expired credential, and renewed it"))
}

fn stops(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        let stopped = matches!(run.exit, Exit::TimedOut | Exit::Flooded);
        for (at, worst) in run.clients().into_iter().filter_map(|client| refused_again(case, run, client)) {
            if worst.len() > RENEWALS_MAX {
                let text = format!("the credential was renewed {} times in a row, and refused each time", worst.len());
                tally.broken(index, worst, text);
            } else if stopped {
                let end = seen::exit_in_words(run.exit);
                tally.broken(index, vec![at], format!("after the new credential was refused, the client was {end}"));
            } else {
                tally.kept(index, vec![at], "the client stopped when the new credential was refused");
            }
        }
    }
    tally.verdict(beyond(case).unwrap_or("no new credential was refused"))
}

/// The first refusal of a credential that a client had just renewed, and the most renewals in a row of which none was accepted.
fn refused_again(case: &Case<'_>, run: &Run, client: u32) -> Option<(usize, Vec<usize>)> {
    // Since a call was last accepted.
    let mut fruitless: Vec<usize> = Vec::new();
    let mut refused_again: Option<usize> = None;
    let mut worst: Vec<usize> = Vec::new();
    for (at, exchange) in run.exchanges.iter().enumerate().filter(|(_, exchange)| exchange.client == client) {
        if is_renewal(case, exchange) {
            fruitless.push(at);
        } else if is_refused(exchange) && !fruitless.is_empty() {
            refused_again.get_or_insert(at);
        } else if seen::is_sound(exchange) && case.knowledge.credential_of(exchange).is_some() {
            fruitless.clear();
        }
        if refused_again.is_some() && fruitless.len() > worst.len() {
            worst.clone_from(&fruitless);
        }
    }
    refused_again.map(|at| (at, worst))
}
