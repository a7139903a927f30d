//! Runs a workflow against a scripted server: what it answers is a list, what it was sent is another.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};
use standin::call::{self, Call};
use standin::contract::document::Source;
use standin::scenario::expression::Finished;
use standin::scenario::model::{Suite, WorkflowRef};
use standin::scenario::read::{Sources, read};
use standin::scenario::run::{Base, Failure, FailureKind, Need, Received, Record, Run, Settings, What};

/// When every reply is received, unless it says otherwise: 2001-09-09T01:46:40Z.
pub const RECEIVED_AT: i64 = 1_000_000_000_000;

/// Documents by name.
#[derive(Debug, Clone)]
pub struct Files(BTreeMap<String, String>);

impl Source for Files {
    fn read(&self, name: &str) -> Result<String, String> {
        self.0.get(name).cloned().ok_or_else(|| "there is no such file".to_owned())
    }
}

/// Documents, and how they are run. The description that is run is the first file.
#[derive(Debug)]
pub struct Harness {
    pub suite: Suite,
    pub settings: Settings,
    /// What ran before, for `$workflows.…`.
    pub before: BTreeMap<String, Finished>,
}

/// What the server does with one call.
#[derive(Debug, Clone)]
pub enum Answer {
    Reply { reply: call::Reply, elapsed: Duration },
    Failed(Failure),
    Skipped(String),
}

/// A call that was sent, or a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The method, or `WAIT`.
    pub method: String,
    /// The whole URL; for a wait its seconds: `1.5`.
    pub url: String,
    /// Lower-case names, sorted.
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub timeout: Option<Duration>,
}

impl Harness {
    /// Reads the documents. Every API is reached at `http://NAME.test` with its document's base path.
    #[track_caller]
    pub fn new(files: &[(&str, &str)]) -> Harness {
        let map = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let files_by_name = Files(map.collect());
        let sources = Sources { files: &files_by_name, overlays: &|_| Vec::new() };
        let suite = read(&sources, &[files[0].0.to_owned()]).unwrap_or_else(|errors| {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            panic!("the documents do not load:\n{}", errors.join("\n"));
        });
        let base = |name: &str, path: &str| Base { origin: format!("http://{name}.test"), path: path.to_owned() };
        let bases = suite.apis.iter().map(|api| base(&api.name, &api.contract.operations.base)).collect();
        let settings = Settings { bases, variables: Map::new(), fakes: Vec::new(), closed_objects: false };
        Harness { suite, settings, before: BTreeMap::new() }
    }

    pub fn variable(mut self, name: &str, value: Value) -> Harness {
        self.settings.variables.insert(name.to_owned(), value);
        self
    }

    #[track_caller]
    pub fn workflow(&self, id: &str) -> WorkflowRef {
        let found = self.suite.descriptions.iter().enumerate().find_map(|(description, one)| {
            let workflow = one.workflows.iter().position(|workflow| workflow.id == id)?;
            Some(WorkflowRef { description, workflow })
        });
        found.unwrap_or_else(|| panic!("there is no workflow {id}"))
    }

    /// Runs a workflow. A call beyond the answers finds nobody there.
    #[track_caller]
    pub fn run(&self, workflow: &str, answers: Vec<Answer>) -> (Record, Vec<Sent>) {
        let mut answers = answers.into_iter();
        let gone = Failure { kind: FailureKind::Unreachable, message: "the script has no more answers".to_owned() };
        self.run_with(workflow, |_| answers.next().unwrap_or(Answer::Failed(gone.clone())))
    }

    /// Runs a workflow against a server that answers as the closure says.
    #[track_caller]
    pub fn run_with(&self, workflow: &str, mut server: impl FnMut(&Call) -> Answer) -> (Record, Vec<Sent>) {
        let mut run = Run::new(&self.suite, self.workflow(workflow), &self.settings, &self.before);
        let mut sent = Vec::new();
        loop {
            match run.next() {
                Need::Send(outgoing) => {
                    sent.push(Sent::call(&outgoing.call, outgoing.timeout));
                    run.answer(match server(&outgoing.call) {
                        Answer::Reply { reply, elapsed } => {
                            Received::Reply { reply, elapsed, received_at: RECEIVED_AT }
                        }
                        Answer::Failed(failure) => Received::Failed(failure),
                        Answer::Skipped(reason) => Received::Skipped(reason),
                    });
                }
                Need::Wait(wait) => {
                    sent.push(Sent::wait(wait));
                    run.answer(Received::Waited);
                }
                Need::Done => return (run.finish(), sent),
            }
        }
    }
}

/// A JSON reply; `null` is no body at all.
pub fn reply(status: u16, body: Value) -> Answer {
    let mut reply = call::Reply::new(StatusCode::from_u16(status).expect("a status"));
    if !body.is_null() {
        reply.headers.push((http::header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
        reply.body = Bytes::from(body.to_string());
    }
    Answer::Reply { reply, elapsed: Duration::from_millis(1) }
}

pub fn text(status: u16, kind: &'static str, body: &str) -> Answer {
    let mut reply = call::Reply::new(StatusCode::from_u16(status).expect("a status"));
    reply.headers.push((http::header::CONTENT_TYPE, HeaderValue::from_static(kind)));
    reply.body = Bytes::from(body.to_owned());
    Answer::Reply { reply, elapsed: Duration::from_millis(1) }
}

pub fn fails(kind: FailureKind) -> Answer {
    Answer::Failed(Failure { kind, message: format!("{kind:?}").to_lowercase() })
}

pub fn skipped(reason: &str) -> Answer {
    Answer::Skipped(reason.to_owned())
}

impl Answer {
    pub fn header(mut self, name: &'static str, value: &str) -> Answer {
        if let Answer::Reply { reply, .. } = &mut self {
            reply.headers.push((HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value")));
        }
        self
    }

    pub fn took(mut self, ms: u64) -> Answer {
        if let Answer::Reply { elapsed, .. } = &mut self {
            *elapsed = Duration::from_millis(ms);
        }
        self
    }
}

impl Sent {
    fn call(call: &Call, timeout: Option<Duration>) -> Sent {
        let headers =
            call.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("?").to_owned()));
        let mut headers: Vec<_> = headers.collect();
        headers.sort();
        let query = call.query.as_ref().map_or_else(String::new, |query| format!("?{query}"));
        Sent {
            method: call.method.to_string(),
            url: format!("{}{}{query}", call.origin, call.path),
            headers,
            body: String::from_utf8_lossy(&call.body).into_owned(),
            timeout,
        }
    }

    fn wait(wait: Duration) -> Sent {
        let url = wait.as_secs_f64().to_string();
        Sent { method: "WAIT".to_owned(), url, headers: Vec::new(), body: String::new(), timeout: None }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// `POST /v1/posts {"a":1}`, `WAIT 2`: without the origin.
impl fmt::Display for Sent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self.url.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("", |start| &rest[start..]),
            None => &self.url,
        };
        write!(out, "{} {path}", self.method)?;
        if self.body.is_empty() { Ok(()) } else { write!(out, " {}", self.body) }
    }
}

/// One line for each call and wait.
pub fn lines(sent: &[Sent]) -> Vec<String> {
    sent.iter().map(ToString::to_string).collect()
}

/// One line for each finding: `code: message`.
pub fn told(record: &Record) -> Vec<String> {
    record.findings.iter().map(|finding| format!("{}: {}", finding.code.word(), finding.message)).collect()
}

/// One line for each visit: `depth workflow.step attempt verdict -> action`.
pub fn visits(harness: &Harness, record: &Record) -> Vec<String> {
    let line = |visit: &standin::scenario::run::Visit| {
        let workflow = harness.suite.workflow(visit.workflow);
        let what = match &visit.what {
            What::Exchange(exchange) => exchange.status().to_string(),
            What::Failed { failure, .. } => failure.message.clone(),
            What::Skipped(reason) => format!("skipped ({reason})"),
            What::Workflow(target) => format!("called {}", harness.suite.workflow(*target).id),
            What::Unsent => "unsent".to_owned(),
        };
        let verdict = if visit.passed { "passed" } else { "failed" };
        let action = visit.action.as_ref().map_or_else(String::new, |action| format!(" -> {action}"));
        format!(
            "{}{}.{} {} {what} {verdict}{action}",
            "  ".repeat(visit.depth),
            workflow.id,
            workflow.steps[visit.step].id,
            visit.attempt
        )
    };
    record.visits.iter().map(line).collect()
}
