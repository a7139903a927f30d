//! Documents read from a source in memory, whole.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;

/// Files by name.
#[derive(Default)]
struct Files(BTreeMap<String, String>);

impl Source for Files {
    fn read(&self, name: &str) -> Result<String, String> {
        self.0.get(name).cloned().ok_or_else(|| "no such file".to_owned())
    }
}

fn files(list: &[(&str, &str)]) -> Files {
    Files(list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

#[track_caller]
fn load(list: &[(&str, &str)], overlays: &[&str]) -> Document {
    Document::load(&files(list), list[0].0, overlays).unwrap_or_else(|errors| panic!("{}", told(&errors)))
}

fn told(errors: &[LoadError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check_refused(list: &[(&str, &str)], overlays: &[&str], expected: &[&str]) {
    let errors = Document::load(&files(list), list[0].0, overlays).expect_err("the document is broken");
    assert_eq!(told(&errors), expected.join("\n"));
}

#[test]
fn a_file_that_is_no_document_is_refused_with_advice() {
    let start = "an OpenAPI document starts with `openapi: 3.1.0`, `info` and `paths`";
    let cases = [
        ("", format!("api.yaml: the file is empty ({start})")),
        ("[]", format!("api.yaml: the file does not hold an object ({start})")),
        ("info: {}", format!("api.yaml: the file has no `openapi` version ({start})")),
        (
            "swagger: '2.0'",
            "api.yaml /swagger: Swagger 2.0 is not supported (convert it to OpenAPI 3.0 with npm's swagger2openapi: \
             `npx swagger2openapi FILE`)"
                .to_owned(),
        ),
        (
            "openapi: 3.2.0",
            "api.yaml /openapi: OpenAPI version \"3.2.0\" is not supported yet (write it as OpenAPI 3.1: most documents only \
             need the version changed)"
                .to_owned(),
        ),
        ("openapi: 4.0.0", "api.yaml /openapi: OpenAPI version \"4.0.0\" is not supported (3.0.x and 3.1.x are)".to_owned()),
        ("openapi: 3.1", "api.yaml /openapi: the `openapi` version must be text (put it in quotes: `\"3.1.0\"`)".to_owned()),
        ("openapi: 3.0.3", "api.yaml: the document has no `paths` (without any, write `paths: {}`)".to_owned()),
        ("openapi: 3.1.0\npaths: []", "api.yaml /paths: `paths` must be an object".to_owned()),
    ];
    for (text, expected) in cases {
        check_refused(&[("api.yaml", text)], &[], &[&expected]);
    }
    assert_eq!(load(&[("api.yaml", "openapi: 3.1.0\n")], &[]).version, Version::V3_1);
}

#[test]
fn a_missing_root_or_overlay_is_named() {
    let errors = Document::load(&files(&[]), "gone.yaml", &[]).expect_err("no file");
    assert_eq!(told(&errors), "gone.yaml: cannot read the file: no such file");
    check_refused(
        &[("api.yaml", "openapi: 3.1.0")],
        &["gone.yaml"],
        &["gone.yaml: cannot read the file: no such file"],
    );
}

const SPLIT: &str = "
openapi: 3.1.0
paths:
  /posts: {$ref: ./paths/posts.yaml, summary: ours}
  /status: {$ref: 'paths/more.yaml#/~1status'}
components:
  schemas:
    Post: {$ref: ./schemas/post.yaml#/Post}
    Alias: {$ref: '#/components/schemas/Post'}
";

const SPLIT_FILES: &[(&str, &str)] = &[
    ("spec/api.yaml", SPLIT),
    (
        "spec/paths/posts.yaml",
        "
get:
  parameters: [{$ref: '../common.yaml#/parameters/per%20page'}]
  responses:
    200: {content: {application/json: {schema: {$ref: ../schemas/post.yaml#/Post}}}}
    default: {$ref: ../common.yaml#/responses/Error}
",
    ),
    ("spec/paths/more.yaml", "/status: {get: {responses: {200: {$ref: '#/ok'}}}}\nok: {description: fine}"),
    (
        "spec/common.yaml",
        "
parameters: {per page: {name: per_page, in: query, schema: {$ref: whole.json}}}
responses: {Error: {content: {application/json: {schema: {$ref: '../spec/api.yaml#/components/schemas/Alias'}}}}}
",
    ),
    ("spec/whole.json", "{\"type\": \"integer\", \"example\": {\"$ref\": \"not a reference\"}}"),
    (
        "spec/schemas/post.yaml",
        "
Post: {type: object, properties: {author: {$ref: '#/Author'}, parent: {$ref: '#/Post'}}}
Author: {anyOf: [{type: 'null'}, {properties: {posts: {items: {$ref: post.yaml#/Post}}}}]}
",
    ),
];

#[test]
fn a_document_in_many_files_becomes_one() {
    let document = load(SPLIT_FILES, &[]);
    let expected = json!({
        "openapi": "3.1.0",
        "paths": {
            "/posts": {
                "get": {
                    "parameters": [{"$ref": "#/components/parameters/per_page"}],
                    "responses": {
                        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Post"}}}},
                        "default": {"$ref": "#/components/responses/Error"}
                    }
                },
                "summary": "ours"
            },
            "/status": {"get": {"responses": {"200": {"$ref": "#/components/responses/ok"}}}}
        },
        "components": {
            "schemas": {
                "Post": {"type": "object", "properties": {
                    "author": {"$ref": "#/components/schemas/Author"},
                    "parent": {"$ref": "#/components/schemas/Post"}
                }},
                "Alias": {"$ref": "#/components/schemas/Post"},
                "Author": {"anyOf": [{"type": "null"}, {"properties": {"posts": {"items": {"$ref": "#/components/schemas/Post"}}}}]},
                "whole": {"type": "integer", "example": {"$ref": "not a reference"}, "examples": [{"$ref": "not a reference"}]}
            },
            "parameters": {"per_page": {"name": "per_page", "in": "query", "schema": {"$ref": "#/components/schemas/whole"}}},
            "responses": {
                "Error": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Alias"}}}},
                "ok": {"description": "fine"}
            }
        }
    });
    assert_eq!(document.root, expected, "{:#}", document.root);
}

#[test]
fn bundled_parts_know_where_they_were_written() {
    let document = load(SPLIT_FILES, &[]);
    let origin = |pointer: &str| {
        let (file, pointer) = document.origin(pointer);
        format!("{file}{pointer}")
    };
    assert_eq!(origin("/paths/~1posts/get/responses"), "spec/paths/posts.yaml/get/responses");
    assert_eq!(origin("/paths/~1posts/summary"), "spec/api.yaml/paths/~1posts/summary");
    assert_eq!(origin("/paths/~1status/get"), "spec/paths/more.yaml/~1status/get");
    assert_eq!(origin("/components/schemas/Post/properties"), "spec/schemas/post.yaml/Post/properties");
    assert_eq!(origin("/components/schemas/whole/type"), "spec/whole.json/type");
    assert_eq!(origin("/components/schemas/Alias"), "spec/api.yaml/components/schemas/Alias");
}

#[test]
fn sections_by_reference_and_equal_names_are_bundled() {
    let document = load(
        &[
            (
                "api.yaml",
                "
openapi: 3.0.3
info: {$ref: info.yaml}
paths: {$ref: paths.yaml}
components: {schemas: {$ref: schemas/_index.yaml}}
",
            ),
            ("info.yaml", "title: split"),
            (
                "paths.yaml",
                "/a: {get: {responses: {200: {content: {text/plain: {schema: {$ref: other.yaml#/Post}}}}}}}",
            ),
            ("schemas/_index.yaml", "Post: {$ref: ./Post.yaml}\nList: {items: {$ref: Post.yaml}}"),
            ("schemas/Post.yaml", "type: object"),
            ("other.yaml", "Post: {type: string}"),
        ],
        &[],
    );
    assert_eq!(document.at("/info/title"), Some(&json!("split")));
    let schema = document.at("/paths/~1a/get/responses/200/content/text~1plain/schema");
    assert_eq!(schema, Some(&json!({"$ref": "#/components/schemas/Post_2"})));
    assert_eq!(
        document.at("/components/schemas"),
        Some(&json!({
            "Post": {"type": "object"},
            "List": {"items": {"$ref": "#/components/schemas/Post"}},
            "Post_2": {"type": "string"}
        }))
    );
    assert_eq!(document.origin("/components/schemas/Post/type"), ("schemas/Post.yaml".into(), "/type".into()));
}

#[test]
fn discriminator_mappings_to_other_files_follow_their_schemas() {
    let document = load(
        &[
            (
                "api.yaml",
                "
openapi: 3.1.0
components:
  schemas:
    Pet:
      oneOf: [{$ref: pets.yaml#/Cat}, {$ref: pets.yaml#/Dog}]
      discriminator: {propertyName: kind, mapping: {cat: pets.yaml#/Cat, dog: 'pets.yaml#/Dog', bird: Bird}}
",
            ),
            ("pets.yaml", "Cat: {type: object}\nDog: {type: object}"),
        ],
        &[],
    );
    let mapping = document.at("/components/schemas/Pet/discriminator/mapping");
    assert_eq!(
        mapping,
        Some(&json!({"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog", "bird": "Bird"}))
    );
    assert_eq!(document.at("/components/schemas/Pet/allOf/1/then/$ref"), Some(&json!("#/components/schemas/Dog")));
}

#[test]
fn references_that_lead_nowhere_are_named_where_they_stand() {
    check_refused(
        &[
            (
                "api.yaml",
                "
openapi: 3.1.0
paths:
  /a: {$ref: gone.yaml}
  /b: {get: {responses: {200: {$ref: 'common.yaml#/responses/Eror'}}}}
  /c: {get: {responses: {200: {$ref: 'https://example.com/x.yaml#/ok'}, 400: {$ref: 'broken.yaml#/x'}}}}
  /d: {get: {responses: {200: {$ref: 'common.yaml#/responses/Inner'}}}}
",
            ),
            ("common.yaml", "responses: {Error: {}, Inner: {content: {a/b: {schema: {$ref: '#/lost'}}}}}"),
            ("broken.yaml", "a: [\n"),
        ],
        &[],
        &[
            "api.yaml /paths/~1a/$ref: cannot read `gone.yaml`: no such file",
            "api.yaml /paths/~1b/get/responses/200/$ref: `common.yaml#/responses/Eror` leads nowhere (`/responses` has no \
             `Eror`; did you mean `Error`?)",
            "api.yaml /paths/~1c/get/responses/200/$ref: `https://example.com/x.yaml#/ok` is a remote reference (https) \
             (download the file and refer to it by a relative path: documents are read without a network)",
            "broken.yaml: not valid YAML: did not find expected node content while parsing a flow node",
            "common.yaml /responses/Inner/content/a~1b/schema/$ref: `#/lost` leads nowhere (the document has no `lost`)",
        ],
    );
}

#[test]
fn references_in_circles_are_refused_not_followed() {
    let circle = "openapi: 3.1.0\ncomponents: {schemas: {A: {$ref: f.yaml#/X}}}\npaths: {/p: {$ref: f.yaml#/X}}";
    let list = [("api.yaml", circle), ("f.yaml", "X: {$ref: '#/Y'}\nY: {$ref: '#/X'}")];
    let errors = Document::load(&files(&list), "api.yaml", &[]).expect_err("a circle");
    assert!(told(&errors).contains("more than 64 references"), "{}", told(&errors));
    let own = "openapi: 3.1.0\ncomponents: {schemas: {A: {$ref: '#/components/schemas/A'}}}";
    check_refused(
        &[("api.yaml", own)],
        &[],
        &[
            "api.yaml /components/schemas/A/$ref: `#/components/schemas/A` leads back to itself (one reference of the circle \
           must hold a value)",
        ],
    );
    let nested = "m: {encoding: {a: {headers: {h: {content: {t/x: {$ref: '#/m'}, t/y: {$ref: '#/m'}}}}}}}";
    let root = "openapi: 3.1.0\npaths: {/p: {get: {responses: {200: {content: {a/b: {$ref: f.yaml#/m}}}}}}}";
    assert!(Document::load(&files(&[("api.yaml", root), ("f.yaml", nested)]), "api.yaml", &[]).is_err());
}

#[test]
fn resolving_follows_names_and_survives_circles() {
    let mut document = load(&[("api.yaml", "openapi: 3.1.0")], &[]);
    document.root = json!({
        "a": {"$ref": "#/b"}, "b": {"$ref": "#/c~1d"}, "c/d": {"type": "string"},
        "x": {"$ref": "#/y"}, "y": {"$ref": "#/x"}, "lost": {"$ref": "#/nowhere"}
    });
    let resolve = |key: &str| document.resolve_named(&document.root[key]);
    assert_eq!(resolve("a"), (&json!({"type": "string"}), Some("/c~1d".to_owned())));
    assert_eq!(resolve("c/d"), (&json!({"type": "string"}), None));
    assert_eq!(resolve("lost"), (&json!({"$ref": "#/nowhere"}), None));
    assert!(resolve("x").0.get("$ref").is_some());
}

#[test]
fn an_overlay_may_mend_a_reference_and_is_told_of_its_own() {
    let api = (
        "api.yaml",
        "openapi: 3.0.3\npaths: {}\ncomponents: {schemas: {A: {items: {$ref: '#/components/schemas/B'}}}}",
    );
    let head = "overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions:\n";
    let mended = format!("{head}- target: $.components.schemas\n  update: {{B: {{type: string, nullable: true}}}}\n");
    let document = load(&[api, ("o.yaml", &mended)], &["o.yaml"]);
    assert_eq!(document.at("/components/schemas/B/type"), Some(&json!(["string", "null"])));
    let broken = format!("{mended}- target: $.components.schemas.B\n  update: {{items: {{$ref: x.yaml}}}}\n");
    check_refused(
        &[api, ("o.yaml", &broken)],
        &["o.yaml"],
        &[
            "o.yaml /actions/1/update/items/$ref: `x.yaml` refers to another file (in an overlay a `$ref` must be local \
           (`#/components/...`): add the part itself by another action)",
        ],
    );
}

#[test]
fn a_document_with_thousands_of_operations_loads() {
    let mut paths = serde_json::Map::new();
    for number in 0..1200 {
        let text = "x".repeat(10_000);
        let schema = json!({"$ref": "#/components/schemas/Thing"});
        let responses = json!({"200": {"description": text, "content": {"application/json": {"schema": schema}}}});
        paths.insert(format!("/things{number}"), json!({"get": {"responses": responses}}));
    }
    let root = json!({"openapi": "3.0.3", "paths": paths, "components": {"schemas": {"Thing": {"nullable": true}}}});
    let text = root.to_string();
    assert!(text.len() > 12 << 20);
    let document = load(&[("big.json", &text)], &[]);
    assert_eq!(document.at("/paths").and_then(Value::as_object).map(serde_json::Map::len), Some(1200));
}
