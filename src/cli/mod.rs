//! The command line: what was typed ([`arguments`]), what it means, and doing it.
//!
//! Exit codes: 0 pass, 1 contract failure, 2 usage or document error, 3 target unreachable, 4 snapshots pending. Standard output carries results only; everything else goes to standard error.

mod arguments;
mod audit;
mod explain;
mod failure;
mod faults;
mod lint;
mod load;
mod machine;
mod output;
mod plan;
mod progress;
mod review;
mod run;
mod serve;
mod services;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

/// Exit code for usage and document errors.
pub const EXIT_USAGE: u8 = 2;

/// Does what the arguments say.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(shown) => {
            // Help and version come this way, too: they go to standard output and are no failure.
            let code = if shown.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS };
            let _ = shown.print();
            return code;
        }
    };
    let done = match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Plan(arguments) => plan::run(&arguments).map(|()| 0),
        Command::Lint(arguments) => lint::run(&arguments).map(|()| 0),
        Command::Run(arguments) => run::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Review(arguments) => review::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments).map(|()| 0),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.show();
            ExitCode::from(EXIT_USAGE)
        }
    }
}
