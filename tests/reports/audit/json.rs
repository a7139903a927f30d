use serde_json::{Value, json};
use standin::audit::report::{EVIDENCE_EXCHANGES_MAX, EXCHANGES_MAX, Format, render, schema};
use standin::audit::verdict::Audit;

use super::{all, example, golden};

#[track_caller]
fn valid(audit: &Audit) -> Value {
    let report: Value = serde_json::from_str(&render(Format::Json, audit)).expect("a report is JSON");
    let schema: Value = serde_json::from_str(include_str!("../../../spec/audit-report.schema.json")).expect("JSON");
    assert!(jsonschema::meta::is_valid(&schema), "the schema is one");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let errors: Vec<String> =
        validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    report
}

#[test]
fn every_example_fits_the_published_schema() {
    for (_, audit) in all() {
        valid(&audit);
    }
    valid(&example::hostile("\u{1b}\"\\"));
}

#[test]
fn the_schema_refuses_what_no_report_says() {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let report = valid(&example::rich());
    for (pointer, wrong) in [
        ("/grade", json!("G")),
        ("/rules/0/outcome", json!("maybe")),
        ("/runs/1/exchanges/0/status", json!("503")),
        ("/ended", json!({ "state": "finished", "mood": "good" })),
        ("/summary", json!(null)),
    ] {
        let mut changed = report.clone();
        *changed.pointer_mut(pointer).expect("it is there") = wrong;
        assert!(!validator.is_valid(&changed), "{pointer}");
    }
}

#[test]
fn the_schema_is_closed_so_that_a_new_field_is_told_there_too() {
    let schema = schema();
    let open = |schema: &Value| schema["type"] == "object" && schema["additionalProperties"] != json!(false);
    let definitions = schema["$defs"].as_object().expect("definitions");
    let left_open: Vec<&String> = definitions.iter().filter(|(_, schema)| open(schema)).map(|(name, _)| name).collect();
    assert_eq!(left_open, Vec::<&String>::new());
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn a_program_is_told_everything() {
    let mut report = valid(&example::rich());
    report["tool"] = json!("standin VERSION");
    golden::check("audit.rich.json", &format!("{report:#}\n"));
}

#[test]
fn a_client_that_was_not_judged_has_a_null_for_a_grade() {
    let report = valid(&example::empty());
    assert_eq!(report["grade"], json!(null));
    assert_eq!(report["score"], json!(null));
    assert_eq!(report["ended"], json!({ "state": "unjudged", "reason": "no call was seen" }));
}

#[test]
fn evidence_names_only_exchanges_that_are_told() {
    let report = valid(&example::crowded());
    let told = report["runs"][0]["exchanges"].as_array().expect("exchanges");
    assert_eq!(told.len(), EXCHANGES_MAX);
    assert_eq!(report["runs"][0]["exchangesLeftOut"], 340 - EXCHANGES_MAX);
    let numbers: Vec<&Value> = told.iter().map(|one| &one["number"]).collect();
    for rule in report["rules"].as_array().expect("rules") {
        let evidence = &rule["evidence"][0];
        let named = evidence["exchanges"].as_array().expect("exchanges");
        assert!(named.len() <= EVIDENCE_EXCHANGES_MAX && named.iter().all(|number| numbers.contains(&number)));
    }
    assert_eq!(report["rules"][0]["evidence"][0]["exchangesLeftOut"], 300 - EVIDENCE_EXCHANGES_MAX);
    assert_eq!(report["runs"][0]["calls"].as_array().map(Vec::len), Some(41));
    let attempts = report["runs"][0]["calls"][0]["attempts"].as_array().expect("attempts").len();
    assert_eq!(report["runs"][0]["calls"][0]["attemptsLeftOut"], 300 - attempts);
}
