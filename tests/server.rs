//! The rim, end to end: over the socket where bytes and time matter, in process where they do not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use standin::contract::document::Source;
use standin::contract::{Contract, Selection};
use standin::server::{self, ClockSetting, Serving, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tower_service::Service;

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Parcels, version: "1" }
servers: [{ url: "https://parcels.example/v1" }]
paths:
  /parcels:
    get:
      operationId: listParcels
      responses:
        "200":
          description: Parcels.
          content:
            application/json:
              schema: { type: array, items: { $ref: "#/components/schemas/Parcel" } }
    post:
      operationId: createParcel
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: "#/components/schemas/Parcel" }
      responses:
        "201":
          description: The parcel.
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Parcel" }
  /parcels/{id}:
    get:
      operationId: getParcel
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses:
        "200":
          description: The parcel.
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Parcel" }
        "404": { description: None of that id. }
components:
  schemas:
    Parcel:
      type: object
      required: [name]
      properties:
        id: { type: string, readOnly: true }
        name: { type: string }
"##;

struct One;

impl Source for One {
    fn read(&self, name: &str) -> Result<String, String> {
        if name == "parcels.yaml" { Ok(DOCUMENT.to_owned()) } else { Err("no such file".to_owned()) }
    }
}

fn contract() -> Arc<Contract> {
    Arc::new(Contract::load(&One, "parcels.yaml", &Selection::default()).expect("the document is sound"))
}

fn frozen() -> Settings {
    Settings { port: 0, clock: ClockSetting::FROZEN, ..Settings::default() }
}

/// A server on a free port, stopped when `stop` is dropped or sent.
async fn start(settings: Settings) -> (Serving, oneshot::Sender<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = server::serve(contract(), settings, async { _ = stopped.await }).await.expect("a free port");
    (serving, stop)
}

/// Sends bytes as they are, and gives all that comes back until the server closes.
async fn exchange(serving: &Serving, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(serving.address).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut seen = Vec::new();
    // A connection that is cut may end in an error; what came before it counts.
    _ = socket.read_to_end(&mut seen).await;
    String::from_utf8_lossy(&seen).into_owned()
}

async fn get(serving: &Serving, path: &str) -> String {
    exchange(serving, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).await
}

async fn post(serving: &Serving, path: &str, body: &str) -> String {
    let length = body.len();
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n");
    exchange(serving, format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes()).await
}

/// A fake in process.
struct Fake(axum::Router);

impl Fake {
    fn new(settings: Settings) -> Fake {
        Fake(server::app(contract(), settings))
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> (StatusCode, String, Value) {
        let response = self.0.call(request.map(axum::body::Body::new)).await.unwrap();
        let status = response.status();
        let media =
            response.headers().get("content-type").and_then(|media| media.to_str().ok()).unwrap_or("").to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, media, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn ask(&mut self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let (status, _, value) = self.send(request.body(Full::new(body)).unwrap()).await;
        (status, value)
    }

    async fn control(&mut self, method: Method, path: &str, body: Value) -> Value {
        let (status, value) = self.ask(method, &format!("/_standin/{path}"), body).await;
        assert!(status.is_success(), "{path}: {status} {value}");
        value
    }
}

#[tokio::test]
async fn every_control_reply_conforms_to_the_description() {
    let mut fake = Fake::new(frozen());
    let (status, document) = fake.ask(Method::GET, "/_standin/openapi.json", Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    fake.ask(Method::POST, "/v1/parcels", json!({"name": "a"})).await;
    let steps = [
        (Method::GET, "worlds", Value::Null, 200),
        (Method::GET, "health", Value::Null, 200),
        (Method::GET, "plan", Value::Null, 200),
        (Method::POST, "world/save", json!({"name": "before"}), 200),
        (Method::POST, "world/branch", json!({"to": "other"}), 201),
        (Method::POST, "world/branch", json!({"to": "other"}), 409),
        (Method::POST, "world/compare", json!({"with": "other"}), 200),
        (Method::POST, "world/compare", json!({"with": "nobody"}), 404),
        (Method::POST, "world/restore", json!({"name": "before"}), 200),
        (Method::POST, "world/restore", json!({"name": "never"}), 404),
        (Method::POST, "records", json!({"resource": "no such thing", "records": [{}]}), 400),
        (Method::GET, "clock", Value::Null, 200),
        (Method::PUT, "clock", json!({"now": "2026-02-01T00:00:00Z"}), 200),
        (Method::PUT, "clock", json!({}), 400),
        (Method::POST, "clock/advance", json!({"duration": "P30D"}), 200),
        (Method::POST, "clock/advance", json!({"seconds": -1}), 400),
        (Method::POST, "faults", json!({"kind": "status", "status": 503, "times": 1, "operation": "getParcel"}), 201),
        (Method::POST, "faults", json!({"kind": "latency", "ms": 1}), 201),
        (Method::POST, "faults", json!({"kind": "close", "operation": "getParcels"}), 400),
        (Method::GET, "faults", Value::Null, 200),
        (Method::DELETE, "faults?id=999", Value::Null, 404),
        (Method::DELETE, "faults", Value::Null, 200),
        (Method::GET, "journal?limit=5&bodies=true", Value::Null, 200),
        (Method::GET, "journal?limit=0", Value::Null, 400),
        (Method::POST, "journal/verify", json!({"operation": "createParcel"}), 200),
        (Method::GET, "events", Value::Null, 200),
        (Method::POST, "webhooks/await", json!({"timeoutMs": 1}), 408),
        (Method::POST, "world/reset", Value::Null, 200),
    ];
    for (method, target, body, expected) in steps {
        let request = Request::builder().method(method.clone()).uri(format!("/_standin/{target}"));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, media, value) = fake.send(request.body(Full::from(body)).unwrap()).await;
        assert_eq!(status, expected, "{method} {target}: {value}");
        conforms(&document, &method, target, status, &media, &value);
    }
}

#[track_caller]
fn conforms(document: &Value, method: &Method, target: &str, status: StatusCode, media: &str, value: &Value) {
    let path = target.split('?').next().unwrap();
    let operation = &document["paths"][format!("/{path}")][method.as_str().to_lowercase()];
    let declared = &operation["responses"];
    let response = declared.get(status.as_str()).unwrap_or(&declared["default"]);
    let response = match response.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => response,
    };
    let schema = &response["content"][media]["schema"];
    assert!(schema.is_object(), "{method} {target} {status}: {media} is not declared");
    let root = json!({ "allOf": [schema], "components": document["components"] });
    let validator = jsonschema::validator_for(&root).unwrap();
    let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{method} {target} {status}: {errors:?}\n{value}");
}

#[tokio::test]
async fn worlds_are_apart_by_prefix_and_by_header() {
    let mut fake = Fake::new(frozen());
    let (status, made) = fake.ask(Method::POST, "/~alice/v1/parcels", json!({"name": "a"})).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let id = made["id"].as_str().unwrap();
    assert_eq!(fake.ask(Method::GET, &format!("/~alice/v1/parcels/{id}"), Value::Null).await.0, StatusCode::OK);
    assert_eq!(fake.ask(Method::GET, &format!("/v1/parcels/{id}"), Value::Null).await.0, StatusCode::NOT_FOUND);
    let request = Request::get(format!("/v1/parcels/{id}")).header("X-Standin-World", "alice");
    assert_eq!(fake.send(request.body(Full::default()).unwrap()).await.0, StatusCode::OK);
    let (status, problem) = fake.ask(Method::GET, "/~a%20b/v1/parcels", Value::Null).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["detail"].as_str().unwrap().contains("no world's name"), "{problem}");
}

#[tokio::test]
async fn clients_with_numbers_share_their_world() {
    let mut fake = Fake::new(frozen());
    let (status, made) = fake.ask(Method::POST, "/~alice~1/v1/parcels", json!({"name": "a"})).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let path = format!("/v1/parcels/{}", made["id"].as_str().unwrap());
    for world in ["/~alice~2", "/~alice"] {
        assert_eq!(fake.ask(Method::GET, &format!("{world}{path}"), Value::Null).await.0, StatusCode::OK, "{world}");
    }
    let request = Request::get(&path).header("X-Standin-World", "alice~3");
    assert_eq!(fake.send(request.body(Full::default()).unwrap()).await.0, StatusCode::OK);
    let (status, _) = fake.ask(Method::GET, "/~alice~2/_standin/world", Value::Null).await;
    let (plain, _) = fake.ask(Method::GET, "/~alice/_standin/world", Value::Null).await;
    assert_eq!(status, plain, "the control API of each is that of the world");
    let (status, problem) = fake.ask(Method::GET, "/~alice~x/v1/parcels", Value::Null).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["detail"].as_str().unwrap().contains("the number of a client"), "{problem}");
}

#[tokio::test]
async fn a_saved_world_comes_back_and_a_branch_goes_its_own_way() {
    let mut fake = Fake::new(frozen());
    fake.control(Method::POST, "world/save", Value::Null).await;
    let (_, made) = fake.ask(Method::POST, "/v1/parcels", json!({"name": "a"})).await;
    let path = format!("/v1/parcels/{}", made["id"].as_str().unwrap());
    fake.control(Method::POST, "world/branch", json!({"to": "copy"})).await;
    fake.control(Method::POST, "world/restore", Value::Null).await;
    assert_eq!(fake.ask(Method::GET, &path, Value::Null).await.0, StatusCode::NOT_FOUND);
    assert_eq!(fake.ask(Method::GET, &format!("/~copy{path}"), Value::Null).await.0, StatusCode::OK);
    let compared = fake.control(Method::POST, "world/compare", json!({"with": "copy"})).await;
    assert_eq!(compared["equal"], false);
}

#[tokio::test]
async fn a_frozen_clock_moves_only_when_told_to() {
    let mut fake = Fake::new(frozen());
    let before = fake.control(Method::GET, "clock", Value::Null).await["now"].as_i64().unwrap();
    let after = fake.control(Method::POST, "clock/advance", json!({"by": "P30D"})).await["now"].as_i64().unwrap();
    assert_eq!(after - before, 30 * 86_400_000);
    assert_eq!(fake.control(Method::GET, "clock", Value::Null).await["now"], after);
}

#[tokio::test]
async fn with_a_token_control_demands_it_and_the_api_does_not() {
    let mut fake = Fake::new(Settings { control_token: Some("s3cret".to_owned()), ..frozen() });
    assert_eq!(fake.ask(Method::GET, "/_standin/worlds", Value::Null).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(fake.ask(Method::GET, "/_standin/openapi.json", Value::Null).await.0, StatusCode::OK);
    assert_eq!(fake.ask(Method::GET, "/v1/parcels", Value::Null).await.0, StatusCode::OK);
    let request = Request::get("/_standin/worlds").header("Authorization", "Bearer s3cret");
    assert_eq!(fake.send(request.body(Full::default()).unwrap()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn off_loopback_a_start_without_a_token_is_refused() {
    let settings = Settings { host: "0.0.0.0".to_owned(), ..frozen() };
    let error = server::serve(contract(), settings, std::future::pending()).await.unwrap_err();
    assert!(error.to_string().contains("--control-token"), "{error}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = server::serve(contract(), Settings { port, ..frozen() }, std::future::pending()).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("port {port} is in use")), "{error}");
}

#[tokio::test]
async fn an_unknown_control_path_or_method_is_a_problem() {
    let mut fake = Fake::new(frozen());
    assert_eq!(fake.ask(Method::GET, "/_standin/nothing", Value::Null).await.0, StatusCode::NOT_FOUND);
    assert_eq!(fake.ask(Method::PATCH, "/_standin/clock", Value::Null).await.0, StatusCode::METHOD_NOT_ALLOWED);
    let (status, problem) = fake.ask(Method::POST, "/_standin/clock/advance", json!({"second": 1})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["detail"].as_str().unwrap().contains("unknown field `second`"), "{problem}");
}

#[tokio::test]
async fn equal_starts_give_equal_bytes_over_the_socket() {
    let mut texts = Vec::new();
    for _ in 0..2 {
        let (serving, _stop) = start(frozen()).await;
        texts.push(post(&serving, "/v1/parcels", r#"{"name": "a"}"#).await + &get(&serving, "/v1/parcels").await);
    }
    assert!(texts[0].starts_with("HTTP/1.1 201 Created\r\n"), "{}", texts[0]);
    assert!(!texts[0].to_lowercase().contains("\r\ndate:"), "{}", texts[0]);
    assert_eq!(texts[0], texts[1]);
}

#[tokio::test]
async fn head_has_no_body_but_its_length() {
    let (serving, _stop) = start(frozen()).await;
    let seen = exchange(&serving, b"HEAD /v1/parcels HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(seen.starts_with("HTTP/1.1 200"), "{seen}");
    assert!(seen.ends_with("\r\n\r\n"), "{seen}");
    assert!(seen.to_lowercase().contains("\r\ncontent-length: "), "{seen}");
}

#[tokio::test]
async fn a_lost_reply_leaves_its_effect() {
    let (serving, _stop) = start(frozen()).await;
    post(
        &serving,
        "/_standin/faults",
        r#"{"kind": "close", "effect": "done", "times": 1, "operation": "createParcel"}"#,
    )
    .await;
    assert_eq!(post(&serving, "/v1/parcels", r#"{"name": "lost"}"#).await, "");
    assert!(get(&serving, "/v1/parcels").await.contains("lost"));
}

#[tokio::test]
async fn a_dropped_call_has_no_effect() {
    let (serving, _stop) = start(frozen()).await;
    post(&serving, "/_standin/faults", r#"{"kind": "close", "times": 1}"#).await;
    assert_eq!(post(&serving, "/v1/parcels", r#"{"name": "dropped"}"#).await, "");
    assert!(!get(&serving, "/v1/parcels").await.contains("dropped"));
}

#[tokio::test]
async fn a_truncated_reply_announces_more_than_it_gives() {
    let (serving, _stop) = start(frozen()).await;
    post(&serving, "/v1/parcels", r#"{"name": "abcdefghijkl"}"#).await;
    post(&serving, "/_standin/faults", r#"{"kind": "truncate", "bytes": 3, "times": 1}"#).await;
    let seen = get(&serving, "/v1/parcels").await;
    let (head, body) = seen.split_once("\r\n\r\n").expect("the head is whole");
    assert!(head.starts_with("HTTP/1.1 200"), "{seen}");
    assert_eq!(body.len(), 3, "{seen}");
}

#[tokio::test]
async fn a_delay_is_waited_without_holding_up_others() {
    let (serving, _stop) = start(frozen()).await;
    post(&serving, "/_standin/faults", r#"{"kind": "latency", "ms": 400, "times": 1}"#).await;
    let started = Instant::now();
    let (slow, quick) = tokio::join!(get(&serving, "/v1/parcels"), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        get(&serving, "/v1/parcels").await;
        started.elapsed()
    });
    assert!(slow.starts_with("HTTP/1.1 200"), "{slow}");
    assert!(started.elapsed() >= Duration::from_millis(400));
    assert!(quick < Duration::from_millis(400), "{quick:?}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_read_to_its_end_and_refused() {
    let (serving, _stop) = start(frozen()).await;
    let body = format!(r#"{{"name": "{}"}}"#, "x".repeat(3 * 1024 * 1024));
    let seen = post(&serving, "/v1/parcels", &body).await;
    assert!(seen.starts_with("HTTP/1.1 4"), "{}", &seen[..seen.len().min(300)]);
    assert!(!get(&serving, "/v1/parcels").await.contains("xxxx"));
}

#[tokio::test]
async fn a_head_over_the_limit_is_refused_with_431() {
    let (serving, _stop) = start(frozen()).await;
    let long = "x".repeat(80 * 1024);
    let seen =
        exchange(&serving, format!("GET /v1/parcels HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n").as_bytes()).await;
    assert!(seen.starts_with("HTTP/1.1 431"), "{seen}");
}

#[tokio::test]
async fn malformed_and_broken_off_requests_do_no_harm() {
    let (serving, _stop) = start(frozen()).await;
    let seen = exchange(&serving, b"\x00\x01 nonsense\r\n\r\n").await;
    assert!(seen.is_empty() || seen.starts_with("HTTP/1.1 400"), "{seen}");
    let mut socket = TcpStream::connect(serving.address).await.unwrap();
    let head =
        b"POST /v1/parcels HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"na";
    socket.write_all(head).await.unwrap();
    drop(socket);
    assert!(get(&serving, "/v1/parcels").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_slow_body_is_given_up_in_time() {
    let (serving, _stop) = start(frozen()).await;
    let started = Instant::now();
    let head = b"POST /v1/parcels HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
    let seen = exchange(&serving, head).await;
    assert!(seen.is_empty() || seen.starts_with("HTTP/1.1 4"), "{seen}");
    assert!(started.elapsed() < Duration::from_secs(13));
}

#[tokio::test]
async fn a_slow_head_and_half_a_preface_are_given_up_in_time() {
    let (serving, _stop) = start(frozen()).await;
    let started = Instant::now();
    let heads = [&b""[..], b"GET /v1/parcels HT", b"PRI * HTTP/2.0\r\n"];
    let [silent, head, preface] = heads.map(|bytes| exchange(&serving, bytes));
    let (silent, _, _) = tokio::join!(silent, head, preface);
    assert_eq!(silent, "");
    assert!(started.elapsed() < Duration::from_secs(13), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_stop_lets_the_call_under_way_finish_and_frees_the_port() {
    let (serving, stop) = start(frozen()).await;
    let address = serving.address;
    post(&serving, "/_standin/faults", r#"{"kind": "latency", "ms": 300, "times": 1}"#).await;
    let call = tokio::spawn(async move {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET /v1/parcels HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut seen = String::new();
        socket.read_to_string(&mut seen).await.unwrap();
        seen
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.send(()).unwrap();
    serving.finished().await.unwrap();
    assert!(call.await.unwrap().starts_with("HTTP/1.1 200"));
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_state_file_carries_the_default_world_over_a_restart() {
    let file = std::env::temp_dir().join(format!("standin-state-{}.json", std::process::id()));
    _ = std::fs::remove_file(&file);
    let settings = Settings { state: Some(file.clone()), ..frozen() };
    let (serving, stop) = start(settings.clone()).await;
    post(&serving, "/v1/parcels", r#"{"name": "kept"}"#).await;
    stop.send(()).unwrap();
    serving.finished().await.unwrap();
    let (serving, stop) = start(settings.clone()).await;
    assert!(get(&serving, "/v1/parcels").await.contains("kept"));
    stop.send(()).unwrap();
    serving.finished().await.unwrap();
    std::fs::write(&file, "{ not json").unwrap();
    let error = server::serve(contract(), settings, std::future::pending()).await.unwrap_err();
    assert!(error.to_string().starts_with("state file "), "{error}");
    std::fs::remove_file(&file).unwrap();
}

mod https {
    use std::path::PathBuf;

    use hyper::client::conn::{http1, http2};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    use super::*;

    /// A folder for one server's certificate.
    fn certificate(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("standin-tls-{}-{name}", std::process::id())).join("trusted.pem")
    }

    async fn start_secure(name: &str) -> (Serving, oneshot::Sender<()>, PathBuf) {
        let file = certificate(name);
        let (serving, stop) = start(Settings { tls: Some(file.clone()), ..frozen() }).await;
        (serving, stop, file)
    }

    /// The status, version and body that a client gets who trusts the file alone.
    async fn trusting(file: &PathBuf, http2: bool, url: &str) -> Result<(http::Version, StatusCode, String), String> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(file).unwrap()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![if http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        let uri: http::Uri = url.parse().unwrap();
        let (host, port) = (uri.host().unwrap().to_owned(), uri.port_u16().unwrap());
        let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let name = ServerName::try_from(host).unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await;
        let stream = TokioIo::new(stream.map_err(|error| error.to_string())?);
        let request = Request::get(&uri).header("host", uri.authority().unwrap().as_str());
        let request = request.body(Full::<Bytes>::default()).unwrap();
        let response = if http2 {
            let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await
        } else {
            let (mut sender, connection) = http1::handshake(stream).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await
        };
        let response = response.map_err(|error| error.to_string())?;
        let (version, status) = (response.version(), response.status());
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        Ok((version, status, String::from_utf8_lossy(&body).into_owned()))
    }

    #[tokio::test]
    async fn a_client_that_trusts_the_file_is_served_by_both_protocols_and_every_name() {
        let (serving, _stop, file) = start_secure("names").await;
        let port = serving.address.port();
        for (host, http2, version) in [
            ("127.0.0.1", false, http::Version::HTTP_11),
            ("localhost", false, http::Version::HTTP_11),
            ("127.0.0.1", true, http::Version::HTTP_2),
        ] {
            let answer = trusting(&file, http2, &format!("https://{host}:{port}/v1/parcels")).await;
            assert_eq!(answer, Ok((version, StatusCode::OK, "[]".to_owned())), "{host}");
        }
    }

    #[tokio::test]
    async fn each_start_has_its_own_authority() {
        let (_first, _stop, old) = start_secure("old").await;
        let (serving, _stop, _) = start_secure("new").await;
        let url = format!("https://127.0.0.1:{}/v1/parcels", serving.address.port());
        let refused = trusting(&old, false, &url).await.unwrap_err();
        assert!(refused.contains("invalid peer certificate"), "{refused}");
    }

    #[tokio::test]
    async fn who_speaks_plain_http_is_told_so() {
        let (serving, _stop, _) = start_secure("plain").await;
        let answer = get(&serving, "/v1/parcels").await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
        assert!(answer.ends_with("write https:// in place of http://\n"), "{answer}");
    }

    #[tokio::test]
    async fn a_handshake_that_breaks_off_harms_nobody() {
        let (serving, stop, file) = start_secure("broken").await;
        let mut half = TcpStream::connect(serving.address).await.unwrap();
        half.write_all(&[22, 3, 1, 0, 200, 1]).await.unwrap();
        let nonsense = exchange(&serving, &[22, 3, 1, 0, 4, 99, 0, 0, 0]);
        tokio::time::timeout(Duration::from_secs(5), nonsense).await.expect("it is cut off at once");
        let url = format!("https://127.0.0.1:{}/v1/parcels", serving.address.port());
        assert_eq!(trusting(&file, false, &url).await.unwrap().1, StatusCode::OK);
        drop(half);
        stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(10), serving.finished()).await.expect("it stops").unwrap();
    }

    #[tokio::test]
    async fn a_certificate_that_cannot_be_written_stops_the_start() {
        let settings = Settings { tls: Some("/dev/null/x.pem".into()), ..frozen() };
        let error = server::serve(contract(), settings, std::future::pending()).await.unwrap_err().to_string();
        assert!(error.starts_with("certificate /dev/null/x.pem: its folder cannot be made"), "{error}");
    }
}
