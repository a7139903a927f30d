use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;
use crate::world::query::{Filter, Operator, Sort};

fn fields(value: Value) -> Fields {
    value.as_object().cloned().expect("an object").into_iter().collect()
}

fn spec(order: Option<&str>, indexes: &[&str]) -> CollectionSpec {
    let indexes = indexes.iter().map(|field| (*field).into()).collect();
    CollectionSpec { name: "parcel".into(), order: order.map(Into::into), indexes }
}

fn store(order: Option<&str>, indexes: &[&str]) -> Store {
    Store::new(&[spec(order, indexes)])
}

fn put(store: &mut Store, id: &str, value: Value) -> u64 {
    store.insert(0, id, &fields(value), Fields::default(), 0).expect("a new id").seq
}

fn list() -> Query {
    Query { limit: usize::MAX, ..Query::default() }
}

fn seqs(page: &Page) -> Vec<u64> {
    page.records.iter().map(|record| record.seq).collect()
}

fn filter(field: &str, operator: Operator, value: Value) -> Filter {
    Filter { field: field.to_owned(), operator, value }
}

#[test]
fn a_record_is_found_by_id_and_by_seq_until_it_is_removed() {
    let mut store = store(None, &[]);
    let seq = put(&mut store, "par_1", json!({"id": "par_1", "size": 2}));
    assert_eq!(store.get(0, "par_1").map(|record| &*record.json), Some(r#"{"id":"par_1","size":2}"#));
    assert_eq!(store.by_seq(0, seq).map(|record| &*record.id), Some("par_1"));
    let duplicate = store.insert(0, "par_1", &Fields::default(), Fields::default(), 0);
    assert_eq!(duplicate.err(), Some(StoreError::Duplicate));
    assert!(store.remove(0, seq).is_some());
    assert!(store.remove(0, seq).is_none() && store.get(0, "par_1").is_none() && store.by_seq(0, seq).is_none());
    assert!(store.replace(0, seq, &Fields::default(), Fields::default(), None).is_none());
    assert_eq!(put(&mut store, "par_1", json!({})), seq + 1);
}

#[test]
fn replacing_keeps_identity_and_counts_entries() {
    let mut store = store(None, &["state"]);
    let seq = put(&mut store, "par_1", json!({"state": "queued"}));
    let hidden = fields(json!({"secret": "s"}));
    let same = store.replace(0, seq, &fields(json!({"state": "queued"})), hidden, None).unwrap();
    assert_eq!((same.since, same.entry, &*same.id), (0, 0, "par_1"));
    let moved = store.replace(0, seq, &fields(json!({"state": "sent"})), Fields::default(), Some(70)).unwrap();
    assert_eq!((moved.since, moved.entry), (70, 1));
    assert_eq!(store.get(0, "par_1").map(|record| record.entry), Some(1));
    assert!(store.matching(0, &[("state", json!("queued"))]).is_empty());
    assert_eq!(store.matching(0, &[("state", json!("sent"))]).len(), 1);
}

#[test]
fn hidden_fields_are_merged_matched_and_indexable() {
    for indexes in [&[][..], &["secret"][..]] {
        let mut store = store(None, indexes);
        let hidden = fields(json!({"secret": "s", "name": "hidden"}));
        let record = store.insert(0, "a", &fields(json!({"name": "n", "size": 1})), hidden, 0).unwrap();
        assert_eq!(record.value().to_string(), r#"{"size":1,"secret":"s","name":"hidden"}"#);
        assert_eq!(Value::Object(record.visible().into_map()), json!({"name": "n", "size": 1}));
        assert_eq!(record.field("secret").as_deref(), Some(&json!("s")));
        assert_eq!(record.field("none"), None);
        assert_eq!(store.matching(0, &[("secret", json!("s"))]).len(), 1);
    }
}

#[test]
fn records_that_have_several_fields_are_found_whatever_is_indexed() {
    for indexes in [&[][..], &["state"], &["tags"], &["state", "tags", "size"]] {
        let mut store = store(None, indexes);
        for number in 0..60 {
            let tags = if number % 5 == 0 { json!([]) } else { json!([number % 3, "x"]) };
            let size = if number % 2 == 0 { json!(number % 4) } else { json!(f64::from(number % 4)) };
            let state = if number % 7 == 0 { json!(null) } else { json!("a state whose name is longer than a key") };
            put(&mut store, &number.to_string(), json!({"state": state, "tags": tags, "size": size}));
        }
        let state = ("state", json!("a state whose name is longer than a key"));
        let (one, empty) = (("tags", json!(1)), ("tags", json!([])));
        let count = |wanted: &[(&str, Value)]| {
            let found = store.matching(0, wanted);
            assert!(found.is_sorted_by_key(|record| record.seq));
            assert!(found.iter().all(|record| wanted.iter().all(|(field, value)| record.has(field, value))));
            let all = store.all(0).filter(|record| wanted.iter().all(|(field, value)| record.has(field, value)));
            assert_eq!(all.count(), found.len(), "{wanted:?} by {indexes:?}");
            let first = wanted.first().and_then(|(field, value)| store.first_matching(0, field, value));
            assert!(found.is_empty() || first.is_none_or(|first| first.seq <= found[0].seq));
            found.len()
        };
        let counted = [
            count(&[]),
            count(&[state.clone(), one.clone()]),
            count(&[one.clone(), ("size", json!(3.0))]),
            count(&[state.clone(), empty.clone()]),
            count(&[("state", Value::Null), ("none", Value::Null)]),
            count(&[state, one, empty]),
        ];
        assert_eq!(counted, [60, 13, 4, 10, 9, 0], "by {indexes:?}");
    }
}

#[test]
fn an_array_is_indexed_by_element() {
    let mut store = store(None, &["tags"]);
    let seq = put(&mut store, "a", json!({"tags": ["x", "y", "x"]}));
    put(&mut store, "b", json!({"tags": []}));
    put(&mut store, "c", json!({}));
    assert_eq!(store.matching(0, &[("tags", json!("x"))]).len(), 1);
    assert_eq!(store.matching(0, &[("tags", json!(null))]).len(), 1);
    put(&mut store, "d", json!({"tags": [["x"], ["y"]]}));
    assert_eq!(store.matching(0, &[("tags", json!(["y"]))]).len(), 1);
    assert_eq!(store.matching(0, &[("tags", json!([["x"], ["y"]]))]).len(), 1);
    assert!(store.remove(0, 4).is_some());
    store.replace(0, seq, &fields(json!({"tags": ["z"]})), Fields::default(), None);
    assert!(store.matching(0, &[("tags", json!("y"))]).is_empty());
    assert_eq!(store.matching(0, &[("tags", json!("z"))]).len(), 1);
    let sorted = Query { sort: vec![Sort { field: "tags".to_owned(), descending: true }], ..list() };
    assert_eq!(seqs(&store.page(0, &sorted)), [1, 3, 2]);
}

#[test]
fn records_nested_as_deep_as_a_parser_goes_are_read_back() {
    let body = format!("{}1{}", "[".repeat(127), "]".repeat(127));
    let value: Value = serde_json::from_str(&body).unwrap();
    let mut store = store(None, &["body"]);
    let visible: Fields = [("body", value), ("size", json!(1))].into_iter().collect();
    let record = store.insert(0, "deep", &visible, Fields::default(), 0).unwrap();
    assert_eq!(record.visible(), visible);
    assert!(store.remove(0, record.seq).is_some());
    assert_eq!(store.page(0, &Query { filters: vec![filter("size", Operator::Equal, json!(1))], ..list() }).total, 0);
}

#[test]
fn bytes_stay_beside_their_record_and_go_with_it() {
    let mut store = store(None, &[]);
    let seq = put(&mut store, "a", json!({}));
    store.keep_bytes(0, seq, Bytes::from_static(b"upload"));
    store.keep_bytes(0, seq + 1, Bytes::from_static(b"nobody's"));
    assert_eq!(store.bytes(0, seq), Some(&Bytes::from_static(b"upload")));
    assert_eq!(store.bytes(0, seq + 1), None);
    store.remove(0, seq);
    assert_eq!(store.bytes(0, seq), None);
}

#[test]
fn a_collection_that_does_not_exist_reads_as_empty() {
    let store = store(None, &[]);
    assert_eq!((store.len(9), store.all(9).count(), store.page(9, &list()).total), (0, 0, 0));
    assert!(store.get(9, "a").is_none() && store.by_seq(9, 1).is_none() && store.bytes(9, 1).is_none());
}

#[test]
fn a_clone_keeps_what_it_had() {
    let mut store = store(Some("size"), &["size"]);
    for number in 0..200 {
        put(&mut store, &number.to_string(), json!({"size": number % 7}));
    }
    let kept = store.clone();
    (1..=200).for_each(|seq| drop(store.remove(0, seq)));
    assert_eq!((store.len(0), kept.len(0)), (0, 200));
    assert_eq!(kept.matching(0, &[("size", json!(3))]).len(), 29);
    assert!(kept.get(0, "77").is_some());
}

#[test]
fn a_cursor_survives_the_removal_of_its_record() {
    for order in [None, Some("at")] {
        let mut store = store(order, &["state"]);
        for number in 1..=9 {
            put(&mut store, &number.to_string(), json!({"at": number, "state": "queued"}));
        }
        store.remove(0, 4);
        let filters = vec![filter("state", Operator::Equal, json!("queued"))];
        for filters in [Vec::new(), filters] {
            let up = Query { filters, after: Some(4), limit: 2, ..list() };
            assert_eq!(seqs(&store.page(0, &up)), [5, 6]);
            let down = Query { newest_first: true, ..up };
            assert_eq!(seqs(&store.page(0, &down)), [3, 2]);
        }
        let sorted = Query {
            sort: vec![Sort { field: "state".to_owned(), descending: false }],
            after: Some(4),
            limit: 1,
            ..list()
        };
        assert_eq!(seqs(&store.page(0, &sorted)), [1]);
    }
}

/// What the store is compared with: every record as a tree, in order of creation.
type Naive = Vec<(u64, Value)>;

fn naive_compare(one: &Value, two: &Value) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering::*;
    match (one, two) {
        (Value::Null, Value::Null) => Some(Equal),
        (Value::Null, _) => Some(Less),
        (_, Value::Null) => Some(Greater),
        (Value::Bool(one), Value::Bool(two)) => Some(one.cmp(two)),
        (Value::Number(one), Value::Number(two)) => one.as_f64()?.partial_cmp(&two.as_f64()?),
        (Value::String(one), Value::String(two)) => Some(one.chars().cmp(two.chars())),
        (one, two) => (one == two).then_some(Equal),
    }
}

fn naive_accepts(record: &Value, filter: &Filter) -> bool {
    let field = record.get(&filter.field).unwrap_or(&Value::Null);
    let elements = field.as_array().cloned().unwrap_or_else(|| vec![field.clone()]);
    let equals = |element: &Value, value: &Value| naive_compare(element, value).is_some_and(|order| order.is_eq());
    let any = |test: &dyn Fn(&Value) -> bool| elements.iter().any(test);
    let ordered =
        |test: fn(std::cmp::Ordering) -> bool| any(&|element| naive_compare(element, &filter.value).is_some_and(test));
    match filter.operator {
        Operator::Equal => any(&|element| equals(element, &filter.value)),
        Operator::NotEqual => !any(&|element| equals(element, &filter.value)),
        Operator::Greater => ordered(std::cmp::Ordering::is_gt),
        Operator::GreaterOrEqual => ordered(std::cmp::Ordering::is_ge),
        Operator::Less => ordered(std::cmp::Ordering::is_lt),
        Operator::LessOrEqual => ordered(std::cmp::Ordering::is_le),
        Operator::In => match &filter.value {
            Value::Array(values) => any(&|element| values.iter().any(|value| equals(element, value))),
            value => any(&|element| equals(element, value)),
        },
        Operator::Contains => any(&|element| match (element.as_str(), filter.value.as_str()) {
            (Some(text), Some(needle)) => text.to_lowercase().contains(&needle.to_lowercase()),
            _ => false,
        }),
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        _ => 4,
    }
}

fn naive_order(one: &Value, two: &Value) -> std::cmp::Ordering {
    let text = || one.to_string().cmp(&two.to_string());
    kind(one).cmp(&kind(two)).then_with(|| naive_compare(one, two).unwrap_or_else(text))
}

fn naive_sort_value(record: &Value, field: &str) -> Value {
    match record.get(field) {
        Some(Value::Array(elements)) => elements.iter().min_by(|a, b| naive_order(a, b)).cloned().unwrap_or_default(),
        Some(value) => value.clone(),
        None => Value::Null,
    }
}

fn naive_page(records: &Naive, order: Option<&str>, query: &Query) -> (Vec<u64>, usize, bool) {
    let compare = |one: &(u64, Value), two: &(u64, Value)| {
        let by = |field: &str, descending: bool| {
            let order = naive_order(&naive_sort_value(&one.1, field), &naive_sort_value(&two.1, field));
            if descending { order.reverse() } else { order }
        };
        let reversed = query.sort.last().map_or(query.newest_first, |sort| sort.descending);
        let sorted = query.sort.iter().map(|sort| by(&sort.field, sort.descending)).find(|order| order.is_ne());
        let by_seq = if reversed { two.0.cmp(&one.0) } else { one.0.cmp(&two.0) };
        let by_default = order.map(|field| by(field, reversed)).filter(|order| order.is_ne());
        sorted.or(by_default).unwrap_or(by_seq)
    };
    let accepts = |record: &&(u64, Value)| query.filters.iter().all(|filter| naive_accepts(&record.1, filter));
    let mut found: Naive = records.iter().filter(accepts).cloned().collect();
    found.sort_by(compare);
    let cursor = query.after.and_then(|after| records.iter().find(|record| record.0 == after));
    let start = match (query.after, cursor) {
        (None, _) => query.offset.min(found.len()),
        (_, Some(cursor)) => found.iter().filter(|record| compare(record, cursor).is_le()).count(),
        (_, None) => 0,
    };
    let end = start.saturating_add(query.limit).min(found.len());
    (found[start..end].iter().map(|record| record.0).collect(), found.len(), end < found.len())
}

fn any_scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-3i64..4).prop_map(Value::from),
        (-6i32..7).prop_map(|half| json!(f64::from(half) / 2.0)),
        "[abB]{0,2}".prop_map(Value::from),
        "[ab]".prop_map(|end| json!(format!("a text that is longer than a key {end}"))),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => any_scalar(),
        1 => prop::collection::vec(any_scalar(), 0..3).prop_map(Value::Array),
        1 => Just(json!({"a": 1})),
    ]
}

/// Fields are left out where the value is `None`. `b` is often hidden.
fn any_record() -> impl Strategy<Value = (Value, Option<Value>)> {
    let field = || prop::option::weighted(0.9, any_value());
    (field(), field(), field(), field(), any::<bool>()).prop_map(|(a, b, c, at, hides)| {
        let (mut visible, mut hidden) = (Map::new(), Map::new());
        for (name, value) in [("a", a), ("b", b), ("c", c), ("at", at)] {
            let fields = if hides && name == "b" { &mut hidden } else { &mut visible };
            fields.extend(value.map(|value| (name.to_owned(), value)));
        }
        (Value::Object(visible), hides.then_some(Value::Object(hidden)))
    })
}

fn any_field() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "at"]).prop_map(str::to_owned)
}

fn any_filter() -> impl Strategy<Value = Filter> {
    use Operator::*;
    let operators = vec![Equal, Equal, Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual, In, Contains];
    let value = prop_oneof![4 => any_scalar(), 1 => Just(json!({"a": 1.0 as i64})),
        2 => prop::collection::vec(any_scalar(), 0..4).prop_map(Value::Array)];
    (any_field(), prop::sample::select(operators), value).prop_map(|(field, operator, value)| {
        // Only a list of alternatives is an array; an array is compared by its elements.
        let value = match (value, operator) {
            (Value::Array(values), operator) if operator != In => values.into_iter().next().unwrap_or_default(),
            (value, _) => value,
        };
        Filter { field, operator, value }
    })
}

fn any_query() -> impl Strategy<Value = Query> {
    let sort = (any_field(), any::<bool>()).prop_map(|(field, descending)| Sort { field, descending });
    let page = (0usize..12, prop_oneof![Just(usize::MAX), 0usize..9], prop::option::of(1u64..40));
    (prop::collection::vec(any_filter(), 0..3), prop::collection::vec(sort, 0..3), any::<bool>(), page).prop_map(
        |(filters, sort, newest_first, (offset, limit, after))| Query {
            filters,
            sort,
            newest_first,
            offset,
            limit,
            after,
        },
    )
}

#[derive(Debug, Clone)]
enum Step {
    Insert((Value, Option<Value>)),
    Replace(usize, (Value, Option<Value>)),
    Remove(usize),
    Ask(Query),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any_record().prop_map(Step::Insert),
        1 => (any::<usize>(), any_record()).prop_map(|(at, record)| Step::Replace(at, record)),
        1 => any::<usize>().prop_map(Step::Remove),
        4 => any_query().prop_map(Step::Ask),
    ]
}

fn merged((visible, hidden): &(Value, Option<Value>)) -> Value {
    let mut value = fields(visible.clone()).into_map();
    value.extend(hidden.clone().map(fields).unwrap_or_default().into_map());
    Value::Object(value)
}

/// One history against one kind of store, step by step beside the naive one.
fn replay(steps: &[Step], order: Option<&str>, indexes: &[&str]) -> Result<(), TestCaseError> {
    let mut store = store(order, indexes);
    let mut naive: Naive = Vec::new();
    for step in steps {
        match step {
            Step::Insert(record) => {
                let id = format!("id {}", naive.last().map_or(0, |last| last.0));
                let hidden = record.1.clone().map(fields).unwrap_or_default();
                if let Ok(kept) = store.insert(0, &id, &fields(record.0.clone()), hidden, 0) {
                    naive.push((kept.seq, merged(record)));
                }
            }
            Step::Replace(at, record) if !naive.is_empty() => {
                let at = at % naive.len();
                let hidden = record.1.clone().map(fields).unwrap_or_default();
                prop_assert!(store.replace(0, naive[at].0, &fields(record.0.clone()), hidden, None).is_some());
                naive[at].1 = merged(record);
            }
            Step::Remove(at) if !naive.is_empty() => {
                let (seq, _) = naive.remove(at % naive.len());
                prop_assert!(store.remove(0, seq).is_some());
            }
            Step::Ask(query) => {
                // A cursor to a record that is gone is approximate by design; it has its own test.
                let gone = query.after.is_some_and(|after| naive.iter().all(|record| record.0 != after));
                let query = Query { after: query.after.filter(|_| !gone), ..query.clone() };
                let page = store.page(0, &query);
                let expected = naive_page(&naive, order, &query);
                prop_assert_eq!((seqs(&page), page.total, page.more), expected, "{:?} of {:?}", query, naive);
            }
            _ => {}
        }
        prop_assert_eq!(store.len(0), naive.len());
    }
    let values: Vec<Value> = store.all(0).map(|record| record.value()).collect();
    prop_assert_eq!(values, naive.into_iter().map(|record| record.1).collect::<Vec<_>>());
    Ok(())
}

proptest! {
    // A failure prints the shrunk history, and its seed in PROPTEST_RNG_SEED's form.
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn it_agrees_with_a_naive_store(steps in prop::collection::vec(any_step(), 0..60)) {
        replay(&steps, None, &[])?;
        replay(&steps, None, &["a", "b"])?;
        replay(&steps, Some("at"), &["a", "b", "c", "at"])?;
    }
}
