//! The vocabulary for editors and for people, generated from its types.

use serde_json::{Value, json};

use super::Behaviour;

/// Words that hold named entries. An author takes back one that was inferred by setting it to null.
const NAMED: [&str; 5] = ["errors", "limits", "credentials", "resources", "operations"];

/// The JSON Schema of `x-standin`, generated from the types above: what editors complete overlays with.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Behaviour).to_value();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), Value::from("x-standin"));
    }
    for word in NAMED {
        if let Some(entry) = schema.pointer_mut(&format!("/properties/{word}/additionalProperties")) {
            *entry = json!({ "anyOf": [entry.take(), { "type": "null" }] });
        }
    }
    schema
}

/// The words as a Markdown table, generated from [`schema`]: one line for each word, below the thing it belongs to.
pub fn table() -> String {
    let schema = schema();
    let mut text = String::from(
        "# The words of `x-standin`\n\nGenerated from `src/contract/vocabulary.rs`; `tests/vocabulary.rs` keeps it so.\n",
    );
    let definitions = schema.get("$defs").and_then(Value::as_object).into_iter().flatten();
    let root = std::iter::once(("x-standin", &schema));
    for (name, definition) in root.chain(definitions.map(|(name, definition)| (name.as_str(), definition))) {
        text.push_str(&format!("\n## {name}\n\n{}\n", one_line(definition)));
        let properties = definition.get("properties").and_then(Value::as_object);
        let choices = definition.get("oneOf").and_then(Value::as_array);
        if let Some(properties) = properties {
            text.push_str("\n| word | value | meaning |\n|---|---|---|\n");
            for (word, property) in properties {
                text.push_str(&format!("| `{word}` | {} | {} |\n", value_form(property), one_line(property)));
            }
        }
        for choice in choices.into_iter().flatten() {
            let words = choice
                .get("const")
                .into_iter()
                .chain(choice.get("enum").and_then(Value::as_array).into_iter().flatten());
            let words: Vec<String> = words.filter_map(Value::as_str).map(|word| format!("`{word}`")).collect();
            let meaning = one_line(choice);
            text.push_str(&format!(
                "\n- {}{}{meaning}\n",
                words.join(", "),
                if meaning.is_empty() { "" } else { ": " }
            ));
        }
    }
    text
}

fn one_line(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// What a word holds, in a few words: `text`, `list of text`, `ErrorRule by name`.
fn value_form(schema: &Value) -> String {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        return choices.first().map(value_form).unwrap_or_default();
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        Some(kind) => kind.as_str(),
        None => None,
    };
    match kind {
        Some("string") => "text".to_owned(),
        Some("array") => {
            format!("list of {}", schema.get("items").map(value_form).unwrap_or_else(|| "anything".to_owned()))
        }
        Some("object") => match schema.get("additionalProperties") {
            Some(values) if values.is_object() => format!("{} by name", value_form(values)),
            _ => "anything by name".to_owned(),
        },
        Some(kind) => kind.to_owned(),
        None => "anything".to_owned(),
    }
}
