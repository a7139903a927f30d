//! Success and failure actions: which is taken, and where it leads.

use serde_json::json;
use standin::scenario::run::{FailureKind, Verdict};

use crate::harness;
use crate::support::{fails, lines, reply, told, visits};

const POLL: &str = "  - workflowId: w
    steps:
      - stepId: poll
        operationId: listThings
        successCriteria: [{condition: $response.body#/done == true}]
        onFailure:
          - {name: again, type: retry, retryAfter: 0.5, retryLimit: 2, criteria: [{condition: $statusCode < 500}]}
          - {name: once, type: retry}
          - {name: other, type: goto, stepId: rescue, criteria: [{condition: $statusCode == 404}]}
      - {stepId: next, operationId: listThings}
      - {stepId: rescue, operationId: createThing}
";

#[test]
fn a_step_is_retried_until_it_passes_and_leaves_no_finding() {
    let harness = harness(POLL);
    let answers = vec![
        reply(200, json!({"done": false})),
        reply(200, json!({"done": false})),
        reply(200, json!({"done": true})),
        reply(200, json!({})),
        reply(201, json!({"id": "a"})),
    ];
    let (record, sent) = harness.run("w", answers);
    assert_eq!(
        lines(&sent),
        [
            "GET /v1/things",
            "WAIT 0.5",
            "GET /v1/things",
            "WAIT 0.5",
            "GET /v1/things",
            "GET /v1/things",
            "POST /v1/things"
        ]
    );
    assert_eq!((record.verdict, told(&record)), (Verdict::Passed, Vec::new()));
    assert_eq!(record.waited.as_millis(), 1_000);
    assert_eq!(
        visits(&harness, &record)[..3],
        ["w.poll 1 200 failed -> again", "w.poll 2 200 failed -> again", "w.poll 3 200 passed"]
    );
}

#[test]
fn a_retry_that_is_used_up_gives_its_turn_to_the_next() {
    let harness = harness(POLL);
    let (record, _) = harness.run("w", vec![reply(200, json!({"done": false})); 4]);
    assert_eq!(record.verdict, Verdict::Failed);
    assert_eq!(
        visits(&harness, &record),
        [
            "w.poll 1 200 failed -> again",
            "w.poll 2 200 failed -> again",
            "w.poll 3 200 failed -> once",
            "w.poll 4 200 failed"
        ]
    );
    assert_eq!(record.findings.len(), 1, "only the last attempt counts: {:?}", told(&record));
    assert_eq!(record.findings[0].visit, Some(3));
}

#[test]
fn a_failure_that_goes_elsewhere_is_handled() {
    let harness = harness(POLL);
    let answers = [vec![reply(404, json!(null)); 4], vec![reply(201, json!({"id": "a"}))]].concat();
    let (record, sent) = harness.run("w", answers);
    assert_eq!(lines(&sent).last().map(String::as_str), Some("POST /v1/things"));
    assert_eq!((record.verdict, told(&record)), (Verdict::Passed, Vec::new()));
}

#[test]
fn the_reply_says_better_when_to_come_back() {
    let harness = harness(POLL);
    let late = || reply(429, json!(null)).header("retry-after", "7");
    let dated = reply(429, json!(null)).header("retry-after", "Sun, 09 Sep 2001 01:46:43 GMT");
    let (_, sent) = harness.run("w", vec![late(), dated, reply(200, json!({"done": true}))]);
    let waits: Vec<String> = lines(&sent).into_iter().filter(|line| line.starts_with("WAIT")).collect();
    assert_eq!(waits, ["WAIT 7", "WAIT 3"]);
}

#[test]
fn a_success_action_ends_or_jumps() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - stepId: first
        operationId: listThings
        onSuccess:
          - {name: done, type: end, criteria: [{condition: $response.body#/stop == true}]}
          - {name: skip, type: goto, stepId: third, criteria: [{condition: $response.body#/skip == true}]}
      - {stepId: second, operationId: listThings}
      - {stepId: third, operationId: createThing}
",
    );
    let run = |body| {
        lines(&harness.run("w", vec![reply(200, body), reply(200, json!({})), reply(201, json!({"id": "a"}))]).1)
    };
    assert_eq!(run(json!({"stop": true})), ["GET /v1/things"]);
    assert_eq!(run(json!({"skip": true})), ["GET /v1/things", "POST /v1/things"]);
    assert_eq!(run(json!({})), ["GET /v1/things", "GET /v1/things", "POST /v1/things"]);
}

#[test]
fn the_workflows_own_actions_come_after_the_steps_and_are_replaced_by_name() {
    let harness = harness(
        "  - workflowId: w
    failureActions:
      - {name: again, type: retry, retryLimit: 5}
      - {name: last, type: retry, retryAfter: 3, retryLimit: 1}
    steps:
      - stepId: list
        operationId: listThings
        onFailure: [{name: again, type: retry, retryAfter: 1, retryLimit: 1}]
",
    );
    let (_, sent) = harness.run("w", vec![reply(500, json!(null)); 9]);
    let expected = ["GET /v1/things", "WAIT 1", "GET /v1/things", "WAIT 3", "GET /v1/things"];
    assert_eq!(lines(&sent), expected);
}

#[test]
fn a_retry_may_run_a_step_first_whose_own_actions_are_not_followed() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - stepId: login
        operationId: createThing
        outputs: {key: '$response.body#/id'}
        onSuccess: [{name: on, type: goto, stepId: get}]
        onFailure: [{name: on, type: goto, stepId: last}]
      - {stepId: never, operationId: listThings}
      - stepId: get
        operationId: listThings
        parameters: [{name: X-Trace, in: header, value: $steps.login.outputs.key}]
        onFailure: [{name: renew, type: retry, stepId: login, retryAfter: 1, retryLimit: 2}]
      - {stepId: last, operationId: deleteThing, parameters: [{name: id, in: path, value: x}]}
",
    );
    let refused = || reply(401, json!(null));
    let answers = vec![
        reply(201, json!({"id": "k1"})),
        refused(),
        reply(201, json!({"id": "k2"})),
        refused(),
        reply(500, json!(null)),
        reply(200, json!({})),
        reply(204, json!(null)),
    ];
    let (record, sent) = harness.run("w", answers);
    let calls: Vec<String> =
        sent.iter().map(|sent| format!("{} {}", sent.method, sent.header("x-trace").unwrap_or("-"))).collect();
    let expected = ["POST -", "GET k1", "WAIT -", "POST -", "GET k2", "WAIT -", "POST -", "GET k2", "DELETE -"];
    assert_eq!(calls, expected, "a login that fails leaves the key that there was");
    assert_eq!((record.verdict, told(&record)), (Verdict::Passed, Vec::new()));
}

#[test]
fn an_end_after_a_failure_fails_and_an_end_after_a_success_passes() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - stepId: list
        operationId: listThings
        onFailure: [{name: stop, type: end}]
        onSuccess: [{name: stop, type: end}]
      - {stepId: never, operationId: listThings}
",
    );
    let (record, _) = harness.run("w", vec![reply(500, json!(null))]);
    assert_eq!((record.verdict, record.findings.len()), (Verdict::Failed, 1));
    assert_eq!(visits(&harness, &record), ["w.list 1 500 failed -> stop"]);
    let (record, _) = harness.run("w", vec![reply(200, json!({}))]);
    assert_eq!((record.verdict, record.findings.len()), (Verdict::Passed, 0));
}

#[test]
fn a_transport_failure_can_be_retried() {
    let harness = harness(
        "  - workflowId: w
    steps: [{stepId: list, operationId: listThings, timeout: 250, onFailure: [{name: again, type: retry}]}]
",
    );
    let (record, sent) = harness.run("w", vec![fails(FailureKind::Timeout), reply(200, json!({}))]);
    assert_eq!((record.verdict, told(&record)), (Verdict::Passed, Vec::new()));
    assert_eq!(sent[0].timeout.map(|timeout| timeout.as_millis()), Some(250));
    assert_eq!(visits(&harness, &record), ["w.list 1 timeout failed -> again", "w.list 2 200 passed"]);
}
