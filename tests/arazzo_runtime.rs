//! Does the runner do what the Arazzo Specification says? Cases are files: `tests/arazzo_runtime/README.md` tells their format.
//!
//! Each case is a description, a scripted server, and what must come of the two: the verdict, the requests, the waits, the outputs.
//! Each has controls: a small change after which something else must come of it, so that no case passes for nothing.
//! `STANDIN_CASE=criteria/regex` runs only the cases whose path holds that text.

#[path = "arazzo_runtime/harness/mod.rs"]
mod harness;

use harness::{CASES_MIN, TOPICS, check, check_case, files};
use serde_json::{Value, json};

#[test]
fn documents() {
    check("documents");
}

#[test]
fn sources() {
    check("sources");
}

#[test]
fn workflows() {
    check("workflows");
}

#[test]
fn inputs() {
    check("inputs");
}

#[test]
fn expressions() {
    check("expressions");
}

#[test]
fn parameters() {
    check("parameters");
}

#[test]
fn bodies() {
    check("bodies");
}

#[test]
fn criteria() {
    check("criteria");
}

#[test]
fn actions() {
    check("actions");
}

#[test]
fn outputs() {
    check("outputs");
}

#[test]
fn failures() {
    check("failures");
}

#[test]
fn extensions() {
    check("extensions");
}

#[test]
fn there_are_many_cases_and_each_topic_has_some() {
    let counts: Vec<(&str, usize)> = TOPICS.iter().map(|topic| (*topic, files(topic).len())).collect();
    for (topic, count) in &counts {
        assert!(*count > 0, "the topic {topic} has no cases");
    }
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    println!("{total} cases: {counts:?}");
    assert!(total >= CASES_MIN, "{total} cases are fewer than {CASES_MIN}: {counts:?}");
}

#[test]
fn every_folder_of_cases_is_a_topic_that_is_checked() {
    assert_eq!(harness::folders(), TOPICS, "each folder needs a test above");
}

#[test]
fn no_two_cases_have_the_same_title() {
    let mut seen = std::collections::BTreeMap::new();
    for file in TOPICS.iter().flat_map(|topic| files(topic)) {
        let title = harness::title(&file);
        if let Some(other) = seen.insert(title.clone(), file.clone()) {
            panic!("{} and {} are both called: {title}", other.display(), file.display());
        }
    }
}

/// A case that is right, to be made wrong.
fn right() -> Value {
    json!({
        "title": "The status is 200", "section": "-", "says": "-", "version": "1.0.1",
        "document": { "workflows": [{ "workflowId": "main", "steps": [{
            "stepId": "read", "operationId": "getStatus", "successCriteria": [{ "condition": "$statusCode == 200" }]
        }] }] },
        "server": [{ "status": 200 }],
        "expect": { "verdict": "passed", "requests": ["GET /status"] },
        "controls": [{ "why": "another status", "set": { "/server/0/status": 201 }, "expect": { "verdict": "failed" } }]
    })
}

#[track_caller]
fn wrong(pointer: &str, value: Value, why: &str) {
    let mut case = right();
    *case.pointer_mut(pointer).expect("it is there") = value;
    let told = check_case(&case).expect_err("it is wrong");
    assert!(told.contains(why), "{told}");
}

#[test]
fn a_case_that_comes_out_otherwise_is_told_with_both_sides() {
    assert_eq!(check_case(&right()), Ok(()));
    wrong("/expect/verdict", json!("failed"), "- verdict: Failed\n    + verdict: Passed");
    wrong("/expect/requests", json!([]), "+ request 0: GET /status");
    wrong(
        "/expect/requests",
        json!(["GET /job"]),
        "- request 0 line: \"GET /job\"\n    + request 0 line: \"GET /status\"",
    );
    wrong("/expect/requests", json!(["GET /status", "GET /job"]), "- request 1: GET /job");
}

#[test]
fn a_control_that_comes_out_like_its_case_is_found_out() {
    wrong(
        "/controls/0",
        json!({ "why": "nothing", "expect": { "verdict": "passed" } }),
        "so that the case shows nothing",
    );
    wrong("/controls/0/set", json!({ "/server/0/staus": 1 }), "unknown field `staus`");
    wrong("/controls/0/set", json!({ "/server/7/status": 1 }), "/server/7/status leads nowhere");
}

#[test]
fn a_case_that_cannot_be_read_says_where() {
    wrong("/controls", json!([]), "a case needs a control");
    wrong("/expect", json!({ "verdict": "passed" }), "`expect` needs the requests");
    wrong("/expect/verdict", json!("green"), "expect.verdict: unknown variant `green`");
    wrong("/server", json!([{ "stauts": 200 }]), "unknown field `stauts`");
}
