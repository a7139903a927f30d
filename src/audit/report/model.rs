//! What reports tell of an audit: plain values without secrets, bounded in number. As JSON this is the report for programs, and
//! `spec/audit-report.schema.json` is generated from it; the other formats are written from the same values.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::audit::grade::Grade;
use crate::audit::rule::Severity;

/// Counts up when a field goes or changes its meaning; new fields leave it as it is.
pub const VERSION: u32 = 1;

/// What `standin audit --report json=FILE` writes. `version` counts up when a field goes or changes its meaning; new fields may come without
/// it. Secrets are masked everywhere. Times are whole microseconds since the run began, as the server saw them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, title = "standin audit report")]
pub struct Report {
    /// Version of this form.
    pub version: u32,
    /// Name and version of the program.
    pub tool: String,
    /// The service's title.
    pub service: String,
    /// The client command with its arguments; empty for a session that was only watched.
    pub command: Vec<String>,
    /// Where ids, sample data and chance started: the same seed gives the same faults.
    pub seed: u64,
    pub ended: Ended,
    /// Null where no rule was decided.
    pub grade: Option<Grade>,
    /// Null where no rule was decided.
    pub score: Option<Score>,
    pub summary: Summary,
    /// Every rule, in the order of the families; empty where the client could not be judged.
    pub rules: Vec<Rule>,
    /// The plan's trials, in its order.
    pub trials: Vec<Trial>,
    /// What was seen, trial by trial.
    pub runs: Vec<Run>,
}

/// How the audit ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Ended {
    pub state: EndState,
    /// In words, where it is anything but finished, or where more was seen than is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EndState {
    /// Everything that applied was run.
    Finished,
    /// Somebody stopped it; what was seen until then is judged.
    Interrupted,
    /// The whole took longer than it may; what was seen until then is judged.
    OutOfTime,
    /// The client could not be judged at all.
    Unjudged,
}

/// How the grade came about: the weight of the rules that were kept, of all that were decided.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Score {
    pub kept: u32,
    pub decided: u32,
    /// The severity whose broken rules hold the grade below what the share alone would give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capped_by: Option<Severity>,
}

/// How many there are of what.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Summary {
    pub rules: RuleCounts,
    /// The rules that were broken, by severity.
    pub broken: SeverityCounts,
    pub trials: TrialCounts,
    /// Calls and other requests that were seen.
    pub exchanges: usize,
    /// Attempts to deliver webhooks.
    pub deliveries: usize,
    /// How long all runs took together, in microseconds.
    pub took_us: u64,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct RuleCounts {
    pub passed: usize,
    pub failed: usize,
    pub undecided: usize,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct SeverityCounts {
    pub critical: usize,
    pub error: usize,
    pub warning: usize,
    pub note: usize,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct TrialCounts {
    pub run: usize,
    pub skipped: usize,
}

/// One rule and what became of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Rule {
    /// Never changes its meaning.
    pub code: String,
    /// The family's title.
    pub family: String,
    pub severity: Severity,
    /// What a good client does.
    pub title: String,
    /// The standard or guide, with its section.
    pub source: String,
    pub outcome: Outcome,
    /// Why it is undecided: what the client would have had to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What shows it, the worst first.
    pub evidence: Vec<Evidence>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    Passed,
    Failed,
    /// It could not be judged.
    Undecided,
}

/// Something that was seen.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Evidence {
    pub text: String,
    /// Index into `runs`.
    pub run: usize,
    /// The numbers of the run's exchanges that are meant, in order.
    pub exchanges: Vec<u64>,
    /// How many more are meant.
    pub exchanges_left_out: usize,
}

/// One trial of the plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Trial {
    pub name: String,
    pub title: String,
    /// Indices into `runs`; empty where it was skipped.
    pub runs: Vec<usize>,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
}

/// One run of the client, in a world of its own.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Run {
    /// The trial's name; `session` where nobody planned.
    pub trial: String,
    /// Counts from 1 where a trial has several runs.
    pub number: u32,
    pub exit: Exit,
    pub took_us: u64,
    /// The faults that were armed, as they stood at the end.
    pub faults: Vec<Fault>,
    /// The calls as their author meant them, each with its attempts.
    pub calls: Vec<Call>,
    /// How many more calls there were, all of whose attempts are left out.
    pub calls_left_out: usize,
    /// In the order begun. Those that evidence names come first where not all are told.
    pub exchanges: Vec<Exchange>,
    /// How many more there were: judged, but for those beyond what is kept of a world.
    pub exchanges_left_out: usize,
    /// Attempts to deliver webhooks, in the order begun.
    pub deliveries: Vec<Delivery>,
    /// How many more there were: judged, but for those beyond what is kept of a world.
    pub deliveries_left_out: usize,
    /// The end of what the client wrote to standard output.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stdout: String,
    /// The end of what the client wrote to standard error.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stderr: String,
}

/// How a client ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Exit {
    pub how: ExitKind,
    /// The exit code, or the signal's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ExitKind {
    /// By itself, with a code.
    Code,
    /// A signal that was not ours ended it.
    Signal,
    /// It was stopped because it took longer than it may.
    TimedOut,
    /// It was stopped because it made more calls than it may.
    Flooded,
    /// Nobody watched the process.
    Unknown,
}

/// A fault that was armed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Fault {
    /// As it is written in a plan.
    pub fault: Map<String, Value>,
    /// Matching calls or deliveries that it saw.
    pub seen: u32,
    /// How many of them it hit.
    pub hits: u32,
}

/// One call as its author meant it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Call {
    /// The operation's `operationId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The numbers of its exchanges, in order; those that are left out there are left out here.
    pub attempts: Vec<u64>,
    pub attempts_left_out: usize,
    pub certainty: Certainty,
}

/// How sure it is that the attempts belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Certainty {
    /// They look alike and follow a failure.
    Likely,
    /// They carry the same key or id, or there is only one.
    Certain,
}

/// One request and what came of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Exchange {
    /// Counts up from 1 within the run.
    pub number: u64,
    /// The connection it came on.
    pub connection: u64,
    /// When the request's head was read.
    pub begun_us: u64,
    /// When the last byte was written, or the connection ended.
    pub ended_us: u64,
    pub end: End,
    /// Was the client still waiting for it when the run ended? It was stopped then, or nobody watched for longer; it had not given up.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub still_waiting: bool,
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The operation's `operationId`; absent when no route leads anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// What was answered. The client has seen no status where `end` or the faults say so.
    pub status: u16,
    /// The reply's `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
    /// Stands for the idempotency key: equal keys have equal numbers in the whole report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<usize>,
    pub request_bytes: usize,
    pub reply_bytes: usize,
    pub performed: Performed,
    /// The faults that struck it.
    pub struck: Vec<Struck>,
    /// The records that it created.
    pub made: Vec<Made>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// The reply was written as it was meant to be, whole or damaged in its content.
    Replied,
    /// A fault broke the connection.
    Cut,
    /// The client closed the connection before the reply was written.
    Left,
}

/// Was the call performed?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Performed {
    /// Refused, or failed before the effect.
    No,
    Yes,
    /// A fault performed it twice.
    Twice,
    /// The first reply was given again for its idempotency key.
    Replayed,
}

/// A fault that struck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Struck {
    /// The kind's word.
    pub kind: String,
    pub text: String,
}

/// A record that was created.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Made {
    pub kind: String,
    pub id: String,
}

/// One attempt to deliver a webhook to the client.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Delivery {
    pub begun_us: u64,
    pub ended_us: u64,
    pub event: String,
    /// The same for each delivery of the event.
    pub event_id: String,
    pub url: String,
    /// What the receiver answered; null when it did not.
    pub status: Option<u16>,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The faults that struck it.
    pub struck: Vec<Struck>,
}
