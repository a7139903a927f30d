//! The file of a plan: read, held against a contract, and checked by `standin lint`.

use crate::audit::plan::{self, Plan};
use crate::cli::faults::complaint;
use crate::cli::services::Files;
use crate::contract::Contract;
use crate::contract::document::Source;
use crate::contract::error::LoadError;
use crate::engine::control::check_fault;
use crate::world::fault::address::OneOrMany;

/// The methods that an OpenAPI document can declare.
const METHODS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];

/// A plan that fits any API, or everything that is wrong with its file.
pub fn read(file: &str) -> Result<Plan, Vec<LoadError>> {
    let unreadable = |reason: String| vec![LoadError::new(file, "", format!("the file cannot be read: {reason}"))];
    Files.read(file).map_err(unreadable).and_then(|text| plan::read(file, &text))
}

/// Checks a file by itself, or for a contract; gives how many trials it has.
pub fn lint(file: &str, contract: Option<&Contract>) -> Result<usize, Vec<LoadError>> {
    let mut plan = read(file)?;
    let unfit = contract.map(|contract| fit(file, &mut plan, contract)).unwrap_or_default();
    let errors: Vec<LoadError> = unfit.into_iter().map(|(_, error)| error).collect();
    if errors.is_empty() { Ok(plan.trials.len()) } else { Err(errors) }
}

/// Makes a plan one for this contract. The trials with a fault that it cannot have, by their names, and what is wrong with it.
pub fn fit(file: &str, plan: &mut Plan, contract: &Contract) -> Vec<(String, LoadError)> {
    let mut unfit = Vec::new();
    for trial in &mut plan.trials {
        for planned in &mut trial.faults {
            narrow(&mut planned.fault.address.method, contract);
        }
        let wrong = trial.faults.iter().find_map(|planned| {
            let wrong = check_fault(contract, &planned.fault).err()?;
            Some(complaint(file, &planned.pointer, wrong))
        });
        unfit.extend(wrong.map(|wrong| (trial.name.clone(), wrong)));
    }
    unfit
}

/// Leaves out the methods that no operation of this contract has, unless none would be left: a plan that says `[POST, PUT, PATCH, DELETE]`
/// fits an API without PATCH, too. Words that are no methods stay, to be complained of.
fn narrow(methods: &mut OneOrMany, contract: &Contract) {
    let has = |method: &str| contract.operations.list.iter().any(|operation| operation.method.as_str() == method);
    if methods.0.iter().any(|method| has(method)) {
        methods.0.retain(|method| has(method) || !METHODS.contains(&method.as_str()));
    }
}
