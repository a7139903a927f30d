//! The numbers at the end of a terminal's text.

use super::verdict;
use crate::report::Look;
use crate::report::plain::{self, count};
use crate::scenario::report::summary::{self, Share, Summary};
use crate::scenario::results::{ApiCoverage, Results};

/// Columns of the names at the left.
const LABEL_WIDTH: usize = 11;
/// Columns of a bar.
const BAR_WIDTH: usize = 20;

pub fn write(results: &Results, look: Look, text: &mut String) {
    let summary = Summary::of(results);
    for (label, told) in rows(results, &summary) {
        text.push_str(&format!("{}{}\n", look.dim(&format!("{label:<LABEL_WIDTH$}")), told));
    }
    for api in &results.coverage {
        coverage(api, look, text);
    }
    text.push('\n');
    text.push_str(&verdict(results, look));
    text.push('\n');
}

fn rows(results: &Results, summary: &Summary) -> Vec<(&'static str, String)> {
    let workflows = &summary.workflows;
    let mut rows = vec![(
        "workflows",
        list(&[
            (workflows.passed, "passed"),
            (workflows.failed, "failed"),
            (workflows.unreachable, "unreachable"),
            (workflows.skipped, "skipped"),
        ]),
    )];
    let steps = &summary.steps;
    rows.push((
        "steps",
        list(&[
            (steps.passed, "passed"),
            (steps.retried, "retried"),
            (steps.failed, "failed"),
            (steps.skipped, "left out"),
        ]),
    ));
    let findings = &summary.findings;
    let kinds = [(findings.errors, "error"), (findings.warnings, "warning"), (findings.notes, "note")];
    let told: Vec<String> =
        kinds.into_iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(number, noun)).collect();
    rows.push(("findings", if told.is_empty() { "none".to_owned() } else { told.join(", ") }));
    let notes: Vec<String> =
        summary::notes(results).into_iter().map(|(code, number)| format!("{number} × {code}")).collect();
    if !notes.is_empty() {
        rows.push(("notes", notes.join(", ")));
    }
    let snapshots = &summary.snapshots;
    if snapshots.total() > 0 {
        let kinds = [
            (snapshots.same, "same"),
            (snapshots.changed, "changed"),
            (snapshots.new, "new"),
            (snapshots.updated, "updated"),
        ];
        rows.push(("snapshots", list(&kinds)));
    }
    rows
}

/// What there is any of; `none` where there is nothing.
fn list(kinds: &[(usize, &str)]) -> String {
    let told: Vec<String> =
        kinds.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}

fn coverage(api: &ApiCoverage, look: Look, text: &mut String) {
    let shares = summary::shares(api);
    if shares.is_empty() {
        return;
    }
    text.push_str(&format!(
        "\ncoverage of {} {}\n",
        look.bold(&plain::single(&api.name)),
        look.dim(&format!("({})", plain::single(&api.file)))
    ));
    let name = shares.iter().map(|share| share.name.len()).max().unwrap_or(0);
    let digits = shares.iter().map(|share| share.all.to_string().len()).max().unwrap_or(0);
    for share in &shares {
        let percent = plain::percent(share.seen, share.all);
        let line =
            format!("  {:<name$}  {:>digits$} of {:>digits$}  {percent:>6}  ", share.name, share.seen, share.all);
        text.push_str(&format!("{line}{}\n", bar(*share, look)));
    }
}

fn bar(share: Share, look: Look) -> String {
    // A bar is full only when all was seen, and empty only when nothing was.
    let filled = match share.seen {
        0 => 0,
        seen => (seen.saturating_mul(BAR_WIDTH) / share.all).max(1),
    };
    let full = look.good(&"█".repeat(filled));
    format!("{full}{}", look.dim(&"░".repeat(BAR_WIDTH.saturating_sub(filled))))
}
