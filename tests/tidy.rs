//! The repository's own rules (see the crate docs): who may import whom, what may be called where, which names stand where.

#[path = "support/services.rs"]
mod services;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use services::{Service, root};

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
fn what_reports_share_knows_no_report() {
    let others =
        ["contract", "world", "engine", "server", "scenario", "audit", "cli"].map(|name| format!("crate::{name}"));
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    for folder in ["src/report", "src/mask"] {
        nowhere(folder, &others, &[], "scenarios, audits and the server use it alike");
        nowhere(folder, &["HashMap", "HashSet", "std::fs", "std::env", "println!"], &[], "texts in, texts out");
    }
}

#[test]
fn audits_judge_what_the_server_saw_and_know_nobody_else() {
    nowhere(
        "src/audit",
        &["crate::engine", "crate::server", "crate::cli", "crate::scenario"],
        &[],
        "an audit judges what was seen, whoever saw it",
    );
    let knows = |code: &str| {
        code.contains("crate::world::") && !code.replace("crate::world::fault", "").contains("crate::world::")
    };
    for (name, code) in sources("src/audit") {
        assert!(!code.contains("crate::world") || knows(&code), "{name}: of the world an audit knows the faults alone");
    }
    for folder in ["src/contract", "src/world", "src/engine", "src/scenario"] {
        nowhere(folder, &["crate::audit"], &[], "audits stand beside scenarios");
    }
    for (name, code) in sources("src/server") {
        let others = code.replace("crate::audit::observe", "");
        assert!(!others.contains("crate::audit"), "{name}: the server tells what it saw, and judges nothing");
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
    for folder in ["src/contract", "src/world", "src/engine", "src/scenario", "src/audit"] {
        nowhere(folder, &forbidden, &[], "no file, socket, environment, wall clock or random device below the server");
    }
}

#[test]
fn iteration_order_is_defined() {
    // Hashed maps are for look-ups: what was seen before, what is known by a name. The files that have one stand here. None walks
    // it, but for the quotas, which are sorted when they are saved.
    let persistent = "src/world/mod.rs";
    let walked_by_none = [persistent, "src/world/quota.rs", "src/world/replay.rs", "src/world/store/collection.rs"];
    for folder in ["src/contract", "src/world", "src/engine", "src/scenario", "src/audit"] {
        let advice = "use Vec, BTreeMap or IndexMap";
        nowhere(folder, &["HashMap", "HashSet"], &["src/contract/schema/mod.rs", persistent], advice);
        nowhere(folder, &["LookedUp"], &walked_by_none, advice);
    }
}

#[test]
fn one_place_for_each_dangerous_thing() {
    nowhere("src", &["openapiv3::"], &["src/contract/operation/read.rs"], "one file reads the OpenAPI model");
    nowhere(
        "src",
        &["client::legacy", "client::conn", "HttpConnector"],
        &["src/server/deliver.rs", "src/cli/run/client.rs"],
        "one file sends webhooks, one speaks to deployments",
    );
    nowhere(
        "src",
        &["rustix::", "tokio::process"],
        &["src/cli/audit/process.rs"],
        "one file starts and stops programs",
    );
    nowhere("src", &["SystemTime::now"], &["src/server/"], "one clock, at the rim");
}

#[test]
fn no_service_is_named_in_the_source() {
    let sources = sources("src");
    for service in services::all() {
        let names = Names::of(&service);
        let places: Vec<String> = sources.iter().flat_map(|(name, code)| names.within(name, code)).collect();
        assert_eq!(places, Vec::<String>::new(), "services are data under spec/");
    }
}

/// What gives a service away, taken from its folder.
struct Names {
    /// Its name and its domains: found in any writing (`acme-post`, `ACME_POST`, `X-AcmePost`).
    any_writing: Vec<String>,
    /// Found letter by letter: what its keys begin with (`acme_sk_`).
    as_it_stands: Vec<String>,
}

/// Services whose names are ordinary words: only these writings count.
const ORDINARY_WORDS: [(&str, [&str; 2]); 1] = [("flow", ["\"flow\"", "Flow-"])];
/// Parts of a host's name that say nothing.
const ORDINARY_LABELS: [&str; 4] = ["api", "www", "app", "developers"];

impl Names {
    fn of(service: &Service) -> Names {
        let text = |path: &String| fs::read_to_string(root().join(path)).expect("a document of spec/ is text");
        let overlays: Vec<String> = service.overlays.iter().map(text).collect();
        Names::from(&service.name, &text(&service.document), &overlays)
    }

    fn from(name: &str, document: &str, overlays: &[String]) -> Names {
        let yaml = |text: &str| serde_saphyr::from_str::<Value>(text).expect("a document of spec/ is YAML");
        let ordinary = ORDINARY_WORDS.iter().find(|(word, _)| *word == name).map(|(_, writings)| writings);
        let own = ordinary.is_none().then(|| squashed(name));
        let any_writing: BTreeSet<String> = domains(&yaml(document)).into_iter().chain(own).collect();
        let overlays: Vec<Value> = overlays.iter().map(|text| yaml(text)).collect();
        let writings = ordinary.into_iter().flatten().map(|writing| (*writing).to_owned());
        let as_it_stands: BTreeSet<String> = key_marks(&overlays).into_iter().chain(writings).collect();
        Names { any_writing: any_writing.into_iter().collect(), as_it_stands: as_it_stands.into_iter().collect() }
    }

    /// Places in a file, as `file: word`.
    fn within(&self, file: &str, code: &str) -> Vec<String> {
        let bare = squashed(code);
        let any = self.any_writing.iter().filter(|word| bare.contains(word.as_str()));
        let standing = self.as_it_stands.iter().filter(|word| code.contains(word.as_str()));
        any.chain(standing).map(|word| format!("{file}: {word}")).collect()
    }
}

/// The telling part of each server's host: `acme` of `https://api.acme.example/v1`.
fn domains(document: &Value) -> Vec<String> {
    let servers = document["servers"].as_array().into_iter().flatten();
    let hosts = servers.filter_map(|server| server["url"].as_str()?.split("//").nth(1)?.split(['/', ':']).next());
    let telling = hosts.filter_map(|host| {
        let (labels, _top) = host.rsplit_once('.')?;
        labels.split('.').find(|label| !ORDINARY_LABELS.contains(label)).map(squashed)
    });
    telling.collect()
}

/// How keys begin: letters up to the last underscore before anything else. Keys stand among the seed records, or in the pattern that makes
/// them: `acme_sk_live_[a-z0-9]{8}`.
fn key_marks(overlays: &[Value]) -> Vec<String> {
    let behaviours = overlays.iter().flat_map(|overlay| overlay["actions"].as_array().into_iter().flatten());
    let behaviours: Vec<&Value> = behaviours.map(|action| &action["update"]["x-standin"]).collect();
    let credentials =
        behaviours.iter().flat_map(|behaviour| behaviour["credentials"].as_object().into_iter().flatten());
    let mut marks = Vec::new();
    for (_, credential) in credentials {
        let (Some(resource), Some(secret)) = (credential["resource"].as_str(), credential["secret"].as_str()) else {
            continue;
        };
        for behaviour in &behaviours {
            let seeded = behaviour["seed"][resource].as_array().into_iter().flatten().map(|record| &record[secret]);
            let made = &behaviour["resources"][resource]["secrets"][secret];
            marks.extend(seeded.chain([made]).filter_map(|text| mark(text.as_str()?)));
        }
    }
    marks
}

fn mark(key: &str) -> Option<String> {
    let end = key.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_').unwrap_or(key.len());
    Some(key[..=key[..end].rfind('_')?].to_owned())
}

/// Text with neither cases nor joints.
fn squashed(text: &str) -> String {
    text.chars().filter(|letter| !matches!(letter, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

#[test]
fn a_service_gives_itself_away_by_its_name_domain_and_keys() {
    let document = "servers: [{ url: https://api.acme.example/v1 }]";
    let overlay = r#"
actions:
  - target: $
    update:
      x-standin:
        credentials: { bearer: { resource: apiKey, secret: key } }
        resources: { apiKey: { secrets: { key: "ap_live_[a-z0-9]{24}" } }, post: { id: { prefix: post_ } } }
        seed: { apiKey: [ { id: key_full, key: ap_pat_full000000000000 } ] }
"#;
    let names = Names::from("acme-post", document, &[overlay.to_owned()]);
    assert_eq!(names.any_writing, ["acme", "acmepost"]);
    assert_eq!(names.as_it_stands, ["ap_live_", "ap_pat_"]);
    for guilty in [
        "\"acme-post\"",
        "ACME_POST",
        "struct AcmePost;",
        "x-acmepost-event",
        "// https://acme.example",
        "\"ap_live_1\"",
    ] {
        assert_ne!(names.within("a.rs", guilty), Vec::<String>::new(), "{guilty}");
    }
    for innocent in ["post_", "ap_key", "live_", "key_full"] {
        assert_eq!(names.within("a.rs", innocent), Vec::<String>::new(), "{innocent}");
    }
}

#[test]
fn every_shipped_service_gives_itself_away() {
    for service in services::all() {
        let names = Names::of(&service);
        let name = &service.name;
        let guilty = match ORDINARY_WORDS.iter().any(|(word, _)| word == name) {
            true => vec![format!("serve(\"{name}\")")],
            false => {
                vec![name.clone(), name.to_uppercase().replace('-', "_"), format!("X-{}-Event", name.replace('-', ""))]
            }
        };
        for line in guilty {
            assert_ne!(names.within("a.rs", &line), Vec::<String>::new(), "{line}");
        }
        // A list that is empty would prove nothing.
        assert!(!names.any_writing.is_empty(), "{name}: its document names no server");
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
