//! A small HTTP/1.1 client that keeps connections: enough to load a server without costing more than it.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

#[derive(Clone)]
pub struct Request {
    bytes: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Request {
    pub fn get(target: &str, key: &str) -> Request {
        Request {
            bytes: format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n{}\r\n", authorization(key)).into_bytes(),
        }
    }

    pub fn post(target: &str, key: &str, body: &str) -> Request {
        let head = format!(
            "POST {target} HTTP/1.1\r\nhost: localhost\r\n{}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            authorization(key),
            body.len()
        );
        Request { bytes: head.into_bytes() }
    }
}

fn authorization(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("authorization: Bearer {key}\r\n") }
}

pub struct Load<'a> {
    pub address: &'a str,
    pub requests: &'a [Request],
    pub calls: usize,
    pub connections: usize,
}

/// Performs the calls on several connections at once, the requests in turns. It never sleeps while it waits: a server would pay for waking
/// it, and a slow one more often than a quick one.
pub fn load(load: &Load<'_>) {
    let mut lines: Vec<Line> = (0..load.connections.min(load.calls)).map(|_| Line::open(load.address)).collect();
    let mut requests = load.requests.iter().cycle().take(load.calls);
    for line in &mut lines {
        line.ask(requests.next());
    }
    while lines.iter().any(|line| line.waits) {
        for line in &mut lines {
            if line.is_answered() {
                line.ask(requests.next());
            }
        }
    }
}

/// A connection on which one call at a time is under way.
struct Line {
    stream: TcpStream,
    /// What has come of the answer.
    answer: Vec<u8>,
    waits: bool,
}

impl Line {
    fn open(address: &str) -> Line {
        let stream = connect(address).expect("a connection");
        stream.set_nonblocking(true).expect("a connection that does not wait");
        Line { stream, answer: Vec::with_capacity(64 * 1024), waits: false }
    }

    fn ask(&mut self, request: Option<&Request>) {
        self.waits = request.is_some();
        self.answer.clear();
        if let Some(request) = request {
            self.stream.write_all(&request.bytes).expect("the server reads");
        }
    }

    /// Has the answer come, all of it?
    fn is_answered(&mut self) -> bool {
        let mut chunk = [0; 32 * 1024];
        match self.stream.read(&mut chunk) {
            _ if !self.waits => false,
            Ok(0) => panic!("the server answers"),
            Ok(count) => {
                self.answer.extend_from_slice(&chunk[..count]);
                head(&self.answer).is_some_and(|head| self.answer.len() >= head.bytes + head.content_length)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            Err(error) => panic!("the server answers: {error}"),
        }
    }
}

pub fn send(address: &str, request: &Request) -> Option<Answer> {
    let mut stream = connect(address).ok()?;
    stream.write_all(&request.bytes).ok()?;
    read(&mut stream, &mut Vec::new())
}

fn connect(address: &str) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// One response with a Content-Length.
fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Answer> {
    buffer.clear();
    let mut chunk = [0; 32 * 1024];
    loop {
        if let Some(head) = head(buffer).filter(|head| buffer.len() >= head.bytes + head.content_length) {
            return Some(Answer { status: head.status, body: buffer[head.bytes..][..head.content_length].to_vec() });
        }
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        buffer.extend_from_slice(&chunk[..count]);
    }
}

/// The start of a response, up to its body.
struct Head {
    status: u16,
    bytes: usize,
    content_length: usize,
}

/// The head of a response, once all of it has come.
fn head(response: &[u8]) -> Option<Head> {
    const LENGTH: &[u8] = b"\r\ncontent-length:";
    let end = response.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = &response[..end];
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.trim().parse::<usize>().ok();
    let length = head.windows(LENGTH.len()).position(|window| window.eq_ignore_ascii_case(LENGTH))? + LENGTH.len();
    let line = head[length..].split(|byte| *byte == b'\r').next()?;
    let status = u16::try_from(number(head.get(9..12)?)?).ok()?;
    Some(Head { status, bytes: end + 4, content_length: number(line)? })
}
