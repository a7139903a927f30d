//! What becomes of a post as time passes: sent, tried again, blocked, or waiting for a connection.

use serde_json::{Value, json};
use standin::world::outbox::Outcome;

use super::support::Fake;
use super::{DAY, START, data, post, seed};

/// Time from `flowing` to its end, in seconds.
const SENDING: i64 = 3;

fn status(fake: &mut Fake, id: &str) -> String {
    fake.get(&format!("/v1/posts/{id}")).expect(200).text("/data/status")
}

fn set_status(fake: &mut Fake, connection: &str, status: &str) {
    seed(fake, "connection", &[json!({"id": connection, "status": status})]);
}

/// The post's `status`, `attemptCount` and the code of its `error`.
fn state(fake: &mut Fake, id: &str) -> (String, i64, Value) {
    let post = fake.get(&format!("/v1/posts/{id}")).expect(200);
    (post.text("/data/status"), post.at("/data/attemptCount").as_i64().unwrap(), post.at("/data/error/code").clone())
}

fn listen(fake: &mut Fake) {
    let events = ["post.created", "post.delivered", "post.failed", "post.blocked"];
    fake.post("/v1/webhooks", json!({"url": "https://example.com/hook", "events": events})).expect(201);
}

/// Lets seconds pass and gives the events heard, in order: name and data.
fn heard(fake: &mut Fake, seconds: i64) -> Vec<(String, Value)> {
    let mut heard = Vec::new();
    fake.advance(seconds, |attempt| {
        let body: Value = serde_json::from_slice(&attempt.body).expect("JSON");
        heard.push((body["event"].as_str().expect("a name").to_owned(), body["data"].clone()));
        Outcome::Answered(200)
    });
    heard
}

#[test]
fn a_scheduled_post_flows_at_its_time_and_is_done_three_seconds_later() {
    let mut fake = Fake::flow();
    listen(&mut fake);
    let body = json!({"channelId": "channel_launch", "content": "Hello", "scheduledFor": START + 60_000});
    let id = post(&mut fake, body);
    let created = json!({"post_id": id, "channel_id": "channel_launch", "scheduled_for": START + 60_000});
    assert_eq!(heard(&mut fake, 59), [("post.created".to_owned(), created)]);
    assert_eq!(state(&mut fake, &id), ("queued".to_owned(), 0, Value::Null));
    assert_eq!(heard(&mut fake, 1), []);
    assert_eq!(state(&mut fake, &id), ("flowing".to_owned(), 1, Value::Null));
    assert_eq!(heard(&mut fake, SENDING - 1), []);
    assert_eq!(status(&mut fake, &id), "flowing");
    let delivered = json!({"post_id": id, "channel_id": "channel_launch", "delivered_at": START + 63_000});
    assert_eq!(heard(&mut fake, 1), [("post.delivered".to_owned(), delivered)]);
    assert_eq!(
        data(fake.get(&format!("/v1/posts/{id}")), 200),
        json!({
            "id": id, "channelId": "channel_launch", "content": "Hello", "mediaKeys": [],
            "scheduledFor": START + 60_000, "status": "done", "enableOptimization": false, "attemptCount": 1,
            "error": null, "createdAt": START, "updatedAt": START + 63_000, "deliveredAt": START + 63_000,
        })
    );
    assert_eq!(heard(&mut fake, 86_400).iter().filter(|(_, data)| data["post_id"] == id.as_str()).count(), 0);
    assert_eq!(status(&mut fake, &id), "done");
}

#[test]
fn a_post_for_now_or_for_the_past_is_sent_at_once() {
    let mut fake = Fake::flow();
    let now = post(&mut fake, json!({"channelId": "channel_weekly", "content": "Now"}));
    let past = post(&mut fake, json!({"channelId": "channel_weekly", "content": "Past", "scheduledFor": START - DAY}));
    assert_eq!((status(&mut fake, &now), status(&mut fake, &past)), ("flowing".to_owned(), "flowing".to_owned()));
    fake.wait(SENDING);
    let done = fake.get(&format!("/v1/posts/{past}")).expect(200);
    assert_eq!((done.text("/data/status"), done.at("/data/scheduledFor")), ("done".to_owned(), &json!(START - DAY)));
}

#[test]
fn one_long_wait_does_all_that_lies_in_it_each_at_its_own_time() {
    let mut fake = Fake::flow();
    fake.wait(8 * 86_400);
    let tips = fake.get("/v1/posts/post_tips").expect(200);
    let launch = fake.get("/v1/posts/post_launch").expect(200);
    assert_eq!(tips.at("/data/deliveredAt"), START + DAY + 3_000);
    assert_eq!(launch.at("/data/deliveredAt"), START + 7 * DAY + 3_000);
}

#[test]
fn a_rescheduled_post_keeps_only_its_new_time() {
    let mut fake = Fake::flow();
    let id =
        post(&mut fake, json!({"channelId": "channel_weekly", "content": "Later", "scheduledFor": START + 60_000}));
    let path = format!("/v1/posts/{id}");
    fake.patch(&path, json!({"scheduledFor": START + 120_000})).expect(200);
    fake.wait(119);
    assert_eq!(status(&mut fake, &id), "queued", "the old time has passed");
    fake.wait(1);
    assert_eq!(status(&mut fake, &id), "flowing");

    let id = post(&mut fake, json!({"channelId": "channel_weekly", "content": "Sooner", "scheduledFor": START + DAY}));
    fake.patch(&format!("/v1/posts/{id}"), json!({"scheduledFor": START + 130_000})).expect(200);
    fake.wait(10 + SENDING);
    assert_eq!(state(&mut fake, &id), ("done".to_owned(), 1, Value::Null));
}

#[test]
fn twitter_blocks_more_than_280_characters_when_the_time_comes() {
    let mut fake = Fake::flow();
    listen(&mut fake);
    let mut make = |channel: &str, content: String| {
        post(&mut fake, json!({"channelId": channel, "content": content, "scheduledFor": START + 1_000}))
    };
    let long = make("channel_launch", "🦀".repeat(281));
    let fits = make("channel_launch", "🦀".repeat(280));
    let elsewhere = make("channel_weekly", "a".repeat(281));
    heard(&mut fake, 0);
    assert_eq!(status(&mut fake, &long), "queued");
    let reason = "Content is longer than the 280 characters that twitter takes";
    let blocked =
        json!({"post_id": long, "channel_id": "channel_launch", "blocked_at": START + 1_000, "reason": reason});
    assert_eq!(heard(&mut fake, 1), [("post.blocked".to_owned(), blocked)]);
    let shown = fake.get(&format!("/v1/posts/{long}")).expect(200);
    assert_eq!(shown.at("/data/error"), &json!({"code": "CONTENT_TOO_LONG", "message": reason}));
    assert_eq!((shown.text("/data/status"), shown.at("/data/deliveredAt")), ("blocked".to_owned(), &Value::Null));
    fake.wait(SENDING);
    assert_eq!((status(&mut fake, &fits), status(&mut fake, &elsewhere)), ("done".to_owned(), "done".to_owned()));
    fake.wait(86_400);
    assert_eq!(status(&mut fake, &long), "blocked", "blocked is the end");
    assert_eq!(fake.patch(&format!("/v1/posts/{long}"), json!({"content": "Short"})).status, 400);
    fake.delete(&format!("/v1/posts/{long}")).expect(200);
}

#[test]
fn a_post_shortened_before_its_time_is_sent() {
    let mut fake = Fake::flow();
    let body = json!({"channelId": "channel_launch", "content": "a".repeat(300), "scheduledFor": START + 60_000});
    let id = post(&mut fake, body);
    fake.patch(&format!("/v1/posts/{id}"), json!({"content": "Short"})).expect(200);
    fake.wait(60 + SENDING);
    assert_eq!(status(&mut fake, &id), "done");
}

#[test]
fn a_failing_connection_is_tried_three_times_and_then_the_post_is_blocked() {
    let mut fake = Fake::flow();
    listen(&mut fake);
    set_status(&mut fake, "connection_facebook", "error");
    let id = post(&mut fake, json!({"channelId": "channel_weekly", "content": "Hello"}));
    heard(&mut fake, 0);
    assert_eq!(state(&mut fake, &id), ("flowing".to_owned(), 1, Value::Null));
    let failed = |attempt: i64, at: i64| {
        let error = json!({"code": "PLATFORM_ERROR", "message": "facebook did not accept the post"});
        let data = json!({
            "post_id": id, "channel_id": "channel_weekly", "failed_at": at, "error": error, "attempt": attempt
        });
        [("post.failed".to_owned(), data)]
    };
    assert_eq!(heard(&mut fake, SENDING), failed(1, START + 3_000));
    assert_eq!(state(&mut fake, &id), ("queued".to_owned(), 1, json!("PLATFORM_ERROR")));
    assert_eq!(heard(&mut fake, 59), []);
    assert_eq!(status(&mut fake, &id), "queued", "the second attempt comes a minute later");
    assert_eq!(heard(&mut fake, 1), []);
    assert_eq!(state(&mut fake, &id), ("flowing".to_owned(), 2, json!("PLATFORM_ERROR")));
    assert_eq!(heard(&mut fake, SENDING), failed(2, START + 66_000));
    assert_eq!(heard(&mut fake, 120), [], "the third comes two minutes later");
    assert_eq!(state(&mut fake, &id), ("flowing".to_owned(), 3, json!("PLATFORM_ERROR")));
    let reason = "facebook did not accept the post in 3 attempts";
    let blocked =
        json!({"post_id": id, "channel_id": "channel_weekly", "blocked_at": START + 189_000, "reason": reason});
    assert_eq!(heard(&mut fake, SENDING), [("post.blocked".to_owned(), blocked)]);
    assert_eq!(state(&mut fake, &id), ("blocked".to_owned(), 3, json!("PLATFORM_ERROR")));
    assert!(data(fake.get(&format!("/v1/posts/{id}")), 200).get("nextAttemptAt").is_none());
}

#[test]
fn a_post_that_failed_is_done_when_the_connection_recovers() {
    let mut fake = Fake::flow();
    set_status(&mut fake, "connection_facebook", "error");
    let id = post(&mut fake, json!({"channelId": "channel_weekly", "content": "Hello"}));
    fake.wait(SENDING);
    assert_eq!(status(&mut fake, &id), "queued");
    fake.post("/v1/connections/connection_facebook/refresh", json!({})).expect(200);
    fake.wait(60 + SENDING);
    assert_eq!(state(&mut fake, &id), ("done".to_owned(), 2, Value::Null), "its error is forgotten");
}

#[test]
fn one_failing_connection_of_two_fails_the_attempt() {
    let mut fake = Fake::flow();
    set_status(&mut fake, "connection_linkedin", "error");
    let id = post(&mut fake, json!({"channelId": "channel_launch", "content": "Hello"}));
    fake.wait(SENDING);
    assert_eq!(state(&mut fake, &id), ("queued".to_owned(), 1, json!("PLATFORM_ERROR")));
}

#[test]
fn a_failed_post_can_be_rescheduled_and_then_waits_for_its_new_time() {
    let mut fake = Fake::flow();
    set_status(&mut fake, "connection_facebook", "error");
    let id = post(&mut fake, json!({"channelId": "channel_weekly", "content": "Hello"}));
    fake.wait(SENDING);
    fake.patch(&format!("/v1/posts/{id}"), json!({"scheduledFor": START + 600_000})).expect(200);
    set_status(&mut fake, "connection_facebook", "active");
    fake.wait(590);
    assert_eq!(status(&mut fake, &id), "queued");
    fake.wait(7);
    assert_eq!(state(&mut fake, &id), ("flowing".to_owned(), 2, json!("PLATFORM_ERROR")));
    fake.wait(SENDING);
    assert_eq!(status(&mut fake, &id), "done");
}

#[test]
fn a_post_waits_while_all_connections_are_expired_and_goes_on_when_one_is_refreshed() {
    let mut fake = Fake::flow();
    for connection in ["connection_twitter", "connection_linkedin"] {
        set_status(&mut fake, connection, "expired");
    }
    let id = post(&mut fake, json!({"channelId": "channel_launch", "content": "Hello"}));
    fake.wait(3_600);
    assert_eq!(state(&mut fake, &id), ("queued".to_owned(), 0, Value::Null));
    fake.post("/v1/connections/connection_linkedin/refresh", json!({})).expect(200);
    assert_eq!(status(&mut fake, &id), "flowing");
    fake.wait(SENDING);
    assert_eq!(state(&mut fake, &id), ("done".to_owned(), 1, Value::Null));
}

#[test]
fn a_post_that_failed_and_then_lost_its_connection_waits_for_it() {
    let mut fake = Fake::flow();
    set_status(&mut fake, "connection_facebook", "error");
    let id = post(&mut fake, json!({"channelId": "channel_weekly", "content": "Hello"}));
    fake.wait(SENDING);
    set_status(&mut fake, "connection_facebook", "expired");
    fake.wait(3_600);
    assert_eq!(state(&mut fake, &id), ("queued".to_owned(), 1, json!("PLATFORM_ERROR")));
    fake.post("/v1/connections/connection_facebook/refresh", json!({})).expect(200);
    fake.wait(SENDING);
    assert_eq!(state(&mut fake, &id), ("done".to_owned(), 2, Value::Null));
}

#[test]
fn twitter_blocks_nothing_before_its_connection_works() {
    let mut fake = Fake::flow();
    for connection in ["connection_twitter", "connection_linkedin"] {
        set_status(&mut fake, connection, "expired");
    }
    let id = post(&mut fake, json!({"channelId": "channel_launch", "content": "a".repeat(281)}));
    fake.wait(60);
    assert_eq!(status(&mut fake, &id), "queued");
    fake.post("/v1/connections/connection_twitter/refresh", json!({})).expect(200);
    assert_eq!(state(&mut fake, &id), ("blocked".to_owned(), 1, json!("CONTENT_TOO_LONG")));
}

#[test]
fn connections_expire_by_themselves_and_hold_back_later_posts() {
    let mut fake = Fake::flow();
    let body = json!({"channelId": "channel_weekly", "content": "Spring", "scheduledFor": START + 61 * DAY});
    let id = post(&mut fake, body);
    fake.wait(62 * 86_400);
    assert_eq!(status(&mut fake, &id), "queued");
    fake.post("/v1/connections/connection_facebook/refresh", json!({})).expect(200);
    fake.wait(SENDING);
    assert_eq!(status(&mut fake, &id), "done");
}

#[test]
fn a_waiting_post_can_still_be_changed_and_deleted() {
    let mut fake = Fake::flow();
    set_status(&mut fake, "connection_facebook", "expired");
    let kept = post(&mut fake, json!({"channelId": "channel_weekly", "content": "Kept"}));
    let gone = post(&mut fake, json!({"channelId": "channel_weekly", "content": "Gone"}));
    fake.wait(60);
    fake.patch(&format!("/v1/posts/{kept}"), json!({"content": "Changed"})).expect(200);
    fake.delete(&format!("/v1/posts/{gone}")).expect(200);
    fake.post("/v1/connections/connection_facebook/refresh", json!({})).expect(200);
    fake.wait(SENDING);
    let post = fake.get(&format!("/v1/posts/{kept}")).expect(200);
    assert_eq!((post.text("/data/content"), post.text("/data/status")), ("Changed".to_owned(), "done".to_owned()));
    fake.get(&format!("/v1/posts/{gone}")).expect(404);
}

#[test]
fn a_channel_without_connections_takes_posts() {
    let mut fake = Fake::flow();
    let channel = fake.post("/v1/channels", json!({"name": "Empty"})).expect(201).text("/data/id");
    let id = post(&mut fake, json!({"channelId": channel, "content": "Hello"}));
    fake.wait(SENDING);
    assert_eq!(status(&mut fake, &id), "done");
}
