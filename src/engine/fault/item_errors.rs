//! Items of a batch that fail on purpose.

use crate::contract::Contract;
use crate::engine::problem::Problem;
use crate::world::fault::kind::ItemErrors;

/// Why the item in this place fails, if it does.
pub fn item_problem(contract: &Contract, fault: Option<&ItemErrors>, place: usize) -> Option<Problem> {
    let fault = fault.filter(|fault| fault.strikes(place))?;
    let errors = &contract.plan.errors;
    let named = fault.error.as_ref().and_then(|name| errors.by_name.get(name));
    Some(Problem::new(named.copied().unwrap_or(errors.known.internal)))
}
