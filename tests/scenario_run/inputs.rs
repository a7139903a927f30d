//! Inputs: where their values come from, and what is wrong with them.

use serde_json::json;
use standin::scenario::run::{FromFake, Verdict};

use crate::harness;
use crate::support::{lines, reply, told};

const INPUTS: &str = "  - workflowId: w
    inputs:
      type: object
      required: [page]
      properties:
        page: {type: integer, minimum: 1}
        tags: {type: array, items: {type: string}, default: [a]}
        key: {type: string, x-standin-from: credential}
        to: {type: string, x-standin-from: receiver}
        extra: {type: string}
    steps:
      - stepId: list
        operationId: listThings
        parameters:
          - {name: page, in: query, value: $inputs.page}
          - {name: tags, in: query, value: $inputs.tags}
          - {name: session, in: cookie, value: $inputs.extra}
          - {name: X-Trace, in: header, value: $inputs.key}
      - stepId: create
        operationId: createThing
        requestBody: {payload: {name: $inputs.extra, to: $inputs.to, kept: 1, list: [{extra: $inputs.extra}]}}
";

#[test]
fn variables_go_before_defaults_and_those_before_the_fake() {
    let mut harness = harness(INPUTS).variable("page", json!("2")).variable("other", json!(1));
    let (credential, receiver) = (Some("secret".to_owned()), Some("http://receiver.test".to_owned()));
    harness.settings.fakes = vec![FromFake { credential, receiver }];
    let answers = || vec![reply(200, json!({})), reply(201, json!({"id": "a"}))];
    let (record, sent) = harness.run("w", answers());
    assert_eq!(told(&record), [""; 0]);
    assert_eq!(
        json!(record.inputs),
        json!({"page": 2, "tags": ["a"], "key": "secret", "to": "http://receiver.test"}),
        "text of a variable is read by its schema"
    );
    assert_eq!(lines(&sent)[0], "GET /v1/things?page=2&tags=a");
    let (record, _) = harness.variable("tags", json!(["b", "c"])).variable("key", json!("mine")).run("w", answers());
    assert_eq!(record.inputs.get("tags"), Some(&json!(["b", "c"])));
    assert_eq!(record.inputs.get("key"), Some(&json!("mine")));
}

#[test]
fn an_optional_input_without_a_value_is_left_out() {
    let mut harness = harness(INPUTS).variable("page", json!(1));
    harness.settings.fakes = vec![FromFake { receiver: Some("r".to_owned()), ..FromFake::default() }];
    let (record, sent) = harness.run("w", vec![reply(200, json!({})), reply(201, json!({"id": "a"}))]);
    assert_eq!((record.verdict, told(&record)), (Verdict::Passed, Vec::new()));
    assert_eq!(sent[0].header("cookie"), None);
    assert_eq!(sent[0].header("x-trace"), None);
    assert_eq!(sent[1].body, "{\"to\":\"r\",\"kept\":1,\"list\":[{}]}");
}

#[test]
fn a_missing_input_ends_the_run_before_it_begins() {
    let (record, sent) = harness(INPUTS).run("w", Vec::new());
    assert_eq!((record.verdict, sent.len(), record.visits.len()), (Verdict::Failed, 0, 0));
    assert_eq!(told(&record), ["input-missing: `w` needs the input `page`"]);
    assert_eq!(record.findings[0].hint.as_deref(), Some("give it with `--var page=…`, or a `default`"));
}

#[test]
fn an_input_that_breaks_its_schema_ends_the_run_before_it_begins() {
    for wrong in [json!(0), json!("two"), json!(1.5)] {
        let (record, sent) = harness(INPUTS).variable("page", wrong).run("w", Vec::new());
        assert_eq!((record.verdict, sent.len()), (Verdict::Failed, 0));
        assert_eq!(record.findings.len(), 1, "{:?}", told(&record));
        assert_eq!(record.findings[0].code.word(), "input-invalid");
        assert_eq!(record.findings[0].scenario.pointer, "/workflows/0/inputs/properties/page");
    }
}

#[test]
fn a_variable_is_read_by_the_type_that_each_workflow_gives_it() {
    let named = |schema: &str| {
        format!(
            "  - workflowId: {schema}\n    inputs: {{type: object, properties: {{size: {{type: {schema}}}}}}}\n    steps:\n      \
             - {{stepId: list, operationId: listThings}}\n"
        )
    };
    let harness = harness(&(named("integer") + &named("string"))).variable("size", json!("10"));
    for (workflow, size) in [("integer", json!(10)), ("string", json!("10"))] {
        let (record, _) = harness.run(workflow, vec![reply(200, json!([]))]);
        assert_eq!(record.inputs.get("size"), Some(&size), "{workflow}");
    }
}
