//! JUnit XML: a suite for each family, a case for each rule, so that a rule keeps its history from run to run. What is undecided is skipped.
//! What makes the command fail whatever grade is asked for is an error here, so that whoever reads this alone is told, too.

use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::model::{EndState, Outcome, Report, Rule, TrialCounts};
use super::{text, words};
use crate::report::xml::{self, clean};
use crate::report::{Look, plain};

/// The suite of what is told of the audit as a whole.
const AUDIT: &str = "audit";
/// Columns of the texts.
const LOOK: Look = Look { color: false, width: 120 };
const MESSAGE_WIDTH_MAX: usize = 300;

pub fn render(report: &Report) -> String {
    let mut written = quick_junit::Report::new("standin audit");
    written.set_time(Duration::from_micros(report.summary.took_us));
    written.add_test_suite(whole(report));
    for (family, rules) in words::families(report) {
        let mut suite = TestSuite::new(clean(family));
        for rule in rules {
            let mut case = TestCase::new(clean(&rule.code), status(rule, report));
            case.set_classname(clean(family));
            suite.add_test_case(case);
        }
        written.add_test_suite(suite);
    }
    xml::write(&written)
}

/// Could the client be judged, and to the end? The grade is told here, and what was skipped.
fn whole(report: &Report) -> TestSuite {
    let mut case = TestCase::new("client", TestCaseStatus::success());
    case.set_classname(AUDIT);
    let (summary, runs) = (words::summary(report), text::about_runs(report, LOOK));
    let not_whole = words::not_whole(report).map(|reason| format!("not whole: {reason}"));
    let told: Vec<&str> = not_whole.as_deref().into_iter().chain([summary.as_str()]).collect();
    if report.grade.is_none() || report.ended.state != EndState::Finished {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(clean(&plain::line(told[0], MESSAGE_WIDTH_MAX)));
        status.set_description(clean(&format!("{}\n\n{runs}", told.join("\n"))));
        case.status = status;
    } else {
        case.set_system_out(clean(&format!("{}\n\n{runs}", told.join("\n"))));
    }
    let mut suite = TestSuite::new(AUDIT);
    suite.set_time(Duration::from_micros(report.summary.took_us));
    suite.add_property(("service", clean(&plain::single(&report.service)).as_str()));
    suite.add_property(("seed", report.seed.to_string().as_str()));
    suite.add_property(("grade", report.grade.map_or("none".to_owned(), |grade| grade.to_string()).as_str()));
    let TrialCounts { run, skipped } = report.summary.trials;
    suite.add_property(("trials", format!("{run} run, {skipped} skipped").as_str()));
    suite.add_test_case(case);
    suite
}

fn status(rule: &Rule, report: &Report) -> TestCaseStatus {
    match rule.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Undecided => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(clean(&plain::line(rule.reason.as_deref().unwrap_or("undecided"), MESSAGE_WIDTH_MAX)));
            status
        }
        Outcome::Failed => {
            let shown = rule.evidence.first().map_or(rule.title.as_str(), |evidence| evidence.text.as_str());
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(rule.severity.word());
            status.set_message(clean(&plain::line(shown, MESSAGE_WIDTH_MAX)));
            status.set_description(clean(&text::in_full(rule, report, LOOK)));
            status
        }
    }
}
