use serde_json::json;

use super::*;
use crate::contract::document::Version;
use crate::contract::parameter::Style;
use crate::contract::schema::Schemas;
use crate::contract::violation::Place;

fn document(root: Value) -> Document {
    Document { name: "api.yaml".to_owned(), version: Version::V3_1, root, origins: Default::default() }
}

fn read(root: Value) -> Operations {
    compiled(root).expect("a good document").0
}

fn compiled(root: Value) -> Result<(Operations, Schemas), Vec<LoadError>> {
    let document = document(root);
    let (operations, schemas) = Operations::read(&document, &[])?;
    Ok((operations, schemas.build(&document.name, &document.root)?))
}

#[track_caller]
fn refuse(root: Value, expected: &[&str]) {
    let errors = compiled(root).expect_err("a bad document");
    let lines: Vec<String> = errors.iter().map(LoadError::to_string).collect();
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(&format!("api.yaml {expected}")), "{line}\nshould start with\n{expected}");
    }
}

fn posts() -> Value {
    json!({
        "openapi": "3.1.0",
        "servers": [{"url": "https://{region}.example.com/{version}/", "variables": {
            "region": {"default": "eu"}, "version": {"default": "v1"}
        }}],
        "security": [{"key": []}],
        "paths": {
            "/posts/{id}": {
                "parameters": [
                    {"name": "id", "in": "path", "schema": {"type": "string"}},
                    {"$ref": "#/components/parameters/Fields"},
                    {"name": "Accept", "in": "header", "schema": {"type": "string"}}
                ],
                "get": {
                    "operationId": "getPost", "summary": "One post", "tags": ["Posts"],
                    "parameters": [{"name": "fields", "in": "query", "style": "pipeDelimited", "explode": false,
                        "schema": {"type": ["array", "null"], "items": {"type": "string"}, "default": ["id"]}}],
                    "responses": {
                        "200": {"description": "It", "headers": {
                            "Content-Type": {"schema": {"type": "string"}},
                            "ETag": {"$ref": "#/components/headers/ETag"}
                        }, "content": {"Application/JSON; charset=utf-8": {
                            "schema": {"$ref": "#/components/schemas/Post"},
                            "examples": {"one": {"$ref": "#/components/examples/One"}}
                        }}},
                        "4xx": {"$ref": "#/components/responses/Problem"},
                        "default": {"$ref": "#/components/responses/Problem"},
                        "x-note": {}
                    }
                },
                "put": {
                    "security": [],
                    "requestBody": {"required": true, "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Post"}},
                        "multipart/form-data": {"schema": {"type": "object", "properties": {"file": true}},
                            "encoding": {"file": {"contentType": "image/png, image/JPEG"}}}
                    }}
                }
            },
            "/health": {"$ref": "#/components/pathItems/Health"},
            "x-internal": {}
        },
        "webhooks": {"postSent": {"post": {"responses": {"200": 17}}}},
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}, "cert": {"type": "mutualTLS"}},
            "parameters": {"Fields": {"name": "fields", "in": "query", "schema": {"type": "string"}}},
            "headers": {"ETag": {"required": true, "schema": {"type": "string"}}},
            "examples": {"One": {"value": {"id": "post_1"}}},
            "responses": {"Problem": {"description": "Wrong", "content": {"application/problem+json": {
                "schema": {"type": "object"}, "example": {"code": "WRONG"}}}}},
            "schemas": {"Post": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string", "readOnly": true}}, "examples": [{"id": "post_9"}]}},
            "pathItems": {"Health": {"get": {"x-stability": "beta", "security": [{"cert": []}, {}]}}}
        }
    })
}

#[test]
fn operations_are_read_with_what_they_refer_to() {
    let operations = read(posts());
    assert_eq!(&*operations.base, "/v1");
    let ids: Vec<&str> = operations.list.iter().map(|operation| operation.id.as_str()).collect();
    assert_eq!(ids, ["getPost", "PUT /posts/{id}"]);
    let get = operations.get(operations.find("getPost").expect("getPost"));
    assert_eq!((get.pointer.as_str(), get.summary.as_str()), ("/paths/~1posts~1{id}/get", "One post"));
    assert_eq!(get.security, [BTreeMap::from([("key".to_owned(), Vec::new())])]);
    let parameters: Vec<(&str, Place, Style, bool)> =
        get.parameters.iter().map(|one| (one.name.as_str(), one.place, one.style, one.required)).collect();
    assert_eq!(
        parameters,
        [("id", Place::Path, Style::Simple, true), ("fields", Place::Query, Style::PipeDelimited, false),]
    );
    assert_eq!(get.parameters[1].default, Some(json!(["id"])));
    assert!(!get.parameters[1].explode);
    let ok = get.response(200).expect("200");
    assert_eq!((ok.media[0].name.as_str(), &ok.media[0].example), ("application/json", &Some(json!({"id": "post_1"}))));
    assert_eq!(ok.media[0].raw, json!({"$ref": "#/components/schemas/Post"}));
    let headers: Vec<(&str, bool)> = ok.headers.iter().map(|one| (one.name.as_str(), one.required)).collect();
    assert_eq!(headers, [("ETag", true)]);
    assert_eq!(get.response(404).expect("4XX").media[0].example, Some(json!({"code": "WRONG"})));
    assert!(get.response(500).is_some() && get.responses.len() == 3);
}

#[test]
fn bodies_keep_their_media_types_in_order() {
    let (operations, schemas) = compiled(posts()).expect("a good document");
    let put = &operations.list[1];
    assert!(put.security.is_empty() && put.responses.is_empty());
    let body = put.body.as_ref().expect("a body");
    assert!(body.required);
    assert_eq!(body.media[0].example, Some(json!({"id": "post_9"})));
    assert_eq!(body.media[1].part_types["file"], ["image/png", "image/jpeg"]);
    let request = body.media[0].schema.expect("a schema");
    let reply = operations.list[0].response(200).and_then(|response| response.media[0].schema).expect("a schema");
    assert!(schemas.accepts(request, &json!({})), "the id is given by the server");
    assert!(!schemas.accepts(reply, &json!({})));
}

#[test]
fn less_stable_operations_are_left_out_unless_asked_for() {
    let (operations, _) = Operations::read(&document(posts()), &["beta".to_owned()]).expect("a good document");
    let health = operations.list.last().expect("an operation");
    assert_eq!((health.id.as_str(), health.stability.as_str()), ("GET /health", "beta"));
    assert_eq!(health.pointer, "/components/pathItems/Health/get");
    assert_eq!(health.security.len(), 2);
    assert!(health.security[1].is_empty());
}

#[test]
fn a_document_without_paths_has_no_operations() {
    let operations = read(json!({"openapi": "3.1.0", "info": {}}));
    assert!(operations.list.is_empty() && operations.base.is_empty());
}

#[test]
fn base_paths_come_from_many_forms_of_urls() {
    let base = |url: &str| read(json!({"servers": [{"url": url}]})).base.to_string();
    assert_eq!(base("https://api.example.com"), "");
    assert_eq!(base("https://api.example.com/"), "");
    assert_eq!(base("http://localhost:8080/api//v2/?x=1#y"), "/api/v2");
    assert_eq!(base("//example.com/v1"), "/v1");
    assert_eq!(base("/v1/"), "/v1");
    assert_eq!(base("v1"), "/v1");
    assert_eq!(base("."), "");
    refuse(json!({"servers": [{"url": "/{v}"}]}), &["/servers/0/url: the server variable `v` has no default"]);
    refuse(json!({"servers": [{"url": "/{v"}]}), &["/servers/0/url: a `{` has no `}`"]);
}

#[test]
fn a_path_or_an_operation_with_servers_of_its_own_lives_below_them() {
    let answers = json!({"responses": {"200": {"description": ""}}});
    let own = |url: &str| json!({"responses": {"200": {"description": ""}}, "servers": [{"url": url}]});
    let operations = read(json!({
        "servers": [{"url": "https://api.example.com/v1"}],
        "paths": {
            "/posts": {"get": answers, "servers": []},
            "/authorize": {"servers": [{"url": "https://example.com"}], "get": answers, "post": own("/login/")},
            "/shared": {"$ref": "#/components/pathItems/Shared"}
        },
        "components": {"pathItems": {"Shared": {"servers": [{"url": "/v2/"}], "get": answers}}}
    }));
    let paths: Vec<String> = operations.list.iter().map(|operation| operations.path(operation)).collect();
    assert_eq!(paths, ["/v1/posts", "/authorize", "/login/authorize", "/v2/shared"]);
    let below = |found: &str| operations.list.iter().map(|one| operations.base_below(one, found)).collect::<Vec<_>>();
    assert_eq!(below("/~world/v1"), ["/~world/v1", "/~world", "/~world/login", "/~world/v2"]);
    assert_eq!(below("/staging"), ["/staging", "", "/login", "/v2"]);
    refuse(
        json!({"paths": {"/a": {"servers": [{"url": "/{v}"}], "get": answers}}}),
        &["/paths/~1a/servers/0/url: the server variable `v` has no default"],
    );
}

#[test]
fn everything_wrong_is_reported_at_its_place() {
    let root = json!({
        "paths": {
            "/a": {
                "get": {"operationId": "one", "responses": {"99": {"description": ""}, "200": {"$ref": "#/components/responses/No"}}},
                "post": {"operationId": "one", "security": [{"kee": []}], "responses": {}},
                "put": {"operationId": 7},
                "patch": {"parameters": [{"name": "x", "in": "body"}, {"$ref": "#/components/parameters/No"}],
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/No"}}}}},
                "delete": {"responses": {"200": {"description": "", "headers": {"X": {"$ref": "#/components/headers/No"}}}}}
            },
            "/b": {"$ref": "#/components/pathItems/No"},
            "/c": {"$ref": "#/paths/~1c"}
        },
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}
    });
    refuse(
        root,
        &[
            "/paths/~1a/get/responses/99: `99` is not a status",
            "/paths/~1a/get/responses/200/$ref: `#/components/responses/No` leads nowhere",
            "/paths/~1a/put: this is not valid OpenAPI: invalid type: integer `7`",
            "/paths/~1a/post/operationId: the operationId `one` is taken by /paths/~1a/get",
            "/paths/~1a/post/security/0/kee: `kee` is not a security scheme (did you mean `key`?)",
            "/paths/~1a/delete/responses/200/headers/X/$ref: `#/components/headers/No` leads nowhere",
            "/paths/~1a/patch/parameters/0: this is not valid OpenAPI",
            "/paths/~1a/patch/parameters/1/$ref: `#/components/parameters/No` leads nowhere",
            "/paths/~1b/$ref: `#/components/pathItems/No` leads nowhere",
            "/paths/~1c/$ref: `#/paths/~1c` leads nowhere",
            "/paths/~1a/patch/requestBody/content/application~1json/schema/$ref: `#/components/schemas/No` leads nowhere",
        ],
    );
}

#[test]
fn operations_come_in_the_order_of_the_specification_within_a_path() {
    let operations = read(json!({"paths": {"/b": {"post": {}, "get": {}}, "/a": {"query": {}}}}));
    let ids: Vec<&str> = operations.list.iter().map(|operation| operation.id.as_str()).collect();
    assert_eq!(ids, ["GET /b", "POST /b", "QUERY /a"]);
}

#[test]
fn content_parameters_and_empty_values_are_known() {
    let root = json!({"paths": {"/a/{b}": {"get": {"parameters": [
        {"name": "f", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
        {"name": "e", "in": "query", "allowEmptyValue": true, "schema": {"type": "integer"}},
        {"name": "d", "in": "query", "style": "deepObject", "schema": {"type": "object"}},
        {"name": "gone", "in": "path", "required": true, "schema": {"type": "string"}},
        {"name": "bare", "in": "query"}
    ]}}}});
    let (operations, schemas) = compiled(root).expect("a good document");
    let parameters = &operations.list[0].parameters;
    assert_eq!(parameters.len(), 4, "a path parameter without a place is left out");
    assert!(parameters[0].json && !parameters[1].json);
    let empty = parameters[1].schema.expect("a schema");
    assert!(schemas.accepts(empty, &json!("")) && !schemas.accepts(empty, &json!("x")));
    assert_eq!(parameters[2].style, Style::DeepObject);
    assert_eq!((parameters[3].schema, &parameters[3].raw), (None, &Value::Bool(true)));
}

#[test]
fn odd_documents_are_answered_without_a_panic() {
    for root in [
        json!(null),
        json!([]),
        json!({"paths": 3}),
        json!({"paths": {"/a": 3}}),
        json!({"paths": {"/a": {"get": {"parameters": {}}}}}),
    ] {
        let _ = Operations::read(&document(root), &[]);
    }
    refuse(json!({"paths": {"/a": {"get": 3}}}), &["/paths/~1a/get: this is not valid OpenAPI"]);
    refuse(json!({"paths": {"/a": {"get": {}}}, "security": {}}), &["/security: this is not valid OpenAPI"]);
}
