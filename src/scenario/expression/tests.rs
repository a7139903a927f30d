use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixture::Fixture;
use super::{EXPRESSION_BYTES_MAX, Expression, Part, WorkflowField};

fn parsed(text: &str) -> Expression {
    Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn value(text: &str) -> Option<Value> {
    let fixture = Fixture::order();
    parsed(text).evaluate(&fixture.context()).map(|value| value.into_owned())
}

#[track_caller]
fn check_error(text: &str, expected: &str) {
    let error = Expression::parse(text).expect_err(text);
    assert_eq!(error.to_string(), expected, "{text}");
}

#[track_caller]
fn check_why(fixture: &Fixture, text: &str, expected: &str) {
    let expression = parsed(text);
    assert_eq!(expression.evaluate(&fixture.context()), None, "{text}");
    assert_eq!(expression.explain(&fixture.context()), expected, "{text}");
}

#[test]
fn every_kind_of_expression_is_read() {
    let owned = str::to_owned;
    let cases = [
        ("$url", Expression::Url),
        ("$method", Expression::Method),
        ("$statusCode", Expression::StatusCode),
        ("$self", Expression::SelfUri),
        ("$request.header.X-Trace", Expression::Request(Part::Header(owned("X-Trace")))),
        ("$request.query.a b", Expression::Request(Part::Query(owned("a b")))),
        ("$request.query.", Expression::Request(Part::Query(String::new()))),
        ("$request.path.id", Expression::Request(Part::Path(owned("id")))),
        ("$request.body", Expression::Request(Part::Body(String::new()))),
        ("$response.body#", Expression::Response(Part::Body(String::new()))),
        ("$response.body#/", Expression::Response(Part::Body(owned("/")))),
        ("$response.body#/a~1b/0/ö =", Expression::Response(Part::Body(owned("/a~1b/0/ö =")))),
        ("$message.payload#/a", Expression::Message(owned("payload#/a"))),
        ("$message.header.X", Expression::Message(owned("header.X"))),
        ("$inputs.a.b-c_d", Expression::Inputs { name: owned("a.b-c_d"), pointer: String::new() }),
        ("$outputs.x#/y", Expression::Outputs { name: owned("x"), pointer: owned("/y") }),
        (
            "$steps.one-two.outputs.x.y#/0",
            Expression::Step { step: owned("one-two"), output: owned("x.y"), pointer: owned("/0") },
        ),
        (
            "$workflows.w.inputs.x",
            Expression::Workflow {
                workflow: owned("w"),
                field: WorkflowField::Inputs,
                name: owned("x"),
                pointer: String::new(),
            },
        ),
        (
            "$sourceDescriptions.shop.get orders/{}",
            Expression::Source { name: owned("shop"), reference: owned("get orders/{}") },
        ),
        (
            "$components.failureActions.again",
            Expression::Component { kind: owned("failureActions"), name: owned("again") },
        ),
    ];
    for (text, expression) in cases {
        // Braces have to be written as escapes.
        let text = text.replace('{', "\\u007B").replace('}', "\\u007D");
        assert_eq!(parsed(&text), expression);
        assert_eq!(parsed(&expression.to_string()), expression);
    }
}

#[test]
fn escapes_in_names_are_those_of_json() {
    assert_eq!(parsed(r#"$request.query.a\"\\\/\n\u00e9"#), Expression::Request(Part::Query("a\"\\/\né".into())));
    assert_eq!(parsed(r"$request.query.\uD83D\uDE00"), Expression::Request(Part::Query("😀".into())));
    for broken in [
        r"$request.query.\",
        r"$request.query.\x",
        r"$request.query.\u12",
        r"$request.query.\uD83D",
        r"$request.query.\uD83D\u0041",
        r"$request.query.\uDE00",
        "$request.query.\\u00é",
    ] {
        let error = Expression::parse(broken).expect_err(broken);
        assert_eq!((error.at, error.message.as_str()), (15, "a broken escape"), "{broken}");
    }
}

#[test]
fn errors_say_where_what_and_what_to_do() {
    let cases = [
        ("", "expected `$` and the root of an expression at the end (at byte 0)"),
        ("id", "expected `$` and the root of an expression, not `i` (at byte 0)"),
        ("$", "expected the root of an expression, such as `response` or `inputs` at the end (at byte 1)"),
        ("$inptus.x", "`$inptus` is no root of an expression (at byte 1); did you mean `$inputs`?"),
        ("$statuscode", "`$statuscode` is no root of an expression (at byte 1); did you mean `$statusCode`?"),
        (
            "$zebra",
            "`$zebra` is no root of an expression (at byte 1); known are `$url`, `$method`, `$statusCode`, `$request`, \
             `$response`, `$message`, `$inputs`, `$outputs`, `$steps`, `$workflows`, `$sourceDescriptions`, `$components`, \
             `$self`",
        ),
        ("$response.boddy", "`boddy` is no part of `$response` (at byte 10); did you mean `body`?"),
        ("$request.headers.x", "`headers` is no part of `$request` (at byte 9); did you mean `header`?"),
        (
            "$response.status",
            "`status` is no part of `$response` (at byte 10); known are `header`, `query`, `path`, `body`",
        ),
        (
            "$response.payload",
            "`payload` is a part of AsyncAPI messages, and this is HTTP (at byte 10); write `$response.body`",
        ),
        ("$response", "expected `.` and one of `header`, `query`, `path` and `body` at the end (at byte 9)"),
        ("$response.", "expected one of `header`, `query`, `path`, `body` (at byte 10)"),
        ("$response.header.", "expected the name of a header at the end (at byte 17)"),
        (
            "$response.header.a b",
            "expected the end of the expression, not ` ` (at byte 18); in the middle of text an expression stands in braces: \
             `{$response.header.a}`",
        ),
        (
            "$response.body.count",
            "expected `#` with a JSON Pointer, or the end, not `.` (at byte 14); write `$response.body#/count`",
        ),
        (
            "$steps.a.outputs.list[0].id",
            "expected `#` with a JSON Pointer, or the end, not `[` (at byte 21); write `$steps.a.outputs.list#/0/id`",
        ),
        (
            "$response.body#count",
            "expected `/` after `#`, not `c` (at byte 15); a JSON Pointer starts with `/`: `#/count`",
        ),
        (
            "$response.body#/a~b",
            "a lone `~` in a JSON Pointer (at byte 17); in a key, `~` is written `~0` and `/` is written `~1`",
        ),
        (
            "$response.body#/a{b",
            "expected the end of the expression, not `{` (at byte 17); in the middle of text an expression stands in braces: \
             `{$response.body#/a}`",
        ),
        ("$inputs.", "expected a name of letters, digits, `.`, `-` and `_` at the end (at byte 8)"),
        ("$inputs.é", "expected a name of letters, digits, `.`, `-` and `_`, not `é` (at byte 8)"),
        ("$steps.x.foo", "expected `outputs` after `$steps.x.`, not `foo` (at byte 9); write `$steps.x.outputs.foo`"),
        (
            "$steps.x.output.foo",
            "expected `outputs` after `$steps.x.`, not `output` (at byte 9); did you mean `outputs`?",
        ),
        ("$steps.x", "expected `.` and `outputs` at the end (at byte 8)"),
        ("$steps.x.outputs", "expected `.` and the name of an output at the end (at byte 16)"),
        ("$workflows.w.output.x", "`output` is no field of a workflow (at byte 13); did you mean `outputs`?"),
        ("$components.parameter.x", "`parameter` is no kind of component (at byte 12); did you mean `parameters`?"),
        (
            "$components.inputs.x",
            "components of kind `inputs` are no runtime expressions (at byte 12); write `$ref: \
             '#/components/inputs/NAME'` in the workflow's `inputs`",
        ),
        ("$url.x", "expected the end of the expression, not `.` (at byte 4)"),
        (
            "$sourceDescriptions.shop.",
            "expected an `operationId`, a `workflowId`, `url` or `type` at the end (at byte 25)",
        ),
    ];
    for (text, expected) in cases {
        check_error(text, expected);
    }
    check_error(
        &format!("$inputs.{}", "x".repeat(EXPRESSION_BYTES_MAX)),
        "the expression is longer than 4096 bytes (at byte 4096)",
    );
}

#[test]
fn likely_slips_are_meant_as_expressions_and_ordinary_text_is_not() {
    for meant in ["$inputs.x", "$inptus.x", "$statuscode", "$response.", "$response", "$url", "$response[0]"] {
        assert!(Expression::is_meant(meant), "{meant}");
    }
    for text in ["", "$", "$5", "$.items[0]", "$self service", "$zebra", "$zebra.x", "url", "$ref", "$-", "$é"] {
        assert!(Expression::parse(text).is_err());
        assert!(!Expression::is_meant(text), "{text}");
    }
}

#[test]
fn values_keep_their_types() {
    let cases = [
        ("$url", json!("https://api.example.com/v1/shops/s%201/orders?dry=true&tag=x")),
        ("$method", json!("POST")),
        ("$statusCode", json!(201)),
        ("$self", json!("https://example.com/orders.arazzo.yaml")),
        ("$request.header.ACCEPT", json!("application/json")),
        ("$request.header.x-trace", json!(17)),
        ("$request.query.dry", json!(true)),
        ("$request.query.", json!("nameless")),
        ("$request.path.shop", json!("s 1")),
        ("$request.body#/count", json!(3)),
        ("$response.header.X-Tag", json!("first")),
        ("$response.body#/count", json!(3)),
        ("$response.body#/none", json!(null)),
        ("$response.body#/items/0/sku", json!("a/b")),
        ("$response.body#/items/0/n~0m", json!(1)),
        ("$response.body#/full name", json!("Ada")),
        ("$response.body#/", json!("nameless")),
        ("$inputs.tags", json!(["x", "y"])),
        ("$inputs.tags#/1", json!("y")),
        ("$inputs.a.b", json!(7)),
        ("$outputs.total", json!(12)),
        ("$steps.create.outputs.order#/lines", json!([5])),
        ("$workflows.sign-in.inputs.who", json!("Ada")),
        ("$workflows.sign-in.outputs.token", json!("t")),
        ("$sourceDescriptions.shop.url", json!("./shop.yaml")),
        ("$sourceDescriptions.shop.type", json!("openapi")),
    ];
    for (text, expected) in cases {
        assert_eq!(value(text), Some(expected), "{text}");
    }
}

#[test]
fn what_leads_nowhere_is_absent_and_says_why() {
    let order = Fixture::order();
    let cases = [
        ("$request.header.x", "the request has no header `x`"),
        ("$request.query.tags", "there is no query parameter `tags`; did you mean `tag`?"),
        ("$request.body#/cuont", "the value has no `cuont`; did you mean `count`?"),
        ("$response.header.x", "the reply has no header `x`"),
        ("$response.query.x", "a reply has headers and a body only"),
        ("$response.body#/items/7", "`/items` has no element `7`, only 2"),
        ("$response.body#/items/01", "`/items` has no element `01`, only 2"),
        ("$response.body#/items/-", "`/items` has no element `-`, only 2"),
        ("$response.body#/empty/0", "`/empty` is empty, and has no element `0`"),
        ("$response.body#/id/x", "`/id` is text, and has no `x`"),
        ("$inputs.zebra", "there is no input `zebra`; there is `id`, `expected`, `tags`, `a.b`"),
        ("$steps.crate.outputs.x", "the step `crate` has not been done"),
        ("$steps.create.outputs.ordre", "there is no output `ordre`; did you mean `order`?"),
        ("$workflows.w.outputs.x", "the workflow `w` has not been run"),
        ("$workflows.sign-in.inputs.x", "there is no input `x`; there is `who`"),
        ("$sourceDescriptions.shopp.url", "there is no source description `shopp`; did you mean `shop`?"),
        ("$sourceDescriptions.shop.makeOrder", "`makeOrder` is no field of the source description `shop`"),
        ("$components.parameters.x", "a component is no value"),
        ("$message.payload", "messages belong to AsyncAPI, and this is HTTP"),
    ];
    for (text, why) in cases {
        check_why(&order, text, why);
    }
    let empty = Fixture::empty();
    for text in ["$url", "$method", "$statusCode", "$response.body", "$response.header.x"] {
        check_why(&empty, text, "there is no reply");
    }
    check_why(&empty, "$request.body", "no request was sent");
    check_why(&empty, "$self", "the description has no `$self`");
    check_why(&empty, "$inputs.x", "there is no input `x`");
}

#[test]
fn a_body_that_is_absent_binary_or_broken_says_so() {
    let mut fixture = Fixture::order();
    let exchange = fixture.exchange.as_mut().expect("an exchange");
    exchange.sent = None;
    exchange.received = None;
    exchange.reply.body = bytes::Bytes::from_static(b"\xff");
    check_why(&fixture, "$request.body", "the request has no body");
    check_why(&fixture, "$response.body", "the reply's body is neither JSON nor text");
    let exchange = fixture.exchange.as_mut().expect("an exchange");
    exchange.received = Some(json!("{\"id\":"));
    exchange.malformed = Some("EOF while parsing".into());
    check_why(&fixture, "$response.body#/id", "the reply's body is no JSON: EOF while parsing");
    let exchange = fixture.exchange.as_mut().expect("an exchange");
    exchange.received = None;
    exchange.malformed = None;
    exchange.reply.body = bytes::Bytes::new();
    check_why(&fixture, "$response.body#/id", "the reply has no body");
}

#[test]
fn a_prefix_is_as_long_as_the_grammar_lets_it_be() {
    let cases = [
        ("$response.body.count", "$response.body"),
        ("$response.body[0].id", "$response.body"),
        ("$inputs.a.b[0]", "$inputs.a.b"),
        ("$response.body#/a.b[0]", "$response.body#/a.b[0]"),
        ("$response.header.X[0]", "$response.header.X"),
        ("$statusCode == 200", "$statusCode"),
    ];
    for (text, prefix) in cases {
        let (expression, end) = Expression::parse_prefix(text).expect(text);
        assert_eq!((&text[..end], expression.to_string().as_str()), (prefix, prefix));
    }
}

/// Expressions from the inside, so that every name and pointer is met.
pub(crate) fn any_expression() -> impl Strategy<Value = Expression> {
    let identifier = "[A-Za-z0-9._-]{1,8}";
    let strict = "[A-Za-z0-9_-]{1,8}";
    let pointer = "(/([^/~{}]|~0|~1){0,6}){0,3}";
    let part = prop_oneof![
        "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,8}".prop_map(Part::Header),
        any::<String>().prop_map(Part::Query),
        any::<String>().prop_map(Part::Path),
        pointer.prop_map(Part::Body),
    ];
    let field = prop_oneof![Just(WorkflowField::Inputs), Just(WorkflowField::Outputs)];
    prop_oneof![
        Just(Expression::Url),
        Just(Expression::Method),
        Just(Expression::StatusCode),
        Just(Expression::SelfUri),
        part.clone().prop_map(Expression::Request),
        part.prop_map(Expression::Response),
        pointer.prop_map(|pointer| Expression::Message(format!("payload#{pointer}"))),
        (identifier, pointer).prop_map(|(name, pointer)| Expression::Inputs { name, pointer }),
        (identifier, pointer).prop_map(|(name, pointer)| Expression::Outputs { name, pointer }),
        (strict, identifier, pointer).prop_map(|(step, output, pointer)| Expression::Step { step, output, pointer }),
        (strict, field, identifier, pointer).prop_map(|(workflow, field, name, pointer)| Expression::Workflow {
            workflow,
            field,
            name,
            pointer
        }),
        (strict, any::<String>())
            .prop_filter("a reference has a character", |(_, reference)| !reference.is_empty())
            .prop_map(|(name, reference)| Expression::Source { name, reference }),
        identifier.prop_map(|name| Expression::Component { kind: "parameters".into(), name }),
    ]
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same(expression in any_expression()) {
        let text = expression.to_string();
        // Embedded expressions are only looked for where something is meant as one.
        prop_assert!(Expression::is_meant(&text));
        let embedded = format!("{text}}} and more");
        prop_assert!(Expression::is_meant(&embedded));
        prop_assert_eq!(Expression::parse(&text), Ok(expression));
    }

    #[test]
    fn no_text_brings_the_parser_down(text in any::<String>()) {
        if let Err(error) = Expression::parse(&text) {
            prop_assert!(error.at <= text.len());
        }
        Expression::is_meant(&text);
        Expression::is_meant(&format!("${text}"));
    }

    #[test]
    fn no_text_that_looks_like_an_expression_brings_the_parser_down(
        text in r"\$(url|self|request\.|response\.|inputs\.|steps\.|workflows\.|sourceDescriptions\.|components\.|message\.)(header\.|body|query\.|x\.outputs\.|)[a-z#/~\\.u0-9é{}\[\]]{0,12}"
    ) {
        let fixture = Fixture::order();
        match Expression::parse(&text) {
            Ok(expression) => {
                prop_assert_eq!(Expression::parse(&expression.to_string()), Ok(expression.clone()));
                expression.evaluate(&fixture.context());
                expression.explain(&fixture.context());
            }
            Err(error) => {
                prop_assert!(error.at <= text.len());
                prop_assert!(text.is_char_boundary(error.at));
            }
        }
    }
}
