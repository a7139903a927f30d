//! What clients met: attempts that failed, and what came after each.

use super::Case;
use crate::audit::damage::Damage;
use crate::audit::logical::LogicalCall;
use crate::audit::observe::{End, Exchange, Exit, Run};
use crate::contract::capability::is_idempotent;

/// What went wrong with an exchange, as its client saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A whole reply with a status from 400 on.
    Status(u16),
    /// The connection ended before any byte.
    Closed,
    /// The connection was reset before a whole head.
    Reset,
    /// The body broke off.
    HalfBody,
    /// No reply came, or so slowly that the client gave up waiting.
    Unanswered,
    /// A reply that cannot be what it claims to be.
    Unreadable,
}

impl Trouble {
    /// `None` where the client got what it asked for.
    pub fn of(exchange: &Exchange) -> Option<Trouble> {
        if exchange.end == End::Left || exchange.struck_by("hang") {
            return Some(Trouble::Unanswered);
        }
        let is_cut = exchange.end == End::Cut;
        let status = exchange.status.as_u16();
        match exchange.damage() {
            Some(Damage::HalfBody | Damage::WrongLength) if is_cut => Some(Trouble::HalfBody),
            // Nothing is missing of a body that is longer than announced.
            Some(Damage::HalfBody | Damage::WrongLength) | None if !is_cut => {
                (status >= 400).then_some(Trouble::Status(status))
            }
            Some(_) => Some(Trouble::Unreadable),
            None if exchange.struck_by("reset") => Some(Trouble::Reset),
            None => Some(Trouble::Closed),
        }
    }

    /// May the same call succeed a moment later?
    pub fn may_pass(self) -> bool {
        match self {
            Trouble::Status(status) => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            _ => true,
        }
    }

    pub fn in_words(self) -> String {
        match self {
            Trouble::Status(status) => format!("{status}"),
            Trouble::Closed => "a connection closed before the reply".to_owned(),
            Trouble::Reset => "a connection reset before the reply".to_owned(),
            Trouble::HalfBody => "a body that broke off".to_owned(),
            Trouble::Unanswered => "a reply that never came".to_owned(),
            Trouble::Unreadable => "a reply that cannot be read".to_owned(),
        }
    }
}

/// An attempt that failed.
#[derive(Debug, Clone, Copy)]
pub struct Met<'a> {
    pub call: &'a LogicalCall,
    pub run: &'a Run,
    /// How many attempts of the call came before.
    pub position: usize,
    /// Index of the exchange in its run.
    pub at: usize,
    pub exchange: &'a Exchange,
    pub trouble: Trouble,
    /// Index of the next attempt.
    pub next: Option<usize>,
}

/// Every attempt that failed, call by call.
pub fn all<'c>(case: &'c Case<'_>) -> impl Iterator<Item = Met<'c>> {
    case.calls.iter().flat_map(|call| of_call(case, call))
}

/// A call's attempts that failed.
pub fn of_call<'c>(case: &'c Case<'_>, call: &'c LogicalCall) -> impl Iterator<Item = Met<'c>> {
    let run = &case.runs[call.run];
    call.attempts.iter().enumerate().filter_map(move |(position, at)| {
        let exchange = &run.exchanges[*at];
        let next = call.attempts.get(position + 1).copied();
        Some(Met { call, run, position, at: *at, exchange, trouble: Trouble::of(exchange)?, next })
    })
}

impl Met<'_> {
    /// From the end of the attempt to the beginning of the next, in microseconds; 0 where they overlap.
    pub fn gap(&self) -> Option<u64> {
        Some(self.run.exchanges[self.next?].begun.saturating_sub(self.exchange.ended))
    }

    /// The attempt and the next one.
    pub fn exchanges(&self) -> Vec<usize> {
        std::iter::once(self.at).chain(self.next).collect()
    }

    /// Was the client ended from outside before it did anything else? Then a retry may have been to come.
    pub fn is_left_open(&self) -> bool {
        self.next.is_none() && is_left_open(self.run, self.exchange)
    }
}

/// Was the client ended from outside before it did anything else after this exchange?
pub fn is_left_open(run: &Run, exchange: &Exchange) -> bool {
    let stopped = matches!(run.exit, Exit::TimedOut | Exit::Flooded | Exit::Unknown);
    let newest = || run.exchanges.iter().rev().find(|newest| newest.client == exchange.client);
    stopped && newest().is_none_or(|newest| newest.begun <= exchange.ended)
}

/// Did every attempt of the call fail, each in a way that may pass?
pub fn was_in_vain(case: &Case<'_>, call: &LogicalCall) -> bool {
    let may_pass = |exchange: &Exchange| Trouble::of(exchange).is_some_and(Trouble::may_pass);
    call.attempts.iter().all(|at| may_pass(&case.runs[call.run].exchanges[*at]))
}

/// What makes a call safe to send again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeatable {
    /// Its method (RFC 9110, 9.2.2).
    ByMethod,
    /// The contract says so, or the idempotency key that it carries.
    ByPromise,
    No,
}

impl Repeatable {
    pub fn of(case: &Case<'_>, exchange: &Exchange) -> Repeatable {
        match case.knowledge.repeats_safely(exchange) {
            false => Repeatable::No,
            true if is_idempotent(&exchange.method) => Repeatable::ByMethod,
            true => Repeatable::ByPromise,
        }
    }
}
