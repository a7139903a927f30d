//! What a new world starts with: every record valid, every reference resolved, and alive.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::helpers::{DAY, NOW, column};
use crate::support::Fake;

fn all(fake: &mut Fake, path: &str) -> BTreeMap<String, Value> {
    let answer = fake.get(&format!("/v1/{path}?per_page=100")).expect(200);
    let records = answer.at("/data").as_array().expect("a list");
    records.iter().map(|record| (record["id"].as_str().expect("an id").to_owned(), record.clone())).collect()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

#[test]
fn a_new_world_has_a_key_channels_connections_and_posts() {
    let mut fake = Fake::flow();
    assert!(fake.credential.as_ref().is_some_and(|(_, value)| value.starts_with("Bearer flow_sk_live_")));
    for (path, count) in [("api-keys", 1), ("channels", 2), ("connections", 3), ("posts", 3), ("webhooks", 0)] {
        assert_eq!(all(&mut fake, path).len(), count, "{path}");
    }
    assert!(!fake.world.journal.text().contains("could not be made"), "{}", fake.world.journal.text());
}

#[test]
fn every_reference_resolves_and_is_known_at_both_ends() {
    let mut fake = Fake::flow();
    let (channels, connections) = (all(&mut fake, "channels"), all(&mut fake, "connections"));
    for (id, channel) in &channels {
        for connection in names(&channel["connectionIds"]) {
            assert!(names(&connections[connection]["channelIds"]).contains(&id.as_str()), "{connection} and {id}");
        }
    }
    for (id, connection) in &connections {
        for channel in names(&connection["channelIds"]) {
            assert!(names(&channels[channel]["connectionIds"]).contains(&id.as_str()), "{id} and {channel}");
        }
    }
    for (id, post) in all(&mut fake, "posts") {
        assert!(channels.contains_key(post["channelId"].as_str().expect("a channel")), "{id}");
        assert_eq!(post["mediaKeys"], json!([]), "{id}");
    }
}

#[test]
fn times_are_in_order_and_fit_the_state() {
    let mut fake = Fake::flow();
    let channels = all(&mut fake, "channels");
    for (id, post) in all(&mut fake, "posts") {
        let time = |name: &str| post[name].as_i64().unwrap_or(i64::MAX);
        let channel = &channels[post["channelId"].as_str().expect("a channel")];
        assert!(channel["createdAt"].as_i64().expect("a time") <= time("createdAt"), "{id} is older than its channel");
        assert!(time("createdAt") <= time("updatedAt") && time("updatedAt") <= NOW, "{id}");
        match post["status"].as_str() {
            Some("queued") => assert!(time("scheduledFor") > NOW && post["deliveredAt"].is_null(), "{id}"),
            Some("done") => assert!(time("scheduledFor") <= time("deliveredAt") && time("deliveredAt") <= NOW, "{id}"),
            other => panic!("{id} is {other:?}"),
        }
    }
    for (id, connection) in all(&mut fake, "connections") {
        assert!(connection["expiresAt"].as_i64().is_some_and(|at| at > NOW), "{id}");
    }
}

#[test]
fn every_record_can_be_read_by_itself() {
    let mut fake = Fake::flow();
    for path in ["api-keys", "channels", "posts"] {
        for (id, record) in all(&mut fake, path) {
            assert_eq!(fake.get(&format!("/v1/{path}/{id}")).expect(200).at("/data"), &record);
        }
    }
}

#[test]
fn the_key_may_do_everything_and_its_secret_is_not_shown() {
    let mut fake = Fake::flow();
    let keys = all(&mut fake, "api-keys");
    let key = keys.values().next().expect("a key");
    assert_eq!(names(&key["permissions"]).len(), 13);
    let secret = fake.credential.as_ref().expect("a key").1.trim_start_matches("Bearer ").to_owned();
    assert_eq!(key["prefix"], secret[..21]);
    assert!(key.get("apiKey").is_none() && !key.to_string().contains(&secret));
}

#[test]
fn the_queued_posts_are_sent_when_their_time_comes() {
    let mut fake = Fake::flow();
    let done = |fake: &mut Fake| column(&fake.get("/v1/posts?filter[status]=done&sort=scheduledFor").expect(200), "id");
    assert_eq!(done(&mut fake), ["post_welcome"]);
    fake.wait(DAY / 1000 + 3);
    assert_eq!(done(&mut fake), ["post_welcome", "post_tips"]);
    fake.wait(6 * DAY / 1000);
    assert_eq!(done(&mut fake), ["post_welcome", "post_tips", "post_launch"]);
}
