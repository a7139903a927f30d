//! Where reports go: to files, or to standard output.

use std::io::{IsTerminal, Write};
use std::path::Path;

use console::Term;

use super::failure::Failure;
use super::machine;
use crate::report::{Look, WIDTH_DEFAULT};

/// A report that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<F> {
    pub format: F,
    /// A path, or `-`.
    pub file: String,
}

impl<F> Wanted<F> {
    /// `FORMAT=FILE`; `format` reads the word.
    pub fn read(text: &str, format: fn(&str) -> Result<F, String>) -> Result<Wanted<F>, Failure> {
        let Some((word, file)) = text.split_once('=').filter(|(_, file)| !file.is_empty()) else {
            return Err(Failure::usage(format!("--report {text}: say FORMAT=FILE, as in junit=report.xml")));
        };
        let format = format(word).map_err(|error| Failure::usage(format!("--report {text}: {error}")))?;
        Ok(Wanted { format, file: file.to_owned() })
    }
}

/// How standard output looks: as wide as its terminal is, and in colours where it takes them.
fn look() -> Look {
    Look {
        color: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        width: Term::stdout().size_checked().map_or(WIDTH_DEFAULT, |(_, columns)| usize::from(columns)),
    }
}

/// Writes what was asked for; the text goes to standard output unless a report goes there. The error is the first report that cannot be
/// written; the others are. `text`: the format that has a look on a terminal.
pub fn write<F: Copy + PartialEq>(
    wanted: &[Wanted<F>],
    text: F,
    render: impl Fn(F) -> String,
    on_terminal: impl Fn(Look) -> String,
) -> Result<(), Failure> {
    let mut written = Ok(());
    for one in wanted {
        let done = match one.file.as_str() {
            "-" if one.format == text => print(&on_terminal(look())),
            "-" => print(&render(one.format)),
            file => save(file, &render(one.format)),
        };
        written = written.and(done);
    }
    if wanted.iter().all(|one| one.file != "-") {
        written = written.and(print(&on_terminal(look())));
    }
    written
}

/// Whoever reads may have seen enough and gone; any other failure loses results that somebody waits for.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::usage(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

fn save(file: &str, text: &str) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| Failure::usage(format!("cannot write the report {file}: {error}"));
    machine::write(Path::new(file), text).map_err(unwritable)
}
