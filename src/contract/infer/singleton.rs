//! Things that exist once: `GET /settings` and `PUT /settings`.

use http::Method;
use serde_json::{Map, Value};

use super::envelope::Content;
use super::names::{literal, prose};
use super::notes::Notes;
use super::resource::{Resource, Resources};
use super::site::{Site, Survey};
use super::verb::Proposal;
use super::view::{Kind, View};
use crate::contract::vocabulary::{OperationRule, ResourceRule};

/// Adds a resource for each path without parameters that shows one record and lets it be changed. Returned are its seeds.
pub fn find<'a>(survey: &Survey<'a>, resources: &mut Resources<'a>, notes: &mut Notes) -> Vec<(String, Value)> {
    let mut seeds = Vec::new();
    for site in survey.sites.iter().filter(|site| *site.method() == Method::GET) {
        let collection = site.collection.clone();
        let Content::Record(raw) = site.content() else { continue };
        let fixed = !site.path.is_empty() && site.path.iter().all(|segment| segment.parameter().is_none());
        if !fixed || resources.at(&collection).is_some() || !is_changed(survey, &collection) {
            continue;
        }
        let view = View::of(survey.document, raw);
        if view.properties.is_empty() || resources.shown_by(&view).is_some() {
            continue;
        }
        let word = site.last_literal().unwrap_or_default();
        let name = super::names::camel(&super::names::words(word));
        if name.is_empty() || resources.list.iter().any(|resource| resource.name == name) {
            continue;
        }
        let own = super::resource::id_field(&view, None, word).map(str::to_owned);
        let id = own.unwrap_or_else(|| "id".to_owned());
        let only = only(&view, &id, &name);
        notes.add(
            &["resources", &name],
            format!("`{}` shows one record and lets it be changed", site.operation.template),
        );
        notes.add(&["seed", &name], "there is always one");
        seeds.push((name.clone(), Value::Object(Map::from_iter([(id.clone(), only.clone())]))));
        let components = view.names.first().cloned().into_iter().collect();
        let rule =
            ResourceRule { schema: view.names.first().map(|pointer| format!("#{pointer}")), ..ResourceRule::default() };
        let collections = vec![collection];
        resources.list.push(Resource {
            name,
            rule,
            view,
            created: None,
            components,
            collections,
            id,
            only: Some(only),
        });
    }
    seeds
}

fn is_changed(survey: &Survey<'_>, collection: &str) -> bool {
    let mut others = survey.sites.iter().filter(|site| site.key(site.path.len()) == collection);
    others.any(|site| matches!(site.method().as_str(), "PUT" | "PATCH"))
}

fn only(view: &View<'_>, id: &str, name: &str) -> Value {
    let property = view.properties.get(id);
    let example =
        property.and_then(|property| property.example()).filter(|example| example.is_string() || example.is_i64());
    match (example, property.map(|property| property.kind())) {
        (Some(example), _) => example.clone(),
        (None, Some(Kind::Integer | Kind::Number)) => Value::from(1),
        _ => Value::String(name.to_owned()),
    }
}

/// The rule of an operation on a singleton.
pub fn propose(resources: &Resources<'_>, site: &Site<'_>) -> Option<Proposal> {
    let index = resources.at(&site.key(site.path.len()))?;
    let resource = resources.get(index);
    let id = match resource.only.as_ref()? {
        Value::String(text) => literal(text),
        other => other.to_string(),
    };
    let name = Some(resource.name.clone());
    let mut rule = OperationRule { id: Some(id), ..OperationRule::default() };
    match site.method().as_str() {
        "GET" | "HEAD" => rule.get = name,
        "PATCH" => rule.update = name,
        // Taken anew, the record would lose the fields that only the service writes; its id among them.
        "PUT" => rule.update = name,
        _ => return None,
    }
    let reason = format!("the one {} of the service", prose(&resource.name));
    Some(Proposal { rule, resource: Some(index), reason })
}
