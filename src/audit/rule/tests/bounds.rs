use super::said;
use crate::audit::fixture::{Seen, get, post, run};
use crate::audit::observe::{Exit, Run};

fn failed(after: u64) -> Seen {
    get("/posts").struck("status").status(503).after(after)
}

/// A read that fails so many times, 95 ms after one another, and lasts 5 ms each time.
fn outage(attempts: usize) -> Run {
    run("outage").saw_all((0..attempts).map(|_| failed(95))).exit(Exit::Code(1))
}

fn without_places(said: &str) -> String {
    let (outcome, rest) = said.split_once(": ").expect("an outcome");
    format!("{outcome}: {}", rest.split_once(' ').expect("a place").1)
}

#[test]
fn attempts_are_bounded() {
    let code = "bounds-attempts";
    let expected = "passed: 1.1+2+3 gave up after 3 attempts of GET /posts in 205 ms";
    assert_eq!(said(code, &[outage(3)]), expected);
    assert_eq!(without_places(&said(code, &[outage(10)])), "passed: gave up after 10 attempts of GET /posts in 905 ms");
    assert_eq!(without_places(&said(code, &[outage(11)])), "failed: 11 attempts of GET /posts in 1 s");
    let flood = outage(400).exit(Exit::Flooded);
    assert_eq!(without_places(&said(code, &[flood])), "failed: 400 attempts of GET /posts in 39.9 s");
    let stopped = outage(3).exit(Exit::TimedOut);
    assert_eq!(said(code, &[stopped]), "undecided: the client was stopped after 3 attempts, and might have made more");
    assert_eq!(said(code, &[outage(1)]), "undecided: no call was retried without success");
}

#[test]
fn the_whole_time_of_a_call_is_bounded() {
    let code = "bounds-time";
    assert_eq!(said(code, &[outage(3)]), "passed: 1.1+2+3 gave up GET /posts after 205 ms");
    let patient = run("outage").saw_all([failed(0), failed(59_000), failed(62_000)]).exit(Exit::Code(1));
    assert_eq!(said(code, &[patient]), "failed: 1.1+2+3 retried GET /posts 2 min after its first attempt");
    let endless = outage(20).exit(Exit::TimedOut);
    let expected = "failed: was still retrying GET /posts 1.9 s after its first attempt";
    assert_eq!(without_places(&said(code, &[endless])), expected);
    let stopped = outage(3).exit(Exit::TimedOut);
    assert_eq!(said(code, &[stopped]), "undecided: the client was stopped while it retried, after 205 ms");
}

#[test]
fn who_sleeps_as_long_as_it_was_asked_to_is_not_retrying() {
    let mut runs = [run("day").saw_all([failed(0), failed(40).retry_after("86400")]).exit(Exit::TimedOut)];
    runs[0].took = 200_000_000;
    for code in ["bounds-attempts", "bounds-time"] {
        assert_eq!(said(code, &runs), "undecided: no call was retried without success", "{code}");
    }
}

/// Twenty different calls that all fail: the first half is attempted three times, the second half so many times.
fn many(attempts: usize) -> Run {
    let call = |number: usize| {
        let attempts = if number < 10 { 3 } else { attempts };
        (0..attempts).map(move |_| get(&format!("/posts/{number}")).struck("status").status(503).after(40))
    };
    run("outage").saw_all((0..20).flat_map(call)).exit(Exit::Code(1))
}

#[test]
fn a_budget_keeps_retries_few_once_it_is_used_up() {
    let code = "keeps-retry-budget";
    let expected = "passed: 0 retries of 10 calls, after 10 calls had failed before";
    assert_eq!(without_places(&said(code, &[many(1)])), expected);
    let expected = "failed: 20 retries of 10 calls, after 10 calls had failed before";
    assert_eq!(without_places(&said(code, &[many(3)])), expected);
    let few = "undecided: no run had 20 calls that failed for good, some of them retried";
    assert_eq!(said(code, &[outage(10)]), few);
}

#[test]
fn a_failure_is_told_by_the_exit_code() {
    let code = "reports-failure";
    let expected = "passed: 1.1+2 GET /posts failed for good, and the command exited with 1";
    assert_eq!(said(code, &[outage(2)]), expected);
    let expected = "failed: 1.1+2 GET /posts failed for good, and the command exited with 0";
    assert_eq!(said(code, &[outage(2).exit(Exit::Code(0))]), expected);
    let never = "undecided: no call failed for good";
    let got_round = outage(2).saw(get("/posts/1")).exit(Exit::Code(0));
    assert_eq!(said(code, &[got_round]), never);
    let natural = run("plain").saw(get("/posts/none").status(404));
    assert_eq!(said(code, &[natural]), never);
    let stopped = outage(2).exit(Exit::TimedOut);
    assert_eq!(said(code, &[stopped]), "undecided: the command was stopped before it came to its end");
    assert_eq!(said(code, &[outage(2).exit(Exit::Unknown)]), "undecided: nobody watched how the command ended");
}

#[test]
fn a_slow_write_is_sent_once() {
    let code = "no-parallel-duplicates";
    let write = || post("/posts", r#"{"text": "a"}"#).key("k");
    let slow = || write().struck("latency").at(0).lasting(900);
    let patient = run("slow").saw(slow());
    assert_eq!(said(code, &[patient]), "passed: 1.1 POST /posts took 900 ms and was sent once");
    let hedged = run("slow").saw(slow()).saw(write().at(300));
    let expected = "failed: 1.1+2 POST /posts was sent again 300 ms after the first, which was still under way";
    assert_eq!(said(code, &[hedged]), expected);
    let raced = run("slow").saw(slow().lasting(310).left()).saw(write().at(300));
    assert_eq!(said(code, &[raced]), expected, "the slower copy is dropped when the other is answered");
    let quick = run("quick").saw(write());
    assert_eq!(said(code, &[quick]), "undecided: no write took 200 ms or longer");
}

#[test]
fn equal_writes_of_two_clients_are_no_copies() {
    let code = "no-parallel-duplicates";
    let write = |client: u32| post("/messages", r#"{"text": "a"}"#).struck("latency").lasting(900).by(client);
    let herd = run("herd").saw(write(1).at(0)).saw(write(2).at(30));
    assert_eq!(said(code, &[herd]), "passed: 1.1 POST /messages took 900 ms and was sent once");
    let hedged = run("herd").saw(write(1).at(0)).saw(write(2).at(30)).saw(write(2).at(330));
    let usual = run("baseline").saw(write(0).at(0));
    let expected = "failed: 2.2+3 POST /messages was sent again 300 ms after the first, which was still under way";
    assert_eq!(said(code, &[usual, hedged]), expected);
}

#[test]
fn a_form_that_is_sent_twice_is_a_copy_whatever_its_boundary() {
    let part = |boundary: &str| {
        let body = format!("--{boundary}\r\n\r\nbytes\r\n--{boundary}--\r\n");
        post("/messages", &body).header("content-type", &format!("multipart/form-data; boundary={boundary}"))
    };
    let hedged = run("slow").saw(part("one").struck("latency").at(0).lasting(900)).saw(part("other").at(300));
    assert!(said("no-parallel-duplicates", &[hedged]).starts_with("failed: 1.1+2 "));
}

#[test]
fn each_client_has_a_budget_of_its_own() {
    let calls = (0..24).flat_map(|number| {
        let failed = move || get(&format!("/posts/{number}")).status(503).by(number % 6 + 1);
        [failed(), failed(), failed()]
    });
    let herd = run("herd").saw_all(calls).exit(Exit::Code(1));
    let few = "undecided: no run had 20 calls that failed for good, some of them retried";
    assert_eq!(said("keeps-retry-budget", &[herd]), few);
}

#[test]
fn what_only_looks_like_a_second_copy_is_none() {
    let code = "no-parallel-duplicates";
    let write = || post("/messages", r#"{"text": "a"}"#);
    let never = "undecided: no write took 200 ms or longer";
    // The server notices a moment later that the client has turned away.
    let turned_away =
        run("slow").saw(write().struck("latency").at(0).lasting(900).left()).saw(write().at(850).lasting(80));
    assert_eq!(said(code, &[turned_away]), never);
    let hung = run("hang").saw(write().struck("hang").at(0).lasting(9_000).cut()).saw(write().at(1_000));
    assert_eq!(said(code, &[hung]), never);
    // Two equal calls side by side, with and without trouble.
    let usual = run("baseline").saw(write().at(0)).saw(write().at(1));
    let slow = run("slow").saw(write().struck("latency").at(0).lasting(900)).saw(write().at(1));
    assert_eq!(said(code, &[usual, slow]), never);
    let other = run("slow").saw(write().struck("latency").at(0).lasting(900)).saw(post("/messages", "{}").at(1));
    assert_eq!(said(code, &[other]), "passed: 1.1 POST /messages took 900 ms and was sent once");
}
