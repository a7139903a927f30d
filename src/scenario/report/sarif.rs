//! SARIF 2.1.0 (OASIS): each finding at the scenario's line, with the promise of the document beside it.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{place, summary};
use crate::report::plain;
use crate::scenario::code::Code;
use crate::scenario::finding::{Finding, Severity, Site};
use crate::scenario::results::{Position, Positions, Results, WorkflowResult};
use crate::words::hex;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The name and version of our fingerprint: another way to make it gets another version.
const FINGERPRINT: &str = "standinFinding/v1";
/// What a path in a URI must not hold as it is (RFC 3986, 3.3).
const PATH_ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

pub fn render(results: &Results, positions: &dyn Positions) -> String {
    let mut occurrences = Occurrences::default();
    let told: Vec<Value> = summary::findings(results)
        .map(|(workflow, finding)| result(workflow, finding, &mut occurrences, positions))
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver(&results.tool) },
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": true }],
            "properties": { "target": results.target },
            "results": told,
        }],
    });
    format!("{log:#}\n")
}

fn driver(tool: &str) -> Value {
    let rules: Vec<Value> = Code::ALL.iter().map(|code| rule(*code)).collect();
    let mut driver = json!({ "name": tool, "rules": rules });
    if let Some((name, version)) = tool.split_once(' ') {
        driver["name"] = json!(name);
        driver["version"] = json!(version);
    }
    driver
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.word(),
        "shortDescription": { "text": code.title() },
        "fullDescription": { "text": first_paragraph(code.explanation()) },
        "help": {
            "text": code.explanation(),
            "markdown": code.explanation(),
        },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn result(
    workflow: Option<&WorkflowResult>,
    finding: &Finding,
    occurrences: &mut Occurrences,
    positions: &dyn Positions,
) -> Value {
    let mut result = json!({
        "ruleId": finding.code.word(),
        "level": level(finding.severity),
        "message": { "text": message(finding) },
        "locations": [location(
            &finding.scenario,
            place::of_finding(finding, workflow, positions),
            workflow,
        )],
        "partialFingerprints": { FINGERPRINT: occurrences.fingerprint(workflow, finding) },
    });
    if let Some(index) = Code::ALL.iter().position(|code| *code == finding.code) {
        result["ruleIndex"] = json!(index);
    }
    if let Some(document) = &finding.document {
        let mut related = location(document, positions.find(&document.file, &document.pointer), None);
        related["id"] = json!(1);
        related["message"] = json!({ "text": "the promise in the document" });
        result["relatedLocations"] = json!([related]);
    }
    let mut properties = json!({ "scenarioPointer": finding.scenario.pointer });
    if let Some(document) = &finding.document {
        properties["documentPointer"] = json!(document.pointer);
    }
    if let Some(step) = workflow.zip(finding.visit).and_then(|(workflow, visit)| workflow.steps.get(visit)) {
        properties["step"] = json!(step.id);
        if let Some(operation) = &step.operation {
            properties["operation"] = json!(operation);
        }
    }
    result["properties"] = properties;
    result
}

fn message(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    let more = [("expected", &finding.expected), ("found", &finding.found), ("hint", &finding.hint)];
    for (label, value) in more {
        if let Some(value) = value {
            text.push_str(&format!("\n{label}: {value}"));
        }
    }
    if finding.document.is_some() {
        text.push_str("\nSee [the promise in the document](1).");
    }
    plain::visible(&text).into_owned()
}

fn location(site: &Site, position: Option<Position>, workflow: Option<&WorkflowResult>) -> Value {
    let mut location = json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&site.file) } } });
    if let Some(position) = position {
        let line = position.line.max(1);
        let column = position.column.max(1);
        let mut region = json!({ "startLine": line, "startColumn": column });
        if position.end_column > column {
            region["endLine"] = json!(line);
            region["endColumn"] = json!(position.end_column);
        }
        location["physicalLocation"]["region"] = region;
    }
    if let Some(workflow) = workflow {
        let full = format!("{}#{}", workflow.file, workflow.pointer);
        location["logicalLocations"] = json!([{ "name": workflow.id, "fullyQualifiedName": full, "kind": "function" }]);
    }
    location
}

/// A file as a URI reference: relative to the project, as viewers want it, or a `file:` URI where it is elsewhere.
fn uri(file: &str) -> String {
    if file.starts_with("https://") || file.starts_with("http://") {
        return file.to_owned();
    }
    let slashed = file.replace('\\', "/");
    let path = utf8_percent_encode(&slashed, PATH_ESCAPED).to_string();
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    match path.strip_prefix("./") {
        Some(relative) => relative.to_owned(),
        None if path.starts_with('/') => format!("file://{path}"),
        None if drive => format!("file:///{path}"),
        // A colon in the first segment would read as a scheme (RFC 3986, 4.2).
        None if path.split('/').next().is_some_and(|first| first.contains(':')) => format!("./{path}"),
        None => path,
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn first_paragraph(text: &str) -> String {
    let paragraph = text.trim().split("\n\n").next().unwrap_or_default();
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Findings that are alike but for their message: the second of them is another one.
#[derive(Default)]
struct Occurrences {
    seen: BTreeMap<String, usize>,
}

impl Occurrences {
    /// Made of what stays the same from run to run: no line, since lines move, and no message, since values in it change.
    fn fingerprint(&mut self, workflow: Option<&WorkflowResult>, finding: &Finding) -> String {
        let document = finding.document.as_ref();
        let parts = [
            finding.code.word(),
            workflow.map_or("", |workflow| &workflow.id),
            &finding.scenario.file,
            &finding.scenario.pointer,
            document.map_or("", |document| &document.file),
            document.map_or("", |document| &document.pointer),
        ];
        let key = parts.join("\n");
        let number = self.seen.entry(key.clone()).or_default();
        *number += 1;
        hex(&Sha256::digest(format!("{key}\n{number}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_relative_uri_reference() {
        assert_eq!(uri("scenarios/a b#1.yaml"), "scenarios/a%20b%231.yaml");
        assert_eq!(uri("./scenarios/é.yaml"), "scenarios/%C3%A9.yaml");
        assert_eq!(uri("scenarios\\a.yaml"), "scenarios/a.yaml");
        assert_eq!(uri("/tmp/a.yaml"), "file:///tmp/a.yaml");
        assert_eq!(uri("C:\\a.yaml"), "file:///C:/a.yaml");
        assert_eq!(uri("not:a-scheme.yaml"), "./not:a-scheme.yaml");
        assert_eq!(uri("https://example.com/a.yaml"), "https://example.com/a.yaml");
        assert_eq!(uri(""), "");
    }

    #[test]
    fn the_first_paragraph_is_one_line() {
        assert_eq!(first_paragraph("One\nline.\n\nMore."), "One line.");
        assert_eq!(first_paragraph(""), "");
    }
}
