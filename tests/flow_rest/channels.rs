//! Channels: made, listed, changed, deleted with what hangs on them.

use serde_json::{Value, json};

use crate::helpers::{DAY, NOW, Receiver, column, not_found, plant, refused};
use crate::support::Fake;

#[test]
fn a_new_channel_has_every_field_and_is_found_again() {
    let mut fake = Fake::flow();
    let made = fake.post("/v1/channels", json!({"name": "News", "color": "#a1B2c3"})).expect(201);
    let id = made.text("/data/id");
    assert!(id.starts_with("channel_"), "{id}");
    let channel = json!({
        "id": id, "name": "News", "color": "#a1B2c3", "userId": "user_k3v9x2mq",
        "connectionIds": [], "createdAt": NOW, "updatedAt": NOW,
    });
    assert_eq!(made.at("/data"), &channel);
    assert_eq!(fake.get(&format!("/v1/channels/{id}")).expect(200).at("/data"), &channel);
    assert_eq!(fake.get("/v1/channels").expect(200).at("/data/0"), &channel, "newest first");
}

#[test]
fn a_channel_without_a_color_has_none() {
    let mut fake = Fake::flow();
    assert_eq!(fake.post("/v1/channels", json!({"name": "a"})).expect(201).at("/data/color"), &Value::Null);
    let made = fake.post("/v1/channels", json!({"name": "b", "color": null})).expect(201);
    assert_eq!(made.at("/data/color"), &Value::Null);
}

#[test]
fn a_name_is_required_and_has_1_to_100_characters() {
    let mut fake = Fake::flow();
    refused(&fake.post("/v1/channels", json!({})), "name", "Name is required");
    refused(&fake.post("/v1/channels", json!({"name": ""})), "name", "Name must be at least 1 character");
    refused(&fake.post("/v1/channels", json!({"name": 7})), "name", "Name must be a string");
    refused(&fake.post("/v1/channels", json!({"name": null})), "name", "Name must be a string");
    let long = "ä".repeat(101);
    refused(&fake.post("/v1/channels", json!({"name": long})), "name", "Name must be at most 100 characters");
    fake.post("/v1/channels", json!({"name": "ä".repeat(100)})).expect(201);
    assert_eq!(fake.get("/v1/channels").at("/meta/pagination/total"), &json!(3));
}

#[test]
fn a_color_is_a_hash_and_six_hexadecimal_digits() {
    let mut fake = Fake::flow();
    for color in ["red", "#fff", "#12345g", "3B82F6", "#3B82F6ff", " #3B82F6", "#3B82F6\n"] {
        let answer = fake.post("/v1/channels", json!({"name": "News", "color": color})).expect(400);
        assert_eq!(answer.at("/error/details/0/field"), "color", "{color}");
    }
    let answer = fake.post("/v1/channels", json!({"color": 5})).expect(400);
    assert_eq!(answer.at("/error/details").as_array().map(Vec::len), Some(2), "every mistake at once");
}

#[test]
fn what_callers_may_not_set_is_left_alone() {
    let mut fake = Fake::flow();
    let body = json!({"name": "News", "id": "channel_mine", "userId": "me", "connectionIds": ["connection_twitter"], "createdAt": 1});
    let made = fake.post("/v1/channels", body).expect(201);
    assert_ne!(made.at("/data/id"), "channel_mine");
    assert_eq!((made.at("/data/userId"), made.at("/data/createdAt")), (&json!("user_k3v9x2mq"), &json!(NOW)));
    assert_eq!(made.at("/data/connectionIds"), &json!([]));
}

#[test]
fn a_change_touches_only_what_it_names() {
    let mut fake = Fake::flow();
    fake.wait(5);
    let changed = fake.patch("/v1/channels/channel_launch", json!({"name": "Launch"})).expect(200);
    let channel = json!({
        "id": "channel_launch", "name": "Launch", "color": "#3B82F6", "userId": "user_k3v9x2mq",
        "connectionIds": ["connection_twitter", "connection_linkedin"],
        "createdAt": NOW - 20 * DAY, "updatedAt": NOW + 5000,
    });
    assert_eq!(changed.at("/data"), &channel);
    let cleared = fake.patch("/v1/channels/channel_launch", json!({"color": null})).expect(200);
    assert_eq!((cleared.at("/data/color"), cleared.at("/data/name")), (&Value::Null, &json!("Launch")));
}

#[test]
fn a_bad_change_changes_nothing() {
    let mut fake = Fake::flow();
    let before = fake.get("/v1/channels/channel_launch").expect(200).at("/data").clone();
    refused(&fake.patch("/v1/channels/channel_launch", json!({})), "body", "The body must have at least 1 property");
    let answer = fake.patch("/v1/channels/channel_launch", json!({"name": "x", "color": "blue"})).expect(400);
    assert_eq!(answer.at("/error/details/0/field"), "color");
    assert_eq!(fake.get("/v1/channels/channel_launch").at("/data"), &before);
    not_found(&fake.patch("/v1/channels/channel_none", json!({"name": "x"})), "Channel not found");
}

#[test]
fn an_unknown_channel_is_not_found() {
    let mut fake = Fake::flow();
    not_found(&fake.get("/v1/channels/channel_none"), "Channel not found");
    not_found(&fake.delete("/v1/channels/channel_none"), "Channel not found");
    not_found(&fake.get("/v1/channels/%00%ff"), "Channel not found");
}

#[test]
fn channels_are_filtered_by_name_and_time_and_sorted() {
    let mut fake = Fake::flow();
    let ids = |fake: &mut Fake, query: &str| column(&fake.get(&format!("/v1/channels?{query}")).expect(200), "id");
    assert_eq!(ids(&mut fake, "filter[name]=Weekly%20notes"), ["channel_weekly"]);
    assert_eq!(ids(&mut fake, "filter[name][contains]=LAUNCH"), ["channel_launch"]);
    assert_eq!(ids(&mut fake, &format!("filter[createdAt][lt]={}", NOW - 15 * DAY)), ["channel_launch"]);
    assert_eq!(ids(&mut fake, "filter[createdAt][gte]=2025-12-20T00:00:00Z"), ["channel_weekly"]);
    assert_eq!(ids(&mut fake, "filter[name][contains]=e&filter[name][ne]=Weekly%20notes"), [""; 0]);
    assert_eq!(ids(&mut fake, "sort=name"), ["channel_launch", "channel_weekly"]);
    assert_eq!(ids(&mut fake, "sort=-name"), ["channel_weekly", "channel_launch"]);
    assert_eq!(ids(&mut fake, ""), ["channel_weekly", "channel_launch"]);
    for query in ["filter[color]=x", "filter[name][like]=x", "sort=color", "sort=name,,", "page=0", "per_page=101"] {
        fake.get(&format!("/v1/channels?{query}")).expect(400);
    }
}

#[test]
fn deleting_a_channel_takes_its_queued_posts_and_leaves_finished_ones() {
    let mut fake = Fake::flow();
    let post =
        |id: &str, status: &str| json!({"id": id, "channelId": "channel_launch", "content": "x", "status": status});
    plant(&mut fake, "post", post("post_blocked", "blocked"));
    plant(&mut fake, "post", post("post_flowing", "flowing"));
    let answer = fake.delete("/v1/channels/channel_launch").expect(200);
    assert_eq!(answer.at("/data"), &json!({"message": "Channel deleted successfully"}));
    not_found(&fake.get("/v1/channels/channel_launch"), "Channel not found");
    not_found(&fake.delete("/v1/channels/channel_launch"), "Channel not found");
    not_found(&fake.get("/v1/posts/post_launch"), "Post not found");
    let left = fake.get("/v1/posts?filter[channelId]=channel_launch&sort=status").expect(200);
    assert_eq!(column(&left, "id"), ["post_blocked", "post_welcome", "post_flowing"]);
    fake.get("/v1/posts/post_tips").expect(200);
    not_found(&fake.post("/v1/posts", json!({"channelId": "channel_launch", "content": "x"})), "Channel not found");
    // Nothing of the deleted posts fires later.
    fake.wait(8 * 86_400);
    assert_eq!(column(&fake.get("/v1/posts?filter[status]=done&sort=createdAt").expect(200), "id").len(), 3);
}

#[test]
fn connections_lose_a_deleted_channel() {
    let mut fake = Fake::flow();
    fake.post("/v1/connections/connection_twitter/add-to-channel", json!({"channelId": "channel_weekly"})).expect(200);
    fake.delete("/v1/channels/channel_launch").expect(200);
    let listed = fake.get("/v1/connections").expect(200);
    let channels = |id: &str| {
        let all = listed.at("/data").as_array().expect("a list");
        all.iter().find(|connection| connection["id"] == id).expect("the connection")["channelIds"].clone()
    };
    assert_eq!(channels("connection_twitter"), json!(["channel_weekly"]));
    assert_eq!(channels("connection_linkedin"), json!([]));
    assert_eq!(channels("connection_facebook"), json!(["channel_weekly"]));
}

#[test]
fn a_channel_made_or_changed_is_told_and_a_deleted_one_is_not() {
    let mut fake = Fake::flow();
    let mut hook = Receiver::subscribe(&mut fake, "https://example.com/hook", &["channel.created", "channel.updated"]);
    let id = fake.post("/v1/channels", json!({"name": "News"})).expect(201).text("/data/id");
    fake.patch(&format!("/v1/channels/{id}"), json!({"name": "Fresh news"})).expect(200);
    fake.patch(&format!("/v1/channels/{id}"), json!({"name": ""})).expect(400);
    fake.delete(&format!("/v1/channels/{id}")).expect(200);
    hook.listen(&mut fake, 0);
    let bodies: Vec<_> = hook.received.iter().map(|received| received.body.clone()).collect();
    assert_eq!(
        bodies,
        [
            json!({"event": "channel.created", "data": {"channel_id": id, "name": "News"}, "timestamp": NOW}),
            json!({"event": "channel.updated", "data": {"channel_id": id, "name": "Fresh news"}, "timestamp": NOW}),
        ]
    );
}

#[test]
fn the_same_key_makes_one_channel() {
    let mut fake = Fake::flow();
    let call = crate::support::header(
        fake.prepare("POST", "/v1/channels", Some(json!({"name": "News"}))),
        "Idempotency-Key",
        "k1",
    );
    let (first, again) = (fake.send(&call), fake.send(&call));
    assert_eq!((first.status.as_u16(), &first.body), (again.status.as_u16(), &again.body));
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(fake.get("/v1/channels").at("/meta/pagination/total"), &json!(3));
}
