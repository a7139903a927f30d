//! What of a document was seen: operations, statuses, media types, parameters, response properties, enum values.
//!
//! - [`index`] lists what can be seen and finds it again for an exchange;
//! - [`shape`] is the part of that which a reply's schema gives: a tree of names, made once for each schema;
//! - [`bounds`] is what `--min-coverage` asks for.
//!
//! Counting an exchange follows its values down the tree; no schema is looked at again.

mod bounds;
mod index;
mod shape;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::exchange::Exchange;
use crate::contract::Contract;
use index::Index;

pub use bounds::{bounds, lacking};

/// A kind of thing that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Dimension {
    Operation,
    Status,
    MediaType,
    Parameter,
    ResponseProperty,
    EnumValue,
}

/// Counts for one API. Merged over workflows. A clone of an unused one costs far less than [`Coverage::of`].
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    index: Option<Arc<Index>>,
    /// How often each thing of the index was seen.
    seen: Vec<u64>,
}

/// One thing that can be seen, and how often it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    pub dimension: Dimension,
    /// The operation that it belongs to.
    pub operation: String,
    /// `GET /posts`, `404`, `request application/json`, `200 application/json`, `query per_page`, `200 /data/items/*/status`,
    /// `200 /data/items/*/status = queued`, `query sort = name` ...
    pub name: String,
    pub seen: u64,
    /// JSON Pointer in the document.
    pub pointer: String,
}

impl Dimension {
    pub const ALL: [Dimension; 6] = [
        Dimension::Operation,
        Dimension::Status,
        Dimension::MediaType,
        Dimension::Parameter,
        Dimension::ResponseProperty,
        Dimension::EnumValue,
    ];

    /// As the command line takes it: `media-type`.
    pub fn word(self) -> &'static str {
        match self {
            Dimension::Operation => "operation",
            Dimension::Status => "status",
            Dimension::MediaType => "media-type",
            Dimension::Parameter => "parameter",
            Dimension::ResponseProperty => "response-property",
            Dimension::EnumValue => "enum-value",
        }
    }
}

impl Coverage {
    /// All that can be seen, nothing seen yet.
    pub fn of(contract: &Contract) -> Coverage {
        let index = Index::of(contract);
        Coverage { seen: vec![0; index.len()], index: Some(Arc::new(index)) }
    }

    /// Counts what an exchange shows. One of an operation that the contract does not have counts for nothing.
    pub fn observe(&mut self, contract: &Contract, exchange: &Exchange) {
        if self.index.is_none() {
            *self = Coverage::of(contract);
        }
        if let Some(index) = &self.index {
            index.observe(exchange, &mut self.seen);
        }
    }

    /// Adds the counts of another workflow, or of another run.
    pub fn merge(&mut self, other: &Coverage) {
        let (Some(index), Some(theirs)) = (&self.index, &other.index) else {
            if self.index.is_none() {
                *self = other.clone();
            }
            return;
        };
        if Arc::ptr_eq(index, theirs) {
            self.seen.iter_mut().zip(&other.seen).for_each(|(seen, more)| *seen += more);
            return;
        }
        let key = |item: &Item| (item.dimension, item.operation.clone(), item.name.clone());
        let more: BTreeMap<_, u64> = other.items().iter().map(|item| (key(item), item.seen)).collect();
        for (seen, item) in self.seen.iter_mut().zip(index.items(&[])) {
            *seen += more.get(&key(&item)).copied().unwrap_or(0);
        }
    }

    /// In document order.
    pub fn items(&self) -> Vec<Item> {
        self.index.as_ref().map(|index| index.items(&self.seen)).unwrap_or_default()
    }

    /// Seen and all, of one dimension.
    pub fn count(&self, dimension: Dimension) -> (usize, usize) {
        let Some(index) = &self.index else { return (0, 0) };
        let of_dimension = index.dimensions().zip(&self.seen).filter(|(other, _)| *other == dimension);
        of_dimension.fold((0, 0), |(seen, all), (_, count)| (seen + usize::from(*count > 0), all + 1))
    }
}

#[cfg(test)]
mod tests;
