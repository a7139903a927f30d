//! Schema Objects in one dialect: JSON Schema 2020-12.
//!
//! OpenAPI 3.0 has words of its own (`nullable`, boolean `exclusiveMinimum`, `example`) and ignores what stands beside a `$ref`;
//! 3.1 is 2020-12 already. What is only annotation there (`discriminator`, `readOnly`, `writeOnly`, `xml`) stays.

use serde_json::{Map, Value, json};

use super::Version;
use super::discriminator;
use super::grammar::{Kind, Node, Visit, walk};
use crate::{json, pointer};

/// Dialects that mean what we validate by; the OpenAPI ones are 2020-12 with annotations.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
const OPENAPI_DIALECTS: &str = "https://spec.openapis.org/oas/3.1/dialect/";

/// Rewrites every schema of the document. Schemas in another dialect are named by the pointer of the word that says so.
pub fn normalise(root: &mut Value, version: Version) -> Vec<(String, String)> {
    let mut normaliser = Normaliser { version, foreign: Vec::new() };
    if version == Version::V3_1
        && let Some(dialect) = root.get("jsonSchemaDialect")
        && !is_known_dialect(dialect)
    {
        normaliser.foreign.push(("/jsonSchemaDialect".to_owned(), dialect.to_string()));
    }
    walk(Node::One(Kind::Document), root, "", &mut normaliser);
    normaliser.foreign
}

struct Normaliser {
    version: Version,
    foreign: Vec<(String, String)>,
}

impl Visit for Normaliser {
    fn enter(&mut self, node: Node, value: &mut Value, pointer: &str) -> bool {
        let (Node::One(Kind::Schema), Value::Object(schema)) = (node, value) else { return true };
        match self.version {
            Version::V3_0 => {
                if json::member(schema, "$ref").is_some_and(Value::is_string) {
                    schema.retain(|key, _| key == "$ref");
                    return false;
                }
                for keyword in ["$schema", "$id", "$anchor", "$dynamicAnchor"] {
                    take(schema, keyword);
                }
                limits(schema);
                example(schema);
                nullable(schema);
            }
            Version::V3_1 => {
                self.identity(schema, pointer);
                if let (Some(example), None) = (json::member(schema, "example"), json::member(schema, "examples")) {
                    let examples = json!([example]);
                    schema.insert("examples".to_owned(), examples);
                }
            }
        }
        discriminator::compile(schema);
        true
    }
}

impl Normaliser {
    /// References are settled, so names of schemas have done their work; an `$id` would only turn `#/...` away from the document.
    fn identity(&mut self, schema: &mut Map<String, Value>, pointer: &str) {
        if let Some(dialect) = json::member(schema, "$schema") {
            if is_known_dialect(dialect) {
                take(schema, "$schema");
            } else {
                self.foreign.push((pointer::join(pointer, "$schema"), dialect.to_string()));
            }
        }
        take(schema, "$id");
        take(schema, "$anchor");
    }
}

/// Takes a member away. Few schemas have the one that is asked for.
fn take(schema: &mut Map<String, Value>, name: &str) -> Option<Value> {
    json::member(schema, name)?;
    schema.shift_remove(name)
}

fn is_known_dialect(dialect: &Value) -> bool {
    let text = dialect.as_str().map(|text| text.trim_end_matches('#'));
    text.is_some_and(|text| text == DIALECT || text.starts_with(OPENAPI_DIALECTS))
}

/// `minimum: 1, exclusiveMinimum: true` is `exclusiveMinimum: 1`.
fn limits(schema: &mut Map<String, Value>) {
    for (limit, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        match json::member(schema, exclusive) {
            Some(Value::Bool(true)) => match take(schema, limit) {
                Some(bound) => schema.insert(exclusive.to_owned(), bound),
                None => take(schema, exclusive),
            },
            Some(Value::Bool(false)) => take(schema, exclusive),
            _ => continue,
        };
    }
}

fn example(schema: &mut Map<String, Value>) {
    if let Some(example) = take(schema, "example")
        && json::member(schema, "examples").is_none()
    {
        schema.insert("examples".to_owned(), Value::Array(vec![example]));
    }
}

/// `nullable` adds null to the `type` beside it. Without a type the specification gives it no meaning, but authors write it beside
/// `allOf` or `oneOf` and mean null; there it becomes an alternative.
fn nullable(schema: &mut Map<String, Value>) {
    if take(schema, "nullable") != Some(Value::Bool(true)) {
        return;
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    match schema.get_mut("type") {
        Some(Value::String(name)) => {
            let types = json!([name, "null"]);
            schema.insert("type".to_owned(), types);
        }
        Some(Value::Array(names)) if !names.contains(&json!("null")) => names.push(json!("null")),
        Some(_) => {}
        None => null_alternative(schema),
    }
}

fn null_alternative(schema: &mut Map<String, Value>) {
    const COMPOSITION: [&str; 4] = ["allOf", "oneOf", "anyOf", "not"];
    let used: Vec<&str> = COMPOSITION.into_iter().filter(|keyword| schema.contains_key(*keyword)).collect();
    match used.as_slice() {
        [] => {}
        [keyword @ ("oneOf" | "anyOf")] => {
            if let Some(Value::Array(branches)) = schema.get_mut(*keyword) {
                branches.push(json!({"type": "null"}));
            }
        }
        keywords => {
            let mut inner = Map::new();
            for keyword in keywords {
                if let Some(value) = schema.shift_remove(*keyword) {
                    inner.insert((*keyword).to_owned(), value);
                }
            }
            schema.insert("anyOf".to_owned(), json!([inner, {"type": "null"}]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(version: Version, schema: Value, expected: Value) {
        let mut root = json!({"components": {"schemas": {"S": schema}}});
        assert_eq!(normalise(&mut root, version), []);
        let found = &root["components"]["schemas"]["S"];
        assert_eq!(found, &expected, "{found:#}");
    }

    #[test]
    fn nullable_becomes_a_type_and_an_enum_value() {
        check(
            Version::V3_0,
            json!({"type": "string", "nullable": true, "enum": ["a"]}),
            json!({"type": ["string", "null"], "enum": ["a", null]}),
        );
        check(Version::V3_0, json!({"type": "string", "nullable": false}), json!({"type": "string"}));
        check(Version::V3_0, json!({"nullable": true, "title": "any"}), json!({"title": "any"}));
    }

    #[test]
    fn nullable_beside_a_composition_becomes_an_alternative() {
        let reference = json!({"$ref": "#/components/schemas/S"});
        check(
            Version::V3_0,
            json!({"nullable": true, "description": "d", "allOf": [reference]}),
            json!({"description": "d", "anyOf": [{"allOf": [reference]}, {"type": "null"}]}),
        );
        check(
            Version::V3_0,
            json!({"nullable": true, "oneOf": [reference]}),
            json!({"oneOf": [reference, {"type": "null"}]}),
        );
    }

    #[test]
    fn words_of_the_dialect_survive_as_property_names_and_data() {
        let schema = json!({
            "properties": {"nullable": {"type": "boolean"}, "example": {"type": "string"}},
            "default": {"nullable": true, "example": 1},
            "x-note": {"nullable": true}
        });
        check(Version::V3_0, schema.clone(), schema);
    }

    #[test]
    fn boolean_limits_become_numbers() {
        check(
            Version::V3_0,
            json!({"minimum": 1, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false}),
            json!({"exclusiveMinimum": 1, "maximum": 9}),
        );
        check(Version::V3_0, json!({"exclusiveMaximum": true}), json!({}));
    }

    #[test]
    fn siblings_of_a_reference_count_in_3_1_only() {
        let schema = json!({"$ref": "#/components/schemas/S", "description": "d", "maxLength": 1});
        check(Version::V3_0, schema.clone(), json!({"$ref": "#/components/schemas/S"}));
        check(Version::V3_1, schema.clone(), schema);
    }

    #[test]
    fn schemas_of_3_1_stay_as_they_are() {
        let schema = json!({"type": ["string", "null"], "exclusiveMinimum": 1, "properties": {"a": true, "b": false}});
        check(Version::V3_1, schema.clone(), schema);
        check(Version::V3_1, json!({"example": 1}), json!({"example": 1, "examples": [1]}));
        check(Version::V3_1, json!({"$id": "https://example.com/s", "$schema": DIALECT}), json!({}));
    }

    #[test]
    fn foreign_dialects_are_named() {
        let mut root = json!({
            "jsonSchemaDialect": "http://json-schema.org/draft-07/schema#",
            "components": {"schemas": {"S": {"$schema": "http://json-schema.org/draft-04/schema#"}}}
        });
        let foreign: Vec<String> = normalise(&mut root, Version::V3_1).into_iter().map(|(at, _)| at).collect();
        assert_eq!(foreign, ["/jsonSchemaDialect", "/components/schemas/S/$schema"]);
        let mut root = json!({"jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base"});
        assert_eq!(normalise(&mut root, Version::V3_1), []);
    }
}
