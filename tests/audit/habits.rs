//! Each rule about writes, keys, bodies, credentials, pages, webhooks and batches, judged of a client that obeys it and of one that breaks it, over
//! real sockets.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use crate::judged::shared;
use crate::program::{BINARY, Folder};
use crate::script::receiver::Receiver;
use crate::script::{self, Send, Step, send};

const DEPOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/audit/depot.yaml");

/// The outcome of every rule for this client, under these faults.
fn outcomes(faults: &Value, client: &[Step]) -> BTreeMap<String, String> {
    let _shared = shared();
    let folder = Folder::new();
    let plan = json!({ "trials": [{ "name": "trouble", "faults": faults }] });
    folder.write("plan.yaml", &plan.to_string());
    let done = Command::new(BINARY)
        .current_dir(folder.path())
        .args(["audit", DEPOT, "--plan", "plan.yaml", "--quiet", "--report", "json=report.json", "--"])
        .arg(std::env::current_exe().expect("this executable"))
        .args(script::ENTRY)
        .env(script::SCRIPT, serde_json::to_string(client).expect("a script is JSON"))
        .output()
        .expect("the audit runs");
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(0), "{said}");
    let report = std::fs::read_to_string(folder.path().join("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("a report is JSON");
    let rules = report["rules"].as_array().expect("rules");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rules.iter().map(|rule| (text(&rule["code"]), text(&rule["outcome"]))).collect()
}

/// These rules have this outcome for the client.
#[track_caller]
fn judged(outcome: &str, codes: &[&str], faults: &Value, client: impl IntoIterator<Item = Step>) {
    let client: Vec<Step> = client.into_iter().collect();
    let outcomes = outcomes(faults, &client);
    for code in codes {
        assert_eq!(outcomes.get(*code).map(String::as_str), Some(outcome), "{code}: {outcomes:#?}");
    }
}

#[track_caller]
fn obeys(codes: &[&str], faults: &Value, client: impl IntoIterator<Item = Step>) {
    judged("passed", codes, faults, client);
}

#[track_caller]
fn breaks(codes: &[&str], faults: &Value, client: impl IntoIterator<Item = Step>) {
    judged("failed", codes, faults, client);
}

fn draw(name: &str) -> Step {
    Step::Draw(name.to_owned())
}

/// A write that nothing makes safe to repeat.
fn note() -> Send {
    send("POST", "/parcels/par_1/notes").body(r#"{"text":"fragile"}"#)
}

fn create(name: &str) -> Send {
    send("POST", "/parcels").body(&format!(r#"{{"name":"{name}"}}"#))
}

fn read() -> Send {
    send("GET", "/parcels/par_1")
}

/// What a fault does once to an operation.
fn once(operation: &str, fault: Value) -> Value {
    let Value::Object(mut fault) = fault else { panic!("a fault is an object") };
    fault.insert("operation".to_owned(), operation.into());
    fault.insert("times".to_owned(), 1.into());
    json!([fault])
}

#[test]
fn a_write_without_a_key_is_not_repeated_when_it_may_have_happened() {
    let situations = [
        ("no-blind-repeat-after-lost-reply", json!({"kind": "close", "effect": "done"})),
        ("no-blind-repeat-after-timeout", json!({"kind": "hang", "effect": "done"})),
        ("no-blind-repeat-after-server-error", json!({"kind": "status", "status": 500, "effect": "done"})),
        ("no-blind-repeat-after-broken-body", json!({"kind": "truncate"})),
    ];
    for (code, fault) in situations {
        let faults = once("createNote", fault);
        let note = note().within(1_000);
        obeys(&[code, "no-duplicates"], &faults, [note.clone().into()]);
        breaks(&[code, "no-duplicates"], &faults, [note.again().into()]);
    }
}

fn lost() -> Value {
    once("createParcel", json!({"kind": "close", "effect": "done"}))
}

#[test]
fn keys_are_sent_kept_renewed_and_random() {
    let keyed = create("box").key("{key}");
    let good = [draw("key"), keyed.clone().again().into(), draw("key"), keyed.clone().again().into()];
    let codes = [
        "sends-idempotency-key",
        "same-key-on-every-attempt",
        "new-key-for-each-call",
        "one-key-one-request",
        "unguessable-keys",
        "no-duplicates",
        "same-body-on-every-attempt",
        "same-target-on-every-attempt",
        "same-headers-on-every-attempt",
    ];
    obeys(&codes, &lost(), good);
    breaks(&["sends-idempotency-key"], &lost(), [create("box").again().into()]);
    let renewed = keyed.clone().otherwise([draw("key"), keyed.clone().into()]);
    breaks(&["same-key-on-every-attempt", "no-duplicates"], &lost(), [draw("key"), renewed.into()]);
    let fixed = create("box").key("0f8fad5b-d9cb-469f-a165-70867728950e").again();
    breaks(&["new-key-for-each-call", "unguessable-keys"], &lost(), [fixed.clone().into(), fixed.into()]);
    let other = create("crate").key("{key}").whatever();
    breaks(&["one-key-one-request"], &lost(), [draw("key"), keyed.again().into(), other.into()]);
}

#[test]
fn attempts_are_identical() {
    let keyed = || create("box").key("{key}").header("x-client-request-id", "{id}");
    let attempts = |second: Send| [draw("key"), draw("id"), keyed().otherwise([second.whatever().into()]).into()];
    obeys(&["same-request-id-on-every-attempt"], &lost(), attempts(keyed()));
    let altered = [
        ("same-body-on-every-attempt", keyed().body(r#"{"name":"box","try":2}"#)),
        ("same-headers-on-every-attempt", keyed().header("accept", "text/plain")),
        ("same-request-id-on-every-attempt", keyed().header("x-client-request-id", "second")),
        ("same-target-on-every-attempt", Send { target: "/parcels?try=2".to_owned(), ..keyed() }),
    ];
    for (code, second) in altered {
        breaks(&[code], &lost(), attempts(second));
    }
}

#[test]
fn a_call_in_progress_is_waited_for() {
    let faults = once("createParcel", json!({"kind": "status", "status": 409, "error": "idempotency_in_progress"}));
    let keyed = create("box").key("{key}");
    obeys(&["waits-for-call-in-progress"], &faults, [draw("key"), keyed.clone().again().into()]);
    let renewed = keyed.clone().otherwise([draw("key"), keyed.into()]);
    breaks(&["waits-for-call-in-progress"], &faults, [draw("key"), renewed.into()]);
}

#[test]
fn a_damaged_reply_is_not_taken_for_success() {
    let damages = [
        ("refuses-half-body", json!({"kind": "truncate"})),
        ("refuses-invalid-json", json!({"kind": "invalidJson"})),
        ("refuses-empty-body", json!({"kind": "emptyBody"})),
        ("refuses-html-page", json!({"kind": "wrongContentType"})),
        ("refuses-corrupt-gzip", json!({"kind": "corruptGzip"})),
        ("refuses-wrong-length", json!({"kind": "wrongLength", "by": 10})),
        ("refuses-garbage", json!({"kind": "garbage"})),
        ("refuses-undeclared-status", json!({"kind": "status", "status": 418})),
    ];
    for (code, fault) in damages {
        let faults = once("getParcel", fault);
        obeys(&[code], &faults, [read().again().into()]);
        breaks(&[code], &faults, [read().whatever().into()]);
    }
    // A client that goes on with what it never got, and a good one that only says that it failed.
    let faults = once("createParcel", json!({"kind": "emptyBody"}));
    let create = create("box").keep("id", "/id");
    obeys(&["refuses-empty-body"], &faults, [create.clone().into()]);
    let confused = [create.whatever().into(), send("GET", "/parcels/{id}").into()];
    breaks(&["refuses-empty-body"], &faults, confused);
}

fn renew() -> Step {
    let body = r#"{"secret":"open sesame"}"#;
    send("POST", "/token").body(body).header("authorization", "none").keep("token", "/access_token").into()
}

fn with_token(target: &str) -> Send {
    send("GET", target).header("authorization", "Bearer {token}")
}

#[test]
fn an_expired_credential_is_renewed_once_and_not_for_ever() {
    let expired = json!([{"kind": "expiredCredential", "operation": "getParcel", "nth": 1}]);
    let (one, other) = (with_token("/parcels/par_1"), with_token("/parcels/par_2"));
    let renewing = |call: &Send| call.clone().otherwise([renew(), call.clone().into()]);
    obeys(&["renews-expired-credential"], &expired, [renew(), renewing(&one).into()]);
    breaks(&["renews-expired-credential"], &expired, [renew(), one.clone().into()]);

    let together = |one: Send, other: Send| Step::Together(vec![vec![one.into()], vec![other.into()]]);
    let both = together(one.clone().whatever(), other.clone().whatever());
    let shared = [renew(), both, renew(), one.clone().into(), other.clone().into()];
    obeys(&["renews-credential-once"], &expired, shared);
    breaks(&["renews-credential-once"], &expired, [renew(), together(renewing(&one), renewing(&other))]);

    let refused = json!([{"kind": "status", "status": 401, "operation": "getParcel"}]);
    obeys(&["stops-when-new-credential-is-refused"], &refused, [renew(), renewing(&one).into()]);
    let endless = (0..4).fold(one.clone(), |inner, _| one.clone().otherwise([renew(), inner.into()]));
    breaks(&["stops-when-new-credential-is-refused"], &refused, [renew(), endless.into()]);
}

#[test]
fn a_list_goes_on_where_it_failed() {
    let faults = json!([{"kind": "status", "status": 503, "operation": "listParcels", "nth": 2}]);
    let first = || send("GET", "/parcels?limit=2").keep("second", "/next_cursor");
    let second = || send("GET", "/parcels?limit=2&cursor={second}").keep("third", "/next_cursor");
    let third = || send("GET", "/parcels?limit=2&cursor={third}");
    let codes = ["reads-every-page", "reads-no-page-twice", "resumes-at-failed-page"];
    obeys(&codes, &faults, [first().into(), second().again().into(), third().into()]);
    let anew = second().otherwise([first().into(), second().into()]);
    breaks(&codes[1..], &faults, [first().into(), anew.into(), third().into()]);
    // The failure is taken for the end.
    breaks(&codes[..1], &faults, [first().into(), second().whatever().into()]);
}

fn register(receiver: Receiver) -> [Step; 2] {
    let hook =
        send("POST", "/hooks").body(r#"{"url":"{receiver}","events":["parcel.made"]}"#).keep("secret", "/secret");
    [Step::Listen(receiver), hook.into()]
}

fn await_webhooks(count: usize, ms: u64) -> Step {
    Step::Await { count, ms }
}

#[test]
fn a_receiver_verifies_signatures() {
    let faults = json!([{"kind": "wrongSignature", "nth": 1}]);
    let script = |receiver| register(receiver).into_iter().chain([create("a").into(), await_webhooks(1, 3_000)]);
    obeys(&["refuses-wrong-signature"], &faults, script(Receiver::good()));
    breaks(&["refuses-wrong-signature"], &faults, script(Receiver::good().but(|receiver| receiver.verifies = false)));
}

#[test]
fn a_receiver_takes_an_event_twice_and_acts_once() {
    let faults = json!([{"kind": "duplicateDelivery", "nth": 1}]);
    let script = |receiver| register(receiver).into_iter().chain([create("a").into(), await_webhooks(2, 1_500)]);
    let acting = || Receiver::good().but(|receiver| receiver.acts = vec![note().into()]);
    obeys(&["accepts-repeated-event", "acts-once-per-event"], &faults, script(acting()));
    breaks(&["accepts-repeated-event"], &faults, script(acting().but(|receiver| receiver.repeated = 409)));
    breaks(&["acts-once-per-event"], &faults, script(acting().but(|receiver| receiver.acts_again = true)));
}

#[test]
fn a_receiver_may_act_under_the_id_of_the_event() {
    let faults = json!([{"kind": "duplicateDelivery", "nth": 1}]);
    let acting = Receiver::good().but(|receiver| {
        receiver.acts = vec![note().key("thanks-{event}").into()];
        receiver.acts_again = true;
    });
    let script: Vec<Step> =
        register(acting).into_iter().chain([create("a").into(), await_webhooks(2, 1_500)]).collect();
    let outcomes = outcomes(&faults, &script);
    for (code, outcome) in
        [("acts-once-per-event", "passed"), ("new-key-for-each-call", "undecided"), ("unguessable-keys", "undecided")]
    {
        assert_eq!(outcomes.get(code).map(String::as_str), Some(outcome), "{code}: {outcomes:#?}");
    }
}

#[test]
fn a_receiver_answers_fast() {
    let faults = json!([{"kind": "latency", "ms": 1, "operation": "createParcel"}]);
    let script = |receiver| register(receiver).into_iter().chain([create("a").into(), await_webhooks(1, 7_000)]);
    obeys(&["answers-webhooks-fast"], &faults, script(Receiver::good()));
    breaks(&["answers-webhooks-fast"], &faults, script(Receiver::good().but(|receiver| receiver.slow_ms = 5_200)));
}

#[test]
fn a_receiver_copes_with_events_out_of_order() {
    let faults = json!([{"kind": "reorderDelivery", "nth": 1}]);
    let made = || [create("a").into(), create("b").into(), await_webhooks(2, 5_000)];
    let script = |receiver| register(receiver).into_iter().chain(made());
    obeys(&["accepts-events-out-of-order"], &faults, script(Receiver::good()));
    breaks(&["accepts-events-out-of-order"], &faults, script(Receiver::good().but(|receiver| receiver.late = 500)));
}

#[test]
fn a_batch_done_in_part_is_handled_item_by_item() {
    let faults = once("createParcels", json!({"kind": "itemErrors", "items": [1]}));
    let batch = |items: &str| send("POST", "/parcels/batch").body(&format!(r#"{{"parcels":[{items}]}}"#));
    let whole = || batch(r#"{"name":"a"},{"name":"b"},{"name":"c"}"#).expects("/failed", json!(0));
    let careful = whole().otherwise([batch(r#"{"name":"b"}"#).into()]);
    obeys(&["repeats-failed-items-alone", "notices-failed-items"], &faults, [careful.into()]);
    breaks(&["repeats-failed-items-alone"], &faults, [whole().again().into()]);
    breaks(&["notices-failed-items"], &faults, [whole().whatever().into()]);
}

#[test]
fn a_batch_of_which_every_item_failed_is_a_new_call_under_a_new_key() {
    let faults = once("createParcels", json!({"kind": "itemErrors", "items": [0]}));
    let batch = || send("POST", "/parcels/batch").body(r#"{"parcels":[{"name":"a"}]}"#).key("{key}");
    let careful = batch().expects("/failed", json!(0)).otherwise([draw("key"), batch().into()]);
    obeys(&["new-key-for-each-call", "repeats-failed-items-alone"], &faults, [draw("key"), careful.clone().into()]);
    judged("undecided", &["same-key-on-every-attempt"], &faults, [draw("key"), careful.into()]);
}

#[test]
fn a_write_whose_reply_cannot_be_read_need_not_be_repeated() {
    let faults = once("createParcel", json!({"kind": "invalidJson"}));
    judged("undecided", &["retries-safe-writes"], &faults, [draw("key"), create("box").key("{key}").into()]);
    let faults = once("createParcel", json!({"kind": "truncate"}));
    breaks(&["retries-safe-writes"], &faults, [draw("key"), create("box").key("{key}").into()]);
}

#[test]
fn a_record_that_is_not_there_yet_is_waited_for() {
    let faults = once("getParcel", json!({"kind": "stale", "byCalls": 1}));
    let made = || create("box").keep("id", "/id").into();
    let read = send("GET", "/parcels/{id}");
    obeys(&["waits-for-own-writes"], &faults, [made(), read.clone().again().into()]);
    breaks(&["waits-for-own-writes"], &faults, [made(), read.into()]);
}
