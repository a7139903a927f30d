//! What is told of a run: reports to files, the text to standard output.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Plan;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::services::Files;
use crate::contract::diagnostic as locate;
use crate::contract::document::Source;
use crate::scenario::finding::Finding;
use crate::scenario::report::{self, Format};
use crate::scenario::results::{Position, Positions, Results};

/// Writes what was asked for.
pub fn write(plan: &Plan, results: &mut Results) -> Result<(), Failure> {
    // Reading files with positions takes longer than many a run: only where somebody is told of a place.
    let quiet = plan.reports.is_empty() && results.findings.is_empty();
    let quiet = quiet && results.workflows.iter().all(|workflow| workflow.findings.is_empty());
    let texts = if quiet { BTreeMap::new() } else { texts(results) };
    let positions = Read::new(&texts);
    for workflow in &mut results.workflows {
        let place = positions.find(&workflow.file, &workflow.pointer);
        workflow.line = place.map_or(0, |place| place.line);
    }
    let results = &*results;
    let render = |format| report::render(results, format, &positions);
    output::write(&plan.reports, Format::Text, render, |look| report::terminal(results, &positions, look))
}

/// The texts of every file that a finding or a workflow names.
fn texts(results: &Results) -> BTreeMap<String, String> {
    let of_workflows = results
        .workflows
        .iter()
        .flat_map(|workflow| std::iter::once(workflow.file.as_str()).chain(workflow.findings.iter().flat_map(files)));
    let names: BTreeSet<&str> = of_workflows.chain(results.findings.iter().flat_map(files)).collect();
    names.into_iter().filter_map(|name| Some((name.to_owned(), Files.read(name).ok()?))).collect()
}

fn files(finding: &Finding) -> impl Iterator<Item = &str> {
    std::iter::once(&finding.scenario).chain(&finding.document).map(|site| site.file.as_ref())
}

/// Where values stand in those texts; each is read with positions once.
struct Read<'t> {
    files: BTreeMap<&'t str, (&'t str, locate::Positions<'t>)>,
}

impl<'t> Read<'t> {
    fn new(texts: &'t BTreeMap<String, String>) -> Read<'t> {
        let read = |(name, text): (&'t String, &'t String)| {
            Some((name.as_str(), (text.as_str(), locate::Positions::read(text)?)))
        };
        Read { files: texts.iter().filter_map(read).collect() }
    }
}

impl Positions for Read<'_> {
    /// Of the value, or of the nearest one above it that exists.
    fn find(&self, file: &str, pointer: &str) -> Option<Position> {
        let (text, positions) = self.files.get(file)?;
        let (_, range) = positions.find_nearest(pointer)?;
        let before = text.get(..range.start)?;
        let start_of_line = before.rfind('\n').map_or(0, |at| at + 1);
        let column = text.get(start_of_line..range.start)?.chars().count() + 1;
        let shown = text.get(range.clone())?.lines().next().unwrap_or_default().chars().count();
        Some(Position { line: before.matches('\n').count() + 1, column, end_column: column + shown.max(1) })
    }
}
