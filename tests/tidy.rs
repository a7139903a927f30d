//! The repository's own rules (see the crate docs): who may import whom, what may be called where, which names stand where.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder of `src/`, with its path from the root and its text without comments and tests.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found.sort();
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).expect("below the root").display().to_string();
            if name.ends_with("tests.rs") || name.contains("/tests/") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("text");
            let code: Vec<&str> = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).collect();
            let code: Vec<&str> = code.into_iter().filter(|line| !line.trim_start().starts_with("//")).collect();
            found.push((name, code.join("\n")));
        }
    }
}

/// Places where one of the words stands, as `file: word`.
fn places(folder: &str, words: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut places = Vec::new();
    for (name, code) in sources(folder) {
        if allowed.iter().any(|allowed| name.starts_with(allowed)) {
            continue;
        }
        places.extend(words.iter().filter(|word| code.contains(**word)).map(|word| format!("{name}: {word}")));
    }
    places
}

#[track_caller]
fn nowhere(folder: &str, words: &[&str], allowed: &[&str], why: &str) {
    assert_eq!(places(folder, words, allowed), Vec::<String>::new(), "{why}");
}

#[test]
fn contract_and_world_are_strangers() {
    nowhere(
        "src/contract",
        &["crate::world", "crate::engine", "crate::server", "crate::cli"],
        &[],
        "contract knows nobody",
    );
    nowhere(
        "src/world",
        &["crate::contract", "crate::engine", "crate::server", "crate::cli"],
        &[],
        "world knows nobody",
    );
}

#[test]
fn the_engine_does_not_know_the_rim() {
    nowhere("src/engine", &["crate::server", "crate::cli"], &[], "the engine is below the rim");
    nowhere("src/server", &["crate::cli", "crate::scenario"], &[], "the server is below the command line");
}

#[test]
fn scenarios_know_the_contract_alone() {
    nowhere(
        "src/scenario",
        &["crate::world", "crate::engine", "crate::server", "crate::cli"],
        &[],
        "a scenario judges any target, so it knows none",
    );
    for folder in ["src/contract", "src/world", "src/engine"] {
        nowhere(folder, &["crate::scenario"], &[], "scenarios stand beside the server");
    }
}

#[test]
fn below_the_server_nothing_touches_the_machine() {
    let forbidden = [
        "std::fs",
        "std::net",
        "std::env",
        "SystemTime",
        "Instant::now",
        "std::thread",
        "tokio::",
        "async fn main",
        "rand::rng",
        "thread_rng",
        "from_os_rng",
        "getrandom",
        "Timestamp::now",
        "Zoned::now",
        "println!",
        "eprintln!",
    ];
    for folder in ["src/contract", "src/world", "src/engine", "src/scenario"] {
        nowhere(folder, &forbidden, &[], "no file, socket, environment, wall clock or random device below the server");
    }
}

#[test]
fn iteration_order_is_defined() {
    // Hashed maps are for look-ups: what was seen before, what is known by a name. The files that have one stand here. None walks
    // it, but for the quotas, which are sorted when they are saved.
    let lookups =
        ["src/contract/schema/mod.rs", "src/world/quota.rs", "src/world/replay.rs", "src/world/store/collection.rs"];
    for folder in ["src/contract", "src/world", "src/engine", "src/scenario"] {
        nowhere(folder, &["HashMap", "HashSet"], &lookups, "use Vec, BTreeMap or IndexMap");
    }
}

#[test]
fn one_place_for_each_dangerous_thing() {
    nowhere("src", &["use cel", "cel::"], &["src/contract/expression/syntax.rs"], "one file parses expressions");
    nowhere("src", &["openapiv3::"], &["src/contract/operation/read.rs"], "one file reads the OpenAPI model");
    nowhere(
        "src",
        &["client::legacy", "client::conn", "HttpConnector"],
        &["src/server/deliver.rs", "src/cli/run/client.rs"],
        "one file sends webhooks, one speaks to deployments",
    );
    nowhere("src", &["SystemTime::now"], &["src/server/"], "one clock, at the rim");
}

#[test]
fn no_service_is_named_in_the_source() {
    let services = fs::read_dir(root().join("spec")).expect("spec/ is there");
    for service in services.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()) {
        let name = service.file_name().expect("a name").to_string_lossy().into_owned();
        // The name of the reference service is an ordinary word: only its quoted form and its marks count.
        let words = match name.as_str() {
            "flow" => vec!["\"flow\"".to_owned(), "flow_sk".to_owned(), "flowsocial".to_owned(), "Flow-".to_owned()],
            other => vec![other.to_owned()],
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        nowhere("src", &words, &[], "services are data under spec/");
    }
}

#[test]
fn nothing_is_left_unfinished() {
    nowhere("src", &["todo!(", "unimplemented!(", "dbg!(", "TODO", "FIXME"], &[], "finish it or leave it out");
    nowhere("tests", &["#[ignore"], &["tests/tidy.rs"], "a test that does not run is none");
}

#[test]
fn files_hold_one_idea() {
    const LINES_MAX: usize = 800;
    for (name, _) in sources("src") {
        let lines = fs::read_to_string(root().join(&name)).expect("text").lines().count();
        assert!(lines <= LINES_MAX, "{name} has {lines} lines; more than {LINES_MAX} is more than one idea");
    }
}

#[test]
fn the_top_level_holds_what_it_should() {
    let known = [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "src",
        "spec",
        "scenarios",
        "snapshots",
        "tests",
        "benches",
        "target",
    ];
    for entry in fs::read_dir(root()).expect("the root") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(name.starts_with('.') || known.contains(&name.as_str()), "{name} does not belong at the top");
    }
}
