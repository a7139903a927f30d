use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::call::Reply;
use crate::fields::Fields;
use crate::world::agenda::Work;
use crate::world::clock::FROZEN_START;
use crate::world::fault::{Fault, Subject};
use crate::world::ids::IdForm;
use crate::world::outbox::{Attempt, Delivery, Spoiled};
use crate::world::query::{Filter, Operator, Query};
use crate::world::quota::{Rate, Window};
use crate::world::replay::Pinned;

const ANY_CALL: Subject<'static> = Subject::Call {
    operation: "any",
    tags: &[],
    method: "GET",
    resources: &[],
    credentials: &[],
    accepted: &[],
    changes: false,
    batch: false,
};

fn specs() -> Vec<CollectionSpec> {
    let spec = |name: &str, order: Option<&str>, indexes: &[&str]| CollectionSpec {
        name: name.into(),
        order: order.map(Into::into),
        indexes: indexes.iter().map(|field| (*field).into()).collect(),
    };
    vec![spec("account", None, &[]), spec("parcel", Some("size"), &["state", "secret"])]
}

fn fields(value: Value) -> Fields {
    value.as_object().cloned().expect("an object").into_iter().collect()
}

/// A world in which every part holds something.
fn lived_in() -> World {
    let mut world = World::new("alice", 7, Clock::wall(FROZEN_START), &specs());
    world.clock.set(FROZEN_START + 5, FROZEN_START);
    world.ids.salt_secrets("alice");
    world.ids.next("parcel", IdForm::Uuid);
    world.ids.secret("key", "[a-z]{8}").unwrap();
    world.ids.sample_seed("parcel");
    for number in 0..300 {
        let visible = fields(json!({"id": number, "size": number % 7, "state": "queued", "ratio": 0.1, "é": "\u{1}"}));
        let hidden = if number % 2 == 0 { fields(json!({"secret": format!("s{number}")})) } else { Fields::default() };
        world.store.insert(1, &number.to_string(), &visible, hidden, number).unwrap();
    }
    world.store.remove(1, 300);
    world.store.remove(1, 10);
    world.store.replace(1, 20, &fields(json!({"state": "sent"})), Fields::default(), Some(9)).unwrap();
    world.store.keep_bytes(1, 3, Bytes::from_static(&[0, 255, 7]));
    world.agenda.plan(50, Work::Lifecycle { collection: 1, seq: 3, entry: 0 }).unwrap();
    world.agenda.plan(40, Work::Attempt { delivery: 1 }).unwrap();
    let rate = Rate { count: 5, window_ms: 1_000, window: Window::Sliding };
    for now in 0..4 {
        world.quotas.charge("calls", "key_1", rate, now * 100);
    }
    world.quotas.charge("calls", "key_0", rate, 0);
    let mut reply = Reply::new(StatusCode::CREATED);
    reply.headers.push((HeaderName::from_static("x-a"), HeaderValue::from_bytes(b"\xe9").unwrap()));
    reply.body = Bytes::from_static(b"\xff{}");
    world.replays.pin("POST /parcels key", Pinned { fingerprint: [9; 32], reply, expires_at: 100 }, 0);
    world.tallies.count_call(FROZEN_START, "GET /parcels", true);
    world.tallies.count_created(0, "parcel");
    let fault = serde_json::json!({"kind": "status", "status": 503, "after": 1, "times": 2});
    world.faults.arm(Fault::read(&fault).unwrap(), 0).unwrap();
    world.faults.take(&ANY_CALL, 0, 1);
    let delivery = Delivery {
        number: 0,
        event: "parcel.sent".to_owned(),
        data: serde_json::json!({"n": 1}),
        subscription: "hook".to_owned(),
        url: "http://127.0.0.1:1/".to_owned(),
        headers: vec![("a".to_owned(), "b".to_owned())],
        body: "{}".to_owned(),
        secret: Some("s".to_owned()),
        attempts: 1,
        earlier: 2,
        log: Some((1, 3)),
        created_at: 4,
        event_id: "event_1".to_owned(),
        spoiled: Some(Spoiled {
            kind: "reorderDelivery".to_owned(),
            fault: Some(1),
            told: "delivery out of order (fault 1)".to_owned(),
            dropped: false,
            held_until: Some(40),
            overtaken: true,
            copies: 1,
            copying: false,
        }),
    };
    world.outbox.start(delivery).unwrap();
    let body = Bytes::from_static(b"{}");
    world.outbox.push(Attempt { delivery: 1, url: String::new(), headers: Vec::new(), body, timeout_ms: 5 });
    world
}

#[test]
fn a_world_reads_back_as_it_was_written() {
    let world = lived_in();
    let text = to_json(&world);
    let again = from_json(&text, &specs()).unwrap();
    assert_eq!(to_json(&again), text);
    assert_eq!(again.digest(), world.digest());
    assert_eq!(again.clock, world.clock);
    assert_eq!(crate::world::compare::compare(&world, &again), []);
}

#[test]
fn a_restored_world_goes_on_as_the_original_would() {
    let mut one = lived_in();
    let mut two = from_json(&to_json(&one), &specs()).unwrap();
    for world in [&mut one, &mut two] {
        world.ids.next("parcel", IdForm::Prefixed("p"));
        world.ids.secret("key", "[a-z]{8}").unwrap();
        assert_eq!(world.store.insert(1, "new", &Fields::default(), Fields::default(), 0).unwrap().seq, 301);
        assert_eq!(world.agenda.take_due(60).map(|(at, _)| at), Some(40));
        assert!(world.replays.find("POST /parcels key", 50).is_some());
        let filters = vec![Filter { field: "secret".to_owned(), operator: Operator::Equal, value: json!("s4") }];
        assert_eq!(world.store.page(1, &Query { filters, limit: 5, ..Query::default() }).total, 1);
    }
    assert_eq!(one.digest(), two.digest());
}

#[test]
fn collections_are_matched_by_name_wherever_they_stand() {
    let world = lived_in();
    let mut turned = specs();
    turned.reverse();
    let mut read = from_json(&to_json(&world), &turned).unwrap();
    assert_eq!(read.store.len(0), 298);
    assert_eq!(read.outbox.get(1).and_then(|delivery| delivery.log), Some((0, 3)));
    assert_eq!(read.agenda.take_due(40).map(|(_, work)| work), Some(Work::Attempt { delivery: 1 }));
    let lifecycle = Work::Lifecycle { collection: 0, seq: 3, entry: 0 };
    assert_eq!(read.agenda.take_due(50).map(|(_, work)| work), Some(lifecycle));
    let refused = from_json(&to_json(&world), &[CollectionSpec { name: "parcels".into(), ..specs()[0].clone() }]);
    assert!(refused.unwrap_err().contains("\"account\""));
    let refused = from_json(
        &to_json(&world),
        &[specs()[0].clone(), CollectionSpec { name: "parcels".into(), ..specs()[1].clone() }],
    );
    assert!(refused.unwrap_err().ends_with("did you mean \"parcels\"?"));
    let mut more = specs();
    more.push(CollectionSpec { name: "letter".into(), ..specs()[0].clone() });
    assert_eq!(from_json(&to_json(&world), &more).unwrap().store.len(2), 0);
}

#[test]
fn another_format_is_refused_by_its_number() {
    assert!(from_json(r#"{"format":2,"news":[]}"#, &specs()).unwrap_err().contains("format 2"));
    assert!(from_json(r#"{"format":99999999999999999}"#, &specs()).unwrap_err().contains("format 99999999999999999"));
    assert!(from_json("{}", &specs()).unwrap_err().contains("format"));
}

#[test]
fn a_broken_state_is_an_error_and_never_a_panic() {
    let world = lived_in();
    let good: Value = serde_json::from_str(&to_json(&world)).unwrap();
    // Each leaf and branch in turn becomes something else.
    let mut pointers = Vec::new();
    collect_pointers(&good, String::new(), &mut pointers);
    assert!(pointers.len() > 100);
    for pointer in pointers {
        for bad in [json!(null), json!(-1), json!(u64::MAX), json!("x"), json!([]), json!({}), json!([[1]])] {
            let mut state = good.clone();
            *state.pointer_mut(&pointer).expect("a pointer just collected") = bad;
            if let Ok(read) = from_json(&state.to_string(), &specs()) {
                let text = to_json(&read);
                assert_eq!(to_json(&from_json(&text, &specs()).unwrap()), text, "{pointer}");
            }
        }
    }
    let text = to_json(&world);
    for cut in (0..text.len()).step_by(997).filter(|cut| text.is_char_boundary(*cut)) {
        assert!(from_json(&text[..cut], &specs()).is_err());
    }
    assert!(from_json(&"[".repeat(1_000_000), &specs()).is_err());
}

/// Pointers of everything, but of long lists only the first elements.
fn collect_pointers(value: &Value, pointer: String, out: &mut Vec<String>) {
    out.push(pointer.clone());
    match value {
        Value::Array(elements) => {
            for (at, element) in elements.iter().enumerate().take(2) {
                collect_pointers(element, format!("{pointer}/{at}"), out);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                collect_pointers(field, format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), out);
            }
        }
        _ => {}
    }
}

#[test]
fn a_saved_world_is_not_changed_by_what_happens_after() {
    let mut world = lived_in();
    let saved = world.clone();
    let before = saved.digest();
    world.store.remove(1, 1);
    world.quotas.charge("calls", "key_1", Rate { count: 5, window_ms: 1_000, window: Window::Fixed }, 999);
    world.outbox.take();
    world.faults.take(&ANY_CALL, 0, 1);
    world.tallies.count_call(0, "GET /parcels", false);
    assert_eq!(saved.digest(), before);
    assert_ne!(world.digest(), before);
    assert!(Arc::ptr_eq(&saved.name, &world.name));
}
