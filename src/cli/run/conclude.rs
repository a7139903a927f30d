//! What all that was done comes to.

use super::execute::{AllDone, Done};
use super::plan::Plan;
use super::snapshots::Judged;
use super::{EXIT_FAILED, EXIT_INTERRUPTED, EXIT_PENDING, EXIT_UNREACHABLE, tell};
use crate::scenario::code::Code;
use crate::scenario::coverage;
use crate::scenario::finding::{Finding, Severity};
use crate::scenario::model::WorkflowRef;
use crate::scenario::results::{ApiCoverage, Results, Status};

#[derive(Debug)]
pub struct Outcome {
    pub results: Results,
    interrupted: bool,
    /// Parallel to the results' workflows: each, and its fresh snapshot where one was taken.
    pub snapshots: Vec<(WorkflowRef, Option<Judged>)>,
}

pub fn conclude(plan: &Plan, done: AllDone) -> Outcome {
    let mut workflows = Vec::with_capacity(done.workflows.len());
    let mut snapshots = Vec::new();
    for Done { workflow, mut result, mut snapshot } in done.workflows {
        if let Some(judged) = &mut snapshot {
            let findings = std::mem::take(&mut judged.findings);
            result.findings.extend(findings.into_iter().map(|finding| tell::masked(finding, &plan.mask)));
        }
        if result.status == Status::Passed && result.findings.iter().any(|finding| finding.severity == Severity::Error)
        {
            result.status = Status::Failed;
        }
        snapshots.push((workflow, snapshot));
        workflows.push(result);
    }
    let services = plan.suite.apis.iter().zip(&done.coverage).filter(|(api, _)| !api.control);
    let mut findings = Vec::new();
    let mut covered = Vec::new();
    for (api, coverage) in services {
        findings.extend(coverage::lacking(coverage, &api.file.as_str().into(), &plan.bounds));
        covered.push(ApiCoverage { name: api.name.clone(), file: api.file.clone(), items: coverage.items() });
    }
    let results = Results {
        tool: concat!("standin ", env!("CARGO_PKG_VERSION")).to_owned(),
        target: plan.target.shown().to_owned(),
        workflows,
        coverage: covered,
        findings,
        strict: plan.strict,
        duration_ms: 0,
    };
    Outcome { results, interrupted: done.interrupted, snapshots }
}

impl Outcome {
    /// The worst of what was found: interrupted, unreachable, failed, pending, passed.
    pub fn exit_code(&self) -> u8 {
        if self.interrupted {
            return EXIT_INTERRUPTED;
        }
        let strict = self.results.strict;
        let workflows = &self.results.workflows;
        if workflows.iter().any(|workflow| workflow.status == Status::Unreachable) {
            return EXIT_UNREACHABLE;
        }
        let of_workflows = workflows.iter().flat_map(|workflow| &workflow.findings);
        let failing: Vec<&Finding> =
            of_workflows.chain(&self.results.findings).filter(|finding| finding.fails(strict)).collect();
        let pending = |finding: &&Finding| matches!(finding.code, Code::SnapshotChanged | Code::SnapshotMissing);
        let failed = workflows.iter().any(|workflow| workflow.status == Status::Failed);
        if failed || failing.iter().any(|finding| !pending(finding)) {
            EXIT_FAILED
        } else if failing.is_empty() {
            0
        } else {
            EXIT_PENDING
        }
    }
}
