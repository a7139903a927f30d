//! A collection as it is written to text and read back.

use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::collection::boxed;
use super::{CollectionIndex, Record, Store, members};
use crate::fields::Fields;
use crate::json;
use crate::world::state::base64_text;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedCollection {
    pub name: String,
    /// The `seq` that the next record gets.
    pub next: u64,
    /// In order of creation.
    pub records: Vec<SavedRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedRecord {
    id: String,
    seq: u64,
    since: i64,
    entry: u32,
    // Kept as text, so that a deeply nested record does not nest deeper for standing in a world.
    fields: Box<RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hidden: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "base64_text")]
    bytes: Option<Bytes>,
}

impl Store {
    /// Every collection, as it is written.
    pub fn save(&self) -> Vec<SavedCollection> {
        let collections = self.collections.iter().map(|collection| SavedCollection {
            name: collection.spec().name.to_string(),
            next: collection.next(),
            records: collection.all().map(|record| SavedRecord::of(record, collection.bytes(record.seq))).collect(),
        });
        collections.collect()
    }

    /// Puts what was saved into an empty collection; an error says what is wrong with it.
    pub fn restore(&mut self, collection: CollectionIndex, saved: SavedCollection) -> Result<(), String> {
        let name = &saved.name;
        let target = self.change(collection);
        for record in saved.records {
            let wrong = |what: &str| format!("record {:?} of collection {name:?} {what}", record.id);
            if record.seq == 0 || record.seq < target.next() || record.seq >= saved.next {
                return Err(wrong(
                    "has a seq out of order: records ascend from 1 and stay below the collection's next",
                ));
            }
            let visible = parse_fields(&record.fields).map_err(|why| wrong(&why))?;
            let hidden = record.hidden.as_deref().map(parse_fields).transpose().map_err(|why| wrong(&why))?;
            let kept = Record {
                id: record.id.as_str().into(),
                seq: record.seq,
                json: json::fields_text(&visible),
                hidden: hidden.and_then(boxed),
                since: record.since,
                entry: record.entry,
                checked: AtomicU32::new(0),
                memo: OnceLock::new(),
            };
            target.add(kept, &visible).map_err(|error| match error {
                super::StoreError::Duplicate => wrong("has an id that an earlier record has"),
                super::StoreError::Full => wrong("is one too many"),
            })?;
            if let Some(bytes) = &record.bytes {
                target.keep_bytes(record.seq, bytes.clone());
            }
        }
        target.skip_to(saved.next);
        Ok(())
    }
}

impl SavedRecord {
    fn of(record: &Record, bytes: Option<&Bytes>) -> SavedRecord {
        SavedRecord {
            id: record.id.to_string(),
            seq: record.seq,
            since: record.since,
            entry: record.entry,
            fields: raw(record.json.to_string()),
            hidden: record.hidden.as_ref().map(|hidden| raw(json::fields_text(hidden).into())),
            bytes: bytes.cloned(),
        }
    }
}

/// Text that we wrote as JSON, as it is.
fn raw(json: String) -> Box<RawValue> {
    RawValue::from_string(json).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

fn parse_fields(json: &RawValue) -> Result<Fields, String> {
    let refused = match serde_json::from_str::<Map<String, Value>>(json.get()) {
        Ok(fields) => return Ok(fields.into_iter().collect()),
        Err(error) => format!("has fields that are no JSON object: {error}"),
    };
    // A record may nest one level deeper than the parser goes; its fields for themselves do not.
    let parsed = members::each(json.get()).map(|(name, value)| {
        let name = serde_json::from_str(name).ok()?;
        Some((name, serde_json::from_str(value).ok()?))
    });
    let parsed: Option<Map<String, Value>> = parsed.collect();
    parsed.filter(|fields| !fields.is_empty()).map(|fields| fields.into_iter().collect()).ok_or(refused)
}
