//! The same ill will over a real socket; the server answers, or closes, and goes on serving.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::json;
use standin::server::Serving;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::net::Running;
use crate::{WIDE, flow_with, support};

const AT_ONCE: Duration = Duration::from_secs(1);
/// What the server grants a head or a body, and a margin for a busy machine.
const SLOW_END: Duration = Duration::from_secs(10 + 3);

async fn start() -> Running {
    Running::start(support::flow()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn ill_formed_requests_are_refused_at_once() {
    // Wide limits: a body that never comes is a call like any other.
    let running = Running::start(flow_with(WIDE)).await;
    let post = running.head("POST /v1/channels HTTP/1.1") + "Content-Type: application/json\r\n";
    let json = r#"{"name":"a"}"#;
    let refused = [
        format!("{post}Content-Length: 12\r\nContent-Length: 13\r\n\r\n{json}"),
        format!("{post}Content-Length: -1\r\n\r\n{json}"),
        format!("{post}Content-Length: 99999999999999999999999\r\n\r\n{json}"),
        format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{json}\r\n0\r\n\r\n"),
        format!("{post}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{json}"),
        format!("{post}Transfer-Encoding: gzip\r\n\r\n{json}"),
        running.head("GET /v1/posts HTTP/9.9") + "\r\n",
        running.head("GET  /v1/posts HTTP/1.1") + "\r\n",
        running.head("GET /v1/po sts HTTP/1.1") + "\r\n",
        running.head("GET /v1/posts\u{0} HTTP/1.1") + "\r\n",
        running.head("GET /v1/posts HTTP/1.1") + "Bad Header: x\r\n\r\n",
        running.head("GET /v1/posts HTTP/1.1") + "X: a\u{0}b\r\n\r\n",
        running.head("GET /v1/posts HTTP/1.1") + &"X-Many: 1\r\n".repeat(300) + "\r\n",
        running.head("GET /v1/posts HTTP/1.1") + &format!("X-Long: {}\r\n\r\n", "x".repeat(200_000)),
        running.head(&format!("GET /v1/posts?{} HTTP/1.1", "x".repeat(200_000))) + "\r\n",
        "\r\n\r\n\r\n\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n".to_owned(),
    ];
    for bytes in refused {
        let started = Instant::now();
        let seen = running.exchange(bytes.as_bytes()).await;
        let start: String = bytes.chars().take(120).collect();
        assert!(started.elapsed() < AT_ONCE, "{start:?} took {:?}", started.elapsed());
        assert!(
            seen.is_empty() || seen.starts_with("HTTP/1.1 4") || seen.starts_with("HTTP/1.1 505"),
            "{start:?}: {seen}"
        );
    }
    running.still_serves().await;
    let list = running.caller(false).get("/v1/channels").await;
    assert_eq!(list.body["meta"]["pagination"]["total"], 2, "none of it had an effect");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_are_answered_like_any_others() {
    let running = start().await;
    let credential = running.credential.clone();
    let request = |line: &[u8], header: &[u8]| {
        let auth = format!("Authorization: {credential}\r\n");
        let tail: &[u8] = b"Host: x\r\nConnection: close\r\n\r\n";
        [line, b" HTTP/1.1\r\n", auth.as_bytes(), header, tail].concat()
    };
    for (bytes, status) in [
        (request(b"GET /v1/posts/%FF", b""), "404"),
        (request(b"GET /v1/posts?filter[content][contains]=%FF", b""), "400"),
        (request(b"GET /v1/posts/post_launch", b"X-Odd: \xff\xfe\r\n"), "200"),
        (request(b"GET /v1/posts/post_launch", b"Idempotency-Key: \xff\r\n"), "200"),
        (request(b"BREW /v1/posts", b""), "404"),
    ] {
        let seen = running.exchange(&bytes).await;
        assert!(seen.starts_with(&format!("HTTP/1.1 {status}")), "{}\n{seen}", String::from_utf8_lossy(&bytes));
        assert!(seen.to_lowercase().contains("\r\nx-ratelimit-limit: 100\r\n"), "{seen}");
    }
    // Raw bytes above ASCII in a target are no HTTP; whether they are refused or taken, an answer comes.
    let seen = running.exchange(&request(b"GET /v1/posts/\xff\xfe", b"")).await;
    assert!(seen.starts_with("HTTP/1.1 4"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_told_the_limit() {
    let running = start().await;
    let body = format!("{{\"name\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
    let head = running.head("POST /v1/channels HTTP/1.1") + "Content-Type: application/json\r\n";
    let length = body.len();
    let chunk = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
    for bytes in [
        format!("{head}Content-Length: {length}\r\n\r\n{body}"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}"),
        format!("{head}Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"),
        format!("{head}Content-Length: 99999999999\r\n\r\n"),
    ] {
        let started = Instant::now();
        let seen = running.exchange(bytes.as_bytes()).await;
        assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
        assert!(seen.starts_with("HTTP/1.1 400"), "{seen}");
        assert!(seen.contains("Body must be at most 1048576 bytes"), "{seen}");
    }
    let part =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n";
    let body = format!("{part}{}\r\n--b--\r\n", "x".repeat(10 * 1024 * 1024 + 1));
    let head = running.head("POST /v1/media/upload HTTP/1.1") + "Content-Type: multipart/form-data; boundary=b\r\n";
    let seen = running.exchange(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await;
    assert!(seen.contains("File must be at most 10485760 bytes"), "{seen}");
    running.still_serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_has_no_effect() {
    let running = start().await;
    let head = running.head("POST /v1/channels HTTP/1.1") + "Content-Type: application/json\r\n";
    for rest in
        ["Content-Length: 99\r\n\r\n{\"name\":\"a\"}", "Transfer-Encoding: chunked\r\n\r\nc\r\n{\"name\":\"a\"}\r\n"]
    {
        let mut socket = TcpStream::connect(running.serving.address).await.unwrap();
        socket.write_all(format!("{head}{rest}").as_bytes()).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut seen = String::new();
        _ = tokio::time::timeout(AT_ONCE, socket.read_to_string(&mut seen)).await.expect("an end within a second");
        assert!(seen.is_empty() || seen.starts_with("HTTP/1.1 400"), "{seen}");
    }
    let list = running.caller(false).get("/v1/channels").await;
    assert_eq!(list.body["meta"]["pagination"]["total"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_one_breath_are_answered_in_order() {
    let running = start().await;
    let credential = &running.credential;
    let mut bytes = String::new();
    for number in 0..20 {
        let body = format!("{{\"name\":\"pipe {number}\"}}");
        bytes += &format!("POST /v1/channels HTTP/1.1\r\nHost: x\r\nAuthorization: {credential}\r\n");
        bytes += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    }
    bytes += &(running.head("GET /v1/channels/channel_launch HTTP/1.1") + "\r\n");
    let seen = running.exchange(bytes.as_bytes()).await;
    assert_eq!(seen.matches("HTTP/1.1 201 Created").count(), 20, "{seen}");
    let places: Vec<usize> = (0..20).map(|n| seen.find(&format!("\"pipe {n}\"")).expect("each is answered")).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(seen.ends_with('}') && seen.rfind("HTTP/1.1 200 OK") > seen.rfind("HTTP/1.1 201"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absolute_target_means_the_same_as_its_path() {
    let running = start().await;
    for target in
        ["http://flow.example/v1/channels/channel_launch", "https://api.flowsocial.app/v1/channels/channel_launch"]
    {
        let seen =
            running.exchange(format!("{}\r\n", running.head(&format!("GET {target} HTTP/1.1"))).as_bytes()).await;
        assert!(seen.starts_with("HTTP/1.1 200 OK") && seen.contains("Product launch"), "{seen}");
    }
    for line in ["CONNECT flow.example:443 HTTP/1.1", "OPTIONS * HTTP/1.1", "GET * HTTP/1.1", "GET http:// HTTP/1.1"] {
        let started = Instant::now();
        let seen = running.exchange(format!("{}\r\n", running.head(line)).as_bytes()).await;
        assert!(started.elapsed() < AT_ONCE && (seen.is_empty() || seen.starts_with("HTTP/1.1 4")), "{line}: {seen}");
    }
    running.still_serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_without_asking_first_is_served_on_the_same_port() {
    let running = start().await;
    let caller = running.caller(true);
    let made = caller.ask(Method::POST, "/v1/channels", None, Some(json!({"name": "Second"}))).await;
    assert_eq!((made.status.as_u16(), &made.body["data"]["name"]), (201, &json!("Second")));
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let caller = caller.clone();
        calls.spawn(async move { caller.get("/v1/channels").await });
    }
    for got in calls.join_all().await {
        assert_eq!((got.status.as_u16(), &got.body["meta"]["pagination"]["total"]), (200, &json!(3)));
    }
    assert_eq!(caller.get("/v1/channels/nobody").await.status, 404);
    let broken = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &[0xff; 4_000]].concat();
    let started = Instant::now();
    running.exchange(&broken).await;
    assert!(started.elapsed() < AT_ONCE, "broken frames end the connection at once");
    running.still_serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_slow_clients_hold_up_nobody_and_are_given_up() {
    // Wide limits: a body that never comes is a call like any other.
    let running = Running::start(flow_with(WIDE)).await;
    let post =
        running.head("POST /v1/channels HTTP/1.1") + "Content-Type: application/json\r\nContent-Length: 500\r\n\r\n";
    let started = Instant::now();
    let mut slow = JoinSet::new();
    for number in 0..200 {
        let (head, dribble) = if number % 2 == 0 { (post.clone(), "{") } else { ("GET /v1".to_owned(), "x") };
        slow.spawn(trickle(connect(&running.serving).await, head, dribble));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    for _ in 0..20 {
        let asked = Instant::now();
        running.still_serves().await;
        assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
    }
    for seen in slow.join_all().await {
        assert!(seen.is_empty() || seen.starts_with("HTTP/1.1 4"), "{seen}");
    }
    assert!(started.elapsed() < SLOW_END, "{:?}", started.elapsed());
    running.still_serves().await;
}

async fn connect(serving: &Serving) -> TcpStream {
    TcpStream::connect(serving.address).await.expect("the server listens")
}

/// Sends the head, then a byte now and then, until the server has had enough. Gives what it said.
async fn trickle(mut socket: TcpStream, head: String, dribble: &str) -> String {
    _ = socket.write_all(head.as_bytes()).await;
    let (mut reading, mut writing) = socket.into_split();
    let mut seen = Vec::new();
    let sending = async {
        while writing.write_all(dribble.as_bytes()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = reading.read_to_end(&mut seen) => {}
        () = sending => {}
    }
    String::from_utf8_lossy(&seen).into_owned()
}
