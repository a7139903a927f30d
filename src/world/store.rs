//! Records by collection, with indexes for what lists filter and sort on.
//!
//! A record keeps its JSON text, not a tree: reading it costs a copy, keeping it costs its bytes.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::query::{Page, Query};

/// Index of a collection in a store.
pub type CollectionIndex = usize;

/// What a collection is made with.
#[derive(Debug, Clone)]
pub struct CollectionSpec {
    pub name: Arc<str>,
    /// The field that lists are ordered by when nothing else is asked (newest last here; a query may reverse); ties by `seq`.
    pub order: Option<Arc<str>>,
    /// Fields with an index. A field that holds an array is indexed under each of its elements.
    pub indexes: Vec<Arc<str>>,
}

/// Most records a collection holds.
pub const RECORDS_MAX: usize = 10_000_000;

#[derive(Debug)]
pub struct Record {
    /// The id as text (an integer id in decimal).
    pub id: Arc<str>,
    /// Position in the order of creation within the collection; never reused.
    pub seq: u64,
    /// What callers may see, as compact JSON in the field order given.
    pub json: Box<str>,
    /// Fields that callers never see in an ordinary reply.
    pub hidden: Option<Box<Map<String, Value>>>,
    /// When it entered its present state.
    pub since: i64,
    /// Counts entries into states; due work planned for an earlier entry is void.
    pub entry: u32,
    /// Bit n: found valid against the n-th schema it is shown under (the engine's memo).
    pub checked: AtomicU32,
}

#[derive(Debug, Clone)]
pub struct Store {
    // per collection: imbl::OrdMap<u64, Arc<Record>> by seq; imbl::HashMap<Arc<str>, u64> id -> seq; indexes; blobs
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// A record of this id exists.
    Duplicate,
    /// The collection holds [`RECORDS_MAX`] records.
    Full,
}

impl Record {
    /// The visible fields.
    pub fn visible(&self) -> Map<String, Value> {
        todo!()
    }

    /// All fields, hidden ones last.
    pub fn value(&self) -> Value {
        todo!()
    }
}

impl Store {
    pub fn new(collections: &[CollectionSpec]) -> Store {
        let _ = collections;
        todo!()
    }

    /// Adds a record; the id is the caller's. Gives the stored record.
    pub fn insert(
        &mut self,
        collection: CollectionIndex,
        id: &str,
        visible: &Map<String, Value>,
        hidden: Option<Map<String, Value>>,
        now: i64,
    ) -> Result<Arc<Record>, StoreError> {
        let _ = (collection, id, visible, hidden, now);
        todo!()
    }

    /// Replaces the fields of a record. `entered`: it enters a state now (`since` = that instant, `entry` + 1). `None` when the record is gone.
    pub fn replace(
        &mut self,
        collection: CollectionIndex,
        seq: u64,
        visible: &Map<String, Value>,
        hidden: Option<Map<String, Value>>,
        entered: Option<i64>,
    ) -> Option<Arc<Record>> {
        let _ = (collection, seq, visible, hidden, entered);
        todo!()
    }

    /// Removes a record and its bytes.
    pub fn remove(&mut self, collection: CollectionIndex, seq: u64) -> Option<Arc<Record>> {
        let _ = (collection, seq);
        todo!()
    }

    pub fn get(&self, collection: CollectionIndex, id: &str) -> Option<&Arc<Record>> {
        let _ = (collection, id);
        todo!()
    }

    pub fn by_seq(&self, collection: CollectionIndex, seq: u64) -> Option<&Arc<Record>> {
        let _ = (collection, seq);
        todo!()
    }

    /// Records whose field equals the value (or, for an array field, contains it), in order of creation. Uses the index where there is one.
    /// Hidden fields can be matched, too (never indexed unless named in the spec: then they are).
    pub fn matching(&self, collection: CollectionIndex, field: &str, value: &Value) -> Vec<Arc<Record>> {
        let _ = (collection, field, value);
        todo!()
    }

    /// Records in order of creation.
    pub fn all(&self, collection: CollectionIndex) -> impl Iterator<Item = &Arc<Record>> {
        let _ = collection;
        std::iter::empty()
    }

    pub fn len(&self, collection: CollectionIndex) -> usize {
        let _ = collection;
        todo!()
    }

    /// One page of a filtered, sorted list.
    pub fn page(&self, collection: CollectionIndex, query: &Query) -> Page {
        let _ = (collection, query);
        todo!()
    }

    /// Keeps bytes beside a record (an upload).
    pub fn keep_bytes(&mut self, collection: CollectionIndex, seq: u64, bytes: Bytes) {
        let _ = (collection, seq, bytes);
        todo!()
    }

    pub fn bytes(&self, collection: CollectionIndex, seq: u64) -> Option<&Bytes> {
        let _ = (collection, seq);
        todo!()
    }

    /// Collection names in order.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        std::iter::empty()
    }
}
