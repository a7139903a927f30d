//! `standin lint`: documents and overlays, checked without serving them.

use std::io::Write;

use super::arguments::LintArguments;
use super::failure::Failure;
use super::load;
use super::services::{self, Files, Spec};
use crate::contract::Selection;
use crate::contract::document::Source;

pub fn run(arguments: &LintArguments) -> Result<(), Failure> {
    let (overlays, documents): (Vec<&String>, Vec<&String>) = arguments.files.iter().partition(|file| is_overlay(file));
    let mut good = Vec::new();
    let mut complaints = Vec::new();
    let files = Files;
    let mut check = |document: &str, overlays: Vec<String>, names: Vec<String>| match load::load(
        document,
        Selection { overlays, include: Vec::new() },
    ) {
        Ok(contract) => good.push((names, contract.operations.list.len())),
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
    report(&good);
    if complaints.is_empty() { Ok(()) } else { Err(Failure::Documents { errors: complaints, files }) }
}

fn report(good: &[(Vec<String>, usize)]) {
    let mut out = std::io::stdout().lock();
    for (names, operations) in good {
        let _ = writeln!(out, "{}: ok, {operations} operations", names.join(", "));
    }
}

/// A file whose first top-level word says so. What cannot be read is left to the loader, which says why.
fn is_overlay(file: &str) -> bool {
    let Ok(text) = Files.read(file) else { return false };
    text.lines().any(|line| {
        let line = line.trim_start_matches(['{', ' ', '\t', '\u{feff}']);
        line.starts_with("overlay:") || line.starts_with("\"overlay\":")
    }) && !text.lines().any(|line| line.starts_with("openapi:") || line.trim_start().starts_with("\"openapi\":"))
}
