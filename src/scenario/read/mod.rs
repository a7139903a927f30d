//! From text to a [`Suite`]: every complaint with its file, place and mend.
//!
//! ```text
//! files ──gather──▶ trees, sources, APIs ──outline──▶ names ──description──▶ parts ──order, links──▶ Suite
//! ```
//!
//! - [`gather`] reads every file that can be reached and finds what each [`source`] description leads to;
//! - [`outline`] lists the names that others may refer to, before anything refers;
//! - [`shape`] is the specification's tables of fields, [`node`] walks a tree by them and collects complaints;
//! - [`description`], [`workflow`], [`step`] and the files beside them read one object each;
//! - [`order`] puts steps in order, [`links`] looks at workflows that depend on or call one another.
//!
//! Reading takes text, never files: the rim hands over a [`documents::Source`] that knows how to find a file's text.

mod action;
mod body;
mod component;
mod criterion;
mod description;
mod extension;
mod gather;
mod inputs;
mod links;
mod names;
mod node;
mod order;
mod outline;
mod parameter;
mod scope;
mod shape;
mod source;
mod step;
mod target;
mod uri;
mod value;
mod workflow;

use super::model::Suite;
use crate::contract::document as documents;
use crate::contract::error::LoadError;
use node::Complaints;
pub use uri::clean;

/// Most descriptions that one run may reach.
pub const DESCRIPTIONS_MAX: usize = 1_000;
/// Most workflows of one description.
pub const WORKFLOWS_MAX: usize = 10_000;
/// Most steps of one workflow.
pub const STEPS_MAX: usize = 10_000;
/// Most complaints that are given: nobody reads more, and looking for the nearest word takes time.
pub const COMPLAINTS_MAX: usize = 500;
/// Most values that components and workflow-level parts may become when they are copied to the steps that they apply to.
pub const COPIED_VALUES_MAX: usize = 2_000_000;

/// How a description's OpenAPI sources become contracts: shipped services bring overlays of their own.
pub struct Sources<'a> {
    pub files: &'a dyn documents::Source,
    /// For a resolved document name, the overlays that belong to it (a shipped service's); others come from
    /// `x-standin-overlays` of the Source Description Object.
    pub overlays: &'a dyn Fn(&str) -> Vec<String>,
}

/// Reads the descriptions named, and whatever they refer to. A `url` is resolved against `$self`, else against the file's own name
/// (RFC 3986, 5.1); references to `http(s)` URLs are refused with a hint unless a description read has that `$self`.
///
/// Every complaint is given, each with its file and place; what is misspelled gets the nearest known word.
pub fn read(sources: &Sources<'_>, files: &[String]) -> Result<Suite, Vec<LoadError>> {
    let complaints = Complaints::default();
    let gathered = gather::gather(sources, files, &complaints);
    let drafts = description::read_all(&gathered, &complaints);
    let descriptions = links::link(drafts, &complaints);
    let errors = complaints.into_errors(&|file| sources.files.read(file).ok());
    if !errors.is_empty() {
        return Err(errors);
    }
    let apis = gathered.apis.into_iter().filter_map(gather::ApiSlot::into_api).collect();
    Ok(Suite { descriptions, asked: gathered.asked, apis })
}

/// Is this text an Arazzo description? It has `arazzo` among its top-level words.
pub fn is_description(text: &str) -> bool {
    documents::text::has_word(text, "arazzo")
}

#[cfg(test)]
mod tests;
