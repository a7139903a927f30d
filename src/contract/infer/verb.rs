//! What each operation does, told by its method, its path and what it answers.

use indexmap::IndexMap;

use super::action;
use super::envelope::Content;
use super::names::{member, one, prose};
use super::notes::Notes;
use super::resource::Resources;
use super::scope::{matching, parent_at, parents_there};
use super::site::{Segment, Site, Survey};
use super::view::View;
use crate::contract::vocabulary::OperationRule;

/// A rule, the resource it is about, and why.
pub struct Proposal {
    pub rule: OperationRule,
    pub resource: Option<usize>,
    pub reason: String,
}

/// The verbs that an operation may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    List,
    Get,
    Create,
    Update,
    Replace,
    Save,
    Delete,
}

pub fn propose(survey: &Survey<'_>, resources: &mut Resources<'_>, site: &Site<'_>, notes: &mut Notes) -> Proposal {
    if let Some(proposal) = super::singleton::propose(resources, site) {
        return proposal;
    }
    if site.ends_in_parameter() {
        return on_item(resources, site, notes);
    }
    let shown = match site.content() {
        Content::Record(raw) | Content::List(raw) => resources.shown_by(&View::of(survey.document, raw)),
        _ => None,
    };
    let here = resources.at(&site.collection);
    let listed = matches!(site.content(), Content::List(_));
    let last = site.last_literal().unwrap_or_default().to_owned();
    match (site.method().as_str(), shown.or(here)) {
        ("GET", Some(index))
            if listed && (shown.is_some() || here.is_some_and(|here| bare_items(resources, here, site))) =>
        {
            let reason = format!("answers with many {}", plural_prose(resources, index));
            about(resources, index, site, Verb::List, site.path.len(), reason, notes)
        }
        ("POST", Some(index)) if listed && shown.is_some() && here.is_none() && is_search(&last) => {
            let reason = format!("a search by POST that answers with many {}", plural_prose(resources, index));
            about(resources, index, site, Verb::List, site.path.len(), reason, notes)
        }
        ("POST", _) if here.is_some_and(|here| creates_here(shown, here, site)) => {
            let index = here.unwrap_or_default();
            let reason = format!("POST on the collection of {}", plural_prose(resources, index));
            about(resources, index, site, Verb::Create, site.path.len(), reason, notes)
        }
        ("POST", Some(index)) if shown.is_some() && !listed && makes(resources, index, site, &last) => {
            let reason = format!("answers 201 with {}", one(&resources.get(index).name));
            about(resources, index, site, Verb::Create, site.path.len() - 1, reason, notes)
        }
        ("POST" | "PUT" | "PATCH" | "DELETE", _) => {
            action::propose(resources, site, shown, notes).unwrap_or_else(|| sampled(resources, site, ""))
        }
        _ => sampled(resources, site, ""),
    }
}

fn plural_prose(resources: &Resources<'_>, index: usize) -> String {
    format!("`{}` records", resources.get(index).name)
}

/// A list of things without a component's name is of the resource at its own path.
fn bare_items(resources: &Resources<'_>, here: usize, site: &Site<'_>) -> bool {
    matches!(site.content(), Content::List(_)) && resources.get(here).components.is_empty()
}

fn is_search(last: &str) -> bool {
    ["search", "query", "filter", "find", "list", "lookup"].contains(&super::names::flat(last).as_str())
}

fn creates_here(shown: Option<usize>, here: usize, site: &Site<'_>) -> bool {
    match site.content() {
        Content::Record(_) => shown.is_none_or(|shown| shown == here),
        Content::List(_) => shown == Some(here),
        Content::Message | Content::Nothing => site.body.is_some(),
        Content::Other => false,
    }
}

/// `POST /media/upload` and `POST /posts/{id}/clone` that answer 201 with a record make one, wherever they stand.
fn makes(resources: &Resources<'_>, index: usize, site: &Site<'_>, last: &str) -> bool {
    const WORDS: [&str; 9] = ["upload", "create", "new", "register", "import", "add", "signup", "invite", "clone"];
    let above = site.path.len() - 1;
    let directly = resources.at(&site.key(above)) == Some(index);
    site.declares("201") && (site.body.is_some() || directly)
        || directly && site.body.is_some() && WORDS.contains(&super::names::flat(last).as_str())
}

fn on_item(resources: &mut Resources<'_>, site: &Site<'_>, notes: &mut Notes) -> Proposal {
    let Some(index) = resources.at(&site.collection) else { return sampled(resources, site, "") };
    let above = site.path.len() - 1;
    let name = prose(&resources.get(index).name);
    let (verb, reason) = match site.method().as_str() {
        "GET" | "HEAD" if !matches!(site.content(), Content::List(_)) => {
            (Verb::Get, format!("GET on the path of one {name}"))
        }
        "PATCH" => (Verb::Update, format!("PATCH on the path of one {name}")),
        "PUT" if site.declares("201") => {
            (Verb::Save, format!("PUT on the path of one {name}, which may create it (201)"))
        }
        "PUT" => (Verb::Replace, format!("PUT on the path of one {name}")),
        "DELETE" => (Verb::Delete, format!("DELETE on the path of one {name}")),
        "POST" if site.body.is_some() => (Verb::Update, format!("POST with fields on the path of one {name}")),
        _ => return sampled(resources, site, ""),
    };
    about(resources, index, site, verb, above, reason, notes)
}

fn about(
    resources: &mut Resources<'_>,
    index: usize,
    site: &Site<'_>,
    verb: Verb,
    scope: usize,
    reason: String,
    notes: &mut Notes,
) -> Proposal {
    // The literal of `/media/upload` is no part of the scope, and neither is the record that a clone is made of.
    let mut matching = matching(resources, index, site, scope, notes);
    let own = resources.get(index).collections.contains(&site.key(scope.saturating_sub(1)));
    if own && verb == Verb::Create {
        matching.clear();
    }
    if verb == Verb::Save
        && let Some(Segment::Parameter(parameter)) = site.path.last()
    {
        matching.insert(resources.get(index).id.clone(), member("path", parameter));
    }
    let with = match verb {
        Verb::List | Verb::Create => parents_there(resources, site, site.path.len()),
        _ => IndexMap::new(),
    };
    let name = Some(resources.get(index).name.clone());
    let mut rule = OperationRule { matching, with, ..OperationRule::default() };
    *place(&mut rule, verb) = name;
    Proposal { rule, resource: Some(index), reason }
}

fn place(rule: &mut OperationRule, verb: Verb) -> &mut Option<String> {
    match verb {
        Verb::List => &mut rule.list,
        Verb::Get => &mut rule.get,
        Verb::Create => &mut rule.create,
        Verb::Update => &mut rule.update,
        Verb::Replace => &mut rule.replace,
        Verb::Save => &mut rule.save,
        Verb::Delete => &mut rule.delete,
    }
}

/// An operation whose effect is not known: it answers with a sample, once the records in its path are there.
pub fn sampled(resources: &Resources<'_>, site: &Site<'_>, why: &str) -> Proposal {
    let mut with = parents_there(resources, site, site.path.len());
    with.retain(|_, read| read.get.is_some());
    let reason = match (why, site.content()) {
        ("", Content::Other) => "what it answers is no record",
        ("", Content::List(_)) => "its items have no id to keep them by",
        ("", _) => "neither its path nor its reply belongs to a resource",
        (why, _) => why,
    };
    let rule = OperationRule { sampled: true, with, ..OperationRule::default() };
    Proposal { rule, resource: None, reason: reason.to_owned() }
}

/// The nearest record above a sub-path: (its resource, the expression of its id, its segment's index).
pub fn nearest(resources: &Resources<'_>, site: &Site<'_>) -> Option<(usize, String, usize)> {
    let place = site.path.iter().rposition(|segment| segment.parameter().is_some())?;
    let parameter = site.path[place].parameter()?;
    let index = parent_at(resources, site, place)?;
    Some((index, member("path", parameter), place))
}
