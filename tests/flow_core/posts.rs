//! One post: created, read, changed, deleted.

use serde_json::{Value, json};

use super::support::Fake;
use super::{DAY, START, data, error, invalid, not_found, post, upload};

#[test]
fn a_scheduled_post_is_created_queued_and_read_back() {
    let mut fake = Fake::flow();
    let media = upload(&mut fake);
    let body = json!({
        "channelId": "channel_launch", "content": "Hello", "mediaKeys": [media],
        "scheduledFor": START + DAY, "enableOptimization": true,
    });
    let made = data(fake.post("/v1/posts", body), 201);
    let id = made["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("post_"), "{id}");
    assert_eq!(
        made,
        json!({
            "id": id, "channelId": "channel_launch", "content": "Hello", "mediaKeys": [media],
            "scheduledFor": START + DAY, "status": "queued", "enableOptimization": true, "attemptCount": 0,
            "error": null, "createdAt": START, "updatedAt": START, "deliveredAt": null,
        })
    );
    assert_eq!(data(fake.get(&format!("/v1/posts/{id}")), 200), made);
    assert_eq!(fake.get("/v1/posts").expect(200).at("/data/0"), &made);
}

#[test]
fn only_the_channel_and_something_to_say_are_needed() {
    let mut fake = Fake::flow();
    let made = data(fake.post("/v1/posts", json!({"channelId": "channel_weekly", "content": "Now"})), 201);
    assert_eq!((&made["scheduledFor"], &made["status"]), (&json!(START), &json!("queued")), "a post for now");
    assert_eq!((&made["mediaKeys"], &made["enableOptimization"]), (&json!([]), &json!(false)));
    let media = upload(&mut fake);
    let made = data(fake.post("/v1/posts", json!({"channelId": "channel_weekly", "mediaKeys": [media]})), 201);
    assert_eq!((&made["content"], &made["mediaKeys"]), (&Value::Null, &json!([media])));
}

#[test]
fn a_time_is_taken_as_milliseconds_or_iso_8601_and_given_as_milliseconds() {
    let mut fake = Fake::flow();
    let times = [
        (json!(START + DAY), START + DAY),
        (json!((START + DAY) as f64), START + DAY),
        (json!("2026-01-02T00:00:00Z"), START + DAY),
        (json!("2026-01-02T00:00:00.250Z"), START + DAY + 250),
        (json!("2026-01-02T02:30:00+02:30"), START + DAY),
        (json!("2026-01-01T19:00:00-05:00"), START + DAY),
        (json!(null), START),
        (json!(0), 0),
    ];
    for (sent, kept) in times {
        let body = json!({"channelId": "channel_weekly", "content": "Timed", "scheduledFor": sent});
        let answer = fake.post("/v1/posts", body).expect(201);
        assert_eq!(answer.at("/data/scheduledFor"), kept, "{sent}");
        let id = answer.text("/data/id");
        let changed = if sent.is_null() { continue } else { json!({"scheduledFor": sent}) };
        let moved = fake.patch(&format!("/v1/posts/{id}"), changed);
        if kept > START {
            assert_eq!(moved.expect(200).at("/data/scheduledFor"), kept, "{sent}");
        }
    }
}

#[test]
fn an_odd_time_is_kept_as_an_integer_or_refused_but_never_a_failure() {
    let mut fake = Fake::flow();
    for time in [
        json!("2026-01-02t00:00:00z"),
        json!("2026-01-02 00:00:00Z"),
        json!("2026-12-31T23:59:60Z"),
        json!("2026-06-15T12:30:60Z"),
        json!("2026-01-02T00:00:00.1234567890123Z"),
        json!("2026-01-02T00:00:00-00:00"),
        json!("2026-01-02T00:00:00+23:59"),
        json!("9999-12-31T23:59:59-23:59"),
        json!("0000-01-01T00:00:00Z"),
        json!("0001-01-01T00:00:00+23:59"),
        json!("2026-01-02T24:00:00Z"),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e15),
        json!(1e300),
    ] {
        let body = json!({"channelId": "channel_weekly", "content": "Odd", "scheduledFor": time});
        let answer = fake.post("/v1/posts", body);
        match answer.status {
            201 => assert!(answer.at("/data/scheduledFor").is_i64(), "{time}: {:#}", answer.body),
            _ => assert_eq!(error(answer, 400)["details"][0]["field"], "scheduledFor", "{time}"),
        }
        let Some(text) = time.as_str() else { continue };
        let text = text.replace('+', "%2B").replace(' ', "%20");
        let status = fake.get(&format!("/v1/posts?filter[scheduledFor][gte]={text}")).status;
        assert!([200, 400].contains(&status), "{time}: {status}");
    }
    fake.wait(30 * 86_400);
    fake.get("/v1/posts").expect(200);
}

#[test]
fn a_time_that_is_none_is_refused() {
    let mut fake = Fake::flow();
    for time in [
        json!(-1),
        json!(1.5),
        json!(true),
        json!(""),
        json!("tomorrow"),
        json!("1767225600000"),
        json!("2026-01-02"),
        json!("2026-02-30T00:00:00Z"),
        json!("2026-01-02T25:00:00Z"),
        json!([START]),
        json!({"at": START}),
    ] {
        let body = json!({"channelId": "channel_weekly", "content": "Timed", "scheduledFor": time});
        let refused = error(fake.post("/v1/posts", body), 400);
        assert_eq!(refused["details"][0]["field"], "scheduledFor", "{time}: {refused:#}");
        let refused = error(fake.patch("/v1/posts/post_tips", json!({"scheduledFor": time})), 400);
        assert_eq!(refused["details"][0]["field"], "scheduledFor", "{time}: {refused:#}");
    }
    error(fake.patch("/v1/posts/post_tips", json!({"scheduledFor": null})), 400);
    assert_eq!(fake.get("/v1/posts/post_tips").expect(200).at("/data/scheduledFor"), START + DAY);
}

#[test]
fn content_has_from_1_to_10_000_characters() {
    let mut fake = Fake::flow();
    let mut make = |content: &str| fake.post("/v1/posts", json!({"channelId": "channel_weekly", "content": content}));
    make("a").expect(201);
    make(&"🦀".repeat(10_000)).expect(201);
    assert_eq!(error(make(""), 400), invalid(&[("content", "Content must be at least 1 character")]));
    assert_eq!(
        error(make(&"a".repeat(10_001)), 400),
        invalid(&[("content", "Content must be at most 10000 characters")])
    );
}

#[test]
fn a_post_carries_at_most_ten_uploads() {
    let mut fake = Fake::flow();
    let media = upload(&mut fake);
    let mut make = |count: usize| {
        fake.post("/v1/posts", json!({"channelId": "channel_weekly", "mediaKeys": vec![media.as_str(); count]}))
    };
    make(10).expect(201);
    assert_eq!(error(make(11), 400), invalid(&[("mediaKeys", "Media keys must have at most 10 items")]));
}

#[test]
fn a_post_needs_a_channel_and_something_to_say() {
    let mut fake = Fake::flow();
    let mut refused = |body: Value| error(fake.post("/v1/posts", body), 400);
    assert_eq!(refused(json!({"content": "Hello"})), invalid(&[("channelId", "Channel ID is required")]));
    assert_eq!(refused(json!({"channelId": "channel_weekly"})), invalid(&[("content", "Content is required")]));
    assert_eq!(
        refused(json!({})),
        invalid(&[("channelId", "Channel ID is required"), ("content", "Content is required")])
    );
    let empty = refused(json!({"channelId": "channel_weekly", "mediaKeys": []}));
    assert_eq!(empty["code"], "VALIDATION_ERROR");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let mut fake = Fake::flow();
    let body = json!({
        "channelId": 5, "content": "", "mediaKeys": ["", 7], "scheduledFor": "soon", "enableOptimization": "yes"
    });
    let refused = error(fake.post("/v1/posts", body), 400);
    let mut fields: Vec<&str> =
        refused["details"].as_array().unwrap().iter().map(|detail| detail["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    let wrong = ["channelId", "content", "enableOptimization", "mediaKeys[0]", "mediaKeys[1]", "scheduledFor"];
    assert_eq!(fields, wrong, "{refused:#}");
}

#[test]
fn an_unknown_channel_is_not_found_and_unknown_media_is_invalid() {
    let mut fake = Fake::flow();
    let total = |fake: &mut Fake| fake.get("/v1/posts").expect(200).at("/meta/pagination/total").clone();
    let refused = fake.post("/v1/posts", json!({"channelId": "channel_nothing", "content": "Hello"}));
    assert_eq!(error(refused, 404), not_found("Channel"));
    let known = upload(&mut fake);
    let body = json!({
        "channelId": "channel_weekly", "content": "Hello", "mediaKeys": ["media_one", known, "media_two"]
    });
    let missing = [("mediaKeys[0]", "Media not found: media_one"), ("mediaKeys[2]", "Media not found: media_two")];
    assert_eq!(error(fake.post("/v1/posts", body), 400), invalid(&missing));
    let refused = fake.patch("/v1/posts/post_tips", json!({"mediaKeys": ["media_nothing"]}));
    assert_eq!(error(refused, 400), invalid(&[("mediaKeys[0]", "Media not found: media_nothing")]));
    let body = json!({"channelId": "channel_nothing", "mediaKeys": ["media_nothing"]});
    assert_eq!(error(fake.post("/v1/posts", body), 404), not_found("Channel"));
    assert_eq!(total(&mut fake), 3, "nothing was made");
}

#[test]
fn what_only_the_service_writes_is_not_taken_from_the_caller() {
    let mut fake = Fake::flow();
    let sly = json!({
        "channelId": "channel_weekly", "content": "Sly", "id": "post_mine", "status": "done", "attemptCount": 9,
        "createdAt": 1, "updatedAt": 1, "deliveredAt": 1, "error": {"code": "X", "message": "x"},
        "nextAttemptAt": 1, "anything": "else", "scheduledFor": START + DAY,
    });
    let made = data(fake.post("/v1/posts", sly.clone()), 201);
    let honest = json!({"channelId": "channel_weekly", "content": "Sly", "scheduledFor": START + DAY});
    let mut other = data(fake.post("/v1/posts", honest), 201);
    assert_ne!(made["id"], "post_mine");
    other["id"] = made["id"].clone();
    assert_eq!(made, other);

    let id = made["id"].as_str().unwrap().to_owned();
    let mut sly = sly;
    sly["content"] = json!("Changed");
    sly["channelId"] = json!("channel_launch");
    let changed = data(fake.patch(&format!("/v1/posts/{id}"), sly), 200);
    other["content"] = json!("Changed");
    assert_eq!(changed, other, "neither the channel nor anything else");
}

#[test]
fn a_queued_post_is_changed_field_by_field() {
    let mut fake = Fake::flow();
    let media = upload(&mut fake);
    let before = data(fake.get("/v1/posts/post_tips"), 200);
    fake.wait(10);
    let expected = |changes: Value| {
        let mut post = before.clone();
        post["updatedAt"] = json!(START + 10_000);
        for (name, value) in changes.as_object().unwrap() {
            post[name] = value.clone();
        }
        post
    };
    let mut change = |body: Value| data(fake.patch("/v1/posts/post_tips", body), 200);
    assert_eq!(change(json!({"content": "Four"})), expected(json!({"content": "Four"})));
    assert_eq!(
        change(json!({"scheduledFor": START + 2 * DAY, "mediaKeys": [media]})),
        expected(json!({"content": "Four", "scheduledFor": START + 2 * DAY, "mediaKeys": [media]}))
    );
    assert_eq!(change(json!({"mediaKeys": []})), expected(json!({"content": "Four", "scheduledFor": START + 2 * DAY})));
}

#[test]
fn a_change_that_leaves_nothing_to_say_is_refused() {
    let mut fake = Fake::flow();
    let media = upload(&mut fake);
    let body = json!({"channelId": "channel_weekly", "mediaKeys": [media], "scheduledFor": START + DAY});
    let path = format!("/v1/posts/{}", post(&mut fake, body));
    let refused = fake.patch(&path, json!({"mediaKeys": []}));
    assert_eq!(error(refused, 400), invalid(&[("content", "Content is required")]));
    fake.patch(&path, json!({"mediaKeys": [], "content": "Words"})).expect(200);
    for body in [json!({}), json!({"content": ""}), json!({"content": null}), json!({"mediaKeys": null}), json!([])] {
        let refused = error(fake.patch(&path, body.clone()), 400);
        assert_eq!(refused["code"], "VALIDATION_ERROR", "{body}");
    }
    assert_eq!(fake.get(&path).expect(200).at("/data/content"), "Words");
}

#[test]
fn a_post_that_is_not_queued_cannot_be_changed() {
    let mut fake = Fake::flow();
    let refused = |status: &str| {
        let message = format!("Only queued posts can be updated; this one is {status}");
        let mut error = invalid(&[("status", &message)]);
        error["code"] = json!("POST_NOT_EDITABLE");
        error
    };
    let path = format!("/v1/posts/{}", post(&mut fake, json!({"channelId": "channel_weekly", "content": "Now"})));
    fake.wait(1);
    assert_eq!(error(fake.patch(&path, json!({"content": "Late"})), 400), refused("flowing"));
    fake.wait(3);
    assert_eq!(error(fake.patch(&path, json!({"content": "Late"})), 400), refused("done"));
    assert_eq!(fake.get(&path).expect(200).at("/data/content"), "Now");
}

#[test]
fn a_queued_post_is_deleted_and_never_sent() {
    let mut fake = Fake::flow();
    let deleted = data(fake.delete("/v1/posts/post_tips"), 200);
    assert_eq!(deleted, json!({"message": "Post deleted successfully"}));
    fake.wait(2 * 86_400);
    assert_eq!(error(fake.get("/v1/posts/post_tips"), 404), not_found("Post"));
    assert_eq!(error(fake.delete("/v1/posts/post_tips"), 404), not_found("Post"));
    assert_eq!(error(fake.patch("/v1/posts/post_tips", json!({"content": "Back"})), 404), not_found("Post"));
    assert_eq!(fake.get("/v1/posts").expect(200).at("/meta/pagination/total"), 2);
}

#[test]
fn a_post_being_sent_cannot_be_deleted_and_one_that_is_done_can() {
    let mut fake = Fake::flow();
    let path = format!("/v1/posts/{}", post(&mut fake, json!({"channelId": "channel_weekly", "content": "Now"})));
    fake.wait(1);
    let mut refused = invalid(&[("status", "A post that is being sent can't be deleted")]);
    refused["code"] = json!("POST_NOT_EDITABLE");
    assert_eq!(error(fake.delete(&path), 400), refused);
    fake.wait(3);
    assert_eq!(fake.get(&path).expect(200).at("/data/status"), "done");
    fake.delete(&path).expect(200);
    fake.get(&path).expect(404);
}

#[test]
fn an_unknown_post_is_not_found() {
    let mut fake = Fake::flow();
    for id in ["post_nothing", "channel_launch", "POST_TIPS", "post_tips%20", "%F0%9F%A6%80", "..", "a%2Fb"] {
        let path = format!("/v1/posts/{id}");
        assert_eq!(error(fake.get(&path), 404), not_found("Post"), "{id}");
        assert_eq!(error(fake.patch(&path, json!({"content": "A"})), 404), not_found("Post"), "{id}");
        assert_eq!(error(fake.delete(&path), 404), not_found("Post"), "{id}");
    }
}
