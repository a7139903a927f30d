//! Plays a case: reads its description and drives its workflows against the scripted server.

use std::collections::BTreeMap;

use http::HeaderMap;
use serde_json::{Map, Value};
use standin::contract::document;
use standin::contract::error::LoadError;
use standin::scenario::code::Code;
use standin::scenario::expression::Finished;
use standin::scenario::finding::Severity;
use standin::scenario::model::{Suite, WorkflowRef};
use standin::scenario::run::{self, Base, FromFake, Need, Outgoing, Received, Record, Run, Settings};
use standin::scenario::{read, schedule};

use super::case::{Case, Verdict};
use super::server::Server;

const API: &str = include_str!("../api.openapi.yaml");

/// What came of a case.
#[derive(Debug)]
pub struct Outcome {
    pub verdict: Verdict,
    pub requests: Vec<Sent>,
    pub waits: Vec<u64>,
    /// Of the workflow that ran last.
    pub outputs: Map<String, Value>,
    pub workflows: Vec<(String, Verdict)>,
    pub findings: Vec<String>,
    pub complaints: Vec<String>,
    /// What the runner says about it, for whoever looks at a difference.
    pub messages: Vec<String>,
}

/// A request as it was sent.
#[derive(Debug)]
pub struct Sent {
    pub line: String,
    pub to: String,
    pub headers: HeaderMap,
    pub body: bytes::Bytes,
}

pub fn play(case: &Case) -> Outcome {
    let files = Files(case.files());
    let sources = read::Sources { files: &files, overlays: &|_| Vec::new() };
    match read::read(&sources, &case.asked()) {
        Ok(suite) => Player::new(case, &suite).play(),
        Err(errors) => refused(&errors),
    }
}

/// The files of a case, with the shared document below them.
struct Files(BTreeMap<String, String>);

impl document::Source for Files {
    fn read(&self, name: &str) -> Result<String, String> {
        let name = name.trim_start_matches("./");
        let shared = (name == "api.openapi.yaml").then(|| API.to_owned());
        self.0.get(name).cloned().or(shared).ok_or_else(|| "there is no such file in the case".to_owned())
    }
}

fn refused(errors: &[LoadError]) -> Outcome {
    let mut complaints: Vec<String> = errors.iter().map(|error| error.pointer.clone()).collect();
    complaints.sort();
    complaints.dedup();
    Outcome {
        verdict: Verdict::Refused,
        requests: Vec::new(),
        waits: Vec::new(),
        outputs: Map::new(),
        workflows: Vec::new(),
        findings: Vec::new(),
        complaints,
        messages: errors.iter().map(ToString::to_string).collect(),
    }
}

struct Player<'c> {
    case: &'c Case,
    suite: &'c Suite,
    settings: Settings,
    server: Server<'c>,
    outcome: Outcome,
}

impl<'c> Player<'c> {
    fn new(case: &'c Case, suite: &'c Suite) -> Player<'c> {
        let bases = suite.apis.iter().map(|api| Base {
            origin: format!("http://{}.test", api.name),
            path: api.contract.operations.base.to_string(),
        });
        let fake = FromFake { credential: case.fake.credential.clone(), receiver: case.fake.receiver.clone() };
        let settings = Settings {
            bases: bases.collect(),
            variables: case.inputs.clone(),
            fakes: suite.apis.iter().map(|_| fake.clone()).collect(),
            closed_objects: false,
        };
        let outcome = Outcome { verdict: Verdict::Passed, ..refused(&[]) };
        Player { case, suite, settings, server: Server::new(&case.server), outcome }
    }

    fn play(mut self) -> Outcome {
        let wanted = |at: WorkflowRef| match &self.case.run {
            None => !self.suite.workflow(at).called,
            Some(names) => at.description < self.suite.asked && names.contains(&self.suite.workflow(at).id),
        };
        for group in schedule::groups(self.suite, &wanted) {
            self.play_group(&group.workflows);
        }
        self.outcome.verdict =
            self.outcome.workflows.iter().map(|(_, verdict)| *verdict).max().unwrap_or(Verdict::Passed);
        if self.outcome.verdict == Verdict::Skipped {
            self.outcome.verdict = Verdict::Failed;
        }
        self.outcome.findings.sort();
        self.outcome.findings.dedup();
        self.outcome
    }

    /// Workflows that share a world: each sees what those before it came to.
    fn play_group(&mut self, workflows: &[WorkflowRef]) {
        let mut finished: BTreeMap<usize, BTreeMap<String, Finished>> = BTreeMap::new();
        let mut failed: Vec<WorkflowRef> = Vec::new();
        for at in workflows {
            let workflow = self.suite.workflow(*at);
            if workflow.depends_on.iter().any(|needed| failed.contains(needed)) {
                failed.push(*at);
                self.outcome.workflows.push((workflow.id.clone(), Verdict::Skipped));
                self.outcome.findings.push(Code::DependencyFailed.word().to_owned());
                continue;
            }
            let before = finished.entry(at.description).or_default();
            let record = drive(self.suite, *at, &self.settings, before, &mut self.server, &mut self.outcome);
            before.insert(
                workflow.id.clone(),
                Finished { inputs: record.inputs.clone(), outputs: record.outputs.clone() },
            );
            if record.verdict != run::Verdict::Passed {
                failed.push(*at);
            }
            self.keep(&workflow.id, record);
        }
    }

    /// What the contract says of the exchanges is no matter of Arazzo, so those findings are left out. An error among the others
    /// fails the workflow, whichever way it took.
    fn keep(&mut self, id: &str, record: Record) {
        let mut verdict = match record.verdict {
            run::Verdict::Passed => Verdict::Passed,
            run::Verdict::Failed => Verdict::Failed,
            run::Verdict::Unreachable => Verdict::Unreachable,
        };
        for finding in record.findings {
            self.outcome.messages.push(format!("{}: {}", finding.code.word(), finding.message));
            if finding.code >= Code::CriterionFailed {
                self.outcome.findings.push(finding.code.word().to_owned());
                verdict = if finding.severity == Severity::Error { verdict.max(Verdict::Failed) } else { verdict };
            }
        }
        self.outcome.workflows.push((id.to_owned(), verdict));
        self.outcome.outputs = record.outputs;
    }
}

/// One workflow from its start to its end.
fn drive(
    suite: &Suite,
    at: WorkflowRef,
    settings: &Settings,
    before: &BTreeMap<String, Finished>,
    server: &mut Server<'_>,
    outcome: &mut Outcome,
) -> Record {
    let mut run = Run::new(suite, at, settings, before);
    loop {
        match run.next() {
            Need::Send(outgoing) => {
                outcome.requests.push(sent(suite, &outgoing));
                run.answer(server.answer(&outgoing));
            }
            Need::Wait(duration) => {
                outcome.waits.push(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
                server.wait(duration);
                run.answer(Received::Waited);
            }
            Need::Done => return run.finish(),
        }
    }
}

fn sent(suite: &Suite, outgoing: &Outgoing) -> Sent {
    let call = &outgoing.call;
    let query = call.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    Sent {
        line: format!("{} {}{query}", call.method, call.path),
        to: suite.apis[outgoing.api].name.clone(),
        headers: call.headers.clone(),
        body: call.body.clone(),
    }
}
