//! Flow's posts: created, listed, changed, deleted, sent on the clock.

mod support;

use serde_json::json;
use support::Fake;

#[test]
fn smoke() {
    let mut fake = Fake::flow();
    for path in [
        "/v1/posts",
        "/v1/posts/post_launch",
        "/v1/channels",
        "/v1/api-keys",
        "/v1/connections",
        "/v1/webhooks",
        "/v1/usage",
        "/v1/usage/history",
        "/v1/usage/day",
        "/v1/nothing",
        "/v1/posts?per_page=500&filter[status][gt]=1&sort=zzz&filter[x]=1",
    ] {
        let answer = fake.get(path);
        println!("{} {path} {:#}\n{:?}", answer.status, answer.body, answer.reply.headers);
    }
    let answer = fake.post("/v1/posts", json!({"channelId": "channel_launch", "content": "Hello"}));
    println!("{} {:#}", answer.status, answer.body);
    println!("{}", fake.world.journal.text());
}
