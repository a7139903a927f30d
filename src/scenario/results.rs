//! All that came out of a run, ready to be told: plain values without secrets, the same in every report.

use serde::Serialize;

use super::coverage::Item;
use super::finding::Finding;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Results {
    /// `standin 0.1.0`.
    pub tool: String,
    /// What was run against: `fake`, or the URL.
    pub target: String,
    pub workflows: Vec<WorkflowResult>,
    /// By API.
    pub coverage: Vec<ApiCoverage>,
    /// What belongs to no workflow: unreferenced snapshots, coverage below the bound.
    pub findings: Vec<Finding>,
    /// Wall time of the whole run, ms.
    pub duration_ms: u64,
    /// Warnings fail the run too, so that every report gives the verdict that the exit code gives.
    pub strict: bool,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiCoverage {
    pub name: String,
    pub file: String,
    pub items: Vec<Item>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    Passed,
    Failed,
    /// The target could not be reached.
    Unreachable,
    /// Not run: `--fail-fast`, or a workflow that it depends on failed.
    Skipped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SnapshotState {
    /// Not taken.
    Off,
    Same,
    Changed,
    /// There is no approved one.
    New,
    /// Written by `--update`.
    Updated,
}

impl SnapshotState {
    /// Does the fresh one differ from what is approved?
    pub fn differs(self) -> bool {
        matches!(self, SnapshotState::Changed | SnapshotState::New)
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowResult {
    pub file: String,
    /// JSON Pointer of the workflow in its file.
    pub pointer: String,
    /// Line of the workflow in its file, from 1; 0 where it is not known.
    pub line: usize,
    pub id: String,
    pub summary: String,
    pub status: Status,
    /// Why it was not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub duration_ms: u64,
    /// In the order in which they happened; `Finding::visit` is an index in here.
    pub steps: Vec<StepResult>,
    pub findings: Vec<Finding>,
    pub snapshot: SnapshotState,
    /// The approved snapshot's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_file: Option<String>,
    /// The diff to the approved snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepResult {
    pub id: String,
    pub description: String,
    /// The workflow that it belongs to, where that is one that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    pub depth: usize,
    pub attempt: u32,
    pub passed: bool,
    /// It did not pass, and another attempt followed.
    pub retried: bool,
    /// Why it was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<Message>,
    pub duration_ms: f64,
    /// Why the fake answered so: its journal's cause chain; empty elsewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// A command that sends the same request, secrets masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curl: Option<String>,
}

/// A request or reply as people read it, secrets masked.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// `POST http://…` or `201 Created`.
    pub line: String,
    pub headers: Vec<(String, String)>,
    /// Pretty-printed JSON, text, or a note about its bytes.
    pub body: String,
}

/// Where the line and column of a place are found: the rim reads files for it.
pub trait Positions {
    /// Where a JSON Pointer leads in a file; `None` when it leads nowhere or the file cannot be read.
    fn find(&self, file: &str, pointer: &str) -> Option<Position>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Counts from 1.
    pub line: usize,
    /// Counts characters from 1.
    pub column: usize,
    /// Just after the last character that belongs to it, in the same line.
    pub end_column: usize,
}

impl Results {
    /// Do any of the findings fail the run? Warnings do when `strict`.
    pub fn failed(&self, strict: bool) -> bool {
        self.findings.iter().any(|finding| finding.fails(strict))
            || self.workflows.iter().any(|workflow| workflow.failed(strict))
    }
}

impl WorkflowResult {
    /// Does the workflow fail the run? One that was skipped does only by a finding that says why that is wrong.
    pub fn failed(&self, strict: bool) -> bool {
        matches!(self.status, Status::Failed | Status::Unreachable)
            || self.findings.iter().any(|finding| finding.fails(strict))
    }
}

#[cfg(test)]
mod tests;
