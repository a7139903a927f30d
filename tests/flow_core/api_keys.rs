//! The five operations on API keys.

use serde_json::{Value, json};

use super::support::Fake;
use super::{PERMISSIONS, START, become_key, data, error, invalid, not_found, use_key};

/// `flow_sk_live_<8>_<43>`, lower-case letters and digits.
fn is_live_key(key: &str) -> bool {
    let Some((prefix, secret)) = key.strip_prefix("flow_sk_live_").and_then(|rest| rest.split_once('_')) else {
        return false;
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    prefix.len() == 8 && secret.len() == 43 && plain(prefix) && plain(secret)
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().expect("an object").shift_remove(name);
    value
}

#[test]
fn a_new_key_has_all_permissions_and_shows_its_secret_once() {
    let mut fake = Fake::flow();
    let made = data(fake.post("/v1/api-keys", json!({"name": "Production"})), 201);
    let (id, key) = (made["id"].as_str().unwrap().to_owned(), made["apiKey"].as_str().unwrap().to_owned());
    assert!(id.starts_with("apikey_"), "{id}");
    assert!(is_live_key(&key), "{key}");
    assert_eq!(
        made,
        json!({
            "id": id, "name": "Production", "prefix": key[..21], "permissions": PERMISSIONS,
            "createdAt": START, "lastUsedAt": null, "revokedAt": null, "apiKey": key,
        })
    );

    let shown = data(fake.get(&format!("/v1/api-keys/{id}")), 200);
    assert_eq!(shown, without(made, "apiKey"));
    let listed = fake.get("/v1/api-keys").expect(200);
    assert_eq!(listed.at("/data/0"), &shown);
    let renamed = fake.patch(&format!("/v1/api-keys/{id}"), json!({"name": "Staging"})).expect(200);
    for answer in [&listed, &renamed] {
        assert!(!answer.body.to_string().contains(&key), "the secret is shown again");
    }
}

#[test]
fn every_key_is_another_one() {
    let mut fake = Fake::flow();
    let one = fake.post("/v1/api-keys", json!({"name": "Twin"})).expect(201);
    let two = fake.post("/v1/api-keys", json!({"name": "Twin"})).expect(201);
    assert_ne!(one.text("/data/id"), two.text("/data/id"));
    assert_ne!(one.text("/data/apiKey"), two.text("/data/apiKey"));
}

#[test]
fn a_new_key_works_and_remembers_its_last_use() {
    let mut fake = Fake::flow();
    let id = become_key(&mut fake, &["posts:read", "api-keys:read"]);
    let path = format!("/v1/api-keys/{id}");
    fake.wait(5);
    fake.get("/v1/posts").expect(200);
    fake.wait(7);
    assert_eq!(fake.get(&path).expect(200).at("/data/lastUsedAt"), START + 12_000, "this call is a use, too");
    fake.wait(60);
    fake.get("/v1/channels").expect(403);
    let own = std::mem::replace(&mut fake.credential, Fake::flow().credential);
    fake.wait(60);
    assert_eq!(fake.get(&path).expect(200).at("/data/lastUsedAt"), START + 72_000, "a refusal is a use, too");
    fake.credential = own;
    assert_eq!(fake.get("/v1/api-keys").expect(200).at("/data/0/lastUsedAt"), START + 132_000);
}

#[test]
fn the_first_key_is_listed_without_its_secret() {
    let mut fake = Fake::flow();
    let answer = fake.get("/v1/api-keys").expect(200);
    let (_, credential) = fake.credential.clone().unwrap();
    let key = credential.strip_prefix("Bearer ").unwrap();
    assert!(is_live_key(key), "{key}");
    let first = answer.at("/data/0");
    assert_eq!((&first["name"], &first["prefix"]), (&json!("Default key"), &json!(key[..21])));
    assert_eq!(first["permissions"], json!(PERMISSIONS));
    assert_eq!(answer.at("/meta/pagination"), &json!({"page": 1, "per_page": 20, "total": 1, "total_pages": 1}));
}

#[test]
fn a_key_is_created_only_from_a_name_and_known_permissions() {
    let mut fake = Fake::flow();
    let cases = [
        (json!({}), vec![("name", "Name is required")]),
        (json!({"name": ""}), vec![("name", "Name must be at least 1 character")]),
        (json!({"name": "a".repeat(101)}), vec![("name", "Name must be at most 100 characters")]),
        (json!({"name": 7}), vec![("name", "Name must be a string")]),
        (json!({"name": "A", "permissions": []}), vec![("permissions", "Permissions must have at least 1 item")]),
    ];
    for (body, details) in cases {
        assert_eq!(error(fake.post("/v1/api-keys", body.clone()), 400), invalid(&details), "{body}");
        fake.wait(60);
    }
    let body = json!({"name": null, "permissions": ["posts:read", "posts:fly", "posts:read"]});
    let refused = error(fake.post("/v1/api-keys", body), 400);
    let fields: Vec<&Value> = refused["details"].as_array().unwrap().iter().map(|detail| &detail["field"]).collect();
    assert_eq!(fields, ["name", "permissions", "permissions[1]"], "{refused:#}");
    assert_eq!(fake.get("/v1/api-keys").expect(200).at("/meta/pagination/total"), 1, "nothing was made");
    fake.post("/v1/api-keys", json!({"name": "é".repeat(100)})).expect(201);
}

#[test]
fn what_only_the_service_writes_is_not_taken_from_the_caller() {
    let mut fake = Fake::flow();
    let body = json!({"name": "Sly", "id": "apikey_mine", "apiKey": "flow_sk_live_x", "createdAt": 5, "revokedAt": 5});
    let made = data(fake.post("/v1/api-keys", body), 201);
    assert_ne!(made["id"], "apikey_mine");
    assert!(is_live_key(made["apiKey"].as_str().unwrap()));
    assert_eq!((&made["createdAt"], &made["revokedAt"]), (&json!(START), &Value::Null));
}

#[test]
fn a_key_is_renamed_and_its_permissions_replaced_at_once() {
    let mut fake = Fake::flow();
    let id = become_key(&mut fake, &["api-keys:read", "api-keys:write", "posts:read"]);
    let path = format!("/v1/api-keys/{id}");
    fake.get("/v1/posts").expect(200);
    let changed = data(fake.patch(&path, json!({"name": "Narrow", "permissions": ["api-keys:read"]})), 200);
    assert_eq!((&changed["name"], &changed["permissions"]), (&json!("Narrow"), &json!(["api-keys:read"])));
    fake.get("/v1/posts").expect(403);
    fake.patch(&path, json!({"name": "Wide"})).expect(403);
    assert_eq!(fake.get(&path).expect(200).at("/data/name"), "Narrow");
}

#[test]
fn a_bad_change_of_a_key_changes_nothing() {
    let mut fake = Fake::flow();
    let id = fake.get("/v1/api-keys").expect(200).text("/data/0/id");
    let path = format!("/v1/api-keys/{id}");
    let before = data(fake.get(&path), 200);
    for body in [
        json!({}),
        json!({"name": ""}),
        json!({"name": null}),
        json!({"permissions": []}),
        json!({"permissions": ["all"]}),
        json!({"permissions": "posts:read"}),
        json!({"name": "Good", "permissions": ["posts:read", "posts:read"]}),
        json!([]),
        json!("name"),
    ] {
        let refused = error(fake.patch(&path, body.clone()), 400);
        assert_eq!(refused["code"], "VALIDATION_ERROR", "{body}");
        assert!(refused["details"].as_array().is_some_and(|details| !details.is_empty()), "{body}");
    }
    assert_eq!(data(fake.get(&path), 200), before);
}

#[test]
fn a_revoked_key_is_refused_at_once_and_gone() {
    let mut fake = Fake::flow();
    let first = fake.credential.clone();
    let id = become_key(&mut fake, &["posts:read"]);
    let second = std::mem::replace(&mut fake.credential, first);
    let path = format!("/v1/api-keys/{id}");
    assert_eq!(data(fake.delete(&path), 200), json!({"message": "API key revoked successfully"}));
    let first = std::mem::replace(&mut fake.credential, second);
    assert_eq!(error(fake.get("/v1/posts"), 401)["code"], "INVALID_API_KEY");
    fake.credential = first;
    for method in ["GET", "PATCH", "DELETE"] {
        let body = (method == "PATCH").then(|| json!({"name": "Back"}));
        assert_eq!(error(fake.call(method, &path, body), 404), not_found("API key"), "{method}");
    }
    assert_eq!(fake.get("/v1/api-keys").expect(200).at("/meta/pagination/total"), 1);
}

#[test]
fn a_key_may_revoke_itself() {
    let mut fake = Fake::flow();
    let id = fake.get("/v1/api-keys").expect(200).text("/data/0/id");
    let other = fake.post("/v1/api-keys", json!({"name": "Heir"})).expect(201).text("/data/apiKey");
    fake.delete(&format!("/v1/api-keys/{id}")).expect(200);
    fake.get("/v1/api-keys").expect(401);
    use_key(&mut fake, &other);
    assert_eq!(fake.get("/v1/api-keys").expect(200).at("/data/0/name"), "Heir");
}

#[test]
fn an_unknown_key_id_is_not_found() {
    let mut fake = Fake::flow();
    for id in ["apikey_nothing", "channel_launch", "%20", "%00", "a%2Fb"] {
        assert_eq!(error(fake.get(&format!("/v1/api-keys/{id}")), 404), not_found("API key"), "{id}");
    }
}
