//! Parents: `/webhooks/{id}/deliveries` shows only the deliveries of that webhook.

use indexmap::IndexMap;

use super::names::{flat, flat_singular, in_style_of, member, singular, words};
use super::notes::Notes;
use super::resource::Resources;
use super::site::Site;
use super::view::Kind;
use crate::contract::vocabulary::ReadRule;

/// Fields that records at this path must have, one for each parameter before `length` segments. A parent that no field names gets a
/// field of its own that callers do not see.
pub fn matching(
    resources: &mut Resources<'_>,
    index: usize,
    site: &Site<'_>,
    length: usize,
    notes: &mut Notes,
) -> IndexMap<String, String> {
    let mut fields = IndexMap::new();
    for (place, parameter) in site.parents(length) {
        let parent = site.path[..place].iter().rev().find_map(|segment| segment.literal()).unwrap_or_default();
        let value = member("path", parameter);
        let shown = field(resources, index, parameter, parent);
        let resource = &mut resources.list[index];
        let field = match shown {
            Some(field) => field,
            None => {
                let field = hidden_name(resource.view.properties.keys().copied(), parameter, parent);
                if !resource.rule.hidden.contains(&field) {
                    let reason = format!("the path scopes by `{parameter}`, which no field of the record shows");
                    notes.add(&["resources", &resource.name, "hidden"], reason);
                    resource.rule.hidden.push(field.clone());
                }
                field
            }
        };
        if !resource.rule.index.contains(&field) {
            resource.rule.index.push(field.clone());
        }
        fields.insert(field, value);
    }
    fields
}

/// The field of the record that names its parent.
fn field(resources: &Resources<'_>, index: usize, parameter: &str, parent: &str) -> Option<String> {
    let view = &resources.get(index).view;
    let parent = flat_singular(parent);
    let tail = words(parameter).pop().unwrap_or_default();
    let by_parameter =
        Some(flat(parameter)).filter(|name| !["id", "key", "uuid", "slug", "name"].contains(&name.as_str()));
    // `/users/{id}/pets` and `/users/{owner_id}/pets`: what the parameter is called, then what the parent is called.
    let candidates = by_parameter.into_iter().chain([
        format!("{parent}id"),
        format!("{parent}{tail}"),
        format!("{parent}uuid"),
        "parentid".to_owned(),
        format!("{parent}ids"),
        parent.clone(),
    ]);
    let fits = |kind: Kind| matches!(kind, Kind::Text | Kind::Integer | Kind::Array | Kind::Unknown);
    let mut found = candidates.filter_map(|name| view.find(&name));
    found
        .find(|(name, property)| *name != resources.get(index).id && fits(property.kind()))
        .map(|(name, _)| name.to_owned())
}

fn hidden_name<'a>(fields: impl Iterator<Item = &'a str>, parameter: &str, parent: &str) -> String {
    let mut parts = words(parameter);
    if parts.len() < 2 {
        let mut named = words(parent);
        if let Some(last) = named.pop() {
            named.push(singular(&last));
        }
        // `/profiles/{profile}` calls the id by the name of its parent.
        let tail = if parts == named { vec!["id".to_owned()] } else { parts };
        named.extend(tail);
        parts = named;
    }
    in_style_of(&parts, fields)
}

/// Reads that make sure the parents are there, for operations that declare a 404.
pub fn parents_there(resources: &Resources<'_>, site: &Site<'_>, length: usize) -> IndexMap<String, ReadRule> {
    let mut reads = IndexMap::new();
    if site.operation.response(404).is_none() {
        return reads;
    }
    for (place, parameter) in site.parents(length) {
        let Some(parent) = parent_at(resources, site, place) else { continue };
        let read = ReadRule {
            get: Some(resources.get(parent).name.clone()),
            id: Some(member("path", parameter)),
            otherwise: Some("not_found".to_owned()),
            ..ReadRule::default()
        };
        reads.insert(resources.get(parent).name.clone(), read);
    }
    reads
}

/// The resource that a path parameter names: that of the collection before it, or the one that its own name means
/// (`/verify-channel/{channelId}`).
pub fn parent_at(resources: &Resources<'_>, site: &Site<'_>, place: usize) -> Option<usize> {
    let by_name = || {
        let mut words = words(site.path.get(place)?.parameter()?);
        let tail = words.pop()?;
        let named = resources.named(&flat_singular(&words.join("_")))?;
        (tail == "id" || tail == flat(&resources.get(named).id)).then_some(named)
    };
    resources.at(&site.key(place)).or_else(by_name)
}
