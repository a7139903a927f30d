//! Stage 13: a reply that its document does not allow never leaves; a loud 500 says which it was and what is wrong with it.

use serde_json::json;
use standin::world::journal::What;

use crate::flow_with;
use crate::support::{Answer, Fake};

/// Flow, with behaviour or a document that an author got wrong.
fn broken(update: &str) -> Fake {
    let overlay = format!(
        "overlay: 1.0.0\ninfo: {{ title: A mistake, version: '1' }}\nactions:\n  - target: $\n    update: {update}\n"
    );
    Fake::new(flow_with(&overlay), 1)
}

/// The loud 500 says all of this, wears the headers of every reply, and the journal knows it for a bug.
#[track_caller]
fn loud(fake: &Fake, answer: Answer, says: &[&str]) {
    let answer = answer.expect(500);
    let message = answer.text("/error/message");
    assert!(message.starts_with("standin: "), "{message}");
    for part in says {
        assert!(message.contains(part), "{part:?} is missing in: {message}");
    }
    for name in ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"] {
        assert!(answer.header(name).is_some(), "{name} is missing");
    }
    let entries = fake.world.journal.since(fake.world.journal.last_number() - 1, 1);
    assert!(matches!(entries[0].what, What::Call { status: 500, .. }));
    assert!(
        entries[0].causes.iter().any(|cause| cause.kind == "bug" && *cause.text == *message),
        "{:?}",
        entries[0].causes
    );
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_its_place() {
    let mut fake =
        broken("{ x-standin: { operations: { verifyConnection: { reply: { record: { valid: perhaps } } } } } }");
    let answer = fake.call("POST", "/v1/connections/connection_twitter/verify", None);
    loud(&fake, answer, &["the 200 reply of verifyConnection", "Valid must be a boolean", "(/data/valid)"]);
    fake.get("/v1/connections").expect(200);
}

#[test]
fn a_record_of_the_wrong_shape_is_named_with_its_place() {
    let mut fake = broken("{ x-standin: { resources: { channel: { set: { userId: 7 } } } } }");
    let answer = fake.post("/v1/channels", json!({"name": "Odd"}));
    loud(&fake, answer, &["the 201 reply of createChannel", "(/data/userId)"]);
}

#[test]
fn a_status_that_is_not_declared_is_named() {
    let mut fake = broken("{ x-standin: { operations: { getPost: { reply: { status: 202 } } } } }");
    let answer = fake.get("/v1/posts/post_launch");
    loud(&fake, answer, &["getPost answers 202, which its document does not declare"]);
    fake.get("/v1/posts/post_nobody").expect(404);
}

#[test]
fn a_required_header_that_is_missing_is_named() {
    let header = "{ required: true, schema: { type: string } }";
    let mut fake =
        broken(&format!("{{ components: {{ responses: {{ Post: {{ headers: {{ X-Needed: {header} }} }} }} }} }}"));
    let answer = fake.get("/v1/posts/post_launch");
    loud(&fake, answer, &["the 200 reply of getPost", "lacks the header X-Needed"]);
    fake.get("/v1/posts").expect(200);
}

#[test]
fn a_missing_property_of_a_list_is_named_with_its_place() {
    let update = "{ components: { schemas: { Channel: { required: [mood] } } } }";
    let mut fake = broken(update);
    let answer = fake.get("/v1/channels");
    loud(&fake, answer, &["the 200 reply of listChannels", "Mood is required (/data/0/mood)", "(/data/1/mood)"]);
}

#[test]
fn an_error_of_the_wrong_shape_is_as_loud_as_a_success() {
    let shape = "{ type: 5, message: '{{ error.message }}', code: '{{ error.code }}' }";
    let meta = "{ request_id: '{{ call.id }}', timestamp: '{{ now }}' }";
    let mut fake = broken(&format!("{{ x-standin: {{ shapes: {{ error: {{ error: {shape}, meta: {meta} }} }} }} }}"));
    let answer = fake.get("/v1/posts/post_nobody");
    loud(&fake, answer, &["the 404 reply of getPost", "(/error/type)"]);
}

#[test]
fn an_expression_that_fails_is_named() {
    let update = "{ x-standin: { operations: { verifyConnection: { reply: { record: { id: '{{ addDays(record.id, 1) }}' } } } } } }";
    let mut fake = broken(update);
    let answer = fake.call("POST", "/v1/connections/connection_twitter/verify", None);
    loud(&fake, answer, &["the overlay's expression 'addDays(record.id, 1)' failed"]);
}

#[test]
fn a_sound_reply_is_as_it_was_once_the_mistake_is_gone() {
    let mut fake = broken("{}");
    let answer = fake.get("/v1/posts/post_launch").expect(200);
    assert_eq!(answer.body, Fake::flow().get("/v1/posts/post_launch").body);
}

#[test]
fn a_body_where_none_is_declared_is_named() {
    let update = "{ x-standin: { operations: { startTwitterOAuth: { reply: { body: { hello: there } } } } } }";
    let mut fake = broken(update);
    let answer = fake.get("/v1/connections/twitter/auth");
    loud(&fake, answer, &["the 302 reply of startTwitterOAuth has a body that its document does not declare"]);
}
