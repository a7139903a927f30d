use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::contract::expression::Scope;

const NAMES: &[&str] = &["record", "body", "shown"];

fn with_scope<T>(test: impl FnOnce(&Scope<'_>) -> T) -> T {
    let record = json!({"id": "par_1", "count": 3, "gone": null, "tags": ["a", "b"], "items": [{"id": 1}, {"id": 2}]});
    let mut scope = Scope::default();
    scope.bind_ref("record", &record);
    scope.bind_text("shown", r#"{"b":1,"a":[1, 2]}"#);
    scope.bind_text("body", "null");
    test(&scope)
}

#[track_caller]
fn renders(text: &str, expected: &str) {
    let template = Template::compile(text, NAMES).expect(text);
    assert_eq!(with_scope(|scope| template.render(scope).expect(text)), expected);
}

/// Evaluates and writes; checks both, and returns the skeleton.
#[track_caller]
fn writes(tree: Value, expected: &str) -> Value {
    let compiled = Tree::compile(&tree, NAMES).expect("the tree compiles");
    with_scope(|scope| {
        let mut out = b"before".to_vec();
        let skeleton = compiled.write_around(scope, &mut out).expect("the tree is written").into_value();
        assert_eq!(String::from_utf8_lossy(&out), format!("before{expected}"));
        let mut text = Vec::new();
        compiled.write_text(scope, &mut text).expect("the tree is written");
        assert_eq!(String::from_utf8_lossy(&text), expected);
        let value = compiled.evaluate(scope).expect("the tree has a value");
        let written: Value = serde_json::from_str(expected).expect("the expectation is JSON");
        assert_eq!(value.to_string(), written.to_string());
        let mut whole = Vec::new();
        assert_eq!(compiled.write(scope, &mut whole).expect("the tree is written").into_value(), value);
        assert_eq!(String::from_utf8_lossy(&whole), value.to_string());
        skeleton
    })
}

#[test]
fn text_takes_in_values_as_people_write_them() {
    renders("{{ record.id }} has left", "par_1 has left");
    renders("{{record.count}}/{{ record.gone }}/{{ record.tags }}", "3//[\"a\",\"b\"]");
    renders("no braces, } { }} either", "no braces, } { }} either");
    renders("", "");
    renders("{{ '{{' }} {{ \"}}\" }}", "{{ }}");
    renders("{{ {'a': {'b': 1}}.a.b }}", "1");
    renders(r"{{ 'it\'s }}' }}", "it's }}");
    renders(r"{{ r'\' + '}}' }}", r"\}}");
    renders("{{ '''}}'''+'}' }}", "}}}");
    renders("é{{ 'é' }}é", "ééé");
}

#[test]
fn errors_in_text_carry_their_offset() {
    let error = Template::compile("ab {{ record.id }} {{ recrod.id }}", NAMES).unwrap_err();
    assert_eq!((error.offset, error.message.as_str()), (22, "unknown name `recrod`"));
    let error = Template::compile("ab {{ record", NAMES).unwrap_err();
    assert_eq!((error.offset, error.message.as_str()), (3, "`{{` without its `}}`"));
    assert_eq!(Template::compile("{{ 'a }}", NAMES).unwrap_err().offset, 0);
    assert_eq!(Template::compile("{{ }}", NAMES).unwrap_err().message, "empty expression");
}

#[test]
fn a_tree_keeps_the_authors_order_and_kinds() {
    writes(
        json!({"z": "{{ record.count }}", "a": ["{{ record.id }}", 1, "x{{ record.count }}"], "t": {"n": null, "s": "a\"b"}}),
        r#"{"z":3,"a":["par_1",1,"x3"],"t":{"n":null,"s":"a\"b"}}"#,
    );
    writes(json!([]), "[]");
    writes(json!({}), "{}");
    writes(json!("{{ record.tags }}"), r#"["a","b"]"#);
    writes(json!(" {{ record.count }}"), r#"" 3""#);
    writes(json!(["{{ 'constant' }}"]), r#"["constant"]"#);
}

#[test]
fn a_bare_name_bound_as_text_is_copied() {
    let tree = json!({"data": "{{ shown }}", "again": ["{{ shown }}"], "n": "{{ shown.b }}"});
    let compiled = Tree::compile(&tree, NAMES).unwrap();
    let text = r#"{"b":1,"a":[1, 2]}"#;
    let (skeleton, out) = with_scope(|scope| {
        let mut out = Vec::new();
        (compiled.write_around(scope, &mut out).unwrap().into_value(), out)
    });
    assert_eq!(String::from_utf8_lossy(&out), format!(r#"{{"data":{text},"again":[{text}],"n":1}}"#));
    assert_eq!(skeleton, json!({"data": null, "again": [null], "n": 1}));
    let leaves = compiled.bare_leaves();
    let expected = [("/data", "shown"), ("/again/0", "shown")];
    assert_eq!(leaves, expected.map(|(pointer, name)| (pointer.to_owned(), name.to_owned())));
}

#[test]
fn a_marked_key_is_left_out_when_null() {
    writes(
        json!({"a?": "{{ record.gone }}", "b?": "{{ record.id }}", "c?": null, "d?": "{{ body }}"}),
        r#"{"b":"par_1"}"#,
    );
    writes(json!({"a": 1, "b?": "{{ record.none }}", "c": 2}), r#"{"a":1,"c":2}"#);
    writes(json!({"a?": "{{ record.gone }}"}), "{}");
    writes(json!({"a?": null}), "{}");
    writes(json!({"a?": 1}), r#"{"a":1}"#);
    let compiled = Tree::compile(&json!({"a/b?": "{{ shown }}"}), NAMES).unwrap();
    assert_eq!(compiled.bare_leaves(), [("/a~1b".to_owned(), "shown".to_owned())]);
    let mut out = Vec::new();
    let skeleton = with_scope(|scope| compiled.write_around(scope, &mut out).unwrap().into_value());
    assert_eq!(skeleton, json!({"a/b": null}));
    assert!(out.starts_with(br#"{"a/b":{"b""#));
}

#[test]
fn each_makes_a_list_in_the_authors_order() {
    writes(
        json!({"data": {"$each": "record.items", "$in": {"z": "{{ item.id }}", "a": "{{ index }}", "of": "{{ record.id }}"}}}),
        r#"{"data":[{"z":1,"a":0,"of":"par_1"},{"z":2,"a":1,"of":"par_1"}]}"#,
    );
    writes(json!({"$each": "record.none", "$in": 1}), "[]");
    writes(json!({"$each": "record.tags", "$in": 1}), "[1,1]");
    writes(
        json!({"$each": "record.tags", "$as": "tag", "$in": {"$each": "record.items", "$in": "{{ tag + string(item.id + index) }}"}}),
        r#"[["a1","a3"],["b1","b3"]]"#,
    );
}

#[test]
fn tree_errors_say_where() {
    #[track_caller]
    fn error(tree: Value) -> (String, String) {
        let (pointer, error) = Tree::compile(&tree, NAMES).expect_err("the tree is wrong");
        (pointer, error.message)
    }
    let at = |pointer: &str, message: &str| (pointer.to_owned(), message.to_owned());
    assert_eq!(error(json!({"a": [1, {"b~": "x {{ nope }}"}]})), at("/a/1/b~0", "unknown name `nope`"));
    assert_eq!(error(json!({"a": {"$each": "nope", "$in": 1}})), at("/a/$each", "unknown name `nope`"));
    assert_eq!(error(json!({"$each": "body", "$in": "{{ itm }}"})), at("/$in", "unknown name `itm`"));
    assert_eq!(error(json!({"$each": "body", "$as": "a b", "$in": 1})), at("", "`$as` needs a plain name"));
    assert_eq!(error(json!({"$each": "body"})), at("", "`$each` needs an expression, and `$in` beside it"));
    assert_eq!(error(json!({"$each": "body", "$in": 1, "x": 1})), at("", "`x` beside `$each`"));
    assert_eq!(error(json!({"a": 1, "a?": 1})), at("", "`a` and `a?` are one key"));
    let deep = (0..TREE_DEPTH_MAX).fold(json!(1), |tree, _| json!([tree]));
    assert!(error(deep).1.contains("deeper than"));
}

#[test]
fn after_a_failure_the_output_is_as_it_was() {
    let tree = Tree::compile(&json!({"a": 1, "b": "{{ record.id + 1 }}"}), NAMES).unwrap();
    let mut out = b"before".to_vec();
    let error = with_scope(|scope| tree.write_around(scope, &mut out).unwrap_err());
    assert_eq!(error.expression, "record.id + 1");
    assert_eq!(out, b"before");
}

#[test]
fn each_is_limited() {
    let long: Value = (0..=EACH_ITEMS_MAX).collect();
    let list: Value = (0..1_000).collect();
    let mut scope = Scope::default();
    scope.bind_ref("record", &long);
    scope.bind_ref("body", &list);
    let error = |tree: Value| Tree::compile(&tree, NAMES).unwrap().evaluate(&scope).unwrap_err().message;
    assert!(error(json!({"$each": "record", "$in": 1})).contains("more than 10000"));
    assert!(error(json!({"$each": "body", "$in": {"$each": "body", "$in": 1}})).contains("100000 in all"));
    assert!(error(json!({"$each": "1", "$in": 1})).contains("needs a list"));
}

#[test]
fn names_leave_out_what_each_binds() {
    let tree = json!({"a": {"$each": "body.x", "$in": "{{ item }}{{ index }}{{ record.id }}"}, "b": "{{ record.a + shown.b }}"});
    assert_eq!(Tree::compile(&tree, NAMES).unwrap().names(), ["body", "record", "shown"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_text_never_panics(parts in prop::collection::vec(prop::sample::select(PARTS), 0..12), text in ".{0,12}") {
        let text = parts.concat() + &text;
        if let Ok(template) = Template::compile(&text, NAMES) {
            let _ = with_scope(|scope| template.render(scope));
        }
        let _ = Tree::compile(&json!({"a?": text}), NAMES);
    }
}

const PARTS: &[&str] =
    &["{{", "}}", "{", "}", "'", "\"", "'''", "r'", "\\", "record", ".id", "é", " ", "(", "]", "1", "+"];
