//! The plan: what each operation does to a world, compiled and ready to run.
//!
//! Inference proposes a [`Behaviour`](super::vocabulary::Behaviour), the document's `x-standin` corrects it ([`merge`]), and [`compile`] turns
//! the result into these types: names resolved to indexes, expressions and trees compiled, durations read.

mod caller;
mod change;
pub mod compile;
pub mod merge;
mod read;
mod refusal;
mod resource;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::capability::Capabilities;
use super::expression::Expression;
use super::operation::OperationId;
use super::schema::SchemaId;
use super::template::{Template, Tree};
use super::vocabulary::{
    FilterOperator, IdForm, Kept, LimitSubject, LimitWindow, OnDelete, PageStyle, RequestRule, ResetUnit,
};

/// Index of a resource in [`Plan::resources`], and of its collection in a world.
pub type ResourceIndex = usize;
/// Index of an error in [`Errors::list`].
pub type ErrorIndex = usize;

#[derive(Debug)]
pub struct Plan {
    pub resources: Vec<Resource>,
    /// Parallel to the operations of the contract.
    pub actions: Vec<Action>,
    pub errors: Errors,
    pub shapes: Shapes,
    pub requests: RequestRule,
    pub limits: Vec<Limit>,
    pub limit_headers: LimitHeaders,
    /// By the name of the security scheme.
    pub credentials: BTreeMap<String, Credential>,
    pub idempotency: Option<Idempotency>,
    pub webhooks: Option<Webhooks>,
    pub consent: Option<Consent>,
    pub seed: Vec<(ResourceIndex, Vec<Tree>)>,
}

#[derive(Debug)]
pub struct Resource {
    pub name: String,
    /// The name in words, for messages: `API key`.
    pub label: String,
    /// The schema of a record as callers see it.
    pub schema: Option<SchemaId>,
    pub fields: Vec<Field>,
    pub id: Id,
    pub set: Vec<Assignment>,
    pub secrets: Vec<(Arc<str>, String)>,
    pub hidden: Vec<String>,
    pub created: Option<String>,
    pub updated: Option<String>,
    pub order: Option<String>,
    pub newest_first: bool,
    pub index: Vec<String>,
    pub references: Vec<Reference>,
    pub lifecycle: Vec<Transition>,
    pub bytes: Option<String>,
}

impl Resource {
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| *field.name == *name)
    }

    /// How an instant stands in this field; milliseconds where the document does not say.
    pub fn time_form(&self, name: &str) -> TimeForm {
        self.field(name).and_then(|field| field.time).unwrap_or(TimeForm::Milliseconds)
    }
}

/// A property of a resource's schema.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: Arc<str>,
    pub time: Option<TimeForm>,
    pub required: bool,
    pub read_only: bool,
    /// Callers never see it: `writeOnly`, a secret, or hidden by its rule.
    pub hidden: bool,
    /// Its numbers are integers.
    pub integer: bool,
    /// A rule of the resource sets it before any rule looks at the record.
    pub ruled: bool,
    /// What it is when nobody says: `default`, null where allowed, else the emptiest value that fits. `None`: it needs a sample.
    pub fallback: Option<Value>,
    /// Its Schema Object as written, for samples.
    pub schema: Value,
}

/// How instants are written in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeForm {
    Milliseconds,
    Seconds,
    /// RFC 3339, UTC.
    Text,
}

#[derive(Debug, Clone)]
pub struct Id {
    pub field: String,
    pub kind: IdKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdKind {
    Prefixed(String),
    Form(IdForm),
    Pattern(String),
}

/// A field and the tree that gives its value.
#[derive(Debug)]
pub struct Assignment {
    pub field: String,
    pub tree: Tree,
    /// Does the tree look at `record`? Then it must be bound anew after the assignments before.
    pub uses_record: bool,
}

#[derive(Debug)]
pub struct Reference {
    pub field: String,
    pub to: ResourceIndex,
    pub otherwise: Option<ErrorIndex>,
    pub on_delete: OnDelete,
    pub when: Option<Expression>,
    pub refusal: ErrorIndex,
}

#[derive(Debug)]
pub struct Transition {
    pub field: String,
    pub from: String,
    pub to: String,
    pub due: Due,
    pub with: Vec<Read>,
    pub when: Option<Expression>,
    pub set: Vec<Assignment>,
    pub emit: Option<usize>,
    pub also: Vec<Change>,
}

#[derive(Debug)]
pub enum Due {
    /// At the instant this gives; never, when null.
    At(Expression),
    /// So many ms after the state was entered.
    After(i64),
}

impl Due {
    /// Do both come to the same instant for every record?
    pub fn is_same(&self, other: &Due) -> bool {
        match (self, other) {
            (Due::At(one), Due::At(other)) => one.text() == other.text(),
            (Due::After(one), Due::After(other)) => one == other,
            _ => false,
        }
    }
}

#[derive(Debug)]
pub struct Read {
    pub name: String,
    pub source: ReadSource,
}

#[derive(Debug)]
pub enum ReadSource {
    Get {
        resource: ResourceIndex,
        id: Option<Expression>,
        matching: Vec<(String, Expression)>,
        otherwise: Option<ErrorIndex>,
    },
    Find {
        resource: ResourceIndex,
        matching: Vec<(String, Expression)>,
    },
    Count {
        resource: ResourceIndex,
        matching: Vec<(String, Expression)>,
    },
    Tally {
        from: Expression,
        to: Expression,
    },
    Value(Expression),
}

/// What an operation does.
#[derive(Debug)]
pub struct Action {
    pub verb: Verb,
    /// The record's id; for verbs on one record.
    pub id: Option<Expression>,
    pub matching: Vec<(String, Expression)>,
    pub with: Vec<Read>,
    pub require: Vec<Guard>,
    pub merge: bool,
    /// The body's properties that may go into the record: those that the request's schema names. `None`: all, it is open.
    pub takes: Option<BTreeSet<String>>,
    pub set: Vec<Assignment>,
    pub emit: Option<usize>,
    pub also: Vec<Change>,
    pub reply: ReplyPlan,
    /// Limits charged by this operation, as indexes into [`Plan::limits`].
    pub limits: Vec<usize>,
    /// Does an idempotency key pin its reply?
    pub replays: bool,
    /// What clients may count on.
    pub capabilities: Capabilities,
    /// Errors that this operation has in place of others: the one raised, and the one told.
    pub errors: Vec<(ErrorIndex, ErrorIndex)>,
    /// `METHOD /base/template`, for counting.
    pub label: String,
}

impl Action {
    /// Does it change anything? Is it a batch?
    pub fn effects(&self) -> (bool, bool) {
        let changes = self.verb.changes() || self.emit.is_some() || !self.also.is_empty();
        (changes, matches!(self.verb, Verb::Batch(_)))
    }

    /// The error that callers of this operation are told when this one is raised.
    pub fn told(&self, raised: ErrorIndex) -> ErrorIndex {
        self.errors.iter().find(|(known, _)| *known == raised).map_or(raised, |(_, instead)| *instead)
    }
}

#[derive(Debug)]
pub enum Verb {
    List {
        resource: ResourceIndex,
        paging: Paging,
        filters: Vec<Filter>,
        sort: Option<Sort>,
        /// Asked for each record that fits everything else.
        condition: Option<Box<Expression>>,
    },
    Get(ResourceIndex),
    Create(ResourceIndex),
    Update(ResourceIndex),
    Replace(ResourceIndex),
    Delete(ResourceIndex),
    Save(ResourceIndex),
    Batch(Box<Batch>),
    Deliver {
        what: Sending,
        /// The resource of the record that it is about: a subscription, or with [`Sending::Again`] a delivery's log record.
        to: ResourceIndex,
        /// Is the reply held back until the first attempt is settled?
        wait: bool,
    },
    /// Reads and replies only.
    Reply,
    /// A generated reply that fits the document.
    Sample,
}

/// What a delivery by hand sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// A new event, as an index into [`Webhooks::events`].
    Event(usize),
    /// What a log record tells of.
    Again,
}

impl Verb {
    /// The resource whose record or records it is about.
    pub fn resource(&self) -> Option<ResourceIndex> {
        match self {
            Verb::List { resource, .. } => Some(*resource),
            Verb::Get(resource) | Verb::Create(resource) | Verb::Update(resource) | Verb::Replace(resource) => {
                Some(*resource)
            }
            Verb::Delete(resource) | Verb::Save(resource) | Verb::Deliver { to: resource, .. } => Some(*resource),
            Verb::Batch(_) | Verb::Reply | Verb::Sample => None,
        }
    }

    /// Does it change records?
    pub fn changes(&self) -> bool {
        !matches!(self, Verb::List { .. } | Verb::Get(_) | Verb::Reply | Verb::Sample)
    }
}

#[derive(Debug)]
pub struct Guard {
    pub that: Expression,
    pub otherwise: ErrorIndex,
}

#[derive(Debug)]
pub struct Change {
    pub verb: ChangeVerb,
    pub resource: ResourceIndex,
    pub id: Option<Expression>,
    pub matching: Vec<(String, Expression)>,
    /// The list for whose elements it is made.
    pub each: Option<Expression>,
    pub with: Vec<Read>,
    pub when: Option<Expression>,
    pub set: Vec<Assignment>,
    pub emit: Option<usize>,
    pub name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeVerb {
    Create,
    Update,
    Delete,
    Save,
}

#[derive(Debug)]
pub struct Batch {
    pub items: String,
    pub run: OperationId,
    pub body: Option<Tree>,
    pub path: Vec<(String, Expression)>,
    pub success: Tree,
    pub failure: Tree,
    pub atomic: bool,
    /// When this holds, all is undone once it is told.
    pub rehearse: Option<Expression>,
}

#[derive(Debug, Clone)]
pub struct Paging {
    pub style: PageStyle,
    pub at: Option<String>,
    pub size: Option<String>,
    pub default: usize,
    pub link: bool,
}

#[derive(Debug)]
pub struct Filter {
    pub parameter: String,
    pub field: String,
    pub operator: FilterOperator,
    pub nested: bool,
    pub all: Option<String>,
    /// What is compared, made of what was asked.
    pub value: Option<Expression>,
}

#[derive(Debug, Clone)]
pub struct Sort {
    pub parameter: Option<String>,
    /// The order when nothing is asked; without it, the resource's.
    pub usual: Option<String>,
    pub direction: Option<String>,
}

#[derive(Debug)]
pub struct ReplyPlan {
    pub status: StatusPlan,
    pub headers: Vec<(HeaderName, Template)>,
    pub body: BodyPlan,
    /// How the body's schema can be checked in parts, by status.
    pub checks: BTreeMap<u16, BodyCheck>,
}

#[derive(Debug)]
pub enum StatusPlan {
    Fixed(u16),
    Computed(Expression),
}

#[derive(Debug)]
pub enum BodyPlan {
    /// No body at all.
    Empty,
    /// The whole body as the author writes it.
    Tree(Tree),
    /// The record, as callers see it, in the record shape.
    Record,
    /// Another tree in place of the record.
    RecordTree(Tree),
    /// The list shape.
    List,
    /// The message shape.
    Message(Template),
    /// A generated reply for this status.
    Sample { schema: Option<Value>, example: Option<Value> },
}

/// How a reply is checked against its schema: the whole body at once, or the envelope by itself and each record by itself, which lets a
/// record that was found valid once be shown again without a second look.
#[derive(Debug, Clone)]
pub struct BodyCheck {
    pub whole: SchemaId,
    /// The media type to send, where it can be sent.
    pub media: Option<HeaderValue>,
    pub parts: Option<Parts>,
}

#[derive(Debug, Clone)]
pub struct Parts {
    /// The body's schema with anything allowed at `pointer`; `None` where nothing stands around that.
    pub envelope: Option<SchemaId>,
    /// Where the record, or the list of records, stands in the body; empty for the whole body.
    pub pointer: String,
    /// The schema of one record.
    pub record: SchemaId,
    /// Which bit of a record's memo says that it fits `record`; `None` when there are no bits left.
    pub bit: Option<u32>,
    pub list: bool,
}

#[derive(Debug)]
pub struct Shapes {
    pub record: Tree,
    pub list: Tree,
    pub message: Tree,
    pub error: Tree,
    /// Media type of error bodies: `application/json` or `application/problem+json`.
    pub error_media: String,
}

#[derive(Debug)]
pub struct Errors {
    pub list: Vec<ErrorPlan>,
    pub by_name: BTreeMap<String, ErrorIndex>,
    pub known: Known,
}

/// The errors that the pipeline raises by itself.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub unknown_route: ErrorIndex,
    pub unknown_method: ErrorIndex,
    pub unreadable: ErrorIndex,
    pub too_large: ErrorIndex,
    pub unsupported_media_type: ErrorIndex,
    pub not_acceptable: ErrorIndex,
    pub invalid: ErrorIndex,
    pub unauthenticated: ErrorIndex,
    pub insufficient_scope: ErrorIndex,
    pub rate_limited: ErrorIndex,
    pub not_found: ErrorIndex,
    pub referenced: ErrorIndex,
    pub idempotency_mismatch: ErrorIndex,
    pub idempotency_in_progress: ErrorIndex,
    pub idempotency_invalid: ErrorIndex,
    pub internal: ErrorIndex,
}

#[derive(Debug)]
pub struct ErrorPlan {
    pub name: String,
    pub status: u16,
    pub code: Option<Template>,
    pub kind: Option<String>,
    pub message: Template,
    pub details: Option<Tree>,
    /// The whole body, in place of the error shape.
    pub body: Option<Tree>,
    pub headers: Vec<(HeaderName, Template)>,
}

#[derive(Debug)]
pub struct Limit {
    pub bucket: String,
    pub count: u64,
    pub window_ms: i64,
    pub window: LimitWindow,
    pub per: LimitSubject,
    /// What is counted in place of the credential.
    pub by: Option<Expression>,
    /// Only callers for whom this holds are counted.
    pub when: Option<Expression>,
}

#[derive(Debug, Clone, Default)]
pub struct LimitHeaders {
    pub limit: Option<HeaderName>,
    pub remaining: Option<HeaderName>,
    pub reset: Option<HeaderName>,
    pub reset_unit: ResetUnit,
}

#[derive(Debug)]
pub struct Credential {
    pub resource: ResourceIndex,
    pub secret: String,
    pub scopes: Option<std::sync::Arc<str>>,
    pub when: Option<Expression>,
    /// The error for a credential that is not good; `unauthenticated` when absent.
    pub otherwise: Option<ErrorIndex>,
    pub with: Vec<Read>,
    pub require: Vec<Guard>,
    pub touch: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Idempotency {
    pub header: http::HeaderName,
    /// What the whole key must look like.
    pub pattern: Option<regex::Regex>,
    pub ttl_ms: i64,
    pub per: LimitSubject,
    pub replayed: Option<HeaderName>,
    pub keep: Kept,
}

#[derive(Debug)]
pub struct Webhooks {
    pub subscriptions: ResourceIndex,
    pub url: String,
    pub events_field: String,
    pub secret: Option<String>,
    pub when: Option<Expression>,
    /// Event names and what each says; `emit` holds an index into this.
    pub events: Vec<(Arc<str>, Tree)>,
    pub body: Tree,
    pub headers: Vec<(String, Template)>,
    pub sign: Option<Sign>,
    /// Waits before each attempt, in ms.
    pub attempts_ms: Vec<i64>,
    pub timeout_ms: u64,
    pub event_id: IdKind,
    pub log: Option<(ResourceIndex, Vec<Assignment>)>,
    /// Does an operation send deliveries again? Only then what they sent is kept.
    pub resends: bool,
}

#[derive(Debug)]
pub struct Sign {
    pub header: String,
    pub over: Template,
    pub value: Template,
}

#[derive(Debug)]
pub struct Consent {
    pub resource: ResourceIndex,
    pub title: Template,
    pub text: Template,
    pub approve: Template,
    pub deny: Template,
    pub done: Template,
}
