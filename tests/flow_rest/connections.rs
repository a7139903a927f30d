//! Connections: listed, put into channels, expired by the clock, refreshed, verified, deleted.

use serde_json::{Value, json};

use crate::helpers::{DAY, NOW, column, not_found, plant, refused};
use crate::support::{Answer, Fake};

/// A connection as the list shows it; the API has no other way to read one.
#[track_caller]
fn connection(fake: &mut Fake, id: &str) -> Value {
    let listed = fake.get("/v1/connections?per_page=100").expect(200);
    let all = listed.at("/data").as_array().expect("a list").clone();
    all.into_iter().find(|connection| connection["id"] == id).unwrap_or_else(|| panic!("no {id}"))
}

fn status(fake: &mut Fake, id: &str, status: &str) {
    plant(fake, "connection", json!({"id": id, "status": status}));
}

fn add(fake: &mut Fake, id: &str, channel: &str) -> Answer {
    fake.post(&format!("/v1/connections/{id}/add-to-channel"), json!({"channelId": channel}))
}

fn act(fake: &mut Fake, path: &str) -> Answer {
    fake.call("POST", &format!("/v1/connections/{path}"), None)
}

#[test]
fn connections_are_listed_in_pages_without_tokens() {
    let mut fake = Fake::flow();
    let all = fake.get("/v1/connections").expect(200);
    assert_eq!(all.at("/meta/pagination"), &json!({"page": 1, "per_page": 20, "total": 3, "total_pages": 1}));
    let first = json!({
        "id": "connection_facebook", "userId": "user_k3v9x2mq", "platform": "facebook", "username": "acme.page",
        "displayName": "Acme", "status": "active", "channelIds": ["channel_weekly"], "expiresAt": NOW + 60 * DAY,
        "lastVerifiedAt": null, "createdAt": NOW - 10 * DAY,
    });
    assert_eq!(all.at("/data/0"), &first);
    let mut paged = Vec::new();
    for page in 1..=3 {
        let answer = fake.get(&format!("/v1/connections?per_page=1&page={page}")).expect(200);
        assert_eq!(answer.at("/meta/pagination/total_pages"), &json!(3));
        paged.extend(column(&answer, "id"));
    }
    assert_eq!(paged, column(&all, "id"));
    let past = fake.get("/v1/connections?per_page=1&page=4").expect(200);
    assert_eq!((past.at("/data"), past.at("/meta/pagination/page")), (&json!([]), &json!(4)));
    fake.get("/v1/connections?page=0").expect(400);
    fake.get("/v1/connections?per_page=1000").expect(400);
}

#[test]
fn a_deleted_connection_leaves_its_channels() {
    let mut fake = Fake::flow();
    fake.wait(1);
    let answer = fake.delete("/v1/connections/connection_twitter").expect(200);
    assert_eq!(answer.at("/data"), &json!({"message": "Connection deleted successfully"}));
    let channel = fake.get("/v1/channels/channel_launch").expect(200);
    assert_eq!(channel.at("/data/connectionIds"), &json!(["connection_linkedin"]));
    assert_eq!(channel.at("/data/updatedAt"), &json!(NOW + 1000));
    not_found(&fake.delete("/v1/connections/connection_twitter"), "Connection not found");
    not_found(&act(&mut fake, "connection_twitter/refresh"), "Connection not found");
}

#[test]
fn adding_to_a_channel_shows_on_both_ends_and_twice_is_once() {
    let mut fake = Fake::flow();
    fake.wait(1);
    let added = add(&mut fake, "connection_twitter", "channel_weekly").expect(200);
    assert_eq!(added.at("/data/channelIds"), &json!(["channel_launch", "channel_weekly"]));
    let again = add(&mut fake, "connection_twitter", "channel_weekly").expect(200);
    assert_eq!(again.at("/data"), added.at("/data"));
    let channel = fake.get("/v1/channels/channel_weekly").expect(200);
    assert_eq!(channel.at("/data/connectionIds"), &json!(["connection_facebook", "connection_twitter"]));
}

#[test]
fn adding_needs_a_channel_and_a_connection_that_exist() {
    let mut fake = Fake::flow();
    not_found(&add(&mut fake, "connection_none", "channel_weekly"), "Connection not found");
    not_found(&add(&mut fake, "connection_twitter", "channel_none"), "Channel not found");
    let target = "/v1/connections/connection_twitter/add-to-channel";
    refused(&fake.post(target, json!({})), "channelId", "Channel ID is required");
    refused(&fake.post(target, json!({"channelId": ""})), "channelId", "Channel ID must be at least 1 character");
    refused(&fake.post(target, json!({"channelId": 5})), "channelId", "Channel ID must be a string");
    refused(&fake.call("POST", target, None), "body", "Body is required");
    assert_eq!(connection(&mut fake, "connection_twitter")["channelIds"], json!(["channel_launch"]));
}

#[test]
fn a_connection_expires_on_the_clock_and_posts_wait_for_its_refresh() {
    let mut fake = Fake::flow();
    plant(&mut fake, "connection", json!({"id": "connection_facebook", "expiresAt": NOW + 3_600_000}));
    fake.wait(3_599);
    assert_eq!(connection(&mut fake, "connection_facebook")["status"], "active");
    fake.wait(1);
    assert_eq!(connection(&mut fake, "connection_facebook")["status"], "expired");
    fake.wait(2 * 86_400);
    assert_eq!(fake.get("/v1/posts/post_tips").expect(200).at("/data/status"), "queued", "its time has come");
    let refreshed = act(&mut fake, "connection_facebook/refresh").expect(200);
    let now = NOW + 3_600_000 + 2 * DAY;
    assert_eq!(refreshed.at("/data/status"), "active");
    assert_eq!(refreshed.at("/data/expiresAt"), &json!(now + 60 * DAY));
    fake.wait(3);
    assert_eq!(fake.get("/v1/posts/post_tips").expect(200).at("/data/status"), "done");
    // The refreshed connection expires again, at its new time.
    fake.wait(60 * 86_400 - 4);
    assert_eq!(connection(&mut fake, "connection_facebook")["status"], "active");
    fake.wait(1);
    assert_eq!(connection(&mut fake, "connection_facebook")["status"], "expired");
}

#[test]
fn a_connection_without_an_expiry_never_expires() {
    let mut fake = Fake::flow();
    plant(&mut fake, "connection", json!({"id": "connection_facebook", "expiresAt": null}));
    fake.wait(1000 * 86_400);
    assert_eq!(connection(&mut fake, "connection_facebook")["status"], "active");
    assert_eq!(connection(&mut fake, "connection_twitter")["status"], "expired");
}

#[test]
fn active_expired_and_failing_connections_are_refreshed_and_revoked_ones_are_not() {
    let mut fake = Fake::flow();
    for state in ["active", "expired", "error"] {
        status(&mut fake, "connection_linkedin", state);
        let refreshed = act(&mut fake, "connection_linkedin/refresh").expect(200);
        assert_eq!(refreshed.at("/data/status"), "active", "{state}");
        assert_eq!(refreshed.at("/data"), &connection(&mut fake, "connection_linkedin"));
    }
    status(&mut fake, "connection_linkedin", "revoked");
    let before = connection(&mut fake, "connection_linkedin");
    let answer = act(&mut fake, "connection_linkedin/refresh");
    refused(&answer, "status", "The provider withdrew this connection; connect it again");
    assert_eq!(connection(&mut fake, "connection_linkedin"), before);
    not_found(&act(&mut fake, "connection_none/refresh"), "Connection not found");
}

#[test]
fn verifying_tells_the_state_and_is_remembered() {
    let mut fake = Fake::flow();
    fake.wait(7);
    let verified = act(&mut fake, "connection_twitter/verify").expect(200);
    let verification = json!({
        "id": "connection_twitter", "platform": "twitter", "valid": true, "status": "active", "checkedAt": NOW + 7000,
    });
    assert_eq!(verified.at("/data"), &verification);
    assert_eq!(connection(&mut fake, "connection_twitter")["lastVerifiedAt"], json!(NOW + 7000));
    assert_eq!(connection(&mut fake, "connection_linkedin")["lastVerifiedAt"], Value::Null);
    for state in ["expired", "revoked", "error"] {
        status(&mut fake, "connection_twitter", state);
        let verified = act(&mut fake, "connection_twitter/verify").expect(200);
        assert_eq!((verified.at("/data/valid"), verified.at("/data/status")), (&json!(false), &json!(state)));
    }
    not_found(&act(&mut fake, "connection_none/verify"), "Connection not found");
}

#[test]
fn verifying_a_channel_verifies_each_of_its_connections() {
    let mut fake = Fake::flow();
    fake.wait(7);
    status(&mut fake, "connection_linkedin", "expired");
    let verified = act(&mut fake, "verify-channel/channel_launch").expect(200);
    let one = |id: &str, platform: &str, status: &str| json!({"id": id, "platform": platform, "valid": status == "active", "status": status, "checkedAt": NOW + 7000});
    let verification = json!({
        "channelId": "channel_launch",
        "valid": false,
        "connections": [one("connection_twitter", "twitter", "active"), one("connection_linkedin", "linkedin", "expired")],
    });
    assert_eq!(verified.at("/data"), &verification);
    for id in ["connection_twitter", "connection_linkedin"] {
        assert_eq!(connection(&mut fake, id)["lastVerifiedAt"], json!(NOW + 7000));
    }
    assert_eq!(connection(&mut fake, "connection_facebook")["lastVerifiedAt"], Value::Null);
    act(&mut fake, "connection_linkedin/refresh").expect(200);
    assert_eq!(act(&mut fake, "verify-channel/channel_launch").expect(200).at("/data/valid"), &json!(true));
    let empty = fake.post("/v1/channels", json!({"name": "Empty"})).expect(201).text("/data/id");
    let verified = act(&mut fake, &format!("verify-channel/{empty}")).expect(200);
    assert_eq!(verified.at("/data"), &json!({"channelId": empty, "valid": true, "connections": []}));
    not_found(&act(&mut fake, "verify-channel/channel_none"), "Channel not found");
}

#[test]
fn there_is_no_reading_or_making_of_one_connection() {
    let mut fake = Fake::flow();
    for (method, path) in
        [("GET", "connection_twitter"), ("PATCH", "connection_twitter"), ("POST", "connection_twitter")]
    {
        let answer = fake.call(method, &format!("/v1/connections/{path}"), Some(json!({})));
        not_found(&answer, "Endpoint not found");
    }
    not_found(&fake.post("/v1/connections", json!({})), "Endpoint not found");
}
