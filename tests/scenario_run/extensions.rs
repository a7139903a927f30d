//! `x-standin-if`, `x-standin-each`, `x-standin-finally`, and steps that are left out.

use serde_json::json;
use standin::scenario::run::{FailureKind, Verdict};

use crate::harness;
use crate::support::{Harness, fails, lines, reply, skipped, told, visits};

#[test]
fn a_step_is_left_out_when_its_condition_does_not_hold() {
    let harness = harness(
        "  - workflowId: w
    inputs: {type: object, properties: {on: {type: boolean, default: false}}}
    steps:
      - {stepId: create, operationId: createThing, x-standin-if: $inputs.on == true, outputs: {id: '$response.body#/id'}}
      - {stepId: get, operationId: getThing, parameters: [{name: id, in: path, value: $steps.create.outputs.id}], outputs: {name: '$response.body#/name'}}
      - {stepId: list, operationId: listThings}
    outputs: {id: $steps.create.outputs.id, name: $steps.get.outputs.name}
",
    );
    let (record, sent) = harness.run("w", vec![reply(200, json!({}))]);
    assert_eq!(lines(&sent), ["GET /v1/things"]);
    assert_eq!((record.verdict, told(&record)), (Verdict::Passed, Vec::new()), "nor are outputs missed");
    let visits = visits(&harness, &record);
    assert!(visits[0].starts_with("w.create 1 skipped (its condition does not hold: "), "{}", visits[0]);
    assert!(
        visits[1].starts_with("w.get 1 skipped (it needs an output of `create`, which was left out: "),
        "{}",
        visits[1]
    );
}

#[test]
fn a_control_step_that_the_target_cannot_do_is_noted_and_passed_over() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - {stepId: clock, operationId: createThing, outputs: {now: '$response.body#/id'}}
      - {stepId: get, operationId: getThing, parameters: [{name: id, in: path, value: 'x{$steps.clock.outputs.now}'}]}
      - {stepId: list, operationId: listThings}
",
    );
    let (record, sent) = harness.run("w", vec![skipped("not a fake"), reply(200, json!({}))]);
    assert_eq!(lines(&sent), ["POST /v1/things", "GET /v1/things"]);
    assert_eq!(record.verdict, Verdict::Passed);
    assert_eq!(told(&record), ["control-skipped: step `clock` was left out: not a fake"]);
    assert_eq!(record.findings[0].visit, Some(0));
}

const EACH: &str = "  - workflowId: w
    inputs: {type: object, properties: {names: {type: array, default: [a, b, c]}, name: {type: string, default: kept}}}
    steps:
      - stepId: create
        x-standin-each: {in: $inputs.names, as: name}
        operationId: createThing
        requestBody: {payload: {name: $inputs.name}}
        outputs: {id: '$response.body#/id'}
        onFailure: [{name: again, type: retry, retryLimit: 1}]
      - {stepId: last, operationId: createThing, requestBody: {payload: {name: '{$inputs.name} {$steps.create.outputs.id}'}}}
";

#[test]
fn a_step_is_done_for_each_element_each_with_its_own_retries() {
    let harness = harness(EACH);
    let made = |id| reply(201, json!({"id": id}));
    let gone = || reply(503, json!(null));
    let (record, sent) = harness.run("w", vec![made("1"), gone(), made("2"), gone(), made("3"), made("4")]);
    let bodies: Vec<&str> = sent.iter().map(|sent| sent.body.as_str()).collect();
    let name = |name| format!("{{\"name\":\"{name}\"}}");
    assert_eq!(bodies, [name("a"), name("b"), name("b"), name("c"), name("c"), name("kept 3")]);
    assert_eq!((record.verdict, told(&record)), (Verdict::Passed, Vec::new()));
    assert_eq!(json!(record.inputs), json!({"names": ["a", "b", "c"], "name": "kept"}));
}

#[test]
fn an_element_that_fails_ends_the_step() {
    let harness = harness(EACH);
    let (record, sent) =
        harness.run("w", vec![reply(201, json!({"id": "1"})), reply(503, json!(null)), reply(503, json!(null))]);
    assert_eq!((record.verdict, sent.len(), record.findings.len()), (Verdict::Failed, 3, 1));
}

#[test]
fn elements_may_be_none_or_nothing_to_go_through() {
    let none = harness(&EACH.replace("default: [a, b, c]", "default: []"));
    let (record, sent) = none.run("w", Vec::new());
    assert_eq!((record.verdict, sent.len()), (Verdict::Passed, 0), "{:?}", told(&record));
    let text = harness(&EACH.replace("{type: array, default: [a, b, c]}", "{default: abc}"));
    let (record, _) = text.run("w", Vec::new());
    assert_eq!(record.verdict, Verdict::Failed);
    assert_eq!(
        told(&record).last().map(String::as_str),
        Some("expression-undefined: `x-standin-each` of step `create` is no array")
    );
}

#[test]
fn a_condition_may_ask_about_each_element() {
    let harness = harness(&EACH.replace(
        "        operationId: createThing\n        requestBody",
        "        x-standin-if: $inputs.name != 'b'\n        operationId: createThing\n        requestBody",
    ));
    let made = |id| reply(201, json!({"id": id}));
    let (record, sent) = harness.run("w", vec![made("1"), made("3"), made("4")]);
    assert_eq!(sent.len(), 3);
    assert_eq!((record.verdict, record.visits.len()), (Verdict::Passed, 4));
}

const FINALLY: &str = "  - workflowId: w
    x-standin-finally: [clean, gone]
    steps:
      - {stepId: create, operationId: createThing, outputs: {id: '$response.body#/id'}}
      - {stepId: clean, operationId: deleteThing, parameters: [{name: id, in: path, value: $steps.create.outputs.id}]}
      - {stepId: list, operationId: listThings}
      - {stepId: gone, operationId: getThing, parameters: [{name: id, in: path, value: x}], successCriteria: [{condition: $statusCode == 404}], onFailure: [{name: again, type: retry, retryAfter: 1}]}
";

#[test]
fn what_runs_at_the_end_runs_whatever_happened() {
    let harness = harness(FINALLY);
    let made = || reply(201, json!({"id": "1"}));
    let (deleted, gone) = (|| reply(204, json!(null)), || reply(404, json!(null)));
    let all = ["POST /v1/things", "GET /v1/things", "DELETE /v1/things/1", "GET /v1/things/x"];
    let (record, sent) = harness.run("w", vec![made(), reply(200, json!({})), deleted(), gone()]);
    assert_eq!((lines(&sent), record.verdict), (all.map(str::to_owned).to_vec(), Verdict::Passed));
    let (record, sent) = harness.run("w", vec![made(), reply(500, json!(null)), deleted(), gone()]);
    assert_eq!((lines(&sent), record.verdict), (all.map(str::to_owned).to_vec(), Verdict::Failed));
    let (record, sent) = harness.run("w", vec![made(), fails(FailureKind::Tls), deleted(), gone()]);
    assert_eq!((sent.len(), record.verdict), (4, Verdict::Unreachable));
}

#[test]
fn what_fails_at_the_end_fails_the_workflow_and_the_rest_still_runs() {
    let harness = harness(FINALLY);
    let present = || reply(200, json!({}));
    let answers = vec![reply(201, json!({"id": "1"})), present(), reply(500, json!(null)), present(), present()];
    let (record, sent) = harness.run("w", answers);
    assert_eq!(lines(&sent)[2..], ["DELETE /v1/things/1", "GET /v1/things/x", "WAIT 1", "GET /v1/things/x"]);
    assert_eq!((record.verdict, record.findings.len()), (Verdict::Failed, 2));
}

#[test]
fn a_workflow_that_hands_over_tidies_up_after_the_other() {
    let harness = harness(
        "  - workflowId: w
    x-standin-finally: [clean]
    steps:
      - {stepId: create, operationId: createThing, onSuccess: [{name: on, type: goto, workflowId: other}]}
      - {stepId: clean, operationId: deleteThing, parameters: [{name: id, in: path, value: a}]}
  - workflowId: other
    steps: [{stepId: list, operationId: listThings, outputs: {n: '$response.body#/n'}}]
    outputs: {n: $steps.list.outputs.n}
",
    );
    let (record, sent) =
        harness.run("w", vec![reply(201, json!({"id": "a"})), reply(200, json!({"n": 1})), reply(204, json!(null))]);
    assert_eq!(lines(&sent), ["POST /v1/things", "GET /v1/things", "DELETE /v1/things/a"]);
    assert_eq!((record.verdict, json!(record.outputs)), (Verdict::Passed, json!({"n": 1})));
    let (record, sent) =
        harness.run("w", vec![reply(201, json!({"id": "a"})), reply(500, json!(null)), reply(204, json!(null))]);
    assert_eq!((record.verdict, sent.len()), (Verdict::Failed, 3));
}

const HOOKS: &str = "openapi: 3.1.0
info: {title: Hooks, version: '1'}
paths: {}
webhooks:
  made:
    post:
      requestBody: {content: {application/json: {schema: {type: object, required: [id]}}}}
      responses: {'200': {description: OK}}
";

const CONTROL: &str = "openapi: 3.1.0
info: {title: Control, version: '1'}
servers: [{url: /_standin}]
paths:
  /webhooks/await:
    post:
      operationId: awaitWebhook
      responses: {'200': {description: OK, content: {application/json: {schema: {type: object}}}}}
";

#[test]
fn a_delivered_webhook_is_held_against_the_document() {
    let main = "arazzo: 1.0.1
info: {title: T, version: '1'}
sourceDescriptions:
  - {name: control, url: control.yaml, type: openapi}
  - {name: hooks, url: hooks.yaml, type: openapi}
workflows:
  - workflowId: w
    steps: [{stepId: await, operationId: $sourceDescriptions.control.awaitWebhook}]
";
    let harness = Harness::new(&[("main.arazzo.yaml", main), ("control.yaml", CONTROL), ("hooks.yaml", HOOKS)]);
    let run = |event: &str, payload| harness.run("w", vec![reply(200, json!({"event": event, "payload": payload}))]).0;
    assert_eq!(told(&run("made", json!({"id": 1}))), [""; 0]);
    for record in [run("made", json!({})), run("unknown", json!({"id": 1}))] {
        let codes: Vec<&str> = record.findings.iter().map(|finding| finding.code.word()).collect();
        assert_eq!((codes, record.verdict), (vec!["webhook-invalid"], Verdict::Passed));
        assert_eq!(record.findings[0].visit, Some(0));
    }
}
