use super::said;
use crate::audit::fixture::{Seen, call, get, post, run};
use crate::audit::observe::{Exit, Performed};
use http::Method;

fn message() -> Seen {
    post("/messages", r#"{"text": "a"}"#)
}

fn keyed(key: &str) -> Seen {
    post("/posts", r#"{"text": "a"}"#).key(key)
}

const LOST: &str = "no-blind-repeat-after-lost-reply";

#[test]
fn a_write_whose_reply_is_lost_is_left_alone() {
    let alone = run("lost").saw(message().struck("close").cut()).exit(Exit::Code(1));
    assert_eq!(said(LOST, &[alone]), "passed: 1.1 POST /messages was not sent again after a lost reply");
    let again = run("lost").saw(message().struck("close").cut()).saw(message());
    let text = "failed: 1.1+2 POST /messages was sent again without a key after a lost reply, and was performed twice";
    assert_eq!(said(LOST, &[again]), text);
    let lucky = run("lost").saw(message().struck("reset").cut().performed(Performed::No)).saw(message());
    let text = "failed: 1.1+2 POST /messages was sent again without a key after a lost reply";
    assert_eq!(said(LOST, &[lucky]), text);
}

#[test]
fn harm_is_told_before_luck() {
    let lucky = run("lucky").saw(message().struck("close").cut().performed(Performed::No)).saw(message());
    let harmed = run("harmed").saw(message().struck("close").cut()).saw(message());
    let told = said(LOST, &[lucky, harmed]);
    assert!(told.starts_with("failed: 2.1+2 ") && told.contains("; 1.1+2 "), "{told}");
}

#[test]
fn what_is_safe_to_repeat_is_no_matter_of_certainty() {
    let safe = [
        run("read").saw(get("/posts/1").struck("close").cut()).saw(get("/posts/1")),
        run("replace").saw(call(Method::PUT, "/posts/1", "{}").struck("close").cut()).saw(call(
            Method::PUT,
            "/posts/1",
            "{}",
        )),
        run("keyed").saw(keyed("k").struck("close").cut()).saw(keyed("k")),
    ];
    assert_eq!(said(LOST, &safe), "undecided: no write without a key lost its reply");
    // Where the service takes a key, a write without one is as unsafe as any.
    let keyless = || post("/posts", r#"{"text": "a"}"#);
    let run = run("keyless").saw(keyless().struck("close").cut()).saw(keyless());
    let text = "failed: 1.1+2 POST /posts was sent again without a key after a lost reply, and was performed twice";
    assert_eq!(said(LOST, &[run]), text);
    let unknown = || post("/elsewhere", "{}");
    let run = super::fixture::run("unknown").saw(unknown().struck("close").cut()).saw(unknown());
    assert!(said(LOST, &[run]).starts_with("failed: 1.1+2 POST /elsewhere was sent again"));
}

#[test]
fn a_client_that_looks_first_may_send_it_again() {
    let lost = || message().struck("close").cut();
    let looked = run("looked").saw(lost().performed(Performed::No)).saw(get("/messages/1").status(404)).saw(message());
    assert_eq!(said(LOST, &[looked]), "passed: 1.1+3 POST /messages was sent again after a look");
    // It did not look well: the first had been performed.
    let blind = run("blind").saw(lost()).saw(get("/messages/1").status(404)).saw(message());
    assert!(said(LOST, &[blind]).starts_with("failed: 1.1+3 "));
    let elsewhere = run("elsewhere").saw(lost().performed(Performed::No)).saw(get("/posts")).saw(message());
    assert!(said(LOST, &[elsewhere]).starts_with("failed: 1.1+3 "));
}

#[test]
fn a_write_that_the_client_stopped_waiting_for_is_left_alone() {
    const CODE: &str = "no-blind-repeat-after-timeout";
    let alone = run("slow").saw(message().struck("hang").left()).exit(Exit::Code(1));
    assert_eq!(
        said(CODE, &[alone]),
        "passed: 1.1 POST /messages was not sent again after the client had stopped waiting"
    );
    let again = run("slow").saw(message().struck("latency").lasting(1_000).left()).saw(message());
    let text = "failed: 1.1+2 POST /messages was sent again without a key after the client had stopped waiting, \
        and was performed twice";
    assert_eq!(said(CODE, &[again]), text);
    let patient = run("slow").saw(message().struck("latency").lasting(1_000));
    assert_eq!(said(CODE, &[patient]), "undecided: the client never stopped waiting for a write without a key");
}

#[test]
fn a_write_that_failed_at_the_server_is_left_alone() {
    const CODE: &str = "no-blind-repeat-after-server-error";
    let alone = run("error").saw(message().status(500)).exit(Exit::Code(1));
    assert_eq!(said(CODE, &[alone]), "passed: 1.1 POST /messages was not sent again after 500");
    let again = run("error").saw(message().status(504).performed(Performed::Yes)).saw(message());
    let text = "failed: 1.1+2 POST /messages was sent again without a key after 504, and was performed twice";
    assert_eq!(said(CODE, &[again]), text);
    // 503 and 429 say that nothing was done.
    let turned_away = run("busy").saw(message().status(503)).saw(message().status(429)).saw(message());
    assert_eq!(said(CODE, &[turned_away]), "undecided: no write without a key was answered with 500, 502 or 504");
}

#[test]
fn a_write_whose_success_broke_off_is_left_alone() {
    const CODE: &str = "no-blind-repeat-after-broken-body";
    let broken = || message().status(202).struck("truncate").cut();
    let alone = run("half").saw(broken()).exit(Exit::Code(1));
    assert_eq!(
        said(CODE, &[alone]),
        "passed: 1.1 POST /messages was not sent again after a reply of success broke off"
    );
    let again = run("half").saw(broken()).saw(message());
    let text = "failed: 1.1+2 POST /messages was sent again without a key after a reply of success broke off, \
        and was performed twice";
    assert_eq!(said(CODE, &[again]), text);
    let error = run("half").saw(message().status(503).struck("truncate").cut()).saw(message());
    assert_eq!(said(CODE, &[error]), "undecided: no write without a key had a reply that broke off");
}

#[test]
fn one_call_makes_one_record() {
    const CODE: &str = "no-duplicates";
    let lost = |key| keyed(key).struck("close").cut().status(201).made("post", "post_1");
    let replayed = || keyed("k").status(201).performed(Performed::Replayed);
    let good = run("lost").saw(lost("k")).saw(replayed());
    assert_eq!(said(CODE, &[good]), "passed: 1.1 post post_1 was made once, although the reply was not read");
    let twice = run("lost").saw(lost("k1")).saw(keyed("k2").status(201).made("post", "post_2"));
    assert_eq!(said(CODE, &[twice]), "failed: 1.1+2 one POST /posts made post post_1 and post post_2");
    let undone = run("lost").saw(keyed("k").struck("close").cut().performed(Performed::No)).saw(keyed("k"));
    assert_eq!(said(CODE, &[undone]), "undecided: no call that made a record lost its reply");
}

#[test]
fn two_records_of_two_calls_are_no_duplicates() {
    let make = |id| post("/posts", r#"{"text": "a"}"#).status(201).made("post", id);
    let twice = run("baseline").saw(make("post_1")).saw(make("post_2"));
    assert_eq!(said("no-duplicates", &[twice]), "undecided: no call that made a record lost its reply");
    // What the service itself does twice is not the client's fault.
    let double = run("double").saw(make("post_1").made("post", "post_2").performed(Performed::Twice));
    assert_eq!(said("no-duplicates", &[double]), "undecided: no call that made a record lost its reply");
}
