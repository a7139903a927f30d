//! Counters behind rate limits, per bucket and caller.

use std::collections::VecDeque;
use std::sync::Arc;

use super::LookedUp;

/// A limit: at most `count` calls in any window of `window_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub count: u64,
    pub window_ms: i64,
    pub window: Window,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Counts the calls of the last `window_ms`.
    Sliding,
    /// Counts from zero at multiples of `window_ms` since the epoch.
    Fixed,
}

/// How a bucket stands after a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Asked: would one more call pass? Charged: did this one, and was it counted?
    pub passes: bool,
    pub limit: u64,
    pub remaining: u64,
    /// Instant (ms) at which `remaining` next grows; a window from now when nothing is counted.
    pub reset_at: i64,
}

/// Most slots kept for one bucket of one caller.
pub const SLOTS_MAX: usize = 128;
/// Most (bucket, caller) pairs kept; the longest unused go first.
pub const CALLERS_MAX: usize = 100_000;

/// A limit over [`SLOTS_MAX`] calls counts them in this many parts of its window.
const PARTS: i64 = 64;

/// Never walked but to be sorted.
type ByCaller = LookedUp<Arc<str>, Arc<Log>>;

/// Pairs are kept in two generations: a pair that is charged moves to the young one; when that is full, the old one is dropped
/// and the young one grows old. So the longest unused go first, and no order has to be kept on every call.
#[derive(Debug, Clone, Default)]
pub struct Quotas {
    buckets: imbl::OrdMap<Arc<str>, Bucket>,
    /// Pairs in the young generations of all buckets.
    young: usize,
}

#[derive(Debug, Clone, Default)]
struct Bucket {
    young: ByCaller,
    old: ByCaller,
}

/// The calls of one caller: slots of (instant, calls), oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Log {
    slots: VecDeque<(i64, u64)>,
}

/// One caller's log, as it is written.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedQuota {
    bucket: String,
    caller: String,
    old: bool,
    slots: Vec<(i64, u64)>,
}

impl Quotas {
    /// How the bucket stands without charging it: would one more call pass (`remaining` > 0)?
    pub fn standing(&self, bucket: &str, caller: &str, rate: Rate, now: i64) -> Standing {
        let log = self.buckets.get(bucket).and_then(|bucket| {
            let young = bucket.young.get(caller);
            young.or_else(|| bucket.old.get(caller))
        });
        let slots = log.into_iter().flat_map(|log| log.slots.iter().copied());
        let mut used = 0u64;
        let mut oldest = None;
        for (at, calls) in slots.filter(|(at, _)| rate.counts(*at, now)) {
            used = used.saturating_add(calls);
            oldest = oldest.or(Some(at));
        }
        let remaining = rate.count.saturating_sub(used);
        Standing { passes: remaining > 0, limit: rate.count, remaining, reset_at: rate.reset_at(oldest, now) }
    }

    /// Counts one call, if it is within the limit: a refused call is not counted, lest it lengthen the wait. Gives the standing after it.
    pub fn charge(&mut self, bucket: &str, caller: &str, rate: Rate, now: i64) -> Standing {
        let log = self.log(bucket, caller);
        let used = log.settle(rate, now);
        let passes = used < rate.count;
        if passes {
            log.count(rate.slot(now));
        }
        let remaining = rate.count.saturating_sub(used).saturating_sub(u64::from(passes));
        let oldest = log.slots.front().map(|(at, _)| *at);
        Standing { passes, limit: rate.count, remaining, reset_at: rate.reset_at(oldest, now) }
    }

    /// A pair's log, young from now on. The common case allocates nothing.
    fn log(&mut self, bucket: &str, caller: &str) -> &mut Log {
        let is_young = self.buckets.get(bucket).is_some_and(|bucket| bucket.young.contains_key(caller));
        if !is_young {
            self.admit(bucket, caller);
        }
        let log = self.buckets.get_mut(bucket).and_then(|bucket| bucket.young.get_mut(caller));
        Arc::make_mut(log.expect("the pair is young, or was admitted just now"))
    }

    fn admit(&mut self, bucket: &str, caller: &str) {
        if self.young >= CALLERS_MAX / 2 {
            self.grow_old();
        }
        if !self.buckets.contains_key(bucket) {
            self.buckets.insert(bucket.into(), Bucket::default());
        }
        let Some(bucket) = self.buckets.get_mut(bucket) else { return };
        let (caller, log) = bucket.old.remove_with_key(caller).unwrap_or_else(|| (caller.into(), Arc::default()));
        bucket.young.insert(caller, log);
        self.young += 1;
    }

    fn grow_old(&mut self) {
        let aged = self.buckets.iter().filter(|(_, bucket)| !bucket.young.is_empty());
        let aged = aged
            .map(|(name, bucket)| (Arc::clone(name), Bucket { young: ByCaller::default(), old: bucket.young.clone() }));
        self.buckets = aged.collect();
        self.young = 0;
    }

    /// As they are written: by bucket, then caller.
    pub(super) fn save(&self) -> Vec<SavedQuota> {
        let mut saved = Vec::new();
        for (name, bucket) in &self.buckets {
            let first = saved.len();
            for (callers, old) in [(&bucket.young, false), (&bucket.old, true)] {
                saved.extend(callers.iter().map(|(caller, log)| SavedQuota {
                    bucket: name.to_string(),
                    caller: caller.to_string(),
                    old,
                    slots: log.slots.iter().copied().collect(),
                }));
            }
            saved[first..].sort_unstable_by(|one, two| one.caller.cmp(&two.caller));
        }
        saved
    }

    pub(super) fn restore(saved: Vec<SavedQuota>) -> Result<Quotas, String> {
        let mut quotas = Quotas::default();
        for SavedQuota { bucket, caller, old, slots } in saved {
            let wrong = |what: &str| format!("the quota {bucket:?} of {caller:?} {what}");
            if slots.len() > SLOTS_MAX {
                return Err(wrong("holds too many slots"));
            }
            if !slots.is_sorted_by(|one, two| one.0 < two.0) {
                return Err(wrong("holds slots out of order"));
            }
            let log = Arc::new(Log { slots: slots.into() });
            let kept = quotas.buckets.entry(bucket.as_str().into()).or_default();
            if kept.young.contains_key(&*caller) || kept.old.contains_key(&*caller) {
                return Err(wrong("stands there twice"));
            }
            match old {
                true => kept.old.insert(caller.into(), log),
                false => kept.young.insert(caller.into(), log),
            };
            quotas.young += usize::from(!old);
        }
        Ok(quotas)
    }
}

impl Log {
    /// Drops what no longer counts and gives how many calls do.
    fn settle(&mut self, rate: Rate, now: i64) -> u64 {
        while self.slots.front().is_some_and(|(at, _)| !rate.counts(*at, now)) {
            self.slots.pop_front();
        }
        // A clock set back has calls ahead of it that have not happened yet.
        while self.slots.back().is_some_and(|(at, _)| !rate.counts(*at, now)) {
            self.slots.pop_back();
        }
        self.slots.iter().fold(0, |used, (_, calls)| used.saturating_add(*calls))
    }

    fn count(&mut self, slot: i64) {
        match self.slots.back_mut() {
            Some((at, calls)) if *at >= slot => *calls = calls.saturating_add(1),
            _ => {
                if self.slots.len() >= SLOTS_MAX {
                    // Only a rate that has changed meanwhile gets here. Count the oldest calls as later ones: never too few.
                    let oldest = self.slots.pop_front().map_or(0, |(_, calls)| calls);
                    if let Some((_, calls)) = self.slots.front_mut() {
                        *calls = calls.saturating_add(oldest);
                    }
                }
                self.slots.push_back((slot, 1));
            }
        }
    }
}

impl Rate {
    fn window(&self) -> i64 {
        self.window_ms.max(1)
    }

    /// How long the calls of one slot may lie apart.
    fn slot_ms(&self) -> i64 {
        match self.window {
            Window::Fixed => self.window(),
            Window::Sliding if self.count <= SLOTS_MAX as u64 => 1,
            Window::Sliding => (self.window() - 1) / PARTS + 1,
        }
    }

    /// The slot that counts a call.
    fn slot(&self, now: i64) -> i64 {
        let slot_ms = self.slot_ms();
        now.saturating_sub(now.rem_euclid(slot_ms))
    }

    /// Instant at which a slot no longer counts. Coarse slots count as their last call would: never too few.
    fn end(&self, slot: i64) -> i64 {
        match self.window {
            Window::Fixed => slot.saturating_add(self.window()),
            Window::Sliding => slot.saturating_add(self.slot_ms() - 1).saturating_add(self.window()),
        }
    }

    fn counts(&self, slot: i64, now: i64) -> bool {
        slot <= now && self.end(slot) > now
    }

    fn reset_at(&self, oldest: Option<i64>, now: i64) -> i64 {
        match (self.window, oldest) {
            (Window::Fixed, _) => self.end(self.slot(now)),
            (Window::Sliding, Some(oldest)) => self.end(oldest),
            (Window::Sliding, None) => now.saturating_add(self.window()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000;

    fn sliding(count: u64) -> Rate {
        Rate { count, window_ms: 60 * SECOND, window: Window::Sliding }
    }

    #[test]
    fn a_sliding_window_frees_one_call_when_the_oldest_leaves() {
        let mut quotas = Quotas::default();
        let rate = sliding(2);
        assert_eq!(
            quotas.charge("b", "c", rate, 1_000),
            Standing { passes: true, limit: 2, remaining: 1, reset_at: 61_000 }
        );
        assert_eq!(quotas.charge("b", "c", rate, 2_000).remaining, 0);
        let refused = quotas.charge("b", "c", rate, 60_999);
        assert_eq!(refused, Standing { passes: false, limit: 2, remaining: 0, reset_at: 61_000 });
        let passed = quotas.charge("b", "c", rate, 61_000);
        assert_eq!(passed, Standing { passes: true, limit: 2, remaining: 0, reset_at: 62_000 });
    }

    #[test]
    fn refused_calls_do_not_lengthen_the_wait() {
        let mut quotas = Quotas::default();
        assert!(quotas.charge("b", "c", sliding(1), 0).passes);
        for now in (1..60).map(|second| second * SECOND) {
            assert!(!quotas.charge("b", "c", sliding(1), now).passes);
        }
        assert!(quotas.charge("b", "c", sliding(1), 60_000).passes);
    }

    #[test]
    fn a_fixed_window_starts_anew_at_its_multiples() {
        let mut quotas = Quotas::default();
        let rate = Rate { window: Window::Fixed, ..sliding(2) };
        assert_eq!(quotas.charge("b", "c", rate, 59_000).reset_at, 60_000);
        assert!(quotas.charge("b", "c", rate, 59_999).passes);
        assert!(!quotas.charge("b", "c", rate, 59_999).passes);
        assert_eq!(
            quotas.charge("b", "c", rate, 60_000),
            Standing { passes: true, limit: 2, remaining: 1, reset_at: 120_000 }
        );
    }

    #[test]
    fn asking_does_not_charge_and_agrees_with_the_charge() {
        let mut quotas = Quotas::default();
        let fresh = Standing { passes: true, limit: 1, remaining: 1, reset_at: 65_000 };
        assert_eq!(quotas.standing("b", "c", sliding(1), 5_000), fresh);
        assert_eq!(quotas.standing("b", "c", sliding(1), 5_000), fresh);
        let charged = quotas.charge("b", "c", sliding(1), 5_000);
        assert_eq!(quotas.standing("b", "c", sliding(1), 5_000), Standing { passes: false, ..charged });
    }

    #[test]
    fn buckets_and_callers_are_counted_apart() {
        let mut quotas = Quotas::default();
        assert!(quotas.charge("b", "c", sliding(1), 0).passes);
        assert!(quotas.charge("b", "d", sliding(1), 0).passes);
        assert!(quotas.charge("a", "c", sliding(1), 0).passes);
        assert!(!quotas.charge("b", "c", sliding(1), 0).passes);
    }

    #[test]
    fn a_large_limit_is_never_exceeded_and_keeps_few_slots() {
        let mut quotas = Quotas::default();
        let rate = sliding(1_000);
        let mut passed = Vec::new();
        for now in (0..300_000).step_by(20) {
            if quotas.charge("b", "c", rate, now).passes {
                passed.push(now);
            }
        }
        assert!(quotas.log("b", "c").slots.len() <= SLOTS_MAX);
        for (at, first) in passed.iter().enumerate() {
            let within = passed[at..].iter().take_while(|now| **now < first + 60 * SECOND).count();
            assert!(within <= 1_000, "{within} calls within a window from {first}");
        }
        assert!(passed.len() > 4_800, "{} of 5,000 calls passed", passed.len());
    }

    #[test]
    fn a_clock_set_back_and_a_changed_rate_are_no_trouble() {
        let mut quotas = Quotas::default();
        for now in 0..200 {
            quotas.charge("b", "c", sliding(100), now * SECOND);
        }
        assert_eq!(quotas.charge("b", "c", sliding(100), -5).remaining, 99);
        for now in 0..200 {
            assert!(quotas.charge("b", "d", sliding(10_000), now).passes);
        }
        assert!(!quotas.charge("b", "d", sliding(100), 201).passes);
        for (count, window_ms) in [(0, 0), (1, -1), (u64::MAX, i64::MAX), (129, 1)] {
            for window in [Window::Sliding, Window::Fixed] {
                for now in [i64::MIN, -1, 0, i64::MAX] {
                    quotas.charge("b", "e", Rate { count, window_ms, window }, now);
                    quotas.standing("b", "e", Rate { count, window_ms, window }, now);
                }
            }
        }
        assert!(!quotas.charge("b", "f", sliding(0), 0).passes);
    }

    #[test]
    fn callers_are_bounded_and_the_longest_unused_go_first() {
        let mut quotas = Quotas::default();
        let day = Rate { window_ms: 86_400 * SECOND, ..sliding(10) };
        quotas.charge("b", "idle", day, 0);
        for caller in 0..CALLERS_MAX + 10 {
            quotas.charge("b", &caller.to_string(), day, 0);
            if caller % 1_000 == 0 {
                quotas.charge("b", "busy", sliding(1_000_000), 0);
            }
        }
        let kept = quotas.save().len();
        assert!((CALLERS_MAX / 2..=CALLERS_MAX).contains(&kept), "{kept}");
        assert_eq!(quotas.standing("b", "idle", day, 0).remaining, 10);
        assert_eq!(quotas.standing("b", "busy", sliding(1_000_000), 0).remaining, 1_000_000 - 101);
    }
}
