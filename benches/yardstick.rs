//! The bare axum handlers that standin is measured against.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Value, json};

/// Serves one of the yardsticks on a free port until killed; says so as standin does.
pub fn run(role: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let app = match role[0].as_str() {
            "static" => fixed(std::fs::read(&role[1]).expect("the body")),
            _ => store(&role[1], &role[2]),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("ready http://{}", listener.local_addr().expect("an address"));
        axum::serve(listener, app).await.expect("the server runs");
    });
}

fn fixed(body: Vec<u8>) -> Router {
    let body = Bytes::from(body);
    Router::new().fallback(move || {
        let body = body.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], body) }
    })
}

struct Store {
    validator: jsonschema::Validator,
    posts: Mutex<BTreeMap<u64, Value>>,
}

/// What it takes has to fit a schema of a document.
fn store(document: &str, schema: &str) -> Router {
    let text = std::fs::read_to_string(document).expect("the document");
    let document: Value = serde_saphyr::from_str(&text).expect("YAML");
    let schema =
        json!({"$ref": format!("#/components/schemas/{schema}"), "components": document["components"].clone()});
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
    let store = Arc::new(Store { validator, posts: Mutex::default() });
    Router::new().route("/posts", get(list).post(create)).with_state(store)
}

/// The newest twenty, serialised anew.
async fn list(State(store): State<Arc<Store>>) -> impl IntoResponse {
    let posts = store.posts.lock().expect("no panic before");
    let page: Vec<&Value> = posts.values().rev().take(20).collect();
    let body = json!({"data": page, "meta": {"pagination": {"page": 1, "per_page": 20, "total": posts.len()}}});
    ([(header::CONTENT_TYPE, "application/json")], body.to_string())
}

async fn create(State(store): State<Arc<Store>>, body: Bytes) -> impl IntoResponse {
    let Ok(mut post) = serde_json::from_slice::<Value>(&body) else {
        return (StatusCode::BAD_REQUEST, "{}".to_owned());
    };
    if !store.validator.is_valid(&post) {
        return (StatusCode::BAD_REQUEST, "{}".to_owned());
    }
    let mut posts = store.posts.lock().expect("no panic before");
    let id = posts.len() as u64;
    post["id"] = json!(format!("post_{id}"));
    post["status"] = json!("queued");
    post["createdAt"] = json!(1_700_000_000_000_i64);
    let text = json!({"data": post}).to_string();
    posts.insert(id, post);
    (StatusCode::CREATED, text)
}
