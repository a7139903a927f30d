use super::said;
use crate::audit::fixture::{Seen, call, get, post, run};
use crate::audit::observe::{Exit, Run};
use http::Method;

/// A read that fails once and succeeds 40 ms later.
fn retried(first: Seen) -> Run {
    run("trial").saw(first).saw(get("/posts").after(40))
}

fn given_up(first: Seen) -> Run {
    run("trial").saw(first).exit(Exit::Code(1))
}

/// A rule, what it is about, and how it tells of it.
fn situations() -> Vec<(&'static str, Seen, &'static str)> {
    vec![
        ("retries-unavailable", get("/posts").status(503), "503"),
        ("retries-rate-limited", get("/posts").status(429), "429"),
        ("retries-gateway-errors", get("/posts").status(502), "502"),
        ("retries-gateway-errors", get("/posts").status(504), "504"),
        ("retries-internal-errors", get("/posts").status(500), "500"),
        ("retries-closed-connections", get("/posts").struck("close").cut(), "a connection closed before the reply"),
        ("retries-reset-connections", get("/posts").struck("reset").cut(), "a connection reset before the reply"),
        ("retries-unanswered-calls", get("/posts").struck("hang").left().lasting(900), "a reply that never came"),
        ("retries-broken-bodies", get("/posts").struck("truncate").cut(), "a body that broke off"),
    ]
}

#[test]
fn each_trouble_that_passes_is_retried_by_a_good_client() {
    for (code, first, what) in situations() {
        let expected = format!("passed: 1.1+2 {what} of GET /posts was retried after 40 ms");
        assert_eq!(said(code, &[retried(first)]), expected, "{code}");
    }
}

#[test]
fn each_trouble_that_passes_is_told_of_a_client_that_gives_up_at_once() {
    for (code, first, what) in situations() {
        let runs = [run("baseline").saw(get("/posts")), given_up(first)];
        assert_eq!(said(code, &runs), format!("failed: 2.1 {what} of GET /posts was not retried"), "{code}");
    }
}

#[test]
fn of_a_client_that_was_stopped_nothing_is_said() {
    for (code, first, _) in situations() {
        // What hangs until the stop was not given up.
        let expected = match code {
            "retries-unanswered-calls" => {
                "the client never gave up waiting for the reply to a call that may be repeated"
            }
            _ => "the client was stopped before a retry could be expected",
        };
        let stopped = run("trial").saw(first).exit(Exit::TimedOut);
        assert_eq!(said(code, &[stopped]), format!("undecided: {expected}"), "{code}");
    }
}

#[test]
fn one_trouble_says_nothing_of_another() {
    for (code, _, _) in situations() {
        for (other, first, _) in situations().into_iter().filter(|(other, ..)| *other != code) {
            assert!(said(code, &[given_up(first)]).starts_with("undecided: "), "{code} by {other}");
        }
    }
}

#[test]
fn a_write_that_nothing_makes_safe_need_not_be_retried() {
    let runs = [run("trial").saw(post("/messages", "{}").status(503)).exit(Exit::Code(1))];
    let never = "undecided: no call that may be repeated was answered with 503";
    assert_eq!(said("retries-unavailable", &runs), never);
    let never = "undecided: no write failed that an idempotency key or the contract makes safe to repeat";
    assert_eq!(said("retries-safe-writes", &runs), never);
    // The key would make it safe, and is not there.
    let runs = [run("trial").saw(post("/posts", "{}").status(503)).exit(Exit::Code(1))];
    assert_eq!(said("retries-safe-writes", &runs), never);
}

#[test]
fn a_write_with_a_key_is_retried() {
    let first = || post("/posts", "{}").key("k").status(503);
    let good = run("trial").saw(first()).saw(post("/posts", "{}").key("k").after(40).status(201));
    assert_eq!(said("retries-safe-writes", &[good]), "passed: 1.1+2 503 of POST /posts was retried after 40 ms");
    let bad = run("trial").saw(first()).exit(Exit::Code(1));
    assert_eq!(said("retries-safe-writes", &[bad]), "failed: 1.1 503 of POST /posts was not retried");
}

#[test]
fn puts_and_deletes_may_be_repeated_by_their_method() {
    for method in [Method::PUT, Method::DELETE] {
        let runs = [run("trial").saw(call(method.clone(), "/posts/1", "").status(503)).exit(Exit::Code(1))];
        let expected = format!("failed: 1.1 503 of {method} /posts/1 was not retried");
        assert_eq!(said("retries-unavailable", &runs), expected);
    }
}

#[test]
fn who_is_asked_to_wait_a_day_may_give_up() {
    for value in ["86400", "soon"] {
        let runs = [given_up(get("/posts").status(503).retry_after(value))];
        let never = "undecided: no call that may be repeated was answered with 503";
        assert_eq!(said("retries-unavailable", &runs), never, "{value}");
    }
}

#[test]
fn a_call_that_was_given_up_after_retries_excuses_those_after_it() {
    let failed = |after| get("/posts").status(503).after(after);
    let runs = [run("outage")
        .saw_all([failed(0), failed(40), failed(80)])
        .saw(get("/posts/1").status(503))
        .exit(Exit::Code(1))];
    assert_eq!(said("retries-unavailable", &runs), "passed: 1.1+2 503 of GET /posts was retried after 40 ms");
    let runs = [run("outage").saw(get("/posts/1").status(503)).saw_all([failed(10), failed(40)]).exit(Exit::Code(1))];
    assert_eq!(said("retries-unavailable", &runs), "failed: 1.1 503 of GET /posts/1 was not retried");
}

#[test]
fn a_body_that_a_reset_broke_off_is_told_from_a_reply_that_never_began() {
    let mut run = given_up(get("/posts").struck("reset").cut());
    run.exchanges[0].struck[0].text = "reset within the body, after the call was performed".to_owned();
    let runs = [run];
    assert!(said("retries-reset-connections", &runs).starts_with("undecided: "));
    let expected = "failed: 1.1 a body that broke off of GET /posts was not retried";
    assert_eq!(said("retries-broken-bodies", &runs), expected);
}

#[test]
fn a_write_that_was_answered_need_not_be_retried() {
    let keyed = || post("/posts", "{}").key("k").status(201);
    for kind in ["invalidJson", "wrongContentType", "emptyBody", "corruptGzip", "garbage"] {
        let runs = [run("trial").saw(keyed().struck(kind)).exit(Exit::Code(1))];
        let never = "undecided: no write failed that an idempotency key or the contract makes safe to repeat";
        assert_eq!(said("retries-safe-writes", &runs), never, "{kind}");
    }
    let broken_off = [run("trial").saw(keyed().struck("truncate").cut()).exit(Exit::Code(1))];
    assert!(said("retries-safe-writes", &broken_off).starts_with("failed: "));
}

#[test]
fn what_is_safe_to_repeat_is_the_same_to_all_rules() {
    let save = || call(Method::PUT, "/settings", "{}").status(503);
    let given_up = |seen: Seen| [run("trial").saw(seen).exit(Exit::Code(1))];
    let never = "undecided: no call that may be repeated was answered with 503";
    assert_eq!(said("retries-unavailable", &given_up(save())), never, "only a key makes it safe");
    let failed = "failed: 1.1 503 of PUT /settings was not retried";
    assert_eq!(said("retries-unavailable", &given_up(save().key("k"))), failed);
    // Nobody knows what an unknown operation makes of a key.
    let unknown = given_up(post("/nowhere", "{}").key("k").status(503));
    assert!(said("retries-safe-writes", &unknown).starts_with("undecided: "));
}

#[test]
fn what_one_client_gives_up_excuses_no_other() {
    let failed = |client: u32| get("/posts").status(503).by(client);
    let tired = run("herd").saw_all([failed(1), failed(1), get("/posts/1").status(503).by(2)]).exit(Exit::Code(1));
    assert_eq!(said("retries-unavailable", &[tired]), "failed: 1.3 503 of GET /posts/1 was not retried");
    // Who was stopped while others went on may have been about to retry.
    let stopped = run("herd").saw(failed(1)).saw(get("/posts/1").by(2)).exit(Exit::TimedOut);
    let why = "undecided: the client was stopped before a retry could be expected";
    assert_eq!(said("retries-unavailable", &[stopped]), why);
}

#[test]
fn two_failures_in_a_row_are_survived() {
    let failed = |after| get("/posts").status(503).after(after);
    let code = "outlasts-short-trouble";
    let healed = run("trial").saw_all([failed(0), failed(40), get("/posts").after(80)]);
    assert_eq!(said(code, &[healed]), "passed: 1.1+2+3 GET /posts was attempted 3 times");
    let lasting = run("trial").saw_all([failed(0), failed(40), failed(80)]).exit(Exit::Code(1));
    assert_eq!(said(code, &[lasting]), "passed: 1.1+2+3 GET /posts was attempted 3 times");
    let short = run("trial").saw_all([failed(0), failed(40)]).exit(Exit::Code(1));
    assert_eq!(said(code, &[short]), "failed: 1.1+2 GET /posts was given up after 2 attempts");
    let stopped = run("trial").saw_all([failed(0), failed(40)]).exit(Exit::TimedOut);
    let why = "undecided: the client was stopped before a further retry could be expected";
    assert_eq!(said(code, &[stopped]), why);
    let single = run("trial").saw(failed(0)).exit(Exit::Code(1));
    assert_eq!(said(code, &[single]), "undecided: no call failed twice in a row, or none was retried");
}

#[test]
fn what_heals_succeeds_in_the_end() {
    let code = "recovers";
    let baseline = run("baseline").saw(get("/posts"));
    let healed = || run("trial").saw(get("/posts").struck("status").status(503)).saw(get("/posts").after(40));
    let good = [baseline.clone(), healed()];
    assert_eq!(said(code, &good), "passed: 2.1+2 1 call succeeded after failed attempts; the command's end: exit 0");
    let bad = [baseline.clone(), healed().exit(Exit::Code(1))];
    assert_eq!(said(code, &bad), "failed: 2.1+2 1 call succeeded after failed attempts; the command's end: exit 1");
    let broken_anyway = [baseline.clone().exit(Exit::Code(1)), healed().exit(Exit::Code(1))];
    assert_eq!(said(code, &broken_anyway), "undecided: the command fails without any fault, too");
    let given_up = [baseline, given_up(get("/posts").struck("status").status(503))];
    assert_eq!(said(code, &given_up), "undecided: no call failed first and succeeded later");
}
