use std::borrow::Cow;

use serde_json::{Map, json};

use super::*;
use crate::contract::template::Output;
use crate::fields::Fields;
use crate::words::humanise;

fn compiled(schema: Value, document: Value) -> Schemas {
    let mut builder = SchemasBuilder::default();
    builder.add(&schema);
    builder.build("api.yaml", &document).expect("a good schema")
}

fn refused(schema: Value, document: Value) -> Vec<String> {
    let mut builder = SchemasBuilder::default();
    builder.add_at(&schema, "/here");
    let errors = builder.build("api.yaml", &document).expect_err("a bad schema");
    errors.iter().map(|error| format!("{} {}", error.pointer, error.message)).collect()
}

/// A value as a tree makes it.
fn output(value: &Value) -> Output<'_> {
    match value {
        Value::Object(map) => {
            Output::Object(map.iter().map(|(name, member)| (name.as_str(), output(member))).collect())
        }
        Value::Array(list) => Output::List(list.iter().map(output).collect()),
        leaf => Output::Value(Cow::Borrowed(leaf)),
    }
}

#[track_caller]
fn check(schema: Value, value: Value, expected: &[&str]) {
    let schemas = compiled(schema, json!({}));
    let violations = schemas.check(SchemaId(0), &value, Place::Body);
    let found: Vec<String> = violations
        .iter()
        .map(|violation| format!("{} {}: {}", violation.pointer, violation.keyword, violation.message))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(schemas.accepts(SchemaId(0), &value), expected.is_empty());
    let output = output(&value);
    assert_eq!(schemas.check(SchemaId(0), &output, Place::Body), violations, "what a tree made is its value");
    assert_eq!(schemas.accepts(SchemaId(0), &output), expected.is_empty());
    if let Value::Object(map) = value {
        let fields: Fields = map.into_iter().collect();
        assert_eq!(schemas.check(SchemaId(0), &fields, Place::Body), violations, "an object's fields are the object");
        assert_eq!(schemas.accepts(SchemaId(0), &fields), expected.is_empty());
    }
}

#[test]
fn a_date_time_is_one_that_can_be_reckoned_with() {
    let schema = || json!({"type": "string", "format": "date-time"});
    for good in ["2026-01-02T00:00:00Z", "2026-01-02t00:00:00.123456789z", "2026-01-02T00:00:00-05:30"] {
        check(schema(), json!(good), &[]);
    }
    for bad in ["2026-01-02", "2026-01-02T00:00Z", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-23:59"] {
        let schemas = compiled(schema(), json!({}));
        assert!(!schemas.accepts(SchemaId(0), &json!(bad)), "{bad}");
    }
}

#[test]
fn all_violations_are_reported_with_pointers_and_sentences() {
    let schema = json!({
        "type": "object",
        "required": ["name", "channelId"],
        "properties": {
            "content": {"type": "string", "minLength": 1, "maxLength": 5},
            "mediaKeys": {"type": "array", "maxItems": 1, "items": {"type": "string"}},
            "status": {"enum": ["queued", "flowing"]},
            "color": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
            "per_page": {"type": "integer", "maximum": 100}
        }
    });
    let value = json!({"content": "", "mediaKeys": ["a", 2], "status": "gone", "color": "red", "per_page": 101});
    let schemas = compiled(schema, json!({}));
    let mut found: Vec<String> = schemas
        .check(SchemaId(0), &value, Place::Body)
        .iter()
        .map(|violation| format!("{} {}: {}", violation.pointer, violation.keyword, violation.message))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "/channelId required: Channel ID is required",
            "/color pattern: Color must match the pattern ^#[0-9a-f]{6}$",
            "/content minLength: Content must be at least 1 character",
            "/mediaKeys maxItems: Media keys must have at most 1 item",
            "/mediaKeys/1 type: Media keys item 2 must be a string",
            "/name required: Name is required",
            "/per_page maximum: Per page must be at most 100",
            "/status enum: Status must be one of: queued, flowing",
        ]
    );
}

#[test]
fn lengths_count_code_points() {
    check(json!({"type": "string", "maxLength": 2}), json!("🎉🎉"), &[]);
    check(
        json!({"properties": {"a": {"maxLength": 2}}}),
        json!({"a": "🎉🎉🎉"}),
        &["/a maxLength: A must be at most 2 characters"],
    );
}

#[test]
fn an_extra_property_is_named_itself() {
    let schema = json!({"properties": {"a": {}}, "additionalProperties": false});
    check(schema, json!({"a": 1, "x/y": 2}), &["/x~1y additionalProperties: X y is not allowed"]);
}

#[test]
fn alternatives_of_required_name_the_first() {
    let schema = json!({"type": "object", "anyOf": [{"required": ["content"]}, {"required": ["mediaKeys"]}]});
    check(schema, json!({}), &["/content required: Content is required"]);
}

#[test]
fn alternatives_of_kinds_become_one_sentence() {
    let schema = json!({"properties": {"scheduledFor": {"oneOf": [
        {"type": "integer"}, {"type": "string", "format": "date-time"}
    ]}}});
    check(
        schema.clone(),
        json!({"scheduledFor": "soon"}),
        &["/scheduledFor oneOf: Scheduled for must be an integer or a date-time"],
    );
    check(schema, json!({"scheduledFor": 17}), &[]);
    let nullable = json!({"properties": {"a": {"anyOf": [{"type": "string", "minLength": 2}, {"type": "null"}]}}});
    check(nullable.clone(), json!({"a": "x"}), &["/a minLength: A must be at least 2 characters"]);
    check(nullable, json!({"a": 1}), &["/a type: A must be a string or null"]);
}

#[test]
fn the_branch_with_the_right_tag_is_the_one_complained_about() {
    let schema = json!({"oneOf": [
        {"type": "object", "required": ["kind", "x"], "properties": {"kind": {"const": "a"}, "x": {"type": "string"}}},
        {"type": "object", "required": ["kind", "y", "z"], "properties": {"kind": {"const": "b"}, "y": {"type": "integer"}}}
    ]});
    check(schema.clone(), json!({"kind": "b", "y": "no", "z": 1}), &["/y type: Y must be an integer"]);
    check(schema.clone(), json!({"kind": "c", "x": ""}), &["/kind enum: Kind must be one of: a, b"]);
    check(schema, json!([]), &[" type: The body must be an object"]);
}

#[test]
fn integer_formats_have_ranges_and_unknown_formats_none() {
    check(
        json!({"properties": {"n": {"type": "integer", "format": "int32"}}}),
        json!({"n": 2_147_483_648_i64}),
        &["/n maximum: N must be at most 2147483647"],
    );
    check(json!({"type": "integer", "format": "int32", "maximum": 7}), json!(7), &[]);
    check(
        json!({"type": "integer", "format": "int64"}),
        json!(u64::MAX),
        &[" maximum: The body must be at most 9223372036854775807"],
    );
    check(json!({"type": "integer", "format": "unix-time"}), json!(u64::MAX), &[]);
    check(json!({"type": "string", "format": "binary"}), json!("\u{0}"), &[]);
    check(
        json!({"properties": {"b": {"type": "string", "format": "byte"}}}),
        json!({"b": "%%"}),
        &["/b format: B must be base64 text"],
    );
    check(json!({"type": "string", "format": "byte"}), json!("aGk="), &[]);
}

#[test]
fn violations_are_capped() {
    let value = Value::Array((0..1000).map(Value::from).collect());
    let schemas = compiled(json!({"items": {"type": "string"}}), json!({}));
    assert_eq!(schemas.check(SchemaId(0), &value, Place::Body).len(), VIOLATIONS_MAX);
}

#[test]
fn references_are_followed_and_may_be_recursive() {
    let document = json!({"components": {"schemas": {
        "Tree": {"type": "object", "properties": {
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            "name": {"$ref": "#/components/schemas/a~1b"}
        }},
        "a/b": {"type": "string"}
    }}});
    let schemas = compiled(json!({"$ref": "#/components/schemas/Tree"}), document);
    let violations = schemas.check(SchemaId(0), &json!({"children": [{"name": 1}]}), Place::Body);
    assert_eq!(violations[0].pointer, "/children/0/name");
    let mut deep = json!({"name": 1});
    for _ in 0..60 {
        deep = json!({"children": [deep]});
    }
    assert_eq!(schemas.check(SchemaId(0), &deep, Place::Body).len(), 1);
}

#[test]
fn schemas_that_only_refer_to_themselves_do_not_hang() {
    let document = json!({"components": {"schemas": {
        "A": {"$ref": "#/components/schemas/B"},
        "B": {"$ref": "#/components/schemas/A"},
        "C": {"allOf": [{"$ref": "#/components/schemas/C"}], "type": "object"},
        "Pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}], "type": "object"},
        "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}], "required": ["lives"]}
    }}});
    for name in ["A", "C", "Pet", "Cat"] {
        let schemas = compiled(json!({"$ref": format!("#/components/schemas/{name}")}), document.clone());
        let _ = schemas.check(SchemaId(0), &json!({"a": 1}), Place::Body);
    }
}

#[test]
fn long_chains_of_references_do_not_exhaust_the_stack() {
    let mut named = Map::new();
    for index in 0..5000 {
        let next = format!("#/components/schemas/S{}", index + 1);
        named.insert(format!("S{index}"), json!({"allOf": [{"$ref": next}]}));
    }
    named.insert("S5000".to_owned(), json!({"type": "string"}));
    let mut builder = SchemasBuilder::default();
    let id = builder.add(&json!({"$ref": "#/components/schemas/S0"}));
    match builder.build("api.yaml", &json!({"components": {"schemas": named}})) {
        Ok(schemas) => assert!(!schemas.accepts(id, &json!(1))),
        Err(errors) => assert!(errors[0].message.contains("chain"), "{errors:?}"),
    }
}

#[test]
fn equal_schemas_share_an_id() {
    let mut builder = SchemasBuilder::default();
    assert_eq!(builder.add(&json!({"type": "string"})), builder.add(&json!({"type": "string"})));
    assert_ne!(builder.add(&json!(true)), builder.add(&json!({"type": "string"})));
}

#[test]
fn a_missing_target_is_reported_with_the_nearest_name() {
    let document = json!({"components": {"schemas": {"Post": {}}}});
    let mut builder = SchemasBuilder::default();
    builder.add_at(&json!({"items": {"$ref": "#/components/schemas/Pots"}}), "/x/schema");
    let errors = builder.build("api.yaml", &document).expect_err("a dangling reference");
    assert_eq!(errors[0].pointer, "/x/schema/items/$ref");
    assert_eq!(errors[0].hint.as_deref(), Some("did you mean `#/components/schemas/Post`?"));
}

#[test]
fn every_faulty_schema_is_pointed_at() {
    let document =
        json!({"components": {"schemas": {"P": {"properties": {"x": {"pattern": "("}}}, "Q": {"minLength": "3"}}}});
    let schema = json!({"anyOf": [{"$ref": "#/components/schemas/P"}, {"$ref": "#/components/schemas/Q"}]});
    let errors = refused(schema, document);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].starts_with("/components/schemas/P/properties/x/pattern `(`"), "{errors:?}");
    assert!(errors[1].starts_with("/components/schemas/Q/minLength "), "{errors:?}");
    assert!(refused(json!({"items": 3}), json!({}))[0].starts_with("/here/items "));
    assert!(refused(json!({"$ref": "http://elsewhere/x"}), json!({}))[0].starts_with("/here/$ref "));
}

#[test]
fn property_names_like_keywords_are_kept_apart_from_keywords() {
    let schema =
        json!({"properties": {"description": {"type": "string"}, "$ref": {"type": "string"}}, "enum": [{"$ref": "x"}]});
    check(schema, json!({"$ref": "x"}), &[]);
}

#[test]
fn patterns_that_explode_are_refused_not_awaited() {
    let schema = json!({"properties": {"a": {"pattern": "^(?=(a+)+$)(a|aa)+b\\1$"}}});
    let schemas = compiled(schema, json!({}));
    let violations = schemas.check(SchemaId(0), &json!({"a": "a".repeat(5000)}), Place::Body);
    assert_eq!(violations.len(), 1);
}

#[test]
fn names_become_words() {
    let cases = [
        ("channelId", "Channel ID"),
        ("per_page", "Per page"),
        ("mediaURLs", "Media URLs"),
        ("HTMLBody", "HTML body"),
        ("X-Request-Id", "X request ID"),
        ("id", "ID"),
        ("ids", "IDs"),
        ("address2Line", "Address2 line"),
        ("", ""),
        ("__", "__"),
    ];
    for (name, expected) in cases {
        assert_eq!(humanise(name), expected);
    }
}

#[test]
fn a_direction_does_not_require_what_goes_the_other_way() {
    let document = json!({"components": {"schemas": {
        "Post": {"type": "object", "required": ["id", "text", "secret", "author"], "properties": {
            "id": {"type": "string", "readOnly": true}, "text": {}, "secret": {"type": "string", "writeOnly": true},
            "author": {"$ref": "#/components/schemas/Author"}
        }},
        "Author": {"required": ["id"], "properties": {"id": {"$ref": "#/components/schemas/Id"}}},
        "Id": {"type": "string", "readOnly": true},
        "Long": {"allOf": [{"$ref": "#/components/schemas/Post"}, {"required": ["id", "note"]}]},
        "List": {"items": {"$ref": "#/components/schemas/Post"}}
    }}});
    let missing = |name: &str, direction: Option<Direction>, value: Value| {
        let mut builder = SchemasBuilder::default();
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        let id = match direction {
            Some(direction) => builder.add_for(direction, &schema, ""),
            None => builder.add(&schema),
        };
        let schemas = builder.build("api.yaml", &document).expect("good schemas");
        let mut pointers: Vec<String> =
            schemas.check(id, &value, Place::Body).into_iter().map(|violation| violation.pointer).collect();
        pointers.sort();
        pointers
    };
    let post = json!({"author": {}});
    assert_eq!(missing("Post", Some(Direction::Request), post.clone()), ["/secret", "/text"]);
    assert_eq!(missing("Post", Some(Direction::Reply), post.clone()), ["/author/id", "/id", "/text"]);
    assert_eq!(missing("Post", None, post.clone()), ["/author/id", "/id", "/secret", "/text"]);
    assert_eq!(missing("Long", Some(Direction::Request), post.clone()), ["/note", "/secret", "/text"]);
    assert_eq!(missing("List", Some(Direction::Request), json!([post])), ["/0/secret", "/0/text"]);
}
