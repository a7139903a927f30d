//! JUnit XML as Jenkins, GitLab and others read it: a suite for each file, a case for each workflow.
//!
//! Names depend on files and workflow ids alone, so that a case keeps its history from run to run.

use std::time::Duration;

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::summary::{is_told, standing};
use super::{place, text};
use crate::report::{Look, plain, xml};
use crate::scenario::finding::{Finding, Severity};
use crate::scenario::results::{Positions, Results, Status, WorkflowResult};

/// The suite and class of findings that belong to no workflow.
const RUN: &str = "run";
/// Columns of the texts.
const WIDTH: usize = 120;

pub fn render(results: &Results, positions: &dyn Positions) -> String {
    let mut report = Report::new("standin");
    report.set_time(Duration::from_millis(results.duration_ms));
    let mut files: IndexMap<&str, Vec<&WorkflowResult>> = IndexMap::new();
    for workflow in &results.workflows {
        files.entry(&workflow.file).or_default().push(workflow);
    }
    for (file, workflows) in files {
        report.add_test_suite(suite(file, &workflows, results, positions));
    }
    if results.findings.iter().any(is_told) {
        report.add_test_suite(of_run(results, positions));
    }
    xml::write(&report)
}

fn suite(file: &str, workflows: &[&WorkflowResult], results: &Results, positions: &dyn Positions) -> TestSuite {
    let mut suite = TestSuite::new(xml::clean(file));
    suite.set_time(Duration::from_millis(workflows.iter().map(|workflow| workflow.duration_ms).sum()));
    suite.add_property(("target", xml::clean(&results.target).as_str()));
    for workflow in workflows {
        let mut case = TestCase::new(xml::clean(&workflow.id), status(workflow, results.strict, positions));
        case.set_classname(xml::clean(place::stem(file)));
        case.set_time(Duration::from_millis(workflow.duration_ms));
        if matches!(case.status, TestCaseStatus::Success { .. }) && workflow.findings.iter().any(is_told) {
            case.set_system_out(xml::clean(&story(workflow, positions)));
        }
        suite.add_test_case(case);
    }
    suite
}

fn status(workflow: &WorkflowResult, strict: bool, positions: &dyn Positions) -> TestCaseStatus {
    let kind = match standing(workflow, strict) {
        Status::Passed => return TestCaseStatus::success(),
        Status::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(xml::clean(workflow.reason.as_deref().unwrap_or("not run")));
            return status;
        }
        Status::Failed => NonSuccessKind::Failure,
        Status::Unreachable => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    match headline(&workflow.findings) {
        Some((message, code)) => status.set_message(xml::clean(&message)).set_type(code),
        None => status.set_message(xml::clean(workflow.reason.as_deref().unwrap_or("the workflow failed"))),
    };
    status.set_description(xml::clean(&story(workflow, positions)));
    status
}

fn of_run(results: &Results, positions: &dyn Positions) -> TestSuite {
    let told = text::of_run(&results.findings, positions, Look { color: false, width: WIDTH });
    let mut case = TestCase::new(RUN, TestCaseStatus::success());
    case.set_classname(RUN);
    if results.findings.iter().any(|finding| finding.severity == Severity::Error || is_told(finding) && results.strict)
    {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        if let Some((message, code)) = headline(&results.findings) {
            status.set_message(xml::clean(&message)).set_type(code);
        }
        status.set_description(xml::clean(&told));
        case.status = status;
    } else {
        case.set_system_out(xml::clean(&told));
    }
    let mut suite = TestSuite::new(RUN);
    suite.add_test_case(case);
    suite
}

/// The worst finding in one line with its code, and how many there are beside it.
fn headline(findings: &[Finding]) -> Option<(String, &'static str)> {
    const HEADLINE_WIDTH_MAX: usize = 300;
    // The first of the worst: the last of a reversed walk.
    let told: Vec<&Finding> = findings.iter().filter(|finding| is_told(finding)).collect();
    let worst = told.iter().rev().max_by_key(|finding| finding.severity)?;
    let message = format!("{}: {}", worst.code.word(), plain::line(&worst.message, HEADLINE_WIDTH_MAX));
    Some(match told.len() - 1 {
        0 => (message, worst.code.word()),
        more => (format!("{message} (and {more} more)"), worst.code.word()),
    })
}

fn story(workflow: &WorkflowResult, positions: &dyn Positions) -> String {
    text::in_full(workflow, positions, Look { color: false, width: WIDTH })
}
