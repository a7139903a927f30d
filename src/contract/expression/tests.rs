use proptest::prelude::*;
use serde_json::json;

use super::*;

const NAMES: &[&str] = &["record", "body", "query", "me", "now"];

/// What an expression comes to, or its message after `error: `.
fn run(text: &str) -> Value {
    let record = json!({"id": "par_1", "status": "queued", "count": 3, "price": 1.5, "tags": ["a", "b"], "gone": null,
        "nested": {"z": 1, "a": {"deep": true}}, "big": u64::MAX, "list": [{"id": 1, "ok": true}, {"id": 2, "ok": false}]});
    let query = json!({"page[size]": "20"});
    let mut scope = Scope::default();
    scope.bind_ref("record", &record);
    scope.bind_text("body", r#"{"name":"Ann","items":[{"name":"x"}]}"#);
    scope.bind_ref("query", &query);
    scope.bind_owned("now", json!(1_767_225_600_123_i64));
    match Expression::compile(text, NAMES) {
        Err(error) => json!(format!("compile: {error}")),
        Ok(expression) => expression.evaluate(&scope).unwrap_or_else(|error| json!(format!("error: {error}"))),
    }
}

#[track_caller]
fn check(text: &str, expected: Value) {
    let got = run(text);
    assert_eq!(got.to_string(), expected.to_string(), "{text}");
}

#[track_caller]
fn fails(text: &str, fragment: &str) {
    let got = run(text);
    let message = got.as_str().unwrap_or_default();
    let failed = message.starts_with("compile: ") || message.starts_with("error: ");
    assert!(failed && message.contains(fragment), "{text} gave {got}");
}

#[test]
fn every_example_of_the_table_holds() {
    let forms = FORMS.iter().map(|form| (form.name, form.example, form.result));
    for (name, example, result) in FUNCTIONS.iter().map(|row| (row.name, row.example, row.result)).chain(forms) {
        assert!(example.contains(name), "the example of {name} shows something else");
        assert_eq!(run(example).to_string(), result, "{example}");
    }
}

#[test]
fn every_name_of_the_table_is_there_once() {
    let mut names: Vec<_> = FUNCTIONS.iter().map(|row| row.name).chain(FORMS.iter().map(|form| form.name)).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn literals_are_values() {
    check("true", json!(true));
    check(" 3 ", json!(3));
    check("-1.5", json!(-1.5));
    check("'text'", json!("text"));
    check("''", json!(""));
    check("null", json!(null));
    check(r"'it\'s'", json!("it's"));
    check("r'a\\b'", json!("a\\b"));
    check("0x10", json!(16));
    check("1e3", json!(1000.0));
    check("18446744073709551615u", json!(u64::MAX));
}

#[test]
fn plain_paths_borrow_and_keep_key_order() {
    check("record.id", json!("par_1"));
    check("record.nested", json!({"z": 1, "a": {"deep": true}}));
    check("body.items[0].name", json!("x"));
    check("query['page[size]']", json!("20"));
    check("record.big", json!(u64::MAX));
    let value = json!({"a": 1});
    let mut scope = Scope::default();
    scope.bind_ref("record", &value);
    let expression = Expression::compile("record", NAMES).unwrap();
    assert!(matches!(expression.value(&scope), Ok(Cow::Borrowed(found)) if std::ptr::eq(found, &value)));
    assert_eq!(expression.bare_name(), Some("record"));
}

#[test]
fn a_missing_member_is_null_at_any_depth_in_paths_and_in_computations() {
    for path in ["body.color", "body.color.deep", "body.items[7].name", "body.name.first", "body['x']"] {
        check(path, json!(null));
        check(&format!("{path} == null"), json!(true));
        check(&format!("has({path}) ? 1 : 2"), json!(2));
    }
    check("has(record.gone)", json!(true));
    check("has(record.id) && !has(record.id.x)", json!(true));
}

#[test]
fn optionals_tell_presence() {
    check("body.?color.orValue('red')", json!("red"));
    check("record.?gone.orValue('red')", json!(null));
    check("record.gone.orValue('red')", json!("red"));
    check("record.?nested.a.deep.orValue(false)", json!(true));
    check("record.?missing.a.hasValue()", json!(false));
    check("record[?'id'].orValue('none')", json!("par_1"));
    check("[?body.?color, 1]", json!([1]));
    check("{?'color': body.?color, 'b': 1}", json!({"b": 1}));
    check("body.?color", json!(null));
}

#[test]
fn numbers_mix_and_integers_stay_integers() {
    check("record.count + 1", json!(4));
    check("record.count * record.price", json!(4.5));
    check("record.count / 2", json!(1));
    check("7 % 4 - -2", json!(5));
    check("-record.count", json!(-3));
    check("record.count == 3.0 && 3 < record.price * 3", json!(true));
    check("record.big - 1 + 1", json!(u64::MAX));
    fails("record.big + 1", "out of the range of integers");
    fails("9223372036854775807 * 9223372036854775807 * 9223372036854775807", "out of the range");
    fails("record.count / 0", "divides by zero");
    fails("record.count % 0", "divides by zero");
    fails("1.0 / 0", "not a finite number");
    fails("record.price % 2", "needs integers");
    fails("-9223372036854775808 / 0", "divides by zero");
    check("-9223372036854775808 / -1", json!(9_223_372_036_854_775_808_u64));
}

#[test]
fn operators_compare_and_combine() {
    check("record.status in ['draft', 'queued']", json!(true));
    check("'id' in record && !('x' in record) && !('x' in body.none)", json!(true));
    check("{'a': [1, 2]} == {'a': [1.0, 2]} && record.nested == {'a': {'deep': true}, 'z': 1}", json!(true));
    check("record.tags + ['c'] == ['a', 'b', 'c']", json!(true));
    check("'a' + string(1)", json!("a1"));
    check("'2026-01-02' > '2026-01-01' && true > false", json!(true));
    check("null == null && null != 1 && record.id != null", json!(true));
    check("record.count > 2 ? 'many' : 'few'", json!("many"));
    check("size(record.id) <= 280 && size(body.none) == 0", json!(true));
    check("body.none == null || body.none.x > 1", json!(true));
    fails("'a' + 1", "write string(x)");
    fails("body.none < 1", "is a member missing?");
    fails("record.id && true", "`&&` needs true or false, got text");
    fails("record.none > 1 || true", "`>`");
    fails("!record.count", "`!` needs true or false, got an integer");
    fails("1 in 2", "`in` needs a list");
    fails("-record.id", "`-` needs a number");
    fails("[1, 2][-1]", "negative");
    fails("[1, 2][true]", "an index must be");
}

#[test]
fn objects_made_here_have_sorted_keys() {
    check("{'b': 1, 'a': record.nested}", json!({"a": {"z": 1, "a": {"deep": true}}, "b": 1}));
    check("{'b': 1, 'a': 2}.b", json!(1));
    fails("{'a': 1, 'a': 2}", "given twice");
    fails("{1: 2}", "key must be text");
}

#[test]
fn comprehensions_go_through_lists_objects_and_null() {
    check("record.list.filter(x, x.ok).map(x, x.id)", json!([1]));
    check("record.list.map(x, !x.ok, x.id * 10)", json!([20]));
    check("record.list.exists(x, x.id == 2) && record.list.all(x, x.id > 0)", json!(true));
    check("record.list.exists_one(x, x.ok)", json!(true));
    check("record.nested.map(k, k)", json!(["z", "a"]));
    check("body.none.exists(x, true) || !body.none.all(x, false)", json!(false));
    check("[1, 2].map(x, record.tags.map(y, y + string(x)))", json!([["a1", "b1"], ["a2", "b2"]]));
    check("[1, 2].map(record, record + 1)", json!([2, 3]));
    check("[[1], [2]].map(x, x.exists(x, x > 1))", json!([false, true]));
    fails("[1].map(x, [1].map(y, [1].map(z, z)))", "more than 2 loops");
    fails("[1].map(x, x) == [x]", "unknown name `x`");
    fails("[1].map(1, 2)", "must be a plain name");
    fails("[1].exists(x)", "takes a variable and an expression");
    fails("record.id.all(x, true)", "needs a list or an object");
    fails("[1].filter(x, x)", "`filter` needs true or false");
}

#[test]
fn functions_can_be_methods_and_check_their_arguments() {
    check("record.id.split('_')[1].upper()", json!("1"));
    check("record.tags.contains('a')", json!(true));
    check("'x'.matches(record.tags[0])", json!(false));
    check("concat(body.none, [1]).sum()", json!(1));
    check("distinct(range(30).map(i, i % 3 == 0 ? {'a': i % 2} : {'a': i % 2 + 0.0}))", json!([{"a": 0}, {"a": 1.0}]));
    check("distinct([1, 1.0, 'a', {'a': 1, 'b': 2}, {'b': 2, 'a': 1}, '1'])", json!([1, "a", {"a": 1, "b": 2}, "1"]));
    check("substring('abc', -5, 99) + substring('abc', 5)", json!("abc"));
    check("int('-7') + int(2.9)", json!(-5));
    check("min([]) == null && max(['a', 'b']) == 'b' && sum([1, 0.5]) == 1.5", json!(true));
    check("merge(body.none, {'a': 1})", json!({"a": 1}));
    check("get([1, 2], 1) + get(body, 'none', 5)", json!(7));
    check("base64('a') + base64('ab') + base64('abc')", json!("YQ==YWI=YWJj"));
    fails("lower(1)", "lower: argument 1 must be text, got an integer");
    fails("lower()", "does not take 0 arguments");
    fails("lower('a', 'b')", "it is lower(text)");
    fails("hash('a', 0)", "argument 2 must be more than 0");
    fails("max([1, 'a'])", "different kinds");
    fails("max([{}])", "have an order");
    fails("int('x')", "'x' is not an integer");
    fails("int(1e300)", "out of the range");
    fails("double('nan')", "not a finite number");
    fails("'a'.matches('(')", "not a usable pattern");
    fails("'a'.matches(record.id + '(')", "not a usable pattern");
}

#[test]
fn time_functions_use_utc() {
    check("iso(now)", json!("2026-01-01T00:00:00.123Z"));
    check("iso(0) + isoMillis(-1)", json!("1970-01-01T00:00:00Z1969-12-31T23:59:59.999Z"));
    check("millis('2026-01-01T02:00:00.5+02:00')", json!(1_767_225_600_500_i64));
    check("date(-1)", json!("1969-12-31"));
    check("dayStart(now) == millis('2026-01-01') && monthStart('2024-02-29') == millis('2024-02-01')", json!(true));
    check("seconds(-1)", json!(-1));
    check("date(addDays(now, -1)) + string(weekday('2025-12-28'))", json!("2025-12-317"));
    fails("iso(9223372036854775807)", "out of the range of time");
    fails("addDays(now, 9223372036854775807)", "out of the range of time");
    fails("millis('yesterday')", "not RFC 3339 text or a date");
    fails("duration('soon')", "not a duration");
}

#[test]
fn compile_errors_say_where_and_what_to_do() {
    #[track_caller]
    fn error(text: &str) -> (usize, String, Option<String>) {
        let error = Expression::compile(text, NAMES).expect_err(text);
        (error.offset, error.message, error.hint)
    }
    let hint = |text: &str| Some(text.to_owned());
    assert_eq!(error(" recrod.id"), (1, "unknown name `recrod`".to_owned(), hint("did you mean `record`?")));
    assert_eq!(error("'é' + bdoy.x"), (7, "unknown name `bdoy`".to_owned(), hint("did you mean `body`?")));
    assert_eq!(error("1 + lowr('a')").1, "unknown function `lowr`");
    assert_eq!(error("1 + lowr('a')").2, hint("did you mean `lower`?"));
    assert_eq!(error("all([1])").2, hint("it is written list.all(x, condition)"));
    assert_eq!(error("1 +\n  'é' ?").0, 12);
    assert_eq!(error("'é' + )"), (7, "expected a value after `+`, not `)`".to_owned(), None));
    assert_eq!(error("1 +").1, "expected a value after `+`");
    assert_eq!(error("").1, "empty expression");
    assert_eq!(error("has(record)").1, "has takes a path with a member");
    assert!(error("zebra").2.is_some_and(|hint| hint.starts_with("bound here: record")));
    assert!(error(&"a".repeat(EXPRESSION_BYTES_MAX + 1)).1.contains("longer than"));
    assert!(Expression::compile("record", &[]).is_err());
}

#[test]
fn deep_and_long_expressions_are_refused_without_harm() {
    for text in [
        "(".repeat(1_900) + "1" + &")".repeat(1_900),
        "1".to_owned() + &"+1".repeat(1_900),
        "!".repeat(3_000) + "true",
        "-".repeat(3_000) + "1",
        "1".to_owned() + &"?1:1".repeat(900),
        "record".to_owned() + &".a".repeat(1_900) + "()",
        "[".repeat(3_000),
        "true".to_owned() + &"&&true".repeat(600),
        "lower(".repeat(600),
        "me?me:me||me&&me==me+me*!lower([".repeat(32) + "1" + &"])".repeat(32),
        "me?me:me||me&&me==me+me*!{'a':me[?".repeat(32),
    ] {
        let _ = Expression::compile(&text, NAMES);
    }
    check(&("1".to_owned() + &"+1".repeat(60)), json!(61));
    check(&("[".repeat(60) + &"]".repeat(60) + " == 1"), json!(false));
}

#[test]
fn no_evaluation_hangs_or_fills_the_memory() {
    let list: Value = (0..LIST).collect();
    const LIST: usize = 10_000;
    let long: Value = (0..=LIST).collect();
    let text = json!("x".repeat(1 << 20));
    let mut scope = Scope::default();
    scope.bind_ref("record", &list);
    scope.bind_ref("body", &long);
    scope.bind_ref("me", &text);
    let error = |text: &str| Expression::compile(text, NAMES).unwrap().evaluate(&scope).expect_err(text).message;
    assert!(error("record.map(x, record.map(y, x + y))").contains("takes more than"));
    assert!(error("record.map(x, me)").contains("takes more than"));
    assert!(error("body.all(x, true)").contains("longer than 10000"));
    assert!(error("me.replace('x', me)").contains("makes a text of more than"));
    assert!(error("me + me + me + me + me").contains("makes a text of"));
    assert!(error("record.map(x, me).join()").contains("takes more than"));
}

#[test]
fn conditions_must_be_booleans() {
    let scope = Scope::default();
    assert_eq!(Expression::compile("1 < 2", &[]).unwrap().holds(&scope), Ok(true));
    let error = Expression::compile(" 'yes'", &[]).unwrap().holds(&scope).unwrap_err();
    assert_eq!(error.to_string(), "`'yes'`: a condition must be true or false, got text");
}

#[test]
fn names_are_those_that_must_be_bound() {
    let names = |text: &str| Expression::compile(text, NAMES).unwrap().names().to_vec();
    assert_eq!(names("body.items.exists(x, x == record.id || x == body.id)"), ["body", "record"]);
    assert_eq!(names("me.userId"), ["me"]);
    assert_eq!(names("1"), [""; 0]);
    let unbound = Expression::compile("me.id", NAMES).unwrap().evaluate(&Scope::default()).unwrap_err();
    assert_eq!(unbound.to_string(), "`me.id`: `me` is not bound here");
}

#[test]
fn scopes_hide_truncate_and_nest() {
    let mut scope = Scope::default();
    scope.bind_owned("a", json!(1));
    let mark = scope.len();
    scope.bind_owned("a", json!(2));
    let value = |scope: &Scope<'_>| Expression::compile("a", &["a"]).unwrap().evaluate(scope).unwrap();
    assert_eq!(value(&scope), 2);
    scope.truncate(mark);
    assert_eq!(value(&scope), 1);
    let mut inner = scope.inner();
    assert!(inner.is_empty());
    assert_eq!(value(&inner), 1);
    inner.bind_owned("a", json!(3));
    assert_eq!(value(&inner), 3);
}

#[test]
fn malformed_bound_text_is_an_error_and_no_panic() {
    let mut scope = Scope::default();
    scope.bind_text("body", "{");
    let error = Expression::compile("body.a", NAMES).unwrap().evaluate(&scope).unwrap_err();
    assert!(error.message.contains("malformed JSON"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_text_never_panics(text in ".{0,40}") {
        run(&text);
    }

    #[test]
    fn random_tokens_never_panic(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..14)) {
        run(&tokens.concat());
    }
}

const TOKENS: &[&str] = &[
    "record",
    "body",
    ".id",
    ".?id",
    "[0]",
    "[?0]",
    "['a']",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "?",
    "1",
    "-1",
    "2.5",
    "'a'",
    "\"",
    "'",
    "+",
    "-",
    "*",
    "/",
    "%",
    " in ",
    "==",
    "<",
    "&&",
    "||",
    "!",
    "null",
    "true",
    ".map(x, ",
    "x",
    ".exists(x, ",
    "size(",
    "has(",
    ".orValue(",
    "r'",
    "b'a'",
    "\\",
    "é",
    "`",
    "substring(",
    "0x",
    "1u",
    " ",
    "\n",
    "//",
    ".",
    "@",
];
