//! Small documents, and exchanges that keep or break them.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::call::{Call, Reply};
use crate::contract::Selection;
use crate::contract::document::Source;
use crate::contract::parameter::Arguments;
use crate::scenario::code::Code;
use crate::scenario::exchange::parse_body;
use crate::scenario::finding::Severity;

mod overlooked;
mod requests;

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /items/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: integer, minimum: 1 } }
    get:
      operationId: getItem
      parameters:
        - { name: fields, in: query, schema: { type: array, items: { enum: [id, name] }, maxItems: 2 }, explode: false }
        - { name: X-Trace, in: header, schema: { type: string, maxLength: 4 } }
      responses:
        "200":
          description: one
          headers:
            X-Remaining: { required: true, schema: { type: integer, minimum: 0 } }
            X-Tags: { schema: { type: array, items: { type: integer } } }
            X-Meta: { content: { application/json: { schema: { type: object, required: [a] } } } }
          content:
            application/json: { schema: { $ref: "#/components/schemas/Item" } }
        4xx: { $ref: "#/components/responses/Problem" }
    head:
      operationId: headItem
      responses: { "200": { description: "", content: { application/json: { schema: { type: object } } } } }
    delete:
      operationId: deleteItem
      responses: { "204": { description: gone }, 2XX: { description: "", content: { "*/*": {} } } }
  /items:
    post:
      operationId: createItem
      requestBody: { $ref: "#/components/requestBodies/New" }
      responses:
        "201": { description: "", content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } } }
        default: { $ref: "#/components/responses/Problem" }
  /tree:
    get:
      operationId: getTree
      responses: { "200": { description: "", content: { application/json: { schema: { $ref: "#/components/schemas/Tree" } } } } }
  /file:
    get:
      operationId: getFile
      responses:
        "200":
          description: bytes
          content:
            image/*: {}
            text/plain: { schema: { type: string, maxLength: 3 } }
            application/xml: { schema: { type: object, required: [a] } }
  /any:
    get:
      operationId: getAny
      responses: { 2XX: { description: "", content: { application/json: { schema: { $ref: "#/components/schemas/Any" } } } } }
webhooks:
  itemSold:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [event, data]
              properties:
                event: { const: item.sold }
                data: { $ref: "#/components/schemas/Item" }
      responses: { "200": { description: "" } }
  item.lost:
    post: { responses: { "200": { description: "" } } }
components:
  requestBodies:
    New:
      required: true
      content:
        application/json:
          schema: { type: object, required: [name], properties: { name: { type: string }, id: { type: integer, readOnly: true } } }
        application/x-www-form-urlencoded:
          schema: { type: object, required: [count], properties: { count: { type: integer } } }
        multipart/form-data:
          schema: { type: object, required: [file], properties: { file: { type: string, format: binary }, count: { type: integer } } }
  responses:
    Problem:
      description: a problem
      content: { application/problem+json: { schema: { type: object, required: [title], properties: { title: { type: string } } } } }
  schemas:
    Item:
      type: object
      required: [id, name]
      properties:
        id: { type: integer, readOnly: true }
        name: { type: string }
        state: { type: string, enum: [new, sold] }
        secret: { type: string, writeOnly: true }
        prices: { type: array, items: { $ref: "#/components/schemas/Price" } }
    Price:
      type: object
      properties: { amount: { type: number } }
    Tree:
      type: object
      required: [name]
      properties:
        name: { type: string }
        children: { type: array, items: { $ref: "#/components/schemas/Tree" } }
    Any:
      allOf:
        - { type: object, properties: { base: { type: string } } }
        - anyOf:
            - { properties: { left: { type: integer } }, required: [left] }
            - { properties: { right: { $ref: "#/components/schemas/Price" } }, required: [right] }
        - { if: { required: [base] }, then: { properties: { later: { type: boolean } } } }
      properties:
        map: { type: object, properties: { known: {} }, additionalProperties: { $ref: "#/components/schemas/Price" } }
        loose: { type: object, properties: { a: {} }, additionalProperties: true }
        bare: { type: object }
        shut: { type: object, properties: { a: {} }, additionalProperties: false }
        pair: { type: array, prefixItems: [{ type: object, properties: { a: {} } }, { type: string }] }
        dated: { type: object, patternProperties: { "^d-": { $ref: "#/components/schemas/Price" } } }
        either: { anyOf: [{ type: object, properties: { a: {} } }, { type: object }, { type: "null" }] }
        one: { oneOf: [{ type: object, properties: { a: {} }, required: [a] }, { type: object, properties: { b: {} }, required: [b] }] }
"##;

/// One text for every name.
struct Text<'a>(&'a str);

impl Source for Text<'_> {
    fn read(&self, _name: &str) -> Result<String, String> {
        Ok(self.0.to_owned())
    }
}

#[track_caller]
pub fn contract(text: &str) -> Contract {
    match Contract::load(&Text(text), "shop.yaml", &Selection::default()) {
        Ok(contract) => contract,
        Err(errors) => panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

fn shop() -> Contract {
    contract(DOCUMENT)
}

/// An exchange: `GET /base/items/7?x=1`, with headers and bodies added after.
pub fn exchange_of(contract: &Contract, operation: &str, target: &str, status: u16) -> Exchange {
    let operation = contract.operations.find(operation).expect("the operation is declared");
    let method = contract.operations.get(operation).method.clone();
    Exchange {
        api: 0,
        operation,
        call: Call::new(method, target),
        arguments: Arguments::default(),
        sent: None,
        reply: Reply::new(StatusCode::from_u16(status).expect("a status")),
        received: None,
        malformed: None,
        elapsed: Duration::ZERO,
        received_at: 0,
    }
}

impl Exchange {
    pub fn sends(mut self, kind: &str, body: &str) -> Exchange {
        self = self.sends_header("content-type", kind);
        self.sent = serde_json::from_str(body).ok();
        self.call.body = Bytes::copy_from_slice(body.as_bytes());
        self
    }

    pub fn sends_header(mut self, name: &str, value: &str) -> Exchange {
        let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).expect("a name");
        self.call.headers.append(name, HeaderValue::from_str(value).expect("a value"));
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Exchange {
        let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).expect("a name");
        self.reply.headers.push((name, HeaderValue::from_str(value).expect("a value")));
        self
    }

    pub fn body(mut self, kind: &str, body: impl AsRef<[u8]>) -> Exchange {
        if !kind.is_empty() {
            self = self.header("content-type", kind);
        }
        self.reply.body = Bytes::copy_from_slice(body.as_ref());
        (self.received, self.malformed) = parse_body(&self.reply);
        self
    }

    pub fn json(self, body: Value) -> Exchange {
        self.body("application/json; charset=utf-8", body.to_string())
    }
}

fn step() -> Site {
    Site { file: "shop.arazzo.yaml".into(), pointer: "/workflows/0/steps/0".to_owned() }
}

/// A finding as one line: code, place in the document, message, expected and found.
fn line(finding: &Finding) -> String {
    let place = finding.document.as_ref().map_or("-", |site| site.pointer.as_str());
    let sides = match (&finding.expected, &finding.found) {
        (Some(expected), Some(found)) => format!(" [{expected} | {found}]"),
        _ => String::new(),
    };
    format!("{} {place}: {}{sides}", finding.code.word(), finding.message)
}

#[track_caller]
fn expect(exchange: Exchange, expected: &[&str]) {
    expect_with(&shop(), exchange, false, expected);
}

#[track_caller]
fn expect_with(contract: &Contract, exchange: Exchange, closed: bool, expected: &[&str]) {
    let checker = Checker::new(contract);
    let mut moved = exchange.clone();
    let findings = checker.exchange(contract, &mut moved, &step(), closed);
    let lines: Vec<String> = findings.iter().map(line).collect();
    assert_eq!(lines, expected);
    // The bodies are back, and a second look says the same.
    assert_eq!((&moved.received, &moved.sent), (&exchange.received, &exchange.sent));
    assert_eq!(checker.exchange(contract, &mut moved, &step(), closed), findings);
    assert_eq!(super::exchange(contract, &exchange, &step(), closed), findings);
    assert!(findings.iter().all(|finding| finding.scenario == step()));
    assert!(findings.iter().all(|finding| finding.document.as_ref().is_none_or(|site| &*site.file == "shop.yaml")));
}

fn item() -> Exchange {
    exchange_of(&shop(), "getItem", "/items/7", 200).header("X-Remaining", "3")
}

fn any(body: Value) -> Exchange {
    exchange_of(&shop(), "getAny", "/any", 200).json(body)
}

#[test]
fn a_reply_that_keeps_every_promise_has_no_findings() {
    expect(item().json(json!({"id": 7, "name": "a", "state": "new", "prices": [{"amount": 1.5}]})), &[]);
    expect(exchange_of(&shop(), "deleteItem", "/v2/items/7", 204), &[]);
    expect(exchange_of(&shop(), "headItem", "/items/7", 200).header("content-type", "application/json"), &[]);
}

#[test]
fn statuses_are_found_by_code_then_range_then_default() {
    let problem = |one: Exchange| one.body("application/problem+json", r#"{"title":"no"}"#);
    let shop = shop();
    expect(problem(exchange_of(&shop, "getItem", "/items/7", 418)), &[]);
    expect(problem(exchange_of(&shop, "createItem", "/items", 503)), &[]);
    expect(exchange_of(&shop, "deleteItem", "/items/7", 202).body("x/y", "z"), &[]);
    expect(
        problem(exchange_of(&shop, "getItem", "/items/7", 500)),
        &["status-undeclared /paths/~1items~1{id}/get/responses: `getItem` answered 500, which the document does not \
           declare [200, 4XX | 500]"],
    );
}

#[test]
fn media_types_fit_exactly_or_by_range_and_their_parameters_do_not_count() {
    let file = |kind: &str, body: &str| exchange_of(&shop(), "getFile", "/file", 200).body(kind, body);
    expect(file("image/png", "x"), &[]);
    expect(file("Text/Plain ; charset=UTF-8", "abc"), &[]);
    expect(
        file("application/pdf", "x"),
        &["media-type-undeclared /paths/~1file/get/responses/200/content: `getFile` answered 200 with a body of the \
           media type `application/pdf`, which is not declared [image/*, text/plain, application/xml | application/pdf]"],
    );
    expect(
        file("", "x"),
        &["media-type-undeclared /paths/~1file/get/responses/200/content: `getFile` answered 200 with a body and \
           without a `Content-Type` [image/*, text/plain, application/xml | no Content-Type]"],
    );
}

#[test]
fn json_without_a_content_type_is_still_held_against_the_only_schema() {
    let place = "/paths/~1items~1{id}/get/responses/200/content";
    let first = format!(
        "media-type-undeclared {place}: `getItem` answered 200 with a body and without a `Content-Type` \
         [application/json | no Content-Type]"
    );
    let second = "body-invalid /components/schemas/Item/required: the body of the 200 reply of `getItem` breaks its \
                  schema: `/name` is required [a value | nothing]";
    expect(item().body("", r#"{"id":7}"#), &[&first, second]);
}

#[test]
fn bodies_are_missing_unexpected_or_malformed() {
    expect(
        item(),
        &["body-missing /paths/~1items~1{id}/get/responses/200/content: `getItem` answered 200 without a body, where \
           the document declares one [application/json | nothing]"],
    );
    let shop = shop();
    expect(exchange_of(&shop, "getFile", "/file", 200).header("content-type", "text/plain"), &[]);
    expect(
        exchange_of(&shop, "deleteItem", "/items/7", 204).body("text/plain", "gone"),
        &[
            "body-unexpected /paths/~1items~1{id}/delete/responses/204: `deleteItem` answered 204 with a body of 4 bytes, \
           where a 204 has none [nothing | 4 bytes]",
        ],
    );
    expect(
        exchange_of(&shop, "headItem", "/items/7", 200).json(json!({})),
        &["body-unexpected /paths/~1items~1{id}/head/responses/200: `headItem` answered 200 with a body of 2 bytes, \
           where the reply to a HEAD request has none [nothing | 2 bytes]"],
    );
    expect(
        item().body("application/json", "{\"id\": 7,"),
        &[
            "body-malformed /paths/~1items~1{id}/get/responses/200/content: the body of the 200 reply of `getItem` is no \
           `application/json`: it is not JSON: EOF while parsing a value at line 1 column 9",
        ],
    );
    expect(
        exchange_of(&shop, "getFile", "/file", 200).body("text/plain", b"\xff\xfe"),
        &["body-malformed /paths/~1file/get/responses/200/content: the body of the 200 reply of `getFile` is no \
           `text/plain`: it is not UTF-8"],
    );
    expect(exchange_of(&shop, "getFile", "/file", 200).body("text/plain; charset=latin-1", b"\xff"), &[]);
}

#[test]
fn a_body_that_nobody_declared_is_unexpected() {
    let shop = contract(
        "openapi: 3.1.0\ninfo: {title: A, version: '1'}\npaths:\n  /a: {get: {operationId: a, responses: {'200': {description: ''}}}}",
    );
    expect_with(&shop, exchange_of(&shop, "a", "/a", 200), false, &[]);
    let line = "body-unexpected /paths/~1a/get/responses/200: `a` answered 200 with a body of 2 bytes, where the document \
                declares none [nothing | 2 bytes]";
    expect_with(&shop, exchange_of(&shop, "a", "/a", 200).json(json!({})), false, &[line]);
}

#[test]
fn each_violation_of_a_body_is_told_at_the_word_of_the_schema_that_it_breaks() {
    let body = json!({"id": "7", "state": "lost", "secret": 1, "prices": [{}, {"amount": "1"}]});
    let told = |place: &str, at: &str, demand: &str, sides: &str| {
        format!(
            "body-invalid {place}: the body of the 200 reply of `getItem` breaks its schema: `{at}` {demand} [{sides}]"
        )
    };
    let schemas = "/components/schemas";
    let lines = [
        told(&format!("{schemas}/Item/required"), "/name", "is required", "a value | nothing"),
        told(&format!("{schemas}/Item/properties/id/type"), "/id", "must be an integer", "an integer | \"7\""),
        told(
            &format!("{schemas}/Item/properties/state/enum"),
            "/state",
            "must be one of: new, sold",
            "one of: new, sold | \"lost\"",
        ),
        told(&format!("{schemas}/Item/properties/secret/type"), "/secret", "must be a string", "a string | 1"),
        told(
            &format!("{schemas}/Price/properties/amount/type"),
            "/prices/1/amount",
            "must be a number",
            "a number | \"1\"",
        ),
    ];
    let mut found: Vec<String> =
        super::exchange(&shop(), &item().json(body), &step(), false).iter().map(line).collect();
    let mut lines = lines.to_vec();
    lines.sort();
    found.sort();
    assert_eq!(found, lines);
}

#[test]
fn a_body_that_is_wrong_everywhere_is_told_in_part() {
    let prices: Vec<Value> = (0..50).map(|_| json!({"amount": "x"})).collect();
    let findings =
        super::exchange(&shop(), &item().json(json!({"id": 1, "name": "a", "prices": prices})), &step(), false);
    assert_eq!(findings.len(), 21);
    let last = "body-invalid /paths/~1items~1{id}/get/responses/200/content/application~1json/schema: the body of the 200 \
                reply of `getItem` breaks its schema in 30 more places";
    assert_eq!(findings.last().map(line).as_deref(), Some(last));
}

#[test]
fn recursive_schemas_are_checked_at_every_depth() {
    let tree = |leaf: Value| json!({"name": "a", "children": [{"name": "b", "children": [leaf]}]});
    let reply = |body: Value| exchange_of(&shop(), "getTree", "/tree", 200).json(body);
    expect(reply(tree(json!({"name": "c"}))), &[]);
    expect(
        reply(tree(json!({"name": 3}))),
        &["body-invalid /components/schemas/Tree/properties/name/type: the body of the 200 reply of `getTree` breaks \
           its schema: `/children/0/children/0/name` must be a string [a string | 3]"],
    );
    expect(
        reply(tree(json!({"name": "c", "nmae": 1}))),
        &[
            "property-undeclared /components/schemas/Tree: no schema names `/children/*/children/*/nmae` in the body of \
           the 200 reply of `getTree`",
        ],
    );
}

/// What peers get wrong: four breaks that must be found, and two that are none.
#[test]
fn the_six_checks_that_runners_fail_are_passed() {
    let worst = |exchange: Exchange| {
        let findings = super::exchange(&shop(), &exchange, &step(), false);
        findings.into_iter().map(|finding| (finding.severity, finding.code)).max()
    };
    let error = |code| Some((Severity::Error, code));
    let shop = shop();
    let good = json!({"id": 1, "name": "a"});
    let tree = json!({"name": "a", "children": [{"children": []}]});
    assert_eq!(worst(item().json(json!({"id": 1}))), error(Code::BodyInvalid));
    assert_eq!(worst(exchange_of(&shop, "getTree", "/tree", 200).json(tree)), error(Code::BodyInvalid));
    assert_eq!(worst(exchange_of(&shop, "getItem", "/items/1", 500)), error(Code::StatusUndeclared));
    let bare = exchange_of(&shop, "getItem", "/items/1", 200).json(good);
    assert_eq!(worst(bare), error(Code::HeaderMissing));
    assert_eq!(worst(exchange_of(&shop, "getAny", "/any", 226).json(json!({"left": 1}))), None);
    let extra = item().json(json!({"id": 1, "name": "a", "colour": 1}));
    assert_eq!(worst(extra), Some((Severity::Note, Code::PropertyUndeclared)));
}

#[test]
fn schemas_made_to_be_slow_are_not() {
    // Every alternative refers to every other, and every object has every name.
    let mut schemas = String::new();
    for one in 0..40 {
        schemas.push_str(&format!(
            "    S{one}:\n      properties: {{ p{one}: {{ $ref: '#/components/schemas/S{one}' }} }}\n"
        ));
        schemas.push_str("      patternProperties: { '^x': {}, '(': {} }\n      anyOf:\n");
        (0..40).for_each(|other| schemas.push_str(&format!("        - $ref: '#/components/schemas/S{other}'\n")));
    }
    let document: Value =
        serde_json::json!({"components": {"schemas": crate::contract::document::text::parse("s", &schemas).ok()}});
    let mut shop = shop();
    shop.document.root = document;
    let outlines = Outlines::default();
    let place = outline::Place::at(&shop.document, "/components/schemas/S0").expect("a schema");
    let mut id = outlines.intern(&shop.document, vec![place]).expect("an outline");
    for step in 0..200 {
        let outline = outlines.get(&shop.document, id).expect("an outline");
        // What is too much to look at is not reported.
        assert!(matches!(outline.others, outline::Others::Said { .. }));
        id = outline.properties[step % outline.properties.len()].expect("an outline");
    }
}

#[test]
fn plain_text_is_held_against_its_schema_and_xml_is_not() {
    let file = |kind: &str, body: &str| exchange_of(&shop(), "getFile", "/file", 200).body(kind, body);
    expect(file("application/xml", "<b/>"), &[]);
    expect(
        file("text/plain", "abcd"),
        &[
            "body-invalid /paths/~1file/get/responses/200/content/text~1plain/schema/maxLength: the body of the 200 reply \
           of `getFile` breaks its schema: the whole body must be at most 3 characters [at most 3 characters | \"abcd\"]",
        ],
    );
}

#[test]
fn required_headers_are_missed_and_declared_ones_are_of_their_types() {
    let body = json!({"id": 1, "name": "a"});
    let bare = || exchange_of(&shop(), "getItem", "/items/7", 200).json(body.clone());
    let headers = "/paths/~1items~1{id}/get/responses/200/headers";
    let missing = format!(
        "header-missing {headers}/X-Remaining/required: `getItem` answered 200 without the header `X-Remaining`, which is \
         required [X-Remaining | nothing]"
    );
    expect(bare(), &[&missing]);
    let good = bare().header("x-remaining", "0").header("X-Tags", "1, 2").header("X-Tags", "3");
    expect(good.header("X-Meta", r#"{"a":1}"#), &[]);
    let wrong = |name: &str, word: &str, demand: &str, sides: &str| {
        format!(
            "header-invalid {headers}/{name}{word}: `getItem` answered 200 with a header `{name}` that breaks its schema: \
             it {demand} [{sides}]"
        )
    };
    expect(
        bare().header("X-Remaining", "soon").header("X-Tags", "1,b").header("X-Meta", "{"),
        &[
            &wrong("X-Remaining", "/schema/type", "must be an integer", "an integer | \"soon\""),
            &wrong("X-Tags", "/schema/items/type", "must be an integer", "an integer | \"1,b\""),
            &wrong(
                "X-Meta",
                "",
                "must be JSON: EOF while parsing an object at line 1 column 1",
                "JSON: EOF while parsing an object at line 1 column 1 | \"{\"",
            ),
        ],
    );
}

#[test]
fn an_undeclared_property_is_a_note_in_open_objects_and_an_error_in_closed_ones() {
    let reply = || item().json(json!({"id": 1, "name": "a", "colour": 1, "prices": [{"ammount": 1}, {"ammount": 2}]}));
    let told = [
        "property-undeclared /components/schemas/Item: no schema names `/colour` in the body of the 200 reply of `getItem`",
        "property-undeclared /components/schemas/Price: no schema names `/prices/*/ammount` in the body of the 200 reply \
         of `getItem`",
    ];
    expect(reply(), &told);
    expect_with(&shop(), reply(), true, &told);
    let severities = |closed| {
        let findings = super::exchange(&shop(), &reply(), &step(), closed);
        assert_eq!(
            findings[1].hint.as_deref(),
            Some("the document has `amount` there; declare the property if it is another one")
        );
        findings.iter().map(|finding| finding.severity).collect::<Vec<_>>()
    };
    assert_eq!(severities(false), [Severity::Note, Severity::Note]);
    assert_eq!(severities(true), [Severity::Error, Severity::Error]);
}

#[test]
fn a_property_that_any_schema_of_its_object_names_is_no_surprise() {
    expect(any(json!({"left": 1, "base": "b", "later": true, "right": {"amount": 1}})), &[]);
    expect(any(json!({"left": 1, "map": {"known": {}, "x": {"amount": 1}}})), &[]);
    expect(any(json!({"left": 1, "loose": {"b": {"c": 1}}, "bare": {"b": 1}, "either": {"b": 1}})), &[]);
    expect(
        any(json!({"left": 1, "dated": {"d-1": {"amount": 1}}, "pair": [{"a": 1}, "b", {"c": 1}]})),
        &[
            "property-undeclared /components/schemas/Any/properties/pair/prefixItems/0: no schema names `/pair/*/c` in the \
         body of the 200 reply of `getAny`",
        ],
    );
    let told = |place: &str, at: &str| {
        format!("property-undeclared {place}: no schema names `{at}` in the body of the 200 reply of `getAny`")
    };
    let any_schema = "/components/schemas/Any";
    expect(any(json!({"left": 1, "top": 1})), &[&told(any_schema, "/top")]);
    expect(
        any(json!({"left": 1, "map": {"x": {"y": 1}, "z": {"y": 2}}, "dated": {"d-1": {"b": 1}, "e": 1}})),
        &[
            &told("/components/schemas/Price", "/map/*/y"),
            &told("/components/schemas/Price", "/dated/*/b"),
            &told(&format!("{any_schema}/properties/dated"), "/dated/e"),
        ],
    );
    expect(
        any(json!({"left": 1, "one": {"a": 1, "c": 1}})),
        &[&told(&format!("{any_schema}/properties/one"), "/one/c")],
    );
}

#[test]
fn what_validation_refuses_is_not_told_twice() {
    expect(
        any(json!({"left": 1, "shut": {"b": 1}})),
        &["body-invalid /components/schemas/Any/properties/shut/additionalProperties: the body of the 200 reply of \
           `getAny` breaks its schema: `/shut/b` is not allowed [nothing | 1]"],
    );
}

#[track_caller]
fn expect_webhook(event: &str, payload: Value, expected: &[&str]) {
    let findings = webhook(&shop(), event, &payload, &step(), false);
    assert_eq!(findings.iter().map(line).collect::<Vec<_>>(), expected);
}

#[test]
fn webhooks_are_found_by_key_by_what_they_call_themselves_and_by_letters() {
    let good = json!({"event": "item.sold", "data": {"id": 1, "name": "a"}});
    for event in ["itemSold", "item.sold", "item_sold"] {
        expect_webhook(event, good.clone(), &[]);
    }
    expect_webhook("item.lost", json!(null), &[]);
    let shop = shop();
    let findings = webhook(&shop, "item.sodl", &good, &step(), false);
    assert_eq!(findings[0].hint.as_deref(), Some("did you mean `item.lost`?"));
    expect_webhook("zebra", good, &["webhook-invalid /webhooks: the document declares no webhook `zebra`"]);
}

#[test]
fn a_payload_that_breaks_its_schema_is_told() {
    expect_webhook(
        "item.sold",
        json!({"event": "item.sold", "data": {"id": 1, "colour": 2}}),
        &[
            "webhook-invalid /components/schemas/Item/required: the payload of the webhook `item.sold` breaks its schema: \
             `/data/name` is required [a value | nothing]",
            "property-undeclared /components/schemas/Item: no schema names `/data/colour` in the payload of the webhook \
             `item.sold`",
        ],
    );
}

#[test]
fn webhooks_before_3_1_are_an_extension() {
    let old = contract(
        r#"
openapi: 3.0.3
info: { title: A, version: "1" }
paths: {}
x-webhooks: { sent: { post: { requestBody: { content: { application/json: { schema: { type: object, required: [id] } } } } } } }
"#,
    );
    assert_eq!(webhook(&old, "sent", &json!({"id": 1}), &step(), false), []);
    assert_eq!(webhook(&old, "sent", &json!({}), &step(), false).len(), 1);
    assert_eq!(
        webhook(&contract("openapi: 3.1.0\ninfo: {title: A, version: '1'}"), "a", &json!({}), &step(), false).len(),
        1
    );
}

#[test]
fn one_checker_serves_all_threads() {
    let shop = shop();
    let checker = Checker::new(&shop);
    let exchange = item().json(json!({"id": 1, "name": "a", "colour": 1}));
    let (checker, shop, exchange) = (&checker, &shop, &exchange);
    let counts: Vec<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(move || checker.exchange(shop, &mut exchange.clone(), &step(), false).len()))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(counts, [1; 8]);
}

#[test]
fn a_value_is_shown_only_by_its_beginning() {
    assert_eq!(wording::short(&json!({"a": [1, null]})), r#"{"a":[1,null]}"#);
    let long = wording::short(&json!("é".repeat(1_000_000)));
    assert_eq!((long.chars().count(), long.ends_with('…')), (81, true));
}
