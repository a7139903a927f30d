use super::said;
use crate::audit::fixture::{Seen, get, post, run};

const KEY: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn make(body: &str) -> Seen {
    post("/posts", body).key(KEY)
}

fn told(code: &str, one: Seen, other: Seen) -> String {
    said(code, &[run("lost").saw(one).saw(other)])
}

#[test]
fn the_body_is_the_same_on_every_attempt() {
    const CODE: &str = "same-body-on-every-attempt";
    let lost = |body| make(body).struck("close").cut();
    let text = "passed: 1.1+2 POST /posts was sent again with the same body";
    assert_eq!(told(CODE, lost(r#"{"text": "a"}"#), make(r#"{"text": "a"}"#)), text);
    let text = "failed: 1.1+2 POST /posts was sent again with another body: 8 bytes, then 9";
    assert_eq!(
        told(CODE, lost(r#"{"at": 1}"#).status(503), make(r#"{"at": 12}"#)),
        text.replace("8 bytes, then 9", "9 bytes, then 10")
    );
    let text = "undecided: no call with a body was sent more than once";
    assert_eq!(told(CODE, get("/posts").status(503), get("/posts")), text);
}

#[test]
fn a_stream_that_was_not_rewound_is_found_without_a_key() {
    const CODE: &str = "same-body-on-every-attempt";
    let message = |body| post("/messages", body);
    let told = told(CODE, message(r#"{"text": "abc"}"#).status(503), message(r#""abc"}"#));
    assert!(told.starts_with("failed: 1.1+2 POST /messages was sent again"), "{told}");
    let other = said(CODE, &[run("any").saw(message(r#"{"text": "a"}"#).status(503)).saw(message("[]"))]);
    assert_eq!(other, "undecided: no call with a body was sent more than once");
}

#[test]
fn a_multipart_boundary_may_be_drawn_anew() {
    const CODE: &str = "same-body-on-every-attempt";
    let part = |boundary: &str| {
        let body = format!("--{boundary}\r\n\r\nbytes\r\n--{boundary}--\r\n");
        post("/posts", &body).key(KEY).header("content-type", &format!("multipart/form-data; boundary={boundary}"))
    };
    let seen = || run("lost").saw(part("one").struck("close").cut()).saw(part("other"));
    assert_eq!(said(CODE, &[seen()]), "passed: 1.1+2 POST /posts was sent again with the same body");
    let text = "passed: 1.1+2 POST /posts was sent again with the same headers";
    assert_eq!(said("same-headers-on-every-attempt", &[seen()]), text);
}

#[test]
fn the_target_is_the_same_on_every_attempt() {
    const CODE: &str = "same-target-on-every-attempt";
    let text = "passed: 1.1+2 GET /posts/1?full=1 was sent again to the same target";
    assert_eq!(told(CODE, get("/posts/1?full=1").status(503), get("/posts/1?full=1")), text);
    let text = "failed: 1.1+2 GET /posts/1?full=1 was sent again without its query";
    assert_eq!(told(CODE, get("/posts/1?full=1").struck("status").status(503), get("/posts/1")), text);
    let keyed = |target| post(target, "{}").key(KEY);
    let text = "failed: 1.1+2 POST /posts?dry=1 was sent again as POST /posts";
    assert_eq!(told(CODE, keyed("/posts?dry=1").struck("close").cut(), keyed("/posts")), text);
    assert_eq!(told(CODE, get("/posts/1"), get("/posts/2")), "undecided: no call was sent more than once");
}

#[test]
fn what_was_refused_or_asked_again_has_not_lost_its_query() {
    const CODE: &str = "same-target-on-every-attempt";
    assert_eq!(
        told(CODE, get("/posts/1?full=x").status(400), get("/posts/1")),
        "undecided: no call was sent more than once"
    );
    let both = run("any").saw(get("/posts/1?full=1").status(503)).saw(get("/posts/1")).saw(get("/posts/1?full=1"));
    assert_eq!(said(CODE, &[both]), "passed: 1.1+3 GET /posts/1?full=1 was sent again to the same target");
    // Whoever asks in both ways when nothing goes wrong asks two questions.
    let usual = run("baseline").saw(get("/posts/1?full=1")).saw(get("/posts/1"));
    let given_up = run("any").saw(get("/posts/1?full=1").struck("status").status(503)).saw(get("/posts/1"));
    assert_eq!(said(CODE, &[usual, given_up]), "undecided: no call was sent more than once");
    // A list that is begun anew is judged by the rules about pages.
    let pages = told(CODE, get("/posts?cursor=c2").status(503), get("/posts"));
    assert_eq!(pages, "undecided: no call was sent more than once");
}

#[test]
fn headers_are_the_same_but_for_what_tells_attempts_apart() {
    const CODE: &str = "same-headers-on-every-attempt";
    let read = || get("/posts/1").header("accept", "application/json").header("if-match", "\"1\"");
    let first = || read().status(503).bearer("one").header("traceparent", "00-1").header("x-retry-count", "0");
    let good =
        read().bearer("one").header("traceparent", "00-2").header("x-retry-count", "1").header("x-request-time", "9");
    assert_eq!(told(CODE, first(), good), "passed: 1.1+2 GET /posts/1 was sent again with the same headers");
    let resumed =
        get("/posts/1").header("range", "bytes=7-").header("if-range", "\"1\"").header("x-datadog-parent-id", "2");
    let broken_off = get("/posts/1").header("x-datadog-parent-id", "1").struck("truncate").cut();
    let told_resumed = told(CODE, broken_off, resumed);
    assert_eq!(told_resumed, "passed: 1.1+2 GET /posts/1 was sent again with the same headers");
    let bad = get("/posts/1").bearer("one").header("accept", "*/*");
    assert_eq!(told(CODE, first(), bad), "failed: 1.1+2 GET /posts/1 was sent again with another accept, if-match");
    assert_eq!(told(CODE, get("/posts/1"), get("/posts/2")), "undecided: no call was sent more than once");
}

#[test]
fn a_request_id_stays_over_all_attempts() {
    const CODE: &str = "same-request-id-on-every-attempt";
    let read = |id| get("/posts/1").header("x-client-request-id", id);
    let text = "passed: 1.1+2 GET /posts/1 was sent again with the same x-client-request-id";
    assert_eq!(told(CODE, read("a").status(503), read("a")), text);
    let text = "failed: 1.1+2 GET /posts/1 was sent again with another x-client-request-id";
    assert_eq!(told(CODE, read("a").status(503), read("b")), text);
    let none = told(CODE, get("/posts/1").status(503), get("/posts/1"));
    assert_eq!(none, "undecided: no call with a request id was sent more than once");
}
