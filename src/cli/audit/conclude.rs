//! What an audit comes to: reports, and the exit code.

use super::{EXIT_BELOW, EXIT_INTERRUPTED};
use crate::audit::grade::Grade;
use crate::audit::report::{self, Format};
use crate::audit::verdict::{Audit, Ended};
use crate::cli::arguments::VerdictArguments;
use crate::cli::failure::Failure;
use crate::cli::output;

/// What is asked of an audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub reports: Vec<output::Wanted<Format>>,
    pub min_grade: Option<Grade>,
}

impl Wanted {
    pub fn read(arguments: &VerdictArguments) -> Result<Wanted, Failure> {
        let reports = arguments.reports.iter().map(|text| output::Wanted::read(text, Format::parse));
        Ok(Wanted { reports: reports.collect::<Result<_, _>>()?, min_grade: arguments.min_grade })
    }
}

pub fn write(audit: &Audit, wanted: &Wanted) -> Result<(), Failure> {
    let render = |format| report::render(format, audit);
    output::write(&wanted.reports, Format::Text, render, |look| report::terminal(audit, look))
}

/// Interrupted; or below the least grade, which what could not be judged always is, asked for or not.
pub fn exit_code(audit: &Audit, min_grade: Option<Grade>) -> u8 {
    let below = audit.grade.is_none_or(|grade| min_grade.is_some_and(|least| grade > least));
    match audit.ended {
        Ended::Interrupted => EXIT_INTERRUPTED,
        Ended::OutOfTime | Ended::Unjudged(_) => EXIT_BELOW,
        Ended::Finished if below => EXIT_BELOW,
        Ended::Finished => 0,
    }
}
