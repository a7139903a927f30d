//! The scenarios of every shipped service pass wherever they run, with the same snapshots, and cover what their README says.

#[path = "../command_line/program.rs"]
#[allow(dead_code, reason = "the command line's own tests need more of it")]
mod program;
#[path = "../support/services.rs"]
mod services;

use std::collections::{BTreeMap, BTreeSet};

use program::{Folder, Server, run, run_in};
use serde_json::Value;
use services::Service;

/// Findings that are known and wanted: codes, each with its reason. There is none.
const EXPECTED: [&str; 0] = [];
fn folder(service: &Service) -> String {
    format!("scenarios/{}", service.name)
}

/// Runs all scenarios of a service in a folder of its own, as CI would, and gives the JSON report.
#[track_caller]
fn passes(service: &Service, arguments: &[&str]) -> Value {
    let of = format!("{} {}", service.name, arguments.join(" "));
    let place = Folder::new();
    let scenarios = services::root().join(folder(service));
    let scenarios = scenarios.to_str().expect("the repository's path is text");
    let always = ["run", scenarios, "--ci", "--quiet", "--report", "json=report.json"];
    let done = run_in(place.path(), &[&always, arguments].concat());
    assert_eq!(done.code, Some(0), "{of}\n{}\n{}", done.stdout, done.stderr);
    let report = std::fs::read_to_string(place.path().join("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("the report is JSON");
    assert_eq!(findings(&report), Vec::<String>::new(), "{of}");
    let summary = &report["summary"];
    let workflows = list(&report["workflows"]).len();
    assert!(workflows > 0, "{of}: nothing was run");
    assert_eq!(summary["workflows"]["passed"], workflows, "{of}: {summary}");
    // A workflow may say that it takes none.
    let without = list(&report["workflows"]).iter().filter(|workflow| workflow["snapshot"] == "off").count();
    assert!(without < workflows, "{of}: no workflow takes a snapshot");
    assert_eq!(summary["snapshots"]["same"], workflows - without, "{of}: {summary}");
    report
}

/// Runs them against a server of its own.
#[track_caller]
fn passes_against(service: &Service, server: &[&str]) {
    let server = Server::start(&[&[&*service.name], server].concat());
    let base = server.ready.trim_end().strip_prefix("standin ready ").expect("the ready line ends with the base URL");
    passes(service, &["--against", base]);
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

/// For each operation of the document the statuses that were seen, as the README's table has them: none where it was not called.
fn covered(report: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut covered: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for api in list(&report["coverage"]) {
        for item in list(&api["items"]) {
            let text = |key: &str| item[key].as_str().expect("a text").to_owned();
            let seen = item["seen"].as_u64() > Some(0);
            match text("dimension").as_str() {
                "operation" => _ = covered.entry(text("operation")).or_default(),
                "status" if seen => _ = covered.entry(text("operation")).or_default().insert(text("name")),
                _ => {}
            }
        }
    }
    covered
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
fn the_program_ships_every_service_of_the_folder() {
    for service in services::all() {
        let done = run(&["plan", &service.name]);
        let hint = "a program that is older than the folder knows nothing of it: touch src/cli/services.rs";
        assert_eq!(done.code, Some(0), "{}: {}\n{hint}", service.name, done.stderr);
    }
}

#[test]
fn they_pass_and_cover_what_their_readme_says() {
    for service in services::chosen() {
        let name = &service.name;
        let covered = covered(&passes(&service, &[]));
        let missing =
            covered.iter().filter(|(_, statuses)| statuses.is_empty()).map(|(operation, _)| operation.as_str());
        let missing: Vec<&str> = missing.collect();
        assert_eq!(missing, Vec::<&str>::new(), "operations of {name} that no scenario calls");
        let readme = std::fs::read_to_string(services::root().join(folder(&service)).join("README.md"));
        let readme = readme.unwrap_or_else(|error| panic!("{}/README.md: {error}", folder(&service)));
        assert_eq!(table(&readme), covered, "{name}: the README's table (left) is what was seen (right)");
    }
}

#[test]
fn they_are_the_same_with_another_seed_and_many_at_once() {
    for service in services::chosen() {
        passes(&service, &["--seed", "99", "--jobs", "8"]);
    }
}

#[test]
fn they_are_the_same_over_http() {
    for service in services::chosen() {
        passes_against(&service, &["--clock", "frozen"]);
    }
}

#[test]
fn they_are_the_same_over_http_on_the_wall_clock_with_another_seed() {
    for service in services::chosen() {
        passes_against(&service, &["--clock", "wall", "--seed", "7"]);
    }
}
