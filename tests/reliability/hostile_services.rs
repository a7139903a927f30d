//! Input that nobody means well, for every operation of every service: in process, each answered as its document declares, within a second.

use std::time::{Duration, Instant};

use http::{HeaderName, HeaderValue, Method};
use serde_json::json;
use standin::call::{Call, Unread};
use standin::contract::operation::Operation;
use standin::world::quota::Quotas;

use crate::anyone::Anyone;
use crate::oracle::Oracle;
use crate::play;
use crate::random::Random;
use crate::support::services::{self, Service};
use crate::support::{self, Answer, Fake};

const AT_ONCE: Duration = Duration::from_secs(1);
/// Good enough for records to be there.
const CALLS_BEFORE: usize = 60;

struct Hostile {
    service: String,
    fake: Fake,
    oracle: Oracle,
    anyone: Anyone,
    random: Random,
}

impl Hostile {
    fn new(service: &Service) -> Hostile {
        let fake = Fake::new(support::contract(service), 1);
        let anyone = Anyone::new(&fake.contract, &fake.world);
        let oracle = Oracle::of(&service.document);
        let mut hostile = Hostile { service: service.name.clone(), fake, oracle, anyone, random: Random::new(1) };
        for _ in 0..CALLS_BEFORE {
            let contract = hostile.fake.contract.clone();
            let drawn = hostile.anyone.draw(&contract, &hostile.fake.world, &mut hostile.random);
            hostile.fake.send(&drawn.call);
        }
        hostile
    }

    /// A sound call, before it is spoiled.
    fn sound(&mut self, operation: &Operation) -> Call {
        self.anyone.sound(&self.fake.contract, operation, &self.fake.world, &mut self.random)
    }

    /// Sends it, and judges the answer by the document.
    fn send(&mut self, call: &Call, operation: &Operation) -> Answer {
        self.fake.world.quotas = Quotas::default();
        let started = Instant::now();
        let answer = Answer::of(self.fake.send(call));
        let short = |text: &str| text.chars().take(100).collect::<String>();
        let (path, query) = (short(&call.path), short(call.query.as_deref().unwrap_or_default()));
        let body = short(&String::from_utf8_lossy(&call.body));
        let what = format!("{} {}: {path}?{query} {body}", self.service, operation.id);
        assert!(started.elapsed() < AT_ONCE, "{what}: {:?}", started.elapsed());
        assert!(answer.status < 500, "{what}: {:#}", answer.body);
        // A path may be so odd that it leads nowhere.
        let judged = match play::called(&self.fake.world) {
            Some(_) => self.oracle.judge(&call.method, &operation.template, &answer.reply, false),
            None => self.oracle.judge_stray(&answer.reply),
        };
        judged.unwrap_or_else(|wrong| panic!("{what}: {wrong}"));
        answer
    }
}

/// Tries every operation of every service.
fn each(mut spoil: impl FnMut(&mut Hostile, &Operation)) {
    for service in services::chosen() {
        let mut hostile = Hostile::new(&service);
        let contract = hostile.fake.contract.clone();
        for operation in &contract.operations.list {
            spoil(&mut hostile, operation);
        }
    }
}

fn takes_json(operation: &Operation) -> bool {
    operation.body.as_ref().is_some_and(|body| body.media.iter().any(|media| media.name.ends_with("json")))
}

#[test]
fn a_body_that_is_no_json_is_refused_everywhere() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let bodies: [&[u8]; 8] = [
        b"{",
        b"{\"a\":}",
        b"{} {}",
        b"nul",
        b"\xef\xbb\xbf{}",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":1e999}",
        deep.as_bytes(),
    ];
    each(|hostile, operation| {
        for body in bodies.iter().filter(|_| takes_json(operation)) {
            let mut call = hostile.sound(operation);
            call.headers.insert("content-type", HeaderValue::from_static("application/json"));
            call.body = body.to_vec().into();
            let answer = hostile.send(&call, operation);
            assert!(answer.status >= 400, "{}: {:#}", operation.id, answer.body);
        }
    });
}

#[test]
fn a_body_of_any_odd_kind_is_judged_by_its_schema() {
    let odd = [
        json!(null),
        json!(true),
        json!(7),
        json!("text"),
        json!([]),
        json!([{}]),
        json!({}),
        json!({"a": "x".repeat(500_000)}),
    ];
    each(|hostile, operation| {
        for body in odd.iter().filter(|_| operation.body.is_some()) {
            let mut call = hostile.sound(operation);
            call.headers.insert("content-type", HeaderValue::from_static("application/json"));
            call.body = body.to_string().into();
            hostile.send(&call, operation);
        }
        for kind in [&b"text/plain"[..], b"/", b"*/*", b"multipart/form-data", b"application/json; charset=\xff"] {
            let mut call = hostile.sound(operation);
            call.headers.insert("content-type", HeaderValue::from_bytes(kind).expect("bytes of a header"));
            hostile.send(&call, operation);
        }
    });
}

#[test]
fn a_body_that_did_not_arrive_is_told_or_does_not_matter() {
    each(|hostile, operation| {
        for unread in [Unread::TooLarge { limit: 1 << 20 }, Unread::Truncated, Unread::Slow] {
            let mut call = hostile.sound(operation);
            call.body = Default::default();
            call.unread = Some(unread);
            hostile.send(&call, operation);
        }
    });
}

#[test]
fn odd_bytes_in_path_query_and_headers_are_answered() {
    let long = "x".repeat(60_000);
    let parts = ["%FF", "%00", "%", "%zz", "..%2f..", "a%2fb", "%F0%9F%92%A5", "a;b=c", &long];
    let many = "page=1&".repeat(5_000);
    let queries = [
        "%FF=%FF",
        "page=%FF",
        "limit=-0x1",
        "limit=99999999999999999999",
        "&&&&",
        "=",
        "sort=%00",
        "a[b][c]=1",
        &many,
    ];
    each(|hostile, operation| {
        for part in parts.iter().filter(|_| operation.template.contains('{')) {
            let mut call = hostile.sound(operation);
            let place = call.path.rfind('/').expect("a path has a slash");
            if operation.template.ends_with('}') {
                call.path.replace_range(place + 1.., part);
                hostile.send(&call, operation);
            }
        }
        for query in queries {
            let mut call = hostile.sound(operation);
            call.query = Some(query.to_owned());
            hostile.send(&call, operation);
        }
        for value in [&b"\xff"[..], b"Bearer \xff", b"Bearer", b"bearer\tx", b"", long.as_bytes()] {
            let mut call = hostile.sound(operation);
            for name in ["authorization", "idempotency-key", "accept", "if-match", "x-odd"] {
                call.headers
                    .insert(HeaderName::from_static(name), HeaderValue::from_bytes(value).expect("bytes of a header"));
            }
            hostile.send(&call, operation);
        }
    });
}

#[test]
fn another_method_is_no_way_round() {
    each(|hostile, operation| {
        for method in ["TRACE", "BREW", "OPTIONS"] {
            let mut call = hostile.sound(operation);
            call.method = Method::from_bytes(method.as_bytes()).expect("a token");
            let reply = hostile.fake.send(&call);
            hostile.oracle.judge_stray(&reply).unwrap_or_else(|wrong| panic!("{} {method}: {wrong}", operation.id));
        }
    });
}
