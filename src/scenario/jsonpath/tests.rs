use proptest::prelude::*;
use serde_json::{Value, json};

use super::{DEPTH_MAX, Query};

#[track_caller]
fn check_error(text: &str, at: usize, message: &str) {
    assert_eq!(Query::parse(text).map(|query| query.to_string()), Err((at, message.to_owned())), "{text}");
}

#[test]
fn nodes_come_with_their_places() {
    let value = json!({ "a/b": [{ "n~": 1 }, { "n~": 2 }, 3] });
    let query = Query::parse("$['a/b'][?@['n~'] >= 1]").expect("a query");
    assert_eq!(query.values(&value), [&json!({ "n~": 1 }), &json!({ "n~": 2 })]);
    assert_eq!(query.pointers(&value), ["/a~1b/0", "/a~1b/1"]);
    assert_eq!(Query::parse("$").expect("a query").pointers(&value), [""]);
    assert_eq!(Query::parse("$.nothing").expect("a query").pointers(&value), [""; 0]);
}

#[test]
fn errors_say_where_what_and_what_to_do() {
    check_error("", 0, "a JSONPath starts with `$`");
    check_error("items", 0, "a JSONPath starts with `$`");
    check_error("$ ", 1, "unexpected ` `");
    check_error("$.", 2, "expected a name, `*` or `[` after `.`, not the end");
    check_error("$.a-b.c", 3, "unexpected `-`; a name with `-` stands in brackets and quotes: `['a-b']`");
    check_error("$[name]", 1, "unexpected `[`; a name in brackets stands in quotes: `['name']`");
    check_error("$.items[0", 9, "expected `]`, not the end");
    check_error("$['a", 4, "a string without its closing quote");
    check_error("$[?(@.status = 'x')]", 3, "unexpected `(`; equality is written `==`");
    check_error("$[?@.a == active]", 7, "expected `]`, not `=`; text stands in quotes: `== 'text'`");
    check_error("$.a.length()", 10, "unexpected `(`; functions stand in filters: `[?length(@.items) > 0]`");
    check_error(
        "$[?foo(@.a)]",
        3,
        "function name `foo` is not defined; known are `length`, `count`, `match`, `search` and `value`",
    );
    check_error(
        "$[?length(@.a)]",
        3,
        "function with incorrect return type used; `length`, `count` and `value` are compared (`length(@.a) > 1`), `match` and \
         `search` are not",
    );
}

#[test]
fn what_would_be_slow_or_deep_is_refused() {
    check_error(&format!("${}", "x".repeat(9_000)), 8_192, "the query is longer than 8192 bytes");
    check_error(&format!("${}", "[".repeat(70)), 65, "brackets nested deeper than 64 levels");
    check_error(&format!("$[?{}", "(".repeat(70)), 66, "brackets nested deeper than 64 levels");
    check_error(&format!("${}{}", "[?@".repeat(9), "]".repeat(9)), 26, "filters nested deeper than 8 levels");
    check_error("$..a..b..c..d..e", 13, "more than 4 descendant segments (`..`)");
    check_error(
        &format!("${}", "[*,*,*,*,*,*,*,*,*,*]".repeat(5)),
        105,
        "lists of selectors that make more than 65536 nodes of one",
    );
    // In quotes all of it is text.
    assert!(Query::parse(&format!("$['{}']", "[?..(".repeat(100))).is_ok());
    assert!(Query::parse("$['\\'[', \"\\\"[\"]").is_ok());
}

#[test]
fn a_value_of_bottomless_depth_has_no_descendants() {
    let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    let query = Query::parse("$..*").expect("a query");
    assert_eq!(query.values(&nested(DEPTH_MAX)).len(), DEPTH_MAX);
    assert_eq!(query.values(&nested(DEPTH_MAX + 1)).len(), 0);
    assert_eq!(query.pointers(&nested(DEPTH_MAX + 1)).len(), 0);
    assert_eq!(Query::parse("$[0]").expect("a query").values(&nested(DEPTH_MAX + 1)).len(), 1);
}

proptest! {
    #[test]
    fn no_text_brings_the_parser_down(text in any::<String>()) {
        if let Err((at, _)) = Query::parse(&text) {
            prop_assert!(at <= text.len() && text.is_char_boundary(at));
        }
    }

    #[test]
    fn no_text_that_looks_like_a_query_brings_the_parser_down(
        text in r"\$([.]{1,2}[a-z*]|\[[?@.a-z'0-9=<,:() é]{0,8}\]?|[?(!&|\[\]]|\\){0,8}"
    ) {
        match Query::parse(&text) {
            Ok(query) => {
                let value = json!({ "a": [1, { "b": "é" }], "x": null });
                let found: Vec<Value> = query.values(&value).into_iter().cloned().collect();
                let placed: Vec<Value> =
                    query.pointers(&value).iter().filter_map(|pointer| value.pointer(pointer).cloned()).collect();
                prop_assert_eq!(found, placed);
            }
            Err((at, _)) => prop_assert!(at <= text.len() && text.is_char_boundary(at)),
        }
    }
}
