//! The main kinds over TLS, and what HTTP/2 has in their place.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use standin::audit::observe::End;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;

struct Secure {
    fake: Fake,
    file: PathBuf,
}

impl Secure {
    async fn start(name: &str) -> Secure {
        let folder = std::env::temp_dir().join(format!("standin-wire-{}-{name}", std::process::id()));
        let file = folder.join("trusted.pem");
        Secure { fake: Fake::start_with(Some(file.clone())).await, file }
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.file).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, self.fake.connect().await).await.unwrap()
    }

    async fn said(&self, fault: Value) -> Said {
        self.fake.arm(fault);
        let mut socket = self.connect().await;
        socket.write_all(LIST).await.unwrap();
        read_to_end(&mut socket).await
    }
}

#[tokio::test]
async fn behind_tls_connections_break_as_they_do_without() {
    let secure = Secure::start("kinds").await;
    let mut socket = secure.connect().await;
    socket.write_all(LIST).await.unwrap();
    let intact = read_reply(&mut socket).await;
    let head = parts(&intact).0;
    // A connection that is closed in good order says so to TLS; otherwise its client would see an error.
    assert_eq!(secure.said(json!({"kind": "close", "times": 1})).await, Said::closed(""));
    let cut = Said::closed(&intact[..head.len() + 1]);
    assert_eq!(secure.said(json!({"kind": "truncate", "bytes": 1, "times": 1})).await, cut);
    assert_eq!(secure.said(json!({"kind": "reset", "times": 1})).await, Said::reset(""));
    let half = Said::reset(&head[..head.len() / 2]);
    assert_eq!(secure.said(json!({"kind": "reset", "at": "head", "effect": "done", "times": 1})).await, half);
    assert!(secure.said(json!({"kind": "garbage", "times": 1})).await.bytes.contains("this is no HTTP"));
    let slow = secure.said(json!({"kind": "slowHead", "bytesPerSecond": 1000, "times": 1})).await;
    assert!(slow.bytes.ends_with("connection: close\r\n\r\n[]"), "{slow:?}");
}

#[tokio::test]
async fn behind_tls_a_client_that_leaves_is_noticed() {
    let secure = Secure::start("leaving").await;
    secure.fake.arm(json!({"kind": "hang"}));
    let mut socket = secure.connect().await;
    socket.write_all(LIST).await.unwrap();
    tokio::time::sleep(LOOK).await;
    drop(socket);
    let ends: Vec<End> = secure.fake.watched().await.iter().map(|exchange| exchange.end).collect();
    assert_eq!(ends, [End::Left]);
}

/// One HTTP/2 connection, by prior knowledge.
struct Http2(SendRequest<Empty<Bytes>>);

impl Http2 {
    async fn connect(fake: &Fake) -> Http2 {
        let (sender, connection) =
            handshake(TokioExecutor::new(), TokioIo::new(fake.connect().await)).await.expect("a handshake");
        tokio::spawn(connection);
        Http2(sender)
    }

    /// Status, announced length and body; or how the stream or the connection broke.
    async fn list(&mut self) -> Result<(StatusCode, String, String), String> {
        let request = Request::get("http://localhost/hooks").body(Empty::new()).unwrap();
        let exchange = async {
            let response = self.0.send_request(request).await?;
            let length = response.headers()["content-length"].to_str().unwrap().to_owned();
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            Ok((status, length, String::from_utf8(body.to_vec()).unwrap()))
        };
        let said = tokio::time::timeout(PATIENCE, exchange).await.expect("an end");
        said.map_err(|error: hyper::Error| format!("{error:?}"))
    }
}

#[tokio::test]
async fn on_http2_what_breaks_a_connection_breaks_the_stream_alone() {
    let fake = Fake::start().await;
    let mut client = Http2::connect(&fake).await;
    let intact = client.list().await;
    assert_eq!(intact, Ok((StatusCode::OK, "2".to_owned(), "[]".to_owned())));
    for fault in [
        json!({"kind": "close", "times": 1}),
        json!({"kind": "reset", "times": 1}),
        json!({"kind": "reset", "at": "head", "effect": "done", "times": 1}),
        json!({"kind": "reset", "at": "body", "effect": "done", "times": 1}),
        json!({"kind": "truncate", "bytes": 1, "times": 1}),
    ] {
        fake.arm(fault.clone());
        let broken = client.list().await.expect_err("the stream breaks");
        assert!(broken.contains("Reset(StreamId"), "{fault}: {broken}");
        assert_eq!(client.list().await, intact, "the connection goes on after {fault}");
    }
    let exchanges = fake.watched().await;
    assert!(exchanges.iter().all(|exchange| exchange.connection == 1), "{exchanges:?}");
    let ends: Vec<End> = exchanges.iter().skip(1).step_by(2).map(|exchange| exchange.end).collect();
    assert_eq!(ends, [End::Cut; 5]);
}

#[tokio::test]
async fn on_http2_a_wrong_length_is_announced_and_refused_by_the_client() {
    let fake = Fake::start().await;
    let mut client = Http2::connect(&fake).await;
    fake.arm(json!({"kind": "wrongLength", "by": 5, "times": 1}));
    let broken = client.list().await.expect_err("the message is malformed");
    assert!(broken.contains("PROTOCOL_ERROR"), "{broken}");
}

#[tokio::test]
async fn on_http2_garbage_breaks_the_connection() {
    let fake = Fake::start().await;
    let mut client = Http2::connect(&fake).await;
    fake.arm(json!({"kind": "garbage", "times": 1}));
    client.list().await.expect_err("these are no frames");
    client.list().await.expect_err("nothing follows them");
    assert!(Http2::connect(&fake).await.list().await.is_ok(), "another connection is none the worse");
}

#[tokio::test]
async fn on_http2_slow_replies_come_whole_and_hold_up_nobody() {
    let fake = Fake::start().await;
    let mut client = Http2::connect(&fake).await;
    let intact = client.list().await;
    for fault in [
        json!({"kind": "slowHead", "bytesPerSecond": 1000, "times": 1}),
        json!({"kind": "slowBody", "bytesPerSecond": 10, "times": 1}),
        json!({"kind": "latency", "ms": 150, "times": 1}),
    ] {
        fake.arm(fault.clone());
        let mut other = Http2(client.0.clone());
        let slow = tokio::spawn(async move { other.list().await });
        while fake.serving.faults("default").last().is_some_and(|armed| armed.hits == 0) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(client.list().await, intact);
        assert!(!slow.is_finished(), "{fault} takes its time");
        assert_eq!(slow.await.unwrap(), intact, "{fault}");
    }
}

#[tokio::test]
async fn on_http2_a_client_that_gives_up_a_call_is_noticed() {
    let fake = Fake::start().await;
    let mut client = Http2::connect(&fake).await;
    for fault in [json!({"kind": "hang", "times": 1}), json!({"kind": "latency", "ms": 120_000, "times": 1})] {
        fake.arm(fault);
        assert!(tokio::time::timeout(LOOK, client.list()).await.is_err());
        assert!(client.list().await.is_ok(), "the connection goes on");
        let ends: Vec<End> = fake.watched().await.iter().map(|exchange| exchange.end).collect();
        assert_eq!(ends, [End::Left, End::Replied]);
    }
}
