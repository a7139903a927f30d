//! The words of operations: verbs, guards, changes, replies, lists.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ExpressionText, ReadRule, TemplateText, TreeJson};

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
    /// For `list`: only records (`record`) for which this holds, of those that fit `match` and filters: for conditions that are no query
    /// parameter. It is asked for each record, so a filter is faster.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<ExpressionText>,
    /// For `list`: query parameters that filter.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub filters: IndexMap<String, FilterRule>,
    /// For `list`: the query parameters that order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<SortRule>,
    /// Other errors in place of those that the pipeline raises by itself: `{ invalid: oauth_invalid }`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub errors: IndexMap<String, String>,
    /// What clients may count on when they repeat calls or wait for what comes of them. Inferred where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<CapabilityRule>,
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

/// What clients may count on. A fact about the service, not an instruction to the fake: tests and audits hold the service against it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CapabilityRule {
    /// Does a repeat with the same idempotency key and body give the first reply without a second effect?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<bool>,
    /// Does the reply say that work is queued, which is done later?
    #[serde(rename = "async", skip_serializing_if = "Option::is_none")]
    pub asynchronous: Option<bool>,
    /// The events that follow, at once or once queued work is done; no others do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emits: Option<Vec<String>>,
    /// May the call be repeated when its answer was lost?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_safe: Option<RetrySafety>,
    /// Can a reply of success hold items that failed?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_success: Option<bool>,
}

/// May a call be repeated when its answer was lost?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetrySafety {
    /// With or without an idempotency key.
    Always,
    /// Only with the idempotency key of the first attempt.
    WithKey,
    /// The repeat does something else, or fails.
    Never,
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
    /// A list: the change is made for each element, bound to `item`, with its place in `index`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<ExpressionText>,
    /// Reads for this change, made anew for each element.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, ReadRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<ExpressionText>,
    /// Fields set. `record` is the record as it stands here, `outer` the operation's record.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<String, TreeJson>,
    /// Event emitted for each record changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emit: Option<String>,
    /// Binds the resulting record under this name for what follows; with `each`, the list of them.
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
    /// The whole body. A record stands here for what callers may see of it, alone or in a list; a hidden field is shown only where it is
    /// named: `made.secret`. Names: those bound so far, and `records` and `page` for `list`.
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
    /// The result of an item that succeeded. Names: `item`, `index`, `record`, and `made`: what the operation's `also` bound with `as`, by name.
    pub success: TreeJson,
    /// The result of an item that failed. Names: `item`, `index`, `error`.
    pub failure: TreeJson,
    /// All or nothing: one failure refuses all, with that item's error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub atomic: bool,
    /// When this holds, all is done, told and undone again: a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearse: Option<ExpressionText>,
}

/// A delivery by hand; one of `event` and `again`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeliverRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The resource of the subscription; with `again`, that of the delivery's log.
    pub to: String,
    /// The delivery that the record (of the log) tells of is sent once more, with the same event id and body, to where the subscription
    /// points now. That record goes on: its attempts add up, and retries follow the schedule from its start.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Is the reply held back until the first attempt has been made, which is then made at once? `record` is the delivery's log as it stands
    /// after it, or after 30 s of waiting.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub wait: bool,
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
    /// What is compared, made of what was asked (`value`): `lower(value)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<ExpressionText>,
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
    /// The order when nothing is asked, where it is not the resource's: `-created_at`, fields as in the parameter.
    #[serde(rename = "default", skip_serializing_if = "Option::is_none")]
    pub usual: Option<String>,
    /// A second parameter with `asc` or `desc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
}
