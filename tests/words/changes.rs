//! `also`: for each element of a list, with its own reads, after an operation and after a change of state.

use serde_json::{Value, json};

use crate::service::{complaints, service};
use crate::support::Fake;

const ORDERS: &str = r##"
openapi: 3.1.0
info: { title: Orders, version: "1" }
paths:
  /orders:
    post:
      operationId: createOrder
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, properties: { lines: { type: array, items: { type: string } }, every: { type: integer } } } } }
      responses: { "201": { description: Made, content: { application/json: { schema: { type: object } } } } }
  /lines:
    get:
      operationId: listLines
      responses: { "200": { description: Lines, content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Line" } } } } } }
components:
  schemas:
    Line:
      type: object
      required: [id, text, place, price]
      properties:
        id: { type: integer, readOnly: true }
        text: { type: string }
        place: { type: integer }
        price: { type: [integer, "null"] }
"##;

/// Each line of an order becomes a record, with its price.
const RULES: &str = r##"
resources:
  order: { id: { form: integer } }
  line: { schema: "#/components/schemas/Line", id: { form: integer } }
  price: { id: { field: sku } }
seed:
  price: [{ sku: tea, cents: 300 }, { sku: salt, cents: 90 }]
operations:
  listLines: { list: line }
  createOrder:
    create: order
    also:
      - create: line
        each: body.lines
        with: { price: { get: price, id: item } }
        when: "item != ''"
        set: { text: "{{ item }}", place: "{{ index }}", price: "{{ price.cents }}" }
        as: lines
      - update: price
        each: lines
        id: item.text
        set: { sold: "{{ outer.id }}" }
        as: sold
    reply: { body: { id: "{{ record.id }}", lines: "{{ lines.map(l, l.id) }}", sold: "{{ sold.map(p, p.sku) }}" } }
"##;

fn lines(fake: &mut Fake) -> Vec<Value> {
    fake.get("/lines").expect(200).body.as_array().unwrap().clone()
}

#[test]
fn a_change_is_made_for_each_element_with_reads_of_its_own() {
    let mut fake = service(ORDERS, RULES);
    let made = fake.post("/orders", json!({"lines": ["tea", "", "rope", "salt"]})).expect(201);
    assert_eq!(made.body, json!({"id": 1, "lines": [1, 2, 3], "sold": ["tea", "salt"]}));
    let expected = json!([
        {"id": 1, "text": "tea", "place": 0, "price": 300},
        {"id": 2, "text": "rope", "place": 2, "price": null},
        {"id": 3, "text": "salt", "place": 3, "price": 90},
    ]);
    assert_eq!(Value::from(lines(&mut fake)), expected);
}

#[test]
fn no_list_and_an_empty_one_change_nothing() {
    let mut fake = service(ORDERS, RULES);
    for body in [json!({}), json!({"lines": []})] {
        let made = fake.post("/orders", body).expect(201);
        assert_eq!((made.at("/lines"), made.at("/sold")), (&json!([]), &json!([])));
    }
    assert_eq!(lines(&mut fake), Vec::<Value>::new());
}

#[test]
fn one_element_that_fails_undoes_all_the_others() {
    let words = RULES.replace("{ get: price, id: item }", "{ get: price, id: item, else: not_found }");
    let words =
        words.replace("resources:", "errors: { not_found: { status: 404, message: 'No such price' } }\nresources:");
    let mut fake = service(ORDERS, &words);
    fake.post("/orders", json!({"lines": ["tea", "rope"]})).expect(404);
    assert_eq!(lines(&mut fake), Vec::<Value>::new());
    let made = fake.post("/orders", json!({"lines": ["tea"]})).expect(201);
    assert_eq!((made.at("/id"), made.at("/lines")), (&json!(1), &json!([1])), "ids are undone, too");
}

#[test]
fn what_is_no_list_or_too_long_a_one_is_told_loudly() {
    let words = RULES.replace("each: body.lines", "each: body.every");
    let mut fake = service(ORDERS, &words);
    let told = fake.post("/orders", json!({"every": 1})).expect(500).body.to_string();
    assert!(told.contains("the overlay's list of changes 'body.every' is not a list"), "{told}");
    let words =
        RULES.replace("each: body.lines", "each: range(body.every)").replace("when: \"item != ''\"", "when: 'true'");
    let words = words
        .replace("id: item }", "id: string(item) }")
        .replace("text: \"{{ item }}\"", "text: \"{{ string(item) }}\"");
    let mut fake = service(ORDERS, &words);
    fake.post("/orders", json!({"every": 1000})).expect(201);
    let told = fake.post("/orders", json!({"every": 1001})).expect(500).body.to_string();
    assert!(told.contains("has 1001 elements, more than 1000"), "{told}");
    assert_eq!(lines(&mut fake).len(), 1000);
}

#[test]
fn names_are_known_only_where_they_are_bound() {
    let words = RULES.replace("each: lines", "each: line");
    let told = complaints(ORDERS, &words);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("/operations/createOrder/also/1/each") && told[0].contains("lines"), "{told:?}");
    let words = RULES.replace("each: body.lines", "when: 'index == 0'").replace("when: \"item != ''\"", "");
    assert!(complaints(ORDERS, &words).iter().any(|told| told.contains("index")));
}

/// Orders that come back: each time a line is written, until it was enough.
const RECURRING: &str = r##"
resources:
  line: { schema: "#/components/schemas/Line", id: { form: integer } }
  order:
    id: { form: integer }
    set: { state: open, times: 0, next: "{{ now + 60000 }}" }
    lifecycle:
      - field: state
        from: open
        to: open
        at: record.next
        with: { written: { count: line } }
        set: { times: "{{ record.times + 1 }}", next: "{{ record.times == 3 ? null : now + body_every }}" }
        also:
          - create: line
            each: "['a', 'b']"
            with: { all: { count: line } }
            set: { text: "{{ item }} of {{ outer.id }}", place: "{{ all }}", price: "{{ written }}" }
seed: { line: [] }
operations:
  listLines: { list: line }
  createOrder: { create: order, reply: { body: { id: "{{ record.id }}" } } }
"##;

fn recurring(every: &str) -> Fake {
    service(ORDERS, &RECURRING.replace("body_every", every))
}

#[test]
fn a_state_entered_anew_is_due_anew_and_brings_further_changes() {
    let mut fake = recurring("120000");
    fake.post("/orders", json!({})).expect(201);
    fake.wait(59);
    assert_eq!(lines(&mut fake), Vec::<Value>::new());
    fake.wait(1);
    let first = json!([
        {"id": 1, "text": "a of 1", "place": 0, "price": 0},
        {"id": 2, "text": "b of 1", "place": 1, "price": 0},
    ]);
    assert_eq!(Value::from(lines(&mut fake)), first);
    fake.wait(119);
    assert_eq!(lines(&mut fake).len(), 2);
    fake.wait(1);
    assert_eq!(lines(&mut fake).len(), 4);
    fake.wait(1_000_000);
    assert_eq!(lines(&mut fake).len(), 6, "the third time says null: never again");
}

#[test]
fn a_state_entered_anew_without_time_passing_is_left_and_told() {
    let mut fake = recurring("0");
    fake.post("/orders", json!({})).expect(201);
    fake.wait(60);
    assert_eq!(lines(&mut fake).len(), 2);
    let entries: Vec<String> =
        fake.world.journal.since(0, 99).iter().map(|entry| format!("{:?}", entry.what)).collect();
    let told = "order 1 would enter 'open' again at the instant at which it just did, and is left there";
    assert_eq!(entries.iter().filter(|entry| entry.contains(told)).count(), 1, "{entries:#?}");
}

#[test]
fn a_state_can_be_entered_anew_after_a_while() {
    let words = RECURRING.replace("at: record.next", "after: 10s").replace("body_every", "0");
    let mut fake = service(ORDERS, &words);
    fake.post("/orders", json!({})).expect(201);
    fake.wait(35);
    assert_eq!(lines(&mut fake).len(), 6);
    let at_once = words.replace("after: 10s", "after: 0s");
    let told = complaints(ORDERS, &at_once);
    assert!(told[0].contains("'open' would be entered anew for ever, without time passing"), "{told:?}");
}

#[test]
fn a_further_change_that_fails_undoes_the_change_of_state() {
    let words =
        RECURRING.replace("body_every", "0").replace("place: \"{{ all }}\"", "place: \"{{ all / (1 - index) }}\"");
    let mut fake = service(ORDERS, &words);
    fake.post("/orders", json!({})).expect(201);
    fake.wait(60);
    assert_eq!(lines(&mut fake), Vec::<Value>::new());
    let entries: Vec<String> =
        fake.world.journal.since(0, 99).iter().map(|entry| format!("{:?}", entry.what)).collect();
    assert!(
        entries.iter().any(|entry| entry.contains("a lifecycle rule failed") && entry.contains("divides by zero")),
        "{entries:#?}"
    );
}
