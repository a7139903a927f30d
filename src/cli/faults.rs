//! `--faults FILE|PROFILE`: files of faults, and the profiles that ship.
//!
//! A file is YAML or JSON, `{ faults: [ … ] }`, with faults as the control API takes them; `world` beside a fault's own words says which
//! world alone it is for. A profile is a file that ships, and fits any API: what an API cannot have, such as faults of deliveries without
//! webhooks, is left out of it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::failure::Failure;
use super::services::{self, Files};
use crate::contract::Contract;
use crate::contract::document::Source;
use crate::contract::document::text;
use crate::contract::error::LoadError;
use crate::engine::control::check_fault;
use crate::pointer::join;
use crate::server::{PlannedFault, checked_world_name};
use crate::words::{did_you_mean, written_kind};
use crate::world::fault::{ARMED_MAX, Fault, Wrong};

/// The only word at the top of a file.
const FAULTS: &str = "faults";
/// The word beside a fault's own that says for which world it is.
const WORLD: &str = "world";

/// What is planned for this contract's worlds by files and profiles, in the order named.
pub fn load(named: &[String], contract: &Contract) -> Result<Vec<PlannedFault>, Failure> {
    let mut planned = Vec::new();
    let mut complaints = Vec::new();
    for name in named {
        let (file, check) = find(name)?;
        match read(&file, check, Some(contract)) {
            Ok(faults) => planned.extend(faults),
            Err(errors) => complaints.extend(errors),
        }
    }
    if !complaints.is_empty() {
        return Err(Failure::Documents { errors: complaints, files: Files });
    }
    let most = most_in_a_world(&planned);
    if most > ARMED_MAX {
        return Err(Failure::usage(format!(
            "--faults names {most} faults for one world; it takes {ARMED_MAX} at most"
        )));
    }
    Ok(planned)
}

/// How many faults the world has for which there are the most.
fn most_in_a_world(planned: &[PlannedFault]) -> usize {
    let mut counts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for one in planned {
        *counts.entry(one.world.as_deref()).or_default() += 1;
    }
    let of_all = counts.remove(&None).unwrap_or_default();
    of_all + counts.into_values().max().unwrap_or_default()
}

/// Checks a file by itself, or for a contract; gives how many faults it has.
pub fn lint(file: &str, contract: Option<&Contract>) -> Result<usize, Vec<LoadError>> {
    read(file, Check::Strict, contract).map(|faults| faults.len())
}

/// Is this text a file of faults? It has `faults` among its top-level words.
pub fn is_fault_file(text: &str) -> bool {
    text::has_word(text, FAULTS)
}

/// What becomes of a fault that this contract cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// Its author is told.
    Strict,
    /// It is left out.
    Lenient,
}

fn find(name: &str) -> Result<(String, Check), Failure> {
    let profiles = services::profiles();
    if profiles.contains(&name) {
        return Ok((services::profile(name), Check::Lenient));
    }
    if Path::new(name).exists() || name.starts_with(services::SHIPPED_ROOT) {
        return Ok((name.to_owned(), Check::Strict));
    }
    let hint = match did_you_mean(name, profiles.iter().copied()) {
        Some(nearest) => format!("did you mean {nearest:?}?"),
        None => format!("profiles are: {}", profiles.join(", ")),
    };
    Err(Failure::usage(format!("--faults {name:?} is neither a profile nor a file; {hint}")))
}

/// Every complaint about a file, or what it plans.
fn read(file: &str, check: Check, contract: Option<&Contract>) -> Result<Vec<PlannedFault>, Vec<LoadError>> {
    let unreadable = |reason: String| vec![LoadError::new(file, "", format!("the file cannot be read: {reason}"))];
    let text = Files.read(file).map_err(unreadable)?;
    let root = text::parse(file, &text).map_err(|error| vec![error])?;
    let list = list(file, &root).map_err(|error| vec![error])?;
    let mut planned = Vec::with_capacity(list.len());
    let mut complaints = Vec::new();
    for (index, written) in list.iter().enumerate() {
        let pointer = format!("/{FAULTS}/{index}");
        let fault = match fault(file, &pointer, written) {
            Ok(fault) => fault,
            Err(error) => {
                complaints.push(error);
                continue;
            }
        };
        let fits = contract.map_or(Ok(()), |contract| check_fault(contract, &fault.fault));
        match (fits, check) {
            (Ok(()), _) => planned.push(fault),
            (Err(_), Check::Lenient) => {}
            (Err(wrong), Check::Strict) => complaints.push(complaint(file, &pointer, wrong)),
        }
    }
    if complaints.is_empty() { Ok(planned) } else { Err(complaints) }
}

/// The list of faults, which is all that a file has.
fn list<'a>(file: &str, root: &'a Value) -> Result<&'a Vec<Value>, LoadError> {
    let shape = "write faults: [ { kind: close } ]";
    let Value::Object(object) = root else {
        let message = format!("a file of faults is an object, not {}", written_kind(root));
        return Err(LoadError::new(file, "", message).hint(shape));
    };
    if let Some(word) = object.keys().find(|word| *word != FAULTS) {
        let error = LoadError::new(file, join("", word), format!("a file of faults has no {word:?}")).about_key();
        return Err(match did_you_mean(word, [FAULTS]) {
            Some(nearest) => error.hint(format!("did you mean {nearest:?}?")),
            None => error.hint(format!("its only word is {FAULTS}")),
        });
    }
    match object.get(FAULTS) {
        Some(Value::Array(list)) if !list.is_empty() => Ok(list),
        Some(Value::Array(_)) => Err(LoadError::new(file, "/faults", "the list is empty").hint(shape)),
        Some(other) => {
            let message = format!("faults is a list, not {}", written_kind(other));
            Err(LoadError::new(file, "/faults", message).hint(shape))
        }
        None => Err(LoadError::new(file, "", "a file of faults has the word faults").hint(shape)),
    }
}

fn fault(file: &str, pointer: &str, written: &Value) -> Result<PlannedFault, LoadError> {
    let mut own = written.clone();
    let world = match own.as_object_mut().and_then(|object: &mut Map<_, _>| object.shift_remove(WORLD)) {
        None => None,
        Some(Value::String(name)) => {
            let wrong = |message| LoadError::new(file, join(pointer, WORLD), message);
            Some(checked_world_name(&name).map_err(wrong)?.to_owned())
        }
        Some(other) => {
            let message = format!("world is a name, not {}", written_kind(&other));
            return Err(LoadError::new(file, join(pointer, WORLD), message));
        }
    };
    let fault = Fault::read(&own).map_err(|wrong| complaint(file, pointer, wrong))?;
    Ok(PlannedFault { world, fault })
}

/// What is wrong with a fault that stands at this place of a file.
pub fn complaint(file: &str, pointer: &str, wrong: Wrong) -> LoadError {
    let error = LoadError::new(file, format!("{pointer}{}", wrong.pointer), wrong.message);
    let error = if wrong.about_key { error.about_key() } else { error };
    match wrong.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
