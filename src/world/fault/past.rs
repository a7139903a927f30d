//! States of a world that reads may still be answered from, kept only while a fault asks for them.

use super::kind::{Kind, STALE_CALLS_MAX, Stale};
use super::{Armed, Faults};
use crate::world::store::Store;

/// Most states kept; the oldest go first.
const STATES_MAX: usize = STALE_CALLS_MAX as usize + 1;

/// The newest states, oldest first; none while no fault asks for any. Stores share what they have in common, so one more costs a few pointers.
#[derive(Debug, Clone, Default)]
pub(super) struct Past {
    states: imbl::Vector<State>,
}

#[derive(Debug, Clone)]
struct State {
    /// Since when it has been so, on the world's clock.
    at: i64,
    /// How many calls had changed something by then.
    calls: u64,
    store: Store,
}

impl Faults {
    /// Begins to keep states, if an armed fault asks for them and none is kept yet.
    pub fn keep_past(&mut self, store: &Store, now: i64) {
        if self.past.states.is_empty() && self.lags().next().is_some() {
            self.past.states.push_back(State { at: now, calls: 0, store: store.clone() });
        }
    }

    /// Something changed, by a call or on its own.
    pub fn changed(&mut self, store: &Store, now: i64, by_call: bool) {
        let Some(newest) = self.past.states.back() else { return };
        let calls = newest.calls + u64::from(by_call);
        self.past.states.push_back(State { at: now, calls, store: store.clone() });
        while self.past.states.len() > STATES_MAX || self.is_forgotten(now, calls) {
            self.past.states.pop_front();
        }
    }

    /// The state that such a read sees in place of the present one; `None` where it sees that, or nothing is kept.
    pub fn state_for(&self, lag: &Stale, now: i64) -> Option<&Store> {
        let calls = self.past.states.back()?.calls;
        let seen = self.past.states.iter().rposition(|state| is_old_enough(state, lag, now, calls)).unwrap_or_default();
        let past = seen + 1 < self.past.states.len();
        self.past.states.get(seen).filter(|_| past).map(|state| &state.store)
    }

    /// Keeps nothing more once no fault will ask for it. Not in the middle of a call: it may be the last one that a fault was to hit.
    pub(super) fn forget_past(&mut self) {
        let asks = |armed: &Armed| lag(armed).is_some() && !armed.is_spent();
        if !self.past.states.is_empty() && !self.armed().iter().any(asks) {
            self.past = Past::default();
        }
    }

    fn lags(&self) -> impl Iterator<Item = &Stale> {
        self.armed().iter().filter_map(lag)
    }

    /// Will no fault ever look at the oldest state again? The one after it is old enough for all of them.
    fn is_forgotten(&self, now: i64, calls: u64) -> bool {
        let next = self.past.states.get(1);
        next.is_some_and(|next| self.lags().all(|lag| is_old_enough(next, lag, now, calls)))
    }
}

fn lag(armed: &Armed) -> Option<&Stale> {
    match &armed.fault.kind {
        Kind::Stale(lag) => Some(lag),
        _ => None,
    }
}

fn is_old_enough(state: &State, lag: &Stale, now: i64, calls: u64) -> bool {
    match (lag.by_ms, lag.by_calls) {
        (Some(ms), _) => state.at <= now.saturating_sub(i64::try_from(ms).unwrap_or(i64::MAX)),
        (None, behind) => state.calls + u64::from(behind.unwrap_or_default()) <= calls,
    }
}
