//! What really happened, counted: calls and new records per UTC day. Unlike the journal it forgets nothing within its limit.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Most days kept; the oldest go first.
pub const DAYS_MAX: usize = 800;

use crate::instant::DAY_MS;

#[derive(Debug, Clone, Default)]
pub struct Tallies {
    /// By days since the epoch.
    days: imbl::OrdMap<i64, Arc<Day>>,
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
        self.count(now, |day| {
            day.calls = day.calls.saturating_add(1);
            day.errors = day.errors.saturating_add(u64::from(error));
            count(&mut day.by_operation, operation);
        });
    }

    pub fn count_created(&mut self, now: i64, resource: &str) {
        self.count(now, |day| count(&mut day.created, resource));
    }

    /// Days from `first` to `last` (days since the epoch, both included) on which something happened.
    pub fn days(&self, first: i64, last: i64) -> Vec<(i64, &Day)> {
        if first > last {
            return Vec::new();
        }
        self.days.range(first..=last).map(|(number, day)| (*number, &**day)).collect()
    }

    fn count(&mut self, now: i64, change: impl FnOnce(&mut Day)) {
        let number = now.div_euclid(DAY_MS);
        if let Some(day) = self.days.get_mut(&number) {
            change(Arc::make_mut(day));
            return;
        }
        let mut day = Day::default();
        change(&mut day);
        self.days.insert(number, Arc::new(day));
        self.drop_oldest();
    }

    fn drop_oldest(&mut self) {
        while self.days.len() > DAYS_MAX {
            let Some(oldest) = self.days.get_min().map(|(number, _)| *number) else { return };
            self.days.remove(&oldest);
        }
    }

    /// As it is written: days in order.
    pub(super) fn save(&self) -> Vec<(i64, Day)> {
        self.days.iter().map(|(number, day)| (*number, Day::clone(day))).collect()
    }

    pub(super) fn restore(saved: Vec<(i64, Day)>) -> Tallies {
        let days = saved.into_iter().map(|(number, day)| (number, Arc::new(day))).collect();
        let mut tallies = Tallies { days };
        tallies.drop_oldest();
        tallies
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count = count.saturating_add(1),
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_records_are_counted_on_their_day() {
        let mut tallies = Tallies::default();
        tallies.count_call(0, "GET /posts", false);
        tallies.count_call(DAY_MS - 1, "GET /posts", true);
        tallies.count_call(DAY_MS, "POST /posts", false);
        tallies.count_created(DAY_MS, "post");
        tallies.count_call(-1, "GET /posts", false);
        let days = tallies.days(0, 1);
        assert_eq!(days.len(), 2);
        assert_eq!((days[0].1.calls, days[0].1.errors, days[0].1.by_operation["GET /posts"]), (2, 1, 2));
        assert_eq!((days[1].1.calls, days[1].1.created["post"]), (1, 1));
        assert_eq!(tallies.days(-1, -1)[0].1.calls, 1);
    }

    #[test]
    fn a_range_that_ends_before_it_starts_is_empty() {
        let mut tallies = Tallies::default();
        tallies.count_call(0, "GET /posts", false);
        assert_eq!(tallies.days(1, 0), []);
        assert_eq!(tallies.days(1, 5), []);
    }

    #[test]
    fn the_oldest_day_goes_first() {
        let mut tallies = Tallies::default();
        for day in 0..DAYS_MAX as i64 + 5 {
            tallies.count_call(day * DAY_MS, "GET /posts", false);
        }
        let days = tallies.days(i64::MIN, i64::MAX);
        assert_eq!((days.len(), days[0].0), (DAYS_MAX, 5));
    }
}
