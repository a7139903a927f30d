//! What the fields of a resource mean: stamps, secrets, names of other records, things that callers never see.

use http::Method;
use indexmap::IndexMap;
use serde_json::Value;

use super::envelope::Content;
use super::example::{at_path, pattern, reply_examples};
use super::names::{flat, flat_singular, words};
use super::notes::Notes;
use super::resource::{Resource, Resources};
use super::site::{Site, Survey};
use super::view::{Kind, Property, View};
use crate::contract::vocabulary::{OnDelete, ReferenceRule};

const CREATED: [&str; 13] = [
    "createdat",
    "created",
    "createdon",
    "createdate",
    "createddate",
    "creationdate",
    "creationtime",
    "datecreated",
    "createtime",
    "createdtime",
    "insertedat",
    "createtimestamp",
    "addedat",
];
const UPDATED: [&str; 15] = [
    "updatedat",
    "updated",
    "updatedon",
    "updatedate",
    "updateddate",
    "modifiedat",
    "modified",
    "modifiedon",
    "lastmodified",
    "lastupdated",
    "lastmodifiedat",
    "lastupdatedat",
    "datemodified",
    "updatetime",
    "changedat",
];
const SECRETS: [&str; 7] = ["secret", "token", "key", "password", "credential", "apikey", "passphrase"];

/// Fills in what a resource's fields tell, one resource after the other.
pub fn fill(survey: &Survey<'_>, resources: &mut Resources<'_>, notes: &mut Notes) {
    let writers: Vec<Writer> = survey.sites.iter().map(|site| Writer::of(survey, resources, site)).collect();
    for index in 0..resources.list.len() {
        let references = references(survey, resources, index);
        let bodies = bodies(survey, &writers, index);
        let resource = &mut resources.list[index];
        stamps(resource, &bodies, notes);
        secrets(survey, resource, notes);
        hidden(resource, &bodies, notes);
        for (field, rule, reason) in references {
            notes.add(&["resources", &resource.name, "references", &field], reason);
            resource.rule.references.insert(field, rule);
        }
    }
}

/// Bodies by which callers write a resource.
struct Bodies<'a> {
    /// Of creations: the properties and whether each is required.
    create: Vec<View<'a>>,
    all: Vec<View<'a>>,
    multipart: bool,
}

fn bodies<'a>(survey: &Survey<'a>, writers: &[Writer], index: usize) -> Bodies<'a> {
    let mut bodies = Bodies { create: Vec::new(), all: Vec::new(), multipart: false };
    for (site, writer) in survey.sites.iter().zip(writers) {
        let Some(body) = site.body.as_ref().filter(|_| writer.writes(site, index)) else { continue };
        bodies.multipart |= site.body_media.is_some_and(|media| media.name.starts_with("multipart/"));
        if site.method() == Method::POST && !site.ends_in_parameter() {
            bodies.create.push(body.clone());
        }
        bodies.all.push(body.clone());
    }
    bodies
}

/// Whose fields an operation may take: looked up once for all resources.
struct Writer {
    /// The resource of the operation's collection.
    here: Option<usize>,
    /// The resource that its reply shows.
    shows: Option<usize>,
    lists: bool,
}

impl Writer {
    fn of(survey: &Survey<'_>, resources: &Resources<'_>, site: &Site<'_>) -> Writer {
        if site.body.is_none() {
            return Writer { here: None, shows: None, lists: false };
        }
        let shows = match site.content() {
            Content::Record(raw) => resources.shown_by(&View::of(survey.document, raw)),
            _ => None,
        };
        let lists = matches!(site.content(), Content::List(_));
        Writer { here: resources.at(&site.collection), shows, lists }
    }

    /// Does the operation take the fields of this resource? A creation in its collection, or a change of its item.
    fn writes(&self, site: &Site<'_>, index: usize) -> bool {
        let item = site.ends_in_parameter();
        let (here, shows) = (self.here == Some(index), self.shows == Some(index));
        match site.method().as_str() {
            "POST" => !item && (here && !self.lists || shows && site.declares("201")),
            "PUT" | "PATCH" => item && here,
            _ => false,
        }
    }
}

fn stamps(resource: &mut Resource<'_>, bodies: &Bodies<'_>, notes: &mut Notes) {
    let demanded = |name: &str| {
        bodies.create.iter().any(|body| body.properties.get(name).is_some_and(|property| property.required))
    };
    let find = |names: &[&str]| {
        let mut candidates = names.iter().filter_map(|name| resource.view.find(name));
        let fitting = candidates.find(|(name, property)| property.is_instant() && !demanded(name));
        fitting.map(|(name, _)| name.to_owned())
    };
    let (created, updated) = (find(&CREATED), find(&UPDATED));
    for (word, field) in [("created", &created), ("updated", &updated)] {
        if let Some(field) = field {
            notes.add(&["resources", &resource.name, word], format!("`{field}` is an instant by its name and type"));
        }
    }
    resource.rule.created = created;
    resource.rule.updated = updated;
}

fn secrets(survey: &Survey<'_>, resource: &mut Resource<'_>, notes: &mut Notes) {
    let Some(created) = &resource.created else { return };
    let mut found: IndexMap<String, String> = IndexMap::new();
    for (name, property) in &created.properties {
        let once = !resource.view.has(name);
        let words = words(name);
        let secret = words.last().is_some_and(|last| SECRETS.contains(&last.as_str()));
        if !once || !secret || property.kind() != Kind::Text {
            continue;
        }
        let example = property.example().and_then(Value::as_str).map(str::to_owned);
        let example = example.or_else(|| creation_example(survey, resource, name));
        let declared = property.say("pattern").and_then(Value::as_str);
        let form = pattern(declared, example.as_deref()).unwrap_or_else(|| "[A-Za-z0-9]{32}".to_owned());
        notes.add(&["resources", &resource.name, "secrets", name], "only the reply to the creation shows it");
        found.insert((*name).to_owned(), form);
    }
    resource.rule.secrets = found;
}

fn creation_example(survey: &Survey<'_>, resource: &Resource<'_>, field: &str) -> Option<String> {
    let creations = survey.sites.iter().filter(|site| site.method() == Method::POST);
    let here = creations.filter(|site| resource.collections.contains(&site.collection));
    here.filter_map(|site| site.success.as_ref().map(|success| (site, success)))
        .flat_map(|(site, success)| {
            let examples = reply_examples(survey, site.operation, success.status);
            examples.into_iter().filter_map(|example| at_path(example, &success.payload.path))
        })
        .find_map(|record| record.get(field).and_then(Value::as_str).map(str::to_owned))
}

/// What callers may write but never read: `writeOnly` properties, and those of bodies that no reply shows.
fn hidden(resource: &mut Resource<'_>, bodies: &Bodies<'_>, notes: &mut Notes) {
    if !resource.view.has(&resource.id) {
        resource.rule.hidden.push(resource.id.clone());
        notes.add(&["resources", &resource.name, "hidden"], "no reply shows the id");
    }
    let written = resource.view.properties.iter().filter(|(_, property)| property.flag("writeOnly"));
    let mut fields: Vec<String> = written.map(|(name, _)| (*name).to_owned()).collect();
    for (name, property) in bodies.all.iter().flat_map(|body| &body.properties) {
        let unseen = !resource.view.has(name) && !resource.rule.secrets.contains_key(*name);
        if bodies.multipart && unseen && is_binary(property) {
            if resource.rule.bytes.is_none() {
                notes.add(&["resources", &resource.name, "bytes"], format!("`{name}` is a part with bytes"));
                resource.rule.bytes = Some((*name).to_owned());
            }
            continue;
        }
        if unseen && !resource.view.properties.is_empty() && !fields.iter().any(|field| field == name) {
            fields.push((*name).to_owned());
        }
    }
    for field in fields {
        let reason = format!("callers may write `{field}`, but no reply shows it");
        notes.add(&["resources", &resource.name, "hidden"], reason);
        resource.rule.hidden.push(field);
    }
}

fn is_binary(property: &Property<'_>) -> bool {
    property.format() == "binary" || property.say("contentMediaType").is_some() || property.kind() == Kind::Unknown
}

/// `channelId`, `channel_ids` and `mediaKeys` name records of `channel` and `media`.
fn references(survey: &Survey<'_>, resources: &Resources<'_>, index: usize) -> Vec<(String, ReferenceRule, String)> {
    let resource = resources.get(index);
    let mut found = Vec::new();
    for (name, property) in &resource.view.properties {
        if *name == resource.id || !names_records(survey, property) {
            continue;
        }
        let Some(to) = target(resources, index, name) else { continue };
        let target = &resources.get(to).name;
        let otherwise = declared_missing(survey, resources, index, name, target);
        let mut reason = format!("`{name}` names {}", super::names::one(target));
        if otherwise.is_some() {
            reason.push_str(", and the creation declares a 404 for one that is not there");
        }
        let rule =
            ReferenceRule { to: target.clone(), otherwise, on_delete: OnDelete::Keep, when: None, refusal: None };
        found.push(((*name).to_owned(), rule, reason));
    }
    found
}

fn names_records(survey: &Survey<'_>, property: &Property<'_>) -> bool {
    match property.kind() {
        Kind::Text | Kind::Integer => property.choices().next().is_none(),
        Kind::Array => {
            property.items(survey.document).is_some_and(|items| matches!(items.kind(), Kind::Text | Kind::Integer))
        }
        _ => false,
    }
}

fn target(resources: &Resources<'_>, index: usize, name: &str) -> Option<usize> {
    let mut parts = words(&super::names::in_style_of(&words(name), ["_"].into_iter()));
    let last = parts.pop()?;
    if parts == ["parent"] {
        return Some(index);
    }
    if parts.is_empty() {
        return None;
    }
    let base = flat_singular(&parts.join("_"));
    let to = resources.named(&base)?;
    let suffix = super::names::singular(&last);
    let by_id = ["id", "uuid"].contains(&suffix.as_str()) || suffix == flat(&resources.get(to).id);
    by_id.then_some(to)
}

/// The error for a name of nothing: `not_found`, when the creation's 404 can mean only that.
fn declared_missing(
    survey: &Survey<'_>,
    resources: &Resources<'_>,
    index: usize,
    field: &str,
    target: &str,
) -> Option<String> {
    let creations = survey.sites.iter().filter(|site| {
        site.method() == Method::POST
            && resources.at(&site.collection) == Some(index)
            && site.path.iter().all(|segment| segment.parameter().is_none())
            && site.body.as_ref().is_some_and(|body| body.has(field))
    });
    let mut declared = creations.filter(|site| site.declares("404"));
    let site = declared.next()?;
    let body = site.body.as_ref()?;
    let others = body.properties.iter().filter(|(name, property)| {
        *name != &field && names_records(survey, property) && self::target(resources, index, name).is_some()
    });
    let alone = others.count() == 0;
    (alone || says(survey, site, target)).then(|| "not_found".to_owned())
}

/// Does the 404's description or an example of it speak of this resource?
fn says(survey: &Survey<'_>, site: &Site<'_>, target: &str) -> bool {
    let description = site.operation.response(404).map(|response| response.description.clone());
    let examples = reply_examples(survey, site.operation, "404").into_iter().map(Value::to_string);
    let word = flat(target);
    description.into_iter().chain(examples).any(|text| flat(&text).contains(&word))
}
