//! What rules can see of a call.

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use crate::call::Call;
use crate::contract::Contract;
use crate::contract::expression::{Members, Object, Scope, some_of};
use crate::contract::parameter::Arguments;
use crate::world::store::Record;

/// Room for what a scope of a call mostly holds: what is bound here, and what is read and made on the way.
const NAMES_OF_A_CALL: usize = 12;

/// The values behind `call`, `path`, `query`, `header`, `body`, `me` and `now`.
#[derive(Debug, Clone)]
pub struct Inputs {
    pub call: CallFields,
    pub path: Value,
    pub query: Value,
    pub header: Value,
    pub body: Value,
    /// The record of the caller's credential, where credentials are records.
    pub caller: Option<Arc<Record>>,
    pub now: Value,
}

impl Inputs {
    /// Before anything is decoded.
    pub fn new(contract: &Contract, call: &Call, request_id: Value, now: i64) -> Inputs {
        Inputs {
            call: CallFields::of(contract, call, request_id),
            path: Value::Null,
            query: Value::Null,
            header: Value::Null,
            body: Value::Null,
            caller: None,
            now: Value::from(now),
        }
    }

    pub fn arguments(&mut self, arguments: Arguments) {
        self.path = Value::Object(arguments.path);
        self.query = Value::Object(arguments.query);
        self.header = Value::Object(arguments.header);
    }

    /// The caller's record with all its fields, or null.
    pub fn me(&self) -> &Value {
        self.caller.as_ref().map_or(&Value::Null, |record| record.memo())
    }

    /// What rules see before anything else is read.
    pub fn scope(&self) -> Scope<'_> {
        let mut scope = Scope::with_capacity(NAMES_OF_A_CALL);
        scope.bind_object("call", Object::lent(&self.call));
        scope.bind_ref("path", &self.path);
        scope.bind_ref("query", &self.query);
        scope.bind_ref("header", &self.header);
        scope.bind_ref("body", &self.body);
        match &self.caller {
            Some(record) => scope.bind_object("me", Object::known(record.clone(), record.memo().clone())),
            None => scope.bind_ref("me", &Value::Null),
        }
        scope.bind_ref("now", &self.now);
        scope
    }
}

/// What `call` has, made only where a rule looks at it: most do not, and every call would pay for it.
#[derive(Debug, Clone)]
pub struct CallFields {
    id: Value,
    method: Method,
    path: String,
    query: Option<String>,
    origin: String,
    /// The API's own base path.
    base: Arc<str>,
}

impl CallFields {
    pub fn of(contract: &Contract, call: &Call, id: Value) -> CallFields {
        CallFields {
            id,
            method: call.method.clone(),
            path: call.path.clone(),
            query: call.query.clone(),
            origin: call.origin.clone(),
            base: contract.operations.base.clone(),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        let CallFields { path, origin, .. } = self;
        Some(match (name, &self.query) {
            ("method", _) => self.method.to_string(),
            ("path", _) => path.clone(),
            ("base", _) => format!("{origin}{}", self.base),
            ("url", Some(query)) => format!("{origin}{path}?{query}"),
            ("url", None) => format!("{origin}{path}"),
            ("origin", _) => origin.clone(),
            _ => return None,
        })
    }
}

impl Members for CallFields {
    fn member(&self, name: &str) -> Option<Cow<'_, Value>> {
        if name == "id" {
            return Some(Cow::Borrowed(&self.id));
        }
        self.text(name).map(|text| Cow::Owned(Value::from(text)))
    }

    fn whole(&self) -> Value {
        some_of(self, &["id", "method", "path", "base", "url", "origin"])
    }
}
