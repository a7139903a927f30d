//! The numbers that every report tells, counted in one place so that all tell the same.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::scenario::coverage::{Dimension, Item};
use crate::scenario::finding::{Finding, Severity};
use crate::scenario::results::{ApiCoverage, Results, SnapshotState, Status, WorkflowResult};

/// The dimensions in the order in which they are told, from coarse to fine, each with its name in the plural.
pub const DIMENSIONS: [(Dimension, &str); 6] = [
    (Dimension::Operation, "operations"),
    (Dimension::Status, "statuses"),
    (Dimension::MediaType, "media types"),
    (Dimension::Parameter, "parameters"),
    (Dimension::ResponseProperty, "response properties"),
    (Dimension::EnumValue, "enum values"),
];

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub workflows: Workflows,
    pub steps: Steps,
    pub findings: Findings,
    pub snapshots: Snapshots,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Workflows {
    pub passed: usize,
    pub failed: usize,
    pub unreachable: usize,
    pub skipped: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Steps {
    pub passed: usize,
    /// Attempts that did not pass, and were followed by another.
    pub retried: usize,
    pub failed: usize,
    pub skipped: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    pub errors: usize,
    pub warnings: usize,
    pub notes: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Snapshots {
    pub same: usize,
    pub changed: usize,
    pub new: usize,
    pub updated: usize,
}

/// What of one dimension was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub name: &'static str,
    pub seen: usize,
    pub all: usize,
}

impl Workflows {
    pub fn total(&self) -> usize {
        self.passed + self.failed + self.unreachable + self.skipped
    }
}

impl Steps {
    pub fn total(&self) -> usize {
        self.passed + self.retried + self.failed + self.skipped
    }
}

impl Snapshots {
    pub fn total(&self) -> usize {
        self.same + self.changed + self.new + self.updated
    }
}

impl Summary {
    pub fn of(results: &Results) -> Summary {
        let mut summary = Summary::default();
        for workflow in &results.workflows {
            summary.add(workflow, results.strict);
        }
        for (_, finding) in findings(results) {
            match finding.severity {
                Severity::Error => summary.findings.errors += 1,
                Severity::Warning => summary.findings.warnings += 1,
                Severity::Note => summary.findings.notes += 1,
            }
        }
        summary
    }

    fn add(&mut self, workflow: &WorkflowResult, strict: bool) {
        match standing(workflow, strict) {
            Status::Passed => self.workflows.passed += 1,
            Status::Failed => self.workflows.failed += 1,
            Status::Unreachable => self.workflows.unreachable += 1,
            Status::Skipped => self.workflows.skipped += 1,
        }
        for step in &workflow.steps {
            match (step.skipped.is_some(), step.passed, step.retried) {
                (true, ..) => self.steps.skipped += 1,
                (_, true, _) => self.steps.passed += 1,
                (_, _, true) => self.steps.retried += 1,
                (_, _, false) => self.steps.failed += 1,
            }
        }
        match workflow.snapshot {
            SnapshotState::Off => {}
            SnapshotState::Same => self.snapshots.same += 1,
            SnapshotState::Changed => self.snapshots.changed += 1,
            SnapshotState::New => self.snapshots.new += 1,
            SnapshotState::Updated => self.snapshots.updated += 1,
        }
    }
}

/// How a workflow stands in a report: one that ran to its end and has findings that fail the run failed.
pub fn standing(workflow: &WorkflowResult, strict: bool) -> Status {
    match workflow.status {
        Status::Passed if workflow.failed(strict) => Status::Failed,
        status => status,
    }
}

/// Every finding with its workflow, those of the whole run last.
pub fn findings(results: &Results) -> impl Iterator<Item = (Option<&WorkflowResult>, &Finding)> {
    let of_workflows = results
        .workflows
        .iter()
        .flat_map(|workflow| workflow.findings.iter().map(move |finding| (Some(workflow), finding)));
    of_workflows.chain(results.findings.iter().map(|finding| (None, finding)))
}

/// Is it told by itself? Notes are only counted.
pub fn is_told(finding: &Finding) -> bool {
    finding.severity > Severity::Note
}

/// How often there is a note of each code, by its word.
pub fn notes(results: &Results) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for (_, finding) in findings(results).filter(|(_, finding)| !is_told(finding)) {
        *counts.entry(finding.code.word()).or_default() += 1;
    }
    counts
}

/// The dimensions of which the API has anything.
pub fn shares(api: &ApiCoverage) -> Vec<Share> {
    let shares = DIMENSIONS.iter().map(|(dimension, name)| {
        let (seen, all) = count(api.items.iter().filter(|item| item.dimension == *dimension));
        Share { name, seen, all }
    });
    shares.filter(|share| share.all > 0).collect()
}

/// Seen and all.
pub fn count<'i>(items: impl Iterator<Item = &'i Item>) -> (usize, usize) {
    items.fold((0, 0), |(seen, all), item| (seen + usize::from(item.seen > 0), all + 1))
}
