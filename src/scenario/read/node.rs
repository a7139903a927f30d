//! A place in a description's tree: its value, where it stands, and how to complain about it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::COMPLAINTS_MAX;
use super::shape::{Kind, Shape};
use crate::contract::diagnostic::locate;
use crate::contract::error::{About, LoadError};
use crate::pointer;
use crate::scenario::finding::Site;
use crate::scenario::model::Version;
use crate::words::{did_you_mean, written_kind};

/// So many complaints are shown to the byte; finding the place means reading the file again.
const LOCATED_MAX: usize = 50;

/// Complaints as they are found; each is kept once, however often a component that it is about is used.
#[derive(Debug, Default)]
pub struct Complaints {
    found: RefCell<Vec<LoadError>>,
    seen: RefCell<BTreeSet<(String, String, String)>>,
    /// For complaints (by index) about a byte of a text value, which one.
    offsets: RefCell<Vec<(usize, usize)>>,
}

impl Complaints {
    pub fn add(&self, error: LoadError) {
        let key = (error.file.clone(), error.pointer.clone(), error.message.clone());
        if !self.is_full() && self.seen.borrow_mut().insert(key) {
            self.found.borrow_mut().push(error);
        }
    }

    /// A complaint about one byte of a text value. The file's text is looked at only when all is told: see [`Complaints::into_errors`].
    pub fn add_at(&self, error: LoadError, at: usize) {
        let before = self.found.borrow().len();
        self.add(error);
        if self.found.borrow().len() > before {
            self.offsets.borrow_mut().push((before, at));
        }
    }

    pub fn extend(&self, errors: impl IntoIterator<Item = LoadError>) {
        errors.into_iter().for_each(|error| self.add(error));
    }

    /// Are there so many that further ones are dropped?
    pub fn is_full(&self) -> bool {
        self.found.borrow().len() >= COMPLAINTS_MAX
    }

    /// All complaints. `texts` gives a file's text, in which the bytes complained of are looked up.
    pub fn into_errors(self, texts: &dyn Fn(&str) -> Option<String>) -> Vec<LoadError> {
        let mut errors = self.found.into_inner();
        for (index, at) in self.offsets.into_inner().into_iter().take(LOCATED_MAX) {
            let error = &mut errors[index];
            if let Some(span) = texts(&error.file).and_then(|text| span(&text, &error.pointer, at)) {
                error.about = About::Text(span);
            }
        }
        errors
    }
}

/// Where a byte of a text value stands in its file: known when the value is written as it is, with or without quotes.
fn span(text: &str, pointer: &str, at: usize) -> Option<std::ops::Range<usize>> {
    let value = locate(text, pointer)?;
    let written = text.get(value.clone())?;
    let quoted = written.starts_with(['"', '\'']);
    let inside = if quoted { written.get(1..written.len().checked_sub(1)?)? } else { written };
    // Escapes and folded lines move what follows them: then the whole value is shown.
    if inside.contains(['\n', '\\']) || quoted && inside.contains("''") {
        return None;
    }
    let start = value.start + usize::from(quoted) + at.min(inside.len());
    let width = text.get(start..)?.chars().next().map_or(0, char::len_utf8);
    Some(start..start + width)
}

/// The description that a node belongs to.
#[derive(Debug)]
pub struct Document<'a> {
    pub file: &'a Arc<str>,
    pub root: &'a Value,
    pub version: Version,
    pub complaints: &'a Complaints,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    pub value: &'a Value,
    pub pointer: String,
    pub document: &'a Document<'a>,
}

impl<'a> Document<'a> {
    pub fn node(&'a self) -> Node<'a> {
        Node { value: self.root, pointer: String::new(), document: self }
    }
}

impl<'a> Node<'a> {
    /// A member of an object. `null` is a value like any other.
    pub fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.value.get(key)?;
        Some(Node { value, pointer: pointer::join(&self.pointer, key), document: self.document })
    }

    /// The elements of a list; none when it is something else.
    pub fn items(&self) -> Vec<Node<'a>> {
        let items = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        let nodes = items.iter().enumerate().map(|(index, value)| Node {
            value,
            pointer: format!("{}/{index}", self.pointer),
            document: self.document,
        });
        nodes.collect()
    }

    /// The elements of the list under a key.
    pub fn items_of(&self, key: &str) -> Vec<Node<'a>> {
        self.get(key).map(|list| list.items()).unwrap_or_default()
    }

    /// The elements of a list that names things of a kind by their ids. One that is no text, or named before, is refused and passed over.
    pub fn ids(&self, kind: &'static str) -> impl Iterator<Item = (Node<'a>, &'a str)> {
        let mut seen: BTreeMap<&'a str, usize> = BTreeMap::new();
        self.items().into_iter().enumerate().filter_map(move |(index, item)| {
            let Value::String(text) = item.value else {
                let message = format!("a {kind} is named by its id, not by {}", written_kind(item.value));
                item.refuse(message, format!("write its `{kind}Id`"));
                return None;
            };
            if let Some(first) = seen.insert(text, index) {
                item.refuse(
                    format!("`{text}` is named twice"),
                    format!("it is number {} of the list already: leave one of them out", first + 1),
                );
                return None;
            }
            Some((item, text.as_str()))
        })
    }

    /// The members of an object in order; none when it is something else.
    pub fn members(&self) -> Vec<(&'a str, Node<'a>)> {
        let members = self.value.as_object().into_iter().flatten();
        let nodes = members.map(|(key, value)| {
            (key.as_str(), Node { value, pointer: pointer::join(&self.pointer, key), document: self.document })
        });
        nodes.collect()
    }

    pub fn members_of(&self, key: &str) -> Vec<(&'a str, Node<'a>)> {
        self.get(key).map(|object| object.members()).unwrap_or_default()
    }

    /// The text under a key; `None` when there is none, or when it is no text, of which [`Node::check`] has complained.
    pub fn text_of(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    pub fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    pub fn site(&self) -> Site {
        Site::new(self.document.file, self.pointer.clone())
    }

    pub fn version(&self) -> Version {
        self.document.version
    }

    /// A complaint about this value, not yet made.
    pub fn error(&self, message: impl Into<String>) -> LoadError {
        LoadError::new(&**self.document.file, self.pointer.clone(), message)
    }

    pub fn refuse(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.document.complaints.add(self.error(message).hint(hint));
    }

    /// Complains about the key that this value stands under.
    pub fn refuse_key(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.document.complaints.add(self.error(message).hint(hint).about_key());
    }

    /// Complains about a word that nobody knows: the nearest known one is the hint, else all of them, when they are few.
    pub fn refuse_unknown<'w>(&self, message: impl Into<String>, word: &str, known: impl IntoIterator<Item = &'w str>) {
        if self.document.complaints.is_full() {
            return;
        }
        let mut error = self.error(message);
        error.hint = nearest(word, &known.into_iter().collect::<Vec<_>>());
        self.document.complaints.add(error);
    }

    /// Holds an object against its table of fields. False when it is no object at all: there is nothing in it to read then.
    pub fn check(&self, shape: &Shape) -> bool {
        let Some(object) = self.value.as_object() else {
            let message = format!("{} must be an object, not {}", shape.what, written_kind(self.value));
            self.refuse(message, format!("its fields are {}", shape.names(self.version())));
            return false;
        };
        for (key, value) in object {
            // Most members are as they should be: no place is made up for a complaint about them.
            let field = shape.field(key).filter(|field| field.since <= self.version());
            if field.is_some_and(|field| field.kind.fits(value) && value.as_str() != Some("")) {
                continue;
            }
            if let Some(member) = self.get(key) {
                self.check_member(shape, key, &member);
            }
        }
        for field in shape.fields.iter().filter(|field| field.required && !object.contains_key(field.name)) {
            // A misspelled field was told already, with this one as what is meant.
            let unknown = object.keys().filter(|key| shape.field(key).is_none());
            let mut meant = unknown.filter_map(|key| did_you_mean(key, shape.known(self.version())));
            if !shape.closed || !meant.any(|meant| meant == field.name) {
                let hint = format!("add `{}: {}`", field.name, field.kind.example());
                self.refuse(format!("{} has no `{}`", shape.what, field.name), hint);
            }
        }
        true
    }

    fn check_member(&self, shape: &Shape, key: &str, member: &Node<'a>) {
        if let Some(field) = shape.field(key) {
            if field.since > self.version() {
                let message = format!("`{key}` of {} is a field of Arazzo 1.1, and this document is 1.0", shape.what);
                member.refuse_key(message, "write `arazzo: 1.1.0` at the top to use it");
            } else {
                member.check_kind(key, field.kind);
            }
            return;
        }
        if let Some(hint) = key.starts_with("x-").then(|| shape.refuse_extension(key)) {
            if let Some(hint) = hint {
                member.refuse_key(format!("unknown field `{key}` in {}", shape.what), hint);
            }
            return;
        }
        if !shape.closed {
            return;
        }
        if self.document.complaints.is_full() {
            return;
        }
        let known: Vec<&str> = shape.known(self.version()).collect();
        let hint = shape.elsewhere(key).map(str::to_owned).or_else(|| nearest(key, &known));
        let hint = hint.unwrap_or_else(|| format!("its fields are {}", shape.names(self.version())));
        member.refuse_key(format!("unknown field `{key}` in {}", shape.what), hint);
    }

    fn check_kind(&self, key: &str, kind: Kind) {
        if kind == Kind::Name && self.value.as_str() == Some("") {
            self.refuse(format!("`{key}` is empty"), "give it a name");
        } else if !kind.fits(self.value) {
            let quote = kind == Kind::Name || kind == Kind::Text;
            let message = format!("`{key}` must be {}, not {}", kind.noun(), written_kind(self.value));
            let error = self.error(message);
            self.document.complaints.add(match self.value {
                Value::Number(_) | Value::Bool(_) if quote => {
                    error.hint(format!("put it in quotes: `\"{}\"`", self.value))
                }
                _ => error,
            });
        }
    }

    /// Complains about elements of this list that stand in it twice.
    pub fn check_unique(&self) {
        let mut seen: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
        if self.value.as_array().is_none_or(|items| items.len() < 2) {
            return;
        }
        for (index, item) in self.items().iter().enumerate() {
            let written = item.value.to_string();
            if let Some(first) = seen.get(&written) {
                item.refuse(
                    format!("this stands in the list twice, first as number {}", first + 1),
                    "leave one of them out",
                );
            } else {
                seen.insert(written, index);
            }
        }
    }
}

/// The nearest word as a hint; all known ones when none is near and they are few.
pub fn nearest(word: &str, known: &[&str]) -> Option<String> {
    const LISTED_MAX: usize = 12;
    if let Some(near) = did_you_mean(word, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    if let Some(same) = known.iter().find(|known| known.eq_ignore_ascii_case(word)) {
        return Some(format!("capitals matter: write `{same}`"));
    }
    match known {
        [] => Some("there are none".to_owned()),
        [only] => Some(format!("known is `{only}`")),
        several if several.len() <= LISTED_MAX => Some(format!("known are {}", listed(several))),
        _ => None,
    }
}

/// `a`, `b` and `c`.
pub fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
