//! JSON as it stands, for the validator: parsed values and fields, held against a schema without a copy.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::unique::is_unique;
use jsonschema::json::{Array, Json, Node, NodeIdentity, Object};
use serde_json::{Map, Number, Value, json};

use crate::contract::template::Output;
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
    /// An object or a list: a value stands here as such.
    Output(&'a Output<'a>),
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
    Output(&'a [(&'a str, Output<'a>)]),
    Slot(&'a Slot<'a>),
}

pub enum MembersIter<'a> {
    Map(serde_json::map::Iter<'a>),
    Fields(std::slice::Iter<'a, (std::sync::Arc<str>, Value)>),
    Output(std::slice::Iter<'a, (&'a str, Output<'a>)>),
    Slot(Option<&'a Slot<'a>>),
}

/// The elements of a list, wherever they stand.
#[derive(Debug, Clone, Copy)]
pub enum Elements<'a> {
    Values(&'a [Value]),
    Output(&'a [Output<'a>]),
}

pub enum ElementsIter<'a> {
    Values(std::slice::Iter<'a, Value>),
    Output(std::slice::Iter<'a, Output<'a>>),
}

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

impl<'a> From<&'a Output<'a>> for Instance<'a> {
    fn from(output: &'a Output<'a>) -> Instance<'a> {
        match output {
            Output::Value(value) => Instance::Value(value),
            made => Instance::Output(made),
        }
    }
}

impl<'a> Instance<'a> {
    /// The value, where it is one.
    fn value(self) -> Option<&'a Value> {
        match self {
            Instance::Value(value) => Some(value),
            Instance::Fields(_) | Instance::Output(_) | Instance::Slot(_) => None,
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
            Instance::Output(Output::Object(members)) => Some(Members::Output(members)),
            Instance::Output(_) => None,
            Instance::Slot(slot) => Some(Members::Slot(slot)),
        }
    }

    fn as_array(&self) -> Option<Elements<'a>> {
        match self {
            Instance::Value(Value::Array(elements)) => Some(Elements::Values(elements)),
            Instance::Output(Output::List(elements)) => Some(Elements::Output(elements)),
            _ => None,
        }
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
            Instance::Value(Value::Array(_)) | Instance::Output(Output::List(_)) => JsonType::Array,
            Instance::Value(Value::Object(_)) | Instance::Fields(_) | Instance::Output(_) | Instance::Slot(_) => {
                JsonType::Object
            }
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        match self {
            Instance::Value(value) => Cow::Borrowed(value),
            Instance::Fields(fields) => Cow::Owned(Value::Object(Fields::clone(fields).into_map())),
            Instance::Output(output) => Cow::Owned(Output::clone(output).into_value()),
            // Where a pattern is given up, the validator looks below for the value that it was tried on.
            Instance::Slot(slot) => Cow::Owned(json!({ slot.name: slot.value.to_value() })),
        }
    }

    fn identity(&self) -> Option<NodeIdentity> {
        let address = match self {
            Instance::Value(value) => std::ptr::from_ref(*value).addr(),
            Instance::Fields(fields) => std::ptr::from_ref(*fields).addr(),
            Instance::Output(output) => std::ptr::from_ref(*output).addr(),
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
            Members::Output(members) => members.len(),
            Members::Slot(_) => 1,
        }
    }

    fn get(&self, key: &String) -> Option<Instance<'a>> {
        match self {
            Members::Map(map) => json::member(map, key).map(Instance::Value),
            Members::Fields(fields) => fields.get(key).map(Instance::Value),
            Members::Output(members) => {
                members.iter().find(|(name, _)| name == key).map(|(_, member)| Instance::from(member))
            }
            Members::Slot(slot) => (slot.name == key).then_some(slot.value),
        }
    }

    fn members(&self) -> MembersIter<'a> {
        match self {
            Members::Map(map) => MembersIter::Map(map.iter()),
            Members::Fields(fields) => MembersIter::Fields(fields.as_slice().iter()),
            Members::Output(members) => MembersIter::Output(members.iter()),
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
            MembersIter::Output(members) => members.next().map(|(name, member)| (*name, Instance::from(member))),
            MembersIter::Slot(slot) => slot.take().map(|slot| (slot.name, slot.value)),
        }
    }
}

impl<'a> Array<'a, InPlace> for Elements<'a> {
    type Node = Instance<'a>;
    type ElementsIter = ElementsIter<'a>;

    fn len(&self) -> usize {
        match self {
            Elements::Values(elements) => elements.len(),
            Elements::Output(elements) => elements.len(),
        }
    }

    fn elements(&self) -> ElementsIter<'a> {
        match self {
            Elements::Values(elements) => ElementsIter::Values(elements.iter()),
            Elements::Output(elements) => ElementsIter::Output(elements.iter()),
        }
    }

    fn is_unique(&self) -> bool {
        match self {
            Elements::Values(elements) => is_unique(elements),
            Elements::Output(elements) => {
                is_unique(&elements.iter().cloned().map(Output::into_value).collect::<Vec<_>>())
            }
        }
    }
}

impl<'a> Iterator for ElementsIter<'a> {
    type Item = Instance<'a>;

    fn next(&mut self) -> Option<Instance<'a>> {
        match self {
            ElementsIter::Values(elements) => elements.next().map(Instance::Value),
            ElementsIter::Output(elements) => elements.next().map(Instance::from),
        }
    }
}
