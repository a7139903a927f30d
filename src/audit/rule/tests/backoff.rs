use super::said;
use crate::audit::fixture::{Seen, get, run};
use crate::audit::observe::{Exit, Run};

fn failed(target: &str, after: u64) -> Seen {
    get(target).struck("status").status(503).after(after)
}

/// One call that fails before each of these waits, in milliseconds, and after the last of them.
fn outage(waits: &[u64]) -> Run {
    let attempts = std::iter::once(0).chain(waits.iter().copied());
    run("outage").saw_all(attempts.map(|after| failed("/posts", after))).exit(Exit::Code(1))
}

/// Runs of one call each, with its waits.
fn outages(waits: &[&[u64]]) -> Vec<Run> {
    waits.iter().map(|waits| outage(waits)).collect()
}

#[test]
fn the_first_retry_waits() {
    let code = "waits-before-retry";
    assert_eq!(said(code, &[outage(&[40])]), "passed: 1.1+2 waited 40 ms before the first retry");
    // A single wait, or one of some milliseconds, may have been drawn.
    let why = |text: &str| {
        format!("undecided: waited {text}, which chance may have made so short: let more calls fail, and longer")
    };
    assert_eq!(said(code, &[outage(&[1])]), why("1 ms before the first retry"));
    let unlucky = outages(&[&[3], &[24], &[48]]);
    assert_eq!(said(code, &unlucky), why("24 ms before the first retry, the median of 3 calls"));
    // Full jitter makes some waits short.
    let drawn = outages(&[&[3], &[60], &[35]]);
    let expected = "passed: 3.1+2 waited 35 ms before the first retry, the median of 3 calls";
    assert_eq!(said(code, &drawn), expected);
    let hasty = outages(&[&[1, 50], &[2, 50], &[90]]);
    let expected = "failed: 2.1+2 waited 2 ms before the first retry, the median of 3 calls";
    assert_eq!(said(code, &hasty), expected);
    let closed = run("close").saw(get("/posts").struck("close").cut()).saw(get("/posts").after(0));
    let never = "undecided: no call was retried after a failure of the server without Retry-After";
    assert_eq!(said(code, &[closed]), never);
    let told = run("told").saw(failed("/posts", 0).retry_after("0")).saw(get("/posts").after(0));
    assert_eq!(said(code, &[told]), never);
}

#[test]
fn waits_grow() {
    let code = "waits-grow";
    let doubled = outages(&[&[40, 80, 160], &[44, 88, 176], &[42, 84, 168]]);
    let expected = "passed: 1.1+2+3+4 waited 42 ms before retry 1 and 168 ms before retry 3, the means of 3 calls";
    assert_eq!(said(code, &doubled), expected);
    let why =
        "undecided: the waits vary too much, or too few were seen, to tell whether they grow: let more calls fail";
    for single in [&[75, 69], &[40, 160]] {
        assert_eq!(said(code, &[outage(single)]), why, "chance may do this to a single call");
    }
    let lucky = outages(&[&[50, 45], &[42, 41], &[10, 180]]);
    assert_eq!(said(code, &lucky), why, "one long wait makes no growth");
    // Chance makes one call's waits shrink, and many show it.
    let drawn = outages(&[&[38, 70, 20], &[10, 12, 140], &[22, 31, 99], &[30, 44, 120]]);
    let expected = "passed: 1.1+2+3+4 waited 25 ms before retry 1 and 94 ms before retry 3, the means of 4 calls";
    assert_eq!(said(code, &drawn), expected);
    let constant = outages(&[&[50, 44, 47], &[42, 50, 46], &[45, 43, 50], &[48, 41, 44]]);
    let expected = "failed: 1.1+2+3+4 waited 46 ms before retry 1 and 46 ms before retry 3, the means of 4 calls";
    assert_eq!(said(code, &constant), expected);
    let blurred = outages(&[&[20, 90], &[60, 20], &[70, 75]]);
    assert_eq!(said(code, &blurred), why);
    assert_eq!(said(code, &[outage(&[1, 1, 1])]), "undecided: there is no wait that could grow");
    assert_eq!(said(code, &[outage(&[40])]), "undecided: no call was retried twice without being told when");
}

/// A run without trouble, with these gaps between its calls.
fn calm(gaps: &[u64]) -> Run {
    run("baseline").saw(get("/posts/0").at(0)).saw_all(gaps.iter().map(|gap| get("/posts").after(*gap)))
}

#[test]
fn waits_vary() {
    let code = "waits-vary";
    let drawn = || outages(&[&[400], &[310], &[355], &[244], &[390], &[280], &[333]]);
    let quiet = || calm(&[1, 1, 2, 1, 1, 2, 1, 1]);
    let with = |baseline: Run, mut runs: Vec<Run>| {
        runs.insert(0, baseline);
        runs
    };
    let expected = "passed: 2.1+2 7 waits before retry 1 lie 53 ms around 333 ms";
    assert_eq!(said(code, &with(quiet(), drawn())), expected);
    let equal = outages(&[&[400], &[401], &[400], &[400], &[402], &[430], &[400]]);
    assert_eq!(said(code, &with(quiet(), equal)), "failed: 2.1+2 7 waits before retry 1 lie 0 ms around 400 ms");
    let busy = calm(&[1, 80, 5, 60, 1, 90, 33, 70]);
    let why = "undecided: 7 waits before retry 1 lie 53 ms around 333 ms, which a busy machine may have done";
    assert_eq!(said(code, &with(busy, drawn())), why);
    let few = outages(&[&[400], &[310], &[355], &[244], &[390]]);
    assert_eq!(said(code, &few), "undecided: fewer than 6 retries can be compared with one another");
    let hasty = outages(&[&[1], &[2], &[1], &[3], &[1], &[1]]);
    assert_eq!(said(code, &hasty), "undecided: there is no wait that could vary");
    let unrest = outages(&[&[16], &[9], &[21], &[11], &[24], &[15]]);
    assert_eq!(said(code, &unrest), "undecided: there is no wait that could vary", "a busy machine makes such gaps");
}

#[test]
fn retries_are_compared_with_their_equals_only() {
    // First and second retries differ by growth, limits by their own policy.
    let mut runs = outages(&[&[100, 200], &[100, 200], &[100, 200]]);
    runs.extend(
        (0..3).map(|_| run("limited").saw(get("/posts").struck("status").status(429)).saw(get("/posts").after(900))),
    );
    assert_eq!(said("waits-vary", &runs), "undecided: fewer than 6 retries can be compared with one another");
}

#[test]
fn no_wait_is_longer_than_a_minute() {
    let code = "caps-waits";
    let expected = "passed: 1.1+2+3 gave up after 3 attempts, of which the longest wait was 30 s";
    assert_eq!(said(code, &[outage(&[1_000, 30_000])]), expected);
    assert_eq!(said(code, &[outage(&[1_000, 61_000])]), "failed: 1.2+3 waited 61 s before retry 2");
    let stopped = outage(&[1_000, 30_000]).exit(Exit::TimedOut);
    assert_eq!(said(code, &[stopped]), "undecided: the client was stopped before its longest wait was seen");
    let healed = run("short").saw(failed("/posts", 0)).saw(get("/posts").after(40));
    let never = "undecided: no call was retried until the client gave up, so its longest wait was not seen";
    assert_eq!(said(code, &[healed]), never);
}

/// Calls that fail at these milliseconds, and return so much later.
fn crowd(calls: &[(u64, u64)]) -> Run {
    let target = |number: usize| format!("/posts/{number}");
    let mut seen: Vec<(u64, Seen)> = Vec::new();
    for (number, (at, wait)) in calls.iter().enumerate() {
        seen.push((*at, get(&target(number)).struck("status").status(503).at(*at)));
        seen.push((at + 5 + wait, get(&target(number)).at(at + 5 + wait)));
    }
    seen.sort_by_key(|(at, _)| *at);
    run("crowd").saw_all(seen.into_iter().map(|(_, seen)| seen))
}

#[test]
fn calls_that_fail_together_return_apart() {
    let code = "spreads-after-outage";
    let apart = crowd(&[(0, 110), (1, 150), (2, 190), (3, 130)]);
    let expected = "passed: 1.1+2+3+4+5+6+7+8 4 calls failed within 3 ms and returned within 82 ms, after 140 ms";
    assert_eq!(said(code, &[apart]), expected);
    let herd = crowd(&[(0, 200), (1, 200), (2, 201), (3, 203)]);
    let expected = "failed: 1.1+2+3+4+5+6+7+8 4 calls failed within 3 ms and returned within 6 ms, after 200 ms";
    assert_eq!(said(code, &[herd]), expected);
    let near = crowd(&[(0, 200), (1, 205), (2, 210), (3, 213)]);
    let why = "undecided: 4 calls failed within 3 ms and returned within 16 ms, after 207 ms: too near to tell chance from a busy machine";
    assert_eq!(said(code, &[near]), why);
    let never = "undecided: no 4 calls failed at once and were retried without being told when";
    assert_eq!(said(code, &[crowd(&[(0, 200), (1, 200), (2, 200)])]), never);
    assert_eq!(said(code, &[crowd(&[(0, 200), (40, 200), (80, 200), (120, 200)])]), never);
}

#[test]
fn clients_of_one_world_are_a_herd() {
    let code = "spreads-after-outage";
    let herd = |waits: [u64; 4]| {
        let mut seen: Vec<(u64, Seen)> = Vec::new();
        for (client, (at, wait)) in (1..).zip([0, 3, 12, 20].into_iter().zip(waits)) {
            seen.push((at, failed("/posts", 0).at(at).by(client)));
            seen.push((at + 5 + wait, get("/posts").at(at + 5 + wait).by(client)));
        }
        seen.sort_by_key(|(at, _)| *at);
        run("herd").saw_all(seen.into_iter().map(|(_, seen)| seen))
    };
    let told = said(code, &[herd([400; 4])]);
    assert_eq!(told, "failed: 1.1+2+3+4+5+6+7+8 4 calls failed within 20 ms and returned within 20 ms, after 400 ms");
    let told = said(code, &[herd([400, 350, 310, 460])]);
    assert!(told.starts_with("passed: "), "{told}");
    // One that failed later waited less: together again, by chance.
    let met = said(code, &[herd([420, 417, 408, 400])]);
    assert!(met.starts_with("undecided: 4 calls failed within 20 ms and returned within 0 ms"), "{met}");
    let short = said(code, &[herd([60, 52, 41, 33])]);
    assert!(short.starts_with("undecided: 4 calls failed within 20 ms"), "chance and unrest look alike: {short}");
    // What they lose to each other is no wait.
    for code in ["waits-before-retry", "waits-grow", "waits-vary"] {
        let told = said(code, &[herd([400; 4]), herd([400; 4])]);
        assert!(
            told.starts_with("undecided: no call was retried") || told.starts_with("undecided: fewer than"),
            "{told}"
        );
    }
}
