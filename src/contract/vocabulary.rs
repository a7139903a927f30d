//! The words of `x-standin`: what an author may say about behaviour, spelled here and nowhere else. Those of resources and of operations
//! stand in files of their own.
//!
//! Inference proposes a [`Behaviour`] from the document alone; the document's root-level `x-standin` (mostly added by an overlay) corrects
//! it; [`super::plan`] compiles the result. The JSON Schema that editors complete overlays with is generated from these types.
//! The doc comments below are the public documentation of the words.

mod describe;
mod operation;
mod read;
mod resource;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use describe::{schema, table};
pub use operation::*;
pub use read::read;
pub use resource::*;

/// An expression (CEL) over bound names. In places that take text or JSON, expressions stand as `{{ … }}`.
pub type ExpressionText = String;
/// Text with `{{ expression }}` in it.
pub type TemplateText = String;
/// JSON with `{{ expression }}` at its leaves. A key that ends in `?` is left out when its value is null.
pub type TreeJson = Value;

/// What a service does, beyond what its document says. A named error, limit, credential, resource or operation that was inferred is taken back
/// by setting it to null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    /// Errors by name. Names that the pipeline raises by itself: `unknown_route`, `unknown_method`, `unreadable`, `too_large`,
    /// `unsupported_media_type`, `not_acceptable`, `invalid`, `unauthenticated`, `insufficient_scope`, `rate_limited`, `not_found`,
    /// `referenced`, `idempotency_mismatch`, `idempotency_in_progress` (`idempotency_mismatch` with another message when absent),
    /// `idempotency_invalid` (`invalid` when absent), `internal`. Any other name is yours, for `require` and `else`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub errors: IndexMap<String, ErrorRule>,
    /// How bodies are wrapped.
    #[serde(skip_serializing_if = "Shapes::is_empty")]
    pub shapes: Shapes,
    /// What the service overlooks in requests.
    #[serde(skip_serializing_if = "RequestRule::is_empty")]
    pub requests: RequestRule,
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
    /// Machine-readable code; `error.code` in the error shape. `violations` is bound here and below, as in the error shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<TemplateText>,
    /// Class of the error; `error.type` in the error shape.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Text for people; `error.message` in the error shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<TemplateText>,
    /// Details; `error.details` in the error shape. Without it the violations found, as `{field, message}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<TreeJson>,
    /// The whole body, where it does not wear the error shape; the same names are bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<TreeJson>,
    /// Extra response headers.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, TemplateText>,
}

/// What the service overlooks in requests, before anything is validated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RequestRule {
    /// A body that is a JSON object or list is read as JSON, whatever its `Content-Type` says or lacks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub any_json: bool,
    /// Parameters of the query that the operation does not declare stand for members of the body that it lacks, read as a form's fields.
    /// No body is then an empty one, where a body is required.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub query_as_body: bool,
    /// Texts in bodies lose the white space at their ends.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub trim: bool,
    /// An empty text in a body or a query is as good as none: null where null is allowed, else absent, from lists as well.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub blank_as_absent: bool,
    /// Text in a JSON body is taken for the number or boolean that the schema wants, as in a form.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub numbers_as_text: bool,
}

impl RequestRule {
    pub fn is_empty(&self) -> bool {
        *self == RequestRule::default()
    }
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitRule {
    /// Calls per window: `100/min`, `10/s`, `5/10min`, `1000/h`, `5/d`.
    pub rate: String,
    /// Who is counted.
    #[serde(default)]
    pub per: LimitSubject,
    /// What tells callers apart, where it is not the credential itself: `me.userId`. Null counts the credential. Names: `me`, `now`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ExpressionText>,
    /// Only callers for which this holds are counted: `me.plan == 'free'`. Names: `me`, `now`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ExpressionText>,
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
    /// Error for a credential that no record has, or for which `when` does not hold; `unauthenticated` when absent, as for no credential.
    #[serde(rename = "else", skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
    /// Reads for `require`. Names: `record`, `operation` (its `operationId`), `now`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, ReadRule>,
    /// Guards of every call with such a credential, in order, before limits are charged: an expired token, a lapsed account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<GuardRule>,
    /// Its field that keeps the instant of the last use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub touch: Option<String>,
}

/// Same key and same request: the first reply again, or `idempotency_in_progress` with `Retry-After: 1` while that is held back
/// (`deliver.wait`). Same key and another request: `idempotency_mismatch`. Both have `key` bound.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IdempotencyRule {
    /// The request header that carries the key.
    pub header: String,
    /// What a key must look like, a regular expression for all of it; else `idempotency_invalid`, with `key` bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
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
    /// Only subscriptions (`record`) for which this holds get anything. Names: `event`, `data` (what it says), `now`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<ExpressionText>,
    /// Events, and what each says. Names: those of the rule that emits, `record` first.
    pub events: IndexMap<String, TreeJson>,
    /// The body sent. Names: `event`, `event_id`, `data`, `now`, `subscription`.
    pub body: TreeJson,
    /// Headers sent, made anew at each attempt. The same names, `seconds` (now in seconds), and `delivery` with `id` (of its log record) and
    /// `attempt` (from 1).
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

/// Fields of a delivery's record, set when it starts and after each attempt. Names: `delivery` with `id` (the record's own), `event`,
/// `event_id`, `url`, `status` (`pending`, `delivered`, `failed`), `attempts`, `response_status`, `response_body` (its first KiB, as text),
/// `latency_ms` (0 where the clock does not follow wall time), `error`, `next_at`, `delivered_at`, `created_at`; `subscription`; `now`.
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
