//! Lists: from query parameters to a page of records, and what is said about the page.

use std::sync::Arc;

use serde_json::{Value, json};

use super::problem::{Problem, complaint};
use super::turn::Turn;
use crate::call::Call;
use crate::contract::expression::{Expression, Object, Scope};
use crate::contract::plan::{Filter, Paging, ResourceIndex, Sort};
use crate::contract::violation::Place;
use crate::contract::vocabulary::PageStyle;
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
    pub condition: Option<&'c Expression>,
}

impl<'c> Turn<'c, '_> {
    pub fn list(
        &self,
        plan: &ListPlan<'c>,
        matching: &[(&str, Value)],
        arguments: &Value,
        call: &Call,
        scope: &Scope<'_>,
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
        query.filters.extend(self.filters(resource, plan.filters, arguments)?);
        if let Some(sort) = plan.sort {
            add_sort(&mut query, sort, arguments);
        }
        let position = self.position(plan.paging, arguments, &mut query)?;
        let found = match plan.condition {
            None => self.world.store.page(plan.resource, &query),
            Some(condition) => self.page_where(plan.resource, &query, condition, scope)?,
        };
        let last = found.records.last().map(|record| record.seq);
        let page = Position { total: found.total, shown: found.records.len(), more: found.more, last, ..position };
        let described = page.describe(plan.paging, call);
        let link = plan.paging.link.then(|| link_header(&described)).flatten();
        Ok(Listed { records: found.records, page: described, link })
    }

    /// The records for which the operation's own condition holds, too; the first failure of the condition is the answer.
    fn page_where(
        &self,
        resource: ResourceIndex,
        query: &Query,
        condition: &Expression,
        scope: &Scope<'_>,
    ) -> Result<query::Page, Problem> {
        let mut failed = None;
        let page = self.world.store.page_where(resource, query, &mut |record| {
            if failed.is_some() {
                return false;
            }
            let mut own = scope.inner();
            own.bind_object("record", Object::new(record.clone()));
            self.holds(condition, &own).unwrap_or_else(|problem| {
                failed = Some(problem);
                false
            })
        });
        failed.map_or(Ok(page), Err)
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

fn add_sort(query: &mut Query, sort: &Sort, arguments: &Value) {
    let text = |name: &Option<String>| name.as_ref().and_then(|name| arguments.get(name)?.as_str());
    let reversed = text(&sort.direction).map(|direction| direction.eq_ignore_ascii_case("desc"));
    let Some(keys) = text(&sort.parameter).or(sort.usual.as_deref()) else {
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
