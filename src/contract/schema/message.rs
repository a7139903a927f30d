//! Complaints as sentences for people: `Content must be at most 280 characters`.

use std::borrow::Cow;
use std::fmt::{self, Write};

use serde_json::Value;

use super::best::{Complaint, Fault};
use crate::contract::violation::Place;
use crate::pointer::unescape;
use crate::words::humanise;

/// More options than this are not spelled out.
const OPTIONS_MAX: usize = 40;

pub fn message(complaint: &Complaint, place: Place) -> String {
    let mut text = name(&complaint.pointer, place);
    text.push(' ');
    // Writing to a string cannot fail.
    let _ = say(&complaint.fault, &mut text);
    text
}

/// What is said of the value named.
fn say(fault: &Fault, out: &mut String) -> fmt::Result {
    match fault {
        Fault::Missing => out.write_str("is required"),
        Fault::NotAllowed => out.write_str("is not allowed"),
        Fault::Kind(words) => out.write_str("must be ").and_then(|()| out.write_str(&either(words))),
        Fault::NotOneOf(options) => out.write_str("must be ").and_then(|()| out.write_str(&one_of(options))),
        Fault::Pattern(pattern) => out.write_str("must match the pattern ").and_then(|()| out.write_str(pattern)),
        Fault::PatternTooHard => out.write_str("is too hard to match against its pattern"),
        Fault::LengthMin(limit) => write!(out, "must be at least {}", Count(*limit, "character")),
        Fault::LengthMax(limit) => write!(out, "must be at most {}", Count(*limit, "character")),
        Fault::ItemsMin(limit) => write!(out, "must have at least {}", Count(*limit, "item")),
        Fault::ItemsMax(limit) => write!(out, "must have at most {}", Count(*limit, "item")),
        Fault::PropertiesMin(limit) => write!(out, "must have at least {limit} {}", properties(*limit)),
        Fault::PropertiesMax(limit) => write!(out, "must have at most {limit} {}", properties(*limit)),
        Fault::Minimum(limit) => write!(out, "must be at least {limit}"),
        Fault::Maximum(limit) => write!(out, "must be at most {limit}"),
        Fault::MoreThan(limit) => write!(out, "must be more than {limit}"),
        Fault::LessThan(limit) => write!(out, "must be less than {limit}"),
        Fault::MultipleOf(step) => write!(out, "must be a multiple of {step}"),
        Fault::NotUnique => out.write_str("must not have equal items"),
        Fault::NothingContained => out.write_str("must contain the wanted items"),
        Fault::ManyBranches => out.write_str("must match only one of the allowed forms"),
        Fault::BadName => out.write_str("is not an allowed name"),
        Fault::Other(what) => out.write_str(what),
    }
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

fn either(words: &[Cow<'static, str>]) -> Cow<'static, str> {
    match words {
        [] => Cow::Borrowed("another kind of value"),
        [only] => only.clone(),
        [init @ .., last] => Cow::Owned(format!("{} or {last}", init.join(", "))),
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

/// How many of something that is named with an `s` where there are several.
struct Count(u64, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(out, "{} {}{plural}", self.0, self.1)
    }
}

fn properties(number: u64) -> &'static str {
    if number == 1 { "property" } else { "properties" }
}
