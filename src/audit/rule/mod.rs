//! The rules that clients are held to. Each has a stable code, a severity and a source; it is judged from what was seen alone, so that a
//! planned audit and a watched session are judged alike. One file for each family.

mod backoff;
mod bounds;
mod consistency;
mod credential;
mod identity;
mod integrity;
mod key;
mod liveness;
mod paging;
mod partial;
mod safety;
mod seen;
mod silence;
mod spread;
mod tally;
#[cfg(test)]
mod tests;
mod time;
mod timeout;
mod trouble;
mod wait;
mod webhook;

pub use seen::exit_in_words;
pub use timeout::is_waiting;

use schemars::JsonSchema;
use serde::Serialize;

use super::knowledge::Knowledge;
use super::logical::{self, LogicalCall};
use super::observe::{Exchange, Run};

/// A rule. Codes never change their meaning.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// `retries-unavailable`.
    pub code: &'static str,
    pub severity: Severity,
    /// One line that states what a good client does.
    pub title: &'static str,
    /// Why it matters, and how to do it right: some sentences.
    pub explanation: &'static str,
    /// The standard or guide, with its section.
    pub source: &'static str,
    pub judge: fn(&Case<'_>) -> Verdict,
}

/// How much breaking a rule weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Bad manners, or a risk under load.
    Warning,
    /// Calls fail that need not, or a service is harmed.
    Error,
    /// Data is lost, duplicated or taken for what it is not.
    Critical,
}

/// All that a rule may look at.
#[derive(Debug)]
pub struct Case<'a> {
    pub knowledge: &'a Knowledge<'a>,
    pub runs: &'a [Run],
    /// Of all runs, run by run.
    pub calls: Vec<LogicalCall>,
}

/// What became of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub outcome: Outcome,
    /// What shows it, at most [`EVIDENCE_MAX`] pieces; the worst first.
    pub evidence: Vec<Evidence>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed,
    /// It could not be judged, and why: what the client would have had to do.
    Undecided(String),
}

/// Something that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Index of the run.
    pub run: usize,
    /// Indices of the exchanges meant, in order.
    pub exchanges: Vec<usize>,
    /// A lower-case sentence without a full stop: `503 was not retried`.
    pub text: String,
}

/// Most pieces of evidence of one rule.
pub const EVIDENCE_MAX: usize = 5;

impl<'a> Case<'a> {
    pub fn new(knowledge: &'a Knowledge<'a>, runs: &'a [Run]) -> Case<'a> {
        let calls = runs.iter().enumerate().flat_map(|(index, run)| logical::group(knowledge, index, run)).collect();
        Case { knowledge, runs, calls }
    }

    /// A call's attempts.
    pub fn attempts(&self, call: &LogicalCall) -> Vec<&'a Exchange> {
        call.attempts.iter().map(|at| &self.runs[call.run].exchanges[*at]).collect()
    }
}

/// Every rule, family by family.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|(_, rules)| rules.iter())
}

/// The families in the order in which reports tell of them.
pub const FAMILIES: &[(&str, &[Rule])] = &[
    ("Liveness", liveness::RULES),
    ("Silence", silence::RULES),
    ("Bounds", bounds::RULES),
    ("Waits that are asked", wait::RULES),
    ("Backoff", backoff::RULES),
    ("Timeouts", timeout::RULES),
    ("Safety", safety::RULES),
    ("Idempotency keys", key::RULES),
    ("Identical attempts", identity::RULES),
    ("Integrity of replies", integrity::RULES),
    ("Credentials", credential::RULES),
    ("Pages", paging::RULES),
    ("Webhooks", webhook::RULES),
    ("Partial success", partial::RULES),
    ("Consistency", consistency::RULES),
];
