//! Who may do what: each of these operations asks for a key and for its one permission.

use serde_json::{Value, json};

use crate::helpers::NOW;
use crate::support::{Answer, Fake};

/// Method, path, the permission it takes, and the permission that is nearest to it and does not do.
const OPERATIONS: [(&str, &str, &str, &str); 24] = [
    ("GET", "/v1/channels", "channels:read", "channels:write"),
    ("POST", "/v1/channels", "channels:write", "channels:read"),
    ("GET", "/v1/channels/channel_launch", "channels:read", "channels:write"),
    ("PATCH", "/v1/channels/channel_launch", "channels:write", "channels:read"),
    ("DELETE", "/v1/channels/channel_launch", "channels:write", "channels:read"),
    ("GET", "/v1/connections", "connections:read", "connections:write"),
    ("DELETE", "/v1/connections/connection_twitter", "connections:write", "connections:read"),
    ("POST", "/v1/connections/connection_twitter/add-to-channel", "connections:write", "channels:write"),
    ("POST", "/v1/connections/connection_twitter/refresh", "connections:write", "connections:read"),
    ("POST", "/v1/connections/connection_twitter/verify", "connections:write", "connections:read"),
    ("POST", "/v1/connections/verify-channel/channel_launch", "connections:write", "channels:write"),
    ("POST", "/v1/media/upload", "media:write", "media:read"),
    ("GET", "/v1/media/media_none", "media:read", "media:write"),
    ("DELETE", "/v1/media/media_none", "media:write", "media:read"),
    ("GET", "/v1/webhooks", "webhooks:read", "webhooks:write"),
    ("POST", "/v1/webhooks", "webhooks:write", "webhooks:read"),
    ("GET", "/v1/webhooks/webhook_none", "webhooks:read", "webhooks:write"),
    ("PATCH", "/v1/webhooks/webhook_none", "webhooks:write", "webhooks:read"),
    ("DELETE", "/v1/webhooks/webhook_none", "webhooks:write", "webhooks:read"),
    ("GET", "/v1/webhooks/webhook_none/deliveries", "webhooks:read", "webhooks:write"),
    ("POST", "/v1/webhooks/webhook_none/test", "webhooks:write", "webhooks:read"),
    ("GET", "/v1/usage", "analytics:read", "api-keys:read"),
    ("GET", "/v1/usage/history", "analytics:read", "api-keys:read"),
    ("GET", "/v1/usage/day", "analytics:read", "api-keys:read"),
];

/// A new world whose only usable key for what follows has this permission.
fn with(permission: &str) -> Fake {
    let mut fake = Fake::flow();
    let key = fake.post("/v1/api-keys", json!({"name": "narrow", "permissions": [permission]})).expect(201);
    fake.credential = Some(("Authorization".to_owned(), format!("Bearer {}", key.text("/data/apiKey"))));
    fake
}

#[test]
fn each_operation_asks_for_a_key() {
    let mut fake = Fake::flow();
    for (method, path, ..) in OPERATIONS {
        let mut call = fake.prepare(method, path, Some(json!({})));
        for value in [None, Some("Bearer flow_sk_live_abc12345_unknown"), Some("Basic abc")] {
            call.headers.remove("authorization");
            if let Some(value) = value {
                call = crate::support::header(call, "Authorization", value);
            }
            let answer = Answer::of(fake.send(&call)).expect(401);
            let error =
                json!({"type": "authentication_error", "message": "Invalid API key", "code": "INVALID_API_KEY"});
            assert_eq!(answer.at("/error"), &error, "{method} {path}");
        }
    }
}

#[test]
fn each_operation_asks_for_its_own_permission() {
    for (method, path, permission, other) in OPERATIONS {
        let answer = with(other).call(method, path, Some(json!({}))).expect(403);
        let error = json!({
            "type": "authorization_error", "message": "Insufficient permissions", "code": "INSUFFICIENT_PERMISSIONS",
            "details": [{"field": "permission", "message": format!("Required permission: {permission}")}],
        });
        assert_eq!(answer.at("/error"), &error, "{method} {path}");
        let status = with(permission).call(method, path, Some(json!({}))).status;
        assert!(matches!(status, 200 | 400 | 404), "{method} {path}: {status}");
    }
}

#[test]
fn a_refusal_for_want_of_permission_has_no_effect() {
    let mut fake = with("channels:read");
    let before = fake.get("/v1/channels").expect(200).at("/data").clone();
    fake.delete("/v1/channels/channel_launch").expect(403);
    fake.patch("/v1/channels/channel_launch", json!({"name": "x"})).expect(403);
    fake.post("/v1/channels", json!({"name": "x"})).expect(403);
    assert_eq!(fake.get("/v1/channels").expect(200).at("/data"), &before);
}

#[test]
fn limits_are_told_on_every_answer() {
    let mut fake = Fake::flow();
    let seconds = (NOW / 1000).to_string();
    let mut told = |call| {
        let answer = Answer::of(fake.send(&call));
        let header = |name: &str| {
            answer.header(name).map(str::to_owned).unwrap_or_else(|| panic!("no {name} on {}", answer.status))
        };
        let reset: i64 = header("X-RateLimit-Reset").parse().expect("a number");
        assert!(reset >= seconds.parse().expect("a number"), "{reset}");
        (answer.status, header("X-RateLimit-Limit"), header("X-RateLimit-Remaining"))
    };
    let keyed =
        |path: &str, body: Option<Value>| Fake::flow().prepare(if body.is_some() { "POST" } else { "GET" }, path, body);
    let said = |status: u16, limit: &str, remaining: &str| (status, limit.to_owned(), remaining.to_owned());
    let open = |path: &str| standin::call::Call::new(http::Method::GET, path);
    assert_eq!(told(keyed("/v1/channels", None)), said(200, "100", "99"));
    assert_eq!(told(keyed("/v1/channels/none", None)), said(404, "100", "98"));
    assert_eq!(told(keyed("/v1/channels?page=0", None)), said(400, "100", "97"));
    assert_eq!(told(keyed("/v1/webhooks", Some(json!({})))), said(400, "10", "9"), "the tighter one");
    assert_eq!(told(open("/v1/channels")), said(401, "100", "100"));
    assert_eq!(told(open("/v1/nothing")), said(404, "100", "100"));
    assert_eq!(told(open("/v1/connections/twitter/auth")), said(302, "100", "100"));
    assert_eq!(told(open("/v1/connections/twitter/callback")), said(400, "100", "100"));
}
