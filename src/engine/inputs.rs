//! What rules can see of a call.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::call::Call;
use crate::contract::Contract;
use crate::contract::expression::{Object, Scope};
use crate::contract::parameter::Arguments;
use crate::world::store::Record;

/// The values behind `call`, `path`, `query`, `header`, `body`, `me` and `now`.
#[derive(Debug, Clone)]
pub struct Inputs {
    pub call: Value,
    pub path: Value,
    pub query: Value,
    pub header: Value,
    pub body: Value,
    /// The record of the caller's credential, or null.
    pub me: Arc<Value>,
    /// The same as callers see it, where it is a record.
    pub caller: Option<Arc<Record>>,
    pub now: Value,
}

impl Inputs {
    /// Before anything is decoded. Of `call` only what shapes say in every reply is there; see [`Inputs::complete`].
    pub fn new(contract: &Contract, call: &Call, request_id: Value, now: i64) -> Inputs {
        let mut known = Map::new();
        known.insert("id".to_owned(), request_id);
        let mut inputs = Inputs {
            call: Value::Object(known),
            path: Value::Null,
            query: Value::Null,
            header: Value::Null,
            body: Value::Null,
            me: Arc::new(Value::Null),
            caller: None,
            now: Value::from(now),
        };
        if contract.plan.shapes.uses_call {
            inputs.complete(contract, call);
        }
        inputs
    }

    /// Fills in the rest of `call`, for rules that look at it: most do not, and every call would pay for it.
    pub fn complete(&mut self, contract: &Contract, call: &Call) {
        let Value::Object(known) = &mut self.call else { return };
        let mut add = |name: &str, text: String| known.insert(name.to_owned(), Value::from(text));
        add("method", call.method.to_string());
        add("path", call.path.clone());
        add("base", format!("{}{}", call.origin, contract.operations.base));
        add(
            "url",
            match &call.query {
                Some(query) => format!("{}{}?{query}", call.origin, call.path),
                None => format!("{}{}", call.origin, call.path),
            },
        );
        add("origin", call.origin.clone());
    }

    pub fn arguments(&mut self, arguments: Arguments) {
        self.path = Value::Object(arguments.path);
        self.query = Value::Object(arguments.query);
        self.header = Value::Object(arguments.header);
    }

    pub fn bind<'a>(&'a self, scope: &mut Scope<'a>) {
        scope.bind("call", Cow::Borrowed(&self.call));
        scope.bind("path", Cow::Borrowed(&self.path));
        scope.bind("query", Cow::Borrowed(&self.query));
        scope.bind("header", Cow::Borrowed(&self.header));
        scope.bind("body", Cow::Borrowed(&self.body));
        match &self.caller {
            Some(record) => scope.bind_object("me", Object::known(record.clone(), self.me.clone())),
            None => scope.bind("me", Cow::Borrowed(&*self.me)),
        }
        scope.bind("now", Cow::Borrowed(&self.now));
    }
}
