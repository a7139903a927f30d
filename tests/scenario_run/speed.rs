//! How fast steps are: a guard against accidents, far below what a release build does.

use std::time::Instant;

use serde_json::json;
use standin::scenario::run::Verdict;

use crate::harness;
use crate::support::reply;

#[test]
fn thousands_of_steps_take_no_time() {
    let harness = harness(
        "  - workflowId: w
    inputs: {type: object, properties: {n: {type: array}}}
    steps:
      - stepId: get
        x-standin-each: {in: $inputs.n, as: id}
        operationId: getThing
        parameters: [{name: id, in: path, value: $inputs.id}]
        successCriteria: [{condition: $statusCode == 200}]
        outputs: {name: '$response.body#/name'}
",
    );
    let count = 9_000;
    let harness = harness.variable("n", json!((0..count).collect::<Vec<u32>>()));
    let answer = reply(200, json!({"id": "a", "name": "Ann", "tags": ["x", "y"], "nested": {"a": 1, "b": [1, 2, 3]}}));
    let start = Instant::now();
    let (record, sent) = harness.run_with("w", |_| answer.clone());
    let elapsed = start.elapsed();
    assert_eq!((record.verdict, sent.len()), (Verdict::Passed, count as usize));
    let rate = f64::from(count) / elapsed.as_secs_f64();
    eprintln!("{rate:.0} steps/s");
    assert!(rate > 500.0, "{rate:.0} steps/s");
}
