//! Workflows that call, follow or depend on one another.

use serde_json::json;
use standin::scenario::run::{FailureKind, Verdict};

use crate::support::{Harness, fails, lines, reply, told, visits};
use crate::{API, description, harness};

const CALLS: &str = "  - workflowId: outer
    steps:
      - stepId: call
        workflowId: inner
        parameters: [{name: name, value: Ann}]
        successCriteria: [{condition: $outputs.id != 'bad'}]
        outputs: {id: $outputs.id, same: $workflows.inner.outputs.id, given: $workflows.inner.inputs.name}
        onFailure: [{name: again, type: retry, criteria: [{condition: $outputs.id == 'bad'}]}]
    outputs: {all: $steps.call.outputs.id, same: $steps.call.outputs.same, given: $steps.call.outputs.given}
  - workflowId: inner
    inputs: {type: object, required: [name], properties: {name: {type: string}}}
    steps:
      - stepId: create
        operationId: createThing
        requestBody: {payload: {name: $inputs.name}}
        outputs: {id: '$response.body#/id'}
    outputs: {id: $steps.create.outputs.id}
";

#[test]
fn a_called_workflow_gets_inputs_and_gives_outputs() {
    let harness = harness(CALLS);
    let (record, sent) = harness.run("outer", vec![reply(201, json!({"id": "7"}))]);
    assert_eq!(told(&record), [""; 0]);
    assert_eq!(lines(&sent), ["POST /v1/things {\"name\":\"Ann\"}"]);
    assert_eq!(json!(record.outputs), json!({"all": "7", "same": "7", "given": "Ann"}));
    assert_eq!(visits(&harness, &record), ["  inner.create 1 201 passed", "outer.call 1 called inner passed"]);
}

#[test]
fn a_called_workflow_that_fails_fails_its_step_unless_that_copes() {
    let harness = harness(CALLS);
    let bad = || reply(201, json!({"id": "bad"}));
    let (record, _) = harness.run("outer", vec![bad(), reply(201, json!({"id": "8"}))]);
    assert_eq!((record.verdict, told(&record)), (Verdict::Passed, Vec::new()));
    let (record, _) = harness.run("outer", vec![reply(500, json!(null))]);
    assert_eq!(record.verdict, Verdict::Failed);
    assert_eq!(told(&record), ["criterion-failed: step `create` was answered 500 Internal Server Error"]);
    assert_eq!(record.findings[0].visit, Some(0), "the finding stays with the visit that failed");
    let (record, _) = harness.run("outer", vec![fails(FailureKind::Unreachable)]);
    assert_eq!(record.verdict, Verdict::Unreachable);
    let (record, _) = harness.run("outer", vec![bad(), bad()]);
    assert_eq!((record.verdict, record.findings.len()), (Verdict::Failed, 1));
}

#[test]
fn a_called_workflow_that_lacks_an_input_is_not_begun() {
    let harness = harness(&CALLS.replace("        parameters: [{name: name, value: Ann}]\n", ""));
    let (record, sent) = harness.run("outer", Vec::new());
    assert_eq!((record.verdict, sent.len()), (Verdict::Failed, 0));
    assert_eq!(told(&record), ["input-missing: `inner` needs the input `name`"]);
    assert_eq!(visits(&harness, &record), ["outer.call 1 unsent failed"]);
}

#[test]
fn going_to_a_workflow_is_one_way_and_its_verdict_and_outputs_count() {
    let harness = harness(
        "  - workflowId: first
    inputs: {type: object, properties: {who: {type: string, default: Ann}}}
    steps:
      - stepId: list
        operationId: listThings
        onSuccess:
          - {name: over, type: goto, workflowId: second, parameters: [{name: name, value: '$response.body#/name'}]}
      - {stepId: never, operationId: listThings}
    outputs: {from: $steps.list.outputs.nothing}
  - workflowId: second
    inputs: {type: object, properties: {name: {type: string}}}
    steps:
      - {stepId: create, operationId: createThing, requestBody: {payload: {name: $inputs.name, who: $workflows.first.inputs.who}}, outputs: {id: '$response.body#/id'}}
    outputs: {id: $steps.create.outputs.id}
"
        .replace("    outputs: {from: $steps.list.outputs.nothing}\n", "")
        .replace(", who: $workflows.first.inputs.who", "")
        .as_str(),
    );
    let (record, sent) = harness.run("first", vec![reply(200, json!({"name": "Bo"})), reply(201, json!({"id": "1"}))]);
    assert_eq!(lines(&sent), ["GET /v1/things", "POST /v1/things {\"name\":\"Bo\"}"]);
    assert_eq!((record.verdict, json!(record.outputs)), (Verdict::Passed, json!({"id": "1"})));
    assert_eq!(visits(&harness, &record), ["first.list 1 200 passed -> over", "second.create 1 201 passed"]);
    let (record, _) = harness.run("first", vec![reply(200, json!({"name": "Bo"})), reply(500, json!(null))]);
    assert_eq!(record.verdict, Verdict::Failed);
}

#[test]
fn a_retry_may_run_a_workflow_first_whatever_comes_of_it() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - stepId: list
        operationId: listThings
        onFailure: [{name: mend, type: retry, workflowId: mend, retryLimit: 2}]
  - workflowId: mend
    steps: [{stepId: create, operationId: createThing}]
",
    );
    let gone = || reply(503, json!(null));
    let (record, sent) =
        harness.run("w", vec![gone(), gone(), gone(), reply(201, json!({"id": "a"})), reply(200, json!({}))]);
    assert_eq!(
        lines(&sent).join("; "),
        "GET /v1/things; POST /v1/things; GET /v1/things; POST /v1/things; GET /v1/things"
    );
    assert_eq!((record.verdict, told(&record)), (Verdict::Passed, Vec::new()));
}

#[test]
fn a_dependency_runs_once_before() {
    let harness = harness(
        "  - workflowId: main
    steps:
      - {stepId: a, workflowId: left}
      - {stepId: b, workflowId: right}
  - {workflowId: left, dependsOn: [base], steps: [{stepId: get, operationId: listThings}]}
  - {workflowId: right, dependsOn: [base], steps: [{stepId: get, operationId: listThings}]}
  - {workflowId: base, steps: [{stepId: create, operationId: createThing}]}
",
    );
    let answers = || vec![reply(201, json!({"id": "a"})), reply(200, json!({})), reply(200, json!({}))];
    let (record, sent) = harness.run("main", answers());
    assert_eq!(lines(&sent), ["POST /v1/things", "GET /v1/things", "GET /v1/things"]);
    assert_eq!(record.verdict, Verdict::Passed);
    let (record, sent) = harness.run("main", vec![reply(500, json!(null))]);
    assert_eq!((record.verdict, sent.len()), (Verdict::Failed, 1));
    assert_eq!(told(&record)[..1], ["dependency-failed: `main` depends on `base`, which failed"]);
}

#[test]
fn a_workflow_of_another_description_is_called_with_its_own_sources() {
    let main = "arazzo: 1.0.1
info: {title: T, version: '1'}
sourceDescriptions: [{name: lib, url: lib.arazzo.yaml, type: arazzo}]
workflows:
  - workflowId: main
    steps:
      - stepId: call
        workflowId: $sourceDescriptions.lib.make
        outputs: {id: $outputs.id}
    outputs: {id: $steps.call.outputs.id}
";
    let lib = description(
        "  - workflowId: make
    steps: [{stepId: create, operationId: createThing, outputs: {id: '$response.body#/id'}}]
    outputs: {id: $steps.create.outputs.id}
",
    );
    let harness = Harness::new(&[("main.arazzo.yaml", main), ("lib.arazzo.yaml", &lib), ("api.yaml", API)]);
    let (record, _) = harness.run("main", vec![reply(201, json!({"id": "5"}))]);
    assert_eq!((told(&record), json!(record.outputs)), (Vec::new(), json!({"id": "5"})));
}

#[test]
fn a_called_workflow_has_no_more_time_than_its_step() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - {stepId: call, workflowId: slow, timeout: 1000}
  - workflowId: slow
    steps:
      - {stepId: one, operationId: listThings}
      - {stepId: two, operationId: listThings, onFailure: [{name: again, type: retry, retryAfter: 9, retryLimit: 9}]}
      - {stepId: three, operationId: listThings}
",
    );
    let (record, sent) = harness.run("w", vec![reply(200, json!({})).took(700), reply(500, json!(null)).took(100)]);
    assert_eq!(sent[1].timeout.map(|left| left.as_millis()), Some(300));
    assert_eq!(lines(&sent), ["GET /v1/things", "GET /v1/things", "WAIT 0.2"]);
    assert_eq!(told(&record), ["step-timeout: step `call` took longer than its 1000 ms"]);
    assert_eq!(record.verdict, Verdict::Failed);
}
