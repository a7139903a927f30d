use super::said;
use crate::audit::fixture::{Seen, get, post, run};
use crate::audit::observe::{Exit, Run};

const CODE: &str = "waits-for-own-writes";

fn make(id: &str) -> Seen {
    post("/posts", r#"{"text": "a"}"#).status(201).made("post", id)
}

/// A record is made and is not there yet when it is read.
fn lagging() -> Run {
    run("stale").saw(make("post_1")).saw(get("/posts/post_1").status(404).struck("stale"))
}

#[test]
fn a_record_that_is_not_there_yet_is_waited_for() {
    let good = lagging().saw(get("/posts/post_1"));
    assert_eq!(said(CODE, &[good]), "passed: 1.1+2+3 GET /posts/post_1 was not there yet and was asked for again");
    let anew = lagging().saw(make("post_2"));
    assert_eq!(
        said(CODE, &[anew]),
        "failed: 1.1+2+3 GET /posts/post_1 was not there yet, and POST /posts was sent again"
    );
    let text = "failed: 1.1+2 GET /posts/post_1 was not there yet, and the client failed without asking again";
    assert_eq!(said(CODE, &[lagging().exit(Exit::Code(1))]), text);
}

#[test]
fn a_record_that_is_not_there_for_other_reasons_tells_nothing() {
    let other = run("other").saw(make("post_1")).saw(get("/posts/post_2").status(404).struck("stale"));
    let gone = run("gone").saw(make("post_1")).saw(get("/posts/post_1").status(404));
    assert_eq!(
        said(CODE, &[other, gone]),
        "undecided: no record that the client had made was missing when it was read"
    );
    let text = "undecided: the client read its own write too early, and it cannot be seen what it made of that";
    assert_eq!(said(CODE, &[lagging()]), text);
}
