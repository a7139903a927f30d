//! Faults as people arm them: files, profiles, the control API, the header, scenarios; and what is told of them.

use serde_json::{Value, json};
use standin::world::fault::{EXAMPLES, Kind};

use super::program::{Done, Folder, Server, run, run_in};
use super::run::{expect, project};

const DOCUMENT: &str = "\
openapi: 3.1.0
info: { title: Parcels, version: '1' }
servers: [{ url: 'https://parcels.example/v1' }]
paths:
  /parcels:
    get:
      operationId: listParcels
      tags: [parcels]
      responses: { '200': { description: All., content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Parcel' } } } } } }
    post:
      operationId: createParcel
      tags: [parcels]
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Parcel' } } } }
      responses:
        '201': { description: Made., content: { application/json: { schema: { $ref: '#/components/schemas/Parcel' } } } }
components:
  schemas:
    Parcel: { type: object, properties: { id: { type: string, readOnly: true }, address: { type: string } } }
";

fn parcels(faults: &str) -> Folder {
    let folder = Folder::new();
    folder.write("parcels.yaml", DOCUMENT);
    folder.write("faults.yaml", faults);
    folder
}

/// What `serve` and `lint` say of a file: the whole complaint on standard error, exit code 2.
#[track_caller]
fn refused(faults: &str, complaint: &str) {
    let folder = parcels(faults);
    for arguments in [
        ["serve", "parcels.yaml", "--port", "0", "--faults", "faults.yaml"].as_slice(),
        &["lint", "faults.yaml", "--for", "parcels.yaml"],
    ] {
        run_in(folder.path(), arguments).is_refusal(complaint);
    }
}

#[test]
fn an_unknown_kind_is_shown_with_the_nearest() {
    refused(
        "faults:\n  - { kind: clsoe, times: 1 }\n",
        "\
error: there is no kind of fault \"clsoe\"
 --> faults.yaml:2:13
  |
2 |   - { kind: clsoe, times: 1 }
  |             ^^^^^
  |
  = note: at /faults/0/kind
  = help: did you mean \"close\"?
",
    );
}

#[test]
fn an_unknown_word_is_shown_with_the_nearest() {
    refused(
        "faults:\n  - kind: close\n    tims: 1\n",
        "\
error: \"tims\" does not belong to a fault of kind close
 --> faults.yaml:3:5
  |
3 |     tims: 1
  |     ^^^^
  |
  = note: at /faults/0/tims
  = help: did you mean \"times\"?
",
    );
}

#[test]
fn names_that_the_api_does_not_have_are_each_shown_with_the_nearest() {
    refused(
        "faults:\n  - { kind: close, operation: [createParcel, listParcel] }\n  - { kind: close, tag: parcel }\n  - { kind: close, method: post }\n",
        "\
error: there is no operation \"listParcel\"
 --> faults.yaml:2:46
  |
2 |   - { kind: close, operation: [createParcel, listParcel] }
  |                                              ^^^^^^^^^^
  |
  = note: at /faults/0/operation/1
  = help: did you mean \"listParcels\"?

error: there is no tag \"parcel\"
 --> faults.yaml:3:25
  |
3 |   - { kind: close, tag: parcel }
  |                         ^^^^^^
  |
  = note: at /faults/1/tag
  = help: did you mean \"parcels\"?

error: there is no method of an operation \"post\"
 --> faults.yaml:4:28
  |
4 |   - { kind: close, method: post }
  |                            ^^^^
  |
  = note: at /faults/2/method
  = help: did you mean \"POST\"?
",
    );
}

#[test]
fn faults_that_could_never_hit_are_refused() {
    refused(
        "\
faults:
  - { kind: itemErrors }
  - { kind: stale, byCalls: 1, operation: createParcel }
  - { kind: dropDelivery }
  - { kind: close, operation: createParcel, method: GET }
",
        "\
error: no operation is a batch, so no item could fail
 --> faults.yaml:2:5
  |
2 |   - { kind: itemErrors }
  |     ^^^^^^^^^^^^^^^^^^^^
  |
  = note: at /faults/0
  = help: leave it out, or say other operations

error: no operation of those meant only reads, so no read could be stale
 --> faults.yaml:3:5
  |
3 |   - { kind: stale, byCalls: 1, operation: createParcel }
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = note: at /faults/1
  = help: leave it out, or say other operations

error: this API delivers nothing, so it would never hit
 --> faults.yaml:4:5
  |
4 |   - { kind: dropDelivery }
  |     ^^^^^^^^^^^^^^^^^^^^^^
  |
  = note: at /faults/2
  = help: a fault of this kind is about webhooks; leave it out

error: no operation fits all that is asked for, so it would never hit
 --> faults.yaml:5:5
  |
5 |   - { kind: close, operation: createParcel, method: GET }
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = note: at /faults/3
",
    );
}

#[test]
fn words_that_contradict_each_other_are_refused() {
    refused(
        "faults:\n  - { kind: truncate, nth: 1, times: 2 }\n",
        "\
error: nth is one call alone: leave out after, every, times and probability
 --> faults.yaml:2:5
  |
2 |   - { kind: truncate, nth: 1, times: 2 }
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = note: at /faults/0
",
    );
}

#[test]
fn a_file_of_another_shape_is_refused() {
    refused(
        "{ \"faults\": [], \"fault\": [] }\n",
        "\
error: a file of faults has no \"fault\"
 --> faults.yaml:1:17
  |
1 | { \"faults\": [], \"fault\": [] }
  |                 ^^^^^^^
  |
  = note: at /fault
  = help: did you mean \"faults\"?
",
    );
    refused(
        "faults: { kind: close }\n",
        "\
error: faults is a list, not an object
 --> faults.yaml:1:9
  |
1 | faults: { kind: close }
  |         ^^^^^^^^^^^^^^^
  |
  = note: at /faults
  = help: write faults: [ { kind: close } ]
",
    );
    refused(
        "faults: [{ kind: close, world: 'a b' }]\n",
        "\
error: \"a b\" is no world's name; use 1 to 64 letters, digits, '_', '.' and '-'
 --> faults.yaml:1:32
  |
1 | faults: [{ kind: close, world: 'a b' }]
  |                                ^^^^^
  |
  = note: at /faults/0/world
",
    );
}

#[test]
fn a_name_that_is_neither_file_nor_profile_is_told_with_the_nearest() {
    for (name, hint) in [
        ("flakey", "did you mean \"flaky\"?"),
        ("zzz", "profiles are: brownout, chaos, flaky, lossy, outage, rate-limited, slow"),
    ] {
        let complaint = format!("error: --faults {name:?} is neither a profile nor a file; {hint}\n");
        run(&["serve", "flow", "--port", "0", "--faults", name]).is_refusal(&complaint);
    }
}

#[test]
fn a_good_file_is_linted_by_itself_and_for_an_api() {
    let folder = parcels("faults:\n  - { kind: close }\n  - { kind: dropDelivery }\n");
    let done = run_in(folder.path(), &["lint", "faults.yaml"]);
    assert_eq!(done, Done { code: Some(0), stdout: "faults.yaml: ok, 2 faults\n".to_owned(), stderr: String::new() });
    let folder = parcels("faults: [{ kind: close, operation: createParcel }]\n");
    let done = run_in(folder.path(), &["lint", "faults.yaml", "--for", "parcels.yaml"]);
    assert_eq!(done, Done { code: Some(0), stdout: "faults.yaml: ok, 1 faults\n".to_owned(), stderr: String::new() });
}

#[test]
fn a_world_takes_so_many_faults_and_another_world_its_own() {
    let file = |counts: &[(&str, usize)]| {
        let lines = counts.iter().flat_map(|(world, count)| {
            let world = if world.is_empty() { String::new() } else { format!(", world: {world}") };
            std::iter::repeat_n(format!("  - {{ kind: close, nth: 9{world} }}\n"), *count)
        });
        parcels(&format!("faults:\n{}", lines.collect::<String>()))
    };
    let serve = ["parcels.yaml", "--port", "0", "--faults", "faults.yaml", "--quiet"];
    for (counts, most) in [([("", 1001), ("one", 0)], 1001), ([("", 500), ("one", 502)], 1002)] {
        let done = run_in(file(&counts).path(), &[&["serve"], serve.as_slice()].concat());
        let stderr = format!("error: --faults names {most} faults for one world; it takes 1000 at most\n");
        assert_eq!(done, Done { code: Some(2), stdout: String::new(), stderr });
    }
    let folder = file(&[("", 400), ("one", 600), ("two", 600)]);
    let server = Server::start_in(folder.path(), &["parcels.yaml", "--faults", "faults.yaml", "--quiet"]);
    let listed = server.control("GET", "faults", None);
    assert_eq!(listed["faults"].as_array().map(Vec::len), Some(400), "of the world that no fault names");
}

#[test]
fn every_profile_fits_every_service_and_a_plain_document() {
    let folder = parcels("");
    let profiles = ["brownout", "chaos", "flaky", "lossy", "outage", "rate-limited", "slow"];
    let all: Vec<&str> = profiles.iter().flat_map(|name| ["--faults", name]).collect();
    let mut counts = Vec::new();
    for service in ["flow", "voxburst", "socialflow", "social-post-flow", "parcels.yaml"] {
        let server = Server::start_in(folder.path(), &[&[service, "--quiet"], all.as_slice()].concat());
        let listed = server.control("GET", "faults", None);
        counts.push(listed["faults"].as_array().expect("a list").len());
    }
    let (plain, services) = counts.split_last().expect("they were counted");
    assert!(*plain > 20, "{counts:?}");
    assert!(services.iter().all(|count| count > plain), "a service has webhooks or credentials: {counts:?}");
}

#[test]
fn every_kind_has_an_example_that_can_be_armed_and_is_told_as_it_was_written() {
    let words: Vec<&str> = EXAMPLES.iter().map(|(word, _)| *word).collect();
    assert_eq!(words, Kind::WORDS);
    let server = Server::start(&["flow", "--quiet"]);
    for (word, example) in EXAMPLES {
        let written: Value = serde_json::from_str(example).expect("an example is JSON");
        assert_eq!(written["kind"], word);
        let armed = server.control("POST", "faults", Some(written.clone()));
        for (word, value) in written.as_object().expect("an object") {
            let told = &armed["fault"][word];
            // A duration is told in milliseconds.
            assert!(told == value || told.as_str().is_some_and(|text| text.ends_with("ms")), "{example}: {armed}");
        }
        assert_eq!((&armed["seen"], &armed["fired"], &armed["spent"]), (&json!(0), &json!(false), &json!(false)));
    }
    let disarmed = server.control("DELETE", "faults", None);
    assert_eq!(disarmed["disarmed"], EXAMPLES.len());
}

#[test]
fn an_armed_fault_tells_what_it_hit() {
    let server = Server::start(&["flow", "--clock", "frozen"]);
    server.control("POST", "faults", Some(json!({"kind": "close", "operation": "listChannels", "nth": 2})));
    server.call("GET", "/v1/channels", None).expect(200);
    assert_eq!(server.call("GET", "/v1/channels", None).bytes, "");
    server.call("GET", "/v1/channels", None).expect(200);
    let told = json!({
        "id": 1,
        "fault": { "kind": "close", "effect": "none", "operation": "listChannels", "nth": 2 },
        "armedAt": 1_767_225_600_000_i64,
        "seen": 3,
        "hits": 1,
        "fired": true,
        "spent": true,
        "calls": [{ "entry": 3, "at": 1_767_225_600_000_i64, "operation": "listChannels" }],
    });
    assert_eq!(server.control("GET", "faults", None), json!({ "faults": [told.clone()] }));
    assert_eq!(server.control("DELETE", "faults?id=1", None), json!({ "disarmed": 1, "faults": [told] }));
    assert_eq!(server.control("GET", "faults", None), json!({ "faults": [] }));
    let log = server.wait_for("disarmed closed before the reply");
    assert!(log.contains("fault: armed closed before the reply, of listChannels, number 2 alone (fault 1)"), "{log}");
    assert!(log.contains("fault: closed before the reply (fault 1)"), "{log}");
}

#[test]
fn what_cannot_be_armed_is_refused_with_the_nearest_word() {
    let server = Server::start(&["flow", "--quiet"]);
    for (fault, detail) in [
        (json!({}), "the fault has no kind; say which: "),
        (json!({"kind": "clsoe"}), "/kind: there is no kind of fault \"clsoe\"; did you mean \"close\"?"),
        (
            json!({"kind": "close", "operation": "listChanels"}),
            "/operation: there is no operation \"listChanels\"; did you mean \"listChannels\"?",
        ),
        (
            json!({"kind": "dropDelivery", "event": "post.creatd"}),
            "/event: there is no event \"post.creatd\"; did you mean \"post.created\"?",
        ),
        (json!({"kind": "close", "event": "post.sent"}), "event says nothing about a fault of calls"),
        (json!({"kind": "status", "status": 404, "error": "internal"}), "/error: "),
        (json!("close"), "a fault is an object, not "),
    ] {
        let answer = server.send("POST", "/_standin/faults", &[], Some(fault.clone())).expect(400);
        let told = answer.text("/detail");
        assert!(told.starts_with(&format!("the request body: {detail}")), "{fault}: {told}");
    }
    assert_eq!(server.control("GET", "faults", None), json!({ "faults": [] }));
    let answer = server.send("DELETE", "/_standin/faults?id=7", &[], None).expect(404);
    assert_eq!(answer.text("/detail"), "no fault 7 is armed");
}

#[test]
fn faults_of_a_file_are_in_every_world_from_the_beginning_and_after_a_reset() {
    let folder = parcels("faults:\n  - { kind: close, times: 1 }\n  - { kind: status, status: 503, world: other }\n");
    let server = Server::start_in(folder.path(), &["parcels.yaml", "--faults", "faults.yaml"]);
    let banner = server.wait_for("in world other");
    assert!(
        banner.ends_with("  fault       closed before the reply, once\n  fault       status 503, in world other\n"),
        "{banner}"
    );
    let count = |path: &str| server.send("GET", path, &[], None).body["faults"].as_array().expect("a list").len();
    assert_eq!((count("/_standin/faults"), count("/~other/_standin/faults")), (1, 2));
    assert_eq!(server.send("GET", "/v1/parcels", &[], None).bytes, "");
    server.send("GET", "/v1/parcels", &[], None).expect(200);
    server.control("POST", "world/reset", None);
    assert_eq!(server.control("GET", "faults", None)["faults"][0]["seen"], 0);
    assert_eq!(server.send("GET", "/v1/parcels", &[], None).bytes, "", "it is armed anew");
    assert_eq!(server.send("GET", "/~other/v1/parcels", &[], None).bytes, "", "its own first call");
    server.send("GET", "/~other/v1/parcels", &[], None).expect(503);
}

#[test]
fn a_world_of_a_state_file_keeps_its_faults_and_gets_each_new_one_once() {
    let folder = parcels("faults: [{ kind: latency, ms: 1 }]\n");
    for expected in [1, 1] {
        let server = Server::start_in(
            folder.path(),
            &["parcels.yaml", "--quiet", "--state", "w.json", "--faults", "faults.yaml"],
        );
        assert_eq!(server.control("GET", "faults", None)["faults"].as_array().map(Vec::len), Some(expected));
        assert_eq!(server.stop("TERM").code, Some(0));
    }
}

#[test]
fn a_call_brings_its_own_fault_and_is_hit_by_that_alone() {
    let server = Server::start(&["flow"]);
    let (name, value) = server.credential();
    let send = |fault: &str| server.send("GET", "/v1/channels", &[(&name, &value), ("X-Standin-Fault", fault)], None);
    server.control("POST", "faults", Some(json!({"kind": "status", "status": 500, "times": 1})));
    assert_eq!(send("close").bytes, "");
    let refused = send(r#"{"kind": "status", "status": 503, "retryAfter": 7}"#).expect(503);
    assert!(refused.bytes.to_lowercase().contains("\r\nretry-after: 7\r\n"), "{}", refused.bytes);
    assert_eq!(server.control("GET", "faults", None)["faults"][0]["seen"], 0, "no armed fault saw them");
    server.call("GET", "/v1/channels", None).expect(500);
    server.call("GET", "/v1/channels", None).expect(200);
    let log = server.wait_for("(fault 1)");
    assert!(log.contains("(brought by the call)"), "{log}");
}

#[test]
fn a_header_that_makes_no_sense_is_refused_and_nothing_is_performed() {
    let folder = parcels("");
    let server = Server::start_in(folder.path(), &["parcels.yaml", "--quiet"]);
    for (header, detail) in [
        ("clsoe", "/kind: there is no kind of fault \"clsoe\"; did you mean \"close\"?"),
        ("", "it is empty; say a kind of fault"),
        ("{\"kind\": ", "it is no JSON: EOF while parsing a value at line 1 column 8"),
        ("{\"kind\": \"status\"}", "missing field `status`"),
        ("dropDelivery", "dropDelivery is a fault of deliveries, not of calls; arm it for them"),
        (
            "{\"kind\": \"close\", \"times\": 2}",
            "it is for this call alone, so it takes no words that say which calls; arm a fault for those",
        ),
        (
            "itemErrors",
            "no operation of those meant is a batch, so no item could fail; leave it out, or say other operations",
        ),
    ] {
        let headers = [("X-Standin-Fault", header)];
        let answer = server.send("POST", "/v1/parcels", &headers, Some(json!({"address": "a"}))).expect(400);
        assert!(answer.bytes.contains("application/problem+json"), "{}", answer.bytes);
        assert_eq!(answer.text("/detail"), format!("the header X-Standin-Fault: {detail}"), "{header}");
    }
    let twice = [("X-Standin-Fault", "close"), ("X-Standin-Fault", "hang")];
    let answer = server.send("GET", "/v1/parcels", &twice, None).expect(400);
    assert_eq!(
        answer.text("/detail"),
        "the header X-Standin-Fault: it is there more than once, and a call takes one fault"
    );
    let before = server.send("GET", "/v1/parcels", &[], None).expect(200).body;
    assert!(!before.to_string().contains("\"address\":\"a\""), "{before}");
    server.send("GET", "/_standin/health", &[("X-Standin-Fault", "clsoe")], None).expect(200);
}

const FAULTY: &str = "\
arazzo: 1.0.1
info: { title: Parcels, version: '1' }
sourceDescriptions:
  - { name: parcels, url: ../parcels.yaml, type: openapi }
  - { name: control, url: ../spec/control.yaml, type: openapi }
workflows:
  - workflowId: faulty
    steps:
      - stepId: arm
        operationId: $sourceDescriptions.control.armFault
        requestBody: { payload: { kind: close, operation: createParcel, TIMES } }
        successCriteria: [{ condition: $statusCode == 201 }]
      - stepId: list
        operationId: $sourceDescriptions.parcels.listParcels
        successCriteria: [{ condition: $statusCode == 200 }]
";

/// What a run says of a scenario, in this process and against a running standin: `code: message` of each finding, and the exit code.
#[track_caller]
fn judged(scenario: &str, code: i32, expected: &[&str]) {
    let folder = project(scenario);
    let server = Server::start_in(folder.path(), &["parcels.yaml", "--quiet"]);
    let base = server.ready.trim_end().strip_prefix("standin ready ").expect("a base URL");
    for against in ["fake", base] {
        let done = run_in(
            folder.path(),
            &["run", "--no-snapshots", "--quiet", "--against", against, "--report", "json=r.json"],
        );
        expect(&done, code);
        let report = std::fs::read_to_string(folder.path().join("r.json")).expect("a report");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let findings = report["workflows"][0]["findings"].as_array().expect("findings").iter();
        let told: Vec<String> = findings
            .filter(|finding| finding["code"].as_str().is_some_and(|code| code.starts_with("fault-")))
            .map(|finding| format!("{}: {}", finding["code"].as_str().unwrap(), finding["message"].as_str().unwrap()))
            .collect();
        assert_eq!(told, expected, "{against}");
    }
}

#[test]
fn a_scenario_fails_whose_fault_never_fired() {
    let scenario = FAULTY.replace("TIMES", "times: 1");
    judged(
        &scenario,
        1,
        &[
            "fault-not-fired: step `arm` armed the fault `close` (number 1), and it never fired: nothing that it is for happened",
        ],
    );
    let text = run_in(project(&scenario).path(), &["run", "--no-snapshots"]).stdout;
    assert!(text.contains("scenarios/sending.arazzo.yaml:9:9"), "it is told at the step that armed it:\n{text}");
}

#[test]
fn a_fault_that_hit_fewer_calls_than_it_was_armed_for_is_a_warning() {
    let fired = FAULTY.replace("TIMES", "times: 3").replace("createParcel", "listParcels")
        + "        onFailure: [{ name: again, type: retry, retryAfter: 1, retryLimit: 5 }]\n";
    judged(&fired, 0, &[]);
    let left = fired.replace("times: 3", "times: 9");
    judged(
        &left.replace("kind: close", "kind: latency, ms: 1"),
        0,
        &["fault-left-over: step `arm` armed the fault `latency` (number 1) for 9 calls, and it hit 1"],
    );
}

#[test]
fn a_fault_that_a_scenario_disarms_is_accounted_for() {
    let disarm = "      - stepId: disarm\n        operationId: $sourceDescriptions.control.disarmFaults\n        successCriteria: [{ condition: \
                  $response.body#/disarmed == 1 }, { condition: $response.body#/faults/0/fired == false }]\n";
    judged(&(FAULTY.replace("TIMES", "times: 1") + disarm), 0, &[]);
    let reset = "      - stepId: reset\n        operationId: $sourceDescriptions.control.resetWorld\n        successCriteria: [{ condition: \
                 $statusCode == 200 }]\n";
    judged(&(FAULTY.replace("TIMES", "times: 1") + reset), 0, &[]);
}
