//! An audit told to people and to programs. Each format is a pure function from an audit to text.
//!
//! [`gather`] makes an audit's [`model::Report`], in which secrets are masked and everything has a bound; all formats are written from that.
//! [`timeline`] says what is drawn for a piece of evidence, [`drawn`] does it in characters. Control characters of a client never reach a
//! reader: [`crate::report::plain`] shows them.

mod drawn;
mod gather;
mod html;
mod json;
mod junit;
pub mod model;
mod secrets;
mod text;
mod timeline;
mod words;

use super::verdict::Audit;
use crate::report::{Look, WIDTH_DEFAULT, find_format};

pub use gather::{DELIVERIES_MAX, EVIDENCE_EXCHANGES_MAX, EXCHANGES_MAX};
pub use json::schema;
pub use timeline::LANES_MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For a terminal, with or without colour.
    Text,
    JUnit,
    Json,
    /// One file, works offline.
    Html,
}

impl Format {
    pub const ALL: [Format; 4] = [Format::Text, Format::JUnit, Format::Json, Format::Html];

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
        }
    }
}

/// Writes the audit, without colours.
pub fn render(format: Format, audit: &Audit) -> String {
    let report = gather::report(audit);
    match format {
        Format::Text => text::render(&report, Look { color: false, width: WIDTH_DEFAULT }),
        Format::JUnit => junit::render(&report),
        Format::Json => json::render(&report),
        Format::Html => html::render(&report),
    }
}

/// Writes the audit as [`Format::Text`] for a terminal.
pub fn terminal(audit: &Audit, look: Look) -> String {
    text::render(&gather::report(audit), look)
}
