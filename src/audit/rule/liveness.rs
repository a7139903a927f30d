//! What passes is tried again: a call that could succeed a moment later does not fail.

use std::collections::BTreeMap;

use super::seen::{self, exit_in_words, line};
use super::tally::Tally;
use super::time::in_words;
use super::trouble::{self, Met, Repeatable, Trouble};
use super::{Case, Rule, Severity, Verdict};
use crate::audit::asked::Asked;
use crate::audit::knowledge::Knowledge;
use crate::audit::observe::Exit;

pub const RULES: &[Rule] = &[
    Rule {
        code: "retries-unavailable",
        severity: Severity::Error,
        title: "a call that may be repeated is retried after 503",
        explanation: "503 says that the service cannot answer now and will be able to later: a deployment, a full queue, a restart. The call \
            was not performed. A client that reports it at once turns every such moment into a failure of its own. Retry reads, PUT and \
            DELETE a few times, with growing waits and by what `Retry-After` asks.",
        source: "RFC 9110, section 15.6.4; AIP-194 (UNAVAILABLE is retried); Azure SDK guidelines, retry policy",
        judge: unavailable,
    },
    Rule {
        code: "retries-rate-limited",
        severity: Severity::Error,
        title: "a call that may be repeated is retried after 429",
        explanation: "429 says that the call came too early, not that it is wrong: it was turned away unperformed, and succeeds once the \
            window has passed. Wait as long as `Retry-After` asks, or by your own backoff, and send it again.",
        source: "RFC 6585, section 4; AWS SDK reference guide, retry behavior (throttling errors)",
        judge: rate_limited,
    },
    Rule {
        code: "retries-gateway-errors",
        severity: Severity::Error,
        title: "a call that may be repeated is retried after 502 and 504",
        explanation: "502 and 504 come from a gateway that did not reach the service behind it, or not in time: the next attempt most often \
            takes another way. The call may have been performed, so repeat what is idempotent, or carries a key.",
        source: "RFC 9110, sections 15.6.3 and 15.6.5; AWS SDK reference guide, retry behavior (transient errors)",
        judge: gateway_errors,
    },
    Rule {
        code: "retries-internal-errors",
        severity: Severity::Warning,
        title: "a call that may be repeated is retried after 500",
        explanation: "Most 500s in practice are a crash or a timeout inside the service and are gone with the next attempt. The large SDKs \
            retry them for calls that may be repeated; some guides would rather not, because a bug stays a bug: bound the attempts.",
        source: "RFC 9110, section 15.6.1; Azure SDK guidelines, retry policy; AWS SDK reference guide, retry behavior",
        judge: internal_errors,
    },
    Rule {
        code: "retries-closed-connections",
        severity: Severity::Error,
        title: "a call that may be repeated is retried when the connection closes before the reply",
        explanation: "Servers and load balancers close idle connections at any time, often just when a call is sent on one. The client \
            sees an end of file instead of a status. For an idempotent call the standard allows to open a new connection and to repeat.",
        source: "RFC 9110, section 9.2.2; RFC 9112, section 9.3.1",
        judge: closed,
    },
    Rule {
        code: "retries-reset-connections",
        severity: Severity::Error,
        title: "a call that may be repeated is retried when the connection is reset",
        explanation: "A reset (ECONNRESET) is what a crashed process, a firewall or a proxy that was restarted leaves behind. It is an error \
            of the transport, not of the call: open a new connection and repeat what is idempotent.",
        source: "RFC 9110, section 9.2.2; Azure SDK guidelines, retry policy (network failures)",
        judge: reset,
    },
    Rule {
        code: "retries-unanswered-calls",
        severity: Severity::Error,
        title: "a call that may be repeated is retried after the client gave up waiting",
        explanation: "A call that is not answered in time has met one slow or lost machine; the next attempt meets another. A timeout without \
            a retry only makes the failure come sooner. Give each attempt its own timeout, and retry what is idempotent.",
        source: "Amazon Builders' Library, Timeouts, retries and backoff with jitter; Azure SDK guidelines, retry policy",
        judge: unanswered,
    },
    Rule {
        code: "retries-broken-bodies",
        severity: Severity::Error,
        title: "a read is retried when its body breaks off",
        explanation: "The status has arrived when a body breaks off, so a retry policy that looks at statuses alone is over by then and the \
            error comes out of the parser or the stream. Read the body within the retried operation, or resume with a range.",
        source: "Azure SDK guidelines, retry policy (retry when reading the body fails); RFC 9112, section 8",
        judge: broken_bodies,
    },
    Rule {
        code: "retries-safe-writes",
        severity: Severity::Error,
        title: "a write that is safe to repeat is retried",
        explanation: "A POST or PATCH that carries an idempotency key, or that the service declares as safe to repeat, loses nothing by a \
            second attempt. Policies that look at the method alone leave exactly the calls unprotected that matter most. Let the key \
            decide, not the method.",
        source: "IETF draft-ietf-httpapi-idempotency-key-header, section 2; Basecamp SDK specification, retries (liveness of idempotent POST)",
        judge: safe_writes,
    },
    Rule {
        code: "outlasts-short-trouble",
        severity: Severity::Warning,
        title: "two failures in a row are survived",
        explanation: "Trouble rarely ends with its first failure: a deployment turns away what comes within some seconds. One retry is half a \
            policy. The common default is three attempts or four; fewer give up when the service is almost back.",
        source: "Azure SDK guidelines, retry policy (3 retries); AWS SDK reference guide, standard mode (3 attempts)",
        judge: outlasts,
    },
    Rule {
        code: "recovers",
        severity: Severity::Error,
        title: "what heals after some failures succeeds in the end",
        explanation: "Retries are for the caller: once an attempt has succeeded, the work goes on as if nothing had happened. A client that \
            still fails has kept the error of an earlier attempt, has lost its place, or has consumed the request's body.",
        source: "Google Cloud Storage retry conformance tests (an operation succeeds once its faults are used up)",
        judge: recovers,
    },
];

fn unavailable(case: &Case<'_>) -> Verdict {
    by_method(case, |trouble| trouble == Trouble::Status(503), "no call that may be repeated was answered with 503")
}

fn rate_limited(case: &Case<'_>) -> Verdict {
    by_method(case, |trouble| trouble == Trouble::Status(429), "no call that may be repeated was answered with 429")
}

fn gateway_errors(case: &Case<'_>) -> Verdict {
    let met = |trouble| matches!(trouble, Trouble::Status(502 | 504));
    by_method(case, met, "no call that may be repeated was answered with 502 or 504")
}

fn internal_errors(case: &Case<'_>) -> Verdict {
    by_method(case, |trouble| trouble == Trouble::Status(500), "no call that may be repeated was answered with 500")
}

fn closed(case: &Case<'_>) -> Verdict {
    by_method(
        case,
        |trouble| trouble == Trouble::Closed,
        "no connection was closed before the reply to a call that may be repeated",
    )
}

fn reset(case: &Case<'_>) -> Verdict {
    by_method(
        case,
        |trouble| trouble == Trouble::Reset,
        "no connection was reset before the reply to a call that may be repeated",
    )
}

fn broken_bodies(case: &Case<'_>) -> Verdict {
    let met = |met: &Met<'_>| met.trouble == Trouble::HalfBody && Knowledge::is_safe(&met.exchange.method);
    retried(case, met, "no read had a body that broke off")
}

fn unanswered(case: &Case<'_>) -> Verdict {
    // A client that is still waiting has not given up: whether it ever does is another rule's question.
    let met = |met: &Met<'_>| {
        let gave_up = met.trouble == Trouble::Unanswered && !super::timeout::is_waiting(met.run, met.exchange);
        gave_up && Repeatable::of(case, met.exchange) == Repeatable::ByMethod
    };
    retried(case, met, "the client never gave up waiting for the reply to a call that may be repeated")
}

fn safe_writes(case: &Case<'_>) -> Verdict {
    // What cannot be read was answered: who reports that has lost nothing that a repeat would bring back.
    let met = |met: &Met<'_>| {
        let may_pass = met.trouble.may_pass() && met.trouble != Trouble::Unreadable;
        may_pass && Repeatable::of(case, met.exchange) == Repeatable::ByPromise
    };
    retried(case, met, "no write failed that an idempotency key or the contract makes safe to repeat")
}

/// Of calls that may be repeated by their method.
fn by_method(case: &Case<'_>, is_meant: impl Fn(Trouble) -> bool, never: &str) -> Verdict {
    let met = |met: &Met<'_>| is_meant(met.trouble) && Repeatable::of(case, met.exchange) == Repeatable::ByMethod;
    retried(case, met, never)
}

/// Is what is met at the first attempt followed by another? Later attempts are not asked: there may be no attempts left.
fn retried(case: &Case<'_>, is_meant: impl Fn(&Met<'_>) -> bool, never: &str) -> Verdict {
    let mut tally = Tally::default();
    let vain = first_in_vain(case);
    let is_excused =
        |met: &Met<'_>| vain.get(&(met.call.run, met.exchange.client)).is_some_and(|first| *first < met.at);
    for met in trouble::all(case).filter(|met| is_meant(met) && !has_reason_to_give_up(met)) {
        let what = format!("{} of {}", met.trouble.in_words(), line(met.exchange));
        match met.gap() {
            Some(gap) => {
                tally.kept(met.call.run, met.exchanges(), format!("{what} was retried after {}", in_words(gap)))
            }
            None if met.position > 0 => {}
            None if met.is_left_open() => tally.unclear("the client was stopped before a retry could be expected"),
            None if is_excused(&met) => {}
            None => tally.broken(met.call.run, vec![met.at], format!("{what} was not retried")),
        }
    }
    tally.verdict(never)
}

/// Does the reply ask for a wait that nobody would wait, or for one that cannot be read?
fn has_reason_to_give_up(met: &Met<'_>) -> bool {
    Asked::by(met.exchange).is_some_and(|asked| asked == Asked::Malformed || asked.is_absurd())
}

/// By run and client the first attempt of the first call that was retried in vain: from then on a retry budget or a circuit breaker may keep
/// the client from more.
fn first_in_vain(case: &Case<'_>) -> BTreeMap<(usize, u32), usize> {
    let mut first = BTreeMap::new();
    for call in case.calls.iter().filter(|call| call.attempts.len() > 1 && trouble::was_in_vain(case, call)) {
        let at = call.attempts[0];
        first.entry((call.run, case.runs[call.run].exchanges[at].client)).or_insert(at);
    }
    first
}

/// Failures that a client is to survive.
const FAILURES_SURVIVED: usize = 2;

fn outlasts(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    // What a client does in one call it could do in another: budgets and deadlines make some calls shorter.
    let mut longest: Option<Met<'_>> = None;
    for call in &case.calls {
        let failures: Vec<Met<'_>> = trouble::of_call(case, call)
            .take_while(|met| met.trouble.may_pass() && !has_reason_to_give_up(met))
            .collect();
        let Some(last) = failures.get(1).and_then(|_| failures.last()) else { continue };
        match last.next.or_else(|| (failures.len() > FAILURES_SURVIVED).then_some(last.at)) {
            Some(_) => {
                let text = format!("{} was attempted {} times", line(last.exchange), call.attempts.len());
                tally.kept(call.run, call.attempts.clone(), text);
                return tally.verdict("");
            }
            None if last.is_left_open() => {
                tally.unclear("the client was stopped before a further retry could be expected")
            }
            None => longest = longest.or(Some(*last)),
        }
    }
    if let Some(last) = longest {
        let text = format!("{} was given up after {} attempts", line(last.exchange), last.call.attempts.len());
        tally.broken(last.call.run, last.call.attempts.clone(), text);
    }
    tally.verdict("no call failed twice in a row, or none was retried")
}

fn recovers(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let works = seen::without_faults(case).any(|run| run.exit == Exit::Code(0));
    for (index, run) in case.runs.iter().enumerate() {
        let Some(healed) = healed(case, index) else { continue };
        let count = healed.len();
        let calls = if count == 1 { "1 call".to_owned() } else { format!("{count} calls") };
        let text = format!("{calls} succeeded after failed attempts; the command's end: {}", exit_in_words(run.exit));
        match run.exit {
            Exit::Code(0) | Exit::Unknown => tally.kept(index, healed[0].clone(), text),
            // What fails without faults proves nothing with them.
            Exit::Code(_) | Exit::Signal(_) if !works => tally.unclear("the command fails without any fault, too"),
            Exit::Code(_) | Exit::Signal(_) => tally.broken(index, healed[0].clone(), text),
            Exit::TimedOut | Exit::Flooded => tally.unclear("the client was stopped before it came to its end"),
        }
    }
    tally.verdict("no call failed first and succeeded later")
}

/// The attempts of the calls that failed first and succeeded later, where every call of the run came to a good end; `None` where there is
/// none, or something else went wrong.
fn healed(case: &Case<'_>, run: usize) -> Option<Vec<Vec<usize>>> {
    let mut healed = Vec::new();
    for call in case.calls.iter().filter(|call| call.run == run) {
        let attempts = case.attempts(call);
        // Slow replies and damaged ones may have been taken for good or not: they are other rules' business.
        let is_well = attempts.last().is_some_and(|last| Trouble::of(last).is_none());
        if !is_well {
            return None;
        }
        if attempts.len() > 1 {
            healed.push(call.attempts.clone());
        }
    }
    (!healed.is_empty()).then_some(healed)
}
