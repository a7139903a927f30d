//! Takes webhooks over HTTP/1.1, well or badly.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

use super::Step;
use super::perform::Performer;

/// How it takes deliveries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receiver {
    /// Does it look at signatures?
    pub verifies: bool,
    /// The status for an event that it knows already.
    pub repeated: u16,
    /// Does it act on such an event?
    pub acts_again: bool,
    /// The status for an event whose parcel has a smaller number than one before.
    pub late: u16,
    /// How long it takes to answer, in milliseconds.
    pub slow_ms: u64,
    /// What it does for an event, with its id as `{event}`, before it answers.
    pub acts: Vec<Step>,
}

impl Receiver {
    pub fn good() -> Receiver {
        Receiver { verifies: true, repeated: 200, acts_again: false, late: 200, slow_ms: 0, acts: Vec::new() }
    }

    /// The same with one thing changed.
    pub fn but(mut self, change: impl FnOnce(&mut Receiver)) -> Receiver {
        change(&mut self);
        self
    }
}

/// What came in.
#[derive(Debug, Default)]
pub struct Inbox(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    count: usize,
    events: Vec<String>,
    /// The name of the newest parcel that an event told of.
    newest: String,
    secret: Option<String>,
}

impl Inbox {
    pub fn count(&self) -> usize {
        self.lock().count
    }

    /// Names the secret that deliveries are signed with. Those that come before wait for it.
    pub fn trust(&self, secret: &str) {
        self.lock().secret = Some(secret.to_owned());
    }

    fn secret(&self) -> String {
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            match self.lock().secret.clone() {
                Some(secret) => return secret,
                None if Instant::now() > until => return String::new(),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts it; gives its URL and what will come in.
pub fn listen(receiver: Receiver, performer: Performer) -> (String, Arc<Inbox>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let inbox = Arc::new(Inbox::default());
    let taken = inbox.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (receiver, performer, taken) = (receiver.clone(), performer.clone(), taken.clone());
            std::thread::spawn(move || take(&receiver, &performer, &taken, stream));
        }
    });
    (url, inbox)
}

fn take(receiver: &Receiver, performer: &Performer, inbox: &Inbox, mut stream: TcpStream) {
    let Some((head, body)) = read(&mut stream) else { return };
    let status = status(receiver, performer, inbox, &head, &body);
    std::thread::sleep(Duration::from_millis(receiver.slow_ms));
    let reply = format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    _ = stream.write_all(reply.as_bytes());
    inbox.lock().count += 1;
}

fn status(receiver: &Receiver, performer: &Performer, inbox: &Inbox, head: &str, body: &[u8]) -> u16 {
    if receiver.verifies && !is_signed(head, body, &inbox.secret()) {
        return 401;
    }
    let event: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (id, parcel) = (text("/id"), text("/data/parcel/name"));
    let (is_known, is_late) = {
        let mut taken = inbox.lock();
        let is_known = taken.events.contains(&id);
        let is_late = parcel < taken.newest;
        taken.events.push(id.clone());
        taken.newest = taken.newest.clone().max(parcel);
        (is_known, is_late)
    };
    if !is_known || receiver.acts_again {
        performer.with("event", &id).all(&receiver.acts);
    }
    match (is_known, is_late) {
        (true, _) => receiver.repeated,
        (false, true) => receiver.late,
        (false, false) => 200,
    }
}

fn is_signed(head: &str, body: &[u8], secret: &str) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.update(body);
    let digest: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    header(head, "x-signature") == Some(digest.as_str())
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Head and body of a request.
fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = String::from_utf8(read[..end].to_vec()).ok()?;
            let length: usize = header(&head, "content-length")?.parse().ok()?;
            if read.len() >= end + 4 + length {
                return Some((head, read[end + 4..end + 4 + length].to_vec()));
            }
        }
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => read.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    }
}
