//! Everything as JSON, for programs. `spec/report.schema.json` describes it.

use serde_json::{Map, Value, json};

use super::summary::Summary;
use crate::scenario::finding::{Finding, Site};
use crate::scenario::results::{Positions, Results};

/// Counts up when a field goes or changes its meaning; new fields leave it as it is.
const VERSION: u32 = 1;

pub fn render(results: &Results, positions: &dyn Positions) -> String {
    let mut report = Map::new();
    report.insert("version".to_owned(), json!(VERSION));
    report.insert("verdict".to_owned(), json!(if results.failed(results.strict) { "failed" } else { "passed" }));
    report.insert("summary".to_owned(), value(&Summary::of(results)));
    if let Value::Object(fields) = value(results) {
        report.extend(fields);
    }
    // Findings say line and column too, which their own form leaves to whoever can read files.
    report.insert("findings".to_owned(), findings(&results.findings, positions));
    if let Some(Value::Array(workflows)) = report.get_mut("workflows") {
        for (written, workflow) in workflows.iter_mut().zip(&results.workflows) {
            written["findings"] = findings(&workflow.findings, positions);
        }
    }
    let mut text = format!("{:#}", Value::Object(report));
    text.push('\n');
    text
}

fn findings(findings: &[Finding], positions: &dyn Positions) -> Value {
    findings.iter().map(|finding| enriched(finding, positions)).collect()
}

fn enriched(finding: &Finding, positions: &dyn Positions) -> Value {
    let mut written = value(finding);
    written["scenario"] = site(&finding.scenario, positions);
    if let Some(document) = &finding.document {
        written["document"] = site(document, positions);
    }
    written
}

fn site(site: &Site, positions: &dyn Positions) -> Value {
    let mut written = value(site);
    if let Some(position) = positions.find(&site.file, &site.pointer) {
        written["line"] = json!(position.line);
        written["column"] = json!(position.column);
        written["endColumn"] = json!(position.end_column);
    }
    written
}

fn value(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).expect("plain structs with text for keys are always JSON")
}
