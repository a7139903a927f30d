//! A record as text that stays the same while the service behaves the same, whatever its ids, clock and host.
//!
//! ```text
//! Record ─reading─▶ marked values ─transcript─┬─ request ─┬─▶ text ─file─▶ .snap
//!                     ⇅ references            └─ reply ───┘        └compare▶ Difference
//! ```
//!
//! - [`reading`](self::Reading) finds the volatile values and the secrets of a record, once for all who ask;
//! - [`kind`] is the type of a volatile value; [`names`] reads it from a name where the document says nothing more;
//! - [`service`] is what a contract knows of ids, references and secrets;
//! - [`schema`] finds the Schema Objects that apply to a value, [`volatile`] marks the values that may differ;
//! - [`references`] remembers each value and shows it as `<post:1>` wherever it stands, [`literal`] what the author wrote;
//! - [`taken`] knows what steps took from replies and handed on;
//! - [`address`] tells paths, queries and URLs, whatever host and base path a target has;
//! - [`transcript`] puts the parts together, [`request`] and [`reply`] write them;
//! - [`file`](self::File) and [`compare`](self::compare()) know nothing of any of this: they work on text.
//!
//! Rules that a text relies on: keys of objects are sorted (objects are unordered), arrays keep their order, the host is `<origin>`.

mod address;
mod compare;
mod file;
mod kind;
mod literal;
mod names;
mod reading;
mod references;
mod reply;
mod request;
mod schema;
mod secrets;
mod service;
mod taken;
mod transcript;
mod volatile;

use std::collections::BTreeMap;

use super::finding::Finding;
use super::model::Suite;
use super::run::Record;

pub use compare::{Difference, compare};
pub use file::File;
pub use kind::Kind;
pub use reading::Reading;

/// Deepest value that is looked into; what lies deeper is shown as it is.
const DEPTH_MAX: usize = 128;

/// A record's snapshot.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    pub text: String,
    /// Values that break their type, redactions that matched nothing.
    pub findings: Vec<Finding>,
    /// Headings of steps that were left out on this target, whose parts of an approved snapshot are not compared.
    pub skipped: Vec<String>,
    /// By heading: the index in the record's visits of what stands below it.
    pub visits: BTreeMap<String, usize>,
}

/// Tells the record: for each step its last attempt, request and reply, with volatile values as typed, numbered references.
pub fn render(suite: &Suite, record: &Record) -> Rendered {
    Reading::of(suite, record).render()
}

#[cfg(test)]
mod tests;
