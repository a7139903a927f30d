//! Attempts gathered into logical calls: what the client meant as one.
//!
//! Signs that two exchanges are attempts of one call, from the surest:
//!
//! 1. the same idempotency key, or the same id of the call ([`signs::CALL_IDS`]), on the same method and path;
//! 2. the same method, target and body (or what is left of a body that was read to its end by the attempt before), after an exchange that
//!    failed from the client's view, within a time in which a client would ask again.
//!
//! A repeat after an exchange that succeeded is a new call, whatever it carries. Two equal calls in flight at once are two calls, unless the
//! first of them was made to hang: then its client may well have turned away without closing the connection. A client that keeps its keys or
//! ids from attempt to attempt means another call by another one; for one that makes new ones each time they say nothing. No call is of two
//! clients.

mod signs;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use super::asked::Asked;
use super::knowledge::Knowledge;
use super::observe::{Exchange, Run};
pub use signs::{CALL_IDS, bare_body};
use signs::{Habits, Signs, Target};

/// Longest time between the end of an attempt and the next that only looks alike, in microseconds, beyond what `Retry-After` asked for.
pub const GAP_MAX: u64 = 120_000_000;
/// An exchange that was made to be slow and is still open after so many microseconds may have been given up by its client.
pub const ABANDONED_AFTER: u64 = 500_000;
/// Most calls that an exchange is compared with. More equal calls that failed are rarely open at once.
const COMPARED_MAX: usize = 256;
/// Most calls to one target that an exchange with less of a body is compared with.
const SHORTENED_MAX: usize = 8;

/// One call as its author meant it, and the attempts that were made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogicalCall {
    /// Index of the run.
    pub run: usize,
    /// Indices into the run's exchanges, in order; at least one.
    pub attempts: Vec<usize>,
    pub certainty: Certainty,
    /// The operation's `operationId`.
    pub operation: Option<String>,
}

/// How sure it is that the attempts belong together. A call of one attempt is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// They look alike and follow a failure.
    Likely,
    /// They carry the same key or id.
    Certain,
}

/// The logical calls of a run, in the order of their first attempts.
pub fn group(knowledge: &Knowledge, index: usize, run: &Run) -> Vec<LogicalCall> {
    let signs: Vec<Signs<'_>> = run.exchanges.iter().map(|exchange| Signs::of(knowledge, exchange)).collect();
    let mut grouping = Grouping::new(run, &signs);
    for at in 0..run.exchanges.len() {
        match grouping.belongs_to(at) {
            Some((call, certainty)) => grouping.join(call, at, certainty),
            None => grouping.begin(index, at),
        }
    }
    grouping.calls
}

/// The calls found so far, and the ways back to them. Positions in `calls` stand for calls.
struct Grouping<'a> {
    run: &'a Run,
    signs: &'a [Signs<'a>],
    habits: Habits,
    calls: Vec<LogicalCall>,
    /// Parallel to `calls`: when the first attempt that succeeded had ended.
    settled: Vec<Option<u64>>,
    /// The newest call with this key.
    by_key: BTreeMap<(&'a str, Target<'a>), usize>,
    /// The newest call with this id.
    by_id: BTreeMap<(&'a str, Target<'a>), usize>,
    /// Calls with this target and body that may be asked again.
    alike: BTreeMap<(Target<'a>, &'a [u8]), VecDeque<usize>>,
    /// The newest calls to this target.
    recent: BTreeMap<Target<'a>, VecDeque<usize>>,
}

impl<'a> Grouping<'a> {
    fn new(run: &'a Run, signs: &'a [Signs<'a>]) -> Grouping<'a> {
        Grouping {
            run,
            signs,
            habits: Habits::of(signs),
            calls: Vec::new(),
            settled: Vec::new(),
            by_key: BTreeMap::new(),
            by_id: BTreeMap::new(),
            alike: BTreeMap::new(),
            recent: BTreeMap::new(),
        }
    }

    /// The call that an exchange is an attempt of, if any of those before, and how sure that is.
    fn belongs_to(&mut self, at: usize) -> Option<(usize, Certainty)> {
        let named = self.by_key(at).or_else(|| self.by_id(at));
        if let Some(call) = named {
            return Some((call, Certainty::Certain));
        }
        self.alike(at).or_else(|| self.shortened(at)).map(|call| (call, Certainty::Likely))
    }

    fn by_key(&self, at: usize) -> Option<usize> {
        let signs = &self.signs[at];
        let call = *self.by_key.get(&(signs.key?, signs.target.without_query()))?;
        (!self.is_settled(call, at)).then_some(call)
    }

    /// An id may stand for more than one call, where it is that of a whole flow: the bodies must agree, too.
    fn by_id(&self, at: usize) -> Option<usize> {
        let signs = &self.signs[at];
        let call = *self.by_id.get(&(signs.id?, signs.target))?;
        let last = &self.signs[self.last(call)];
        (!self.is_settled(call, at) && signs.resembles(last) && !self.habits.keys_differ(last, signs)).then_some(call)
    }

    /// Of the calls that look alike and wait for another attempt, the one on the same connection, or else the one that waits the longest.
    fn alike(&mut self, at: usize) -> Option<usize> {
        let signs = &self.signs[at];
        let mut open = self.alike.remove(&(signs.target, signs.body()))?;
        let compared = open.len().min(COMPARED_MAX);
        let rest = open.split_off(compared);
        // What has succeeded or waits no more never will again.
        open.retain(|call| !self.is_settled(*call, at) && !self.is_forgotten(*call, at));
        let fitting = open.iter().copied().filter(|call| self.may_follow(*call, at));
        let found = fitting.min_by_key(|call| {
            let last = &self.run.exchanges[self.last(*call)];
            (last.connection != self.run.exchanges[at].connection, last.ended)
        });
        open.extend(rest);
        self.alike.insert((signs.target, signs.body()), open);
        found
    }

    /// A body that was a stream is read to its end by the first attempt: careless clients send the next one without it, or with its rest.
    fn shortened(&self, at: usize) -> Option<usize> {
        let signs = &self.signs[at];
        let recent = self.recent.get(&signs.target)?.iter().rev().copied();
        let mut fitting = recent.filter(|call| {
            let last = &self.signs[self.last(*call)];
            signs.is_shortened(last) && !self.is_settled(*call, at) && !self.is_forgotten(*call, at)
        });
        fitting.find(|call| self.may_follow(*call, at))
    }

    /// Had an attempt of the call succeeded when this exchange began?
    fn is_settled(&self, call: usize, at: usize) -> bool {
        self.settled[call].is_some_and(|ended| ended <= self.run.exchanges[at].begun)
    }

    /// Is its last attempt too long ago?
    fn is_forgotten(&self, call: usize, at: usize) -> bool {
        let last = &self.run.exchanges[self.last(call)];
        self.run.exchanges[at].begun.saturating_sub(last.ended) > GAP_MAX.saturating_add(asked_to_wait(last))
    }

    /// May an exchange be the next attempt of a call that it looks like?
    fn may_follow(&self, call: usize, at: usize) -> bool {
        let (before, exchange) = (self.last(call), &self.run.exchanges[at]);
        let last = &self.run.exchanges[before];
        let over = last.ended <= exchange.begun && last.has_failed();
        let (before, signs) = (&self.signs[before], &self.signs[at]);
        let caller = before.credential == signs.credential || last.status == http::StatusCode::UNAUTHORIZED;
        (over || is_abandoned(last, exchange.begun)) && caller && !self.habits.differ(before, signs)
    }

    /// Index of a call's newest attempt.
    fn last(&self, call: usize) -> usize {
        *self.calls[call].attempts.last().expect("a call has at least one attempt")
    }

    fn begin(&mut self, run: usize, at: usize) {
        let call = self.calls.len();
        let operation = self.run.exchanges[at].operation.clone();
        self.calls.push(LogicalCall { run, attempts: vec![at], certainty: Certainty::Certain, operation });
        self.settled.push(None);
        let signs = &self.signs[at];
        self.alike.entry((signs.target, signs.body())).or_default().push_back(call);
        let recent = self.recent.entry(signs.target).or_default();
        recent.push_back(call);
        if recent.len() > SHORTENED_MAX {
            recent.pop_front();
        }
        self.remember(call, at);
    }

    fn join(&mut self, call: usize, at: usize, certainty: Certainty) {
        self.calls[call].attempts.push(at);
        self.calls[call].certainty = self.calls[call].certainty.min(certainty);
        self.remember(call, at);
    }

    fn remember(&mut self, call: usize, at: usize) {
        let (signs, exchange) = (&self.signs[at], &self.run.exchanges[at]);
        if let Some(key) = signs.key {
            self.by_key.insert((key, signs.target.without_query()), call);
        }
        if let Some(id) = signs.id {
            self.by_id.insert((id, signs.target), call);
        }
        if !exchange.has_failed() {
            let settled = &mut self.settled[call];
            *settled = Some(settled.map_or(exchange.ended, |before| before.min(exchange.ended)));
        }
    }
}

/// Was an exchange made so slow that its client may have given it up by then, though the connection was still open?
fn is_abandoned(exchange: &Exchange, by: u64) -> bool {
    let slow = ["hang", "latency", "slowHead", "slowBody"].iter().any(|kind| exchange.struck_by(kind));
    slow && exchange.ended > by && by - exchange.begun.min(by) >= ABANDONED_AFTER
}

/// What `Retry-After` asks for, in microseconds; 0 without it, and where it asks for what nobody waits.
fn asked_to_wait(exchange: &Exchange) -> u64 {
    let asked = Asked::by(exchange).filter(|asked| !asked.is_absurd());
    asked.and_then(Asked::seconds).unwrap_or_default().saturating_mul(1_000_000)
}
