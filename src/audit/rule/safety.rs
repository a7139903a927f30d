//! A write that may have happened is not repeated blindly.

use super::seen;
use super::tally::Tally;
use super::{Case, Rule, Severity, Verdict};
use crate::audit::damage::Damage;
use crate::audit::logical::LogicalCall;
use crate::audit::observe::{End, Exchange};

pub const RULES: &[Rule] = &[
    Rule {
        code: "no-blind-repeat-after-lost-reply",
        severity: Severity::Critical,
        title: "a write without a key is not repeated when the connection ends before the reply",
        explanation: "A connection that closes before the reply says nothing about the call: the service may have performed it and lost \
            only the answer. A client that sends a non-idempotent write again does it twice whenever that was so. Send an idempotency key \
            where the service takes one, look first whether the write took place, or leave the decision to the caller.",
        source: "RFC 9110, section 9.2.2 (idempotent methods); AIP-194 (automatic retry)",
        judge: after_lost_reply,
    },
    Rule {
        code: "no-blind-repeat-after-timeout",
        severity: Severity::Critical,
        title: "a write without a key is not repeated after the client's own timeout",
        explanation: "A client that stops waiting has not undone anything: the service goes on with the call and may complete it. Sent \
            again, a non-idempotent write is done twice, and most often so when the service is slow. Send an idempotency key, or look \
            whether the write took place before it is repeated.",
        source: "AIP-194 (DEADLINE_EXCEEDED is not retried); Amazon Builders' Library, Timeouts, retries and backoff with jitter",
        judge: after_timeout,
    },
    Rule {
        code: "no-blind-repeat-after-server-error",
        severity: Severity::Error,
        title: "a write without a key is not repeated after 500, 502 or 504",
        explanation: "500, 502 and 504 leave open how far the service came: a gateway answers 504 while the service behind it completes \
            the call. Only 503 and 429 say that it was turned away. Without an idempotency key a non-idempotent write is not sent again \
            after one of the others.",
        source: "RFC 9110, sections 9.2.2 and 15.6; AIP-194 (only UNAVAILABLE is retried)",
        judge: after_server_error,
    },
    Rule {
        code: "no-blind-repeat-after-broken-body",
        severity: Severity::Critical,
        title: "a write without a key is not repeated when the reply of success breaks off",
        explanation: "The status has said that the write took place; only the account of it is lost. A client whose parser or stream fails \
            and that sends the whole call again does it twice for certain. Read the resource instead, or repeat under the same \
            idempotency key, which gives the first reply again.",
        source: "RFC 9112, section 8 (incomplete messages); RFC 9110, section 9.2.2",
        judge: after_broken_body,
    },
    Rule {
        code: "no-duplicates",
        severity: Severity::Critical,
        title: "a lost reply makes no duplicate in the service's state",
        explanation: "What counts in the end is the state of the service: one call of the application makes one record, whatever became \
            of its replies. Two records mean two payments, two posts, two mails. The way to be certain is an idempotency key that stays \
            the same over all attempts of one call; else the client looks for the record before it makes another.",
        source: "IETF draft-ietf-httpapi-idempotency-key-header, section 1; Amazon Builders' Library, Making retries safe with idempotent APIs",
        judge: duplicates,
    },
];

fn after_lost_reply(case: &Case<'_>) -> Verdict {
    let met = |exchange: &Exchange| seen::lost_reply(exchange).then_some("after a lost reply");
    blind_repeats(case, met, "no write without a key lost its reply")
}

fn after_timeout(case: &Case<'_>) -> Verdict {
    let met = |exchange: &Exchange| (exchange.end == End::Left).then_some("after the client had stopped waiting");
    blind_repeats(case, met, "the client never stopped waiting for a write without a key")
}

fn after_server_error(case: &Case<'_>) -> Verdict {
    let met = |exchange: &Exchange| match exchange.status.as_u16() {
        500 if seen::is_sound(exchange) => Some("after 500"),
        502 if seen::is_sound(exchange) => Some("after 502"),
        504 if seen::is_sound(exchange) => Some("after 504"),
        _ => None,
    };
    blind_repeats(case, met, "no write without a key was answered with 500, 502 or 504")
}

fn after_broken_body(case: &Case<'_>) -> Verdict {
    let met = |exchange: &Exchange| match exchange.damage() {
        Some(Damage::HalfBody | Damage::WrongLength | Damage::CorruptGzip) if exchange.status.is_success() => {
            Some("after a reply of success broke off")
        }
        _ => None,
    };
    blind_repeats(case, met, "no write without a key had a reply that broke off")
}

/// Writes in the situation that `met` names, and whether the next attempt follows it.
fn blind_repeats(case: &Case<'_>, met: fn(&Exchange) -> Option<&'static str>, undecided: &str) -> Verdict {
    let mut tally = Tally::default();
    for call in &case.calls {
        let attempts = case.attempts(call);
        for (index, first) in attempts.iter().enumerate() {
            let Some(situation) = met(first).filter(|_| needs_certainty(case, first)) else { continue };
            let at = call.attempts[index];
            let Some((&next, second)) = call.attempts.get(index + 1).zip(attempts.get(index + 1)) else {
                tally.kept(call.run, vec![at], format!("{} was not sent again {situation}", seen::line(first)));
                continue;
            };
            let text = format!("{} was sent again without a key {situation}", seen::line(first));
            if looked_first(case, call, at, next) {
                tally.kept(call.run, vec![at, next], format!("{} was sent again after a look", seen::line(first)));
            } else if seen::was_performed(first) && seen::was_performed(second) {
                tally.harmed(call.run, vec![at, next], format!("{text}, and was performed twice"));
            } else {
                tally.broken(call.run, vec![at, next], text);
            }
        }
    }
    tally.verdict(undecided)
}

/// A write whose repeat could do it twice.
fn needs_certainty(case: &Case<'_>, exchange: &Exchange) -> bool {
    !case.knowledge.repeats_safely(exchange)
}

/// Between two attempts, did the client find out that the first had not taken place (RFC 9110, 9.2.2: "some means to detect that the
/// original request was never applied")? Then it had indeed not, and something at or below the same path was read.
fn looked_first(case: &Case<'_>, call: &LogicalCall, at: usize, next: usize) -> bool {
    let exchanges = &case.runs[call.run].exchanges;
    let first = &exchanges[at];
    let read = |between: &Exchange| {
        let below = between.path.strip_prefix(first.path.as_str());
        let near = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        between.client == first.client && near && seen::only_reads(between) && seen::is_sound(between)
    };
    !seen::was_performed(first) && exchanges[at + 1..next].iter().any(read)
}

fn duplicates(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for call in &case.calls {
        let attempts = case.attempts(call);
        let made = |exchange: &Exchange| seen::was_performed(exchange) && !exchange.made.is_empty();
        let mut makers = call.attempts.iter().zip(&attempts).filter(|(_, exchange)| made(exchange));
        let Some((&at, first)) = makers.next().filter(|(_, first)| !seen::succeeded(first)) else { continue };
        let (kind, id) = &first.made[0];
        let same_kind = makers.find_map(|(&next, later)| {
            let other = later.made.iter().find(|(other, _)| other == kind)?;
            Some((next, other))
        });
        match same_kind {
            Some((next, (_, other))) => {
                let text = format!("one {} made {kind} {id} and {kind} {other}", seen::line(first));
                tally.broken(call.run, vec![at, next], text);
            }
            None => {
                let text = format!("{kind} {id} was made once, although the reply was not read");
                tally.kept(call.run, vec![at], text);
            }
        }
    }
    tally.verdict("no call that made a record lost its reply")
}
