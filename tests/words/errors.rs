//! `errors`: codes made of what is wrong, bodies of their own, and operations that tell errors otherwise.

use serde_json::json;

use crate::service::{complaints, service};
use crate::support::{Answer, Fake, header};

const NOTES: &str = r##"
openapi: 3.1.0
info: { title: Notes, version: "1" }
paths:
  /notes:
    post:
      operationId: createNote
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: "#/components/schemas/Note" } } }
      responses: { "201": { description: Made, content: { application/json: { schema: { $ref: "#/components/schemas/Note" } } } } }
  /notes/{id}:
    get:
      operationId: getNote
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses: { "200": { description: It, content: { application/json: { schema: { $ref: "#/components/schemas/Note" } } } } }
  /notes/batch:
    post:
      operationId: createNotes
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [notes], properties: { notes: { type: array, items: { type: object } } } } } }
      responses: { "200": { description: Results, content: { application/json: { schema: { type: object } } } } }
components:
  schemas:
    Note:
      type: object
      required: [id, text]
      properties:
        id: { type: string, readOnly: true }
        text: { type: string, minLength: 2 }
        stars: { type: integer }
"##;

const RULES: &str = r##"
errors:
  invalid:
    status: 422
    code: "{{ violations[0].keyword == 'required' ? 'MISSING' : 'WRONG' }}"
    message: "{{ violations[0].field }} and {{ size(violations) - 1 }} more"
  not_found: { status: 404, code: NOT_FOUND, message: "No {{ resource }}" }
  gone: { status: 410, body: { gone: "{{ path.id }}", code: "{{ error.status }}", at: "{{ now }}", via: "{{ call.method }}" } }
  unreadable: { status: 400, code: MALFORMED }
  oauth_invalid: { status: 400, code: oauth, body: { error: invalid_request, error_description: "{{ violations[0].message }}" } }
shapes:
  error: { error: { code: "{{ error.code }}", message: "{{ error.message }}" } }
resources:
  note: { schema: "#/components/schemas/Note" }
operations:
  createNote: { create: note }
  getNote: { get: note }
  createNotes:
    batch: { items: notes, run: createNote, success: "{{ record.id }}", failure: "{{ error.code }}" }
"##;

fn broken(fake: &mut Fake, target: &str) -> Answer {
    let mut call = header(fake.prepare("POST", target, None), "content-type", "application/json");
    call.body = "{".into();
    Answer::of(fake.send(&call))
}

#[test]
fn a_code_and_a_message_are_made_of_what_is_wrong() {
    let mut fake = service(NOTES, RULES);
    let missing = fake.post("/notes", json!({"stars": "many"})).expect(422);
    assert_eq!(missing.body, json!({"error": {"code": "MISSING", "message": "text and 1 more"}}));
    let wrong = fake.post("/notes", json!({"text": "x"})).expect(422);
    assert_eq!(wrong.body, json!({"error": {"code": "WRONG", "message": "text and 0 more"}}));
}

#[test]
fn an_operation_tells_an_error_otherwise_and_the_others_do_not() {
    let rules = RULES
        .replace("createNote: { create: note }", "createNote: { create: note, errors: { invalid: oauth_invalid } }");
    let rules = rules.replace("getNote: { get: note }", "getNote: { get: note, errors: { not_found: gone } }");
    let mut fake = service(NOTES, &rules);
    let refused = fake.post("/notes", json!({})).expect(400);
    assert_eq!(refused.body, json!({"error": "invalid_request", "error_description": "Text is required"}));
    let now = fake.world.clock.now();
    let gone = fake.get("/notes/7").expect(410);
    assert_eq!(gone.body, json!({"gone": "7", "code": 410, "at": now, "via": "GET"}));
    assert_eq!(fake.post("/notes/batch", json!({})).expect(422).at("/error/code"), "MISSING");
    assert_eq!(broken(&mut fake, "/notes").expect(400).at("/error/code"), "MALFORMED");
    let call = fake.prepare("DELETE", "/notes/7", None);
    assert_eq!(fake.send(&call).status, 405);
}

#[test]
fn an_item_of_a_batch_is_told_the_error_of_the_operation_it_runs() {
    let rules = RULES
        .replace("createNote: { create: note }", "createNote: { create: note, errors: { invalid: oauth_invalid } }");
    let rules = rules.replace(
        "failure: \"{{ error.code }}\" }",
        "failure: \"{{ error.code }}\" }\n    reply: { body: { results: \"{{ results }}\" } }",
    );
    let mut fake = service(NOTES, &rules);
    let results = fake.post("/notes/batch", json!({"notes": [{"text": "x"}, {"text": "yes"}]})).expect(200);
    assert_eq!(results.at("/results/0"), "oauth");
    assert!(results.text("/results/1").len() > 3);
}

#[test]
fn names_that_nobody_knows_are_load_errors() {
    let errors = "errors: { invald: gone, invalid: gon, gone: invalid }";
    let rules = RULES.replace("{ create: note }", &format!("{{ create: note, {errors} }}"));
    assert_eq!(
        complaints(NOTES, &rules),
        [
            "api.yaml /x-standin/operations/createNote/errors/invald: unknown error of the pipeline 'invald' \
             (did you mean 'invalid'?)",
            "api.yaml /x-standin/operations/createNote/errors/invalid: unknown error 'gon' (did you mean 'gone'?)",
            "api.yaml /x-standin/operations/createNote/errors/gone: unknown error of the pipeline 'gone' \
             (known: unreadable, too_large, unsupported_media_type, not_acceptable, invalid, unauthenticated, \
             insufficient_scope, rate_limited, not_found, referenced, idempotency_mismatch, internal)",
        ]
    );
    let rules = RULES.replace("violations[0].message", "violation[0].message");
    assert_eq!(
        complaints(NOTES, &rules),
        ["api.yaml /x-standin/errors/oauth_invalid/body/error_description: unknown name `violation` in \
             '{{ violation[0].message }}' at character 4 (did you mean `violations`?)"]
    );
}
