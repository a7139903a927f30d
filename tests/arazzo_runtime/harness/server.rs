//! The scripted server: replies in order, or by method and path.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use indexmap::IndexMap;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use standin::call::{Call, Reply};
use standin::scenario::run::{Failure, FailureKind, Outgoing, Received};

use super::case::{from_value, present};

/// When the first request is received: 2026-01-01T00:00:00Z, in milliseconds since the Unix epoch.
pub const STARTED_AT: i64 = 1_767_225_600_000;

#[derive(Debug)]
pub enum Script {
    /// To whatever is asked; the last one again and again.
    InOrder(Vec<Answer>),
    /// By `GET /items`; each in order, the last one again and again.
    ByRoute(IndexMap<String, Vec<Answer>>),
}

/// One reply, or a failure in its place.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: Map<String, Value>,
    /// A JSON body: `application/json` unless the headers say otherwise.
    #[serde(default, deserialize_with = "present")]
    body: Option<Value>,
    /// A body as it is: `text/plain` unless the headers say otherwise.
    text: Option<String>,
    /// How long it takes, in milliseconds.
    #[serde(default)]
    delay: u64,
    /// There is no reply: `unreachable`, `tls`, `broken`, `too-large`.
    fails: Option<Fails>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Fails {
    Unreachable,
    Tls,
    Broken,
    TooLarge,
}

/// A server under way: how often each route was asked, and the time.
pub struct Server<'c> {
    script: &'c Script,
    asked: IndexMap<String, usize>,
    /// Milliseconds since the first request.
    now: u64,
}

impl<'c> Server<'c> {
    pub fn new(script: &'c Script) -> Server<'c> {
        Server { script, asked: IndexMap::new(), now: 0 }
    }

    pub fn wait(&mut self, duration: Duration) {
        self.now += u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    }

    pub fn answer(&mut self, outgoing: &Outgoing) -> Received {
        let Some(answer) = self.find(&outgoing.call) else {
            return self.reply(StatusCode::NOT_IMPLEMENTED, &Answer::unscripted());
        };
        if let Some(fails) = answer.fails {
            return Received::Failed(fails.failure());
        }
        let elapsed = Duration::from_millis(answer.delay);
        if let Some(timeout) = outgoing.timeout.filter(|timeout| elapsed > *timeout) {
            self.wait(timeout);
            let message = format!("no reply within {} ms", timeout.as_millis());
            return Received::Failed(Failure { kind: FailureKind::Timeout, message });
        }
        self.wait(elapsed);
        self.reply(StatusCode::from_u16(answer.status).expect("a case's status is one"), &answer)
    }

    fn find(&mut self, call: &Call) -> Option<Answer> {
        let (key, answers) = match self.script {
            Script::InOrder(answers) => (String::new(), answers),
            Script::ByRoute(routes) => {
                let key = format!("{} {}", call.method, call.path);
                let answers = routes.get(&key)?;
                (key, answers)
            }
        };
        let count = self.asked.entry(key).or_default();
        let answer = answers.get(*count).or_else(|| answers.last()).cloned();
        *count += 1;
        answer
    }

    fn reply(&self, status: StatusCode, answer: &Answer) -> Received {
        let mut reply = Reply::new(status);
        reply.headers = answer.written_headers();
        reply.body = match (&answer.body, &answer.text) {
            (Some(body), _) => Bytes::from(body.to_string()),
            (None, Some(text)) => Bytes::from(text.clone()),
            (None, None) => Bytes::new(),
        };
        let received_at = STARTED_AT + i64::try_from(self.now).unwrap_or(i64::MAX / 2);
        Received::Reply { reply, elapsed: Duration::from_millis(answer.delay), received_at }
    }
}

impl Answer {
    fn unscripted() -> Answer {
        let text = Some("this case's server has no reply to that".to_owned());
        Answer { status: 501, headers: Map::new(), body: None, text, delay: 0, fails: None }
    }

    fn written_headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            let lines = match value {
                Value::Array(lines) => lines.clone(),
                one => vec![one.clone()],
            };
            for line in lines {
                let text = line.as_str().map_or_else(|| line.to_string(), str::to_owned);
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a case's header has a name");
                headers.push((name, HeaderValue::from_str(&text).expect("a case's header has a value")));
            }
        }
        let media = match (&self.body, &self.text) {
            (Some(_), _) => "application/json",
            (None, Some(_)) => "text/plain",
            (None, None) => return headers,
        };
        if !headers.iter().any(|(name, _)| name == http::header::CONTENT_TYPE) {
            headers.push((http::header::CONTENT_TYPE, HeaderValue::from_static(media)));
        }
        headers
    }
}

impl Fails {
    fn failure(self) -> Failure {
        let (kind, message) = match self {
            Fails::Unreachable => (FailureKind::Unreachable, "connection refused"),
            Fails::Tls => (FailureKind::Tls, "the certificate has expired"),
            Fails::Broken => (FailureKind::Broken, "the connection ended before the reply did"),
            Fails::TooLarge => (FailureKind::TooLarge, "the reply is too large"),
        };
        Failure { kind, message: message.to_owned() }
    }
}

impl<'de> Deserialize<'de> for Script {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Script, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value.is_array() {
            return from_value(&value).map(Script::InOrder).map_err(D::Error::custom);
        }
        from_value(&value).map(Script::ByRoute).map_err(D::Error::custom)
    }
}

fn ok() -> u16 {
    200
}
