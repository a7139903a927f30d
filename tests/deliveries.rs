//! Deliveries by hand: replies that wait for the receiver, and deliveries that are sent once more.

#[path = "deliveries/keys.rs"]
mod keys;
#[path = "support/mod.rs"]
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderValue, Method};
use serde_json::{Value, json};
use sha2::Sha256;
use standin::call::{Call, Reply};
use standin::contract::document::Source;
use standin::contract::{Contract, Selection};
use standin::engine::{self, Handled};
use standin::server::{ClockSetting, LOCAL_ORIGIN, Local, Settings, receiver};
use standin::world::journal::What;
use standin::world::outbox::{Attempt, Outcome, Receipt};
use standin::world::state;
use support::{Answer, Fake};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const DOCUMENT: &str = include_str!("deliveries/bells.yaml");
const URL: &str = "https://example.com/bell";

/// The document, with words of its `x-standin` changed.
struct Bells<'a>(&'a [(&'a str, &'a str)]);

impl Source for Bells<'_> {
    fn read(&self, _: &str) -> Result<String, String> {
        let mut text = DOCUMENT.to_owned();
        for (old, new) in self.0 {
            assert!(text.contains(old), "no {old:?} to change");
            text = text.replace(old, new);
        }
        Ok(text)
    }
}

fn contract() -> Arc<Contract> {
    Arc::new(Contract::load(&Bells(&[]), "bells.yaml", &Selection::default()).unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }))
}

fn fake() -> Fake {
    Fake::new(contract(), 1)
}

fn hook(fake: &mut Fake, url: &str) -> String {
    fake.post("/hooks", json!({"url": url, "events": ["bell.rung"]})).expect(201).text("/id")
}

/// A call that is answered once its delivery has met this outcome.
#[track_caller]
fn call_met(fake: &mut Fake, target: &str, key: Option<&str>, receipt: impl Into<Receipt>) -> Answer {
    let mut call = fake.prepare("POST", target, None);
    if let Some(key) = key {
        call.headers.insert("idempotency-key", HeaderValue::from_str(key).unwrap());
    }
    let receipt = receipt.into();
    let Handled::Waits(waiting) = engine::handle(&fake.contract, &mut fake.world, &call) else {
        panic!("{target} did not wait");
    };
    assert!(!waiting.is_over(&fake.world));
    for attempt in fake.world.outbox.take() {
        engine::settle(&fake.contract, &mut fake.world, attempt.delivery, receipt.clone());
    }
    assert!(waiting.is_over(&fake.world));
    Answer::of(engine::conclude(&fake.contract, &mut fake.world, &call, *waiting))
}

fn header<'a>(attempt: &'a Attempt, name: &str) -> &'a str {
    let found = attempt.headers.iter().find(|(known, _)| known == name);
    &found.unwrap_or_else(|| panic!("no {name} in {:?}", attempt.headers)).1
}

#[test]
fn a_reply_that_waits_tells_what_the_receiver_answered() {
    let mut fake = fake();
    let hook = hook(&mut fake, URL);
    let target = format!("/hooks/{hook}/test");
    let told = |answer: Answer| {
        let fields = ["status", "attempts", "code", "error", "answer", "ms", "url"];
        fields.map(|field| answer.body[field].clone())
    };
    let good = Receipt { body: "thanks".to_owned(), ..Outcome::Answered(204).into() };
    let answer = call_met(&mut fake, &target, None, good).expect(200);
    assert_eq!(
        told(answer),
        [json!("delivered"), json!(1), json!(204), Value::Null, json!("thanks"), json!(0), json!(URL)]
    );
    let answer = call_met(&mut fake, &target, None, Outcome::Answered(500)).expect(200);
    let error = json!("the receiver answered 500");
    assert_eq!(told(answer), [json!("pending"), json!(1), json!(500), error, json!(""), json!(0), json!(URL)]);
    let answer = call_met(&mut fake, &target, None, Outcome::Failed("connection refused".to_owned())).expect(200);
    let error = json!("connection refused");
    assert_eq!(told(answer), [json!("pending"), json!(1), Value::Null, error, Value::Null, json!(0), json!(URL)]);
}

#[test]
fn a_call_that_waited_stands_in_the_journal_once_behind_its_attempt() {
    let mut fake = fake();
    let hook = hook(&mut fake, URL);
    let after = fake.world.journal.last_number();
    let answer = call_met(&mut fake, &format!("/hooks/{hook}/test"), None, Outcome::Answered(200));
    let entries = fake.world.journal.since(after, 10);
    let [attempt, call] = &entries[..] else { panic!("{entries:?}") };
    assert!(matches!(&attempt.what, What::Attempt { attempt: 1, .. }), "{attempt:?}");
    let What::Call { operation, status: 200, reply, .. } = &call.what else { panic!("{call:?}") };
    assert_eq!((operation.as_deref(), reply), (Some("testHook"), &answer.reply.body));
}

#[test]
fn a_key_pins_the_reply_that_was_waited_for() {
    let mut fake = fake();
    let hook = hook(&mut fake, URL);
    let target = format!("/hooks/{hook}/test");
    let first = call_met(&mut fake, &target, Some("one"), Outcome::Answered(503)).expect(200);
    let mut again = fake.prepare("POST", &target, None);
    again.headers.insert("idempotency-key", HeaderValue::from_static("one"));
    let Handled::Done(second) = engine::handle(&fake.contract, &mut fake.world, &again) else {
        panic!("a replay does not wait");
    };
    assert_eq!(second.body, first.reply.body);
    assert!(!fake.world.outbox.has_due(), "a replay sends nothing");
}

#[test]
fn a_retry_goes_to_where_the_subscription_points_now_signed_with_its_secret_of_now() {
    let mut fake = fake();
    let hook = hook(&mut fake, URL);
    fake.post("/bells", json!({"tone": "a"})).expect(201);
    let first = fake.world.outbox.take().remove(0);
    engine::settle(&fake.contract, &mut fake.world, first.delivery, Outcome::Answered(500));
    let moved =
        json!({"id": hook, "url": "https://example.com/elsewhere", "events": ["bell.rung"], "secret": "of-now"});
    engine::seed(&fake.contract, &mut fake.world, "hook", &[moved]).expect("a record is renewed");
    let mut attempts = Vec::new();
    fake.advance(60, |attempt| {
        attempts.push(attempt.clone());
        Outcome::Answered(200)
    });
    let [second] = &attempts[..] else { panic!("{attempts:?}") };
    assert_eq!((second.url.as_str(), &second.body), ("https://example.com/elsewhere", &first.body));
    let signed = format!("{}.{}", header(second, "Bell-Time"), String::from_utf8_lossy(&second.body));
    let mut mac = Hmac::<Sha256>::new_from_slice(b"of-now").expect("any key will do");
    mac.update(signed.as_bytes());
    let digest: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(header(second, "Bell-Signature"), digest);
}

#[test]
fn a_subscription_can_ask_for_some_events_by_what_they_say() {
    let contract = Contract::load(
        &Bells(&[(
            "    secret: secret\n    events:",
            "    secret: secret\n    when: event != 'bell.rung' || data.tone == 'a'\n    events:",
        )]),
        "bells.yaml",
        &Selection::default(),
    );
    let mut fake = Fake::new(Arc::new(contract.expect("it loads")), 1);
    hook(&mut fake, URL);
    fake.post("/bells", json!({"tone": "b"})).expect(201);
    assert!(!fake.world.outbox.has_due(), "nobody asked for that");
    fake.post("/bells", json!({"tone": "a"})).expect(201);
    assert_eq!(fake.world.outbox.take().len(), 1);
}

#[test]
fn who_is_refused_does_not_wait() {
    let mut fake = fake();
    fake.call("POST", "/hooks/hook_none/test", None).expect(404);
    fake.call("POST", "/deliveries/delivery_none/retry", None).expect(404);
}

#[test]
fn a_delivery_is_sent_again_as_it_was_to_where_the_subscription_points_now() {
    let mut fake = fake();
    let hook = hook(&mut fake, URL);
    fake.post("/bells", json!({"tone": "a"})).expect(201);
    let mut sent = Vec::new();
    let mut keep = |attempt: &Attempt| {
        sent.push(attempt.clone());
        Outcome::Answered(500)
    };
    fake.advance(3_600, &mut keep);
    let log = fake.get("/deliveries").expect(200).body[0].clone();
    assert_eq!((&log["status"], &log["attempts"]), (&json!("failed"), &json!(2)));
    fake.patch(&format!("/hooks/{hook}"), json!({"url": "https://example.org/moved"})).expect(200);

    let target = format!("/deliveries/{}/retry", log["id"].as_str().unwrap());
    let answer = fake.call("POST", &target, None).expect(202);
    let fields = (&answer.body["status"], &answer.body["attempts"], &answer.body["id"], &answer.body["code"]);
    assert_eq!(fields, (&json!("pending"), &json!(2), &log["id"], &Value::Null));
    let start = fake.world.clock.now();
    let mut times = Vec::new();
    fake.advance(3_600, |attempt| {
        times.push(header(attempt, "Bell-Time").parse::<i64>().unwrap() - start / 1000);
        sent.push(attempt.clone());
        if times.len() == 2 { Outcome::Answered(200) } else { Outcome::Failed("refused".to_owned()) }
    });
    assert_eq!(times, [0, 60], "the schedule starts anew");
    assert_eq!(
        sent.iter().map(|attempt| attempt.url.as_str()).collect::<Vec<_>>(),
        [URL, URL, "https://example.org/moved", "https://example.org/moved"]
    );
    assert!(sent.iter().all(|attempt| attempt.body == sent[0].body), "the same event");
    assert_eq!(sent.iter().map(|attempt| header(attempt, "Bell-Attempt")).collect::<Vec<_>>(), ["1", "2", "3", "4"]);
    let id = log["id"].as_str().unwrap();
    assert!(sent.iter().all(|attempt| header(attempt, "Bell-Delivery") == id));
    assert_ne!(header(&sent[0], "Bell-Signature"), header(&sent[2], "Bell-Signature"), "signed anew");
    let logs = fake.get("/deliveries").expect(200).body;
    assert_eq!(logs.as_array().map(Vec::len), Some(1), "the same record goes on");
    let told = (&logs[0]["status"], &logs[0]["attempts"], &logs[0]["error"], &logs[0]["made"]);
    assert_eq!(told, (&json!("delivered"), &json!(4), &Value::Null, &log["made"]));
}

#[test]
fn what_is_sent_again_takes_the_place_of_what_was_still_planned() {
    let mut fake = fake();
    hook(&mut fake, URL);
    fake.post("/bells", json!({"tone": "a"})).expect(201);
    fake.advance(0, |_| Outcome::Answered(500));
    let id = fake.get("/deliveries").expect(200).text("/0/id");
    fake.call("POST", &format!("/deliveries/{id}/retry"), None).expect(202);
    let mut attempts = 0;
    fake.advance(3_600, |_| {
        attempts += 1;
        Outcome::Answered(200)
    });
    assert_eq!(attempts, 1, "only the new round");
    assert_eq!(fake.get("/deliveries").expect(200).at("/0/attempts"), &json!(2));
}

#[test]
fn a_delivered_event_can_be_sent_again_and_waited_for() {
    let mut fake = fake();
    hook(&mut fake, URL);
    fake.post("/bells", json!({"tone": "a"})).expect(201);
    fake.advance(0, |_| Outcome::Answered(200));
    let id = fake.get("/deliveries").expect(200).text("/0/id");
    let answer = call_met(&mut fake, &format!("/deliveries/{id}/resend"), None, Outcome::Answered(410)).expect(200);
    let told = (&answer.body["status"], &answer.body["attempts"], &answer.body["code"]);
    assert_eq!(told, (&json!("pending"), &json!(2), &json!(410)));
}

#[test]
fn what_was_sent_survives_that_a_world_is_written_and_read() {
    let mut fake = fake();
    hook(&mut fake, URL);
    fake.post("/bells", json!({"tone": "a"})).expect(201);
    let mut first = None;
    fake.advance(0, |attempt| {
        first = Some(attempt.body.clone());
        Outcome::Answered(200)
    });
    let text = state::to_json(&fake.world);
    fake.world = engine::control::restore(&fake.contract, &text).unwrap();
    let id = fake.get("/deliveries").expect(200).text("/0/id");
    fake.call("POST", &format!("/deliveries/{id}/retry"), None).expect(202);
    let again: Vec<_> = fake.world.outbox.take().into_iter().map(|attempt| Some(attempt.body)).collect();
    assert_eq!(again, [first]);
}

#[test]
fn without_its_subscription_or_without_a_delivery_nothing_is_sent_again() {
    let mut fake = fake();
    let hook = hook(&mut fake, URL);
    fake.post("/bells", json!({"tone": "a"})).expect(201);
    fake.wait(0);
    let id = fake.get("/deliveries").expect(200).text("/0/id");
    fake.delete(&format!("/hooks/{hook}")).expect(204);
    let refused = fake.call("POST", &format!("/deliveries/{id}/retry"), None).expect(404);
    assert_eq!(refused.at("/error/message"), &json!("no such Hook"));
    let contract = fake.contract.clone();
    let seeded = engine::seed(&contract, &mut fake.world, "delivery", &[json!({"status": "failed"})]).unwrap();
    let refused = fake.call("POST", &format!("/deliveries/{}/retry", seeded[0]), None).expect(404);
    assert_eq!(refused.at("/error/message"), &json!("no such Delivery"));
    assert!(!fake.world.outbox.has_due());
}

#[test]
fn what_is_kept_of_a_delivery_is_shown_to_nobody() {
    let mut fake = fake();
    hook(&mut fake, URL);
    fake.post("/bells", json!({"tone": "a"})).expect(201);
    let id = fake.get("/deliveries").expect(200).text("/0/id");
    let call = Call::new(Method::GET, &format!("/_standin/bytes/delivery/{id}"));
    let page = engine::own_page(&fake.contract, &fake.world, &format!("bytes/delivery/{id}"), &call);
    assert!(page.is_none_or(|reply| reply.status == 404));
}

#[track_caller]
fn complaint(changes: &[(&str, &str)]) -> String {
    let errors = Contract::load(&Bells(changes), "bells.yaml", &Selection::default()).expect_err("it is refused");
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn deliveries_by_hand_that_make_no_sense_are_refused() {
    for (old, new, message) in [
        ("{ again: true, to: delivery }", "{ to: delivery }", "a delivery has one of event and again"),
        ("{ again: true, to: delivery }", "{ again: true, event: bell.rung, to: delivery }", "one of event and again"),
        (
            "{ again: true, to: delivery }",
            "{ again: true, to: hook }",
            "'hook' is not the resource of the deliveries' log",
        ),
        (
            "{ event: bell.test, to: hook, wait: true }",
            "{ event: bell.test, to: bell }",
            "'bell' is not the resource of subscriptions",
        ),
        ("{ event: bell.test, to: hook, wait: true }", "{ event: bell.tset, to: hook }", "unknown event 'bell.tset'"),
        ("    log:\n", "    log?:\n", "log?"),
    ] {
        let text = complaint(&[(old, new)]);
        assert!(text.contains(message), "{new}: {text}");
    }
}

fn local() -> Local {
    Local::new(contract(), Settings { clock: ClockSetting::FROZEN, ..Settings::default() })
}

async fn send(local: &Local, method: Method, target: &str, body: Value) -> (Reply, Value) {
    let mut call = Call::new(method, target);
    if !body.is_null() {
        call.headers.insert("content-type", HeaderValue::from_static("application/json"));
        call.body = body.to_string().into();
    }
    let reply = local.answer("default", &call).await;
    let body = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
    (reply, body)
}

#[tokio::test]
async fn in_process_the_reply_comes_when_the_receiver_has_answered() {
    let local = local();
    for (query, code, status) in [("", 200, "delivered"), ("?status=503", 503, "pending")] {
        let hook = json!({"url": format!("{}{query}", receiver(LOCAL_ORIGIN)), "events": ["bell.rung"]});
        let (_, hook) = send(&local, Method::POST, "/hooks", hook).await;
        let target = format!("/hooks/{}/test", hook["id"].as_str().unwrap());
        let (reply, log) = send(&local, Method::POST, &target, Value::Null).await;
        assert_eq!((reply.status.as_u16(), &log["code"], &log["status"]), (200, &json!(code), &json!(status)));
    }
}

#[tokio::test]
async fn the_control_api_shows_the_headers_that_were_sent() {
    let local = local();
    let hook = json!({"url": receiver(LOCAL_ORIGIN), "events": ["bell.rung"]});
    let (_, hook) = send(&local, Method::POST, "/hooks", hook).await;
    let (_, log) =
        send(&local, Method::POST, &format!("/hooks/{}/test", hook["id"].as_str().unwrap()), Value::Null).await;
    let (reply, awaited) = send(&local, Method::POST, "/_standin/webhooks/await", json!({"event": "bell.test"})).await;
    assert_eq!(reply.status, 200, "{awaited}");
    let headers = &awaited["what"]["headers"];
    assert_eq!((&headers["Bell-Delivery"], &headers["Bell-Attempt"]), (&log["id"], &json!("1")));
    assert_eq!(headers["Bell-Signature"].as_str().map(str::len), Some(64));
    let (_, events) = send(&local, Method::GET, "/_standin/events", Value::Null).await;
    assert_eq!(&events["entries"][0]["what"]["headers"], headers);
}

/// A test of a hook whose receiver has not answered yet: the fake, the receiver's socket, and the call whose reply is held back.
async fn held_back() -> (Local, TcpListener, JoinHandle<(Reply, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = json!({"url": format!("http://{}/", listener.local_addr().unwrap()), "events": ["bell.rung"]});
    let local = local();
    let (_, hook) = send(&local, Method::POST, "/hooks", hook).await;
    let target = format!("/hooks/{}/test", hook["id"].as_str().unwrap());
    let waiting = {
        let local = local.clone();
        tokio::spawn(async move { send(&local, Method::POST, &target, Value::Null).await })
    };
    (local, listener, waiting)
}

#[tokio::test]
async fn others_are_answered_while_a_reply_waits() {
    let (local, listener, waiting) = held_back().await;
    let (mut socket, _) = listener.accept().await.unwrap();
    let started = Instant::now();
    let (reply, _) = send(&local, Method::GET, "/hooks", Value::Null).await;
    assert!(reply.status == 200 && started.elapsed() < Duration::from_secs(1));
    assert!(!waiting.is_finished());
    let mut seen = [0; 4096];
    let _ = socket.read(&mut seen).await.unwrap();
    socket.write_all(b"HTTP/1.1 418 Teapot\r\nContent-Length: 5\r\n\r\nshort").await.unwrap();
    let (reply, log) = waiting.await.unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!((&log["code"], &log["answer"], &log["ms"]), (&json!(418), &json!("short"), &json!(0)));
}

#[tokio::test]
async fn a_reply_that_waits_in_a_world_that_is_reset_says_so() {
    let (local, listener, waiting) = held_back().await;
    let (socket, _) = listener.accept().await.unwrap();
    send(&local, Method::POST, "/_standin/world/reset", Value::Null).await;
    drop(socket);
    let (reply, problem) = waiting.await.unwrap();
    assert_eq!(reply.status, 503);
    assert!(problem["detail"].as_str().unwrap().contains("reset or restored"), "{problem}");
}

#[tokio::test]
async fn a_caller_who_hangs_up_is_recorded_all_the_same() {
    let (local, listener, waiting) = held_back().await;
    let (socket, _) = listener.accept().await.unwrap();
    waiting.abort();
    _ = waiting.await;
    drop(socket);
    let wanted = json!({"operation": "testHook"});
    for _ in 0..200 {
        let (_, verdict) = send(&local, Method::POST, "/_standin/journal/verify", wanted.clone()).await;
        if verdict["matched"] == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the call is not in the journal");
}
