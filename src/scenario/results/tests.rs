use std::sync::Arc;

use super::*;
use crate::scenario::code::Code;
use crate::scenario::finding::Severity;
use crate::scenario::finding::Site;

fn results(workflows: Vec<WorkflowResult>, findings: Vec<Finding>) -> Results {
    Results {
        tool: "standin 0.0.0".into(),
        target: "fake".into(),
        workflows,
        coverage: Vec::new(),
        findings,
        duration_ms: 1,
        strict: false,
    }
}

fn workflow(status: Status, findings: Vec<Finding>) -> WorkflowResult {
    WorkflowResult {
        file: "a.arazzo.yaml".into(),
        pointer: "/workflows/0".into(),
        line: 1,
        id: "a".into(),
        summary: String::new(),
        status,
        reason: None,
        duration_ms: 1,
        steps: Vec::new(),
        findings,
        snapshot: SnapshotState::Off,
        snapshot_file: None,
        diff: None,
    }
}

fn finding(severity: Severity) -> Finding {
    let file: Arc<str> = Arc::from("a.arazzo.yaml");
    Finding {
        code: Code::BodyInvalid,
        severity,
        message: "wrong".into(),
        hint: None,
        scenario: Site { file, pointer: String::new() },
        document: None,
        visit: None,
        expected: None,
        found: None,
    }
}

#[test]
fn a_run_of_nothing_and_one_that_passed_do_not_fail() {
    assert!(!results(vec![], vec![]).failed(true));
    assert!(!results(vec![workflow(Status::Passed, vec![])], vec![]).failed(true));
}

#[test]
fn failing_and_unreachable_workflows_fail_and_skipped_ones_do_not() {
    assert!(results(vec![workflow(Status::Failed, vec![])], vec![]).failed(false));
    assert!(results(vec![workflow(Status::Unreachable, vec![])], vec![]).failed(false));
    assert!(!results(vec![workflow(Status::Skipped, vec![])], vec![]).failed(true));
}

#[test]
fn an_error_fails_wherever_it_stands() {
    let error = finding(Severity::Error);
    assert!(results(vec![workflow(Status::Passed, vec![error.clone()])], vec![]).failed(false));
    assert!(results(vec![], vec![error]).failed(false));
}

#[test]
fn a_warning_fails_a_strict_run_alone_and_a_note_none() {
    let warning = results(vec![workflow(Status::Passed, vec![finding(Severity::Warning)])], vec![]);
    assert!(!warning.failed(false));
    assert!(warning.failed(true));
    assert!(!results(vec![], vec![finding(Severity::Note)]).failed(true));
}
