//! What rules can see of a call.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::call::Call;
use crate::contract::Contract;
use crate::contract::expression::Scope;
use crate::contract::parameter::Arguments;

/// The values behind `call`, `path`, `query`, `header`, `body`, `me` and `now`.
#[derive(Debug, Clone)]
pub struct Inputs {
    pub call: Value,
    pub path: Value,
    pub query: Value,
    pub header: Value,
    pub body: Value,
    /// The record of the caller's credential, or null.
    pub me: Value,
    pub now: Value,
}

impl Inputs {
    /// Before anything is decoded.
    pub fn new(contract: &Contract, call: &Call, request_id: Value, now: i64) -> Inputs {
        let base = format!("{}{}", call.origin, contract.operations.base);
        Inputs {
            call: json!({
                "id": request_id,
                "method": call.method.as_str(),
                "path": call.path,
                "origin": call.origin,
                "base": base,
                "url": match &call.query {
                    Some(query) => format!("{}{}?{query}", call.origin, call.path),
                    None => format!("{}{}", call.origin, call.path),
                },
            }),
            path: Value::Null,
            query: Value::Null,
            header: Value::Null,
            body: Value::Null,
            me: Value::Null,
            now: json!(now),
        }
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
        scope.bind("me", Cow::Borrowed(&self.me));
        scope.bind("now", Cow::Borrowed(&self.now));
    }
}
