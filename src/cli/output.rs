//! Where reports go: to files, or to standard output.

use std::io::{IsTerminal, Write};
use std::path::Path;

use super::failure::Failure;
use super::machine;

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

/// Does standard output take colours?
pub fn color() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Whoever reads may have seen enough and gone; any other failure loses results that somebody waits for.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::usage(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

pub fn save(file: &str, text: &str) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| Failure::usage(format!("cannot write the report {file}: {error}"));
    machine::write(Path::new(file), text).map_err(unwritable)
}
