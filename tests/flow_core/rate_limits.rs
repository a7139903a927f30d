//! Four limits of a minute, each for every key by itself.

use serde_json::{Value, json};

use super::support::{Answer, Fake};
use super::{START, become_key, data, error, upload_with, use_key, wait_ms};

/// Limit, remaining and reset as the headers tell them.
#[track_caller]
fn standing(answer: &Answer) -> (i64, i64, i64) {
    let number = |name: &str| {
        let text = answer.header(name).unwrap_or_else(|| panic!("no {name} on {}", answer.status));
        text.parse().expect("a whole number")
    };
    (number("x-ratelimit-limit"), number("x-ratelimit-remaining"), number("x-ratelimit-reset"))
}

/// Refused: the seconds to wait, which header and body must agree on.
#[track_caller]
fn wait_told(answer: Answer) -> i64 {
    let told = answer.header("retry-after").expect("Retry-After").parse().expect("seconds");
    assert_eq!(
        error(answer, 429),
        json!({
            "type": "rate_limit_error", "message": "Rate limit exceeded", "code": "RATE_LIMIT_EXCEEDED",
            "retry_after": told,
        })
    );
    told
}

fn get(fake: &mut Fake) -> Answer {
    fake.get("/v1/channels/channel_launch")
}

/// One creation that its own limit counts.
type Creation = (&'static str, i64, fn(&mut Fake) -> Answer);

fn creations() -> [Creation; 4] {
    [
        ("posts", 30, |fake| fake.post("/v1/posts", json!({"channelId": "channel_weekly", "content": "A"}))),
        ("batches", 30, |fake| {
            let item = json!({"channelId": "channel_weekly", "content": "A"});
            fake.post("/v1/posts/batch", json!({"posts": vec![item; 3]}))
        }),
        ("webhooks", 10, |fake| {
            fake.post("/v1/webhooks", json!({"url": "https://example.com/h", "events": ["post.created"]}))
        }),
        ("keys", 5, |fake| fake.post("/v1/api-keys", json!({"name": "A"}))),
    ]
}

#[test]
fn a_hundred_calls_a_minute_pass_and_are_counted_down() {
    let mut fake = Fake::flow();
    for count in 1..=100 {
        assert_eq!(standing(&get(&mut fake).expect(200)), (100, 100 - count, START / 1000 + 60));
    }
    let refused = get(&mut fake);
    assert_eq!(standing(&refused), (100, 0, START / 1000 + 60));
    assert_eq!(wait_told(refused), 60);
}

#[test]
fn each_creation_has_its_own_narrower_limit() {
    for (name, limit, create) in creations() {
        let mut fake = Fake::flow();
        for count in 1..=limit {
            let answer = create(&mut fake).expect(201);
            assert_eq!(standing(&answer), (limit, limit - count, START / 1000 + 60), "{name}");
        }
        let refused = create(&mut fake);
        assert_eq!(standing(&refused), (limit, 0, START / 1000 + 60), "{name}");
        let told = wait_told(refused);
        assert_eq!(standing(&get(&mut fake).expect(200)).1, 100 - limit - 1, "{name}: others go on");
        fake.wait(told - 1);
        wait_told(create(&mut fake));
        fake.wait(1);
        create(&mut fake).expect(201);
    }
}

#[test]
fn single_posts_and_batches_share_a_limit_and_a_batch_counts_once() {
    let mut fake = Fake::flow();
    let item = json!({"channelId": "channel_weekly", "content": "A"});
    let batch = json!({"posts": vec![item.clone(); 100]});
    assert_eq!(standing(&fake.post("/v1/posts/batch", batch).expect(201)).1, 29);
    for _ in 0..29 {
        fake.post("/v1/posts", item.clone()).expect(201);
    }
    wait_told(fake.post("/v1/posts/batch", json!({"posts": [item]})));
    fake.patch("/v1/posts/batch", json!({"posts": [{"id": "post_tips", "content": "B"}]})).expect(200);
    fake.delete("/v1/posts/post_tips").expect(200);
}

#[test]
fn waiting_exactly_as_long_as_told_succeeds() {
    let mut fake = Fake::flow();
    wait_ms(&mut fake, 250);
    for _ in 0..5 {
        fake.post("/v1/api-keys", json!({"name": "A"})).expect(201);
        wait_ms(&mut fake, 7_300);
    }
    let told = wait_told(fake.post("/v1/api-keys", json!({"name": "A"})));
    assert_eq!(told, 24, "60 s less five times 7.3 s, rounded up");
    wait_ms(&mut fake, 23_499);
    wait_told(fake.post("/v1/api-keys", json!({"name": "A"})));
    wait_ms(&mut fake, 501);
    fake.post("/v1/api-keys", json!({"name": "A"})).expect(201);
    let told = wait_told(fake.post("/v1/api-keys", json!({"name": "A"})));
    fake.wait(told);
    fake.post("/v1/api-keys", json!({"name": "A"})).expect(201);
}

#[test]
fn the_window_slides() {
    let mut fake = Fake::flow();
    for _ in 0..60 {
        get(&mut fake).expect(200);
    }
    fake.wait(30);
    for _ in 0..40 {
        get(&mut fake).expect(200);
    }
    assert_eq!(wait_told(get(&mut fake)), 30);
    fake.wait(30);
    for left in (0..60).rev() {
        let answer = get(&mut fake).expect(200);
        assert_eq!(standing(&answer), (100, left, START / 1000 + 90));
    }
    assert_eq!(wait_told(get(&mut fake)), 30, "the forty of half a minute ago");
}

#[test]
fn refused_calls_are_not_counted() {
    let mut fake = Fake::flow();
    let create = |fake: &mut Fake| fake.post("/v1/api-keys", json!({"name": "A"}));
    for _ in 0..5 {
        create(&mut fake).expect(201);
    }
    for second in 0..60 {
        assert_eq!(wait_told(create(&mut fake)), 60 - second);
        fake.wait(1);
    }
    assert_eq!(standing(&get(&mut fake)).1, 99, "neither here nor in the general limit");
    create(&mut fake).expect(201);
}

#[test]
fn the_longest_wait_is_told_when_two_limits_refuse() {
    let mut fake = Fake::flow();
    for _ in 0..95 {
        get(&mut fake).expect(200);
    }
    fake.wait(50);
    for _ in 0..5 {
        fake.post("/v1/api-keys", json!({"name": "A"})).expect(201);
    }
    let told = wait_told(fake.post("/v1/api-keys", json!({"name": "A"})));
    assert_eq!(told, 60);
    fake.wait(told);
    fake.post("/v1/api-keys", json!({"name": "A"})).expect(201);
}

#[test]
fn calls_that_are_refused_for_another_reason_do_count() {
    let mut fake = Fake::flow();
    fake.get("/v1/posts/post_nothing").expect(404);
    fake.get("/v1/posts?page=0").expect(400);
    let answer = fake.post("/v1/posts", json!({})).expect(400);
    assert_eq!(standing(&answer), (30, 29, START / 1000 + 60));
    become_key(&mut fake, &["posts:read"]);
    fake.get("/v1/channels").expect(403);
    assert_eq!(standing(&fake.get("/v1/posts").expect(200)).1, 98);
}

#[test]
fn keys_are_counted_apart() {
    let mut fake = Fake::flow();
    let other = fake.post("/v1/api-keys", json!({"name": "Other"})).expect(201).text("/data/apiKey");
    for _ in 0..99 {
        get(&mut fake).expect(200);
    }
    get(&mut fake).expect(429);
    use_key(&mut fake, &other);
    assert_eq!(standing(&get(&mut fake).expect(200)), (100, 99, START / 1000 + 60));
    for _ in 0..5 {
        fake.post("/v1/api-keys", json!({"name": "A"})).expect(201);
    }
    fake.post("/v1/api-keys", json!({"name": "A"})).expect(429);
}

#[test]
fn the_limit_is_asked_before_permission_body_and_record() {
    let mut fake = Fake::flow();
    become_key(&mut fake, &["posts:read"]);
    for _ in 0..100 {
        fake.get("/v1/posts/post_tips").expect(200);
    }
    wait_told(fake.get("/v1/channels"));
    wait_told(fake.post("/v1/posts", json!({})));
    wait_told(fake.get("/v1/posts/post_nothing"));
    fake.credential = None;
    fake.get("/v1/posts").expect(401);
}

#[test]
fn a_refused_creation_makes_nothing() {
    let mut fake = Fake::flow();
    for _ in 0..6 {
        fake.post("/v1/api-keys", json!({"name": "A"}));
    }
    assert_eq!(fake.get("/v1/api-keys").expect(200).at("/meta/pagination/total"), 6);
}

#[test]
fn every_answer_wears_the_headers_and_only_a_429_says_when_to_return() {
    let mut fake = Fake::flow();
    let mut answers: Vec<Answer> = vec![
        fake.get("/v1/posts"),
        fake.get("/v1/posts/post_nothing"),
        fake.get("/v1/posts?page=0"),
        fake.post("/v1/posts", json!({"channelId": "channel_weekly", "content": "A"})),
        fake.post("/v1/posts", json!([])),
        fake.post("/v1/posts/preflight", json!({"channelId": "channel_weekly", "content": "A"})),
        fake.delete("/v1/posts/post_tips"),
        fake.get("/v1/usage/history"),
        fake.get("/v1/nothing"),
        fake.call("PUT", "/v1/posts", None),
        fake.get("/v1/connections/twitter/auth"),
        fake.get("/v1/connections/twitter/callback?state=x"),
        upload_with(&mut fake, "edge", "hello", None),
    ];
    let owner = fake.credential.clone();
    become_key(&mut fake, &["posts:read"]);
    answers.push(fake.get("/v1/channels"));
    fake.credential = None;
    answers.push(fake.get("/v1/posts"));
    fake.credential = owner;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 404, 400, 201, 400, 200, 200, 200, 404, 404, 302, 400, 201, 403, 401]);
    for answer in answers {
        let (limit, remaining, reset) = standing(&answer);
        assert!([100, 30].contains(&limit) && (0..=limit).contains(&remaining));
        assert_eq!(reset, START / 1000 + 60);
        assert_eq!(answer.header("retry-after"), None, "{}", answer.status);
    }
}

#[test]
fn the_general_limit_shows_when_it_is_the_tighter_one() {
    let mut fake = Fake::flow();
    for _ in 0..80 {
        get(&mut fake).expect(200);
    }
    let answer = fake.post("/v1/posts", json!({"channelId": "channel_weekly", "content": "A"})).expect(201);
    assert_eq!(standing(&answer), (100, 19, START / 1000 + 60));
}

#[test]
fn waiting_a_minute_gives_back_everything() {
    let mut fake = Fake::flow();
    for _ in 0..100 {
        get(&mut fake).expect(200);
    }
    fake.wait(60);
    let answer = get(&mut fake);
    assert_eq!(standing(&answer), (100, 99, START / 1000 + 120));
    assert_ne!(data(answer, 200), Value::Null);
}
