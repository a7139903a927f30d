//! `standin serve`: streams, ports, clocks, credentials, logs, state.

use std::process::Command;

use serde_json::{Value, json};

use super::program::{Folder, Server, exchange, run};

#[test]
fn standard_output_holds_the_ready_line_and_nothing_else() {
    let server = Server::start(&["flow"]);
    server.call("GET", "/v1/channels", None).expect(200);
    server.call("GET", "/v1/nothing", None).expect(404);
    let port = server.port;
    let done = server.stop("TERM");
    assert_eq!(done.stdout, format!("standin ready http://127.0.0.1:{port}/v1\n"));
}

#[test]
fn the_banner_says_where_with_which_key_and_what_to_try() {
    let server = Server::start(&["flow", "--clock", "frozen"]);
    let origin = format!("http://127.0.0.1:{}", server.port);
    let (name, value) = server.credential();
    assert_eq!(name, "Authorization");
    assert!(value.starts_with("Bearer flow_sk_live_"), "{value}");
    assert_eq!(
        server.stderr(),
        format!(
            "Flow API at {origin}/v1\n  credential  {name}: {value}\n  try         curl -H '{name}: {value}' {origin}/v1/api-keys\n  \
             control     {origin}/_standin/\n"
        )
    );
}

#[test]
fn the_curl_of_the_banner_works_when_it_is_pasted() {
    let server = Server::start(&["flow"]);
    let banner = server.wait_for("  control ");
    let line = banner.lines().find_map(|line| line.strip_prefix("  try         ")).expect("a call to try");
    let output =
        Command::new("bash").args(["-c", &format!("{line} -sSf")]).env("NO_PROXY", "*").output().expect("bash");
    assert!(output.status.success(), "{output:?}");
    let body: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(body["data"].as_array().is_some_and(|keys| !keys.is_empty()), "{body}");
}

#[test]
fn a_taken_port_is_named_with_the_way_out() {
    let server = Server::start(&["flow"]);
    let port = server.port.to_string();
    let done = run(&["serve", "flow", "--port", &port]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
    assert_eq!(
        done.stderr,
        format!("error: port {port} is in use by another program; pass --port 0 or another port\n")
    );
}

#[test]
fn off_loopback_a_control_token_is_demanded() {
    let done = run(&["serve", "flow", "--port", "0", "--host", "0.0.0.0"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
    assert_eq!(
        done.stderr,
        "error: 0.0.0.0 can be reached from other machines, which could then change worlds and clocks; pass --control-token, \
         or --host 127.0.0.1\n"
    );
}

#[test]
fn with_a_control_token_the_control_api_wants_it_and_the_fake_does_not() {
    let server = Server::start(&["flow", "--host", "0.0.0.0", "--control-token", "s3cret"]);
    server.send("GET", "/_standin/clock", &[], None).expect(401);
    server.send("GET", "/_standin/clock", &[("Authorization", "Bearer wrong")], None).expect(401);
    server.send("GET", "/_standin/clock", &[("Authorization", "Bearer s3cret")], None).expect(200);
    server.call("GET", "/v1/channels", None).expect(200);
    assert_eq!(server.ready, format!("standin ready http://127.0.0.1:{}/v1\n", server.port));
}

#[test]
fn the_clock_stands_still_starts_where_it_is_told_or_follows_time() {
    let clock = |value: &str| Server::start(&["flow", "--clock", value]).control("GET", "clock", None);
    let frozen = clock("frozen");
    assert_eq!((&frozen["time"], &frozen["mode"]), (&json!("2026-01-01T00:00:00.000Z"), &json!("frozen")));
    let set = clock("2027-03-04T05:06:07+01:00");
    assert_eq!((&set["time"], &set["mode"]), (&json!("2027-03-04T04:06:07.000Z"), &json!("frozen")));
    let wall = clock("wall");
    assert_eq!(wall["mode"], "wall");
    assert!(wall["now"].as_i64() > Some(1_767_225_600_000), "{wall}");
}

#[test]
fn the_printed_credential_works_in_fresh_named_and_reset_worlds() {
    let server = Server::start(&["flow"]);
    for world in ["", "/~other", "/~other"] {
        server.call("GET", &format!("{world}/v1/channels"), None).expect(200);
        server.control("POST", "world/reset", None);
    }
    let (name, value) = server.credential();
    server.send("GET", "/v1/channels", &[(&name, &value), ("X-Standin-World", "third")], None).expect(200);
}

#[test]
fn a_credential_made_in_one_world_is_unknown_in_another_and_after_a_reset() {
    let server = Server::start(&["flow", "--clock", "frozen"]);
    let made = server.call("POST", "/~one/v1/api-keys", Some(json!({"name": "mine"}))).expect(201);
    let value = format!("Bearer {}", made.text("/data/apiKey"));
    let list = |path: &str| server.send("GET", path, &[("Authorization", &value)], None).status;
    assert_eq!(list("/~one/v1/channels"), 200);
    assert_eq!(list("/~two/v1/channels"), 401);
    assert_eq!(list("/v1/channels"), 401);
    // The same call in another world makes another key.
    let other = server.call("POST", "/~two/v1/api-keys", Some(json!({"name": "mine"}))).expect(201);
    assert_ne!(made.text("/data/apiKey"), other.text("/data/apiKey"));
    server.send("POST", "/_standin/world/reset", &[("X-Standin-World", "one")], None);
    assert_eq!(list("/~one/v1/channels"), 401);
}

#[test]
fn beta_operations_answer_only_when_they_are_included() {
    let stable: Vec<String> = paths(&run(&["plan", "flow", "--format", "json", "--include", "stable"]).stdout);
    let beta: Vec<String> = paths(&run(&["plan", "flow", "--format", "json", "--include", "beta"]).stdout);
    let added: Vec<&String> = beta.iter().filter(|operation| !stable.contains(operation)).collect();
    assert!(!added.is_empty(), "beta adds operations");
    let (without, with) = (Server::start(&["flow"]), Server::start(&["flow", "--include", "beta"]));
    let plan = with.control("GET", "plan", None);
    let operations = plan["operations"].as_array().expect("operations");
    let beta = operations.iter().find(|operation| {
        operation["stability"] == "beta" && operation["method"] == "GET" && !operation["path"].to_string().contains('{')
    });
    let path = beta.expect("a GET to try")["path"].as_str().expect("a path").to_owned();
    with.call("GET", &path, None).expect(200);
    let unknown = without.call("GET", &path, None).expect(404);
    let nonsense = without.call("GET", "/v1/no/such/thing", None).expect(404);
    assert_eq!(unknown.body["error"], nonsense.body["error"]);
}

fn paths(plan: &str) -> Vec<String> {
    let plan: Value = serde_json::from_str(plan).expect("JSON");
    plan["behaviour"]["operations"].as_object().expect("operations").keys().cloned().collect()
}

#[test]
fn the_log_as_json_is_an_object_for_each_call_without_secrets() {
    let server = Server::start(&["flow", "--log", "json", "--clock", "frozen"]);
    let secret = server.credential().1;
    let banner = server.stderr();
    server.call("GET", "/v1/channels?page=1", None).expect(200);
    server.call("GET", "/v1/connections/twitter/callback?code=hush&state=none", None).expect(400);
    server.send("GET", "/v1/posts?api_key=hush", &[("Authorization", "Bearer hush")], None).expect(401);
    let done = server.stop("TERM");
    let log = done.stderr.strip_prefix(&banner).expect("the banner comes first");
    assert!(!log.contains("hush") && !log.contains(secret.trim_start_matches("Bearer ")), "{log}");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect();
    let facts: Vec<Value> = lines
        .iter()
        .map(|line| json!([line["method"], line["path"], line["status"], line["operation"], line["world"]]))
        .collect();
    assert_eq!(
        Value::from(facts),
        json!([
            ["GET", "/v1/channels?page=1", 200, "listChannels", "default"],
            ["GET", "/v1/connections/twitter/callback?code=***&state=none", 400, "completeTwitterOAuth", "default"],
            ["GET", "/v1/posts?api_key=***", 401, "listPosts", "default"],
        ])
    );
    assert!(lines[0].get("why").is_none());
    assert!(lines[2]["why"].is_string(), "{}", lines[2]);
}

#[test]
fn quiet_says_nothing_but_that_it_is_ready() {
    let server = Server::start(&["flow", "--quiet"]);
    exchange(server.port, "GET", "/v1/channels", &[], None).expect(401);
    let done = server.stop("INT");
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert!(done.stdout.starts_with("standin ready "));
}

#[test]
fn the_state_file_carries_the_default_world_to_the_next_start() {
    let folder = Folder::new();
    let arguments = ["flow", "--clock", "frozen", "--state", "world.json"];
    let first = Server::start_in(folder.path(), &arguments);
    let made = first.call("POST", "/v1/channels", Some(json!({"name": "Kept"}))).expect(201);
    let key = first.call("POST", "/v1/api-keys", Some(json!({"name": "mine"}))).expect(201).text("/data/apiKey");
    first.control("POST", "clock/advance", Some(json!({"seconds": 90})));
    assert_eq!(first.stop("TERM").code, Some(0));

    let second = Server::start_in(folder.path(), &arguments);
    let path = format!("/v1/channels/{}", made.text("/data/id"));
    let mine = format!("Bearer {key}");
    let kept = second.send("GET", &path, &[("Authorization", &mine)], None).expect(200);
    assert_eq!(kept.body["data"], made.body["data"]);
    assert_eq!(second.control("GET", "clock", None)["time"], "2026-01-01T00:01:30.000Z");
    second.call("GET", &path, None).expect(200);
}

#[test]
fn a_state_file_that_is_none_is_named() {
    let folder = Folder::new();
    for (text, reason) in [("nonsense", "world.json"), ("{}", "world.json"), ("", "world.json")] {
        folder.write("world.json", text);
        let done = super::program::run_in(folder.path(), &["serve", "flow", "--port", "0", "--state", "world.json"]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{}", done.stderr);
        assert!(done.stderr.starts_with(&format!("error: state file {reason}: ")), "{}", done.stderr);
    }
}

#[test]
fn with_tls_the_curl_of_the_banner_works_and_the_ready_line_says_https() {
    let folder = Folder::new();
    let file = folder.path().join("certificate.pem");
    let path = file.to_str().expect("a plain path");
    let server = Server::start(&["flow", "--tls", "--tls-certificate", path]);
    assert_eq!(server.ready, format!("standin ready https://127.0.0.1:{}/v1\n", server.port));
    let banner = server.wait_for("  trust ");
    assert!(banner.contains(&format!("NODE_EXTRA_CA_CERTS={path} or SSL_CERT_FILE={path}")), "{banner}");
    let line = banner.lines().find_map(|line| line.strip_prefix("  try         ")).expect("a call to try");
    let output =
        Command::new("bash").args(["-c", &format!("{line} -sSf")]).env("NO_PROXY", "*").output().expect("bash");
    assert!(output.status.success(), "{output:?}");
    let body: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(body["data"].as_array().is_some_and(|keys| !keys.is_empty()), "{body}");
}

#[test]
fn a_certificate_file_without_tls_is_refused() {
    let done = run(&["serve", "flow", "--tls-certificate", "x.pem"]);
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("--tls"), "{}", done.stderr);
}
