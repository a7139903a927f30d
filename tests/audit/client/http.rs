//! HTTP/1.1 by hand over one connection for each call, so that nothing is retried, pooled or repaired behind the policy's back.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::policy::{Failure, Timeout};

/// Most bytes of an answer; no service of a test sends more.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// Time to connect, and the end of any wait that a policy does not bound: audits stop their clients long before.
const FOR_EVER: Duration = Duration::from_secs(600);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: &'static str,
    /// With the query, below the base URL.
    pub target: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// `http://HOST:PORT/PATH`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    pub authority: String,
    pub path: String,
}

impl Base {
    pub fn read(url: &str) -> Base {
        let rest = url.strip_prefix("http://").expect("a base URL of plain http");
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = if path.is_empty() { String::new() } else { format!("/{}", path.trim_end_matches('/')) };
        Base { authority: authority.to_owned(), path }
    }
}

/// One exchange, once.
pub fn send(base: &Base, timeout: &Timeout, request: &Request) -> Result<Answer, Failure> {
    let deadline = |ms: Option<u64>| Instant::now() + ms.map_or(FOR_EVER, Duration::from_millis);
    let mut stream = TcpStream::connect(&base.authority).map_err(|error| failure_of(error.kind()))?;
    _ = stream.set_nodelay(true);
    stream.write_all(&bytes_of(base, request)).map_err(|error| failure_of(error.kind()))?;
    let mut read = Vec::new();
    let until = deadline(timeout.head_ms);
    let head_end = loop {
        if let Some(end) = find(&read, b"\r\n\r\n") {
            break end;
        }
        if !more(&mut stream, &mut read, until)? {
            return Err(Failure::Closed);
        }
    };
    let (status, headers) = head(&read[..head_end]).ok_or(Failure::Closed)?;
    let mut answer = Answer { status, headers, body: read.split_off(head_end + 4) };
    let until = deadline(timeout.body_ms);
    body(&mut stream, request.method, &mut answer, until).map_err(|_| Failure::Body)?;
    Ok(answer)
}

fn bytes_of(base: &Base, request: &Request) -> Vec<u8> {
    let mut text = format!("{} {}{} HTTP/1.1\r\n", request.method, base.path, request.target);
    text.push_str(&format!("host: {}\r\nconnection: close\r\n", base.authority));
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = request.body.as_deref().unwrap_or_default();
    if request.body.is_some() {
        text.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// Reads some bytes; false when the other side has closed.
fn more(stream: &mut TcpStream, read: &mut Vec<u8>, until: Instant) -> Result<bool, Failure> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() || read.len() > ANSWER_BYTES_MAX {
        return Err(Failure::Unanswered);
    }
    stream.set_read_timeout(Some(left)).map_err(|_| Failure::Reset)?;
    let mut buffer = [0; 16 << 10];
    match stream.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(count) => {
            read.extend_from_slice(&buffer[..count]);
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
        Err(error) => Err(failure_of(error.kind())),
    }
}

fn failure_of(kind: ErrorKind) -> Failure {
    match kind {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Failure::Unanswered,
        ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe => Failure::Closed,
        _ => Failure::Reset,
    }
}

fn head(bytes: &[u8]) -> Option<(u16, Vec<(String, String)>)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_owned(), value.trim().to_owned()))
    };
    Some((status, lines.map(header).collect::<Option<_>>()?))
}

/// Reads what is missing of the body, to the end that the head announces.
fn body(stream: &mut TcpStream, method: &str, answer: &mut Answer, until: Instant) -> Result<(), Failure> {
    if method == "HEAD" || answer.status == 204 || answer.status == 304 {
        answer.body.clear();
        return Ok(());
    }
    if answer.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        return chunked(stream, answer, until);
    }
    let Some(length) = answer.header("content-length") else {
        while more(stream, &mut answer.body, until)? {}
        return Ok(());
    };
    let length: usize = length.parse().map_err(|_| Failure::Body)?;
    while answer.body.len() < length {
        if !more(stream, &mut answer.body, until)? {
            return Err(Failure::Body);
        }
    }
    answer.body.truncate(length);
    Ok(())
}

fn chunked(stream: &mut TcpStream, answer: &mut Answer, until: Instant) -> Result<(), Failure> {
    let mut raw = std::mem::take(&mut answer.body);
    loop {
        let line = loop {
            match find(&raw, b"\r\n") {
                Some(end) => break end,
                None if !more(stream, &mut raw, until)? => return Err(Failure::Body),
                None => {}
            }
        };
        let size = std::str::from_utf8(&raw[..line]).ok().and_then(|text| usize::from_str_radix(text.trim(), 16).ok());
        let size = size.ok_or(Failure::Body)?;
        while raw.len() < line + 2 + size + 2 {
            if !more(stream, &mut raw, until)? {
                return Err(Failure::Body);
            }
        }
        answer.body.extend_from_slice(&raw[line + 2..line + 2 + size]);
        raw.drain(..line + 2 + size + 2);
        if size == 0 {
            return Ok(());
        }
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
