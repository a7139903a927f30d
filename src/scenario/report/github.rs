//! Workflow commands of GitHub Actions: annotations at the scenario's line.

use super::place;
use super::summary::{self, Summary};
use crate::report::plain;
use crate::scenario::finding::{Finding, Severity};
use crate::scenario::results::{Positions, Results, WorkflowResult};
use crate::words::shortened;

/// GitHub shows no more annotations of a kind for each step of a job.
const ANNOTATIONS_MAX: usize = 10;
/// Characters of a message; GitHub cuts longer ones without a word.
const MESSAGE_CHARACTERS_MAX: usize = 4_000;

const KINDS: [(Severity, &str, &str); 3] = [
    (Severity::Error, "error", "error"),
    (Severity::Warning, "warning", "warning"),
    (Severity::Note, "notice", "note"),
];

pub fn render(results: &Results, positions: &dyn Positions) -> String {
    let mut text = String::new();
    for (severity, command, noun) in KINDS {
        let mut left_out = 0;
        let of_kind = summary::findings(results).filter(|(_, finding)| finding.severity == severity);
        for (index, (workflow, finding)) in of_kind.enumerate() {
            if index < ANNOTATIONS_MAX {
                text.push_str(&annotation(command, workflow, finding, positions));
            } else {
                left_out += 1;
            }
        }
        if left_out > 0 {
            let left_out = plain::count(left_out, noun);
            text.push_str(&format!("{left_out} more not annotated: GitHub shows {ANNOTATIONS_MAX} of a kind\n"));
        }
    }
    text.push_str(&verdict(results));
    text
}

fn annotation(
    command: &str,
    workflow: Option<&WorkflowResult>,
    finding: &Finding,
    positions: &dyn Positions,
) -> String {
    let mut properties = vec![("file", finding.scenario.file.to_string())];
    if let Some(position) = place::of_finding(finding, workflow, positions) {
        properties.push(("line", position.line.to_string()));
        properties.push(("col", position.column.to_string()));
    }
    let title = match workflow {
        Some(workflow) => format!("{}: {}", workflow.id, finding.code.word()),
        None => finding.code.word().to_owned(),
    };
    properties.push(("title", title));
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", escape_property(&plain::visible(value)))).collect();
    format!("::{command} {}::{}\n", properties.join(","), escape(&message(finding, positions)))
}

fn message(finding: &Finding, positions: &dyn Positions) -> String {
    let mut lines = vec![finding.message.clone()];
    if let Some(expected) = &finding.expected {
        lines.push(format!("expected: {expected}"));
    }
    if let Some(found) = &finding.found {
        lines.push(format!("found: {found}"));
    }
    if let Some(document) = &finding.document {
        lines.push(format!("document: {}", place::told(document, positions)));
    }
    if let Some(hint) = &finding.hint {
        lines.push(format!("hint: {hint}"));
    }
    let text = lines.join("\n");
    shortened(&plain::visible(&text), MESSAGE_CHARACTERS_MAX).into_owned()
}

/// A plain line: a log without annotations says so.
fn verdict(results: &Results) -> String {
    let workflows = Summary::of(results).workflows;
    let verdict = if results.failed(results.strict) { "failed" } else { "passed" };
    format!(
        "standin {verdict}: {} passed, {} failed, {} unreachable, {} skipped\n",
        workflows.passed, workflows.failed, workflows.unreachable, workflows.skipped
    )
}

/// As the runner's toolkit escapes a command's data.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_its_command() {
        assert_eq!(escape("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(escape_property("C:\\a,b.yaml\n"), "C%3A\\a%2Cb.yaml%0A");
    }
}
