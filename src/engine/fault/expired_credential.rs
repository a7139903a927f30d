//! A credential that has come to its end.

use crate::call::Call;
use crate::contract::Contract;
use crate::contract::operation::OperationId;
use crate::contract::plan::Credential;
use crate::engine::identify::challenge;
use crate::engine::problem::Problem;

/// What the service says to an expired credential: the error of a rule about that, where it has one; else its error for any bad credential.
pub fn problem(contract: &Contract, call: &Call, operation: OperationId) -> Problem {
    let declared = contract.operations.get(operation);
    let mut schemes = declared.security.iter().flat_map(|alternative| alternative.keys());
    let rule = schemes.find_map(|scheme| contract.plan.credentials.get(scheme));
    let unauthenticated = contract.plan.errors.known.unauthenticated;
    let error = rule.and_then(|rule| about_expiry(contract, rule).or(rule.otherwise)).unwrap_or(unauthenticated);
    challenge(contract, declared, call, Problem::new(error))
}

/// Errors have no meaning but their name.
fn about_expiry(contract: &Contract, rule: &Credential) -> Option<usize> {
    let guards = rule.require.iter().map(|guard| guard.otherwise);
    let mut errors = guards.chain(rule.otherwise);
    errors.find(|error| contract.plan.errors.list[*error].name.to_ascii_lowercase().contains("expired"))
}
