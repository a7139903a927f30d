//! Batches: what each item made, items that fail, all or nothing, and rehearsals.

use serde_json::{Value, json};

use crate::service::{complaints, service};
use crate::support::Fake;

const POSTS: &str = r##"
openapi: 3.1.0
info: { title: Posts, version: "1" }
paths:
  /posts:
    post:
      operationId: createPost
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [text], properties: { text: { type: string, maxLength: 9 }, to: { type: array, items: { type: string } } } } } }
      responses: { "201": { description: Made, content: { application/json: { schema: { type: object } } } } }
    get:
      operationId: listPosts
      responses: { "200": { description: Posts, content: { application/json: { schema: { type: array } } } } }
  /posts/bulk:
    post:
      operationId: createPosts
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [posts], properties: { dry: { type: boolean }, posts: { type: array, items: { type: object } } } } } }
      responses: { "200": { description: Results, content: { application/json: { schema: { type: object } } } } }
"##;

const RULES: &str = r##"
errors:
  invalid: { status: 422, code: invalid, message: "Invalid" }
  nowhere: { status: 409, code: nowhere, message: "'{{ body.text }}' goes nowhere", details: [{ field: to }] }
shapes: { error: { code: "{{ error.code }}", message: "{{ error.message }}", fields: "{{ error.violations.map(v, v.pointer) }}" } }
resources:
  post: { id: { form: integer } }
operations:
  listPosts: { list: post }
  createPost:
    require: [{ that: "size(body.to) > 0", else: nowhere }]
    also:
      - { create: post, each: body.to, set: { text: "{{ body.text }}", to: "{{ item }}" }, as: posts, emit: post.made }
    reply: { body: { made: "{{ posts }}" } }
  createPosts:
    batch:
      items: posts
      run: createPost
      rehearse: body.dry == true
      success: { index: "{{ index }}", ids: "{{ made.posts.map(p, p.id) }}" }
      failure: { index: "{{ index }}", status: "{{ error.status }}", code: "{{ error.code }}", message: "{{ error.message }}", details: "{{ error.details }}", violations: "{{ error.violations.map(v, v.pointer) }}" }
    reply: { body: { results: "{{ results }}", failed: "{{ summary.failed }}" } }
webhooks:
  subscriptions: post
  url: to
  events_field: text
  body: { id: "{{ event_id }}", data: "{{ data }}" }
  timeout: 5s
  attempts: [0s]
  events: { post.made: { id: "{{ record.id }}", to: "{{ item }}" } }
"##;

fn bulk(dry: bool) -> Value {
    json!({"dry": dry, "posts": [
        {"text": "one", "to": ["a", "b"]},
        {"text": "two", "to": []},
        {"text": "much too long", "to": ["a"]},
        {"text": "three", "to": ["c"]},
    ]})
}

fn told(ids: [Value; 2]) -> Value {
    let [first, last] = ids;
    json!({"failed": 2, "results": [
        {"index": 0, "ids": first},
        {"index": 1, "status": 409, "code": "nowhere", "message": "'two' goes nowhere", "details": [{"field": "to"}], "violations": []},
        {"index": 2, "status": 422, "code": "invalid", "message": "Invalid",
            "details": [{"field": "text", "message": "Text must be at most 9 characters"}], "violations": ["/text"]},
        {"index": 3, "ids": last},
    ]})
}

fn count(fake: &mut Fake) -> usize {
    fake.get("/posts").expect(200).body.as_array().unwrap().len()
}

#[test]
fn each_item_tells_what_it_made_or_what_is_wrong_with_it() {
    let mut fake = service(POSTS, RULES);
    let done = fake.post("/posts/bulk", bulk(false)).expect(200);
    assert_eq!(done.body, told([json!([1, 2]), json!([3])]));
    assert_eq!(count(&mut fake), 3);
}

#[test]
fn a_rehearsal_tells_the_same_and_leaves_nothing() {
    let mut fake = service(POSTS, RULES);
    let rehearsed = fake.post("/posts/bulk", bulk(true)).expect(200);
    assert_eq!(rehearsed.body, told([json!([1, 2]), json!([3])]));
    assert_eq!((count(&mut fake), fake.world.outbox.len(), fake.world.agenda.len()), (0, 0, 0));
    let journal: Vec<String> = fake.world.journal.since(0, 99).iter().map(|entry| format!("{entry:?}")).collect();
    assert!(!journal.iter().any(|entry| entry.contains("post.made")), "{journal:#?}");
    assert!(journal[0].contains("done, told and undone again") && !journal[0].contains("created"), "{journal:#?}");
    let done = fake.post("/posts/bulk", bulk(false)).expect(200);
    assert_eq!(done.body, rehearsed.body, "what comes true is what was rehearsed");
}

#[test]
fn all_or_nothing_is_refused_with_the_place_of_the_item() {
    let mut fake = service(POSTS, &RULES.replace("rehearse: body.dry == true", "atomic: true"));
    let refused = fake.post("/posts/bulk", json!({"posts": [{"text": "one", "to": ["a"]}, {"text": "much too long"}]}));
    let expected = json!({"code": "invalid", "message": "Invalid", "fields": ["/posts/1/text"]});
    assert_eq!(refused.expect(422).body, expected);
    let refused = fake.post("/posts/bulk", json!({"posts": [{"text": "one", "to": ["a"]}, {"text": "two"}]}));
    assert_eq!(refused.expect(409).at("/message"), &json!("'two' goes nowhere"));
    assert_eq!(count(&mut fake), 0);
}

#[test]
fn a_rehearsal_asked_for_in_unknown_words_does_not_load() {
    let told = complaints(POSTS, &RULES.replace("rehearse: body.dry", "rehearse: item.dry"));
    assert!(told[0].contains("/operations/createPosts/batch/rehearse"), "{told:?}");
}
