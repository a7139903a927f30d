//! Webhooks as records: made, read, changed, deleted, tested.

use serde_json::{Value, json};
use standin::world::outbox::Outcome;

use crate::helpers::{NOW, Receiver, column, not_found, refused};
use crate::support::Fake;

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

#[test]
fn a_new_webhook_shows_its_secret_once() {
    let mut fake = Fake::flow();
    let made = fake.post("/v1/webhooks", json!({"url": URL, "events": ["post.delivered", "post.failed"]})).expect(201);
    let (id, secret) = (made.text("/data/id"), made.text("/data/secret"));
    assert!(id.starts_with("webhook_"), "{id}");
    assert!(secret.starts_with("whsec_") && secret.len() == 38, "{secret}");
    let mut webhook = json!({
        "id": id, "userId": "user_k3v9x2mq", "url": URL, "events": ["post.delivered", "post.failed"], "active": true,
        "createdAt": NOW, "secret": secret,
    });
    assert_eq!(made.at("/data"), &webhook);
    webhook.as_object_mut().expect("an object").shift_remove("secret");
    assert_eq!(fake.get(&format!("/v1/webhooks/{id}")).expect(200).at("/data"), &webhook);
    assert_eq!(fake.get("/v1/webhooks").expect(200).at("/data"), &json!([webhook]));
    let patched = fake.patch(&format!("/v1/webhooks/{id}"), json!({"active": true})).expect(200);
    assert_eq!(patched.at("/data"), &webhook);
}

#[test]
fn webhooks_are_listed_in_pages() {
    let mut fake = Fake::flow();
    assert_eq!(fake.get("/v1/webhooks").expect(200).at("/data"), &json!([]));
    let ids: Vec<String> =
        (0..3).map(|n| Receiver::subscribe(&mut fake, &format!("{URL}/{n}"), &["post.created"]).id).collect();
    let page = fake.get("/v1/webhooks?per_page=2&page=2").expect(200);
    assert_eq!(column(&page, "id"), [ids[0].as_str()]);
    assert_eq!(page.at("/meta/pagination"), &json!({"page": 2, "per_page": 2, "total": 3, "total_pages": 2}));
    fake.get("/v1/webhooks?page=x").expect(400);
}

#[test]
fn a_url_and_events_are_required() {
    let mut fake = Fake::flow();
    let answer = fake.post("/v1/webhooks", json!({})).expect(400);
    let details = json!([
        {"field": "url", "message": "URL is required"},
        {"field": "events", "message": "Events is required"},
    ]);
    assert_eq!(answer.at("/error/details"), &details);
    let mut events = |events: Value| {
        fake.wait(60);
        let answer = fake.post("/v1/webhooks", json!({"url": URL, "events": events})).expect(400);
        (answer.text("/error/details/0/field"), answer.text("/error/details/0/message"))
    };
    let said = |field: &str, message: &str| (field.to_owned(), message.to_owned());
    assert_eq!(events(json!([])), said("events", "Events must have at least 1 item"));
    assert_eq!(events(json!("post.created")), said("events", "Events must be an array"));
    assert_eq!(events(json!(["post.created", "post.created"])), said("events", "Events must not have equal items"));
    let unknown = format!("Events item 2 must be one of: {}", KINDS.join(", "));
    assert_eq!(events(json!(["post.created", "post.published"])), said("events[1]", &unknown));
    assert_eq!(fake.get("/v1/webhooks").at("/data"), &json!([]));
}

#[test]
fn a_url_is_https_except_on_this_machine() {
    let mut fake = Fake::flow();
    for url in [
        URL,
        "http://localhost:8080/x",
        "http://localhost",
        "http://127.0.0.1:9/",
        "http://127.1.2.3?x",
        "http://[::1]:9/x",
    ] {
        fake.wait(60);
        assert_eq!(fake.post("/v1/webhooks", json!({"url": url, "events": KINDS})).expect(201).at("/data/url"), url);
    }
    for url in [
        "http://example.com/",
        "http://localhost.example.com/",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com/",
    ] {
        fake.wait(60);
        refused(&fake.post("/v1/webhooks", json!({"url": url, "events": KINDS})), "url", "URL must use https");
    }
    for url in [
        "",
        "example.com",
        "ftp://example.com",
        "https://",
        "https:///x",
        "https://a b",
        "http://[::1].example.com",
        "javascript:1",
    ] {
        fake.wait(60);
        let answer = fake.post("/v1/webhooks", json!({"url": url, "events": KINDS})).expect(400);
        assert_eq!(answer.at("/error/details/0/field"), "url", "{url}");
    }
}

#[test]
fn a_change_is_checked_like_a_new_one() {
    let mut fake = Fake::flow();
    let id = Receiver::subscribe(&mut fake, URL, &["post.created"]).id;
    let target = format!("/v1/webhooks/{id}");
    refused(&fake.patch(&target, json!({"url": "http://example.com"})), "url", "URL must use https");
    refused(&fake.patch(&target, json!({})), "body", "The body must have at least 1 property");
    refused(&fake.patch(&target, json!({"active": "no"})), "active", "Active must be a boolean");
    fake.patch(&target, json!({"events": []})).expect(400);
    fake.patch(&target, json!({"events": ["post.scheduled"]})).expect(400);
    let patched = fake.patch(&target, json!({"url": "https://example.org/", "events": ["post.failed"]})).expect(200);
    assert_eq!(
        (patched.at("/data/url"), patched.at("/data/events")),
        (&json!("https://example.org/"), &json!(["post.failed"]))
    );
    not_found(&fake.patch("/v1/webhooks/webhook_none", json!({"active": false})), "Webhook not found");
    not_found(&fake.get("/v1/webhooks/webhook_none"), "Webhook not found");
}

#[test]
fn a_deleted_webhook_is_gone_with_its_deliveries() {
    let mut fake = Fake::flow();
    let mut hook = Receiver::subscribe(&mut fake, URL, &["channel.created"]);
    let target = format!("/v1/webhooks/{}", hook.id);
    let answer = fake.delete(&target).expect(200);
    assert_eq!(answer.at("/data"), &json!({"message": "Webhook deleted successfully"}));
    fake.post("/v1/channels", json!({"name": "News"})).expect(201);
    hook.listen(&mut fake, 10);
    assert!(hook.received.is_empty());
    not_found(&fake.get(&target), "Webhook not found");
    not_found(&fake.delete(&target), "Webhook not found");
    not_found(&fake.get(&format!("{target}/deliveries")), "Webhook not found");
    not_found(&fake.call("POST", &format!("{target}/test"), None), "Webhook not found");
}

#[test]
fn the_same_key_makes_one_webhook_and_tells_its_secret_again() {
    let mut fake = Fake::flow();
    let call = fake.prepare("POST", "/v1/webhooks", Some(json!({"url": URL, "events": ["post.created"]})));
    let call = crate::support::header(call, "Idempotency-Key", "k");
    let (first, again) = (fake.send(&call), fake.send(&call));
    assert_eq!((first.status.as_u16(), &first.body), (201, &again.body));
    assert_eq!(fake.get("/v1/webhooks").at("/meta/pagination/total"), &json!(1));
}

#[test]
fn a_test_event_asked_for_reaches_even_a_paused_webhook() {
    let mut fake = Fake::flow();
    let mut hook = Receiver::subscribe(&mut fake, URL, &["post.created"]);
    let target = format!("/v1/webhooks/{}", hook.id);
    fake.patch(&target, json!({"active": false})).expect(200);
    fake.call("POST", &format!("{target}/test"), None).expect(200);
    hook.listen(&mut fake, 0);
    assert_eq!(hook.events(), ["webhook.test"]);
}

#[test]
fn a_deleted_webhook_gets_no_further_attempt() {
    let mut fake = Fake::flow();
    let hook = Receiver::subscribe(&mut fake, URL, &["channel.created"]);
    fake.post("/v1/channels", json!({"name": "News"})).expect(201);
    fake.advance(0, |_| Outcome::Answered(500));
    fake.delete(&format!("/v1/webhooks/{}", hook.id)).expect(200);
    let mut attempts = 0;
    fake.advance(7200, |_| {
        attempts += 1;
        Outcome::Answered(200)
    });
    assert_eq!(attempts, 0);
    assert!(fake.world.outbox.is_empty(), "and nothing is left under way");
}

#[test]
fn an_inactive_webhook_is_silent_and_nothing_is_kept_for_later() {
    let mut fake = Fake::flow();
    let mut hook = Receiver::subscribe(&mut fake, URL, &["channel.created"]);
    let target = format!("/v1/webhooks/{}", hook.id);
    fake.patch(&target, json!({"active": false})).expect(200);
    fake.post("/v1/channels", json!({"name": "Unheard"})).expect(201);
    hook.listen(&mut fake, 10);
    assert!(hook.received.is_empty());
    assert_eq!(fake.get(&format!("{target}/deliveries")).expect(200).at("/data"), &json!([]));
    fake.patch(&target, json!({"active": true})).expect(200);
    hook.listen(&mut fake, 7200);
    assert!(hook.received.is_empty());
    fake.post("/v1/channels", json!({"name": "Heard"})).expect(201);
    hook.listen(&mut fake, 0);
    assert_eq!(hook.received[0].body["data"]["name"], "Heard");
    assert_eq!(hook.events(), ["channel.created"]);
}

#[test]
fn a_test_event_goes_to_a_webhook_that_did_not_ask_for_it() {
    let mut fake = Fake::flow();
    let mut hook = Receiver::subscribe(&mut fake, URL, &["post.created"]);
    let mut other = Receiver::subscribe(&mut fake, "https://example.org/", &KINDS);
    let target = format!("/v1/webhooks/{}", hook.id);
    let answer = fake.call("POST", &format!("{target}/test"), None).expect(200);
    let delivery = json!({
        "id": answer.text("/data/id"), "webhookId": hook.id, "eventId": answer.text("/data/eventId"), "eventType": "webhook.test",
        "status": "pending", "attemptCount": 0, "responseCode": null, "lastError": null, "createdAt": NOW,
        "deliveredAt": null, "nextRetryAt": NOW,
    });
    assert_eq!(answer.at("/data"), &delivery);
    assert!(answer.text("/data/id").starts_with("delivery_") && answer.text("/data/eventId").starts_with("event_"));
    fake.advance(0, |attempt| {
        other.receive(attempt);
        hook.receive(attempt)
    });
    assert!(other.received.is_empty(), "nobody else hears of it");
    let body = json!({"event": "webhook.test", "data": {"webhook_id": hook.id}, "timestamp": NOW});
    assert_eq!(hook.received.iter().map(|one| one.body.clone()).collect::<Vec<_>>(), [body]);
    let listed = fake.get(&format!("{target}/deliveries")).expect(200);
    assert_eq!((listed.at("/data/0/id"), listed.at("/data/0/status")), (answer.at("/data/id"), &json!("delivered")));
    not_found(&fake.call("POST", "/v1/webhooks/webhook_none/test", None), "Webhook not found");
}
