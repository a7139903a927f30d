//! Holds one exchange against the OpenAPI document. Each check is a small function with a code of its own.
//!
//! ```text
//! exchange ──▶ status ──▶ headers ──▶ media ──▶ body ──▶ undeclared ─┐
//!          └─▶ request ─────────────────────────────────────────────┴─▶ findings
//! ```
//!
//! - [`promise`] is what an operation promises, compiled when it is first called; [`outline`] is what a schema names;
//! - [`site`] finds where in the document a promise stands, [`wording`] words its breach;
//! - [`webhook`] holds a delivered payload against the document's `webhooks`.

mod body;
mod headers;
pub(super) mod media;
pub(super) mod outline;
pub(super) mod promise;
mod request;
pub(super) mod site;
mod status;
mod undeclared;
mod webhook;
pub(super) mod wording;

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::exchange::Exchange;
use super::finding::{Finding, Site};
use crate::contract::Contract;
use crate::contract::operation::{Operation, OperationId};
use outline::Outlines;
use promise::Promise;
use webhook::Webhooks;

/// All that is compiled of a contract for checks, each part when it is first needed. Shared by all threads of a run.
#[derive(Debug)]
pub struct Checker {
    promises: Vec<OnceLock<Promise>>,
    webhooks: OnceLock<Webhooks>,
    outlines: Outlines,
}

/// What every check needs to know.
struct Scope<'a> {
    checker: &'a Checker,
    contract: &'a Contract,
    step: &'a Site,
    closed_objects: bool,
}

/// What the checks of an exchange need beside that.
struct Called<'a> {
    scope: Scope<'a>,
    operation: &'a Operation,
    promise: &'a Promise,
}

/// Every way in which the exchange breaks the document: status (ranges and `default` understood), media type, headers, body with its
/// schema, undeclared properties, and whether an invalid request was accepted. `step` is the step's place in the scenario.
///
/// Compiles what it needs and copies the bodies. Whoever checks more than one exchange keeps a [`Checker`].
pub fn exchange(contract: &Contract, exchange: &Exchange, step: &Site, closed_objects: bool) -> Vec<Finding> {
    Checker::new(contract).exchange(contract, &mut exchange.clone(), step, closed_objects)
}

/// Holds a delivered webhook's payload against the document's `webhooks`.
pub fn webhook(contract: &Contract, event: &str, payload: &Value, step: &Site, closed_objects: bool) -> Vec<Finding> {
    Checker::new(contract).webhook(contract, event, payload, step, closed_objects)
}

impl Checker {
    /// Costs next to nothing: operations are compiled when they are first called.
    pub fn new(contract: &Contract) -> Checker {
        let promises = contract.operations.list.iter().map(|_| OnceLock::new()).collect();
        Checker { promises, webhooks: OnceLock::new(), outlines: Outlines::default() }
    }

    /// See [`exchange`]. `contract` is the one that the checker was made for. The reply's body is moved out of the exchange while it is
    /// validated, and is back when this returns.
    pub fn exchange(
        &self,
        contract: &Contract,
        exchange: &mut Exchange,
        step: &Site,
        closed_objects: bool,
    ) -> Vec<Finding> {
        let scope = Scope { checker: self, contract, step, closed_objects };
        let operation = contract.operations.get(exchange.operation);
        let called = Called { scope, operation, promise: self.promise(contract, exchange.operation) };
        let mut findings = Vec::new();
        if let Some(reply) = status::check(&called, exchange.status(), &mut findings) {
            headers::check(&called, reply, exchange, &mut findings);
            body::check(&called, reply, exchange, &mut findings);
        }
        request::check(&called, exchange, &mut findings);
        findings
    }

    /// See [`webhook`].
    pub fn webhook(
        &self,
        contract: &Contract,
        event: &str,
        payload: &Value,
        step: &Site,
        closed_objects: bool,
    ) -> Vec<Finding> {
        let scope = Scope { checker: self, contract, step, closed_objects };
        let webhooks = self.webhooks.get_or_init(|| Webhooks::compile(contract, &self.outlines));
        webhooks.check(&scope, event, payload)
    }

    fn promise(&self, contract: &Contract, operation: OperationId) -> &Promise {
        let compile = || Promise::compile(contract, contract.operations.get(operation), &self.outlines);
        self.promises[operation.0].get_or_init(compile)
    }
}

impl Scope<'_> {
    /// A place of the document, in the file in which it was written.
    fn site(&self, pointer: &str) -> Site {
        origin(self.contract, pointer)
    }
}

/// The file and place in which a part of the document was written: an overlay, a file referred to, or the root.
pub(super) fn origin(contract: &Contract, pointer: &str) -> Site {
    let (file, pointer) = contract.document.origin(pointer);
    Site { file: Arc::from(file), pointer }
}

#[cfg(test)]
mod tests;
