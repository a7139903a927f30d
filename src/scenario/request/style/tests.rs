use http::{HeaderName, HeaderValue, Method};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::call::Call;
use crate::contract::document::{Document, Version};
use crate::contract::parameter::{decode, shape};
use crate::contract::schema::{Schemas, SchemasBuilder};
use crate::contract::violation::Place;

fn declare(place: Place, style: Style, explode: bool, schema: &Value) -> (Parameter, Schemas) {
    let root = json!({});
    let document = Document { name: "api.yaml".to_owned(), version: Version::V3_1, origins: Default::default(), root };
    let mut builder = SchemasBuilder::default();
    let parameter = Parameter {
        name: "p".to_owned(),
        place,
        required: false,
        style,
        explode,
        schema: Some(builder.add(schema)),
        raw: schema.clone(),
        default: None,
        description: String::new(),
        json: false,
        shape: shape(&document, schema),
    };
    (parameter, builder.build("api.yaml", &document.root).expect("a good schema"))
}

/// The text of a parameter, as it stands in the message.
fn written(parameter: &Parameter, value: &Value) -> String {
    match parameter.place {
        Place::Path => path(Some(parameter), "p", value),
        Place::Header => header(Some(parameter), value),
        Place::Cookie => cookie(Some(parameter), value),
        _ => {
            let mut text = String::new();
            query(Some(parameter), "p", value).iter().for_each(|pair| push_pair(&mut text, pair, false));
            text
        }
    }
}

/// What the fake would read from it.
fn read_back(parameter: Parameter, schemas: &Schemas, text: &str) -> Option<Value> {
    let mut call = Call::new(Method::GET, "/");
    let mut values = Vec::new();
    let place = parameter.place;
    match place {
        Place::Path => values.push(("p".to_owned(), text.to_owned())),
        Place::Header => {
            call.headers.insert(HeaderName::from_static("p"), HeaderValue::from_str(text).expect("visible ASCII"));
        }
        Place::Cookie => {
            let line = HeaderValue::from_str(&format!("a=1; p={text}; z=2")).expect("visible ASCII");
            call.headers.insert(http::header::COOKIE, line);
        }
        _ => call.query = Some(text.to_owned()),
    }
    let (mut arguments, violations) = decode(&[parameter], schemas, &values, &call);
    assert_eq!(violations, []);
    match place {
        Place::Path => arguments.path.remove("p"),
        Place::Header => arguments.header.remove("p"),
        Place::Cookie => arguments.cookie.remove("p"),
        _ => arguments.query.remove("p"),
    }
}

#[track_caller]
fn writes(place: Place, style: Style, explode: bool, value: Value, expected: &str) {
    let schema = match &value {
        Value::Array(items) => json!({"type": "array", "items": kind(items.first().unwrap_or(&Value::Null))}),
        Value::Object(object) => {
            let properties = object.iter().map(|(name, value)| (name.clone(), kind(value)));
            json!({"type": "object", "properties": Value::Object(properties.collect())})
        }
        scalar => kind(scalar),
    };
    let (parameter, schemas) = declare(place, style, explode, &schema);
    assert_eq!(written(&parameter, &value), expected);
    assert_eq!(read_back(parameter, &schemas, expected), Some(value));
}

fn kind(value: &Value) -> Value {
    match value {
        Value::Bool(_) => json!({"type": "boolean"}),
        Value::Number(_) => json!({"type": "number"}),
        Value::Array(_) => json!({"type": "array", "items": {"type": "string"}}),
        Value::Object(_) => json!({"type": "object"}),
        _ => json!({"type": "string"}),
    }
}

#[test]
fn a_path_is_written_in_every_style() {
    use Style::{Label, Matrix, Simple};
    let path = Place::Path;
    writes(path, Simple, false, json!("a/b c,d?é"), "a%2Fb%20c%2Cd%3F%C3%A9");
    writes(path, Simple, false, json!(["a,b", "c"]), "a%2Cb,c");
    writes(path, Simple, false, json!({"r": 1, "g": "x,y"}), "r,1,g,x%2Cy");
    writes(path, Simple, true, json!({"r": 1, "g": "x=y"}), "r=1,g=x%3Dy");
    writes(path, Label, false, json!(5), ".5");
    writes(path, Label, false, json!(["a.b", "c"]), ".a.b,c");
    writes(path, Label, true, json!(["a.b", "c"]), ".a%2Eb.c");
    writes(path, Label, true, json!({"r": 1, "g": "x.y"}), ".r=1.g=x%2Ey");
    writes(path, Matrix, false, json!(5), ";p=5");
    writes(path, Matrix, false, json!(""), ";p");
    writes(path, Matrix, false, json!(["a;b", "c"]), ";p=a%3Bb,c");
    writes(path, Matrix, true, json!(["a", "b"]), ";p=a;p=b");
    writes(path, Matrix, false, json!({"r": 1, "g": "x"}), ";p=r,1,g,x");
    writes(path, Matrix, true, json!({"r": 1, "g": "x"}), ";r=1;g=x");
}

#[test]
fn a_query_is_written_in_every_style() {
    use Style::{DeepObject, Form, PipeDelimited, SpaceDelimited};
    let query = Place::Query;
    writes(query, Form, true, json!("a b&c=d+é"), "p=a%20b%26c%3Dd%2B%C3%A9");
    writes(query, Form, true, json!(true), "p=true");
    writes(query, Form, true, json!(["a,b", "c"]), "p=a%2Cb&p=c");
    writes(query, Form, false, json!(["a,b", "c"]), "p=a%2Cb,c");
    writes(query, Form, true, json!({"r": 1, "g": "x"}), "r=1&g=x");
    writes(query, Form, true, json!({"r": ["a", "b"]}), "r=a&r=b");
    writes(query, Form, false, json!({"r": 1, "g": "x"}), "p=r,1,g,x");
    writes(query, SpaceDelimited, false, json!(["a", "b"]), "p=a%20b");
    writes(query, SpaceDelimited, true, json!(["a b", "c"]), "p=a%20b&p=c");
    writes(query, PipeDelimited, false, json!(["a", "b"]), "p=a%7Cb");
    writes(query, DeepObject, true, json!({"r": 1, "g": ["x", "y"]}), "p%5Br%5D=1&p%5Bg%5D%5B%5D=x&p%5Bg%5D%5B%5D=y");
}

#[test]
fn headers_and_cookies_are_written() {
    writes(Place::Header, Style::Simple, false, json!("a=b;c/d"), "a=b;c/d");
    writes(Place::Header, Style::Simple, false, json!(["a", "b"]), "a,b");
    writes(Place::Header, Style::Simple, false, json!({"r": 1, "g": "x"}), "r,1,g,x");
    writes(Place::Header, Style::Simple, true, json!({"r": 1, "g": "x"}), "r=1,g=x");
    writes(Place::Cookie, Style::Form, true, json!("abc=="), "abc==");
    writes(Place::Cookie, Style::Form, true, json!("a; b,\"é%"), "a%3B%20b%2C%22%C3%A9%25");
    writes(Place::Cookie, Style::Form, true, json!(["a,b", "c"]), "a%2Cb,c");
}

#[test]
fn json_parameters_carry_json() {
    let value = json!({"a": [1, "é"]});
    for (place, text) in [
        (Place::Path, "%7B%22a%22%3A%5B1%2C%22%C3%A9%22%5D%7D"),
        (Place::Query, "p=%7B%22a%22%3A%5B1%2C%22%C3%A9%22%5D%7D"),
        (Place::Header, "{\"a\":[1,\"\\u00e9\"]}"),
        (Place::Cookie, "{%22a%22:[1%2C%22%C3%A9%22]}"),
    ] {
        let (mut parameter, schemas) = declare(place, Style::Simple, false, &json!({"type": "object"}));
        parameter.json = true;
        assert_eq!(written(&parameter, &value), text);
        assert_eq!(read_back(parameter, &schemas, text).as_ref(), Some(&value));
    }
}

#[test]
fn undeclared_parameters_are_plain_text_or_json() {
    assert_eq!(path(None, "p", &json!("a b")), "a%20b");
    assert_eq!(header(None, &json!([1, "é"])), "[1,\"\\u00e9\"]");
    assert_eq!(cookie(None, &json!(5)), "5");
    let mut text = String::new();
    query(None, "p q", &json!({"a": 1})).iter().for_each(|pair| push_pair(&mut text, pair, false));
    assert_eq!(text, "p%20q=%7B%22a%22%3A1%7D");
}

#[test]
fn reserved_characters_stay_where_the_document_allows_them() {
    let (parameter, _) = declare(Place::Query, Style::Form, false, &json!({"type": "string"}));
    let write = |value: Value| {
        let mut text = String::new();
        query(Some(&parameter), "p", &value).iter().for_each(|pair| push_pair(&mut text, pair, true));
        text
    };
    assert_eq!(write(json!("a/b?c:d,e=f@g!$'()*;")), "p=a/b?c:d,e=f@g!$'()*;");
    assert_eq!(write(json!("a#b&c+d[e] 100%")), "p=a%23b%26c%2Bd%5Be%5D%20100%25", "these would change the query");
    assert_eq!(write(json!(["a,b", "c"])), "p=a%2Cb,c", "a comma divides here");
}

#[test]
fn a_whole_query_string_is_made_fit_for_a_url() {
    assert_eq!(querystring("?a=1&b=%20c"), "a=1&b=%20c");
    assert_eq!(querystring("{\"a\": 1}#é"), "%7B%22a%22:%201%7D%23%C3%A9");
}

#[test]
fn deep_objects_end_in_json_before_brackets_are_too_many() {
    let mut value = json!(1);
    for _ in 0..40 {
        value = json!({"a": value});
    }
    let pairs = pairs(Style::DeepObject, true, "p", &value);
    assert_eq!(pairs.len(), 1);
    assert_eq!(pairs[0].name.matches('[').count(), BRACKETS_MAX);
    assert!(pairs[0].pieces[0].starts_with("{\"a\":{"), "{}", pairs[0].pieces[0]);
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,8}",
        any::<String>().prop_map(|text| text.chars().take(8).collect()),
        Just("..".to_owned()),
        Just("%2C,%".to_owned()),
    ]
}

fn scalars() -> impl Strategy<Value = (Value, Value)> {
    prop_oneof![
        texts().prop_map(|text| (json!({"type": "string"}), json!(text))),
        any::<i64>().prop_map(|number| (json!({"type": "integer"}), json!(number))),
        any::<bool>().prop_map(|truth| (json!({"type": "boolean"}), json!(truth))),
        (-1e9..1e9).prop_map(|number: f64| (json!({"type": "number"}), json!(number))),
    ]
}

/// Arrays of at least two texts: one empty text cannot be told from no item, nor one text with a comma from two.
fn arrays() -> impl Strategy<Value = (Value, Value)> {
    let schema = json!({"type": "array", "items": {"type": "string"}});
    proptest::collection::vec(texts(), 2..5).prop_map(move |items| (schema.clone(), json!(items)))
}

fn objects() -> impl Strategy<Value = (Value, Value)> {
    let schema = json!({"type": "object", "properties": {"r": {"type": "integer"}, "g": {"type": "string"}}});
    let text = texts().prop_filter("an empty text is no piece", |text| !text.is_empty());
    (any::<i32>(), text).prop_map(move |(r, g)| (schema.clone(), json!({"r": r, "g": g})))
}

fn places() -> impl Strategy<Value = (Place, Style, bool)> {
    let styles = vec![
        (Place::Path, Style::Simple),
        (Place::Path, Style::Label),
        (Place::Path, Style::Matrix),
        (Place::Query, Style::Form),
        (Place::Query, Style::DeepObject),
        (Place::Cookie, Style::Form),
    ];
    (proptest::sample::select(styles), any::<bool>()).prop_map(|((place, style), explode)| (place, style, explode))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_is_read_back(
        (place, style, explode) in places(),
        (schema, value) in prop_oneof![scalars(), arrays(), objects()],
    ) {
        // An array has no deep form that OpenAPI defines.
        prop_assume!(style != Style::DeepObject || value.is_object());
        let (parameter, schemas) = declare(place, style, explode, &schema);
        let text = written(&parameter, &value);
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text}");
        prop_assert_eq!(read_back(parameter, &schemas, &text), Some(value), "{}", text);
    }

    #[test]
    fn whatever_a_header_can_carry_is_read_back(text in "[!-+\\--~]([ -+\\--~]{0,8}[!-+\\--~])?", explode in any::<bool>()) {
        let value = json!([text, "x"]);
        let (parameter, schemas) = declare(Place::Header, Style::Simple, explode, &json!({"type": "array", "items": {"type": "string"}}));
        let text = written(&parameter, &value);
        prop_assert_eq!(read_back(parameter, &schemas, &text), Some(value));
    }
}
