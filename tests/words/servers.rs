//! Paths with servers of their own: they live beside the base of the others.

use serde_json::json;

use crate::service::service;
use crate::support::Answer;

/// The document with the base of all and that of one path.
fn document(all: &str, own: &str) -> String {
    format!(
        r##"
openapi: 3.1.0
info: {{ title: Links, version: "1" }}
servers: [{{ url: "{all}" }}]
paths:
  /links/{{id}}:
    get:
      operationId: getLink
      parameters: [{{ name: id, in: path, required: true, schema: {{ type: string }} }}]
      responses: {{ "200": {{ description: It, content: {{ application/json: {{ schema: {{ type: object }} }} }} }} }}
  /:
    get:
      operationId: getRoot
      responses: {{ "200": {{ description: It, content: {{ application/json: {{ schema: {{ type: object }} }} }} }} }}
  /follow/{{id}}:
    servers: [{{ url: "{own}" }}]
    get:
      operationId: follow
      parameters: [{{ name: id, in: path, required: true, schema: {{ type: string }} }}]
      responses: {{ "200": {{ description: It, content: {{ application/json: {{ schema: {{ type: object }} }} }} }} }}
"##
    )
}

const RULES: &str = r##"
operations:
  getLink: { reply: { body: { link: "{{ path.id }}", base: "{{ call.base }}" } } }
  getRoot: { reply: { body: { root: true } } }
  follow: { reply: { body: { followed: "{{ path.id }}", base: "{{ call.base }}" } } }
"##;

#[test]
fn a_path_lives_at_the_root_beside_a_base() {
    let mut fake = service(&document("https://example.com/api", "https://example.com"), RULES);
    let base = "http://127.0.0.1:4010/api";
    assert_eq!(fake.get("/api/links/1").expect(200).body, json!({"link": "1", "base": base}));
    assert_eq!(fake.get("/follow/2").expect(200).body, json!({"followed": "2", "base": base}));
    for root in ["/api", "/api/"] {
        assert_eq!(fake.get(root).expect(200).body, json!({"root": true}));
    }
    for unknown in ["/api/follow/2", "/links/1", "/", "/apilinks/1"] {
        fake.get(unknown).expect(404);
    }
    let refused = Answer::of(fake.send(&fake.prepare("POST", "/follow/2", None))).expect(405);
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
}

#[test]
fn a_path_lives_below_a_base_of_its_own_beside_the_root() {
    let mut fake = service(&document("https://example.com", "https://go.example.com/to/"), RULES);
    fake.get("/links/1").expect(200);
    assert_eq!(fake.get("/to/follow/2").expect(200).at("/base"), "http://127.0.0.1:4010");
    for unknown in ["/follow/2", "/to/links/1", "/to"] {
        fake.get(unknown).expect(404);
    }
}
