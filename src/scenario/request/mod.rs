//! From an operation, parameters and a payload to a call.
//!
//! - [`given`] evaluates what a step gives, and leaves out optional inputs without a value;
//! - [`style`] writes one parameter by `style` and `explode`; [`draft`] puts all of them into path, query and headers;
//! - [`body`] writes the payload by its media type, with [`form`], [`multipart`] and [`replace`] for what those need.

mod body;
mod draft;
mod form;
mod given;
mod multipart;
mod replace;
mod style;

use super::code::Code;
use super::exchange::{Exchange, parse_body};
use super::expression::Context;
use super::finding::{Finding, Site};
use super::model::{Inputs, Step, Suite};
use super::run::{Base, Outgoing};
use super::template::Undefined;
use crate::contract::operation::OperationId;
use crate::contract::parameter::Arguments;
use draft::Draft;
pub use given::Absent;
pub use multipart::FILE_KEY;

/// A call ready to be sent, with what it was built from.
#[derive(Debug)]
pub struct Built {
    pub outgoing: Outgoing,
    pub arguments: Arguments,
    pub sent: Option<serde_json::Value>,
}

/// Where a step's call goes.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'a> {
    /// Index in [`Suite::apis`].
    pub api: usize,
    pub operation: OperationId,
    pub base: &'a Base,
}

/// Builds the call of a step. Parameters are written by the document's `style` and `explode` (OpenAPI 3.1, 4.8.12), those that it does
/// not declare as plain text; bodies by media type: JSON, `application/x-www-form-urlencoded`, `multipart/form-data` (a part's
/// `{"x-standin-file": …}` is described in `spec/scenarios.md`), text as it is. `declared` are the inputs of the step's workflow:
/// optional ones without a value are left out.
pub fn build(
    suite: &Suite,
    step: &Step,
    destination: Destination<'_>,
    declared: Option<&Inputs>,
    context: &Context<'_>,
) -> Result<Built, Vec<Finding>> {
    let contract = &suite.apis[destination.api].contract;
    let operation = contract.operations.get(destination.operation);
    let absent = Absent::of(declared, context);
    let mut draft = Draft::new(contract, operation, step);
    for parameter in &step.parameters {
        match absent.evaluate(&parameter.value, context) {
            Ok(Some(value)) => draft.put(parameter, value),
            Ok(None) => {}
            Err(error) => draft.findings.push(undefined(&error, parameter.site.below("value"))),
        }
    }
    if let Some(body) = &step.body {
        let header = draft.content_type();
        let target = body::Target { contract, operation, header: header.as_deref() };
        match body::write(body, target, &absent, context) {
            Ok(written) => draft.put_body(written, &body.site),
            Err(findings) => draft.findings.extend(findings),
        }
    }
    draft.finish(destination)
}

/// Joins a built call and its reply.
pub fn exchange(built: Built, reply: crate::call::Reply, elapsed: std::time::Duration, received_at: i64) -> Exchange {
    let (received, malformed) = parse_body(&reply);
    Exchange {
        api: built.outgoing.api,
        operation: built.outgoing.operation,
        call: built.outgoing.call,
        arguments: built.arguments,
        sent: built.sent,
        reply,
        received,
        malformed,
        elapsed,
        received_at,
    }
}

/// Why a request cannot be built.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    message: String,
    hint: Option<String>,
}

impl Fault {
    fn new(message: impl Into<String>) -> Fault {
        Fault { message: message.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Fault {
        self.hint = Some(hint.into());
        self
    }

    fn at(self, site: Site) -> Finding {
        let mut finding = Finding::new(Code::RequestUnbuildable, site, self.message);
        finding.hint = self.hint;
        finding
    }
}

/// An expression that a request needs, and that led nowhere.
fn undefined(error: &Undefined, site: Site) -> Finding {
    Finding::new(Code::ExpressionUndefined, site, error.no_value())
}
