use super::said;
use crate::audit::fixture::{Seen, knowledge, post, run};
use crate::audit::observe::Exit;

const A: &str = r#"{"text":"a"}"#;
const B: &str = r#"{"text":"b"}"#;
const C: &str = r#"{"text":"c"}"#;

fn batch(items: &[&str]) -> Seen {
    post("/posts/batch", &format!(r#"{{"posts":[{}]}}"#, items.join(","))).status(207)
}

/// Of three items the second failed.
fn parted() -> Seen {
    let results = r#"{"results":[{"ok":true,"index":0},{"ok":false,"index":1,"error":"busy"},{"ok":true,"index":2}]}"#;
    batch(&[A, B, C]).reply(results).struck("itemErrors")
}

const ALONE: &str = "repeats-failed-items-alone";
const NOTICED: &str = "notices-failed-items";

#[test]
fn only_failed_items_are_repeated() {
    let good = run("part").saw(parted()).saw(batch(&[B]));
    assert_eq!(said(ALONE, &[good]), "passed: 1.1+2 of POST /posts/batch only failed items were repeated");
    let whole = run("part").saw(parted()).saw(batch(&[A, B, C]));
    assert_eq!(said(ALONE, &[whole]), "failed: 1.1+2 of POST /posts/batch 2 items were repeated that had succeeded");
    let one_by_one = run("part").saw(parted()).saw(post("/posts", B)).saw(post("/posts", C));
    let text = "failed: 1.1+3 of POST /posts/batch an item was repeated that had succeeded";
    assert_eq!(said(ALONE, &[one_by_one]), text);
    let herd = run("part").saw(parted().by(1)).saw(batch(&[A, B, C]).by(2));
    assert_eq!(said(ALONE, &[herd]), "undecided: no item of a batch that succeeded in part was repeated");
    let unrelated = run("part").saw(parted()).saw(batch(&[r#"{"text":"d"}"#]));
    assert_eq!(said(ALONE, &[unrelated]), "undecided: no item of a batch that succeeded in part was repeated");
}

#[test]
fn failed_items_are_noticed() {
    let repeated = run("part").saw(parted()).saw(post("/posts", B));
    assert_eq!(said(NOTICED, &[repeated]), "passed: 1.1+2 items of POST /posts/batch that failed were repeated");
    let told = run("part").saw(parted()).exit(Exit::Code(1));
    let text = "passed: 1.1 items of POST /posts/batch failed, and the client ended with a failure (exit 1)";
    assert_eq!(said(NOTICED, &[told]), text);
    let satisfied = run("part").saw(parted());
    let text = "failed: 1.1 1 of the items of POST /posts/batch failed, and the client ended with exit 0";
    assert_eq!(said(NOTICED, &[satisfied]), text);
    let unknown = run("part").saw(parted()).exit(Exit::Unknown);
    assert_eq!(said(NOTICED, &[unknown]), "undecided: failed items were not repeated, and its end was not watched");
}

#[test]
fn a_batch_without_failures_tells_nothing() {
    let fine = batch(&[A, B]).reply(r#"{"results":[{"ok":true,"index":0},{"ok":true,"index":1}]}"#);
    for code in [ALONE, NOTICED] {
        let said = said(code, &[run("baseline").saw(fine.clone())]);
        assert_eq!(said, "undecided: no batch of the client succeeded in part");
    }
}

#[test]
fn failed_items_are_found_by_the_shapes_of_the_contract() {
    let failed = |reply: &str| {
        let body = format!(r#"{{"posts":[{A},{B},{C}]}}"#);
        knowledge().batch_outcome("createPosts", body.as_bytes(), reply.as_bytes()).map(|outcome| outcome.failed)
    };
    // In a list of failures alone, by the index that each gives; deeper in the reply; beyond the batch, and broken.
    assert_eq!(failed(r#"{"errors":[{"ok":false,"index":2,"error":"busy"}]}"#), Some(vec![2]));
    assert_eq!(failed(r#"{"data":{"all":[{"ok":false,"index":0,"error":""}]}}"#), Some(vec![0]));
    assert_eq!(failed(r#"[{"ok":false,"index":7,"error":"busy"}]"#), None);
    assert_eq!(failed(r#"[{"ok":false}]"#), None);
    assert_eq!(failed("<html>"), None);
}
