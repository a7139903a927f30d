//! The kinds that leave the connection whole, at a client's socket, and deliveries at a receiver's: what breaks the wire is in `tests/wire`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use standin::engine;
use standin::server::{self, ClockSetting, PlannedFault, Serving, Settings};
use standin::world::clock::Clock;
use standin::world::fault::Fault;
use standin::world::state;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use super::engine_deliveries::is_signature;
use super::support;

const PATIENCE: Duration = Duration::from_secs(20);
/// How long a receiver looks on when nothing is to come.
const LOOK: Duration = Duration::from_millis(150);
const CHANNELS: &str = "/v1/channels";

struct Served {
    serving: Serving,
    credential: (String, String),
    _stop: oneshot::Sender<()>,
}

/// A reply as it came over the socket.
struct Got {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }
}

impl Served {
    async fn start() -> Served {
        Served::start_with(Settings { clock: ClockSetting::FROZEN, ..Settings::default() }).await
    }

    async fn start_with(settings: Settings) -> Served {
        let (stop, stopped) = oneshot::channel::<()>();
        let settings = Settings { port: 0, ..settings };
        let serving = server::serve(support::flow(), settings, async { _ = stopped.await }).await.expect("a free port");
        let credential = serving.credential().expect("a credential");
        Served { serving, credential, _stop: stop }
    }

    fn arm(&self, world: &str, fault: Value) {
        self.serving.arm(world, Fault::read(&fault).expect("a fault")).expect("a world");
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.serving.address).await.expect("a connection")
    }

    /// One call on a connection that stays open, with a head of its own making beside the credential.
    async fn call(&self, socket: &mut TcpStream, line: &str, more: &str, body: Option<&Value>) -> Got {
        let (name, value) = &self.credential;
        let body = body.map(Value::to_string).unwrap_or_default();
        let content = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\n{name}: {value}\r\n{more}{content}Content-Length: {length}\r\n\r\n{body}"
        );
        socket.write_all(request.as_bytes()).await.expect("the call is sent");
        tokio::time::timeout(PATIENCE, reply(socket)).await.expect("a reply comes")
    }

    async fn get(&self, socket: &mut TcpStream, path: &str) -> Got {
        self.call(socket, &format!("GET {path}"), "", None).await
    }

    async fn post(&self, socket: &mut TcpStream, path: &str, body: Value) -> Got {
        self.call(socket, &format!("POST {path}"), "", Some(&body)).await
    }

    async fn channels(&self, socket: &mut TcpStream, world: &str) -> i64 {
        let list = self.get(socket, &format!("{world}{CHANNELS}")).await;
        list.json()["meta"]["pagination"]["total"].as_i64().expect("a total")
    }
}

async fn reply(socket: &mut TcpStream) -> Got {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.expect("the connection stays open"));
    }
    let head = String::from_utf8(head).expect("a head is text");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let mut got = Got { status, head, body: Vec::new() };
    got.body = vec![0; got.header("content-length").unwrap_or("0").parse().expect("a length")];
    socket.read_exact(&mut got.body).await.expect("the whole body comes");
    got
}

#[tokio::test]
async fn refusals_are_the_services_own() {
    let served = Served::start().await;
    let mut socket = served.connect().await;
    for (fault, status, code, headers) in [
        (json!({"kind": "status", "status": 503, "retryAfter": 2}), 503, "SERVICE_UNAVAILABLE", ("retry-after", "2")),
        (
            json!({"kind": "status", "status": 429, "retryAfter": 60, "retryAfterForm": "httpDate"}),
            429,
            "RATE_LIMIT_EXCEEDED",
            ("retry-after", "Thu, 01 Jan 2026 00:01:00 GMT"),
        ),
        (
            json!({"kind": "status", "status": 503, "retryAfter": 1, "retryAfterForm": "malformed"}),
            503,
            "SERVICE_UNAVAILABLE",
            ("content-type", "application/json"),
        ),
        (json!({"kind": "maintenance", "until": "30s"}), 503, "SERVICE_UNAVAILABLE", ("retry-after", "30")),
        (json!({"kind": "quota"}), 429, "RATE_LIMIT_EXCEEDED", ("x-ratelimit-remaining", "0")),
        (json!({"kind": "status", "status": 418}), 418, "INTERNAL_SERVER_ERROR", ("content-type", "application/json")),
    ] {
        let mut fault = fault;
        fault["times"] = json!(1);
        served.arm("default", fault.clone());
        let got = served.get(&mut socket, CHANNELS).await;
        assert_eq!((got.status, &got.json()["error"]["code"]), (status, &json!(code)), "{fault}");
        assert_eq!(got.header(headers.0), Some(headers.1), "{fault}: {}", got.head);
        assert_eq!(served.get(&mut socket, CHANNELS).await.status, 200, "{fault} is over");
    }
}

#[tokio::test]
async fn an_expired_credential_stays_expired_and_another_is_not_touched() {
    let served = Served::start().await;
    let mut socket = served.connect().await;
    let made = served.post(&mut socket, "/v1/api-keys", json!({"name": "Fresh"})).await;
    let key = made.json()["data"]["apiKey"].as_str().expect("a key").to_owned();
    served.arm("default", json!({"kind": "expiredCredential", "nth": 2}));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(served.get(&mut socket, CHANNELS).await.status);
    }
    assert_eq!(statuses, [200, 401, 401, 401]);
    let fresh = Served { credential: ("Authorization".to_owned(), format!("Bearer {key}")), ..served };
    assert_eq!(fresh.get(&mut socket, CHANNELS).await.status, 200);
}

#[tokio::test]
async fn what_was_done_can_be_seen_after_it() {
    let served = Served::start().await;
    let mut socket = served.connect().await;
    let before = served.channels(&mut socket, "").await;
    served.arm("default", json!({"kind": "double", "operation": "createChannel", "times": 1}));
    assert_eq!(served.post(&mut socket, CHANNELS, json!({"name": "Twice"})).await.status, 201);
    assert_eq!(served.channels(&mut socket, "").await, before + 2);
    served.arm("default", json!({"kind": "status", "status": 500, "effect": "done", "method": "POST", "times": 1}));
    assert_eq!(served.post(&mut socket, CHANNELS, json!({"name": "Done"})).await.status, 500);
    assert_eq!(served.channels(&mut socket, "").await, before + 3);
    served.arm("default", json!({"kind": "stale", "byCalls": 1}));
    assert_eq!(served.post(&mut socket, CHANNELS, json!({"name": "Later"})).await.status, 201);
    assert_eq!(served.channels(&mut socket, "").await, before + 3, "one change behind");
    let post = json!({"channelId": "channel_weekly", "content": "A", "scheduledFor": super::START + 86_400_000});
    served.arm("default", json!({"kind": "itemErrors", "items": [1], "times": 1}));
    let batch = served.post(&mut socket, "/v1/posts/batch", json!({"posts": [post, post]})).await.json();
    assert_eq!(batch["data"]["summary"], json!({"total": 2, "successful": 1, "failed": 1}));
}

#[tokio::test]
async fn content_is_damaged_and_the_connection_goes_on() {
    let served = Served::start().await;
    let mut socket = served.connect().await;
    let path = "/v1/channels/channel_launch";
    let intact = served.get(&mut socket, path).await;
    let mut damaged = async |fault: Value| {
        let mut fault = fault;
        fault["times"] = json!(1);
        served.arm("default", fault);
        let got = served.get(&mut socket, path).await;
        assert_eq!(served.get(&mut socket, path).await.json()["data"], intact.json()["data"]);
        got
    };
    let got = damaged(json!({"kind": "invalidJson"})).await;
    assert_eq!((got.status, got.header("content-type")), (200, Some("application/json")));
    assert!(serde_json::from_slice::<Value>(&got.body).is_err() && !got.body.is_empty());
    let got = damaged(json!({"kind": "wrongContentType"})).await;
    assert!(got.status == 200 && got.header("content-type").is_some_and(|media| media.starts_with("text/html")));
    assert!(got.body.starts_with(b"<!"), "{:?}", got.body);
    let got = damaged(json!({"kind": "emptyBody"})).await;
    assert_eq!((got.status, got.header("content-length"), got.body.len()), (200, Some("0"), 0));
    let got = damaged(json!({"kind": "corruptGzip"})).await;
    assert_eq!((got.header("content-encoding"), &got.body[..3]), (Some("gzip"), &[0x1f, 0x8b, 8][..]));
    let got = damaged(json!({"kind": "clockSkew", "seconds": -3600})).await;
    assert_eq!(got.header("date"), Some("Wed, 31 Dec 2025 23:00:00 GMT"));
    let got = damaged(json!({"kind": "latency", "uniform": {"minMs": 1, "maxMs": 5}})).await;
    assert_eq!(got.json()["data"], intact.json()["data"]);
}

#[tokio::test]
async fn a_call_brings_its_own_fault_and_no_other_call_is_hit() {
    let served = Served::start().await;
    let mut socket = served.connect().await;
    let line = format!("GET {CHANNELS}");
    let brought = "X-Standin-Fault: {\"kind\": \"status\", \"status\": 503}\r\n";
    assert_eq!(served.call(&mut socket, &line, brought, None).await.status, 503);
    assert_eq!(served.call(&mut socket, &line, "", None).await.status, 200);
    let refused = served.call(&mut socket, &line, "X-Standin-Fault: clsoe\r\n", None).await;
    assert_eq!(refused.status, 400);
    assert!(String::from_utf8_lossy(&refused.body).contains("did you mean"), "{:?}", refused.body);
}

fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    i64::try_from(since.as_millis()).expect("and earlier than the year 9999")
}

#[tokio::test]
async fn on_wall_time_faults_are_armed_at_the_present_by_whoever_arms_them() {
    // A world that was saved an hour ago.
    let world = engine::found(&support::flow(), "default", 1, Clock::wall(wall_ms() - 3_600_000));
    let file = std::env::temp_dir().join(format!("standin-faults-{}.json", std::process::id()));
    std::fs::write(&file, state::to_json(&world)).expect("the state is written");
    let written = json!({"kind": "maintenance", "until": "10m", "operation": "listChannels"});
    let planned = PlannedFault { world: None, fault: Fault::read(&written).expect("a fault") };
    let begun = wall_ms();
    let served = Served::start_with(Settings { state: Some(file), faults: vec![planned], ..Settings::default() }).await;
    served.arm("default", json!({"kind": "close", "nth": 9}));
    let mut socket = served.connect().await;
    let armed = served.post(&mut socket, "/_standin/faults", json!({"kind": "hang", "nth": 9})).await;
    assert_eq!(armed.status, 201);
    let instants: Vec<i64> = served.serving.faults("default").iter().map(|armed| armed.armed_at).collect();
    assert!(instants.len() == 3 && instants.iter().all(|at| (begun..=wall_ms()).contains(at)), "{begun}: {instants:?}");
    assert_eq!(served.get(&mut socket, CHANNELS).await.status, 503, "it is not over before it begins");
}

/// One client's statuses under chance, in a world of its own.
async fn chances(served: &Served, world: &str) -> Vec<u16> {
    let mut socket = served.connect().await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(served.get(&mut socket, &format!("/~{world}{CHANNELS}")).await.status);
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn worlds_called_at_once_take_their_own_faults_in_the_same_sequence() {
    let served = Served::start().await;
    for world in ["one", "two"] {
        served.arm(world, json!({"kind": "status", "status": 503, "probability": 0.4}));
    }
    let (one, two, calm) = tokio::join!(chances(&served, "one"), chances(&served, "two"), chances(&served, "calm"));
    assert_eq!(one, two, "the seed is the same");
    assert!(one.contains(&503) && one.contains(&200), "{one:?}");
    assert_eq!(calm, [200; 40], "nothing was armed there");
}

/// A receiver of webhooks that answers 200 and hands on the name and the signature of what came.
async fn receiver() -> (String, mpsc::UnboundedReceiver<(String, String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let Ok((mut socket, _)) = listener.accept().await else { return };
            let tell = tell.clone();
            tokio::spawn(async move { while take_one(&mut socket, &tell).await.is_some() {} });
        }
    });
    (url, told)
}

async fn take_one(socket: &mut TcpStream, tell: &mpsc::UnboundedSender<(String, String, Vec<u8>)>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let mut body = vec![0; header("content-length")?.parse().ok()?];
    socket.read_exact(&mut body).await.ok()?;
    let event: Value = serde_json::from_slice(&body).ok()?;
    let name = event["data"]["name"].as_str().unwrap_or_default().to_owned();
    tell.send((name, header("flow-signature")?, body)).ok()?;
    socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_lost_late_doubled_out_of_order_and_forged_at_a_real_receiver() {
    let served = Served::start().await;
    let (url, mut arrived) = receiver().await;
    let mut socket = served.connect().await;
    let hook = json!({"url": url, "events": ["channel.created"]});
    let made = served.post(&mut socket, "/v1/webhooks", hook).await.json();
    let secret = made["data"]["secret"].as_str().expect("a secret").to_owned();
    let mut next = async || {
        let came = tokio::time::timeout(PATIENCE, arrived.recv()).await.expect("something comes");
        came.expect("the receiver lives")
    };
    let mut make = async |name: &str| {
        assert_eq!(served.post(&mut socket, CHANNELS, json!({"name": name})).await.status, 201);
    };
    let mut control = served.connect().await;
    let mut wait = async |seconds: u32| {
        let moved = served.post(&mut control, "/_standin/clock/advance", json!({"seconds": seconds})).await;
        assert_eq!(moved.status, 200);
    };

    served.arm("default", json!({"kind": "dropDelivery", "times": 1}));
    make("Lost").await;
    make("Found").await;
    assert_eq!(next().await.0, "Found");

    served.arm("default", json!({"kind": "delayDelivery", "ms": 5000, "times": 1}));
    make("Late").await;
    make("Early").await;
    assert_eq!(next().await.0, "Early");
    wait(6).await;
    assert_eq!(next().await.0, "Late");

    served.arm("default", json!({"kind": "duplicateDelivery", "times": 1}));
    make("Twice").await;
    let (first, second) = (next().await, next().await);
    assert_eq!(first.0, "Twice");
    assert_eq!(first, second, "byte for byte, under the same signature");

    served.arm("default", json!({"kind": "reorderDelivery", "times": 1}));
    make("Second").await;
    make("First").await;
    assert_eq!((next().await.0.as_str(), next().await.0.as_str()), ("First", "Second"));

    served.arm("default", json!({"kind": "wrongSignature", "times": 1}));
    make("Forged").await;
    make("Genuine").await;
    for _ in 0..2 {
        let (name, signature, body) = next().await;
        assert_eq!(is_signature(&signature, &body, &secret), name == "Genuine", "{name}");
    }

    wait(86_400).await;
    assert!(tokio::time::timeout(LOOK, arrived.recv()).await.is_err(), "nothing else comes");
    let hits: Vec<u32> = served.serving.faults("default").iter().map(|armed| armed.hits).collect();
    assert_eq!(hits, [1; 5]);
}
