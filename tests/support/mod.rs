//! The fake without a socket: a contract, a world, and calls as short as they can be written.
#![allow(dead_code)]

pub mod services;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::{HeaderName, HeaderValue, Method};
use serde_json::Value;
use services::Service;
use standin::call::{Call, Reply};
use standin::contract::document::Source;
use standin::contract::{Contract, Selection};
use standin::engine::{self, Handled};
use standin::world::World;
use standin::world::clock::{Clock, FROZEN_START};
use standin::world::outbox::{Attempt, Outcome};

/// Files of the repository, by path from its root.
pub struct Files;

impl Source for Files {
    fn read(&self, name: &str) -> Result<String, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }
}

/// A shipped service's contract, compiled once for all tests of a file.
pub fn flow() -> Arc<Contract> {
    static CONTRACT: OnceLock<Arc<Contract>> = OnceLock::new();
    CONTRACT.get_or_init(|| Arc::new(load_flow(&[]))).clone()
}

/// Any shipped service's contract, compiled once.
#[track_caller]
pub fn contract(service: &Service) -> Arc<Contract> {
    static CONTRACTS: Mutex<BTreeMap<String, Arc<Contract>>> = Mutex::new(BTreeMap::new());
    let mut contracts = CONTRACTS.lock().unwrap_or_else(PoisonError::into_inner);
    let overlays: Vec<&str> = service.overlays.iter().map(String::as_str).collect();
    let load = || Arc::new(load(&service.document, &overlays, &[]));
    Arc::clone(contracts.entry(service.name.clone()).or_insert_with(load))
}

pub fn load_flow(include: &[&str]) -> Contract {
    let overlays = ["spec/flow/beta.overlay.yaml", "spec/flow/overlay.yaml"];
    load("spec/flow/openapi.yaml", &overlays, include)
}

#[track_caller]
pub fn load(document: &str, overlays: &[&str], include: &[&str]) -> Contract {
    let selection = Selection {
        overlays: overlays.iter().map(|name| (*name).to_owned()).collect(),
        include: include.iter().map(|class| (*class).to_owned()).collect(),
    };
    match Contract::load(&Files, document, &selection) {
        Ok(contract) => contract,
        Err(errors) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            panic!("{document} does not load:\n{}", errors.join("\n"));
        }
    }
}

/// A world and the credential it starts with.
#[derive(Clone)]
pub struct Fake {
    pub contract: Arc<Contract>,
    pub world: World,
    pub credential: Option<(String, String)>,
}

impl Fake {
    pub fn flow() -> Fake {
        Fake::new(flow(), 1)
    }

    pub fn new(contract: Arc<Contract>, seed: u64) -> Fake {
        let world = engine::found(&contract, "default", seed, Clock::frozen(FROZEN_START));
        let credential = engine::credential(&contract, &world);
        Fake { contract, world, credential }
    }

    pub fn send(&mut self, call: &Call) -> Reply {
        self.send_to(call, |_| Outcome::Answered(200))
    }

    /// A call; if its reply waits for a delivery, all that is due is attempted first, and answered by `receive`.
    pub fn send_to(&mut self, call: &Call, mut receive: impl FnMut(&Attempt) -> Outcome) -> Reply {
        match engine::handle(&self.contract, &mut self.world, call) {
            Handled::Done(reply) => reply,
            Handled::Unsound(wrong) => panic!("the fault that the call brings: {wrong}"),
            Handled::Waits(waiting) => {
                for attempt in self.world.outbox.take() {
                    let outcome = receive(&attempt);
                    engine::settle(&self.contract, &mut self.world, attempt.delivery, &outcome);
                }
                assert!(waiting.is_over(&self.world), "the reply waits for an attempt that was not made");
                engine::conclude(&self.contract, &mut self.world, call, *waiting)
            }
        }
    }

    /// A call with the world's credential: `("POST", "/v1/posts", Some(json!({…})))`.
    pub fn call(&mut self, method: &str, target: &str, body: Option<Value>) -> Answer {
        let call = self.prepare(method, target, body);
        Answer::of(self.send(&call))
    }

    pub fn prepare(&self, method: &str, target: &str, body: Option<Value>) -> Call {
        let mut call = Call::new(Method::from_bytes(method.as_bytes()).expect("a method"), target);
        if let Some((name, value)) = &self.credential {
            call = header(call, name, value);
        }
        if let Some(body) = body {
            call = header(call, "content-type", "application/json");
            call.body = body.to_string().into();
        }
        call
    }

    pub fn get(&mut self, target: &str) -> Answer {
        self.call("GET", target, None)
    }

    pub fn post(&mut self, target: &str, body: Value) -> Answer {
        self.call("POST", target, Some(body))
    }

    pub fn patch(&mut self, target: &str, body: Value) -> Answer {
        self.call("PATCH", target, Some(body))
    }

    pub fn delete(&mut self, target: &str) -> Answer {
        self.call("DELETE", target, None)
    }

    /// Moves the clock by so many seconds. Every delivery on the way is answered by `receive`.
    pub fn advance(&mut self, seconds: i64, mut receive: impl FnMut(&Attempt) -> Outcome) {
        let until = self.world.clock.now() + seconds * 1000;
        while engine::advance(&self.contract, &mut self.world, until) == engine::Progress::Deliver {
            for attempt in self.world.outbox.take() {
                let outcome = receive(&attempt);
                engine::settle(&self.contract, &mut self.world, attempt.delivery, &outcome);
            }
        }
    }

    /// Moves the clock; every receiver is content.
    pub fn wait(&mut self, seconds: i64) {
        self.advance(seconds, |_| Outcome::Answered(200));
    }
}

pub fn header(mut call: Call, name: &str, value: &str) -> Call {
    let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).expect("a header name");
    call.headers.insert(name, HeaderValue::from_str(value).expect("a header value"));
    call
}

/// A reply as tests look at it.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub reply: Reply,
}

impl Answer {
    pub fn of(reply: Reply) -> Answer {
        let body = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        Answer { status: reply.status.as_u16(), body, reply }
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{:#}", self.body);
        self
    }

    /// A value of the body by JSON Pointer; null when there is none.
    pub fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        self.at(pointer).as_str().unwrap_or_else(|| panic!("no text at {pointer} in {:#}", self.body)).to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.reply.header(name)
    }
}
