//! The scenarios of flow pass wherever they run, with the same snapshots, and cover what their README says.

#[path = "../command_line/program.rs"]
#[allow(dead_code, reason = "the command line's own tests need more of it")]
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use program::{Folder, Server, run_in};
use serde_json::Value;

/// Findings that are known and wanted: codes, each with its reason. There is none.
const EXPECTED: [&str; 0] = [];
const OPERATIONS: usize = 46;

/// Runs all scenarios in a folder of its own, as CI would, and gives the JSON report.
#[track_caller]
fn passes(arguments: &[&str]) -> Value {
    let folder = Folder::new();
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/flow");
    let scenarios = scenarios.to_str().expect("the repository's path is text");
    let always = ["run", scenarios, "--ci", "--quiet", "--report", "json=report.json"];
    let done = run_in(folder.path(), &[&always, arguments].concat());
    assert_eq!(done.code, Some(0), "{arguments:?}\n{}\n{}", done.stdout, done.stderr);
    let report = std::fs::read_to_string(folder.path().join("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("the report is JSON");
    assert_eq!(findings(&report), Vec::<String>::new(), "{arguments:?}");
    let summary = &report["summary"];
    let workflows = list(&report["workflows"]).len();
    assert!(workflows > 0, "nothing was run");
    assert_eq!(summary["workflows"]["passed"], workflows, "{arguments:?}: {summary}");
    assert_eq!(summary["snapshots"]["same"], workflows, "{arguments:?}: {summary}");
    report
}

#[track_caller]
fn passes_against(server: &[&str]) {
    let server = Server::start(&[&["flow"], server].concat());
    passes(&["--against", &format!("http://127.0.0.1:{}/v1", server.port)]);
}

/// Errors and warnings that nobody expects.
fn findings(report: &Value) -> Vec<String> {
    let of_workflows = list(&report["workflows"]).iter().flat_map(|workflow| list(&workflow["findings"]));
    let all = of_workflows.chain(list(&report["findings"]));
    let unexpected = all.filter(|finding| {
        let code = finding["code"].as_str().unwrap_or_default();
        finding["severity"] != "note" && !EXPECTED.contains(&code)
    });
    unexpected.map(Value::to_string).collect()
}

#[track_caller]
fn list(value: &Value) -> &[Value] {
    value.as_array().expect("an array of the report")
}

/// For each operation the statuses that were seen, as the README's table has them.
fn seen(report: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for api in list(&report["coverage"]) {
        for item in list(&api["items"]).iter().filter(|item| item["seen"].as_u64() > Some(0)) {
            let text = |key: &str| item[key].as_str().expect("a text").to_owned();
            match text("dimension").as_str() {
                "operation" => _ = seen.entry(text("operation")).or_default(),
                "status" => _ = seen.entry(text("operation")).or_default().insert(text("name")),
                _ => {}
            }
        }
    }
    seen
}

/// The rows ``| `operation` | 200, 400 |``.
fn table(readme: &str) -> BTreeMap<String, BTreeSet<String>> {
    let row = |line: &str| {
        let (operation, statuses) = line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` ")?;
        let statuses = statuses.trim_start().strip_prefix('|')?.split(',').map(|status| status.trim().to_owned());
        let statuses: BTreeSet<String> = statuses.collect();
        let numbers = statuses.iter().all(|status| status.bytes().all(|byte| byte.is_ascii_digit()));
        numbers.then(|| (operation.to_owned(), statuses))
    };
    readme.lines().filter_map(row).collect()
}

#[test]
fn they_pass_and_cover_what_their_readme_says() {
    let report = passes(&[]);
    let seen = seen(&report);
    assert_eq!(seen.len(), OPERATIONS, "operations that were called");
    let items = list(&report["coverage"][0]["items"]).iter();
    let declared = items.filter(|item| item["dimension"] == "operation").count();
    assert_eq!(declared, OPERATIONS, "operations that the document declares");
    assert_eq!(table(include_str!("../../scenarios/flow/README.md")), seen, "the README's table is what was seen");
}

#[test]
fn they_are_the_same_with_another_seed() {
    passes(&["--seed", "99"]);
}

#[test]
fn they_are_the_same_with_many_at_once() {
    passes(&["--jobs", "8"]);
}

#[test]
fn they_are_the_same_over_http() {
    passes_against(&["--clock", "frozen"]);
}

#[test]
fn they_are_the_same_over_http_on_the_wall_clock_with_another_seed() {
    passes_against(&["--clock", "wall", "--seed", "7"]);
}
