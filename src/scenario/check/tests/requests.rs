//! Requests that keep the document, break it, or say more than it.

use super::*;

#[test]
fn an_invalid_request_that_is_accepted_is_named() {
    let ok = |target: &str| {
        let one = exchange_of(&shop(), "getItem", target, 200).header("X-Remaining", "3");
        one.json(json!({"id": 1, "name": "a"}))
    };
    let told = |place: &str, what: &str| {
        format!(
            "request-invalid-accepted {place}: `getItem` accepted (200) a request that the document forbids: {what} [a \
             refusal (400, 415 or 422) | 200]"
        )
    };
    let item_path = "/paths/~1items~1{id}";
    expect(ok("/base/v1/items/7?fields=id,name"), &[]);
    expect(
        ok("/items/zero"),
        &[&told(&format!("{item_path}/parameters/0"), "the path parameter `id` must be an integer")],
    );
    expect(
        ok("/items/7?fields=id,colour").sends_header("x-trace", "12345"),
        &[&told(
            &format!("{item_path}/get/parameters/0"),
            "the query parameter `fields/1` must be one of: id, name; the header parameter `X-Trace` must be at most 4 \
             characters",
        )],
    );
    // Refused, as it should be; and nothing is said where the status has another reason.
    let problem = |status, target: &str| {
        exchange_of(&shop(), "getItem", target, status).body("application/problem+json", r#"{"title":"no"}"#)
    };
    expect(problem(400, "/items/zero"), &[]);
    expect(problem(404, "/items/zero"), &[]);
}

#[test]
fn request_bodies_are_judged_as_they_were_sent() {
    let post = |status| exchange_of(&shop(), "createItem", "/items", status).json(json!({"id": 1, "name": "a"}));
    let told = |place: &str, what: &str| {
        format!(
            "request-invalid-accepted {place}: `createItem` accepted (201) a request that the document forbids: {what} [a \
             refusal (400, 415 or 422) | 201]"
        )
    };
    let content = "/components/requestBodies/New/content";
    let json_schema = format!("{content}/application~1json/schema");
    expect(post(201).sends("application/json", r#"{"name": "a"}"#), &[]);
    expect(
        post(201).sends("application/json", "{}"),
        &[&told(&format!("{json_schema}/required"), "the body's `/name` is required")],
    );
    expect(post(201), &[&told("/components/requestBodies/New", "the body is required")]);
    expect(
        post(201).sends("text/plain", "a"),
        &[&told(
            "/components/requestBodies/New",
            "the body must be application/json, application/x-www-form-urlencoded, multipart/form-data",
        )],
    );
    let broken = "the body is not valid JSON: expected value at line 1 column 1";
    expect(post(201).sends("application/json", "a"), &[&told(&json_schema, broken)]);
    let form = "application/x-www-form-urlencoded";
    expect(post(201).sends(form, "count=3"), &[]);
    let form_schema = format!("{content}/application~1x-www-form-urlencoded/schema");
    expect(
        post(201).sends(form, "count=b"),
        &[&told(&format!("{form_schema}/properties/count/type"), "the body's `/count` must be an integer")],
    );
    let multipart = |parts: &[&str]| {
        let parts = parts.iter().map(|part| format!("--b\r\nContent-Disposition: form-data; {part}\r\n"));
        post(201).sends("multipart/form-data; boundary=b", &format!("{}--b--\r\n", parts.collect::<String>()))
    };
    let count = |text: &str| format!("name=\"count\"\r\nContent-Type: text/plain\r\n\r\n{text}");
    expect(multipart(&["name=\"file\"; filename=\"a.txt\"\r\n\r\na", &count("3")]), &[]);
    let multipart_schema = format!("{content}/multipart~1form-data/schema");
    expect(
        multipart(&[&count("b")]),
        &[&told(
            &format!("{multipart_schema}/required"),
            "the body's `/file` is required; the body's `/count` must be an integer",
        )],
    );
    let cut = told(&multipart_schema, "the body is not multipart: incomplete multipart stream");
    expect(post(201).sends("multipart/form-data; boundary=b", "--b\r\n"), &[&cut]);
    // A form without fields is not a body that was left out.
    let mut empty = post(201).sends(form, "");
    empty.sent = Some(json!({}));
    expect(empty, &[&told(&format!("{form_schema}/required"), "the body's `/count` is required")]);
}

#[test]
fn text_that_was_sent_as_json_is_read_from_its_bytes() {
    let mut one = exchange_of(&shop(), "createItem", "/items", 201).json(json!({"id": 1, "name": "a"}));
    one = one.sends("application/json", r#"{"name": "a"}"#);
    one.sent = Some(json!(r#"{"name": "a"}"#));
    expect(one, &[]);
}

#[test]
fn a_valid_request_that_is_refused_is_a_warning() {
    let post = |status| {
        let one = exchange_of(&shop(), "createItem", "/items", status);
        one.body("application/problem+json", r#"{"title":"no"}"#)
    };
    for status in [400, 415, 422] {
        let line = format!(
            "request-valid-refused /paths/~1items/post: `createItem` refused ({status}) a request in which nothing breaks \
             the document"
        );
        expect(post(status).sends("application/json", r#"{"name": "a"}"#), &[&line]);
        expect(post(status).sends("application/json", "{}"), &[]);
    }
    expect(post(409).sends("application/json", r#"{"name": "a"}"#), &[]);
}

#[test]
fn parameters_that_nobody_declared_are_noted() {
    let reply = |target: &str| {
        exchange_of(&shop(), "getItem", target, 200).header("X-Remaining", "3").json(json!({"id": 1, "name": "a"}))
    };
    let mut common = reply("/items/7");
    for name in ["Authorization", "Cookie", "Accept-Language", "User-Agent", "If-None-Match", "X-Standin-World"] {
        common = common.sends_header(name, "x");
    }
    expect(common, &[]);
    let told = |place: &str, name: &str| {
        format!(
            "parameter-undeclared /paths/~1items~1{{id}}/get: the {place} parameter `{name}` was sent to `getItem`, which \
             does not declare it"
        )
    };
    let one = reply("/items/7?feilds=id&fields=id").sends_header("X-Tracer", "a");
    let findings = super::super::exchange(&shop(), &one, &step(), false);
    let hints: Vec<_> = findings.iter().map(|finding| finding.hint.as_deref().unwrap_or_default()).collect();
    assert_eq!(hints, ["did you mean `fields`?", "did you mean `X-Trace`?"]);
    expect(one, &[&told("query", "feilds"), &told("header", "x-tracer")]);
}

#[test]
fn where_credentials_stand_no_parameter_is_missed() {
    let shop = contract(
        r#"
openapi: 3.1.0
info: { title: A, version: "1" }
paths: { /a: { get: { operationId: a, responses: { "200": { description: "" } } } } }
components: { securitySchemes: { q: { type: apiKey, in: query, name: key }, h: { type: apiKey, in: header, name: X-Key } } }
"#,
    );
    expect_with(&shop, exchange_of(&shop, "a", "/a?key=1", 200).sends_header("x-key", "1"), false, &[]);
}

#[test]
fn a_rewritten_path_is_not_judged() {
    let shop = shop();
    let one = exchange_of(&shop, "deleteItem", "/7", 204);
    expect(one, &[]);
}

#[test]
fn templates_of_several_names_in_one_segment_are_taken_apart() {
    let shop = contract(
        r#"
openapi: 3.1.0
info: { title: A, version: "1" }
paths:
  /a/{name}.{format}/b:
    get:
      operationId: a
      parameters:
        - { name: name, in: path, required: true, schema: { type: string } }
        - { name: format, in: path, required: true, schema: { enum: [png, gif] } }
      responses: { "200": { description: "" } }
"#,
    );
    expect_with(&shop, exchange_of(&shop, "a", "/x/a/one.png/b", 200), false, &[]);
    let line = "request-invalid-accepted /paths/~1a~1{name}.{format}~1b/get/parameters/1: `a` accepted (200) a request that \
                the document forbids: the path parameter `format` must be one of: png, gif [a refusal (400, 415 or 422) | 200]";
    expect_with(&shop, exchange_of(&shop, "a", "/a/one.pdf/b", 200), false, &[line]);
}
