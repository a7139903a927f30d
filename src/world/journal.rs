//! What happened, call by call, with the chain of causes. Bounded: the oldest entries go first.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

/// Most entries kept.
pub const ENTRIES_MAX: usize = 2_000;
/// Most bytes of bodies and texts kept over all entries; older entries are dropped to stay below.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;

#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Counts up from 1 within the world.
    pub number: u64,
    /// World time, ms.
    pub at: i64,
    pub what: What,
    /// Why it went as it did, in order: route, caller, limit, rule, change, event, fault.
    pub causes: Vec<Cause>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum What {
    Call {
        method: Arc<str>,
        path: Arc<str>,
        operation: Option<Arc<str>>,
        status: u16,
        #[serde(skip)]
        request: Bytes,
        #[serde(skip)]
        reply: Bytes,
    },
    /// A record changed on its own when time came.
    Lifecycle { resource: Arc<str>, id: Arc<str>, from: String, to: String },
    /// An event was emitted.
    Event { event: Arc<str>, data: String },
    /// An attempt to deliver an event, and what came of it.
    Attempt { delivery: u64, event: String, url: String, attempt: u32, outcome: String },
    /// The clock, state or faults were changed through the control API.
    Control { action: String },
}

/// One link of the chain: a short word and a text.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Cause {
    pub kind: &'static str,
    pub text: std::borrow::Cow<'static, str>,
}

#[derive(Debug, Clone, Default)]
pub struct Journal {
    // imbl::Vector<Arc<Entry>>, next number, bytes held
}

impl Journal {
    pub fn push(&mut self, at: i64, what: What, causes: Vec<Cause>) -> u64 {
        let _ = (at, what, causes);
        todo!()
    }

    /// Entries with a number above `after`, oldest first, at most `limit`.
    pub fn since(&self, after: u64, limit: usize) -> Vec<Arc<Entry>> {
        let _ = (after, limit);
        todo!()
    }

    /// The number of the newest entry; 0 when nothing ever happened.
    pub fn last_number(&self) -> u64 {
        todo!()
    }

    /// One line an entry: the canonical text that two equal histories share.
    pub fn text(&self) -> String {
        todo!()
    }
}
