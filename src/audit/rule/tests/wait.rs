use super::said;
use crate::audit::fixture::{Seen, get, run};
use crate::audit::observe::{Exit, Run};

const NOW: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const IN_TWO_SECONDS: &str = "Sun, 06 Nov 1994 08:49:39 GMT";
const AN_HOUR_AGO: &str = "Sun, 06 Nov 1994 07:49:37 GMT";

fn asked(status: u16, value: &str) -> Seen {
    get("/posts").status(status).reply_header("date", NOW).retry_after(value)
}

fn returned(first: Seen, after: u64) -> Run {
    run("trial").saw(first).saw(get("/posts").after(after))
}

#[test]
fn what_is_asked_is_waited_for() {
    for (code, status, value, seconds, waited, told) in [
        ("honours-retry-after-seconds", 429, "1", 1, 1_002, "1 s"),
        ("honours-retry-after-of-unavailable", 503, "1", 1, 985, "985 ms"),
        ("honours-retry-after-date", 429, IN_TWO_SECONDS, 2, 1_300, "1.3 s"),
        ("honours-retry-after-date", 503, IN_TWO_SECONDS, 2, 2_000, "2 s"),
        ("honours-retry-after-of-unavailable", 503, IN_TWO_SECONDS, 2, 2_000, "2 s"),
    ] {
        let runs = [returned(asked(status, value), waited)];
        assert_eq!(said(code, &runs), format!("passed: 1.1+2 waited {told} of the {seconds} s asked"), "{code}");
    }
}

#[test]
fn who_returns_too_soon_is_told_by_how_much() {
    for (code, status, value, seconds, waited, told) in [
        ("honours-retry-after-seconds", 429, "1", 1, 12, "12 ms"),
        ("honours-retry-after-seconds", 429, "1", 1, 950, "950 ms"),
        ("honours-retry-after-of-unavailable", 503, "1", 1, 12, "12 ms"),
        ("honours-retry-after-date", 429, IN_TWO_SECONDS, 2, 900, "900 ms"),
        ("honours-retry-after-of-unavailable", 503, IN_TWO_SECONDS, 2, 12, "12 ms"),
    ] {
        let runs = [returned(asked(status, value), waited)];
        assert_eq!(said(code, &runs), format!("failed: 1.1+2 waited {told} of the {seconds} s asked"), "{code}");
    }
}

#[test]
fn without_a_retry_nothing_shows_whether_it_is_heeded() {
    let runs = [run("trial").saw(asked(429, "1")).exit(Exit::Code(1))];
    let why = "undecided: 429 with Retry-After in seconds was not retried, so nothing shows whether it is heeded";
    assert_eq!(said("honours-retry-after-seconds", &runs), why);
    let never = "undecided: no call was answered with 503 with Retry-After";
    assert_eq!(said("honours-retry-after-of-unavailable", &runs), never);
}

#[test]
fn a_date_one_second_ahead_is_too_near() {
    let runs = [returned(asked(503, "Sun, 06 Nov 1994 08:49:38 GMT"), 300)];
    let why = "undecided: dates have whole seconds: 1 s is too little to tell a wait by, ask for 2";
    assert_eq!(said("honours-retry-after-date", &runs), why);
}

#[test]
fn an_absurd_wait_is_neither_obeyed_nor_ignored() {
    let code = "caps-retry-after";
    let gave_up = run("day").saw(asked(503, "86400")).exit(Exit::Code(1));
    assert_eq!(said(code, &[gave_up]), "passed: 1.1 gave up rather than wait the 1440 min asked");
    let capped = returned(asked(503, "86400"), 5_000);
    assert_eq!(said(code, &[capped]), "passed: 1.1+2 waited 5 s instead of the 1440 min asked");
    let ignored = returned(asked(503, "86400"), 40);
    assert_eq!(said(code, &[ignored]), "failed: 1.1+2 waited 40 ms of the 1440 min asked");
    let asleep = |seconds: u64| {
        let mut run = run("day").saw(asked(503, "86400")).exit(Exit::TimedOut);
        run.took = run.exchanges[0].ended + seconds * 1_000_000;
        run
    };
    let expected = "failed: 1.1 was still waiting 62 s after it was asked to wait 1440 min, when it was stopped";
    assert_eq!(said(code, &[asleep(62)]), expected);
    // A client that caps its waits at a minute has not come back by then, either.
    let why = |slept: &str| {
        format!(
            "undecided: the client was stopped {slept} after it was asked to wait, and may cap its waits later: 62 s would tell"
        )
    };
    assert_eq!(said(code, &[asleep(60)]), why("60 s"));
    assert_eq!(said(code, &[asleep(70).exit(Exit::Unknown)]), why("0 ms"));
    let capped = returned(asked(503, "86400"), 60_000);
    assert_eq!(said(code, &[capped]), "passed: 1.1+2 waited 60 s instead of the 1440 min asked");
    assert_eq!(said(code, &[returned(asked(503, "3"), 3_000)]), "undecided: no reply asked for a wait of hours");
}

#[test]
fn an_absurd_wait_is_no_matter_of_honour() {
    let runs = [returned(asked(503, "86400"), 40)];
    let never = "undecided: no call was answered with 503 with Retry-After";
    assert_eq!(said("honours-retry-after-of-unavailable", &runs), never);
}

#[test]
fn what_cannot_be_read_is_survived() {
    let code = "survives-malformed-retry-after";
    let own_wait = returned(asked(503, "soon"), 40);
    assert_eq!(said(code, &[own_wait]), r#"passed: 1.1+2 GET /posts was retried 40 ms after Retry-After "soon""#);
    let hot = returned(asked(503, "soon"), 1);
    assert_eq!(said(code, &[hot]), r#"failed: 1.1+2 GET /posts was retried 1 ms after Retry-After "soon""#);
    let crashed = run("trial").saw(asked(503, "soon")).exit(Exit::Signal(6));
    assert_eq!(said(code, &[crashed]), r#"failed: 1.1 signal 6 ended the command after Retry-After "soon""#);
    let gave_up = || run("trial").saw(asked(503, "soon")).exit(Exit::Code(1));
    let why = "undecided: the call was not retried, as others with this status are not";
    assert_eq!(said(code, &[gave_up()]), why);
    let retries = returned(get("/posts").status(503), 40);
    let expected = r#"failed: 2.1 503 of GET /posts was not retried after Retry-After "soon", though other 503s are"#;
    assert_eq!(said(code, &[retries, gave_up()]), expected);
    let plain = returned(asked(503, "1"), 1_000);
    assert_eq!(said(code, &[plain]), "undecided: no reply had a Retry-After that cannot be read");
}

#[test]
fn what_is_over_starts_no_hot_loop() {
    let code = "survives-past-retry-after";
    let three_times = |first: Seen, after: u64| {
        let next = first.clone().after(after);
        run("past").saw_all([first, next.clone(), next]).saw(get("/posts").after(after))
    };
    for value in ["0", AN_HOUR_AGO, NOW] {
        let calm = three_times(asked(503, value), 40);
        assert_eq!(said(code, &[calm]), "passed: 1.1+2 waited 40 ms although nothing was left to wait", "{value}");
        let hot = three_times(asked(503, value), 1);
        let expected = "failed: 1.1+2+3+4 returned 3 times within 10 ms although nothing was left to wait";
        assert_eq!(said(code, &[hot]), expected, "{value}");
        let brief = three_times(asked(503, value), 15);
        let why = "undecided: returned after 15 ms, which a busy machine may have made of none";
        assert_eq!(said(code, &[brief]), why, "{value}");
        let warm = run("past").saw_all([asked(503, value), asked(503, value).after(21)]).saw(get("/posts").after(4));
        let expected = "failed: 1.1+2+3 returned 2 times within 21 ms although nothing was left to wait";
        assert_eq!(said(code, &[warm]), expected, "{value}");
        let eager = run("past").saw_all([asked(503, value), asked(503, value).after(90)]).saw(get("/posts").after(4));
        let why = "undecided: returned after 4 ms, which a busy machine may have made of none";
        assert_eq!(said(code, &[eager]), why, "{value}");
        let once = returned(asked(503, value), 1);
        let why = "undecided: one such reply cannot tell a hot loop from a single quick retry";
        assert_eq!(said(code, &[once]), why, "{value}");
    }
    let plain = returned(asked(503, "1"), 1_000);
    assert_eq!(said(code, &[plain]), "undecided: no reply had a Retry-After in the past, or of a wrong clock");
}

#[test]
fn what_a_wrong_clock_says_neither_counts_as_asked_nor_puts_to_sleep() {
    let code = "survives-past-retry-after";
    let skewed = || asked(503, IN_TWO_SECONDS).struck("clockSkew");
    let runs = [returned(skewed(), 40)];
    assert_eq!(said(code, &runs), "passed: 1.1+2 waited 40 ms although nothing was left to wait");
    let never = "undecided: no call was answered with Retry-After as an HTTP-date";
    assert_eq!(said("honours-retry-after-date", &runs), never);
    let mut asleep = run("skew").saw(skewed()).exit(Exit::TimedOut);
    asleep.took = asleep.exchanges[0].ended + 62_000_000;
    let expected = "failed: 1.1 was still waiting after 62 s, when it was stopped, for what a wrong clock had said";
    assert_eq!(said(code, &[asleep.clone()]), expected);
    asleep.took -= 47_000_000;
    assert!(said(code, &[asleep]).starts_with("undecided: the client was stopped 15 s after it was asked to wait"));
}
