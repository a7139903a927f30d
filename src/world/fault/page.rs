//! The vocabulary of faults for people: `spec/faults.md`, generated from its types.

use std::fmt::Write as _;

use serde_json::Value;

use super::{ARMED_MAX, HITS_KEPT_MAX, Kind, kind, schema};

const INTRODUCTION: &str = include_str!("page/introduction.md");
const CLOSING: &str = include_str!("page/closing.md");

const LIMITS: [(&str, u64); 6] = [
    ("faults armed in a world", ARMED_MAX as u64),
    ("hits that a fault remembers; it counts on", HITS_KEPT_MAX as u64),
    ("changes that a read may be behind", kind::STALE_CALLS_MAX as u64),
    ("a wait before the first byte, in milliseconds", kind::WAIT_MS_MAX),
    ("a hang, or the bytes of a slow reply, in milliseconds; then the connection is closed", kind::PLAY_MS_MAX),
    ("a delivery held back, in milliseconds of the world's clock", kind::HOLD_MS_MAX),
];

/// A fault of each kind, as it is written. `tests/command_line/faults.rs` arms every one of them.
pub const EXAMPLES: [(&str, &str); 26] = [
    ("status", r#"{ "kind": "status", "status": 503, "retryAfter": 5, "operation": "createPost", "times": 2 }"#),
    ("maintenance", r#"{ "kind": "maintenance", "from": "30s", "until": "2m" }"#),
    ("quota", r#"{ "kind": "quota", "every": 5 }"#),
    ("expiredCredential", r#"{ "kind": "expiredCredential", "after": 3, "times": 1 }"#),
    ("itemErrors", r#"{ "kind": "itemErrors", "items": [0, 2], "times": 1 }"#),
    ("double", r#"{ "kind": "double", "operation": "createPost", "times": 1 }"#),
    ("stale", r#"{ "kind": "stale", "byCalls": 1, "method": "GET", "times": 3 }"#),
    ("latency", r#"{ "kind": "latency", "longTail": { "medianMs": 80, "p99Ms": 2000 } }"#),
    ("slowHead", r#"{ "kind": "slowHead", "bytesPerSecond": 64, "nth": 1 }"#),
    ("slowBody", r#"{ "kind": "slowBody", "bytesPerSecond": 1024, "probability": 0.2 }"#),
    ("clockSkew", r#"{ "kind": "clockSkew", "seconds": -90 }"#),
    ("hang", r#"{ "kind": "hang", "times": 1 }"#),
    ("close", r#"{ "kind": "close", "effect": "done", "method": "POST", "times": 1 }"#),
    ("reset", r#"{ "kind": "reset", "at": "body", "effect": "done", "times": 1 }"#),
    ("truncate", r#"{ "kind": "truncate", "bytes": 20, "times": 1 }"#),
    ("wrongLength", r#"{ "kind": "wrongLength", "by": 100, "times": 1 }"#),
    ("garbage", r#"{ "kind": "garbage", "times": 1 }"#),
    ("invalidJson", r#"{ "kind": "invalidJson", "times": 1 }"#),
    ("wrongContentType", r#"{ "kind": "wrongContentType", "times": 1 }"#),
    ("emptyBody", r#"{ "kind": "emptyBody", "times": 1 }"#),
    ("corruptGzip", r#"{ "kind": "corruptGzip", "times": 1 }"#),
    ("dropDelivery", r#"{ "kind": "dropDelivery", "times": 1 }"#),
    ("delayDelivery", r#"{ "kind": "delayDelivery", "ms": 60000 }"#),
    ("duplicateDelivery", r#"{ "kind": "duplicateDelivery", "copies": 3, "every": 2 }"#),
    ("reorderDelivery", r#"{ "kind": "reorderDelivery", "times": 1 }"#),
    ("wrongSignature", r#"{ "kind": "wrongSignature", "nth": 2 }"#),
];

/// The whole page. `profiles`: the shipped ones by name, with their files' texts.
pub fn page(profiles: &[(String, String)]) -> String {
    let schema = schema();
    let mut text = INTRODUCTION.to_owned();
    for (title, part) in [
        ("Which calls", "FaultedCalls"),
        ("Which deliveries", "FaultedDeliveries"),
        ("Which of those", "FaultOccurrence"),
    ] {
        let part = &schema["$defs"][part];
        _ = write!(text, "\n## {title}\n\n{}\n", one_line(part));
        table(&mut text, part, &[]);
    }
    text.push_str("\n## Kinds\n");
    for word in Kind::WORDS {
        let reference = schema["discriminator"]["mapping"][word].as_str().unwrap_or_default();
        let kind = &schema["$defs"][reference.rsplit('/').next().unwrap_or_default()];
        _ = write!(text, "\n### `{word}`\n\n{}\n", one_line(kind));
        table(&mut text, kind, &["kind"]);
        let example = EXAMPLES.iter().find(|(of, _)| of == word).map_or("", |(_, example)| example);
        _ = write!(text, "\n```json\n{example}\n```\n");
    }
    values(&mut text, &schema);
    text.push_str("\n## Profiles\n\n`--faults NAME`. Each is a file of this repository, to be copied and changed.\n");
    text.push_str("\n| profile | imitates |\n|---|---|\n");
    for (name, file) in profiles {
        let comment: Vec<&str> = file.lines().map_while(|line| line.strip_prefix("# ")).collect();
        _ = writeln!(text, "| [`{name}`]({name}.faults.yaml) | {} |", comment.join(" ").replace('|', "\\|"));
    }
    text.push_str(CLOSING);
    text.push_str("\n## Limits\n\n| what | most |\n|---|---|\n");
    for (what, most) in LIMITS {
        _ = writeln!(text, "| {what} | {most} |");
    }
    text
}

/// The words of a part, one in each row.
fn table(text: &mut String, part: &Value, left_out: &[&str]) {
    let Some(words) = part["properties"].as_object() else { return };
    let required = |word: &str| part["required"].as_array().is_some_and(|list| list.iter().any(|one| one == word));
    let rows: Vec<_> = words.iter().filter(|(word, _)| !left_out.contains(&word.as_str())).collect();
    if rows.is_empty() {
        return;
    }
    text.push_str("\n| word | value | meaning |\n|---|---|---|\n");
    for (word, value) in rows {
        let form = value_form(value);
        let form = if required(word) { format!("{form}, required") } else { form };
        _ = writeln!(text, "| `{word}` | {form} | {} |", one_line(value));
    }
}

/// What the words hold that have choices or words of their own.
fn values(text: &mut String, schema: &Value) {
    text.push_str("\n## Values\n");
    let definitions = schema["$defs"].as_object().into_iter().flatten();
    for (name, value) in definitions.filter(|(name, _)| !name.contains("Fault")) {
        let (choices, about) = (choices(value), one_line(value));
        if choices.is_empty() && about.is_empty() && value["properties"].is_null() {
            continue;
        }
        _ = write!(text, "\n### {name}\n");
        if !about.is_empty() {
            _ = write!(text, "\n{about}\n");
        }
        table(text, value, &[]);
        if !choices.is_empty() {
            _ = write!(text, "\n{}\n", choices.join("\n"));
        }
    }
}

/// The words of an enum, each with its meaning.
fn choices(value: &Value) -> Vec<String> {
    let mut rows = Vec::new();
    for choice in value["oneOf"].as_array().into_iter().flatten().chain(value["enum"].as_array().map(|_| value)) {
        let several = choice["enum"].as_array().into_iter().flatten();
        for word in choice.get("const").into_iter().chain(several).filter_map(Value::as_str) {
            match one_line(choice).as_str() {
                "" => rows.push(format!("- `{word}`")),
                meaning => rows.push(format!("- `{word}`: {meaning}")),
            }
        }
    }
    rows
}

fn one_line(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('|', "\\|")
}

/// What a word holds, in a few words.
fn value_form(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return match reference.rsplit('/').next().unwrap_or_default() {
            "OneOrMany" => "text, or a list".to_owned(),
            "Moment" => "moment".to_owned(),
            name => name.to_owned(),
        };
    }
    match schema["type"].as_str() {
        Some("string") => "text".to_owned(),
        Some("array") => format!("list of {}", value_form(&schema["items"])),
        Some(kind) => kind.to_owned(),
        None => "anything".to_owned(),
    }
}
