//! A workflow with its steps: call and reply, what was found, why, and how to do the same again.

use std::collections::BTreeMap;

use crate::report::markup::Markup;
use crate::report::plain;
use crate::scenario::finding::{Finding, Severity};
use crate::scenario::report::place;
use crate::scenario::results::{Message, Positions, SnapshotState, Status, StepResult, WorkflowResult};

/// Lines of a body or diff that are shown: a page with megabytes in it opens in no browser.
const LINES_MAX: usize = 2_000;
/// Characters of a line.
const LINE_WIDTH_MAX: usize = 4_000;
/// Columns of what is said of a step beside its name.
const REASON_WIDTH_MAX: usize = 120;

pub fn write(
    index: usize,
    workflow: &WorkflowResult,
    standing: Status,
    failed: bool,
    positions: &dyn Positions,
    page: &mut Markup,
) {
    let (class, mark, word) = match standing {
        Status::Passed => ("passed", "✓", "passed"),
        Status::Failed => ("failed", "✗", "failed"),
        Status::Unreachable => ("unreachable", "⚡", "unreachable"),
        Status::Skipped => ("skipped", "–", "skipped"),
    };
    page.raw("<details").attribute("id", &format!("workflow-{}", index + 1));
    page.attribute("class", &format!("card workflow {class}"));
    page.attribute("data-failed", if failed { "true" } else { "false" });
    page.raw(if failed { " open>\n<summary>" } else { ">\n<summary>" });
    page.raw("<span class=\"mark\" aria-hidden=\"true\">").text(mark).raw("</span><span class=\"unseen\">");
    page.text(word).raw(": </span>").element("strong", "", &workflow.id);
    page.raw(" ").element("code", "quiet", &place::of_workflow(workflow));
    badges(workflow, standing, page);
    page.raw("</summary>\n<div class=\"body\">\n");
    if !workflow.summary.is_empty() {
        page.raw("<p>").prose(&workflow.summary).raw("</p>\n");
    }
    if let Some(reason) = &workflow.reason {
        page.raw("<p class=\"reason\"><strong>Not run:</strong> ").prose(reason).raw("</p>\n");
    }
    let mut by_visit: BTreeMap<usize, Vec<&Finding>> = BTreeMap::new();
    for found in &workflow.findings {
        match found.visit.filter(|visit| *visit < workflow.steps.len()) {
            Some(visit) => by_visit.entry(visit).or_default().push(found),
            None => finding(found, positions, page),
        }
    }
    snapshot(workflow, page);
    if !workflow.steps.is_empty() {
        page.raw("<ol class=\"steps\">\n");
        for (visit, one) in workflow.steps.iter().enumerate() {
            step(one, failed, by_visit.get(&visit).map_or(&[], Vec::as_slice), positions, page);
        }
        page.raw("</ol>\n");
    }
    page.raw("</div>\n</details>\n");
}

pub fn finding(finding: &Finding, positions: &dyn Positions, page: &mut Markup) {
    let (class, word) = match finding.severity {
        Severity::Error => ("finding bad", "error"),
        Severity::Warning => ("finding doubtful", "warning"),
        Severity::Note => ("finding note", "note"),
    };
    page.raw("<div").attribute("class", class).raw(">\n<p><span class=\"code\">").text(word).raw(" ");
    page.element("code", "", finding.code.word()).raw("</span> <strong>").prose(&finding.message);
    page.raw("</strong></p>\n");
    if finding.expected.is_some() || finding.found.is_some() {
        page.raw("<div class=\"sides\">");
        for (label, class, side) in
            [("expected", "side good", &finding.expected), ("found", "side bad", &finding.found)]
        {
            if let Some(side) = side {
                page.raw("<figure").attribute("class", class).raw(">").element("figcaption", "", label);
                page.raw("<pre>").text(&limited(side)).raw("</pre></figure>");
            }
        }
        page.raw("</div>\n");
    }
    if let Some(hint) = &finding.hint {
        page.raw("<p class=\"hint\"><span aria-hidden=\"true\">→</span> ").prose(hint).raw("</p>\n");
    }
    page.raw("<p class=\"places quiet\"><span>scenario ");
    page.element("code", "", &place::told(&finding.scenario, positions)).raw("</span>");
    if let Some(document) = &finding.document {
        page.raw(" <span>document ").element("code", "", &place::told(document, positions)).raw("</span>");
    }
    page.raw("</p>\n</div>\n");
}

fn badges(workflow: &WorkflowResult, standing: Status, page: &mut Markup) {
    page.raw("<span class=\"badges\">");
    if standing == Status::Skipped || standing == Status::Unreachable {
        page.element("span", "badge", if standing == Status::Skipped { "skipped" } else { "unreachable" });
    }
    let kinds = [
        (Severity::Error, "badge bad", "error"),
        (Severity::Warning, "badge doubtful", "warning"),
        (Severity::Note, "badge", "note"),
    ];
    for (severity, class, noun) in kinds {
        let number = workflow.findings.iter().filter(|finding| finding.severity == severity).count();
        if number > 0 {
            page.element("span", class, &plain::count(number, noun));
        }
    }
    match workflow.snapshot {
        SnapshotState::Off | SnapshotState::Same => {}
        SnapshotState::Changed => _ = page.element("span", "badge bad", "snapshot changed"),
        SnapshotState::New => _ = page.element("span", "badge doubtful", "snapshot new"),
        SnapshotState::Updated => _ = page.element("span", "badge", "snapshot updated"),
    }
    page.element("span", "badge plain", &plain::count(workflow.steps.len(), "step"));
    page.element("span", "badge plain", &plain::duration(workflow.duration_ms)).raw("</span>");
}

/// A step of a workflow that failed or not: where it did not, a failed attempt was made good later and stays closed.
fn step(step: &StepResult, failed: bool, findings: &[&Finding], positions: &dyn Positions, page: &mut Markup) {
    let worst = findings.iter().map(|finding| finding.severity).max();
    let (class, mark, word) = match (&step.skipped, step.passed) {
        (Some(_), _) => ("step skipped", "–", "left out"),
        (None, true) if worst == Some(Severity::Error) => ("step failed", "✗", "has errors"),
        (None, true) => ("step passed", "✓", "passed"),
        (None, false) if step.retried => ("step skipped", "↻", "tried again"),
        (None, false) => ("step failed", "✗", "failed"),
    };
    let telling = worst.is_some_and(|worst| worst > Severity::Note) || failed && class == "step failed";
    page.raw("<li").attribute("class", if step.depth > 0 { "called" } else { "own" }).raw("><details");
    page.attribute("class", class).raw(if telling { " open>\n<summary>" } else { ">\n<summary>" });
    page.raw("<span class=\"mark\" aria-hidden=\"true\">").text(mark).raw("</span><span class=\"unseen\">");
    page.text(word).raw(": </span>").element("strong", "", &step.id);
    if let Some(workflow) = &step.workflow {
        page.raw(" ").element("span", "quiet", &format!("in {workflow}"));
    }
    if step.attempt > 1 {
        page.raw(" ").element("span", "badge", &format!("attempt {}", step.attempt));
    }
    if let Some(request) = &step.request {
        page.raw(" ").element("code", "line", &request.line);
    }
    if let Some(reply) = &step.reply {
        page.raw(" <span class=\"answer\"><span aria-hidden=\"true\">→</span> ")
            .element("code", "", &reply.line)
            .raw("</span>");
    }
    if let Some(skipped) = &step.skipped {
        page.raw(" <span class=\"quiet\">").prose(&plain::line(skipped, REASON_WIDTH_MAX)).raw("</span>");
    }
    page.raw("<span class=\"badges\">").element("span", "badge plain", &format!("{:.1} ms", step.duration_ms));
    page.raw("</span></summary>\n<div class=\"body\">\n");
    if !step.description.is_empty() {
        page.raw("<p class=\"quiet\">").prose(&step.description).raw("</p>\n");
    }
    if let Some(skipped) = &step.skipped {
        page.raw("<p class=\"reason\"><strong>Left out:</strong> ").prose(skipped).raw("</p>\n");
    }
    for one in findings {
        finding(one, positions, page);
    }
    exchange(step, page);
    page.raw("</div>\n</details></li>\n");
}

fn exchange(step: &StepResult, page: &mut Markup) {
    if step.request.is_some() || step.reply.is_some() {
        page.raw("<div class=\"sides\">");
        for (label, message) in [("call", &step.request), ("reply", &step.reply)] {
            if let Some(message) = message {
                self::message(label, message, page);
            }
        }
        page.raw("</div>\n");
    }
    if !step.causes.is_empty() {
        page.raw("<div class=\"causes\"><h4>Why the fake answered so</h4>\n<ol>");
        for cause in &step.causes {
            page.raw("<li>").prose(cause).raw("</li>");
        }
        page.raw("</ol></div>\n");
    }
    if let Some(curl) = &step.curl {
        page.raw("<figure class=\"curl\"><figcaption>the same again ");
        page.raw("<button type=\"button\" class=\"copy scripted\">Copy</button></figcaption><pre>");
        page.text(curl).raw("</pre></figure>\n");
    }
}

fn message(label: &str, message: &Message, page: &mut Markup) {
    page.raw("<figure class=\"side message\">").element("figcaption", "", label);
    page.raw("<pre>").element("strong", "", &message.line).raw("\n");
    for (name, value) in &message.headers {
        page.element("span", "header", name).text(": ").text(value).raw("\n");
    }
    if !message.body.is_empty() {
        page.raw("\n").text(&limited(&message.body));
    }
    page.raw("</pre></figure>\n");
}

fn snapshot(workflow: &WorkflowResult, page: &mut Markup) {
    let Some(diff) = &workflow.diff else { return };
    page.raw("<figure class=\"diff\"><figcaption>difference to the approved snapshot ");
    if let Some(file) = &workflow.snapshot_file {
        page.element("code", "", file);
    }
    page.raw("</figcaption><pre>");
    for line in limited(diff).lines() {
        let (class, sign) = match line.as_bytes().first() {
            Some(b'+') => ("line added", "+"),
            Some(b'-') => ("line removed", "-"),
            Some(b'@') => ("line place", ""),
            _ => ("line", ""),
        };
        // The sign is text, so that colour is not needed to tell the sides apart.
        page.raw("<span").attribute("class", class).raw(">").text(sign).text(line.strip_prefix(sign).unwrap_or(line));
        page.raw("</span>\n");
    }
    page.raw("</pre></figure>\n");
}

fn limited(text: &str) -> String {
    let (lines, more) = plain::excerpt(text, LINES_MAX, LINE_WIDTH_MAX);
    let mut shown = lines.join("\n");
    if let Some(more) = plain::more(more, "line") {
        shown.push_str(&format!("\n{more}"));
    }
    shown
}
