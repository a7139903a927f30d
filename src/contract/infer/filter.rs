//! Query parameters of a list that filter or order, told by the names of the record's fields.

use indexmap::IndexMap;
use serde_json::Value;

use super::names::{flat, flat_singular, singular, words};
use super::site::Site;
use super::view::{Kind, Property, View};
use crate::contract::document::Document;
use crate::contract::parameter::{Parameter, Style};
use crate::contract::vocabulary::{FilterOperator, FilterRule, PageRule, SortRule};

/// Endings of a parameter's name that compare, the longer before the shorter.
const ENDINGS: [(&str, FilterOperator); 22] = [
    ("gte", FilterOperator::Gte),
    ("lte", FilterOperator::Lte),
    ("gt", FilterOperator::Gt),
    ("lt", FilterOperator::Lt),
    ("ne", FilterOperator::Ne),
    ("not", FilterOperator::Ne),
    ("eq", FilterOperator::Eq),
    ("in", FilterOperator::In),
    ("contains", FilterOperator::Contains),
    ("like", FilterOperator::Contains),
    ("from", FilterOperator::Gte),
    ("since", FilterOperator::Gte),
    ("start", FilterOperator::Gte),
    ("min", FilterOperator::Gte),
    ("after", FilterOperator::Gt),
    ("to", FilterOperator::Lte),
    ("until", FilterOperator::Lte),
    ("end", FilterOperator::Lte),
    ("max", FilterOperator::Lte),
    ("before", FilterOperator::Lt),
    ("above", FilterOperator::Gt),
    ("below", FilterOperator::Lt),
];
const SEARCHES: [&str; 7] = ["q", "search", "query", "keyword", "term", "searchterm", "text"];
/// Fields that a search most plausibly looks into.
const TEXTS: [&str; 11] =
    ["name", "title", "subject", "content", "text", "body", "message", "description", "label", "username", "email"];
/// Fields too long and too various for an index.
const LONG: [&str; 6] = ["content", "text", "body", "message", "description", "bio"];
const SORTS: [&str; 8] = ["sort", "sortby", "orderby", "ordering", "sortfield", "sortkey", "sortcolumn", "ordercolumn"];
const DIRECTIONS: [&str; 9] =
    ["order", "sortorder", "direction", "dir", "sortdir", "sortdirection", "orderdirection", "ordertype", "sorttype"];

/// A list's filters by parameter, and why each; `sort` when one parameter orders.
#[derive(Default)]
pub struct Asked {
    pub filters: IndexMap<String, (FilterRule, String)>,
    pub sort: Option<(SortRule, String)>,
    /// The order that the sort parameter has by default.
    pub order: Option<String>,
    /// Fields that filters look at.
    pub fields: Vec<String>,
}

pub fn asked(document: &Document, site: &Site<'_>, view: &View<'_>, page: &PageRule, created: Option<&str>) -> Asked {
    let mut asked = Asked::default();
    let paging = |name: &str| page.at.as_deref() == Some(name) || page.size.as_deref() == Some(name);
    let rest: Vec<&Parameter> = site.query().filter(|parameter| !paging(&parameter.name)).collect();
    let rest = sort(document, rest, view, &mut asked);
    for parameter in rest {
        let Some((rule, reason)) = filter(document, parameter, view, created) else { continue };
        if rule.nested {
            let nested = Property::of(document, &parameter.raw);
            let names = View::of(document, nested.raw).properties;
            asked.fields.extend(names.keys().filter(|name| view.has(name)).map(|name| (*name).to_owned()));
        } else if rule.operator != Some(FilterOperator::Contains) {
            asked.fields.push(rule.field.clone().unwrap_or_else(|| parameter.name.clone()));
        }
        asked.filters.insert(parameter.name.clone(), (rule, reason));
    }
    asked.fields.retain(|field| !LONG.contains(&flat(field).as_str()));
    asked
}

fn sort<'p>(document: &Document, rest: Vec<&'p Parameter>, view: &View<'_>, asked: &mut Asked) -> Vec<&'p Parameter> {
    let find = |names: &[&str], fits: &dyn Fn(&Parameter) -> bool| {
        let found = rest.iter().find(|parameter| names.contains(&flat(&parameter.name).as_str()) && fits(parameter));
        found.copied()
    };
    let turns = |parameter: &Parameter| {
        let mut choices = Property::of(document, &parameter.raw).choices().peekable();
        choices.peek().is_some()
            && choices.all(|choice| {
                choice.as_str().is_some_and(|text| ["asc", "desc"].contains(&text.to_lowercase().as_str()))
            })
    };
    let fields = |parameter: &Parameter| orders_by_fields(document, parameter, view);
    let by = find(&SORTS, &fields).or_else(|| find(&["order"], &fields));
    let Some(by) = by else { return rest };
    let direction = find(&DIRECTIONS, &turns).filter(|direction| direction.name != by.name);
    let rule = SortRule {
        parameter: Some(by.name.clone()),
        direction: direction.map(|direction| direction.name.clone()),
        ..SortRule::default()
    };
    let default = by.default.as_ref().and_then(Value::as_str);
    let downwards = direction.and_then(|direction| direction.default.as_ref()).and_then(Value::as_str);
    let single = default.filter(|text| !text.contains(',') && view.has(text.trim_start_matches('-')));
    asked.order = single.map(|text| match downwards.map(str::to_lowercase).as_deref() {
        Some("desc") if !text.starts_with('-') => format!("-{text}"),
        _ => text.to_owned(),
    });
    asked.sort = Some((rule, format!("`{}` takes names of fields", by.name)));
    let used = [Some(by.name.as_str()), direction.map(|direction| direction.name.as_str())];
    rest.iter().copied().filter(|parameter| !used.contains(&Some(parameter.name.as_str()))).collect()
}

/// Text whose choices, if any, are fields of the record.
fn orders_by_fields(document: &Document, parameter: &Parameter, view: &View<'_>) -> bool {
    let property = Property::of(document, &parameter.raw);
    let text = match property.kind() {
        Kind::Text | Kind::Unknown => Some(property),
        Kind::Array => property.items(document).filter(|items| items.kind() == Kind::Text),
        _ => None,
    };
    let field = |choice: &Value| choice.as_str().is_some_and(|text| view.has(text.trim_start_matches(['-', '+'])));
    text.is_some_and(|text| text.choices().all(field))
}

fn filter(
    document: &Document,
    parameter: &Parameter,
    view: &View<'_>,
    created: Option<&str>,
) -> Option<(FilterRule, String)> {
    let property = Property::of(document, &parameter.raw);
    if parameter.style == Style::DeepObject || property.kind() == Kind::Object {
        let names = View::of(document, &parameter.raw).properties;
        let known = names.keys().filter(|name| view.has(name)).count();
        let nested = known > 0 && known * 2 >= names.len();
        return nested
            .then(|| (FilterRule { nested: true, ..FilterRule::default() }, "its properties are fields".to_owned()));
    }
    // `filter[status]` and `status[gte]` are names as any other.
    let mut parts = words(&parameter.name);
    if parts.first().is_some_and(|first| first == "filter") && parts.len() > 1 {
        parts.remove(0);
    }
    let (field, operator) = field_of(&parts, view, created)?;
    let several = property.kind() == Kind::Array && operator.is_none();
    let operator = if several { Some(FilterOperator::In) } else { operator };
    let rule = FilterRule {
        all: catch_all(&property, view, &field),
        field: (field != parameter.name).then(|| field.clone()),
        operator: operator.filter(|operator| *operator != FilterOperator::Eq),
        ..FilterRule::default()
    };
    let reason = match operator {
        Some(FilterOperator::Contains) => format!("searches in `{field}`"),
        Some(operator) => format!("compares `{field}` ({})", format!("{operator:?}").to_lowercase()),
        None => format!("`{field}` is a field"),
    };
    Some((rule, reason))
}

/// The field that a parameter's words name, and how it compares.
fn field_of(parts: &[String], view: &View<'_>, created: Option<&str>) -> Option<(String, Option<FilterOperator>)> {
    let whole = parts.concat();
    if let Some((name, _)) = view.find(&whole) {
        return Some((name.to_owned(), None));
    }
    if SEARCHES.contains(&whole.as_str()) {
        let texts = TEXTS.iter().filter_map(|name| view.find(name));
        let text = texts
            .into_iter()
            .find(|(_, property)| property.kind() == Kind::Text && property.choices().next().is_none());
        return text.map(|(name, _)| (name.to_owned(), Some(FilterOperator::Contains)));
    }
    let (last, before) = parts.split_last()?;
    let operator = |word: &str| ENDINGS.iter().find(|(ending, _)| *ending == word).map(|(_, operator)| *operator);
    if let Some(found) = operator(last).filter(|_| !before.is_empty()) {
        return instant_or_field(before, view).map(|field| (field, Some(found)));
    }
    // `min_price`, `from_date`, `since`.
    if let Some((first, after)) = parts.split_first()
        && let Some(found) = operator(first)
    {
        let dated = after.iter().all(|word| ["date", "time", "at", "day"].contains(&word.as_str()));
        let field = if dated { created.map(str::to_owned) } else { instant_or_field(after, view) };
        // A bare `in`, `not` or `eq` says nothing of a date.
        let compares =
            !matches!(found, FilterOperator::In | FilterOperator::Ne | FilterOperator::Eq | FilterOperator::Contains);
        return field.filter(|_| compares).map(|field| (field, Some(found)));
    }
    // `statuses` and `ids` ask for one of several.
    let one = singular(last);
    let several = [before.concat(), one.clone()].concat();
    let found = view.find(&several).filter(|_| one != *last);
    let found = found.or_else(|| {
        view.properties.iter().find(|(name, _)| flat_singular(name) == whole).map(|(name, property)| (*name, *property))
    });
    found.map(|(name, _)| (name.to_owned(), (one != *last).then_some(FilterOperator::In)))
}

/// `created` also means `createdAt`.
fn instant_or_field(parts: &[String], view: &View<'_>) -> Option<String> {
    let base = parts.concat();
    let candidates =
        [base.clone(), format!("{base}at"), format!("{base}date"), format!("{base}on"), format!("{base}time")];
    candidates.iter().find_map(|name| view.find(name)).map(|(name, _)| name.to_owned())
}

/// A value `all` that the parameter takes and the field cannot have.
fn catch_all(parameter: &Property<'_>, view: &View<'_>, field: &str) -> Option<String> {
    let is_all =
        |choice: &&Value| choice.as_str().is_some_and(|text| ["all", "any"].contains(&text.to_lowercase().as_str()));
    let found = parameter.choices().find(is_all)?;
    let own = view.properties.get(field).is_some_and(|property| property.choices().any(|choice| choice == found));
    found.as_str().filter(|_| !own).map(str::to_owned)
}
