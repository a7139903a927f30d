//! What is measured of each shipped service: its limits are lifted, and its calls are named here.

use std::path::{Path, PathBuf};

use serde_json::json;

/// A service, and calls of it that go well.
pub struct Service {
    pub name: &'static str,
    /// Its limits, so high that no bench meets them: what an overlay puts over `x-standin.limits`.
    limits: &'static str,
    /// A record that is there from the start.
    pub get: &'static str,
    /// None where nothing may be made without end.
    pub making: Option<Making>,
}

/// What makes a record, and the list of them.
pub struct Making {
    pub post: &'static str,
    body: &'static str,
    /// The body's schema, among those of the service's document.
    pub schema: &'static str,
    /// A page of twenty.
    pub list: &'static str,
}

impl Making {
    pub fn body(&self) -> String {
        self.body.replace("TEXT", &json!("A post of ordinary length, as people write them.").to_string())
    }
}

/// Flow is measured more closely, by rows of its own.
const FLOW_LIMITS: &str = "{ default: { rate: 1000000000/min }, posts: { rate: 1000000000/min } }";

const OTHERS: [Service; 3] = [
    Service {
        name: "socialflow",
        limits: "{ default: { rate: 1000000000/min } }",
        get: "/api/v1/posts/post_workshop",
        making: Some(Making {
            post: "/api/v1/posts",
            body: r#"{"content":TEXT,"platforms":["twitter"]}"#,
            schema: "CreatePost",
            list: "/api/v1/posts?limit=20",
        }),
    },
    // Each account takes so many posts a day.
    Service {
        name: "social-post-flow",
        limits: "{ default: { rate: 1000000000/min } }",
        get: "/api/posts/1",
        making: None,
    },
    // A plan takes so many posts a month; subscriptions it takes without end.
    Service {
        name: "voxburst",
        limits: "{ pro: { rate: 1000000000/min } }",
        get: "/v1/posts/post_launch",
        making: Some(Making {
            post: "/v1/webhooks",
            body: r#"{"url":"https://receiver.example/hook","events":["post.failed"]}"#,
            schema: "CreateWebhook",
            list: "/v1/webhooks?limit=20",
        }),
    },
];

/// Those beside flow that are shipped.
pub fn others() -> impl Iterator<Item = Service> {
    OTHERS.into_iter().filter(|service| document(service.name).is_file())
}

/// The document of a shipped service.
pub fn document(service: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("spec").join(service).join("openapi.yaml")
}

/// The name of the overlay that lifts a service's limits, and its text; none for anything else that is served.
pub fn overlay(served: &str) -> Option<(String, String)> {
    let limits = match served {
        "flow" => FLOW_LIMITS,
        other => OTHERS.iter().find(|service| service.name == other)?.limits,
    };
    let head = "overlay: 1.0.0\ninfo: { title: No limits, version: '1' }\n";
    let text = format!("{head}actions: [{{ target: \"$['x-standin'].limits\", update: {limits} }}]\n");
    Some((format!("{served}.overlay.yaml"), text))
}
