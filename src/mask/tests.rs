use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{MASKED, Mask, SECRET_BYTES_MIN};

fn mask(secrets: &[&str]) -> Mask {
    let mut mask = Mask::default();
    secrets.iter().for_each(|secret| mask.learn(secret));
    mask
}

#[track_caller]
fn check(secrets: &[&str], text: &str, expected: &str) {
    assert_eq!(mask(secrets).apply(text), expected);
}

#[test]
fn secrets_are_masked_wherever_they_stand() {
    check(
        &["sk_secret_1"],
        "Authorization: Bearer sk_secret_1, again sk_secret_1.",
        "Authorization: Bearer ***, again ***.",
    );
    check(&["sk_secret_1"], "nothing here", "nothing here");
    check(&[], "sk_secret_1", "sk_secret_1");
}

#[test]
fn the_longest_secret_wins_and_overlapping_ones_go_together() {
    check(&["secret", "secret-key"], "a secret-key and a secret", "a *** and a ***");
    check(&["abcdef123", "def123xyz"], "<abcdef123xyz>", "<***>");
    check(&["ababab"], "xabababababx", "x***x");
}

#[test]
fn encoded_forms_are_masked_too() {
    let secret = "p&s \"w\\/ö'<";
    for written in [
        "p%26s%20%22w%5C%2F%C3%B6%27%3C",
        "p%26s%20%22w%5c%2f%c3%b6%27%3c",
        "p%26s+%22w%5C%2F%C3%B6%27%3C",
        r#"p&s \"w\\/ö'<"#,
        r#"p&s \"w\\\/ö'<"#,
        r#"p&s \\\"w\\\\/ö'<"#,
        "p&amp;s &quot;w\\/ö&#39;&lt;",
        "cCZzICJ3XC/DticiPA",
    ] {
        let written = if written.starts_with("cC") { STANDARD.encode(secret) } else { written.to_owned() };
        check(&[secret], &format!("[{written}]"), "[***]");
    }
}

#[test]
fn a_secret_inside_of_longer_base64_is_masked() {
    for user in ["", "a", "ab", "abc", "someone"] {
        let token = STANDARD.encode(format!("{user}:correct horse battery:x"));
        let masked = mask(&["correct horse battery"]).apply(&token).into_owned();
        assert!(masked.contains(MASKED), "{token} became {masked}");
        let rest: String = masked.replace(MASKED, "");
        assert!(token.len() - rest.len() >= 26, "too much is left of {token}: {masked}");
    }
}

#[test]
fn short_values_are_no_secrets() {
    check(&["abc", "", "12345"], "abc 12345", "abc 12345");
    assert_eq!(SECRET_BYTES_MIN, 6);
    check(&["123456"], "123456", "***");
}

#[test]
fn short_secrets_that_were_declared_are_masked_as_whole_words() {
    let mut mask = Mask::default();
    ["a1b2", "***", "x", "longer-one"].iter().for_each(|secret| mask.learn_declared(secret));
    assert_eq!(mask.apply("k: a1b2, \"a1b2\" a1b2c _a1b2 x longer-ones ***"), "k: ***, \"***\" a1b2c _a1b2 x ***s ***");
}

#[test]
fn a_mask_that_would_make_up_a_secret_is_masked_again() {
    check(&["***abc", "secret-1"], "secret-1abc", "***");
}

/// The text in all strings of a value, decoded.
fn strings(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(strings).collect::<Vec<_>>().join("\n"),
        Value::Object(fields) => fields.values().map(strings).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

proptest! {
    #[test]
    fn no_secret_leaks_in_any_form(
        secrets in prop::collection::vec("[ -~é\n]{6,20}", 1..4),
        around in prop::collection::vec("[ -~é]{0,10}", 5),
        pick in 0_usize..4,
    ) {
        let mask = mask(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
        let secret = &secrets[pick % secrets.len()];
        let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let text = format!("{}{secret}{}{percent}{}{form}{}", around[0], around[1], around[2], around[3]);
        let masked = mask.apply(&text);
        for secret in &secrets {
            prop_assert!(!masked.contains(secret.as_str()), "{secret} is in {masked}");
        }
        prop_assert!(!masked.contains(&percent));
        prop_assert!(!masked.contains(&form));
        prop_assert!(!mask.apply(&STANDARD.encode(secret)).contains(&STANDARD.encode(secret)));
        prop_assert!(!mask.apply(&URL_SAFE_NO_PAD.encode(secret)).contains(&URL_SAFE_NO_PAD.encode(secret)));
        let document = json!({ "a": [format!("{}{secret}{}", around[0], around[4])] });
        let written = mask.apply(&document.to_string()).into_owned();
        prop_assert!(!written.contains(secret.as_str()));
        if let Ok(read) = serde_json::from_str::<Value>(&written) {
            prop_assert!(!strings(&read).contains(secret.as_str()));
        }
    }

    #[test]
    fn text_without_a_secret_is_left_alone(text in "[a-m ]{0,40}") {
        prop_assert_eq!(mask(&["zzzzzzzz", "nopqrstu"]).apply(&text), text.as_str());
    }
}
