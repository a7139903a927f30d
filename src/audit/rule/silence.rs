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
        judge: |case| silent(case, |met| met.trouble == Trouble::Status(400), "no call was answered with 400"),
    },
    Rule {
        code: "no-retry-of-unauthorized-calls",
        severity: Severity::Error,
        title: "a 401 is not retried with the same credential",
        explanation: "A credential that was refused is refused again, and many services lock accounts that keep trying. Get a new token once \
            and repeat with that, or report the refusal.",
        source: "RFC 9110, section 15.5.2; Google Cloud Storage retry conformance tests (401 is not retried)",
        judge: |case| silent(case, is_same_caller, "no call was answered with 401"),
    },
    Rule {
        code: "no-retry-of-forbidden-calls",
        severity: Severity::Error,
        title: "a 403 is not retried",
        explanation: "403 says that the service understood and refuses. Permissions do not change within a retry's wait: report it, with what \
            the service said is missing.",
        source: "RFC 9110, section 15.5.4 (the client should not repeat the request with the same credentials)",
        judge: |case| silent(case, |met| met.trouble == Trouble::Status(403), "no call was answered with 403"),
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
        judge: |case| silent(case, |met| met.trouble == Trouble::Status(422), "no call was answered with 422"),
    },
    Rule {
        code: "no-retry-of-other-client-errors",
        severity: Severity::Warning,
        title: "another 4xx is not retried without Retry-After",
        explanation: "405, 406, 410, 415 and the like say that the request is at fault. Policies that retry everything from 400 on repeat them \
            in vain. Name the statuses that are retried: 408, 425 and 429, and what comes with `Retry-After`.",
        source: "RFC 9110, section 15.5; Azure SDK guidelines, retry policy (no retry of 4xx unless Retry-After is present)",
        judge: |case| {
            silent(case, is_other_client_error, "no call was answered with another 4xx, like 405, 410 or 415")
        },
    },
    Rule {
        code: "no-retry-of-unsupported-calls",
        severity: Severity::Warning,
        title: "a 501 is not retried",
        explanation: "501 says that the service does not know the method and will not learn it within a retry's wait. Policies that retry \
            every 5xx repeat it in vain: 500, 502, 503 and 504 are those that pass.",
        source: "RFC 9110, section 15.6.2; Azure SDK guidelines, retry policy (501 and 505 are not retried)",
        judge: |case| silent(case, |met| met.trouble == Trouble::Status(501), "no call was answered with 501"),
    },
];

/// Is what is met the end of its call?
fn silent(case: &Case<'_>, is_meant: fn(&Met<'_>) -> bool, never: &str) -> Verdict {
    let mut tally = Tally::default();
    // Who says when to come back wants to be asked again.
    let invited = |met: &Met<'_>| met.exchange.reply_header("retry-after").is_some();
    for met in trouble::all(case).filter(|met| is_meant(met) && !invited(met)) {
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

/// 401 at the end, or followed by an attempt with the credential that was refused. One with another is a refresh.
fn is_same_caller(met: &Met<'_>) -> bool {
    let next = met.next.map(|next| &met.run.exchanges[next]);
    met.trouble == Trouble::Status(401) && next.is_none_or(|next| credentials(next) == credentials(met.exchange))
}

fn credentials(exchange: &Exchange) -> [Option<&str>; 4] {
    ["authorization", "x-api-key", "api-key", "cookie"].map(|name| exchange.header(name))
}

/// Statuses that programs ask for on purpose until they change count only where a fault gave them.
fn is_struck<const STATUS: u16>(met: &Met<'_>) -> bool {
    met.trouble == Trouble::Status(STATUS) && met.exchange.struck_by("status")
}

/// Those without a rule of their own; 408, 425 and 429 pass, 413, 421 and 423 may.
fn is_other_client_error(met: &Met<'_>) -> bool {
    matches!(met.trouble, Trouble::Status(402 | 405 | 406 | 407 | 410..=412 | 414..=418 | 424 | 426 | 428 | 431 | 451))
}
