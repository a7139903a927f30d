//! Lists: pages and order.

use serde_json::json;

use super::support::Fake;
use super::{DAY, START, data, error, ids, invalid, seed};

/// So many posts, one made each minute of the days before, `post_001` first.
fn with_posts(count: i64) -> Fake {
    let mut fake = Fake::flow();
    for post in ["post_welcome", "post_tips", "post_launch"] {
        fake.delete(&format!("/v1/posts/{post}")).expect(200);
    }
    let posts: Vec<_> = (1..=count)
        .map(|number| {
            let at = START - DAY + number * 60_000;
            json!({
                "id": format!("post_{number:03}"), "channelId": "channel_weekly", "content": format!("Post {number}"),
                "scheduledFor": START + DAY, "createdAt": at, "updatedAt": at,
            })
        })
        .collect();
    seed(&mut fake, "post", &posts);
    fake
}

#[test]
fn a_list_is_paged_newest_first_twenty_at_a_time() {
    let mut fake = with_posts(45);
    let answer = fake.get("/v1/posts").expect(200);
    let keys: Vec<&str> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["data", "meta"]);
    assert_eq!(answer.at("/meta/pagination"), &json!({"page": 1, "per_page": 20, "total": 45, "total_pages": 3}));
    let expected = |from: i64, to: i64| (to..=from).rev().map(|number| format!("post_{number:03}")).collect::<Vec<_>>();
    assert_eq!(ids(&mut fake, "/v1/posts"), expected(45, 26));
    assert_eq!(ids(&mut fake, "/v1/posts?page=2"), expected(25, 6));
    assert_eq!(ids(&mut fake, "/v1/posts?page=3"), expected(5, 1));
}

#[test]
fn a_page_past_the_end_is_empty() {
    let mut fake = with_posts(45);
    for page in ["4", "1000", "9223372036854775807", "18446744073709551615"] {
        let answer = fake.get(&format!("/v1/posts?page={page}")).expect(200);
        assert_eq!(answer.at("/data"), &json!([]), "{page}");
        assert_eq!(answer.at("/meta/pagination/total"), 45);
        assert_eq!(answer.at("/meta/pagination/page").to_string(), page);
    }
    let beyond_counting = fake.get("/v1/posts?page=100000000000000000000").expect(200);
    assert_eq!(beyond_counting.at("/data"), &json!([]));
}

#[test]
fn an_empty_list_has_no_pages() {
    let mut fake = with_posts(0);
    let answer = fake.get("/v1/posts").expect(200);
    assert_eq!(answer.at("/data"), &json!([]));
    assert_eq!(answer.at("/meta/pagination"), &json!({"page": 1, "per_page": 20, "total": 0, "total_pages": 0}));
}

#[test]
fn a_page_holds_from_1_to_100() {
    let mut fake = with_posts(120);
    for (size, pages) in [(1, 120), (7, 18), (60, 2), (99, 2), (100, 2)] {
        let answer = fake.get(&format!("/v1/posts?per_page={size}")).expect(200);
        assert_eq!(answer.at("/data").as_array().unwrap().len(), size);
        let pagination = json!({"page": 1, "per_page": size, "total": 120, "total_pages": pages});
        assert_eq!(answer.at("/meta/pagination"), &pagination);
    }
    assert_eq!(ids(&mut fake, "/v1/posts?per_page=100&page=2").len(), 20);
}

#[test]
fn all_pages_together_are_the_whole_list_without_a_double() {
    let mut fake = with_posts(50);
    let mut seen = Vec::new();
    for page in 1..=8 {
        seen.extend(ids(&mut fake, &format!("/v1/posts?per_page=7&page={page}")));
    }
    assert_eq!(seen, ids(&mut fake, "/v1/posts?per_page=100"));
    assert_eq!(seen.len(), 50);
}

#[test]
fn a_bad_page_is_refused_on_every_list() {
    let mut fake = Fake::flow();
    let webhook = fake.post("/v1/webhooks", json!({"url": "https://example.com/h", "events": ["post.created"]}));
    let deliveries = format!("/v1/webhooks/{}/deliveries", webhook.expect(201).text("/data/id"));
    for list in ["/v1/api-keys", "/v1/channels", "/v1/posts", "/v1/connections", "/v1/webhooks", &deliveries] {
        fake.wait(60);
        for (query, details) in [
            ("page=0", [("page", "Page must be at least 1")]),
            ("page=-1", [("page", "Page must be at least 1")]),
            ("page=two", [("page", "Page must be an integer")]),
            ("page=1.5", [("page", "Page must be an integer")]),
            ("page=", [("page", "Page must be an integer")]),
            ("per_page=0", [("per_page", "Per page must be at least 1")]),
            ("per_page=101", [("per_page", "Per page must be at most 100")]),
            ("per_page=all", [("per_page", "Per page must be an integer")]),
        ] {
            assert_eq!(error(fake.get(&format!("{list}?{query}")), 400), invalid(&details), "{list}?{query}");
        }
        let both = [("page", "Page must be at least 1"), ("per_page", "Per page must be at most 100")];
        assert_eq!(error(fake.get(&format!("{list}?page=0&per_page=101")), 400), invalid(&both));
        fake.get(&format!("{list}?page=1&per_page=100")).expect(200);
    }
}

#[test]
fn posts_sort_by_several_keys_either_way() {
    let mut fake = with_posts(0);
    let post = |id: &str, status: &str, scheduled: i64, created: i64| {
        json!({
            "id": id, "channelId": "channel_weekly", "content": "A", "status": status,
            "scheduledFor": START + scheduled * DAY, "createdAt": START + created, "updatedAt": START - created,
        })
    };
    let posts =
        [post("a", "queued", 2, 1), post("b", "done", 1, 2), post("c", "queued", 1, 3), post("d", "done", 2, 4)];
    seed(&mut fake, "post", &posts);
    for (sort, order) in [
        ("createdAt", ["a", "b", "c", "d"]),
        ("-createdAt", ["d", "c", "b", "a"]),
        ("updatedAt", ["d", "c", "b", "a"]),
        ("-updatedAt", ["a", "b", "c", "d"]),
        ("scheduledFor,createdAt", ["b", "c", "a", "d"]),
        ("scheduledFor,-createdAt", ["c", "b", "d", "a"]),
        ("-scheduledFor,createdAt", ["a", "d", "b", "c"]),
        ("status,scheduledFor", ["b", "d", "c", "a"]),
        ("-status,-scheduledFor", ["a", "c", "d", "b"]),
        ("status,-status,-createdAt", ["d", "b", "c", "a"]),
    ] {
        assert_eq!(ids(&mut fake, &format!("/v1/posts?sort={sort}")), order, "{sort}");
    }
    assert_eq!(ids(&mut fake, "/v1/posts?sort=createdAt&per_page=3&page=2"), ["d"]);
    assert_eq!(ids(&mut fake, "/v1/posts?sort=-createdAt%2Cstatus"), ["d", "c", "b", "a"]);
}

#[test]
fn equal_keys_go_by_creation_in_the_direction_of_the_last_key() {
    let mut fake = with_posts(0);
    let posts: Vec<_> = ["b", "d", "a", "c"]
        .map(|id| {
            json!({"id": id, "channelId": "channel_weekly", "content": "A", "scheduledFor": START + DAY, "createdAt": START})
        })
        .into();
    seed(&mut fake, "post", &posts);
    assert_eq!(ids(&mut fake, "/v1/posts?sort=scheduledFor"), ["b", "d", "a", "c"]);
    assert_eq!(ids(&mut fake, "/v1/posts?sort=-status"), ["c", "a", "d", "b"]);
    assert_eq!(ids(&mut fake, "/v1/posts?sort=-createdAt"), ids(&mut fake, "/v1/posts"));
}

#[test]
fn channels_sort_by_name_and_times() {
    let mut fake = Fake::flow();
    fake.wait(5);
    let new = fake.post("/v1/channels", json!({"name": "Alpha"})).expect(201).text("/data/id");
    assert_eq!(ids(&mut fake, "/v1/channels"), [&new, "channel_weekly", "channel_launch"]);
    assert_eq!(ids(&mut fake, "/v1/channels?sort=name"), [&new, "channel_launch", "channel_weekly"]);
    assert_eq!(ids(&mut fake, "/v1/channels?sort=-name"), ["channel_weekly", "channel_launch", &new]);
    assert_eq!(ids(&mut fake, "/v1/channels?sort=createdAt"), ["channel_launch", "channel_weekly", &new]);
    fake.patch("/v1/channels/channel_launch", json!({"name": "Launch"})).expect(200);
    assert_eq!(ids(&mut fake, "/v1/channels?sort=-updatedAt,name")[1], "channel_launch", "the same instant as Alpha");
}

#[test]
fn an_unknown_sort_is_refused() {
    let mut fake = Fake::flow();
    for sort in ["", "-", "id", "content", "createdat", "--createdAt", "+createdAt", "createdAt,", "createdAt;status"] {
        let refused = error(fake.get(&format!("/v1/posts?sort={}", sort.replace('+', "%2B"))), 400);
        assert_eq!(refused["details"][0]["field"], "sort", "{sort}: {refused:#}");
    }
    error(fake.get("/v1/channels?sort=status"), 400);
}

#[test]
fn a_new_post_stands_first_and_a_changed_one_stays_in_its_place() {
    let mut fake = with_posts(3);
    let id =
        super::post(&mut fake, json!({"channelId": "channel_weekly", "content": "New", "scheduledFor": START + DAY}));
    fake.wait(5);
    fake.patch("/v1/posts/post_002", json!({"content": "Changed"})).expect(200);
    assert_eq!(ids(&mut fake, "/v1/posts"), [&id, "post_003", "post_002", "post_001"]);
    assert_eq!(ids(&mut fake, "/v1/posts?sort=-updatedAt&per_page=1"), ["post_002"]);
    let listed = fake.get("/v1/posts?per_page=1").expect(200);
    assert_eq!(listed.at("/data/0"), &data(fake.get(&format!("/v1/posts/{id}")), 200), "a list shows whole posts");
}
