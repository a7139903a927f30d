//! `standin lint`: documents, overlays, faults, plans and scenarios, checked without serving or running them.

use std::io::Write;
use std::path::Path;

use super::arguments::LintArguments;
use super::audit::trials;
use super::failure::Failure;
use super::load;
use super::run::discover;
use super::run::plan::suite;
use super::services::{self, Files, Spec};
use crate::audit::plan;
use crate::contract::document::Source;
use crate::contract::{Contract, Selection};
use crate::scenario::read;

pub fn run(arguments: &LintArguments) -> Result<(), Failure> {
    let files = named(&arguments.files)?;
    let (scenarios, others): (Vec<&String>, Vec<&String>) = files.iter().partition(|file| is_scenario(file));
    let (faults, others): (Vec<&String>, Vec<&String>) = others.into_iter().partition(|file| is_fault_file(file));
    let (plans, others): (Vec<&String>, Vec<&String>) = others.into_iter().partition(|file| is_plan(file));
    let (overlays, documents): (Vec<&String>, Vec<&String>) = others.into_iter().partition(|file| is_overlay(file));
    let mut good = Vec::new();
    let mut complaints = Vec::new();
    let mut check = |document: &str, overlays: Vec<String>, names: Vec<String>| match load::load(
        document,
        Selection { overlays, include: Vec::new() },
    ) {
        Ok(contract) => good.push((names, format!("{} operations", contract.operations.list.len()))),
        Err(Failure::Documents { errors, .. }) => complaints.extend(errors),
        Err(Failure::Usage(_)) => {}
    };
    for document in documents {
        check(document, Vec::new(), vec![document.clone()]);
    }
    match (&arguments.target, overlays.as_slice()) {
        (_, []) => {}
        (None, [first, ..]) => {
            return Err(Failure::usage(format!("{first} is an overlay; say which document it is for: --for SPEC")));
        }
        (Some(target), overlays) => {
            let Spec { document, overlays: mut all } = services::find(Some(target))?;
            let names: Vec<String> = overlays.iter().map(|file| (*file).clone()).collect();
            all.extend(names.iter().cloned());
            check(&document, all, names);
        }
    }
    for scenario in scenarios {
        match suite(std::slice::from_ref(scenario)) {
            Ok(suite) => {
                good.push((vec![scenario.clone()], format!("{} workflows", suite.descriptions[0].workflows.len())))
            }
            Err(Failure::Documents { errors, .. }) => complaints.extend(errors),
            Err(Failure::Usage(_)) => {}
        }
    }
    let target = match &arguments.target {
        Some(target) if faults.len() + plans.len() > 0 => Some(target_of(target)?),
        _ => None,
    };
    for file in faults {
        match super::faults::lint(file, target.as_ref()) {
            Ok(count) => good.push((vec![file.clone()], format!("{count} faults"))),
            Err(errors) => complaints.extend(errors),
        }
    }
    for file in plans {
        match trials::lint(file, target.as_ref()) {
            Ok(count) => good.push((vec![file.clone()], format!("{count} trials"))),
            Err(errors) => complaints.extend(errors),
        }
    }
    report(&good);
    if complaints.is_empty() { Ok(()) } else { Err(Failure::Documents { errors: complaints, files: Files }) }
}

/// The files; of a folder the scenarios in it.
fn named(arguments: &[String]) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    for argument in arguments {
        match Path::new(argument).is_dir() {
            true => files.extend(discover::discover(std::slice::from_ref(argument))?),
            false => files.push(argument.clone()),
        }
    }
    Ok(files)
}

fn report(good: &[(Vec<String>, String)]) {
    let mut out = std::io::stdout().lock();
    for (names, holds) in good {
        let _ = writeln!(out, "{}: ok, {holds}", names.join(", "));
    }
}

/// The contract that faults and plans are for.
fn target_of(target: &str) -> Result<Contract, Failure> {
    let Spec { document, overlays } = services::find(Some(target))?;
    load::load(&document, Selection { overlays, include: Vec::new() })
}

fn is_fault_file(file: &str) -> bool {
    Files.read(file).is_ok_and(|text| super::faults::is_fault_file(&text))
}

fn is_plan(file: &str) -> bool {
    Files.read(file).is_ok_and(|text| plan::is_plan(&text))
}

fn is_scenario(file: &str) -> bool {
    Files.read(file).is_ok_and(|text| read::is_description(&text))
}

/// A file whose first top-level word says so. What cannot be read is left to the loader, which says why.
fn is_overlay(file: &str) -> bool {
    let Ok(text) = Files.read(file) else { return false };
    text.lines().any(|line| {
        let line = line.trim_start_matches(['{', ' ', '\t', '\u{feff}']);
        line.starts_with("overlay:") || line.starts_with("\"overlay\":")
    }) && !text.lines().any(|line| line.starts_with("openapi:") || line.trim_start().starts_with("\"openapi\":"))
}
