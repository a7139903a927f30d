//! What really happened, counted: calls and new records per UTC day. Unlike the journal it forgets nothing within its limit.

use std::collections::BTreeMap;

/// Most days kept; the oldest go first.
pub const DAYS_MAX: usize = 800;

#[derive(Debug, Clone, Default)]
pub struct Tallies {
    // imbl::OrdMap<i64 /* days since the epoch */, Arc<Day>>
}

#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Day {
    /// Calls by identified callers.
    pub calls: u64,
    /// Of those, answered with 4xx or 5xx.
    pub errors: u64,
    /// Calls by `METHOD /template` (with the base path).
    pub by_operation: BTreeMap<String, u64>,
    /// Records created, by resource.
    pub created: BTreeMap<String, u64>,
}

impl Tallies {
    pub fn count_call(&mut self, now: i64, operation: &str, error: bool) {
        let _ = (now, operation, error);
        todo!()
    }

    pub fn count_created(&mut self, now: i64, resource: &str) {
        let _ = (now, resource);
        todo!()
    }

    /// Days from `first` to `last` (days since the epoch, both included) on which something happened.
    pub fn days(&self, first: i64, last: i64) -> Vec<(i64, &Day)> {
        let _ = (first, last);
        todo!()
    }
}
