//! Waiting ends: a client that waits for ever hangs with the service.

use super::seen::line;
use super::tally::Tally;
use super::time::{MS, SECOND, in_words};
use super::{Case, Rule, Severity, Verdict};
use crate::audit::observe::{End, Exchange, Exit, Run};

pub const RULES: &[Rule] = &[
    Rule {
        code: "times-out-unanswered-calls",
        severity: Severity::Error,
        title: "a call that is never answered is left",
        explanation: "A connection can stay open for hours without a byte. Without a timeout each such call keeps a thread, a socket and its \
            caller, until nothing is left to work with. Many libraries have none unless told. Set one for the whole response, a little \
            above the slowest good answer.",
        source: "Amazon Builders' Library, Timeouts, retries and backoff with jitter; Google SRE book, chapter 22 (deadlines)",
        judge: unanswered,
    },
    Rule {
        code: "times-out-slow-heads",
        severity: Severity::Warning,
        title: "a reply whose head drips in is left",
        explanation: "A timeout that begins anew with each byte never ends while single bytes arrive. Bound the time to the complete head, \
            not only the silence between two reads.",
        source: "Amazon Builders' Library, Timeouts, retries and backoff with jitter",
        judge: |case| slow(case, "slowHead", "head"),
    },
    Rule {
        code: "times-out-slow-bodies",
        severity: Severity::Warning,
        title: "a reply whose body drips in is left",
        explanation: "Many timeouts are over once the head has arrived, and a body at some bytes a second holds the caller as long as it \
            likes. Let the timeout run until the last byte of the body, or ask for a least rate.",
        source: "Azure SDK guidelines, retry policy (reading the body belongs to the attempt); Google SRE book, chapter 22 (deadlines)",
        judge: |case| slow(case, "slowBody", "body"),
    },
];

/// An exchange that ends this close to the end of a client that was stopped was ended by the stop: it takes a moment to be seen.
const STOP_SEEN_WITHIN: u64 = 250 * MS;
/// A client must have been watched for so long before its waiting is called endless.
const PATIENCE_MIN: u64 = 2 * SECOND;

/// Was the client still waiting for this reply when it was stopped?
pub fn is_waiting(run: &Run, exchange: &Exchange) -> bool {
    let stopped = matches!(run.exit, Exit::TimedOut | Exit::Flooded | Exit::Unknown);
    stopped && exchange.ended.saturating_add(STOP_SEEN_WITHIN) >= run.took
}

fn unanswered(case: &Case<'_>) -> Verdict {
    judged(case, |exchange| exchange.struck_by("hang"), "a reply", "no call was left without an answer")
}

fn slow(case: &Case<'_>, kind: &'static str, part: &'static str) -> Verdict {
    let awaited = format!("a slow {part}");
    judged(case, |exchange| exchange.struck_by(kind), &awaited, &format!("no reply had a {part} that drips in"))
}

/// Does the client leave the calls that are meant, before they end by themselves?
fn judged(case: &Case<'_>, is_meant: impl Fn(&Exchange) -> bool, awaited: &str, never: &str) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        for (at, exchange) in run.exchanges.iter().enumerate().filter(|(_, exchange)| is_meant(exchange)) {
            let waited = exchange.ended.saturating_sub(exchange.begun);
            let told = format!("{awaited} to {} for {}", line(exchange), in_words(waited));
            if exchange.end == End::Replied {
                tally.unclear(format!("a slow reply was over after {}, too soon to show a timeout", in_words(waited)));
            } else if !is_waiting(run, exchange) {
                tally.kept(index, vec![at], format!("waited for {told}, and left"));
            } else if waited >= PATIENCE_MIN && run.exit == Exit::TimedOut {
                tally.broken(index, vec![at], format!("was still waiting for {told}, when it was stopped"));
            } else {
                tally.unclear(format!("the client was watched for {} only: give it more time", in_words(waited)));
            }
        }
    }
    tally.verdict(never)
}
