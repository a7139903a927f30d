//! Lists: conditions of their own, filters that are made of what was asked, order with nulls, and bodies written as trees.

use serde_json::{Value, json};

use crate::service::{complaints, service};
use crate::support::Fake;

const TASKS: &str = r##"
openapi: 3.1.0
info: { title: Tasks, version: "1" }
servers: [{ url: "https://tasks.test/api" }]
paths:
  /tasks:
    get:
      operationId: listTasks
      parameters:
        - { name: mine, in: query, schema: { type: string } }
        - { name: kind, in: query, schema: { type: string } }
        - { name: tag, in: query, schema: { type: string } }
        - { name: weight, in: query, schema: { type: string } }
        - { name: sort, in: query, schema: { type: string } }
        - { name: page, in: query, schema: { type: integer } }
        - { name: size, in: query, schema: { type: integer } }
        - { name: cursor, in: query, schema: { type: string } }
      responses:
        "200":
          description: Tasks
          content:
            application/json:
              schema:
                type: object
                required: [data]
                properties: { data: { type: array, items: { type: object, required: [id], properties: { id: { type: string }, kind: { enum: [a, B, c] } } } } }
components:
  schemas:
    Task:
      type: object
      required: [id]
      properties:
        id: { type: string }
        kind: { type: string }
        owner: { type: string }
        rank: { type: [integer, "null"] }
        tags: { type: array, items: { type: string } }
        weights: { type: array, items: { $ref: "#/components/schemas/Weight" } }
    Weight: { type: integer }
"##;

const RULES: &str = r##"
errors: { no_one: { status: 404, message: "No such person" } }
resources:
  person: {}
  task: { schema: "#/components/schemas/Task", index: [tags], hidden: [note] }
seed:
  person: [{ id: ann, tasks: [t1, t3, t5] }]
  task:
    - { id: t1, kind: a, rank: 2, tags: [x, y], weights: [5], note: n }
    - { id: t2, kind: B, rank: null, tags: [x] }
    - { id: t3, kind: a, tags: [], weights: [5, 7] }
    - { id: t4, kind: c, rank: 2 }
    - { id: t5, kind: B, rank: 1, tags: [y], note: n }
operations:
  listTasks:
    list: task
    with: { person: { get: person, id: "query.mine == null ? 'ann' : query.mine", else: no_one } }
    where: "query.mine == null || record.id in person.tasks"
    page: { style: page, at: page, size: size, default: 2 }
    filters:
      kind: { operator: in, value: "value == 'most' ? ['a', 'B'] : value" }
      tag: { field: tags, value: lower(value) }
      weight: { field: weights }
    sort: { parameter: sort }
    reply:
      body:
        data: { $each: records, $as: task, $in: { id: "{{ task.id }}", kind: "{{ task.kind }}", note?: "{{ task.note }}" } }
        total: "{{ page.total }}"
        next: "{{ page.url_next }}"
        pages: "{{ pageWindow(page.number, page.pages, 1) }}"
"##;

fn ids(fake: &mut Fake, query: &str) -> String {
    let answer = fake.get(&format!("/api/tasks?size=10{query}")).expect(200);
    let ids = answer.at("/data").as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap().to_owned());
    ids.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_list_can_be_a_tree_over_its_records_and_its_page() {
    let mut fake = service(TASKS, RULES);
    let first = fake.get("/api/tasks?kind=most").expect(200);
    let next = first.text("/next");
    assert!(next.ends_with("/api/tasks?kind=most&page=2"), "{next}");
    let second = fake.get("/api/tasks?page=2&kind=most").expect(200).body;
    let shown = json!([{"id": "t3", "kind": "a"}, {"id": "t5", "kind": "B"}]);
    assert_eq!(second, json!({"data": shown, "total": 4, "next": null, "pages": [1, 2]}));
}

#[test]
fn a_tree_over_records_is_held_against_the_document() {
    let mut fake = service(TASKS, &RULES.replace("kind: c", "kind: other"));
    let told = fake.get("/api/tasks?page=2").expect(500).body.to_string();
    assert!(
        told.contains("the 200 reply of listTasks does not fit its document") && told.contains("/data/1/kind"),
        "{told}"
    );
}

#[test]
fn a_condition_counts_in_totals_and_pages() {
    let mut fake = service(TASKS, RULES);
    let first = fake.get("/api/tasks?mine=ann").expect(200).body;
    let shown = json!([{"id": "t1", "kind": "a"}, {"id": "t3", "kind": "a"}]);
    assert_eq!((&first["data"], &first["total"], &first["pages"]), (&shown, &json!(3), &json!([1, 2])));
    assert!(first["next"].as_str().unwrap().ends_with("/api/tasks?mine=ann&page=2"), "{first}");
    let last = fake.get("/api/tasks?mine=ann&page=2").expect(200).body;
    assert_eq!((&last["data"], &last["next"]), (&json!([{"id": "t5", "kind": "B"}]), &Value::Null));
    assert_eq!(ids(&mut fake, "&mine=ann&sort=-rank&kind=most"), "t1 t5 t3");
    fake.get("/api/tasks?mine=bob").expect(404);
}

#[test]
fn a_condition_goes_with_cursors() {
    let words =
        RULES.replace("style: page, at: page", "style: cursor, at: cursor").replace("page.url_next", "page.next");
    let mut fake = service(TASKS, &words);
    let first = fake.get("/api/tasks?mine=ann").expect(200);
    assert_eq!(first.at("/data/1/id"), &json!("t3"));
    let rest = fake.get(&format!("/api/tasks?mine=ann&cursor={}", first.text("/next"))).expect(200);
    assert_eq!((rest.at("/data"), rest.at("/next")), (&json!([{"id": "t5", "kind": "B"}]), &Value::Null));
}

#[test]
fn a_condition_that_fails_is_told_loudly() {
    let mut fake = service(TASKS, &RULES.replace("record.id in person.tasks", "record.rank > 1"));
    let told = fake.get("/api/tasks?mine=ann").expect(500).body.to_string();
    assert!(told.contains("record.rank > 1"), "{told}");
    let told = complaints(TASKS, &RULES.replace("record.id in", "task.id in"));
    assert!(told[0].contains("/operations/listTasks/where"), "{told:?}");
}

#[test]
fn filters_compare_what_is_made_of_what_was_asked() {
    let mut fake = service(TASKS, RULES);
    assert_eq!(ids(&mut fake, "&kind=most"), "t1 t2 t3 t5");
    assert_eq!(ids(&mut fake, "&kind=c,most"), "t1 t2 t3 t4 t5");
    assert_eq!(ids(&mut fake, "&kind=c,B"), "t2 t4 t5");
    let told = complaints(TASKS, &RULES.replace("lower(value)", "lower(valeu)"));
    assert!(told[0].contains("/operations/listTasks/filters/tag/value"), "{told:?}");
}

#[test]
fn a_field_that_is_a_list_equals_each_of_its_elements() {
    let mut fake = service(TASKS, RULES);
    assert_eq!(ids(&mut fake, "&tag=X"), "t1 t2");
    assert_eq!(ids(&mut fake, "&tag=Y&kind=most"), "t1 t5");
    assert_eq!(ids(&mut fake, "&tag=z"), "");
    assert_eq!(ids(&mut fake, "&weight=5"), "t1 t3");
    assert_eq!(ids(&mut fake, "&weight=7"), "t3");
    assert_eq!(ids(&mut fake, "&weight=five"), "");
}

#[test]
fn null_comes_first_upwards_and_last_downwards_and_ties_go_the_same_way() {
    for words in [RULES.to_owned(), RULES.replace("index: [tags]", "index: [tags, rank]")] {
        let mut fake = service(TASKS, &words);
        assert_eq!(ids(&mut fake, "&sort=rank"), "t2 t3 t5 t1 t4");
        assert_eq!(ids(&mut fake, "&sort=-rank"), "t4 t1 t5 t3 t2");
    }
}

#[test]
fn a_list_has_an_order_of_its_own_until_another_is_asked_for() {
    let mut fake = service(
        TASKS,
        &RULES.replace("sort: { parameter: sort }", "sort: { parameter: sort, default: \"-rank,kind\" }"),
    );
    assert_eq!(ids(&mut fake, ""), "t1 t4 t5 t2 t3");
    assert_eq!(ids(&mut fake, "&sort=rank"), "t2 t3 t5 t1 t4");
}
