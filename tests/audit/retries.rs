//! The rules of liveness, silence, bounds, waits, backoff and timeouts, each with a client that keeps it and one that does not.

use crate::client::policy::{Beyond, Clock, Failure, Past, Policy, Step, Unreadable, Writes};
use crate::judged::{Judged, Trial, audit};

fn reading() -> Policy {
    Policy::doing([Step::Get])
}

fn once(fault: &str) -> String {
    format!("  - {{ name: once, timeout: 20s, faults: [{{ {fault}, times: 1 }}] }}\n")
}

/// Long enough for a client that gives up, short for one that waits for ever.
fn waiting(faults: &str) -> String {
    format!("  - {{ name: waiting, timeout: 6s, faults: [{faults}] }}\n")
}

#[track_caller]
fn liveness(code: &str, fault: &str, good: Policy, broken: fn(&mut Policy)) {
    Trial { code, plan: &once(fault), good, broken, also: &[] }.check();
}

#[test]
fn a_client_that_takes_503_for_an_answer() {
    let broken = |policy: &mut Policy| policy.retry.statuses.retain(|status| *status != 503);
    liveness("retries-unavailable", "kind: status, status: 503", reading(), broken);
}

#[test]
fn a_client_that_takes_429_for_an_answer() {
    let broken = |policy: &mut Policy| policy.retry.statuses.retain(|status| *status != 429);
    liveness("retries-rate-limited", "kind: status, status: 429", reading(), broken);
}

#[test]
fn a_client_that_takes_the_word_of_a_gateway() {
    let broken = |policy: &mut Policy| policy.retry.statuses.retain(|status| ![502, 504].contains(status));
    liveness("retries-gateway-errors", "kind: status, status: 502", reading(), broken);
    liveness("retries-gateway-errors", "kind: status, status: 504", reading(), broken);
}

#[test]
fn a_client_that_takes_500_for_an_answer() {
    let broken = |policy: &mut Policy| policy.retry.statuses.retain(|status| *status != 500);
    liveness("retries-internal-errors", "kind: status, status: 500", reading(), broken);
}

#[test]
fn a_client_that_gives_up_with_its_connection() {
    let broken = |policy: &mut Policy| policy.retry.failures.retain(|failure| *failure != Failure::Closed);
    liveness("retries-closed-connections", "kind: close", reading(), broken);
}

#[test]
fn a_client_that_gives_up_after_a_reset() {
    let broken = |policy: &mut Policy| policy.retry.failures.retain(|failure| *failure != Failure::Reset);
    liveness("retries-reset-connections", "kind: reset", reading(), broken);
}

#[test]
fn a_client_that_times_out_once_and_for_all() {
    let broken = |policy: &mut Policy| policy.retry.failures.retain(|failure| *failure != Failure::Unanswered);
    liveness("retries-unanswered-calls", "kind: hang", reading(), broken);
}

#[test]
fn a_client_whose_retries_end_with_the_head() {
    let broken = |policy: &mut Policy| policy.retry.failures.retain(|failure| *failure != Failure::Body);
    liveness("retries-broken-bodies", "kind: truncate", reading(), broken);
}

#[test]
fn a_client_that_never_repeats_a_post() {
    let broken = |policy: &mut Policy| policy.retry.writes = Writes::Never;
    liveness("retries-safe-writes", "kind: status, status: 503", Policy::doing([Step::Create]), broken);
}

#[test]
fn a_client_that_tries_twice_and_no_more() {
    let plan = "  - { name: twice, faults: [{ kind: status, status: 503, times: 2 }] }\n";
    let broken = |policy: &mut Policy| policy.retry.attempts = 2;
    Trial { code: "outlasts-short-trouble", plan, good: reading(), broken, also: &[] }.check();
}

#[test]
fn a_client_that_cannot_forget_a_failure() {
    let broken = |policy: &mut Policy| policy.retry.holds_grudges = true;
    liveness("recovers", "kind: status, status: 503", reading(), broken);
}

/// A client that retries one refusal. For 401 whatever is said of credentials may be broken with it.
#[track_caller]
fn silence(code: &str, status: u16, broken: fn(&mut Policy)) {
    let fault = format!("kind: status, status: {status}");
    Trial { code, plan: &once(&fault), good: reading(), broken, also: &[] }.check();
}

#[test]
fn a_client_that_retries_bad_requests() {
    silence("no-retry-of-bad-requests", 400, |policy| policy.retry.statuses.push(400));
}

#[test]
fn a_client_that_retries_with_the_credential_that_was_refused() {
    silence("no-retry-of-unauthorized-calls", 401, |policy| policy.retry.statuses.push(401));
}

#[test]
fn a_client_that_retries_what_is_forbidden() {
    silence("no-retry-of-forbidden-calls", 403, |policy| policy.retry.statuses.push(403));
}

#[test]
fn a_client_that_retries_what_is_not_there() {
    silence("no-retry-of-missing-resources", 404, |policy| policy.retry.statuses.push(404));
}

#[test]
fn a_client_that_retries_conflicts() {
    silence("no-retry-of-conflicts", 409, |policy| policy.retry.statuses.push(409));
}

#[test]
fn a_client_that_retries_invalid_content() {
    silence("no-retry-of-invalid-content", 422, |policy| policy.retry.statuses.push(422));
}

#[test]
fn a_client_that_retries_whatever_begins_with_a_four() {
    silence("no-retry-of-other-client-errors", 410, |policy| policy.retry.statuses.extend([405, 410, 415]));
}

#[test]
fn a_client_that_retries_whatever_begins_with_a_five() {
    silence("no-retry-of-unsupported-calls", 501, |policy| policy.retry.statuses.push(501));
}

#[test]
fn a_client_that_counts_too_far() {
    let plan = "  - { name: outage, faults: [{ kind: status, status: 503 }] }\n";
    let good = reading().but(|policy| policy.wait.longest_ms = 120);
    let broken = |policy: &mut Policy| policy.retry.attempts = 12;
    Trial { code: "bounds-attempts", plan, good, broken, also: &[] }.check();
}

#[test]
fn a_client_that_never_gives_up() {
    let plan = waiting("{ kind: status, status: 503 }");
    let good = reading().but(|policy| policy.wait.longest_ms = 120);
    let broken = |policy: &mut Policy| policy.retry.attempts = u32::MAX;
    Trial { code: "bounds-time", plan: &plan, good, broken, also: &["bounds-attempts"] }.check();
}

#[test]
fn a_client_without_a_budget() {
    let plan = "  - { name: outage, faults: [{ kind: status, status: 503 }] }\n";
    let good = Policy::doing([Step::Create; 24]).but(|policy| {
        policy.goes_on = true;
        policy.retry.attempts = 3;
        policy.retry.budget = Some(0.1);
    });
    Trial { code: "keeps-retry-budget", plan, good, broken: |policy| policy.retry.budget = None, also: &[] }.check();
}

#[test]
fn a_client_that_fails_in_silence() {
    let plan = "  - { name: outage, faults: [{ kind: status, status: 503 }] }\n";
    let broken = |policy: &mut Policy| policy.tells_failure = false;
    // The service declares no 503, so silence about it also takes an undeclared status for success.
    let also = &["refuses-undeclared-status"];
    Trial { code: "reports-failure", plan, good: reading(), broken, also }.check();
}

#[test]
fn a_client_that_hedges_a_write() {
    let good = Policy::doing([Step::Create]).but(|policy| policy.timeout.head_ms = Some(5_000));
    let broken = |policy: &mut Policy| policy.attempt.hedge_after_ms = Some(150);
    liveness("no-parallel-duplicates", "kind: latency, ms: 800, method: POST", good, broken);
}

#[test]
fn a_client_that_does_not_read_seconds() {
    let fault = "kind: status, status: 429, retryAfter: 1";
    liveness("honours-retry-after-seconds", fault, reading(), |policy| policy.retry_after.seconds = false);
}

#[test]
fn a_client_that_does_not_read_dates() {
    let fault = "kind: status, status: 429, retryAfter: 2, retryAfterForm: httpDate";
    liveness("honours-retry-after-date", fault, reading(), |policy| policy.retry_after.date = false);
}

#[test]
fn a_client_that_looks_for_advice_after_429_only() {
    let fault = "kind: status, status: 503, retryAfter: 1";
    let broken = |policy: &mut Policy| policy.retry_after.statuses = vec![429];
    liveness("honours-retry-after-of-unavailable", fault, reading(), broken);
}

#[test]
fn a_client_that_sleeps_for_a_day() {
    // Within six seconds nobody can tell it from one that comes back after a minute.
    let plan = waiting("{ kind: status, status: 503, retryAfter: 86400, times: 1 }");
    let judged = audit(&plan, &reading().but(|policy| policy.retry_after.beyond = Beyond::Obey));
    let (outcome, why) = judged.of("caps-retry-after");
    assert_eq!(outcome, "undecided", "{why}");
    assert!(why.ends_with("may cap its waits later: 62 s would tell"), "{why}");
}

#[test]
fn a_client_that_ignores_what_it_finds_too_long() {
    let fault = "kind: status, status: 503, retryAfter: 86400";
    liveness("caps-retry-after", fault, reading(), |policy| policy.retry_after.beyond = Beyond::OwnWait);
}

#[test]
fn a_client_that_dies_of_a_header() {
    let fault = "kind: status, status: 503, retryAfter: 1, retryAfterForm: malformed";
    let broken = |policy: &mut Policy| policy.retry_after.unreadable = Unreadable::Crash;
    liveness("survives-malformed-retry-after", fault, reading(), broken);
}

#[test]
fn a_client_that_believes_its_own_clock() {
    let skewed = "{ kind: status, status: 503, retryAfter: 1, retryAfterForm: httpDate, times: 3 }, \
                  { kind: clockSkew, seconds: -3600, times: 3 }";
    let broken = |policy: &mut Policy| {
        policy.retry_after.clock = Clock::Own;
        policy.retry_after.past = Past::AtOnce;
    };
    let plan = waiting(skewed);
    Trial { code: "survives-past-retry-after", plan: &plan, good: reading(), broken, also: &[] }.check();
}

#[test]
fn a_client_that_does_not_wait() {
    let plan = "  - { name: short, runs: 5, faults: [{ kind: status, status: 503, times: 1 }] }\n";
    let broken = |policy: &mut Policy| policy.wait.first_ms = 0;
    Trial { code: "waits-before-retry", plan, good: reading(), broken, also: &[] }.check_alone();
}

#[test]
fn a_client_whose_waits_stay_the_same() {
    let plan = "  - { name: long, runs: 4, faults: [{ kind: status, status: 503, times: 3 }] }\n";
    let good = reading().but(|policy| {
        policy.wait.first_ms = 150;
        policy.wait.jitter = 0.1;
    });
    Trial { code: "waits-grow", plan, good, broken: |policy| policy.wait.factor = 1.0, also: &[] }.check_alone();
}

#[test]
fn a_client_whose_waits_are_always_equal() {
    let plan = "  - { name: short, runs: 8, faults: [{ kind: status, status: 503, times: 1 }] }\n";
    let good = Policy::doing([Step::Get, Step::List].repeat(5)).but(|policy| policy.wait.first_ms = 1_000);
    Trial { code: "waits-vary", plan, good, broken: |policy| policy.wait.jitter = 0.0, also: &[] }.check_alone();
}

#[test]
fn a_client_that_returns_as_a_herd() {
    let plan = "  - { name: herd, faults: [{ kind: status, status: 503, times: 6 }] }\n";
    let good = Policy::doing([Step::Create; 6]).but(|policy| {
        policy.threads = 6;
        policy.wait.first_ms = 2_000;
        policy.wait.longest_ms = 4_000;
    });
    let broken = |policy: &mut Policy| policy.wait.jitter = 0.0;
    Trial { code: "spreads-after-outage", plan, good, broken, also: &["waits-vary"] }.check_alone();
}

#[test]
fn a_client_that_waits_for_ever_for_a_reply() {
    let plan = waiting("{ kind: hang, times: 1 }");
    let broken = |policy: &mut Policy| policy.timeout.head_ms = None;
    Trial { code: "times-out-unanswered-calls", plan: &plan, good: reading(), broken, also: &[] }.check();
}

#[test]
fn a_client_that_waits_for_ever_for_a_head() {
    let plan = waiting("{ kind: slowHead, bytesPerSecond: 4, times: 1 }");
    let broken = |policy: &mut Policy| policy.timeout.head_ms = None;
    Trial { code: "times-out-slow-heads", plan: &plan, good: reading(), broken, also: &[] }.check();
}

#[test]
fn a_client_that_waits_for_ever_for_a_body() {
    let plan = waiting("{ kind: slowBody, bytesPerSecond: 2, times: 1 }");
    let broken = |policy: &mut Policy| policy.timeout.body_ms = None;
    Trial { code: "times-out-slow-bodies", plan: &plan, good: reading(), broken, also: &[] }.check();
}

/// Six processes in one world, each with its own start.
fn herd(fault: &str, policy: &Policy) -> Judged {
    audit(&format!("  - {{ name: herd, together: 6, timeout: 20s, faults: [{{ {fault} }}] }}\n"), policy)
}

#[test]
fn attempts_of_clients_side_by_side_are_counted_one_by_one() {
    // Twelve failures are two for each.
    let twice = herd("kind: status, status: 503, times: 12", &reading().but(|policy| policy.retry.attempts = 2));
    let (outcome, why) = twice.of("bounds-attempts");
    assert_eq!(outcome, "passed", "{why}");
    assert!(why.starts_with("gave up after 2 attempts of GET /v1/parcels/par_1 in "), "{why}");
    let (outcome, why) = twice.of("outlasts-short-trouble");
    assert_eq!((outcome, why), ("failed", "GET /v1/parcels/par_1 was given up after 2 attempts"));
    let once = herd("kind: status, status: 503, times: 6", &reading().but(|policy| policy.retry.attempts = 1));
    for code in ["bounds-attempts", "outlasts-short-trouble", "waits-before-retry"] {
        let (outcome, why) = once.of(code);
        assert_eq!(outcome, "undecided", "{code}: {why}");
    }
    assert_eq!(once.of("retries-unavailable").0, "failed");
}

#[test]
fn equal_writes_of_clients_side_by_side_are_no_second_copies() {
    let patient = Policy::doing([Step::Note]).but(|policy| policy.timeout.head_ms = Some(8_000));
    let judged = herd("kind: latency, ms: 1500, method: POST", &patient);
    let (outcome, why) = judged.of("no-parallel-duplicates");
    assert_eq!(outcome, "passed", "{why}");
}
