//! The walk that the whole fake is for: from a key to the signed webhook and the usage figures.

use serde_json::{Value, json};

use crate::helpers::{NOW, Receiver, plant};
use crate::support::{Answer, Fake, header};

#[test]
fn a_client_can_walk_from_a_key_to_the_signed_webhook() {
    let mut fake = Fake::flow();

    // A key of its own; from here on only that one is used.
    let key = fake.post("/v1/api-keys", json!({"name": "Walker"})).expect(201).text("/data/apiKey");
    fake.credential = Some(("Authorization".to_owned(), format!("Bearer {key}")));

    // A channel with an account to post to, and a webhook to hear of it.
    let channel = fake.post("/v1/channels", json!({"name": "Walk", "color": "#10B981"})).expect(201).text("/data/id");
    let join = json!({"channelId": channel});
    fake.post("/v1/connections/connection_linkedin/add-to-channel", join).expect(200);
    let mut hook = Receiver::subscribe(&mut fake, "https://example.com/hook", &["post.delivered"]);

    // An image.
    let mut call =
        header(fake.prepare("POST", "/v1/media/upload", None), "content-type", "multipart/form-data; boundary=b");
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"walk.png\"\r\nContent-Type: image/png\r\n\r\n";
    call.body = format!("{head}pixels\r\n--b--\r\n").into();
    let media = Answer::of(fake.send(&call)).expect(201).text("/data/key");

    // A post for tomorrow, sent twice because the first answer was lost.
    let at = NOW + 86_400_000;
    let body = json!({"channelId": channel, "content": "A walk", "mediaKeys": [media], "scheduledFor": at});
    let call = header(fake.prepare("POST", "/v1/posts", Some(body)), "Idempotency-Key", "walk-1");
    let first = Answer::of(fake.send(&call)).expect(201);
    let again = Answer::of(fake.send(&call)).expect(201);
    assert_eq!((&first.body, again.header("idempotent-replayed")), (&again.body, Some("true")));
    let post = first.text("/data/id");
    let target = format!("/v1/posts/{post}");
    assert_eq!(fake.get(&target).expect(200).at("/data/status"), "queued");

    // Tomorrow.
    hook.listen(&mut fake, 86_400 - 1);
    assert_eq!(fake.get(&target).expect(200).at("/data/status"), "queued");
    hook.listen(&mut fake, 1);
    assert_eq!(fake.get(&target).expect(200).at("/data/status"), "flowing");
    assert!(hook.received.is_empty());
    hook.listen(&mut fake, 3);
    let sent = json!({
        "id": post, "channelId": channel, "content": "A walk", "mediaKeys": [media], "scheduledFor": at, "status": "done",
        "enableOptimization": false, "attemptCount": 1, "error": null, "createdAt": NOW, "updatedAt": at + 3000,
        "deliveredAt": at + 3000,
    });
    assert_eq!(fake.get(&target).expect(200).at("/data"), &sent);

    // The webhook heard of it; `listen` checked the signature. The other post due by now is of another channel.
    let heard: Vec<&Value> = hook
        .received
        .iter()
        .map(|one| &one.body)
        .filter(|body| body["data"]["channel_id"] == channel.as_str())
        .collect();
    let data = json!({"post_id": post, "channel_id": channel, "delivered_at": at + 3000});
    assert_eq!(heard, [&json!({"event": "post.delivered", "data": data, "timestamp": at + 3000})]);

    // And it is all on the account.
    let history = fake.get("/v1/usage/history?from=2026-01-01&to=2026-01-02").expect(200);
    let days = json!([
        {"date": "2026-01-01", "requests": 9, "posts": 1, "errors": 0},
        {"date": "2026-01-02", "requests": 2, "posts": 0, "errors": 0},
    ]);
    assert_eq!(history.at("/data"), &days);
    let usage = fake.get("/v1/usage").expect(200);
    assert_eq!((usage.at("/data/posts/used"), usage.at("/data/media/bytes")), (&json!(1), &json!(6)));
    assert_eq!(usage.at("/data/channels/used"), &json!(3));
}

#[test]
fn the_same_walk_with_everything_going_wrong_ends_in_a_blocked_post() {
    let mut fake = Fake::flow();
    plant(&mut fake, "connection", json!({"id": "connection_facebook", "status": "error"}));
    let mut hook =
        Receiver::subscribe(&mut fake, "https://example.com/hook", &["post.failed", "post.blocked", "post.delivered"]);
    let body = json!({"channelId": "channel_weekly", "content": "Too bad"});
    let target = format!("/v1/posts/{}", fake.post("/v1/posts", body).expect(201).text("/data/id"));
    hook.listen(&mut fake, 3600);
    assert_eq!(hook.events(), ["post.failed", "post.failed", "post.blocked"]);
    let post = fake.get(&target).expect(200);
    assert_eq!((post.at("/data/status"), post.at("/data/attemptCount")), (&json!("blocked"), &json!(3)));
    assert_eq!(post.at("/data/error/code"), "PLATFORM_ERROR");
    let answer = fake.patch(&target, json!({"content": "Again"})).expect(400);
    assert_eq!(answer.at("/error/code"), "POST_NOT_EDITABLE");
}
