//! Which calls a fault is for, names that do not exist, and faults that calls bring along.

use serde_json::{Value, json};
use standin::engine::control::check_fault;
use standin::engine::{self, Handled};
use standin::world::fault::Fault;

use super::support::{Fake, flow, header};
use super::{CHANNEL, POSTS, arm, hits, new_post, told, total};

#[test]
fn only_calls_that_are_meant_are_hit() {
    for (word, value) in [
        ("operation", json!("getChannel")),
        ("method", json!("GET")),
        ("resource", json!("channel_launch")),
        ("operation", json!(["getPost", "getChannel"])),
    ] {
        let mut fake = Fake::flow();
        arm(&mut fake, json!({"kind": "status", "status": 503, word: value}));
        fake.post(POSTS, new_post()).expect(201);
        fake.get(CHANNEL).expect(503);
        assert_eq!(hits(&fake), [1], "{word}");
    }
}

#[test]
fn a_record_is_met_by_its_id_however_the_path_spells_it() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "status", "status": 503, "resource": ["channel_launch", "a@b/c"]}));
    for (path, status) in [
        ("/v1/channels/channel%5Flaunch", 503),
        ("/v1/channels/a%40b%2Fc", 503),
        ("/v1/channels/a%40b", 404),
        ("/v1/channels/%FF", 404),
    ] {
        assert_eq!(fake.get(path).status, status, "{path}");
    }
    assert_eq!(hits(&fake), [2]);
}

#[test]
fn a_credential_is_met_without_its_scheme_and_before_anybody_is_known() {
    let mut fake = Fake::flow();
    let (_, value) = fake.credential.clone().expect("flow has one");
    let bare = value.strip_prefix("Bearer ").expect("a bearer token").to_owned();
    arm(&mut fake, json!({"kind": "status", "status": 503, "credential": bare}));
    arm(&mut fake, json!({"kind": "status", "status": 502, "credential": ["nobody"]}));
    fake.get(CHANNEL).expect(503);
    fake.credential = Some(("Authorization".to_owned(), "Bearer nobody".to_owned()));
    fake.get(CHANNEL).expect(502);
    fake.credential = None;
    fake.get(CHANNEL).expect(401);
    assert_eq!(hits(&fake), [1, 1]);
}

#[track_caller]
fn refused(written: Value, expected: &str) {
    let fault = Fault::read(&written).unwrap_or_else(|wrong| panic!("{written}: {wrong}"));
    match check_fault(&flow(), &fault) {
        Ok(()) => panic!("{written} makes sense"),
        Err(wrong) => assert_eq!(wrong.to_string(), expected),
    }
}

#[test]
fn names_that_the_service_does_not_have_are_told_with_the_nearest() {
    refused(
        json!({"kind": "close", "operation": "createPots"}),
        r#"/operation: there is no operation "createPots"; did you mean "createPost"?"#,
    );
    refused(
        json!({"kind": "close", "method": ["GET", "post"]}),
        r#"/method/1: there is no method of an operation "post"; did you mean "POST"?"#,
    );
    refused(
        json!({"kind": "status", "status": 503, "error": "unavailabel"}),
        r#"/error: there is no error "unavailabel"; did you mean "unavailable"?"#,
    );
    refused(
        json!({"kind": "status", "status": 500, "error": "unavailable"}),
        r#"/error: the error "unavailable" has status 503, not 500; say status: 503, or leave the error out"#,
    );
    refused(
        json!({"kind": "dropDelivery", "event": "post.create"}),
        r#"/event: there is no event "post.create"; did you mean "post.created"?"#,
    );
    refused(
        json!({"kind": "stale", "byCalls": 1, "method": "POST", "operation": "createPost"}),
        "no operation of those meant only reads, so no read could be stale; leave it out, or say other operations",
    );
}

#[test]
fn what_no_operation_that_is_meant_could_suffer_is_refused() {
    for (written, expected) in [
        (json!({"kind": "double", "operation": "listPosts"}), "changes anything, so nothing could happen twice"),
        (json!({"kind": "stale", "byCalls": 1, "operation": "createPost"}), "only reads, so no read could be stale"),
        (json!({"kind": "itemErrors", "operation": ["createPost", "listPosts"]}), "is a batch, so no item could fail"),
        (
            json!({"kind": "expiredCredential", "operation": "startTwitterOAuth"}),
            "takes a credential, so none could expire",
        ),
    ] {
        let hint = "leave it out, or say other operations";
        refused(written, &format!("no operation of those meant {expected}; {hint}"));
    }
    for written in [
        json!({"kind": "double", "operation": ["listPosts", "createPost"]}),
        json!({"kind": "stale", "byCalls": 1, "tag": "Posts"}),
        json!({"kind": "itemErrors"}),
        json!({"kind": "expiredCredential", "operation": ["startTwitterOAuth", "listPosts"]}),
    ] {
        let fault = Fault::read(&written).unwrap_or_else(|wrong| panic!("{written}: {wrong}"));
        assert_eq!(check_fault(&flow(), &fault), Ok(()), "{written}");
    }
}

/// A call that brings its own fault.
fn bring(fake: &mut Fake, text: &str) -> super::Answer {
    let call = header(fake.prepare("POST", POSTS, Some(new_post())), "x-standin-fault", text);
    super::Answer::of(fake.send(&call))
}

#[test]
fn a_call_brings_its_own_fault_for_itself_alone() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "status", "status": 500, "times": 1}));
    bring(&mut fake, r#"{"kind": "status", "status": 503, "effect": "done"}"#).expect(503);
    assert_eq!(told(&fake).1, ["status 503, after the effect (brought by the call)"]);
    assert_eq!(hits(&fake), [0], "no armed fault has seen it");
    fake.post(POSTS, new_post()).expect(500);
    assert_eq!(total(&mut fake), 4);
    assert_eq!(bring(&mut fake, "close").reply.wire, standin::call::Wire::Cut(None));
    assert_eq!(total(&mut fake), 4);
}

#[test]
fn a_call_without_a_credential_brings_none_that_could_expire() {
    let mut fake = Fake::flow();
    bring(&mut fake, "expiredCredential").expect(401);
    assert_eq!(told(&fake).1, ["credential expired (brought by the call)"]);
    fake.credential = None;
    bring(&mut fake, "expiredCredential").expect(401);
    assert_eq!(told(&fake).1, ["credential expired (brought by the call) strikes no such call"]);
}

#[test]
fn a_call_whose_own_fault_makes_no_sense_is_not_answered_and_leaves_nothing() {
    let mut fake = Fake::flow();
    let untouched = standin::world::state::to_json(&fake.world);
    for (text, expected) in [
        ("clsoe", "there is no kind of fault \"clsoe\""),
        ("dropDelivery", "is a fault of deliveries"),
        (r#"{"kind": "close", "times": 2}"#, "takes no words that say which calls"),
        (r#"{"kind": "stale", "byCalls": 1}"#, "arm it before those"),
        ("itemErrors", "no item could fail"),
    ] {
        let call = header(fake.prepare("POST", POSTS, Some(new_post())), "x-standin-fault", text);
        match engine::handle(&fake.contract, &mut fake.world, &call) {
            Handled::Unsound(wrong) => assert!(wrong.contains(expected), "{text}: {wrong}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert_eq!(standin::world::state::to_json(&fake.world), untouched);
}
