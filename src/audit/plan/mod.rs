//! Which faults a client is put under, trial by trial: the file of a plan.
//!
//! Before the first trial of any plan, and not written in it, the client is run once without faults: the baseline. What a trial needs is held
//! against the calls of that run, so that no time is spent on faults that cannot strike, and the report can say what was not tried.

mod need;
mod read;
#[cfg(test)]
mod tests;

pub use need::Need;
pub use read::{Written, is_plan, read};

use std::time::Duration;

use crate::world::fault::Fault;

/// The trial without faults that goes before every plan.
pub const BASELINE: &str = "baseline";

/// Most trials of a plan.
pub const TRIALS_MAX: usize = 1_000;
/// Most runs of a trial.
pub const RUNS_MAX: u32 = 100;
/// Most clients at once in one world.
pub const TOGETHER_MAX: u32 = 100;
/// Most characters of a trial's name: it is part of a world's name.
pub const NAME_CHARS_MAX: usize = 40;
/// Longest time that a run may be given.
pub const TIMEOUT_MAX: Duration = Duration::from_secs(3_600);

/// Trials, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub trials: Vec<PlannedTrial>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PlannedTrial {
    /// Unique in its plan: letters, digits, `-` and `_`.
    pub name: String,
    /// What goes wrong, in a line; the name where nobody says.
    pub title: String,
    /// In the order in which they are armed.
    pub faults: Vec<PlannedFault>,
    /// How often the client is run, each time in a fresh world; at least 1.
    pub runs: u32,
    /// How many clients are run at once in each of these worlds; at least 1.
    pub together: u32,
    /// It is left out unless the baseline saw all of these.
    pub needs: Vec<Need>,
    /// Longest time of one run, where it differs from that of the others.
    pub timeout: Option<Duration>,
}

/// A fault and where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedFault {
    pub fault: Fault,
    /// JSON Pointer into the plan's file.
    pub pointer: String,
}
