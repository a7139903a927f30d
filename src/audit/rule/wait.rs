//! What a server asks clients to wait (`Retry-After`) is heeded, within reason.

use std::collections::BTreeSet;

use super::seen::{self, line};
use super::tally::Tally;
use super::time::{MS, SECOND, in_words};
use super::trouble::{self, Met, Trouble};
use super::{Case, Rule, Severity, Verdict, backoff};
use crate::audit::asked::Asked;
use crate::audit::observe::{Exit, Run};

pub const RULES: &[Rule] = &[
    Rule {
        code: "honours-retry-after-seconds",
        severity: Severity::Error,
        title: "a Retry-After in seconds is waited for after 429",
        explanation: "A service that says how long its window still lasts will turn away whatever comes before. Wait at least that long; a \
            little more, drawn by chance, keeps clients from returning together.",
        source: "RFC 9110, section 10.2.3; RFC 6585, section 4",
        judge: seconds,
    },
    Rule {
        code: "honours-retry-after-date",
        severity: Severity::Error,
        title: "a Retry-After as an HTTP-date is waited for",
        explanation: "The header has two forms. A client that reads seconds alone takes a date for nothing, or for the year 1994. Read both, and \
            take the time from the reply's `Date`, so that a wrong clock does no harm.",
        source: "RFC 9110, sections 10.2.3 and 5.6.7",
        judge: date,
    },
    Rule {
        code: "honours-retry-after-of-unavailable",
        severity: Severity::Error,
        title: "a Retry-After is waited for after 503, too",
        explanation: "Services in maintenance say with 503 when they expect to be back. Clients that look at the header only after 429 keep \
            them from coming back. Heed it on every status that is retried.",
        source: "RFC 9110, sections 10.2.3 and 15.6.4",
        judge: unavailable,
    },
    Rule {
        code: "caps-retry-after",
        severity: Severity::Warning,
        title: "an absurd Retry-After neither puts the client to sleep nor is ignored",
        explanation: "A header that asks for a day is a mistake, or says that nothing will come of this call. A client that sleeps so long is \
            gone with its caller; one that comes back at once does what it was asked not to. Have a longest wait, and give the call up, or \
            wait that long, when more is asked.",
        source: "Azure SDK guidelines, retry policy (60 s cap); Basecamp SDK specification, retries (is the honoured delay capped?)",
        judge: absurd,
    },
    Rule {
        code: "survives-malformed-retry-after",
        severity: Severity::Error,
        title: "a Retry-After that cannot be read is survived",
        explanation: "Proxies and services write anything into headers. A parser that throws replaces the service's answer by a crash; one that \
            makes 0 of it hammers the service. Ignore what cannot be read, and wait as if it were not there.",
        source: "RFC 9110, sections 10.2.3 and 5.5 (recipients handle what they cannot parse)",
        judge: malformed,
    },
    Rule {
        code: "survives-past-retry-after",
        severity: Severity::Error,
        title: "a Retry-After in the past, or of a wrong clock, starts no hot loop",
        explanation: "A date that is over, 0 seconds, or a server whose clock is off leave nothing to wait for, or hours. A client that then \
            returns at once, each time, hammers the service. Never wait less than your own backoff, nor more than your own cap.",
        source: "RFC 9110, section 10.2.3; RFC 9110, section 5.6.7 (clocks differ)",
        judge: past,
    },
];

/// Timers may fire early, by a tick of a coarse clock (16 ms on some systems).
const EARLY_MAX: u64 = 20 * MS;
/// Dates have whole seconds, so what lies between two of them may be as much shorter.
const DATE_GRANULARITY: u64 = SECOND;
/// The next attempt comes sooner than any wait could end: there was none.
const HOT_MAX: u64 = 10 * MS;
/// Who is asked for a day and returns within a second has not heeded it at all.
const IGNORED_MAX: u64 = SECOND;
/// A client that was stopped must have slept so long before it is said to have gone to sleep: one that caps its waits at a minute would have
/// come back by then.
const SLEEP_MIN: u64 = backoff::WAIT_MAX + 2 * SECOND;

fn seconds(case: &Case<'_>) -> Verdict {
    honoured(
        case,
        |met, asked| met.trouble == Trouble::Status(429) && matches!(asked, Asked::Seconds(_)),
        "429 with Retry-After in seconds",
    )
}

fn unavailable(case: &Case<'_>) -> Verdict {
    honoured(case, |met, _| met.trouble == Trouble::Status(503), "503 with Retry-After")
}

fn date(case: &Case<'_>) -> Verdict {
    honoured(case, |_, asked| matches!(asked, Asked::Date(_)), "Retry-After as an HTTP-date")
}

/// Does the next attempt come no sooner than asked?
fn honoured(case: &Case<'_>, is_meant: impl Fn(&Met<'_>, Asked) -> bool, situation: &str) -> Verdict {
    let mut tally = Tally::default();
    for met in trouble::all(case) {
        // What a wrong clock says, what is over and what is absurd are other rules' business.
        let asked = Asked::by(met.exchange).filter(|asked| !asked.is_absurd() && is_meant(&met, *asked));
        let Some(asked) = asked.filter(|_| !met.exchange.struck_by("clockSkew")) else { continue };
        let Some(seconds) = asked.seconds().filter(|seconds| *seconds > 0) else { continue };
        let Some(gap) = met.gap() else {
            tally.unclear(format!("{situation} was not retried, so nothing shows whether it is heeded"));
            continue;
        };
        let granularity = if matches!(asked, Asked::Date(_)) { DATE_GRANULARITY } else { 0 };
        let least = (seconds * SECOND).saturating_sub(granularity + EARLY_MAX);
        let text = format!("waited {} of the {seconds} s asked", in_words(gap));
        if gap >= least && least > HOT_MAX {
            tally.kept(met.call.run, met.exchanges(), text);
        } else if gap < least {
            tally.broken(met.call.run, met.exchanges(), text);
        } else {
            tally.unclear("dates have whole seconds: 1 s is too little to tell a wait by, ask for 2");
        }
    }
    tally.verdict(&format!("no call was answered with {situation}"))
}

fn absurd(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let asked = |met: &Met<'_>| {
        Asked::by(met.exchange).filter(|asked| asked.is_absurd() && !met.exchange.struck_by("clockSkew"))
    };
    for (met, asked) in trouble::all(case).filter_map(|met| Some((met, asked(&met)?))) {
        let asked = in_words(asked.seconds().unwrap_or_default().saturating_mul(SECOND));
        let run = met.call.run;
        match (met.gap(), slept(&met)) {
            (Some(gap), _) if gap < IGNORED_MAX => {
                tally.broken(run, met.exchanges(), format!("waited {} of the {asked} asked", in_words(gap)));
            }
            (Some(gap), _) => {
                tally.kept(run, met.exchanges(), format!("waited {} instead of the {asked} asked", in_words(gap)))
            }
            (None, None) => tally.kept(run, vec![met.at], format!("gave up rather than wait the {asked} asked")),
            (None, Some(slept)) if slept >= SLEEP_MIN => {
                let text = format!(
                    "was still waiting {} after it was asked to wait {asked}, when it was stopped",
                    in_words(slept)
                );
                tally.broken(run, vec![met.at], text);
            }
            (None, Some(slept)) => tally.unclear(too_soon(slept)),
        }
    }
    tally.verdict("no reply asked for a wait of hours")
}

/// Why a client that slept so long before it was stopped may have been about to come back.
fn too_soon(slept: u64) -> String {
    let (slept, wanted) = (in_words(slept), in_words(SLEEP_MIN));
    format!(
        "the client was stopped {slept} after it was asked to wait, and may cap its waits later: {wanted} would tell"
    )
}

/// For how long the client had done nothing else when it was stopped; `None` where it was not, or went on.
fn slept(met: &Met<'_>) -> Option<u64> {
    let sleeps = met.is_left_open() && matches!(met.run.exit, Exit::TimedOut);
    let unknown = met.is_left_open() && !sleeps;
    // The end of a session says nothing about a client that nobody stopped.
    if unknown { Some(0) } else { sleeps.then(|| met.run.took.saturating_sub(met.exchange.ended)) }
}

fn malformed(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let is_meant = |met: &Met<'_>| Asked::by(met.exchange) == Some(Asked::Malformed);
    for met in trouble::all(case).filter(is_meant) {
        let run = met.call.run;
        let value = met.exchange.reply_header("retry-after").unwrap_or_default();
        let value: String = value.chars().take(VALUE_SHOWN_MAX).collect();
        let line = line(met.exchange);
        match (met.gap(), crashed(met.run)) {
            (Some(gap), _) if gap < HOT_MAX => {
                tally.broken(
                    run,
                    met.exchanges(),
                    format!("{line} was retried {} after Retry-After {value:?}", in_words(gap)),
                );
            }
            (Some(gap), _) => {
                tally.kept(
                    run,
                    met.exchanges(),
                    format!("{line} was retried {} after Retry-After {value:?}", in_words(gap)),
                );
            }
            (None, Some(signal)) if seen::later_of_client(met.run, met.at).next().is_none() => {
                tally.broken(
                    run,
                    vec![met.at],
                    format!("signal {signal} ended the command after Retry-After {value:?}"),
                );
            }
            (None, _) if met.is_left_open() => tally.unclear("the client was stopped before a retry could be expected"),
            (None, _) if met.position == 0 && is_retried_otherwise(case, met.trouble) => {
                let status = met.trouble.in_words();
                let text = format!(
                    "{status} of {line} was not retried after Retry-After {value:?}, though other {status}s are"
                );
                tally.broken(run, vec![met.at], text);
            }
            (None, _) => tally.unclear("the call was not retried, as others with this status are not"),
        }
    }
    tally.verdict("no reply had a Retry-After that cannot be read")
}

/// Most characters of a header's value that evidence shows.
const VALUE_SHOWN_MAX: usize = 40;

fn crashed(run: &Run) -> Option<i32> {
    match run.exit {
        Exit::Signal(signal) => Some(signal),
        _ => None,
    }
}

/// Does the client retry this where the header can be read, or is not there?
fn is_retried_otherwise(case: &Case<'_>, trouble: Trouble) -> bool {
    trouble::all(case)
        .any(|met| met.trouble == trouble && met.next.is_some() && Asked::by(met.exchange) != Some(Asked::Malformed))
}

/// Replies that leave nothing to wait for after which a client that returns at once, each time, is in a loop.
const LOOP_MIN: usize = 2;

fn past(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let rest = backoff::rest(case);
    for call in &case.calls {
        let met: Vec<Met<'_>> = trouble::of_call(case, call).filter(is_over).collect();
        let gaps: Vec<u64> = met.iter().filter_map(Met::gap).collect();
        let hot: Vec<&Met<'_>> =
            met.iter().filter(|met| met.gap().is_some_and(|gap| gap < backoff::REST_MIN)).collect();
        // The first of them may be slow only because the program had to load what handles errors.
        if hot.len() >= LOOP_MIN && gaps.last().is_some_and(|gap| *gap < HOT_MAX) {
            let exchanges = hot.iter().flat_map(|met| met.exchanges()).collect::<BTreeSet<usize>>();
            let longest = hot.iter().filter_map(|met| met.gap()).max().unwrap_or_default();
            let text = format!(
                "returned {} times within {} although nothing was left to wait",
                hot.len(),
                in_words(longest.max(HOT_MAX))
            );
            tally.broken(call.run, exchanges.into_iter().collect(), text);
            continue;
        }
        if let Some(shortest) = gaps.iter().min().filter(|gap| **gap < rest) {
            tally.unclear(match gaps.len() {
                1 => "one such reply cannot tell a hot loop from a single quick retry".to_owned(),
                _ => format!("returned after {}, which a busy machine may have made of none", in_words(*shortest)),
            });
            continue;
        }
        for met in met {
            match (met.gap(), slept(&met)) {
                (Some(gap), _) => {
                    let text = format!("waited {} although nothing was left to wait", in_words(gap));
                    tally.kept(call.run, met.exchanges(), text);
                }
                (None, Some(slept)) if slept >= SLEEP_MIN => {
                    let text = format!(
                        "was still waiting after {}, when it was stopped, for what a wrong clock had said",
                        in_words(slept)
                    );
                    tally.broken(call.run, vec![met.at], text);
                }
                (None, Some(slept)) => tally.unclear(too_soon(slept)),
                (None, None) => tally.unclear("the call was not retried"),
            }
        }
    }
    tally.verdict("no reply had a Retry-After in the past, or of a wrong clock")
}

/// Is nothing left of what is asked, or is it said by a wrong clock?
fn is_over(met: &Met<'_>) -> bool {
    match Asked::by(met.exchange) {
        Some(Asked::Seconds(seconds)) => seconds == 0,
        Some(Asked::Date(ahead)) => met.exchange.struck_by("clockSkew") || ahead.is_some_and(|ahead| ahead <= 0),
        Some(Asked::Malformed) | None => false,
    }
}
