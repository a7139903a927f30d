//! What will not pass is not tried again: a refusal stays one however often it is asked for.

use super::seen::line;
use super::tally::Tally;
use super::time::in_words;
use super::trouble::{self, Met, Trouble};
use super::{Case, Rule, Severity, Verdict};
use crate::audit::observe::Exchange;

pub const RULES: &[Rule] = &[
    Rule {
        code: "no-retry-of-bad-requests",
        severity: Severity::Error,
        title: "a 400 is not retried",
        explanation: "400 says that the request itself is wrong; the same bytes are wrong again. Retries only delay the message that \
            the caller needs, and cost the service as much as good calls. Report it at once.",
        source: "RFC 9110, section 15.5.1; AIP-194 (INVALID_ARGUMENT is never retried); Azure SDK guidelines, retry policy",
        judge: |case| silent(case, is_struck::<400>, "no call was refused with 400 by a fault"),
    },
    Rule {
        code: "no-retry-of-unauthorized-calls",
        severity: Severity::Error,
        title: "a 401 is not retried with the same credential",
        explanation: "A credential that was refused is refused again, and many services lock accounts that keep trying. Get a new token once \
            and repeat with that, or report the refusal.",
        source: "RFC 9110, section 15.5.2; Google Cloud Storage retry conformance tests (401 is not retried)",
        judge: |case| silent(case, is_same_caller, "no call was refused with 401 by a fault"),
    },
    Rule {
        code: "no-retry-of-forbidden-calls",
        severity: Severity::Error,
        title: "a 403 is not retried",
        explanation: "403 says that the service understood and refuses. Permissions do not change within a retry's wait: report it, with what \
            the service said is missing.",
        source: "RFC 9110, section 15.5.4 (the client should not repeat the request with the same credentials)",
        judge: |case| silent(case, is_struck::<403>, "no call was refused with 403 by a fault"),
    },
    Rule {
        code: "no-retry-of-missing-resources",
        severity: Severity::Error,
        title: "a 404 is not retried",
        explanation: "What is not there will rarely appear within a retry's wait. Where a service is known to answer reads late after a \
            write, poll for it on purpose and outside the retry policy.",
        source: "RFC 9110, section 15.5.5; Azure SDK guidelines, retry policy (no retry of 4xx)",
        judge: |case| silent(case, is_struck::<404>, "no call was refused with 404 by a fault"),
    },
    Rule {
        code: "no-retry-of-conflicts",
        severity: Severity::Error,
        title: "a 409 is not retried unchanged",
        explanation: "409 says that the request does not fit the resource's state; the user or the program has to look at that state first. \
            Read the resource, settle the conflict, and send another request.",
        source: "RFC 9110, section 15.5.10; AIP-194 (ABORTED is not retried automatically)",
        judge: |case| silent(case, is_struck::<409>, "no call was refused with 409 by a fault"),
    },
    Rule {
        code: "no-retry-of-invalid-content",
        severity: Severity::Error,
        title: "a 422 is not retried",
        explanation: "422 says that the content was read and is wrong. The same content is wrong again: report which fields, as the service \
            tells them.",
        source: "RFC 9110, section 15.5.21; AIP-194 (INVALID_ARGUMENT is never retried)",
        judge: |case| silent(case, is_struck::<422>, "no call was refused with 422 by a fault"),
    },
    Rule {
        code: "no-retry-of-other-client-errors",
        severity: Severity::Warning,
        title: "another 4xx is not retried without Retry-After",
        explanation: "405, 406, 410, 415 and the like say that the request is at fault. Policies that retry everything from 400 on repeat them \
            in vain. Name the statuses that are retried: 408, 425 and 429, and what comes with `Retry-After`.",
        source: "RFC 9110, section 15.5; Azure SDK guidelines, retry policy (no retry of 4xx unless Retry-After is present)",
        judge: |case| {
            silent(case, is_other_client_error, "no call was refused by a fault with another 4xx, like 405, 410 or 415")
        },
    },
    Rule {
        code: "no-retry-of-unsupported-calls",
        severity: Severity::Warning,
        title: "a 501 is not retried",
        explanation: "501 says that the service does not know the method and will not learn it within a retry's wait. Policies that retry \
            every 5xx repeat it in vain: 500, 502, 503 and 504 are those that pass.",
        source: "RFC 9110, section 15.6.2; Azure SDK guidelines, retry policy (501 and 505 are not retried)",
        judge: |case| silent(case, is_struck::<501>, "no call was refused with 501 by a fault"),
    },
];

/// Is what is met the end of its call?
fn silent(case: &Case<'_>, is_meant: fn(&Case<'_>, &Met<'_>) -> bool, never: &str) -> Verdict {
    let mut tally = Tally::default();
    // Who says when to come back wants to be asked again.
    let invited = |met: &Met<'_>| met.exchange.reply_header("retry-after").is_some();
    for met in trouble::all(case).filter(|met| is_meant(case, met) && !invited(met)) {
        let what = format!("{} of {}", met.trouble.in_words(), line(met.exchange));
        match met.gap() {
            Some(gap) => {
                tally.broken(met.call.run, met.exchanges(), format!("{what} was retried after {}", in_words(gap)))
            }
            None if met.is_left_open() => {
                tally.unclear("the client was stopped before it was clear that no retry would follow")
            }
            None => tally.kept(met.call.run, vec![met.at], format!("{what} was not retried")),
        }
    }
    tally.verdict(never)
}

/// Refusals that a program meets on purpose (a test that sends nonsense and expects 422, or looks until something is there) are no failures that
/// it would retry: only those count that a fault gave.
fn is_struck<const STATUS: u16>(_: &Case<'_>, met: &Met<'_>) -> bool {
    met.trouble == Trouble::Status(STATUS) && is_by_fault(met)
}

fn is_by_fault(met: &Met<'_>) -> bool {
    ["status", "expiredCredential"].iter().any(|kind| met.exchange.struck_by(kind))
}

/// 401 at the end, or followed by an attempt with the credential that was refused. One with another is a refresh.
fn is_same_caller(case: &Case<'_>, met: &Met<'_>) -> bool {
    let credential = |exchange: &Exchange| case.knowledge.credential_of(exchange);
    let next = met.next.map(|next| &met.run.exchanges[next]);
    is_struck::<401>(case, met) && next.is_none_or(|next| credential(next) == credential(met.exchange))
}

/// Those without a rule of their own. 408, 425 and 429 pass, 413, 421 and 423 may; 407, 417, 428 and 431 ask for the call once more, with other
/// headers (RFC 9110, 15.5.8 and 15.5.18; RFC 6585, 3 and 5).
fn is_other_client_error(_: &Case<'_>, met: &Met<'_>) -> bool {
    let is_other =
        matches!(met.trouble, Trouble::Status(402 | 405 | 406 | 410..=412 | 414..=416 | 418 | 424 | 426 | 451));
    is_other && is_by_fault(met)
}
