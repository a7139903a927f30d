//! Scenario runs that meet trouble with files, names and secrets: nothing is lost, nothing leaves its folder, nothing is told.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::program::{Folder, Server, run_in};
use super::run::{DOCUMENT, SCENARIO, expect, project};

/// A scenario of workflows that list parcels.
fn listing(ids: &[&str]) -> String {
    let mut text = "arazzo: 1.0.1\ninfo: { title: Lists, version: '1' }\n\
        sourceDescriptions: [{ name: parcels, url: ../parcels.yaml, type: openapi }]\nworkflows:\n"
        .to_owned();
    for id in ids {
        let id = serde_json::to_string(id).expect("text is JSON");
        text.push_str(&format!("  - {{ workflowId: {id}, steps: [{{ stepId: list, operationId: listParcels }}] }}\n"));
    }
    text
}

/// Every file below a folder, with `/` between its parts.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => open.push(path),
                path => _ = found.insert(path.strip_prefix(folder).expect("below").to_string_lossy().into_owned()),
            }
        }
    }
    found
}

#[test]
fn snapshots_stay_in_their_folder_whatever_workflows_are_called() {
    let long = "long-".repeat(100);
    let outer = Folder::new();
    let inner = outer.path().join("a/b/c");
    std::fs::create_dir_all(inner.join("scenarios")).expect("a folder");
    std::fs::write(inner.join("parcels.yaml"), DOCUMENT).expect("a file");
    let ids = ["../../../../evil", "/evil", "x/y", "..", "send", "Send", "ünï code", "a\\b:c*?", &long];
    std::fs::write(inner.join("scenarios/names.arazzo.yaml"), listing(&ids)).expect("a file");
    let before = files(outer.path());
    expect(&run_in(&inner, &["run", "--update"]), 0);
    expect(&run_in(&inner, &["run", "--ci"]), 0);
    let new: BTreeSet<String> = files(outer.path()).difference(&before).cloned().collect();
    assert_eq!(new.len(), ids.len(), "{new:?}");
    for file in &new {
        let name = file.strip_prefix("a/b/c/snapshots/names__").unwrap_or_else(|| panic!("{file} is elsewhere"));
        assert!(!name.contains('/') && name.len() < 230, "{name}");
    }
    let folded: BTreeSet<String> = new.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(folded.len(), ids.len(), "some differ in case alone: {new:?}");
}

#[test]
fn two_workflows_do_not_share_a_snapshot() {
    let folder = project(SCENARIO);
    folder.write("scenarios/sending.arazzo.yml", &listing(&["send"]));
    let done = run_in(folder.path(), &["run"]);
    expect(&done, 2);
    for said in ["sending.arazzo.yaml", "sending.arazzo.yml", "would both be snapshots/sending__send.snap"] {
        assert!(done.stderr.contains(said), "{}", done.stderr);
    }
    expect(&run_in(folder.path(), &["run", "--no-snapshots"]), 0);
}

#[test]
fn snapshots_of_a_file_with_a_similar_name_are_left_alone() {
    let folder = project(&listing(&["list"]));
    folder.write("scenarios/sending__all.arazzo.yaml", &listing(&["list"]));
    expect(&run_in(folder.path(), &["run", "--update"]), 0);
    let before = files(&folder.path().join("snapshots"));
    expect(&run_in(folder.path(), &["run", "--strict", "scenarios/sending.arazzo.yaml"]), 0);
    expect(&run_in(folder.path(), &["run", "--update", "scenarios/sending.arazzo.yaml"]), 0);
    assert_eq!(files(&folder.path().join("snapshots")), before);
}

#[test]
fn a_snapshot_that_cannot_be_read_is_a_finding_and_can_be_replaced() {
    let folder = project(SCENARIO);
    expect(&run_in(folder.path(), &["run", "--update"]), 0);
    let broken =
        |text: &[u8]| std::fs::write(folder.path().join("snapshots/sending__send.snap"), text).expect("a file");
    for (text, said) in [
        (&b"<<<<<<< ours\n---\n=======\n>>>>>>> theirs\n"[..], "merge conflict"),
        (b"nonsense", "is no snapshot"),
        (b"\xff\xfe\x00", "cannot read"),
    ] {
        broken(text);
        let done = run_in(folder.path(), &["run", "--report", "json=report.json"]);
        expect(&done, 4);
        assert!(done.stdout.contains("snapshot-changed") && done.stdout.contains(said), "{}", done.stdout);
        assert!(done.stdout.contains("1 passed") && folder.path().join("report.json").exists(), "{}", done.stdout);
        expect(&run_in(folder.path(), &["run", "--ci"]), 4);
        expect(&run_in(folder.path(), &["review", "--accept"]), 0);
        expect(&run_in(folder.path(), &["run", "--ci"]), 0);
        broken(text);
        expect(&run_in(folder.path(), &["run", "--update"]), 0);
        expect(&run_in(folder.path(), &["run", "--ci"]), 0);
    }
}

#[test]
fn a_pending_snapshot_that_cannot_be_read_does_not_hold_up_the_others() {
    let folder = project(SCENARIO);
    expect(&run_in(folder.path(), &["run"]), 4);
    folder.write("snapshots/sending__send.snap.new", "nonsense");
    let done = run_in(folder.path(), &["review", "--accept"]);
    expect(&done, 2);
    assert_eq!(done.stdout, "1 accepted, 0 rejected, 0 left pending\n");
    assert!(done.stderr.contains("sending__send.snap.new is no snapshot"), "{}", done.stderr);
    assert!(folder.path().join("snapshots/sending__missing.snap").exists());
}

#[test]
fn what_cannot_be_written_does_not_lose_the_results() {
    let folder = project(SCENARIO);
    folder.write("file", "");
    let arguments = ["run", "--report", "junit=file/report.xml", "--report", "json=report.json", "--no-snapshots"];
    let done = run_in(folder.path(), &arguments);
    expect(&done, 2);
    assert!(done.stderr.contains("cannot write the report file/report.xml"), "{}", done.stderr);
    assert!(done.stdout.contains("2 passed"), "{}", done.stdout);
    assert!(folder.path().join("report.json").exists());
    let done = run_in(folder.path(), &["run", "--snapshots", "file"]);
    expect(&done, 2);
    assert!(done.stderr.contains("file/"), "{}", done.stderr);
    assert!(done.stdout.contains("snapshots"), "{}", done.stdout);
}

#[test]
fn a_workflow_that_never_began_leaves_its_snapshot_alone() {
    let folder = project(
        &SCENARIO
            .replace(", default: 12 Mill Lane }", " }")
            .replace("      properties:", "      required: [address]\n      properties:"),
    );
    expect(&run_in(folder.path(), &["run", "--update", "--var", "address=12 Mill Lane"]), 0);
    let kept = std::fs::read_to_string(folder.path().join("snapshots/sending__send.snap")).expect("a snapshot");
    let done = run_in(folder.path(), &["run", "--update"]);
    expect(&done, 1);
    assert!(done.stdout.contains("input-missing"), "{}", done.stdout);
    assert_eq!(std::fs::read_to_string(folder.path().join("snapshots/sending__send.snap")).expect("a snapshot"), kept);
}

#[test]
fn secrets_of_called_workflows_and_short_ones_are_masked() {
    let folder = project(
        "arazzo: 1.0.1
info: { title: Sending, version: '1' }
sourceDescriptions: [{ name: parcels, url: ../parcels.yaml, type: openapi }]
workflows:
  - workflowId: outer
    inputs: { type: object, properties: { pin: { type: string, format: password } } }
    steps:
      - { stepId: call, workflowId: inner, parameters: [{ name: passed, value: passed-by-the-caller }] }
      - stepId: list
        operationId: listParcels
        parameters: [{ name: X-Pin, in: header, value: $inputs.pin }]
        successCriteria: [{ condition: $statusCode == 999 }]
  - workflowId: inner
    inputs:
      type: object
      properties:
        passed: { type: string, format: password }
        kept: { type: string, format: password, default: default-of-the-called }
    steps:
      - stepId: make
        operationId: createParcel
        parameters: [{ name: X-One, in: header, value: $inputs.passed }, { name: X-Two, in: header, value: $inputs.kept }]
        requestBody: { payload: { address: 'at {$inputs.kept}' } }
",
    );
    let formats = ["text", "junit", "json", "html", "markdown", "sarif", "github"];
    let reports: Vec<String> = formats.iter().map(|format| format!("{format}=out/{format}")).collect();
    let mut arguments = vec!["run", "--var", "pin=q7z1"];
    reports.iter().for_each(|report| arguments.extend(["--report", report]));
    let done = run_in(folder.path(), &arguments);
    expect(&done, 1);
    let mut texts = vec![("the terminal".to_owned(), done.stdout + &done.stderr)];
    for file in files(folder.path()).into_iter().filter(|file| !file.starts_with("scenarios")) {
        let text = std::fs::read_to_string(folder.path().join(&file)).expect("text");
        texts.push((file, text));
    }
    assert!(texts.iter().any(|(file, _)| file.ends_with("outer.snap.new")));
    for (file, text) in texts {
        for secret in ["q7z1", "passed-by-the-caller", "default-of-the-called"] {
            assert!(!text.contains(secret), "{secret} stands in {file}");
        }
    }
}

#[test]
fn each_of_several_running_standins_gets_a_fresh_world() {
    let folder = project(SCENARIO);
    folder.write("letters.yaml", &DOCUMENT.replace("Parcel", "Letter").replace("parcel", "letter"));
    folder.write(
        "scenarios/sending.arazzo.yaml",
        "arazzo: 1.0.1
info: { title: Both, version: '1' }
sourceDescriptions:
  - { name: parcels, url: ../parcels.yaml, type: openapi }
  - { name: letters, url: ../letters.yaml, type: openapi }
workflows:
  - workflowId: both
    steps:
      - stepId: parcel
        operationId: $sourceDescriptions.parcels.createParcel
        requestBody: { payload: { address: Here } }
      - stepId: letter
        operationId: $sourceDescriptions.letters.createLetter
        requestBody: { payload: { address: There } }
      - stepId: letters
        operationId: $sourceDescriptions.letters.listLetters
        successCriteria: [{ condition: $statusCode == 200 }, { condition: $response.body#/1 == null }]
      - stepId: none
        operationId: $sourceDescriptions.letters.getLetter
        parameters: [{ name: id, in: path, value: none }]
        successCriteria: [{ condition: $statusCode == 200 }]
",
    );
    let parcels = Server::start_in(folder.path(), &["parcels.yaml"]);
    let letters = Server::start_in(folder.path(), &["letters.yaml"]);
    let (parcels, letters) = (
        format!("parcels=http://127.0.0.1:{}/v1", parcels.port),
        format!("letters=http://127.0.0.1:{}/v1", letters.port),
    );
    for against in
        [&["--against", &parcels, "--against", &letters][..], &["--against", &parcels, "--against", &letters], &[]]
    {
        let arguments = [&["run", "--no-snapshots", "--report", "json=report.json"], against].concat();
        let done = run_in(folder.path(), &arguments);
        expect(&done, 1);
        let report = std::fs::read_to_string(folder.path().join("report.json")).expect("a report");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let steps = report["workflows"][0]["steps"].as_array().expect("steps");
        let passed: Vec<_> = steps.iter().map(|step| step["passed"].as_bool()).collect();
        assert_eq!(passed, [Some(true), Some(true), Some(true), Some(false)], "{}", done.stdout);
        // Each server says why for its own calls.
        assert!(steps[1]["causes"].to_string().contains("letter"), "{}", steps[1]);
    }
}

#[test]
fn a_standin_that_wants_its_control_token_is_not_taken_for_a_deployment() {
    let folder = project(SCENARIO);
    let server = Server::start_in(folder.path(), &["parcels.yaml", "--control-token", "the-right-one"]);
    let url = format!("http://127.0.0.1:{}/v1", server.port);
    let run = ["run", "--no-snapshots", "--against", &url];
    for (token, said) in
        [(&[][..], "asks for its control token"), (&["--control-token", "wrong-one"], "refuses this control token")]
    {
        let done = run_in(folder.path(), &[&run, token].concat());
        expect(&done, 2);
        assert!(done.stderr.contains(said) && !done.stderr.contains("wrong-one"), "{}", done.stderr);
    }
    expect(&run_in(folder.path(), &[&run[..], &["--control-token", "the-right-one"]].concat()), 0);
}

#[test]
fn a_folder_of_scenarios_is_linted_whole() {
    let folder = project(SCENARIO);
    folder.write("scenarios/other.arazzo.yaml", &listing(&["one"]));
    let done = run_in(folder.path(), &["lint", "scenarios", "parcels.yaml"]);
    expect(&done, 0);
    let told: BTreeSet<&str> = done.stdout.lines().collect();
    let wanted = [
        "parcels.yaml: ok, 3 operations",
        "scenarios/other.arazzo.yaml: ok, 1 workflows",
        "scenarios/sending.arazzo.yaml: ok, 2 workflows",
    ];
    assert_eq!(told, BTreeSet::from(wanted));
}

#[cfg(unix)]
#[test]
fn links_that_lead_round_in_circles_find_nothing_twice() {
    let folder = project(SCENARIO);
    let scenarios = folder.path().join("scenarios");
    std::fs::create_dir_all(scenarios.join("more")).expect("a folder");
    std::fs::remove_file(scenarios.join("sending.arazzo.yaml")).expect("a file");
    let scenario = SCENARIO.replace("../parcels.yaml", "../../parcels.yaml");
    folder.write("scenarios/more/sending.arazzo.yaml", &scenario);
    for link in ["a", "b", "more/c", "more/d"] {
        std::os::unix::fs::symlink(&scenarios, scenarios.join(link)).expect("a link");
    }
    let done = run_in(folder.path(), &["run", "--no-snapshots"]);
    expect(&done, 0);
    assert!(done.stdout.contains("passed: 2 workflows"), "{}", done.stdout);
    std::fs::create_dir_all(folder.path().join("snapshots")).expect("a folder");
    std::os::unix::fs::symlink(folder.path(), folder.path().join("snapshots/round")).expect("a link");
    assert_eq!(run_in(folder.path(), &["review"]).stdout, "no snapshots are pending\n");
}

#[cfg(unix)]
#[test]
fn ctrl_c_lets_what_is_under_way_finish_and_tells_the_rest_as_left_out() {
    let mut slow = SCENARIO.replace(
        "$statusCode == 404 }]",
        "$statusCode == 200 }]\n        onFailure: [{ name: again, type: retry, retryAfter: 2, retryLimit: 1 }]",
    );
    slow.push_str(listing(&["later"]).split_once("workflows:\n").expect("workflows").1);
    let folder = project(&slow);
    let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec();
    let url = super::run::answering(answer);
    let mut child = std::process::Command::new(super::program::BINARY)
        .args(["run", "--no-snapshots", "--jobs", "1", "--filter", "missing", "--filter", "later", "--against", &url])
        .args(["--report", "json=report.json"])
        .current_dir(folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the binary runs");
    std::thread::sleep(std::time::Duration::from_millis(1_000));
    let kill = format!("kill -INT {}", child.id());
    assert!(std::process::Command::new("bash").args(["-c", &kill]).status().expect("bash runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let report = std::fs::read_to_string(folder.path().join("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let statuses: Vec<_> = report["workflows"].as_array().expect("workflows").iter().map(|w| &w["status"]).collect();
    assert_eq!(statuses, ["failed", "skipped"]);
    assert_eq!(report["workflows"][1]["reason"], "the run was interrupted");
}
