//! The core of the Flow fake: keys, posts, lists, and the conventions that all operations share.

#[path = "../support/mod.rs"]
mod support;

mod api_keys;
mod authentication;
mod batch;
mod errors;
mod filters;
mod idempotency;
mod lists;
mod posts;
mod preflight;
mod rate_limits;
mod scopes;
mod sending;

use serde_json::{Value, json};
use standin::engine;
use standin::world::clock::FROZEN_START;
use support::{Answer, Fake, header};

/// Where every world of these tests begins: 2026-01-01T00:00:00Z.
const START: i64 = FROZEN_START;
const DAY: i64 = 86_400_000;

const PERMISSIONS: [&str; 13] = [
    "posts:read",
    "posts:write",
    "channels:read",
    "channels:write",
    "connections:read",
    "connections:write",
    "webhooks:read",
    "webhooks:write",
    "api-keys:read",
    "api-keys:write",
    "analytics:read",
    "media:read",
    "media:write",
];

/// The `data` of a success. Beside it stands `meta`, and nothing else.
#[track_caller]
fn data(answer: Answer, status: u16) -> Value {
    envelope(answer, status, "data")
}

/// The `error` of a refusal. Beside it stands `meta`, and nothing else.
#[track_caller]
fn error(answer: Answer, status: u16) -> Value {
    envelope(answer, status, "error")
}

#[track_caller]
fn envelope(answer: Answer, status: u16, name: &str) -> Value {
    let answer = answer.expect(status);
    let keys: Vec<&str> = answer.body.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, [name, "meta"]);
    assert!(answer.text("/meta/request_id").starts_with("req_"));
    assert!(answer.at("/meta/timestamp").as_i64().is_some_and(|at| at >= START));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.body[name].clone()
}

/// What a 400 with these details says.
fn invalid(details: &[(&str, &str)]) -> Value {
    let details: Vec<Value> =
        details.iter().map(|(field, message)| json!({"field": field, "message": message})).collect();
    json!({
        "type": "validation_error",
        "message": "Invalid request",
        "code": "VALIDATION_ERROR",
        "details": details,
    })
}

fn not_found(resource: &str) -> Value {
    json!({"type": "not_found", "message": format!("{resource} not found"), "code": "RESOURCE_NOT_FOUND"})
}

/// Puts records into the world as its author would.
#[track_caller]
fn seed(fake: &mut Fake, resource: &str, records: &[Value]) {
    engine::seed(&fake.contract, &mut fake.world, resource, records).expect("the records fit the contract");
}

/// Makes a post and gives its id.
#[track_caller]
fn post(fake: &mut Fake, body: Value) -> String {
    fake.post("/v1/posts", body).expect(201).text("/data/id")
}

/// Uploads a small picture and gives its key.
#[track_caller]
fn upload(fake: &mut Fake) -> String {
    upload_with(fake, "edge", "hello", None).expect(201).text("/data/key")
}

#[track_caller]
fn upload_with(fake: &mut Fake, boundary: &str, bytes: &str, key: Option<&str>) -> Answer {
    let mut call = fake.prepare("POST", "/v1/media/upload", None);
    call = header(call, "content-type", &format!("multipart/form-data; boundary={boundary}"));
    if let Some(key) = key {
        call = header(call, "idempotency-key", key);
    }
    call.body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
         Content-Type: image/png\r\n\r\n{bytes}\r\n--{boundary}--\r\n"
    )
    .into();
    Answer::of(fake.send(&call))
}

/// Makes a key with these permissions and calls with it from now on.
#[track_caller]
fn become_key(fake: &mut Fake, permissions: &[&str]) -> String {
    let made = fake.post("/v1/api-keys", json!({"name": "Other", "permissions": permissions})).expect(201);
    use_key(fake, &made.text("/data/apiKey"));
    made.text("/data/id")
}

fn use_key(fake: &mut Fake, key: &str) {
    fake.credential = Some(("Authorization".to_owned(), format!("Bearer {key}")));
}

/// Lets so many milliseconds pass; nobody listens to webhooks.
fn wait_ms(fake: &mut Fake, ms: i64) {
    let until = fake.world.clock.now() + ms;
    engine::advance(&fake.contract, &mut fake.world, until);
}

/// The ids on a page, in their order.
#[track_caller]
fn ids(fake: &mut Fake, target: &str) -> Vec<String> {
    let answer = fake.get(target).expect(200);
    let records = answer.body["data"].as_array().expect("a list");
    records.iter().map(|record| record["id"].as_str().expect("an id").to_owned()).collect()
}
