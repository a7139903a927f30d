//! What an expression can see while it is evaluated.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use super::object::{Object, Objects};

/// The names an expression can see while it is evaluated.
#[derive(Debug, Default)]
pub struct Scope<'a> {
    names: Vec<(&'a str, Bound<'a>)>,
    /// Where a name is looked up that is not bound here.
    outer: Option<&'a Scope<'a>>,
    /// Is what is made here shown to callers? See [`Scope::show`].
    shows: bool,
}

/// A bound value: a JSON value, JSON text that is parsed only when an expression looks inside it, or a record of a store.
#[derive(Debug)]
pub enum Bound<'a> {
    Lent(&'a Value),
    Owned(Box<Value>),
    Text { json: Cow<'a, str>, parsed: OnceCell<Box<Value>> },
    Object(Object<'a>),
    Objects(Box<Objects<'a>>),
}

impl<'a> Scope<'a> {
    /// An empty scope with room for so many names.
    pub fn with_capacity(names: usize) -> Scope<'a> {
        Scope { names: Vec::with_capacity(names), ..Scope::default() }
    }

    /// Binds a value that outlives the scope. As with all bindings, a later one of the same name hides the earlier one.
    pub fn bind_ref(&mut self, name: &'a str, value: &'a Value) {
        self.names.push((name, Bound::Lent(value)));
    }

    /// Binds an owned value.
    pub fn bind_owned(&mut self, name: &'a str, value: Value) {
        self.names.push((name, Bound::Owned(Box::new(value))));
    }

    /// Binds JSON text, known to be well formed.
    pub fn bind_text(&mut self, name: &'a str, json: impl Into<Cow<'a, str>>) {
        self.names.push((name, Bound::Text { json: json.into(), parsed: OnceCell::new() }));
    }

    /// Binds a record, whose members are looked up one by one.
    pub fn bind_object(&mut self, name: &'a str, object: Object<'a>) {
        self.names.push((name, Bound::Object(object)));
    }

    /// Binds a list of records.
    pub fn bind_objects(&mut self, name: &'a str, objects: Vec<Object<'a>>) {
        self.names.push((name, Bound::Objects(Box::new(Objects::new(objects)))));
    }

    /// From here on (or no longer) a record stands for what callers may see of it, alone or in a list; a hidden field has to be named:
    /// `record.secret`. So nothing hidden is shown by the way. Gives how it was before.
    pub fn show(&mut self, shows: bool) -> bool {
        std::mem::replace(&mut self.shows, shows)
    }

    pub fn get(&self, name: &str) -> Option<&Bound<'a>> {
        let own = self.names.iter().rev().find(|(candidate, _)| *candidate == name).map(|(_, bound)| bound);
        own.or_else(|| self.outer.and_then(|outer| outer.get(name)))
    }

    /// Every name of its own with its value, in the order of binding: what is needed to bind them all again later.
    pub fn owned(&self) -> Vec<(String, Value)> {
        let values =
            self.names.iter().filter_map(|(name, bound)| Some(((*name).to_owned(), bound.value().ok()?.clone())));
        values.collect()
    }

    /// An empty scope that sees this one's names, too.
    pub fn inner(&self) -> Scope<'_> {
        Scope { names: Vec::new(), outer: Some(self), shows: self.shows }
    }

    /// How many names are bound; with [`Scope::truncate`] it undoes bindings made since.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn truncate(&mut self, len: usize) {
        self.names.truncate(len);
    }

    /// A name's value; a fragment that says why there is none.
    pub(super) fn value(&self, name: &str) -> Result<&Value, String> {
        self.seen(name, self.bound(name)?)
    }

    /// What is bound to a name, as it is seen here.
    pub(super) fn seen<'s>(&self, name: &str, bound: &'s Bound<'_>) -> Result<&'s Value, String> {
        let value = if self.shows { bound.visible() } else { bound.value() };
        value.map_err(|error| format!("`{name}` {error}"))
    }

    /// The list of records that a name stands for: none where some of their fields must not be seen.
    pub(super) fn objects(&self, name: &str) -> Option<&[Object<'a>]> {
        match self.get(name)? {
            Bound::Objects(objects) if !(self.shows && objects.hides()) => Some(&objects.items),
            _ => None,
        }
    }

    /// The JSON text that a name stands for, where there is one.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Bound::Text { json, .. } => Some(json),
            Bound::Object(object) if self.shows || !object.hides() => object.text(),
            Bound::Objects(objects) if self.shows && objects.hides() => Some(objects.text()),
            _ => None,
        }
    }

    /// What is bound to a name; a fragment that says that nothing is.
    pub(super) fn bound(&self, name: &str) -> Result<&Bound<'a>, String> {
        self.get(name).ok_or_else(|| format!("`{name}` is not bound here"))
    }
}

impl Bound<'_> {
    /// The value, parsed on first use; a fragment that fits after the name when the text is not JSON.
    pub fn value(&self) -> Result<&Value, String> {
        match self {
            Bound::Lent(value) => Ok(value),
            Bound::Owned(value) => Ok(value),
            Bound::Text { json, parsed } => parse(json, parsed),
            Bound::Object(object) => Ok(object.whole()),
            Bound::Objects(objects) => Ok(objects.whole()),
        }
    }

    /// The value as callers see it.
    pub fn visible(&self) -> Result<&Value, String> {
        match self {
            Bound::Object(object) => Ok(object.visible()),
            Bound::Objects(objects) => Ok(objects.visible()),
            other => other.value(),
        }
    }
}

fn parse<'v>(json: &str, parsed: &'v OnceCell<Box<Value>>) -> Result<&'v Value, String> {
    if let Some(value) = parsed.get() {
        return Ok(value);
    }
    let value = serde_json::from_str(json).map_err(|error| format!("is bound to malformed JSON: {error}"))?;
    Ok(parsed.get_or_init(|| Box::new(value)))
}
