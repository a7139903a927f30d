//! What a contract knows of a service's ids, references and secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::names::{reference_word, words};
use crate::contract::Contract;
use crate::contract::operation::{Media, Operation, OperationId};
use crate::contract::plan::{ResourceIndex, Verb};
use crate::contract::security::Scheme;
use crate::contract::violation::Place;
use crate::contract::vocabulary::PageStyle;

#[derive(Debug)]
pub struct Service<'c> {
    pub contract: &'c Contract,
    /// Parallel to the plan's resources.
    resources: Vec<Thing<'c>>,
    /// The resource whose records a schema describes, by the schema's pointer.
    by_schema: BTreeMap<String, ResourceIndex>,
    /// Names of the query parameters and headers (lower-case) that carry credentials.
    key_queries: Vec<String>,
    key_headers: Vec<String>,
}

/// A resource as a snapshot needs it.
#[derive(Debug)]
struct Thing<'c> {
    word: String,
    /// The words of that word.
    words: String,
    id_field: &'c str,
    /// The word of the resource that a field refers to.
    references: BTreeMap<&'c str, String>,
    secrets: BTreeSet<&'c str>,
}

impl<'c> Service<'c> {
    pub fn of(contract: &'c Contract) -> Service<'c> {
        let (mut key_queries, mut key_headers) = (Vec::new(), vec!["authorization".to_owned(), "cookie".to_owned()]);
        for scheme in contract.schemes.values() {
            match scheme {
                Scheme::Key(Place::Query, name) => key_queries.push(name.clone()),
                Scheme::Key(Place::Header, name) => key_headers.push(name.to_ascii_lowercase()),
                _ => {}
            }
        }
        Service { contract, resources: things(contract), by_schema: by_schema(contract), key_queries, key_headers }
    }

    pub fn operation(&self, id: OperationId) -> Option<&'c Operation> {
        self.contract.operations.list.get(id.0)
    }

    /// The resource that an operation is about.
    pub fn resource_of(&self, id: OperationId) -> Option<ResourceIndex> {
        self.contract.plan.actions.get(id.0).and_then(|action| action.verb.resource())
    }

    /// The resource whose records the schema at this pointer describes.
    pub fn resource_at(&self, pointer: &str) -> Option<ResourceIndex> {
        self.by_schema.get(pointer).copied()
    }

    /// The word of a resource in references: `<post:1>`.
    pub fn word(&self, resource: ResourceIndex) -> &str {
        self.resources.get(resource).map_or("id", |thing| &thing.word)
    }

    /// The resource that a name means: `channel`, `webhook_delivery`, `posts`.
    pub fn resource_named(&self, name: &str) -> Option<ResourceIndex> {
        let (named, singular) = (words(name), words(name.strip_suffix('s').unwrap_or(name)));
        self.resources.iter().position(|thing| thing.words == named || thing.words == singular)
    }

    pub fn is_id(&self, resource: ResourceIndex, field: &str) -> bool {
        self.resources.get(resource).is_some_and(|thing| thing.id_field == field)
    }

    /// The word of the resource that this field of a resource refers to.
    pub fn reference(&self, resource: ResourceIndex, field: &str) -> Option<&str> {
        self.resources.get(resource)?.references.get(field).map(String::as_str)
    }

    pub fn is_secret(&self, resource: ResourceIndex, field: &str) -> bool {
        self.resources.get(resource).is_some_and(|thing| thing.secrets.contains(field))
    }

    pub fn is_key_query(&self, name: &str) -> bool {
        self.key_queries.iter().any(|known| known == name)
    }

    pub fn is_key_header(&self, name: &str) -> bool {
        self.key_headers.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Does this query parameter of an operation carry a cursor?
    pub fn is_cursor_query(&self, id: OperationId, name: &str) -> bool {
        match self.contract.plan.actions.get(id.0).map(|action| &action.verb) {
            Some(Verb::List { paging, .. }) => paging.style == PageStyle::Cursor && paging.at.as_deref() == Some(name),
            _ => false,
        }
    }
}

fn things(contract: &Contract) -> Vec<Thing<'_>> {
    let plan = &contract.plan;
    let mut things: Vec<Thing<'_>> = plan
        .resources
        .iter()
        .map(|resource| {
            let word = reference_word(&resource.name);
            Thing {
                words: words(&word),
                word,
                id_field: &resource.id.field,
                references: BTreeMap::new(),
                secrets: resource.secrets.iter().map(|(field, _)| &**field).collect(),
            }
        })
        .collect();
    let words: Vec<String> = things.iter().map(|thing| thing.word.clone()).collect();
    for (thing, resource) in things.iter_mut().zip(&plan.resources) {
        let targets = resource.references.iter().filter_map(|reference| Some((reference, words.get(reference.to)?)));
        thing.references = targets.map(|(reference, word)| (reference.field.as_str(), word.clone())).collect();
    }
    for credential in plan.credentials.values() {
        if let Some(thing) = things.get_mut(credential.resource) {
            thing.secrets.insert(&credential.secret);
        }
    }
    if let Some(webhooks) = &plan.webhooks
        && let (Some(secret), Some(thing)) = (&webhooks.secret, things.get_mut(webhooks.subscriptions))
    {
        thing.secrets.insert(secret);
    }
    things
}

fn by_schema(contract: &Contract) -> BTreeMap<String, ResourceIndex> {
    let mut by_schema = BTreeMap::new();
    for (index, resource) in contract.plan.resources.iter().enumerate() {
        let rule = contract.behaviour.resources.get(&resource.name);
        let Some(reference) = rule.and_then(|rule| rule.schema.as_deref()) else { continue };
        let reference: Value = json!({ "$ref": reference });
        if let (_, Some(pointer)) = contract.document.resolve_named(&reference) {
            by_schema.entry(pointer).or_insert(index);
        }
    }
    by_schema
}

/// The schema of a body by its media type; of the first one declared where the type is another.
pub fn media_schema<'c>(declared: &'c [Media], name: &str) -> Option<&'c Value> {
    declared.iter().find(|media| media.name == name).or(declared.first()).map(|media| &media.raw)
}
