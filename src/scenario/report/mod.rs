//! Results in each format. Each is a pure function from results to text.
//!
//! [`summary`] counts once what every format tells; [`place`] turns a JSON Pointer into `file:line:column`; [`plain`] makes texts
//! that a stranger wrote harmless. The rest is one module a format, and leaves opening files to the rim.

mod github;
mod html;
mod json;
mod junit;
mod markdown;
mod place;
mod plain;
mod sarif;
mod summary;
mod text;

use super::results::{Positions, Results};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For a terminal, with or without colour.
    Text,
    JUnit,
    Json,
    /// One file, works offline.
    Html,
    /// A summary for a pull request.
    Markdown,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
}

impl Format {
    pub const ALL: [Format; 7] =
        [Format::Text, Format::JUnit, Format::Json, Format::Html, Format::Markdown, Format::Sarif, Format::Github];

    /// The word in `--report FORMAT=FILE`; the error lists the known ones.
    pub fn parse(word: &str) -> Result<Format, String> {
        let lower = word.to_ascii_lowercase();
        if let Some(format) = Format::ALL.into_iter().find(|format| format.word() == lower) {
            return Ok(format);
        }
        let words = Format::ALL.map(Format::word);
        let known = words.join(", ");
        Err(match crate::words::did_you_mean(&lower, words) {
            Some(near) => format!("unknown report format `{word}`; did you mean `{near}`? the formats are {known}"),
            None => format!("unknown report format `{word}`; the formats are {known}"),
        })
    }

    pub fn word(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::JUnit => "junit",
            Format::Json => "json",
            Format::Html => "html",
            Format::Markdown => "markdown",
            Format::Sarif => "sarif",
            Format::Github => "github",
        }
    }
}

/// How wide a terminal is where nobody says.
pub const WIDTH_DEFAULT: usize = 100;

/// Writes the results. `color`: ANSI colours, for [`Format::Text`] alone.
pub fn render(results: &Results, format: Format, positions: &dyn Positions, color: bool) -> String {
    match format {
        Format::Text => terminal(results, positions, color, WIDTH_DEFAULT),
        Format::JUnit => junit::render(results, positions),
        Format::Json => json::render(results, positions),
        Format::Html => html::render(results, positions),
        Format::Markdown => markdown::render(results, positions),
        Format::Sarif => sarif::render(results, positions),
        Format::Github => github::render(results, positions),
    }
}

/// Writes the results as [`Format::Text`] for a terminal of so many columns.
pub fn terminal(results: &Results, positions: &dyn Positions, color: bool, width: usize) -> String {
    text::render(results, positions, text::Look { color, width })
}

#[cfg(test)]
mod tests;
