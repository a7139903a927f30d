//! Words for people: names turned into text, the nearest known word to a misspelled one, values by their kind, long texts cut.

use std::borrow::Cow;

use serde_json::Value;

/// Words that are written in capitals wherever they stand.
const ACRONYMS: [&str; 20] = [
    "API", "CPU", "CSS", "CSV", "DNS", "HTML", "HTTP", "HTTPS", "ID", "IP", "JSON", "JWT", "PDF", "SKU", "SMS", "URI",
    "URL", "UTC", "UUID", "XML",
];

/// The longest of them.
const ACRONYM_BYTES_MAX: usize = 5;

/// A field's name in words: `channelId` is `Channel ID`, `per_page` is `Per page`.
pub fn humanise(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for word in words(name) {
        if !text.is_empty() {
            text.push(' ');
        }
        push_cased(word, &mut text);
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
fn words(name: &str) -> impl Iterator<Item = &str> {
    let separates = |character| matches!(character, '_' | '-' | ' ' | '.' | '[' | ']' | '/' | ':' | '$' | '@');
    let parts = name.split(separates).filter(|part| !part.is_empty());
    parts.flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            let (word, others) = rest.split_at(word_end(rest));
            rest = others;
            (!word.is_empty()).then_some(word)
        })
    })
}

/// Where the first word of a text without separators ends.
fn word_end(text: &str) -> usize {
    let mut before: Option<char> = None;
    for (at, character) in text.char_indices() {
        if character.is_uppercase() && before.is_some_and(|before| starts_hump(before, &text[at..])) {
            return at;
        }
        before = Some(character);
    }
    text.len()
}

/// Does a word start with the capital that follows this character?
fn starts_hump(before: char, capital: &str) -> bool {
    let mut following = capital.chars().skip(1);
    let (next, after_next) = (following.next(), following.next());
    // `IDs` and `URLs` are one word: their last capital is followed by a lone `s`.
    let plural = next == Some('s') && after_next.is_none_or(|after| !after.is_lowercase());
    before.is_lowercase()
        || before.is_ascii_digit()
        || before.is_uppercase() && next.is_some_and(char::is_lowercase) && !plural
}

/// Appends a word as it is written; the first of a text begins with a capital.
fn push_cased(word: &str, text: &mut String) {
    let acronym = |word: &str| {
        if word.len() > ACRONYM_BYTES_MAX {
            return None;
        }
        ACRONYMS.iter().find(|acronym| acronym.eq_ignore_ascii_case(word))
    };
    if let Some(acronym) = acronym(word) {
        return text.push_str(acronym);
    }
    if let Some(singular) = word.strip_suffix(['s', 'S']).and_then(acronym) {
        text.push_str(singular);
        return text.push('s');
    }
    let start = text.len();
    if word.is_ascii() {
        text.push_str(word);
        text[start..].make_ascii_lowercase();
        if start == 0 {
            text[..1].make_ascii_uppercase();
        }
        return;
    }
    let lower = word.to_lowercase();
    let mut rest = lower.chars();
    if start == 0 {
        text.extend(rest.next().into_iter().flat_map(char::to_uppercase));
    }
    text.push_str(rest.as_str());
}

/// Bytes in hexadecimal, lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{ACRONYM_BYTES_MAX, ACRONYMS, did_you_mean, humanise, shortened};

    #[test]
    fn names_become_words() {
        let cases = [
            ("channelId", "Channel ID"),
            ("per_page", "Per page"),
            ("apiKey", "API key"),
            ("mediaKeys", "Media keys"),
            ("postIds", "Post IDs"),
            ("uuids", "UUIDs"),
            ("HTTPSUrls", "HTTPS URLs"),
            ("Idempotency-Key", "Idempotency key"),
            ("name", "Name"),
            ("", ""),
        ];
        for (name, words) in cases {
            assert_eq!(humanise(name), words);
        }
        assert_eq!(ACRONYMS.iter().map(|acronym| acronym.len()).max(), Some(ACRONYM_BYTES_MAX));
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
