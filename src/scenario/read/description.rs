//! Whole descriptions: the root object, and the workflows in it.

use std::collections::BTreeMap;

use super::WORKFLOWS_MAX;
use super::component::{self, Copies};
use super::gather::Gathered;
use super::inputs::without_anchors;
use super::names::Reader;
use super::node::{Complaints, Document, Node};
use super::outline::Outline;
use super::shape;
use super::source::SourceSlot;
use super::workflow::{self, WorkflowLinks};
use crate::contract::schema::SchemasBuilder;
use crate::pointer;
use crate::scenario::model::{Description, Source, Workflow};

/// A description as far as it can be told by itself.
#[derive(Debug)]
pub struct Draft {
    /// `None` after a complaint.
    pub description: Option<Description>,
    /// One for each workflow as written.
    pub links: Vec<WorkflowLinks>,
}

/// Reads every description; what any of them offers is known before the first is read.
pub fn read_all(gathered: &Gathered, complaints: &Complaints) -> Vec<Draft> {
    let trees = gathered.descriptions.iter();
    let documents: Vec<Document<'_>> =
        trees.map(|tree| Document { file: &tree.file, root: &tree.root, version: tree.version, complaints }).collect();
    let outlines: Vec<Outline<'_>> = documents.iter().map(|document| Outline::read(&document.node())).collect();
    let copies = Copies::default();
    let drafts = documents.iter().enumerate().map(|(index, document)| {
        let reader = Reader { document, index, gathered, outlines: &outlines, copies: &copies };
        description(&reader)
    });
    drafts.collect()
}

fn description(reader: &Reader<'_>) -> Draft {
    let root = reader.document.node();
    root.check(&shape::ROOT);
    if let Some(info) = root.get("info").filter(|info| info.value.is_object()) {
        info.check(&shape::INFO);
    }
    component::check(reader);
    let mut builder = SchemasBuilder::default();
    let schema_root = without_anchors(root.value);
    check_shared_inputs(&root, &mut builder, &schema_root);
    let (workflows, links) = workflows(reader, &root, &mut builder, &schema_root);
    let schemas = builder.build(reader.document.file, &schema_root);
    let schemas = schemas.map_err(|errors| reader.document.complaints.extend(errors)).ok();
    let sources: Option<Vec<Source>> = reader.sources().iter().map(source).collect();
    let title = root.get("info").and_then(|info| info.text_of("title")).unwrap_or_default().to_owned();
    let parts = workflows.zip(schemas).zip(sources);
    let description = parts.map(|((workflows, schemas), sources)| Description {
        file: reader.document.file.clone(),
        version: reader.document.version,
        self_uri: reader.gathered.descriptions[reader.index].self_uri.clone(),
        title,
        sources,
        workflows,
        schemas,
    });
    Draft { description, links }
}

/// Schemas of the components are compiled with the others, used or not, so that a fault in one is told.
fn check_shared_inputs(root: &Node<'_>, builder: &mut SchemasBuilder, schema_root: &serde_json::Value) {
    let inputs = root.get("components").map(|components| components.members_of("inputs")).unwrap_or_default();
    for (_, node) in inputs {
        builder.add_at(pointer::find(schema_root, &node.pointer).unwrap_or(node.value), &node.pointer);
    }
}

fn workflows<'a>(
    reader: &Reader<'a>,
    root: &Node<'a>,
    builder: &mut SchemasBuilder,
    schema_root: &serde_json::Value,
) -> (Option<Vec<Workflow>>, Vec<WorkflowLinks>) {
    let Some(list) = root.get("workflows") else { return (None, Vec::new()) };
    let items = list.items();
    if list.value.is_array() && items.is_empty() {
        list.refuse("`workflows` is empty", "add one: `- {workflowId: …, steps: […]}`");
    }
    if items.len() > WORKFLOWS_MAX {
        list.refuse(format!("the description has more than {WORKFLOWS_MAX} workflows"), "split it into several files");
        return (None, Vec::new());
    }
    check_ids(&items);
    let read = items.iter().enumerate();
    let (workflows, links): (Vec<Option<Workflow>>, Vec<WorkflowLinks>) =
        read.map(|(index, item)| workflow::workflow(reader, index, item, builder, schema_root)).unzip();
    (workflows.into_iter().collect(), links)
}

fn check_ids(workflows: &[Node<'_>]) {
    let mut first: BTreeMap<&str, String> = BTreeMap::new();
    for item in workflows {
        let Some(id) = item.get("workflowId") else { continue };
        let Some(text) = id.value.as_str().filter(|text| !text.is_empty()) else { continue };
        if let Some(first) = first.get(text) {
            id.refuse(format!("the workflow id `{text}` is used twice"), format!("it is first used at {first}"));
        } else {
            first.insert(text, item.pointer.clone());
        }
    }
}

fn source(slot: &SourceSlot) -> Option<Source> {
    let target = slot.target?;
    Some(Source { name: slot.name.clone(), url: slot.url.clone(), target, site: slot.site.clone() })
}
