//! Results in each format. Each is a pure function from results to text.
//!
//! [`summary`] counts once what every format tells; [`place`] turns a JSON Pointer into `file:line:column`. The rest is one module a
//! format, and leaves opening files to the rim. What other reports need too stands in [`crate::report`].

mod github;
mod html;
mod json;
mod junit;
mod markdown;
mod place;
mod sarif;
mod summary;
mod text;

use super::results::{Positions, Results};
use crate::report::{Look, WIDTH_DEFAULT, find_format};

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
        find_format(word, &Format::ALL, Format::word)
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

/// Writes the results, without colours.
pub fn render(results: &Results, format: Format, positions: &dyn Positions) -> String {
    match format {
        Format::Text => text::render(results, positions, Look { color: false, width: WIDTH_DEFAULT }),
        Format::JUnit => junit::render(results, positions),
        Format::Json => json::render(results, positions),
        Format::Html => html::render(results, positions),
        Format::Markdown => markdown::render(results, positions),
        Format::Sarif => sarif::render(results, positions),
        Format::Github => github::render(results, positions),
    }
}

/// Writes the results as [`Format::Text`] for a terminal.
pub fn terminal(results: &Results, positions: &dyn Positions, look: Look) -> String {
    text::render(results, positions, look)
}

#[cfg(test)]
mod tests;
