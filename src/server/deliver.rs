//! Sends webhooks. The only code that opens a connection to anyone.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::Semaphore;

use super::control::webhooks;
use super::settings::is_loopback;
use crate::world::outbox::{Attempt, Outcome, Receipt};

/// Most attempts on the wire at once, over all worlds; more wait their turn.
pub const ATTEMPTS_AT_ONCE_MAX: usize = 64;
/// Longest time an attempt may take, whatever it asks for.
pub const ATTEMPT_TIME_MAX: Duration = Duration::from_secs(60);
/// Most bytes read of a receiver's answer.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How many of them are kept; the rest is thrown away.
pub const ANSWER_BYTES_KEPT: usize = 1024;

#[derive(Debug)]
pub struct Courier {
    client: Client<HttpConnector, Full<Bytes>>,
    allowed: Vec<String>,
    /// `http://HOST:PORT` of the fake's own receivers that are not reached by a connection.
    own_receivers: Vec<String>,
    places: Semaphore,
}

impl Courier {
    pub fn new(allowed: &[String]) -> Courier {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        // Pooled connections go after a second: a receiver that was restarted between two attempts must not fail the next one.
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(1))
            .build(connector);
        Courier {
            client,
            allowed: allowed.to_vec(),
            own_receivers: Vec::new(),
            places: Semaphore::new(ATTEMPTS_AT_ONCE_MAX),
        }
    }

    /// Answers attempts at the fake's own receivers at these origins without a connection.
    pub fn with_own_receivers(mut self, origins: Vec<String>) -> Courier {
        self.own_receivers = origins;
        self
    }

    /// Performs one attempt. A redirect is an answer like any other: it is not followed.
    pub async fn send(&self, attempt: &Attempt) -> Receipt {
        if let Some(outcome) = self.received_here(&attempt.url) {
            return outcome.into();
        }
        let request = match self.request(attempt) {
            Ok(request) => request,
            Err(reason) => return Outcome::Failed(reason).into(),
        };
        let _place = self.places.acquire().await;
        let started = Instant::now();
        let time = Duration::from_millis(attempt.timeout_ms).min(ATTEMPT_TIME_MAX);
        let mut receipt = match tokio::time::timeout(time, self.exchange(request)).await {
            Ok(receipt) => receipt,
            Err(_) => Outcome::Failed(format!("no answer within {} ms", time.as_millis())).into(),
        };
        receipt.latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        receipt
    }

    fn received_here(&self, url: &str) -> Option<Outcome> {
        let below = self.own_receivers.iter().find_map(|origin| url.strip_prefix(origin.as_str()))?;
        // The receiver is the same in every world.
        let below = below.strip_prefix("/~").map_or(Some(below), |world| world.find('/').map(|at| &world[at..]))?;
        let query = below.strip_prefix(&webhooks::receiver(""))?;
        let query = if query.is_empty() { None } else { Some(query.strip_prefix('?')?) };
        let status = webhooks::received_status(query).unwrap_or(StatusCode::BAD_REQUEST);
        Some(Outcome::Answered(status.as_u16()))
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Receipt {
        match self.client.request(request).await {
            Ok(response) => {
                let outcome = Outcome::Answered(response.status().as_u16());
                Receipt { body: beginning(response.into_body()).await, ..outcome.into() }
            }
            Err(error) => Outcome::Failed(reason(&error)).into(),
        }
    }

    fn request(&self, attempt: &Attempt) -> Result<Request<Full<Bytes>>, String> {
        let url = attempt.url.split_once('#').map_or(attempt.url.as_str(), |(url, _)| url);
        let uri: Uri = url.parse().map_err(|_| format!("not a URL: {}", attempt.url))?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| format!("no host in {}", attempt.url))?;
        if !self.may_reach(host) {
            return Err(format!("not allowed: {host} is not this machine; start with --allow-webhooks-to {host}"));
        }
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err("https targets are not supported yet; use a plain http receiver".to_owned()),
            _ => return Err(format!("not an http URL: {}", attempt.url)),
        }
        let mut request = Request::new(Full::new(attempt.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("standin/", env!("CARGO_PKG_VERSION"))));
        let mut seen = Vec::new();
        for (name, value) in &attempt.headers {
            let bad = |_| format!("header {name:?} cannot be sent");
            let name = HeaderName::try_from(name.as_str()).map_err(|_| format!("header {name:?} cannot be sent"))?;
            let value = HeaderValue::try_from(value.as_str()).map_err(bad)?;
            if name == CONTENT_LENGTH || name == TRANSFER_ENCODING || name == HOST {
                continue;
            }
            // The first of a name replaces a default of ours, further ones stand beside it.
            if seen.contains(&name) {
                headers.append(name, value);
            } else {
                headers.insert(name.clone(), value);
                seen.push(name);
            }
        }
        Ok(request)
    }

    fn may_reach(&self, host: &str) -> bool {
        is_loopback(host) || self.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}

/// The beginning of an answer as text. It is read to its end, so that the receiver is not cut off, but not for ever.
async fn beginning(mut body: Incoming) -> String {
    let (mut kept, mut length) = (Vec::new(), 0);
    while let Some(Ok(frame)) = body.frame().await {
        let Some(data) = frame.data_ref() else { continue };
        length += data.len();
        let room = ANSWER_BYTES_KEPT - kept.len();
        kept.extend_from_slice(&data[..data.len().min(room)]);
        if length > ANSWER_BYTES_MAX {
            break;
        }
    }
    let text = String::from_utf8_lossy(&kept);
    // A character that the limit cut in two is left out.
    let whole = if length > kept.len() { text.trim_end_matches('\u{fffd}') } else { &text };
    whole.to_owned()
}

/// The innermost cause of a client error, which says most: `connection refused`.
fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost: &(dyn std::error::Error + 'static) = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    match innermost.downcast_ref::<std::io::Error>() {
        Some(io) => io.kind().to_string(),
        None => innermost.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn attempt(url: &str) -> Attempt {
        Attempt {
            delivery: 1,
            url: url.to_owned(),
            headers: vec![("X-Signature".to_owned(), "t=1".to_owned())],
            body: Bytes::from_static(b"{}"),
            timeout_ms: 2_000,
        }
    }

    /// A receiver that answers one request with these bytes (nothing: it stays silent) and gives what it got.
    async fn receiver(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?a=1#part", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut seen = Vec::new();
            while !seen.ends_with(b"\r\n\r\n{}") {
                let mut buffer = [0; 1024];
                match socket.read(&mut buffer).await.unwrap() {
                    0 => break,
                    read => seen.extend_from_slice(&buffer[..read]),
                }
            }
            if answer.is_empty() {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            socket.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(seen).unwrap()
        });
        (url, task)
    }

    #[tokio::test]
    async fn an_attempt_carries_its_headers_and_body() {
        let (url, task) = receiver("HTTP/1.1 204 No Content\r\n\r\n").await;
        assert_eq!(Courier::new(&[]).send(&attempt(&url)).await.outcome, Outcome::Answered(204));
        let seen = task.await.unwrap().to_ascii_lowercase();
        assert!(seen.starts_with("post /hook?a=1 http/1.1\r\n"), "{seen}");
        assert!(seen.contains("\r\nx-signature: t=1\r\n"), "{seen}");
        assert!(seen.contains("\r\ncontent-length: 2\r\n"), "{seen}");
    }

    #[tokio::test]
    async fn of_an_answer_the_beginning_is_kept() {
        let long = format!("{}é{}", "x".repeat(ANSWER_BYTES_KEPT - 1), "y".repeat(5_000));
        let answer = format!("HTTP/1.1 500 Oh\r\nContent-Length: {}\r\n\r\n{long}", long.len());
        let (url, _task) = receiver(answer.leak()).await;
        let receipt = Courier::new(&[]).send(&attempt(&url)).await;
        assert_eq!((receipt.outcome, receipt.body), (Outcome::Answered(500), "x".repeat(ANSWER_BYTES_KEPT - 1)));
        let (url, _task) = receiver("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        assert_eq!(Courier::new(&[]).send(&attempt(&url)).await.body, "ok");
    }

    #[tokio::test]
    async fn own_receivers_answer_in_every_world_without_a_connection() {
        let courier = Courier::new(&[]).with_own_receivers(vec!["https://localhost:1".to_owned()]);
        for (below, status) in [
            ("/_standin/webhooks/receive", 200),
            ("/_standin/webhooks/receive?status=503", 503),
            ("/~alice/_standin/webhooks/receive?status=410", 410),
            ("/_standin/webhooks/receive?status=999", 400),
        ] {
            let receipt = courier.send(&attempt(&format!("https://localhost:1{below}"))).await;
            assert_eq!(receipt.outcome, Outcome::Answered(status), "{below}");
        }
        for other in ["/hook", "/~alice", "0/_standin/webhooks/receive", "/_standin/webhooks/receiver"] {
            let receipt = courier.send(&attempt(&format!("https://localhost:1{other}"))).await;
            assert!(matches!(receipt.outcome, Outcome::Failed(_)), "{other}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let (url, _task) =
            receiver("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(Courier::new(&[]).send(&attempt(&url)).await.outcome, Outcome::Answered(302));
    }

    #[tokio::test]
    async fn a_silent_receiver_fails_after_the_time() {
        let (url, _task) = receiver("").await;
        let mut attempt = attempt(&url);
        attempt.timeout_ms = 50;
        assert_eq!(
            Courier::new(&[]).send(&attempt).await.outcome,
            Outcome::Failed("no answer within 50 ms".to_owned())
        );
    }

    #[tokio::test]
    async fn a_refused_connection_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        assert_eq!(
            Courier::new(&[]).send(&attempt(&url)).await.outcome,
            Outcome::Failed("connection refused".to_owned())
        );
    }

    #[tokio::test]
    async fn other_machines_are_reached_only_when_allowed_by_name() {
        for url in
            ["http://example.com/", "http://127.0.0.1.example.com/", "http://user@10.0.0.1/", "https://example.com/x"]
        {
            let outcome = Courier::new(&[]).send(&attempt(url)).await.outcome;
            assert!(
                matches!(&outcome, Outcome::Failed(reason) if reason.starts_with("not allowed: ")),
                "{url}: {outcome:?}"
            );
        }
        let courier = Courier::new(&["Hooks.example.com".to_owned()]);
        assert!(courier.request(&attempt("http://hooks.example.com/x")).is_ok());
        assert!(courier.request(&attempt("http://other.example.com/x")).is_err());
    }

    #[tokio::test]
    async fn what_is_no_plain_http_url_is_refused_with_the_reason() {
        for (url, reason) in [
            ("https://localhost/x", "https targets are not supported yet"),
            ("ftp://localhost/x", "not an http URL"),
            ("::", "not a URL"),
            ("/only/a/path", "no host in"),
        ] {
            let outcome = Courier::new(&[]).send(&attempt(url)).await.outcome;
            assert!(matches!(&outcome, Outcome::Failed(text) if text.starts_with(reason)), "{url}: {outcome:?}");
        }
        let mut broken = attempt("http://localhost/");
        broken.headers.push(("bad name".to_owned(), "x".to_owned()));
        assert!(
            matches!(Courier::new(&[]).send(&broken).await.outcome, Outcome::Failed(reason) if reason.contains("bad name"))
        );
    }
}
