//! Steps in order, criteria, outputs.

use serde_json::json;
use standin::scenario::run::{Need, Received, Run, Verdict};

use crate::harness;
use crate::support::{lines, reply, told, visits};

#[test]
fn steps_run_in_order_and_hand_on_what_they_found() {
    let harness = harness(
        "  - workflowId: w
    inputs: {type: object, properties: {name: {type: string, default: Ann}}}
    steps:
      - stepId: create
        operationId: createThing
        requestBody: {payload: {name: $inputs.name, note: 'for {$inputs.name}'}}
        successCriteria: [{condition: $statusCode == 201}]
        outputs: {id: '$response.body#/id'}
      - stepId: get
        operationId: getThing
        parameters: [{name: id, in: path, value: $steps.create.outputs.id}]
        outputs: {thing: $response.body}
    outputs: {id: $steps.create.outputs.id, name: '$steps.get.outputs.thing#/name'}
",
    );
    let (record, sent) = harness.run("w", vec![reply(201, json!({"id": "a b"})), reply(200, json!({"name": "Ann"}))]);
    assert_eq!(lines(&sent), ["POST /v1/things {\"name\":\"Ann\",\"note\":\"for Ann\"}", "GET /v1/things/a%20b"]);
    assert_eq!(sent[0].header("content-type"), Some("application/json"));
    assert_eq!(told(&record), [""; 0]);
    assert_eq!(record.verdict, Verdict::Passed);
    assert_eq!(json!(record.inputs), json!({"name": "Ann"}));
    assert_eq!(json!(record.outputs), json!({"id": "a b", "name": "Ann"}));
    assert_eq!(visits(&harness, &record), ["w.create 1 201 passed", "w.get 1 200 passed"]);
}

#[test]
fn a_failed_step_ends_the_workflow_and_says_why() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - stepId: get
        operationId: getThing
        parameters: [{name: id, in: path, value: a}]
        successCriteria:
          - condition: $statusCode == 200
          - condition: $response.body#/name == 'Bo'
        outputs: {name: '$response.body#/name', gone: '$response.body#/gone'}
      - {stepId: never, operationId: listThings}
    outputs: {name: $steps.get.outputs.name, gone: $steps.get.outputs.gone}
",
    );
    let (record, sent) = harness.run("w", vec![reply(200, json!({"name": "Ann"}))]);
    assert_eq!(lines(&sent), ["GET /v1/things/a"]);
    assert_eq!(record.verdict, Verdict::Failed);
    let finding = &record.findings[0];
    assert_eq!((record.findings.len(), finding.code.word(), finding.visit), (1, "criterion-failed", Some(0)));
    assert_eq!(finding.scenario.pointer, "/workflows/0/steps/0/successCriteria/1");
    assert!(finding.message.starts_with("step `get`: "), "{}", finding.message);
    assert_eq!(json!(record.outputs), json!({"name": "Ann"}), "the outputs that there are");
    let outcomes: Vec<bool> = record.visits[0].criteria.iter().map(|(_, outcome)| outcome.passed).collect();
    assert_eq!(outcomes, [true, false]);
}

#[test]
fn without_criteria_a_step_passes_below_400() {
    let harness = harness(
        "  - workflowId: w
    steps: [{stepId: get, operationId: getThing, parameters: [{name: id, in: path, value: a}]}]
",
    );
    assert_eq!(harness.run("w", vec![reply(299, json!({}))]).0.verdict, Verdict::Passed);
    let (record, _) = harness.run("w", vec![reply(404, json!(null))]);
    assert_eq!(record.verdict, Verdict::Failed);
    assert_eq!(told(&record), ["criterion-failed: step `get` was answered 404 Not Found"]);
    assert_eq!(record.findings[0].scenario.pointer, "/workflows/0/steps/0");
}

#[test]
fn an_undefined_output_is_told_and_the_step_still_passes() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - stepId: list
        operationId: listThings
        outputs: {first: '$response.body#/items/0', count: '$response.body#/count'}
    outputs: {count: $steps.list.outputs.count, first: $steps.list.outputs.first}
",
    );
    let (record, _) = harness.run("w", vec![reply(200, json!({"count": 2}))]);
    assert_eq!(record.verdict, Verdict::Passed);
    assert_eq!(json!(record.outputs), json!({"count": 2}));
    let places: Vec<&str> = record.findings.iter().map(|finding| finding.scenario.pointer.as_str()).collect();
    assert_eq!(places, ["/workflows/0/outputs/first", "/workflows/0/steps/0/outputs/first"]);
    assert!(record.findings.iter().all(|finding| finding.code.word() == "expression-undefined"));
}

#[test]
fn a_request_that_needs_what_is_undefined_is_not_sent() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - {stepId: list, operationId: listThings, outputs: {first: '$response.body#/first'}}
      - stepId: get
        operationId: getThing
        parameters: [{name: id, in: path, value: $steps.list.outputs.first}]
",
    );
    let (record, sent) = harness.run("w", vec![reply(200, json!({}))]);
    assert_eq!(lines(&sent), ["GET /v1/things"]);
    assert_eq!(record.verdict, Verdict::Failed);
    assert_eq!(visits(&harness, &record), ["w.list 1 200 passed", "w.get 1 unsent failed"]);
    let last = record.findings.last().expect("a finding");
    assert_eq!((last.code.word(), last.visit), ("expression-undefined", Some(1)));
    assert_eq!(last.scenario.pointer, "/workflows/0/steps/1/parameters/0/value");
}

#[test]
fn a_breach_of_the_document_is_told_and_changes_nothing_else() {
    let harness = harness(
        "  - workflowId: w
    steps: [{stepId: create, operationId: createThing, requestBody: {payload: {name: x}}}]
",
    );
    let (record, _) = harness.run("w", vec![reply(201, json!({"name": "x"}))]);
    assert_eq!(record.verdict, Verdict::Passed);
    assert_eq!((record.findings[0].code.word(), record.findings[0].visit), ("body-invalid", Some(0)));
}

#[test]
fn a_need_stays_until_it_is_answered_by_what_fits() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - stepId: list
        operationId: listThings
        onFailure: [{name: again, type: retry, retryAfter: 1}]
",
    );
    let mut run = Run::new(&harness.suite, harness.workflow("w"), &harness.settings, &harness.before);
    run.answer(Received::Waited);
    for _ in 0..2 {
        assert!(matches!(run.next(), Need::Send(_)));
        run.answer(Received::Waited);
    }
    let refused = || Received::Reply {
        reply: standin::call::Reply::new(http::StatusCode::SERVICE_UNAVAILABLE),
        elapsed: Default::default(),
        received_at: 0,
    };
    run.answer(refused());
    for _ in 0..2 {
        assert!(matches!(run.next(), Need::Wait(_)));
        run.answer(refused());
    }
    let record = run.finish();
    assert_eq!((record.verdict, record.visits.len()), (Verdict::Failed, 1), "it was broken off");
}

#[test]
fn a_step_that_is_reached_before_what_it_depends_on_fails() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - stepId: first
        operationId: listThings
        onSuccess: [{name: jump, type: goto, stepId: third}]
      - {stepId: second, operationId: listThings}
      - {stepId: third, operationId: listThings, dependsOn: [second]}
",
    );
    let (record, sent) = harness.run("w", vec![reply(200, json!({})); 3]);
    assert_eq!((record.verdict, sent.len()), (Verdict::Failed, 1));
    assert_eq!(told(&record), ["dependency-unmet: step `third` depends on `second`, which has not passed yet"]);
    assert_eq!(visits(&harness, &record), ["w.first 1 200 passed -> jump", "w.third 1 unsent failed"]);
}
