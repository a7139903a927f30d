//! Work that falls due later, ordered by instant, then by the order in which it was planned.

/// What is to be done when it falls due.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Work {
    /// A record may change its state. Void when the record has entered another state since: `entry` no longer matches.
    Lifecycle { collection: usize, seq: u64, entry: u32 },
    /// The next attempt of a delivery, by the `seq` of its log record or, without a log, its number.
    Attempt { delivery: u64 },
}

/// Most planned items a world holds; planning beyond it is refused with `Full`.
pub const ITEMS_MAX: usize = 1_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Full;

#[derive(Debug, Clone, Default)]
pub struct Agenda {
    // imbl::OrdMap<(i64, u64), Work> and a counter
}

impl Agenda {
    pub fn plan(&mut self, at: i64, work: Work) -> Result<(), Full> {
        let _ = (at, work);
        todo!()
    }

    /// The instant of the earliest item.
    pub fn next_due(&self) -> Option<i64> {
        todo!()
    }

    /// Takes the earliest item that is due at or before `until`, with its instant.
    pub fn take_due(&mut self, until: i64) -> Option<(i64, Work)> {
        let _ = until;
        todo!()
    }

    pub fn len(&self) -> usize {
        todo!()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
