//! What did not pass in the last run, for `--last-failed`.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cli::failure::Failure;
use crate::cli::machine;
use crate::scenario::results::{Results, Status};

/// Kept in the folder that the command is run in.
const FILE: &str = ".standin/last-failed.json";

#[derive(Debug, Default, Serialize, Deserialize)]
struct History {
    /// `file#workflowId` of each.
    failed: BTreeSet<String>,
}

/// How a workflow is called in the history.
pub fn name(file: &str, workflow: &str) -> String {
    format!("{file}#{workflow}")
}

/// The workflows that did not pass in the last run here.
pub fn recall() -> Result<BTreeSet<String>, Failure> {
    let nothing = || Failure::usage(format!("--last-failed: there is no {FILE} here; run without it first"));
    let text = std::fs::read_to_string(FILE).map_err(|_| nothing())?;
    let history: History = serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{FILE} cannot be read: {error}; delete it")))?;
    Ok(history.failed)
}

/// Keeps what failed; workflows that were not run keep what is known of them. Best effort: a read-only folder is no failure.
pub fn remember(results: &Results) {
    let known = std::fs::read_to_string(FILE).ok().and_then(|text| serde_json::from_str(&text).ok());
    let mut history: History = known.unwrap_or_default();
    for workflow in &results.workflows {
        let name = name(&workflow.file, &workflow.id);
        let passed = workflow.status == Status::Passed && !workflow.snapshot.differs();
        if passed {
            history.failed.remove(&name);
        } else {
            history.failed.insert(name);
        }
    }
    if history.failed.is_empty() && !Path::new(FILE).exists() {
        return;
    }
    let text = serde_json::to_string_pretty(&history).unwrap_or_default();
    let _ = machine::write(Path::new(FILE), &(text + "\n"));
}
