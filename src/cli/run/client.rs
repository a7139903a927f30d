//! The HTTP client that speaks to deployments: one connection a session, no redirects followed, sizes and times bounded.

use std::error::Error;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HOST, USER_AGENT};
use http::uri::Scheme;
use http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::rt::{Read, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use tower_service::Service;

use crate::call::{Call, Reply};
use crate::scenario::run::{Failure, FailureKind};

/// Longest reply body that is read, in bytes.
pub const REPLY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest time that connecting may take.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);

/// Makes connections.
#[derive(Debug, Clone)]
pub struct Client {
    plain: HttpConnector,
    /// Reading the system's certificates takes a while: only where an origin asks for it.
    secure: Option<HttpsConnector<HttpConnector>>,
}

/// A connection to one origin, made anew when it was closed.
#[derive(Debug)]
pub struct Connection {
    client: Client,
    open: Option<(String, SendRequest<Full<Bytes>>)>,
}

impl Client {
    /// `secure`: does any origin speak TLS? The error says why the system's certificates cannot be read.
    pub fn new(secure: bool) -> Result<Client, String> {
        let mut plain = HttpConnector::new();
        plain.set_nodelay(true);
        plain.enforce_http(false);
        plain.set_connect_timeout(Some(CONNECT_TIME_MAX));
        if !secure {
            return Ok(Client { plain, secure: None });
        }
        let builder = HttpsConnectorBuilder::new().with_native_roots();
        let builder = builder.map_err(|error| format!("cannot read this system's certificates: {error}"))?;
        let secure = builder.https_or_http().enable_http1().wrap_connector(plain.clone());
        Ok(Client { plain, secure: Some(secure) })
    }

    pub fn connection(&self) -> Connection {
        Connection { client: self.clone(), open: None }
    }
}

impl Connection {
    /// Sends a call to its origin, and reads the reply to its end.
    pub async fn send(&mut self, call: &Call, time: Duration) -> Result<(Reply, Duration), Failure> {
        let started = Instant::now();
        let request = request(call)?;
        let reply = tokio::time::timeout(time, self.exchange(call, request)).await;
        match reply {
            Ok(Ok(reply)) => Ok((reply, started.elapsed())),
            Ok(Err(failure)) => {
                self.open = None;
                Err(failure)
            }
            Err(_) => {
                self.open = None;
                Err(failure(FailureKind::Timeout, format!("no reply within {} ms", time.as_millis())))
            }
        }
    }

    async fn exchange(&mut self, call: &Call, request: Request<Full<Bytes>>) -> Result<Reply, Failure> {
        let reused = self.open.as_ref().is_some_and(|(origin, _)| *origin == call.origin);
        match self.once(call, request.clone()).await {
            // A kept connection may have been closed by the other side before this request was read at all.
            Err((_, true)) if reused => {
                self.open = None;
                self.once(call, request).await.map_err(|(failure, _)| failure)
            }
            done => done.map_err(|(failure, _)| failure),
        }
    }

    /// The error also says whether the request was certainly not read by the other side.
    async fn once(&mut self, call: &Call, request: Request<Full<Bytes>>) -> Result<Reply, (Failure, bool)> {
        let sender = self.sender(&call.origin).await.map_err(|failure| (failure, false))?;
        let response = sender.send_request(request).await.map_err(|error| {
            let unread = error.is_canceled();
            (failure(FailureKind::Broken, chain(&error)), unread)
        })?;
        let (parts, body) = response.into_parts();
        let body = read(body).await.map_err(|failure| (failure, false))?;
        let mut reply = Reply::new(parts.status);
        let mut last = None;
        for (name, value) in parts.headers {
            // Further values of a header come without its name.
            last = name.or(last);
            reply.headers.extend(last.clone().map(|name| (name, value)));
        }
        reply.body = body;
        Ok(reply)
    }

    async fn sender(&mut self, origin: &str) -> Result<&mut SendRequest<Full<Bytes>>, Failure> {
        let usable = match &mut self.open {
            Some((known, sender)) if known == origin => sender.ready().await.is_ok(),
            _ => false,
        };
        if !usable {
            self.open = None;
        }
        if self.open.is_none() {
            let sender = self.client.connect(origin).await?;
            self.open = Some((origin.to_owned(), sender));
        }
        match &mut self.open {
            Some((_, sender)) => Ok(sender),
            None => Err(failure(FailureKind::Unreachable, format!("no connection to {origin}"))),
        }
    }
}

impl Client {
    async fn connect(&self, origin: &str) -> Result<SendRequest<Full<Bytes>>, Failure> {
        let uri: Uri = format!("{origin}/")
            .parse()
            .map_err(|_| failure(FailureKind::Unreachable, format!("{origin} is no URL of a server")))?;
        if uri.scheme() != Some(&Scheme::HTTPS) {
            let stream = self.plain.clone().call(uri).await;
            let stream = stream.map_err(|error| refused(FailureKind::Unreachable, origin, &error))?;
            return open(stream).await;
        }
        let Some(secure) = &self.secure else {
            return Err(failure(FailureKind::Tls, format!("no certificates were read for {origin}")));
        };
        let stream = secure.clone().call(uri).await.map_err(|error| {
            let reason = chain(error.as_ref());
            // The name and the socket come first; whatever fails after these is the handshake.
            let before = ["dns error", "tcp ", "deadline"].iter().any(|word| reason.contains(word));
            let kind = if before { FailureKind::Unreachable } else { FailureKind::Tls };
            refused(kind, origin, error.as_ref())
        })?;
        open(stream).await
    }
}

async fn open<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, Failure>
where
    S: Read + Write + Send + Unpin + 'static,
{
    let opened = handshake(stream).await;
    let (sender, connection) = opened.map_err(|error| failure(FailureKind::Unreachable, chain(&error)))?;
    tokio::spawn(connection);
    Ok(sender)
}

fn refused(kind: FailureKind, origin: &str, error: &(dyn Error + 'static)) -> Failure {
    failure(kind, format!("cannot connect to {origin}: {}", chain(error)))
}

fn request(call: &Call) -> Result<Request<Full<Bytes>>, Failure> {
    let mut target = call.path.clone();
    if let Some(query) = &call.query {
        target.push('?');
        target.push_str(query);
    }
    let unsendable = |what: &str| failure(FailureKind::Broken, format!("{what} cannot be sent: {target}"));
    let mut request = Request::new(Full::new(call.body.clone()));
    *request.method_mut() = call.method.clone();
    *request.uri_mut() = target.parse().map_err(|_| unsendable("the path"))?;
    let authority = call.origin.split_once("://").map_or(call.origin.as_str(), |(_, authority)| authority);
    let headers = request.headers_mut();
    *headers = call.headers.clone();
    if !headers.contains_key(HOST) {
        headers.insert(HOST, HeaderValue::from_str(authority).map_err(|_| unsendable("the host"))?);
    }
    if !headers.contains_key(USER_AGENT) {
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("standin/", env!("CARGO_PKG_VERSION"))));
    }
    // Bodies are read as they come; without this any coding would be welcome (RFC 9110, 12.5.3).
    if !headers.contains_key(ACCEPT_ENCODING) {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    headers.remove(CONTENT_LENGTH);
    Ok(request)
}

async fn read(mut body: Incoming) -> Result<Bytes, Failure> {
    let mut kept = BytesMut::new();
    let mut first: Option<Bytes> = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            failure(FailureKind::Broken, format!("the connection ended before the reply did: {}", chain(&error)))
        })?;
        let Ok(data) = frame.into_data() else { continue };
        let size = kept.len() + first.as_ref().map_or(0, Bytes::len) + data.len();
        if size > REPLY_BYTES_MAX {
            return Err(failure(FailureKind::TooLarge, format!("the reply has more than {REPLY_BYTES_MAX} bytes")));
        }
        // Most replies are one piece, which need not be copied.
        match first.take() {
            None if kept.is_empty() => first = Some(data),
            before => {
                kept.extend(before.into_iter().flatten());
                kept.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| kept.freeze()))
}

fn failure(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure { kind, message: message.into() }
}

/// An error with its causes, each said once.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}
