use http::{HeaderName, HeaderValue, Method};
use serde_json::json;

use super::*;
use crate::contract::document::{Document, Version};
use crate::contract::schema::SchemasBuilder;

fn document() -> Document {
    Document {
        name: "api.yaml".to_owned(),
        version: Version::V3_1,
        origins: Default::default(),
        root: json!({"components": {"schemas": {
            "Tree": {"type": "object", "properties": {"tree": {"$ref": "#/components/schemas/Tree"}, "n": {"type": "integer"}}},
            "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}], "type": "boolean"},
            "Status": {"enum": ["queued", "flowing"]}
        }}}),
    }
}

/// Parameters from a compact table: (place, name, style, explode, required, schema).
struct Case {
    parameters: Vec<Parameter>,
    schemas: Schemas,
}

fn case(rows: &[(Place, &str, Style, bool, bool, Value)]) -> Case {
    let document = document();
    let mut builder = SchemasBuilder::default();
    let parameters = rows
        .iter()
        .map(|(place, name, style, explode, required, schema)| Parameter {
            name: (*name).to_owned(),
            place: *place,
            required: *required,
            style: *style,
            explode: *explode,
            schema: Some(builder.add(schema)),
            raw: schema.clone(),
            default: schema.get("default").cloned(),
            description: String::new(),
            json: false,
            shape: shape(&document, schema),
        })
        .collect();
    Case { parameters, schemas: builder.build("api.yaml", &document.root).expect("good schemas") }
}

fn lines(violations: &[Violation]) -> Vec<String> {
    let line = |one: &Violation| format!("{} {} {}: {}", one.place.word(), one.pointer, one.keyword, one.message);
    violations.iter().map(line).collect()
}

#[track_caller]
fn query(style: Style, explode: bool, schema: Value, query: &str, expected: Value) {
    let case = case(&[(Place::Query, "p", style, explode, false, schema)]);
    let call = Call::new(Method::GET, &format!("/?{query}"));
    let (arguments, violations) = decode(&case.parameters, &case.schemas, &[], &call);
    assert_eq!(lines(&violations), [""; 0]);
    assert_eq!(Value::Object(arguments.query), expected);
}

#[track_caller]
fn path(style: Style, explode: bool, schema: Value, raw: &str, expected: Result<Value, &str>) {
    let case = case(&[(Place::Path, "p", style, explode, true, schema)]);
    let raw = [("p".to_owned(), raw.to_owned())];
    let (mut arguments, violations) = decode(&case.parameters, &case.schemas, &raw, &Call::new(Method::GET, "/"));
    match expected {
        Ok(value) => assert_eq!((arguments.path.remove("p"), lines(&violations)), (Some(value), Vec::new())),
        Err(line) => assert_eq!(lines(&violations), [line]),
    }
}

fn integers() -> Value {
    json!({"type": "array", "items": {"type": "integer"}})
}

fn object() -> Value {
    json!({"type": "object", "properties": {"r": {"type": "integer"}, "g": {"type": "string"}}})
}

#[test]
fn path_styles_are_taken_apart() {
    use Style::{Label, Matrix, Simple};
    path(Simple, false, json!({"type": "string"}), "a%2Fb,c", Ok(json!("a/b,c")));
    path(Simple, false, integers(), "1,2", Ok(json!([1, 2])));
    path(Simple, false, object(), "r,1,g,x%2Cy", Ok(json!({"r": 1, "g": "x,y"})));
    path(Simple, true, object(), "r=1,g=x", Ok(json!({"r": 1, "g": "x"})));
    path(Label, false, integers(), ".1,2", Ok(json!([1, 2])));
    path(Label, true, integers(), ".1.2", Ok(json!([1, 2])));
    path(Label, true, object(), ".r=1.g=x", Ok(json!({"r": 1, "g": "x"})));
    path(Matrix, false, json!({"type": "integer"}), ";p=5", Ok(json!(5)));
    path(Matrix, false, integers(), ";p=1,2", Ok(json!([1, 2])));
    path(Matrix, true, integers(), ";p=1;p=2", Ok(json!([1, 2])));
    path(Matrix, false, object(), ";p=r,1,g,x", Ok(json!({"r": 1, "g": "x"})));
    path(Matrix, true, object(), ";r=1;g=x", Ok(json!({"r": 1, "g": "x"})));
}

#[test]
fn malformed_path_values_are_violations() {
    use Style::{Label, Matrix, Simple};
    path(Simple, false, json!({"type": "string"}), "%ff", Err("path /p malformed: P must be percent-encoded UTF-8"));
    path(Simple, false, object(), "r,1,g", Err("path /p malformed: P must be a list of names and values"));
    path(Simple, true, object(), "r", Err("path /p malformed: P must be a list of name=value"));
    path(Label, false, integers(), "1,2", Err("path /p malformed: P must start with a dot"));
    path(Matrix, false, integers(), ";q=1", Err("path /p malformed: P must have the form ;p=value"));
    path(
        Matrix,
        false,
        json!({"type": "integer"}),
        ";p=1;p=2",
        Err("path /p malformed: P must have the form ;p=value"),
    );
    path(Simple, false, json!({"type": "integer"}), "1.5", Err("path /p type: P must be an integer"));
}

#[test]
fn query_styles_are_taken_apart() {
    use Style::{DeepObject, Form, PipeDelimited, SpaceDelimited};
    query(Form, true, integers(), "p=1&p=2", json!({"p": [1, 2]}));
    query(Form, true, integers(), "p[]=1&p[]=2", json!({"p": [1, 2]}));
    query(Form, true, integers(), "p%5B%5D=1", json!({"p": [1]}));
    query(Form, true, integers(), "p[1]=1&p[0]=2", json!({"p": [2, 1]}));
    query(Form, false, integers(), "p=1,2", json!({"p": [1, 2]}));
    query(Form, false, integers(), "p=1%2C2", json!({"p": [1, 2]}));
    query(Form, false, integers(), "p=", json!({"p": []}));
    query(Form, false, object(), "p=r,1,g,x", json!({"p": {"r": 1, "g": "x"}}));
    query(Form, true, object(), "r=1&g=x&h=y", json!({"p": {"r": 1, "g": "x"}, "h": "y"}));
    query(SpaceDelimited, false, integers(), "p=1%202", json!({"p": [1, 2]}));
    query(SpaceDelimited, false, integers(), "p=1+2", json!({"p": [1, 2]}));
    query(PipeDelimited, false, integers(), "p=1|2", json!({"p": [1, 2]}));
    query(PipeDelimited, false, integers(), "p=1%7C2", json!({"p": [1, 2]}));
    query(DeepObject, true, object(), "p[r]=1&p[g]=a+b", json!({"p": {"r": 1, "g": "a b"}}));
    let nested =
        json!({"type": "object", "properties": {"at": {"type": "object", "properties": {"gte": {"type": "integer"}}}}});
    query(DeepObject, true, nested, "p[at][gte]=3&p[x][y]=z", json!({"p": {"at": {"gte": 3}, "x": {"y": "z"}}}));
}

#[test]
fn text_becomes_what_the_schema_allows() {
    use Style::Form;
    query(Form, true, json!({"anyOf": [{"type": "integer"}, {"type": "string"}]}), "p=17", json!({"p": 17}));
    query(Form, true, json!({"anyOf": [{"type": "integer"}, {"type": "string"}]}), "p=x", json!({"p": "x"}));
    query(Form, true, json!({"type": ["boolean", "null"]}), "p=null", json!({"p": null}));
    query(Form, true, json!({"type": "number"}), "p=-1.5e2", json!({"p": -150.0}));
    query(Form, true, json!({"type": "string"}), "p=007", json!({"p": "007"}));
    query(Form, true, json!({"$ref": "#/components/schemas/Status"}), "p=queued", json!({"p": "queued"}));
    query(Form, true, json!({"$ref": "#/components/schemas/Loop"}), "p=true", json!({"p": true}));
    query(Form, true, json!(true), "p=1", json!({"p": "1"}));
}

#[test]
fn undeclared_parameters_follow_as_strings() {
    let schema = json!({"type": "integer", "default": 20});
    query(
        Style::Form,
        true,
        schema,
        "z=1&a=2&z=3&b[c]=4&flag&&",
        json!({
            "p": 20, "z": "3", "a": "2", "b[c]": "4", "flag": ""
        }),
    );
}

#[test]
fn every_violation_is_reported() {
    let case = case(&[
        (Place::Query, "per_page", Style::Form, true, false, json!({"type": "integer", "maximum": 100})),
        (Place::Query, "channelId", Style::Form, true, true, json!({"type": "string"})),
        (Place::Query, "status", Style::Form, true, false, json!({"$ref": "#/components/schemas/Status"})),
        (Place::Query, "ids", Style::Form, false, false, integers()),
        (Place::Header, "X-Trace-Id", Style::Simple, false, true, json!({"type": "string"})),
    ]);
    let call = Call::new(Method::GET, "/?per_page=1000&status=gone&ids=1,x&other=%ff&%fe=1");
    let (_, violations) = decode(&case.parameters, &case.schemas, &[], &call);
    assert_eq!(
        lines(&violations),
        [
            "query /per_page maximum: Per page must be at most 100",
            "query /channelId required: Channel ID is required",
            "query /status enum: Status must be one of: queued, flowing",
            "query /ids/1 type: IDs item 2 must be an integer",
            "header /X-Trace-Id required: X trace ID is required",
            "query /other malformed: Other must be percent-encoded UTF-8",
            "query /\u{fffd} malformed: \u{fffd} must be percent-encoded UTF-8",
        ]
    );
}

#[test]
fn a_broken_query_does_not_concern_who_declares_none() {
    let case = case(&[(Place::Path, "id", Style::Simple, false, true, json!({"type": "string"}))]);
    let mut query = "/?%ff=1&bad=%fe&good=1".to_owned();
    let path = [("id".to_owned(), "a".to_owned())];
    let (arguments, violations) = decode(&case.parameters, &case.schemas, &path, &Call::new(Method::GET, &query));
    assert_eq!((Value::Object(arguments.query), lines(&violations)), (json!({"good": "1"}), Vec::<String>::new()));
    query.push_str(&"&x=1".repeat(QUERY_PAIRS_MAX));
    let (_, violations) = decode(&case.parameters, &case.schemas, &path, &Call::new(Method::GET, &query));
    assert_eq!(lines(&violations), Vec::<String>::new());
}

#[test]
fn headers_and_cookies_are_decoded() {
    let case = case(&[
        (Place::Header, "X-Ids", Style::Simple, false, false, integers()),
        (Place::Header, "X-Map", Style::Simple, true, false, object()),
        (Place::Cookie, "theme", Style::Form, true, false, json!({"type": "string"})),
        (Place::Cookie, "ids", Style::Form, true, false, integers()),
    ]);
    let mut call = Call::new(Method::GET, "/");
    for (name, value) in
        [("x-ids", "1, 2"), ("x-ids", "3"), ("x-map", "r=1,g=a%20b"), ("cookie", "theme=a%20b; ids=1,2")]
    {
        call.headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let (arguments, violations) = decode(&case.parameters, &case.schemas, &[], &call);
    assert_eq!(lines(&violations), [""; 0]);
    assert_eq!(Value::Object(arguments.header), json!({"X-Ids": [1, 2, 3], "X-Map": {"r": 1, "g": "a%20b"}}));
    assert_eq!(Value::Object(arguments.cookie), json!({"theme": "a b", "ids": [1, 2]}));
}

#[test]
fn content_parameters_are_json() {
    let mut case = case(&[(Place::Query, "filter", Style::Form, true, false, object())]);
    case.parameters[0].json = true;
    let call = Call::new(Method::GET, "/?filter=%7B%22r%22%3A1%7D");
    assert_eq!(decode(&case.parameters, &case.schemas, &[], &call).0.query["filter"], json!({"r": 1}));
    let call = Call::new(Method::GET, "/?filter=%7B");
    let violations = decode(&case.parameters, &case.schemas, &[], &call).1;
    assert!(lines(&violations)[0].starts_with("query /filter malformed: Filter must be JSON"), "{violations:?}");
}

#[test]
fn queries_of_too_many_pairs_are_refused() {
    let case = case(&[(Place::Query, "a", Style::Form, true, false, json!({"type": "string"}))]);
    let call = Call::new(Method::GET, &format!("/?{}", "a=1&".repeat(QUERY_PAIRS_MAX + 1)));
    let violations = decode(&case.parameters, &case.schemas, &[], &call).1;
    assert_eq!(lines(&violations), ["query  malformed: The query must have at most 1000 parameters"]);
}

#[test]
fn undeclared_path_names_are_strings() {
    let case = case(&[]);
    let path = [("id".to_owned(), "a%20b".to_owned()), ("bad".to_owned(), "%ff".to_owned())];
    let (arguments, violations) = decode(&case.parameters, &case.schemas, &path, &Call::new(Method::GET, "/"));
    assert_eq!(Value::Object(arguments.path), json!({"id": "a b"}));
    assert_eq!(lines(&violations), ["path /bad malformed: Bad must be percent-encoded UTF-8"]);
}

#[test]
fn forms_nest_by_brackets() {
    let schema = json!({"type": "object", "properties": {
        "n": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}, "ids[]": integers(),
        "lines": {"type": "array", "items": {"type": "object", "properties": {"q": {"type": "integer"}}}}
    }});
    let form = |text: &str| {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        Value::Object(decode_form(&pairs, &shape(&document(), &schema)))
    };
    assert_eq!(form("n=1&tags=a&tags=b"), json!({"n": 1, "tags": ["a", "b"]}));
    assert_eq!(form("tags[]=a&ids[]=1&ids[]=2"), json!({"tags": ["a"], "ids[]": [1, 2]}));
    assert_eq!(form("lines[][q]=1&lines[][r]=x&lines[][q]=2"), json!({"lines": [{"q": 1, "r": "x"}, {"q": 2}]}));
    assert_eq!(form("lines[1][q]=1&lines[0][q]=2"), json!({"lines": [{"q": 2}, {"q": 1}]}));
    assert_eq!(form("a[b][c]=1&a[]x=2&[z]=3"), json!({"a": {"b": {"c": "1"}}, "a[]x": "2", "[z]": "3"}));
    assert!(form(&format!("a{}=1", "[x]".repeat(5000)))["a"].is_object());
}

#[test]
fn shapes_of_recursive_schemas_end() {
    let shape = shape(&document(), &json!({"$ref": "#/components/schemas/Tree"}));
    assert!(shape.properties["tree"].properties["n"].integer);
}
