use super::said;
use crate::audit::fixture::{Seen, get, run};
use crate::audit::observe::{Exit, Run};

/// A rule, the fault that it is about, and what is awaited then.
const SITUATIONS: [(&str, &str, &str); 3] = [
    ("times-out-unanswered-calls", "hang", "a reply"),
    ("times-out-slow-heads", "slowHead", "a slow head"),
    ("times-out-slow-bodies", "slowBody", "a slow body"),
];

fn slow(kind: &str, ms: u64) -> Seen {
    get("/posts").struck(kind).at(0).lasting(ms)
}

/// Stopped while it was waiting for its only call.
fn stopped(kind: &str, ms: u64) -> Run {
    run("slow").saw(slow(kind, ms).left()).exit(Exit::TimedOut)
}

#[test]
fn a_good_client_leaves() {
    for (code, kind, awaited) in SITUATIONS {
        let runs = [run("slow").saw(slow(kind, 900).left()).saw(get("/posts").after(40))];
        let expected = format!("passed: 1.1 waited for {awaited} to GET /posts for 900 ms, and left");
        assert_eq!(said(code, &runs), expected, "{code}");
        // By the end of the command as well as by the end of the call.
        let runs = [run("slow").saw(slow(kind, 900).left()).exit(Exit::Code(1))];
        assert_eq!(said(code, &runs), expected, "{code}");
    }
}

#[test]
fn evidence_names_no_secret_of_a_query() {
    let seen = get("/posts?api_key=hunter2&limit=5").struck("hang").at(0).lasting(900).left();
    let expected = "passed: 1.1 waited for a reply to GET /posts?api_key=***&limit=5 for 900 ms, and left";
    assert_eq!(said("times-out-unanswered-calls", &[run("slow").saw(seen)]), expected);
}

#[test]
fn a_client_that_has_to_be_stopped_waits_for_ever() {
    for (code, kind, awaited) in SITUATIONS {
        let expected =
            format!("failed: 1.1 was still waiting for {awaited} to GET /posts for 15 s, when it was stopped");
        assert_eq!(said(code, &[stopped(kind, 15_000)]), expected, "{code}");
    }
}

#[test]
fn a_client_that_was_hardly_watched_is_not_blamed() {
    for (code, kind, _) in SITUATIONS {
        let why = "undecided: the client was watched for 1.5 s only: give it more time";
        assert_eq!(said(code, &[stopped(kind, 1_500)]), why, "{code}");
        let session = stopped(kind, 15_000).exit(Exit::Unknown);
        let why = "undecided: the client was watched for 15 s only: give it more time";
        assert_eq!(said(code, &[session]), why, "{code}");
    }
}

#[test]
fn a_slow_reply_that_ends_shows_no_timeout() {
    for (code, kind, _) in &SITUATIONS[1..] {
        let why = "undecided: a slow reply was over after 3 s, too soon to show a timeout";
        assert_eq!(said(code, &[run("slow").saw(slow(kind, 3_000))]), why, "{code}");
    }
}

#[test]
fn each_slowness_has_its_own_rule() {
    for (code, kind, _) in SITUATIONS {
        for (other, ..) in SITUATIONS.iter().filter(|(other, ..)| *other != code) {
            assert!(said(other, &[stopped(kind, 15_000)]).starts_with("undecided: no "), "{other} by {kind}");
        }
    }
}
