//! How each operation of a matrix is called with success: the format of `tests/matrix/<service>.yaml`.
//!
//! In every text `{name.member.0}` stands for a value that an earlier step bound: alone it is the value itself, within other text its
//! text. Names are those of `as`, and `reply` where a subject is looked at: the body of the reply to the call.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

/// All cases of one service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Casebook {
    /// What another body under a known idempotency key is answered with.
    pub conflict: Conflict,
    /// Collections that no caller sees, by name, with the reason: what changes there is no effect.
    #[serde(default)]
    pub private: BTreeMap<String, String>,
    /// Reasons that several cases share, by anchor.
    #[serde(default)]
    #[allow(dead_code, reason = "read by people")]
    pub notes: Vec<String>,
    /// By operationId.
    pub cases: IndexMap<String, Case>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    pub status: u16,
    /// Members on the way to the code: `error.code`.
    pub at: String,
    pub code: String,
}

/// How one operation is called.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What is done before, in a fresh world.
    #[serde(default)]
    pub setup: Vec<Step>,
    #[serde(default)]
    pub call: Request,
    /// Another body for the same call, for the conflict. An operation that takes a body has one.
    pub other: Option<Value>,
    /// Further ways in which the call goes well: together with the first they bring about every event of the matrix.
    #[serde(default)]
    pub otherwise: Vec<Way>,
    /// For queued work: where its completion is seen.
    pub subject: Option<Subject>,
    /// A call with good and bad items.
    pub partial: Option<Partial>,
    /// Why a repeat with the same key is answered as before although the matrix does not say so.
    pub accepts_key: Option<String>,
    /// Why something goes on after a reply that does not say so.
    pub unrest: Option<String>,
}

/// One way in which a call goes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    #[serde(default)]
    pub setup: Vec<Step>,
    #[serde(default)]
    pub call: Request,
}

/// Something done before the call; exactly one of `do`, `seed`, `record` and `wait`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// An operation, which must succeed; its reply's body is bound to `as`.
    #[serde(rename = "do")]
    pub operation: Option<String>,
    #[serde(default)]
    pub with: Request,
    /// A resource to which `records` are added, as the control API's `seedRecords` does.
    pub seed: Option<String>,
    #[serde(default)]
    pub records: Vec<Value>,
    /// A resource whose newest record is bound to `as`, with the fields that callers never see.
    pub record: Option<String>,
    /// Seconds by which the clock moves.
    pub wait: Option<i64>,
    #[serde(rename = "as")]
    pub name: Option<String>,
}

/// What is sent. Method and path come from the operation.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// Path parameters.
    pub path: IndexMap<String, String>,
    /// A whole URL in place of the operation's path: one that an earlier reply gave.
    pub url: Option<String>,
    pub query: IndexMap<String, String>,
    pub headers: IndexMap<String, String>,
    /// A further object whose members are sent as headers: `{upload.uploadHeaders}`.
    pub headers_of: Option<String>,
    /// A JSON body.
    pub body: Option<Value>,
    /// A body that is sent as it is.
    pub bytes: Option<String>,
    /// No credential is sent.
    pub anonymous: bool,
}

/// Where something is seen, and what it looks like when work on it is done.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The operation that reads it; or, for what no caller can see, the resource of its record.
    pub get: Option<String>,
    #[serde(default)]
    pub with: Request,
    pub record: Option<String>,
    /// The record's id.
    #[serde(default)]
    pub id: String,
    /// Values by the members on the way: `{ status: published, platforms.0.status: published }`.
    pub done: IndexMap<String, Value>,
}

/// A call of which a part fails.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partial {
    #[serde(default)]
    pub setup: Vec<Step>,
    #[serde(default)]
    pub call: Request,
    pub items: Items,
}

/// Where each item's fate is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Items {
    /// In what the case's subject looks like once the work is done, not in the reply.
    #[serde(default)]
    pub in_subject: bool,
    /// Members on the way to the list.
    pub at: String,
    /// Members on the way from an item to the word or truth that tells its fate.
    pub fate: String,
    pub succeeded: Value,
    pub failed: Value,
}

impl Casebook {
    #[track_caller]
    pub fn read(name: &str, text: &str) -> Casebook {
        serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// A value by the members on the way to it: `data.0.id`. Null when there is none.
pub fn member<'v>(value: &'v Value, way: &str) -> &'v Value {
    let pointer: String = way.split('.').filter(|part| !part.is_empty()).map(|part| format!("/{part}")).collect();
    value.pointer(&pointer).unwrap_or(&Value::Null)
}
