//! Discriminators: validation picks the alternative that the instance names.
//!
//! OpenAPI's `discriminator` is an annotation to JSON Schema. Alternatives that only the discriminator tells apart would all match,
//! and `oneOf` would refuse every instance. So where each alternative is a reference, `oneOf` becomes `anyOf`, and for each
//! alternative a rule is added: an object that names it must fit it.

use serde_json::{Map, Value, json};

use super::reference::local_pointer;
use crate::{json, pointer};

const SCHEMAS: &str = "/components/schemas/";

/// Adds the rules to a schema, which has a discriminator or not. A mapping that does not lead to an alternative adds none.
pub fn compile(schema: &mut Map<String, Value>) {
    let Some(discriminator) = json::member(schema, "discriminator") else { return };
    let Some(property) = discriminator.get("propertyName").and_then(Value::as_str).map(str::to_owned) else { return };
    let mapping = discriminator.get("mapping").and_then(Value::as_object).cloned().unwrap_or_default();
    let Some(keyword) = ["oneOf", "anyOf"].into_iter().find(|keyword| schema.contains_key(*keyword)) else { return };
    let Some(branches) = alternatives(&schema[keyword]) else { return };

    let rules = branches.iter().filter_map(|target| rule(&property, target, &mapping));
    let rules: Vec<Value> = rules.collect();
    if rules.len() < branches.len() {
        return;
    }
    if keyword == "oneOf" && !schema.contains_key("anyOf") {
        rename(schema, "oneOf", "anyOf");
    }
    if let Value::Array(all) = schema.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
        all.extend(rules);
    }
}

/// The pointers of the alternatives, if each is a plain local reference; an alternative `null` is no matter of the discriminator.
fn alternatives(branches: &Value) -> Option<Vec<String>> {
    let targets = branches.as_array()?.iter().filter(|branch| branch.get("type") != Some(&json!("null")));
    targets.map(|branch| Some(local_pointer(branch.get("$ref")?.as_str()?)?.into_owned())).collect()
}

fn rule(property: &str, target: &str, mapping: &Map<String, Value>) -> Option<Value> {
    let mapped = mapping.iter().filter(|(_, value)| value.as_str().is_some_and(|value| leads_to(value, target)));
    let mut names: Vec<&str> = mapped.map(|(name, _)| name.as_str()).collect();
    let implicit = target.strip_prefix(SCHEMAS).map(pointer::unescape).filter(|name| !name.contains('/'));
    if let Some(name) = implicit.as_deref()
        && !names.contains(&name)
        && !mapping.contains_key(name)
    {
        names.push(name);
    }
    if names.is_empty() {
        return None;
    }
    Some(json!({
        "if": {"type": "object", "required": [property], "properties": {property: {"enum": names}}},
        "then": {"$ref": pointer::to_reference(target)}
    }))
}

/// A mapping's value is a reference, or the bare name of a component.
fn leads_to(value: &str, target: &str) -> bool {
    target.strip_prefix(SCHEMAS).is_some_and(|name| pointer::unescape(name) == value)
        || (value.starts_with('#') && local_pointer(value).is_some_and(|pointer| pointer == target))
}

/// Renames a key in its place.
fn rename(map: &mut Map<String, Value>, from: &str, to: &str) {
    let renamed = std::mem::take(map).into_iter();
    map.extend(renamed.map(|(key, value)| (if key == from { to.to_owned() } else { key }, value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(mut schema: Value) -> Value {
        compile(schema.as_object_mut().expect("a schema object"));
        schema
    }

    fn reference(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    #[test]
    fn each_alternative_gets_a_rule_by_mapped_and_implicit_names() {
        let schema = compiled(json!({
            "oneOf": [reference("Cat"), reference("Dog")],
            "discriminator": {"propertyName": "kind", "mapping": {
                "cat": "#/components/schemas/Cat", "kitten": "Cat", "bird": "#/components/schemas/Bird"
            }}
        }));
        let rule = |names: Value, target: &str| {
            json!({
                "if": {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": names}}},
                "then": reference(target)
            })
        };
        assert_eq!(schema.get("oneOf"), None);
        assert_eq!(schema["anyOf"], json!([reference("Cat"), reference("Dog")]));
        assert_eq!(schema["allOf"], json!([rule(json!(["cat", "kitten", "Cat"]), "Cat"), rule(json!(["Dog"]), "Dog")]));
    }

    #[test]
    fn validation_picks_the_named_alternative() {
        let mut root = json!({
            "$ref": "#/components/schemas/Pet",
            "components": {"schemas": {
                "Pet": {"oneOf": [reference("Cat"), reference("Dog")], "discriminator": {"propertyName": "kind"}},
                "Cat": {"type": "object", "properties": {"kind": {"type": "string"}, "age": {"type": "integer"}}},
                "Dog": {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["bark"]}
            }}
        });
        compile(root["components"]["schemas"]["Pet"].as_object_mut().expect("an object"));
        let validator = jsonschema::validator_for(&root).expect("a schema");
        assert!(validator.is_valid(&json!({"kind": "Cat", "bark": true})), "both fit, one is named");
        assert!(validator.is_valid(&json!({"kind": "Dog", "bark": true, "age": "old"})));
        assert!(!validator.is_valid(&json!({"kind": "Dog"})), "fits the cat only");
    }

    #[test]
    fn schemas_without_a_usable_discriminator_stay() {
        for schema in [
            json!({"oneOf": [reference("Cat")]}),
            json!({"oneOf": [reference("Cat"), {"type": "object"}], "discriminator": {"propertyName": "kind"}}),
            json!({"oneOf": [{"$ref": "#/paths/~1a/x"}], "discriminator": {"propertyName": "kind"}}),
            json!({"oneOf": "Cat", "discriminator": {"propertyName": "kind"}}),
            json!({"oneOf": [reference("Cat")], "discriminator": "kind"}),
            json!({"properties": {}, "discriminator": {"propertyName": "kind"}}),
        ] {
            assert_eq!(compiled(schema.clone()), schema);
        }
    }
}
