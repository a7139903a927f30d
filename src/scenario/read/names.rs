//! References by name: `getPost`, `$sourceDescriptions.api.getPost`, workflows of this or another description.

use super::gather::{ApiSlot, Gathered};
use super::node::{Document, Node, listed};
use super::outline::{Outline, WorkflowOutline};
use super::source::SourceSlot;
use crate::contract::Contract;
use crate::contract::operation::Operation;
use crate::scenario::model::{SourceTarget, WorkflowRef};
use crate::words::did_you_mean;

/// What is known while one description is read.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    pub document: &'a Document<'a>,
    /// Its index among all.
    pub index: usize,
    pub gathered: &'a Gathered,
    pub outlines: &'a [Outline<'a>],
    pub copies: &'a super::component::Copies,
}

/// A name as written: of this description, or of a source of it.
#[derive(Debug, Clone, Copy)]
pub enum Name<'t> {
    Plain(&'t str),
    Qualified { source: usize, name: &'t str },
}

pub const SOURCE_PREFIX: &str = "$sourceDescriptions.";

impl<'a> Reader<'a> {
    pub fn sources(&self) -> &'a [SourceSlot] {
        &self.gathered.descriptions[self.index].sources
    }

    pub fn outline(&self) -> &'a Outline<'a> {
        &self.outlines[self.index]
    }

    pub fn workflow_outline(&self, at: WorkflowRef) -> &'a WorkflowOutline<'a> {
        &self.outlines[at.description].workflows[at.workflow]
    }

    pub fn api(&self, index: usize) -> &'a ApiSlot {
        &self.gathered.apis[index]
    }

    /// The sources that hold operations. Of those that could not be read nobody knows.
    pub fn api_sources(&self) -> impl Iterator<Item = &'a SourceSlot> {
        self.sources().iter().filter(|source| matches!(source.target, Some(SourceTarget::Api(_))))
    }

    /// Could every source be read? Else what is missing may be missing because of that.
    pub fn knows_all_sources(&self) -> bool {
        let written = self.document.root.get("sourceDescriptions").and_then(|list| list.as_array());
        let complete = written.is_some_and(|list| !list.is_empty() && list.len() == self.sources().len());
        complete && self.sources().iter().all(|source| source.target.is_some())
    }

    /// Takes `$sourceDescriptions.NAME.REST` apart. Names may have dots in them, so the longest that fits is meant.
    pub fn name<'t>(&self, node: &Node<'a>, text: &'t str) -> Option<Name<'t>> {
        let Some(rest) = text.strip_prefix(SOURCE_PREFIX) else {
            return Some(Name::Plain(text));
        };
        let fits = |source: &SourceSlot| rest.strip_prefix(&source.name).is_some_and(|rest| rest.starts_with('.'));
        let sources = self.sources().iter().enumerate().filter(|(_, source)| fits(source));
        if let Some((index, source)) = sources.max_by_key(|(_, source)| source.name.len()) {
            return Some(Name::Qualified { source: index, name: &rest[source.name.len() + 1..] });
        }
        let (name, after) = rest.split_once('.').unwrap_or((rest, ""));
        if after.is_empty() {
            let hint = format!("write `{SOURCE_PREFIX}NAME.ID`");
            node.refuse(format!("`{text}` names nothing of a source description"), hint);
        } else {
            let message = format!("there is no source description `{name}`");
            node.refuse_unknown(message, name, self.sources().iter().map(|source| source.name.as_str()));
        }
        None
    }

    /// The workflow that a `workflowId` or `dependsOn` names.
    pub fn workflow(&self, node: &Node<'a>, text: &str) -> Option<WorkflowRef> {
        match self.name(node, text)? {
            Name::Plain(id) => self.local_workflow(node, id),
            Name::Qualified { source, name } => self.foreign_workflow(node, source, name),
        }
    }

    fn local_workflow(&self, node: &Node<'a>, id: &str) -> Option<WorkflowRef> {
        if let Some(workflow) = self.outline().find(id) {
            return Some(WorkflowRef { description: self.index, workflow });
        }
        let message = format!("there is no workflow `{id}`");
        let elsewhere = self.sources().iter().find(|source| match source.target {
            Some(SourceTarget::Description(index)) => self.outlines[index].find(id).is_some(),
            _ => false,
        });
        if let Some(source) = elsewhere {
            let hint = format!("that of `{0}` is named `{SOURCE_PREFIX}{0}.{id}`", source.name);
            node.refuse(format!("{message} in this description"), hint);
        } else if let Some(plain) = id.strip_prefix("$workflows.").filter(|plain| self.outline().find(plain).is_some())
        {
            node.refuse(message, format!("a workflow of this description is named by its id alone: `{plain}`"));
        } else {
            node.refuse_unknown(message, id, self.outline().ids.keys().copied());
        }
        None
    }

    fn foreign_workflow(&self, node: &Node<'a>, source: usize, id: &str) -> Option<WorkflowRef> {
        let source = &self.sources()[source];
        match source.target? {
            SourceTarget::Description(description) => {
                if let Some(workflow) = self.outlines[description].find(id) {
                    return Some(WorkflowRef { description, workflow });
                }
                let message = format!("`{}` has no workflow `{id}`", source.name);
                node.refuse_unknown(message, id, self.outlines[description].ids.keys().copied());
            }
            SourceTarget::Api(_) => {
                let message = format!("`{}` is an OpenAPI document: it has no workflows", source.name);
                node.refuse(message, "operations are named by `operationId`");
            }
        }
        None
    }

    /// A step of a workflow, by its id.
    pub fn step(&self, node: &Node<'a>, workflow: WorkflowRef, id: &str) -> Option<usize> {
        let outline = self.workflow_outline(workflow);
        let found = outline.find(id);
        if found.is_none() {
            let message = format!("workflow `{}` has no step `{id}`", outline.id);
            node.refuse_unknown(message, id, outline.step_ids.keys().copied());
        }
        found
    }

    /// The operation of that id in any of the sources, as it would be written.
    pub fn qualified(&self, id: &str) -> Option<String> {
        self.qualified_by(|ids| ids.contains(&id).then_some(id))
    }

    /// The operation of nearly that id in any of the sources, as it would be written.
    pub fn nearly_qualified(&self, id: &str) -> Option<String> {
        self.qualified_by(|ids| did_you_mean(id, ids.iter().copied()))
    }

    fn qualified_by<'t>(&self, choose: impl Fn(&[&'a str]) -> Option<&'t str>) -> Option<String>
    where
        'a: 't,
    {
        let mut sources = self.api_sources();
        sources.find_map(|source| {
            let Some(SourceTarget::Api(api)) = source.target else { return None };
            let id = choose(&operation_ids(self.api(api).contract.as_deref()?))?;
            Some(format!("{SOURCE_PREFIX}{}.{id}", source.name))
        })
    }

    /// The names of the sources that hold operations.
    pub fn api_names(&self) -> String {
        listed(&self.api_sources().map(|source| source.name.as_str()).collect::<Vec<_>>())
    }
}

/// Does the document give an id to this operation? One without goes by its method and path, which no scenario can rely on.
pub fn is_named(contract: &Contract, operation: &Operation) -> bool {
    contract.document.at(&format!("{}/operationId", operation.pointer)).is_some()
}

/// The ids that a document gives to its operations.
pub fn operation_ids(contract: &Contract) -> Vec<&str> {
    let named = contract.operations.list.iter().filter(|operation| is_named(contract, operation));
    named.map(|operation| operation.id.as_str()).collect()
}
