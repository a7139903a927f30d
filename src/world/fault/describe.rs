//! The vocabulary of faults for programs, generated from its types: the JSON Schema that the control API publishes.

use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{Address, Aspect, Kind, Occurrence};

/// Which words of [`Address`] are for deliveries; the others are for calls.
const OF_DELIVERIES: [&str; 2] = ["event", "subscription"];

/// The JSON Schema of a written fault: one alternative for each kind, told apart by `kind`.
pub fn schema() -> Value {
    let mut generator = SchemaGenerator::default();
    let kinds = Kind::schemas(&mut generator);
    let address = plain(Address::json_schema(&mut generator));
    let occurrence = plain(Occurrence::json_schema(&mut generator));
    let mut definitions = Map::new();
    let mut mapping = Map::new();
    for (word, aspect, own) in kinds {
        let name = name(word);
        mapping.insert(word.to_owned(), reference(&name).into());
        definitions.insert(name, kind_schema(word, aspect, &plain(own)));
    }
    definitions.insert("FaultedCalls".to_owned(), narrowed(&address, "Which calls: each word that is given must fit."));
    definitions.insert(
        "FaultedDeliveries".to_owned(),
        narrowed(&address, "Which deliveries: each word that is given must fit."),
    );
    for (name, of_deliveries) in [("FaultedCalls", false), ("FaultedDeliveries", true)] {
        if let Some(words) = definitions[name]["properties"].as_object_mut() {
            words.retain(|word, _| OF_DELIVERIES.contains(&word.as_str()) == of_deliveries);
        }
    }
    definitions.insert("FaultOccurrence".to_owned(), narrowed(&occurrence, "Which of those: all, unless narrowed."));
    for (name, schema) in generator.take_definitions(true) {
        definitions.insert(name, Schema::try_from(schema).map(plain).unwrap_or_default());
    }
    let alternatives: Vec<Value> = mapping.values().map(|name| json!({ "$ref": name })).collect();
    json!({
        "description": "What goes wrong, with which calls or deliveries, and with which of those.",
        "oneOf": alternatives,
        "discriminator": { "propertyName": "kind", "mapping": mapping },
        "$defs": definitions,
    })
}

/// `invalidJson` is `InvalidJsonFault`.
fn name(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("{}{rest}Fault", first.to_ascii_uppercase())
}

fn reference(name: &str) -> String {
    format!("#/$defs/{name}")
}

fn kind_schema(word: &str, aspect: Aspect, own: &Value) -> Value {
    let mut properties = Map::new();
    properties.insert("kind".to_owned(), json!({ "const": word }));
    properties.extend(own["properties"].as_object().cloned().unwrap_or_default());
    let required = own["required"].as_array().cloned().unwrap_or_default();
    let required: Vec<Value> = [json!("kind")].into_iter().chain(required).collect();
    let which = if aspect == Aspect::Delivery { "FaultedDeliveries" } else { "FaultedCalls" };
    json!({
        "description": own["description"],
        "type": "object",
        "required": required,
        "properties": properties,
        "allOf": [{ "$ref": reference(which) }, { "$ref": reference("FaultOccurrence") }],
        "unevaluatedProperties": false,
    })
}

/// A part's words, open for those of the other parts.
fn narrowed(part: &Value, description: &str) -> Value {
    json!({ "description": description, "type": "object", "properties": part["properties"] })
}

/// A schema as people write them: no `null` for what may be left out, no formats of Rust's numbers, descriptions in one line.
fn plain(mut schema: Schema) -> Value {
    Plain.transform(&mut schema);
    schema.to_value()
}

#[derive(Debug, Clone)]
struct Plain;

impl Transform for Plain {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(object) = schema.as_object_mut() {
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            if object.get("format").and_then(Value::as_str).is_some_and(|form| form.contains("int") || form == "double")
            {
                object.shift_remove("format");
            }
            if let Some(Value::Array(kinds)) = object.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [only] = kinds.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = object.get("anyOf")
                && let [Value::Object(only), null] = choices.as_slice()
                && *null == json!({ "type": "null" })
            {
                let only = only.clone();
                object.shift_remove("anyOf");
                object.extend(only);
            }
        }
        transform_subschemas(self, schema);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    #[track_caller]
    fn both_refuse(wrong: Value) {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        assert!(!validator.is_valid(&wrong), "{wrong}");
        assert!(Fault::read(&wrong).is_err(), "{wrong}");
    }

    #[test]
    fn the_schema_has_an_alternative_for_each_kind() {
        let schema = schema();
        let kinds: Vec<&str> =
            schema["discriminator"]["mapping"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(kinds, Kind::WORDS);
        assert_eq!(schema["oneOf"].as_array().unwrap().len(), Kind::WORDS.len());
        assert_eq!(schema["oneOf"][0], json!({ "$ref": "#/$defs/StatusFault" }));
    }

    #[test]
    fn the_schema_takes_what_the_reader_takes() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for fault in [
            json!({ "kind": "status", "status": 503, "retryAfter": 5, "operation": "a", "times": 2 }),
            json!({ "kind": "close", "effect": "done", "method": ["GET", "POST"], "probability": 0.5, "until": "PT1H" }),
            json!({ "kind": "wrongSignature", "event": "post.sent", "nth": 3 }),
        ] {
            Fault::read(&fault).unwrap();
            let errors: Vec<String> = validator.iter_errors(&fault).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new(), "{fault}");
        }
    }

    #[test]
    fn the_schema_refuses_what_the_reader_refuses() {
        both_refuse(json!({}));
        both_refuse(json!({ "kind": "clsoe" }));
        both_refuse(json!({ "kind": "status" }));
        both_refuse(json!({ "kind": "close", "status": 503 }));
        both_refuse(json!({ "kind": "close", "event": "post.sent" }));
        both_refuse(json!({ "kind": "dropDelivery", "operation": "a" }));
        both_refuse(json!({ "kind": "close", "times": 0 }));
        both_refuse(json!({ "kind": "close", "operaton": "a" }));
    }
}
