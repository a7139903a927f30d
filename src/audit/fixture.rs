//! Runs built by hand, for tests: what a server would have seen, said in a line for each exchange.
//!
//! ```text
//! let run = run("unavailable")
//!     .saw(post("/posts", r#"{"text": "a"}"#).key("k1").status(503).retry_after("1"))
//!     .saw(post("/posts", r#"{"text": "a"}"#).key("k1").after(1_000).status(201).made("post", "post_1"))
//!     .exit(Exit::Code(0));
//! let case = case(&[run]);
//! ```
//!
//! An exchange begins 10 ms after the one before has ended, lasts 5 ms and is answered 200, unless it says otherwise. Its operation is found
//! by the router of [`contract`].

use std::sync::OnceLock;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::knowledge::Knowledge;
use super::observe::{DeliveryAttempt, End, Exchange, Exit, Performed, Run, StruckFault};
use super::rule::Case;
use crate::contract::document::Source;
use crate::contract::router::Route;
use crate::contract::{Contract, Selection};
use crate::world::fault::{Armed, Fault, Kind};

/// What lies between two exchanges, in milliseconds.
const PAUSE: u64 = 10;
/// How long an exchange lasts, in milliseconds.
const LENGTH: u64 = 5;

/// Posts with pages, keys and a batch, messages that nothing makes safe to repeat, tokens, subscriptions, and settings that a key alone makes
/// safe to write twice.
const DOCUMENT: &str = include_str!("fixture.yaml");

struct Text;

impl Source for Text {
    fn read(&self, _: &str) -> Result<String, String> {
        Ok(DOCUMENT.to_owned())
    }
}

/// The service that the exchanges are of.
pub fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| Contract::load(&Text, "posts.yaml", &Selection::default()).expect("the document is right"))
}

/// What is known of [`contract`].
pub fn knowledge() -> &'static Knowledge<'static> {
    static KNOWLEDGE: OnceLock<Knowledge<'static>> = OnceLock::new();
    KNOWLEDGE.get_or_init(|| Knowledge::of(contract()))
}

/// All that a rule may look at, of these runs.
pub fn case(runs: &[Run]) -> Case<'_> {
    Case::new(knowledge(), runs)
}

/// A run in which nothing happened yet, and that ended well.
pub fn run(trial: &str) -> Run {
    Run {
        trial: trial.to_owned(),
        number: 1,
        exchanges: Vec::new(),
        deliveries: Vec::new(),
        faults: Vec::new(),
        exit: Exit::Code(0),
        took: 0,
        exchanges_left_out: 0,
        deliveries_left_out: 0,
    }
}

impl Run {
    pub fn numbered(mut self, number: u32) -> Run {
        self.number = number;
        self
    }

    pub fn exit(mut self, exit: Exit) -> Run {
        self.exit = exit;
        self
    }

    /// Adds an exchange.
    pub fn saw(mut self, seen: Seen) -> Run {
        let before = self.exchanges.last().map_or(0, |before| before.ended);
        let mut exchange = seen.exchange;
        exchange.number = self.exchanges.len() as u64 + 1;
        exchange.begun = match seen.start {
            Start::At(ms) => ms * 1_000,
            Start::After(ms) => before + ms * 1_000,
        };
        exchange.ended = exchange.begun + seen.length * 1_000;
        self.took = self.took.max(exchange.ended);
        self.exchanges.push(exchange);
        self
    }

    /// Adds several.
    pub fn saw_all(self, seen: impl IntoIterator<Item = Seen>) -> Run {
        seen.into_iter().fold(self, Run::saw)
    }

    /// Adds an attempt to deliver.
    pub fn delivered(mut self, delivery: DeliveryAttempt) -> Run {
        self.took = self.took.max(delivery.ended);
        self.deliveries.push(delivery);
        self
    }

    /// Adds an armed fault as it is written, and how often it hit.
    pub fn armed(mut self, fault: &Value, hits: u32) -> Run {
        let fault = Fault::read(fault).expect("a fault as it is written");
        let id = self.faults.len() as u64 + 1;
        self.faults.push(Armed { id, fault, armed_at: 0, seen: hits, hits, hit: Vec::new(), expired: None });
        self
    }
}

/// An exchange to be.
#[derive(Debug, Clone)]
pub struct Seen {
    exchange: Exchange,
    start: Start,
    /// Milliseconds.
    length: u64,
}

#[derive(Debug, Clone, Copy)]
enum Start {
    /// Milliseconds since the run began.
    At(u64),
    /// Milliseconds since the exchange before it ended.
    After(u64),
}

pub fn get(target: &str) -> Seen {
    call(Method::GET, target, "")
}

/// With a JSON body.
pub fn post(target: &str, body: &str) -> Seen {
    call(Method::POST, target, body)
}

pub fn call(method: Method, target: &str, body: &str) -> Seen {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    let operation = match contract().router.find(&method, path) {
        Route::Found(id, _) => Some(contract().operations.get(id).id.clone()),
        _ => None,
    };
    let exchange = Exchange {
        number: 0,
        connection: 1,
        client: 0,
        begun: 0,
        ended: 0,
        end: End::Replied,
        path: path.to_owned(),
        query,
        headers: http::HeaderMap::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        operation,
        status: StatusCode::OK,
        reply_headers: Vec::new(),
        reply_body: Bytes::from_static(b"{}"),
        struck: Vec::new(),
        performed: Performed::Yes,
        made: Vec::new(),
        method,
    };
    let seen = Seen { exchange, start: Start::After(PAUSE), length: LENGTH };
    if body.is_empty() { seen } else { seen.header("content-type", "application/json") }
}

impl Seen {
    /// Begun so many milliseconds after the run began.
    pub fn at(mut self, ms: u64) -> Seen {
        self.start = Start::At(ms);
        self
    }

    /// Begun so many milliseconds after the exchange before it ended.
    pub fn after(mut self, ms: u64) -> Seen {
        self.start = Start::After(ms);
        self
    }

    /// How long it lasted, in milliseconds.
    pub fn lasting(mut self, ms: u64) -> Seen {
        self.length = ms;
        self
    }

    pub fn on(mut self, connection: u64) -> Seen {
        self.exchange.connection = connection;
        self
    }

    /// Sent by the client of this number.
    pub fn by(mut self, client: u32) -> Seen {
        self.exchange.client = client;
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Seen {
        let value = HeaderValue::from_str(value).expect("a header's value");
        self.exchange.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// The idempotency key.
    pub fn key(self, key: &str) -> Seen {
        self.header("idempotency-key", key)
    }

    pub fn bearer(self, token: &str) -> Seen {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// An error leaves the call undone, unless [`Seen::performed`] says otherwise.
    pub fn status(mut self, status: u16) -> Seen {
        self.exchange.status = StatusCode::from_u16(status).expect("a status");
        if status >= 400 {
            self.exchange.performed = Performed::No;
        }
        self
    }

    pub fn reply_header(mut self, name: &'static str, value: &str) -> Seen {
        let value = HeaderValue::from_str(value).expect("a header's value");
        self.exchange.reply_headers.push((HeaderName::from_static(name), value));
        self
    }

    pub fn retry_after(self, value: &str) -> Seen {
        self.reply_header("retry-after", value)
    }

    pub fn reply(mut self, body: &str) -> Seen {
        self.exchange.reply_body = Bytes::copy_from_slice(body.as_bytes());
        self
    }

    /// Struck by a fault of this kind: `truncate`. What it did to the connection is said by [`Seen::cut`] and [`Seen::left`].
    pub fn struck(mut self, kind: &str) -> Seen {
        let kind = Kind::WORDS.iter().find(|word| **word == kind).expect("a kind of fault");
        self.exchange.struck.push(StruckFault { kind, text: (*kind).to_owned() });
        self
    }

    /// A fault broke the connection.
    pub fn cut(mut self) -> Seen {
        self.exchange.end = End::Cut;
        self
    }

    /// The client gave up waiting.
    pub fn left(mut self) -> Seen {
        self.exchange.end = End::Left;
        self
    }

    pub fn performed(mut self, performed: Performed) -> Seen {
        self.exchange.performed = performed;
        self
    }

    pub fn made(mut self, kind: &str, id: &str) -> Seen {
        self.exchange.made.push((kind.to_owned(), id.to_owned()));
        self
    }
}

/// An attempt to deliver this event that was taken with 200 within 5 ms, begun so many milliseconds after the run began.
pub fn delivery(event: &str, event_id: &str, at: u64) -> DeliveryAttempt {
    DeliveryAttempt {
        begun: at * 1_000,
        ended: (at + LENGTH) * 1_000,
        event: event.to_owned(),
        event_id: event_id.to_owned(),
        url: "http://127.0.0.1:9/hook".to_owned(),
        status: Some(200),
        failure: None,
        struck: Vec::new(),
    }
}

#[test]
fn a_run_is_what_its_lines_say() {
    let run = run("unavailable")
        .saw(post("/posts", r#"{"text": "a"}"#).key("k").status(503))
        .saw(get("/posts/post_1?a=b").after(1_000).lasting(20).on(2))
        .delivered(delivery("post.made", "event_1", 2_000));
    let [first, second] = &run.exchanges[..] else { panic!("two exchanges") };
    assert_eq!((first.number, first.begun, first.ended), (1, 10_000, 15_000));
    assert_eq!(first.operation.as_deref(), Some("createPost"));
    assert_eq!((first.status.as_u16(), first.performed), (503, Performed::No));
    assert_eq!(first.header("idempotency-key"), Some("k"));
    assert_eq!((second.number, second.begun, second.ended, second.connection), (2, 1_015_000, 1_035_000, 2));
    assert_eq!((second.operation.as_deref(), second.query.as_deref()), (Some("getPost"), Some("a=b")));
    assert_eq!(run.took, 2_005_000);
    assert_eq!(case(&[run]).knowledge.key_header.as_ref().map(HeaderName::as_str), Some("idempotency-key"));
}
