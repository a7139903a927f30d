//! Complaints as sentences for people: `Content must be at most 280 characters`.

use serde_json::Value;

use super::best::{Complaint, Fault};
use crate::contract::violation::Place;

/// More options than this are not spelled out.
const OPTIONS_MAX: usize = 40;

/// Words that are written in capitals wherever they stand.
const ACRONYMS: [&str; 20] = [
    "API", "CPU", "CSS", "CSV", "DNS", "HTML", "HTTP", "HTTPS", "ID", "IP", "JSON", "JWT", "PDF", "SKU", "SMS", "URI",
    "URL", "UTC", "UUID", "XML",
];

pub fn message(complaint: &Complaint, place: Place) -> String {
    let name = name(&complaint.pointer, place);
    match &complaint.fault {
        Fault::Missing => format!("{name} is required"),
        Fault::NotAllowed => format!("{name} is not allowed"),
        Fault::Kind(words) => format!("{name} must be {}", either(words)),
        Fault::NotOneOf(options) => options_message(&name, options),
        Fault::Pattern(pattern) => format!("{name} must match the pattern {pattern}"),
        Fault::PatternTooHard => format!("{name} is too hard to match against its pattern"),
        Fault::LengthMin(limit) => format!("{name} must be at least {}", count(*limit, "character")),
        Fault::LengthMax(limit) => format!("{name} must be at most {}", count(*limit, "character")),
        Fault::ItemsMin(limit) => format!("{name} must have at least {}", count(*limit, "item")),
        Fault::ItemsMax(limit) => format!("{name} must have at most {}", count(*limit, "item")),
        Fault::PropertiesMin(limit) => format!("{name} must have at least {}", properties(*limit)),
        Fault::PropertiesMax(limit) => format!("{name} must have at most {}", properties(*limit)),
        Fault::Minimum(limit) => format!("{name} must be at least {limit}"),
        Fault::Maximum(limit) => format!("{name} must be at most {limit}"),
        Fault::MoreThan(limit) => format!("{name} must be more than {limit}"),
        Fault::LessThan(limit) => format!("{name} must be less than {limit}"),
        Fault::MultipleOf(step) => format!("{name} must be a multiple of {step}"),
        Fault::NotUnique => format!("{name} must not have equal items"),
        Fault::NothingContained => format!("{name} must contain the wanted items"),
        Fault::ManyBranches => format!("{name} must match only one of the allowed forms"),
        Fault::BadName => format!("{name} is not an allowed name"),
        Fault::Other(what) => format!("{name} {what}"),
    }
}

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

/// What a pointer leads to, in words. Items of an array go by their number, counted from one.
fn name(pointer: &str, place: Place) -> String {
    let mut segments = pointer.rsplit('/').filter(|segment| !segment.is_empty());
    let Some(last) = segments.next() else {
        return match place {
            Place::Body => "The body".to_owned(),
            other => format!("The {}", other.word()),
        };
    };
    match last.parse::<usize>() {
        Ok(index) => match segments.find(|segment| segment.parse::<usize>().is_err()) {
            Some(list) => format!("{} item {}", humanise(&unescape(list)), index.saturating_add(1)),
            None => format!("Item {}", index.saturating_add(1)),
        },
        Err(_) => humanise(&unescape(last)),
    }
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
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

fn either(words: &[String]) -> String {
    match words {
        [] => "another kind of value".to_owned(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}

fn options_message(name: &str, options: &[Value]) -> String {
    let listed: Vec<String> = options.iter().take(OPTIONS_MAX).map(shown).collect();
    match (listed.as_slice(), options.len() > OPTIONS_MAX) {
        ([only], _) => format!("{name} must be {only}"),
        (listed, false) => format!("{name} must be one of: {}", listed.join(", ")),
        (listed, true) => {
            format!("{name} must be one of: {}, and {} more", listed.join(", "), options.len() - OPTIONS_MAX)
        }
    }
}

fn shown(option: &Value) -> String {
    match option {
        Value::String(text) if !text.is_empty() => text.clone(),
        other => other.to_string(),
    }
}

fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn properties(number: u64) -> String {
    if number == 1 { "1 property".to_owned() } else { format!("{number} properties") }
}
