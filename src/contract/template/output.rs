//! What a tree came to: its own objects and lists, and at their leaves values that are lent by whoever has them.

use std::borrow::Cow;

use serde_json::Value;

/// The value of a tree. Most are only written and checked, so nothing is copied for them and no map is made.
#[derive(Debug, Clone)]
pub enum Output<'s> {
    Value(Cow<'s, Value>),
    /// Members in the author's order, each name once.
    Object(Vec<(&'s str, Output<'s>)>),
    List(Vec<Output<'s>>),
}

impl Output<'_> {
    pub const NULL: Output<'static> = Output::Value(Cow::Borrowed(&Value::Null));

    pub fn is_null(&self) -> bool {
        matches!(self, Output::Value(value) if value.is_null())
    }

    pub fn into_value(self) -> Value {
        match self {
            Output::Value(value) => value.into_owned(),
            Output::Object(members) => {
                members.into_iter().map(|(name, member)| (name.to_owned(), member.into_value())).collect()
            }
            Output::List(elements) => elements.into_iter().map(Output::into_value).collect(),
        }
    }
}
