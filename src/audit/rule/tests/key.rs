use super::said;
use crate::audit::fixture::{Seen, delivery, post, run};
use crate::audit::observe::{Exit, Performed, Run};

const ONE: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const OTHER: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

fn make(text: &str) -> Seen {
    post("/posts", &format!(r#"{{"text": "{text}"}}"#)).status(201)
}

fn lost(text: &str) -> Seen {
    make(text).struck("close").cut()
}

#[test]
fn writes_carry_a_key_where_the_service_takes_one() {
    const CODE: &str = "sends-idempotency-key";
    assert_eq!(said(CODE, &[run("baseline").saw(make("a").key(ONE))]), "passed: 1.1 POST /posts carried a key");
    let keyless = || run("baseline").saw(make("a")).saw(make("b"));
    // Once is enough to tell.
    assert_eq!(said(CODE, &[keyless(), keyless()]), "failed: 1.1 POST /posts carried no key");
    let other = run("baseline").saw(post("/messages", "{}"));
    assert_eq!(said(CODE, &[other]), "undecided: the client called nothing that takes an idempotency key");
    assert_eq!(said(CODE, &[run("baseline").saw(make("a").key(""))]), "failed: 1.1 POST /posts carried no key");
}

#[test]
fn every_attempt_carries_the_same_key() {
    const CODE: &str = "same-key-on-every-attempt";
    let attempts = |one: Seen, other: Seen| said(CODE, &[run("lost").saw(one).saw(other)]);
    let told = attempts(lost("a").key(ONE), make("a").key(ONE));
    assert_eq!(told, "passed: 1.1+2 POST /posts was sent again with the same key");
    let told = attempts(lost("a").key(ONE), make("a").key(OTHER));
    assert_eq!(told, "failed: 1.1+2 POST /posts was sent again with another key");
    assert_eq!(attempts(lost("a").key(ONE), make("a")), "failed: 1.1+2 POST /posts lost its key when sent again");
    assert_eq!(attempts(lost("a"), make("a").key(ONE)), "failed: 1.1+2 POST /posts got a key only when sent again");
    let never = "undecided: no call with an idempotency key was sent more than once";
    assert_eq!(attempts(lost("a"), make("a")), never);
    // A refusal decides the call: what follows is another one.
    assert_eq!(attempts(make("a").key(ONE).status(422), make("a").key(OTHER)), never);
}

#[test]
fn what_is_left_of_a_batch_is_a_new_call() {
    let batch = |key: &str| post("/posts/batch", r#"{"posts": [{"text": "a"}]}"#).key(key);
    let failed = |key: &str| batch(key).status(207).struck("itemErrors");
    let renewed = || [run("part").saw(failed(ONE)).saw(batch(OTHER).status(207))];
    let never = "undecided: no call with an idempotency key was sent more than once";
    assert_eq!(said("same-key-on-every-attempt", &renewed()), never);
    assert_eq!(said("new-key-for-each-call", &renewed()), "passed: 1.1+2 two calls had two keys");
    let kept = [run("part").saw(failed(ONE)).saw(batch(ONE).status(207))];
    let text = "failed: 1.1+2 POST /posts/batch used a key again that had been answered with 207 Multi-Status";
    assert_eq!(said("new-key-for-each-call", &kept), text);
    // Beside the first, a second under another key is no new call.
    let hedged = [run("slow")
        .saw(batch(ONE).header("x-request-id", "r").at(0).lasting(500))
        .saw(batch(OTHER).header("x-request-id", "r").at(200))];
    let text = "failed: 1.1+2 POST /posts/batch was sent again with another key";
    assert_eq!(said("same-key-on-every-attempt", &hedged), text);
}

#[test]
fn a_key_that_names_an_event_may_be_used_again_for_it() {
    let event = "evt_01hx7";
    let key = format!("thanks:{event}");
    let thanks = |key: &str, at: u64| make("thanks").key(key).at(at);
    let twice = |key: &str| {
        let deliveries = [delivery("post.made", event, 10), delivery("post.made", event, 500)];
        let run = run("twice").saw(thanks(key, 20)).saw(thanks(key, 510));
        deliveries.into_iter().fold(run, Run::delivered)
    };
    let never = "undecided: no run made two calls with idempotency keys";
    assert_eq!(said("new-key-for-each-call", &[twice(&key)]), never);
    assert_eq!(said(GUESS, &[twice(&key), twice(&key)]), "undecided: fewer than two idempotency keys were seen");
    assert!(said("acts-once-per-event", &[twice(&key)]).starts_with("passed: "));
    // A key that only happens to hold the same letters names no event.
    let other = format!("{event}9");
    assert!(said("new-key-for-each-call", &[twice(&other)]).starts_with("failed: 1.1+2 "));
    assert!(said(GUESS, &[twice(&other), twice(&other)]).starts_with("failed: "));
}

#[test]
fn each_client_has_its_own_keys() {
    let fixed = |client: u32| make("a").key(ONE).by(client);
    let herd = || [run("herd").saw(fixed(1)).saw(fixed(2))];
    assert_eq!(said("new-key-for-each-call", &herd()), "undecided: no run made two calls with idempotency keys");
    let text = format!(
        "failed: 1.2 the key {ONE:?} was used in herd (run 1) and in herd (run 1): it is fixed, or made from the call"
    );
    assert_eq!(said(GUESS, &herd()), text);
}

#[test]
fn each_new_call_has_a_new_key() {
    const CODE: &str = "new-key-for-each-call";
    let two = run("baseline").saw(make("a").key(ONE)).saw(make("a").key(OTHER));
    assert_eq!(said(CODE, &[two]), "passed: 1.1+2 two calls had two keys");
    let one = run("baseline").saw(make("a").key(ONE)).saw(make("a").key(ONE).performed(Performed::Replayed));
    let text = "failed: 1.1+2 POST /posts used a key again that had been answered with 201 Created";
    assert_eq!(said(CODE, &[one]), text);
    let never = "undecided: no run made two calls with idempotency keys";
    let repeat = run("lost").saw(lost("a").key(ONE)).saw(make("a").key(ONE));
    assert_eq!(said(CODE, &[repeat]), never);
    // Sent twice at the same time, a key protects from what it should.
    let hedged = run("slow").saw(make("a").key(ONE).at(0).lasting(500)).saw(make("a").key(ONE).at(200).lasting(10));
    assert_eq!(said(CODE, &[hedged]), never);
}

#[test]
fn a_key_stands_for_one_request() {
    const CODE: &str = "one-key-one-request";
    let told = |one: Seen, other: Seen| said(CODE, &[run("any").saw(one).saw(other)]);
    let text = "passed: 1.1+2 a key was used again for the same request alone";
    assert_eq!(told(lost("a").key(ONE), make("a").key(ONE)), text);
    // The same, with its members in another order.
    let one = post("/posts", r#"{"a": 1, "b": 2}"#).key(ONE).struck("close").cut();
    assert_eq!(told(one, post("/posts", r#"{"b":2,"a":1}"#).key(ONE)), text);
    let text = "passed: 1.1+2 each key was used for one request";
    assert_eq!(told(make("a").key(ONE), make("b").key(OTHER)), text);
    let text = "failed: 1.1+2 the key of POST /posts was used for another body";
    assert_eq!(told(make("a").key(ONE), make("b").key(ONE)), text);
    let text = "failed: 1.1+2 the key of POST /posts was used for POST /posts/batch";
    assert_eq!(told(make("a").key(ONE), post("/posts/batch", r#"{"text": "a"}"#).key(ONE)), text);
    let once = run("any").saw(make("a").key(ONE));
    assert_eq!(said(CODE, &[once]), "undecided: no run used an idempotency key twice, or two of them");
}

const GUESS: &str = "unguessable-keys";

fn with_keys<'k>(keys: impl IntoIterator<Item = &'k str>) -> Run {
    let calls = keys.into_iter().enumerate().map(|(at, key)| make(&at.to_string()).key(key));
    run("baseline").saw_all(calls)
}

#[test]
fn random_ids_of_every_usual_form_are_good() {
    let good: [(&str, [&str; 2]); 7] = [
        ("UUID, version 4", [ONE, OTHER]),
        ("UUID, version 7", ["01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-7d0f-9f1c-3f0a5c1b2d77"]),
        ("ULID", ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKP8W1XGM0Y6K2V7CQ"]),
        ("CUID2", ["tz4a98xxat96iws9zmbrgj3a", "pfh0haxfpzowht3oi213cqos"]),
        ("nanoid", ["V1StGXR8_Z5jdHi6B-myT", "IRFa-VaY2b_8dJ4kQw0Zx"]),
        ("16 bytes in hexadecimal", ["9f86d081884c7d659a2feaa0c55ad015", "60303ae22b998861bce3b28f33eec1be"]),
        (
            "with a name",
            ["order-0f8fad5bd9cb469fa16570867728950e-retry", "order-7c9e6679742540de944be07fc1f90ae7-retry"],
        ),
    ];
    for (name, keys) in good {
        assert_eq!(said(GUESS, &[with_keys(keys)]), "passed: 1.2 2 keys look random", "{name}");
    }
}

#[test]
fn counters_and_times_are_told_from_random_ids() {
    let text = |one: &str, other: &str| {
        format!("failed: 1.3 keys like {one:?} and {other:?} are a number that goes on: a counter or a time")
    };
    for keys in
        [["1", "2", "3"], ["order-41", "order-42", "order-43"], ["1732251234567", "1732251234571", "1732251234602"]]
    {
        assert_eq!(said(GUESS, &[with_keys(keys)]), text(keys[0], keys[1]));
    }
    let padded = ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"];
    assert!(said(GUESS, &[with_keys(padded)]).ends_with("are a number that goes on: a counter or a time"));
}

#[test]
fn short_keys_and_keys_that_hardly_differ_can_be_guessed() {
    let short = said(GUESS, &[with_keys(["a8f3c2d1", "b7e4f9c0"])]);
    assert_eq!(short, r#"failed: 1.2 keys like "a8f3c2d1" and "b7e4f9c0" have room for 32 random bits, but need 122"#);
    let tail = with_keys(["0f8fad5bd9cb469fa1657086772895ab", "0f8fad5bd9cb469fa1657086772895ff"]);
    let text = r#"failed: 1.2 keys like "0f8fad5bd9cb469fa1657086772895ab" and "0f8fad5bd9cb469fa1657086772895ff" differ in 8 bits at most, but need 64"#;
    assert_eq!(said(GUESS, &[tail]), text);
}

#[test]
fn keys_made_from_the_call_are_found_out() {
    // SHA-256 of the first call's body.
    let digest = "255ef6ef21ec54ad733ad7c8469f56ee315bf4b068a3151720b501910da103c3";
    let hashed = with_keys([digest, ONE]);
    assert_eq!(said(GUESS, &[hashed]), format!("failed: 1.1 the key {digest:?} is a hash of the body"));
    let runs = [with_keys([ONE, OTHER]), with_keys([ONE])];
    let text = format!(
        "failed: 2.1 the key {ONE:?} was used in baseline (run 1) and in baseline (run 1): it is fixed, or made from the call"
    );
    assert_eq!(said(GUESS, &runs), text);
}

#[test]
fn one_key_is_not_enough_to_judge_by() {
    assert_eq!(said(GUESS, &[with_keys([ONE])]), "undecided: fewer than two idempotency keys were seen");
}

const WAITS: &str = "waits-for-call-in-progress";

fn in_progress(key: &str) -> Seen {
    make("a").key(key).status(409).reply(r#"{"error": {"code": "KEY_IN_USE"}}"#)
}

#[test]
fn a_call_in_progress_is_waited_for_with_the_same_key() {
    let good = run("progress").saw(lost("a").key(ONE)).saw(in_progress(ONE)).saw(make("a").key(ONE));
    assert_eq!(said(WAITS, &[good]), "passed: 1.2+3 POST /posts was repeated with the same key while in progress");
    let renewed = run("progress").saw(in_progress(ONE)).saw(make("a").key(OTHER));
    assert_eq!(said(WAITS, &[renewed]), "failed: 1.1+2 POST /posts was sent with another key while in progress");
    let gone = run("progress").saw(in_progress(ONE)).exit(Exit::Code(1));
    assert_eq!(said(WAITS, &[gone]), "failed: 1.1 POST /posts was given up while in progress");
    let stopped = run("progress").saw(in_progress(ONE)).exit(Exit::TimedOut);
    assert_eq!(said(WAITS, &[stopped]), "undecided: the client was stopped before a repeat could be expected");
    // Patience has an end, too.
    let patient = run("progress").saw_all([in_progress(ONE), in_progress(ONE), in_progress(ONE)]).exit(Exit::Code(1));
    assert_eq!(said(WAITS, &[patient]), "passed: 1.1+2 POST /posts was repeated with the same key while in progress");
}

#[test]
fn another_conflict_is_no_call_in_progress() {
    let conflict = make("a").key(ONE).status(409).reply(r#"{"error": {"code": "CONFLICT"}}"#);
    let runs = [run("conflict").saw(conflict), run("baseline").saw(in_progress("").key(""))];
    assert_eq!(said(WAITS, &runs), "undecided: the client was never told that a call with its key is in progress");
}
