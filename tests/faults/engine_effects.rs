//! Whether a call was performed, once, twice, or partly; and which state a read sees.

use serde_json::{Value, json};
use standin::call::Wire;
use standin::engine;
use standin::world::compare::compare;
use standin::world::journal::{Performed, What};
use standin::world::outbox::Outcome;

use super::support::{Answer, Fake};
use super::{CHANNEL, POSTS, arm, events, hits, new_post, post_with_key, told, total, without_faults};

/// How often the newest call had its effect, and how many records it made.
fn account(fake: &Fake) -> (Performed, usize) {
    let last = fake.world.journal.last_number();
    match &fake.world.journal.since(last - 1, 1)[0].what {
        What::Call { account, .. } => (account.performed, account.made.len()),
        other => panic!("no call: {other:?}"),
    }
}

#[test]
fn what_fails_before_the_effect_leaves_nothing() {
    for kind in ["close", "reset", "hang", "garbage"] {
        let mut fake = Fake::flow();
        arm(&mut fake, json!({"kind": kind}));
        let reply = post_with_key(&mut fake, "key-1").reply;
        assert_ne!(reply.wire, Wire::Intact, "{kind}");
        assert_eq!((account(&fake), events(&fake).len()), ((Performed::No, 0), 0), "{kind}");
        let mut fake = without_faults(&fake);
        assert_eq!(total(&mut fake), 3, "{kind}");
        let retried = post_with_key(&mut fake, "key-1").expect(201);
        assert_eq!(retried.header("idempotent-replayed"), None, "{kind}");
        assert_eq!(total(&mut fake), 4, "{kind}");
    }
}

#[test]
fn a_lost_reply_leaves_all_of_the_effect_and_its_key_gets_the_true_reply() {
    for kind in ["close", "reset", "hang", "garbage"] {
        let mut fake = Fake::flow();
        let mut twin = without_faults(&fake);
        arm(&mut fake, json!({"kind": kind, "effect": "done", "times": 1}));
        let lost = post_with_key(&mut fake, "key-1").reply;
        assert_ne!(lost.wire, Wire::Intact, "{kind}");
        assert_eq!((account(&fake), events(&fake)), ((Performed::Yes, 1), vec!["post.created".to_owned()]), "{kind}");
        let plain = post_with_key(&mut twin, "key-1").expect(201);
        assert_eq!(compare(&twin.world, &fake.world), [], "{kind}");
        let retried = post_with_key(&mut fake, "key-1").expect(201);
        assert_eq!(retried.header("idempotent-replayed"), Some("true"), "{kind}");
        assert_eq!(retried.reply.body, plain.reply.body, "{kind}");
        assert_eq!(total(&mut fake), 4, "{kind}");
    }
}

#[test]
fn a_failure_after_the_effect_hides_it_and_pins_the_true_reply() {
    let mut fake = Fake::flow();
    let mut twin = without_faults(&fake);
    arm(&mut fake, json!({"kind": "status", "status": 500, "effect": "done", "times": 1}));
    let failed = post_with_key(&mut fake, "key-1").expect(500);
    assert_eq!(
        failed.at("/error"),
        &json!({"type": "server_error", "message": "Internal server error", "code": "INTERNAL_SERVER_ERROR"})
    );
    assert_eq!(told(&fake).1, ["status 500, after the effect (fault 1)"]);
    assert_eq!(account(&fake), (Performed::Yes, 1));
    let plain = post_with_key(&mut twin, "key-1").expect(201);
    assert_eq!(compare(&twin.world, &fake.world), []);
    let retried = post_with_key(&mut fake, "key-1").expect(201);
    assert_eq!((retried.header("idempotent-replayed"), &retried.reply.body), (Some("true"), &plain.reply.body));
    assert_eq!(total(&mut fake), 4);
}

#[test]
fn another_status_after_the_effect_keeps_the_reply_unless_it_takes_no_body() {
    let mut fake = Fake::flow();
    let mut twin = without_faults(&fake);
    arm(&mut fake, json!({"kind": "status", "status": 202, "effect": "done", "times": 1}));
    arm(&mut fake, json!({"kind": "status", "status": 204, "effect": "done", "times": 1}));
    let plain = twin.post(POSTS, new_post()).expect(201);
    let answer = fake.post(POSTS, new_post()).expect(202);
    assert_eq!((&answer.reply.body, &answer.reply.headers), (&plain.reply.body, &plain.reply.headers));
    let answer = fake.post(POSTS, new_post()).expect(204);
    assert_eq!((answer.reply.body.len(), answer.header("content-type")), (0, None));
    assert_eq!(total(&mut fake), 5);
}

#[test]
fn a_call_that_was_refused_gets_what_the_document_declares_for_another_status() {
    for (status, declared) in [(201, true), (202, false), (204, false)] {
        let mut fake = Fake::flow();
        arm(&mut fake, json!({"kind": "status", "status": status, "effect": "done"}));
        let answer = fake.post(POSTS, json!({})).expect(status);
        assert_eq!(answer.at("/data/id").is_string(), declared, "{:#}", answer.body);
        assert_eq!((answer.reply.body.is_empty(), answer.header("content-type").is_none()), (!declared, !declared));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some("29"), "as every reply");
        let limits = answer.reply.headers.iter().filter(|(name, _)| name == "x-ratelimit-limit");
        assert_eq!((limits.count(), account(&fake)), (1, (Performed::No, 0)));
    }
}

#[test]
fn a_replay_keeps_its_reply_under_another_status() {
    let mut fake = Fake::flow();
    let first = post_with_key(&mut fake, "key-1").expect(201);
    arm(&mut fake, json!({"kind": "status", "status": 202, "effect": "done"}));
    let again = post_with_key(&mut fake, "key-1").expect(202);
    assert_eq!((again.reply.body, account(&fake).0), (first.reply.body, Performed::Replayed));
}

#[test]
fn a_refusal_is_lost_as_well_as_a_success() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "close", "effect": "done"}));
    let reply = fake.post(POSTS, json!({})).reply;
    assert_eq!((reply.status.as_u16(), reply.wire), (400, Wire::Cut(None)));
    assert_eq!(account(&fake), (Performed::No, 0));
}

#[test]
fn an_effect_happens_twice_and_is_answered_once() {
    let mut fake = Fake::flow();
    let mut twin = without_faults(&fake);
    arm(&mut fake, json!({"kind": "double", "times": 1}));
    let answer = post_with_key(&mut fake, "key-1").expect(201);
    assert_eq!(answer.reply.body, post_with_key(&mut twin, "key-1").reply.body, "the answer is the first one's");
    assert_eq!(events(&fake), ["post.created", "post.created"]);
    assert_eq!(account(&fake), (Performed::Twice, 2));
    let list = fake.get(POSTS).expect(200);
    let ids: Vec<&str> = list.at("/data").as_array().unwrap().iter().map(|post| post["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 5);
    assert!(ids.contains(&answer.text("/data/id").as_str()), "{ids:?}");
    let retried = post_with_key(&mut fake, "key-1").expect(201);
    assert_eq!(retried.reply.body, answer.reply.body);
    assert_eq!(total(&mut fake), 5, "a replay is no third time");
}

#[test]
fn what_cannot_be_done_twice_is_done_once_and_nobody_hears_of_the_second_time() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "double"}));
    let id = fake.get(POSTS).text("/data/0/id");
    fake.delete(&format!("{POSTS}/{id}")).expect(200);
    assert_eq!(told(&fake).1, ["performed twice (fault 1)", "the second time it was refused: not_found"]);
    assert_eq!(account(&fake).0, Performed::Yes);
    fake.get(CHANNEL).expect(200);
    assert_eq!(hits(&fake), [1], "reads cannot suffer it");
}

const BATCH: &str = "/v1/posts/batch";

fn outcomes(answer: &Answer) -> Vec<Value> {
    let results = answer.at("/data/results").as_array().expect("results").iter();
    results.map(|one| json!([one["success"], one["index"], one["error"]])).collect()
}

#[test]
fn items_of_a_batch_fail_in_their_place_and_the_others_are_performed() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "itemErrors", "items": [0, 2], "error": "content_required", "times": 1}));
    arm(&mut fake, json!({"kind": "itemErrors", "times": 1}));
    let posts = json!({"posts": [new_post(), new_post(), new_post()]});
    let answer = fake.post(BATCH, posts.clone()).expect(201);
    assert_eq!(
        outcomes(&answer),
        [json!([false, 0, "Content is required"]), json!([true, 1, null]), json!([false, 2, "Content is required"])]
    );
    assert_eq!(answer.at("/data/summary"), &json!({"total": 3, "successful": 1, "failed": 2}));
    assert_eq!(account(&fake), (Performed::Yes, 1));
    let answer = fake.post(BATCH, posts).expect(201);
    assert_eq!(
        outcomes(&answer),
        [json!([false, 0, "Internal server error"]), json!([true, 1, null]), json!([true, 2, null])]
    );
    assert_eq!(total(&mut fake), 6);
    fake.post(POSTS, new_post()).expect(201);
    assert_eq!(hits(&fake), [1, 1], "a call that is no batch has no items");
}

#[test]
fn a_read_sees_the_state_before_the_last_changes() {
    let mut fake = Fake::flow();
    let id = arm(&mut fake, json!({"kind": "stale", "byCalls": 2, "operation": "listPosts"}));
    let totals: Vec<i64> = (0..4)
        .map(|_| {
            let seen = total(&mut fake);
            fake.post(POSTS, new_post()).expect(201);
            seen
        })
        .collect();
    assert_eq!(totals, [3, 3, 3, 4]);
    let newest = fake.get(&format!("{POSTS}/{}", fake.clone().get(POSTS).text("/data/0/id"))).expect(200);
    assert!(newest.at("/data/id").is_string(), "other reads see the present");
    assert!(standin::engine::control::disarm(&mut fake.world, id));
    assert_eq!(total(&mut fake), 7);
}

#[test]
fn a_record_that_was_made_since_is_not_there_yet() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "stale", "byMs": 2000}));
    fake.wait(5);
    let made = fake.post(POSTS, new_post()).expect(201).text("/data/id");
    let path = format!("{POSTS}/{made}");
    assert_eq!(fake.get(&path).expect(404).at("/error/message"), "Post not found");
    fake.wait(1);
    fake.get(&path).expect(404);
    fake.wait(1);
    fake.get(&path).expect(200);
    fake.delete(&path).expect(200);
    fake.get(&path).expect(200);
    assert_eq!(told(&fake).1, ["read as 2000 ms ago (fault 1)"]);
    fake.wait(2);
    fake.get(&path).expect(404);
    assert_eq!(told(&fake).1, Vec::<String>::new(), "then is as now");
}

#[test]
fn a_read_that_lags_catches_up_with_what_deliveries_and_uses_leave() {
    let mut fake = Fake::flow();
    let hook = json!({"url": "https://example.com/hook", "events": ["channel.created"]});
    let log = format!("/v1/webhooks/{}/deliveries", fake.post("/v1/webhooks", hook).expect(201).text("/data/id"));
    arm(&mut fake, json!({"kind": "stale", "byMs": 2000}));
    fake.post("/v1/channels", json!({"name": "New"})).expect(201);
    let attempt = fake.world.outbox.take().remove(0);
    fake.wait(5);
    engine::settle(&fake.contract, &mut fake.world, attempt.delivery, Outcome::Answered(200));
    let status = |fake: &mut Fake| fake.get(&log).expect(200).text("/data/0/status");
    fake.wait(1);
    assert_eq!(status(&mut fake), "pending");
    fake.wait(1);
    assert_eq!(status(&mut fake), "delivered");

    let used = |fake: &mut Fake| fake.get("/v1/api-keys").expect(200).at("/data/0/lastUsedAt").clone();
    used(&mut fake);
    fake.wait(3);
    let then = used(&mut fake);
    fake.wait(1);
    assert_eq!(used(&mut fake), then);
    fake.wait(3);
    let now = used(&mut fake);
    assert!(now.as_i64() > then.as_i64(), "{then} and {now}");
}

#[test]
fn a_world_read_back_knows_no_state_before_that() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "stale", "byCalls": 1}));
    fake.post(POSTS, new_post()).expect(201);
    assert_eq!(total(&mut fake), 3);
    let mut fake = super::restored(&fake);
    assert_eq!(total(&mut fake), 4);
    fake.post(POSTS, new_post()).expect(201);
    assert_eq!(total(&mut fake), 4);
}
