//! What counts as a hit: a fault that acts on what a call does has hit none that left it nothing to act on.

use serde_json::{Value, json};
use standin::world::journal::{Performed, What};

use super::support::services;
use super::support::{self, Answer, Fake, header};
use super::{POSTS, arm, armed, new_post, post_with_key, restored, told, total};

const BATCH: &str = "/v1/posts/batch";

/// How many matching calls a fault has seen, how many it hit, and whether it is done.
fn counts(fake: &Fake, id: u64) -> (u32, u32, bool) {
    let armed = armed(fake, id);
    assert_eq!(armed.hits as usize, armed.hit.len(), "each hit is remembered");
    (armed.seen, armed.hits, armed.is_spent())
}

/// The faults that the newest call is said to have been struck by, and how often it had its effect.
fn struck(fake: &Fake) -> (Vec<&'static str>, Performed) {
    let last = fake.world.journal.last_number();
    match &fake.world.journal.since(last - 1, 1)[0].what {
        What::Call { account, .. } => (account.struck.iter().map(|(word, _)| *word).collect(), account.performed),
        other => panic!("no call: {other:?}"),
    }
}

#[track_caller]
fn passed(fake: &Fake) {
    assert_eq!((told(fake).1, struck(fake).0), (Vec::<String>::new(), Vec::new()), "nothing is told of a fault");
}

#[test]
fn nothing_is_done_twice_that_was_not_done() {
    let mut fake = Fake::flow();
    post_with_key(&mut fake, "key-1").expect(201);
    let id = arm(&mut fake, json!({"kind": "double", "operation": "createPost", "times": 1}));
    fake.post(POSTS, json!({})).expect(400);
    passed(&fake);
    post_with_key(&mut fake, "key-1").expect(201);
    passed(&fake);
    let credential = fake.credential.take();
    fake.post(POSTS, new_post()).expect(401);
    passed(&fake);
    fake.credential = credential;
    assert_eq!(counts(&fake, id), (3, 0, false));
    let mut fake = restored(&fake);
    fake.post(POSTS, new_post()).expect(201);
    assert_eq!(struck(&fake), (vec!["double"], Performed::Twice));
    assert_eq!(counts(&fake, id), (4, 1, true));
    fake.post(POSTS, new_post()).expect(201);
    assert_eq!((struck(&fake), counts(&fake, id)), ((vec![], Performed::Yes), (5, 1, true)));
}

#[test]
fn a_call_that_brings_a_fault_with_nothing_to_act_on_is_not_struck() {
    let mut fake = Fake::flow();
    let call = header(fake.prepare("POST", POSTS, Some(json!({}))), "x-standin-fault", "double");
    Answer::of(fake.send(&call)).expect(400);
    passed(&fake);
}

#[test]
fn the_one_call_that_was_meant_may_leave_nothing_to_act_on() {
    let mut fake = Fake::flow();
    let id = arm(&mut fake, json!({"kind": "double", "nth": 1}));
    fake.post(POSTS, json!({})).expect(400);
    fake.post(POSTS, new_post()).expect(201);
    assert_eq!(counts(&fake, id), (2, 0, true), "it is past, and never fired");
}

#[test]
fn a_batch_without_such_items_is_not_hit() {
    let mut fake = Fake::flow();
    let id = arm(&mut fake, json!({"kind": "itemErrors", "items": [2, 9], "times": 1}));
    fake.post(BATCH, json!({"posts": [new_post(), new_post()]})).expect(201);
    passed(&fake);
    fake.post(BATCH, json!({"posts": []})).expect(400);
    passed(&fake);
    assert_eq!(counts(&fake, id), (2, 0, false));
    let answer = fake.post(BATCH, json!({"posts": [new_post(), new_post(), new_post()]})).expect(201);
    assert_eq!(answer.at("/data/summary/failed"), &json!(1));
    assert_eq!((struck(&fake).0, counts(&fake, id)), (vec!["itemErrors"], (3, 1, true)));
}

#[test]
fn a_read_that_is_refused_or_sees_the_present_is_not_hit() {
    let mut fake = Fake::flow();
    let id = arm(&mut fake, json!({"kind": "stale", "byCalls": 1, "operation": "listPosts", "times": 2}));
    assert_eq!(total(&mut fake), 3);
    passed(&fake);
    fake.post(POSTS, new_post()).expect(201);
    let credential = fake.credential.take();
    fake.get(POSTS).expect(401);
    passed(&fake);
    fake.credential = credential;
    assert_eq!(counts(&fake, id), (2, 0, false));
    assert_eq!(total(&mut fake), 3);
    assert_eq!((struck(&fake).0, counts(&fake, id)), (vec!["stale"], (3, 1, false)));
    assert_eq!(total(&mut fake), 3);
    assert_eq!((total(&mut fake), counts(&fake, id)), (4, (5, 2, true)));
}

/// A rehearsal undoes what it did, but its caller was told of the items that failed.
#[test]
fn a_rehearsal_whose_items_fail_is_hit() {
    let mut fake = voxburst();
    let id = arm(&mut fake, json!({"kind": "itemErrors", "times": 1}));
    let body = json!({"posts": [item("One")], "dryRun": true});
    let answer = fake.post("/v1/posts/bulk", body).expect(207);
    assert_eq!((answer.at("/dry_run"), answer.at("/failed")), (&json!(true), &json!(1)));
    assert_eq!(
        (told(&fake).1, counts(&fake, id)),
        (vec!["items of the batch fail (fault 1)".to_owned()], (1, 1, true))
    );
}

fn voxburst() -> Fake {
    let service = services::chosen().into_iter().find(|service| service.name == "voxburst").expect("it is shipped");
    Fake::new(support::contract(&service), 1)
}

fn item(content: &str) -> Value {
    json!({"content": content, "accountIds": ["acc_twitter"]})
}

#[test]
fn items_fail_in_the_services_own_words_where_success_in_part_has_a_status_of_its_own() {
    let mut fake = voxburst();
    arm(&mut fake, json!({"kind": "itemErrors", "items": [1], "error": "not_found", "operation": "bulkCreatePosts"}));
    let answer = fake.post("/v1/posts/bulk", json!({"posts": [item("One"), item("Two"), item("Three")]})).expect(207);
    let results = answer.at("/results").as_array().expect("results");
    let statuses: Vec<&Value> = results.iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["created", "failed", "created"]);
    assert_eq!(results[1]["errors"], json!([{"field": "post", "issue": "NOT_FOUND", "detail": "Post not found"}]));
    assert_eq!((answer.at("/created"), answer.at("/failed")), (&json!(2), &json!(1)));
}

#[test]
fn the_error_of_an_item_speaks_of_what_the_item_is_about() {
    let mut fake = Fake::flow();
    let id = fake.get(POSTS).text("/data/0/id");
    arm(&mut fake, json!({"kind": "itemErrors", "error": "not_found", "operation": "batchUpdatePosts"}));
    let answer = fake.patch(BATCH, json!({"posts": [{"id": id, "content": "New"}]})).expect(200);
    assert_eq!(answer.at("/data/results/0/error"), &json!("Post not found"), "{:#}", answer.body);
}
