//! How a list is answered: by walking an order that stands ready where there is one, else by gathering, testing and sorting.
//!
//! Walked, in time independent of the collection's size: default order, one equality filter on an indexed field in default
//! order, and a sort by one indexed field without filters. Everything else gathers: from the narrowest index that a filter
//! can use, or from the whole collection.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use super::Record;
use super::collection::{Collection, Entry, Index, Kept, Placed};
use super::filter::Test;
use super::key::Key;
use super::ranked::Ranked;
use crate::world::query::{Page, Query};

/// The order asked for.
struct Asked<'q> {
    /// Field and whether it descends; empty for default order.
    sort: Vec<(&'q str, bool)>,
    /// Default order, and ties of a sort, newest first.
    reversed: bool,
}

/// An order that stands ready, least first.
enum Walk<'a> {
    Creation(&'a Ranked<Kept<u64>>),
    Default(&'a Ranked<Placed>),
    /// One key's range of an index: default order.
    Range(&'a Index, Range<usize>),
    /// A whole index: the order of its field.
    Index(&'a Index, &'a str),
}

/// A record that matches, with what it is sorted by.
struct Found {
    keys: Vec<Key>,
    place: Placed,
}

pub fn page(collection: &Collection, query: &Query) -> Page {
    let asked = Asked::of(collection, query);
    let tests = tests_of(collection, query);
    match Walk::find(collection, &tests, &asked) {
        Some(walk) => walk.page(collection, &asked, query),
        None => gathered_page(collection, tests, &asked, query, &mut |_| true),
    }
}

/// A condition that only the caller can ask has no index, so everything that passes the filters is gathered.
pub fn page_where(collection: &Collection, query: &Query, accepts: &mut dyn FnMut(&Arc<Record>) -> bool) -> Page {
    gathered_page(collection, tests_of(collection, query), &Asked::of(collection, query), query, accepts)
}

impl<'q> Asked<'q> {
    fn of(collection: &Collection, query: &'q Query) -> Asked<'q> {
        let Some(last) = query.sort.last() else {
            return Asked { sort: Vec::new(), reversed: query.newest_first };
        };
        let is_default = query.sort.len() == 1 && collection.spec().order.as_deref() == Some(&last.field);
        let sort = match is_default {
            true => Vec::new(),
            false => query.sort.iter().map(|sort| (sort.field.as_str(), sort.descending)).collect(),
        };
        Asked { sort, reversed: last.descending }
    }

    fn compare(&self, one: &Found, two: &Found) -> Ordering {
        for ((_, descending), (one, two)) in self.sort.iter().zip(one.keys.iter().zip(&two.keys)) {
            match directed(one.cmp(two), *descending) {
                Ordering::Equal => {}
                order => return order,
            }
        }
        directed(one.place.cmp(&two.place), self.reversed)
    }

    fn found(&self, record: &Record, place: Placed) -> Found {
        Found { keys: self.sort.iter().map(|(field, _)| record.sort_key(field)).collect(), place }
    }
}

fn directed(order: Ordering, descending: bool) -> Ordering {
    if descending { order.reverse() } else { order }
}

/// The filters that can refuse a record. An equality that every record satisfies says nothing, and leaving it out lets the
/// others be walked: a list within the one workspace that a client works in.
fn tests_of<'q>(collection: &Collection, query: &'q Query) -> Vec<Test<'q>> {
    // An array is indexed once for each distinct element, so a key counts a record once.
    let all = |(_, spans): (&Index, Vec<Range<usize>>)| spans.iter().map(Range::len).sum::<usize>() == collection.len();
    let refuses = |test: &Test<'_>| !(test.is_equality() && test.places(collection).is_some_and(all));
    query.filters.iter().map(Test::new).filter(refuses).collect()
}

impl<'a> Walk<'a> {
    fn find(collection: &'a Collection, tests: &[Test<'_>], asked: &Asked<'a>) -> Option<Walk<'a>> {
        match (tests, &asked.sort[..]) {
            ([], []) => Some(match collection.order() {
                Some(order) => Walk::Default(order),
                None => Walk::Creation(collection.records()),
            }),
            ([test], []) if test.is_equality() => {
                let (index, spans) = test.places(collection)?;
                Some(Walk::Range(index, spans.into_iter().next()?))
            }
            ([], [(field, _)]) => {
                let index = collection.index(field)?;
                index.is_regular().then_some(Walk::Index(index, field))
            }
            _ => None,
        }
    }

    fn page(&self, collection: &Collection, asked: &Asked<'_>, query: &Query) -> Page {
        let total = self.len();
        let start = match query.after {
            None => query.offset,
            Some(after) => match self.cursor(collection, asked, after) {
                None => 0,
                Some(cursor) => match asked.reversed {
                    false => self.rank(&cursor, true),
                    true => total - self.rank(&cursor, false),
                },
            },
        };
        let (start, end) = bounds(start, query.limit, total);
        let seqs = match asked.reversed {
            false => self.seqs(start..end),
            true => {
                let mut seqs = self.seqs(total - end..total - start);
                seqs.reverse();
                seqs
            }
        };
        Page { records: records(collection, seqs), total, more: end < total }
    }

    fn len(&self) -> usize {
        match self {
            Walk::Creation(records) => records.len(),
            Walk::Default(order) => order.len(),
            Walk::Range(_, span) => span.len(),
            Walk::Index(index, _) => index.entries.len(),
        }
    }

    fn seqs(&self, places: Range<usize>) -> Vec<u64> {
        match self {
            Walk::Creation(records) => records.run(places).map(|kept| kept.key).collect(),
            Walk::Default(order) => order.run(places).map(|placed| placed.seq).collect(),
            Walk::Range(index, span) => {
                let places = span.start + places.start..span.start + places.end;
                index.entries.run(places).map(|entry| entry.place.seq).collect()
            }
            Walk::Index(index, _) => index.entries.run(places).map(|entry| entry.place.seq).collect(),
        }
    }

    /// Where the record named by a cursor stands in this order; `None` for the start.
    fn cursor(&self, collection: &Collection, asked: &Asked<'_>, after: u64) -> Option<Entry> {
        match self {
            Walk::Index(_, field) => {
                let record = collection.by_seq(after)?;
                Some(Entry { key: record.sort_key(field), place: collection.place_of(record) })
            }
            Walk::Range(index, span) => {
                let key = index.entries.get(span.start)?.key.clone();
                Some(Entry { key, place: default_place(collection, asked, after)? })
            }
            _ => Some(Entry { key: Key::Null, place: default_place(collection, asked, after)? }),
        }
    }

    /// How many items stand before the cursor, or before and at it.
    fn rank(&self, cursor: &Entry, inclusive: bool) -> usize {
        let before = |order: Ordering| order.is_lt() || (inclusive && order.is_eq());
        match self {
            Walk::Creation(records) => records.rank(|kept| before(kept.key.cmp(&cursor.place.seq))),
            Walk::Default(order) => order.rank(|placed| before(placed.cmp(&cursor.place))),
            Walk::Range(index, span) => {
                let rank = index.entries.rank(|entry| before(entry.cmp(cursor)));
                rank.clamp(span.start, span.end) - span.start
            }
            Walk::Index(index, _) => index.entries.rank(|entry| before(entry.cmp(cursor))),
        }
    }
}

fn gathered_page(
    collection: &Collection,
    tests: Vec<Test<'_>>,
    asked: &Asked<'_>,
    query: &Query,
    accepts: &mut dyn FnMut(&Arc<Record>) -> bool,
) -> Page {
    let mut found = gather(collection, tests, asked, accepts);
    let total = found.len();
    if !asked.sort.is_empty() {
        found.sort_unstable_by(|one, two| asked.compare(one, two));
    } else if asked.reversed {
        found.reverse();
    }
    let start = match query.after {
        None => query.offset,
        Some(after) => match cursor_of(collection, asked, after) {
            None => 0,
            Some(cursor) => found.partition_point(|found| asked.compare(found, &cursor).is_le()),
        },
    };
    let (start, end) = bounds(start, query.limit, total);
    let seqs = found[start..end].iter().map(|found| found.place.seq).collect();
    Page { records: records(collection, seqs), total, more: end < total }
}

/// Every record that passes, in default order.
fn gather(
    collection: &Collection,
    mut tests: Vec<Test<'_>>,
    asked: &Asked<'_>,
    accepts: &mut dyn FnMut(&Arc<Record>) -> bool,
) -> Vec<Found> {
    let places = match narrowest(collection, &tests) {
        Some((at, index, spans)) => {
            // The index has tested it.
            tests.remove(at);
            let mut places: Vec<Placed> =
                spans.into_iter().flat_map(|span| index.entries.run(span)).map(|entry| entry.place.clone()).collect();
            // Several keys may lead to one record, and each key starts anew.
            places.sort_unstable();
            places.dedup();
            places
        }
        None => match collection.order() {
            Some(order) => order.iter().cloned().collect(),
            None => collection.records().iter().map(|kept| Placed { order: Key::Null, seq: kept.key }).collect(),
        },
    };
    let passed = places.into_iter().filter_map(|place| {
        let record = collection.by_seq(place.seq)?;
        let passes = tests.iter().all(|test| test.accepts(record)) && accepts(record);
        passes.then(|| asked.found(record, place))
    });
    passed.collect()
}

/// The filter whose index leaves the fewest entries, and where they stand.
fn narrowest<'a>(collection: &'a Collection, tests: &[Test<'_>]) -> Option<(usize, &'a Index, Vec<Range<usize>>)> {
    let narrowed = tests.iter().enumerate().filter_map(|(at, test)| {
        let (index, spans) = test.places(collection)?;
        Some((at, index, spans))
    });
    narrowed.min_by_key(|(_, _, spans)| spans.iter().map(Range::len).sum::<usize>())
}

fn cursor_of(collection: &Collection, asked: &Asked<'_>, after: u64) -> Option<Found> {
    if asked.sort.is_empty() {
        return Some(Found { keys: Vec::new(), place: default_place(collection, asked, after)? });
    }
    // A record that is gone has no place in a sort. Starting over shows some records twice and hides none.
    let record = collection.by_seq(after)?;
    Some(asked.found(record, collection.place_of(record)))
}

/// The place of a record in default order. One that is gone is taken for its neighbour by creation on the side already listed.
fn default_place(collection: &Collection, asked: &Asked<'_>, after: u64) -> Option<Placed> {
    if collection.order().is_none() {
        return Some(Placed { order: Key::Null, seq: after });
    }
    let records = collection.records();
    let kept = match asked.reversed {
        false => records.get(records.rank(|kept| kept.key <= after).checked_sub(1)?),
        true => records.first_from(|kept| kept.key < after),
    };
    kept.map(|kept| collection.place_of(&kept.record))
}

fn bounds(start: usize, limit: usize, total: usize) -> (usize, usize) {
    let start = start.min(total);
    (start, start.saturating_add(limit).min(total))
}

fn records(collection: &Collection, seqs: Vec<u64>) -> Vec<Arc<Record>> {
    seqs.into_iter().filter_map(|seq| collection.by_seq(seq).cloned()).collect()
}
