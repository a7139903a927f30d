//! Our parser against that of the `cel` crate, which ANTLR made from the grammar of CEL: both take a text and see the same in it, or both
//! refuse it. Where we differ on purpose, a [`Refused`] or a test of its own says so.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use super::parser;
use super::shape::{Refused, written, written_by_crate};
use crate::contract::expression::EXPRESSION_BYTES_MAX;

/// What the crate sees in a text; `None` where it is no expression.
fn crates(text: &str) -> Option<Result<String, Refused>> {
    static ENVIRONMENT: LazyLock<cel::Env> = LazyLock::new(cel::Env::default);
    let program = ENVIRONMENT.compile(text).ok()?;
    Some(written_by_crate(program.expression()))
}

/// Whether the text is an expression; a message where we and the crate differ.
fn compare(text: &str) -> Result<bool, String> {
    let ours = parser::parse(text);
    if let Err(error) = &ours
        && !text.is_char_boundary(error.offset)
    {
        return Err(format!("{text:?}: {error} points into nothing"));
    }
    let ours = ours.map(|term| written(&term));
    let crates = crates(text);
    match (&ours, &crates) {
        (Ok(ours), Some(Ok(crates))) if ours == crates => Ok(true),
        (Err(_), None | Some(Err(_))) => Ok(false),
        _ => Err(format!("{text:?}: we {ours:?}, the crate {crates:?}")),
    }
}

#[track_caller]
fn agree(text: &str) {
    compare(text).unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn what_we_refuse_on_purpose_is_refused_with_its_reason() {
    let cases = [
        ("T{}", Refused::Message),
        ("a.b.T{c: 1, ?d: 2,}", Refused::Message),
        ("[T{}]", Refused::Message),
        ("b'a'", Refused::ByteText),
        ("a + BR'''a'''", Refused::ByteText),
        (".a", Refused::LeadingDot),
        ("1 + .f(2)", Refused::LeadingDot),
    ];
    for (text, refused) in cases {
        assert_eq!(crates(text), Some(Err(refused)), "{text}");
        assert_eq!(parser::parse(text).expect_err(text).message, refused.complaint(), "{text}");
    }
}

/// The crate stops where 96 brackets and conditionals together are under way. We bound how many brackets are open and how many levels the
/// tree has, each for itself.
#[test]
fn conditionals_inside_many_parentheses_are_taken() {
    let text = "(".repeat(50) + &"a ? b : ".repeat(50) + "c" + &")".repeat(50);
    assert_eq!(crates(&text), None);
    assert!(parser::parse(&text).is_ok());
}

#[test]
fn levels_are_counted_alike_in_every_chain() {
    for link in [".b", ".?b", "[0]", "[?'b']", ".f()", "+1", " == 1"] {
        let chain = |links: usize| "a".to_owned() + &link.repeat(links);
        agree(&chain(63));
        refused_as_too_deep(&chain(64));
    }
    for (open, close) in [("[", "]"), ("{'a': ", "}"), ("f(", ")"), ("!(", ")"), ("b[", "]"), ("true ? 1 : ", "")] {
        let nest = |levels: usize| open.repeat(levels) + "a" + &close.repeat(levels);
        agree(&nest(63));
        refused_as_too_deep(&nest(64));
    }
    let grouped = |levels: usize| "(".repeat(levels) + "a" + &")".repeat(levels);
    agree(&grouped(64));
    refused_as_too_deep(&grouped(65));
    agree(&("!".repeat(3_000) + "a"));
    agree(&format!("a == '{}' // {}", "(".repeat(100), "[".repeat(100)));
}

#[track_caller]
fn refused_as_too_deep(text: &str) {
    let error = parser::parse(text).expect_err(text);
    assert!(error.message.contains("nested deeper than 64 levels"), "{text}: {error}");
}

/// Every text of the shipped overlays, whatever it is for, and every expression in it.
#[test]
fn we_agree_on_the_shipped_documents() {
    let mut texts = BTreeSet::new();
    for folder in entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("spec")).into_iter().filter(|path| path.is_dir())
    {
        for overlay in entries(&folder).iter().filter(|path| path.to_string_lossy().ends_with("overlay.yaml")) {
            let overlay = std::fs::read_to_string(overlay).expect("an overlay is text");
            collect(&serde_saphyr::from_str(&overlay).expect("an overlay is YAML"), &mut texts);
        }
    }
    let taken = texts.iter().filter(|text| compare(text).unwrap_or_else(|difference| panic!("{difference}"))).count();
    assert!(taken > 500, "the overlays have more than {taken} expressions");
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

fn collect(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.len() <= EXPRESSION_BYTES_MAX => {
            let inner = text.split("{{").skip(1).filter_map(|part| part.split("}}").next());
            texts.extend(inner.map(str::to_owned));
            texts.insert(text.clone());
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, texts)),
        Value::Object(map) => map.values().for_each(|value| collect(value, texts)),
        _ => {}
    }
}

const NAMES: &[&str] = &["a", "b", "record", "_x1", "size", "r", "in1", "orValue", "map"];
const NUMBERS: &[&str] =
    &["0", "1", "042", "9223372036854775807", "0x1F", "0x7fffffffffffffff", "1u", "0xAu", "1.5", ".5", "1e3", "2.5E-3"];
const TEXTS: &[&str] = &[
    "''",
    "'a'",
    "\"it's\"",
    r"'\''",
    r"'\n\x41\u00e9\U0001F431\101\?'",
    r"r'\d'",
    r#"R"""a"b\""""#,
    "'''a\r\n'b'''",
    "'é'",
];
/// What has the form of a value and is none.
const ODD: &[&str] = &["as", "9223372036854775808", "18446744073709551616u", "1e400", r"'\ud800'", "b'a'", "T{}", ".a"];
const WORDS: &[&str] = &["true", "false", "null"];
const BINARY: &[&str] = &["||", "&&", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"];
const SPACES: &[&str] = &["", " ", " ", " ", "\n", "\t", "// c\n"];
/// What a mutation puts in besides.
const STRAYS: &[&str] = &[
    "(", ")", "[", "]", "{", "}", ",", ":", "?", ".", "!", "-", "=", "&", "'", "\"", "'''", "\\", "`a-b`", "0x", "1e",
    "é", "//", "if", "\u{a0}", "u", "r", "b",
];

type Tokens = Vec<&'static str>;

/// The tokens of an expression: each rule of the grammar, with names and numbers that are none now and then.
fn expression() -> impl Strategy<Value = Tokens> {
    let leaf = prop_oneof![40 => select(NAMES), 20 => select(NUMBERS), 20 => select(TEXTS), 10 => select(WORDS), 1 => select(ODD)];
    leaf.prop_map(|token| vec![token]).prop_recursive(8, 160, 3, |inner| {
        let one = inner.clone();
        let list = prop::collection::vec((any::<bool>(), inner.clone()), 0..3);
        let arguments = prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            4 => (one.clone(), select(BINARY), one.clone()).prop_map(|(left, sign, right)| joined(&[&left, &[sign], &right])),
            1 => (one.clone(), one.clone(), one.clone())
                .prop_map(|(test, then, otherwise)| joined(&[&test, &["?"], &then, &[":"], &otherwise])),
            2 => (select(&["!", "-"][..]), 1..4usize, one.clone())
                .prop_map(|(sign, count, operand)| joined(&[&vec![sign; count], &operand])),
            2 => one.clone().prop_map(|inside| joined(&[&["("], &inside, &[")"]])),
            2 => (one.clone(), any::<bool>(), select(NAMES))
                .prop_map(|(of, optional, name)| joined(&[&of, &["."], mark(optional), &[name]])),
            1 => (one.clone(), any::<bool>(), one.clone())
                .prop_map(|(of, optional, key)| joined(&[&of, &["["], mark(optional), &key, &["]"]])),
            1 => (one, select(NAMES), arguments.clone())
                .prop_map(|(of, name, arguments)| joined(&[&of, &[".", name, "("], &separated(&arguments), &[")"]])),
            1 => (select(NAMES), arguments)
                .prop_map(|(name, arguments)| joined(&[&[name, "("], &separated(&arguments), &[")"]])),
            1 => (list.clone(), any::<bool>()).prop_map(|(parts, comma)| {
                let parts: Vec<Tokens> = parts.iter().map(|(optional, part)| joined(&[mark(*optional), part])).collect();
                joined(&[&["["], &separated(&parts), if comma { &[","] } else { &[] }, &["]"]])
            }),
            1 => (list, inner, any::<bool>()).prop_map(|(keys, value, comma)| {
                let entry = |(optional, key): &(bool, Tokens)| joined(&[mark(*optional), key, &[":"], &value]);
                let entries: Vec<Tokens> = keys.iter().map(entry).collect();
                joined(&[&["{"], &separated(&entries), if comma { &[","] } else { &[] }, &["}"]])
            }),
        ]
    })
}

fn joined(parts: &[&[&'static str]]) -> Tokens {
    parts.concat()
}

fn separated(parts: &[Tokens]) -> Tokens {
    parts.join(&",")
}

fn mark(optional: bool) -> &'static [&'static str] {
    if optional { &["?"] } else { &[] }
}

/// The tokens with white space between them, the same every few tokens.
fn spaced(tokens: &[&str], spaces: &[&str]) -> String {
    let spaces = spaces.iter().cycle();
    tokens.iter().zip(spaces).flat_map(|(token, space)| [*token, *space]).collect()
}

/// One thing done to a token, or to a character of the text.
#[derive(Debug, Clone)]
enum Mutation {
    Delete,
    Repeat,
    Swap,
    Insert(&'static str),
    DeleteCharacter,
}

fn mutation() -> impl Strategy<Value = (Mutation, Index)> {
    let kind = prop_oneof![
        Just(Mutation::Delete),
        Just(Mutation::Repeat),
        Just(Mutation::Swap),
        select(STRAYS).prop_map(Mutation::Insert),
        select(BINARY).prop_map(Mutation::Insert),
        Just(Mutation::DeleteCharacter),
    ];
    (kind, any::<Index>())
}

fn mutated(tokens: &Tokens, spaces: &[&str], mutations: &[(Mutation, Index)]) -> String {
    let mut tokens = tokens.clone();
    let mut without = Vec::new();
    for (mutation, index) in mutations {
        if tokens.is_empty() {
            break;
        }
        let at = index.index(tokens.len());
        match mutation {
            Mutation::Delete => drop(tokens.remove(at)),
            Mutation::Repeat => tokens.insert(at, tokens[at]),
            Mutation::Swap => tokens.swap(at, 0),
            Mutation::Insert(stray) => tokens.insert(at, stray),
            Mutation::DeleteCharacter => without.push(index),
        }
    }
    let mut text: Vec<char> = spaced(&tokens, spaces).chars().collect();
    for index in without {
        if !text.is_empty() {
            text.remove(index.index(text.len()));
        }
    }
    text.into_iter().collect()
}

proptest! {
    // A failure prints the shrunk text, and its seed in PROPTEST_RNG_SEED's form.
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn we_agree_on_expressions_of_the_grammar(
        tokens in expression(),
        spaces in prop::collection::vec(select(SPACES), 1..8),
    ) {
        compare(&spaced(&tokens, &spaces)).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn we_agree_on_what_is_nearly_an_expression(
        tokens in expression(),
        spaces in prop::collection::vec(select(SPACES), 1..8),
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        compare(&mutated(&tokens, &spaces, &mutations)).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn we_agree_on_heaps_of_tokens(tokens in prop::collection::vec(select(HEAP), 0..10)) {
        compare(&tokens.concat()).map_err(TestCaseError::fail)?;
    }
}

const HEAP: &[&str] = &[
    "a", "1", "0x", "1.", ".5", "e3", "u", "-", "!", "'", "\"", "'''", "r'", "\\x41", "\\", "a'", "(", ")", "[", "]",
    "{", "}", ",", ":", "?", ".", "+", "/", "//", "\n", " ", "<", "=", "&&", "||", "in", "true", "as", "`", "é", "\r",
];
