//! Lists: from query parameters to a page of records, and what is said about the page.

use std::sync::Arc;

use serde_json::{Value, json};

use super::problem::{Problem, complaint};
use super::time::coerce;
use super::turn::Turn;
use crate::call::Call;
use crate::contract::plan::{Filter, Paging, Resource, ResourceIndex, Sort, TimeForm};
use crate::contract::violation::{Place, Violation};
use crate::contract::vocabulary::{FilterOperator, PageStyle};
use crate::words::humanise;
use crate::world::query::{self, Operator, Query};
use crate::world::store::Record;

/// Largest page that a query may ask for where the document names no maximum.
pub const PAGE_SIZE_MAX: usize = 1_000;

/// A page, and what its envelope says of it.
pub struct Listed {
    pub records: Vec<Arc<Record>>,
    pub page: Value,
    /// `Link` header (RFC 8288), where the service sends one.
    pub link: Option<String>,
}

/// A list as the operation's plan has it.
pub struct ListPlan<'c> {
    pub resource: ResourceIndex,
    pub paging: &'c Paging,
    pub filters: &'c [Filter],
    pub sort: Option<&'c Sort>,
}

impl<'c> Turn<'c, '_> {
    pub fn list(
        &self,
        plan: &ListPlan<'c>,
        matching: &[(&str, Value)],
        arguments: &Value,
        call: &Call,
    ) -> Result<Listed, Problem> {
        let resource = self.resource(plan.resource);
        let mut query = Query { newest_first: resource.newest_first, ..Query::default() };
        for (field, value) in matching {
            query.filters.push(query::Filter {
                field: (*field).to_owned(),
                operator: Operator::Equal,
                value: value.clone(),
            });
        }
        let mut unfit = Vec::new();
        for filter in plan.filters {
            if let Some(value) = arguments.get(&filter.parameter).filter(|value| !value.is_null()) {
                add_filter(&mut query, resource, filter, value, &mut unfit);
            }
        }
        if !unfit.is_empty() {
            return Err(Problem::new(self.contract.plan.errors.known.invalid).violations(unfit));
        }
        if let Some(sort) = plan.sort {
            add_sort(&mut query, sort, arguments);
        }
        let position = self.position(plan.paging, arguments, &mut query)?;
        let found = self.world.store.page(plan.resource, &query);
        let last = found.records.last().map(|record| record.seq);
        let page = Position { total: found.total, shown: found.records.len(), more: found.more, last, ..position };
        let described = page.describe(plan.paging, call);
        let link = plan.paging.link.then(|| link_header(&described)).flatten();
        Ok(Listed { records: found.records, page: described, link })
    }

    fn position(&self, paging: &Paging, arguments: &Value, query: &mut Query) -> Result<Position, Problem> {
        let number = |name: &Option<String>| name.as_ref().and_then(|name| count(arguments.get(name)?));
        let size = number(&paging.size).map_or(paging.default, |size| size as usize).clamp(1, PAGE_SIZE_MAX);
        let mut position = Position { number: 1, size, ..Position::default() };
        query.limit = size;
        match paging.style {
            PageStyle::None => {
                query.limit = number(&paging.size).map_or(usize::MAX, |size| size as usize);
                position.size = query.limit;
            }
            PageStyle::Page => {
                position.number = number(&paging.at).unwrap_or(1).max(1);
                query.offset = usize::try_from(position.number - 1).unwrap_or(usize::MAX).saturating_mul(size);
            }
            PageStyle::Offset => {
                query.offset = number(&paging.at).unwrap_or(0) as usize;
                position.number = (query.offset / size) as u64 + 1;
            }
            PageStyle::Cursor => {
                let name = paging.at.as_deref().unwrap_or("cursor");
                if let Some(text) = arguments.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()) {
                    query.after = Some(read_cursor(text).ok_or_else(|| {
                        let violation = complaint(
                            Place::Query,
                            &format!("/{name}"),
                            "cursor",
                            "Cursor is not one that was given out",
                        );
                        Problem::new(self.contract.plan.errors.known.invalid).violations(vec![violation])
                    })?);
                }
            }
        }
        position.offset = query.offset;
        Ok(position)
    }
}

/// A whole number of any size: what is too large to count to is as large as can be.
fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|number| *number >= 0.0).map(|number| number as u64))
}

#[derive(Debug, Default)]
struct Position {
    number: u64,
    size: usize,
    offset: usize,
    total: usize,
    shown: usize,
    more: bool,
    last: Option<u64>,
}

impl Position {
    /// The `page` that list shapes see.
    fn describe(&self, paging: &Paging, call: &Call) -> Value {
        let pages = self.total.div_ceil(self.size.max(1)) as u64;
        let (next, previous, first, last) = match paging.style {
            PageStyle::Cursor => (self.last.filter(|_| self.more).map(|seq| json!(cursor(seq))), None, None, None),
            PageStyle::Offset => (
                self.more.then(|| json!(self.offset + self.size)),
                (self.offset > 0).then(|| json!(self.offset.saturating_sub(self.size))),
                Some(json!(0)),
                Some(json!(pages.saturating_sub(1) as usize * self.size)),
            ),
            _ => (
                self.more.then(|| json!(self.number + 1)),
                (self.number > 1).then(|| json!(self.number - 1)),
                Some(json!(1)),
                Some(json!(pages.max(1))),
            ),
        };
        let url = |at: &Option<Value>| match (&paging.at, at) {
            (Some(name), Some(at)) => json!(with_query(call, name, at)),
            _ => Value::Null,
        };
        json!({
            "number": self.number,
            "size": self.size,
            "total": self.total,
            "pages": pages,
            "offset": self.offset,
            "count": self.shown,
            "from": (self.shown > 0).then(|| self.offset + 1),
            "to": (self.shown > 0).then(|| self.offset + self.shown),
            "more": self.more,
            "url_self": with_query_text(call, call.query.as_deref().unwrap_or_default()),
            "url_next": url(&next),
            "url_previous": url(&previous),
            "url_first": url(&first),
            "url_last": url(&last),
            "next": next,
            "previous": previous,
            "last": pages.max(1),
        })
    }
}

fn link_header(page: &Value) -> Option<String> {
    let named = [("first", "url_first"), ("prev", "url_previous"), ("next", "url_next"), ("last", "url_last")];
    let links =
        named.iter().filter_map(|(relation, name)| Some(format!("<{}>; rel=\"{relation}\"", page[*name].as_str()?)));
    let links: Vec<String> = links.collect();
    (!links.is_empty()).then(|| links.join(", "))
}

/// The call's own URL with one query parameter set to another value.
fn with_query(call: &Call, name: &str, value: &Value) -> String {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = form_urlencoded::parse(call.query.as_deref().unwrap_or_default().as_bytes());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.filter(|(key, _)| key != name));
    query.append_pair(name, &value);
    with_query_text(call, &query.finish())
}

fn with_query_text(call: &Call, query: &str) -> String {
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{}{mark}{query}", call.origin, call.path)
}

/// Opaque to callers: base64url of a mark and the position.
fn cursor(seq: u64) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("after:{seq}"))
}

fn read_cursor(text: &str) -> Option<u64> {
    use base64::Engine as _;
    let decoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()?;
    std::str::from_utf8(&decoded).ok()?.strip_prefix("after:")?.parse().ok()
}

fn add_filter(query: &mut Query, resource: &Resource, filter: &Filter, value: &Value, unfit: &mut Vec<Violation>) {
    let parameter = format!("/{}", filter.parameter);
    if filter.nested {
        for (field, wanted) in value.as_object().into_iter().flatten() {
            match wanted {
                Value::Object(operators) => {
                    for (word, value) in operators {
                        if let Some(operator) = operator_word(word) {
                            let pointer = format!("{parameter}/{field}/{word}");
                            unfit.extend(push(query, resource, field, operator, value, &pointer));
                        }
                    }
                }
                wanted => {
                    let pointer = format!("{parameter}/{field}");
                    unfit.extend(push(query, resource, field, FilterOperator::Eq, wanted, &pointer));
                }
            }
        }
    } else if filter.all.as_deref().is_none_or(|all| value.as_str() != Some(all)) {
        let operator = if value.is_array() { FilterOperator::In } else { filter.operator };
        unfit.extend(push(query, resource, &filter.field, operator, value, &parameter));
    }
}

fn operator_word(word: &str) -> Option<FilterOperator> {
    serde_json::from_value(Value::from(word)).ok()
}

/// Adds one condition; or says what is wrong with a list whose items the document's schema cannot see.
fn push(
    query: &mut Query,
    resource: &Resource,
    name: &str,
    operator: FilterOperator,
    value: &Value,
    pointer: &str,
) -> Option<Violation> {
    let field = resource.field(name);
    let typed = |value: &Value| match field {
        Some(field) => typed(coerce(field, value.clone()), &field.schema),
        None => value.clone(),
    };
    let value = match (operator, value) {
        (FilterOperator::In, Value::String(list)) => {
            let items: Vec<Value> = list.split(',').map(|item| typed(&Value::from(item.trim()))).collect();
            let numbers =
                field.is_some_and(|field| matches!(field.time, Some(TimeForm::Milliseconds | TimeForm::Seconds)));
            if numbers && !items.iter().all(Value::is_number) {
                let message = format!("{} must be a comma-separated list of times", humanise(last_word(pointer)));
                return Some(complaint(Place::Query, pointer, "format", message));
            }
            Value::Array(items)
        }
        (FilterOperator::In, Value::Array(items)) => items.iter().map(typed).collect(),
        (FilterOperator::In, value) => Value::Array(vec![typed(value)]),
        (FilterOperator::Contains, value) => value.clone(),
        (_, value) => typed(value),
    };
    let operator = match operator {
        FilterOperator::Eq => Operator::Equal,
        FilterOperator::Ne => Operator::NotEqual,
        FilterOperator::Gt => Operator::Greater,
        FilterOperator::Gte => Operator::GreaterOrEqual,
        FilterOperator::Lt => Operator::Less,
        FilterOperator::Lte => Operator::LessOrEqual,
        FilterOperator::In => Operator::In,
        FilterOperator::Contains => Operator::Contains,
    };
    query.filters.push(query::Filter { field: name.to_owned(), operator, value });
    None
}

fn last_word(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or(pointer)
}

/// Text where the field holds a number or a boolean becomes one.
fn typed(value: Value, schema: &Value) -> Value {
    let Value::String(text) = &value else { return value };
    let is = |word: &str| match schema.get("type") {
        Some(Value::String(kind)) => kind == word,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == word),
        _ => false,
    };
    let parsed = if is("string") {
        None
    } else if is("integer") || is("number") {
        serde_json::from_str::<serde_json::Number>(text).ok().map(Value::Number)
    } else if is("boolean") {
        text.parse::<bool>().ok().map(Value::Bool)
    } else {
        None
    };
    parsed.unwrap_or(value)
}

fn add_sort(query: &mut Query, sort: &Sort, arguments: &Value) {
    let text = |name: &Option<String>| name.as_ref().and_then(|name| arguments.get(name)?.as_str());
    let reversed = text(&sort.direction).map(|direction| direction.eq_ignore_ascii_case("desc"));
    let Some(keys) = text(&sort.parameter) else {
        if let Some(reversed) = reversed {
            query.newest_first = reversed;
        }
        return;
    };
    for key in keys.split(',').map(str::trim).filter(|key| !key.is_empty()) {
        let (field, descending) = match key.strip_prefix('-') {
            Some(field) => (field, true),
            None => (key.strip_prefix('+').unwrap_or(key), reversed.unwrap_or(false)),
        };
        query.sort.push(query::Sort { field: field.to_owned(), descending });
    }
}
