//! The client's own waits: they are there, grow, vary, and have an end.

use std::collections::{BTreeMap, BTreeSet};

use super::tally::Tally;
use super::time::{MS, SECOND, in_words};
use super::trouble::{self, Trouble};
use super::{Case, Rule, Severity, Verdict, spread};
use crate::audit::logical::LogicalCall;
use crate::audit::observe::{End, Run};

pub const RULES: &[Rule] = &[
    Rule {
        code: "waits-before-retry",
        severity: Severity::Error,
        title: "retries of a server failure wait",
        explanation: "A service that has just failed has not recovered a millisecond later. Retries without a wait use all attempts up within \
            the same moment and double the load just then. Wait at least some tens of milliseconds, better a large part of a second.",
        source: "AWS SDK reference guide, retry behavior (exponential backoff); Azure SDK guidelines, retry policy (0.8 s)",
        judge: waits,
    },
    Rule {
        code: "waits-grow",
        severity: Severity::Warning,
        title: "waits grow from one retry to the next",
        explanation: "Nobody knows how long trouble lasts: waits that double find out with few attempts, whether it is a second or a minute. \
            Constant waits are too long for the one or too many for the other, and keep the load up in an outage.",
        source: "Google Cloud, Retry strategy (exponential backoff); RFC 8961, section 4 (exponential backoff)",
        judge: grow,
    },
    Rule {
        code: "waits-vary",
        severity: Severity::Warning,
        title: "waits are drawn by chance (jitter)",
        explanation: "Clients that fail together and wait equally long return together, and fail together again. Chance spreads them: draw each \
            wait from 0 to its bound (full jitter), or at least take a fifth of it off by chance.",
        source: "AWS Architecture Blog, Exponential Backoff and Jitter; Azure SDK guidelines, retry policy (jitter)",
        judge: vary,
    },
    Rule {
        code: "caps-waits",
        severity: Severity::Warning,
        title: "no single wait is longer than a minute",
        explanation: "What doubles without an end is an hour long after a dozen attempts: the service is long back, and the client sleeps. Cap \
            each wait, and bound the attempts.",
        source: "Azure SDK guidelines, retry policy (60 s cap); AWS SDK reference guide, standard mode (20 s cap)",
        judge: capped,
    },
    Rule {
        code: "spreads-after-outage",
        severity: Severity::Warning,
        title: "calls that failed at once do not all return at one instant",
        explanation: "When a service comes back, whatever waited for it returns. If all of it returns within the same milliseconds, the service \
            goes down again (a thundering herd). Draw waits by chance for each call on its own, not once for the process.",
        source: "AWS Architecture Blog, Exponential Backoff and Jitter; Google SRE book, chapter 22 (randomized exponential backoff)",
        judge: spreads,
    },
];

/// A wait that nobody asked for, between two attempts.
#[derive(Debug, Clone, Copy)]
struct Own<'a> {
    call: &'a LogicalCall,
    run: &'a Run,
    /// How many retries of the call came before.
    position: usize,
    trouble: Trouble,
    at: usize,
    next: usize,
    /// Microseconds.
    wait: u64,
}

/// The client's own waits. Where it had given up waiting itself, the server learns late when it did, so those say nothing.
fn own<'c>(case: &'c Case<'_>) -> Vec<Own<'c>> {
    let met = trouble::all(case).filter(|met| met.trouble.may_pass() && met.exchange.end != End::Left);
    let free = met.filter(|met| met.exchange.reply_header("retry-after").is_none() && !met.exchange.struck_by("hang"));
    let own = free.filter_map(|met| {
        let (call, run, position, trouble, at) = (met.call, met.run, met.position, met.trouble, met.at);
        Some(Own { call, run, position, trouble, at, next: met.next?, wait: met.gap()? })
    });
    own.collect()
}

/// Those of clients that ran alone. Several at once keep each other from the processor, and what they lose so is no wait of theirs.
fn undisturbed<'c>(case: &'c Case<'_>) -> Vec<Own<'c>> {
    let alone: Vec<bool> = case.runs.iter().map(|run| run.clients().len() == 1).collect();
    let mut own = own(case);
    own.retain(|own| alone[own.call.run]);
    own
}

/// Between a reply and the next request there is at least the time that both take to travel: a gap below this holds no wait.
const WAIT_MIN: u64 = 10 * MS;
const NO_WAITS: &str = "no call was retried without being told when";

/// The shortest wait that spares anybody: some tens of milliseconds. Below it, and from [`WAIT_MIN`] on, a wait that was drawn cannot be told
/// from none: full jitter of 50 ms has its median here, and so has a retry for which a program first has to load what handles errors.
pub const REST_MIN: u64 = 25 * MS;
/// So many calls show how long a retry waits: full jitter makes any single wait short by chance.
const REST_CALLS_WANTED: usize = 3;

fn waits(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    // After a connection that was closed while idle a retry may come at once.
    let is_meant = |own: &Own<'_>| matches!(own.trouble, Trouble::Status(500..=599));
    let mut by_retry: BTreeMap<usize, Vec<Own<'_>>> = BTreeMap::new();
    for own in undisturbed(case).into_iter().filter(is_meant) {
        by_retry.entry(own.position).or_default().push(own);
    }
    by_retry.retain(|position, waits| *position == 0 || waits.len() >= REST_CALLS_WANTED);
    // Chance may make a single wait short: the middle one tells. The retry that waits least tells of the client.
    let middles = by_retry.into_values().map(|mut waits| {
        waits.sort_by_key(|own| own.wait);
        (waits[waits.len() / 2], waits.len())
    });
    if let Some((middle, count)) = middles.min_by_key(|(middle, _)| middle.wait) {
        let retry =
            if middle.position == 0 { "the first retry".to_owned() } else { format!("retry {}", middle.position + 1) };
        let of = if count > 1 { format!(", the median of {count} calls") } else { String::new() };
        let text = format!("waited {} before {retry}{of}", in_words(middle.wait));
        let exchanges = vec![middle.at, middle.next];
        if middle.wait < WAIT_MIN && count >= REST_CALLS_WANTED {
            tally.broken(middle.call.run, exchanges, text);
        } else if middle.wait < REST_MIN {
            tally.unclear(format!("{text}, which chance may have made so short: let more calls fail, and longer"));
        } else if middle.wait < work(case) {
            tally.unclear(format!("{text}, which a busy machine may have taken for the work between two calls"));
        } else {
            tally.kept(middle.call.run, exchanges, text);
        }
    }
    tally.verdict("no call was retried after a failure of the server without Retry-After")
}

/// How much longer a later wait must be than the first. Common factors are 1.5 and 2, and jitter blurs them.
const GROWTH_MIN: f64 = 1.25;

/// Compares the first waits with the last that are as often there, by their means m1 and mk and the standard errors of those.
///
/// Grown: mk ≥ 1.25 m1, even with one standard error of (mk − 1.25 m1) less. Not grown: even with one more it would not be so. Between the two
/// nothing is decided, nor of fewer than three calls: full jitter makes a single later wait shorter or longer by chance, and more calls show it.
fn grow(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let own = undisturbed(case);
    let Some(pairs) = first_and_last(&own) else {
        return tally.verdict("no call was retried twice without being told when");
    };
    let (first, later) = pairs[0];
    let before = spread::Mean::of(pairs.iter().map(|(first, _)| first.wait));
    let after = spread::Mean::of(pairs.iter().map(|(_, later)| later.wait));
    let difference = after.mean - GROWTH_MIN * before.mean;
    let error = (after.error.powi(2) + (GROWTH_MIN * before.error).powi(2)).sqrt();
    let text = format!(
        "waited {} before retry 1 and {} before retry {}{}",
        in_words(before.micros()),
        in_words(after.micros()),
        later.position + 1,
        if pairs.len() > 1 { format!(", the means of {} calls", pairs.len()) } else { String::new() }
    );
    if after.micros() < WAIT_MIN.max(work(case)) {
        tally.unclear("there is no wait that could grow");
    } else if pairs.len() >= GROWTH_PAIRS_WANTED && difference - error >= 0.0 {
        tally.kept(first.call.run, first.call.attempts.clone(), text);
    } else if pairs.len() >= GROWTH_PAIRS_WANTED && difference + error < 0.0 {
        tally.broken(first.call.run, first.call.attempts.clone(), text);
    } else {
        tally.unclear("the waits vary too much, or too few were seen, to tell whether they grow: let more calls fail");
    }
    tally.verdict(NO_WAITS)
}

/// The waits of calls that had both, the first and the last one that enough of them had: so different policies for different troubles do not
/// mix. `None` where no call waited twice.
fn first_and_last<'o, 'c>(own: &'o [Own<'c>]) -> Option<Vec<(&'o Own<'c>, &'o Own<'c>)>> {
    let calls: Vec<&[Own<'_>]> = own.chunk_by(|one, other| std::ptr::eq(one.call, other.call)).collect();
    let pairs = |last: usize| -> Vec<(&Own<'_>, &Own<'_>)> {
        let at = |waits: &'o [Own<'c>], position: usize| waits.iter().find(|own| own.position == position);
        calls.iter().filter_map(|waits| at(waits, 0).zip(at(waits, last))).collect()
    };
    let wanted = (1..=GROWTH_POSITION_MAX).rev().map(pairs);
    let (enough, few): (Vec<_>, Vec<_>) = wanted.partition(|pairs| pairs.len() >= GROWTH_PAIRS_WANTED);
    enough.into_iter().next().or_else(|| few.into_iter().find(|pairs| !pairs.is_empty()))
}

/// The last wait that is compared with the first; whatever has not grown by then does not.
const GROWTH_POSITION_MAX: usize = 9;
/// Calls that should agree on a wait before it is preferred to an earlier one, which more have.
const GROWTH_PAIRS_WANTED: usize = 3;

/// Waits before it can be told whether they vary.
const SAMPLES_MIN: usize = 6;

fn vary(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let own = undisturbed(case);
    // Equal attempts: the same retry, after the same kind of trouble. Throttled calls often have a wait of their own.
    let kind = |own: &Own<'_>| (own.position, own.trouble == Trouble::Status(429));
    let mut groups: BTreeMap<(usize, bool), Vec<&Own<'_>>> = BTreeMap::new();
    for own in &own {
        groups.entry(kind(own)).or_default().push(own);
    }
    let largest = groups.values().max_by_key(|group| (group.len(), std::cmp::Reverse(group[0].position)));
    let Some(group) = largest.filter(|group| group.len() >= SAMPLES_MIN) else {
        return tally.verdict(&format!("fewer than {SAMPLES_MIN} retries can be compared with one another"));
    };
    let waits: Vec<u64> = group.iter().map(|own| own.wait).collect();
    let (median, deviation) = spread::median_and_deviation(&waits);
    let text = format!(
        "{} waits before retry {} lie {} around {}",
        waits.len(),
        group[0].position + 1,
        in_words(deviation),
        in_words(median)
    );
    let run = group[0].call.run;
    let exchanges = group.iter().filter(|own| own.call.run == run).flat_map(|own| [own.at, own.next]);
    let exchanges = exchanges.collect::<BTreeSet<usize>>().into_iter().collect();
    if median < rest(case) {
        tally.unclear("there is no wait that could vary");
        return tally.verdict(NO_WAITS);
    }
    match spread::judge(&waits, &noise(case)) {
        spread::Spread::Drawn => tally.kept(run, exchanges, text),
        spread::Spread::Equal => tally.broken(run, exchanges, text),
        spread::Spread::Hidden => tally.unclear(format!("{text}, which a busy machine may have done")),
    }
    tally.verdict(NO_WAITS)
}

/// Longest gap between a good reply and the next call that is taken for work, not for a wait.
const NOISE_MAX: u64 = 100 * MS;

/// How long the client and the machine take between a good reply and the next call on the same way: their own unrest.
fn noise(case: &Case<'_>) -> Vec<u64> {
    let pairs = case.runs.iter().flat_map(|run| run.exchanges.windows(2));
    let alone = pairs.filter(|pair| pair[0].client == pair[1].client && pair[0].ended <= pair[1].begun);
    let calm = alone.filter(|pair| pair.iter().all(|one| Trouble::of(one).is_none()));
    calm.map(|pair| pair[1].begun - pair[0].ended).filter(|gap| *gap <= NOISE_MAX).collect()
}

/// How many times the usual gap between two calls is surely more than work.
const WORK_FACTOR: u64 = 3;

/// A gap below this may be the work between two calls, as the machine is. In microseconds.
fn work(case: &Case<'_>) -> u64 {
    WORK_FACTOR * spread::median_and_deviation(&noise(case)).0
}

/// A gap from here on is a wait that spares somebody, and that a busy machine does not make. In microseconds.
pub fn rest(case: &Case<'_>) -> u64 {
    REST_MIN.max(work(case))
}

/// No single wait is longer than this.
pub const WAIT_MAX: u64 = 60 * SECOND;

fn capped(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let own = own(case);
    for own in own.iter().filter(|own| own.wait > WAIT_MAX) {
        let text = format!("waited {} before retry {}", in_words(own.wait), own.position + 1);
        tally.broken(own.call.run, vec![own.at, own.next], text);
    }
    for waits in own.chunk_by(|one, other| std::ptr::eq(one.call, other.call)) {
        let Some(longest) = waits.iter().max_by_key(|own| own.wait) else { continue };
        let call = longest.call;
        let Some(last) = case.attempts(call).last().copied() else { continue };
        if !trouble::was_in_vain(case, call) {
            continue;
        }
        if trouble::is_left_open(longest.run, last) {
            tally.unclear("the client was stopped before its longest wait was seen");
        } else {
            let text = format!(
                "gave up after {} attempts, of which the longest wait was {}",
                call.attempts.len(),
                in_words(longest.wait)
            );
            tally.kept(call.run, call.attempts.clone(), text);
        }
    }
    tally.verdict("no call was retried until the client gave up, so its longest wait was not seen")
}

/// Calls that fail together, before it can be told how they return.
const TOGETHER_MIN: usize = 4;
/// Calls that fail within this time fail together.
const TOGETHER_WITHIN: u64 = 50 * MS;

/// Which part of a wait may at most be unrest, where it is to be told from chance: the least jitter that helps takes off a fifth.
const UNREST_PART: u64 = 10;

/// Calls are taken together when they failed within [`TOGETHER_WITHIN`] and none had returned before the last of them failed. What their
/// returns are further apart than their failures is spread by the client: up to 10 ms or 3 % of the wait is a machine's unrest, twice as much
/// is chance of its own. After short waits unrest and chance look alike.
fn spreads(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let own = own(case);
    for index in 0..case.runs.len() {
        let first = own.iter().copied().filter(|own| own.call.run == index && own.position == 0);
        let mut first: Vec<Own<'_>> = first.collect();
        first.sort_by_key(|own| own.run.exchanges[own.at].ended);
        for together in together(&first) {
            herd(together, index, &mut tally);
        }
    }
    tally.verdict(&format!("no {TOGETHER_MIN} calls failed at once and were retried without being told when"))
}

/// The groups that failed together, of waits in the order of their failures.
fn together<'o, 'c>(first: &'o [Own<'c>]) -> Vec<&'o [Own<'c>]> {
    let failed = |own: &Own<'_>| own.run.exchanges[own.at].ended;
    let returned = |own: &Own<'_>| own.run.exchanges[own.next].begun;
    let (mut groups, mut begin) = (Vec::new(), 0);
    while begin < first.len() {
        let mut end = begin + 1;
        let mut back = returned(&first[begin]);
        while end < first.len()
            && failed(&first[end]) < back
            && failed(&first[end]) - failed(&first[begin]) <= TOGETHER_WITHIN
        {
            back = back.min(returned(&first[end]));
            end += 1;
        }
        if end - begin >= TOGETHER_MIN {
            groups.push(&first[begin..end]);
        }
        begin = end;
    }
    groups
}

fn herd(together: &[Own<'_>], run: usize, tally: &mut Tally) {
    let span = |times: &mut dyn Iterator<Item = u64>| {
        let times: Vec<u64> = times.collect();
        times.iter().max().copied().unwrap_or_default() - times.iter().min().copied().unwrap_or_default()
    };
    let failures = span(&mut together.iter().map(|own| own.run.exchanges[own.at].ended));
    let returns = span(&mut together.iter().map(|own| own.run.exchanges[own.next].begun));
    let waits: Vec<u64> = together.iter().map(|own| own.wait).collect();
    let (median, _) = spread::median_and_deviation(&waits);
    let unrest = failures + (10 * MS).max(median * 3 / 100);
    let mut exchanges: Vec<usize> = together.iter().flat_map(|own| [own.at, own.next]).collect();
    exchanges.sort_unstable();
    let text = format!(
        "{} calls failed within {} and returned within {}, after {}",
        together.len(),
        in_words(failures),
        in_words(returns),
        in_words(median)
    );
    // What failed one after the other by chance may return closer together by chance: the waits themselves must be alike, too.
    let alike = span(&mut waits.iter().copied()) <= unrest - failures;
    if alike && returns <= unrest && unrest <= median / UNREST_PART {
        tally.broken(run, exchanges, text);
    } else if returns >= failures + 2 * (unrest - failures) {
        tally.kept(run, exchanges, text);
    } else {
        tally.unclear(format!("{text}: too near to tell chance from a busy machine"));
    }
}
