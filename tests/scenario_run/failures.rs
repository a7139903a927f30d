//! Calls without a reply, and what becomes of the verdict.

use serde_json::json;
use standin::scenario::run::{Failure, FailureKind, Need, Received, Run, Verdict};

use crate::harness;
use crate::support::{fails, reply, told};

const LIST: &str = "  - workflowId: w
    steps: [{stepId: list, operationId: listThings}]
";

#[test]
fn every_kind_of_failure_has_its_code_and_verdict() {
    for (kind, code, verdict) in [
        (FailureKind::Unreachable, "unreachable", Verdict::Unreachable),
        (FailureKind::Tls, "tls-failed", Verdict::Unreachable),
        (FailureKind::Timeout, "step-timeout", Verdict::Failed),
        (FailureKind::Broken, "reply-broken", Verdict::Failed),
        (FailureKind::TooLarge, "reply-too-large", Verdict::Failed),
    ] {
        let (record, _) = harness(LIST).run("w", vec![fails(kind)]);
        assert_eq!((record.findings[0].code.word(), record.verdict), (code, verdict));
    }
}

#[test]
fn an_unreachable_target_that_an_action_copes_with_is_no_failure() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - {stepId: list, operationId: listThings, onFailure: [{name: on, type: goto, stepId: other}]}
      - {stepId: other, operationId: listThings}
",
    );
    let (record, _) = harness.run("w", vec![fails(FailureKind::Unreachable), reply(200, json!({}))]);
    assert_eq!((record.verdict, told(&record)), (Verdict::Passed, Vec::new()));
}

#[test]
fn criteria_of_actions_see_no_reply_where_there_is_none() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - stepId: list
        operationId: listThings
        onFailure:
          - {name: a, type: retry, criteria: [{condition: $statusCode == 503}]}
          - {name: b, type: retry, criteria: [{context: $statusCode, condition: '^5', type: regex}]}
",
    );
    let (record, _) = harness.run("w", vec![fails(FailureKind::Broken)]);
    assert_eq!((record.verdict, record.visits.len(), record.visits[0].action.as_ref()), (Verdict::Failed, 1, None));
}

#[test]
fn a_target_that_cannot_let_time_pass_ends_the_workflow() {
    let harness = harness(
        "  - workflowId: w
    x-standin-finally: [clean]
    steps:
      - stepId: list
        operationId: listThings
        successCriteria: [{condition: $statusCode == 201}]
        onFailure: [{name: again, type: retry, retryAfter: 5, retryLimit: 3}]
      - {stepId: after, operationId: listThings}
      - {stepId: clean, operationId: deleteThing, parameters: [{name: id, in: path, value: a}]}
",
    );
    let stuck = Failure { kind: FailureKind::Broken, message: "the clock is gone".to_owned() };
    let mut run = Run::new(&harness.suite, harness.workflow("w"), &harness.settings, &harness.before);
    let mut needs = Vec::new();
    loop {
        assert!(needs.len() < 10, "it goes on for ever: {needs:?}");
        match run.next() {
            Need::Send(outgoing) => {
                needs.push(outgoing.call.method.to_string());
                let reply = standin::call::Reply::new(http::StatusCode::OK);
                run.answer(Received::Reply { reply, elapsed: Default::default(), received_at: 0 });
            }
            Need::Wait(_) => {
                needs.push("wait".to_owned());
                run.answer(Received::Failed(stuck.clone()));
            }
            Need::Done => break,
        }
    }
    let record = run.finish();
    assert_eq!(needs, ["GET", "wait", "DELETE"]);
    assert_eq!(record.verdict, Verdict::Failed);
    assert!(told(&record).contains(&"reply-broken: step `list`: the clock is gone".to_owned()), "{:?}", told(&record));
}
