//! What a call that fits nowhere is told: routes, methods, content types, malformed bodies.

use http::{HeaderValue, Method};
use serde_json::{Value, json};
use standin::call::{Call, Unread};

use super::support::{Answer, Fake, header};
use super::{data, error, invalid, not_found};

/// A POST of these bytes as this content type, with the fake's key.
fn send(fake: &mut Fake, target: &str, content_type: Option<&str>, body: &[u8]) -> Answer {
    let mut call = fake.prepare("POST", target, None);
    if let Some(content_type) = content_type {
        call = header(call, "content-type", content_type);
    }
    call.body = body.to_vec().into();
    Answer::of(fake.send(&call))
}

const CHANNEL: &[u8] = br#"{"name":"A"}"#;

#[test]
fn an_unknown_route_is_not_found_in_the_services_own_words() {
    let mut fake = Fake::flow();
    for target in [
        "/v1/nothing",
        "/v1",
        "/v1/",
        "/",
        "/posts",
        "/v2/posts",
        "/v1posts",
        "/v1/posts/",
        "/v1//posts",
        "/v1/Posts",
        "/v1/posts/post_tips/comments",
        "/v1/media",
        "/v1/connections/connection_twitter",
        "/v1/connections/myspace/auth",
        "/v1/analytics/usage",
        "/v1/metrics",
        "/v1/channels/channel_launch/analytics",
        "/v1/%70osts/x/y",
    ] {
        assert_eq!(error(fake.get(target), 404), not_found("Endpoint"), "{target}");
    }
}

#[test]
fn an_unknown_method_is_not_found_either() {
    let mut fake = Fake::flow();
    for (method, target) in [
        ("PUT", "/v1/posts/post_tips"),
        ("PUT", "/v1/posts"),
        ("DELETE", "/v1/posts"),
        ("PATCH", "/v1/posts"),
        ("POST", "/v1/posts/post_tips"),
        ("GET", "/v1/posts/batch"),
        ("GET", "/v1/media/upload"),
        ("OPTIONS", "/v1/posts"),
        ("TRACE", "/v1/posts"),
        ("BREW", "/v1/posts"),
    ] {
        let answer = fake.call(method, target, None);
        assert_eq!(answer.status, 404, "{method} {target}: {:#}", answer.body);
        assert_eq!(error(answer, 404)["code"], "RESOURCE_NOT_FOUND", "{method} {target}");
    }
}

#[test]
fn head_asks_for_what_get_would_say() {
    let mut fake = Fake::flow();
    let (head, get) = (fake.call("HEAD", "/v1/posts/post_tips", None), fake.get("/v1/posts/post_tips"));
    assert_eq!((head.status, head.header("content-type")), (get.status, get.header("content-type")));
    fake.call("HEAD", "/v1/posts/post_nothing", None).expect(404);
    fake.call("HEAD", "/v1/posts/preflight/x", None).expect(404);
}

#[test]
fn a_body_of_another_type_is_refused() {
    let mut fake = Fake::flow();
    for content_type in
        ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/jsonp", "json", "/"]
    {
        let mut refused = invalid(&[("Content-Type", "Content-Type must be application/json")]);
        refused["code"] = json!("UNSUPPORTED_MEDIA_TYPE");
        assert_eq!(error(send(&mut fake, "/v1/channels", Some(content_type), CHANNEL), 400), refused, "{content_type}");
    }
    let refused = error(send(&mut fake, "/v1/media/upload", Some("application/json"), b"{}"), 400);
    assert_eq!(refused["code"], "UNSUPPORTED_MEDIA_TYPE");
    assert_eq!(fake.get("/v1/channels").expect(200).at("/meta/pagination/total"), 2);
}

#[test]
fn json_is_known_in_every_spelling_and_taken_for_granted() {
    let mut fake = Fake::flow();
    for content_type in [
        Some("application/json"),
        Some("application/json; charset=utf-8"),
        Some("Application/JSON"),
        Some("application/json;charset=\"UTF-8\""),
        None,
    ] {
        let answer = send(&mut fake, "/v1/channels", content_type, CHANNEL);
        assert_eq!(answer.status, 201, "{content_type:?}");
    }
}

#[test]
fn a_body_that_is_no_json_is_refused() {
    let mut fake = Fake::flow();
    let deep = "[".repeat(10_000);
    let bodies: [&[u8]; 14] = [
        b"{",
        b"{\"name\":\"A\"",
        b"{\"name\":\"A\"}}",
        b"{\"name\":\"A\",}",
        b"{'name':'A'}",
        b"{name:\"A\"}",
        b"name=A",
        b"NaN",
        b"{\"name\":\"\\x\"}",
        b"{\"name\":\"\xff\"}",
        b"{\"name\":\"\\ud800\"}",
        b"\0",
        b" ",
        deep.as_bytes(),
    ];
    for body in bodies {
        let refused = error(send(&mut fake, "/v1/channels", Some("application/json"), body), 400);
        assert_eq!((&refused["code"], &refused["message"]), (&json!("VALIDATION_ERROR"), &json!("Invalid request")));
        let detail = &refused["details"][0];
        assert_eq!(detail["field"], "body", "{refused:#}");
        let message = detail["message"].as_str().unwrap();
        assert!(message.starts_with("Body is not valid JSON: "), "{message}");
    }
    let none = error(send(&mut fake, "/v1/channels", Some("application/json"), b""), 400);
    assert_eq!(none, invalid(&[("body", "Body is required")]));
}

#[test]
fn json_of_another_kind_is_refused() {
    let mut fake = Fake::flow();
    for body in [json!(null), json!(true), json!(5), json!("name"), json!([]), json!([{"name": "A"}])] {
        let refused = error(fake.post("/v1/channels", body.clone()), 400);
        assert_eq!(refused, invalid(&[("body", "The body must be an object")]), "{body}");
    }
}

#[test]
fn a_wrong_type_is_told_for_each_field() {
    let mut fake = Fake::flow();
    let body = json!({"url": 5, "events": "post.created"});
    assert_eq!(
        error(fake.post("/v1/webhooks", body), 400),
        invalid(&[("url", "URL must be a string"), ("events", "Events must be an array")])
    );
    let body = json!({"name": ["A"], "color": "red"});
    let refused = error(fake.post("/v1/channels", body), 400);
    assert_eq!(
        refused,
        invalid(&[("name", "Name must be a string"), ("color", "Color must match the pattern ^#[0-9A-Fa-f]{6}$")])
    );
}

#[test]
fn a_name_said_twice_counts_as_said_last() {
    let mut fake = Fake::flow();
    let twice = send(&mut fake, "/v1/channels", Some("application/json"), br#"{"name":"A","name":"B"}"#);
    assert_eq!(data(twice, 201)["name"], "B");
    error(send(&mut fake, "/v1/channels", Some("application/json"), br#"{"name":"A","name":7}"#), 400);
    assert_eq!(fake.get("/v1/posts?page=1&page=2&per_page=1").expect(200).at("/meta/pagination/page"), 2);
    fake.get("/v1/posts?page=2&page=0").expect(400);
}

#[test]
fn a_query_that_is_no_utf_8_is_refused() {
    let mut fake = Fake::flow();
    for query in ["sort=%ff", "filter[content][contains]=%c3", "page=%ff"] {
        let refused = error(fake.get(&format!("/v1/posts?{query}")), 400);
        assert_eq!(refused["code"], "VALIDATION_ERROR", "{query}");
    }
    fake.get("/v1/posts?&&page=1&").expect(200);
    fake.get("/v1/posts?page=%31").expect(200);
}

#[test]
fn a_body_that_could_not_be_read_is_refused() {
    let mut fake = Fake::flow();
    let mut call = fake.prepare("POST", "/v1/channels", Some(json!({"name": "A"})));
    call.unread = Some(Unread::TooLarge { limit: 1_048_576 });
    let mut refused = invalid(&[("body", "Body must be at most 1048576 bytes")]);
    refused["code"] = json!("MEDIA_TOO_LARGE");
    assert_eq!(error(Answer::of(fake.send(&call)), 400), refused);
}

#[test]
fn a_body_where_none_is_asked_for_is_ignored() {
    let mut fake = Fake::flow();
    fake.call("GET", "/v1/posts", Some(json!({"page": 0}))).expect(200);
    fake.call("DELETE", "/v1/posts/post_tips", Some(json!(5))).expect(200);
    send(&mut fake, "/v1/connections/connection_twitter/verify", Some("text/plain"), b"{").expect(200);
}

#[test]
fn every_error_names_its_request_anew() {
    let mut fake = Fake::flow();
    let ids: Vec<String> =
        (0..3).map(|_| fake.get("/v1/posts/post_nothing").expect(404).text("/meta/request_id")).collect();
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    fake.wait(7);
    let answer = fake.get("/v1/nothing").expect(404);
    assert_eq!(answer.at("/meta/timestamp"), super::START + 7_000);
}

#[test]
fn a_header_that_is_no_text_is_no_reason_to_fail() {
    let mut fake = Fake::flow();
    let mut call = fake.prepare("POST", "/v1/channels", Some(json!({"name": "A"})));
    call.headers.insert("idempotency-key", HeaderValue::from_bytes(b"\xff\xfe").unwrap());
    let answer = Answer::of(fake.send(&call));
    assert!([201, 400].contains(&answer.status), "{:#}", answer.body);
    let mut call = Call { method: Method::POST, ..fake.prepare("GET", "/v1/channels", None) };
    call.headers.insert("content-type", HeaderValue::from_bytes(b"\xff").unwrap());
    call.body = CHANNEL.into();
    let answer = Answer::of(fake.send(&call));
    assert_ne!(answer.body, Value::Null);
    assert_eq!(answer.status, 400, "{:#}", answer.body);
}
