//! Retries end: a lasting outage is reported, not fought.

use std::collections::{BTreeMap, BTreeSet};

use super::seen::{self, line};
use super::tally::Tally;
use super::time::{MS, SECOND, in_words};
use super::trouble::{self, Trouble};
use super::{Case, Rule, Severity, Verdict};
use crate::audit::asked::Asked;
use crate::audit::logical::LogicalCall;
use crate::audit::observe::{End, Exchange, Exit, Run};
use crate::contract::capability::is_idempotent;

pub const RULES: &[Rule] = &[
    Rule {
        code: "bounds-attempts",
        severity: Severity::Error,
        title: "a call that keeps failing is given up after at most 10 attempts",
        explanation: "In an outage each further attempt adds load to what is already down, and each layer multiplies those of the layer \
            below. Three to five attempts get over what passes quickly; the rest is for the caller to know.",
        source: "Google SRE book, chapter 22 (limit retries per request); AWS SDK reference guide, standard mode (3 attempts)",
        judge: attempts,
    },
    Rule {
        code: "bounds-time",
        severity: Severity::Error,
        title: "a call that keeps failing is given up within two minutes",
        explanation: "Whoever waits for a call has a deadline of their own: a page, a job, a person. A call that is retried longer works for \
            nobody. Bound the whole call, with all its attempts and waits, not only each attempt.",
        source: "Google SRE book, chapter 22 (deadlines); Azure SDK guidelines, retry policy (60 s cap of a wait)",
        judge: whole_time,
    },
    Rule {
        code: "keeps-retry-budget",
        severity: Severity::Note,
        title: "in a lasting outage retries become a small share of the calls",
        explanation: "With three attempts for each call an outage triples the load at the worst moment, and keeps the service down. A budget \
            lets retries be a tenth or a fifth of the calls: single failures are retried, a flood of them is not. Keep a token bucket that \
            successes fill and retries drain.",
        source: "Google SRE book, chapter 21 (per-client retry budget of 10 %); AWS SDK reference guide, standard mode (retry quota)",
        judge: budget,
    },
    Rule {
        code: "reports-failure",
        severity: Severity::Error,
        title: "a call that failed for good makes the command exit with another code than 0",
        explanation: "Scripts, schedulers and build servers know nothing but the exit code. A command that gives up and exits with 0 has \
            lost the work in silence. Let the last error come through to the exit code.",
        source: "POSIX.1-2024, Shell Command Language, section 2.8.2 (exit status for commands)",
        judge: reports,
    },
    Rule {
        code: "no-parallel-duplicates",
        severity: Severity::Critical,
        title: "a write is not sent a second time while the first is under way",
        explanation: "Hedging, a second copy sent when the first takes long, is for reads. Two copies of a write race: both may be performed, \
            and even a key only helps where the service holds one back until the other is done. Wait for the reply or the timeout first.",
        source: "Dean and Barroso, The Tail at Scale (hedged requests); RFC 9110, section 9.2.2",
        judge: parallel_duplicates,
    },
];

/// Attempts of one call. Defaults lie between 3 and 5, the highest known one is 10 retries of which the first comes at once.
const ATTEMPTS_MAX: usize = 10;
/// From a call's first attempt to its last; the longest default of a known client library.
const CALL_TIME_MAX: u64 = 120 * SECOND;

/// A call that was retried without success, and how it was left.
struct Vain<'a> {
    call: &'a LogicalCall,
    run: &'a Run,
    first: &'a Exchange,
    /// From the first attempt to the last, or to the client's end while it was at it.
    took: u64,
    /// Was the client stopped while it was at it?
    is_open: bool,
}

/// Calls that were retried and never succeeded, but for those that are only waiting for what is slow, or that were asked to wait for hours.
fn in_vain<'c>(case: &'c Case<'_>) -> impl Iterator<Item = Vain<'c>> {
    let retried = case.calls.iter().filter(|call| call.attempts.len() > 1 && trouble::was_in_vain(case, call));
    retried.filter_map(|call| {
        let run = &case.runs[call.run];
        let attempts = case.attempts(call);
        let (first, last) = (*attempts.first()?, *attempts.last()?);
        let excused = Trouble::of(last) == Some(Trouble::Unanswered) || Asked::by(last).is_some_and(Asked::is_absurd);
        let is_open = trouble::is_left_open(run, last);
        let end = if is_open { run.took.max(last.ended) } else { last.ended };
        let vain = Vain { call, run, first, took: end.saturating_sub(first.begun), is_open };
        (!(excused && is_open)).then_some(vain)
    })
}

const NEVER_IN_VAIN: &str = "no call was retried without success";

fn attempts(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let mut vain: Vec<Vain<'_>> = in_vain(case).collect();
    vain.sort_by_key(|vain| std::cmp::Reverse(vain.call.attempts.len()));
    for Vain { call, first, took, is_open, .. } in vain {
        let count = call.attempts.len();
        let text = format!("{count} attempts of {} in {}", line(first), in_words(took));
        match count > ATTEMPTS_MAX {
            true => tally.broken(call.run, call.attempts.clone(), text),
            false if is_open => {
                tally.unclear(format!("the client was stopped after {count} attempts, and might have made more"))
            }
            false => tally.kept(call.run, call.attempts.clone(), format!("gave up after {text}")),
        }
    }
    tally.verdict(NEVER_IN_VAIN)
}

fn whole_time(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let mut vain: Vec<Vain<'_>> = in_vain(case).collect();
    vain.sort_by_key(|vain| std::cmp::Reverse(vain.took));
    for Vain { call, run, first, took, is_open } in vain {
        // Whoever has made so many attempts and is still at it will not stop by counting.
        let is_endless = is_open && call.attempts.len() > ATTEMPTS_MAX && run.exit != Exit::Unknown;
        let (line, time) = (line(first), in_words(took));
        if took > CALL_TIME_MAX || is_endless {
            let how = if is_open { "was still retrying" } else { "retried" };
            tally.broken(call.run, call.attempts.clone(), format!("{how} {line} {time} after its first attempt"));
        } else if is_open {
            tally.unclear(format!("the client was stopped while it retried, after {time}"));
        } else {
            tally.kept(call.run, call.attempts.clone(), format!("gave up {line} after {time}"));
        }
    }
    tally.verdict(NEVER_IN_VAIN)
}

/// Calls that fail in one run before a share says anything: a budget first has to be used up.
const BUDGET_CALLS_MIN: usize = 20;
/// Retries for each call, once a budget is used up. Budgets allow 0.1 to 0.2; what is earned by time comes on top.
const BUDGET_SHARE_MAX: f64 = 0.5;

fn budget(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    // Each client has a budget of its own.
    let mut by_client: BTreeMap<(usize, u32), Vec<&LogicalCall>> = BTreeMap::new();
    for call in case.calls.iter().filter(|call| trouble::was_in_vain(case, call)) {
        let client = case.runs[call.run].exchanges[call.attempts[0]].client;
        by_client.entry((call.run, client)).or_default().push(call);
    }
    for ((run, _), failed) in by_client {
        if failed.len() < BUDGET_CALLS_MIN || failed.iter().all(|call| call.attempts.len() == 1) {
            continue;
        }
        // The first half uses the budget up.
        let late = &failed[failed.len() / 2..];
        let retries: usize = late.iter().map(|call| call.attempts.len() - 1).sum();
        #[allow(clippy::cast_precision_loss)]
        let share = retries as f64 / late.len() as f64;
        let exchanges = late.iter().flat_map(|call| call.attempts.iter().copied()).take(EXCHANGES_SHOWN_MAX).collect();
        let text = format!(
            "{retries} retries of {} calls, after {} calls had failed before",
            late.len(),
            failed.len() - late.len()
        );
        match share > BUDGET_SHARE_MAX {
            true => tally.broken(run, exchanges, text),
            false => tally.kept(run, exchanges, text),
        }
    }
    tally.verdict(&format!("no run had {BUDGET_CALLS_MIN} calls that failed for good, some of them retried"))
}

/// Most exchanges that one piece of evidence names where many calls are meant.
const EXCHANGES_SHOWN_MAX: usize = 40;

fn reports(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let mut last_good: BTreeMap<(usize, u32), u64> = BTreeMap::new();
    for (index, run) in case.runs.iter().enumerate() {
        for good in run.exchanges.iter().filter(|one| Trouble::of(one).is_none()) {
            let last = last_good.entry((index, good.client)).or_default();
            *last = good.begun.max(*last);
        }
    }
    for call in &case.calls {
        let run = &case.runs[call.run];
        let Some(last) = case.attempts(call).last().copied() else { continue };
        let struck_down = !last.struck.is_empty() && Trouble::of(last).is_some_and(is_plain);
        // What was got otherwise later, or could be done without, did not fail the command.
        let is_the_end = last_good.get(&(call.run, last.client)).is_none_or(|begun| *begun <= last.ended);
        if !struck_down || !is_the_end {
            continue;
        }
        let what = format!("{} failed for good", line(last));
        match run.exit {
            Exit::Code(0) => {
                tally.broken(call.run, call.attempts.clone(), format!("{what}, and the command exited with 0"))
            }
            Exit::Code(code) => {
                tally.kept(call.run, call.attempts.clone(), format!("{what}, and the command exited with {code}"))
            }
            Exit::Signal(_) => tally.unclear("a signal ended the command"),
            Exit::TimedOut | Exit::Flooded => tally.unclear("the command was stopped before it came to its end"),
            Exit::Unknown => tally.unclear("nobody watched how the command ended"),
        }
    }
    tally.verdict("no call failed for good")
}

/// A failure that no client can overlook. What is broken in the body may have been taken for good, which is another rule's business.
fn is_plain(trouble: Trouble) -> bool {
    matches!(trouble, Trouble::Status(_) | Trouble::Closed | Trouble::Reset | Trouble::Unanswered)
}

/// A write that takes so long tempts who hedges.
const SLOW_MIN: u64 = 200 * MS;
/// A client that turns away is seen to have left a moment later: so much of an overlap is none.
const OVERLAP_MIN: u64 = 100 * MS;

fn parallel_duplicates(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        let is_copy = |one: &Exchange, other: &Exchange| one.client == other.client && is_equal(case, one, other);
        for (at, first) in run.exchanges.iter().enumerate().filter(|(_, one)| !is_idempotent(&one.method)) {
            let later = run.exchanges[at + 1..].iter().enumerate();
            let mut later = later.take_while(|(_, second)| second.begun < first.ended);
            if let Some((offset, second)) = later.find(|(_, second)| is_copy(first, second) && overlap(first, second)) {
                let after = in_words(second.begun - first.begun);
                let text = format!("{} was sent again {after} after the first, which was still under way", line(first));
                if !is_usual(case, first) {
                    tally.broken(index, vec![at, at + 1 + offset], text);
                }
            } else if first.ended - first.begun.min(first.ended) >= SLOW_MIN && first.end == End::Replied {
                let text = format!("{} took {} and was sent once", line(first), in_words(first.ended - first.begun));
                tally.kept(index, vec![at], text);
            }
        }
    }
    tally.verdict(&format!("no write took {} or longer", in_words(SLOW_MIN)))
}

/// The same write, under the same key if they have any.
fn is_equal(case: &Case<'_>, first: &Exchange, second: &Exchange) -> bool {
    let has_one_key = case.knowledge.key_of(first) == case.knowledge.key_of(second);
    !first.body.is_empty() && has_one_key && seen::same_message(first, second)
}

fn overlap(first: &Exchange, second: &Exchange) -> bool {
    // A client that has turned away from what hangs need not close the connection.
    let turned_away = first.struck_by("hang") || first.end == End::Cut;
    let together = first.ended.saturating_sub(second.begun);
    // Who races two copies drops the slower one when the other is answered; who has given up has done so before it asks again.
    let was_raced = second.end == End::Replied && second.ended <= first.ended;
    !turned_away && together > if first.end == End::Left && !was_raced { OVERLAP_MIN } else { 0 }
}

/// Does a client send such copies side by side when nothing goes wrong? Then they are calls of their own.
fn is_usual(case: &Case<'_>, write: &Exchange) -> bool {
    seen::without_faults(case).any(|run| {
        let mut clients = BTreeSet::new();
        run.exchanges.iter().filter(|one| is_equal(case, write, one)).any(|copy| !clients.insert(copy.client))
    })
}
