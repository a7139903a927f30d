//! Words for people: names turned into text, the nearest known word to a misspelled one, values by their kind, long texts cut.

use std::borrow::Cow;

use serde_json::Value;

/// Words that are written in capitals wherever they stand.
const ACRONYMS: [&str; 20] = [
    "API", "CPU", "CSS", "CSV", "DNS", "HTML", "HTTP", "HTTPS", "ID", "IP", "JSON", "JWT", "PDF", "SKU", "SMS", "URI",
    "URL", "UTC", "UUID", "XML",
];

/// A field's name in words: `channelId` is `Channel ID`, `per_page` is `Per page`.
pub fn humanise(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for word in words(name) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&cased(&word, text.is_empty()));
    }
    if text.is_empty() { name.to_owned() } else { text }
}

/// The known word nearest to an unknown one, if it is near enough to be a slip.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const SIMILARITY_MIN: f64 = 0.8;
    let scored = known.into_iter().map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    let best = scored.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(score, _)| *score >= SIMILARITY_MIN).map(|(_, candidate)| candidate)
}

/// The kind of a JSON value: `an object`.
pub fn kind_in_words(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The kind of a value as the author of a file sees it: `a list`.
pub fn written_kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "a list",
        other => kind_in_words(other),
    }
}

/// The last place at or before this byte where a character starts.
pub fn boundary_before(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Text as it is, cut where it has more characters than this.
pub fn shortened(text: &str, characters_max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters_max) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// Splits at separators, at `aB`, and before the last capital of `HTMLBody`.
fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (index, character) in characters.iter().enumerate() {
        if matches!(character, '_' | '-' | ' ' | '.' | '[' | ']' | '/' | ':' | '$' | '@') {
            words.push(String::new());
            continue;
        }
        let before = index.checked_sub(1).map(|before| characters[before]);
        let after = characters.get(index + 1);
        let starts_hump = character.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || before.is_uppercase()
                        && after.is_some_and(|after| after.is_lowercase() && !plural_follows(&characters, index))
            });
        if starts_hump {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(*character);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `IDs` and `URLs` are one word: the capital at `index` is followed by a lone `s`.
fn plural_follows(characters: &[char], index: usize) -> bool {
    characters.get(index + 1) == Some(&'s') && characters.get(index + 2).is_none_or(|after| !after.is_lowercase())
}

fn cased(word: &str, first: bool) -> String {
    let upper = word.to_uppercase();
    if ACRONYMS.contains(&upper.as_str()) {
        return upper;
    }
    if let Some(singular) = upper.strip_suffix('S').filter(|singular| ACRONYMS.contains(singular)) {
        return format!("{singular}s");
    }
    let lower = word.to_lowercase();
    if !first {
        return lower;
    }
    let mut characters = lower.chars();
    match characters.next() {
        Some(initial) => initial.to_uppercase().chain(characters).collect(),
        None => lower,
    }
}

/// Bytes in hexadecimal, lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, humanise, shortened};

    #[test]
    fn names_become_words() {
        let cases = [
            ("channelId", "Channel ID"),
            ("per_page", "Per page"),
            ("apiKey", "API key"),
            ("mediaKeys", "Media keys"),
            ("postIds", "Post IDs"),
            ("Idempotency-Key", "Idempotency key"),
            ("name", "Name"),
            ("", ""),
        ];
        for (name, words) in cases {
            assert_eq!(humanise(name), words);
        }
    }

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        assert_eq!(did_you_mean("lifecylce", ["lifecycle", "limits"]), Some("lifecycle"));
        assert_eq!(did_you_mean("zebra", ["lifecycle", "limits"]), None);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shortened("größer", 6), "größer");
        assert_eq!(shortened("größer", 3), "grö…");
        assert_eq!(shortened("", 0), "");
    }
}
