//! Filters of lists: `filter[field]=value` and `filter[field][operator]=value`.

use serde_json::json;

use super::support::Fake;
use super::{DAY, START, error, ids, invalid, seed};

/// Four posts, `a` to `d`, that differ in everything one can filter by. Oldest first by `sort=createdAt`.
fn four_posts() -> Fake {
    let mut fake = Fake::flow();
    for post in ["post_welcome", "post_tips", "post_launch"] {
        fake.delete(&format!("/v1/posts/{post}")).expect(200);
    }
    let post = |id: &str, channel: &str, content: Option<&str>, status: &str, day: i64| {
        json!({
            "id": id, "channelId": channel, "content": content, "status": status,
            "scheduledFor": START + day * DAY, "createdAt": START - (10 - day) * DAY,
        })
    };
    let posts = [
        post("a", "channel_launch", Some("Apples and pears"), "done", 1),
        post("b", "channel_weekly", Some("More APPLES, 100% fresh"), "queued", 2),
        post("c", "channel_weekly", None, "blocked", 3),
        post("d", "channel_launch", Some("Zürich & Genève"), "queued", 4),
    ];
    seed(&mut fake, "post", &posts);
    fake
}

#[track_caller]
fn check(fake: &mut Fake, cases: &[(&str, &str)]) {
    for (filter, expected) in cases {
        fake.wait(0);
        let found = ids(fake, &format!("/v1/posts?sort=createdAt&{filter}")).concat();
        assert_eq!(found, *expected, "{filter}");
    }
}

#[test]
fn status_is_compared() {
    check(
        &mut four_posts(),
        &[
            ("filter[status]=queued", "bd"),
            ("filter[status]=flowing", ""),
            ("filter[status][eq]=done", "a"),
            ("filter[status][ne]=queued", "ac"),
            ("filter[status][in]=done,blocked", "ac"),
            ("filter[status][in]=queued", "bd"),
            ("filter[status][gt]=done", "bd"),
            ("filter[status][gte]=done", "abd"),
            ("filter[status][lt]=done", "c"),
            ("filter[status][lte]=done", "ac"),
        ],
    );
}

#[test]
fn the_channel_is_compared() {
    check(
        &mut four_posts(),
        &[
            ("filter[channelId]=channel_launch", "ad"),
            ("filter[channelId][eq]=channel_weekly", "bc"),
            ("filter[channelId]=channel_nothing", ""),
            ("filter[channelId]=channel", ""),
            ("filter[channelId][ne]=channel_launch", "bc"),
            ("filter[channelId][in]=channel_launch,channel_weekly", "abcd"),
            ("filter[channelId][in]=channel_nothing,channel_weekly", "bc"),
            ("filter[channelId][contains]=WEEK", "bc"),
            ("filter[channelId][gt]=channel_launch", "bc"),
            ("filter[channelId][gte]=channel_launch", "abcd"),
            ("filter[channelId][lt]=channel_weekly", "ad"),
            ("filter[channelId][lte]=channel_launch", "ad"),
        ],
    );
}

#[test]
fn content_is_compared_and_searched_in_any_case() {
    check(
        &mut four_posts(),
        &[
            ("filter[content]=Apples%20and%20pears", "a"),
            ("filter[content][eq]=apples+and+pears", ""),
            ("filter[content][contains]=apples", "ab"),
            ("filter[content][contains]=APPLES", "ab"),
            ("filter[content][contains]=100%25", "b"),
            ("filter[content][contains]=Z%C3%9CRICH+%26", "d"),
            ("filter[content][contains]=.*", ""),
            ("filter[content][contains]=plums", ""),
            ("filter[content][ne]=Apples%20and%20pears", "bcd"),
            ("filter[content][gt]=B", "bd"),
            ("filter[content][gte]=More+APPLES,+100%25+fresh", "bd"),
            ("filter[content][lt]=B&filter[content][contains]=a", "a"),
            ("filter[content][lte]=Apples+and+pears&filter[content][contains]=a", "a"),
            ("filter[content][in]=Apples+and+pears,plums", "a"),
        ],
    );
}

#[test]
fn times_are_compared_as_milliseconds_or_iso_8601() {
    let mut fake = four_posts();
    for (field, first) in [("scheduledFor", START), ("createdAt", START - 10 * DAY)] {
        let day = |day: i64| (first + day * DAY).to_string();
        let iso = |day: i64| jiff::Timestamp::from_millisecond(first + day * DAY).unwrap().to_string();
        for form in [&day as &dyn Fn(i64) -> String, &iso] {
            let cases = [
                (format!("filter[{field}]={}", form(2)), "b"),
                (format!("filter[{field}][eq]={}", form(3)), "c"),
                (format!("filter[{field}][eq]={}", form(9)), ""),
                (format!("filter[{field}][ne]={}", form(2)), "acd"),
                (format!("filter[{field}][gt]={}", form(2)), "cd"),
                (format!("filter[{field}][gte]={}", form(2)), "bcd"),
                (format!("filter[{field}][lt]={}", form(2)), "a"),
                (format!("filter[{field}][lte]={}", form(2)), "ab"),
                (format!("filter[{field}][in]={},{}", form(1), form(4)), "ad"),
                (format!("filter[{field}][gte]={}&filter[{field}][lt]={}", form(2), form(4)), "bc"),
            ];
            let cases: Vec<(&str, &str)> = cases.iter().map(|(filter, found)| (filter.as_str(), *found)).collect();
            check(&mut fake, &cases);
        }
        fake.wait(60);
    }
}

#[test]
fn an_iso_time_may_have_an_offset_and_a_fraction() {
    check(
        &mut four_posts(),
        &[
            ("filter[scheduledFor]=2026-01-03T02:00:00%2B02:00", "b"),
            ("filter[scheduledFor]=2026-01-02T19:00:00-05:00", "b"),
            ("filter[scheduledFor]=2026-01-03T00%3A00%3A00.000Z", "b"),
            ("filter[scheduledFor][gt]=2026-01-03T00:00:00.001Z", "cd"),
            ("filter[scheduledFor][in]=2026-01-03T00:00:00Z,1767571200000", "bd"),
        ],
    );
}

#[test]
fn all_filters_must_hold() {
    let tomorrow = START + DAY;
    check(
        &mut four_posts(),
        &[
            ("filter[status]=queued&filter[channelId]=channel_launch", "d"),
            ("filter[status]=done&filter[channelId]=channel_weekly", ""),
            ("filter[status][ne]=done&filter[status][ne]=done&filter[content][contains]=a", "b"),
            ("filter[status][in]=done,queued&filter[status][ne]=done", "bd"),
            (
                &format!("filter[content][contains]=apples&filter[scheduledFor][gt]={tomorrow}&filter[status]=queued"),
                "b",
            ),
            ("filter%5Bstatus%5D=queued&filter%5BchannelId%5D%5Beq%5D=channel_launch", "d"),
        ],
    );
}

#[test]
fn pages_count_only_what_the_filter_leaves() {
    let mut fake = four_posts();
    let answer = fake.get("/v1/posts?filter[status]=queued&per_page=1&page=2").expect(200);
    assert_eq!(answer.at("/meta/pagination"), &json!({"page": 2, "per_page": 1, "total": 2, "total_pages": 2}));
    assert_eq!(answer.at("/data/0/id"), "b", "the older of two");
}

#[test]
fn a_filter_follows_changes() {
    let mut fake = four_posts();
    fake.patch("/v1/posts/b", json!({"content": "Plums"})).expect(200);
    check(&mut fake, &[("filter[content][contains]=apples", "a"), ("filter[content][contains]=plums", "b")]);
    fake.wait(2 * 86_400);
    check(&mut fake, &[("filter[status]=flowing", "b"), ("filter[status]=queued", "d")]);
    fake.wait(3);
    check(&mut fake, &[("filter[status]=flowing", ""), ("filter[status]=done", "ab")]);
    fake.delete("/v1/posts/b").expect(200);
    check(&mut fake, &[("filter[status]=done", "a")]);
}

#[test]
fn channels_are_filtered_by_name_and_time() {
    let mut fake = Fake::flow();
    let launched = START - 20 * DAY;
    for (filter, expected) in [
        ("filter[name]=Product+launch".to_owned(), "channel_launch"),
        ("filter[name][contains]=NOTES".to_owned(), "channel_weekly"),
        ("filter[name][ne]=Product+launch".to_owned(), "channel_weekly"),
        ("filter[name][in]=Product+launch,Other".to_owned(), "channel_launch"),
        ("filter[name][gt]=Q".to_owned(), "channel_weekly"),
        ("filter[name][gte]=Weekly+notes".to_owned(), "channel_weekly"),
        ("filter[name][lt]=Q".to_owned(), "channel_launch"),
        ("filter[name][lte]=Product+launch".to_owned(), "channel_launch"),
        ("filter[name][eq]=nothing".to_owned(), ""),
        (format!("filter[createdAt]={launched}"), "channel_launch"),
        (format!("filter[createdAt][gt]={launched}"), "channel_weekly"),
        ("filter[createdAt][lte]=2025-12-12T00:00:00Z".to_owned(), "channel_launch"),
    ] {
        assert_eq!(ids(&mut fake, &format!("/v1/channels?{filter}")).concat(), expected, "{filter}");
    }
}

#[test]
fn an_unknown_field_or_operator_and_a_bad_value_are_refused() {
    let mut fake = Fake::flow();
    for (query, field) in [
        ("filter[id]=a", "filter.id"),
        ("filter[updatedAt]=1", "filter.updatedAt"),
        ("filter[Status]=queued", "filter.Status"),
        ("filter[__proto__]=1", "filter.__proto__"),
        ("filter[status]=sent", "filter.status"),
        ("filter[status]=", "filter.status"),
        ("filter[status][eq]=sent", "filter.status.eq"),
        ("filter[status][in]=queued,sent", "filter.status.in"),
        ("filter[status][in]=", "filter.status.in"),
        ("filter[status][contains]=que", "filter.status.contains"),
        ("filter[status][like]=queued", "filter.status.like"),
        ("filter[status][EQ]=queued", "filter.status.EQ"),
        ("filter[channelId]=", "filter.channelId"),
        ("filter[content][contains]=", "filter.content.contains"),
        ("filter[createdAt]=soon", "filter.createdAt"),
        ("filter[createdAt][gt]=2026-13-01T00:00:00Z", "filter.createdAt.gt"),
        ("filter[createdAt][gt]=", "filter.createdAt.gt"),
        ("filter[createdAt][in]=soon", "filter.createdAt.in"),
        ("filter[createdAt][in]=1767225600000,", "filter.createdAt.in"),
        ("filter[createdAt][contains]=1", "filter.createdAt.contains"),
        ("filter[status][eq][eq]=queued", "filter.status.eq"),
        ("filter=queued", "filter"),
    ] {
        let answer = fake.get(&format!("/v1/posts?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        let refused = error(answer, 400);
        let details = refused["details"].as_array().unwrap();
        assert!(details.iter().all(|detail| detail["field"] == field), "{query}: {refused:#}");
    }
    for query in ["filter[color]=red", "filter[status]=queued", "filter[name][is]=a"] {
        error(fake.get(&format!("/v1/channels?{query}")), 400);
    }
}

#[test]
fn every_bad_filter_is_told_at_once() {
    let mut fake = Fake::flow();
    let refused = error(fake.get("/v1/posts?filter[status]=sent&filter[size]=1&page=0&sort=size"), 400);
    let mut fields: Vec<&str> =
        refused["details"].as_array().unwrap().iter().map(|detail| detail["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["filter.size", "filter.status", "page", "sort"], "{refused:#}");
}

#[test]
fn lists_without_filters_do_not_mind_them() {
    let mut fake = Fake::flow();
    for list in ["/v1/connections", "/v1/api-keys", "/v1/webhooks"] {
        let plain = fake.get(list).expect(200);
        let filtered = fake.get(&format!("{list}?filter[anything]=1&sort=anything&unknown=1")).expect(200);
        assert_eq!(
            plain.body["data"].as_array().map(Vec::len),
            filtered.body["data"].as_array().map(Vec::len),
            "{list}"
        );
    }
    fake.get("/v1/posts?unknown=1&perPage=5").expect(200);
    let message = [("filter.x", "X is not allowed")];
    assert_eq!(error(fake.get("/v1/posts?filter[x]=1"), 400), invalid(&message));
}
