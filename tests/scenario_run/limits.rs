//! What goes round or down without end comes to an end all the same.

use serde_json::json;
use standin::call::Call;
use standin::scenario::run::{DEPTH_MAX, VISITS_MAX, Verdict};

use crate::harness;
use crate::support::{Answer, reply, told};

fn serve(call: &Call) -> Answer {
    if call.method == http::Method::DELETE { reply(204, json!(null)) } else { reply(200, json!({})) }
}

#[test]
fn an_endless_goto_ends_and_what_runs_at_the_end_still_does() {
    let harness = harness(
        "  - workflowId: w
    x-standin-finally: [clean]
    steps:
      - {stepId: list, operationId: listThings, onSuccess: [{name: round, type: goto, stepId: list}]}
      - {stepId: clean, operationId: deleteThing, parameters: [{name: id, in: path, value: a}]}
",
    );
    let (record, sent) = harness.run_with("w", serve);
    assert_eq!((record.verdict, sent.len()), (Verdict::Failed, VISITS_MAX + 1));
    assert_eq!(
        told(&record),
        [format!("loop-limit: {VISITS_MAX} visits of steps did not bring the workflow to its end")]
    );
    assert_eq!(sent.last().map(|sent| sent.method.as_str()), Some("DELETE"));
}

#[test]
fn workflows_that_go_to_one_another_without_end_come_to_an_end() {
    let harness = harness(
        "  - workflowId: a
    steps: [{stepId: list, operationId: listThings, onSuccess: [{name: on, type: goto, workflowId: b}]}]
  - workflowId: b
    steps: [{stepId: list, operationId: listThings, onSuccess: [{name: on, type: goto, workflowId: a}]}]
",
    );
    let (record, sent) = harness.run_with("a", serve);
    assert_eq!((record.verdict, sent.len(), record.findings.len()), (Verdict::Failed, VISITS_MAX, 1));
}

#[test]
fn workflows_that_tidy_up_after_one_another_nest_only_so_deep() {
    let harness = harness(
        "  - workflowId: a
    x-standin-finally: [clean]
    steps:
      - {stepId: list, operationId: listThings, onSuccess: [{name: on, type: goto, workflowId: b}]}
      - {stepId: clean, operationId: deleteThing, parameters: [{name: id, in: path, value: a}]}
  - workflowId: b
    x-standin-finally: [clean]
    steps:
      - {stepId: list, operationId: listThings, onSuccess: [{name: on, type: goto, workflowId: a}]}
      - {stepId: clean, operationId: deleteThing, parameters: [{name: id, in: path, value: a}]}
",
    );
    let (record, sent) = harness.run_with("a", serve);
    assert_eq!((record.verdict, sent.len()), (Verdict::Failed, 2 * DEPTH_MAX));
    assert_eq!(record.findings.len(), 1, "{:?}", told(&record));
    assert_eq!(record.findings[0].code.word(), "loop-limit");
}

#[test]
fn outputs_that_double_on_every_round_are_not_kept() {
    let harness = harness(
        "  - workflowId: w
    steps:
      - {stepId: seed, operationId: listThings, outputs: {a: $response.body}}
      - {stepId: grow, workflowId: twice, parameters: [{name: x, value: [$steps.seed.outputs.a, $steps.seed.outputs.a]}], outputs: {b: $outputs.x}}
      - {stepId: again, workflowId: twice, parameters: [{name: x, value: [$steps.grow.outputs.b, $steps.grow.outputs.b]}], outputs: {b: $outputs.x}}
  - workflowId: twice
    inputs: {type: object, properties: {x: {}}}
    steps: [{stepId: list, operationId: listThings}]
    outputs: {x: $inputs.x}
",
    );
    let large = "x".repeat(6 << 20);
    let (record, sent) = harness.run_with("w", |_| reply(200, json!({"large": large})));
    assert_eq!((record.verdict, sent.len()), (Verdict::Failed, 2));
    assert_eq!(told(&record), ["loop-limit: the input `x` of `twice` has grown too large to be passed on"]);
}
