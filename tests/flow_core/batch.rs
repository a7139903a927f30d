//! Many posts in one request: each item is judged by itself.

use serde_json::{Value, json};

use super::support::{Fake, header};
use super::{DAY, START, data, error, invalid, post, upload};

const BATCH: &str = "/v1/posts/batch";

fn item(content: &str) -> Value {
    json!({"channelId": "channel_weekly", "content": content, "scheduledFor": START + DAY})
}

fn total(fake: &mut Fake) -> i64 {
    fake.get("/v1/posts").expect(200).at("/meta/pagination/total").as_i64().unwrap()
}

/// `success`, and the error where there is one, of each result.
fn outcomes(result: &Value) -> Vec<(bool, &str)> {
    let results = result["results"].as_array().unwrap().iter();
    results.map(|one| (one["success"] == true, one["error"].as_str().unwrap_or_default())).collect()
}

#[test]
fn a_batch_creates_every_post_in_order() {
    let mut fake = Fake::flow();
    let result = data(fake.post(BATCH, json!({"posts": [item("One"), item("Two")]})), 201);
    assert_eq!(result["summary"], json!({"total": 2, "successful": 2, "failed": 0}));
    for (index, content) in ["One", "Two"].into_iter().enumerate() {
        let one = &result["results"][index];
        let shown = data(fake.get(&format!("/v1/posts/{}", one["post"]["id"].as_str().unwrap())), 200);
        assert_eq!(one, &json!({"success": true, "post": shown, "index": index}));
        assert_eq!((&shown["content"], &shown["status"]), (&json!(content), &json!("queued")));
    }
    assert_eq!(total(&mut fake), 5);
}

#[test]
fn a_bad_item_is_told_in_its_place_and_stops_nothing() {
    let mut fake = Fake::flow();
    let posts = json!([
        item("Good"),
        {"channelId": "channel_nothing", "content": "A"},
        {"channelId": "channel_weekly"},
        {"content": "A"},
        {"channelId": "channel_weekly", "content": ""},
        {"channelId": "channel_weekly", "content": "A", "mediaKeys": ["media_nothing"]},
        {"channelId": "channel_weekly", "content": "A", "scheduledFor": "soon"},
        "text",
        null,
        item("Good, too"),
    ]);
    let result = data(fake.post(BATCH, json!({"posts": posts})), 201);
    assert_eq!(result["summary"], json!({"total": 10, "successful": 2, "failed": 8}));
    let expected = [
        (true, ""),
        (false, "Channel not found"),
        (false, "Content is required"),
        (false, "Channel ID is required"),
        (false, "Content must be at least 1 character"),
        (false, "Media not found: media_nothing"),
        (false, "Scheduled for must be an integer, a date-time or null"),
        (false, "Posts item 8 must be an object"),
        (false, "Posts item 9 must be an object"),
        (true, ""),
    ];
    assert_eq!(outcomes(&result), expected);
    assert_eq!(result["results"][1], json!({"success": false, "error": "Channel not found", "index": 1}));
    assert_eq!(total(&mut fake), 5);
}

#[test]
fn a_batch_that_creates_nothing_answers_200() {
    let mut fake = Fake::flow();
    let result = data(fake.post(BATCH, json!({"posts": [{"channelId": "channel_nothing", "content": "A"}]})), 200);
    let failed = json!({"success": false, "error": "Channel not found", "index": 0});
    assert_eq!(result, json!({"results": [failed], "summary": {"total": 1, "successful": 0, "failed": 1}}));
    assert_eq!(total(&mut fake), 3);
}

#[test]
fn a_batch_has_from_1_to_100_items() {
    let mut fake = Fake::flow();
    let few = |name: &str| invalid(&[(name, &format!("{} must have at least 1 item", label(name)))]);
    let many = |name: &str| invalid(&[(name, &format!("{} must have at most 100 items", label(name)))]);
    let update = json!({"id": "post_tips", "content": "A"});
    for (method, name, one) in
        [("POST", "posts", item("A")), ("PATCH", "posts", update), ("DELETE", "postIds", json!("x"))]
    {
        let mut send = |count: usize| fake.call(method, BATCH, Some(json!({name: vec![one.clone(); count]})));
        assert_eq!(error(send(0), 400), few(name), "{method}");
        assert_eq!(error(send(101), 400), many(name), "{method}");
        let result = send(100);
        assert!([200, 201].contains(&result.status), "{method}");
        assert_eq!(result.at("/data/summary/total"), 100, "{method}");
    }
    assert_eq!(total(&mut fake), 103, "the refused made nothing");
}

fn label(name: &str) -> &str {
    if name == "posts" { "Posts" } else { "Post IDs" }
}

#[test]
fn a_malformed_batch_is_refused_as_a_whole() {
    let mut fake = Fake::flow();
    for method in ["POST", "PATCH", "DELETE"] {
        let name = if method == "DELETE" { "postIds" } else { "posts" };
        let message = format!("{} is required", label(name));
        assert_eq!(error(fake.call(method, BATCH, Some(json!({}))), 400), invalid(&[(name, &message)]), "{method}");
        for body in
            [json!({name: {}}), json!({name: null}), json!({name: "post_tips"}), json!([item("A")]), json!(null)]
        {
            let refused = error(fake.call(method, BATCH, Some(body.clone())), 400);
            assert_eq!(refused["code"], "VALIDATION_ERROR", "{method} {body}");
        }
        assert_eq!(error(fake.call(method, BATCH, None), 400)["details"][0]["message"], "Body is required");
    }
    assert_eq!(total(&mut fake), 3);
}

#[test]
fn every_post_of_a_batch_is_announced_and_sent() {
    let mut fake = Fake::flow();
    let events = json!(["post.created", "post.delivered"]);
    fake.post("/v1/webhooks", json!({"url": "https://example.com/hook", "events": events})).expect(201);
    let now = json!({"channelId": "channel_weekly", "content": "Now"});
    fake.post(BATCH, json!({"posts": [now, {"channelId": "channel_nothing", "content": "A"}, now]})).expect(201);
    let mut heard = Vec::new();
    fake.advance(3, |attempt| {
        let body: Value = serde_json::from_slice(&attempt.body).unwrap();
        heard.push(body["event"].as_str().unwrap().to_owned());
        standin::world::outbox::Outcome::Answered(204)
    });
    assert_eq!(heard, ["post.created", "post.created", "post.delivered", "post.delivered"]);
}

#[test]
fn a_batch_changes_what_can_be_changed() {
    let mut fake = Fake::flow();
    let media = upload(&mut fake);
    let sent = post(&mut fake, json!({"channelId": "channel_weekly", "content": "Now"}));
    fake.wait(1);
    let posts = json!([
        {"id": "post_tips", "content": "Four tips", "mediaKeys": [media], "scheduledFor": "2026-01-03T00:00:00Z"},
        {"id": "post_nothing", "content": "A"},
        {"id": "post_welcome", "content": "A"},
        {"id": sent, "content": "A"},
        {"id": "post_launch"},
        {"content": "A"},
        {"id": "post_launch", "content": "", "scheduledFor": -1},
        {"id": "post_launch", "mediaKeys": ["media_nothing"]},
        {"id": "post_tips", "content": "Five tips"},
        {"id": 5, "content": "A"},
    ]);
    let result = data(fake.patch(BATCH, json!({"posts": posts})), 200);
    let expected = [
        (true, ""),
        (false, "Post not found"),
        (false, "Only queued posts can be updated; this one is done"),
        (false, "Only queued posts can be updated; this one is flowing"),
        (false, "Posts item 5 must have at least 2 properties"),
        (false, "Posts item 6 must have at least 2 properties; ID is required"),
        (false, "Content must be at least 1 character; Scheduled for must be at least 0"),
        (false, "Media not found: media_nothing"),
        (true, ""),
        (false, "ID must be a string"),
    ];
    assert_eq!(outcomes(&result), expected);
    assert_eq!(result["summary"], json!({"total": 10, "successful": 2, "failed": 8}));
    let first = &result["results"][0]["post"];
    assert_eq!((&first["content"], &first["scheduledFor"]), (&json!("Four tips"), &json!(START + 2 * DAY)));
    let shown = data(fake.get("/v1/posts/post_tips"), 200);
    assert_eq!(result["results"][8], json!({"success": true, "post": shown, "index": 8}));
    assert_eq!((&shown["content"], &shown["mediaKeys"]), (&json!("Five tips"), &json!([media])));
    let untouched = fake.get("/v1/posts/post_launch").expect(200);
    assert_eq!(untouched.at("/data/content"), "Version 2 is coming next week.");
}

#[test]
fn a_batch_moves_neither_posts_nor_ids() {
    let mut fake = Fake::flow();
    let sly = json!({"id": "post_tips", "content": "A", "channelId": "channel_launch", "status": "done"});
    let result = data(fake.patch(BATCH, json!({"posts": [sly]})), 200);
    let changed = &result["results"][0]["post"];
    assert_eq!((&changed["id"], &changed["channelId"]), (&json!("post_tips"), &json!("channel_weekly")));
    assert_eq!(changed["status"], "queued");
}

#[test]
fn a_batch_deletes_what_is_there() {
    let mut fake = Fake::flow();
    let sent = post(&mut fake, json!({"channelId": "channel_weekly", "content": "Now"}));
    fake.wait(1);
    let body = json!({"postIds": ["post_tips", "post_nothing", sent, "post_tips", "post_welcome", ""]});
    let result = data(fake.call("DELETE", BATCH, Some(body)), 200);
    let gone = "Post not found or access denied";
    let failed = |id: &str, error: &str| json!({"success": false, "postId": id, "error": error});
    assert_eq!(
        result["results"],
        json!([
            {"success": true, "postId": "post_tips"},
            failed("post_nothing", gone),
            failed(&sent, "A post that is being sent can't be deleted"),
            failed("post_tips", gone),
            {"success": true, "postId": "post_welcome"},
            failed("", "Post IDs item 6 must be at least 1 character"),
        ])
    );
    assert_eq!(result["summary"], json!({"total": 6, "successful": 2, "failed": 4}));
    assert_eq!(super::ids(&mut fake, "/v1/posts"), [sent.as_str(), "post_launch"]);
}

#[test]
fn a_batch_of_ids_that_are_no_text_is_told_item_by_item() {
    let mut fake = Fake::flow();
    let body = json!({"postIds": [7, null, {"id": "post_tips"}, "post_tips"]});
    let result = data(fake.call("DELETE", BATCH, Some(body)), 200);
    let failed = |id: &str, place: usize| json!({"success": false, "postId": id, "error": format!("Post IDs item {place} must be a string")});
    assert_eq!(result["results"][0], failed("7", 1));
    assert_eq!(result["results"][1], failed("", 2));
    assert_eq!(result["results"][2], failed(r#"{"id":"post_tips"}"#, 3));
    assert_eq!(result["summary"], json!({"total": 4, "successful": 1, "failed": 3}));
}

#[test]
fn batch_is_not_the_id_of_a_post() {
    let mut fake = Fake::flow();
    error(fake.get("/v1/posts/batch"), 404);
    error(fake.get("/v1/posts/preflight"), 404);
    error(fake.delete("/v1/posts/preflight"), 404);
}

#[test]
fn a_batch_with_a_key_is_created_once() {
    let mut fake = Fake::flow();
    let body = json!({"posts": [item("One"), {"channelId": "channel_nothing", "content": "A"}]});
    let call = header(fake.prepare("POST", BATCH, Some(body)), "idempotency-key", "batch-1");
    let (first, again) = (fake.send(&call), fake.send(&call));
    assert_eq!((first.status.as_u16(), &first.body), (201, &again.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(total(&mut fake), 4);
}
