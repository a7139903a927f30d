//! What an expression can see while it is evaluated.

use std::borrow::Cow;
use std::cell::{LazyCell, OnceCell};
use std::sync::Arc;

use serde_json::Value;

/// The names an expression can see while it is evaluated.
#[derive(Debug, Default)]
pub struct Scope<'a> {
    names: Vec<(&'a str, Bound<'a>)>,
    /// Where a name is looked up that is not bound here.
    outer: Option<&'a Scope<'a>>,
    /// Is what is made here shown to callers? See [`Scope::show`].
    shows: bool,
}

/// A bound value: a JSON value, or JSON text that is parsed only when an expression looks inside it.
#[derive(Debug)]
pub enum Bound<'a> {
    Value(Cow<'a, Value>),
    Text {
        json: Cow<'a, str>,
        parsed: OnceCell<Value>,
    },
    Shared(Arc<Value>),
    /// A record that has hidden fields, or a list of such: with all fields, and as callers see it.
    Record {
        whole: Whole,
        visible: Cow<'a, str>,
        parsed: OnceCell<Value>,
    },
}

/// All fields of a record, put together when an expression first looks inside it.
pub type Whole = LazyCell<Arc<Value>, Box<dyn FnOnce() -> Arc<Value>>>;

impl<'a> Scope<'a> {
    /// An empty scope with room for so many names.
    pub fn with_capacity(names: usize) -> Scope<'a> {
        Scope { names: Vec::with_capacity(names), ..Scope::default() }
    }

    /// Binds a name; a later binding of the same name hides the earlier one.
    pub fn bind(&mut self, name: &'a str, value: impl Into<Cow<'a, Value>>) {
        self.names.push((name, Bound::Value(value.into())));
    }

    /// Binds an owned value.
    pub fn bind_owned(&mut self, name: &'a str, value: Value) {
        self.bind(name, Cow::Owned(value));
    }

    /// Binds a value that outlives the scope.
    pub fn bind_ref(&mut self, name: &'a str, value: &'a Value) {
        self.bind(name, Cow::Borrowed(value));
    }

    /// Binds a value that others hold, too.
    pub fn bind_shared(&mut self, name: &'a str, value: Arc<Value>) {
        self.names.push((name, Bound::Shared(value)));
    }

    /// Binds JSON text, known to be well formed.
    pub fn bind_text(&mut self, name: &'a str, json: impl Into<Cow<'a, str>>) {
        self.names.push((name, Bound::Text { json: json.into(), parsed: OnceCell::new() }));
    }

    /// Binds a record, or a list of records, that has hidden fields: the value with them, and the JSON text of what callers may see.
    pub fn bind_record(
        &mut self,
        name: &'a str,
        whole: impl FnOnce() -> Arc<Value> + 'static,
        visible: impl Into<Cow<'a, str>>,
    ) {
        let whole: Whole = LazyCell::new(Box::new(whole));
        self.names.push((name, Bound::Record { whole, visible: visible.into(), parsed: OnceCell::new() }));
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
        let bound = self.bound(name)?;
        let value = if self.shows { bound.visible() } else { bound.value() };
        value.map_err(|error| format!("`{name}` {error}"))
    }

    /// The value that a name's members are looked up in: a record's hidden fields are among them.
    pub(super) fn holder(&self, name: &str) -> Result<&Value, String> {
        match self.bound(name)? {
            Bound::Record { whole, .. } if whole.is_object() => Ok(whole),
            _ => self.value(name),
        }
    }

    /// The JSON text that a name stands for, where there is one.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Bound::Text { json, .. } => Some(json),
            Bound::Record { visible, .. } if self.shows => Some(visible),
            _ => None,
        }
    }

    fn bound(&self, name: &str) -> Result<&Bound<'a>, String> {
        self.get(name).ok_or_else(|| format!("`{name}` is not bound here"))
    }
}

impl Bound<'_> {
    /// The value, parsed on first use; a fragment that fits after the name when the text is not JSON.
    pub fn value(&self) -> Result<&Value, String> {
        match self {
            Bound::Value(value) => Ok(value),
            Bound::Shared(value) => Ok(value),
            Bound::Text { json, parsed } => parse(json, parsed),
            Bound::Record { whole, .. } => Ok(whole),
        }
    }

    /// The value as callers see it.
    pub fn visible(&self) -> Result<&Value, String> {
        match self {
            Bound::Record { visible, parsed, .. } => parse(visible, parsed),
            other => other.value(),
        }
    }
}

fn parse<'v>(json: &str, parsed: &'v OnceCell<Value>) -> Result<&'v Value, String> {
    if let Some(value) = parsed.get() {
        return Ok(value);
    }
    let value = serde_json::from_str(json).map_err(|error| format!("is bound to malformed JSON: {error}"))?;
    Ok(parsed.get_or_init(|| value))
}
