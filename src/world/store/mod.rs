//! Records by collection, with indexes for what lists filter and sort on.
//!
//! A record keeps its JSON text, not a tree: reading it costs a copy, keeping it costs its bytes.
//!
//! Reading order: [`record`], [`collection`] (what is kept and how it stays in step), [`page`] (how a list is answered),
//! and below them [`ranked`], [`key`], [`members`] and [`filter`].

mod collection;
mod filter;
mod key;
mod members;
mod page;
mod ranked;
mod record;
mod saved;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::query::{Page, Query};
use crate::fields::Fields;
use collection::Collection;
pub use record::Record;
pub(super) use saved::SavedCollection;

/// Index of a collection in a store.
pub type CollectionIndex = usize;

/// What a collection is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionSpec {
    pub name: Arc<str>,
    /// The field that lists are ordered by when nothing else is asked (newest last here; a query may reverse); ties by `seq`.
    pub order: Option<Arc<str>>,
    /// Fields with an index. A field that holds an array is indexed under each of its elements.
    pub indexes: Vec<Arc<str>>,
}

/// Most records a collection holds.
pub const RECORDS_MAX: usize = 10_000_000;

#[derive(Debug, Clone)]
pub struct Store {
    collections: Vec<Arc<Collection>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// A record of this id exists.
    Duplicate,
    /// The collection holds [`RECORDS_MAX`] records.
    Full,
}

/// A `CollectionIndex` comes from the specs that the store was made with. Reading from another one finds nothing; writing to it panics.
impl Store {
    pub fn new(collections: &[CollectionSpec]) -> Store {
        Store { collections: collections.iter().map(|spec| Arc::new(Collection::new(spec.clone()))).collect() }
    }

    /// Adds a record; the id is the caller's. Gives the stored record.
    pub fn insert(
        &mut self,
        collection: CollectionIndex,
        id: &str,
        visible: &Fields,
        hidden: Fields,
        now: i64,
    ) -> Result<Arc<Record>, StoreError> {
        self.change(collection).insert(id, visible, hidden, now)
    }

    /// Replaces the fields of a record. `entered`: it enters a state now (`since` = that instant, `entry` + 1). `None` when the record is gone.
    pub fn replace(
        &mut self,
        collection: CollectionIndex,
        seq: u64,
        visible: &Fields,
        hidden: Fields,
        entered: Option<i64>,
    ) -> Option<Arc<Record>> {
        self.by_seq(collection, seq)?;
        self.change(collection).replace(seq, visible, hidden, entered)
    }

    /// Removes a record and its bytes.
    pub fn remove(&mut self, collection: CollectionIndex, seq: u64) -> Option<Arc<Record>> {
        self.by_seq(collection, seq)?;
        self.change(collection).remove(seq)
    }

    pub fn get(&self, collection: CollectionIndex, id: &str) -> Option<&Arc<Record>> {
        self.read(collection)?.get(id)
    }

    pub fn by_seq(&self, collection: CollectionIndex, seq: u64) -> Option<&Arc<Record>> {
        self.read(collection)?.by_seq(seq)
    }

    /// Records of which each field wanted equals its value (or, for an array field, contains it), in order of creation. Uses indexes where
    /// there are any. Hidden fields can be matched, too (never indexed unless named in the spec: then they are).
    pub fn matching(&self, collection: CollectionIndex, wanted: &[(&str, Value)]) -> Vec<Arc<Record>> {
        self.read(collection).map(|collection| collection.matching(wanted)).unwrap_or_default()
    }

    /// The first record with such a field.
    pub fn first_matching(&self, collection: CollectionIndex, field: &str, value: &Value) -> Option<&Arc<Record>> {
        self.read(collection)?.first_matching(field, value)
    }

    /// Records in order of creation.
    pub fn all(&self, collection: CollectionIndex) -> impl Iterator<Item = &Arc<Record>> {
        self.read(collection).into_iter().flat_map(Collection::all)
    }

    pub fn len(&self, collection: CollectionIndex) -> usize {
        self.read(collection).map(Collection::len).unwrap_or_default()
    }

    /// One page of a filtered, sorted list.
    pub fn page(&self, collection: CollectionIndex, query: &Query) -> Page {
        self.read(collection).map(|collection| page::page(collection, query)).unwrap_or_default()
    }

    /// One page of those records that a condition accepts, too. It is asked for each record that passes the query's filters, in no order
    /// to rely on.
    pub fn page_where(
        &self,
        collection: CollectionIndex,
        query: &Query,
        accepts: &mut dyn FnMut(&Arc<Record>) -> bool,
    ) -> Page {
        let read = self.read(collection);
        read.map(|collection| page::page_where(collection, query, accepts)).unwrap_or_default()
    }

    /// Keeps bytes beside a record (an upload). Nothing happens when the record is gone.
    pub fn keep_bytes(&mut self, collection: CollectionIndex, seq: u64, bytes: Bytes) {
        if self.by_seq(collection, seq).is_some() {
            self.change(collection).keep_bytes(seq, bytes);
        }
    }

    pub fn bytes(&self, collection: CollectionIndex, seq: u64) -> Option<&Bytes> {
        self.read(collection)?.bytes(seq)
    }

    /// Collection names in order.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.collections.iter().map(|collection| &collection.spec().name)
    }

    /// The collection of this name.
    pub fn find(&self, name: &str) -> Option<CollectionIndex> {
        self.names().position(|candidate| **candidate == *name)
    }

    fn read(&self, collection: CollectionIndex) -> Option<&Collection> {
        self.collections.get(collection).map(|collection| &**collection)
    }

    /// The collection, no longer shared with clones of this store.
    fn change(&mut self, collection: CollectionIndex) -> &mut Collection {
        Arc::make_mut(&mut self.collections[collection])
    }
}

#[cfg(test)]
mod tests;
