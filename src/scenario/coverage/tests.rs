//! What can be seen of a small document, and what exchanges show of it.

use std::time::Duration;

use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::call::{Call, Reply};
use crate::contract::Selection;
use crate::contract::document::Source;
use crate::contract::operation::OperationId;
use crate::contract::parameter::Arguments;
use crate::scenario::exchange::parse_body;

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /items:
    get:
      operationId: listItems
      parameters:
        - { name: sort, in: query, schema: { type: string, enum: [name, age] } }
        - { name: X-Trace, in: header, schema: { type: string } }
      responses:
        "200":
          description: ""
          content:
            application/json:
              schema:
                type: object
                properties:
                  data: { type: array, items: { $ref: "#/components/schemas/Item" } }
                  labels: { type: object, additionalProperties: { type: string } }
        4XX: { description: "" }
        default: { description: "" }
    post:
      operationId: createItem
      requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/Item" } }, text/csv: {} } }
      responses:
        "201":
          description: ""
          content:
            application/json: { schema: { $ref: "#/components/schemas/Item" } }
            text/csv: { schema: { type: string } }
components:
  schemas:
    Item:
      type: object
      properties:
        state: { oneOf: [{ const: new }, { const: sold }] }
        secret: { type: string, writeOnly: true }
        parts: { type: array, items: { $ref: "#/components/schemas/Item" } }
"##;

/// One text for every name.
struct Text<'a>(&'a str);

impl Source for Text<'_> {
    fn read(&self, _name: &str) -> Result<String, String> {
        Ok(self.0.to_owned())
    }
}

#[track_caller]
fn contract(text: &str) -> Contract {
    match Contract::load(&Text(text), "shop.yaml", &Selection::default()) {
        Ok(contract) => contract,
        Err(errors) => panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

fn exchange(operation: usize, status: u16, arguments: Arguments, body: Option<Value>) -> Exchange {
    let mut reply = Reply::new(StatusCode::from_u16(status).expect("a status"));
    if let Some(body) = body {
        reply.headers.push((http::header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
        reply.body = body.to_string().into();
    }
    let (received, malformed) = parse_body(&reply);
    let (call, operation) = (Call::new(Method::GET, "/items"), OperationId(operation));
    let elapsed = Duration::ZERO;
    Exchange { api: 0, operation, call, arguments, sent: None, reply, received, malformed, elapsed, received_at: 0 }
}

fn query(name: &str, value: Value) -> Arguments {
    let mut arguments = Arguments::default();
    arguments.query.insert(name.to_owned(), value);
    arguments
}

fn line(item: &Item) -> String {
    format!("{} {} {}: {}", item.dimension.word(), item.operation, item.name, item.seen)
}

fn seen(coverage: &Coverage) -> Vec<String> {
    coverage.items().iter().filter(|item| item.seen > 0).map(line).collect()
}

#[test]
fn everything_of_a_document_is_listed_in_its_order() {
    let items = Coverage::of(&contract(DOCUMENT)).items();
    let lines: Vec<String> = items.iter().map(line).collect();
    let expected = [
        "operation listItems GET /items: 0",
        "parameter listItems query sort: 0",
        "enum-value listItems query sort = name: 0",
        "enum-value listItems query sort = age: 0",
        "parameter listItems header X-Trace: 0",
        "status listItems 200: 0",
        "media-type listItems 200 application/json: 0",
        "response-property listItems 200 /data: 0",
        "response-property listItems 200 /data/*/state: 0",
        "enum-value listItems 200 /data/*/state = new: 0",
        "enum-value listItems 200 /data/*/state = sold: 0",
        "response-property listItems 200 /data/*/parts: 0",
        "response-property listItems 200 /labels: 0",
        "response-property listItems 200 /labels/*: 0",
        "status listItems 4XX: 0",
        "status listItems default: 0",
        "operation createItem POST /items: 0",
        "media-type createItem request application/json: 0",
        "media-type createItem request text/csv: 0",
        "status createItem 201: 0",
        "media-type createItem 201 application/json: 0",
        "response-property createItem 201 application/json /state: 0",
        "enum-value createItem 201 application/json /state = new: 0",
        "enum-value createItem 201 application/json /state = sold: 0",
        "response-property createItem 201 application/json /parts: 0",
        "media-type createItem 201 text/csv: 0",
    ];
    assert_eq!(lines, expected);
    assert_eq!(items[8].pointer, "/components/schemas/Item/properties/state");
    assert_eq!(items[2].pointer, "/paths/~1items/get/parameters/0/schema/enum");
}

#[test]
fn what_an_exchange_shows_is_counted() {
    let contract = contract(DOCUMENT);
    let mut coverage = Coverage::of(&contract);
    let body = json!({"data": [{"state": "sold", "parts": [{"state": "new"}]}, {"state": "lost"}], "labels": {"a": "b"}, "x": 1});
    coverage.observe(&contract, &exchange(0, 200, query("sort", json!("age")), Some(body)));
    let expected = [
        "operation listItems GET /items: 1",
        "parameter listItems query sort: 1",
        "enum-value listItems query sort = age: 1",
        "status listItems 200: 1",
        "media-type listItems 200 application/json: 1",
        "response-property listItems 200 /data: 1",
        "response-property listItems 200 /data/*/state: 2",
        "enum-value listItems 200 /data/*/state = sold: 1",
        "response-property listItems 200 /data/*/parts: 1",
        "response-property listItems 200 /labels: 1",
        "response-property listItems 200 /labels/*: 1",
    ];
    assert_eq!(seen(&coverage), expected);
    assert_eq!(coverage.count(Dimension::Status), (1, 4));
    assert_eq!(coverage.count(Dimension::ResponseProperty), (5, 7));
    assert_eq!(coverage.count(Dimension::EnumValue), (2, 6));
}

#[test]
fn statuses_count_for_the_key_that_declares_them() {
    let contract = contract(DOCUMENT);
    let mut coverage = Coverage::of(&contract);
    for status in [404, 410, 500] {
        coverage.observe(&contract, &exchange(0, status, Arguments::default(), None));
    }
    // Nobody declares this one.
    coverage.observe(&contract, &exchange(1, 404, Arguments::default(), Some(json!({"state": "new"}))));
    let expected = [
        "operation listItems GET /items: 3",
        "status listItems 4XX: 2",
        "status listItems default: 1",
        "operation createItem POST /items: 1",
    ];
    assert_eq!(seen(&coverage), expected);
}

#[test]
fn counts_of_workflows_add_up_in_any_order() {
    let shop = contract(DOCUMENT);
    let empty = Coverage::of(&shop);
    let (mut one, mut other) = (empty.clone(), empty.clone());
    one.observe(&shop, &exchange(0, 200, Arguments::default(), None));
    other.observe(&shop, &exchange(0, 404, query("sort", json!("name")), None));
    let mut both = one.clone();
    both.merge(&other);
    let mut turned = other.clone();
    turned.merge(&one);
    assert_eq!(both.items(), turned.items());
    assert_eq!(both.count(Dimension::Status), (2, 4));
    // One that was counted by itself, without a common beginning.
    let mut apart = Coverage::default();
    apart.observe(&contract(DOCUMENT), &exchange(0, 404, query("sort", json!("name")), None));
    let mut again = one.clone();
    again.merge(&apart);
    assert_eq!(again.items(), both.items());
    let mut nothing = Coverage::default();
    nothing.merge(&one);
    assert_eq!(nothing.items(), one.items());
    one.merge(&Coverage::default());
    assert_eq!(nothing.items(), one.items());
}

#[test]
fn schemas_that_refer_to_each_other_end() {
    let mut schemas = String::new();
    for one in 0..8 {
        schemas.push_str(&format!("    S{one}:\n      properties:\n"));
        for other in 0..8 {
            schemas.push_str(&format!("        p{other}: {{ $ref: '#/components/schemas/S{other}' }}\n"));
        }
    }
    let contract = contract(&format!(
        "openapi: 3.1.0\ninfo: {{ title: A, version: '1' }}\npaths:\n  /a: {{ get: {{ responses: {{ '200': {{ description: '', \
         content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/S0' }} }} }} }} }} }} }}\ncomponents:\n  schemas:\n{schemas}"
    ));
    let coverage = Coverage::of(&contract);
    let (_, all) = coverage.count(Dimension::ResponseProperty);
    assert_eq!(all, 2_000);
    // What is near is never cut off.
    let names: Vec<String> = coverage.items().into_iter().map(|item| item.name).collect();
    assert!((0..8).all(|one| (0..8).all(|other| one == 0 || names.contains(&format!("200 /p{one}/p{other}")))));
}

#[test]
fn bounds_are_read_and_slips_are_named() {
    assert_eq!(bounds("80"), Ok(vec![(Dimension::Operation, 80.0)]));
    assert_eq!(
        bounds(" operation=100, status = 80.5 %,mediaType=0"),
        Ok(vec![(Dimension::Operation, 100.0), (Dimension::Status, 80.5), (Dimension::MediaType, 0.0)])
    );
    let refused = [
        ("", "`` is not a percentage: write a number from 0 to 100, such as 80"),
        ("101", "`101` is not a percentage: write a number from 0 to 100, such as 80"),
        ("NaN", "`NaN` is not a percentage: write a number from 0 to 100, such as 80"),
        ("status=-1", "`-1` is not a percentage: write a number from 0 to 100, such as 80"),
        ("statsu=1", "`statsu` is not counted; did you mean `status`?"),
        (
            "zebra=1",
            "`zebra` is not counted; there are: operation, status, media-type, parameter, response-property, enum-value",
        ),
        ("80,operation=90", "`operation` is given twice"),
    ];
    for (text, message) in refused {
        assert_eq!(bounds(text), Err(message.to_owned()), "{text}");
    }
}

#[test]
fn low_coverage_names_what_was_not_seen() {
    let contract = contract(DOCUMENT);
    let mut coverage = Coverage::of(&contract);
    coverage.observe(&contract, &exchange(0, 200, Arguments::default(), None));
    let file = "shop.yaml".into();
    let low = |text: &str| {
        let findings = lacking(&coverage, &file, &bounds(text).expect("bounds"));
        findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
    };
    assert_eq!(low("50"), Vec::<String>::new());
    assert_eq!(low("operation=50,status=25,media-type=0"), Vec::<String>::new());
    let expected = [
        "the operation coverage of shop.yaml is 50 % (1 of 2), below 50.1 %; not seen: createItem",
        "the status coverage of shop.yaml is 25 % (1 of 4), below 100 %; not seen: listItems 4XX, listItems default, \
         createItem 201",
    ];
    assert_eq!(low("50.1,status=100"), expected);
    let finding = &lacking(&coverage, &file, &[(Dimension::Status, 100.0)])[0];
    assert_eq!(finding.document.as_ref().map(|site| site.pointer.as_str()), Some("/paths/~1items/get/responses/4XX"));
}

#[test]
fn a_document_with_nothing_to_see_lacks_nothing() {
    let empty = contract("openapi: 3.1.0\ninfo: {title: A, version: '1'}\npaths: {}");
    let coverage = Coverage::of(&empty);
    assert_eq!(lacking(&coverage, &"a".into(), &[(Dimension::Operation, 100.0)]), []);
    assert_eq!(coverage.items(), []);
}
