//! What a call may be repeated by.

use http::StatusCode;
use serde_json::Value;

use super::Knowledge;
use crate::audit::observe::Exchange;
use crate::contract::capability::is_idempotent;
use crate::contract::plan::Action;
use crate::contract::vocabulary::RetrySafety;

impl<'c> Knowledge<'c> {
    /// What an operation does; `None` where there is no such one.
    pub(super) fn action(&self, operation: &str) -> Option<&'c Action> {
        let id = self.contract.operations.find(operation)?;
        Some(&self.contract.plan.actions[id.0])
    }

    /// Can this call be sent once more without doing it twice: by what it does, or by the key that it carries? Of an unknown operation its
    /// method tells (RFC 9110, 9.2.2).
    pub fn repeats_safely(&self, exchange: &Exchange) -> bool {
        match exchange.operation.as_deref().and_then(|operation| self.capabilities(operation)) {
            Some(facts) => match facts.retry_safe.value {
                RetrySafety::Always => true,
                RetrySafety::WithKey => self.key_of(exchange).is_some(),
                RetrySafety::Never => false,
            },
            None => is_idempotent(&exchange.method),
        }
    }

    /// Does only a key make this operation safe to repeat?
    pub fn wants_key(&self, operation: &str) -> bool {
        self.capabilities(operation).is_some_and(|facts| facts.retry_safe.value == RetrySafety::WithKey)
    }

    /// The idempotency key that a call carries.
    pub fn key_of<'e>(&self, exchange: &'e Exchange) -> Option<&'e str> {
        let name = self.key_header.as_ref()?;
        exchange.headers.get(name)?.to_str().ok().filter(|key| !key.is_empty())
    }

    /// Does this reply say that the first call with the same key is not answered yet? Told by the service's own error: by its code, or by
    /// its status where that is the error's alone among those about keys.
    pub fn says_in_progress(&self, exchange: &Exchange) -> bool {
        let errors = &self.contract.plan.errors;
        let known = &errors.known;
        let error = &errors.list[known.idempotency_in_progress];
        if exchange.status.as_u16() != error.status || self.key_of(exchange).is_none() {
            return false;
        }
        match error.code.as_ref().and_then(|code| code.constant()) {
            Some(code) if self.is_alone(code) => {
                serde_json::from_slice::<Value>(&exchange.reply_body).is_ok_and(|body| says(&body, code))
            }
            _ => exchange.reply_header("retry-after").is_some(),
        }
    }

    /// Does the service have this code for calls in progress alone?
    fn is_alone(&self, code: &str) -> bool {
        let errors = &self.contract.plan.errors;
        let same = |error: &&crate::contract::plan::ErrorPlan| {
            error.code.as_ref().and_then(|code| code.constant()) == Some(code)
        };
        errors.list.iter().filter(same).count() == 1
    }

    /// Does the operation declare a reply with this status: by itself, by its class (`4XX`) or by `default`? An unknown operation declares
    /// none.
    pub fn declares(&self, operation: &str, status: StatusCode) -> bool {
        let Some(id) = self.contract.operations.find(operation) else { return false };
        let responses = &self.contract.operations.get(id).responses;
        let class = format!("{}XX", status.as_u16() / 100);
        let names = |key: &str| key == status.as_str() || key.eq_ignore_ascii_case(&class) || key == "default";
        responses.keys().any(|key| names(key))
    }
}

/// Does this text stand anywhere in it as a value?
fn says(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text == wanted,
        Value::Array(items) => items.iter().any(|item| says(item, wanted)),
        Value::Object(members) => members.values().any(|member| says(member, wanted)),
        _ => false,
    }
}
