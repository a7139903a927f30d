//! Documents without a word of behaviour: what is inferred serves them, and where it cannot, the document's own words do.

mod support;

use std::sync::Arc;

use serde_json::json;
use standin::contract::document::Source;
use standin::contract::{Contract, Selection};
use support::Fake;

struct One(&'static str);

impl Source for One {
    fn read(&self, name: &str) -> Result<String, String> {
        if name == "parcels.yaml" { Ok(self.0.to_owned()) } else { Err("there is no such file".to_owned()) }
    }
}

fn fake(document: &'static str) -> Fake {
    let contract = Contract::load(&One(document), "parcels.yaml", &Selection::default());
    Fake::new(Arc::new(contract.expect("the document loads")), 1)
}

const PARCELS: &str = r##"
openapi: 3.0.3
info: { title: Parcels, version: "1" }
servers: [{ url: /api }]
paths:
  /parcels:
    get:
      operationId: listParcels
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 50, default: 2 } }
        - { name: offset, in: query, schema: { type: integer, minimum: 0, default: 0 } }
        - { name: city, in: query, schema: { type: string } }
      responses:
        "200":
          description: Parcels.
          headers:
            X-Trace: { required: true, schema: { type: string, minLength: 8 } }
          content:
            application/json:
              schema:
                type: object
                required: [items, total]
                properties:
                  items: { type: array, items: { $ref: "#/components/schemas/Parcel" } }
                  total: { type: integer }
    post:
      operationId: createParcel
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: "#/components/schemas/Parcel" } } }
      responses:
        "201": { description: Made., content: { application/json: { schema: { $ref: "#/components/schemas/Parcel" } } } }
        "422": { description: Wrong., content: { application/json: { schema: { $ref: "#/components/schemas/Error" } } } }
  /parcels/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get:
      operationId: getParcel
      responses:
        "200": { description: It., content: { application/json: { schema: { $ref: "#/components/schemas/Parcel" } } } }
        "404": { description: None., content: { application/json: { schema: { $ref: "#/components/schemas/Error" } } } }
    delete:
      operationId: deleteParcel
      responses:
        "204": { description: Gone. }
        "404":
          description: None, in other words.
          content:
            application/json:
              schema: { type: object, required: [oddity], properties: { oddity: { type: integer, minimum: 3 } }, additionalProperties: false }
components:
  schemas:
    Parcel:
      type: object
      required: [id, city]
      properties:
        id: { type: integer, readOnly: true }
        city: { type: string, minLength: 1 }
        note: { type: string, nullable: true }
    Error: { type: object, required: [message], properties: { message: { type: string } } }
"##;

#[test]
fn what_was_created_is_read_listed_and_deleted() {
    let mut fake = fake(PARCELS);
    let before = fake.get("/api/parcels").expect(200).at("/total").as_i64().expect("a total");
    let made = fake.post("/api/parcels", json!({"city": "Oslo", "note": null})).expect(201);
    let id = made.at("/id").as_i64().expect("a number");
    assert_eq!(made.body, json!({"id": id, "city": "Oslo", "note": null}));
    assert_eq!(fake.get(&format!("/api/parcels/{id}")).expect(200).body, made.body);
    fake.post("/api/parcels", json!({"city": "Bergen"})).expect(201);
    let listed = fake.get("/api/parcels?city=Oslo").expect(200);
    assert_eq!((listed.at("/items/0/id"), listed.at("/total")), (&json!(id), &json!(1)));
    assert_eq!(fake.get("/api/parcels?limit=1").expect(200).at("/items").as_array().map(Vec::len), Some(1));
    fake.delete(&format!("/api/parcels/{id}")).expect(204);
    fake.get(&format!("/api/parcels/{id}")).expect(404);
    assert_eq!(fake.get("/api/parcels").expect(200).at("/total"), &json!(before + 1));
}

#[test]
fn violations_are_told_in_the_documents_error_shape() {
    let mut fake = fake(PARCELS);
    let refused = fake.post("/api/parcels", json!({"city": ""})).expect(422);
    assert!(refused.at("/message").is_string(), "{}", refused.body);
    assert!(fake.get("/api/parcels/999").expect(404).at("/message").is_string());
}

#[test]
fn an_error_that_does_not_fit_gives_way_to_the_documents_own() {
    let mut fake = fake(PARCELS);
    let answer = fake.delete("/api/parcels/999").expect(404);
    let oddity = answer.at("/oddity").as_i64().expect("the property that the document demands");
    assert!(oddity >= 3);
    assert_eq!(answer.body.as_object().map(serde_json::Map::len), Some(1));
}

#[test]
fn a_header_that_the_document_demands_is_sampled() {
    let mut fake = fake(PARCELS);
    let answer = fake.get("/api/parcels").expect(200);
    assert!(answer.header("x-trace").is_some_and(|trace| trace.len() >= 8), "{:?}", answer.reply.headers);
}

#[test]
fn an_unknown_route_and_method_are_told_apart() {
    let mut fake = fake(PARCELS);
    fake.get("/api/nothing").expect(404);
    let answer = fake.call("PUT", "/api/parcels", None).expect(405);
    assert_eq!(answer.header("allow"), Some("GET, HEAD, POST"));
}
