//! Everything that is true now for one tenant. Plain data: only the engine changes it, and nothing here knows a contract.
//!
//! All maps are persistent (`imbl`) or small, so cloning a world is a pointer copy: saving, branching and resetting cost nothing.

pub mod agenda;
pub mod clock;
pub mod compare;
pub mod fault;
pub mod ids;
pub mod journal;
pub mod outbox;
pub mod query;
pub mod quota;
pub mod replay;
pub mod state;
pub mod store;
pub mod tally;
pub mod touch;

use std::sync::Arc;

use agenda::Agenda;
use clock::Clock;
use fault::Faults;
use ids::Ids;
use journal::Journal;
use outbox::Outbox;
use quota::Quotas;
use replay::Replays;
use store::{CollectionSpec, Store};
use tally::Tallies;
use touch::Touches;

/// A map that is only looked up: its order means nothing, and its hashes are the same in every run.
type LookedUp<K, V> = imbl::GenericHashMap<K, V, foldhash::fast::FixedState, imbl::shared_ptr::DefaultSharedPtr>;

#[derive(Debug, Clone)]
pub struct World {
    /// The name by which callers choose it: `default`.
    pub name: Arc<str>,
    pub clock: Clock,
    /// Work that falls due later, in order.
    pub agenda: Agenda,
    pub ids: Ids,
    pub store: Store,
    pub quotas: Quotas,
    pub replays: Replays,
    pub tallies: Tallies,
    /// Last uses of records, not yet written into them.
    pub touches: Touches,
    pub faults: Faults,
    /// Deliveries that are due now and that the rim has not yet taken.
    pub outbox: Outbox,
    pub journal: Journal,
}

impl World {
    /// An empty world at `clock`'s instant.
    pub fn new(name: &str, seed: u64, clock: Clock, collections: &[CollectionSpec]) -> World {
        World {
            name: name.into(),
            clock,
            agenda: Agenda::default(),
            ids: Ids::new(seed),
            store: Store::new(collections),
            quotas: Quotas::default(),
            replays: Replays::default(),
            tallies: Tallies::default(),
            touches: Touches::default(),
            faults: Faults::default(),
            outbox: Outbox::default(),
            journal: Journal::default(),
        }
    }
}
