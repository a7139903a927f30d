//! Source Description Objects as they are written, before anything is known of what they lead to.

use super::node::Node;
use super::{shape, uri};
use crate::scenario::finding::Site;
use crate::scenario::model::SourceTarget;

#[derive(Debug)]
pub struct SourceSlot {
    pub name: String,
    pub url: String,
    pub site: Site,
    /// `None` where a complaint was made: nothing can be said of what it holds.
    pub target: Option<SourceTarget>,
    /// `x-standin-overlays`, as written, each with its number in the list.
    pub overlays: Vec<(usize, String)>,
    pub kind: Option<SourceKind>,
    /// Is there still something to find out?
    pub pending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    Openapi,
    Arazzo,
}

impl SourceSlot {
    pub fn url_pointer(&self) -> String {
        format!("{}/url", self.site.pointer)
    }
}

pub fn read_all(root: &Node<'_>) -> Vec<SourceSlot> {
    let Some(list) = root.get("sourceDescriptions") else { return Vec::new() };
    if list.value.as_array().is_some_and(Vec::is_empty) {
        list.refuse(
            "`sourceDescriptions` is empty",
            "name at least one OpenAPI document: `- {name: api, url: openapi.yaml}`",
        );
    }
    let mut slots: Vec<SourceSlot> = Vec::new();
    for node in list.items() {
        let Some(slot) = source(&node) else { continue };
        if let Some(first) = slots.iter().find(|other| other.name == slot.name) {
            let message = format!("the source name `{}` is used twice", slot.name);
            node.get("name").unwrap_or(node).refuse(message, format!("it is first used at {}", first.site.pointer));
            continue;
        }
        slots.push(slot);
    }
    slots
}

fn source(node: &Node<'_>) -> Option<SourceSlot> {
    if !node.check(&shape::SOURCE) {
        return None;
    }
    let name = node.text_of("name").filter(|name| !name.is_empty())?.to_owned();
    let url = node.text_of("url").unwrap_or_default().to_owned();
    let mut pending = !url.is_empty();
    if let (Some(fault), Some(node)) = (uri::fault(&url), node.get("url")) {
        node.refuse(format!("`{url}` is not a URI reference"), fault);
        pending = false;
    }
    let kind = match node.text_of("type") {
        None => None,
        Some("openapi") => Some(SourceKind::Openapi),
        Some("arazzo") => Some(SourceKind::Arazzo),
        Some(other) => {
            refuse_type(node, other);
            pending = false;
            None
        }
    };
    Some(SourceSlot { name, url, site: node.site(), target: None, overlays: overlays(node), kind, pending })
}

fn refuse_type(source: &Node<'_>, word: &str) {
    let Some(node) = source.get("type") else { return };
    if word == "asyncapi" {
        let hint = "only the HTTP parts of a description can be run: leave out this source and the steps that use it";
        return node.refuse("not supported: AsyncAPI sources", hint);
    }
    node.refuse_unknown(format!("unknown source type `{word}`"), word, ["openapi", "arazzo"]);
}

/// `x-standin-overlays`, as written, each with its number in the list.
fn overlays(source: &Node<'_>) -> Vec<(usize, String)> {
    let Some(list) = source.get("x-standin-overlays") else { return Vec::new() };
    if !list.value.is_array() {
        list.refuse("`x-standin-overlays` must be a list of files", "write `x-standin-overlays: [overlay.yaml]`");
    }
    let files = list.items().into_iter().enumerate().filter_map(|(index, item)| match item.value.as_str() {
        Some(file) => Some((index, file.to_owned())),
        None => {
            item.refuse("an overlay is named by its file", "write its path, relative to this file");
            None
        }
    });
    files.collect()
}
