//! What tells two worlds apart: records by id, field by field, and the clock.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::World;
use super::store::{Record, Store};

/// Most differences listed; a last one says that there are more.
pub const DIFFERENCES_MAX: usize = 10_000;

/// One difference from the first world to the second.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Difference {
    /// The clocks stand at different instants, in milliseconds since the epoch.
    Clock { before: i64, after: i64 },
    /// Only the second world has this record.
    Added { collection: Arc<str>, id: Arc<str>, value: Value },
    /// Only the first world has this record.
    Removed { collection: Arc<str>, id: Arc<str>, value: Value },
    /// Both have this record, with different fields. A field that is absent on one side has no value there.
    Changed { collection: Arc<str>, id: Arc<str>, fields: Vec<FieldDifference> },
    /// More differences were left out.
    More,
}

/// One field of a record that both worlds have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldDifference {
    pub field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// What changed from `a` to `b`: the clock, then collection by collection records removed or changed in the order of `a`, and records
/// added in the order of `b`. Hidden fields are compared, too.
pub fn compare(a: &World, b: &World) -> Vec<Difference> {
    let mut differences = Vec::new();
    if a.clock.now() != b.clock.now() {
        differences.push(Difference::Clock { before: a.clock.now(), after: b.clock.now() });
    }
    let only_in_b = b.store.names().filter(|name| a.store.find(name).is_none());
    for name in a.store.names().chain(only_in_b) {
        let found = collection_differences(name, &a.store, &b.store);
        differences.extend(found.take(DIFFERENCES_MAX + 1 - differences.len().min(DIFFERENCES_MAX)));
        if differences.len() > DIFFERENCES_MAX {
            differences.truncate(DIFFERENCES_MAX);
            differences.push(Difference::More);
            break;
        }
    }
    differences
}

fn collection_differences(name: &Arc<str>, a: &Store, b: &Store) -> impl Iterator<Item = Difference> {
    let (in_a, in_b) = (a.find(name), b.find(name));
    let find = |store: &Store, index: Option<usize>, id: &str| store.get(index?, id).cloned();
    let gone = in_a.into_iter().flat_map(|index| a.all(index)).filter_map(move |record| {
        let (collection, id) = (Arc::clone(name), Arc::clone(&record.id));
        match find(b, in_b, &record.id) {
            None => Some(Difference::Removed { collection, id, value: record.value() }),
            Some(after) => {
                let fields = field_differences(record, &after);
                (!fields.is_empty()).then_some(Difference::Changed { collection, id, fields })
            }
        }
    });
    let new = in_b.into_iter().flat_map(|index| b.all(index)).filter(move |record| find(a, in_a, &record.id).is_none());
    gone.chain(new.map(move |record| Difference::Added {
        collection: Arc::clone(name),
        id: Arc::clone(&record.id),
        value: record.value(),
    }))
}

fn field_differences(before: &Arc<Record>, after: &Arc<Record>) -> Vec<FieldDifference> {
    // Worlds that come from one share what neither has changed.
    if Arc::ptr_eq(before, after) || (before.json == after.json && before.hidden == after.hidden) {
        return Vec::new();
    }
    let (Value::Object(before), Value::Object(after)) = (before.value(), after.value()) else { return Vec::new() };
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let different = names.filter(|name| before.get(*name) != after.get(*name)).map(|name| FieldDifference {
        field: name.clone(),
        before: before.get(name).cloned(),
        after: after.get(name).cloned(),
    });
    different.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fields::Fields;
    use crate::world::clock::{Clock, FROZEN_START};
    use crate::world::store::CollectionSpec;

    fn spec(name: &str) -> CollectionSpec {
        CollectionSpec { name: name.into(), order: None, indexes: Vec::new() }
    }

    fn world() -> World {
        World::new("default", 1, Clock::frozen(FROZEN_START), &[spec("parcel")])
    }

    fn fields(value: Value) -> Fields {
        value.as_object().cloned().expect("an object").into_iter().collect()
    }

    fn put(world: &mut World, id: &str, value: Value) {
        world.store.insert(0, id, &fields(value), Fields::default(), 0).unwrap();
    }

    #[test]
    fn equal_worlds_do_not_differ() {
        let mut a = world();
        put(&mut a, "par_1", json!({"id": "par_1"}));
        assert_eq!(compare(&a, &a.clone()), []);
        let mut again = world();
        put(&mut again, "par_1", json!({"id": "par_1"}));
        assert_eq!(compare(&a, &again), []);
    }

    #[test]
    fn records_added_removed_and_changed_are_told_apart() {
        let mut a = world();
        put(&mut a, "par_1", json!({"id": "par_1", "size": 1, "old": true}));
        put(&mut a, "par_2", json!({"id": "par_2"}));
        let mut b = a.clone();
        let hidden = fields(json!({"secret": "s"}));
        b.store.replace(0, 1, &fields(json!({"id": "par_1", "size": 2})), hidden, None);
        b.store.remove(0, 2);
        put(&mut b, "par_3", json!({"id": "par_3"}));
        b.clock.reach(FROZEN_START + 5);
        let text = serde_json::to_value(compare(&a, &b)).unwrap();
        let expected = json!([
            {"kind": "clock", "before": FROZEN_START, "after": FROZEN_START + 5},
            {"kind": "changed", "collection": "parcel", "id": "par_1", "fields": [
                {"field": "size", "before": 1, "after": 2},
                {"field": "old", "before": true},
                {"field": "secret", "after": "s"},
            ]},
            {"kind": "removed", "collection": "parcel", "id": "par_2", "value": {"id": "par_2"}},
            {"kind": "added", "collection": "parcel", "id": "par_3", "value": {"id": "par_3"}},
        ]);
        assert_eq!(text, expected);
    }

    #[test]
    fn a_collection_that_only_one_world_has_is_compared_with_nothing() {
        let mut a = world();
        put(&mut a, "par_1", json!({}));
        let b = World::new("default", 1, a.clock, &[spec("letter")]);
        assert!(matches!(&compare(&a, &b)[..], [Difference::Removed { .. }]));
        assert!(matches!(&compare(&b, &a)[..], [Difference::Added { .. }]));
    }

    #[test]
    fn differences_are_bounded() {
        let mut b = world();
        for number in 0..DIFFERENCES_MAX + 5 {
            put(&mut b, &number.to_string(), json!({}));
        }
        let differences = compare(&world(), &b);
        assert_eq!(differences.len(), DIFFERENCES_MAX + 1);
        assert_eq!(differences.last(), Some(&Difference::More));
    }
}
