//! What several of these tests need: records made behind the API's back, refusals in one line, events as receivers see them.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use standin::engine;
use standin::world::clock::FROZEN_START;
use standin::world::outbox::{Attempt, Outcome};

use crate::support::{Answer, Fake};

pub const NOW: i64 = FROZEN_START;
pub const DAY: i64 = 86_400_000;

/// Adds a record, or changes fields of one that exists, as a test may through the control API.
#[track_caller]
pub fn plant(fake: &mut Fake, resource: &str, record: Value) -> String {
    let contract = fake.contract.clone();
    let planted = engine::seed(&contract, &mut fake.world, resource, &[record]);
    planted.unwrap_or_else(|reason| panic!("the {resource} is refused: {reason}")).remove(0)
}

/// The answer refuses as invalid, with this one detail.
#[track_caller]
pub fn refused(answer: &Answer, field: &str, message: &str) {
    assert_eq!(answer.status, 400, "{:#}", answer.body);
    let error = json!({
        "type": "validation_error", "message": "Invalid request", "code": "VALIDATION_ERROR",
        "details": [{"field": field, "message": message}],
    });
    assert_eq!(answer.at("/error"), &error, "{:#}", answer.body);
}

/// The answer says that there is no such thing.
#[track_caller]
pub fn not_found(answer: &Answer, message: &str) {
    assert_eq!(answer.status, 404, "{:#}", answer.body);
    let error = json!({"type": "not_found", "message": message, "code": "RESOURCE_NOT_FOUND"});
    assert_eq!(answer.at("/error"), &error);
}

/// One field of every record of a list.
#[track_caller]
pub fn column(answer: &Answer, field: &str) -> Vec<String> {
    let records = answer.at("/data").as_array().unwrap_or_else(|| panic!("no list in {:#}", answer.body));
    records.iter().map(|record| record[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// A webhook of the fake: its id, and what it has received.
pub struct Receiver {
    pub id: String,
    pub secret: String,
    pub url: String,
    pub received: Vec<Received>,
}

/// A request to a webhook, signature checked.
#[derive(Debug, Clone)]
pub struct Received {
    pub event: String,
    pub body: Value,
    /// The world's clock, in seconds, when it was signed.
    pub signed_at: i64,
}

impl Receiver {
    #[track_caller]
    pub fn subscribe(fake: &mut Fake, url: &str, events: &[&str]) -> Receiver {
        let made = fake.post("/v1/webhooks", json!({"url": url, "events": events})).expect(201);
        let (id, secret) = (made.text("/data/id"), made.text("/data/secret"));
        Receiver { id, secret, url: url.to_owned(), received: Vec::new() }
    }

    /// Takes an attempt in if it is for this webhook; the signature must be right.
    #[track_caller]
    pub fn receive(&mut self, attempt: &Attempt) -> Outcome {
        if attempt.url == self.url {
            self.received.push(open(attempt, &self.secret));
        }
        Outcome::Answered(200)
    }

    pub fn events(&self) -> Vec<&str> {
        self.received.iter().map(|received| received.event.as_str()).collect()
    }

    /// Moves the clock; what comes in meanwhile is kept, and every attempt is answered with 200.
    #[track_caller]
    pub fn listen(&mut self, fake: &mut Fake, seconds: i64) {
        fake.advance(seconds, |attempt| self.receive(attempt));
    }
}

/// Reads a request as the vendor's documentation tells receivers to: signature first.
#[track_caller]
pub fn open(attempt: &Attempt, secret: &str) -> Received {
    let header = |name: &str| {
        let found = attempt.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.unwrap_or_else(|| panic!("no {name} in {:?}", attempt.headers)).1.clone()
    };
    let signature = header("Flow-Signature");
    let (time, digest) = signature.split_once(",v1=").expect("two parts");
    let time = time.strip_prefix("t=").expect("the time first");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(format!("{time}.").as_bytes());
    mac.update(&attempt.body);
    let wanted: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, wanted, "a wrong signature");
    let body: Value = serde_json::from_slice(&attempt.body).expect("a JSON body");
    let event = header("Flow-Event-Type");
    assert_eq!(header("Content-Type"), "application/json");
    assert_eq!(body["event"], event.as_str());
    Received { event, body, signed_at: time.parse().expect("a number") }
}
