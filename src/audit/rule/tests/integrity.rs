use super::said;
use crate::audit::fixture::{Seen, call, get, post, run};
use crate::audit::observe::{Exit, StruckFault};
use crate::world::fault::Fault;
use http::Method;
use serde_json::json;

/// Each rule, the fault that brings its situation about, and what that is in words.
const DAMAGES: [(&str, &str, &str); 7] = [
    ("refuses-half-body", "truncate", "half a body"),
    ("refuses-invalid-json", "invalidJson", "invalid JSON"),
    ("refuses-empty-body", "emptyBody", "an empty body"),
    ("refuses-html-page", "wrongContentType", "an HTML page"),
    ("refuses-corrupt-gzip", "corruptGzip", "corrupt gzip"),
    ("refuses-wrong-length", "wrongLength", "a body of another length than announced"),
    ("refuses-garbage", "garbage", "bytes that are no HTTP"),
];

#[test]
fn a_client_that_asks_again_or_fails_took_nothing_for_success() {
    for (code, kind, what) in DAMAGES {
        let again = run("damaged").saw(get("/posts").struck(kind)).saw(get("/posts"));
        assert_eq!(said(code, &[again]), format!("passed: 1.1+2 GET /posts got {what} and was sent again"));
        let failed = run("damaged").saw(get("/posts").struck(kind)).exit(Exit::Code(3));
        let text = format!("passed: 1.1 GET /posts got {what}, and the client ended with a failure (exit 3)");
        assert_eq!(said(code, &[failed]), text);
    }
}

#[test]
fn a_client_that_goes_on_as_if_nothing_was_wrong_took_it_for_success() {
    for (code, kind, what) in DAMAGES {
        let satisfied = run("damaged").saw(get("/posts").struck(kind)).saw(get("/posts/1"));
        let text = format!("failed: 1.1 GET /posts got {what}, was not sent again, and the client ended with exit 0");
        assert_eq!(said(code, &[satisfied]), text);
        let confused =
            run("damaged").saw(get("/posts").struck(kind)).saw(get("/posts/undefined").status(404)).exit(Exit::Code(1));
        let text = format!("failed: 1.1+2 GET /posts got {what}, and the client went on with GET /posts/undefined");
        assert_eq!(said(code, &[confused]), text);
    }
}

#[test]
fn what_cannot_be_seen_is_not_decided() {
    for (code, kind, what) in DAMAGES {
        assert_eq!(said(code, &[run("fine").saw(get("/posts"))]), format!("undecided: no reply was {what}"));
        let stopped = run("damaged").saw(get("/posts").struck(kind)).exit(Exit::TimedOut);
        let text = format!("undecided: the client did not ask again after {what}, and stopped after its time was up");
        assert_eq!(said(code, &[stopped]), text);
    }
}

#[test]
fn an_exit_code_that_never_tells_of_failures_blames_nobody() {
    let mute = run("unavailable").saw(get("/posts").status(503));
    let damaged = run("damaged").saw(get("/posts").struck("truncate").cut());
    let text =
        "undecided: exit 0 says nothing of this client: it ended so under unavailable although a call failed for good";
    assert_eq!(said("refuses-half-body", &[mute, damaged]), text);
}

#[test]
fn a_reply_without_a_body_has_none_to_be_damaged() {
    let runs = [
        run("gone").saw(call(Method::DELETE, "/posts/1", "").status(204).struck("truncate")),
        run("head").saw(call(Method::HEAD, "/posts", "").struck("truncate")),
        run("error").saw(get("/posts").status(503).struck("truncate")),
    ];
    assert_eq!(said("refuses-half-body", &runs), "undecided: no reply was half a body");
}

#[test]
fn a_connection_that_is_reset_within_the_body_leaves_half_of_it() {
    let reset = |at: &str| {
        let fault = Fault::read(&json!({"kind": "reset", "at": at, "effect": "done"})).expect("a fault");
        let mut run = run("reset").saw(get("/posts").cut());
        run.exchanges[0].struck.push(StruckFault { kind: "reset", text: fault.kind.to_string() });
        said("refuses-half-body", &[run])
    };
    assert!(reset("body").starts_with("failed: "), "{}", reset("body"));
    assert_eq!(reset("head"), "undecided: no reply was half a body");
}

#[test]
fn a_status_that_nobody_declared_is_known_by_its_class() {
    const CODE: &str = "refuses-undeclared-status";
    let struck = |status| get("/posts").struck("status").status(status);
    let again = run("teapot").saw(struck(599)).saw(get("/posts"));
    assert_eq!(said(CODE, &[again]), "passed: 1.1+2 GET /posts got 599 and was sent again");
    let satisfied = run("teapot").saw(struck(418));
    assert_eq!(
        said(CODE, &[satisfied]),
        "failed: 1.1 GET /posts got 418, was not sent again, and the client ended with exit 0"
    );
    let never = "undecided: no reply had a status that its operation does not declare";
    // 299 is as good as 200, and a redirect leads somewhere.
    let runs = [run("fine").saw(struck(299)), run("moved").saw(struck(307).reply_header("location", "/v2/posts"))];
    assert_eq!(said(CODE, &runs), never);
}

#[test]
fn a_write_that_got_no_answer_may_be_looked_after() {
    let write = || -> Seen { post("/messages", "{}").status(202).struck("invalidJson") };
    let satisfied = run("damaged").saw(write());
    assert!(said("refuses-invalid-json", &[satisfied]).starts_with("failed: 1.1 POST /messages got invalid JSON"));
    let failed = run("damaged").saw(write()).exit(Exit::Signal(6));
    let text = "passed: 1.1 POST /messages got invalid JSON, and the client ended with a failure (ended by signal 6)";
    assert_eq!(said("refuses-invalid-json", &[failed]), text);
}
