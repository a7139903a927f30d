//! Requests that the document forbids and that the service says it overlooks: `requests`.

use super::*;

const POSTS: &str = r##"
openapi: 3.1.0
info: { title: Posts, version: "1" }
x-standin: { requests: { OVERLOOKED } }
paths:
  /posts:
    post:
      operationId: createPost
      parameters:
        - { name: page, in: query, schema: { type: integer } }
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              required: [text]
              properties:
                text: { type: string, minLength: 1 }
                code: { type: string, maxLength: 2 }
                count: { type: integer }
                ids: { type: array, items: { type: integer } }
      responses: { "201": { description: "" }, 4XX: { description: "" } }
"##;

const OPERATION: &str = "/paths/~1posts/post";
const SCHEMA: &str = "/paths/~1posts/post/requestBody/content/application~1json/schema";
const JSON: &str = "application/json";

/// A request to create a post, answered with this status.
struct Request {
    target: &'static str,
    kind: &'static str,
    body: &'static str,
    status: u16,
}

fn request(target: &'static str, kind: &'static str, body: &'static str) -> Request {
    Request { target, kind, body, status: 201 }
}

/// What is found where the service overlooks this much.
#[track_caller]
fn found(overlooked: &str, request: &Request, expected: &[String]) {
    let posts = contract(&POSTS.replace("OVERLOOKED", overlooked));
    let mut exchange = exchange_of(&posts, "createPost", request.target, request.status);
    if !request.kind.is_empty() {
        exchange = exchange.sends(request.kind, request.body);
    }
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expect_with(&posts, exchange, false, &expected);
}

/// What one word of `requests` changes: nothing is found any more.
#[track_caller]
fn overlooks(word: &str, request: &Request, strictly: &[String]) {
    found("", request, strictly);
    found(&format!("{word}: true"), request, &[]);
}

fn accepted(place: &str, what: &str) -> String {
    format!(
        "request-invalid-accepted {place}: `createPost` accepted (201) a request that the document forbids: {what} [a \
         refusal (400, 415 or 422) | 201]"
    )
}

fn undeclared(name: &str) -> String {
    format!(
        "parameter-undeclared {OPERATION}: the query parameter `{name}` was sent to `createPost`, which does not \
         declare it"
    )
}

#[test]
fn json_under_another_content_type_is_taken_where_any_json_is() {
    let other = accepted(&format!("{OPERATION}/requestBody"), "the body must be application/json");
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        overlooks("any_json", &request("/posts", kind, r#" {"text": "a"}"#), std::slice::from_ref(&other));
    }
    // What it says still counts, and what is not JSON is not taken for it.
    let wrong = accepted(&format!("{SCHEMA}/properties/text/type"), "the body's `/text` must be a string");
    found("any_json: true", &request("/posts", "text/plain", r#"{"text": 1}"#), &[wrong]);
    found("any_json: true", &request("/posts", "text/plain", "text=a"), &[other]);
    let broken = accepted(SCHEMA, "the body is not valid JSON: ends too early");
    found("any_json: true", &request("/posts", JSON, r#"{"text": "#), &[broken]);
}

#[test]
fn a_query_stands_for_the_members_that_the_body_lacks_where_it_does() {
    let missing = accepted(&format!("{OPERATION}/requestBody"), "the body is required");
    let in_query = request("/posts?page=1&text=a&ids[]=1&ids[]=2", "", "");
    overlooks("query_as_body", &in_query, &[missing, undeclared("text"), undeclared("ids[]")]);
    overlooks("query_as_body", &request("/posts?count=3", JSON, r#"{"text": "a"}"#), &[undeclared("count")]);
    // A member that the body has is not looked for in the query, and one that no schema knows stands for none.
    let word = "query_as_body: true";
    found(word, &request("/posts?text=b", JSON, r#"{"text": "a"}"#), &[undeclared("text")]);
    let unknown = accepted(&format!("{SCHEMA}/additionalProperties"), "the body's `/txet` is not allowed");
    found(word, &request("/posts?txet=b", JSON, r#"{"text": "a"}"#), &[unknown, undeclared("txet")]);
    let wrong = accepted(&format!("{SCHEMA}/properties/count/type"), "the body's `/count` must be an integer");
    found(word, &request("/posts?text=a&count=b", "", ""), &[wrong]);
    let missing = accepted(&format!("{SCHEMA}/required"), "the body's `/text` is required");
    found(word, &request("/posts?page=1", "", ""), &[missing]);
}

#[test]
fn white_space_around_texts_does_not_count_where_it_is_trimmed() {
    let long =
        accepted(&format!("{SCHEMA}/properties/code/maxLength"), "the body's `/code` must be at most 2 characters");
    let spaced = request("/posts", JSON, r#"{"text": "a", "code": " ab "}"#);
    overlooks("trim", &spaced, std::slice::from_ref(&long));
    found("trim: true", &request("/posts", JSON, r#"{"text": "a", "code": "a b"}"#), &[long]);
    let empty =
        accepted(&format!("{SCHEMA}/properties/text/minLength"), "the body's `/text` must be at least 1 character");
    found("trim: true", &request("/posts", JSON, r#"{"text": "  "}"#), &[empty]);
}

#[test]
fn blank_texts_are_absent_where_they_say_nothing() {
    let blank = accepted(&format!("{SCHEMA}/properties/count/type"), "the body's `/count` must be an integer");
    overlooks("blank_as_absent", &request("/posts", JSON, r#"{"text": "a", "count": ""}"#), &[blank]);
    let page = accepted(&format!("{OPERATION}/parameters/0"), "the query parameter `page` must be an integer");
    overlooks("blank_as_absent", &request("/posts?page=", JSON, r#"{"text": "a"}"#), std::slice::from_ref(&page));
    let word = "blank_as_absent: true";
    found(word, &request("/posts?page=one", JSON, r#"{"text": "a"}"#), &[page]);
    let missing = accepted(&format!("{SCHEMA}/required"), "the body's `/text` is required");
    found(word, &request("/posts", JSON, r#"{"text": ""}"#), &[missing]);
}

#[test]
fn numbers_may_be_text_where_that_is_overlooked() {
    let text = accepted(&format!("{SCHEMA}/properties/count/type"), "the body's `/count` must be an integer");
    let written = request("/posts", JSON, r#"{"text": "a", "count": "3"}"#);
    overlooks("numbers_as_text", &written, std::slice::from_ref(&text));
    let word = "numbers_as_text: true";
    found(word, &request("/posts", JSON, r#"{"text": "a", "count": "three"}"#), &[text]);
    let number = accepted(&format!("{SCHEMA}/properties/text/type"), "the body's `/text` must be a string");
    found(word, &request("/posts", JSON, r#"{"text": 3}"#), &[number]);
}

#[test]
fn a_service_that_refuses_what_it_says_it_overlooks_is_told_so() {
    let refused = Request { status: 415, ..request("/posts", "text/plain", r#"{"text": "a"}"#) };
    let line = format!(
        "request-valid-refused {OPERATION}: `createPost` refused (415) a request in which nothing breaks the document"
    );
    found("", &refused, &[]);
    found("any_json: true", &refused, &[line]);
}
