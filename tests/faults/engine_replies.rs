//! What becomes of a finished reply: when it comes, what its clocks say, and its bytes.

use std::time::Duration;

use serde_json::{Value, json};
use standin::call::{CutPoint, Pace, Reply, Wire};

use super::support::Fake;
use super::{CHANNEL, arm, without_faults};

/// A channel read under a fault, and without it.
fn struck(written: Value) -> (Reply, Reply) {
    let mut fake = Fake::flow();
    let mut twin = without_faults(&fake);
    arm(&mut fake, written);
    (fake.get(CHANNEL).reply, twin.get(CHANNEL).expect(200).reply)
}

#[test]
fn the_wire_suffers_and_nothing_else() {
    let half = Fake::flow().get(CHANNEL).reply.body.len() / 2;
    for (written, wire) in [
        (json!({"kind": "close", "effect": "done"}), Wire::Cut(None)),
        (json!({"kind": "hang", "effect": "done"}), Wire::Hang),
        (json!({"kind": "garbage", "effect": "done"}), Wire::Garbage),
        (json!({"kind": "reset", "effect": "done"}), Wire::Reset(CutPoint::Start)),
        (json!({"kind": "reset", "at": "head", "effect": "done"}), Wire::Reset(CutPoint::Head)),
        (json!({"kind": "reset", "at": "body", "effect": "done"}), Wire::Reset(CutPoint::Body(half))),
        (json!({"kind": "truncate"}), Wire::Cut(Some(half))),
        (json!({"kind": "truncate", "bytes": 3}), Wire::Cut(Some(3))),
        (json!({"kind": "wrongLength", "by": -5}), Wire::Length(-5)),
    ] {
        let (reply, plain) = struck(written);
        assert_eq!(reply, Reply { wire, ..plain });
    }
}

#[test]
fn a_slow_service_answers_the_same() {
    let (reply, plain) = struck(json!({"kind": "latency", "ms": 1234}));
    assert_eq!(reply, Reply { delay: Duration::from_millis(1234), ..plain });
    let (reply, plain) = struck(json!({"kind": "slowHead", "bytesPerSecond": 10}));
    assert_eq!(reply, Reply { pace: Pace { head: Some(10), body: None }, ..plain });
    let (reply, plain) = struck(json!({"kind": "slowBody", "bytesPerSecond": 20}));
    assert_eq!(reply, Reply { pace: Pace { head: None, body: Some(20) }, ..plain });
}

/// Delays of so many calls, in order of length.
fn delays(written: &Value, seed: u64) -> Vec<u64> {
    let mut fake = Fake::new(super::support::flow(), seed);
    let fault = standin::world::fault::Fault::read(written).expect("a fault");
    standin::engine::control::arm(&mut fake.world, fault, super::START).expect("armed");
    let mut delays: Vec<u64> =
        (0..1000).map(|_| u64::try_from(fake.get(CHANNEL).reply.delay.as_millis()).expect("a short wait")).collect();
    delays.sort_unstable();
    delays
}

#[test]
fn latency_is_spread_as_it_is_asked_for() {
    let uniform = delays(&json!({"kind": "latency", "uniform": {"minMs": 100, "maxMs": 200}}), 1);
    assert!(uniform[0] >= 100 && uniform[0] < 103 && uniform[999] <= 200 && uniform[999] > 197);
    assert!((145..=155).contains(&uniform[500]), "{}", uniform[500]);
    let normal = delays(&json!({"kind": "latency", "normal": {"meanMs": 100, "deviationMs": 20}}), 1);
    assert!((97..=103).contains(&normal[500]), "{}", normal[500]);
    // One in six lies more than a deviation below the mean, and as many above.
    assert!((76..=84).contains(&normal[159]) && (116..=124).contains(&normal[841]), "{} {}", normal[159], normal[841]);
    let tail = delays(&json!({"kind": "latency", "longTail": {"medianMs": 50, "p99Ms": 2000}}), 1);
    assert!((40..=62).contains(&tail[500]), "{}", tail[500]);
    assert!((1000..=4000).contains(&tail[990]), "{}", tail[990]);
    let again = delays(&json!({"kind": "latency", "longTail": {"medianMs": 50, "p99Ms": 2000}}), 1);
    let other = delays(&json!({"kind": "latency", "longTail": {"medianMs": 50, "p99Ms": 2000}}), 2);
    assert!(tail == again && tail != other);
}

#[test]
fn latency_is_spread_alike_where_it_hits_a_share_of_the_calls() {
    let tail = json!({"kind": "latency", "longTail": {"medianMs": 80, "p99Ms": 2000}, "probability": 0.2});
    let hit: Vec<u64> = delays(&tail, 1).into_iter().filter(|delay| *delay > 0).collect();
    assert!((160..=240).contains(&hit.len()), "{}", hit.len());
    assert!((65..=98).contains(&hit[hit.len() / 2]), "{}", hit[hit.len() / 2]);
    let uniform = json!({"kind": "latency", "uniform": {"minMs": 100, "maxMs": 200}, "probability": 0.2});
    let hit: Vec<u64> = delays(&uniform, 1).into_iter().filter(|delay| *delay > 0).collect();
    assert!(hit[0] < 105 && hit[hit.len() - 1] > 195, "{} to {}", hit[0], hit[hit.len() - 1]);
}

#[test]
fn a_normal_wait_is_never_below_nothing() {
    let normal = delays(&json!({"kind": "latency", "normal": {"meanMs": 0, "deviationMs": 50}}), 1);
    assert!(normal[0] == 0 && normal[400] == 0 && normal[999] > 50);
}

#[test]
fn a_wrong_clock_shifts_every_instant_of_the_headers() {
    let (reply, plain) = struck(json!({"kind": "clockSkew", "seconds": -3600}));
    let shifted = |name: &str, reply: &Reply| reply.header(name).map(str::to_owned);
    let reset: i64 = shifted("x-ratelimit-reset", &plain).expect("told").parse().expect("a number");
    assert_eq!(shifted("x-ratelimit-reset", &reply), Some((reset - 3600).to_string()));
    assert_eq!(reply.header("date"), Some("Wed, 31 Dec 2025 23:00:00 GMT"));
    assert_eq!(
        (shifted("x-ratelimit-limit", &reply), &reply.body),
        (shifted("x-ratelimit-limit", &plain), &plain.body)
    );
    assert_eq!(reply.headers.len(), plain.headers.len() + 1);
}

#[test]
fn a_wrong_clock_shifts_dates_of_a_failure_and_no_distances() {
    for (form, expected) in [("httpDate", "Thu, 01 Jan 2026 01:00:09 GMT"), ("seconds", "9")] {
        let mut fake = Fake::flow();
        arm(&mut fake, json!({"kind": "status", "status": 503, "retryAfter": 9, "retryAfterForm": form}));
        arm(&mut fake, json!({"kind": "clockSkew", "seconds": 3600}));
        let answer = fake.get(CHANNEL).expect(503);
        assert_eq!(answer.header("retry-after"), Some(expected));
        assert_eq!(answer.header("date"), Some("Thu, 01 Jan 2026 01:00:00 GMT"));
    }
}

#[test]
fn a_body_is_missing_or_no_json() {
    let (reply, plain) = struck(json!({"kind": "emptyBody"}));
    assert_eq!(reply, Reply { body: bytes::Bytes::new(), ..plain });
    let (reply, plain) = struck(json!({"kind": "invalidJson"}));
    assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
    assert_eq!(reply, Reply { body: plain.body.slice(..plain.body.len() / 2), ..plain });
}

#[test]
fn a_page_stands_in_for_the_answer() {
    let (reply, plain) = struck(json!({"kind": "wrongContentType"}));
    let page = "<!doctype html>\n<html><head><title>200 OK</title></head><body><h1>200 OK</h1></body></html>\n";
    assert_eq!((reply.status, &reply.body[..]), (plain.status, page.as_bytes()));
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(reply.headers.len(), plain.headers.len());
}

#[test]
fn compressed_bytes_begin_well_and_end_badly() {
    let (reply, plain) = struck(json!({"kind": "corruptGzip"}));
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    let half = &plain.body[..plain.body.len() / 2];
    let length = u16::try_from(half.len()).expect("a short body");
    let mut expected = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 0];
    expected.extend(length.to_le_bytes());
    expected.extend((!length).to_le_bytes());
    expected.extend(half);
    expected.push(0b111);
    assert_eq!(reply.body, expected);
}

#[test]
fn a_reply_without_a_body_gets_none() {
    for kind in ["invalidJson", "wrongContentType", "corruptGzip"] {
        let mut fake = Fake::flow();
        // Two aspects, for a call takes one fault of each: the first makes the status, the header brings what damages it.
        arm(&mut fake, json!({"kind": kind, "operation": "createPost"}));
        let reply = fake.post(super::POSTS, super::new_post()).reply;
        assert!(!reply.body.is_empty(), "{kind}");
        let mut bare = Reply::new(http::StatusCode::NO_CONTENT);
        let fault = standin::world::fault::Fault::read(&json!({"kind": kind})).expect("a fault");
        fault.kind.damage(&mut bare, &mut standin::world::fault::Draw::new(1, 1, 1));
        assert!(bare.body.is_empty(), "{kind}");
    }
}
