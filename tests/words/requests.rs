//! `requests`: what a service overlooks, and that one request means the same however it is written.

use serde_json::{Value, json};

use crate::service::service;
use crate::support::{Answer, Fake, header};

const POSTS: &str = r##"
openapi: 3.1.0
info: { title: Posts, version: "1" }
security: [{}, { token: [] }]
paths:
  /posts:
    get:
      operationId: listPosts
      parameters:
        - { name: page, in: query, schema: { type: integer, default: 1 } }
        - { name: status, in: query, schema: { type: [string, "null"] } }
        - { name: "ids", in: query, style: form, schema: { type: array, items: { type: integer } } }
      responses: { "200": { description: They, content: { application/json: { schema: { type: object } } } } }
    post:
      operationId: createPost
      parameters:
        - { name: dry, in: query, schema: { type: boolean } }
        - { name: Idempotency-Key, in: header, schema: { type: string } }
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: "#/components/schemas/Post" } }
          application/x-www-form-urlencoded: { schema: { $ref: "#/components/schemas/Post" } }
          multipart/form-data: { schema: { $ref: "#/components/schemas/Post" } }
          application/octet-stream: { schema: { type: string, format: binary } }
      responses: { "200": { description: Made, content: { application/json: { schema: { type: object } } } } }
components:
  securitySchemes: { token: { type: apiKey, in: query, name: api_token } }
  schemas:
    Post:
      type: object
      additionalProperties: false
      required: [profile_ids, text]
      properties:
        profile_ids: { type: array, minItems: 1, items: { type: integer } }
        text: { type: string, minLength: 1 }
        note: { type: [string, "null"] }
        image: { type: string }
        draft: { type: boolean }
        posts: { type: array, items: { type: object, properties: { text: { type: string }, at: { type: number } } } }
"##;

const ALL: &str =
    "requests: { any_json: true, query_as_body: true, trim: true, blank_as_absent: true, numbers_as_text: true }";
const RULES: &str = r##"
errors:
  invalid: { status: 422, message: "{{ violations.map(v, v.field + ' ' + v.keyword) }}" }
  unreadable: { status: 400 }
  unsupported_media_type: { status: 415 }
  idempotency_mismatch: { status: 409 }
shapes: { error: { message: "{{ error.message }}" } }
idempotency: { header: Idempotency-Key, ttl: 1h, replayed: X-Again }
operations:
  listPosts: { reply: { body: { query: "{{ query }}" } } }
  createPost: { reply: { body: { body: "{{ body }}" } } }
"##;

fn lenient() -> Fake {
    service(POSTS, &format!("{ALL}\n{RULES}"))
}

fn strict() -> Fake {
    service(POSTS, RULES)
}

fn send(fake: &mut Fake, target: &str, kind: &str, body: &str) -> Answer {
    send_with(fake, target, kind, body, None)
}

fn send_with(fake: &mut Fake, target: &str, kind: &str, body: &str, key: Option<&str>) -> Answer {
    let mut call = fake.prepare("POST", target, None);
    if !kind.is_empty() {
        call = header(call, "content-type", kind);
    }
    if let Some(key) = key {
        call = header(call, "idempotency-key", key);
    }
    call.body = body.to_owned().into();
    Answer::of(fake.send(&call))
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

fn multipart(pairs: &[(&str, &str)]) -> String {
    let parts = pairs.iter();
    let parts =
        parts.map(|(name, text)| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"));
    parts.collect::<String>() + "--b--\r\n"
}

#[test]
fn one_request_is_the_same_as_query_form_parts_and_json() {
    let meant = json!({"body": {
        "profile_ids": [42, 7], "text": "Hello", "note": null, "draft": true, "posts": [{"text": "x", "at": 1.5}, {"text": "y"}]
    }});
    let pairs = [
        ("profile_ids[0]", "42"),
        ("profile_ids[1]", "7"),
        ("text", " Hello "),
        ("note", ""),
        ("image", "  "),
        ("draft", "true"),
        ("posts[0][text]", "x"),
        ("posts[0][at]", "1.5"),
        ("posts[1][text]", "y"),
        ("posts[1][at]", ""),
    ];
    let written: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let text = json!({
        "profile_ids": ["42", 7], "text": " Hello ", "note": "", "image": " ", "draft": "true",
        "posts": [{"text": "x", "at": "1.5"}, {"text": "y ", "at": ""}]
    });
    let mut fake = lenient();
    let same = |left: &Value, right: &Value| assert_eq!(left, right);
    same(&send(&mut fake, &format!("/posts?{written}"), "", "").expect(200).body, &meant);
    same(&send(&mut fake, "/posts", FORM, &written).expect(200).body, &meant);
    same(&send(&mut fake, "/posts", "multipart/form-data; boundary=b", &multipart(&pairs)).expect(200).body, &meant);
    same(&send(&mut fake, "/posts", JSON, &text.to_string()).expect(200).body, &meant);
}

#[test]
fn brackets_may_be_empty_and_encoded() {
    let mut fake = strict();
    let meant = json!({"body": {"profile_ids": [42, 7], "text": "a"}});
    for written in [
        "profile_ids[]=42&profile_ids[]=7&text=a",
        "profile_ids%5B1%5D=7&profile_ids%5B0%5D=42&text=a",
        "profile_ids=42&profile_ids=7&text=a",
    ] {
        assert_eq!(send(&mut fake, "/posts", FORM, written).expect(200).body, meant, "{written}");
    }
}

#[test]
fn json_is_read_whatever_its_type_says() {
    let mut fake = lenient();
    let body = r#" {"profile_ids": [1], "text": "a"}"#;
    for kind in ["", "text/plain", FORM, "multipart/form-data; boundary=b", "nonsense"] {
        let made = send(&mut fake, "/posts", kind, body).expect(200);
        assert_eq!(made.body, json!({"body": {"profile_ids": [1], "text": "a"}}), "{kind}");
    }
    // A type that the operation takes as bytes is taken at its word.
    assert_eq!(send(&mut fake, "/posts", "application/octet-stream", body).expect(200).at("/body/size"), 34);
    send(&mut fake, "/posts", "text/plain", "{\"profile_ids\"").expect(415);
    send(&mut fake, "/posts", JSON, "{\"profile_ids\"").expect(400);
    send(&mut strict(), "/posts", "text/plain", body).expect(415);
}

#[test]
fn the_query_adds_only_what_the_body_lacks_and_no_parameter_takes() {
    let mut fake = lenient();
    let target = "/posts?text=query&note=n&dry=true&api_token=secret&profile_ids[]=9";
    let made = send(&mut fake, target, JSON, r#"{"profile_ids": [1], "text": "body"}"#).expect(200);
    assert_eq!(made.body, json!({"body": {"profile_ids": [1], "text": "body", "note": "n"}}));
    let undeclared = send(&mut fake, "/posts?stranger=1", JSON, r#"{"profile_ids": [1], "text": "a"}"#).expect(422);
    assert_eq!(undeclared.at("/message"), r#"["stranger additionalProperties"]"#);
    assert_eq!(send(&mut fake, "/posts", JSON, "[1]").expect(422).at("/message"), r#"["body type"]"#);
    let nothing = send(&mut fake, "/posts", "", "").expect(422);
    assert_eq!(nothing.at("/message"), r#"["profile_ids required","text required"]"#);
    let nothing = send(&mut strict(), "/posts?text=a", "", "").expect(422);
    assert_eq!(nothing.at("/message"), r#"["body required"]"#);
}

#[test]
fn what_cannot_be_meant_is_still_wrong() {
    let mut fake = lenient();
    for (body, message) in [
        (json!({"profile_ids": ["x", "4.5"], "text": "a"}), r#"["profile_ids[0] type","profile_ids[1] type"]"#),
        (json!({"profile_ids": [""], "text": "a"}), r#"["profile_ids minItems"]"#),
        (json!({"profile_ids": [1], "text": "  "}), r#"["text required"]"#),
        (json!({"profile_ids": [1], "text": 5}), r#"["text type"]"#),
        (json!({"profile_ids": [1], "text": "a", "draft": "maybe"}), r#"["draft type"]"#),
    ] {
        assert_eq!(send(&mut fake, "/posts", JSON, &body.to_string()).expect(422).at("/message"), message, "{body}");
    }
    let mut fake = strict();
    let text = json!({"profile_ids": ["42"], "text": " a ", "note": "", "draft": "true"});
    let refused = send(&mut fake, "/posts", JSON, &text.to_string()).expect(422);
    assert_eq!(refused.at("/message"), r#"["profile_ids[0] type","draft type"]"#);
    let kept = json!({"profile_ids": [42], "text": " a ", "note": ""});
    assert_eq!(send(&mut fake, "/posts", JSON, &kept.to_string()).expect(200).body, json!({"body": kept}));
}

#[test]
fn a_blank_query_is_none_where_the_service_says_so() {
    let target = "/posts?page=&status=&ids[]=&ids[]=3&other=&q=x";
    let asked = lenient().get(target).expect(200);
    assert_eq!(asked.body, json!({"query": {"page": 1, "status": null, "ids": [3], "q": "x"}}));
    strict().get(target).expect(422);
    assert_eq!(strict().get("/posts?status=&other=").expect(200).at("/query/status"), "");
}

#[test]
fn a_key_knows_a_request_again_in_another_form() {
    let mut fake = lenient();
    send_with(&mut fake, "/posts?dry=true&profile_ids[]=1&text=a", "", "", Some("k")).expect(200);
    for (target, body) in [
        ("/posts?dry=true", r#"{"text": "a ", "profile_ids": ["1"]}"#),
        ("/posts?text=a&dry=true", r#"{"profile_ids": [1]}"#),
    ] {
        let again = send_with(&mut fake, target, JSON, body, Some("k")).expect(200);
        assert_eq!(again.header("x-again"), Some("true"), "{target}");
    }
    for target in ["/posts?profile_ids[]=1&text=a", "/posts?dry=true&profile_ids[]=1&text=b"] {
        send_with(&mut fake, target, "", "", Some("k")).expect(409);
    }
}
