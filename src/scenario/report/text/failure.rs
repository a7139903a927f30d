//! A workflow's findings in full: each with its places and what was expected, then the call, the reply, why the fake answered so,
//! and the command that sends the same again.

use super::look::{self, SEVERITIES};
use crate::report::{Look, plain};
use crate::scenario::code::Code;
use crate::scenario::finding::Finding;
use crate::scenario::report::{place, summary};
use crate::scenario::results::{Message, Positions, StepResult, WorkflowResult};

/// Lines of a body, of headers, of a diff, of a cause chain that are shown.
const BODY_LINES_MAX: usize = 16;
const HEADERS_MAX: usize = 8;
const DIFF_LINES_MAX: usize = 60;
const CAUSES_MAX: usize = 12;
/// Columns of the labels, with what stands before them.
const INDENT: usize = 4;
const LABEL_WIDTH: usize = 10;
/// Narrower windows are treated as this wide: shorter lines would tell nothing.
const WIDTH_MIN: usize = 40;

/// All that is told of a workflow beside its line in the overview.
pub fn in_full(workflow: &WorkflowResult, positions: &dyn Positions, look: Look) -> String {
    let mut page = Page { text: String::new(), look };
    page.heading(&workflow.id, &place::of_workflow(workflow), &workflow.summary);
    let told: Vec<&Finding> = workflow.findings.iter().filter(|finding| summary::is_told(finding)).collect();
    let mut diff = workflow.diff.as_deref();
    for (index, finding) in told.iter().enumerate() {
        page.finding(finding, positions);
        if finding.code == Code::SnapshotChanged
            && let Some(diff) = diff.take()
        {
            page.diff(workflow.snapshot_file.as_deref(), diff);
        }
        // Findings about the same exchange stand together: it is shown once, below the last of them.
        let goes_on = told.get(index + 1).is_some_and(|next| next.visit.is_some() && next.visit == finding.visit);
        if let Some(step) = finding.visit.filter(|_| !goes_on).and_then(|visit| workflow.steps.get(visit)) {
            page.step(step);
        }
    }
    if let Some(diff) = diff {
        page.diff(workflow.snapshot_file.as_deref(), diff);
    }
    page.text
}

/// The findings that belong to no workflow.
pub fn of_run(findings: &[Finding], positions: &dyn Positions, look: Look) -> String {
    let mut page = Page { text: String::new(), look };
    page.heading("the whole run", "", "");
    for finding in findings.iter().filter(|finding| summary::is_told(finding)) {
        page.finding(finding, positions);
    }
    page.text
}

/// Text under way.
struct Page {
    text: String,
    look: Look,
}

impl Page {
    fn heading(&mut self, name: &str, place: &str, about: &str) {
        let name = self.look.bold(&plain::single(name));
        let place = self.look.dim(&plain::single(place));
        self.push(format!("{name}  {place}").trim_end());
        if !about.is_empty() {
            self.push(&format!("  {}", self.look.dim(&plain::line(about, self.width(2)))));
        }
    }

    fn finding(&mut self, finding: &Finding, positions: &dyn Positions) {
        let noun = SEVERITIES.iter().find(|(severity, _)| *severity == finding.severity).map_or("", |(_, noun)| noun);
        let head = format!("{noun}[{}]", finding.code.word());
        let message = format!("{head}: {}", plain::visible(&finding.message));
        self.text.push('\n');
        let width = self.width(2);
        for (index, line) in message.lines().flat_map(|line| plain::wrap(line, width)).enumerate() {
            // The head is one word, so that it always stands whole in the first line.
            let line = match line.strip_prefix(&head) {
                Some(rest) if index == 0 => {
                    format!("{}{}", look::severity(self.look, finding.severity, &head), self.look.bold(rest))
                }
                _ => self.look.bold(&line),
            };
            self.push(&format!("  {line}"));
        }
        self.field("at", [place::told(&finding.scenario, positions)]);
        if let Some(document) = &finding.document {
            self.field("document", [place::told(document, positions)]);
        }
        if let Some(expected) = &finding.expected {
            let lines = self.short(expected);
            self.field("expected", lines.iter().map(|line| self.look.good(line)).collect::<Vec<_>>());
        }
        if let Some(found) = &finding.found {
            let lines = self.short(found);
            self.field("found", lines.iter().map(|line| self.look.bad(line)).collect::<Vec<_>>());
        }
        if let Some(hint) = &finding.hint {
            self.field("hint", plain::wrap(&plain::visible(hint), self.inner_width()));
        }
    }

    fn step(&mut self, step: &StepResult) {
        if let Some(request) = &step.request {
            let lines = self.message(request);
            self.field("call", lines);
        }
        if let Some(reply) = &step.reply {
            let lines = self.message(reply);
            self.field("reply", lines);
        }
        if !step.causes.is_empty() {
            let mut lines: Vec<String> =
                step.causes.iter().take(CAUSES_MAX).map(|cause| plain::line(cause, self.inner_width())).collect();
            lines.extend(self.more(step.causes.len().saturating_sub(CAUSES_MAX), "cause"));
            self.field("because", lines);
        }
        if let Some(curl) = &step.curl {
            // Never cut or wrapped: it is there to be copied.
            let lines: Vec<String> = plain::visible(curl).lines().map(str::to_owned).collect();
            self.field("again", lines);
        }
    }

    fn diff(&mut self, file: Option<&str>, diff: &str) {
        let (lines, more) = plain::excerpt(diff, DIFF_LINES_MAX, self.inner_width());
        let file = file.map(plain::single);
        let lines = lines.iter().map(|line| self.look.diff(line));
        let told: Vec<String> = file.into_iter().chain(lines).chain(self.more(more, "line")).collect();
        self.field("snapshot", told);
    }

    /// A request or reply in a few lines.
    fn message(&self, message: &Message) -> Vec<String> {
        let mut lines = vec![plain::cut(&message.line, self.inner_width())];
        for (name, value) in message.headers.iter().take(HEADERS_MAX) {
            lines.push(self.look.dim(&plain::line(&format!("{name}: {value}"), self.inner_width())));
        }
        lines.extend(self.more(message.headers.len().saturating_sub(HEADERS_MAX), "header"));
        let (body, more) = plain::excerpt(&message.body, BODY_LINES_MAX, self.inner_width());
        lines.extend(body);
        lines.extend(self.more(more, "line"));
        lines
    }

    fn short(&self, text: &str) -> Vec<String> {
        let (mut lines, more) = plain::excerpt(text, BODY_LINES_MAX, self.inner_width());
        lines.extend(self.more(more, "line"));
        lines
    }

    fn more(&self, number: usize, noun: &str) -> Option<String> {
        plain::more(number, noun).map(|more| self.look.dim(&more))
    }

    /// A label and its lines, those after the first below it.
    fn field(&mut self, label: &str, lines: impl IntoIterator<Item = String>) {
        let mut label = label;
        for line in lines {
            let shown = self.look.dim(&format!("{label:<LABEL_WIDTH$}"));
            self.push(format!("{:INDENT$}{shown}{line}", "").trim_end());
            label = "";
        }
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn width(&self, indent: usize) -> usize {
        self.look.width.max(WIDTH_MIN) - indent
    }

    fn inner_width(&self) -> usize {
        self.width(INDENT + LABEL_WIDTH)
    }
}
