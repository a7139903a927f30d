//! The scenarios of flow find what a deployment does otherwise than its document and its description say.
//!
//! Each folder here is a break: `overlay.yaml` breaks the fake in one way, and `expected.yaml` says which finding must tell of it.
//!
//! ```yaml
//! run: [onboarding]                   # files below scenarios/flow that are run ...
//! workflows: [life-of-a-channel]      # ... and which of their workflows, each of which must report it
//! flags: [--closed-objects]           # options of `standin run`, where any are needed
//! code: status-undeclared             # the finding's code
//! mentions: [createChannel, "200"]    # what stands in its message, or in what it expected and found
//! ```
//!
//! The broken fake is served over HTTP, and judged by the document as it is. Snapshots are left out: a break must be found by what the
//! scenarios and the document say, and not only by being different from yesterday.

use std::collections::VecDeque;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::Value;

#[allow(dead_code)]
#[path = "../command_line/program.rs"]
mod program;

use program::{Done, Folder, Server, run_in};

/// The least number of breaks that are kept here.
const BREAKS_MIN: usize = 40;
/// How many broken fakes are served at a time.
const AT_ONCE: usize = 2;

/// What must be found.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    run: Vec<String>,
    workflows: Vec<String>,
    #[serde(default)]
    flags: Vec<String>,
    code: String,
    mentions: Vec<String>,
}

/// A fake broken in one way.
#[derive(Debug)]
struct Break {
    name: String,
    overlay: PathBuf,
    expected: Expected,
}

/// How a run ended, and what it reported.
#[derive(Debug)]
struct Outcome {
    done: Done,
    report: Value,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn breaks() -> Vec<Break> {
    let folder = root().join("tests/drift");
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).expect("the folder of this test") {
        let path = entry.expect("an entry").path();
        if !path.is_dir() {
            continue;
        }
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(path.join("expected.yaml")).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected: Expected = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!expected.run.is_empty(), "{name}: no file is run");
        assert!(!expected.workflows.is_empty(), "{name}: no workflow has to report it");
        assert!(!expected.mentions.is_empty(), "{name}: a finding that mentions nothing does not name the break");
        found.push(Break { name, overlay: path.join("overlay.yaml"), expected });
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// Serves flow with the overlays, and runs scenarios against it. The run has a folder of its own for what it leaves behind.
fn judge(overlay: Option<&Path>, arguments: &[String]) -> Outcome {
    let overlay = overlay.map(|overlay| overlay.display().to_string());
    let mut serve = vec!["flow", "--quiet"];
    if let Some(overlay) = &overlay {
        serve.extend(["--overlay", overlay]);
    }
    let server = Server::start(&serve);
    let url = server.ready.trim_start_matches("standin ready ").trim().to_owned();
    let folder = Folder::new();
    let common =
        ["run", "--against", &url, "--ci", "--no-snapshots", "--jobs", "2", "--quiet", "--report", "json=report.json"];
    let arguments: Vec<&str> = common.into_iter().chain(arguments.iter().map(String::as_str)).collect();
    let done = run_in(folder.path(), &arguments);
    let text = fs::read_to_string(folder.path().join("report.json"));
    let text = text.unwrap_or_else(|error| panic!("no report ({error}): {}{}", done.stdout, done.stderr));
    Outcome { done, report: serde_json::from_str(&text).expect("a report is JSON") }
}

fn scenarios(name: &str) -> String {
    let path = root().join("scenarios/flow").join(name);
    assert!(path.exists(), "{} is not there", path.display());
    path.display().to_string()
}

/// The findings of a workflow by its id, as they stand in the report.
fn findings<'r>(report: &'r Value, workflow: &str) -> Vec<&'r Value> {
    let workflows = report["workflows"].as_array().expect("a list of workflows");
    let named = workflows.iter().filter(|found| found["id"] == workflow);
    named.flat_map(|found| found["findings"].as_array().into_iter().flatten()).collect()
}

/// A finding in one line: severity, code, message, and what was expected and found where that is told.
fn line(finding: &Value) -> String {
    let text = |name: &str| finding[name].as_str().unwrap_or_default();
    let mut line = format!("{} {}: {}", text("severity"), text("code"), text("message"));
    if finding["expected"].is_string() {
        line.push_str(&format!(" [expected {}, found {}]", text("expected"), text("found")));
    }
    line
}

/// What is wrong with how the break was reported; nothing when it was found and named.
fn unnamed(broken: &Break) -> Option<String> {
    let Break { name, overlay, expected } = broken;
    let mut arguments: Vec<String> =
        expected.run.iter().map(|file| scenarios(&format!("{file}.arazzo.yaml"))).collect();
    arguments.extend(expected.workflows.iter().flat_map(|workflow| ["--filter".to_owned(), workflow.clone()]));
    arguments.extend(expected.flags.iter().cloned());
    let Outcome { done, report } = judge(Some(overlay), &arguments);
    if done.code != Some(1) {
        return Some(format!("{name}: not found: exit code {:?}\n{}{}", done.code, done.stdout, done.stderr));
    }
    for workflow in &expected.workflows {
        let lines: Vec<(&Value, String)> =
            findings(&report, workflow).into_iter().map(|one| (one, line(one))).collect();
        let names = |(finding, line): &(&Value, String)| {
            finding["code"] == *expected.code && expected.mentions.iter().all(|word| line.contains(word))
        };
        if !lines.iter().any(names) {
            let lines: Vec<String> = lines.into_iter().map(|(_, line)| format!("  {line}")).collect();
            let wanted = format!("`{}` with {:?}", expected.code, expected.mentions);
            return Some(format!("{name}: `{workflow}` has no {wanted}, but\n{}", lines.join("\n")));
        }
        // A fake that breaks its own (broken) document says so with a 500: then the overlay is wrong, and the break was never made.
        if let Some((_, line)) = lines.iter().find(|(_, line)| line.contains("standin: ")) {
            return Some(format!("{name}: the fake refuses what its own document forbids: {line}"));
        }
    }
    None
}

#[test]
fn every_break_is_found_and_named() {
    let breaks = breaks();
    assert!(breaks.len() >= BREAKS_MIN, "there are only {} breaks", breaks.len());
    let waiting = Mutex::new(VecDeque::from(breaks));
    let complaints = Mutex::new(Vec::new());
    let next = || waiting.lock().expect("a lock").pop_front();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(broken) = next() {
                    // A panic is a complaint like others, so that one broken overlay does not hide the rest.
                    let complaint = catch_unwind(AssertUnwindSafe(|| unnamed(&broken)));
                    let complaint = complaint.unwrap_or_else(|_| Some(format!("{}: could not be judged", broken.name)));
                    complaints.lock().expect("a lock").extend(complaint);
                }
            });
        }
    });
    let mut complaints = complaints.into_inner().expect("a lock");
    complaints.sort();
    assert!(complaints.is_empty(), "{} breaks are not named\n\n{}", complaints.len(), complaints.join("\n\n"));
}

#[test]
fn the_unbroken_service_gives_no_finding() {
    let Outcome { done, report } = judge(None, &[scenarios(""), "--strict".to_owned()]);
    let workflows = report["workflows"].as_array().expect("a list of workflows");
    let found = workflows.iter().flat_map(|workflow| {
        let findings = workflow["findings"].as_array().into_iter().flatten();
        findings
            .filter(|finding| finding["severity"] != "note")
            .map(|finding| format!("{}: {}", workflow["id"], line(finding)))
    });
    let run = report["findings"].as_array().into_iter().flatten().map(line);
    let found: Vec<String> = found.chain(run).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
    assert!(!workflows.is_empty(), "{}", done.stdout);
    assert!(workflows.iter().all(|workflow| workflow["status"] == "passed"), "{}", done.stdout);
}
