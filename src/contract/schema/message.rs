//! Complaints as sentences for people: `Content must be at most 280 characters`.

use std::borrow::Cow;

use serde_json::Value;

use super::best::{Complaint, Fault};
use crate::contract::violation::Place;
use crate::pointer::unescape;
use crate::words::humanise;

/// More options than this are not spelled out.
const OPTIONS_MAX: usize = 40;

pub fn message(complaint: &Complaint, place: Place) -> String {
    [&name(&complaint.pointer, place), " ", &predicate(&complaint.fault)].concat()
}

/// What is said of the value named.
fn predicate(fault: &Fault) -> Cow<'_, str> {
    Cow::Owned(match fault {
        Fault::Missing => return Cow::Borrowed("is required"),
        Fault::NotAllowed => return Cow::Borrowed("is not allowed"),
        Fault::PatternTooHard => return Cow::Borrowed("is too hard to match against its pattern"),
        Fault::NotUnique => return Cow::Borrowed("must not have equal items"),
        Fault::NothingContained => return Cow::Borrowed("must contain the wanted items"),
        Fault::ManyBranches => return Cow::Borrowed("must match only one of the allowed forms"),
        Fault::BadName => return Cow::Borrowed("is not an allowed name"),
        Fault::Other(what) => return Cow::Borrowed(what),
        Fault::Kind(words) => format!("must be {}", either(words)),
        Fault::NotOneOf(options) => format!("must be {}", one_of(options)),
        Fault::Pattern(pattern) => format!("must match the pattern {pattern}"),
        Fault::LengthMin(limit) => format!("must be at least {}", count(*limit, "character")),
        Fault::LengthMax(limit) => format!("must be at most {}", count(*limit, "character")),
        Fault::ItemsMin(limit) => format!("must have at least {}", count(*limit, "item")),
        Fault::ItemsMax(limit) => format!("must have at most {}", count(*limit, "item")),
        Fault::PropertiesMin(limit) => format!("must have at least {}", properties(*limit)),
        Fault::PropertiesMax(limit) => format!("must have at most {}", properties(*limit)),
        Fault::Minimum(limit) => format!("must be at least {limit}"),
        Fault::Maximum(limit) => format!("must be at most {limit}"),
        Fault::MoreThan(limit) => format!("must be more than {limit}"),
        Fault::LessThan(limit) => format!("must be less than {limit}"),
        Fault::MultipleOf(step) => format!("must be a multiple of {step}"),
    })
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

fn either(words: &[Cow<'static, str>]) -> String {
    match words {
        [] => "another kind of value".to_owned(),
        [only] => only.to_string(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}

fn one_of(options: &[Value]) -> String {
    let listed: Vec<String> = options.iter().take(OPTIONS_MAX).map(shown).collect();
    match (listed.as_slice(), options.len() > OPTIONS_MAX) {
        ([only], _) => only.clone(),
        (listed, false) => format!("one of: {}", listed.join(", ")),
        (listed, true) => format!("one of: {}, and {} more", listed.join(", "), options.len() - OPTIONS_MAX),
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
