//! What the contract tells about its operations, as far as rules about retries ask.

mod batch;
mod credential;
mod paging;
mod repeat;

use http::{HeaderName, Method};

use crate::contract::Contract;
use crate::contract::capability::Capabilities;

pub use batch::BatchOutcome;
pub use paging::PageAsked;

/// Borrowed from a contract.
#[derive(Debug, Clone)]
pub struct Knowledge<'c> {
    pub contract: &'c Contract,
    /// The header of idempotency keys, where the service knows them.
    pub key_header: Option<HeaderName>,
}

impl<'c> Knowledge<'c> {
    pub fn of(contract: &'c Contract) -> Knowledge<'c> {
        Knowledge { contract, key_header: contract.plan.idempotency.as_ref().map(|rule| rule.header.clone()) }
    }

    /// The facts of an operation; `None` where there is no such one.
    pub fn capabilities(&self, operation: &str) -> Option<&'c Capabilities> {
        let id = self.contract.operations.find(operation)?;
        Some(&self.contract.plan.actions[id.0].capabilities)
    }

    /// Does a call with this method only read (RFC 9110, 9.2.1)?
    pub fn is_safe(method: &Method) -> bool {
        [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE].contains(method)
    }
}
