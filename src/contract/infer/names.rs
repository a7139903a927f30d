//! Names as words: so that `channel_id`, `channelId` and `ChannelID` are one thing, and `posts` is a lot of `post`.

/// The words of a name, lower-case: `APIKeys` gives `api`, `keys`.
pub fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (index, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            finish(&mut words, &mut word);
            continue;
        }
        let previous = index.checked_sub(1).and_then(|at| characters.get(at));
        let after = |distance: usize| characters.get(index + distance).copied();
        // The `s` of `IDs` makes a plural, not a word.
        let plural = after(1) == Some('s') && !after(2).is_some_and(char::is_lowercase);
        let next_is_lower = after(1).is_some_and(char::is_lowercase) && !plural;
        let starts =
            character.is_uppercase() && previous.is_some_and(|previous| !previous.is_uppercase() || next_is_lower);
        if starts {
            finish(&mut words, &mut word);
        }
        word.extend(character.to_lowercase());
    }
    finish(&mut words, &mut word);
    words
}

fn finish(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// The words run together: equal for names that differ in style only.
pub fn flat(name: &str) -> String {
    let mut flat = String::with_capacity(name.len());
    for character in name.chars().filter(|character| character.is_alphanumeric()) {
        match character.is_ascii() {
            true => flat.push(character.to_ascii_lowercase()),
            false => flat.extend(character.to_lowercase()),
        }
    }
    flat
}

/// [`flat`], with the last word in the singular.
pub fn flat_singular(name: &str) -> String {
    let mut words = words(name);
    if let Some(last) = words.pop() {
        words.push(singular(&last));
    }
    words.concat()
}

/// `api`, `key` as `apiKey`.
pub fn camel(words: &[String]) -> String {
    let mut name = String::new();
    for (index, word) in words.iter().enumerate() {
        if index == 0 {
            name.push_str(word);
        } else {
            name.push_str(&capital(word));
        }
    }
    name
}

/// A name as people say it: `apiKey` as `api key`.
pub fn prose(name: &str) -> String {
    words(name).join(" ")
}

/// The prose of a name behind its article: `an api key`.
pub fn one(name: &str) -> String {
    let prose = prose(name);
    let article = if prose.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {prose}")
}

/// The first letter in upper case.
pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The singular of an English noun, for the plurals that occur in paths.
pub fn singular(word: &str) -> String {
    const IRREGULAR: [(&str, &str); 8] = [
        ("people", "person"),
        ("children", "child"),
        ("men", "man"),
        ("women", "woman"),
        ("indices", "index"),
        ("series", "series"),
        ("news", "news"),
        ("movies", "movie"),
    ];
    if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == word) {
        return (*one).to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for ending in ["sses", "shes", "ches", "xes", "zes", "uses"] {
        if word.ends_with(ending) && word.len() > ending.len() {
            let keep = if ending == "uses" && !word.ends_with("tuses") && !word.ends_with("buses") { 1 } else { 2 };
            return word[..word.len() - keep].to_owned();
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 1 && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// `channel` and `id` in the style of another name: `channel_id` beside `created_at`, `channelId` beside `createdAt`.
pub fn in_style_of<'a>(parts: &[String], mut others: impl Iterator<Item = &'a str>) -> String {
    if others.any(|other| other.contains('_')) { parts.join("_") } else { camel(parts) }
}

/// A path into a bound name, as an expression: `path.id`, `path['user-id']`.
pub fn member(of: &str, name: &str) -> String {
    const RESERVED: [&str; 5] = ["in", "true", "false", "null", "as"];
    let mut letters = name.chars();
    let plain = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !RESERVED.contains(&name);
    if plain { format!("{of}.{name}") } else { format!("{of}[{}]", literal(name)) }
}

/// Text as a literal of the expression language.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// `{{ expression }}`.
pub fn leaf(expression: &str) -> serde_json::Value {
    serde_json::Value::String(format!("{{{{ {expression} }}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_style_have_the_same_words() {
        for name in ["apiKeyIds", "api_key_ids", "api-key-ids", "APIKeyIds", "ApiKeyIDs"] {
            assert_eq!(flat_singular(name), "apikeyid", "{name}");
        }
        assert!(words("…").is_empty());
    }

    #[test]
    fn plurals_become_singular_and_singulars_stay() {
        let pairs = [
            ("posts", "post"),
            ("deliveries", "delivery"),
            ("addresses", "address"),
            ("boxes", "box"),
            ("statuses", "status"),
            ("status", "status"),
            ("houses", "house"),
            ("media", "media"),
            ("bus", "bus"),
            ("analysis", "analysis"),
            ("people", "person"),
            ("s", "s"),
            ("", ""),
        ];
        for (many, one) in pairs {
            assert_eq!(singular(many), one);
        }
    }

    #[test]
    fn odd_names_are_quoted_in_expressions() {
        assert_eq!(member("path", "id"), "path.id");
        assert_eq!(member("path", "user-id"), "path['user-id']");
        assert_eq!(member("record", "it's"), "record['it\\'s']");
        assert_eq!(member("record", "in"), "record['in']");
    }
}
