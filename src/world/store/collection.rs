//! One collection: its records by order of creation, by id and by default order, and its indexes, always in step.

use std::cmp::Ordering;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::Value;

use super::key::{Key, Keys, Sought};
use super::ranked::{Ranked, Run};
use super::{CollectionSpec, RECORDS_MAX, Record, StoreError};
use crate::fields::Fields;
use crate::json;

#[derive(Debug, Clone)]
pub struct Collection {
    spec: Arc<CollectionSpec>,
    /// The `seq` of the next record.
    next: u64,
    /// By `seq`.
    records: Ranked<Kept<u64>>,
    /// In order, as most ids are made in order: a new one then stands beside the last one, where a hash would put it anywhere in memory.
    by_id: Ranked<Kept<Key>>,
    /// Default order; `None` where that is the order of creation.
    order: Option<Ranked<Placed>>,
    /// Each is made when it is first looked at, and kept in step from then on: what nobody asks for costs nothing.
    indexes: Vec<OnceLock<Index>>,
    blobs: imbl::OrdMap<u64, Bytes>,
}

/// A record under what it is ordered by, of which no two have the same.
#[derive(Debug, Clone)]
pub struct Kept<K> {
    pub key: K,
    pub record: Arc<Record>,
}

/// A record's place in default order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placed {
    pub order: Key,
    pub seq: u64,
}

/// A record under one key of an index. Records of one key stand in default order, so that an equality filter is a range of the index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub key: Key,
    pub place: Placed,
}

#[derive(Debug, Clone, Default)]
pub struct Index {
    pub entries: Ranked<Entry>,
    /// Records that do not stand here exactly once: their field holds an array. Without any, the index is a sort of the collection.
    irregular: usize,
}

/// What places a record in order and indexes.
struct Standing {
    place: Placed,
    /// For each index that is made.
    keys: Vec<Keys>,
}

impl Collection {
    pub fn new(spec: CollectionSpec) -> Collection {
        Collection {
            next: 1,
            records: Ranked::default(),
            by_id: Ranked::default(),
            order: spec.order.as_ref().map(|_| Ranked::default()),
            indexes: spec.indexes.iter().map(|_| OnceLock::new()).collect(),
            blobs: imbl::OrdMap::new(),
            spec: Arc::new(spec),
        }
    }

    pub fn spec(&self) -> &CollectionSpec {
        &self.spec
    }

    /// The `seq` that the next record gets.
    pub fn next(&self) -> u64 {
        self.next
    }

    pub fn insert(&mut self, id: &str, visible: &Fields, hidden: Fields, now: i64) -> Result<Arc<Record>, StoreError> {
        let record = Record {
            id: id.into(),
            seq: self.next,
            json: json::fields_text(visible),
            hidden: boxed(hidden),
            since: now,
            entry: 0,
            checked: AtomicU32::new(0),
            memo: OnceLock::new(),
        };
        self.add(record, visible)
    }

    /// Adds a record as it is, with a `seq` not below [`Collection::next`].
    pub fn add(&mut self, record: Record, visible: &Fields) -> Result<Arc<Record>, StoreError> {
        // The last number is never given out, so that `next` always has one.
        if self.records.len() >= RECORDS_MAX || record.seq == u64::MAX {
            return Err(StoreError::Full);
        }
        let standing = self.standing(record.seq, visible, record.hidden.as_deref());
        let record = Arc::new(record);
        if !self.by_id.insert(Kept::by_id(&record)) {
            return Err(StoreError::Duplicate);
        }
        self.next = self.next.max(record.seq + 1);
        self.records.insert(Kept::by_seq(&record));
        if let Some(order) = &mut self.order {
            order.insert(standing.place.clone());
        }
        for (index, keys) in self.made().zip(&standing.keys) {
            index.add(keys, &standing.place);
        }
        Ok(record)
    }

    pub fn replace(&mut self, seq: u64, visible: &Fields, hidden: Fields, entered: Option<i64>) -> Option<Arc<Record>> {
        let old = Arc::clone(self.by_seq(seq)?);
        let before = self.standing_of(&old);
        let record = Arc::new(Record {
            id: Arc::clone(&old.id),
            seq,
            json: json::fields_text(visible),
            hidden: boxed(hidden),
            since: entered.unwrap_or(old.since),
            entry: old.entry.wrapping_add(u32::from(entered.is_some())),
            checked: AtomicU32::new(0),
            memo: OnceLock::new(),
        });
        let after = self.standing(seq, visible, record.hidden.as_deref());
        self.by_id.replace(Kept::by_id(&record));
        self.records.replace(Kept::by_seq(&record));
        let moved = before.place != after.place;
        if moved && let Some(order) = &mut self.order {
            order.remove(&before.place);
            order.insert(after.place.clone());
        }
        for (index, (old, new)) in self.made().zip(before.keys.iter().zip(&after.keys)) {
            if moved || old != new {
                index.remove(old, &before.place);
                index.add(new, &after.place);
            }
        }
        Some(record)
    }

    pub fn remove(&mut self, seq: u64) -> Option<Arc<Record>> {
        let record = Arc::clone(self.by_seq(seq)?);
        let standing = self.standing_of(&record);
        self.by_id.remove(&Kept::by_id(&record));
        self.records.remove(&Kept::by_seq(&record));
        if let Some(order) = &mut self.order {
            order.remove(&standing.place);
        }
        for (index, keys) in self.made().zip(&standing.keys) {
            index.remove(keys, &standing.place);
        }
        self.blobs.remove(&seq);
        Some(record)
    }

    pub fn get(&self, id: &str) -> Option<&Arc<Record>> {
        let sought = Sought::Text(id);
        let kept = self.by_id.first_from(|kept| sought.order(&kept.key).is_lt())?;
        sought.order(&kept.key).is_eq().then_some(&kept.record)
    }

    pub fn by_seq(&self, seq: u64) -> Option<&Arc<Record>> {
        let kept = self.records.first_from(|kept| kept.key < seq)?;
        (kept.key == seq).then_some(&kept.record)
    }

    /// Records that have every field wanted, oldest first: those that the index with the fewest of them knows are looked at.
    pub fn matching(&self, wanted: &[(&str, Value)]) -> Vec<Arc<Record>> {
        let has_others = |record: &Record, known: usize| {
            let others = wanted.iter().enumerate().filter(|(place, _)| *place != known);
            others.into_iter().all(|(_, (field, value))| record.has(field, value))
        };
        let known =
            wanted.iter().enumerate().filter_map(|(place, (field, value))| Some((place, self.under(field, value)?)));
        let Some((known, entries)) = known.min_by_key(|(_, entries)| entries.len()) else {
            return self.all().filter(|record| has_others(record, usize::MAX)).cloned().collect();
        };
        let mut seqs: Vec<u64> = entries.map(|entry| entry.place.seq).collect();
        seqs.sort_unstable();
        let records = seqs.into_iter().filter_map(|seq| self.by_seq(seq));
        records.filter(|record| has_others(record, known)).cloned().collect()
    }

    /// The oldest record that has the field.
    pub fn first_matching(&self, field: &str, value: &Value) -> Option<&Arc<Record>> {
        match self.under(field, value) {
            Some(entries) => self.by_seq(entries.map(|entry| entry.place.seq).min()?),
            None => self.all().find(|record| record.has(field, value)),
        }
    }

    /// What an index has under a value, in default order; `None` where no index tells.
    fn under(&self, field: &str, value: &Value) -> Option<Run<'_, Entry>> {
        // An index knows an array's elements and not the array.
        let index = if value.is_array() { None } else { self.index(field) }?;
        let sought = Sought::of(value);
        let start = index.entries.rank(|entry| sought.order(&entry.key).is_lt());
        Some(index.entries.run(start..index.entries.rank(|entry| sought.order(&entry.key).is_le())))
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<Record>> {
        self.records.iter().map(|kept| &kept.record)
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn keep_bytes(&mut self, seq: u64, bytes: Bytes) {
        self.blobs.insert(seq, bytes);
    }

    pub fn bytes(&self, seq: u64) -> Option<&Bytes> {
        self.blobs.get(&seq)
    }

    /// Never gives out a `seq` below this one again.
    pub fn skip_to(&mut self, next: u64) {
        self.next = self.next.max(next);
    }

    pub fn records(&self) -> &Ranked<Kept<u64>> {
        &self.records
    }

    /// Default order, where it is not the order of creation.
    pub fn order(&self) -> Option<&Ranked<Placed>> {
        self.order.as_ref()
    }

    /// A field's index, made now if it was not asked for before, which takes a look at every record.
    pub fn index(&self, field: &str) -> Option<&Index> {
        let at = self.spec.indexes.iter().position(|candidate| **candidate == *field)?;
        let make = || {
            let mut index = Index::default();
            self.all().for_each(|record| index.add(&record.keys(field), &self.place_of(record)));
            index
        };
        Some(self.indexes.get(at)?.get_or_init(make))
    }

    fn made(&mut self) -> impl Iterator<Item = &mut Index> {
        self.indexes.iter_mut().filter_map(OnceLock::get_mut)
    }

    /// The fields of indexes that are made.
    fn looked_at(&self) -> impl Iterator<Item = &str> {
        let fields = self.spec.indexes.iter().zip(&self.indexes);
        fields.filter(|(_, index)| index.get().is_some()).map(|(field, _)| &**field)
    }

    /// A stored record's place in default order.
    pub fn place_of(&self, record: &Record) -> Placed {
        let order = self.spec.order.as_ref().map_or(Key::Null, |field| record.sort_key(field));
        Placed { order, seq: record.seq }
    }

    fn standing_of(&self, record: &Record) -> Standing {
        Standing { place: self.place_of(record), keys: self.looked_at().map(|field| record.keys(field)).collect() }
    }

    fn standing(&self, seq: u64, visible: &Fields, hidden: Option<&Fields>) -> Standing {
        let value = |field: &str| hidden.and_then(|hidden| hidden.get(field)).or_else(|| visible.get(field));
        let order = self.spec.order.as_ref().map_or(Key::Null, |field| Keys::of(value(field)).least());
        let keys = self.looked_at().map(|field| Keys::of(value(field))).collect();
        Standing { place: Placed { order, seq }, keys }
    }
}

impl Index {
    /// Does every record stand here exactly once?
    pub fn is_regular(&self) -> bool {
        self.irregular == 0
    }

    fn add(&mut self, keys: &Keys, place: &Placed) {
        self.irregular += usize::from(matches!(keys, Keys::Many(_)));
        for key in keys.as_slice() {
            let key = self.shared(key, place);
            self.entries.insert(Entry { key, place: place.clone() });
        }
    }

    fn remove(&mut self, keys: &Keys, place: &Placed) {
        self.irregular -= usize::from(matches!(keys, Keys::Many(_)));
        for key in keys.as_slice() {
            self.entries.remove(&Entry { key: key.clone(), place: place.clone() });
        }
    }

    /// The same key, with its text shared: with the order key where that is the same, else with another entry's.
    fn shared(&self, key: &Key, place: &Placed) -> Key {
        if !matches!(key, Key::Long(_) | Key::Tree(_)) {
            return key.clone();
        }
        if *key == place.order {
            return place.order.clone();
        }
        match self.entries.first_from(|entry| entry.key < *key) {
            Some(entry) if entry.key == *key => entry.key.clone(),
            _ => key.clone(),
        }
    }
}

/// Fields that callers never see, where there are any.
pub fn boxed(hidden: Fields) -> Option<Box<Fields>> {
    (!hidden.is_empty()).then(|| Box::new(hidden))
}

impl Kept<u64> {
    fn by_seq(record: &Arc<Record>) -> Kept<u64> {
        Kept { key: record.seq, record: Arc::clone(record) }
    }
}

impl Kept<Key> {
    fn by_id(record: &Arc<Record>) -> Kept<Key> {
        Kept { key: Key::shared(&record.id), record: Arc::clone(record) }
    }
}

impl<K: Ord> Ord for Kept<K> {
    fn cmp(&self, other: &Kept<K>) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl<K: Ord> PartialOrd for Kept<K> {
    fn partial_cmp(&self, other: &Kept<K>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: PartialEq> PartialEq for Kept<K> {
    fn eq(&self, other: &Kept<K>) -> bool {
        self.key == other.key
    }
}

impl<K: Eq> Eq for Kept<K> {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::page;
    use super::*;
    use crate::world::query::{Filter, Operator, Query};

    #[test]
    fn an_index_is_made_when_it_helps_for_the_first_time() {
        let indexes = ["name", "size", "tags"].map(Arc::from).to_vec();
        let mut collection = Collection::new(CollectionSpec { name: "parcel".into(), order: None, indexes });
        for size in 0..9 {
            let fields: Fields =
                [("name", json!("n")), ("size", json!(size)), ("tags", json!([size]))].into_iter().collect();
            collection.insert(&size.to_string(), &fields, Fields::default(), 0).expect("a free id");
        }
        let made = |collection: &Collection| collection.looked_at().map(str::to_owned).collect::<Vec<_>>();
        let asked = |field: &str, operator, value| {
            let filters = vec![Filter { field: field.to_owned(), operator, value }];
            let total = page::page(&collection, &Query { filters, limit: 5, ..Query::default() }).total;
            (total, made(&collection))
        };
        assert_eq!(asked("name", Operator::Contains, json!("n")), (9, vec![]));
        assert_eq!(asked("size", Operator::NotEqual, json!(3)), (8, vec![]));
        assert_eq!(asked("size", Operator::Greater, json!(3)), (5, vec!["size".to_owned()]));
        assert_eq!(collection.matching(&[("tags", json!([3]))]).len(), 1);
        assert_eq!(made(&collection), ["size"]);
        assert_eq!(collection.matching(&[("tags", json!(3))]).len(), 1);
        assert_eq!(made(&collection), ["size", "tags"]);
    }
}
