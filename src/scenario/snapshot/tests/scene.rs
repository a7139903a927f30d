//! A small service and its scenarios, built by hand: what was sent and what came back, without a run.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::call::{Call, Reply};
use crate::contract::document::Source;
use crate::contract::parameter::Arguments;
use crate::contract::schema::SchemasBuilder;
use crate::contract::{Contract, Selection};
use crate::scenario::exchange::{Exchange, parse_body};
use crate::scenario::finding::Site;
use crate::scenario::jsonpath::Query;
use crate::scenario::model::{
    Api, Description, Input, InputFrom, Inputs, Parameter, ParameterPlace, Redaction, RequestBody, SnapshotSettings,
    Step, StepTarget, Suite, Version, Workflow, WorkflowRef,
};
use crate::scenario::run::{Failure, FailureKind, Record, Verdict, Visit, What};
use crate::scenario::snapshot::{Kind, Rendered, render};
use crate::scenario::template::Template;

const DOCUMENT: &str = include_str!("notes.yaml");

struct Texts(BTreeMap<&'static str, &'static str>);

impl Source for Texts {
    fn read(&self, name: &str) -> Result<String, String> {
        self.0.get(name).map(|text| (*text).to_owned()).ok_or_else(|| "no such file".to_owned())
    }
}

/// Compiled once for all tests.
fn contract(document: &'static str) -> Arc<Contract> {
    static KNOWN: OnceLock<[Arc<Contract>; 2]> = OnceLock::new();
    let [notes, control] = KNOWN.get_or_init(|| [load(DOCUMENT), load(CONTROL)]);
    if document == DOCUMENT { notes.clone() } else { control.clone() }
}

fn load(document: &'static str) -> Arc<Contract> {
    let texts = Texts(BTreeMap::from([("api.yaml", document)]));
    match Contract::load(&texts, "api.yaml", &Selection::default()) {
        Ok(contract) => Arc::new(contract),
        Err(errors) => panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

/// One exchange as a test writes it down.
pub struct Act {
    step: Step,
    operation: String,
    method: Method,
    target: String,
    sent: Option<Value>,
    request_headers: Vec<(String, String)>,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    attempt: u32,
    depth: usize,
    workflow: usize,
    outcome: Option<What>,
    control: bool,
}

/// `act("create", "createNote", "POST /v1/notes")`.
pub fn act(id: &str, operation: &str, line: &str) -> Act {
    let (method, target) = line.split_once(' ').expect("a method and a target");
    Act {
        step: step(id),
        operation: operation.to_owned(),
        method: Method::from_bytes(method.as_bytes()).expect("a method"),
        target: target.to_owned(),
        sent: None,
        request_headers: Vec::new(),
        status: 200,
        headers: Vec::new(),
        body: Vec::new(),
        attempt: 1,
        depth: 0,
        workflow: 0,
        outcome: None,
        control: false,
    }
}

fn step(id: &str) -> Step {
    Step {
        id: id.to_owned(),
        description: String::new(),
        site: site(&format!("/workflows/0/steps/{id}")),
        target: StepTarget::Workflow(WorkflowRef { description: 0, workflow: 0 }),
        parameters: Vec::new(),
        body: None,
        success_criteria: Vec::new(),
        on_success: Vec::new(),
        on_failure: Vec::new(),
        outputs: Vec::new(),
        timeout: None,
        depends_on: Vec::new(),
        depends_on_others: Vec::new(),
        condition: None,
        each: None,
        snapshot: SnapshotSettings::default(),
    }
}

pub fn site(pointer: &str) -> Site {
    Site { file: "scenario.yaml".into(), pointer: pointer.to_owned() }
}

fn template(value: &Value) -> Template {
    Template::parse(value, true).expect("a template")
}

impl Act {
    /// A parameter as the scenario writes it.
    pub fn parameter(mut self, place: ParameterPlace, name: &str, value: Value) -> Act {
        let site = self.step.site.clone();
        self.step.parameters.push(Parameter {
            name: name.to_owned(),
            place: Some(place),
            value: template(&value),
            site,
        });
        self
    }

    /// A header as the scenario writes it, and as it was sent.
    pub fn header(mut self, name: &str, written: Value, sent: &str) -> Act {
        self.request_headers.push((name.to_ascii_lowercase(), sent.to_owned()));
        self.parameter(ParameterPlace::Header, name, written)
    }

    /// A body as the scenario writes it, and as it was sent.
    pub fn sends(mut self, written: Value, sent: Value) -> Act {
        let site = self.step.site.clone();
        let payload = Some(template(&written));
        self.step.body = Some(RequestBody { content_type: None, payload, replacements: Vec::new(), site });
        self.sent = Some(sent);
        self
    }

    /// A body that the scenario spells out.
    pub fn literal(self, body: Value) -> Act {
        self.sends(body.clone(), body)
    }

    pub fn gets(self, status: u16, body: Value) -> Act {
        self.answers(status, "application/json", body.to_string().as_bytes())
    }

    pub fn answers(mut self, status: u16, media: &str, body: &[u8]) -> Act {
        self.status = status;
        self.body = body.to_vec();
        if !media.is_empty() {
            self.headers.insert(0, ("content-type".to_owned(), media.to_owned()));
        }
        self
    }

    pub fn with(mut self, name: &str, value: &str) -> Act {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn attempt(mut self, attempt: u32) -> Act {
        self.attempt = attempt;
        self
    }

    pub fn inside(mut self, depth: usize, workflow: usize) -> Act {
        (self.depth, self.workflow) = (depth, workflow);
        self
    }

    pub fn skipped(mut self) -> Act {
        self.outcome = Some(What::Skipped("not here".to_owned()));
        self
    }

    pub fn fails(mut self, kind: FailureKind) -> Act {
        let call = Box::new(self.call("http://127.0.0.1:4010"));
        self.outcome = Some(What::Failed { call, failure: Failure { kind, message: "whatever".to_owned() } });
        self
    }

    pub fn calls(mut self, workflow: usize) -> Act {
        self.outcome = Some(What::Workflow(WorkflowRef { description: 0, workflow }));
        self
    }

    /// A step of the fake's control API.
    pub fn control(mut self) -> Act {
        self.control = true;
        self
    }

    pub fn settings(mut self, change: impl FnOnce(&mut Step)) -> Act {
        change(&mut self.step);
        self
    }

    /// An output as the scenario writes it.
    pub fn output(mut self, name: &str, value: &str) -> Act {
        self.step.outputs.push((name.to_owned(), template(&json!(value))));
        self
    }

    pub fn redact(mut self, path: &str, kind: &str) -> Act {
        let pointer = format!("{}/redact/{}", self.step.site.pointer, self.step.snapshot.redactions.len());
        self.step.snapshot.redactions.push(Redaction {
            path: Query::parse(path).expect("a JSONPath"),
            text: path.to_owned(),
            kind: Kind::parse(kind).expect("a kind"),
            site: site(&pointer),
        });
        self
    }

    fn call(&self, origin: &str) -> Call {
        let mut call = Call::new(self.method.clone(), &self.target);
        call.origin = origin.to_owned();
        for (name, value) in &self.request_headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            call.headers.insert(name, HeaderValue::from_str(value).expect("a value"));
        }
        if let Some(sent) = &self.sent {
            call.body = sent.to_string().into();
            call.headers.entry(http::header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        }
        call
    }

    fn reply(&self) -> Reply {
        let mut reply = Reply::new(StatusCode::from_u16(self.status).expect("a status"));
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            reply.headers.push((name, HeaderValue::from_str(value).expect("a value")));
        }
        reply.body = self.body.clone().into();
        reply
    }
}

/// A run as a test writes it down.
pub struct Scene {
    pub origin: String,
    pub inputs: Vec<(Input, Value)>,
    pub settings: SnapshotSettings,
    acts: Vec<Act>,
}

impl Scene {
    pub fn new(acts: Vec<Act>) -> Scene {
        let origin = "http://127.0.0.1:4010".to_owned();
        Scene { origin, inputs: Vec::new(), settings: SnapshotSettings::default(), acts }
    }

    pub fn input(mut self, name: &str, secret: bool, from: Option<InputFrom>, value: Value) -> Scene {
        let input = Input { name: name.to_owned(), required: true, default: None, secret, from };
        self.inputs.push((input, value));
        self
    }

    pub fn render(self) -> Rendered {
        let (suite, record) = self.built();
        render(&suite, &record)
    }

    pub fn built(self) -> (Suite, Record) {
        let api = |document, control| Api {
            file: "api.yaml".to_owned(),
            name: "notes".to_owned(),
            contract: contract(document),
            control,
        };
        let apis = vec![api(DOCUMENT, false), api(CONTROL, true)];
        let mut workflows = vec![workflow("main"), workflow("inner")];
        workflows[0].snapshot = self.settings;
        let schemas = SchemasBuilder::default().build("scenario.yaml", &json!({})).expect("no schemas");
        let schema = SchemasBuilder::default().add(&json!({}));
        let (inputs, values): (Vec<Input>, Vec<Value>) = self.inputs.into_iter().unzip();
        let given: Map<String, Value> = inputs.iter().map(|input| input.name.clone()).zip(values).collect();
        workflows[0].inputs = Some(Inputs { schema, raw: json!({}), site: site("/inputs"), properties: inputs });
        let visits = self.acts.into_iter().map(|act| visit(act, &apis, &mut workflows, &self.origin)).collect();
        let description = Description {
            file: "scenario.yaml".into(),
            version: Version::V1_1,
            self_uri: None,
            title: "Test".to_owned(),
            sources: Vec::new(),
            workflows,
            schemas,
        };
        let record = Record {
            workflow: WorkflowRef { description: 0, workflow: 0 },
            verdict: Verdict::Passed,
            inputs: given,
            outputs: Map::new(),
            secrets: Vec::new(),
            visits,
            findings: Vec::new(),
            waited: Duration::ZERO,
        };
        (Suite { descriptions: vec![description], asked: 1, apis }, record)
    }
}

const CONTROL: &str = "
openapi: 3.1.0
info: { title: Control, version: '1' }
servers: [{ url: /_standin }]
paths:
  /webhooks/await:
    post: { operationId: awaitWebhook, responses: { '200': { description: One } } }
";

fn workflow(id: &str) -> Workflow {
    Workflow {
        id: id.to_owned(),
        summary: String::new(),
        site: site("/workflows/0"),
        inputs: None,
        depends_on: Vec::new(),
        steps: Vec::new(),
        finally: Vec::new(),
        outputs: Vec::new(),
        snapshot: SnapshotSettings::default(),
        called: false,
    }
}

/// A step met again is the same step.
fn visit(act: Act, apis: &[Api], workflows: &mut [Workflow], origin: &str) -> Visit {
    let api = usize::from(act.control);
    let operation = apis[api].contract.operations.find(&act.operation);
    let (call, reply) = (act.call(origin), act.reply());
    let Act { mut step, attempt, depth, workflow, outcome, sent, .. } = act;
    if let Some(operation) = operation {
        step.target = StepTarget::Operation { api, operation };
    }
    let steps = &mut workflows[workflow].steps;
    let known = steps.iter().position(|known| known.id == step.id);
    let index = known.unwrap_or(steps.len());
    if known.is_none() {
        steps.push(step);
    }
    let what = outcome.unwrap_or_else(|| {
        let (received, malformed) = parse_body(&reply);
        let operation = operation.expect("a declared operation");
        let (arguments, elapsed) = (Arguments::default(), Duration::ZERO);
        let exchange =
            Exchange { api, operation, call, arguments, sent, reply, received, malformed, elapsed, received_at: 0 };
        What::Exchange(Box::new(exchange))
    });
    Visit {
        workflow: WorkflowRef { description: 0, workflow },
        step: index,
        depth,
        attempt,
        what,
        passed: true,
        criteria: Vec::new(),
        action: None,
    }
}
