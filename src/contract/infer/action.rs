//! Actions: `POST /posts/{id}/cancel`, `PUT /users/{id}/avatar`. What the word says is done where a field can hold it.

use indexmap::IndexMap;
use serde_json::Value;

use super::envelope::Content;
use super::names::{flat, prose, words};
use super::notes::Notes;
use super::resource::{Resource, Resources};
use super::scope::matching;
use super::site::Site;
use super::verb::{Proposal, nearest, sampled};
use super::view::Kind;
use crate::contract::vocabulary::OperationRule;

/// A change of the record above the action's word; none when nothing tells what it is about.
pub fn propose(
    resources: &mut Resources<'_>,
    site: &Site<'_>,
    shown: Option<usize>,
    notes: &mut Notes,
) -> Option<Proposal> {
    let (index, id, place) = nearest(resources, site)?;
    // More than one word after the id is a path of its own.
    if site.path.len() != place + 2 {
        return None;
    }
    let word = site.last_literal()?.to_owned();
    let set = effect(resources.get(index), &word, site.method().as_str());
    let name = prose(&resources.get(index).name);
    let shows = shown == Some(index);
    let speechless = matches!(site.content(), Content::Message | Content::Nothing) && !set.is_empty();
    if !shows && !speechless {
        let why = format!("what `{word}` does to a {name} is not said");
        return Some(sampled(resources, site, &why));
    }
    let merge = shares_fields(resources.get(index), site);
    let reason = match (set.keys().next(), merge) {
        (Some(field), _) => format!("`{word}` is a state that `{field}` of the {name} can hold"),
        (None, true) => format!("answers with the {name}, whose fields the body has"),
        (None, false) => {
            format!("answers with the {name}; what `{word}` does to it is not said, so only its stamp changes")
        }
    };
    let matching = matching(resources, index, site, place, notes);
    let rule = OperationRule {
        update: Some(resources.get(index).name.clone()),
        id: Some(id),
        matching,
        merge: (!merge).then_some(false),
        set,
        ..OperationRule::default()
    };
    Some(Proposal { rule, resource: Some(index), reason })
}

fn shares_fields(resource: &Resource<'_>, site: &Site<'_>) -> bool {
    let body = site.body.as_ref();
    body.is_some_and(|body| body.properties.keys().any(|name| *name != resource.id && resource.view.has(name)))
}

/// The state or the flag that an action's word names: `cancel` sets `status: canceled`, `archive` sets `archived: true`.
fn effect(resource: &Resource<'_>, word: &str, method: &str) -> IndexMap<String, Value> {
    let mut set = IndexMap::new();
    let words = words(word);
    let [verb] = words.as_slice() else { return set };
    if method == "DELETE" {
        return set;
    }
    for (name, property) in &resource.view.properties {
        if !["status", "state", "stage"].contains(&flat(name).as_str()) || property.kind() != Kind::Text {
            continue;
        }
        let choices = property.choices().filter_map(Value::as_str);
        if let Some(state) = choices.into_iter().find(|state| is_state_after(verb, state)) {
            set.insert((*name).to_owned(), Value::String(state.to_owned()));
            return set;
        }
    }
    let (positive, truth) = match verb.strip_prefix("un") {
        Some(rest) if rest.len() > 2 => (rest.to_owned(), false),
        _ => (verb.clone(), true),
    };
    for (name, property) in &resource.view.properties {
        let name_flat = flat(name);
        let flag = name_flat.strip_prefix("is").unwrap_or(&name_flat);
        if property.kind() == Kind::Boolean && is_state_after(&positive, flag) {
            set.insert((*name).to_owned(), Value::Bool(truth));
            return set;
        }
        if property.kind() == Kind::Boolean
            && flag == "active"
            && ["deactivate", "disable", "pause"].contains(&verb.as_str())
        {
            set.insert((*name).to_owned(), Value::Bool(false));
            return set;
        }
    }
    set
}

/// Is the state what the verb leads to? `cancel` to `cancelled`, `activate` to `active`, `publish` to `PUBLISHED`.
fn is_state_after(verb: &str, state: &str) -> bool {
    const IRREGULAR: [(&str, &str); 8] = [
        ("send", "sent"),
        ("pay", "paid"),
        ("activate", "active"),
        ("enable", "enabled"),
        ("resume", "active"),
        ("reopen", "open"),
        ("deactivate", "inactive"),
        ("hold", "held"),
    ];
    let state = flat(state);
    if IRREGULAR.iter().any(|(from, to)| *from == verb && *to == state) {
        return true;
    }
    let stem = verb.strip_suffix(['e', 'y']).unwrap_or(verb);
    if stem.len() < 3 {
        return false;
    }
    let Some(ending) = state.strip_prefix(stem) else { return false };
    // A doubled consonant: `cancel`, `cancelled`; `stop`, `stopped`.
    let doubled = stem.chars().last().and_then(|last| ending.strip_prefix(last)).unwrap_or(ending);
    ["ed", "ied", "d"].contains(&ending) || doubled == "ed"
}

#[cfg(test)]
mod tests {
    use super::is_state_after;

    #[test]
    fn verbs_lead_to_their_participles_only() {
        for (verb, state) in [
            ("cancel", "canceled"),
            ("cancel", "CANCELLED"),
            ("publish", "published"),
            ("archive", "archived"),
            ("stop", "stopped"),
            ("verify", "verified"),
            ("send", "sent"),
        ] {
            assert!(is_state_after(verb, state), "{verb} {state}");
        }
        for (verb, state) in
            [("test", "tested_twice"), ("go", "goed"), ("publish", "publishing"), ("approve", "pending")]
        {
            assert!(!is_state_after(verb, state), "{verb} {state}");
        }
    }
}
