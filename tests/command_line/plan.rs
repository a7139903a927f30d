//! `standin plan` and `standin lint`, where all is well.

use serde_json::Value;

use super::program::{Folder, run, run_in};

const DOCUMENT: &str = "\
openapi: 3.1.0
info: { title: Parcels, version: '1' }
servers: [{ url: 'https://parcels.example/v1' }]
paths:
  /parcels:
    get:
      operationId: listParcels
      responses:
        '200': { description: All., content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Parcel' } } } } }
  /parcels/{id}:
    get:
      operationId: getParcel
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses:
        '200': { description: One., content: { application/json: { schema: { $ref: '#/components/schemas/Parcel' } } } }
  /weather:
    get:
      operationId: getWeather
      responses: { '200': { description: It., content: { application/json: { schema: { type: object, properties: { sun: { type: boolean } } } } } } }
components:
  schemas:
    Parcel: { type: object, properties: { id: { type: string, readOnly: true }, address: { type: string } } }
";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("parcels.yaml", DOCUMENT);
    folder
}

#[test]
fn the_plan_as_text_has_a_line_for_each_operation_with_its_reason() {
    let folder = folder();
    let done = run_in(folder.path(), &["plan", "parcels.yaml"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    let operations: Vec<&str> = done.stdout.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(
        operations,
        [
            "operations",
            "  listParcels  GET /v1/parcels       list parcel  answers with many `parcel` records",
            "  getParcel    GET /v1/parcels/{id}  get parcel   GET on the path of one parcel",
            "  getWeather   GET /v1/weather       SAMPLED      neither its path nor its reply belongs to a resource",
        ]
    );
    assert!(
        done.stdout.ends_with("\n3 operations: 2 known, 1 sampled; say what they do under `x-standin.operations`\n"),
        "{}",
        done.stdout
    );
}

#[test]
fn the_plan_as_yaml_is_an_overlay_to_start_from() {
    let folder = folder();
    let done = run_in(folder.path(), &["plan", "parcels.yaml", "--format", "yaml"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert!(done.stdout.starts_with("x-standin:\n"), "{}", done.stdout);
    let indented: Vec<String> = done.stdout.lines().map(|line| format!("      {line}\n")).collect();
    let overlay = "overlay: 1.0.0\ninfo: { title: x, version: '1' }\nactions:\n  - target: $\n    update:\n".to_owned();
    folder.write("plan.yaml", &(overlay + &indented.concat()));
    let lint = run_in(folder.path(), &["lint", "plan.yaml", "--for", "parcels.yaml"]);
    assert_eq!((lint.code, lint.stdout.as_str(), lint.stderr.as_str()), (Some(0), "plan.yaml: ok, 3 operations\n", ""));
}

#[test]
fn the_plan_as_json_is_behaviour_and_reasons() {
    let folder = folder();
    let done = run_in(folder.path(), &["plan", "parcels.yaml", "--format", "json"]);
    let plan: Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(plan["behaviour"]["operations"]["listParcels"]["list"], "parcel");
    for reason in plan["reasons"].as_array().expect("reasons") {
        let pointer = reason["pointer"].as_str().expect("a pointer");
        assert!(plan["behaviour"].pointer(pointer).is_some(), "{pointer} leads nowhere");
    }
}

#[test]
fn the_plan_of_the_shipped_service_keeps_its_reasons_in_sight() {
    let plan = run(&["plan", "flow"]).stdout;
    let widest = plan.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    assert!(widest < 320, "{widest}");
    assert!(plan.lines().any(|line| line.contains("POST /v1/posts ")), "{plan}");
    assert!(plan.ends_with("46 operations: 46 known, 0 sampled\n"), "{plan}");
}

#[test]
fn what_is_in_order_is_said_in_one_line_each() {
    let folder = folder();
    folder.write("same.yaml", DOCUMENT);
    let done = run_in(folder.path(), &["lint", "parcels.yaml", "same.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(done.stdout, "parcels.yaml: ok, 3 operations\nsame.yaml: ok, 3 operations\n");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let command =
        format!("set -o pipefail; '{}' plan flow --format json | head -c 10 >/dev/null", super::program::BINARY);
    let status = std::process::Command::new("bash").args(["-c", &command]).status().expect("bash runs");
    assert!(status.success());
}
