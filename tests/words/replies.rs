//! Replies: what a record shows of itself when an author writes the body.

use serde_json::json;

use crate::service::service;

const KEYS: &str = r##"
openapi: 3.1.0
info: { title: Keys, version: "1" }
paths:
  /keys:
    post:
      operationId: createKey
      requestBody: { content: { application/json: { schema: { type: object, properties: { name: { type: string } } } } } }
      responses: { "201": { description: Made, content: { application/json: { schema: { type: object, required: [key], properties: { key: { type: object, required: [id] } } } } } } }
  /keys/{id}:
    get:
      operationId: getKey
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses: { "200": { description: It, content: { application/json: { schema: { type: object, properties: { key: { $ref: "#/components/schemas/Key" } } } } } } }
  /summary:
    post:
      operationId: summarise
      responses: { "200": { description: All, content: { application/json: { schema: { type: object } } } } }
components:
  schemas:
    Key:
      type: object
      required: [id, name]
      properties: { id: { type: integer, readOnly: true }, name: { type: string } }
"##;

const RULES: &str = r##"
resources:
  key: { schema: "#/components/schemas/Key", id: { form: integer }, secrets: { secret: "sk_[a-z]{4}" }, hidden: [grade], set: { grade: 7 } }
seed: { key: [{ id: 1, name: first, secret: sk_seed }] }
operations:
  createKey: { create: key, reply: { body: { key: "{{ record }}" } } }
  getKey: { get: key, reply: { body: { key: "{{ record }}" } } }
  summarise:
    with: { one: { get: key, id: "1" }, all: { find: key }, grades: { value: "all.map(k, k.grade)" } }
    also:
      - { create: key, set: { name: made }, as: made }
      - { update: key, each: "[1]", id: item, set: { name: again }, as: changed }
    reply:
      body:
        one: "{{ one }}"
        all: "{{ all }}"
        each: { $each: all, $as: key, $in: "{{ key }}" }
        made: "{{ made }}"
        changed: "{{ changed }}"
        wrapped: "{{ merge(one, {'extra': true}) }}"
        inside: "{{ {'list': all + [made]} }}"
        none: "{{ all.map(k, k.secret) }}"
        named: "{{ one.secret }}"
        computed: "{{ size(made.secret) + made.grade }}"
        has: "{{ has(one.secret) }}"
        grades: "{{ grades }}"
"##;

#[test]
fn a_record_shows_what_callers_may_see_and_hidden_fields_only_where_they_are_named() {
    let mut fake = service(KEYS, RULES);
    let first = json!({"id": 1, "name": "first"});
    let made = json!({"id": 2, "name": "made"});
    let expected = json!({
        "one": first, "all": [first], "each": [first], "made": made, "changed": [{"id": 1, "name": "again"}],
        "wrapped": {"id": 1, "name": "first", "extra": true}, "inside": {"list": [first, made]}, "none": [null],
        "named": "sk_seed", "computed": 14, "has": true, "grades": [7],
    });
    assert_eq!(fake.post("/summary", json!(null)).expect(200).body, expected);
}

#[test]
fn a_new_record_shows_its_secrets_once_also_in_a_tree() {
    let mut fake = service(KEYS, RULES);
    let made = fake.post("/keys", json!({"name": "second"})).expect(201);
    let id = made.at("/key/id").clone();
    assert!(made.text("/key/secret").starts_with("sk_"));
    assert_eq!(made.at("/key").as_object().unwrap().len(), 3, "not the hidden grade: {}", made.body);
    assert_eq!(fake.get(&format!("/keys/{id}")).expect(200).body, json!({"key": {"id": id, "name": "second"}}));
}
