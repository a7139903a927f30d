//! What was seen of a client: calls, deliveries to it, and how it ended.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::world::fault::Armed;

/// The trial that everything belongs to where nobody planned.
pub const SESSION: &str = "session";

/// One run of the client (or of several at once) in a world of its own, under the faults of one trial.
#[derive(Debug, Clone)]
pub struct Run {
    /// The trial's name in the plan; [`SESSION`] where nobody planned.
    pub trial: String,
    /// Counted from 1 where a trial has several runs.
    pub number: u32,
    /// In the order begun.
    pub exchanges: Vec<Exchange>,
    /// Attempts to deliver webhooks, in the order begun.
    pub deliveries: Vec<DeliveryAttempt>,
    /// The armed faults as they stood at the end.
    pub faults: Vec<Armed>,
    pub exit: Exit,
    /// How long it ran until it ended or was asked to, in microseconds.
    pub took: u64,
    /// Calls beyond those that are kept of a world: nothing is known of them but their number.
    pub exchanges_left_out: u64,
    /// Attempts to deliver beyond those that are kept.
    pub deliveries_left_out: u64,
}

/// How a client ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    /// A signal that was not ours ended it.
    Signal(i32),
    /// It was stopped because it took longer than it may.
    TimedOut,
    /// It was stopped because it made more calls than it may.
    Flooded,
    /// Nobody watches the process: the session was ended.
    Unknown,
}

/// One request and what came of it. Times are microseconds since the run began, as the server saw them.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Counts up from 1 within the run.
    pub number: u64,
    /// The connection it came on; counts up over all runs.
    pub connection: u64,
    /// Which of several clients in one world sent it, counted from 1; 0 where nobody tells them apart.
    pub client: u32,
    /// When the request's head was read.
    pub begun: u64,
    /// When the last byte was written, or the connection ended.
    pub ended: u64,
    pub end: End,
    pub method: Method,
    /// As sent, without the world's prefix.
    pub path: String,
    pub query: Option<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The operation's `operationId`; `None` when no route leads anywhere.
    pub operation: Option<String>,
    /// What was answered. The client has seen no status where `end` or the faults say so.
    pub status: StatusCode,
    pub reply_headers: Vec<(HeaderName, HeaderValue)>,
    pub reply_body: Bytes,
    /// The faults that struck it.
    pub struck: Vec<StruckFault>,
    /// Was the call performed?
    pub performed: Performed,
    /// The records that it created: kind and id.
    pub made: Vec<(String, String)>,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The reply was written as it was meant to be, whole or damaged in its content.
    Replied,
    /// A fault broke the connection.
    Cut,
    /// The client closed the connection before the reply was written: it gave up waiting.
    Left,
}

/// A fault that struck a call or a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StruckFault {
    /// The kind's word: `truncate`.
    pub kind: &'static str,
    /// In words: `body cut in half`.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Performed {
    /// Refused, or failed before the effect.
    No,
    Yes,
    /// A fault performed it twice.
    Twice,
    /// The first reply was given again for its idempotency key.
    Replayed,
}

/// One attempt to deliver a webhook to the client.
#[derive(Debug, Clone)]
pub struct DeliveryAttempt {
    pub begun: u64,
    pub ended: u64,
    pub event: String,
    /// The event's id: the same for each delivery of it.
    pub event_id: String,
    pub url: String,
    /// What the receiver answered; `None` when it did not.
    pub status: Option<u16>,
    /// Why it did not.
    pub failure: Option<String>,
    pub struck: Vec<StruckFault>,
}

impl Run {
    /// The numbers of those whose calls were seen: 0 alone where one client ran.
    pub fn clients(&self) -> BTreeSet<u32> {
        self.exchanges.iter().map(|exchange| exchange.client).collect()
    }
}

impl Exchange {
    /// The first header of this name, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The reply's first header of this name, as text.
    pub fn reply_header(&self, name: &str) -> Option<&str> {
        let found = self.reply_headers.iter().find(|(candidate, _)| candidate.as_str().eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.to_str().ok())
    }

    pub fn struck_by(&self, kind: &str) -> bool {
        self.struck.iter().any(|struck| struck.kind == kind)
    }

    /// Could the client read a whole reply?
    pub fn was_answered(&self) -> bool {
        self.end == End::Replied
    }

    /// Did it fail from the client's view: no reply, a refusal or an error, a body that cannot be read, or items that failed? What is asked
    /// again after that is the same call once more.
    pub fn has_failed(&self) -> bool {
        let refused = self.status.is_client_error() || self.status.is_server_error();
        let in_part = self.status == StatusCode::MULTI_STATUS || self.struck_by("itemErrors");
        !self.was_answered() || self.struck_by("hang") || self.damage().is_some() || refused || in_part
    }
}
