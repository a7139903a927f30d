//! Sixty-four clients on one world: nothing is lost, and nothing happens twice.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::net::{Caller, Got, Running};
use crate::{WIDE, flow_with};

const CLIENTS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_clients_lose_no_update() {
    let running = Running::start(flow_with(WIDE)).await;
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(one_client(running.caller(number % 2 == 1), number));
    }
    let done: Vec<Done> = clients.join_all().await;
    let caller = running.caller(false);
    let channels: BTreeSet<&str> = done.iter().map(|done| done.channel.as_str()).collect();
    let connections = caller.get("/v1/connections?per_page=100").await.body;
    let shared = connections["data"].as_array().expect("a list").iter().find(|one| one["id"] == "connection_twitter");
    let joined = shared.expect("it is there")["channelIds"].as_array().expect("a list");
    let joined: BTreeSet<&str> = joined.iter().filter_map(Value::as_str).collect();
    assert_eq!(joined.len(), CLIENTS + 1, "every channel that was added is there, and the first one still is");
    assert!(joined.is_superset(&channels));
    let mut calls = 1;
    for done in &done {
        let post = caller.get(&format!("/v1/posts/{}", done.kept)).await.body;
        assert_eq!(post["data"]["content"], done.content, "the last change stands");
        assert_eq!(caller.get(&format!("/v1/posts/{}", done.deleted)).await.status, 404);
        calls += done.calls + 2;
    }
    let list = caller.get("/v1/posts?per_page=1").await.body;
    assert_eq!(list["meta"]["pagination"]["total"], 3 + CLIENTS);
    let shared = caller.get("/v1/posts/post_launch").await.body;
    let contents: BTreeSet<String> = done.iter().map(|done| done.shared.clone()).collect();
    assert!(contents.contains(shared["data"]["content"].as_str().expect("text")), "{shared}");
    let usage = caller.get("/v1/usage/day").await.body;
    assert_eq!(usage["data"]["requests"], calls + 2, "every call is counted once");
    assert_eq!(usage["data"]["byEndpoint"]["PATCH /v1/posts/{id}"], CLIENTS * 4);
}

struct Done {
    channel: String,
    kept: String,
    content: String,
    deleted: String,
    /// What it last wrote into the post that all share.
    shared: String,
    calls: usize,
}

/// Makes posts of its own, changes one thrice and deletes the other, changes what all share, and adds a channel to a shared connection.
async fn one_client(caller: Caller, number: usize) -> Done {
    let content = |step: usize| format!("client {number}, step {step}");
    let channel = text(&expect(&caller, Method::POST, "/v1/channels", json!({"name": content(0)}), 201).await);
    let post = json!({"channelId": channel, "content": content(0), "scheduledFor": 4_000_000_000_000_i64});
    let kept = text(&expect(&caller, Method::POST, "/v1/posts", post.clone(), 201).await);
    let deleted = text(&expect(&caller, Method::POST, "/v1/posts", post, 201).await);
    for step in 1..=3 {
        let target = format!("/v1/posts/{kept}");
        let changed = expect(&caller, Method::PATCH, &target, json!({"content": content(step)}), 200).await;
        assert_eq!(changed.body["data"]["content"], content(step), "nobody else changes it");
    }
    expect(&caller, Method::PATCH, "/v1/posts/post_launch", json!({"content": content(9)}), 200).await;
    let target = "/v1/connections/connection_twitter/add-to-channel";
    expect(&caller, Method::POST, target, json!({"channelId": channel}), 200).await;
    let gone = caller.ask(Method::DELETE, &format!("/v1/posts/{deleted}"), None, None).await;
    assert_eq!(gone.status, 200);
    Done { channel, kept, content: content(3), deleted, shared: content(9), calls: 9 }
}

async fn expect(caller: &Caller, method: Method, target: &str, body: Value, status: u16) -> Got {
    let got = caller.ask(method, target, None, Some(body)).await;
    assert_eq!(got.status, status, "{}", got.body);
    got
}

fn text(got: &Got) -> String {
    got.body["data"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_raced_by_sixty_four_clients_has_one_effect() {
    let running = Running::start(flow_with(WIDE)).await;
    let body = json!({"channelId": "channel_launch", "content": "Once", "scheduledFor": 4_000_000_000_000_i64});
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (caller, body) = (running.caller(number % 2 == 1), body.clone());
        clients.spawn(async move { caller.ask(Method::POST, "/v1/posts", Some("the same key"), Some(body)).await });
    }
    let got: Vec<Got> = clients.join_all().await;
    for one in &got {
        assert_eq!((one.status.as_u16(), &one.body), (201, &got[0].body));
    }
    assert_eq!(got.iter().filter(|one| !one.replayed).count(), 1, "one made it, the others were told");
    let list = running.caller(false).get("/v1/posts?filter[content]=Once").await.body;
    assert_eq!(list["meta"]["pagination"]["total"], 1);
    assert_eq!(list["data"][0]["id"], got[0].body["data"]["id"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_clients_share_one_limit() {
    let running = Running::start(crate::support::flow()).await;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let caller = running.caller(false);
        let body = json!({"channelId": "channel_launch", "content": "Many", "scheduledFor": 4_000_000_000_000_i64});
        clients.spawn(async move { caller.ask(Method::POST, "/v1/posts", None, Some(body)).await.status.as_u16() });
    }
    let mut statuses = clients.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201; 30], vec![429; CLIENTS - 30]].concat());
    let list = running.caller(false).get("/v1/posts?filter[content]=Many").await.body;
    assert_eq!(list["meta"]["pagination"]["total"], 30);
}
