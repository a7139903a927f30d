use super::said;
use crate::audit::fixture::{Seen, get, run};
use crate::audit::observe::{Exit, Run};

const REFUSALS: [(&str, u16); 10] = [
    ("no-retry-of-bad-requests", 400),
    ("no-retry-of-unauthorized-calls", 401),
    ("no-retry-of-forbidden-calls", 403),
    ("no-retry-of-missing-resources", 404),
    ("no-retry-of-conflicts", 409),
    ("no-retry-of-invalid-content", 422),
    ("no-retry-of-other-client-errors", 405),
    ("no-retry-of-other-client-errors", 410),
    ("no-retry-of-other-client-errors", 415),
    ("no-retry-of-unsupported-calls", 501),
];

fn refused(status: u16) -> Seen {
    get("/posts").bearer("t").struck("status").status(status)
}

fn repeated(first: Seen) -> Run {
    run("refused").saw(first).saw(get("/posts").bearer("t").after(40))
}

#[test]
fn a_good_client_takes_a_refusal_for_an_answer() {
    for (code, status) in REFUSALS {
        let runs = [run("refused").saw(refused(status)).exit(Exit::Code(1))];
        assert_eq!(said(code, &runs), format!("passed: 1.1 {status} of GET /posts was not retried"), "{code}");
    }
}

#[test]
fn a_refusal_that_is_asked_for_again_is_told() {
    for (code, status) in REFUSALS {
        let expected = format!("failed: 1.1+2 {status} of GET /posts was retried after 40 ms");
        assert_eq!(said(code, &[repeated(refused(status))]), expected, "{code}");
    }
}

#[test]
fn a_client_that_was_stopped_might_have_asked_again() {
    for (code, status) in REFUSALS {
        let runs = [run("refused").saw(refused(status)).exit(Exit::TimedOut)];
        let why = "undecided: the client was stopped before it was clear that no retry would follow";
        assert_eq!(said(code, &runs), why, "{code}");
    }
}

#[test]
fn retry_after_invites_a_retry() {
    for (code, status) in REFUSALS {
        let runs = [repeated(refused(status).retry_after("1"))];
        assert!(said(code, &runs).starts_with("undecided: no call was "), "{code}: {}", said(code, &runs));
    }
}

#[test]
fn each_refusal_has_its_own_rule() {
    for (code, status) in REFUSALS {
        for (other, _) in REFUSALS.into_iter().filter(|(other, _)| *other != code) {
            assert!(said(other, &[repeated(refused(status))]).starts_with("undecided: "), "{other} by {status}");
        }
    }
}

const NOT_STRUCK: &str = "undecided: no call was refused";

#[test]
fn another_credential_after_401_is_a_refresh() {
    let code = "no-retry-of-unauthorized-calls";
    let unauthorized = |target: &str| get(target).struck("status").status(401);
    let renewed = [
        run("header").saw(refused(401)).saw(get("/posts").bearer("another").after(40)),
        run("key")
            .saw(unauthorized("/posts").header("x-auth-token", "old"))
            .saw(get("/posts").header("x-auth-token", "new")),
    ];
    for run in renewed {
        assert!(said(code, &[run]).starts_with(NOT_STRUCK));
    }
    let same = unauthorized("/posts").header("x-auth-token", "old");
    let again = run("key").saw(same.clone()).saw(same.status(200).after(40));
    assert_eq!(said(code, &[again]), "failed: 1.1+2 401 of GET /posts was retried after 40 ms");
    let expired = get("/posts").bearer("t").struck("expiredCredential").status(401);
    assert_eq!(said(code, &[repeated(expired)]), "failed: 1.1+2 401 of GET /posts was retried after 40 ms");
}

#[test]
fn a_refusal_that_a_program_meets_on_purpose_is_no_failure_to_retry() {
    // Two tests that each send nonsense, or one that looks until something is there.
    for (code, status) in REFUSALS {
        let nonsense = || get("/posts").bearer("t").status(status);
        let runs = [run("tests").saw(nonsense()).saw(nonsense().after(1_000))];
        assert!(said(code, &runs).starts_with(NOT_STRUCK), "{code}: {}", said(code, &runs));
    }
}

#[test]
fn statuses_that_ask_for_the_call_once_more_are_no_refusals() {
    for status in [407, 408, 417, 425, 428, 429, 431] {
        let said = said("no-retry-of-other-client-errors", &[repeated(refused(status))]);
        assert!(said.starts_with("undecided: "), "{status}: {said}");
    }
}
