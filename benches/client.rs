//! A small HTTP/1.1 client that keeps connections: enough to load a server without costing more than it.

use std::io::{Read, Write};
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

/// Performs the calls on several connections at once, the requests in turns.
pub fn load(load: &Load<'_>) {
    std::thread::scope(|scope| {
        for connection in 0..load.connections {
            scope.spawn(move || {
                let mut stream = connect(load.address).expect("a connection");
                let mut buffer = Vec::with_capacity(64 * 1024);
                for call in (connection..load.calls).step_by(load.connections) {
                    stream.write_all(&load.requests[call % load.requests.len()].bytes).expect("the server reads");
                    read(&mut stream, &mut buffer).expect("the server answers");
                }
            });
        }
    });
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
    let head = loop {
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        buffer.extend_from_slice(&chunk[..count]);
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = std::str::from_utf8(&buffer[..head]).ok()?.to_ascii_lowercase();
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let length: usize = text.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse().ok()?;
    while buffer.len() < head + length {
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        buffer.extend_from_slice(&chunk[..count]);
    }
    Some(Answer { status, body: buffer[head..].to_vec() })
}
