//! Does what a script says.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::receiver::{self, Inbox};
use super::{Send, Step};
use crate::client::http::{self, Answer, Base, Request};
use crate::client::policy::Timeout;

/// What one branch of the script knows.
#[derive(Clone)]
pub struct Performer {
    base: Base,
    names: BTreeMap<String, String>,
    inbox: Option<Arc<Inbox>>,
}

/// The exit code.
pub fn run(script: &[Step]) -> i32 {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let names = BTreeMap::from([("credential".to_owned(), variable("STANDIN_CREDENTIAL"))]);
    let mut performer = Performer { base: Base::read(&variable("STANDIN_BASE_URL")), names, inbox: None };
    i32::from(!performer.all(script))
}

impl Performer {
    /// False when a step has ended the script.
    pub fn all(&mut self, steps: &[Step]) -> bool {
        steps.iter().all(|step| self.step(step))
    }

    /// The same with another value under a name.
    pub fn with(&self, name: &str, value: &str) -> Performer {
        let mut performer = self.clone();
        performer.names.insert(name.to_owned(), value.to_owned());
        performer
    }

    fn step(&mut self, step: &Step) -> bool {
        match step {
            Step::Fail => return false,
            Step::Draw(name) => _ = self.names.insert(name.clone(), uuid()),
            Step::Send(send) => return self.send(send),
            Step::Together(branches) => return self.together(branches),
            Step::Listen(receiver) => {
                let (url, inbox) = receiver::listen(receiver.clone(), self.clone());
                self.names.insert("receiver".to_owned(), url);
                self.inbox = Some(inbox);
            }
            Step::Await { count, ms } => {
                let until = Instant::now() + Duration::from_millis(*ms);
                if let Some(inbox) = &self.inbox {
                    // The secret is known by now.
                    inbox.trust(self.names.get("secret").map_or("", String::as_str));
                    while inbox.count() < *count && Instant::now() < until {
                        std::thread::sleep(Duration::from_millis(10));
                    }
                }
            }
        }
        true
    }

    fn together(&self, branches: &[Vec<Step>]) -> bool {
        let went_well = AtomicBool::new(true);
        std::thread::scope(|scope| {
            for branch in branches {
                let (mut performer, went_well) = (self.clone(), &went_well);
                scope.spawn(move || {
                    if !performer.all(branch) {
                        went_well.store(false, Ordering::Relaxed);
                    }
                });
            }
        });
        went_well.into_inner()
    }

    fn send(&mut self, send: &Send) -> bool {
        let (timeout, request) = (send.timeout_ms, self.request(send));
        let timeout = Timeout { head_ms: Some(timeout), body_ms: Some(timeout) };
        let answer = http::send(&self.base, &timeout, &request);
        let body = answer.as_ref().ok().and_then(|answer| serde_json::from_slice::<Value>(&answer.body).ok());
        for (name, pointer) in &send.keep {
            let value = body.as_ref().and_then(|body| body.pointer(pointer)).and_then(Value::as_str);
            match value {
                Some(value) => _ = self.names.insert(name.clone(), value.to_owned()),
                None => _ = self.names.remove(name),
            }
        }
        match answer.is_ok_and(|answer| is_good(&answer, body.as_ref(), send)) {
            true => true,
            false => self.all(&send.otherwise),
        }
    }

    fn request(&self, send: &Send) -> Request {
        let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
        let headers = send.headers.iter().map(|(name, value)| (leak(name), self.fill(value)));
        Request {
            method: leak(&send.method),
            target: self.fill(&send.target),
            headers: headers.collect(),
            body: send.body.as_deref().map(|body| self.fill(body)),
        }
    }

    /// Names stand in braces; other braces, as those of JSON, stay.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            filled.push_str(&rest[..at]);
            let end = rest[at..].find('}').map(|end| at + end);
            let name = end.map(|end| &rest[at + 1..end]);
            match name
                .zip(end)
                .filter(|(name, _)| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()))
            {
                Some((name, end)) => {
                    filled.push_str(self.names.get(name).map_or("undefined", String::as_str));
                    rest = &rest[end + 1..];
                }
                None => {
                    filled.push('{');
                    rest = &rest[at + 1..];
                }
            }
        }
        filled + rest
    }
}

/// Success, whole, of JSON, and as the script expects it.
fn is_good(answer: &Answer, body: Option<&Value>, send: &Send) -> bool {
    let as_expected = |body: &Value| match &send.expects {
        Some((pointer, value)) => body.pointer(pointer) == Some(value),
        None => true,
    };
    (200..300).contains(&answer.status) && body.is_some_and(as_expected)
}

/// As random as the standard library's hashing seeds.
fn uuid() -> String {
    let random = || RandomState::new().build_hasher().finish();
    let text = format!("{:016x}{:016x}", random(), random());
    format!("{}-{}-4{}-a{}-{}", &text[..8], &text[8..12], &text[13..16], &text[17..20], &text[20..])
}
