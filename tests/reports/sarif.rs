//! Held against the part of the standard that we write, in a schema of our own words. The official schema may not be handed on
//! with this repository; `STANDIN_SARIF_SCHEMA=FILE` has it, or any other, used instead.

use std::collections::BTreeSet;

use serde_json::Value;
use standin::scenario::code::Code;
use standin::scenario::report::Format;
use standin::scenario::results::Results;

use super::{example, render};

fn schema() -> Value {
    let text = match std::env::var_os("STANDIN_SARIF_SCHEMA") {
        Some(file) => std::fs::read_to_string(file).expect("STANDIN_SARIF_SCHEMA names a file"),
        None => include_str!("sarif.schema.json").to_owned(),
    };
    serde_json::from_str(&text).expect("a schema is JSON")
}

#[track_caller]
fn valid(results: &Results) -> Value {
    let log: Value = serde_json::from_str(&render(results, Format::Sarif)).expect("SARIF is JSON");
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let errors: Vec<String> =
        validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    log
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().expect("results are a list")
}

#[test]
fn every_example_is_valid() {
    valid(&example::rich());
    valid(&example::hostile("<script>\" %20#?\\\u{1b}"));
    assert_eq!(results(&valid(&example::empty())), &Vec::<Value>::new());
}

#[test]
fn every_code_is_a_rule_and_every_result_names_its_rule() {
    let log = valid(&example::rich());
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules are a list").clone();
    let ids: Vec<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
    assert_eq!(ids, Code::ALL.iter().map(|code| code.word()).collect::<Vec<_>>());
    for result in results(&log) {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("a small one");
        assert_eq!(result["ruleId"], rules[index]["id"]);
    }
    assert_eq!(log["runs"][0]["tool"]["driver"]["name"], "standin");
    assert_eq!(log["runs"][0]["tool"]["driver"]["version"], "0.1.0");
}

#[test]
fn a_result_stands_at_the_scenario_and_names_the_document() {
    let log = valid(&example::rich());
    let result = &results(&log)[0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "scenarios/library/loans.arazzo.yaml");
    assert_eq!(
        place["region"],
        serde_json::json!({ "startLine": 95, "startColumn": 9, "endLine": 95, "endColumn": 15 })
    );
    let related = &result["relatedLocations"][0];
    assert_eq!(related["physicalLocation"]["artifactLocation"]["uri"], "spec/library/openapi.yaml");
    assert!(result["message"]["text"].as_str().expect("text").ends_with("See [the promise in the document](1)."));
    assert_eq!(result["level"], "error");
    assert_eq!(result["properties"]["step"], "lend");
}

#[test]
fn a_place_that_is_not_found_is_the_line_of_its_workflow() {
    let log = valid(&example::rich());
    let unreachable =
        results(&log).iter().find(|result| result["ruleId"] == "unreachable").expect("one is unreachable");
    assert_eq!(unreachable["locations"][0]["physicalLocation"]["region"]["startLine"], 72);
}

#[test]
fn fingerprints_tell_results_apart_and_stay_when_values_and_lines_change() {
    let fingerprints = |results: &Results| -> Vec<String> {
        let log = valid(results);
        let all =
            self::results(&log).iter().map(|result| result["partialFingerprints"]["standinFinding/v1"].to_string());
        all.collect()
    };
    let mut rich = example::rich();
    let twin = rich.workflows[1].findings[0].clone();
    rich.workflows[1].findings.push(twin);
    let before = fingerprints(&rich);
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), before.len(), "two alike are two");
    for workflow in &mut rich.workflows {
        workflow.line += 7;
        for finding in &mut workflow.findings {
            finding.message.push_str(" at 12:34:56");
            finding.found = Some("another".into());
        }
    }
    assert_eq!(fingerprints(&rich), before);
}
