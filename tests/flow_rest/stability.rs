//! Stable, beta and private: what is served, and what answers as if it were not there.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::helpers::not_found;
use crate::support::{Answer, Fake, load_flow};

const BETA: [(&str, &str); 11] = [
    ("GET", "/v1/channels/channel_launch/seeds"),
    ("GET", "/v1/channels/channel_launch/templates"),
    ("GET", "/v1/channels/channel_launch/analytics"),
    ("GET", "/v1/channels/channel_launch/capacity"),
    ("GET", "/v1/channels/channel_launch/context"),
    ("POST", "/v1/channels/channel_launch/optimize"),
    ("POST", "/v1/channels/channel_launch/ai-posts"),
    ("POST", "/v1/channels/channel_launch/share"),
    ("POST", "/v1/channels/channel_launch/import"),
    ("GET", "/v1/channels/channel_launch/collaborators"),
    ("GET", "/v1/analytics/usage"),
];
const PRIVATE: [(&str, &str); 3] =
    [("GET", "/v1/analytics/endpoints"), ("GET", "/v1/analytics/errors"), ("GET", "/v1/metrics")];

fn with(include: &[&str]) -> Fake {
    Fake::new(Arc::new(load_flow(include)), 1)
}

/// Status, headers and body but for what differs from call to call.
fn gist(mut answer: Answer) -> (u16, Vec<String>, Value) {
    answer.body["meta"] = Value::Null;
    let headers = answer.reply.headers.iter().map(|(name, _)| name.to_string()).collect();
    (answer.status, headers, answer.body)
}

#[test]
fn beta_and_private_paths_answer_like_unknown_ones() {
    let mut fake = Fake::flow();
    for (method, path) in BETA.into_iter().chain(PRIVATE) {
        let answer = fake.call(method, path, None);
        not_found(&answer, "Endpoint not found");
        let unknown = fake.call(method, "/v1/channels/channel_launch/nothing", None);
        assert_eq!(gist(answer), gist(unknown), "{path}");
    }
}

#[test]
fn stable_operations_number_46() {
    let fake = Fake::flow();
    assert_eq!(fake.contract.operations.list.len(), 46);
}

#[test]
fn included_beta_paths_are_served_as_samples() {
    let mut fake = with(&["beta"]);
    for (method, path) in BETA {
        let answer = fake.call(method, path, None).expect(200);
        assert!(answer.at("/data").as_object().is_some_and(|data| !data.is_empty()), "{path}: {:#}", answer.body);
        assert!(answer.header("x-ratelimit-limit").is_some(), "{path}");
        let mut stranger = fake.prepare(method, path, None);
        stranger.headers.clear();
        assert_eq!(fake.send(&stranger).status, 401, "{path}");
    }
    for (method, path) in PRIVATE {
        not_found(&fake.call(method, path, None), "Endpoint not found");
    }
    let capped = fake.get("/v1/analytics/usage").expect(200);
    assert_eq!(capped.at("/data"), &json!({"requests": 1234}));
}

#[test]
fn included_private_paths_are_served_as_samples() {
    let mut fake = with(&["private"]);
    for (method, path) in PRIVATE {
        fake.call(method, path, None).expect(200);
    }
    not_found(&fake.get("/v1/analytics/usage"), "Endpoint not found");
    let mut both = with(&["beta", "private"]);
    for (method, path) in BETA.into_iter().chain(PRIVATE) {
        both.call(method, path, None).expect(200);
    }
}

#[test]
fn beta_paths_ask_for_their_permission() {
    let mut fake = with(&["beta"]);
    let key = fake.post("/v1/api-keys", json!({"name": "narrow", "permissions": ["posts:read"]})).expect(201);
    fake.credential = Some(("Authorization".to_owned(), format!("Bearer {}", key.text("/data/apiKey"))));
    let answer = fake.get("/v1/channels/channel_launch/seeds").expect(403);
    assert_eq!(answer.at("/error/details/0/message"), "Required permission: channels:read");
}

#[test]
fn what_is_included_does_not_change_what_is_stable() {
    let mut fakes = [Fake::flow(), with(&["beta", "private"])];
    for path in ["/v1/channels", "/v1/posts", "/v1/connections", "/v1/usage/day", "/v1/channels/channel_launch"] {
        let answers: Vec<_> = fakes.iter_mut().map(|fake| fake.get(path).expect(200).reply.body).collect();
        assert_eq!(answers[0], answers[1], "{path}");
    }
}
