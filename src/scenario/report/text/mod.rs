//! For a terminal: a line for each workflow, each failure in full, and the numbers at the end, where they are seen.

mod failure;
mod look;
mod totals;

use console::measure_text_width;

use super::summary::{self, is_told, standing};
use crate::report::Look;
use crate::report::plain::{self, padding};
use crate::scenario::results::{Positions, Results, SnapshotState, Status, WorkflowResult};

pub use failure::{in_full, of_run};

pub fn render(results: &Results, positions: &dyn Positions, look: Look) -> String {
    let mut text = String::new();
    overview(results, look, &mut text);
    for workflow in &results.workflows {
        if workflow.findings.iter().any(is_told) {
            text.push('\n');
            text.push_str(&in_full(workflow, positions, look));
        }
    }
    if results.findings.iter().any(is_told) {
        text.push('\n');
        text.push_str(&of_run(&results.findings, positions, look));
    }
    text.push('\n');
    totals::write(results, look, &mut text);
    text
}

/// One workflow's line, before its columns are aligned.
struct Row {
    status: Status,
    /// It has findings that are told below.
    telling: bool,
    file: String,
    id: String,
    steps: String,
    time: String,
    remark: String,
}

fn overview(results: &Results, look: Look, text: &mut String) {
    if results.workflows.is_empty() {
        text.push_str("no workflow was run\n");
        return;
    }
    let mut rows: Vec<Row> = results.workflows.iter().map(|workflow| row(workflow, results.strict)).collect();
    let widest = |rows: &[Row], of: fn(&Row) -> &str| rows.iter().map(|row| measure_text_width(of(row))).max();
    let id = widest(&rows, |row| &row.id).unwrap_or(0);
    let steps = widest(&rows, |row| &row.steps).unwrap_or(0);
    let time = widest(&rows, |row| &row.time).unwrap_or(0);
    // Folders go first where the window is narrow: the file's name and the workflow say which it is.
    let others = "✓ ".chars().count() + id + steps + time + 3 * GAP.len();
    if widest(&rows, |row| &row.file).unwrap_or(0) + others > look.width {
        for row in &mut rows {
            row.file = row.file.rsplit('/').next().unwrap_or_default().to_owned();
        }
    }
    let file = widest(&rows, |row| &row.file).unwrap_or(0);
    for row in &rows {
        let line = [
            format!("{} {}{}", look::mark(look, row.status), look.dim(&row.file), padding(&row.file, file)),
            format!("{}{}", look.bold(&row.id), padding(&row.id, id)),
            format!("{}{}", padding(&row.steps, steps), row.steps),
            format!("{}{}", padding(&row.time, time), look.dim(&row.time)),
            remark(row, look),
        ];
        text.push_str(line.join(GAP).trim_end());
        text.push('\n');
    }
}

const GAP: &str = "  ";

fn row(workflow: &WorkflowResult, strict: bool) -> Row {
    let status = standing(workflow, strict);
    let ran = status != Status::Skipped;
    Row {
        status,
        telling: workflow.findings.iter().any(is_told),
        file: plain::single(&workflow.file),
        id: plain::single(&workflow.id),
        steps: if ran { plain::count(workflow.steps.len(), "step") } else { "skipped".to_owned() },
        time: if ran { plain::duration(workflow.duration_ms) } else { String::new() },
        remark: remarks(workflow, status),
    }
}

/// What is worth seeing beside the mark.
fn remarks(workflow: &WorkflowResult, status: Status) -> String {
    let mut remarks = Vec::new();
    if status == Status::Unreachable {
        remarks.push("unreachable".to_owned());
    }
    if let Some(reason) = &workflow.reason {
        remarks.push(plain::line(reason, 120));
    }
    for (severity, noun) in look::SEVERITIES.into_iter().filter(|(severity, _)| *severity != look::LEAST) {
        match workflow.findings.iter().filter(|finding| finding.severity == severity).count() {
            0 => {}
            number => remarks.push(plain::count(number, noun)),
        }
    }
    match workflow.snapshot {
        SnapshotState::Off | SnapshotState::Same => {}
        SnapshotState::Changed => remarks.push("snapshot changed".to_owned()),
        SnapshotState::New => remarks.push("snapshot new".to_owned()),
        SnapshotState::Updated => remarks.push("snapshot updated".to_owned()),
    }
    remarks.join(", ")
}

fn remark(row: &Row, look: Look) -> String {
    match row.status {
        Status::Failed | Status::Unreachable => look.bad(&row.remark),
        Status::Passed if row.telling => look.doubtful(&row.remark),
        Status::Passed | Status::Skipped => look.dim(&row.remark),
    }
}

/// The last line: what came of the run.
fn verdict(results: &Results, look: Look) -> String {
    let counts = summary::Summary::of(results).workflows;
    let total = plain::count(counts.total(), "workflow");
    let against = format!("against {} in {}", plain::single(&results.target), plain::duration(results.duration_ms));
    if !results.failed(results.strict) {
        return match counts.total() {
            0 => look.doubtful(&format!("nothing was run {against}")),
            _ => look.good(&format!("passed: {total} {against}")),
        };
    }
    match counts.failed + counts.unreachable {
        0 => look.bad(&format!("failed: {total} {against}")),
        bad => look.bad(&format!("failed: {bad} of {total} {against}")),
    }
}
