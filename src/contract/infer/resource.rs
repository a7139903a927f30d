//! Which kinds of records a service keeps: found where paths have items, where lists have ids, where things are created.

use http::Method;
use indexmap::IndexMap;
use serde_json::Value;

use super::envelope::Content;
use super::names::{camel, flat, singular, words};
use super::site::{Segment, Site, Survey};
use super::view::{Kind, Property, View};
use crate::contract::vocabulary::ResourceRule;

/// A kind of record, while it is being worked out.
pub struct Resource<'a> {
    pub name: String,
    pub rule: ResourceRule,
    /// The record as callers see it.
    pub view: View<'a>,
    /// What the reply to a creation shows.
    pub created: Option<View<'a>>,
    /// Components that mean this resource: of its lists, its items, its creations.
    pub components: Vec<String>,
    /// Paths of its collections, parameters unnamed: `/users/{}/pets`.
    pub collections: Vec<String>,
    /// The field of the id.
    pub id: String,
    /// The one record of a singleton has this id.
    pub only: Option<Value>,
}

#[derive(Default)]
pub struct Resources<'a> {
    pub list: Vec<Resource<'a>>,
    flats: std::cell::OnceCell<Vec<String>>,
}

impl<'a> Resources<'a> {
    /// The resource whose records a schema shows.
    pub fn shown_by(&self, view: &View<'_>) -> Option<usize> {
        // The outermost component first: a superset's own name before that of what it extends.
        view.names.iter().find_map(|name| self.list.iter().position(|resource| resource.components.contains(name)))
    }

    pub fn at(&self, collection: &str) -> Option<usize> {
        self.list.iter().position(|resource| resource.collections.iter().any(|path| path == collection))
    }

    /// The resource that a word names: `channel`, `channels`, `webhook_delivery`.
    pub fn named(&self, flat_singular: &str) -> Option<usize> {
        // The names are settled before anyone looks one up.
        let flats = self.flats.get_or_init(|| self.list.iter().map(|resource| flat(&resource.name)).collect());
        flats.iter().position(|name| name == flat_singular)
    }

    pub fn get(&self, index: usize) -> &Resource<'a> {
        &self.list[index]
    }
}

/// What is known about one collection path.
#[derive(Default)]
struct Family<'a> {
    segment: String,
    /// Name of the path parameter of an item.
    parameter: Option<String>,
    item: Option<&'a Value>,
    listed: Option<&'a Value>,
    created: Option<&'a Value>,
    changed: Option<&'a Value>,
    writable: bool,
}

pub fn find<'a>(survey: &Survey<'a>) -> Resources<'a> {
    let mut resources = Resources::default();
    for (collection, family) in families(survey) {
        add(survey, &mut resources, collection, &family);
    }
    resources
}

fn families<'a>(survey: &Survey<'a>) -> IndexMap<String, Family<'a>> {
    let mut families: IndexMap<String, Family<'a>> = IndexMap::new();
    for site in &survey.sites {
        let Some(role) = role(site) else { continue };
        let family = families.entry(site.collection.clone()).or_default();
        family.segment = site.last_literal().unwrap_or_default().to_owned();
        if let Some(Segment::Parameter(name)) = site.path.last() {
            family.parameter.get_or_insert_with(|| name.clone());
        }
        let shown = match site.content() {
            Content::Record(raw) | Content::List(raw) => Some(raw),
            _ => None,
        };
        family.writable |= site.method() != Method::GET;
        let place = match role {
            Role::Item => &mut family.item,
            Role::List => &mut family.listed,
            Role::Create => &mut family.created,
            Role::Change => &mut family.changed,
        };
        *place = place.or(shown);
    }
    families
}

enum Role {
    Item,
    List,
    Create,
    Change,
}

fn role(site: &Site<'_>) -> Option<Role> {
    let item = site.ends_in_parameter();
    match (site.method().as_str(), site.content(), item) {
        ("GET", Content::Record(_), true) => Some(Role::Item),
        ("GET", Content::List(_), false) => Some(Role::List),
        ("POST", Content::Record(_) | Content::List(_), false) => Some(Role::Create),
        ("PUT" | "PATCH" | "DELETE", _, true) => Some(Role::Change),
        _ => None,
    }
}

fn add<'a>(survey: &Survey<'a>, resources: &mut Resources<'a>, collection: String, family: &Family<'a>) {
    let shown = family.item.or(family.listed).or(family.changed).or(family.created);
    let Some(schema) = shown else { return };
    let view = View::of(survey.document, schema);
    let known = resources.shown_by(&view);
    let parameter = family.parameter.as_deref();
    let id = id_field(&view, parameter, &family.segment);
    let hidden_id = parameter.filter(|_| family.item.is_some() && family.writable).map(str::to_owned);
    let lone_creation = parameter.is_none() && family.listed.is_none() && family.item.is_none();
    let Some(id) = id.map(|id| id.to_owned()).or(hidden_id) else { return };
    // What is created where nothing is listed or found is an action as often as a collection.
    if lone_creation {
        return;
    }
    let views = [family.listed, family.item, family.changed].map(|raw| raw.map(|raw| View::of(survey.document, raw)));
    let created = family.created.map(|raw| View::of(survey.document, raw));
    let created = created.filter(|created| created.related(&view.names) || extends(created, &view));
    let mut components: Vec<String> = Vec::new();
    for view in views.iter().flatten().filter(|other| other.related(&view.names) || same_id(other, &view, &id)) {
        components.extend(view.names.iter().take(1).cloned());
    }
    components.extend(created.iter().flat_map(|created| created.names.first().cloned()));
    components.dedup();
    if let Some(known) = known {
        let resource = &mut resources.list[known];
        resource.collections.push(collection);
        resource.components.extend(components);
        resource.created = resource.created.take().or(created);
        return;
    }
    let naming = family.listed.filter(|_| family.item.is_some());
    let named = naming.map(|raw| View::of(survey.document, raw)).unwrap_or_else(|| view.clone());
    let name = name(&named, &family.segment);
    if let Some(twin) = resources.list.iter_mut().find(|resource| resource.name == name && resource.id == id) {
        twin.collections.push(collection);
        twin.components.extend(components);
        return;
    }
    let name = unused(resources, name);
    let pointer = view.names.first().map(|pointer| format!("#{pointer}"));
    let rule = ResourceRule { schema: pointer, ..ResourceRule::default() };
    let collections = vec![collection];
    resources.list.push(Resource { name, rule, view, created, components, collections, id, only: None });
}

fn unused(resources: &Resources<'_>, name: String) -> String {
    let taken = |name: &str| resources.list.iter().any(|resource| resource.name == name);
    if !taken(&name) {
        return name;
    }
    let numbered = (2..).map(|number| format!("{name}{number}"));
    numbered.into_iter().find(|candidate| !taken(candidate)).unwrap_or(name)
}

fn extends(created: &View<'_>, view: &View<'_>) -> bool {
    !view.properties.is_empty() && view.properties.keys().all(|name| created.has(name))
}

fn same_id(other: &View<'_>, view: &View<'_>, id: &str) -> bool {
    other.has(id) && view.has(id)
}

/// The property that holds the id, told by the path's parameter and by usual names.
pub fn id_field<'a>(view: &View<'a>, parameter: Option<&str>, segment: &str) -> Option<&'a str> {
    let textual = |property: &Property<'_>| !matches!(property.kind(), Kind::Array | Kind::Object | Kind::Boolean);
    let find = |name: &str| view.find(name).filter(|(_, property)| textual(property)).map(|(name, _)| name);
    let exact = parameter.and_then(|parameter| find(&flat(parameter)));
    let parameter_words = parameter.map(words).unwrap_or_default();
    let tail = parameter_words.last().map(String::as_str);
    // `{postKey}` asks for `key`, `{petId}` for `id`.
    let by_tail = tail.filter(|tail| ["id", "key", "uuid", "slug", "code", "name", "sid", "guid"].contains(tail));
    let own = format!("{}id", super::names::flat_singular(segment));
    let named = || ["id", "uuid", "guid", "sid"].into_iter().find_map(find).or_else(|| find(&own));
    let only_item = || parameter.and_then(|_| ["key", "slug", "code", "name"].into_iter().find_map(find));
    exact.or_else(|| by_tail.and_then(find)).or_else(named).or_else(only_item)
}

/// Words that a component's name adds to the name of the thing.
const DRESS: [&str; 26] = [
    "response",
    "resource",
    "dto",
    "model",
    "schema",
    "detail",
    "details",
    "detailed",
    "summary",
    "full",
    "read",
    "out",
    "output",
    "object",
    "entity",
    "created",
    "view",
    "data",
    "result",
    "public",
    "item",
    "list",
    "base",
    "get",
    "basic",
    "representation",
];

/// `Post` and `PostResponse` are `post`; a schema without a name is called by the path's word.
fn name(view: &View<'_>, segment: &str) -> String {
    let component = view.names.first().and_then(|pointer| pointer.rsplit(['/', '.']).next()).unwrap_or_default();
    let mut parts = words(component);
    while parts.len() > 1 && parts.last().is_some_and(|last| DRESS.contains(&last.as_str())) {
        parts.pop();
    }
    let dressed_only = parts.len() == 1 && DRESS.contains(&parts[0].as_str());
    if parts.is_empty() || dressed_only {
        parts = words(segment);
        if let Some(last) = parts.pop() {
            parts.push(singular(&last));
        }
    } else if let Some(last) = parts.pop() {
        parts.push(singular(&last));
    }
    let name = camel(&parts);
    if name.is_empty() { "record".to_owned() } else { name }
}
