use serde_json::{Value, json};
use standin::scenario::report::Format;
use standin::scenario::results::Results;

use super::{example, render};

const SCHEMA: &str = include_str!("../../spec/report.schema.json");

#[track_caller]
fn valid(results: &Results) -> Value {
    fits(&render(results, Format::Json), SCHEMA)
}

/// Reads a report that the schema takes.
#[track_caller]
pub fn fits(report: &str, schema: &str) -> Value {
    let report: Value = serde_json::from_str(report).expect("a report is JSON");
    let schema: Value = serde_json::from_str(schema).expect("a schema is JSON");
    assert!(jsonschema::meta::is_valid(&schema), "the schema is one");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let errors: Vec<String> =
        validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    report
}

/// No object of the schema takes members that it does not name.
#[track_caller]
pub fn is_closed(schema: &Value) {
    let open = |schema: &Value| schema["type"] == "object" && schema["additionalProperties"] != json!(false);
    let definitions = schema["$defs"].as_object().expect("definitions");
    let left_open: Vec<&String> = definitions.iter().filter(|(_, schema)| open(schema)).map(|(name, _)| name).collect();
    assert_eq!(left_open, Vec::<&String>::new());
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn every_example_fits_the_published_schema() {
    for results in [example::rich(), example::green(), example::empty(), example::hostile("\u{1b}\"\\")] {
        valid(&results);
    }
}

#[test]
fn the_schema_is_closed_so_that_a_new_field_is_told_there_too() {
    is_closed(&serde_json::from_str(SCHEMA).expect("a schema is JSON"));
}

#[test]
fn a_finding_says_its_lines() {
    let report = valid(&example::rich());
    assert_eq!(report["version"], 1);
    assert_eq!(report["verdict"], "failed");
    assert_eq!(
        report["workflows"][1]["findings"][0]["scenario"],
        json!({
            "file": "scenarios/library/loans.arazzo.yaml",
            "pointer": "/workflows/0/steps/0",
            "line": 95,
            "column": 9,
            "endColumn": 15,
        })
    );
    assert!(report["workflows"][1]["findings"][0]["document"]["line"].is_u64());
    assert!(
        report["workflows"][3]["findings"][0]["scenario"].get("line").is_none(),
        "a place that is not found has no line"
    );
}

#[test]
fn the_numbers_are_told() {
    let report = valid(&example::rich());
    assert_eq!(
        report["summary"],
        json!({
            "workflows": { "passed": 2, "failed": 2, "unreachable": 1, "skipped": 1 },
            "steps": { "passed": 5, "retried": 0, "failed": 3, "skipped": 1 },
            "findings": { "errors": 5, "warnings": 2, "notes": 2 },
            "snapshots": { "same": 1, "changed": 1, "new": 1, "updated": 0 },
        })
    );
    assert_eq!(valid(&example::green())["verdict"], "passed");
}
