//! Descriptions as they are run: references resolved, components and workflow-level parts merged in, expressions parsed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::condition::Criterion;
use super::finding::Site;
use super::template::Template;
use crate::contract::Contract;
use crate::contract::operation::OperationId;
use crate::contract::schema::{SchemaId, Schemas};

/// All that one run can reach: the descriptions asked for, those they refer to, and the OpenAPI documents below.
#[derive(Debug)]
pub struct Suite {
    /// Those asked for come first.
    pub descriptions: Vec<Description>,
    /// How many of [`Suite::descriptions`] were asked for; the others are only referred to.
    pub asked: usize,
    pub apis: Vec<Api>,
}

/// One OpenAPI document, compiled once for all descriptions that name it.
#[derive(Debug)]
pub struct Api {
    /// The file, as resolved.
    pub file: String,
    /// The name of the first source description that names it.
    pub name: String,
    pub contract: Arc<Contract>,
    /// Is it the fake's own control API (base path `/_standin`)?
    pub control: bool,
}

#[derive(Debug)]
pub struct Description {
    /// The file, as asked for.
    pub file: Arc<str>,
    pub version: Version,
    pub self_uri: Option<String>,
    pub title: String,
    pub sources: Vec<Source>,
    pub workflows: Vec<Workflow>,
    /// The inputs' schemas of all workflows.
    pub schemas: Schemas,
}

/// The patch number says nothing (Arazzo, "Versions").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    V1_0,
    V1_1,
}

#[derive(Debug)]
pub struct Source {
    pub name: String,
    pub url: String,
    pub target: SourceTarget,
    pub site: Site,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceTarget {
    /// Index in [`Suite::apis`].
    Api(usize),
    /// Index in [`Suite::descriptions`].
    Description(usize),
}

/// A workflow of any description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkflowRef {
    pub description: usize,
    pub workflow: usize,
}

#[derive(Debug)]
pub struct Workflow {
    pub id: String,
    pub summary: String,
    pub site: Site,
    pub inputs: Option<Inputs>,
    /// Written in `dependsOn`, and those whose outputs or inputs its expressions name.
    pub depends_on: Vec<WorkflowRef>,
    /// In the order in which they run: as written, or as step-level `dependsOn` demands.
    pub steps: Vec<Step>,
    /// `x-standin-finally`: steps (indexes) that run at the end whatever happened; they are not run in sequence.
    pub finally: Vec<usize>,
    pub outputs: Vec<(String, Template)>,
    pub snapshot: SnapshotSettings,
    /// Is it named by a step or action of some workflow? Such a one does not run by itself unless asked for.
    pub called: bool,
}

#[derive(Debug)]
pub struct Inputs {
    /// In [`Description::schemas`].
    pub schema: SchemaId,
    /// The schema as written, local references resolved.
    pub raw: Value,
    pub site: Site,
    /// The properties in order.
    pub properties: Vec<Input>,
}

#[derive(Debug)]
pub struct Input {
    pub name: String,
    pub required: bool,
    /// The schema's `default`.
    pub default: Option<Value>,
    /// `format: password`, or filled with a credential: never shown.
    pub secret: bool,
    /// `x-standin-from`: what a fake fills it with when nobody else does.
    pub from: Option<InputFrom>,
}

/// What a fake can fill an input with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputFrom {
    /// `credential`: a working credential as its header takes it, without the scheme's word: the key of `Bearer KEY`.
    Credential,
    /// `receiver`: the URL of a webhook receiver that answers 200.
    Receiver,
}

#[derive(Debug)]
pub struct Step {
    pub id: String,
    pub description: String,
    pub site: Site,
    pub target: StepTarget,
    /// The step's own, then those of the workflow that it does not override (same `name` and `in`).
    pub parameters: Vec<Parameter>,
    pub body: Option<RequestBody>,
    pub success_criteria: Vec<Criterion>,
    /// The step's own, then those of the workflow that it does not override (same `name`).
    pub on_success: Vec<Action>,
    pub on_failure: Vec<Action>,
    pub outputs: Vec<(String, Template)>,
    pub timeout: Option<Duration>,
    /// Steps of this workflow (indexes) that must be done before.
    pub depends_on: Vec<usize>,
    /// Steps of other workflows that must be done before.
    pub depends_on_others: Vec<(WorkflowRef, String)>,
    /// `x-standin-if`: the step is left out when this does not hold.
    pub condition: Option<Criterion>,
    /// `x-standin-each`: the step is done once for each element.
    pub each: Option<Each>,
    pub snapshot: SnapshotSettings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepTarget {
    /// Index in [`Suite::apis`].
    Operation {
        api: usize,
        operation: OperationId,
    },
    Workflow(WorkflowRef),
}

#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    /// `None` where the parameter is an input of a workflow.
    pub place: Option<ParameterPlace>,
    pub value: Template,
    pub site: Site,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParameterPlace {
    Path,
    Query,
    /// Arazzo 1.1: the whole query string as one value.
    Querystring,
    Header,
    Cookie,
}

#[derive(Debug)]
pub struct RequestBody {
    pub content_type: Option<String>,
    pub payload: Option<Template>,
    pub replacements: Vec<Replacement>,
    pub site: Site,
}

#[derive(Debug)]
pub struct Replacement {
    pub target: ReplacementTarget,
    pub value: Template,
    pub site: Site,
}

#[derive(Debug)]
pub enum ReplacementTarget {
    JsonPointer(String),
    JsonPath(super::jsonpath::Query),
}

#[derive(Debug, Clone)]
pub struct Action {
    pub name: String,
    pub kind: ActionKind,
    pub criteria: Vec<Criterion>,
    /// Inputs for the workflow that it leads to (Arazzo 1.1).
    pub parameters: Vec<Parameter>,
    pub site: Site,
}

#[derive(Debug, Clone)]
pub enum ActionKind {
    End,
    Goto(Destination),
    /// Failure only.
    Retry {
        after: Option<Duration>,
        limit: u32,
        via: Option<Destination>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// Index in [`Workflow::steps`].
    Step(usize),
    Workflow(WorkflowRef),
}

/// `x-standin-each: {in: EXPRESSION, as: NAME}`: the element is `$inputs.NAME` while the step is done.
#[derive(Debug)]
pub struct Each {
    pub values: Template,
    pub name: String,
}

/// `x-standin-snapshot`, at the workflow or a step; a step's settings add to those of its workflow.
#[derive(Debug, Clone, Default)]
pub struct SnapshotSettings {
    /// `x-standin-snapshot: false`.
    pub off: bool,
    pub redactions: Vec<Redaction>,
    /// Headers of the reply to show, lower-case, in place of the default ones.
    pub headers: Option<Vec<String>>,
}

/// `{path: JSONPath, as: TYPE}`: what it matches in the reply's body is shown as its type.
#[derive(Debug, Clone)]
pub struct Redaction {
    pub path: super::jsonpath::Query,
    /// As written, for messages.
    pub text: String,
    /// A kind of [`super::snapshot::kind`]: `uuid`, `instant`, `number`, `text`, `any` ...
    pub kind: super::snapshot::Kind,
    pub site: Site,
}

impl Suite {
    pub fn workflow(&self, at: WorkflowRef) -> &Workflow {
        &self.descriptions[at.description].workflows[at.workflow]
    }

    /// The API that a workflow is about: the first of its description that is not a fake's own control API. Credentials, receivers and control
    /// steps are those of its fake.
    pub fn home(&self, at: WorkflowRef) -> Option<usize> {
        let sources = self.descriptions[at.description].sources.iter();
        let mut apis = sources.filter_map(|source| match source.target {
            SourceTarget::Api(api) => Some(api),
            SourceTarget::Description(_) => None,
        });
        apis.find(|api| !self.apis[*api].control)
    }
}
