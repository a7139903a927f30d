//! Inference: a complete [`Behaviour`] from the document alone, each line with its reason.
//!
//! What it cannot know it says so: such an operation is *sampled*. Nothing here is certain, so an overlay may correct every line; and nothing
//! here looks at anything but the document, in its own order, so equal documents give equal plans.
//!
//! ```text
//! document ─► site (path, reply, body) ─► resource (what is kept) ─► field (what it means)
//!                                              │
//!                                              ▼
//!            verb, action, singleton, scope (what each operation does) ─► paging, filter
//!                                              │
//!                                              ▼
//!            reply (shapes of successes), error + failure (shape and words of errors)
//!            limit, idempotency, auth, webhook
//! ```

#[cfg(test)]
mod tests;

mod action;
mod auth;
mod envelope;
mod error;
mod example;
mod failure;
mod field;
mod filter;
mod idempotency;
mod identity;
mod limit;
mod names;
mod notes;
mod paging;
mod reply;
mod resource;
mod scope;
mod shape;
mod singleton;
mod site;
mod verb;
mod view;
mod webhook;

use serde_json::{Map, Value};

use super::document::Document;
use super::operation::Operations;
use super::vocabulary::Behaviour;
use notes::Notes;
use resource::Resources;
use site::{Site, Survey};
use verb::Proposal;

/// What a document seems to mean.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inferred {
    pub behaviour: Behaviour,
    pub reasons: Vec<Reason>,
}

/// Why a line of the plan was inferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// JSON Pointer into the behaviour as JSON: `/operations/listPosts/list`.
    pub pointer: String,
    pub text: String,
}

/// How many records of a kind that nobody can create are taken from examples.
const SEEDS_MAX: usize = 10;
/// How many are made up where there are no examples.
const SEEDS_MADE: usize = 3;

/// Proposes what a service does.
pub fn infer(document: &Document, operations: &Operations) -> Inferred {
    let survey = Survey::of(document, operations);
    let mut notes = Notes::default();
    let mut behaviour = Behaviour::default();

    let mut resources = resource::find(&survey);
    let once = singleton::find(&survey, &mut resources, &mut notes);
    field::fill(&survey, &mut resources, &mut notes);
    for index in 0..resources.list.len() {
        let (id, reason) = identity::rule(&survey, resources.get(index));
        let resource = &mut resources.list[index];
        notes.add(&["resources", &resource.name, "id"], reason);
        resource.rule.id = Some(id);
    }

    let mut proposals: Vec<Proposal> = Vec::new();
    for site in &survey.sites {
        let mut proposal = verb::propose(&survey, &mut resources, site, &mut notes);
        lists(&survey, &mut resources, site, &mut proposal, &mut notes);
        proposals.push(proposal);
    }
    indexes(&mut resources);

    behaviour.webhooks = webhook::rule(&survey, &resources, &mut proposals, &mut notes);
    behaviour.shapes = reply::settle(&survey, &resources, &mut proposals, &mut notes);
    let error = error::shape(&survey, &mut notes);
    behaviour.errors = failure::rules(&survey, &error, &mut notes);
    behaviour.shapes.error = error.tree;
    let (headers, limit) = limit::rules(&survey, &mut notes);
    behaviour.limit_headers = headers;
    behaviour.limits.extend(limit.map(|limit| ("default".to_owned(), limit)));
    behaviour.idempotency = idempotency::rule(&survey, &mut notes);
    let (credentials, first) = auth::rules(&survey, &resources, &mut notes);
    behaviour.credentials = credentials;

    for (name, seed) in once.into_iter().chain(first) {
        behaviour.seed.entry(name).or_default().push(seed);
    }
    seeds(&survey, &resources, &proposals, &mut behaviour, &mut notes);
    for (site, proposal) in survey.sites.iter().zip(proposals) {
        let id = &site.operation.id;
        notes.add(&["operations", id, proposal.rule.verb().unwrap_or("sampled")], proposal.reason);
        behaviour.operations.insert(id.clone(), proposal.rule);
    }
    behaviour.resources = resources.list.into_iter().map(|resource| (resource.name, resource.rule)).collect();
    Inferred { behaviour, reasons: notes.reasons }
}

/// What a list takes from its query, and what that tells about the resource.
fn lists(
    survey: &Survey<'_>,
    resources: &mut Resources<'_>,
    site: &Site<'_>,
    proposal: &mut Proposal,
    notes: &mut Notes,
) {
    let Some(index) = proposal.resource.filter(|_| proposal.rule.list.is_some()) else { return };
    let id = &site.operation.id;
    let (page, reason) = paging::rule(survey.document, site);
    notes.add(&["operations", id, "page"], reason);
    let resource = &mut resources.list[index];
    let created = resource.rule.created.clone();
    let asked = filter::asked(survey.document, site, &resource.view, &page, created.as_deref());
    for (parameter, (rule, reason)) in asked.filters {
        notes.add(&["operations", id, "filters", &parameter], reason);
        proposal.rule.filters.insert(parameter, rule);
    }
    if let Some((rule, reason)) = asked.sort {
        notes.add(&["operations", id, "sort"], reason);
        proposal.rule.sort = Some(rule);
    }
    proposal.rule.page = Some(page);
    for field in asked.fields {
        if !resource.rule.index.contains(&field) {
            resource.rule.index.push(field);
        }
    }
    if resource.rule.order.is_none() {
        let usual = created.map(|field| format!("-{field}"));
        let reason = if asked.order.is_some() { "the sort parameter's default" } else { "newest first, as is usual" };
        resource.rule.order = asked.order.or(usual);
        if resource.rule.order.is_some() {
            notes.add(&["resources", &resource.name, "order"], reason);
        }
    }
}

/// Fields that references and the order look at have an index, too; the id has one anyway.
fn indexes(resources: &mut Resources<'_>) {
    for resource in &mut resources.list {
        let order = resource.rule.order.iter().map(|order| order.trim_start_matches('-').to_owned());
        let fields: Vec<String> = resource.rule.references.keys().cloned().chain(order).collect();
        for field in fields {
            if !resource.rule.index.contains(&field) {
                resource.rule.index.push(field);
            }
        }
        resource.rule.index.retain(|field| *field != resource.id);
    }
}

/// Records that can be read but never created are there from the start: the examples, or made up.
fn seeds(
    survey: &Survey<'_>,
    resources: &Resources<'_>,
    proposals: &[Proposal],
    behaviour: &mut Behaviour,
    notes: &mut Notes,
) {
    for (index, resource) in resources.list.iter().enumerate() {
        let of_resource =
            || survey.sites.iter().zip(proposals).filter(|(_, proposal)| proposal.resource == Some(index));
        let made = of_resource().any(|(_, proposal)| {
            let rule = &proposal.rule;
            rule.create.is_some() || rule.save.is_some() || rule.deliver.is_some()
        });
        let logged = behaviour
            .webhooks
            .as_ref()
            .and_then(|rule| rule.log.as_ref())
            .is_some_and(|log| log.resource == resource.name);
        let scoped = resource.collections.iter().all(|path| path.contains("{}"));
        if made || logged || scoped || resource.only.is_some() || behaviour.seed.contains_key(&resource.name) {
            continue;
        }
        let mut records: Vec<Value> = Vec::new();
        for example in of_resource().flat_map(|(site, _)| identity::record_examples(survey, site)) {
            let id = example.get(&resource.id);
            let known = records.iter().any(|record| record.get(&resource.id) == id);
            let shown = example.as_object().is_some_and(|fields| fields.keys().all(|name| resource.view.has(name)));
            if id.is_some() && !known && shown && records.len() < SEEDS_MAX && !example.to_string().contains("{{") {
                records.push(example.clone());
            }
        }
        let reason = if records.is_empty() {
            "nothing creates one, so some are made up"
        } else {
            "nothing creates one, so the examples are there"
        };
        if records.is_empty() {
            records.resize(SEEDS_MADE, Value::Object(Map::new()));
        }
        notes.add(&["seed", &resource.name], reason);
        behaviour.seed.insert(resource.name.clone(), records);
    }
}
