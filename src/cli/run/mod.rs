//! `standin run`: replays scenarios, checks every reply, compares snapshots, writes reports.
//!
//! Everything that can be wrong with files and flags is found before the first call.

mod ahead;
mod client;
mod conclude;
pub mod discover;
mod execute;
mod history;
mod output;
mod performed;
pub mod plan;
mod snapshot_path;
pub mod snapshots;
mod target;
mod tell;

use std::time::Instant;

use super::arguments::RunArguments;
use super::failure::Failure;
use super::machine;

/// Some reply broke its contract, or a scenario failed.
const EXIT_FAILED: u8 = 1;
/// The target could not be reached.
const EXIT_UNREACHABLE: u8 = 3;
/// Somebody broke it off: as shells count SIGINT.
const EXIT_INTERRUPTED: u8 = 130;
/// Nothing is wrong but snapshots that differ or are missing.
pub const EXIT_PENDING: u8 = 4;

/// Runs, tells, and gives the exit code.
pub fn run(arguments: &RunArguments) -> Result<u8, Failure> {
    let started = Instant::now();
    // As many workers as workflows may run at once.
    let runtime = machine::runtime(usize::from(arguments.jobs.unwrap_or(u16::MAX)))
        .map_err(|error| Failure::usage(format!("cannot start: {error}")))?;
    let plan = plan::make(arguments)?;
    let done = runtime.block_on(execute::all(&plan))?;
    let mut outcome = conclude::conclude(&plan, done);
    let settled = snapshots::settle(&plan, &mut outcome);
    history::remember(&outcome.results);
    outcome.results.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    output::write(&plan, &mut outcome.results)?;
    settled?;
    Ok(outcome.exit_code())
}
