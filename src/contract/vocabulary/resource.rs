//! The words of resources: records, their references, their lifecycle, and declared reads.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ChangeRule, ExpressionText, TreeJson};

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
    /// The part of an upload whose bytes are kept with the record and served below `/_standin/bytes/`; `*` for a body that is all bytes.
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
    /// Further changes, in order, after the state has changed; `outer` is the record that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<ChangeRule>,
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
