//! Faults of the wire, byte by byte at a client's socket; and what the watch tells of clients.

mod http1;
mod leaving;
mod streams;
mod watch;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use standin::audit::observe::Exchange;
use standin::contract::document::Source;
use standin::contract::{Contract, Selection};
use standin::server::{self, ClockSetting, Serving, Settings};
use standin::world::fault::Fault;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// Longest time that a test waits for something that is to happen.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a test looks on when nothing is to happen.
const LOOK: Duration = Duration::from_millis(150);
/// Lists the hooks of the default world.
const LIST: &[u8] = b"GET /hooks HTTP/1.1\r\nHost: localhost\r\n\r\n";

struct Bells;

impl Source for Bells {
    fn read(&self, _: &str) -> Result<String, String> {
        Ok(include_str!("../deliveries/bells.yaml").to_owned())
    }
}

/// A server that is watched, with one hook in its default world.
struct Fake {
    serving: Serving,
    /// What had begun before this instant of the watch was looked at already.
    from: AtomicU64,
    _stop: oneshot::Sender<()>,
}

impl Fake {
    async fn start() -> Fake {
        Fake::start_with(None).await
    }

    async fn start_with(tls: Option<PathBuf>) -> Fake {
        let contract = Contract::load(&Bells, "bells.yaml", &Selection::default()).expect("the document is sound");
        let (stop, stopped) = oneshot::channel::<()>();
        let settings = Settings { port: 0, clock: ClockSetting::FROZEN, watch: true, tls, ..Settings::default() };
        let stopped = async { _ = stopped.await };
        let serving = server::serve(Arc::new(contract), settings, stopped).await.expect("a free port");
        Fake { serving, from: AtomicU64::new(0), _stop: stop }
    }

    fn arm(&self, fault: Value) {
        self.arm_in("default", fault);
    }

    fn arm_in(&self, world: &str, fault: Value) {
        self.serving.arm(world, Fault::read(&fault).expect("a fault")).expect("a world");
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.serving.address).await.unwrap()
    }

    /// The calls since the watch was last looked at, once all are over.
    async fn watched(&self) -> Vec<Exchange> {
        assert!(self.serving.settled("default", PATIENCE).await, "a call is still under way");
        let from = self.watch_anew();
        self.serving.watched("default").since(from).exchanges
    }

    /// Looks away from all calls so far, and gives from when on they were looked at.
    fn watch_anew(&self) -> u64 {
        self.from.swap(self.serving.watch_now(), Ordering::Relaxed)
    }
}

/// What a client saw until the connection ended, and whether it ended in good order.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    bytes: String,
    end: Result<(), io::ErrorKind>,
}

impl Said {
    fn closed(bytes: impl Into<String>) -> Said {
        Said { bytes: bytes.into(), end: Ok(()) }
    }

    fn reset(bytes: impl Into<String>) -> Said {
        Said { bytes: bytes.into(), end: Err(io::ErrorKind::ConnectionReset) }
    }
}

/// All that comes until the connection ends.
async fn read_to_end(socket: &mut (impl AsyncRead + Unpin)) -> Said {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut bytes)).await.expect("the connection ends");
    Said { bytes: String::from_utf8_lossy(&bytes).into_owned(), end: read.map(drop).map_err(|error| error.kind()) }
}

/// One whole reply of a connection that stays open.
async fn read_reply(socket: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let read = async {
        let head = loop {
            bytes.push(socket.read_u8().await.expect("the connection stays open"));
            if let Some(head) = bytes.strip_suffix(b"\r\n\r\n") {
                break String::from_utf8(head.to_vec()).unwrap();
            }
        };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        let mut body = vec![0; length.parse().unwrap()];
        socket.read_exact(&mut body).await.expect("the whole body comes");
        format!("{head}\r\n\r\n{}", String::from_utf8(body).unwrap())
    };
    tokio::time::timeout(PATIENCE, read).await.expect("a reply comes")
}

async fn ask(socket: &mut TcpStream, request: &[u8]) -> String {
    socket.write_all(request).await.unwrap();
    read_reply(socket).await
}

fn post(path: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let head = "Host: localhost\r\nContent-Type: application/json";
    format!("POST {path} HTTP/1.1\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn hook() -> Value {
    json!({"url": "https://example.com/bell", "events": ["bell.none"]})
}

/// The same call without and with a fault: the intact reply, and what was said on a connection of its own.
async fn damaged(fault: Value) -> (String, Said) {
    let fake = Fake::start().await;
    ask(&mut fake.connect().await, &post("/hooks", &hook())).await;
    let intact = ask(&mut fake.connect().await, LIST).await;
    fake.arm(fault);
    let mut socket = fake.connect().await;
    socket.write_all(LIST).await.unwrap();
    (intact, read_to_end(&mut socket).await)
}

/// Head, with the empty line, and body of a reply.
fn parts(reply: &str) -> (&str, &str) {
    let body = reply.find("\r\n\r\n").expect("a head") + 4;
    reply.split_at(body)
}
