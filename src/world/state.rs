//! A world as text and back (`--state FILE`, saved worlds): JSON, versioned, complete but for the journal.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::World;
use super::agenda::{Agenda, SavedAgenda};
use super::clock::{Clock, Mode};
use super::fault::{Faults, SavedFaults};
use super::ids::{Ids, SavedIds};
use super::journal::Journal;
use super::outbox::{Outbox, SavedOutbox};
use super::quota::{Quotas, SavedQuota};
use super::replay::{Replays, SavedReplay};
use super::store::{CollectionSpec, SavedCollection, Store};
use super::tally::{Day, Tallies};
use super::touch::Touches;

/// The format's number; another one is refused.
pub const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedWorld {
    format: u32,
    name: String,
    clock: SavedClock,
    ids: SavedIds,
    collections: Vec<SavedCollection>,
    agenda: SavedAgenda,
    quotas: Vec<SavedQuota>,
    replays: Vec<SavedReplay>,
    tallies: Vec<(i64, Day)>,
    /// Last uses not yet written into records: collection, seq, instant.
    touches: Vec<(usize, u64, i64)>,
    faults: SavedFaults,
    outbox: SavedOutbox,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedClock {
    now: i64,
    /// Of a clock that follows wall time; a frozen one has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<i64>,
}

/// The format alone: read first, so that a file of another format is told apart from a broken one.
#[derive(Debug, Deserialize)]
struct Header {
    format: u64,
}

/// The whole world as compact JSON. Equal worlds give equal bytes.
pub fn to_json(world: &World) -> String {
    let offset = match world.clock.mode() {
        Mode::Frozen => None,
        Mode::Wall { offset } => Some(offset),
    };
    let saved = SavedWorld {
        format: FORMAT,
        name: world.name.to_string(),
        clock: SavedClock { now: world.clock.now(), offset },
        ids: world.ids.save(),
        collections: world.store.save(),
        agenda: world.agenda.save(),
        quotas: world.quotas.save(),
        replays: world.replays.save(),
        tallies: world.tallies.save(),
        touches: world.touches.save(),
        faults: world.faults.save(),
        outbox: world.outbox.save(),
    };
    serde_json::to_string(&saved).expect("plain data with text keys always has a JSON text")
}

/// Reads a world back. Collections are matched by name; an unknown one is an error, a missing one is empty. The journal starts empty.
pub fn from_json(text: &str, collections: &[CollectionSpec]) -> Result<World, String> {
    let wrong = |error: serde_json::Error| format!("the state is not a saved world: {error}");
    let header: Header = serde_json::from_str(text).map_err(wrong)?;
    if header.format != u64::from(FORMAT) {
        return Err(format!("the state has format {}, and this version reads format {FORMAT}", header.format));
    }
    let saved: SavedWorld = serde_json::from_str(text).map_err(wrong)?;
    let mut store = Store::new(collections);
    // Work and deliveries name collections by their place in the saved world, which may differ from the place here.
    let mut places = Vec::new();
    for collection in saved.collections {
        let place = store.find(&collection.name).ok_or_else(|| unknown_collection(&collection.name, &store))?;
        if places.contains(&place) {
            return Err(format!("collection {:?} stands in the state twice", collection.name));
        }
        places.push(place);
        store.restore(place, collection)?;
    }
    let mut faults = Faults::restore(saved.faults)?;
    // States before that of the file are not in it.
    faults.keep_past(&store, saved.clock.now);
    let here = |saved: usize| places.get(saved).copied();
    Ok(World {
        name: saved.name.into(),
        clock: Clock::restored(
            saved.clock.now,
            saved.clock.offset.map_or(Mode::Frozen, |offset| Mode::Wall { offset }),
        ),
        agenda: Agenda::restore(saved.agenda, here)?,
        ids: Ids::restore(saved.ids)?,
        store,
        quotas: Quotas::restore(saved.quotas)?,
        replays: Replays::restore(saved.replays)?,
        tallies: Tallies::restore(saved.tallies),
        touches: Touches::restore(saved.touches, here)?,
        faults,
        outbox: Outbox::restore(saved.outbox, here)?,
        journal: Journal::default(),
    })
}

impl World {
    /// SHA-256, in hexadecimal, of the world as text: equal worlds share it.
    pub fn digest(&self) -> String {
        crate::words::hex(&Sha256::digest(to_json(self).as_bytes()))
    }
}

/// Likeness (0 to 1) from which a known name is offered for an unknown one.
const LIKENESS_MIN: f64 = 0.7;

fn unknown_collection(name: &str, store: &Store) -> String {
    let nearest = store
        .names()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .max_by(|one, two| one.0.total_cmp(&two.0))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN);
    let hint = nearest.map(|(_, candidate)| format!("; did you mean {candidate:?}?")).unwrap_or_default();
    format!("the state has a collection {name:?} that this service does not have{hint}")
}

/// Bytes as base64 in JSON text; `None` as null.
pub(super) mod base64_text {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(bytes: &Option<Bytes>, serializer: S) -> Result<S::Ok, S::Error> {
        bytes.as_ref().map(|bytes| STANDARD.encode(bytes)).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Bytes>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        let decoded = text.map(|text| STANDARD.decode(text)).transpose();
        decoded.map(|bytes| bytes.map(Bytes::from)).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
