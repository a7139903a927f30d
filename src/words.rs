//! Words for people: names turned into text, and the nearest known word to a misspelled one.

/// Words that are written in capitals.
const CAPITALS: [&str; 10] = ["id", "url", "api", "uri", "ip", "uuid", "html", "json", "http", "sms"];

/// A name of code in words: `channelId` → `Channel ID`, `per_page` → `Per page`, `apiKey` → `API key`.
pub fn humanise(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut previous_lower = false;
    for character in name.chars() {
        if matches!(character, '_' | '-' | '.' | ' ' | '/') {
            previous_lower = false;
            words.push(String::new());
            continue;
        }
        if character.is_uppercase() && previous_lower || words.is_empty() {
            words.push(String::new());
        }
        previous_lower = character.is_lowercase() || character.is_ascii_digit();
        let word = words.last_mut().expect("a word was pushed before the first character");
        word.extend(character.to_lowercase());
    }
    let words = words.into_iter().filter(|word| !word.is_empty()).enumerate().map(|(place, word)| {
        if CAPITALS.contains(&word.as_str()) {
            return word.to_uppercase();
        }
        if let Some(singular) = word.strip_suffix('s').filter(|singular| CAPITALS.contains(singular)) {
            return format!("{}s", singular.to_uppercase());
        }
        if place == 0 { capitalise(&word) } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn capitalise(word: &str) -> String {
    let mut characters = word.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// The known word that is nearest to a misspelled one, if any is near enough.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.into_iter().map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate));
    let limit = (word.chars().count() / 3).max(1) + 1;
    scored.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, humanise};

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
}
