//! An object's fields in their order. A record has few: looking through them costs less than hashing their names.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

/// Room of more fields than this is not kept.
const SPARE_FIELDS_MAX: usize = 64;

thread_local! {
    /// Room of fields that are gone. Nearly every call puts one object together, and for an allocator room of that size is dear: the one of
    /// glibc tidies up all that was freed since before it gives any.
    static SPARE: Cell<Vec<(Arc<str>, Value)>> = const { Cell::new(Vec::new()) };
}

/// Fields, each name once. Names are shared with whoever knows them already, so that putting an object together copies none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(Vec<(Arc<str>, Value)>);

impl Fields {
    /// Room for so many fields.
    pub fn with_capacity(fields: usize) -> Fields {
        let mut room = SPARE.take();
        room.reserve(fields);
        Fields(room)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn as_slice(&self) -> &[(Arc<str>, Value)] {
        &self.0
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// Gives a field its value: where it stands, or else as the last one.
    pub fn set(&mut self, name: impl AsRef<str> + Into<Arc<str>>, value: Value) {
        match self.0.iter_mut().find(|(known, _)| **known == *name.as_ref()) {
            Some((_, old)) => *old = value,
            None => self.push(name.into(), value),
        }
    }

    /// Adds a field that is not there yet.
    pub fn push(&mut self, name: Arc<str>, value: Value) {
        self.0.push((name, value));
    }

    /// Adds those members of an object whose names are free.
    pub fn fill(&mut self, object: &Map<String, Value>) {
        // Its own names are all different, and may be many.
        let known = self.0.len();
        for (name, value) in object {
            if !self.0[..known].iter().any(|(known, _)| **known == **name) {
                self.push(name.as_str().into(), value.clone());
            }
        }
    }

    /// Takes a field out; the others keep their order.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| **known != *name);
    }

    /// The same as a JSON object.
    pub fn into_map(mut self) -> Map<String, Value> {
        self.0.drain(..).map(|(name, value)| (name.to_string(), value)).collect()
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        let mut room = std::mem::take(&mut self.0);
        room.clear();
        // A thread that ends keeps nothing.
        let _ = SPARE.try_with(|spare| {
            let known = spare.take();
            let larger = if room.capacity() > known.capacity() { room } else { known };
            spare.set(if larger.capacity() <= SPARE_FIELDS_MAX { larger } else { Vec::new() });
        });
    }
}

/// From fields that have each name once, as a map has.
impl<N: Into<Arc<str>>> FromIterator<(N, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(fields: I) -> Fields {
        Fields(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

/// From text that names each field once, as our own does.
impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some((name, value)) = object.next_entry()? {
                    fields.push(name, value);
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Object)
    }
}
