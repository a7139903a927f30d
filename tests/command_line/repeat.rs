//! The same seed, clock and calls give the same bytes in two processes.

use serde_json::json;

use super::program::Server;

/// Everything that a client sees of some calls, with the port taken out.
fn transcript(arguments: &[&str]) -> Vec<String> {
    let server = Server::start(&[&["flow", "--clock", "frozen"], arguments].concat());
    let (name, value) = server.credential();
    let mut seen = vec![format!("{name}: {value}")];
    let mut step = |method: &str, path: &str, body| {
        let answer = server.call(method, path, body);
        seen.push(answer.bytes.replace(&server.port.to_string(), "PORT"));
        answer
    };
    step("POST", "/v1/api-keys", Some(json!({"name": "k"}))).expect(201);
    let channel = step("POST", "/v1/channels", Some(json!({"name": "c"}))).expect(201).text("/data/id");
    step("POST", "/v1/webhooks", Some(json!({"url": "http://127.0.0.1:9/", "events": ["post.created"]}))).expect(201);
    step("GET", "/v1/connections/twitter/auth", None).expect(302);
    step("POST", "/v1/posts", Some(json!({"channelId": channel, "content": "x"}))).expect(201);
    step("POST", "/v1/posts", Some(json!({}))).expect(400);
    step("GET", "/v1/posts?per_page=3", None).expect(200);
    step("GET", "/v1/nothing", None).expect(404);
    step("GET", "/~other/v1/api-keys", None).expect(200);
    seen
}

#[test]
fn two_starts_give_the_same_bytes() {
    assert_eq!(transcript(&[]), transcript(&[]));
    assert_eq!(transcript(&["--seed", "42"]), transcript(&["--seed", "42"]));
}

#[test]
fn another_seed_gives_other_secrets_and_ids() {
    let (one, other) = (transcript(&["--seed", "1"]), transcript(&["--seed", "2"]));
    for step in [0, 1, 2, 3, 4, 5] {
        assert_ne!(one[step], other[step], "step {step}");
    }
}

#[test]
fn the_seed_is_one_unless_it_is_said() {
    assert_eq!(transcript(&[]), transcript(&["--seed", "1"]));
}
