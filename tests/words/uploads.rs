//! Uploads: sizes that the document sets, names as PHP writes them, keys for bodies of bytes.

use serde_json::json;

use crate::service::service;
use crate::support::{Answer, Fake, header};

const FILES: &str = r##"
openapi: 3.1.0
info: { title: Files, version: "1" }
paths:
  /whole:
    put:
      operationId: putWhole
      parameters: [{ name: Idempotency-Key, in: header, schema: { type: string } }]
      requestBody: { required: true, content: { image/png: { schema: { type: string, format: binary, maxLength: 4 } } } }
      responses: { "200": { description: Ok, content: { application/json: { schema: { type: object } } } } }
  /parts:
    post:
      operationId: postParts
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [files]
              properties:
                files: { type: array, maxItems: 2, items: { type: string, contentMediaType: application/octet-stream, maxLength: 4 } }
                tags: { type: array, items: { type: integer } }
      responses: { "200": { description: Ok, content: { application/json: { schema: { type: object } } } } }
"##;

const RULES: &str = r##"
errors:
  too_large: { status: 413, code: LARGE, message: "{{ violations[0].field }}: {{ violations[0].message }}" }
shapes: { error: { code: "{{ error.code }}", message: "{{ error.message }}" } }
idempotency: { header: Idempotency-Key, ttl: 1h, replayed: X-Again }
operations:
  putWhole: { reply: { body: { size: "{{ body.size }}" } } }
  postParts: { reply: { body: { sizes: "{{ body.files.map(f, f.size) }}", tags: "{{ body.tags }}" } } }
"##;

fn whole(fake: &mut Fake, bytes: &'static str, key: Option<&str>) -> Answer {
    let mut call = header(fake.prepare("PUT", "/whole", None), "content-type", "image/png");
    call.body = bytes.into();
    let call = key.into_iter().fold(call, |call, key| header(call, "idempotency-key", key));
    Answer::of(fake.send(&call))
}

fn parts(fake: &mut Fake, parts: &[(&str, &str, bool)]) -> Answer {
    let mut body = String::new();
    for (name, text, file) in parts {
        let filename = if *file { "; filename=\"a\"" } else { "" };
        body += &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{filename}\r\n\r\n{text}\r\n");
    }
    let mut call = header(fake.prepare("POST", "/parts", None), "content-type", "multipart/form-data; boundary=b");
    call.body = (body + "--b--\r\n").into();
    Answer::of(fake.send(&call))
}

#[test]
fn a_body_of_bytes_is_as_long_as_its_schema_lets_it() {
    let mut fake = service(FILES, RULES);
    assert_eq!(whole(&mut fake, "1234", None).expect(200).body, json!({"size": 4}));
    let refused = whole(&mut fake, "12345", None).expect(413);
    assert_eq!(refused.body, json!({"code": "LARGE", "message": "body: Body must be at most 4 bytes"}));
}

#[test]
fn a_key_stands_for_the_very_bytes() {
    let mut fake = service(FILES, RULES);
    whole(&mut fake, "1234", Some("k")).expect(200);
    assert_eq!(whole(&mut fake, "1234", Some("k")).expect(200).header("x-again"), Some("true"));
    assert_ne!(whole(&mut fake, "4321", Some("k")).status, 200);
}

#[test]
fn items_of_a_list_are_named_in_any_of_three_ways() {
    let mut fake = service(FILES, RULES);
    for [one, two] in [["files", "files"], ["files[]", "files[]"], ["files[0]", "files[1]"]] {
        let sent = [(one, "12", true), (two, "123", true), ("tags[]", "4", false), ("tags[]", "5", false)];
        assert_eq!(parts(&mut fake, &sent).expect(200).body, json!({"sizes": [2, 3], "tags": [4, 5]}));
    }
    let refused = parts(&mut fake, &[("files[]", "12345", true)]).expect(413);
    assert_eq!(refused.body, json!({"code": "LARGE", "message": "files: Files must be at most 4 bytes"}));
    parts(&mut fake, &[("files[x]", "1", true)]).expect(400);
}
