//! From arguments to a loaded contract.

use super::arguments::ContractArguments;
use super::failure::Failure;
use super::services::{self, Files, Spec};
use crate::contract::{Contract, Selection};

pub fn contract(arguments: &ContractArguments) -> Result<Contract, Failure> {
    let Spec { document, mut overlays } = services::find(arguments.spec.as_deref())?;
    overlays.extend(arguments.overlay.iter().cloned());
    load(&document, Selection { overlays, include: arguments.include.clone() })
}

pub fn load(document: &str, selection: Selection) -> Result<Contract, Failure> {
    let files = Files;
    Contract::load(&files, document, &selection).map_err(|errors| Failure::Documents { errors, files })
}
