//! `standin run`, `review` and `explain`: verdicts, exit codes, targets, snapshots, reports.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::program::{Done, Folder, Server, run, run_in};

pub const DOCUMENT: &str = "\
openapi: 3.1.0
info: { title: Parcels, version: '1' }
servers: [{ url: 'https://parcels.example/v1' }]
paths:
  /parcels:
    get:
      operationId: listParcels
      responses:
        '200':
          description: All.
          content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Parcel' } } } }
    post:
      operationId: createParcel
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Parcel' } } } }
      responses:
        '201': { description: Made., content: { application/json: { schema: { $ref: '#/components/schemas/Parcel' } } } }
        '400': { description: Refused. }
  /parcels/{id}:
    get:
      operationId: getParcel
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses:
        '200': { description: The parcel., content: { application/json: { schema: { $ref: '#/components/schemas/Parcel' } } } }
        '404': { description: There is none. }
components:
  schemas:
    Parcel:
      type: object
      required: [id, address]
      properties:
        id: { type: string, readOnly: true }
        address: { type: string, minLength: 1 }
        status: { enum: [queued, moving], readOnly: true }
        madeAt: { type: string, format: date-time, readOnly: true }
";

pub const SCENARIO: &str = "\
arazzo: 1.0.1
info: { title: Sending, version: '1' }
sourceDescriptions: [{ name: parcels, url: ../parcels.yaml, type: openapi }]
workflows:
  - workflowId: send
    summary: A parcel that is made can be read
    inputs:
      type: object
      properties:
        address: { type: string, default: 12 Mill Lane }
        key: { type: string, format: password }
    steps:
      - stepId: make
        operationId: createParcel
        parameters: [{ name: X-Key, in: header, value: $inputs.key }]
        requestBody: { payload: { address: $inputs.address } }
        successCriteria: [{ condition: $statusCode == 201 }]
        outputs: { id: $response.body#/id }
      - stepId: read
        operationId: getParcel
        parameters: [{ name: id, in: path, value: $steps.make.outputs.id }]
        successCriteria:
          - condition: $statusCode == 200
          - condition: $response.body#/address == $inputs.address
  - workflowId: missing
    steps:
      - stepId: read-none
        operationId: getParcel
        parameters: [{ name: id, in: path, value: none }]
        successCriteria: [{ condition: $statusCode == 404 }]
";

/// A project with a document and a scenario.
pub fn project(scenario: &str) -> Folder {
    let folder = Folder::new();
    folder.write("parcels.yaml", DOCUMENT);
    std::fs::create_dir_all(folder.path().join("scenarios")).expect("a folder");
    folder.write("scenarios/sending.arazzo.yaml", scenario);
    folder
}

#[track_caller]
pub fn expect(done: &Done, code: i32) {
    assert_eq!(done.code, Some(code), "stdout:\n{}\nstderr:\n{}", done.stdout, done.stderr);
}

fn approved(folder: &Folder, workflow: &str) -> String {
    let path = folder.path().join(format!("snapshots/sending__{workflow}.snap"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn pending(folder: &Folder, workflow: &str) -> bool {
    folder.path().join(format!("snapshots/sending__{workflow}.snap.new")).exists()
}

#[test]
fn snapshots_are_pending_until_they_are_accepted() {
    let folder = project(SCENARIO);
    let first = run_in(folder.path(), &["run"]);
    expect(&first, 4);
    assert!(first.stdout.contains("snapshot-missing"), "{}", first.stdout);
    assert!(pending(&folder, "send") && pending(&folder, "missing"));

    let listed = run_in(folder.path(), &["review", "--json"]);
    expect(&listed, 4);
    let listed: Value = serde_json::from_str(&listed.stdout).expect("JSON");
    assert_eq!(listed["pending"].as_array().map(Vec::len), Some(2));

    expect(&run_in(folder.path(), &["review"]), 2);
    let accepted = run_in(folder.path(), &["review", "--accept"]);
    expect(&accepted, 0);
    assert_eq!(accepted.stdout, "2 accepted, 0 rejected, 0 left pending\n");
    expect(&run_in(folder.path(), &["run"]), 0);
    assert!(!pending(&folder, "send"));
    let text = approved(&folder, "send");
    assert!(text.starts_with("---\nsource: scenarios/sending.arazzo.yaml\nexpression: send\n---\n"), "{text}");
    assert!(text.contains("/v1/parcels/<parcel:1>") && text.contains("\"address\": \"12 Mill Lane\""), "{text}");
}

#[test]
fn a_changed_reply_is_shown_with_its_difference() {
    let folder = project(SCENARIO);
    expect(&run_in(folder.path(), &["run", "--update"]), 0);
    let changed = run_in(folder.path(), &["run", "--var", "address=7 Quay"]);
    expect(&changed, 4);
    for said in ["snapshot-changed", "12 Mill Lane", "7 Quay", "send"] {
        assert!(changed.stdout.contains(said), "{said}:\n{}", changed.stdout);
    }
    assert!(pending(&folder, "send") && !pending(&folder, "missing"));
    let rejected = run_in(folder.path(), &["review", "--reject", "snapshots"]);
    assert_eq!(rejected.stdout, "0 accepted, 1 rejected, 0 left pending\n");
    assert!(!pending(&folder, "send"));
    expect(&run_in(folder.path(), &["run"]), 0);
}

#[test]
fn ci_writes_nothing() {
    let folder = project(SCENARIO);
    expect(&run_in(folder.path(), &["run", "--ci"]), 4);
    assert!(!folder.path().join("snapshots").exists());
}

#[test]
fn a_snapshot_without_a_workflow_is_told_and_goes_with_update() {
    let folder = project(SCENARIO);
    expect(&run_in(folder.path(), &["run", "--update"]), 0);
    let path = folder.path().join("snapshots/sending__gone.snap");
    std::fs::copy(folder.path().join("snapshots/sending__send.snap"), &path).expect("a copy");
    let told = run_in(folder.path(), &["run"]);
    expect(&told, 0);
    assert!(told.stdout.contains("sending__gone.snap"), "{}", told.stdout);
    expect(&run_in(folder.path(), &["run", "--strict"]), 1);
    expect(&run_in(folder.path(), &["run", "--update"]), 0);
    assert!(!path.exists());
}

#[test]
fn a_failed_criterion_is_a_contract_failure_and_the_others_go_on() {
    let folder = project(&SCENARIO.replace("$statusCode == 404", "$statusCode == 200"));
    let done = run_in(folder.path(), &["run", "--no-snapshots"]);
    expect(&done, 1);
    for said in ["criterion-failed", "$statusCode is 404", "scenarios/sending.arazzo.yaml:", "read-none"] {
        assert!(done.stdout.contains(said), "{said}:\n{}", done.stdout);
    }
    let again = run_in(folder.path(), &["run", "--no-snapshots", "--last-failed"]);
    expect(&again, 1);
    assert!(again.stdout.contains("missing") && !again.stdout.contains(" send"), "{}", again.stdout);
}

#[test]
fn fail_fast_starts_nothing_more() {
    let folder = project(&SCENARIO.replace("$statusCode == 201", "$statusCode == 202"));
    let done =
        run_in(folder.path(), &["run", "--no-snapshots", "--fail-fast", "--jobs", "1", "--report", "json=report.json"]);
    expect(&done, 1);
    let report = std::fs::read_to_string(folder.path().join("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let statuses: Vec<_> = report["workflows"].as_array().expect("workflows").iter().map(|w| &w["status"]).collect();
    assert_eq!(statuses, ["failed", "skipped"]);
}

#[test]
fn filters_and_shards_choose_workflows() {
    let folder = project(SCENARIO);
    let workflows = |arguments: &[&str]| {
        let done =
            run_in(folder.path(), &[&["run", "--no-snapshots", "--report", "json=report.json"], arguments].concat());
        expect(&done, 0);
        let report = std::fs::read_to_string(folder.path().join("report.json")).expect("a report");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let list = report["workflows"].as_array().expect("workflows");
        list.iter().map(|workflow| workflow["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(workflows(&[]), ["send", "missing"]);
    assert_eq!(workflows(&["--filter", "miss"]), ["missing"]);
    let mut halves = workflows(&["--shard", "1/2"]);
    halves.extend(workflows(&["--shard", "2/2"]));
    halves.sort();
    assert_eq!(halves, ["missing", "send"]);
    let none = run_in(folder.path(), &["run", "--filter", "nothing"]);
    expect(&none, 2);
    assert!(none.stderr.contains("--filter"), "{}", none.stderr);
}

#[test]
fn every_report_is_written() {
    let folder = project(SCENARIO);
    let formats = ["text", "junit", "json", "html", "markdown", "sarif", "github"];
    let mut arguments = vec!["run".to_owned(), "--update".to_owned()];
    for format in formats {
        arguments.extend(["--report".to_owned(), format!("{format}=out/report.{format}")]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    expect(&run_in(folder.path(), &arguments), 0);
    for format in formats {
        let path = folder.path().join(format!("out/report.{format}"));
        assert!(path.exists(), "{format}");
    }
    let bad = run_in(folder.path(), &["run", "--report", "jnuit=x.xml"]);
    expect(&bad, 2);
    assert!(bad.stderr.contains("junit"), "{}", bad.stderr);
}

#[test]
fn the_same_snapshots_hold_against_a_served_fake_and_with_many_jobs() {
    let folder = project(SCENARIO);
    expect(&run_in(folder.path(), &["run", "--update"]), 0);
    let text = approved(&folder, "send");
    let server = Server::start_in(folder.path(), &["parcels.yaml"]);
    let url = format!("http://127.0.0.1:{}/v1", server.port);
    expect(&run_in(folder.path(), &["run", "--ci", "--against", &url]), 0);
    expect(&run_in(folder.path(), &["run", "--ci", "--against", &url]), 0);
    expect(&run_in(folder.path(), &["run", "--ci", "--jobs", "8"]), 0);
    expect(&run_in(folder.path(), &["run", "--update", "--against", &url, "--jobs", "8"]), 0);
    assert_eq!(approved(&folder, "send"), text);
}

/// It may be somebody's own copy of what is shipped under that name.
#[test]
fn a_file_that_is_called_as_a_shipped_one_is_read_from_disk() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path().join("spec/flow")).expect("a folder");
    folder.write("spec/flow/openapi.yaml", DOCUMENT);
    let own = run_in(folder.path(), &["plan", "spec/flow/openapi.yaml"]);
    assert!(own.stdout.contains("createParcel"), "{}", own.stdout);
    let shipped = run_in(folder.path(), &["plan", "flow"]);
    assert!(shipped.stdout.contains("createPost"), "{}", shipped.stdout);
}

/// Each with the credential, the receiver and the control API of its own fake.
#[test]
fn scenarios_of_several_services_are_run_together() {
    let files = [
        "scenarios/flow/onboarding.arazzo.yaml",
        "scenarios/socialflow/onboarding.arazzo.yaml",
        "scenarios/voxburst/webhooks-subscriptions.arazzo.yaml",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    expect(&run_in(root, &[&["run", "--ci"], &files[..]].concat()), 0);
}

#[test]
fn secrets_stand_nowhere() {
    // A quote is torn apart where the text is one for a shell.
    for secret in ["s3cr3t-k3y-0f-mine", "it's-s3cr3t-k3y-0f-mine"] {
        stands_nowhere(secret, "s3cr3t-k3y-0f-mine");
    }
}

/// A part of a secret is told in no way.
#[track_caller]
fn stands_nowhere(secret: &str, part: &str) {
    let folder = project(&SCENARIO.replace("$response.body#/address == $inputs.address", "$statusCode == 999"));
    let variable = format!("key={secret}");
    let formats = ["text", "junit", "json", "html", "markdown", "sarif", "github"];
    let reports: Vec<String> = formats.iter().map(|format| format!("{format}=out.{format}")).collect();
    let mut arguments = vec!["run", "--var", &variable];
    reports.iter().for_each(|report| arguments.extend(["--report", report]));
    let done = run_in(folder.path(), &arguments);
    expect(&done, 1);
    assert!(!done.stdout.contains(part) && !done.stderr.contains(part));
    for format in formats {
        let text = std::fs::read_to_string(folder.path().join(format!("out.{format}"))).expect("a report");
        assert!(!text.contains(part), "{format}: {secret}");
    }
    let snapshot = folder.path().join("snapshots/sending__send.snap.new");
    assert!(!std::fs::read_to_string(snapshot).expect("a pending snapshot").contains(part));
}

/// Answers every connection with these bytes, for ever.
pub fn answering(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(&bytes);
        }
    });
    format!("http://{address}")
}

#[track_caller]
fn against(url: &str, code: i32, said: &[&str]) {
    let folder = project(SCENARIO);
    let done =
        run_in(folder.path(), &["run", "--no-snapshots", "--filter", "send", "--against", url, "--timeout", "2"]);
    expect(&done, code);
    for said in said {
        assert!(done.stdout.contains(said), "{said}:\n{}", done.stdout);
    }
}

#[test]
fn nobody_there_is_told_as_unreachable() {
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    against(&format!("http://{address}/v1"), 3, &["unreachable", "cannot connect"]);
    against("http://no-such-host.invalid/v1", 3, &["unreachable", "no-such-host.invalid"]);
}

#[test]
fn a_failed_tls_handshake_is_told_as_such() {
    let plain = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec());
    against(&plain.replace("http:", "https:"), 3, &["tls-failed"]);
}

#[test]
fn answers_that_are_none_are_clear_findings() {
    let reply = |head: &str, body: &str| {
        format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let not_json = answering(reply("201 Created\r\ncontent-type: application/json", "<html>"));
    against(&not_json, 1, &["body-malformed"]);
    let coded = answering(reply("201 Created\r\ncontent-type: application/json\r\ncontent-encoding: gzip", "\u{1f}x"));
    against(&coded, 1, &["body-malformed", "coded as `gzip`"]);
    let marked = answering(reply("201 Created\r\ncontent-type: application/json", "\u{feff}{}"));
    against(&marked, 1, &["body-malformed", "byte order mark"]);
    let redirect = answering(reply("302 Found\r\nlocation: /", ""));
    against(&redirect, 1, &["status-undeclared", "302"]);
    let broken = answering(b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\nshort".to_vec());
    against(&broken, 1, &["reply-broken"]);
    let nonsense = answering(b"this is no HTTP\r\n\r\n".to_vec());
    against(&nonsense, 1, &["reply-broken"]);
}

#[test]
fn a_body_beyond_the_bound_is_not_read() {
    let mut bytes = b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n\r\n".to_vec();
    bytes.resize(65 * 1024 * 1024, b' ');
    against(&answering(bytes), 1, &["reply-too-large"]);
}

#[test]
fn a_silent_server_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let _kept = std::thread::spawn(move || listener.incoming().map_while(Result::ok).collect::<Vec<_>>());
    let folder = project(SCENARIO);
    let started = Instant::now();
    let done =
        run_in(folder.path(), &["run", "--no-snapshots", "--filter", "missing", "--against", &url, "--timeout", "1"]);
    expect(&done, 1);
    assert!(done.stdout.contains("step-timeout"), "{}", done.stdout);
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "asking whether it is a standin takes its time: {:?}",
        started.elapsed()
    );
}

#[test]
fn mistakes_in_a_scenario_are_shown_with_their_place() {
    let folder = project(&SCENARIO.replace("operationId: getParcel", "operationId: getParcle"));
    let done = run_in(folder.path(), &["run"]);
    expect(&done, 2);
    assert!(done.stdout.is_empty());
    for said in ["getParcle", "scenarios/sending.arazzo.yaml:", "^^^", "getParcel"] {
        assert!(done.stderr.contains(said), "{said}:\n{}", done.stderr);
    }
    let linted = run_in(folder.path(), &["lint", "scenarios/sending.arazzo.yaml"]);
    assert_eq!((linted.code, linted.stderr), (Some(2), done.stderr));
}

#[test]
fn mistakes_in_flags_say_what_to_do() {
    let folder = project(SCENARIO);
    for (arguments, said) in [
        (&["run", "nowhere"][..], "there is no nowhere"),
        (&["run", "--against", "ftp://x/"], "only http and https"),
        (
            &["run", "--against", "http://me:pass@127.0.0.1:1/"],
            "--against http://***@127.0.0.1:1/: it must have no query",
        ),
        (&["run", "--against", "http://127.0.0.1:99999/"], "no host and port"),
        (&["run", "--against", "http://:80/"], "no host and port"),
        (&["run", "--against", "parcels"], "neither fake nor a whole URL"),
        (&["run", "--against", "letters=http://127.0.0.1:1"], "parcels=URL"),
        (&["run", "--var", "adress=x"], "did you mean address?"),
        (&["run", "--var", "address"], "NAME=VALUE"),
        (&["run", "--shard", "3/2"], "I/N"),
        (&["run", "--jobs", "0"], "1..=256"),
        (&["run", "--min-coverage", "operations=80"], "operation"),
        (&["run", "--last-failed"], "run without it first"),
        (&["explain", "status-undeclard"], "did you mean status-undeclared?"),
        (&["explain", "retries-unavailible"], "did you mean retries-unavailable?"),
        (&["review", "nowhere"], "there is no nowhere"),
    ] {
        let done = run_in(folder.path(), arguments);
        expect(&done, 2);
        assert!(done.stderr.contains(said), "{arguments:?}: {}", done.stderr);
    }
}

#[test]
fn coverage_can_be_demanded() {
    let folder = project(SCENARIO);
    let done = run_in(folder.path(), &["run", "--no-snapshots", "--min-coverage", "100"]);
    expect(&done, 1);
    assert!(done.stdout.contains("coverage-low") && done.stdout.contains("listParcels"), "{}", done.stdout);
    expect(&run_in(folder.path(), &["run", "--no-snapshots", "--min-coverage", "operation=60"]), 0);
}

#[test]
fn codes_are_explained() {
    let listed = run(&["explain"]);
    expect(&listed, 0);
    assert!(listed.stdout.lines().count() > 20, "{}", listed.stdout);
    for line in listed.stdout.lines() {
        let code = line.split_whitespace().next().expect("a code");
        let told = run(&["explain", code]);
        expect(&told, 0);
        assert!(told.stdout.starts_with(code), "{}", told.stdout);
    }
}
