//! Usage: what really happened, counted by day.

use serde_json::{Value, json};

use crate::helpers::{DAY, NOW, plant, refused};
use crate::support::Fake;

const BAD_RANGE: &str = "From must not be later than to, and at most 366 days before it";

/// The first of February 2026, in milliseconds.
const FEBRUARY: i64 = NOW + 31 * DAY;

fn used(fake: &mut Fake) -> (i64, i64) {
    let usage = fake.get("/v1/usage").expect(200);
    let figure = |pointer: &str| usage.at(pointer).as_i64().expect("a number");
    (figure("/data/requests/used"), figure("/data/posts/used"))
}

#[test]
fn a_new_world_has_used_nothing_yet() {
    let mut fake = Fake::flow();
    let usage = json!({
        "period": {"start": NOW, "end": FEBRUARY},
        "requests": {"used": 0, "limit": null}, "posts": {"used": 0, "limit": null},
        "channels": {"used": 2, "limit": null}, "connections": {"used": 3, "limit": null}, "media": {"bytes": 0},
    });
    assert_eq!(fake.get("/v1/usage").expect(200).at("/data"), &usage);
    let day = json!({"date": "2026-01-01", "requests": 1, "posts": 0, "errors": 0, "byEndpoint": {"GET /v1/usage": 1}});
    assert_eq!(fake.get("/v1/usage/day").expect(200).at("/data"), &day);
}

#[test]
fn seeded_posts_count_on_the_day_they_are_dated() {
    let mut fake = Fake::flow();
    let history = fake.get("/v1/usage/history?from=2025-12-28&to=2026-01-01").expect(200);
    let posts: Vec<i64> = history
        .at("/data")
        .as_array()
        .expect("days")
        .iter()
        .map(|day| day["posts"].as_i64().expect("a number"))
        .collect();
    assert_eq!(posts, [0, 1, 0, 2, 0]);
}

#[test]
fn calls_are_counted_by_endpoint_and_refusals_as_errors() {
    let mut fake = Fake::flow();
    let id =
        fake.post("/v1/posts", json!({"channelId": "channel_launch", "content": "x"})).expect(201).text("/data/id");
    fake.post("/v1/posts", json!({"channelId": "channel_launch"})).expect(400);
    fake.post("/v1/posts", json!({"channelId": "channel_none", "content": "x"})).expect(404);
    fake.get(&format!("/v1/posts/{id}")).expect(200);
    fake.get("/v1/posts/post_none").expect(404);
    fake.get("/v1/posts?page=0").expect(400);
    let batch = json!({"posts": [{"channelId": "channel_launch", "content": "a"}, {"channelId": "channel_none", "content": "b"}]});
    fake.post("/v1/posts/batch", batch).expect(201);
    // Neither what is no endpoint nor what nobody signed is on the account.
    fake.get("/v1/nothing").expect(404);
    fake.get("/v1/connections/twitter/auth").expect(302);
    let mut stranger = fake.prepare("GET", "/v1/posts", None);
    stranger.headers.clear();
    assert_eq!(fake.send(&stranger).status, 401);
    let day = json!({
        "date": "2026-01-01", "requests": 7, "posts": 2, "errors": 4,
        "byEndpoint": {"GET /v1/posts": 1, "GET /v1/posts/{id}": 2, "POST /v1/posts": 3, "POST /v1/posts/batch": 1},
    });
    assert_eq!(fake.get("/v1/usage/day").expect(200).at("/data"), &day);
    assert_eq!(used(&mut fake), (8, 2), "and the question before");
}

#[test]
fn a_deleted_post_was_still_made() {
    let mut fake = Fake::flow();
    let body = json!({"channelId": "channel_launch", "content": "x", "scheduledFor": NOW + DAY});
    let id = fake.post("/v1/posts", body).expect(201).text("/data/id");
    fake.delete(&format!("/v1/posts/{id}")).expect(200);
    assert_eq!(used(&mut fake).1, 1);
}

#[test]
fn a_replayed_call_counts_as_a_call_and_makes_no_second_post() {
    let mut fake = Fake::flow();
    let call = fake.prepare("POST", "/v1/posts", Some(json!({"channelId": "channel_launch", "content": "x"})));
    let call = crate::support::header(call, "Idempotency-Key", "k");
    fake.send(&call);
    fake.send(&call);
    assert_eq!(used(&mut fake), (2, 1));
}

#[test]
fn a_call_over_the_limit_counts_as_an_error() {
    let mut fake = Fake::flow();
    for _ in 0..100 {
        fake.get("/v1/channels").expect(200);
    }
    fake.get("/v1/channels").expect(429);
    fake.wait(60);
    let day = fake.get("/v1/usage/day").expect(200);
    assert_eq!((day.at("/data/requests"), day.at("/data/errors")), (&json!(101), &json!(1)));
}

#[test]
fn counts_of_what_there_is_follow_it() {
    let mut fake = Fake::flow();
    fake.post("/v1/channels", json!({"name": "News"})).expect(201);
    fake.delete("/v1/connections/connection_twitter").expect(200);
    let media =
        json!({"filename": "a.png", "contentType": "image/png", "size": 70, "url": "https://example.com/a.png"});
    plant(&mut fake, "media", media);
    let usage = fake.get("/v1/usage").expect(200);
    assert_eq!(usage.at("/data/channels/used"), &json!(3));
    assert_eq!(usage.at("/data/connections/used"), &json!(2));
    assert_eq!(usage.at("/data/media"), &json!({"bytes": 70}));
}

#[test]
fn a_period_is_a_month_and_a_new_one_starts_at_nothing() {
    let mut fake = Fake::flow();
    fake.post("/v1/posts", json!({"channelId": "channel_launch", "content": "x"})).expect(201);
    fake.wait(31 * 86_400 - 1);
    let usage = fake.get("/v1/usage").expect(200);
    assert_eq!(usage.at("/data/period"), &json!({"start": NOW, "end": FEBRUARY}));
    assert_eq!((usage.at("/data/requests/used"), usage.at("/data/posts/used")), (&json!(1), &json!(1)));
    fake.wait(1);
    let usage = fake.get("/v1/usage").expect(200);
    assert_eq!(usage.at("/data/period"), &json!({"start": FEBRUARY, "end": FEBRUARY + 28 * DAY}));
    assert_eq!((usage.at("/data/requests/used"), usage.at("/data/posts/used")), (&json!(0), &json!(0)));
    fake.wait(28 * 86_400 + 5);
    let usage = fake.get("/v1/usage").expect(200);
    assert_eq!(usage.at("/data/period"), &json!({"start": FEBRUARY + 28 * DAY, "end": FEBRUARY + 59 * DAY}));
}

#[test]
fn history_has_every_day_oldest_first() {
    let mut fake = Fake::flow();
    fake.get("/v1/posts").expect(200);
    fake.wait(2 * 86_400);
    fake.get("/v1/posts?page=0").expect(400);
    let history = fake.get("/v1/usage/history?from=2026-01-01&to=2026-01-03").expect(200);
    let day = |date: &str, requests: i64, errors: i64| json!({"date": date, "requests": requests, "posts": 0, "errors": errors});
    assert_eq!(
        history.at("/data"),
        &json!([day("2026-01-01", 1, 0), day("2026-01-02", 0, 0), day("2026-01-03", 1, 1)])
    );
    let whole = fake.get("/v1/usage/history").expect(200);
    let days = whole.at("/data").as_array().expect("a list");
    assert_eq!(days.len(), 30);
    assert_eq!((&days[0]["date"], &days[29]["date"]), (&json!("2025-12-05"), &json!("2026-01-03")));
    assert_eq!(days[29]["requests"], 2, "and the question before");
    assert_eq!(whole.at("/meta/pagination"), &Value::Null);
}

#[test]
fn a_range_may_leave_out_either_end() {
    let mut fake = Fake::flow();
    let mut days = |query: &str| {
        let answer = fake.get(&format!("/v1/usage/history?{query}")).expect(200);
        let days = answer.at("/data").as_array().expect("a list").clone();
        (days.len(), days[0]["date"].as_str().expect("a date").to_owned())
    };
    assert_eq!(days("from=2025-12-31"), (2, "2025-12-31".to_owned()));
    assert_eq!(days("to=2025-12-31"), (30, "2025-12-02".to_owned()));
    assert_eq!(days("from=2026-01-01&to=2026-01-01"), (1, "2026-01-01".to_owned()));
    assert_eq!(days("from=2024-01-01&to=2025-01-01"), (367, "2024-01-01".to_owned()));
    assert_eq!(days("from=2030-01-01&to=2030-01-02"), (2, "2030-01-01".to_owned()), "days to come are empty");
    assert_eq!(days("to=0001-03-01"), (30, "0001-01-31".to_owned()));
}

#[test]
fn an_impossible_range_is_refused() {
    let mut fake = Fake::flow();
    for query in
        ["from=2026-01-02&to=2026-01-01", "from=2026-01-02", "from=2024-01-01&to=2025-01-02", "from=0001-01-01"]
    {
        refused(&fake.get(&format!("/v1/usage/history?{query}")), "from", BAD_RANGE);
    }
}

#[test]
fn a_date_is_a_day_of_the_calendar() {
    let mut fake = Fake::flow();
    let bad = [
        "today",
        "2026-02-30",
        "2026-13-01",
        "2026-1-1",
        "20260101",
        "2026-01-01T00:00:00Z",
        "",
        "2026-01-01%00",
        "-001-01-01",
    ];
    for date in bad {
        for (path, field) in [("day?date", "date"), ("history?from", "from"), ("history?to", "to")] {
            let answer = fake.get(&format!("/v1/usage/{path}={date}")).expect(400);
            assert_eq!(answer.at("/error/details/0/field"), field, "{path}={date}: {:#}", answer.body);
        }
        fake.wait(60);
    }
    let answer = fake.get("/v1/usage/history?from=x&to=y").expect(400);
    assert_eq!(answer.at("/error/details").as_array().map(Vec::len), Some(2), "both are told");
}

#[test]
fn any_day_can_be_asked_for() {
    let mut fake = Fake::flow();
    for date in ["2025-12-29", "2024-02-29", "0001-01-01", "9999-12-31"] {
        let day = fake.get(&format!("/v1/usage/day?date={date}")).expect(200);
        let posts = i64::from(date == "2025-12-29");
        let empty = json!({"date": date, "requests": 0, "posts": posts, "errors": 0, "byEndpoint": {}});
        assert_eq!(day.at("/data"), &empty);
    }
}
