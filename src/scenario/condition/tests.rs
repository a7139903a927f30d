use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Criterion, Outcome};
use crate::scenario::expression::fixture::Fixture;
use crate::scenario::finding::Site;

fn site() -> Site {
    Site::new(&Arc::from("test.yaml"), "/criterion")
}

fn criterion(value: &Value) -> Criterion {
    Criterion::parse(value, site()).unwrap_or_else(|errors| panic!("{value}: {errors:?}"))
}

fn outcome(value: &Value) -> Outcome {
    criterion(value).evaluate(&Fixture::order().context())
}

/// A simple condition that holds of the order.
#[track_caller]
fn holds(condition: &str) {
    let outcome = outcome(&json!({ "condition": condition }));
    assert_eq!(outcome, Outcome::pass(), "{condition}");
}

/// A simple condition that does not hold, and why.
#[track_caller]
fn fails(condition: &str, detail: &str) {
    let outcome = outcome(&json!({ "condition": condition }));
    assert_eq!((outcome.passed, outcome.error, outcome.detail.as_str()), (false, false, detail), "{condition}");
}

#[track_caller]
fn check_error(condition: &str, expected: &str) {
    check_errors(json!({ "condition": condition }), &[&format!("/condition: {expected}")]);
}

#[track_caller]
fn check_errors(value: Value, expected: &[&str]) {
    let errors = Criterion::parse(&value, site()).expect_err(&value.to_string());
    let told: Vec<String> = errors.iter().map(|(pointer, error)| format!("{pointer}: {error}")).collect();
    assert_eq!(told, expected, "{value}");
}

#[test]
fn values_are_compared_and_failures_show_what_was_met() {
    holds("$statusCode == 201");
    holds("$statusCode==201");
    holds("201 == $statusCode");
    holds("$statusCode >= 200 && $statusCode < 300");
    holds("$response.body#/items/0/sku == 'a/b'");
    holds("$inputs.expected == $statusCode");
    fails("$statusCode == 200", "$statusCode is 201, not 200");
    fails("200 == $statusCode", "$statusCode is 201, not 200");
    fails("$statusCode != 201", "$statusCode is 201, and must not be 201");
    fails("$statusCode < 200", "$statusCode is 201, which is not < 200");
    fails("200 > $statusCode", "$statusCode is 201, which is not < 200");
    fails("$statusCode == $response.body#/count", "$statusCode is 201, not 3 ($response.body#/count)");
    fails(
        "$response.body#/items >= 1",
        "$response.body#/items is [{\"sku\":\"a/b\",\"n~m\":1},{\"sku\":\"c\"}], which has no order with 1",
    );
    fails("1 == 2", "it says 1, not 2");
}

#[test]
fn strings_ignore_case_unless_strict() {
    holds("$response.body#/state == 'ACTIVE'");
    holds("'straße ΣΑΣ' == 'STRASSE σας'");
    holds("'b' > 'A'");
    holds("'a' >= 'A' && 'a' <= 'A'");
    fails("$response.body#/state != 'active'", "$response.body#/state is 'Active', and must not be 'active'");
    let strict = |condition: &str| outcome(&json!({ "condition": condition, "x-standin-strict": true }));
    assert!(strict("$response.body#/state == 'Active'").passed);
    assert!(strict("'a' > 'B'").passed);
    assert_eq!(
        strict("$response.body#/state == 'active'").detail,
        "$response.body#/state is 'Active', not 'active': the case differs"
    );
}

#[test]
fn numeric_strings_are_numbers_where_a_number_is_asked_for() {
    holds("$response.header.X-Remaining > 40");
    holds("$response.header.X-Remaining == 41");
    holds("$response.body#/price < 10");
    holds("'10' > '9'");
    holds("'1.0' >= '1'");
    holds("$response.body#/price == 9.5");
    // Two texts are the same text or not.
    fails("'1.0' == '1'", "it says '1.0', not '1'");
    fails("' 41' == 41", "it says ' 41', not 41");
    fails("'0x29' == 41", "it says '0x29', not 41");
    fails("'abc' < 41", "it says 'abc', which has no order with 41");
    fails("'' == 0", "it says '', not 0");
}

#[test]
fn numbers_are_compared_by_value_and_without_loss() {
    holds("1 == 1.0");
    holds("-0 == 0");
    holds("1e2 == 100");
    holds("9007199254740993 > 9007199254740992");
    holds("9007199254740993 != 9007199254740992.0");
    holds("18446744073709551615 > 9223372036854775807");
    holds("-1.5 < -1 && -1 < -0.5 && 5 < 5.5 && 5.5 < 6 && 1e300 > 18446744073709551615");
    fails("9007199254740993 == 9007199254740992", "it says 9007199254740993, not 9007199254740992");
}

#[test]
fn null_equals_only_null() {
    holds("null == null");
    holds("null <= null");
    holds("$response.body#/none == null");
    holds("$response.body#/count != null");
    fails("$response.body#/none == 0", "$response.body#/none is null, not 0");
    fails("$response.body#/none < 1", "$response.body#/none is null, which has no order with 1");
    fails("$response.body#/none != null", "$response.body#/none is null, and must not be null");
    fails("null == false", "it says null, not false");
    fails("null == ''", "it says null, not ''");
}

#[test]
fn types_do_not_mix() {
    fails("$response.body#/paid == 'true'", "$response.body#/paid is true, not 'true': a boolean is not text");
    fails("true == 1", "it says true, not 1");
    fails("true > false", "it says true, which has no order with false");
    holds("true != 1");
    holds("$response.body#/nested/list == $response.body#/nested/list");
    fails("$inputs.tags == 'x'", "$inputs.tags is [\"x\",\"y\"], not 'x'");
}

#[test]
fn a_value_by_itself_is_true_or_not() {
    holds("$response.body#/paid");
    holds("$response.body#/count");
    holds("$response.body#/items");
    holds("'no'");
    holds("!$response.body#/sent");
    holds("!$response.body#/none");
    holds("!''");
    holds("!0 && !0.0 && !!1");
    fails("$response.body#/sent", "$response.body#/sent is false");
    fails("$response.body#/none", "$response.body#/none is null");
    fails("false", "it says false");
    fails("!$response.body#/paid", "$response.body#/paid is true, and must not hold");
    fails("!($statusCode == 201)", "`($statusCode == 201)` holds, and must not");
}

#[test]
fn logic_binds_as_everywhere() {
    holds("true || false && false");
    holds("!(false || false) && true");
    holds("(true || false) && !(true && false)");
    holds("( ( true ) )");
    fails("(true || false) && false", "it says false");
    fails("$statusCode == 200 || $statusCode == 202", "$statusCode is 201, not 200; $statusCode is 201, not 202");
    fails("$statusCode == 201 && $response.body#/count > 5", "$response.body#/count is 3, which is not > 5");
}

#[test]
fn what_is_absent_makes_nothing_pass() {
    let absent = "$response.body#/cuont is absent: the value has no `cuont`; did you mean `count`?";
    for condition in ["$response.body#/cuont", "$response.body#/cuont == 3", "$response.body#/cuont != 3"] {
        fails(condition, absent);
        fails(&format!("!({condition})"), absent);
        fails(&format!("{condition} && true"), absent);
        fails(&format!("false || {condition}"), &format!("it says false; {absent}"));
        fails(&format!("{condition} && false"), "it says false");
        holds(&format!("{condition} || true"));
    }
    let nothing = criterion(&json!({ "condition": "$statusCode == 200" })).evaluate(&Fixture::empty().context());
    assert_eq!(nothing, Outcome::fail("$statusCode is absent: there is no reply"));
}

#[test]
fn what_is_absent_is_null_when_asked_whether_it_is() {
    let absent = "$response.body#/items/7 is absent: `/items` has no element `7`, only 2";
    holds("$response.body#/items/7 == null");
    holds("null == $response.body#/items/7");
    holds("!($response.body#/items/7 != null)");
    fails("$response.body#/items/7 != null", absent);
    fails("$response.body#/items/7 <= null", absent);
    fails("$response.body#/items/7 == $response.body#/none", absent);
    fails("!($response.body#/items/7 == null)", "`($response.body#/items/7 == null)` holds, and must not");
}

#[test]
fn properties_and_elements_are_reached_with_dots_and_brackets() {
    holds("$response.body.count > 2");
    holds("$response.body.items[0].sku == 'a/b'");
    holds("$response.body.nested.list[1]==2");
    holds("$inputs.tags[1] == 'y'");
    holds("$steps.create.outputs.order[0] == 1 || true");
    // A name takes the dots that the grammar gives it.
    holds("$inputs.a.b == 7");
    fails("$response.body.nope == 1", "$response.body.nope is absent: `$response.body` has no `nope`");
    fails(
        "$response.body.items[5].sku == 1",
        "$response.body.items[5].sku is absent: `$response.body.items` has no `5`",
    );
}

#[test]
fn a_pointer_ends_at_white_space_or_an_operator_and_braces_hold_the_rest() {
    holds("$response.body#/a.b=='dotted'");
    holds("($response.body#/a.b=='dotted')&&$response.body#/paid");
    holds("{$response.body#/full name} == 'Ada'");
    holds("{$response.body#/} == 'nameless'");
    holds("!{$response.body#/sent}");
    holds("'it''s' == 'IT''S' && '' == ''");
}

#[test]
fn broken_conditions_say_where_what_and_what_to_do() {
    let value = "expected an expression, a literal or `(`";
    check_error("", &format!("{value} at the end (at byte 0)"));
    check_error("$statusCode ==", &format!("{value} at the end (at byte 14)"));
    check_error("$statusCode == == 1", &format!("{value} (at byte 15); equality is written `==`"));
    check_error("== 1", &format!("{value} (at byte 0); equality is written `==`"));
    check_error("!= 1", &format!("{value}, not `!` (at byte 0)"));
    check_error("$statusCode = 200", "expected an operator or the end, not `=` (at byte 12); equality is written `==`");
    check_error("$statusCode === 200", &format!("{value} (at byte 14); equality is written `==`"));
    check_error(
        "$a == 1",
        "`$a` is no root of an expression (at byte 1); known are `$url`, `$method`, `$statusCode`, `$request`, \
        `$response`, `$message`, `$inputs`, `$outputs`, `$steps`, `$workflows`, `$sourceDescriptions`, `$components`, `$self`",
    );
    check_error(
        "true && $statuscode == 1",
        "`$statuscode` is no root of an expression (at byte 9); did you mean `$statusCode`?",
    );
    check_error("$statusCode == \"200\"", "a string stands in single quotes (at byte 15); write `'…'`");
    check_error(
        "$statusCode == 'a",
        "expected `'` at the end of a string (at byte 17); the string opens at byte 15; a quote in it is written `''`",
    );
    check_error("$url == active", "`active` is no literal (at byte 8); text stands in single quotes: `'active'`");
    check_error("$url == True", "`True` is no literal (at byte 8); write `true`");
    check_error(
        "$url == 01",
        "`01` is no number (at byte 8); numbers are written as in JSON, and text stands in single quotes",
    );
    check_error(
        "$url == 1.",
        "`1.` is no number (at byte 8); numbers are written as in JSON, and text stands in single quotes",
    );
    check_error("1 < 2 < 3", "comparisons cannot be chained (at byte 6); join two comparisons with `&&`");
    check_error(
        "(true) == true",
        "a group holds or not, and cannot be compared (at byte 7); join groups with `&&` and `||`",
    );
    check_error(
        "!$url == 1",
        "`!` negates a value or a group, not one side of a comparison (at byte 6); write `!(…)` around the comparison, or compare `$url` with `!=`",
    );
    check_error("(true", "expected `)` (at byte 5); the parenthesis opens at byte 0");
    check_error("true)", "expected an operator or the end, not `)` (at byte 4); no parenthesis is open here");
    check_error("true and true", "expected an operator or the end, not `a` (at byte 5); and is written `&&`");
    check_error(
        "true & true",
        "expected an operator or the end, not `&` (at byte 5); and is written `&&`; a `&` in a name needs braces: `{$…}`",
    );
    check_error("not true", "`not` is no literal (at byte 0); not is written `!`");
    check_error(
        "$url contains 'x'",
        "expected an operator or the end, not `c` (at byte 5); use a criterion of `type: regex` or `type: jsonpath`",
    );
    check_error("$statusCode.x == 1", "expected the end of the expression, not `.` (at byte 11)");
    check_error(
        "$response.body[x] == 1",
        "expected an index after `[`, counted from 0 (at byte 15); a property is `.name`, or a JSON Pointer: `#/name`",
    );
    check_error("$response.body[1 == 1", "expected `]` after an index (at byte 16)");
    check_error(
        "$response.body..x == 1",
        "expected the name of a property after `.` (at byte 15); a name with other characters needs a JSON Pointer: `#/…`",
    );
    check_error("{$response.body", "expected `}` (at byte 15); the brace opens at byte 0");
    check_error("{$url}x == 1", "expected an operator or the end, not `x` (at byte 6)");
    check_error(&"(".repeat(65), "nested deeper than 64 levels (at byte 64)");
    check_error(&"!".repeat(65), "nested deeper than 64 levels (at byte 64)");
    check_error(&"x".repeat(8_193), "the condition is longer than 8192 bytes (at byte 8192)");
}

#[test]
fn broken_criteria_are_refused_with_their_places() {
    check_errors(json!("$url"), &[": a criterion must be an object (at byte 0); write `condition: …`"]);
    check_errors(json!({}), &[": a criterion needs a `condition` (at byte 0)"]);
    check_errors(
        json!({ "condition": true }),
        &["/condition: a condition must be text (at byte 0); write `condition: 'true'`"],
    );
    check_errors(
        json!({ "conditon": "true", "x-standin-strikt": true, "x-other": 1 }),
        &[
            "/conditon: `conditon` is no field of a criterion (at byte 0); did you mean `condition`?",
            "/x-standin-strikt: `x-standin-strikt` is no field of a criterion (at byte 0); did you mean `x-standin-strict`?",
            ": a criterion needs a `condition` (at byte 0)",
        ],
    );
    check_errors(
        json!({ "condition": "true", "x-standin-strict": "yes" }),
        &["/x-standin-strict: expected `true` or `false` (at byte 0)"],
    );
    check_errors(
        json!({ "condition": "x", "type": "regex" }),
        &[": a criterion with a `type` needs a `context` (at byte 0); write `context: $response.body`"],
    );
    check_errors(
        json!({ "condition": "x", "type": "regexp", "context": "$url" }),
        &["/type: `regexp` is no type of criterion (at byte 0); did you mean `regex`?"],
    );
    check_errors(
        json!({ "condition": "x", "type": "regex", "context": 5 }),
        &["/context: a context must be a runtime expression (at byte 0)"],
    );
    check_errors(
        json!({ "condition": "(", "type": "regex", "context": "$response.boddy" }),
        &["/context: `boddy` is no part of `$response` (at byte 10); did you mean `body`?"],
    );
    check_errors(
        json!({ "condition": "a(b", "type": "regex", "context": "$url" }),
        &["/condition: unclosed group (at byte 1)"],
    );
    check_errors(
        json!({ "condition": "x(?=y)", "type": "regex", "context": "$url" }),
        &["/condition: look-around, including look-ahead and look-behind, is not supported (at byte 1)"],
    );
    check_errors(
        json!({ "condition": "(x{1000}){1000}", "type": "regex", "context": "$url" }),
        &["/condition: the pattern is larger than 1048576 bytes when compiled (at byte 0)"],
    );
    check_errors(
        json!({ "condition": "$.a[", "type": "jsonpath", "context": "$url" }),
        &["/condition: unexpected `[` (at byte 3)"],
    );
    check_errors(
        json!({ "condition": "//a", "type": "xpath", "context": "$response.body" }),
        &[
            "/type: XPath is not supported: bodies are compared as JSON or as text, and XML is never parsed (at byte 0); use \
           `jsonpath` for JSON, or a `regex` criterion for the text of an XML body",
        ],
    );
    check_errors(
        json!({ "condition": "$", "type": { "type": "jsonpath", "version": "draft-goessner-dispatch-jsonpath-00" }, "context": "$url" }),
        &[
            "/type/version: `draft-goessner-dispatch-jsonpath-00` is not supported: it defines no exact meaning, which tools read \
           differently (at byte 0); use `rfc9535`, and mind that filters differ",
        ],
    );
    check_errors(
        json!({ "condition": "/a", "type": { "type": "jsonpointer", "version": "rfc6901" }, "context": "$url" }),
        &["/type: a JSON Pointer selects a value, and is no condition (at byte 0); write a simple condition: \
           `$response.body#/pointer != null`"],
    );
    check_errors(
        json!({ "condition": "$.tags[*]", "context": "$response.body" }),
        &[
            "/condition: expected the root of an expression, such as `response` or `inputs`, not `.` (at byte 1); for a JSONPath, \
           add `type: jsonpath` and a `context`",
        ],
    );
}

fn regex(context: &str, pattern: &str) -> Outcome {
    outcome(&json!({ "context": context, "condition": pattern, "type": "regex" }))
}

#[test]
fn patterns_match_text_numbers_and_booleans() {
    assert_eq!(regex("$statusCode", r"^2\d{2}$"), Outcome::pass());
    assert_eq!(regex("$response.body#/paid", "^true$"), Outcome::pass());
    assert_eq!(regex("$response.body.state", "ctiv"), Outcome::pass());
    assert_eq!(regex("$response.body#/items", "\"sku\":\"c\""), Outcome::pass());
    assert_eq!(regex("$response.body#/id", "^({$inputs.id})$"), Outcome::pass());
    assert_eq!(regex("$statusCode", "^{$inputs.expected}$"), Outcome::pass());
    assert_eq!(regex("$statusCode", "^200$"), Outcome::fail("$statusCode is 201, which `^200$` does not match"));
    assert_eq!(
        regex("$response.body#/state", "^active$"),
        Outcome::fail("$response.body#/state is 'Active', which `^active$` does not match")
    );
}

#[test]
fn a_pattern_without_a_context_or_with_a_broken_value_fails() {
    assert_eq!(regex("$response.body#/none", ".*"), Outcome::fail("$response.body#/none is null"));
    assert_eq!(
        regex("$inputs.x", ".*"),
        Outcome::fail("$inputs.x is absent: there is no input `x`; there is `id`, `expected`, `tags`, `a.b`")
    );
    assert_eq!(
        regex("$statusCode", "{$inputs.nope}"),
        Outcome::error(
            "`$inputs.nope` leads nowhere: there is no input `nope`; there is `id`, `expected`, `tags`, `a.b`"
        )
    );
    let mut fixture = Fixture::order();
    fixture.inputs.insert("broken".into(), json!("a("));
    let criterion = criterion(&json!({ "context": "$url", "condition": "{$inputs.broken}", "type": "regex" }));
    assert_eq!(criterion.evaluate(&fixture.context()), Outcome::error("`a(` is no regular expression: unclosed group"));
}

fn jsonpath(context: &str, query: &str) -> Outcome {
    outcome(&json!({ "context": context, "condition": query, "type": "jsonpath" }))
}

#[test]
fn queries_pass_when_they_find_something() {
    assert_eq!(jsonpath("$response.body", "$.items[*]"), Outcome::pass());
    assert_eq!(jsonpath("$response.body", "$.items[?@.sku == 'c']"), Outcome::pass());
    assert_eq!(jsonpath("$response.body", "$[?(@ == \"{$inputs.id}\")]"), Outcome::pass());
    assert!(!jsonpath("$response.body", "$[?@ == {$inputs.expected}]").passed);
    assert_eq!(jsonpath("$inputs.tags", "$[?@ == 'y']"), Outcome::pass());
    assert_eq!(jsonpath("$response.body.nested", "$.list[2]"), Outcome::pass());
    assert_eq!(
        jsonpath("$inputs.tags", "$[?@ == 'Y']"),
        Outcome::fail("`$[?@ == 'Y']` matches nothing in $inputs.tags, which is [\"x\",\"y\"]")
    );
    let typed =
        json!({ "context": "$inputs.tags", "condition": "$[1]", "type": { "type": "jsonpath", "version": "rfc9535" } });
    assert_eq!(outcome(&typed), Outcome::pass());
}

#[test]
fn a_query_without_a_context_fails() {
    assert_eq!(jsonpath("$response.body#/none", "$"), Outcome::fail("$response.body#/none is null"));
    assert_eq!(
        jsonpath("$response.body#/nope", "$"),
        Outcome::fail("$response.body#/nope is absent: the value has no `nope`; did you mean `none`?")
    );
}

#[test]
fn a_query_of_text_or_with_a_broken_value_is_an_error() {
    let mut text = Fixture::order();
    let exchange = text.exchange.as_mut().expect("an order has an exchange");
    exchange.reply.headers.clear();
    exchange.reply.headers.push((http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/plain")));
    exchange.received = Some(json!("all is well"));
    let whole = criterion(&json!({ "context": "$response.body", "condition": "$", "type": "jsonpath" }));
    assert_eq!(whole.evaluate(&text.context()), Outcome::error("$response.body is text, not JSON: 'all is well'"));
    assert_eq!(
        jsonpath("$response.body#/id", "$.a"),
        Outcome::error("$response.body#/id is text, not an object or an array: 'ord_1'")
    );
    assert_eq!(
        jsonpath("$response.body", "$[?@.id == {$inputs.id}]"),
        Outcome::error(
            "`$[?@.id == ord_1]` is no JSONPath: expected `]`, not `=`; text stands in quotes: `== 'text'` (at byte 8)"
        )
    );
    assert!(jsonpath("$response.body", "$[?@.id == {$inputs.nope}]").error);
}

#[test]
fn a_value_cannot_break_out_of_its_quotes() {
    let mut fixture = Fixture::order();
    for hostile in ["' || true || '", "\" || true || \"", "\\", "\n", "'", "\\'"] {
        fixture.inputs.insert("hostile".into(), json!(hostile));
        fixture.inputs.insert("list".into(), json!([hostile]));
        for quote in ['\'', '"'] {
            let query = format!("$[?@ == {quote}{{$inputs.hostile}}{quote}]");
            let find = |context: &str| {
                let value = json!({ "context": context, "condition": query, "type": "jsonpath" });
                criterion(&value).evaluate(&fixture.context())
            };
            assert_eq!(find("$inputs.list"), Outcome::pass(), "{hostile:?} in {query}");
            let elsewhere = find("$inputs.tags");
            assert!(!elsewhere.passed && !elsewhere.error, "{hostile:?} in {query}");
        }
    }
}

#[test]
fn long_values_are_shortened() {
    let mut fixture = Fixture::order();
    fixture.inputs.insert("long".into(), json!("é".repeat(500)));
    fixture.inputs.insert("many".into(), json!((0..500).collect::<Vec<_>>()));
    let detail = |condition: &str| criterion(&json!({ "condition": condition })).evaluate(&fixture.context()).detail;
    assert_eq!(detail("$inputs.long == 1"), format!("$inputs.long is '{}…' (500 characters), not 1", "é".repeat(120)));
    assert!(
        detail("$inputs.many == 1").ends_with("… (1891 characters of JSON), not 1"),
        "{}",
        detail("$inputs.many == 1")
    );
}

#[test]
fn every_expression_is_found() {
    let found =
        |value: Value| -> Vec<String> { criterion(&value).expressions().iter().map(ToString::to_string).collect() };
    assert_eq!(
        found(json!({ "condition": "!($url == 1 || $inputs.a[0] < {$outputs.b}) && $method" })),
        ["$url", "$inputs.a", "$outputs.b", "$method"]
    );
    assert_eq!(
        found(json!({ "context": "$response.body.x", "condition": "a{$inputs.b}", "type": "regex" })),
        ["$response.body", "$inputs.b"]
    );
    assert_eq!(
        found(json!({ "context": "$response.body", "condition": "$['{$inputs.b}']", "type": "jsonpath" })),
        ["$response.body", "$inputs.b"]
    );
}

#[test]
fn a_condition_can_stand_alone() {
    let criterion = Criterion::parse_simple("$statusCode == 201", site()).expect("a condition");
    assert_eq!(criterion.text, "$statusCode == 201");
    assert!(criterion.evaluate(&Fixture::order().context()).passed);
    assert!(Criterion::parse_simple("$statusCode = 201", site()).is_err());
}

const DOCUMENT: &str = include_str!("../../../spec/scenarios.md");

/// The lines of the blocks of this kind in `spec/scenarios.md`.
fn documented(kind: &str) -> Vec<&'static str> {
    let opening = format!("```{kind}\n");
    let blocks = DOCUMENT.split(opening.as_str()).skip(1);
    blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines()).collect()
}

#[test]
fn the_conditions_in_the_document_are_read() {
    let conditions = documented("conditions");
    assert!(conditions.len() >= 9);
    for condition in conditions {
        criterion(&json!({ "condition": condition }));
    }
}

#[test]
fn the_comparisons_in_the_document_come_out_as_it_says() {
    let comparisons = documented("comparisons");
    assert!(comparisons.len() >= 15);
    for line in comparisons {
        let (condition, verdict) = line.rsplit_once(' ').expect("a condition and a verdict");
        let passed = outcome(&json!({ "condition": condition.trim() })).passed;
        assert_eq!(if passed { "passes" } else { "fails" }, verdict, "{condition}");
    }
}

#[test]
fn the_queries_in_the_document_find_what_it_says() {
    let mut fixture = Fixture::order();
    fixture.inputs.insert("pets".into(), json!([{ "pets": [] }]));
    fixture.inputs.insert("one".into(), json!({ "pets": [1, 2] }));
    let find = |context: &str, query: &str| {
        let value = json!({ "context": context, "condition": query, "type": "jsonpath" });
        assert!(DOCUMENT.contains(&format!("`{query}`")), "{query} stands in the document");
        criterion(&value).evaluate(&fixture.context()).passed
    };
    assert!(find("$inputs.pets", "$[?count(@.pets) > 0]"));
    assert!(!find("$inputs.pets", "$[?count(@.pets[*]) > 0]"));
    assert!(find("$inputs.one", "$.pets[0]"));
    assert!(find("$inputs.one", "$[?!$.deletedAt]"));
}

proptest! {
    #[test]
    fn no_text_brings_the_parser_down(text in any::<String>()) {
        if let Err(error) = Criterion::parse_simple(&text, site()) {
            prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at));
        }
    }

    #[test]
    fn no_text_that_looks_like_a_condition_brings_the_parser_or_the_evaluation_down(
        text in r"(\$statusCode|\$response\.body(#/items/0|\.items\[[0-9]{0,3}\])?|\{\$url\}?|'a''?é?'|-?[0-9.e]{1,4}|true|null|[ !()&|<>=]{1,3}){0,10}"
    ) {
        match Criterion::parse_simple(&text, site()) {
            Ok(criterion) => {
                let outcome = criterion.evaluate(&Fixture::order().context());
                prop_assert_eq!(outcome.passed, outcome.detail.is_empty());
                criterion.evaluate(&Fixture::empty().context());
            }
            Err(error) => prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at)),
        }
    }

    #[test]
    fn not_equal_is_the_opposite_of_equal(left in literal(), right in literal()) {
        let passes = |condition: String| {
            Criterion::parse_simple(&condition, site()).expect("a condition").evaluate(&Fixture::empty().context()).passed
        };
        let equal = passes(format!("{left} == {right}"));
        prop_assert_eq!(equal, !passes(format!("{left} != {right}")));
        prop_assert_eq!(equal, passes(format!("{right} == {left}")));
        prop_assert_eq!(passes(format!("{left} < {right}")), passes(format!("{right} > {left}")));
    }

    #[test]
    fn no_pattern_or_query_brings_the_reading_down(text in any::<String>()) {
        for kind in ["regex", "jsonpath"] {
            let value = json!({ "context": "$response.body", "condition": text, "type": kind });
            if let Ok(criterion) = Criterion::parse(&value, site()) {
                criterion.evaluate(&Fixture::order().context());
            }
        }
    }
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        (-1e3..1e3).prop_map(|number: f64| number.to_string()),
        "'[a-cA-C0-9]{0,3}'",
    ]
}
