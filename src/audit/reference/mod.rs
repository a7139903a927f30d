//! `spec/audit.md`: what an audit is and every rule, for people. The prose stands in `audit.md` beside this file; what the code decides is put
//! in where the prose says so.

use serde_json::Value;

use super::grade::{CAPS, Grade, SHARES, WEIGHTS};
use super::plan::{Need, Written};
use super::report::{DELIVERIES_MAX, EVIDENCE_EXCHANGES_MAX, EXCHANGES_MAX};
use super::rule::{self, FAMILIES, Rule, Severity};

const PROSE: &str = include_str!("audit.md");

/// The whole text.
pub fn text() -> String {
    let parts = [
        ("{{words}}", words()),
        ("{{needs}}", needs()),
        ("{{weights}}", weights()),
        ("{{shares}}", shares()),
        ("{{caps}}", caps()),
        ("{{exchanges}}", EXCHANGES_MAX.to_string()),
        ("{{deliveries}}", DELIVERIES_MAX.to_string()),
        ("{{evidence_exchanges}}", EVIDENCE_EXCHANGES_MAX.to_string()),
        ("{{count}}", rule::all().count().to_string()),
        ("{{rules}}", rules()),
    ];
    parts.iter().fold(PROSE.to_owned(), |text, (mark, part)| text.replace(mark, part.trim_end()))
}

/// The words of a trial, as the types have them.
fn words() -> String {
    let schema = schemars::schema_for!(Written);
    let mut text = "| word | value | meaning |\n|---|---|---|\n".to_owned();
    for (word, value) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        text.push_str(&row(&[&format!("`{word}`"), form(value), &meaning(value)]));
    }
    text
}

/// What a word holds; one that may be left out is told by its meaning.
fn form(value: &Value) -> &'static str {
    let kind = match &value["type"] {
        Value::Array(kinds) => &kinds[0],
        kind => kind,
    };
    match kind.as_str() {
        Some("string") => "text",
        Some("integer") => "number",
        Some("array") => "list",
        _ => "",
    }
}

fn needs() -> String {
    let schema = schemars::schema_for!(Need);
    let mut text = "| word | the baseline saw |\n|---|---|\n".to_owned();
    for word in schema.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        text.push_str(&row(&[&format!("`{}`", word["const"].as_str().unwrap_or_default()), &meaning(word)]));
    }
    text
}

/// What a type's author says of it.
fn meaning(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

fn weights() -> String {
    let mut text = "| severity | weight | what breaking the rule means |\n|---|---|---|\n".to_owned();
    for (severity, weight) in WEIGHTS {
        text.push_str(&row(&[severity.word(), &weight.to_string(), severity.meaning()]));
    }
    text
}

fn shares() -> String {
    let mut text = "| grade | at least |\n|---|---|\n".to_owned();
    for (grade, percent) in SHARES {
        text.push_str(&row(&[&grade.to_string(), &format!("{percent} %")]));
    }
    text + &row(&["F", "less"])
}

fn caps() -> String {
    let line = |(severity, least, grade): &(Severity, usize, Grade)| {
        let rules = if *least == 1 { "rule" } else { "rules" };
        format!("- {least} broken {rules} of severity {}: {grade} at best\n", severity.word())
    };
    CAPS.iter().rev().map(line).collect()
}

fn rules() -> String {
    let mut text = String::new();
    for (family, rules) in FAMILIES {
        text.push_str(&format!(
            "### {family}\n\n| code | severity | what a good client does | source |\n|---|---|---|---|\n"
        ));
        for Rule { code, severity, title, source, .. } in *rules {
            text.push_str(&row(&[&format!("`{code}`"), severity.word(), title, source]));
        }
        text.push('\n');
    }
    text
}

fn row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}
