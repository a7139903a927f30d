use proptest::prelude::*;
use serde_json::{Value, json};

use super::replacement::{parse_target, replace};
use super::{Piece, Template, parse_text, render_text};
use crate::scenario::expression::Expression;
use crate::scenario::expression::fixture::Fixture;

#[track_caller]
fn check(value: Value, expected: Value) {
    let template = Template::parse(&value, true).unwrap_or_else(|errors| panic!("{value}: {errors:?}"));
    assert_eq!(template.evaluate(&Fixture::order().context()), Ok(expected), "{value}");
}

#[track_caller]
fn check_undefined(value: Value, expected: &str) {
    let template = Template::parse(&value, true).unwrap_or_else(|errors| panic!("{value}: {errors:?}"));
    let undefined = template.evaluate(&Fixture::order().context()).expect_err("an undefined value");
    assert_eq!(undefined.to_string(), expected, "{value}");
}

/// Each error as `pointer: message (at byte n); hint`.
#[track_caller]
fn check_errors(value: Value, expected: &[&str]) {
    let errors = Template::parse(&value, true).expect_err(&value.to_string());
    let told: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.pointer, error.error)).collect();
    assert_eq!(told, expected, "{value}");
}

#[test]
fn an_expression_alone_keeps_its_type_and_one_in_text_becomes_text() {
    check(json!("$response.body#/count"), json!(3));
    check(json!("$inputs.tags"), json!(["x", "y"]));
    check(json!("$response.body#/none"), json!(null));
    check(json!("{$response.body#/count}"), json!("3"));
    check(
        json!("n={$response.body#/count}&t={$inputs.tags}&p={$response.body#/paid}"),
        json!("n=3&t=[\"x\",\"y\"]&p=true"),
    );
    check(json!("{$inputs.id}{$response.body#/none}"), json!("ord_1null"));
    check(
        json!({ "order": { "id": "$inputs.id", "fixed": [1, "two", null] }, "all": ["$inputs.expected"] }),
        json!({ "order": { "id": "ord_1", "fixed": [1, "two", null] }, "all": [201] }),
    );
}

#[test]
fn ordinary_text_stays_as_it_is() {
    for text in
        ["", "$5", "$", "a $inputs.id", "$.items[0]", "{}", "{$5}", "{$", "{ $inputs.id }", "a{2}", "$self service"]
    {
        check(json!(text), json!(text));
        let template = Template::parse(&json!(text), true).expect(text);
        assert!(matches!(template, Template::Literal(_)), "{text}");
    }
    check(
        json!("{\"id\": \"{$inputs.id}\", \"sub\": {\"n\": {$inputs.expected}}}"),
        json!("{\"id\": \"ord_1\", \"sub\": {\"n\": 201}}"),
    );
    check(json!({ "$inputs.id": 1 }), json!({ "$inputs.id": 1 }));
}

#[test]
fn slips_are_told_all_at_once_with_their_places() {
    check_errors(
        json!({ "a/b": ["ok", "$inptus.x"], "c": "x {$steps.y.z} y", "d": "{$inputs.x" }),
        &[
            "/a~1b/1: `$inptus` is no root of an expression (at byte 1); did you mean `$inputs`?",
            "/c: expected `outputs` after `$steps.y.`, not `z` (at byte 12); write `$steps.y.outputs.z`",
            "/d: expected `}` after an expression in braces (at byte 10); the expression opens at byte 0",
        ],
    );
    check_errors(
        json!("$response.body.id"),
        &[": expected `#` with a JSON Pointer, or the end, not `.` (at byte 14); write `$response.body#/id`"],
    );
    let deep = (0..200).fold(json!("$url"), |inner, _| json!([inner]));
    let errors = Template::parse(&deep, true).expect_err("too deep");
    assert_eq!(errors[0].error.message, "nested deeper than 128 levels");
}

#[test]
fn what_leads_nowhere_is_undefined_and_says_why() {
    check_undefined(json!(["$inputs.idd"]), "`$inputs.idd` leads nowhere: there is no input `idd`; did you mean `id`?");
    check_undefined(
        json!({ "x": "a {$response.body#/items/9} b" }),
        "`$response.body#/items/9` leads nowhere: `/items` has no element `9`, only 2",
    );
}

#[test]
fn selectors_select() {
    let selector =
        |selector: &str, kind: Value| json!({ "context": "$response.body", "selector": selector, "type": kind });
    check(selector("$.items[0].sku", json!("jsonpath")), json!("a/b"));
    check(selector("$.items[*].sku", json!({ "type": "jsonpath", "version": "rfc9535" })), json!(["a/b", "c"]));
    check(selector("$[?@ == '{$inputs.id}']", json!("jsonpath")), json!("ord_1"));
    check(selector("/items/0/n~0m", json!("jsonpointer")), json!(1));
    check(json!({ "context": "$inputs.tags", "selector": "", "type": "jsonpointer" }), json!(["x", "y"]));
    check(json!({ "id": selector("/id", json!("jsonpointer")) }), json!({ "id": "ord_1" }));
    check_undefined(
        selector("$.zebra", json!("jsonpath")),
        "`$.zebra` leads nowhere: it matches nothing in `$response.body`",
    );
    check_undefined(
        selector("/zebra", json!("jsonpointer")),
        "`/zebra` leads nowhere: it matches nothing in `$response.body`",
    );
    check_undefined(
        selector("$[{$inputs.id}]", json!("jsonpath")),
        "`$[ord_1]` leads nowhere: unexpected `[`; a name in brackets stands in quotes: `['ord_1']` (at byte 1)",
    );
    check_undefined(
        json!({ "context": "$inputs.none", "selector": "$", "type": "jsonpath" }),
        "`$inputs.none` leads nowhere: there is no input `none`; there is `id`, `expected`, `tags`, `a.b`",
    );
}

#[test]
fn broken_selectors_are_refused_with_their_places() {
    check_errors(
        json!([{ "context": "$response.boddy", "selector": 5, "type": "jsonpth" }]),
        &[
            "/0/context: `boddy` is no part of `$response` (at byte 10); did you mean `body`?",
            "/0/type: `jsonpth` is no type of selector (at byte 0); did you mean `jsonpath`?",
            "/0/selector: a selector must be text (at byte 0)",
        ],
    );
    check_errors(
        json!({ "context": "$url", "selector": "//a", "type": { "type": "xpath", "version": "xpath-30" } }),
        &[
            "/type/type: XPath is not supported: bodies are compared as JSON or as text, and XML is never parsed (at byte 0); use \
           `jsonpath` for JSON, or a `regex` criterion for the text of an XML body",
        ],
    );
    check_errors(
        json!({ "context": "$url", "selector": "$", "type": { "type": "jsonpath", "version": "draft-goessner-dispatch-jsonpath-00" } }),
        &[
            "/type/version: `draft-goessner-dispatch-jsonpath-00` is not supported: it defines no exact meaning, which tools read \
           differently (at byte 0); use `rfc9535`, and mind that filters differ",
        ],
    );
    check_errors(
        json!({ "context": "$url", "selector": "$.a-b", "type": "jsonpath" }),
        &["/selector: unexpected `-`; a name with `-` stands in brackets and quotes: `['a-b']` (at byte 3)"],
    );
    check_errors(
        json!({ "context": "$url", "selector": "#/a", "type": "jsonpointer" }),
        &["/selector: a JSON Pointer is empty or starts with `/` (at byte 0); write `/a`, without the `#`"],
    );
    check_errors(
        json!({ "context": "$url", "selector": "$", "type": { "type": "jsonpath" } }),
        &["/type: an Expression Type Object needs `version` (at byte 0)"],
    );
}

#[test]
fn an_object_that_only_looks_like_a_selector_is_a_value() {
    for value in [
        json!({ "context": "here", "selector": "$.a", "type": "jsonpath" }),
        json!({ "context": "$5", "selector": "$.a", "type": "css", "more": 1 }),
        json!({ "selector": "$.a", "type": "jsonpath" }),
    ] {
        check(value.clone(), value);
    }
    // Arazzo 1.0 knows no Selector Object.
    let value = json!({ "context": "$inputs.id", "selector": "$", "type": "jsonpath" });
    let template = Template::parse(&value, false).expect("a template");
    let expected = json!({ "context": "ord_1", "selector": "$", "type": "jsonpath" });
    assert_eq!(template.evaluate(&Fixture::order().context()), Ok(expected));
}

#[test]
fn every_expression_is_found() {
    let value = json!({
        "a": ["$url", "x {$method} {$inputs.id}"],
        "s": { "context": "$response.body", "selector": "$[{$outputs.total}]", "type": "jsonpath" },
    });
    let template = Template::parse(&value, true).expect("a template");
    let found: Vec<String> = template.expressions().iter().map(ToString::to_string).collect();
    assert_eq!(found, ["$url", "$method", "$inputs.id", "$response.body", "$outputs.total"]);
}

#[track_caller]
fn check_replaced(target: &str, kind: Option<Value>, expected: Result<Value, &str>) {
    let target = parse_target(target, kind.as_ref()).expect(target);
    let mut payload = json!({ "a": [1, 2], "o": {}, "t": "text" });
    let outcome = replace(&mut payload, &target, &json!("new"));
    assert_eq!(outcome.map(|()| payload), expected.map_err(str::to_owned));
}

#[test]
fn replacements_set_what_they_lead_to() {
    check_replaced("", None, Ok(json!("new")));
    check_replaced("/t", None, Ok(json!({ "a": [1, 2], "o": {}, "t": "new" })));
    check_replaced("/o/x", None, Ok(json!({ "a": [1, 2], "o": { "x": "new" }, "t": "text" })));
    check_replaced("/a/-", None, Ok(json!({ "a": [1, 2, "new"], "o": {}, "t": "text" })));
    check_replaced("/a/2", None, Ok(json!({ "a": [1, 2, "new"], "o": {}, "t": "text" })));
    check_replaced("$.a[*]", Some(json!("jsonpath")), Ok(json!({ "a": ["new", "new"], "o": {}, "t": "text" })));
    check_replaced("$..*", Some(json!("jsonpath")), Ok(json!({ "a": "new", "o": "new", "t": "new" })));
    check_replaced("/a/7", None, Err("`/a` has no element `7`, only 2"));
    check_replaced("/t/x", None, Err("`/t` is neither an object nor an array, so `/t/x` cannot be set"));
    check_replaced("/z/y/x", None, Err("the payload has no `/z`"));
    check_replaced("$.z", Some(json!("jsonpath")), Err("the JSONPath matches nothing in the payload"));
}

#[test]
fn broken_targets_are_refused() {
    let error = |target: &str, kind: Option<Value>| {
        let (pointer, error) = parse_target(target, kind.as_ref()).expect_err(target);
        format!("{pointer}: {error}")
    };
    assert_eq!(
        error("$.a", None),
        "/target: a JSON Pointer is empty or starts with `/` (at byte 0); for a JSONPath, add `targetSelectorType: jsonpath`"
    );
    assert_eq!(
        error("/a~", None),
        "/target: a lone `~` in a JSON Pointer (at byte 2); in a key, `~` is written `~0` and `/` is written `~1`"
    );
    assert!(error("//a", Some(json!("xpath"))).starts_with("/targetSelectorType: XPath is not supported"));
    assert_eq!(error("a", Some(json!("jsonpath"))), "/target: a JSONPath starts with `$` (at byte 0)");
}

proptest! {
    #[test]
    fn no_text_brings_the_parser_down(text in r"([a-z {}$é]|\{\$inputs\.a\}|\{\$url|\$response\.body#/a){0,8}") {
        if let Ok(pieces) = parse_text(&text) {
            let written: String = pieces.iter().map(|piece| match piece {
                Piece::Literal(literal) => literal.clone(),
                Piece::Expression(expression) => format!("{{{expression}}}"),
            }).collect();
            prop_assert_eq!(written, text);
        }
    }

    #[test]
    fn text_around_expressions_comes_back(before in "[^{}$]{0,8}", after in "[^{}$]{0,8}") {
        let text = format!("{before}{{$inputs.id}}{after}");
        let pieces = parse_text(&text).expect("text");
        prop_assert_eq!(render_text(&pieces, &Fixture::order().context()), Ok(format!("{before}ord_1{after}")));
        let expression = Expression::parse("$inputs.id").expect("an expression");
        prop_assert!(pieces.contains(&Piece::Expression(expression)));
    }
}
