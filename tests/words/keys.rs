//! `idempotency.pattern`: what a key must look like, and when that is looked at.

use serde_json::{Value, json};

use crate::service::{complaints, service};
use crate::support::{Answer, Fake, header};

const NOTES: &str = r##"
openapi: 3.1.0
info: { title: Notes, version: "1" }
security: [{ key: [] }]
paths:
  /notes:
    post:
      operationId: createNote
      parameters: [{ name: Idempotency-Key, in: header, schema: { type: string } }]
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [text], properties: { text: { type: string } } } } } }
      responses: { "201": { description: Made, content: { application/json: { schema: { type: object } } } } }
  /notes/{id}:
    delete:
      operationId: deleteNote
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses: { "204": { description: Gone } }
components:
  securitySchemes: { key: { type: http, scheme: bearer } }
  schemas: { Note: { type: object, properties: { id: { type: string }, text: { type: string } } } }
"##;

const RULES: &str = r##"
errors:
  idempotency_invalid: { status: 400, code: BAD_KEY, message: "'{{ key }}' is no key" }
  idempotency_mismatch: { status: 409, code: USED, message: "'{{ key }}' was used" }
  invalid: { status: 422, code: INVALID, message: "{{ violations[0].place }} {{ violations[0].pointer }}" }
shapes: { error: { code: "{{ error.code }}", message: "{{ error.message }}" } }
limits: { default: { rate: 3/min } }
idempotency: { header: Idempotency-Key, pattern: "[a-z]{3,8}|x", ttl: 24h, replayed: X-Again }
resources: { note: { schema: "#/components/schemas/Note" } }
operations: { createNote: { create: note }, deleteNote: { delete: note } }
"##;

fn with_key(fake: &mut Fake, key: &str, body: Value) -> Answer {
    let call = header(fake.prepare("POST", "/notes", Some(body)), "idempotency-key", key);
    Answer::of(fake.send(&call))
}

#[test]
fn a_whole_key_must_look_right() {
    let mut fake = service(NOTES, &RULES.replace("3/min", "100/min"));
    for key in ["ab", "abcdefghi", "ab1", "xx", "", "abc\u{e9}"] {
        let refused = with_key(&mut fake, key, json!({"text": "a"})).expect(400);
        assert_eq!(refused.body, json!({"code": "BAD_KEY", "message": format!("'{key}' is no key")}));
    }
    for key in ["abc", "x"] {
        with_key(&mut fake, key, json!({"text": "a"})).expect(201);
        assert_eq!(with_key(&mut fake, key, json!({"text": "a"})).expect(201).header("x-again"), Some("true"));
    }
    let used = with_key(&mut fake, "abc", json!({"text": "b"})).expect(409);
    assert_eq!(used.body, json!({"code": "USED", "message": "'abc' was used"}));
    fake.post("/notes", json!({"text": "a"})).expect(201);
}

#[test]
fn a_key_is_looked_at_after_the_caller_and_before_the_body() {
    let mut fake = service(NOTES, RULES);
    let mut stranger = header(fake.prepare("POST", "/notes", Some(json!({}))), "idempotency-key", "?");
    stranger.headers.remove("authorization");
    Answer::of(fake.send(&stranger)).expect(401);
    let mut broken = header(fake.prepare("POST", "/notes", Some(json!({}))), "idempotency-key", "?");
    broken.body = "{".into();
    assert_eq!(Answer::of(fake.send(&broken)).expect(400).at("/code"), "BAD_KEY");
    for _ in 0..2 {
        assert_eq!(with_key(&mut fake, "?", json!({"text": 1})).expect(400).at("/code"), "BAD_KEY");
    }
    with_key(&mut fake, "?", json!({})).expect(429);
}

#[test]
fn operations_that_do_not_replay_ignore_the_key() {
    let mut fake = service(NOTES, RULES);
    let call = header(fake.prepare("DELETE", "/notes/1", None), "idempotency-key", "?");
    Answer::of(fake.send(&call)).expect(404);
}

#[test]
fn without_an_error_of_its_own_it_is_a_violation_of_the_header() {
    let rules: String = RULES
        .lines()
        .filter(|line| !line.contains("idempotency_invalid"))
        .fold(String::new(), |text, line| text + line + "\n");
    let mut fake = service(NOTES, &rules);
    let refused = with_key(&mut fake, "?", json!({"text": "a"})).expect(422);
    assert_eq!(refused.body, json!({"code": "INVALID", "message": "header /Idempotency-Key"}));
}

#[test]
fn a_pattern_that_is_none_is_a_load_error() {
    let complaints = complaints(NOTES, &RULES.replace("[a-z]{3,8}|x", "[a-z"));
    assert_eq!(
        complaints,
        ["api.yaml /x-standin/idempotency/pattern: '[a-z' is not a regular expression: unclosed character class"]
    );
}
