//! Thirteen permissions: what each operation asks of a key.

use serde_json::{Value, json};

use super::support::Fake;
use super::{PERMISSIONS, become_key, error, seed, upload_with};

/// Every operation that takes a key, and the permission that it asks for.
fn guarded() -> Vec<(&'static str, &'static str, Option<Value>, &'static str)> {
    let post = || Some(json!({"channelId": "channel_launch", "content": "Hello"}));
    let hook = || Some(json!({"url": "https://example.com/hook", "events": ["post.created"]}));
    vec![
        ("GET", "/v1/api-keys", None, "api-keys:read"),
        ("POST", "/v1/api-keys", Some(json!({"name": "Third"})), "api-keys:write"),
        ("GET", "/v1/api-keys/apikey_seeded", None, "api-keys:read"),
        ("PATCH", "/v1/api-keys/apikey_seeded", Some(json!({"name": "New"})), "api-keys:write"),
        ("DELETE", "/v1/api-keys/apikey_seeded", None, "api-keys:write"),
        ("GET", "/v1/channels", None, "channels:read"),
        ("POST", "/v1/channels", Some(json!({"name": "New"})), "channels:write"),
        ("GET", "/v1/channels/channel_weekly", None, "channels:read"),
        ("PATCH", "/v1/channels/channel_weekly", Some(json!({"name": "New"})), "channels:write"),
        ("DELETE", "/v1/channels/channel_weekly", None, "channels:write"),
        ("GET", "/v1/posts", None, "posts:read"),
        ("POST", "/v1/posts", post(), "posts:write"),
        ("GET", "/v1/posts/post_launch", None, "posts:read"),
        ("PATCH", "/v1/posts/post_launch", Some(json!({"content": "New"})), "posts:write"),
        ("DELETE", "/v1/posts/post_launch", None, "posts:write"),
        ("POST", "/v1/posts/preflight", post(), "posts:write"),
        ("POST", "/v1/posts/batch", Some(json!({"posts": [post()]})), "posts:write"),
        ("PATCH", "/v1/posts/batch", Some(json!({"posts": [{"id": "post_tips", "content": "A"}]})), "posts:write"),
        ("DELETE", "/v1/posts/batch", Some(json!({"postIds": ["post_tips"]})), "posts:write"),
        ("GET", "/v1/connections", None, "connections:read"),
        ("POST", "/v1/connections/connection_twitter/verify", None, "connections:write"),
        ("POST", "/v1/connections/connection_twitter/refresh", None, "connections:write"),
        ("POST", "/v1/connections/verify-channel/channel_launch", None, "connections:write"),
        (
            "POST",
            "/v1/connections/connection_twitter/add-to-channel",
            Some(json!({"channelId": "channel_launch"})),
            "connections:write",
        ),
        ("DELETE", "/v1/connections/connection_twitter", None, "connections:write"),
        ("GET", "/v1/media/media_seeded", None, "media:read"),
        ("DELETE", "/v1/media/media_seeded", None, "media:write"),
        ("GET", "/v1/webhooks", None, "webhooks:read"),
        ("POST", "/v1/webhooks", hook(), "webhooks:write"),
        ("GET", "/v1/webhooks/webhook_seeded", None, "webhooks:read"),
        ("PATCH", "/v1/webhooks/webhook_seeded", Some(json!({"active": false})), "webhooks:write"),
        ("GET", "/v1/webhooks/webhook_seeded/deliveries", None, "webhooks:read"),
        ("POST", "/v1/webhooks/webhook_seeded/test", None, "webhooks:write"),
        ("DELETE", "/v1/webhooks/webhook_seeded", None, "webhooks:write"),
        ("GET", "/v1/usage", None, "analytics:read"),
        ("GET", "/v1/usage/history", None, "analytics:read"),
        ("GET", "/v1/usage/day", None, "analytics:read"),
    ]
}

/// A world in which everything that `guarded` names is there.
fn furnished() -> Fake {
    let mut fake = Fake::flow();
    seed(&mut fake, "apiKey", &[json!({"id": "apikey_seeded", "name": "Seeded"})]);
    let media = json!({
        "key": "media_seeded", "filename": "a.png", "contentType": "image/png", "size": 3,
        "url": "http://localhost/a.png"
    });
    seed(&mut fake, "media", &[media]);
    let hook = json!({"id": "webhook_seeded", "url": "https://example.com/hook", "events": ["post.created"]});
    seed(&mut fake, "webhook", &[hook]);
    fake
}

fn missing(permission: &str) -> Value {
    json!({
        "type": "authorization_error",
        "message": "Insufficient permissions",
        "code": "INSUFFICIENT_PERMISSIONS",
        "details": [{"field": "permission", "message": format!("Required permission: {permission}")}],
    })
}

#[test]
fn without_its_permission_every_operation_is_refused_by_name() {
    let mut fake = furnished();
    for (method, target, body, permission) in guarded() {
        let owner = fake.credential.clone();
        fake.wait(60);
        let others: Vec<&str> = PERMISSIONS.iter().copied().filter(|other| *other != permission).collect();
        become_key(&mut fake, &others);
        let refused = fake.call(method, target, body);
        assert_eq!(error(refused, 403), missing(permission), "{method} {target}");
        fake.credential = owner;
    }
}

#[test]
fn its_one_permission_is_enough_for_every_operation() {
    for (method, target, body, permission) in guarded() {
        let mut fake = furnished();
        become_key(&mut fake, &[permission]);
        let answer = fake.call(method, target, body);
        assert!([200, 201].contains(&answer.status), "{method} {target}: {:#}", answer.body);
    }
}

#[test]
fn uploading_asks_for_media_write() {
    let mut fake = furnished();
    let owner = fake.credential.clone();
    become_key(&mut fake, &["media:read", "posts:write"]);
    assert_eq!(error(upload_with(&mut fake, "edge", "hello", None), 403), missing("media:write"));
    fake.credential = owner;
    become_key(&mut fake, &["media:write"]);
    upload_with(&mut fake, "edge", "hello", None).expect(201);
}

#[test]
fn every_permission_guards_something() {
    for permission in PERMISSIONS {
        assert!(guarded().iter().any(|(.., asked)| *asked == permission), "{permission}");
    }
}

#[test]
fn permission_is_asked_before_the_body_and_the_record_are_looked_at() {
    let mut fake = Fake::flow();
    become_key(&mut fake, &["posts:read"]);
    assert_eq!(error(fake.post("/v1/posts", json!({})), 403), missing("posts:write"));
    assert_eq!(error(fake.delete("/v1/posts/post_nothing"), 403), missing("posts:write"));
    assert_eq!(error(fake.get("/v1/channels?page=0"), 403), missing("channels:read"));
}

#[test]
fn a_refused_operation_changes_nothing() {
    let mut fake = Fake::flow();
    let owner = fake.credential.clone();
    become_key(&mut fake, &["posts:read"]);
    fake.delete("/v1/posts/post_launch").expect(403);
    fake.patch("/v1/posts/post_launch", json!({"content": "Sly"})).expect(403);
    fake.post("/v1/channels", json!({"name": "Sly"})).expect(403);
    fake.credential = owner;
    assert_eq!(fake.get("/v1/posts/post_launch").expect(200).at("/data/content"), "Version 2 is coming next week.");
    assert_eq!(fake.get("/v1/channels").expect(200).at("/meta/pagination/total"), 2);
}
