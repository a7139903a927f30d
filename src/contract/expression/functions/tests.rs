//! What functions make of the unusual; the usual is the examples of the table.

use serde_json::{Value, json};

use crate::contract::expression::{Expression, Scope};

fn run(text: &str) -> Result<Value, String> {
    let expression = Expression::compile(text, &[]).unwrap_or_else(|error| panic!("{text}: {}", error.message));
    expression.evaluate(&Scope::default()).map_err(|error| error.message)
}

#[track_caller]
fn check(text: &str, expected: Value) {
    assert_eq!(run(text), Ok(expected), "{text}");
}

#[track_caller]
fn refuses(text: &str, message: &str) {
    assert_eq!(run(text), Err(message.to_owned()), "{text}");
}

/// The occurrences that follow an instant, as text, until there are none or so many.
fn occurrences(rule: &str, after: &str, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut after = after.to_owned();
    while found.len() < count {
        let next = run(&format!("nextOccurrence({rule}, '{after}')")).unwrap();
        if next.is_null() {
            break;
        }
        after = run(&format!("isoMillis({next})")).unwrap().as_str().unwrap().to_owned();
        found.push(run(&format!("iso({next})")).unwrap().as_str().unwrap().to_owned());
    }
    found
}

#[test]
fn a_range_is_empty_backwards_and_limited() {
    check("range(0)", json!([]));
    check("range(3, 1)", json!([]));
    check("range(-1, 2)", json!([-1, 0, 1]));
    check("range(9223372036854775807, -9223372036854775807)", json!([]));
    check("size(range(10000))", json!(10000));
    refuses("range(10001)", "range: makes more than 10000 integers");
    refuses("range(-9223372036854775807, 9223372036854775807)", "range: makes more than 10000 integers");
    refuses("range(1.5)", "range: argument 1 must be an integer, got a double");
}

#[test]
fn numbers_and_booleans_name_groups_as_texts_do() {
    let list = "[{'k': 1, 'v': 'a'}, {'k': '1', 'v': 'b'}, {'k': true, 'v': 'c'}, {'k': null, 'v': 'd'}, {'v': 'e'}]";
    check(&format!("grouped({list}, 'k', 'v')"), json!({"1": ["a", "b"], "true": ["c"]}));
    check(&format!("keyed({list}, 'k', 'v')"), json!({"1": "a", "true": "c"}));
}

#[test]
fn a_sort_is_stable_in_both_directions_and_null_is_least() {
    let list = "[{'n': 2, 'id': 1}, {'id': 2}, {'n': 1, 'id': 3}, {'n': 2, 'id': 4}, {'n': null, 'id': 5}]";
    check(&format!("sorted({list}, 'n').map(x, x.id)"), json!([2, 5, 3, 1, 4]));
    check(&format!("sorted({list}, 'n', 'desc').map(x, x.id)"), json!([1, 4, 3, 2, 5]));
    check("sorted([3, 1.5, 2, null])", json!([null, 1.5, 2, 3]));
    check("sorted(['b', 'a'], null, 'desc')", json!(["b", "a"]));
    check("sorted([true, false])", json!([false, true]));
    check("sorted(null)", json!([]));
    check("sorted([null, null])", json!([null, null]));
    check(
        "sorted([9007199254740993, 9007199254740992.0, 9007199254740992])",
        json!([9007199254740992.0, 9007199254740992_i64, 9007199254740993_i64]),
    );
}

#[test]
fn what_has_no_order_is_not_sorted() {
    refuses("sorted([1, 'a'])", "sorted: an integer and text have no order");
    refuses("sorted([[1], [2]])", "sorted: only numbers, texts and booleans have an order, got a list");
    refuses("sorted([1], 2)", "sorted: argument 2 must be text, got an integer");
    refuses("sorted([1], null, 'down')", "sorted: argument 3 must be 'asc' or 'desc'");
    refuses("sorted('ba')", "sorted: argument 1 must be a list, got text");
}

#[test]
fn lists_are_flattened_by_one_level() {
    check("flatten([])", json!([]));
    check("flatten(null)", json!([]));
    check("flatten([null, [], [null]])", json!([null, null]));
    refuses("flatten('a')", "flatten: argument 1 must be a list, got text");
}

#[test]
fn members_are_left_out_of_an_object_and_of_each_object_of_a_list() {
    check("omit([{'a': 1, 'b': 2}, null, {'b': 3}], 'b')", json!([{"a": 1}, null, {}]));
    check("omit({'a': 1}, [])", json!({"a": 1}));
    check("omit({'a': 1}, ['z'])", json!({"a": 1}));
    check("omit(null, 'a')", json!(null));
    refuses("omit([1], 'a')", "omit: argument 1 must be an object or a list of objects, got a list");
    refuses("omit({'a': 1}, 1)", "omit: argument 2 must be a list, got an integer");
}

#[test]
fn places_are_counted_in_characters_and_elements() {
    check("indexOf('añb', 'b')", json!(2));
    check("indexOf('abc', '')", json!(0));
    check("indexOf('abc', 'z')", json!(-1));
    check("indexOf([1, 2.0], 2)", json!(1));
    check("indexOf(null, 2)", json!(-1));
    refuses("indexOf(1, 2)", "indexOf: argument 1 must be a list or text, got an integer");
    refuses("indexOf('a', 2)", "indexOf: argument 2 must be text, got an integer");
    check("entries(null)", json!([]));
    refuses("entries([1])", "entries: argument 1 must be an object, got a list");
}

#[test]
fn numbers_are_rounded_away_from_zero() {
    check("[round(-2.5), round(2.4), round(7), round(1e3)]", json!([-3, 2, 7, 1000]));
    check("[round(1.0, 2), round(2.345, 1), round(7, 2)]", json!([1.0, 2.3, 7]));
    check("round(1e300, 15)", json!(1e300));
    refuses("round(1e300)", "round: 1e+300 is out of the range of integers");
    refuses("round('1')", "round: argument 1 must be a number, got text");
    refuses("round(1.5, -1)", "round: argument 2 must be from 0 to 15");
}

#[test]
fn graphemes_are_what_a_reader_counts() {
    check("graphemes('')", json!(0));
    check("graphemes('🇩🇪👍🏽!')", json!(3));
    refuses("graphemes(null)", "graphemes: argument 1 must be text, got null");
}

/// The example of the table was signed by another implementation.
#[test]
fn a_token_says_the_claims_and_is_signed_with_the_secret() {
    check("size(split(jwt({}, 'k'), '.'))", json!(3));
    check("jwt({'a': 1, 'b': 2}, 'k') == jwt({'b': 2, 'a': 1}, 'k')", json!(true));
    check("jwt({'a': 1}, 'k') == jwt({'a': 1}, 'l')", json!(false));
    refuses("jwt('a', 'k')", "jwt: argument 1 must be an object, got text");
    refuses("jwt({}, null)", "jwt: argument 2 must be text, got null");
}

#[test]
fn a_window_of_pages_is_that_of_laravel() {
    check("pageWindow(1, 0, 3)", json!([1]));
    check("pageWindow(1, 9, 1)", json!([1, 2, 3, 4, 5, 6, 7, 8, 9]));
    check("pageWindow(1, 10, 1)", json!([1, 2, 3, 4, 5, 6, null, 9, 10]));
    check("pageWindow(5, 10, 1)", json!([1, 2, 3, 4, 5, 6, null, 9, 10]));
    check("pageWindow(6, 10, 1)", json!([1, 2, null, 5, 6, 7, 8, 9, 10]));
    check("pageWindow(99, 20, 3)", json!([1, 2, null, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]));
    check("pageWindow(10, 20, 3)", json!([1, 2, null, 7, 8, 9, 10, 11, 12, 13, null, 19, 20]));
    check("pageWindow(1, 20, 0)", json!([1, 2, 3, 4, null, 19, 20]));
    refuses("pageWindow(1, 20, -1)", "pageWindow: argument 3 must be from 0 to 1000");
    refuses("pageWindow(1, 20, 1001)", "pageWindow: argument 3 must be from 0 to 1000");
}

#[test]
fn zones_are_the_same_on_every_machine() {
    check("knowsZone('America/Argentina/Buenos_Aires')", json!(true));
    check("knowsZone('UTC')", json!(true));
    for not_one in ["''", "'Mars/Olympus'", "'../../etc/passwd'", "'+02:00'", "null", "1"] {
        check(&format!("knowsZone({not_one})"), json!(false));
    }
    let shown = json!({"year": 2025, "month": 12, "day": 31, "hour": 14, "minute": 30, "weekday": 3, "offset": -570});
    check("inZone('2026-01-01T00:00:00Z', 'Pacific/Marquesas')", shown);
    let message = "inZone: 'Nowhere' is not the name of a time zone, such as Europe/Berlin or UTC";
    refuses("inZone(0, 'Nowhere')", message);
    refuses("inZone('soon', 'UTC')", "inZone: 'soon' is not RFC 3339 text or a date");
    check("hour(-1)", json!(23));
}

#[test]
fn a_recurrence_keeps_the_time_of_day_when_clocks_change() {
    let rule = "{'frequency': 'daily', 'timezone': 'Europe/Berlin', 'startsAt': '2026-03-27T08:00:00.250Z'}";
    let expected = ["2026-03-27T08:00:00.250Z", "2026-03-28T08:00:00.250Z", "2026-03-29T07:00:00.250Z"];
    assert_eq!(occurrences(rule, "2020-01-01", 3), expected);
    // 02:30 does not exist on the day that clocks are put forward, and comes twice when they are put back.
    let rule = "{'frequency': 'daily', 'timezone': 'Europe/Berlin', 'startsAt': '2026-03-28T01:30:00Z'}";
    let expected = ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"];
    assert_eq!(occurrences(rule, "2026-03-28", 3), expected);
    let expected = ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
    assert_eq!(occurrences(rule, "2026-10-24T12:00:00Z", 2), expected);
}

#[test]
fn rounds_are_counted_from_the_start() {
    let rule = "{'frequency': 'daily', 'interval': 3, 'startsAt': '2026-01-01T06:00:00Z'}";
    assert_eq!(occurrences(rule, "2026-01-04T06:00:00Z", 2), ["2026-01-07T06:00:00Z", "2026-01-10T06:00:00Z"]);
    // A Thursday; its week began on Sunday, the 28th of December.
    let rule = "{'frequency': 'weekly', 'interval': 2, 'daysOfWeek': [5, 0, 1, 5], 'startsAt': '2026-01-01T06:00:00Z'}";
    let expected = ["2026-01-02T06:00:00Z", "2026-01-11T06:00:00Z", "2026-01-12T06:00:00Z", "2026-01-16T06:00:00Z"];
    assert_eq!(occurrences(rule, "2025-01-01", 4), expected);
    let rule = "{'frequency': 'weekly', 'startsAt': '2026-01-01T06:00:00Z'}";
    assert_eq!(occurrences(rule, "2031-06-01", 1), ["2031-06-05T06:00:00Z"], "the start's own day of the week");
    let rule = "{'frequency': 'monthly', 'dayOfMonth': 31, 'startsAt': '2027-12-31T06:00:00Z'}";
    let expected = ["2028-01-31T06:00:00Z", "2028-02-29T06:00:00Z", "2028-03-31T06:00:00Z", "2028-04-30T06:00:00Z"];
    assert_eq!(occurrences(rule, "2027-12-31T06:00:00Z", 4), expected);
    let rule = "{'frequency': 'monthly', 'interval': 12, 'dayOfMonth': 5, 'startsAt': '2026-01-10T06:00:00Z'}";
    assert_eq!(occurrences(rule, "2026-01-10", 2), ["2027-01-05T06:00:00Z", "2028-01-05T06:00:00Z"]);
}

#[test]
fn a_double_without_a_fraction_is_an_integer() {
    let rule = "{'frequency': 'weekly', 'interval': 2.0, 'daysOfWeek': [5.0], 'startsAt': '2026-01-01T06:00:00Z'}";
    assert_eq!(occurrences(rule, "2025-01-01", 1), ["2026-01-02T06:00:00Z"]);
    check("iso(addDays('2026-01-01', -2.0))", json!("2025-12-30T00:00:00Z"));
    refuses("addDays('2026-01-01', 0.5)", "addDays: argument 2 must be an integer, got a double");
    refuses("addDays('2026-01-01', 1e300)", "addDays: argument 2 must be an integer, got a double");
}

#[test]
fn a_recurrence_ends() {
    let rule = "{'frequency': 'daily', 'startsAt': '2026-01-01T06:00:00Z', 'endsAt': '2026-01-02T06:00:00Z'}";
    assert_eq!(occurrences(rule, "2025-01-01", 9), ["2026-01-01T06:00:00Z", "2026-01-02T06:00:00Z"]);
    let rule = "{'frequency': 'monthly', 'startsAt': '9999-12-01T06:00:00Z'}";
    assert_eq!(occurrences(rule, "2025-01-01", 9), ["9999-12-01T06:00:00Z"], "no later one can be written");
}

#[test]
fn a_rule_that_makes_no_sense_is_told() {
    let after = "'2026-01-01'";
    for (rule, message) in [
        ("{'frequency': 'hourly', 'startsAt': 0}", "rule.frequency must be 'daily', 'weekly' or 'monthly'"),
        ("{'frequency': 'daily'}", "rule.startsAt must be milliseconds, RFC 3339 text or a date, got null"),
        ("{'frequency': 'daily', 'startsAt': 'soon'}", "'soon' is not RFC 3339 text or a date"),
        ("{'frequency': 'daily', 'startsAt': 0, 'interval': 0}", "rule.interval must be an integer from 1 to 1000"),
        (
            "{'frequency': 'monthly', 'startsAt': 0, 'dayOfMonth': 32}",
            "rule.dayOfMonth must be an integer from 1 to 31",
        ),
        (
            "{'frequency': 'weekly', 'startsAt': 0, 'daysOfWeek': [7]}",
            "rule.daysOfWeek must be a list of integers from 0 (Sunday) to 6",
        ),
        (
            "{'frequency': 'weekly', 'startsAt': 0, 'daysOfWeek': 1}",
            "rule.daysOfWeek must be a list of integers from 0 (Sunday) to 6",
        ),
        ("{'frequency': 'daily', 'startsAt': 0, 'timezone': 2}", "rule.timezone must be text, got an integer"),
        (
            "{'frequency': 'daily', 'startsAt': 0, 'timezone': 'x'}",
            "'x' is not the name of a time zone, such as Europe/Berlin or UTC",
        ),
        ("null", "argument 1 must be an object, got null"),
    ] {
        refuses(&format!("nextOccurrence({rule}, {after})"), &format!("nextOccurrence: {message}"));
    }
}
