use std::time::Duration;

use super::*;
use crate::audit::fixture::{Seen, call, get, knowledge, post, run};
use http::Method;

const BODY: &str = r#"{"text": "a"}"#;

/// The calls as `1,2? 3`: numbers of exchanges, with a question mark where they only likely belong together.
fn grouped(seen: impl IntoIterator<Item = Seen>) -> String {
    let run = run("any").saw_all(seen);
    let calls = group(knowledge(), 0, &run);
    let shown = calls.iter().map(|call| {
        let numbers: Vec<String> = call.attempts.iter().map(|at| (at + 1).to_string()).collect();
        let mark = if call.certainty == Certainty::Likely { "?" } else { "" };
        numbers.join(",") + mark
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(seen: impl IntoIterator<Item = Seen>, expected: &str) {
    assert_eq!(grouped(seen), expected);
}

#[test]
fn a_repeat_after_a_failure_is_the_same_call() {
    check([get("/posts").status(503), get("/posts")], "1,2?");
    check([get("/posts").struck("close").cut(), get("/posts").status(500), get("/posts")], "1,2,3?");
    check([get("/posts").left(), get("/posts")], "1,2?");
    for kind in ["truncate", "wrongLength", "invalidJson", "wrongContentType", "emptyBody", "corruptGzip", "garbage"] {
        check([get("/posts").struck(kind), get("/posts")], "1,2?");
    }
}

#[test]
fn a_repeat_after_a_success_is_a_new_call() {
    check([get("/posts"), get("/posts"), get("/posts")], "1 2 3");
    check([get("/posts").status(503), get("/posts"), get("/posts")], "1,2? 3");
    check([get("/posts").struck("latency").lasting(900), get("/posts")], "1 2");
    // Even with the same key or id: then the client uses one name for two calls.
    check([post("/posts", BODY).key("k"), post("/posts", BODY).key("k")], "1 2");
    check([get("/posts").header("x-request-id", "r"), get("/posts").header("x-request-id", "r")], "1 2");
}

#[test]
fn a_reply_without_a_body_cannot_be_damaged() {
    let delete = || call(Method::DELETE, "/posts/post_1", "").status(204);
    check([delete().struck("truncate"), delete()], "1 2");
}

#[test]
fn another_method_target_or_body_is_another_call() {
    check([get("/posts").status(503), get("/posts?cursor=b")], "1 2");
    check([get("/posts/post_1").status(503), call(Method::DELETE, "/posts/post_1", "")], "1 2");
    check([post("/posts", BODY).status(503), post("/posts", r#"{"text": "b"}"#)], "1 2");
}

#[test]
fn the_same_key_makes_it_certain_even_with_another_body() {
    check([post("/posts", BODY).key("k").status(503), post("/posts", BODY).key("k")], "1,2");
    check([post("/posts", BODY).key("k").status(503), post("/posts", r#"{"text": "b"}"#).key("k")], "1,2");
    // A key is one of its path: the same one elsewhere is another call, with the key used twice.
    check([post("/posts", BODY).key("k").status(503), post("/posts/batch", BODY).key("k")], "1 2");
}

#[test]
fn a_key_holds_over_any_time_and_while_in_flight() {
    let first = || post("/posts", BODY).key("k");
    check([first().status(503), first().after(10_000_000)], "1,2");
    check([first().at(0).lasting(500).struck("hang").cut(), first().at(100).lasting(10)], "1,2");
}

#[test]
fn a_new_key_for_each_attempt_leaves_it_likely() {
    check([post("/posts", BODY).key("k1").status(503), post("/posts", BODY).key("k2")], "1,2?");
}

#[test]
fn a_client_that_keeps_its_keys_means_another_call_by_another_key() {
    let with = |key: &str| post("/posts", BODY).key(key);
    check([with("a").status(503), with("b").status(503), with("a"), with("b")], "1,3 2,4");
}

#[test]
fn a_request_id_makes_it_certain() {
    for name in signs::CALL_IDS {
        let first = || get("/posts").header(name, "r");
        check([first().status(503), first()], "1,2");
        check([first().status(503), first().header(name, "other")], "1,2?");
    }
}

#[test]
fn an_id_of_a_whole_flow_joins_no_different_calls() {
    let flow = |seen: Seen| seen.header("x-correlation-id", "f");
    check([flow(post("/posts", BODY).status(503)), flow(post("/posts", r#"{"text": "b"}"#))], "1 2");
    check([flow(get("/posts").status(503)), flow(get("/posts/post_1"))], "1 2");
}

#[test]
fn a_client_that_keeps_its_ids_means_another_call_by_another_id() {
    let with = |id: &str| get("/posts").header("x-request-id", id);
    check([with("a").status(503), with("b").status(503), with("b"), with("a")], "1,4 2,3");
}

#[test]
fn equal_calls_in_flight_at_once_are_two() {
    let slow = |at: u64| get("/posts").at(at).lasting(300).status(503);
    check([slow(0), slow(10)], "1 2");
    check([slow(0).on(1), slow(10).on(2), get("/posts").at(1_000).on(2), get("/posts").at(1_100).on(1)], "1,4? 2,3?");
    // Without the connection to tell, the one that waits the longest goes first.
    check([slow(0).on(1), slow(10).on(2), get("/posts").at(1_000).on(3), get("/posts").at(1_100).on(4)], "1,3? 2,4?");
}

#[test]
fn calls_of_two_clients_are_never_one() {
    let failed = |client: u32| get("/posts").status(503).by(client);
    check([failed(1), failed(2), get("/posts").by(1), get("/posts").by(2)], "1,3? 2,4?");
    let keyed = |client: u32| post("/posts", BODY).key("k").by(client);
    check([keyed(1).status(503), keyed(2).status(503), keyed(2), keyed(1)], "1,4 2,3");
    let rest = post("/posts", &BODY[5..]);
    check([post("/posts", BODY).status(503).by(1), rest.by(2)], "1 2");
}

#[test]
fn a_call_that_hangs_may_be_given_up_with_its_connection_open() {
    let hanging = || get("/posts").at(0).lasting(30_000).struck("hang").cut();
    check([hanging(), get("/posts").at(1_000)], "1,2?");
    check([hanging(), get("/posts").at(100)], "1 2");
    // What is slow by itself is not given up on by anyone.
    check([get("/posts").at(0).lasting(30_000), get("/posts").at(1_000)], "1 2");
}

#[test]
fn a_body_that_was_read_to_its_end_is_still_the_same_call() {
    check([post("/posts", BODY).status(503), post("/posts", "")], "1,2?");
    check([post("/posts", BODY).status(503), post("/posts", &BODY[..5])], "1,2?");
    check([post("/posts", BODY).status(503), post("/posts", &BODY[5..])], "1,2?");
    check([post("/posts", BODY), post("/posts", "")], "1 2");
}

#[test]
fn a_boundary_made_anew_does_not_change_a_body() {
    let part = |boundary: &str, text: &str| {
        let body =
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n{text}\r\n--{boundary}--\r\n");
        post("/posts", &body).header("content-type", &format!("multipart/form-data; boundary={boundary}"))
    };
    check([part("one", "a").status(503), part("other", "a")], "1,2?");
    check([part("one", "a").status(503), part("other", "b")], "1 2");
}

#[test]
fn a_fresh_credential_after_a_401_is_the_same_call() {
    check([get("/posts").bearer("old").status(401), get("/posts").bearer("new")], "1,2?");
    let token = || call(Method::POST, "/token", "grant_type=refresh_token");
    check([get("/posts").bearer("old").status(401), token(), get("/posts").bearer("new")], "1,3? 2");
    // After anything else it is somebody else.
    check([get("/posts").bearer("ann").status(503), get("/posts").bearer("ben")], "1 2");
    // A signature over the call names nobody.
    let signed = |value: &str| get("/posts").header("authorization", value);
    check([signed("HMAC 1").status(503), signed("HMAC 2")], "1,2?");
}

#[test]
fn what_comes_much_later_is_a_new_call() {
    check([get("/posts").status(503), get("/posts").after(120_000)], "1,2?");
    check([get("/posts").status(503), get("/posts").after(120_001)], "1 2");
    check([get("/posts").status(503).retry_after("60"), get("/posts").after(180_000)], "1,2?");
    check([get("/posts").status(503).retry_after("99999999999999999999"), get("/posts").after(120_001)], "1 2");
}

#[test]
fn calls_stand_in_the_order_of_their_first_attempts() {
    check(
        [get("/posts").status(503), get("/posts/post_1").status(503), get("/posts/post_1"), get("/posts")],
        "1,4? 2,3?",
    );
    let found = group(knowledge(), 7, &run("any").saw(get("/posts")).saw(get("/nowhere").status(404)));
    assert_eq!(found.iter().map(|call| call.run).collect::<Vec<_>>(), [7, 7]);
    assert_eq!(found[0].operation.as_deref(), Some("listPosts"));
    assert_eq!(found[1].operation, None);
    assert_eq!(group(knowledge(), 0, &run("any")), []);
}

#[test]
fn ten_thousand_exchanges_take_no_time() {
    const COUNT: u64 = 10_000;
    let kinds: [fn(u64) -> Seen; 5] = [
        // All equal and failed; all equal and in flight; all different and failed; all hanging; each with a key.
        |_| get("/posts").status(503),
        |at| get("/posts").at(at).lasting(COUNT * 2).on(at),
        |at| post("/posts", &format!("{{\"text\": {at}}}")).status(503),
        |at| get("/posts").at(at).lasting(COUNT * 2).struck("hang").cut().on(at),
        |at| post("/posts", BODY).key(&(at % 100).to_string()).status(503),
    ];
    for seen in kinds {
        let run = run("any").saw_all((0..COUNT).map(seen));
        let begun = std::time::Instant::now();
        let calls = group(knowledge(), 0, &run);
        assert_eq!(calls.iter().map(|call| call.attempts.len()).sum::<usize>(), COUNT as usize);
        // A quadratic search would take minutes in a build like this.
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}
