//! A summary for a pull request: the verdict, what failed and where, coverage, and the details folded away.
//!
//! GitHub refuses longer comments than [`BYTES_MAX`], so each piece is added only while there is room, the most telling first.

mod escape;

use super::summary::{self, Summary, is_told, standing};
use super::{place, text};
use crate::report::{Look, plain};
use crate::scenario::finding::{Finding, Severity};
use crate::scenario::results::{Positions, Results, Status, WorkflowResult};
use escape::{cell, fenced, inline, link_text};

/// GitHub's limit is told in characters; bytes are never fewer.
const BYTES_MAX: usize = 65_536;
/// Kept free for the notes that say what was left out.
const BYTES_RESERVED: usize = 1_024;
/// Columns of a message in a table.
const MESSAGE_WIDTH_MAX: usize = 240;
/// Columns of the texts in details.
const DETAILS_WIDTH: usize = 110;

pub fn render(results: &Results, positions: &dyn Positions) -> String {
    let mut page = Page { text: String::new() };
    page.text.push_str(&head(results));
    failures(results, positions, &mut page);
    coverage(results, &mut page);
    details(results, positions, &mut page);
    workflows(results, &mut page);
    page.text
}

/// Text with a limit.
struct Page {
    text: String,
}

impl Page {
    /// Adds a piece where there is room for it, and says whether there was.
    fn add(&mut self, piece: &str) -> bool {
        let fits = self.text.len() + piece.len() <= BYTES_MAX - BYTES_RESERVED;
        if fits {
            self.text.push_str(piece);
        }
        fits
    }

    /// Adds each piece while there is room; how many were left out.
    ///
    /// Once one is left out all that follow are, and are not even written: a gap in the middle would not be seen.
    fn add_all<T>(&mut self, pieces: impl IntoIterator<Item = T>, write: impl Fn(T) -> String) -> usize {
        let mut pieces = pieces.into_iter();
        let unfit = pieces.find_map(|piece| (!self.add(&write(piece))).then_some(()));
        unfit.map_or(0, |()| 1 + pieces.count())
    }

    /// Says what was left out. These few are what the reserve is for.
    fn note(&mut self, left_out: usize, noun: &str) {
        if left_out > 0 {
            let what = plain::count(left_out, noun);
            self.text.push_str(&format!("\n*{what} more left out: GitHub takes no longer text.*\n"));
        }
    }
}

fn head(results: &Results) -> String {
    let summary = Summary::of(results);
    let failed = results.failed(results.strict);
    let workflows = &summary.workflows;
    let (mark, verdict) = match (failed, workflows.total()) {
        (true, _) => ("❌", "failed"),
        (false, 0) => ("⚪", "ran nothing"),
        (false, _) => ("✅", "passed"),
    };
    let bad = workflows.failed + workflows.unreachable;
    let share = match (bad, workflows.total()) {
        (_, 0) => String::new(),
        (0, total) => format!(": {}", plain::count(total, "workflow")),
        (bad, total) => format!(": {bad} of {}", plain::count(total, "workflow")),
    };
    let findings = &summary.findings;
    let numbers = [
        plain::count(summary.steps.total(), "step"),
        plain::count(findings.errors, "error"),
        plain::count(findings.warnings, "warning"),
        plain::count(findings.notes, "note"),
        plain::duration(results.duration_ms),
    ];
    let mut head = format!("## {mark} Scenarios {verdict}{share}\n\n");
    let target = inline(&format!("`{}`", plain::line(&results.target, MESSAGE_WIDTH_MAX)));
    head.push_str(&format!("{} against {target}\n", numbers.join(" · ")));
    head
}

fn failures(results: &Results, positions: &dyn Positions, page: &mut Page) {
    let mut told: Vec<(Option<&WorkflowResult>, &Finding)> =
        summary::findings(results).filter(|(_, finding)| is_told(finding)).collect();
    // Stable: within a severity the order of the run stays.
    told.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
    if told.is_empty() || !page.add("\n### Findings\n\n| | What | Workflow | Where |\n|---|---|---|---|\n") {
        return;
    }
    let left_out = page.add_all(told, |(workflow, finding)| row(workflow, finding, positions));
    page.note(left_out, "finding");
}

fn row(workflow: Option<&WorkflowResult>, finding: &Finding, positions: &dyn Positions) -> String {
    let mark = if finding.severity == Severity::Error { "❌" } else { "⚠️" };
    let what = format!(
        "{}<br>{}",
        cell(&format!("`{}`", finding.code.word())),
        cell(&plain::line(&finding.message, MESSAGE_WIDTH_MAX))
    );
    let mut place = cell(&format!("`{}`", place::told(&finding.scenario, positions)));
    if let Some(document) = &finding.document {
        place.push_str(&format!("<br>{}", cell(&format!("`{}`", place::told(document, positions)))));
    }
    let workflow = workflow.map_or_else(|| "–".to_owned(), |workflow| cell(&format!("`{}`", workflow.id)));
    format!("| {mark} | {what} | {workflow} | {place} |\n")
}

fn coverage(results: &Results, page: &mut Page) {
    let apis: Vec<_> = results.coverage.iter().map(|api| (api, summary::shares(api))).collect();
    if apis.iter().all(|(_, shares)| shares.is_empty()) {
        return;
    }
    if !page.add("\n### Coverage\n\n| API | | Seen | Of | |\n|---|---|--:|--:|--:|\n") {
        return;
    }
    let shares = apis.iter().flat_map(|(api, shares)| shares.iter().enumerate().map(move |share| (api, share)));
    let left_out = page.add_all(shares, |(api, (index, share))| {
        let name = if index == 0 { cell(&api.name) } else { String::new() };
        let percent = plain::percent(share.seen, share.all);
        format!("| {name} | {} | {} | {} | {percent} |\n", share.name, share.seen, share.all)
    });
    page.note(left_out, "row");
}

fn workflows(results: &Results, page: &mut Page) {
    if results.workflows.is_empty() {
        return;
    }
    let count = plain::count(results.workflows.len(), "workflow");
    let head = format!(
        "\n<details>\n<summary>All {count}</summary>\n\n| | Workflow | File | Steps | Time |\n|---|---|---|--:|--:|\n"
    );
    if !page.add(&head) {
        return;
    }
    let left_out = page.add_all(&results.workflows, |workflow| {
        let status = standing(workflow, results.strict);
        let mut name = cell(&format!("`{}`", workflow.id));
        if let Some(reason) = &workflow.reason {
            name.push_str(&format!("<br>{}", cell(&plain::line(reason, MESSAGE_WIDTH_MAX))));
        }
        let file = cell(&format!("`{}`", place::of_workflow(workflow)));
        let time = plain::duration(workflow.duration_ms);
        format!("| {} | {name} | {file} | {} | {time} |\n", mark(status), workflow.steps.len())
    });
    page.note(left_out, "workflow");
    page.text.push_str("\n</details>\n");
}

fn mark(status: Status) -> &'static str {
    match status {
        Status::Passed => "✅",
        Status::Failed => "❌",
        Status::Unreachable => "🔌",
        Status::Skipped => "⏭️",
    }
}

fn details(results: &Results, positions: &dyn Positions, page: &mut Page) {
    let look = Look { color: false, width: DETAILS_WIDTH };
    let telling = results.workflows.iter().filter(|workflow| workflow.findings.iter().any(is_told));
    let left_out = page.add_all(telling, |workflow| {
        let told = text::in_full(workflow, positions, look);
        let title = format!("{} {}", mark(standing(workflow, results.strict)), link_text(&workflow.id));
        format!("\n<details>\n<summary>{title}</summary>\n\n{}\n</details>\n", fenced(&told, "text"))
    });
    page.note(left_out, "workflow's detail");
}
