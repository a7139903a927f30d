//! The README's table of shipped services says what their documents say. `STANDIN_UPDATE=1` writes it anew; what is special about a service
//! is written by hand, and kept.

use serde_json::Value;

use super::support;
use super::support::services::{Service, all, root};

/// The table starts two lines below this one: its head and the line under it.
const MARK: &str = "<!-- services -->";
const HEAD: [&str; 2] =
    ["| service | operations | base path | callers show | what is special |", "| --- | --- | --- | --- | --- |"];

#[test]
fn the_table_of_services_is_what_their_documents_say() {
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the README is there");
    let lines: Vec<&str> = readme.lines().collect();
    let start = lines.iter().position(|line| *line == MARK).expect("the README marks its table") + 1;
    let end = start + lines[start..].iter().position(|line| !line.starts_with('|')).expect("the table ends");
    let written = &lines[start..end];
    let rows = all().into_iter().map(|service| row(&service, written));
    let table: Vec<String> = HEAD.iter().map(|line| (*line).to_owned()).chain(rows).collect();
    if std::env::var_os("STANDIN_UPDATE").is_some() {
        let kept = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let all = [kept(&lines[..start]), table, kept(&lines[end..])].concat();
        std::fs::write(&path, all.join("\n") + "\n").expect("the README can be written");
        return;
    }
    assert_eq!(written, table, "the README's table (left) is out of date: run this test once with STANDIN_UPDATE=1");
}

fn row(service: &Service, written: &[&str]) -> String {
    let contract = support::contract(service);
    let text = std::fs::read_to_string(root().join(&service.document)).expect("the document is there");
    let document: Value = serde_saphyr::from_str(&text).expect("the document is YAML");
    let Service { name, .. } = service;
    let link = format!("[`{name}`](spec/{name}/openapi.yaml)");
    let operations = contract.operations.list.len();
    // Where nothing is written yet, the document's own summary stands in.
    let by_hand = written.iter().find(|row| row.starts_with(&format!("| {link} |")));
    let by_hand = by_hand.and_then(|row| row.trim_end_matches(" |").rsplit("| ").next());
    let special = by_hand.or(document["info"]["summary"].as_str()).unwrap_or_default();
    let base = &contract.operations.base;
    format!("| {link} | {operations} | `{base}` | {} | {special} |", credentials(&document))
}

/// What the document's security schemes ask for, in words.
fn credentials(document: &Value) -> String {
    let schemes = document["components"]["securitySchemes"].as_object().into_iter().flatten();
    let words = schemes.map(|(_, scheme)| match (scheme["type"].as_str(), scheme["scheme"].as_str()) {
        (Some("oauth2"), _) => {
            let flows = scheme["flows"].as_object().into_iter().flatten().map(|(name, _)| match name.as_str() {
                "authorizationCode" => "authorization code",
                "clientCredentials" => "client credentials",
                other => other,
            });
            format!("a token of OAuth 2.0 ({})", flows.collect::<Vec<_>>().join(", "))
        }
        (Some("http"), Some("bearer")) => match scheme["bearerFormat"].as_str() {
            Some("JWT") => "a bearer token that is a JWT".to_owned(),
            _ => "a bearer key".to_owned(),
        },
        (Some("http"), Some(scheme)) => format!("HTTP {scheme}"),
        (Some("apiKey"), _) => format!("a key as {} `{}`", text(&scheme["in"]), text(&scheme["name"])),
        (kind, _) => kind.unwrap_or("something").to_owned(),
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(" or ") }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
