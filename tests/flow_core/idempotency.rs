//! `Idempotency-Key`: the same request twice has one effect.

use http::Method;
use serde_json::{Value, json};
use standin::call::Reply;

use super::support::{Answer, Fake, header};
use super::{become_key, error, ids, upload_with, wait_ms};

const DAY_SECONDS: i64 = 86_400;

fn send(fake: &mut Fake, method: &str, target: &str, body: Value, key: &str) -> Answer {
    let call = header(fake.prepare(method, target, Some(body)), "idempotency-key", key);
    Answer::of(fake.send(&call))
}

fn create(fake: &mut Fake, name: &str, key: &str) -> Answer {
    send(fake, "POST", "/v1/channels", json!({"name": name}), key)
}

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

fn mismatch() -> Value {
    json!({
        "type": "validation_error", "message": "Invalid request", "code": "IDEMPOTENCY_KEY_MISMATCH",
        "details": [{"field": "Idempotency-Key", "message": "This key was used with another request"}],
    })
}

/// The five endpoints that take JSON: path, a body, another body, and the list that shows what was made.
fn endpoints() -> [(&'static str, Value, Value, &'static str); 5] {
    let post = |content: &str| json!({"channelId": "channel_weekly", "content": content});
    let hook = |path: &str| json!({"url": format!("https://example.com/{path}"), "events": ["post.created"]});
    [
        ("/v1/posts", post("A"), post("B"), "/v1/posts"),
        ("/v1/posts/batch", json!({"posts": [post("A")]}), json!({"posts": [post("B")]}), "/v1/posts"),
        ("/v1/channels", json!({"name": "A"}), json!({"name": "B"}), "/v1/channels"),
        ("/v1/webhooks", hook("a"), hook("b"), "/v1/webhooks"),
        ("/v1/api-keys", json!({"name": "A"}), json!({"name": "B"}), "/v1/api-keys"),
    ]
}

#[test]
fn the_same_request_twice_gives_the_same_bytes_and_one_effect() {
    for (path, body, other, list) in endpoints() {
        let mut fake = Fake::flow();
        let before = ids(&mut fake, list).len();
        let first = send(&mut fake, "POST", path, body.clone(), "key-1").expect(201);
        assert_eq!(first.header("idempotent-replayed"), None, "{path}");
        fake.wait(5);
        let again = send(&mut fake, "POST", path, body.clone(), "key-1").expect(201);
        assert!(replayed(&again), "{path}");
        assert_eq!(again.reply.body, first.reply.body, "{path}");
        assert_eq!(again.header("content-type"), first.header("content-type"));
        assert_eq!(error(send(&mut fake, "POST", path, other, "key-1"), 400), mismatch(), "{path}");
        assert_eq!(ids(&mut fake, list).len(), before + 1, "{path}");
        let fresh = send(&mut fake, "POST", path, body, "key-2").expect(201);
        assert!(!replayed(&fresh) && fresh.reply.body != first.reply.body, "{path}");
        assert_eq!(ids(&mut fake, list).len(), before + 2, "{path}");
    }
}

#[test]
fn an_upload_is_the_same_whatever_its_boundary() {
    let mut fake = Fake::flow();
    let first = upload_with(&mut fake, "one", "hello", Some("key-1")).expect(201);
    let again = upload_with(&mut fake, "another", "hello", Some("key-1")).expect(201);
    assert!(replayed(&again) && again.reply.body == first.reply.body);
    assert_eq!(error(upload_with(&mut fake, "one", "HELLO", Some("key-1")), 400), mismatch());
    let fresh = upload_with(&mut fake, "one", "hello", Some("key-2")).expect(201);
    assert_ne!(fresh.text("/data/key"), first.text("/data/key"));
}

#[test]
fn a_replay_repeats_the_secret_that_is_shown_once() {
    let mut fake = Fake::flow();
    let body = json!({"name": "Production"});
    let first = send(&mut fake, "POST", "/v1/api-keys", body.clone(), "key-1").expect(201);
    let again = send(&mut fake, "POST", "/v1/api-keys", body, "key-1").expect(201);
    assert_eq!(first.text("/data/apiKey"), again.text("/data/apiKey"));
}

#[test]
fn the_same_json_written_otherwise_is_the_same_request() {
    let mut fake = Fake::flow();
    let mut send = |text: &str| {
        let call = header(fake.prepare("POST", "/v1/channels", Some(Value::Null)), "idempotency-key", "key-1");
        let reply: Reply = fake.send(&standin::call::Call { body: text.to_owned().into(), ..call });
        Answer::of(reply)
    };
    let first = send(r##"{"name":"A","color":"#3B82F6"}"##).expect(201);
    let again = send("{ \"color\": \"#3B82F6\",\n  \"name\": \"\\u0041\" }").expect(201);
    assert!(replayed(&again) && again.reply.body == first.reply.body);
    assert_eq!(error(send(r##"{"name":"A","color":"#3b82f6"}"##), 400), mismatch());
    assert_eq!(error(send(r#"{"name":"A"}"#), 400), mismatch());
    assert_eq!(error(send(r#"{"name":"#), 400)["code"], "VALIDATION_ERROR", "a broken body is broken first");
}

#[test]
fn errors_are_not_remembered() {
    let mut fake = Fake::flow();
    create(&mut fake, "", "key-1").expect(400);
    let made = create(&mut fake, "A", "key-1").expect(201);
    assert!(!replayed(&made));

    let unknown = json!({"channelId": "channel_nothing", "content": "A"});
    send(&mut fake, "POST", "/v1/posts", unknown.clone(), "key-2").expect(404);
    assert!(!replayed(&send(&mut fake, "POST", "/v1/posts", unknown, "key-2").expect(404)));

    assert_eq!(error(create(&mut fake, "B", "key-1"), 400), mismatch());
    assert!(replayed(&create(&mut fake, "A", "key-1").expect(201)), "a mismatch forgets nothing");

    let owner = fake.credential.clone();
    become_key(&mut fake, &["posts:read"]);
    let narrow = std::mem::replace(&mut fake.credential, owner);
    let owner = std::mem::replace(&mut fake.credential, narrow);
    create(&mut fake, "C", "key-3").expect(403);
    fake.credential = owner;
    assert!(!replayed(&create(&mut fake, "C", "key-3").expect(201)));
}

#[test]
fn a_batch_that_created_nothing_is_remembered_too() {
    let mut fake = Fake::flow();
    let body = json!({"posts": [{"channelId": "channel_nothing", "content": "A"}]});
    let first = send(&mut fake, "POST", "/v1/posts/batch", body.clone(), "key-1").expect(200);
    let again = send(&mut fake, "POST", "/v1/posts/batch", body, "key-1").expect(200);
    assert!(replayed(&again) && again.reply.body == first.reply.body);
}

#[test]
fn a_key_belongs_to_one_path() {
    let mut fake = Fake::flow();
    for (path, body, ..) in endpoints() {
        assert!(!replayed(&send(&mut fake, "POST", path, body, "key-1").expect(201)), "{path}");
    }
    upload_with(&mut fake, "edge", "hello", Some("key-1")).expect(201);
}

#[test]
fn a_key_lives_for_24_hours() {
    let mut fake = Fake::flow();
    let first = create(&mut fake, "A", "key-1").expect(201);
    wait_ms(&mut fake, DAY_SECONDS * 1000 - 1);
    let again = create(&mut fake, "A", "key-1").expect(201);
    assert!(replayed(&again) && again.reply.body == first.reply.body);
    wait_ms(&mut fake, 1);
    let fresh = create(&mut fake, "A", "key-1").expect(201);
    assert!(!replayed(&fresh), "a replay does not lengthen its life");
    assert_ne!(fresh.text("/data/id"), first.text("/data/id"));
    fake.wait(DAY_SECONDS);
    create(&mut fake, "Another body", "key-1").expect(201);
}

#[test]
fn a_key_has_from_1_to_255_characters() {
    let mut fake = Fake::flow();
    create(&mut fake, "A", "k").expect(201);
    let longest = "k".repeat(255);
    create(&mut fake, "A", &longest).expect(201);
    assert!(replayed(&create(&mut fake, "A", &longest).expect(201)));
    for (key, message) in [
        (String::new(), "Idempotency key must be at least 1 character"),
        ("k".repeat(256), "Idempotency key must be at most 255 characters"),
    ] {
        let refused = error(create(&mut fake, "A", &key), 400);
        assert_eq!(refused["details"], json!([{"field": "Idempotency-Key", "message": message}]));
    }
    assert_eq!(ids(&mut fake, "/v1/channels").len(), 4);
}

#[test]
fn keys_are_compared_letter_by_letter() {
    let mut fake = Fake::flow();
    create(&mut fake, "A", "Key").expect(201);
    for key in ["key", "Key1", "\"Key\"", "K e y"] {
        assert!(!replayed(&create(&mut fake, "A", key).expect(201)), "{key}");
    }
}

#[test]
fn without_a_key_every_request_counts() {
    let mut fake = Fake::flow();
    let one = fake.post("/v1/channels", json!({"name": "A"})).expect(201);
    let two = fake.post("/v1/channels", json!({"name": "A"})).expect(201);
    assert_ne!(one.text("/data/id"), two.text("/data/id"));
}

#[test]
fn other_operations_do_not_know_keys() {
    let mut fake = Fake::flow();
    let post = json!({"channelId": "channel_weekly", "content": "A"});
    let calls = [
        ("POST", "/v1/posts/preflight", post),
        ("PATCH", "/v1/posts/post_tips", json!({"content": "A"})),
        ("PATCH", "/v1/posts/batch", json!({"posts": [{"id": "post_tips", "content": "A"}]})),
        ("POST", "/v1/connections/connection_twitter/verify", json!({})),
    ];
    for (method, target, body) in calls {
        for key in ["key-1", "key-1", &"k".repeat(256)] {
            let answer = send(&mut fake, method, target, body.clone(), key).expect(200);
            assert!(!replayed(&answer), "{method} {target}");
        }
    }
    let read = header(fake.prepare("GET", "/v1/posts", None), "idempotency-key", "key-1");
    assert_eq!(read.method, Method::GET);
    assert!(!replayed(&Answer::of(fake.send(&read)).expect(200)));
}

#[test]
fn a_replay_counts_against_the_limits_and_tells_how_they_stand_now() {
    let mut fake = Fake::flow();
    let body = json!({"name": "A"});
    for left in ["4", "3", "2", "1", "0"] {
        let answer = send(&mut fake, "POST", "/v1/api-keys", body.clone(), "key-1").expect(201);
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(left));
        let headers = answer.reply.headers.iter().filter(|(name, _)| name == "x-ratelimit-remaining");
        assert_eq!(headers.count(), 1);
    }
    send(&mut fake, "POST", "/v1/api-keys", body.clone(), "key-1").expect(429);
    fake.wait(60);
    assert!(replayed(&send(&mut fake, "POST", "/v1/api-keys", body, "key-1").expect(201)));
}

#[test]
fn a_replay_repeats_what_was_said_even_when_the_world_moved_on() {
    let mut fake = Fake::flow();
    let body = json!({"channelId": "channel_weekly", "content": "A"});
    let first = send(&mut fake, "POST", "/v1/posts", body.clone(), "key-1").expect(201);
    fake.wait(5);
    fake.delete(&format!("/v1/posts/{}", first.text("/data/id"))).expect(200);
    let again = send(&mut fake, "POST", "/v1/posts", body, "key-1").expect(201);
    assert_eq!(again.reply.body, first.reply.body);
    assert_eq!(again.at("/data/status"), "queued");
    fake.get(&format!("/v1/posts/{}", first.text("/data/id"))).expect(404);
}

#[test]
fn a_revoked_key_gets_no_replay() {
    let mut fake = Fake::flow();
    let id = fake.get("/v1/api-keys").expect(200).text("/data/0/id");
    create(&mut fake, "A", "key-1").expect(201);
    fake.delete(&format!("/v1/api-keys/{id}")).expect(200);
    create(&mut fake, "A", "key-1").expect(401);
}
