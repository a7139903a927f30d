//! The words of `x-standin`: what an author may say about behaviour, spelled here and nowhere else.
//!
//! Inference proposes a [`Behaviour`] from the document alone; the document's root-level `x-standin` (mostly added by an overlay) corrects
//! it; [`super::plan`] compiles the result. The JSON Schema that editors complete overlays with is generated from these types.
//! The doc comments below are the public documentation of the words.

mod describe;
mod read;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use describe::{schema, table};
pub use read::read;

/// An expression (CEL) over bound names. In places that take text or JSON, expressions stand as `{{ … }}`.
pub type ExpressionText = String;
/// Text with `{{ expression }}` in it.
pub type TemplateText = String;
/// JSON with `{{ expression }}` at its leaves. A key that ends in `?` is left out when its value is null.
pub type TreeJson = Value;

/// What a service does, beyond what its document says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    /// Errors by name. Names that the pipeline raises by itself: `unknown_route`, `unknown_method`, `unreadable`, `too_large`,
    /// `unsupported_media_type`, `not_acceptable`, `invalid`, `unauthenticated`, `insufficient_scope`, `rate_limited`, `not_found`,
    /// `referenced`, `idempotency_mismatch`, `internal`. Any other name is yours, for `require` and `else`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub errors: IndexMap<String, ErrorRule>,
    /// How bodies are wrapped.
    #[serde(skip_serializing_if = "Shapes::is_empty")]
    pub shapes: Shapes,
    /// Rate limits by bucket name. Every bucket whose operations include a call is charged.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub limits: IndexMap<String, LimitRule>,
    /// Names of the headers that tell how a limit stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_headers: Option<LimitHeaders>,
    /// How callers prove who they are, by the name of the document's security scheme.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub credentials: IndexMap<String, CredentialRule>,
    /// Replay of replies by idempotency key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<IdempotencyRule>,
    /// The kinds of records that the service keeps, by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub resources: IndexMap<String, ResourceRule>,
    /// What each operation does, by `operationId` (or `METHOD /path` where a document gives none).
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub operations: IndexMap<String, OperationRule>,
    /// Events sent to subscribers over HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhooks: Option<WebhookRule>,
    /// The page on which a person approves or denies a browser authorization. Served below `/_standin/consent/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentRule>,
    /// Records that a new world starts with, by resource; missing fields are filled in as on creation.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub seed: IndexMap<String, Vec<TreeJson>>,
}

/// An error that callers get.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorRule {
    /// HTTP status.
    pub status: u16,
    /// Machine-readable code; `error.code` in the error shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Class of the error; `error.type` in the error shape.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Text for people; `error.message` in the error shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<TemplateText>,
    /// Details; `error.details` in the error shape. Without it the violations found, as `{field, message}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<TreeJson>,
    /// Extra response headers.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, TemplateText>,
}

/// How bodies are wrapped. Names bound: `record`, `records`, `page`, `message`, `error`, `call`, `now`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Shapes {
    /// A reply that shows one record: `{ data: "{{ record }}" }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<TreeJson>,
    /// A page of records: `{ data: "{{ records }}", meta: { total: "{{ page.total }}" } }`. `page` has `number`, `size`, `total`, `pages`,
    /// `offset`, `from`, `to`, `more`, `next` and `previous` (page numbers, offsets or cursors, or null), and the URLs `url_self`,
    /// `url_first`, `url_last`, `url_next`, `url_previous`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<TreeJson>,
    /// A reply that only says that something was done. `message` is bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<TreeJson>,
    /// An error. `error` has `status`, `code`, `type`, `message`, `details` (null when there are none), `retry_after` (seconds or null) and
    /// `violations` (objects with `place`, `field`, `pointer`, `keyword`, `message`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<TreeJson>,
}

impl Shapes {
    pub fn is_empty(&self) -> bool {
        *self == Shapes::default()
    }
}

/// A rate limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitRule {
    /// Calls per window: `100/min`, `10/s`, `5/10min`, `1000/h`, `5/d`.
    pub rate: String,
    /// Who is counted.
    #[serde(default)]
    pub per: LimitSubject,
    #[serde(default)]
    pub window: LimitWindow,
    /// Only these operations; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LimitSubject {
    /// Each credential by itself; calls without one are not counted.
    #[default]
    Credential,
    /// All calls to a world together.
    World,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LimitWindow {
    /// The last N seconds, whenever asked.
    #[default]
    Sliding,
    /// Starts anew at multiples of the window.
    Fixed,
}

/// Names of the headers that tell how the tightest limit stands; a header without a name is not sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitHeaders {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<String>,
    /// What the reset header counts.
    pub reset_unit: ResetUnit,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResetUnit {
    /// Unix time in seconds.
    #[default]
    UnixSeconds,
    /// Unix time in milliseconds.
    UnixMilliseconds,
    /// Seconds from now.
    DeltaSeconds,
}

/// How a credential of a security scheme is checked. Without a rule, any well-formed credential is let in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CredentialRule {
    /// The resource whose records are the credentials.
    pub resource: String,
    /// Its field that holds the text sent by the caller.
    pub secret: String,
    /// Its field that lists the scopes granted; without it every scope is granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<String>,
    /// Must hold for the credential (`record`) to be good: `record.expiresAt > now`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<ExpressionText>,
    /// Its field that keeps the instant of the last use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub touch: Option<String>,
}

/// Same key and same request: the first reply again. Same key and another request: `idempotency_mismatch`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IdempotencyRule {
    /// The request header that carries the key.
    pub header: String,
    /// How long a reply is kept: `24h`.
    pub ttl: String,
    /// Whose keys are apart: each credential's own, or one space for the whole world (one account with several credentials).
    pub per: LimitSubject,
    /// The operations that replay; those that declare the header when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operations: Option<Vec<String>>,
    /// A response header set to `true` on a replay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<String>,
    /// Which replies are kept.
    pub keep: Kept,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    /// Only 2xx: after an error the key is free.
    #[default]
    Successes,
    /// 2xx and 4xx, save 401, 403 and 429.
    Decided,
}

/// A kind of record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResourceRule {
    /// Pointer to the schema of a record as callers see it: `#/components/schemas/Post`. Without one the resource is internal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The id: its field and form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<IdRule>,
    /// Values set when a record is created, after the caller's fields and before the operation's own `set`. Names: `body`, `record` (so far),
    /// `me`, `now`, `call` and others bound by the operation.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<String, TreeJson>,
    /// Fields generated on creation from a pattern, shown in the reply that creates the record and never again: `whsec_[a-z0-9]{32}`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub secrets: IndexMap<String, String>,
    /// Fields that callers never see.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// Field stamped at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Field stamped at every change by a caller or a lifecycle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<String>,
    /// Field that lists are ordered by when nothing is asked; a leading `-` for newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Fields with an index.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub index: Vec<String>,
    /// Fields that name other records.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub references: IndexMap<String, ReferenceRule>,
    /// Changes of state that come with time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lifecycle: Vec<LifecycleRule>,
    /// The part of an upload whose bytes are kept with the record and served below `/_standin/bytes/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IdRule {
    /// The field; `id` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// A prefix before 16 characters: `post_`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Another form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<IdForm>,
    /// A regular expression to generate from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IdForm {
    Uuid,
    /// 1, 2, 3 …
    Integer,
}

/// A field that names another record, or a list of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceRule {
    /// The resource named.
    pub to: String,
    /// Error when a caller names a record that is not there. `missing` is bound to the id, `field` to the field (with its index). Without it
    /// the reference is not checked.
    #[serde(rename = "else", default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
    /// What happens when the record named is deleted.
    #[serde(default)]
    pub on_delete: OnDelete,
    /// Only referring records (`record`) for which this holds take part in `on_delete`; the others are left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ExpressionText>,
    /// Error for `refuse`; `referenced` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnDelete {
    /// Nothing: the name dangles.
    #[default]
    Keep,
    /// The referring record is deleted, too.
    Delete,
    /// The name is taken out (null, or out of the list).
    Clear,
    /// The deletion is refused.
    Refuse,
}

/// A change of state that comes with time. Rules of one state are tried in the order written; the first that is due and whose `when` holds
/// fires. A due rule whose `when` does not hold waits, and is tried again after every change in the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LifecycleRule {
    /// The field that holds the state.
    pub field: String,
    pub from: String,
    pub to: String,
    /// When it is due: an instant in ms. Null: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<ExpressionText>,
    /// When it is due: so long after the state was entered (`3s`). With neither: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Reads for `when` and `set`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, ReadRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ExpressionText>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<String, TreeJson>,
    /// Event emitted; see `webhooks.events`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emit: Option<String>,
}

/// A declared read; exactly one of `get`, `find`, `count`, `tally` and `value`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReadRule {
    /// One record of this resource, by `id` or `match`; null when there is none, unless `else` names an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get: Option<String>,
    /// Every record of this resource that fits `match`, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub find: Option<String>,
    /// How many records of this resource fit `match`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<String>,
    /// What was counted on each UTC day: a list of `{date, calls, errors, operations, created}`, one for every day from `from` to `to`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tally: Option<Tally>,
    /// The value of an expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<ExpressionText>,
    /// The id, for `get`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ExpressionText>,
    /// Fields and the values they must equal (an array field must contain it).
    #[serde(rename = "match", skip_serializing_if = "IndexMap::is_empty")]
    pub matching: IndexMap<String, ExpressionText>,
    /// Error when `get` finds nothing.
    #[serde(rename = "else", skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
}

/// The days of a tally, as instants in ms; both included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    pub from: ExpressionText,
    pub to: ExpressionText,
}

/// What an operation does. At most one verb: `list`, `get`, `create`, `update`, `replace`, `delete`, `save`, `batch`, `deliver`; with none it only
/// reads and replies. Names bound: `call`, `path`, `query`, `header`, `body`, `me`, `now`, `record`, and those of `with`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OperationRule {
    /// A page of this resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// One record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get: Option<String>,
    /// A new record from the body's fields, the resource's `set` and this operation's `set`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create: Option<String>,
    /// A record changed by the body's fields and `set`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<String>,
    /// A record whose fields are all taken from the body anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replace: Option<String>,
    /// A record removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<String>,
    /// The record that fits `match` updated, or created when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub save: Option<String>,
    /// Many items, each through another operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchRule>,
    /// An event sent to one subscription only (`record`), whether or not it asked for that event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliver: Option<DeliverRule>,
    /// The record's id; the last path parameter when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ExpressionText>,
    /// Fields that the record or records must have: `{ webhookId: path.id }`. They are set on creation.
    #[serde(rename = "match", skip_serializing_if = "IndexMap::is_empty")]
    pub matching: IndexMap<String, ExpressionText>,
    /// Reads, bound by name, in order.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, ReadRule>,
    /// Guards, in order; the first that does not hold answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<GuardRule>,
    /// Does the body's content go into the record? True when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<bool>,
    /// Fields set, after the body's.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<String, TreeJson>,
    /// Event emitted once done; see `webhooks.events`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emit: Option<String>,
    /// Further changes, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<ChangeRule>,
    /// The reply, where it is not the ordinary one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyRule>,
    /// For `list`: how pages are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<PageRule>,
    /// For `list`: query parameters that filter.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub filters: IndexMap<String, FilterRule>,
    /// For `list`: the query parameters that order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<SortRule>,
    /// The reply is a sample that fits the document: what it does is not known.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sampled: bool,
}

impl OperationRule {
    /// The word of its verb, if it has one.
    pub fn verb(&self) -> Option<&'static str> {
        let words = [
            (self.list.is_some(), "list"),
            (self.get.is_some(), "get"),
            (self.create.is_some(), "create"),
            (self.update.is_some(), "update"),
            (self.replace.is_some(), "replace"),
            (self.delete.is_some(), "delete"),
            (self.save.is_some(), "save"),
            (self.batch.is_some(), "batch"),
            (self.deliver.is_some(), "deliver"),
        ];
        words.iter().find(|(said, _)| *said).map(|(_, word)| *word)
    }
}

/// A condition that must hold, else an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardRule {
    pub that: ExpressionText,
    /// Name of the error.
    #[serde(rename = "else")]
    pub otherwise: String,
}

/// One further change; exactly one of `create`, `update`, `delete` and `save`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub save: Option<String>,
    /// The record, for `update` and `delete`. A record that is not there is passed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ExpressionText>,
    /// Every record that fits, for `update` and `delete`; the one to renew, for `save`.
    #[serde(rename = "match", skip_serializing_if = "IndexMap::is_empty")]
    pub matching: IndexMap<String, ExpressionText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<ExpressionText>,
    /// Fields set. `record` is the record as it stands here, `outer` the operation's record.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<String, TreeJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emit: Option<String>,
    /// Binds the resulting record under this name for what follows.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A reply as the author writes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReplyRule {
    /// Status, a number or an expression; the first declared 2xx (or 3xx) when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Value>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, TemplateText>,
    /// The whole body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<TreeJson>,
    /// Only the record in the ordinary shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<TreeJson>,
    /// Only a message in the ordinary shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<TemplateText>,
}

/// Items of the body, each through another operation's rules. An item's violations are its own and refuse nothing else, unless `atomic`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchRule {
    /// The body's property that holds the items.
    pub items: String,
    /// The operation each item goes through.
    pub run: String,
    /// The body for that operation; the item itself when absent. Names: `item`, `index`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<TreeJson>,
    /// The path parameters for that operation.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub path: IndexMap<String, ExpressionText>,
    /// The result of an item that succeeded. Names: `item`, `index`, `record`.
    pub success: TreeJson,
    /// The result of an item that failed. Names: `item`, `index`, `error`.
    pub failure: TreeJson,
    /// All or nothing: one failure refuses all, with that item's error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub atomic: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliverRule {
    pub event: String,
    /// The resource of the subscription.
    pub to: String,
}

/// How pages of a list are asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PageRule {
    pub style: PageStyle,
    /// Query parameter with the page number, the offset or the cursor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Query parameter with the size of a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Size of a page when not asked; 20 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<usize>,
    /// Is a `Link` header (RFC 8288) with first, prev, next and last sent?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub link: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PageStyle {
    /// Everything at once.
    #[default]
    None,
    Page,
    Offset,
    Cursor,
}

/// A query parameter that filters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FilterRule {
    /// The record's field; the parameter's name when absent. For `nested`, unused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The comparison; `eq` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<FilterOperator>,
    /// The parameter holds fields and operators itself: `filter[status]=queued`, `filter[createdAt][gte]=0`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nested: bool,
    /// A value that means "no filter": `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FilterOperator {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    /// One of several, separated by commas.
    In,
    /// Case-insensitive substring.
    Contains,
}

/// The query parameters that order a list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SortRule {
    /// Comma-separated fields; a leading `-` for descending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// A second parameter with `asc` or `desc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
}

/// Events sent to subscribers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookRule {
    /// The resource whose records subscribe.
    pub subscriptions: String,
    /// Its field with the target.
    pub url: String,
    /// Its field with the list of events asked for.
    pub events_field: String,
    /// Its field with the secret to sign with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Only subscriptions (`record`) for which this holds get anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<ExpressionText>,
    /// Events, and what each says. Names: those of the rule that emits, `record` first.
    pub events: IndexMap<String, TreeJson>,
    /// The body sent. Names: `event`, `event_id`, `data`, `now`, `subscription`.
    pub body: TreeJson,
    /// Headers sent; same names.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, TemplateText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign: Option<SignRule>,
    /// Waits before each attempt, the first included: `[0s, 30s, 2m]`.
    pub attempts: Vec<String>,
    /// How long an answer may take.
    pub timeout: String,
    /// The form of event ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<IdRule>,
    /// Records of deliveries, for callers to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<DeliveryLogRule>,
}

/// HMAC-SHA256 over `over`, made at every attempt. Names: `body` (the text sent), `now`, `seconds` (now in seconds), `event_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignRule {
    pub header: String,
    pub over: TemplateText,
    /// The header's value; `hex` and `base64` are bound to the digest.
    pub value: TemplateText,
}

/// Fields of a delivery's record, set when it starts and after each attempt. Names: `delivery` with `event`, `event_id`, `status` (`pending`,
/// `delivered`, `failed`), `attempts`, `response_status`, `error`, `next_at`, `delivered_at`, `created_at`; `subscription`; `now`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryLogRule {
    pub resource: String,
    pub set: IndexMap<String, TreeJson>,
}

/// The page on which a person approves or denies. Names: `record`, `call`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentRule {
    /// The resource whose records are the pending authorizations; the page of one is `/_standin/consent/ID`.
    pub resource: String,
    pub title: TemplateText,
    pub text: TemplateText,
    /// Where the approve button leads.
    pub approve: TemplateText,
    /// Where the deny button leads.
    pub deny: TemplateText,
    /// What the page at `/_standin/consent/ID/done` says: where a callback can send the browser.
    pub done: TemplateText,
}
