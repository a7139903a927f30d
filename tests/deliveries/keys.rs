//! Idempotency keys of calls whose reply is held back.

use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::*;

/// The errors of the service, with one for a key in flight.
const NAMED: (&str, &str) = (
    "    not_found: {",
    "    idempotency_in_progress: { status: 425, message: \"{{ key }} is under way\", headers: { Retry-After: \"7\" } }\n    \
     idempotency_mismatch: { status: 409, message: \"{{ key }} was used\" }\n    not_found: {",
);

/// A service with a hook whose receiver answers when it is told to.
struct Slow {
    local: Local,
    listener: TcpListener,
    target: String,
}

impl Slow {
    async fn new(changes: &[(&str, &str)]) -> Slow {
        let contract = Contract::load(&Bells(changes), "bells.yaml", &Selection::default()).expect("it loads");
        let local = Local::new(Arc::new(contract), Settings { clock: ClockSetting::FROZEN, ..Settings::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut slow = Slow { local, listener, target: String::new() };
        slow.hook().await;
        slow
    }

    async fn hook(&mut self) {
        let url = format!("http://{}/", self.listener.local_addr().unwrap());
        let (_, hook) = send(&self.local, Method::POST, "/hooks", json!({"url": url, "events": ["bell.rung"]})).await;
        self.target = format!("/hooks/{}/test", hook["id"].as_str().unwrap());
    }

    /// A test of the hook with the key `one`, in some world.
    fn test_in(&self, world: &'static str, body: Value) -> JoinHandle<(Reply, Value)> {
        let mut call = Call::new(Method::POST, &self.target);
        call.headers.insert("content-type", HeaderValue::from_static("application/json"));
        call.headers.insert("idempotency-key", HeaderValue::from_static("one"));
        call.body = body.to_string().into();
        let local = self.local.clone();
        tokio::spawn(async move {
            let reply = local.answer(world, &call).await;
            let body = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
            (reply, body)
        })
    }

    async fn test(&self, body: Value) -> (u16, Option<String>, Value) {
        let (reply, body) = self.test_in("default", body).await.unwrap();
        let after = reply.header("retry-after").map(str::to_owned);
        (reply.status.as_u16(), after, body)
    }

    async fn reached(&self) -> TcpStream {
        self.listener.accept().await.unwrap().0
    }
}

async fn answer(mut socket: TcpStream) {
    let mut seen = [0; 4096];
    let _ = socket.read(&mut seen).await.unwrap();
    socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await.unwrap();
}

fn error(message: &str) -> Value {
    json!({"error": {"message": message}})
}

#[tokio::test]
async fn a_key_in_flight_performs_nothing_twice() {
    let slow = Slow::new(&[NAMED]).await;
    let first = slow.test_in("default", json!({"loud": true}));
    let socket = slow.reached().await;
    let seven = Some("7".to_owned());
    assert_eq!(slow.test(json!({"loud": true})).await, (425, seven, error("one is under way")));
    assert_eq!(slow.test(json!({"loud": false})).await, (409, None, error("one was used")));
    assert!(!first.is_finished());
    answer(socket).await;
    let (reply, log) = first.await.unwrap();
    assert_eq!((reply.status.as_u16(), &log["code"]), (200, &json!(202)));
    assert_eq!(slow.test(json!({"loud": true})).await, (200, None, log.clone()));
    assert_eq!(slow.test(json!({"loud": false})).await, (409, None, error("one was used")));
    let (_, logs) = send(&slow.local, Method::GET, "/deliveries", Value::Null).await;
    assert_eq!(logs, json!([log]));
}

#[tokio::test]
async fn a_service_without_an_error_for_keys_in_flight_has_that_of_keys_used() {
    let mismatch = "    idempotency_mismatch: { status: 422, message: Used }\n    not_found: {";
    for (changes, status) in [(&[][..], 409), (&[("    not_found: {", mismatch)][..], 422)] {
        let slow = Slow::new(changes).await;
        let first = slow.test_in("default", json!({}));
        let socket = slow.reached().await;
        let words = "The first request with this idempotency key is not answered yet";
        assert_eq!(slow.test(json!({})).await, (status, Some("1".to_owned()), error(words)));
        answer(socket).await;
        assert_eq!(first.await.unwrap().0.status, 200);
    }
}

#[tokio::test]
async fn a_key_whose_reply_is_not_kept_is_free_after() {
    // The reply lacks a header that the document demands: the author's fault, and told as such.
    let demands = (
        "description: The delivery.,",
        "description: The delivery., headers: { X-Bell: { required: true, schema: { type: string } } },",
    );
    let slow = Slow::new(&[demands]).await;
    for _ in 0..2 {
        let first = slow.test_in("default", json!({}));
        answer(slow.reached().await).await;
        assert_eq!(first.await.unwrap().0.status, 500);
    }
}

#[tokio::test]
async fn a_world_that_takes_anothers_place_has_no_key_in_flight() {
    let mut slow = Slow::new(&[]).await;
    send(&slow.local, Method::POST, "/_standin/world/save", json!({})).await;
    let mut sockets = Vec::new();
    for step in ["restore", "reset", "branch"] {
        let first = slow.test_in("default", json!({}));
        sockets.push(slow.reached().await);
        assert_eq!(slow.test(json!({})).await.0, 409, "{step}");
        let asked = if step == "branch" { json!({"to": "other"}) } else { Value::Null };
        let (reply, said) = send(&slow.local, Method::POST, &format!("/_standin/world/{step}"), asked).await;
        assert!(reply.status.is_success(), "{step}: {said}");
        if step == "reset" {
            slow.hook().await;
        }
        let world = if step == "branch" { "other" } else { "default" };
        let again = slow.test_in(world, json!({}));
        answer(slow.reached().await).await;
        assert_eq!(again.await.unwrap().0.status, 200, "{step}");
        if step == "branch" {
            assert_eq!(slow.test(json!({})).await.0, 409, "the key is still in flight where it was");
        } else {
            assert_eq!(first.await.unwrap().0.status, 503, "{step}");
            send(&slow.local, Method::POST, "/_standin/world/restore", json!({})).await;
        }
    }
}

#[test]
fn a_world_that_is_written_and_read_has_no_key_in_flight() {
    let mut fake = fake();
    let target = format!("/hooks/{}/test", hook(&mut fake, URL));
    let mut call = fake.prepare("POST", &target, None);
    call.headers.insert("idempotency-key", HeaderValue::from_static("one"));
    let waits = |fake: &mut Fake| matches!(engine::handle(&fake.contract, &mut fake.world, &call), Handled::Waits(_));
    assert!(waits(&mut fake));
    assert!(!waits(&mut fake));
    fake.world = engine::control::restore(&fake.contract, &state::to_json(&fake.world)).unwrap();
    assert!(waits(&mut fake));
}
