//! JSON as it stands, for the validator: parsed values and fields, held against a schema without a copy.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::unique::is_unique;
use jsonschema::json::{Array, Json, Node, NodeIdentity, Object};
use serde_json::{Map, Number, Value, json};

use crate::fields::Fields;
use crate::json;

/// The representation of JSON that schemas are compiled for.
#[derive(Debug)]
pub struct InPlace;

/// What is held against a schema, or a part of it.
#[derive(Debug, Clone, Copy)]
pub enum Instance<'a> {
    Value(&'a Value),
    Fields(&'a Fields),
    Slot(&'a Slot<'a>),
}

/// An object with one property: how one root schema, which has a property for each schema, is told which of them is meant.
#[derive(Debug)]
pub struct Slot<'a> {
    pub name: &'a str,
    pub value: Instance<'a>,
}

/// The members of an object, wherever they stand.
#[derive(Debug, Clone, Copy)]
pub enum Members<'a> {
    Map(&'a Map<String, Value>),
    Fields(&'a Fields),
    Slot(&'a Slot<'a>),
}

pub enum MembersIter<'a> {
    Map(serde_json::map::Iter<'a>),
    Fields(std::slice::Iter<'a, (std::sync::Arc<str>, Value)>),
    Slot(Option<&'a Slot<'a>>),
}

/// The elements of a list.
#[derive(Debug, Clone, Copy)]
pub struct Elements<'a>(&'a [Value]);

impl<'a> From<&'a Value> for Instance<'a> {
    fn from(value: &'a Value) -> Instance<'a> {
        Instance::Value(value)
    }
}

impl<'a> From<&'a Fields> for Instance<'a> {
    fn from(fields: &'a Fields) -> Instance<'a> {
        Instance::Fields(fields)
    }
}

impl<'a> Instance<'a> {
    /// The value, where it is one.
    fn value(self) -> Option<&'a Value> {
        match self {
            Instance::Value(value) => Some(value),
            Instance::Fields(_) | Instance::Slot(_) => None,
        }
    }
}

impl Json for InPlace {
    type Node<'a> = Instance<'a>;
    type PreparedKey = String;
    type StringBuffer = Value;

    // A look-up hashes its key or goes through the fields: as dear as looking at some keys.
    const KEYS_PER_LOOKUP: usize = 4;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut Value, string: &str, f: impl FnOnce(Instance<'_>) -> T) -> T {
        *buffer = Value::from(string);
        f(Instance::Value(buffer))
    }
}

impl<'a> Node<'a, InPlace> for Instance<'a> {
    type Object = Members<'a>;
    type Array = Elements<'a>;
    type Number = &'a Number;

    fn as_object(&self) -> Option<Members<'a>> {
        match self {
            Instance::Value(Value::Object(map)) => Some(Members::Map(map)),
            Instance::Value(_) => None,
            Instance::Fields(fields) => Some(Members::Fields(fields)),
            Instance::Slot(slot) => Some(Members::Slot(slot)),
        }
    }

    fn as_array(&self) -> Option<Elements<'a>> {
        self.value()?.as_array().map(|elements| Elements(elements))
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        self.value()?.as_str().map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<&'a Number> {
        self.value()?.as_number()
    }

    fn as_boolean(&self) -> Option<bool> {
        self.value()?.as_bool()
    }

    fn is_null(&self) -> bool {
        self.value().is_some_and(Value::is_null)
    }

    fn json_type(&self) -> JsonType {
        match self {
            Instance::Value(Value::Null) => JsonType::Null,
            Instance::Value(Value::Bool(_)) => JsonType::Boolean,
            Instance::Value(Value::Number(_)) => JsonType::Number,
            Instance::Value(Value::String(_)) => JsonType::String,
            Instance::Value(Value::Array(_)) => JsonType::Array,
            Instance::Value(Value::Object(_)) | Instance::Fields(_) | Instance::Slot(_) => JsonType::Object,
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        match self {
            Instance::Value(value) => Cow::Borrowed(value),
            Instance::Fields(fields) => Cow::Owned(Value::Object(Fields::clone(fields).into_map())),
            // Where a pattern is given up, the validator looks below for the value that it was tried on.
            Instance::Slot(slot) => Cow::Owned(json!({ slot.name: slot.value.to_value() })),
        }
    }

    fn identity(&self) -> Option<NodeIdentity> {
        let address = match self {
            Instance::Value(value) => std::ptr::from_ref(*value).addr(),
            Instance::Fields(fields) => std::ptr::from_ref(*fields).addr(),
            Instance::Slot(slot) => std::ptr::from_ref(*slot).addr(),
        };
        Some(NodeIdentity::new(address))
    }
}

impl<'a> Object<'a, InPlace> for Members<'a> {
    type Node = Instance<'a>;
    type MemberName = &'a str;
    type MembersIter = MembersIter<'a>;

    fn len(&self) -> usize {
        match self {
            Members::Map(map) => map.len(),
            Members::Fields(fields) => fields.as_slice().len(),
            Members::Slot(_) => 1,
        }
    }

    fn get(&self, key: &String) -> Option<Instance<'a>> {
        match self {
            Members::Map(map) => json::member(map, key).map(Instance::Value),
            Members::Fields(fields) => fields.get(key).map(Instance::Value),
            Members::Slot(slot) => (slot.name == key).then_some(slot.value),
        }
    }

    fn members(&self) -> MembersIter<'a> {
        match self {
            Members::Map(map) => MembersIter::Map(map.iter()),
            Members::Fields(fields) => MembersIter::Fields(fields.as_slice().iter()),
            Members::Slot(slot) => MembersIter::Slot(Some(slot)),
        }
    }
}

impl<'a> Iterator for MembersIter<'a> {
    type Item = (&'a str, Instance<'a>);

    fn next(&mut self) -> Option<(&'a str, Instance<'a>)> {
        match self {
            MembersIter::Map(members) => members.next().map(|(name, value)| (name.as_str(), Instance::Value(value))),
            MembersIter::Fields(members) => members.next().map(|(name, value)| (&**name, Instance::Value(value))),
            MembersIter::Slot(slot) => slot.take().map(|slot| (slot.name, slot.value)),
        }
    }
}

impl<'a> Array<'a, InPlace> for Elements<'a> {
    type Node = Instance<'a>;
    type ElementsIter = std::iter::Map<std::slice::Iter<'a, Value>, fn(&'a Value) -> Instance<'a>>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn elements(&self) -> Self::ElementsIter {
        self.0.iter().map(Instance::Value)
    }

    fn is_unique(&self) -> bool {
        is_unique(self.0)
    }
}
