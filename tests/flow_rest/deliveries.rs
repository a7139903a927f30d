//! Events on their way: signed, repeated after failures, listed.

use serde_json::{Value, json};
use standin::world::outbox::Outcome;

use crate::helpers::{NOW, Receiver, column, not_found, open, plant, refused};
use crate::support::{Answer, Fake};

const URL: &str = "https://example.com/hooks/flow";
const KINDS: [&str; 7] = [
    "post.created",
    "post.delivered",
    "post.failed",
    "post.blocked",
    "channel.created",
    "channel.updated",
    "webhook.test",
];

fn channel(fake: &mut Fake, name: &str) -> String {
    fake.post("/v1/channels", json!({"name": name})).expect(201).text("/data/id")
}

fn deliveries(fake: &mut Fake, hook: &Receiver, query: &str) -> Answer {
    fake.get(&format!("/v1/webhooks/{}/deliveries{query}", hook.id)).expect(200)
}

/// The seconds from now at which attempts come when `answer` is what they get.
fn times(fake: &mut Fake, seconds: i64, mut answer: impl FnMut(usize) -> Outcome) -> Vec<i64> {
    let start = fake.world.clock.now();
    let mut times = Vec::new();
    // The signature tells when an attempt was made.
    fake.advance(seconds, |attempt| {
        let signature = &attempt.headers.iter().find(|(name, _)| name == "Flow-Signature").expect("a signature").1;
        let time = signature.strip_prefix("t=").and_then(|rest| rest.split(',').next()).expect("a time");
        times.push(time.parse::<i64>().expect("a number") - start / 1000);
        answer(times.len())
    });
    times
}

/// Whatever the document's `webhooks` section says of each event's body.
struct Schemas(Value);

impl Schemas {
    fn read() -> Schemas {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/spec/flow/openapi.yaml");
        let text = std::fs::read_to_string(path).expect("the document");
        Schemas(serde_saphyr::from_str(&text).expect("YAML"))
    }

    #[track_caller]
    fn check(&self, event: &str, body: &Value) {
        let declared = &self.0["webhooks"][event]["post"]["requestBody"]["content"]["application/json"]["schema"];
        assert!(declared.is_object(), "no schema for {event}");
        let schema = json!({"allOf": [declared], "components": self.0["components"]});
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        let errors: Vec<String> = validator.iter_errors(body).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{event}: {errors:?} in {body:#}");
    }
}

#[test]
fn every_event_is_as_the_document_has_it() {
    let mut fake = Fake::flow();
    let mut hook = Receiver::subscribe(&mut fake, URL, &KINDS);
    fake.call("POST", &format!("/v1/webhooks/{}/test", hook.id), None).expect(200);
    let id = channel(&mut fake, "News");
    fake.patch(&format!("/v1/channels/{id}"), json!({"color": "#000000"})).expect(200);
    fake.post("/v1/posts", json!({"channelId": id, "content": "delivered"})).expect(201);
    let long = "x".repeat(281);
    fake.post("/v1/posts", json!({"channelId": "channel_launch", "content": long})).expect(201);
    plant(&mut fake, "connection", json!({"id": "connection_facebook", "status": "error"}));
    fake.post("/v1/posts", json!({"channelId": "channel_weekly", "content": "fails, then blocked"})).expect(201);
    hook.listen(&mut fake, 600);
    let schemas = Schemas::read();
    for received in &hook.received {
        schemas.check(&received.event, &received.body);
        assert_eq!(received.body["timestamp"].as_i64().expect("a time") / 1000, received.signed_at);
    }
    for kind in KINDS {
        assert!(hook.events().contains(&kind), "no {kind} in {:?}", hook.events());
    }
    let failed: Vec<&Value> =
        hook.received.iter().filter(|one| one.event == "post.failed").map(|one| &one.body).collect();
    assert_eq!(failed.iter().map(|body| body["data"]["attempt"].clone()).collect::<Vec<_>>(), [json!(1), json!(2)]);
    let error = json!({"code": "PLATFORM_ERROR", "message": "facebook did not accept the post"});
    assert_eq!((&failed[0]["data"]["error"], &failed[0]["data"]["failed_at"]), (&error, &json!(NOW + 3000)));
    let blocked: Vec<&Value> =
        hook.received.iter().filter(|one| one.event == "post.blocked").map(|one| &one.body["data"]["reason"]).collect();
    let reasons = [
        json!("Content is longer than the 280 characters that twitter takes"),
        json!("facebook did not accept the post in 3 attempts"),
    ];
    assert_eq!(blocked, reasons.iter().collect::<Vec<_>>());
}

#[test]
fn events_come_in_the_order_in_which_things_happened() {
    let mut fake = Fake::flow();
    let mut hook = Receiver::subscribe(&mut fake, URL, &KINDS);
    let mut posts = Vec::new();
    for (content, wait) in [("late", 20_000), ("soon", 5_000), ("now", 0)] {
        let body = json!({"channelId": "channel_launch", "content": content, "scheduledFor": NOW + wait});
        posts.push(fake.post("/v1/posts", body).expect(201).text("/data/id"));
    }
    channel(&mut fake, "News");
    hook.listen(&mut fake, 60);
    let told: Vec<(&str, i64)> =
        hook.received.iter().map(|one| (one.event.as_str(), one.signed_at - NOW / 1000)).collect();
    let wanted = [
        ("post.created", 0),
        ("post.created", 0),
        ("post.created", 0),
        ("channel.created", 0),
        ("post.delivered", 3),
        ("post.delivered", 8),
        ("post.delivered", 23),
    ];
    assert_eq!(told, wanted);
    let delivered: Vec<&Value> = hook.received[4..].iter().map(|one| &one.body["data"]["post_id"]).collect();
    assert_eq!(delivered, [posts[2].as_str(), posts[1].as_str(), posts[0].as_str()]);
}

#[test]
fn only_events_asked_for_arrive_and_each_webhook_has_its_own_secret() {
    let mut fake = Fake::flow();
    let mut one = Receiver::subscribe(&mut fake, URL, &["post.created", "channel.created"]);
    let mut two = Receiver::subscribe(&mut fake, "https://example.org/", &["channel.created", "channel.updated"]);
    assert_ne!(one.secret, two.secret);
    fake.post("/v1/posts", json!({"channelId": "channel_launch", "content": "x"})).expect(201);
    let id = channel(&mut fake, "News");
    fake.patch(&format!("/v1/channels/{id}"), json!({"name": "Old"})).expect(200);
    fake.advance(60, |attempt| {
        two.receive(attempt);
        one.receive(attempt)
    });
    assert_eq!(one.events(), ["post.created", "channel.created"]);
    assert_eq!(two.events(), ["channel.created", "channel.updated"]);
    let ids = |fake: &mut Fake, hook: &Receiver| column(&deliveries(fake, hook, ""), "eventId");
    let (first, second) = (ids(&mut fake, &one), ids(&mut fake, &two));
    assert_eq!(first[0], second[1], "one event has one id, whoever hears of it");
    assert_ne!(first[0], first[1]);
}

#[test]
fn a_refused_call_tells_nobody() {
    let mut fake = Fake::flow();
    let mut hook = Receiver::subscribe(&mut fake, URL, &KINDS);
    fake.post("/v1/channels", json!({"name": ""})).expect(400);
    fake.post("/v1/posts", json!({"channelId": "channel_none", "content": "x"})).expect(404);
    fake.post("/v1/posts/preflight", json!({"channelId": "channel_launch", "content": "x"})).expect(200);
    hook.listen(&mut fake, 60);
    assert!(hook.received.is_empty(), "{:?}", hook.events());
}

#[test]
fn a_batch_tells_of_each_post_that_was_made() {
    let mut fake = Fake::flow();
    let mut hook = Receiver::subscribe(&mut fake, URL, &["post.created"]);
    let at = NOW + 1_000_000;
    let posts = json!([
        {"channelId": "channel_launch", "content": "a", "scheduledFor": at},
        {"channelId": "channel_none", "content": "b"},
        {"channelId": "channel_weekly", "content": "c", "scheduledFor": at},
    ]);
    let answer = fake.post("/v1/posts/batch", json!({"posts": posts})).expect(201);
    hook.listen(&mut fake, 0);
    let told: Vec<&Value> = hook.received.iter().map(|one| &one.body["data"]["post_id"]).collect();
    assert_eq!(told, [answer.at("/data/results/0/post/id"), answer.at("/data/results/2/post/id")]);
}

#[test]
fn a_delivery_that_fails_is_tried_five_times_and_then_given_up() {
    let mut fake = Fake::flow();
    let hook = Receiver::subscribe(&mut fake, URL, &["channel.created"]);
    channel(&mut fake, "News");
    let made = times(&mut fake, 86_400, |_| Outcome::Answered(500));
    assert_eq!(made, [0, 30, 150, 750, 4350], "waits of 0 s, 30 s, 2 min, 10 min and 1 h");
    let listed = deliveries(&mut fake, &hook, "");
    let delivery = json!({
        "id": listed.text("/data/0/id"), "webhookId": hook.id, "eventId": listed.text("/data/0/eventId"),
        "eventType": "channel.created", "status": "failed", "attemptCount": 5, "responseCode": 500,
        "lastError": "the receiver answered 500", "createdAt": NOW, "deliveredAt": null, "nextRetryAt": null,
    });
    assert_eq!(listed.at("/data"), &json!([delivery]));
    assert_eq!(fake.get(&format!("/v1/webhooks/{}", hook.id)).expect(200).at("/data/active"), &json!(true));
    channel(&mut fake, "More news");
    assert_eq!(times(&mut fake, 10, |_| Outcome::Answered(200)), [0], "the next event is tried as ever");
}

#[test]
fn a_late_success_ends_the_attempts() {
    let mut fake = Fake::flow();
    let hook = Receiver::subscribe(&mut fake, URL, &["channel.created"]);
    channel(&mut fake, "News");
    let mut states = Vec::new();
    for (seconds, attempts, status) in
        [(0, 1, "pending"), (29, 1, "pending"), (1, 2, "pending"), (120, 3, "delivered"), (9999, 3, "delivered")]
    {
        fake.advance(seconds, |_| {
            states.push(());
            if states.len() < 3 { Outcome::Failed("connection refused".to_owned()) } else { Outcome::Answered(204) }
        });
        let listed = deliveries(&mut fake, &hook, "");
        assert_eq!(
            (listed.at("/data/0/status"), listed.at("/data/0/attemptCount")),
            (&json!(status), &json!(attempts))
        );
        if status == "pending" {
            assert_eq!(listed.at("/data/0/lastError"), "connection refused");
            assert_eq!(listed.at("/data/0/responseCode"), &Value::Null);
            let next = NOW + if attempts == 1 { 30_000 } else { 150_000 };
            assert_eq!(listed.at("/data/0/nextRetryAt"), &json!(next));
        }
    }
    let listed = deliveries(&mut fake, &hook, "");
    assert_eq!(
        (listed.at("/data/0/responseCode"), listed.at("/data/0/deliveredAt")),
        (&json!(204), &json!(NOW + 150_000))
    );
    assert_eq!((listed.at("/data/0/lastError"), listed.at("/data/0/nextRetryAt")), (&Value::Null, &Value::Null));
}

#[test]
fn only_2xx_is_a_success() {
    for (status, wanted) in
        [(200, "delivered"), (299, "delivered"), (301, "pending"), (404, "pending"), (410, "pending")]
    {
        let mut fake = Fake::flow();
        let hook = Receiver::subscribe(&mut fake, URL, &["channel.created"]);
        channel(&mut fake, "News");
        fake.advance(0, |_| Outcome::Answered(status));
        let listed = deliveries(&mut fake, &hook, "");
        assert_eq!((listed.at("/data/0/status"), listed.at("/data/0/responseCode")), (&json!(wanted), &json!(status)));
    }
}

#[test]
fn every_attempt_carries_the_same_body_and_is_signed_anew() {
    let mut fake = Fake::flow();
    let hook = Receiver::subscribe(&mut fake, URL, &["channel.created"]);
    channel(&mut fake, "Näws \"1\"");
    let mut attempts = Vec::new();
    fake.advance(86_400, |attempt| {
        attempts.push(open(attempt, &hook.secret));
        Outcome::Answered(503)
    });
    assert_eq!(attempts.len(), 5);
    assert!(attempts.windows(2).all(|pair| pair[0].body == pair[1].body && pair[0].signed_at < pair[1].signed_at));
    assert_eq!(attempts[0].body["data"]["name"], "Näws \"1\"");
}

#[test]
fn a_webhook_paused_between_attempts_gets_no_more_of_them() {
    let mut fake = Fake::flow();
    let hook = Receiver::subscribe(&mut fake, URL, &["channel.created"]);
    channel(&mut fake, "News");
    fake.advance(0, |_| Outcome::Answered(500));
    fake.patch(&format!("/v1/webhooks/{}", hook.id), json!({"active": false})).expect(200);
    assert_eq!(times(&mut fake, 86_400, |_| Outcome::Answered(200)), [0; 0]);
    let listed = deliveries(&mut fake, &hook, "");
    assert_eq!((listed.at("/data/0/status"), listed.at("/data/0/attemptCount")), (&json!("failed"), &json!(1)));
    assert_eq!(listed.at("/data/0/nextRetryAt"), &Value::Null);
}

#[test]
fn deliveries_are_listed_in_pages_and_by_state() {
    let mut fake = Fake::flow();
    let hook = Receiver::subscribe(&mut fake, URL, &["channel.created"]);
    let other = Receiver::subscribe(&mut fake, "https://example.org/", &["channel.created"]);
    for (name, status) in [("a", 200), ("b", 500), ("c", 200)] {
        channel(&mut fake, name);
        fake.advance(1, |_| Outcome::Answered(status));
    }
    assert_eq!(column(&deliveries(&mut fake, &hook, ""), "status"), ["delivered", "pending", "delivered"]);
    assert_eq!(deliveries(&mut fake, &hook, "?status=delivered").at("/meta/pagination/total"), &json!(2));
    assert_eq!(column(&deliveries(&mut fake, &hook, "?status=pending"), "webhookId"), [hook.id.as_str()]);
    assert_eq!(deliveries(&mut fake, &hook, "?status=failed").at("/data"), &json!([]));
    let page = deliveries(&mut fake, &hook, "?status=delivered&per_page=1&page=2");
    assert_eq!(page.at("/meta/pagination"), &json!({"page": 2, "per_page": 1, "total": 2, "total_pages": 2}));
    assert_eq!(page.at("/data/0/createdAt"), &json!(NOW), "newest first");
    assert_eq!(deliveries(&mut fake, &other, "").at("/meta/pagination/total"), &json!(3));
    let target = format!("/v1/webhooks/{}/deliveries", hook.id);
    refused(&fake.get(&format!("{target}?status=lost")), "status", "Status must be one of: pending, delivered, failed");
    fake.get(&format!("{target}?per_page=0")).expect(400);
    not_found(&fake.get("/v1/webhooks/webhook_none/deliveries"), "Webhook not found");
    times(&mut fake, 86_400, |_| Outcome::Failed("no route".to_owned()));
    assert_eq!(column(&deliveries(&mut fake, &hook, "?status=failed"), "lastError"), ["no route"]);
}

#[test]
fn a_delivery_for_which_there_is_no_room_is_listed_as_failed() {
    let mut fake = Fake::flow();
    let webhook = |number: usize| json!({"id": format!("webhook_{number}"), "url": URL, "events": ["channel.created"]});
    let webhooks: Vec<Value> = (0..500).map(webhook).collect();
    let contract = fake.contract.clone();
    standin::engine::seed(&contract, &mut fake.world, "webhook", &webhooks).expect("webhooks");
    for number in 0..21 {
        channel(&mut fake, &format!("channel {number}"));
    }
    let listed = fake.get("/v1/webhooks/webhook_499/deliveries?per_page=2").expect(200);
    assert_eq!(column(&listed, "status"), ["failed", "pending"]);
    assert_eq!(column(&listed, "lastError"), ["too many deliveries are under way", ""]);
    assert_eq!(listed.at("/data/0/nextRetryAt"), &Value::Null);
    fake.wait(0);
    let listed = fake.get("/v1/webhooks/webhook_499/deliveries?status=delivered").expect(200);
    assert_eq!(listed.at("/meta/pagination/total"), &json!(20));
    channel(&mut fake, "room again");
    fake.wait(0);
    let listed = fake.get("/v1/webhooks/webhook_499/deliveries?per_page=1").expect(200);
    assert_eq!(column(&listed, "status"), ["delivered"]);
}
