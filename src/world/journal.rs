//! What happened, call by call, with the chain of causes. Bounded: the oldest entries go first.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Most entries kept.
pub const ENTRIES_MAX: usize = 2_000;
/// Most bytes of bodies and texts kept over all entries; older entries are dropped to stay below.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;
/// Up to so many bytes of a call's bodies are copied; larger ones are shared with whoever has them, too.
const COPIED_MAX: usize = 4 * 1024;
/// How much of a body's SHA-256 stands in the canonical text.
const DIGEST_BYTES: usize = 8;

#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Counts up from 1 within the world.
    pub number: u64,
    /// World time, ms.
    pub at: i64,
    pub what: What,
    /// Why it went as it did, in order: route, caller, limit, rule, change, event, fault.
    pub causes: Vec<Cause>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum What {
    Call {
        #[serde(serialize_with = "as_text")]
        method: Method,
        path: Arc<str>,
        operation: Option<Arc<str>>,
        status: u16,
        #[serde(skip)]
        request: Bytes,
        #[serde(skip)]
        reply: Bytes,
        #[serde(skip)]
        account: Account,
    },
    /// A record changed on its own when time came.
    Lifecycle { resource: Arc<str>, id: Arc<str>, from: String, to: String },
    /// An event was emitted.
    Event { event: Arc<str>, data: String },
    /// An attempt to deliver an event, and what came of it.
    Attempt {
        delivery: u64,
        event: String,
        url: String,
        attempt: u32,
        outcome: String,
        /// As sent, the signature among them.
        #[serde(serialize_with = "by_name")]
        headers: Vec<(String, String)>,
        #[serde(skip)]
        payload: Bytes,
    },
    /// The clock, state or faults were changed through the control API.
    Control { action: String },
}

/// What a call came to, as data; an entry's causes say it in words. What cannot be told from the reply: it may have been lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    pub performed: Performed,
    /// Collection and id of the records it created, in order.
    pub made: Vec<(usize, Arc<str>)>,
    /// The faults that struck it: the kind's word, and it in words.
    pub struck: Vec<(&'static str, String)>,
}

/// How often a call had its effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Performed {
    /// Refused, or failed before the effect.
    #[default]
    No,
    Yes,
    /// A fault performed it twice.
    Twice,
    /// Not again: it got the first reply of its idempotency key.
    Replayed,
}

/// One link of the chain: a short word and a text.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Cause {
    pub kind: &'static str,
    pub text: Text,
}

/// A cause in words. What an event tells goes into its own entry and into that of its call, so a copy costs nothing.
#[derive(Debug, Clone)]
pub enum Text {
    Fixed(&'static str),
    Shared(Arc<str>),
}

#[derive(Debug, Clone, Default)]
pub struct Journal {
    /// Oldest first, with numbers that ascend without a gap.
    entries: imbl::Vector<Arc<Entry>>,
    last: u64,
    /// Bytes of bodies and texts kept.
    bytes: usize,
}

impl Journal {
    pub fn push(&mut self, at: i64, what: What, causes: Vec<Cause>) -> u64 {
        self.last += 1;
        let entry = Entry { number: self.last, at, what, causes };
        self.bytes += entry.weight();
        self.entries.push_back(Arc::new(entry));
        while self.entries.len() > ENTRIES_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.weight();
        }
        self.last
    }

    /// Entries with a number above `after`, oldest first, at most `limit`.
    pub fn since(&self, after: u64, limit: usize) -> Vec<Arc<Entry>> {
        let Some(oldest) = self.entries.front() else { return Vec::new() };
        let passed = after.saturating_add(1).saturating_sub(oldest.number);
        let start = usize::try_from(passed).unwrap_or(usize::MAX).min(self.entries.len());
        let mut focus = self.entries.focus();
        let end = start.saturating_add(limit).min(self.entries.len());
        (start..end).filter_map(|at| focus.get(at).cloned()).collect()
    }

    /// The number of the newest entry; 0 when nothing ever happened.
    pub fn last_number(&self) -> u64 {
        self.last
    }

    /// One line an entry: the canonical text that two equal histories share. A body stands there by its digest.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for entry in &self.entries {
            entry.write(&mut text);
            text.push('\n');
        }
        text
    }
}

/// What a call brought and what it got, as both are kept. A small body mostly stands in a buffer larger than itself, which the next call can
/// have again when the journal has a copy.
pub fn kept(request: &Bytes, reply: &Bytes) -> (Bytes, Bytes) {
    if request.len() + reply.len() > COPIED_MAX {
        return (request.clone(), reply.clone());
    }
    let mut both = Bytes::from([&request[..], reply].concat());
    (both.split_to(request.len()), both)
}

impl Cause {
    pub fn new(kind: &'static str, text: impl Into<Text>) -> Cause {
        Cause { kind, text: text.into() }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Text::Fixed(text) => text,
            Text::Shared(text) => text,
        }
    }
}

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Text {
        Text::Fixed(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text::Shared(text.into())
    }
}

impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Text {
        Text::Shared(text)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        **self == **other
    }
}

impl Eq for Text {}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self)
    }
}

impl Account {
    /// The effect was had once more.
    pub fn perform(&mut self) {
        self.performed = match self.performed {
            Performed::No | Performed::Replayed => Performed::Yes,
            Performed::Yes | Performed::Twice => Performed::Twice,
        };
    }
}

impl Entry {
    /// Bytes of bodies and texts.
    fn weight(&self) -> usize {
        let what = match &self.what {
            What::Call { path, request, reply, .. } => path.len() + request.len() + reply.len(),
            What::Lifecycle { id, from, to, .. } => id.len() + from.len() + to.len(),
            What::Event { data, .. } => data.len(),
            What::Attempt { event, url, outcome, headers, payload, .. } => {
                let headers = headers.iter().map(|(name, value)| name.len() + value.len());
                event.len() + url.len() + outcome.len() + payload.len() + headers.sum::<usize>()
            }
            What::Control { action } => action.len(),
        };
        what + self.causes.iter().map(|cause| cause.text.len()).sum::<usize>()
    }

    fn write(&self, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{} {} ", self.number, self.at);
        let _ = match &self.what {
            What::Call { method, path, operation, status, request, reply, .. } => {
                let operation = operation.as_deref().unwrap_or("-");
                let (request, reply) = (digest(request), digest(reply));
                write!(out, "call {method} {} {operation} {status} {request} {reply}", line(path))
            }
            What::Lifecycle { resource, id, from, to } => {
                write!(out, "lifecycle {resource} {} {} {}", line(id), line(from), line(to))
            }
            What::Event { event, data } => write!(out, "event {event} {}", digest(data.as_bytes())),
            What::Attempt { delivery, event, url, attempt, outcome, .. } => {
                write!(out, "attempt {delivery} {} {} {attempt} {}", line(event), line(url), line(outcome))
            }
            What::Control { action } => write!(out, "control {}", line(action)),
        };
        for cause in &self.causes {
            let _ = write!(out, " | {}: {}", cause.kind, line(&cause.text));
        }
    }
}

fn as_text<S: Serializer>(method: &Method, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(method.as_str())
}

fn by_name<S: Serializer>(headers: &[(String, String)], out: S) -> Result<S::Ok, S::Error> {
    out.collect_map(headers.iter().map(|(name, value)| (name, value)))
}

/// Enough of a SHA-256 to tell two bodies apart; `-` for none.
fn digest(body: &[u8]) -> String {
    if body.is_empty() {
        return "-".to_owned();
    }
    let hash = Sha256::digest(body);
    hash.iter().take(DIGEST_BYTES).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Text that stays on its line.
fn line(text: &str) -> Cow<'_, str> {
    match text.contains(char::is_control) {
        true => Cow::Owned(text.escape_debug().to_string()),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(body: &'static str) -> What {
        What::Call {
            method: Method::GET,
            path: "/v1/parcels".into(),
            operation: Some("listParcels".into()),
            status: 200,
            request: Bytes::new(),
            reply: Bytes::from_static(body.as_bytes()),
            account: Account::default(),
        }
    }

    fn control(action: &str) -> What {
        What::Control { action: action.to_owned() }
    }

    #[test]
    fn bodies_are_kept_as_they_are_copied_or_not() {
        for (request, reply) in [(0, 0), (0, 7), (9, 0), (9, 7), (COPIED_MAX, 0), (COPIED_MAX, 1), (1, COPIED_MAX * 2)]
        {
            let (request, reply) = (Bytes::from(vec![b'q'; request]), Bytes::from(vec![b'r'; reply]));
            assert_eq!(kept(&request, &reply), (request, reply));
        }
    }

    #[test]
    fn entries_are_numbered_from_one_and_listed_from_any_number() {
        let mut journal = Journal::default();
        assert_eq!((journal.last_number(), journal.since(0, 10).len()), (0, 0));
        for at in 0..5 {
            assert_eq!(journal.push(at, control("step"), Vec::new()), at as u64 + 1);
        }
        let numbers = |after, limit| journal.since(after, limit).iter().map(|entry| entry.number).collect::<Vec<_>>();
        assert_eq!(numbers(0, 2), [1, 2]);
        assert_eq!(numbers(3, usize::MAX), [4, 5]);
        assert_eq!(numbers(5, 10), [] as [u64; 0]);
        assert_eq!(numbers(u64::MAX, 10), [] as [u64; 0]);
    }

    #[test]
    fn the_oldest_entries_go_first() {
        let mut journal = Journal::default();
        for at in 0..ENTRIES_MAX as i64 + 10 {
            journal.push(at, control("step"), Vec::new());
        }
        let kept = journal.since(0, usize::MAX);
        assert_eq!((kept.len(), kept[0].number), (ENTRIES_MAX, 11));
        assert_eq!(journal.since(2, 1)[0].number, 11);
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut journal = Journal::default();
        for at in 0..10 {
            journal.push(at, control(&"x".repeat(BYTES_MAX / 4)), Vec::new());
        }
        assert_eq!(journal.since(0, usize::MAX).len(), 4);
        journal.push(10, control(&"x".repeat(BYTES_MAX + 1)), Vec::new());
        assert_eq!((journal.since(0, usize::MAX).len(), journal.bytes, journal.last_number()), (0, 0, 11));
    }

    #[test]
    fn equal_histories_share_one_text_and_others_do_not() {
        let text = |body| {
            let mut journal = Journal::default();
            journal.push(7, call(body), vec![Cause::new("route", "listParcels")]);
            journal.push(8, control("two\nlines"), Vec::new());
            journal.text()
        };
        assert_eq!(
            text("{}"),
            "1 7 call GET /v1/parcels listParcels 200 - 44136fa355b3678a | route: listParcels\n\
             2 8 control two\\nlines\n"
        );
        assert_eq!(text("{}"), text("{}"));
        assert_ne!(text("{}"), text("[]"));
    }
}
