//! Values that break their type, redactions that miss, secrets wherever they hide.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::scene::{Act, Scene, act, site};
use crate::mask::Mask;
use crate::scenario::code::Code;
use crate::scenario::snapshot::Reading;

/// The findings as lines: code, place, message.
fn findings(acts: Vec<Act>) -> Vec<String> {
    let rendered = Scene::new(acts).render();
    let told = rendered.findings.iter();
    told.map(|one| format!("{} {} {}", one.code.word(), one.scenario.pointer, one.message)).collect()
}

#[test]
fn a_value_that_breaks_its_type_is_shown_and_found() {
    let body = json!({ "id": "", "createdAt": "yesterday", "doneAt": 12, "url": "not a uri", "external": "x", "folderId": true });
    let acts = || vec![act("get", "getNote", "GET /v1/notes/1").gets(200, body.clone())];
    let rendered = Scene::new(acts()).render();
    for shown in [
        "\"id\": \"\"",
        "\"createdAt\": \"yesterday\"",
        "\"doneAt\": 12",
        "\"url\": \"not a uri\"",
        "\"external\": \"x\"",
    ] {
        assert!(rendered.text.contains(shown), "{shown} in\n{}", rendered.text);
    }
    assert_eq!(
        findings(acts()),
        [
            "snapshot-type /workflows/0/steps/get `/createdAt` in the reply of `get` is `\"yesterday\"`, not an instant (RFC 3339 text)",
            "snapshot-type /workflows/0/steps/get `/doneAt` in the reply of `get` is `12`, not an instant (Unix time in milliseconds \
             of the years 1970 to 9999)",
            "snapshot-type /workflows/0/steps/get `/external` in the reply of `get` is `\"x\"`, not a UUID (RFC 9562)",
            "snapshot-type /workflows/0/steps/get `/id` in the reply of `get` is `\"\"`, not an identifier (a filled text or an integer)",
            "snapshot-type /workflows/0/steps/get `/url` in the reply of `get` is `\"not a uri\"`, not a URI (RFC 3986)",
        ]
    );
    let finding = &rendered.findings[0];
    assert_eq!((finding.code, finding.visit), (Code::SnapshotType, Some(0)));
    assert_eq!(finding.document.as_ref().map(|site| site.pointer.as_str()), Some("/paths/~1notes~1{id}/get"));
    assert_eq!(finding.found.as_deref(), Some("`\"yesterday\"`"));
}

#[test]
fn a_header_that_breaks_its_type_is_found() {
    let acts = vec![
        act("list", "listNotes", "GET /v1/notes")
            .gets(200, json!({}))
            .with("x-total", "many")
            .with("x-served-at", "now"),
    ];
    assert_eq!(
        findings(acts),
        [
            "snapshot-type /workflows/0/steps/list the reply's header `x-total` of `list` is `\"many\"`, not an integer",
            "snapshot-type /workflows/0/steps/list the reply's header `x-served-at` of `list` is `\"now\"`, not an instant (RFC 3339 text)",
        ]
    );
}

#[test]
fn a_name_without_a_document_needs_a_value_that_looks_like_it() {
    let body = json!([{ "time": "10 min", "updatedAt": "2026-01-01T00:00:00Z", "expires_in": "soon", "userId": null, "cursor": "" }]);
    let rendered = Scene::new(vec![act("a", "listThings", "GET /v1/things").gets(200, body)]).render();
    assert_eq!(rendered.findings, []);
    for shown in [
        "\"time\": \"10 min\"",
        "\"updatedAt\": \"<instant>\"",
        "\"expires_in\": \"soon\"",
        "\"userId\": null",
        "\"cursor\": \"\"",
    ] {
        assert!(rendered.text.contains(shown), "{shown} in\n{}", rendered.text);
    }
}

#[test]
fn a_redaction_is_applied_after_all_others_and_checked() {
    let body = json!([{ "name": "random-1", "size": 4, "at": "2026-01-01T00:00:00Z", "deep": { "b": 1, "a": 2 } }]);
    let acts = vec![
        act("a", "listThings", "GET /v1/things")
            .redact("$[*].name", "id:thing")
            .redact("$[*].size", "text")
            .redact("$[*].deep", "any")
            .redact("$[*].missing", "uuid")
            .gets(200, body),
    ];
    let rendered = Scene::new(acts).render();
    for shown in ["\"name\": \"<thing:1>\"", "\"size\": 4", "\"deep\": \"<any>\""] {
        assert!(rendered.text.contains(shown), "{shown} in\n{}", rendered.text);
    }
    let told: Vec<(Code, &str)> = rendered.findings.iter().map(|one| (one.code, one.message.as_str())).collect();
    assert_eq!(
        told,
        [
            (Code::SnapshotType, "`/0/size` in the reply of `a` is `4`, not a text"),
            (Code::RedactionUnmatched, "the redaction `$[*].missing` matches nothing in the reply"),
        ]
    );
    assert_eq!(rendered.findings[0].scenario, site("/workflows/0/steps/a/redact/1"), "at the author's redaction");
}

#[test]
fn a_redaction_has_nothing_to_say_about_a_reply_without_json() {
    let acts = vec![act("a", "listThings", "GET /v1/things").redact("$.x", "any").answers(200, "text/plain", b"x")];
    assert!(findings(acts).is_empty());
}

#[test]
fn nothing_panics_on_odd_replies() {
    let deep = (0..100).fold(json!("bottom"), |inner, _| json!({ "data": [inner] }));
    for body in [
        json!(null),
        json!([]),
        json!("text"),
        json!(1e300),
        json!({ "": { "": [[]] } }),
        json!({ "id": { "id": {} } }),
        deep,
    ] {
        let rendered = Scene::new(vec![act("a", "getNote", "GET /elsewhere/1?=&&a=%ff&b").gets(599, body)]).render();
        assert!(rendered.text.contains("\n599\n"), "{}", rendered.text);
    }
}

#[test]
fn the_mask_learns_what_the_exchanges_hold() {
    let scene = Scene::new(vec![
        act("key", "createKey", "POST /v1/keys?access_token=query_secret_1")
            .header("Authorization", json!("Basic dXNlcjpwYXNzd29yZC0x"), "Basic dXNlcjpwYXNzd29yZC0x")
            .literal(json!({ "pin": "987654" }))
            .gets(201, json!({ "apiKey": "key_live_ab12cd34_0123456789abcdef" }))
            .with("set-cookie", "session=cookie_secret_1; Path=/"),
    ]);
    let (suite, record) = scene.built();
    let mut mask = Mask::default();
    Reading::of(&suite, &record).teach(&mut mask);
    let text = "query_secret_1 password-1 987654 key_live_ab12cd34_0123456789abcdef cookie_secret_1 user";
    assert_eq!(mask.apply(text), "*** *** *** *** *** user");
}

#[test]
fn a_wrong_credential_that_the_scenario_spells_out_is_no_secret() {
    let rendered = Scene::new(vec![
        act("refused", "createKey", "POST /v1/keys")
            .header("Authorization", json!("Bearer invalid"), "Bearer invalid")
            .literal(json!({ "pin": "incorrect" }))
            .gets(401, json!({ "error": "invalid key, incorrect pin" })),
    ]);
    let text = rendered.render().text;
    assert!(text.contains("\"error\": \"invalid key, incorrect pin\""), "{text}");
    assert!(text.contains("\"pin\": \"<secret:1>\""), "{text}");
}

fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_/+.:~-]{8,40}".prop_filter("tells something", |text| text.bytes().any(|byte| byte.is_ascii_digit()))
}

proptest! {
    #[test]
    fn no_secret_is_ever_in_a_snapshot(token in secret(), key in secret(), pin in secret(), place in 0..6_usize) {
        let everywhere = format!("{token} {key}-{pin}");
        let reply = json!({
            "apiKey": key, "hint": everywhere, "prefix": format!("x{token}y"), "keyId": pin,
            key.clone(): [everywhere.clone(), { "password": pin }],
        });
        let body = [json!(everywhere), json!({ "title": everywhere }), json!([token]), json!({}), Value::Null, json!({ "pin": pin })];
        let rendered = Scene::new(vec![
            act("early", "createNote", &format!("POST /v1/notes?q={}", token.replace('+', "%2B"))).literal(body[place].clone()).answers(200, "text/plain", everywhere.as_bytes()),
            act("key", "createKey", "POST /v1/keys")
                .header("Authorization", json!("Bearer {$inputs.token}"), &format!("Bearer {token}"))
                .header("X-Echo", json!("$inputs.token"), &token)
                .literal(json!({ "pin": pin }))
                .gets(201, reply)
                .with("location", &format!("http://127.0.0.1:4010/v1/notes/{key}?after={token}")),
            act("late", "getNote", &format!("GET /v1/notes/{}", key.replace('/', "%2F"))).gets(200, json!({ "id": key, "title": everywhere })),
        ]).input("token", true, None, json!(token)).render();
        for hidden in [&token, &key, &pin] {
            prop_assert!(!rendered.text.contains(hidden.as_str()), "{hidden} in\n{}", rendered.text);
            prop_assert!(!rendered.findings.iter().any(|finding| finding.message.contains(hidden.as_str())));
        }
    }

    #[test]
    fn told_twice_it_is_the_same(ids in proptest::collection::vec("[a-z]{1,3}_[a-z0-9]{1,8}", 1..12)) {
        let scene = || Scene::new(ids.iter().enumerate().map(|(index, id)| {
            act(&format!("s{index}"), "getNote", &format!("GET /v1/notes/{id}")).gets(200, json!({ "id": id, "folderId": ids[0] }))
        }).collect());
        prop_assert_eq!(scene().render().text, scene().render().text);
    }
}
