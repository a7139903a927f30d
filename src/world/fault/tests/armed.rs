//! Which calls are hit, and what is remembered of it.

use serde_json::{Value, json};

use super::{armed, fault};
use crate::world::fault::{ARMED_MAX, Armed, Faults, HITS_KEPT_MAX, Hit, Kind, Subject};
use crate::world::store::Store;

const CALL: Subject<'static> = Subject::Call {
    operation: "createParcel",
    tags: &[],
    method: "POST",
    resources: &[],
    credentials: &[],
    accepted: &[],
    changes: true,
    batch: false,
};

/// Which of so many calls, from 1, are hit; one second lies between two.
fn hits(written: Value, calls: u32, seed: u64) -> Vec<u32> {
    let mut faults = armed([written]);
    (1..=calls).filter(|call| !faults.take(&CALL, i64::from(*call) * 1000, seed).is_empty()).collect()
}

#[test]
fn occurrences_narrow_down_which_of_the_calls_are_hit() {
    assert_eq!(hits(json!({"kind": "close"}), 3, 1), [1, 2, 3]);
    assert_eq!(hits(json!({"kind": "close", "nth": 2}), 4, 1), [2]);
    assert_eq!(hits(json!({"kind": "close", "times": 2}), 4, 1), [1, 2]);
    assert_eq!(hits(json!({"kind": "close", "after": 1, "times": 2}), 5, 1), [2, 3]);
    assert_eq!(hits(json!({"kind": "close", "every": 3}), 7, 1), [3, 6]);
    assert_eq!(hits(json!({"kind": "close", "after": 1, "every": 2, "times": 2}), 9, 1), [3, 5]);
    assert_eq!(hits(json!({"kind": "close", "from": "3s", "until": "5s"}), 9, 1), [3, 4]);
    assert_eq!(hits(json!({"kind": "close", "until": "1970-01-01T00:00:03Z"}), 9, 1), [1, 2]);
    // Calls outside the window are not counted.
    assert_eq!(hits(json!({"kind": "close", "from": "3s", "nth": 2}), 9, 1), [4]);
}

#[test]
fn a_share_of_the_calls_is_drawn_by_the_seed() {
    let half = json!({"kind": "close", "probability": 0.5});
    let drawn = hits(half.clone(), 1000, 1);
    assert!((440..560).contains(&drawn.len()), "{}", drawn.len());
    assert_eq!(drawn, hits(half.clone(), 1000, 1));
    assert_ne!(drawn, hits(half, 1000, 2));
    assert_eq!(hits(json!({"kind": "close", "probability": 1}), 3, 1), [1, 2, 3]);
}

#[test]
fn an_address_is_met_when_all_its_conditions_are() {
    let tags = ["Parcels".to_owned()];
    let resources = ["parcel_1".to_owned()];
    let credentials = ["key_1".to_owned()];
    let subject = Subject::Call {
        operation: "updateParcel",
        tags: &tags,
        method: "PATCH",
        resources: &resources,
        credentials: &credentials,
        accepted: &credentials,
        changes: true,
        batch: false,
    };
    let met = |written: Value| !armed([written]).take(&subject, 0, 1).is_empty();
    let of = |word: &str, value: Value| json!({"kind": "close", word: value});
    assert!(met(json!({"kind": "close"})));
    for (word, good) in [
        ("operation", "updateParcel"),
        ("tag", "Parcels"),
        ("method", "PATCH"),
        ("resource", "parcel_1"),
        ("credential", "key_1"),
    ] {
        assert!(met(of(word, json!(good))), "{word}");
        assert!(met(of(word, json!(["other", good]))), "{word}");
        assert!(!met(of(word, json!("other"))), "{word}");
    }
    assert!(!met(json!({"kind": "close", "operation": "updateParcel", "credential": "key_2"})));
    assert!(!met(json!({"kind": "dropDelivery"})), "a call is no delivery");
}

#[test]
fn deliveries_are_told_apart_by_event_and_subscription() {
    let subject = Subject::Delivery { event: "parcel.sent", subscription: "hook_1", overtakes: false };
    let met = |written: Value| !armed([written]).take(&subject, 0, 1).is_empty();
    assert!(met(json!({"kind": "dropDelivery"})));
    assert!(met(json!({"kind": "dropDelivery", "event": "parcel.sent", "subscription": "hook_1"})));
    assert!(!met(json!({"kind": "dropDelivery", "event": "parcel.lost"})));
    assert!(!met(json!({"kind": "dropDelivery", "subscription": "hook_2"})));
    assert!(!met(json!({"kind": "close"})), "a delivery is no call");
}

fn words(taken: &[Armed]) -> Vec<&'static str> {
    taken.iter().map(|armed| armed.fault.kind.word()).collect()
}

#[test]
fn a_call_takes_one_fault_of_each_aspect_and_the_rest_have_seen_it() {
    let mut faults = armed([
        json!({"kind": "close", "times": 1}),
        json!({"kind": "latency", "ms": 5}),
        json!({"kind": "hang"}),
        json!({"kind": "clockSkew", "seconds": 5}),
        json!({"kind": "slowBody", "bytesPerSecond": 5}),
    ]);
    assert_eq!(words(&faults.take(&CALL, 0, 1)), ["close", "latency", "clockSkew"]);
    assert_eq!(words(&faults.take(&CALL, 0, 1)), ["latency", "hang", "clockSkew"]);
    let counts: Vec<_> = faults.list().iter().map(|armed| (armed.seen, armed.hits)).collect();
    assert_eq!(counts, [(2, 1), (2, 2), (2, 1), (2, 2), (2, 0)]);
    assert_eq!(faults.list().iter().map(Armed::is_spent).collect::<Vec<_>>(), [true, false, false, false, false]);
}

#[test]
fn hits_are_remembered_up_to_a_limit_and_counted_beyond() {
    let mut faults = armed([json!({"kind": "close"})]);
    for entry in 1..=HITS_KEPT_MAX as u64 + 5 {
        let id = faults.take(&CALL, 0, 1)[0].id;
        faults.note(id, Hit { entry, at: 3, name: "createParcel".to_owned() });
    }
    faults.note(99, Hit { entry: 1, at: 0, name: String::new() });
    let armed = &faults.list()[0];
    assert_eq!((armed.hits, armed.hit.len()), (HITS_KEPT_MAX as u32 + 5, HITS_KEPT_MAX));
    assert_eq!(armed.hit[1], Hit { entry: 2, at: 3, name: "createParcel".to_owned() });
}

#[test]
fn spent_faults_make_room_and_others_do_not() {
    let mut faults = armed((0..ARMED_MAX).map(|_| json!({"kind": "close", "times": 1})));
    assert_eq!(
        faults.arm(fault(json!({"kind": "hang"})), 0).unwrap_err(),
        format!("{ARMED_MAX} faults are armed already; disarm some first")
    );
    faults.take(&CALL, 0, 1);
    assert_eq!(faults.arm(fault(json!({"kind": "hang"})), 0), Ok(ARMED_MAX as u64 + 1));
    assert!(faults.disarm(2) && !faults.disarm(2) && !faults.disarm(1));
}

#[test]
fn a_restored_world_goes_on_where_it_was_saved() {
    let written = json!({"kind": "close", "probability": 0.5, "times": 50});
    let mut original = armed([written, json!({"kind": "stale", "byMs": 5})]);
    for _ in 0..7 {
        original.take(&CALL, 0, 1);
    }
    let text = serde_json::to_string(&original.save()).unwrap();
    let mut restored = Faults::restore(serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(restored.list(), original.list());
    for _ in 0..100 {
        assert_eq!(restored.take(&CALL, 0, 1), original.take(&CALL, 0, 1));
    }
}

/// A call with such a credential, or none, of an operation that takes any.
fn called_with<'a>(credentials: &'a [String], changes: bool, batch: bool) -> Subject<'a> {
    let (tags, resources, accepted) = (&[], &[], credentials);
    Subject::Call { operation: "any", tags, method: "POST", resources, credentials, accepted, changes, batch }
}

/// A call of an operation that takes the last of two credentials, or none.
fn called_openly(credentials: &[String; 2], accepted: usize) -> Subject<'_> {
    let (tags, resources, accepted) = (&[], &[], &credentials[2 - accepted..]);
    let (changes, batch) = (false, false);
    Subject::Call { operation: "any", tags, method: "GET", resources, credentials, accepted, changes, batch }
}

#[test]
fn a_hit_that_is_given_back_is_none_and_the_call_was_seen() {
    let mut faults = armed([json!({"kind": "double", "times": 1})]);
    let id = faults.take(&CALL, 0, 1)[0].id;
    faults.give_back(id);
    faults.give_back(99);
    assert_eq!((faults.list()[0].seen, faults.list()[0].hits), (1, 0));
    assert_eq!((faults.take(&CALL, 0, 1).len(), faults.take(&CALL, 0, 1).len()), (1, 0));
}

#[test]
fn nothing_of_the_past_is_kept_for_a_stale_read_that_is_spent() {
    let read = called_with(&[], false, false);
    for occurrence in [json!({"times": 1}), json!({"nth": 1})] {
        let mut written = json!({"kind": "stale", "byCalls": 1});
        written.as_object_mut().unwrap().extend(occurrence.as_object().unwrap().clone());
        let (mut faults, store) = (armed([written]), Store::new(&[]));
        faults.keep_past(&store, 0);
        faults.changed(&store, 1, true);
        let Kind::Stale(lag) = faults.take(&read, 1, 1).remove(0).fault.kind else { panic!("it is stale") };
        faults.changed(&store, 1, false);
        assert!(faults.state_for(&lag, 1).is_some(), "the last call that it hits sees the past");
        assert!(faults.take(&read, 2, 1).is_empty());
        (2..5).for_each(|now| faults.changed(&store, now, true));
        assert!(faults.state_for(&lag, 5).is_none(), "{occurrence}");
    }
}

#[test]
fn only_a_credential_that_the_operation_takes_expires() {
    let keys = ["key_1", "key_2"].map(str::to_owned);
    for (written, accepted, expected) in [
        (json!({"kind": "expiredCredential"}), 0, None),
        (json!({"kind": "expiredCredential"}), 1, Some("key_2")),
        (json!({"kind": "expiredCredential"}), 2, Some("key_1")),
        (json!({"kind": "expiredCredential", "credential": "key_2"}), 2, Some("key_2")),
        (json!({"kind": "expiredCredential", "credential": "key_1"}), 1, None),
    ] {
        let mut faults = armed([written.clone()]);
        let hit = !faults.take(&called_openly(&keys, accepted), 0, 1).is_empty();
        assert_eq!((hit, faults.list()[0].expired.as_deref()), (expected.is_some(), expected), "{written}, {accepted}");
        assert!(faults.take(&called_openly(&keys, 0), 0, 1).is_empty(), "an open operation goes on: {written}");
    }
}

#[test]
fn a_kind_hits_only_calls_that_can_suffer_it() {
    let credentials = ["key_1".to_owned()];
    for (kind, expected) in [
        (json!({"kind": "double"}), [false, true, true, false]),
        (json!({"kind": "stale", "byCalls": 1}), [true, false, false, true]),
        (json!({"kind": "itemErrors"}), [false, false, true, false]),
        (json!({"kind": "expiredCredential"}), [false, false, false, true]),
        (json!({"kind": "quota"}), [true, true, true, true]),
    ] {
        let subjects = [
            called_with(&[], false, false),
            called_with(&[], true, false),
            called_with(&[], true, true),
            called_with(&credentials, false, false),
        ];
        let hit = subjects.map(|subject| !armed([kind.clone()]).take(&subject, 0, 1).is_empty());
        assert_eq!(hit, expected, "{kind}");
    }
    let delivery = |overtakes| Subject::Delivery { event: "sent", subscription: "hook_1", overtakes };
    let hits = |overtakes| armed([json!({"kind": "reorderDelivery"})]).take(&delivery(overtakes), 0, 1).len();
    assert_eq!((hits(false), hits(true)), (1, 0));
}

#[test]
fn the_credential_of_the_first_call_hit_expires_and_no_other() {
    let mut faults = armed([json!({"kind": "expiredCredential", "after": 1, "times": 1})]);
    assert!(faults.asks_for_credentials());
    let (one, two) = (["key_1".to_owned()], ["key_2".to_owned()]);
    let mut hit = |key: &[String], changes| !faults.take(&called_with(key, changes, false), 0, 1).is_empty();
    assert!(!hit(&one, true), "one passes first");
    assert!(hit(&one, true));
    assert!(hit(&one, false), "any call with it is refused");
    assert!(!hit(&two, true));
    assert!(!hit(&[], true));
    assert!(hit(&one, true));
    let text = serde_json::to_string(&faults.save()).unwrap();
    let restored = Faults::restore(serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!((restored.list()[0].expired.as_deref(), restored.list()[0].hits), (Some("key_1"), 3));
    assert!(!restored.list()[0].is_spent());
}
