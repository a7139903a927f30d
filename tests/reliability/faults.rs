//! Faults of every kind, drawn, and what must be true of a call that one struck.

use std::time::Duration;

use serde_json::{Map, Value, json};
use standin::call::{CutPoint, Reply, Wire};
use standin::contract::Contract;
use standin::world::fault::kind::WAIT_MS_MAX;
use standin::world::fault::{Armed, Aspect, Effect, Fault, Kind};

use crate::random::Random;

/// The faults that struck a call, of each aspect at most one; not those that struck its deliveries.
pub struct Struck(Vec<Kind>);

impl Struck {
    /// Those whose count of hits grew.
    pub fn between(before: &[Armed], after: &[Armed]) -> Struck {
        let of_calls = |armed: &&Armed| armed.fault.kind.aspect() != Aspect::Delivery;
        let grown = after.iter().filter(of_calls).filter(|after| {
            let known = before.iter().find(|before| before.id == after.id);
            after.hits > known.map_or(0, |known| known.hits)
        });
        Struck(grown.map(|armed| armed.fault.kind.clone()).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Was nothing performed?
    pub fn prevented(&self) -> bool {
        self.0.iter().any(|kind| kind.effect() == Effect::None)
    }

    /// Did the service say an error because it was asked to?
    pub fn asked(&self) -> bool {
        let asks = |kind: &Kind| {
            matches!(kind, Kind::Status(_) | Kind::Maintenance(_) | Kind::Quota(_) | Kind::ExpiredCredential(_))
        };
        self.0.iter().any(asks)
    }

    /// Is the effect another one than it would have been, or the state that is seen?
    pub fn differs(&self) -> bool {
        self.0.iter().any(|kind| matches!(kind, Kind::Double(_) | Kind::ItemErrors(_) | Kind::Stale(_)))
    }

    /// The reply is to be performed as these faults say, and as it is where none did.
    pub fn check(&self, reply: &Reply, plain: &Reply) {
        let mut expected = Reply { delay: Duration::ZERO, wire: Wire::Intact, ..plain.clone() };
        for kind in &self.0 {
            expect(kind, &mut expected, reply);
        }
        if self.differs() {
            (expected.status, expected.headers) = (reply.status, reply.headers.clone());
            expected.body = reply.body.clone();
        }
        if !self.prevented() {
            assert_eq!(reply, &expected, "{:?}", self.0);
        } else {
            assert_eq!((reply.delay, reply.pace, reply.wire), (expected.delay, expected.pace, expected.wire));
        }
    }
}

/// What a fault makes of a reply. Where it may choose, what it chose is looked at, and taken over.
fn expect(kind: &Kind, expected: &mut Reply, reply: &Reply) {
    let told = |expected: &mut Reply| {
        (expected.status, expected.headers, expected.body) = (reply.status, reply.headers.clone(), reply.body.clone());
    };
    match kind {
        Kind::Status(status) => {
            assert_eq!(reply.status.as_u16(), status.status);
            told(expected);
        }
        Kind::Maintenance(_) => assert_eq!(reply.status.as_u16(), 503),
        Kind::Quota(_) => assert_eq!(reply.status.as_u16(), 429),
        Kind::ExpiredCredential(_) => assert!(reply.status.is_client_error(), "{}", reply.status),
        Kind::ItemErrors(_) | Kind::Double(_) | Kind::Stale(_) => {}
        Kind::Latency(latency) => {
            let (least, most) = match (latency.ms, latency.uniform) {
                (Some(ms), _) => (ms, ms),
                (None, Some(uniform)) => (uniform.min_ms, uniform.max_ms),
                (None, None) => (0, WAIT_MS_MAX),
            };
            let bounds = Duration::from_millis(least)..=Duration::from_millis(most);
            assert!(bounds.contains(&reply.delay), "{:?}", reply.delay);
            expected.delay = reply.delay;
        }
        Kind::SlowHead(slow) => expected.pace.head = Some(slow.bytes_per_second),
        Kind::SlowBody(slow) => expected.pace.body = Some(slow.bytes_per_second),
        Kind::ClockSkew(_) => {
            assert!(reply.header("date").is_some());
            expected.headers.clone_from(&reply.headers);
        }
        Kind::Hang(_) => expected.wire = Wire::Hang,
        Kind::Close(_) => expected.wire = Wire::Cut(None),
        Kind::Garbage(_) => expected.wire = Wire::Garbage,
        Kind::Reset(_) => {
            let points = [CutPoint::Start, CutPoint::Head, CutPoint::Body(reply.body.len() / 2)];
            assert!(points.iter().any(|point| reply.wire == Wire::Reset(*point)), "{:?}", reply.wire);
            expected.wire = reply.wire;
        }
        Kind::Truncate(cut) => expected.wire = Wire::Cut(cut.bytes),
        Kind::WrongLength(length) => expected.wire = Wire::Length(length.by),
        Kind::InvalidJson(_) => {
            let is_json = serde_json::from_slice::<Value>(&reply.body).is_ok();
            assert!(reply.status == 204 || !is_json, "{:?}", reply.body);
            expected.body = reply.body.clone();
        }
        Kind::WrongContentType(_) => {
            assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
            told(expected);
        }
        Kind::EmptyBody(_) => expected.body.clear(),
        Kind::CorruptGzip(_) => {
            assert!(reply.status == 204 || reply.header("content-encoding") == Some("gzip"));
            told(expected);
        }
        other => panic!("a fault of kind {} strikes no call", other.word()),
    }
}

/// Any fault, for any calls or deliveries. `counted`: none that would make what the test counts by itself another number.
pub fn draw(contract: &Contract, counted: bool, random: &mut Random) -> Fault {
    const UNCOUNTED: [&str; 4] = ["double", "quota", "dropDelivery", "duplicateDelivery"];
    let mut written = kind(random);
    while counted && UNCOUNTED.iter().any(|word| written["kind"] == *word) {
        written = kind(random);
    }
    let of_deliveries =
        written["kind"].as_str().is_some_and(|word| word.ends_with("Delivery") || word == "wrongSignature");
    if !of_deliveries && random.chance(500) {
        let operation = random.pick(&contract.operations.list).expect("there are operations");
        let (word, value) = match random.below(3) {
            0 => ("operation", operation.id.as_str()),
            1 => ("method", operation.method.as_str()),
            _ => ("tag", operation.tags.first().map_or("none", String::as_str)),
        };
        written.insert(word.to_owned(), value.into());
    }
    let mut say = |word: &str, value: Value| written.insert(word.to_owned(), value);
    match random.below(5) {
        0 => say("nth", json!(1 + random.below(4))),
        1 => say("probability", json!(0.5)),
        2 => say("every", json!(1 + random.below(3))),
        3 => say("until", json!("20m")),
        _ => say("after", json!(random.below(3))),
    };
    let expires = written["kind"] == "expiredCredential";
    if !written.contains_key("nth") && !expires {
        written.insert("times".to_owned(), json!(1 + random.below(3)));
    }
    let written = Value::Object(written);
    Fault::read(&written).unwrap_or_else(|wrong| panic!("{written}: {wrong}"))
}

fn kind(random: &mut Random) -> Map<String, Value> {
    let effect = *random.pick(&["none", "done"]).expect("some");
    let written = match random.below(31) {
        0 => json!({"kind": "status", "status": 503, "retryAfter": 7}),
        1 => json!({"kind": "status", "status": 418}),
        2 => json!({"kind": "status", "status": 429, "retryAfter": 2}),
        3 => json!({"kind": "latency", "ms": 5}),
        4 => json!({"kind": "slowHead", "bytesPerSecond": 100}),
        5 => json!({"kind": "slowBody", "bytesPerSecond": 100}),
        6 => json!({"kind": "hang", "effect": effect}),
        7 => json!({"kind": "close", "effect": effect}),
        8 => json!({"kind": "garbage", "effect": effect}),
        9 => json!({"kind": "reset", "effect": effect}),
        10 => json!({"kind": "reset", "at": "head", "effect": "done"}),
        11 => json!({"kind": "reset", "at": "body", "effect": "done"}),
        12 => json!({"kind": "truncate", "bytes": 10}),
        13 => json!({"kind": "wrongLength", "by": -3}),
        14 => json!({"kind": "maintenance"}),
        15 => json!({"kind": "quota"}),
        16 => json!({"kind": "expiredCredential", "until": "10m"}),
        17 => json!({"kind": "itemErrors", "items": [0, 2]}),
        18 => json!({"kind": "double"}),
        19 => json!({"kind": "stale", "byCalls": 2}),
        20 => json!({"kind": "stale", "byMs": 60_000}),
        21 => json!({"kind": "latency", "uniform": {"minMs": 5, "maxMs": 9}}),
        22 => json!({"kind": "latency", "longTail": {"medianMs": 5, "p99Ms": 90}}),
        23 => json!({"kind": "clockSkew", "seconds": -3600}),
        24 => json!({"kind": "invalidJson"}),
        25 => json!({"kind": "wrongContentType"}),
        26 => json!({"kind": "emptyBody"}),
        27 => json!({"kind": "corruptGzip"}),
        28 => json!({"kind": "status", "status": 500, "effect": "done"}),
        29 => json!({"kind": random.pick(&["dropDelivery", "duplicateDelivery", "wrongSignature"]).expect("some")}),
        _ => match random.chance(500) {
            true => json!({"kind": "delayDelivery", "ms": 60_000}),
            false => json!({"kind": "reorderDelivery", "waitMs": 5_000}),
        },
    };
    written.as_object().cloned().expect("a fault is an object")
}
