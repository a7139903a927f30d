//! What happened around a piece of evidence, call by call: the attempts of each on one axis of time. [`super::text`] draws it in characters,
//! [`super::html`] in shapes.

use std::collections::BTreeSet;

use super::model::{Call, Certainty, Delivery, End, Evidence, Exchange, Performed, Run, Struck};
use super::words::span;
use crate::report::plain;

/// Most calls that are drawn for one piece of evidence.
pub const LANES_MAX: usize = 8;
/// Most things of a kind that are listed of one call.
const LISTED_MAX: usize = 12;

/// Some calls of one run, on the same axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// Microseconds since the run began.
    pub from: u64,
    /// Never before `from`.
    pub until: u64,
    pub lanes: Vec<Lane>,
    pub lanes_left_out: usize,
}

/// One call with its attempts, or one event with its deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The operation, or method and target; the event.
    pub label: String,
    /// At least one, in the order begun.
    pub attempts: Vec<Attempt>,
    /// What else is to say, a line each.
    pub captions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// `#4`.
    pub name: String,
    pub begun: u64,
    pub ended: u64,
    /// What the client saw, in a few characters: `503`, `cut`.
    pub mark: String,
    pub tone: Tone,
    /// Does the evidence name it?
    pub meant: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    /// Answered, but damaged or refused.
    Doubtful,
    Bad,
}

impl Timeline {
    /// `None` where the evidence names nothing that could be drawn.
    pub fn of(evidence: &Evidence, run: &Run) -> Option<Timeline> {
        let mut lanes = if evidence.exchanges.is_empty() { deliveries(run) } else { calls(evidence, run) };
        lanes.sort_by_key(|lane| lane.attempts[0].begun);
        let lanes_left_out = lanes.len().saturating_sub(LANES_MAX);
        lanes.truncate(LANES_MAX);
        let attempts = || lanes.iter().flat_map(|lane| &lane.attempts);
        let from = attempts().map(|attempt| attempt.begun).min()?;
        let until = attempts().map(|attempt| attempt.ended).max()?.max(from);
        Some(Timeline { from, until, lanes, lanes_left_out })
    }

    /// All in words, for those who cannot see the drawing.
    pub fn in_words(&self) -> String {
        let lanes = self.lanes.iter().map(|lane| {
            let attempts = lane.attempts.iter().take(LISTED_MAX);
            let told: Vec<String> = attempts
                .map(|attempt| format!("{} at {}: {}", attempt.name, span(attempt.begun), attempt.mark))
                .collect();
            format!("{}: {}", lane.label, listed(told, lane.attempts.len()))
        });
        lanes.collect::<Vec<_>>().join(". ")
    }
}

/// The calls that the evidence names, with all their attempts.
fn calls(evidence: &Evidence, run: &Run) -> Vec<Lane> {
    let meant: BTreeSet<u64> = evidence.exchanges.iter().copied().collect();
    let named = run.calls.iter().filter(|call| call.attempts.iter().any(|number| meant.contains(number)));
    let mut lanes: Vec<Lane> = named.clone().filter_map(|call| of_call(call, run, &meant)).collect();
    let drawn: BTreeSet<u64> = named.flat_map(|call| call.attempts.iter().copied()).collect();
    let alone = run.exchanges.iter().filter(|one| meant.contains(&one.number) && !drawn.contains(&one.number));
    lanes.extend(alone.filter_map(|one| {
        let call = Call {
            operation: one.operation.clone(),
            attempts: vec![one.number],
            attempts_left_out: 0,
            certainty: Certainty::Certain,
        };
        of_call(&call, run, &meant)
    }));
    lanes
}

fn of_call(call: &Call, run: &Run, meant: &BTreeSet<u64>) -> Option<Lane> {
    let find = |number: &u64| run.exchanges.iter().find(|one| one.number == *number);
    let exchanges: Vec<&Exchange> = call.attempts.iter().filter_map(find).collect();
    let first = exchanges.first()?;
    let label = match &call.operation {
        Some(operation) => plain::single(operation),
        None => {
            let path = first.target.split('?').next().unwrap_or_default();
            plain::single(&format!("{} {path}", first.method))
        }
    };
    let attempts = exchanges.iter().map(|exchange| Attempt {
        name: format!("#{}", exchange.number),
        begun: exchange.begun_us,
        ended: exchange.ended_us,
        mark: match exchange.end {
            End::Replied => exchange.status.to_string(),
            End::Cut => "cut".to_owned(),
            End::Left if exchange.still_waiting => "open".to_owned(),
            End::Left => "left".to_owned(),
        },
        tone: match (exchange.end, exchange.status) {
            (End::Cut | End::Left, _) | (_, 500..) => Tone::Bad,
            (_, 400..) => Tone::Doubtful,
            _ if exchange.struck.is_empty() => Tone::Good,
            _ => Tone::Doubtful,
        },
        meant: meant.contains(&exchange.number),
    });
    Some(Lane { label, attempts: attempts.collect(), captions: captions(call, &exchanges) })
}

fn captions(call: &Call, exchanges: &[&Exchange]) -> Vec<String> {
    let mut head: Vec<String> = vec![numbers(exchanges.iter().map(|exchange| exchange.number))];
    if call.attempts_left_out > 0 {
        head.push(format!("{} left out", plain::count(call.attempts_left_out, "attempt")));
    }
    if call.certainty == Certainty::Likely && exchanges.len() > 1 {
        head.push("likely one call".to_owned());
    }
    head.extend(waits(exchanges.iter().map(|one| (one.begun_us, one.ended_us))));
    head.extend(keys(exchanges));
    let mut captions = vec![head.join(" · ")];
    captions.extend(grouped(exchanges, |one| {
        one.retry_after.iter().map(|value| format!("asked for Retry-After: {value}")).collect()
    }));
    captions.extend(grouped(exchanges, |one| faults(&one.struck)));
    captions.extend(grouped(exchanges, fate));
    captions
}

/// Numbers of exchanges, those that follow each other as a range: `#1–#4, #9`.
fn numbers(numbers: impl IntoIterator<Item = u64>) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if number.checked_sub(1) == Some(*last) => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let all = ranges.len();
    let shown = ranges.into_iter().take(LISTED_MAX).map(|(first, last)| match last - first {
        0 => format!("#{first}"),
        1 => format!("#{first}, #{last}"),
        _ => format!("#{first}–#{last}"),
    });
    listed(shown, all)
}

/// How long nothing was under way between attempts; the same wait several times in a row is told once.
fn waits(times: impl Iterator<Item = (u64, u64)> + Clone) -> Option<String> {
    let mut waits: Vec<(String, usize)> = Vec::new();
    for ((_, ended), (begun, _)) in times.clone().zip(times.skip(1)) {
        let wait = begun.checked_sub(ended).map_or("none, they overlap".to_owned(), span);
        match waits.last_mut() {
            Some((last, times)) if *last == wait => *times += 1,
            _ => waits.push((wait, 1)),
        }
    }
    let all = waits.len();
    let noun = if waits.iter().map(|(_, times)| times).sum::<usize>() == 1 { "wait" } else { "waits" };
    let shown = waits.into_iter().take(LISTED_MAX).map(|(wait, times)| match times {
        1 => wait,
        _ => format!("{times} × {wait}"),
    });
    (all > 0).then(|| format!("{noun} {}", listed(shown, all)))
}

/// The keys of the attempts, where they have any.
fn keys(exchanges: &[&Exchange]) -> Option<String> {
    let first = exchanges.first()?.key;
    if exchanges.iter().all(|exchange| exchange.key == first) {
        return first.map(|key| format!("key {key}"));
    }
    let keys = exchanges.iter().take(LISTED_MAX).map(|exchange| match exchange.key {
        Some(key) => key.to_string(),
        None => "none".to_owned(),
    });
    Some(format!("keys {}", listed(keys, exchanges.len())))
}

fn faults(struck: &[Struck]) -> Vec<String> {
    struck.iter().map(|struck| format!("fault {}: {}", struck.kind, struck.text)).collect()
}

/// Who closed the connection, and what became of the call.
fn fate(exchange: &Exchange) -> Vec<String> {
    let lasted = span(exchange.ended_us.saturating_sub(exchange.begun_us));
    let mut told: Vec<String> = match exchange.end {
        End::Replied => Vec::new(),
        End::Cut => vec!["the fault closed the connection".to_owned()],
        End::Left if exchange.still_waiting => vec![format!("was still waited for at the end, after {lasted}")],
        End::Left => vec![format!("the client gave up after {lasted}")],
    };
    match exchange.performed {
        Performed::Yes if exchange.end != End::Replied => told.push("was performed, its answer was lost".to_owned()),
        Performed::Twice => told.push("was performed twice".to_owned()),
        Performed::Replayed => told.push("got the first answer again".to_owned()),
        _ => {}
    }
    told
}

/// What is said of the exchanges, each thing once, with the exchanges that it is said of: `#1, #2: fault status: 503`.
fn grouped(exchanges: &[&Exchange], say: impl Fn(&Exchange) -> Vec<String>) -> Vec<String> {
    let mut groups: Vec<(String, Vec<u64>)> = Vec::new();
    for exchange in exchanges {
        for said in say(exchange) {
            match groups.iter_mut().find(|(known, _)| *known == said) {
                Some((_, of)) => of.push(exchange.number),
                None => groups.push((said, vec![exchange.number])),
            }
        }
    }
    let all = groups.len();
    let shown = groups.into_iter().take(LISTED_MAX).map(|(said, of)| format!("{}: {said}", numbers(of)));
    shown.chain(plain::more(all.saturating_sub(LISTED_MAX), "thing")).collect()
}

/// `a, b, c`, or `a, b and 3 more` where there are more than are listed.
fn listed(shown: impl IntoIterator<Item = String>, all: usize) -> String {
    let shown: Vec<String> = shown.into_iter().collect();
    match all - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The events that were delivered, each with its attempts.
fn deliveries(run: &Run) -> Vec<Lane> {
    let mut events: Vec<(&str, Vec<(usize, &Delivery)>)> = Vec::new();
    for (at, delivery) in run.deliveries.iter().enumerate() {
        match events.iter_mut().find(|(id, _)| *id == delivery.event_id) {
            Some((_, of_event)) => of_event.push((at, delivery)),
            None => events.push((&delivery.event_id, vec![(at, delivery)])),
        }
    }
    events.into_iter().filter_map(|(_, of_event)| of_deliveries(&of_event)).collect()
}

fn of_deliveries(deliveries: &[(usize, &Delivery)]) -> Option<Lane> {
    let (_, first) = deliveries.first()?;
    let attempts = deliveries.iter().map(|(at, delivery)| Attempt {
        name: format!("delivery {}", at + 1),
        begun: delivery.begun_us,
        ended: delivery.ended_us,
        mark: delivery.status.map_or("none".to_owned(), |status| status.to_string()),
        tone: match delivery.status {
            Some(200..300) if delivery.struck.is_empty() => Tone::Good,
            Some(_) => Tone::Doubtful,
            None => Tone::Bad,
        },
        meant: false,
    });
    let mut captions = vec![format!("event {}", plain::single(&first.event_id))];
    captions.extend(waits(deliveries.iter().map(|(_, one)| (one.begun_us, one.ended_us))));
    let mut captions = vec![captions.join(" · ")];
    for (at, delivery) in deliveries.iter().take(LISTED_MAX) {
        let said = faults(&delivery.struck).into_iter().chain(delivery.failure.clone());
        captions.extend(said.map(|said| format!("delivery {}: {said}", at + 1)));
    }
    Some(Lane { label: plain::single(&first.event), attempts: attempts.collect(), captions })
}
