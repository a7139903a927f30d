use serde_json::json;

use super::*;
use crate::contract::document::Version;
use crate::contract::schema::SchemasBuilder;
use crate::contract::violation::Place;

const NOW: i64 = 1_767_225_600_000;

fn document() -> Document {
    let root = json!({"components": {"schemas": {
        "Tree": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            "parent": {"$ref": "#/components/schemas/Tree"}
        }},
        "Endless": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Endless"}}},
        "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}]},
        "Base": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "pattern": "^par_[a-z0-9]{8}$"}}},
        "Parcel": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "required": ["weight"], "properties": {
            "weight": {"type": "number", "exclusiveMinimum": 0}}}]}
    }}});
    Document { name: "api.yaml".to_owned(), version: Version::V3_1, root, origins: Default::default() }
}

#[track_caller]
fn fits(schema: Value) {
    let document = document();
    let mut builder = SchemasBuilder::default();
    let id = builder.add(&schema);
    let schemas = builder.build("api.yaml", &document.root).expect("a good schema");
    for seed in 0..20 {
        let value = sample(&document, &schema, seed, NOW, Direction::Reply);
        assert_eq!(
            value,
            sample(&document, &schema, seed, NOW, Direction::Reply),
            "the same seed gives the same value"
        );
        let violations = schemas.check(id, &value, Place::Body);
        assert!(violations.is_empty(), "{value} for {schema}: {violations:?}");
    }
}

#[test]
fn samples_fit_their_schemas() {
    let formats = [
        "date-time",
        "date",
        "time",
        "duration",
        "email",
        "uri",
        "uri-reference",
        "uuid",
        "hostname",
        "ipv4",
        "ipv6",
        "byte",
        "binary",
        "json-pointer",
        "regex",
        "password",
        "unheard-of",
    ];
    formats.iter().for_each(|format| fits(json!({"type": "string", "format": format})));
    for schema in [
        json!(true),
        json!({}),
        json!({"type": "string", "minLength": 50, "maxLength": 60}),
        json!({"type": "string", "maxLength": 2}),
        json!({"type": "string", "maxLength": 0}),
        json!({"type": "integer", "minimum": 5, "maximum": 5}),
        json!({"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 7}),
        json!({"type": "integer", "minimum": -10, "maximum": -3}),
        json!({"type": "integer", "multipleOf": 7, "minimum": 100}),
        json!({"type": "integer", "format": "int32", "minimum": 2_000_000_000}),
        json!({"type": "integer", "format": "unix-milliseconds"}),
        json!({"type": "number", "minimum": 0.25, "maximum": 0.5}),
        json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001}),
        json!({"type": "number", "multipleOf": 0.5}),
        json!({"type": ["null", "boolean"]}),
        json!({"type": "null"}),
        json!({"enum": ["a", "b"]}),
        json!({"type": "array", "items": {"type": "string"}, "minItems": 3, "uniqueItems": true}),
        json!({"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": true}),
        json!({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": false}),
        json!({"type": "array", "contains": {"const": 3}, "maxItems": 1}),
        json!({"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "integer"}}}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3}),
        json!({"type": "object", "maxProperties": 1, "required": ["b"], "properties": {"a": {}, "b": {}}}),
        json!({"type": "object", "properties": {"a": {"oneOf": [{"type": "null"}, {"type": "integer"}]}}}),
        json!({"type": "object", "properties": {"a": {}, "b": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        json!({"oneOf": [{"type": "object", "required": ["k"], "properties": {"k": {"const": "x"}}}, {"type": "string"}]}),
        json!({"allOf": [{"type": "integer", "minimum": 3}, {"type": "integer", "maximum": 4, "minimum": 1}]}),
        json!({"$ref": "#/components/schemas/Tree"}),
        json!({"$ref": "#/components/schemas/Parcel"}),
        json!({"$ref": "#/components/schemas/Loop"}),
    ] {
        fits(schema);
    }
}

#[test]
fn strings_match_their_patterns() {
    for pattern in [
        "^#[0-9a-f]{6}$",
        "^post_[A-Za-z0-9]+$",
        r"^\d{4}-\d{2}$",
        r"\w+",
        "^[^/]+$",
        "^(a|b)*c?$",
        r"^https?:\/\/\S+$",
        "^.{3,}$",
        "^(?=.*[0-9])[a-z0-9]{6,}$",
        "^(?!admin)[a-z]+$",
        r"^\bword\b$",
        "",
        "^[A-Z]{2,3}$",
    ] {
        fits(json!({"type": "string", "pattern": pattern}));
    }
    fits(json!({"type": "string", "pattern": "^[a-z]+$", "minLength": 30, "maxLength": 100}));
    fits(json!({"type": "string", "pattern": "^[a-z]+$", "maxLength": 1}));
}

#[test]
fn patterns_that_cannot_be_sampled_give_some_text() {
    for pattern in ["(", "^(?=b)a$", "(?<x", &"(".repeat(3000), "[a&&b]", "a{1000}{1000}"] {
        let schema = json!({"type": "string", "pattern": pattern});
        assert!(sample(&document(), &schema, 1, NOW, Direction::Reply).is_string());
    }
}

#[test]
fn what_the_author_wrote_comes_first() {
    let get = |schema: Value| sample(&document(), &schema, 1, NOW, Direction::Reply);
    assert_eq!(get(json!({"type": "string", "examples": ["hello"], "default": "x"})), "hello");
    assert_eq!(
        get(json!({"type": "integer", "example": "12", "default": 3})),
        3,
        "an example of another type is no example"
    );
    assert_eq!(get(json!({"const": 7})), 7);
    assert_eq!(get(json!({"type": "string", "enum": [null, "a"]})), "a");
}

#[test]
fn each_direction_leaves_out_what_goes_the_other_way() {
    let schema = json!({"type": "object", "required": ["id"], "properties": {
        "id": {"type": "integer", "readOnly": true}, "password": {"type": "string", "writeOnly": true}, "n": {"type": "integer"}
    }, "examples": [{"id": 1, "password": "p", "n": 2}]});
    let get = |direction| sample(&document(), &schema, 1, NOW, direction);
    assert_eq!(get(Direction::Request), json!({"password": "p", "n": 2}));
    assert_eq!(get(Direction::Reply), json!({"id": 1, "n": 2}));
}

#[test]
fn schemas_without_a_finite_value_are_answered() {
    let endless = sample(&document(), &json!({"$ref": "#/components/schemas/Endless"}), 1, NOW, Direction::Reply);
    assert!(endless.is_object());
    let wide =
        json!({"type": "array", "minItems": 1_000_000, "items": {"type": "array", "minItems": 1_000_000, "items": {}}});
    assert!(sample(&document(), &wide, 1, NOW, Direction::Reply).is_array());
    sample(&document(), &json!({"type": "array", "items": false, "minItems": "x"}), 1, NOW, Direction::Request);
}

#[test]
fn names_and_formats_make_realistic_values() {
    let schema = json!({"type": "object", "properties": {
        "authorEmail": {"type": "string"}, "avatar_url": {"type": "string"}, "createdAt": {"type": "string"},
        "when": {"type": "string", "format": "date-time"}, "brand_color": {"type": "string"}
    }});
    let value = sample(&document(), &schema, 1, NOW, Direction::Reply);
    assert!(value["authorEmail"].as_str().is_some_and(|email| email.contains('@')), "{value}");
    assert!(value["avatar_url"].as_str().is_some_and(|url| url.starts_with("https://")), "{value}");
    assert_eq!(value["createdAt"], "2026-01-01T00:00:00Z");
    assert_eq!(value["when"], "2026-01-01T00:00:00Z");
    assert!(value["brand_color"].as_str().is_some_and(|color| color.starts_with('#')), "{value}");
    let other = sample(&document(), &schema, 2, NOW, Direction::Reply);
    assert_ne!(value["authorEmail"], other["authorEmail"], "another seed gives another value");
}
