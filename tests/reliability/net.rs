//! A service over a real socket, and the ways in which clients reach it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;
use standin::call::Call;
use standin::contract::Contract;
use standin::engine;
use standin::server::{self, ClockSetting, Serving, Settings};
use standin::world::clock::{Clock, FROZEN_START};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

const BLANKS: &AsciiSet = &CONTROLS.add(b' ');
/// How services mark a reply that was given before.
const REPLAYED: [&str; 2] = ["idempotent-replayed", "idempotency-replayed"];

/// A running fake, stopped when it is dropped.
pub struct Running {
    pub serving: Serving,
    /// `Bearer …`
    pub credential: String,
    _stop: oneshot::Sender<()>,
}

/// A client as anybody has it: keeps connections, takes one when it needs one.
#[derive(Clone)]
pub struct Caller {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    credential: String,
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Got {
    pub status: StatusCode,
    pub replayed: bool,
    pub body: Value,
}

impl Running {
    pub async fn start(contract: Arc<Contract>) -> Running {
        let settings = Settings { port: 0, clock: ClockSetting::FROZEN, ..Settings::default() };
        let world = engine::found(&contract, "default", settings.seed, Clock::frozen(FROZEN_START));
        let (_, credential) = engine::credential(&contract, &world).expect("the service has credentials");
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = server::serve(contract, settings, async { _ = stopped.await }).await.expect("a free port");
        Running { serving, credential, _stop: stop }
    }

    pub fn caller(&self, http2: bool) -> Caller {
        let client = Client::builder(TokioExecutor::new()).http2_only(http2).build_http();
        Caller { client, base: format!("http://{}", self.serving.address), credential: self.credential.clone() }
    }

    /// Sends bytes as they are, and gives all that comes back until the server closes.
    pub async fn exchange(&self, bytes: &[u8]) -> String {
        let mut socket = TcpStream::connect(self.serving.address).await.expect("the server listens");
        // The server may answer and close before it has read everything.
        _ = socket.write_all(bytes).await;
        let mut seen = Vec::new();
        _ = socket.read_to_end(&mut seen).await;
        String::from_utf8_lossy(&seen).into_owned()
    }

    /// The head of a request that asks for the connection to be closed afterwards.
    pub fn head(&self, line: &str) -> String {
        format!("{line}\r\nHost: flow.example\r\nConnection: close\r\nAuthorization: {}\r\n", self.credential)
    }

    /// The server answers as if nothing had happened.
    pub async fn still_serves(&self) {
        let head = self.head("GET /v1/channels/channel_launch HTTP/1.1");
        let seen = self.exchange(format!("{head}\r\n").as_bytes()).await;
        assert!(seen.starts_with("HTTP/1.1 200 OK\r\n"), "{seen}");
    }
}

impl Caller {
    pub async fn ask(&self, method: Method, target: &str, key: Option<&str>, body: Option<Value>) -> Got {
        let mut call = Call::new(method, target);
        let text = |value: &str| HeaderValue::from_str(value).expect("a header value");
        call.headers.insert("authorization", text(&self.credential));
        if let Some(key) = key {
            call.headers.insert("idempotency-key", text(key));
        }
        if let Some(body) = body {
            call.headers.insert("content-type", text("application/json"));
            call.body = body.to_string().into();
        }
        self.send(&call).await
    }

    /// Sends a call as it is.
    pub async fn send(&self, call: &Call) -> Got {
        let query = call.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        // No client sends a blank or anything beyond ASCII as it is.
        let uri = utf8_percent_encode(&format!("{}{}{query}", self.base, call.path), BLANKS).to_string();
        let mut request = Request::new(Full::new(call.body.clone()));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = uri.parse().unwrap_or_else(|error| panic!("{uri}: {error}"));
        *request.headers_mut() = call.headers.clone();
        let response = self.client.request(request).await.expect("an answer");
        let status = response.status();
        let replayed = REPLAYED.iter().any(|name| response.headers().contains_key(*name));
        let bytes = response.into_body().collect().await.expect("a whole body").to_bytes();
        Got { status, replayed, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    #[track_caller]
    pub fn get(&self, target: &str) -> impl Future<Output = Got> {
        self.ask(Method::GET, target, None, None)
    }
}
