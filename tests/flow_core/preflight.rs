//! Checking a post without creating it.

use serde_json::{Value, json};

use super::support::Fake;
use super::{START, data, error, invalid, not_found, seed, upload};

const PREFLIGHT: &str = "/v1/posts/preflight";

fn too_long() -> Value {
    json!({
        "field": "content", "code": "CONTENT_TOO_LONG", "platform": "twitter",
        "message": "Content is longer than the 280 characters that twitter takes",
    })
}

#[test]
fn a_good_post_is_valid() {
    let mut fake = Fake::flow();
    let media = upload(&mut fake);
    for body in [
        json!({"channelId": "channel_launch", "content": "Hello"}),
        json!({"channelId": "channel_launch", "content": "🦀".repeat(280)}),
        json!({"channelId": "channel_weekly", "content": "a".repeat(10_000), "scheduledFor": START}),
        json!({"channelId": "channel_weekly", "mediaKeys": [media], "scheduledFor": "2026-02-01T00:00:00Z"}),
        json!({"channelId": "channel_weekly", "content": "Hello", "mediaKeys": [], "enableOptimization": true}),
    ] {
        let result = data(fake.post(PREFLIGHT, body.clone()), 200);
        assert_eq!(result, json!({"valid": true, "errors": [], "warnings": []}), "{body}");
    }
}

#[test]
fn every_finding_is_told_at_once() {
    let mut fake = Fake::flow();
    seed(&mut fake, "connection", &[json!({"id": "connection_linkedin", "status": "expired"})]);
    let known = upload(&mut fake);
    let body = json!({
        "channelId": "channel_launch", "content": "🦀".repeat(281), "mediaKeys": ["media_one", known, "media_two"]
    });
    let missing = |key: &str| json!({"field": "mediaKeys", "code": "MEDIA_NOT_FOUND", "message": format!("Media not found: {key}")});
    let stale = json!({
        "field": "channelId", "code": "CONNECTION_EXPIRED", "platform": "linkedin",
        "message": "Connection acme-inc is expired",
    });
    assert_eq!(
        data(fake.post(PREFLIGHT, body), 200),
        json!({
            "valid": false,
            "errors": [missing("media_one"), missing("media_two"), too_long()],
            "warnings": [stale],
        })
    );
}

#[test]
fn a_warning_alone_leaves_the_post_valid() {
    let mut fake = Fake::flow();
    for status in ["error", "revoked", "expired"] {
        seed(&mut fake, "connection", &[json!({"id": "connection_facebook", "status": status})]);
        let result = data(fake.post(PREFLIGHT, json!({"channelId": "channel_weekly", "content": "Hello"})), 200);
        assert_eq!((&result["valid"], &result["errors"]), (&json!(true), &json!([])));
        assert_eq!(result["warnings"][0]["code"], format!("CONNECTION_{}", status.to_uppercase()));
    }
}

#[test]
fn length_counts_only_where_twitter_is_connected() {
    let mut fake = Fake::flow();
    let content = "a".repeat(281);
    let result = data(fake.post(PREFLIGHT, json!({"channelId": "channel_launch", "content": content})), 200);
    assert_eq!(result, json!({"valid": false, "errors": [too_long()], "warnings": []}));
    let result = data(fake.post(PREFLIGHT, json!({"channelId": "channel_weekly", "content": content})), 200);
    assert_eq!(result["valid"], true);
}

#[test]
fn what_preflight_foretells_is_what_happens() {
    let mut fake = Fake::flow();
    for length in [280, 281] {
        let body = json!({"channelId": "channel_launch", "content": "a".repeat(length)});
        let valid = data(fake.post(PREFLIGHT, body.clone()), 200)["valid"] == true;
        let id = super::post(&mut fake, body);
        fake.wait(3);
        let status = fake.get(&format!("/v1/posts/{id}")).expect(200).text("/data/status");
        assert_eq!(status, if valid { "done" } else { "blocked" }, "{length}");
    }
}

#[test]
fn a_malformed_body_is_refused_as_it_is_when_creating() {
    let mut fake = Fake::flow();
    for body in [
        json!({}),
        json!({"channelId": "channel_launch"}),
        json!({"channelId": "channel_launch", "content": ""}),
        json!({"channelId": 1, "content": 2}),
        json!({"channelId": "channel_launch", "content": "a", "scheduledFor": "soon"}),
        json!({"channelId": "channel_launch", "mediaKeys": vec!["media_a"; 11]}),
        json!([]),
    ] {
        let checked = error(fake.post(PREFLIGHT, body.clone()), 400);
        assert_eq!(checked, error(fake.post("/v1/posts", body.clone()), 400), "{body}");
    }
    let refused = error(fake.post(PREFLIGHT, json!({"content": "Hello"})), 400);
    assert_eq!(refused, invalid(&[("channelId", "Channel ID is required")]));
    let unknown = fake.post(PREFLIGHT, json!({"channelId": "channel_nothing", "content": "Hello"}));
    assert_eq!(error(unknown, 404), not_found("Channel"));
}

#[test]
fn preflight_changes_nothing() {
    let mut fake = Fake::flow();
    let mut untouched = Fake::flow();
    let body = json!({"channelId": "channel_launch", "content": "Hello"});
    for _ in 0..3 {
        fake.post(PREFLIGHT, body.clone()).expect(200);
    }
    fake.wait(60);
    untouched.wait(60);
    assert_eq!(data(fake.post("/v1/posts", body.clone()), 201), data(untouched.post("/v1/posts", body), 201));
    for target in ["/v1/posts", "/v1/channels", "/v1/connections", "/v1/webhooks"] {
        let (one, other) = (fake.get(target).expect(200), untouched.get(target).expect(200));
        assert_eq!(one.body["data"], other.body["data"], "{target}");
    }
    assert_eq!(
        fake.get("/v1/usage").expect(200).at("/data/posts/used"),
        untouched.get("/v1/usage").at("/data/posts/used")
    );
}

#[test]
fn preflight_is_not_charged_as_a_creation() {
    let mut fake = Fake::flow();
    let body = json!({"channelId": "channel_launch", "content": "Hello"});
    for _ in 0..31 {
        fake.post(PREFLIGHT, body.clone()).expect(200);
    }
    fake.post("/v1/posts", body).expect(201);
}
