//! Counters behind rate limits, per bucket and caller.

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
    pub limit: u64,
    pub remaining: u64,
    /// Instant (ms) at which `remaining` next grows.
    pub reset_at: i64,
}

#[derive(Debug, Clone, Default)]
pub struct Quotas {
    // imbl::OrdMap<(bucket, caller), Arc<...>>: a sliding log of (instant, count) slots; limits over SLOTS_MAX calls use
    // slots of window/64, so that a bucket never holds more than SLOTS_MAX slots
}

/// Most slots kept for one bucket of one caller.
pub const SLOTS_MAX: usize = 128;
/// Most (bucket, caller) pairs kept; the longest unused goes first.
pub const CALLERS_MAX: usize = 100_000;

impl Quotas {
    /// How the bucket stands without charging it: would one more call pass (`remaining` > 0)?
    pub fn standing(&self, bucket: &str, caller: &str, rate: Rate, now: i64) -> Standing {
        let _ = (bucket, caller, rate, now);
        todo!()
    }

    /// Counts one call, whether or not it is over the limit is the engine's business. Gives the standing after it.
    pub fn charge(&mut self, bucket: &str, caller: &str, rate: Rate, now: i64) -> Standing {
        let _ = (bucket, caller, rate, now);
        todo!()
    }
}
