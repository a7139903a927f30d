//! One page that works offline: the verdict, coverage, and every workflow with its exchanges.
//!
//! Without the script it is whole too: the script only filters, copies and opens.

mod coverage;
mod workflow;

use super::summary::{self, Summary};
use crate::report::markup::Markup;
use crate::report::page::{self, Page, number, part};
use crate::report::plain;
use crate::scenario::results::{Positions, Results};

const PAGE: Page = Page { style: include_str!("report.css"), script: Some(include_str!("report.js")) };
/// Failing workflows that are named at the top, and columns of what is said of each.
const FAILING_MAX: usize = 12;
const HEADLINE_WIDTH_MAX: usize = 160;

pub fn render(results: &Results, positions: &dyn Positions) -> String {
    let failed = results.failed(results.strict);
    let summary = Summary::of(results);
    let mut page = Markup::default();
    let title = format!("{} – scenarios against {}", if failed { "Failed" } else { "Passed" }, results.target);
    PAGE.begin(&title, &mut page);
    page.raw("<a class=\"skip\" href=\"#workflows\">Skip to the workflows</a>\n");
    header(results, &summary, failed, &mut page);
    page.raw("<main>\n");
    findings_of_run(results, positions, &mut page);
    if results.coverage.iter().any(|api| !api.items.is_empty()) {
        page.raw("<section aria-labelledby=\"coverage\">\n<h2 id=\"coverage\">Coverage</h2>\n");
        for api in &results.coverage {
            coverage::write(api, &mut page);
        }
        page.raw("</section>\n");
    }
    workflows(results, positions, &mut page);
    page.raw("</main>\n");
    PAGE.end(&results.tool, &mut page);
    page.finish()
}

fn header(results: &Results, summary: &Summary, failed: bool, page: &mut Markup) {
    let (class, mark, word) = match (failed, summary.workflows.total()) {
        (true, _) => ("failed", "✗", "Failed"),
        (false, 0) => ("empty", "–", "Nothing was run"),
        (false, _) => ("passed", "✓", "Passed"),
    };
    page::verdict(class, mark, page);
    page.element("h1", "", word).raw("<p>");
    page.text("Scenarios against ").element("strong", "", &results.target);
    page.text(&format!(" in {}", plain::duration(results.duration_ms)));
    if results.strict {
        page.text(". Warnings count as errors.");
    }
    page.raw("</p></div></div>\n<dl class=\"numbers\">\n");
    let workflows = &summary.workflows;
    number("Workflows", workflows.total(), page);
    page.raw("<dd class=\"parts\">");
    part("good", "✓", workflows.passed, "passed", page);
    part("bad", "✗", workflows.failed, "failed", page);
    part("bad", "⚡", workflows.unreachable, "unreachable", page);
    part("quiet", "–", workflows.skipped, "skipped", page);
    page.raw("</dd></div>\n");
    number("Steps", summary.steps.total(), page);
    page.raw("<dd class=\"parts\">");
    part("good", "✓", summary.steps.passed, "passed", page);
    part("quiet", "↻", summary.steps.retried, "retried", page);
    part("bad", "✗", summary.steps.failed, "failed", page);
    part("quiet", "–", summary.steps.skipped, "left out", page);
    page.raw("</dd></div>\n");
    let findings = &summary.findings;
    number("Findings", findings.errors + findings.warnings + findings.notes, page);
    page.raw("<dd class=\"parts\">");
    part("bad", "✗", findings.errors, "errors", page);
    part("doubtful", "!", findings.warnings, "warnings", page);
    part("quiet", "i", findings.notes, "notes", page);
    page.raw("</dd></div>\n");
    let snapshots = &summary.snapshots;
    number("Snapshots", snapshots.total(), page);
    page.raw("<dd class=\"parts\">");
    part("good", "✓", snapshots.same, "same", page);
    part("bad", "±", snapshots.changed, "changed", page);
    part("doubtful", "+", snapshots.new, "new", page);
    part("quiet", "↻", snapshots.updated, "updated", page);
    page.raw("</dd></div>\n</dl>\n");
    what_failed(results, page);
    page.raw("</header>\n");
}

/// Ways to what is wrong, for a reader in a hurry.
fn what_failed(results: &Results, page: &mut Markup) {
    let failing: Vec<_> =
        results.workflows.iter().enumerate().filter(|(_, workflow)| workflow.failed(results.strict)).collect();
    if failing.is_empty() {
        return;
    }
    page.raw("<nav aria-label=\"What failed\"><ul>\n");
    for (index, workflow) in failing.iter().take(FAILING_MAX) {
        page.raw("<li><a").attribute("href", &format!("#workflow-{}", index + 1)).raw(">").text(&workflow.id);
        page.raw("</a> ");
        if let Some(first) = workflow.findings.iter().rev().max_by_key(|finding| finding.severity) {
            page.raw("<span>").prose(&plain::line(&first.message, HEADLINE_WIDTH_MAX)).raw("</span>");
        }
        page.raw("</li>\n");
    }
    if let Some(more) = plain::more(failing.len().saturating_sub(FAILING_MAX), "workflow") {
        page.raw("<li><a href=\"#workflows\">").text(&more).raw("</a></li>\n");
    }
    page.raw("</ul></nav>\n");
}

fn findings_of_run(results: &Results, positions: &dyn Positions, page: &mut Markup) {
    if results.findings.is_empty() {
        return;
    }
    page.raw("<section aria-labelledby=\"run\">\n<h2 id=\"run\">The whole run</h2>\n<div class=\"card\">\n");
    for finding in &results.findings {
        workflow::finding(finding, positions, page);
    }
    page.raw("</div>\n</section>\n");
}

fn workflows(results: &Results, positions: &dyn Positions, page: &mut Markup) {
    page.raw("<section aria-labelledby=\"workflows\">\n<h2 id=\"workflows\">Workflows</h2>\n");
    if results.workflows.is_empty() {
        page.raw("<p class=\"quiet\">No workflow was run.</p>\n</section>\n");
        return;
    }
    let failing = results.workflows.iter().filter(|workflow| workflow.failed(results.strict)).count();
    page.raw("<form class=\"tools scripted\" role=\"search\">\n<label class=\"search\"><span>Find</span> ");
    page.raw("<input id=\"search\" type=\"search\" placeholder=\"name, code, path, any text …\" autocomplete=\"off\"></label>\n");
    page.raw("<label><input id=\"failing\" type=\"checkbox\"> Only failures (")
        .text(&failing.to_string())
        .raw(")</label>\n");
    page.raw("<button type=\"button\" id=\"open\">Open all</button>\n<button type=\"button\" id=\"close\">Close all</button>\n");
    page.raw("<span id=\"matching\" class=\"quiet\" role=\"status\"></span>\n");
    page.raw("<span class=\"quiet keys\"><kbd>/</kbd> find · <kbd>f</kbd> failures · <kbd>j</kbd> <kbd>k</kbd> next, previous</span>\n</form>\n");
    for (index, workflow) in results.workflows.iter().enumerate() {
        let standing = summary::standing(workflow, results.strict);
        workflow::write(index, workflow, standing, workflow.failed(results.strict), positions, page);
    }
    page.raw("</section>\n");
}
