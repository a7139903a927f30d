//! What is wrong, where, and what to do: usage, documents and overlays.

use super::program::{Folder, run, run_in};

const DOCUMENT: &str = "\
openapi: 3.1.0
info: { title: Parcels, version: '1' }
servers: [{ url: 'https://parcels.example/v1' }]
paths:
  /parcels:
    post:
      operationId: createParcel
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Parcel' } } } }
      responses:
        '201': { description: Made., content: { application/json: { schema: { $ref: '#/components/schemas/Parcel' } } } }
components:
  schemas:
    Parcel: { type: object, properties: { id: { type: string, readOnly: true }, address: { type: string } } }
";

/// What every command says of an overlay: nothing on standard output, the whole complaint on standard error, exit code 2.
#[track_caller]
fn refused(overlay: &str, complaint: &str) {
    let folder = Folder::new();
    folder.write("parcels.yaml", DOCUMENT);
    folder.write("overlay.yaml", overlay);
    for arguments in [
        ["lint", "overlay.yaml", "--for", "parcels.yaml"].as_slice(),
        &["plan", "parcels.yaml", "--overlay", "overlay.yaml"],
        &["serve", "parcels.yaml", "--overlay", "overlay.yaml", "--port", "0"],
    ] {
        run_in(folder.path(), arguments).is_refusal(complaint);
    }
}

fn behaviour(lines: &str) -> String {
    let head =
        "overlay: 1.0.0\ninfo: { title: x, version: '1' }\nactions:\n  - target: $\n    update:\n      x-standin:\n";
    let lines: Vec<String> = lines.lines().map(|line| format!("        {line}\n")).collect();
    format!("{head}{}", lines.concat())
}

#[test]
fn an_unknown_word_is_shown_with_the_nearest_known_one() {
    refused(
        &behaviour("resources: {}\nlimitts: { all: { rate: 5/min } }"),
        "\
error: unknown field `limitts`, expected one of `errors`, `shapes`, `requests`, `limits`, `limit_headers`, `credentials`, `idempotency`, \
`resources`, `operations`, `webhooks`, `consent`, `seed`
 --> overlay.yaml:8:9
  |
8 |         limitts: { all: { rate: 5/min } }
  |         ^^^^^^^
  |
  = note: at /actions/0/update/x-standin/limitts
  = help: did you mean 'limits'?
",
    );
}

const UNKNOWN_OPERATION: &str = "\
error: unknown operation 'creatParcel'
 --> overlay.yaml:7:23
  |
7 |         operations: { creatParcel: { emit: parcel.made } }
  |                       ^^^^^^^^^^^
  |
  = note: at /actions/0/update/x-standin/operations/creatParcel
  = help: did you mean 'createParcel'?
";

#[test]
fn an_unknown_operation_is_shown_with_the_nearest_known_one() {
    refused(&behaviour("operations: { creatParcel: { emit: parcel.made } }"), UNKNOWN_OPERATION);
}

#[test]
fn a_bad_expression_is_shown_with_what_is_wrong_in_it() {
    refused(
        &behaviour("operations:\n  createParcel:\n    require: [{ that: 'body.address ==', else: invalid }]"),
        "\
error: expected a value after `==` in 'body.address ==' at character 16
 --> overlay.yaml:9:31
  |
9 |             require: [{ that: 'body.address ==', else: invalid }]
  |                               ^^^^^^^^^^^^^^^^^
  |
  = note: at /actions/0/update/x-standin/operations/createParcel/require/0/that
",
    );
    refused(
        &behaviour("operations:\n  createParcel:\n    require: [{ that: bdy.address != '', else: invalid }]"),
        "\
error: unknown name `bdy` in 'bdy.address != ''' at character 1
 --> overlay.yaml:9:31
  |
9 |             require: [{ that: bdy.address != '', else: invalid }]
  |                               ^^^^^^^^^^^^^^^^^
  |
  = note: at /actions/0/update/x-standin/operations/createParcel/require/0/that
  = help: did you mean `body`?
",
    );
}

#[test]
fn a_schema_that_an_overlay_spoils_is_shown_there_before_what_may_follow_from_it() {
    let overlay = behaviour("operations: { creatParcel: { emit: parcel.made } }");
    refused(
        &format!(
            "{overlay}  - target: $.components.schemas.Parcel.properties\n    update: {{ weight: {{ type: heavy }} }}\n"
        ),
        &format!(
            "\
error: a schema is not valid: \"heavy\" is not valid under any of the schemas listed in the 'anyOf' keyword
 --> overlay.yaml:9:31
  |
9 |     update: {{ weight: {{ type: heavy }} }}
  |                               ^^^^^
  |
  = note: at /actions/1/update/weight/type

{UNKNOWN_OPERATION}"
        ),
    );
}

#[test]
fn every_complaint_about_behaviour_is_told_at_once() {
    let overlay = behaviour("limits: { a: { rate: often } }\noperations: { createParcel: { create: parcle } }");
    refused(
        &overlay,
        "\
error: 'often' is not a rate
 --> overlay.yaml:7:30
  |
7 |         limits: { a: { rate: often } }
  |                              ^^^^^
  |
  = note: at /actions/0/update/x-standin/limits/a/rate
  = help: write calls per window, such as 100/min, 10/s or 5/10min

error: unknown resource 'parcle'
 --> overlay.yaml:8:47
  |
8 |         operations: { createParcel: { create: parcle } }
  |                                               ^^^^^^
  |
  = note: at /actions/0/update/x-standin/operations/createParcel/create
  = help: there is no resource yet
",
    );
}

#[test]
fn a_target_that_matches_nothing_is_shown() {
    refused(
        "overlay: 1.0.0\ninfo: { title: x, version: '1' }\nactions:\n  - target: $.paths['/parcel']\n    remove: true\n",
        "\
error: `$.paths['/parcel']` matches nothing
 --> overlay.yaml:4:13
  |
4 |   - target: $.paths['/parcel']
  |             ^^^^^^^^^^^^^^^^^^
  |
  = note: at /actions/0/target
  = help: `$.paths` has no `/parcel`; did you mean `/parcels`?
",
    );
}

#[test]
fn a_mistake_in_yaml_is_shown_where_it_is() {
    refused(
        "overlay: 1.0.0\nactions:\n  - target: $\n   update: {}\n",
        "\
error: not valid YAML: while parsing a block collection, did not find expected '-' indicator
 --> overlay.yaml:4:4
  |
4 |    update: {}
  |    ^
",
    );
}

#[test]
fn a_mistake_in_a_document_is_shown_where_it_is() {
    let folder = Folder::new();
    folder.write("broken.json", "{\"openapi\": \"3.1.0\",\n  \"info\": {\"title\": \"x\",}\n}");
    folder.write("nowhere.yaml", &DOCUMENT.replacen("schemas/Parcel", "schemas/Parcle", 1));
    folder.write("fine.yaml", DOCUMENT);
    let done = run_in(folder.path(), &["lint", "broken.json", "nowhere.yaml", "fine.yaml"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), "fine.yaml: ok, 1 operations\n"));
    assert_eq!(
        done.stderr,
        "\
error: not valid JSON: trailing comma
 --> broken.json:2:25
  |
2 |   \"info\": {\"title\": \"x\",}
  |                         ^

error: `#/components/schemas/Parcle` leads nowhere
 --> nowhere.yaml:8:69
  |
8 |       requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Parcle' } } } }
  |                                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = note: at /paths/~1parcels/post/requestBody/content/application~1json/schema/$ref
  = help: `/components/schemas` has no `Parcle`; did you mean `Parcel`?
"
    );
}

#[test]
fn documents_of_another_kind_are_told_apart() {
    let folder = Folder::new();
    folder.write("old.yaml", "swagger: '2.0'\n");
    folder.write("other.yaml", "hello: world\n");
    folder.write("overlay.yaml", "overlay: 1.0.0\n");
    for (arguments, said) in [
        (["lint", "old.yaml"], "error: Swagger 2.0 is not supported\n --> old.yaml:1:10\n"),
        (["lint", "other.yaml"], "error: the file has no `openapi` version\n--> other.yaml\n"),
        (["lint", "overlay.yaml"], "error: overlay.yaml is an overlay; say which document it is for: --for SPEC\n"),
        (["lint", "missing.yaml"], "error: cannot read the file: "),
        (["plan", "missing.yaml"], "error: \"missing.yaml\" is neither a shipped service nor a file; shipped are: "),
        (["plan", "flwo"], "error: \"flwo\" is neither a shipped service nor a file; did you mean \"flow\"?\n"),
        (["serve", "."], "error: cannot read the file: it is a folder\n"),
    ] {
        let done = run_in(folder.path(), &arguments);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(done.stderr.starts_with(said), "{arguments:?}: {}", done.stderr);
    }
}

#[test]
fn bad_values_of_flags_are_answered_with_what_to_do() {
    for (flag, value, said) in [
        (
            "--clock",
            "noon",
            "error: --clock \"noon\" is neither wall, frozen, nor an RFC 3339 instant like 2026-03-01T12:00:00Z\n",
        ),
        ("--clock", "2026-02-30T00:00:00Z", "error: --clock \"2026-02-30T00:00:00Z\" is neither wall, frozen, nor an"),
        (
            "--seed",
            "x",
            "error: invalid value 'x' for '--seed <N>': a seed is a whole number from 0 to 18446744073709551615\n",
        ),
        (
            "--seed",
            "-1",
            "error: invalid value '-1' for '--seed <N>': a seed is a whole number from 0 to 18446744073709551615\n",
        ),
        ("--port", "99999", "error: invalid value '99999' for '--port <PORT>': 99999 is not in 0..=65535\n"),
        ("--control-token", "", "error: --control-token is empty; give it some text\n"),
        ("--overlay", "missing.yaml", "error: cannot read the file: "),
        ("--include", "bta", "error: no operation has the stability class `bta`\n"),
        (
            "--state",
            "no/such/folder/world.json",
            "error: state file no/such/folder/world.json: there is no folder no/such/folder; make it first\n",
        ),
        (
            "--allow-webhooks-to",
            "http://hooks.example.com/x",
            "error: invalid value 'http://hooks.example.com/x' for '--allow-webhooks-to <HOST>': a host is a name or an address, without scheme, port and path",
        ),
        ("--log", "xml", "error: invalid value 'xml' for '--log <LOG>'\n  [possible values: text, json]\n"),
    ] {
        let done = run(&["serve", "flow", "--port=0", flag, value]
            .map(|word| if word == "--port=0" && flag == "--port" { "--quiet" } else { word }));
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{flag} {value}: {}", done.stderr);
        assert!(done.stderr.starts_with(said), "{flag} {value}: {}", done.stderr);
    }
}

#[test]
fn a_host_without_an_address_is_named() {
    let done = run(&["serve", "flow", "--port", "0", "--host", "no such host", "--control-token", "t"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
    assert!(done.stderr.starts_with("error: host \"no such host\" has no address: "), "{}", done.stderr);
}
