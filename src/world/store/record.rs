//! One record: its fields as text, and what the world knows about it.

use std::borrow::Cow;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, OnceLock};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::key::{Key, Keys, Sought};
use super::members;
use crate::fields::Fields;

#[derive(Debug)]
pub struct Record {
    /// The id as text (an integer id in decimal).
    pub id: Arc<str>,
    /// Position in the order of creation within the collection; never reused.
    pub seq: u64,
    /// What callers may see, as compact JSON in the field order given.
    pub json: Box<str>,
    /// Fields that callers never see in an ordinary reply.
    pub hidden: Option<Box<Fields>>,
    /// When it entered its present state.
    pub since: i64,
    /// Counts entries into states; due work planned for an earlier entry is void.
    pub entry: u32,
    /// Bit n: found valid against the n-th schema it is shown under (the engine's memo).
    pub checked: AtomicU32,
    /// The parsed fields of records that are looked at on every call (credentials).
    pub(super) memo: OnceLock<Arc<Value>>,
}

impl Record {
    /// The visible fields.
    pub fn visible(&self) -> Fields {
        self.parsed()
    }

    /// All fields, hidden ones last.
    pub fn value(&self) -> Value {
        let mut fields: Map<String, Value> = self.parsed();
        for (name, value) in self.hidden.iter().flat_map(|hidden| hidden.as_slice()) {
            // A hidden field of a visible one's name wins, and stands last like its kind.
            fields.shift_remove(&**name);
            fields.insert(name.to_string(), value.clone());
        }
        Value::Object(fields)
    }

    /// All fields, parsed once and kept: for the few records that are looked at on every call.
    pub fn memo(&self) -> &Arc<Value> {
        self.memo.get_or_init(|| Arc::new(self.value()))
    }

    /// One field, hidden or visible, without parsing the others.
    pub fn field(&self, name: &str) -> Option<Cow<'_, Value>> {
        match self.hidden_field(name) {
            Some(value) => Some(Cow::Borrowed(value)),
            None => serde_json::from_str(members::find(&self.json, name)?).ok().map(Cow::Owned),
        }
    }

    /// Does a field equal the value or, where it holds an array, contain it? A missing field is null.
    pub fn has(&self, name: &str, value: &Value) -> bool {
        if value.is_array() {
            let contains = |found: &Value| found.as_array().is_some_and(|elements| elements.contains(value));
            return self.field(name).is_some_and(|found| *found == *value || contains(&found));
        }
        let sought = Sought::of(value);
        self.keys(name).as_slice().iter().any(|key| sought.order(key).is_eq())
    }

    /// What a field is compared by.
    pub(super) fn keys(&self, field: &str) -> Keys {
        match self.hidden_field(field) {
            Some(value) => Keys::of(Some(value)),
            None => Keys::of_text(members::find(&self.json, field)),
        }
    }

    /// What a sort by a field places the record by.
    pub(super) fn sort_key(&self, field: &str) -> Key {
        self.keys(field).least()
    }

    fn hidden_field(&self, name: &str) -> Option<&Value> {
        self.hidden.as_ref().and_then(|hidden| hidden.get(name))
    }

    fn parsed<F: DeserializeOwned + FromIterator<(String, Value)>>(&self) -> F {
        // A value nested as deeply as a parser allows exceeds that depth once it stands in a field; each field for itself does not.
        serde_json::from_str(&self.json).unwrap_or_else(|_| {
            let parsed = members::each(&self.json).filter_map(|(name, value)| {
                let name = serde_json::from_str(name).ok()?;
                Some((name, serde_json::from_str(value).unwrap_or(Value::Null)))
            });
            parsed.collect()
        })
    }
}
