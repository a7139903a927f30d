//! Filters: from query parameters to what the store compares.

use std::borrow::Cow;

use serde_json::Value;

use super::problem::{Problem, complaint};
use super::time::coerce;
use super::turn::Turn;
use crate::contract::expression::{Expression, Scope};
use crate::contract::plan::{Field, Filter, Resource, TimeForm};
use crate::contract::violation::{Place, Violation};
use crate::contract::vocabulary::FilterOperator;
use crate::words::humanise;
use crate::world::query::{self, Operator};

/// One comparison that was asked for.
struct Asked<'a> {
    field: &'a str,
    operator: FilterOperator,
    value: &'a Value,
    /// Where it stands in the query.
    pointer: String,
}

impl<'c> Turn<'c, '_> {
    /// The filters that the arguments ask for. All that is wrong with them is told at once.
    pub fn filters(
        &self,
        resource: &Resource,
        filters: &[Filter],
        arguments: &Value,
    ) -> Result<Vec<query::Filter>, Problem> {
        let (mut ready, mut unfit) = (Vec::new(), Vec::new());
        for filter in filters {
            let Some(value) = arguments.get(&filter.parameter).filter(|value| !value.is_null()) else { continue };
            for asked in asked(filter, value) {
                match self.filter(resource, &asked, filter.value.as_ref())? {
                    Ok(one) => ready.push(one),
                    Err(violation) => unfit.push(violation),
                }
            }
        }
        if unfit.is_empty() {
            return Ok(ready);
        }
        Err(Problem::new(self.contract.plan.errors.known.invalid).violations(unfit))
    }

    /// One filter; or what is wrong with a list whose items the document's schema cannot see.
    fn filter(
        &self,
        resource: &Resource,
        asked: &Asked<'_>,
        made: Option<&Expression>,
    ) -> Result<Result<query::Filter, Violation>, Problem> {
        let listed: Vec<Cow<'_, Value>> = match (asked.operator, asked.value) {
            (FilterOperator::In, Value::String(list)) => {
                list.split(',').map(|item| Cow::Owned(Value::from(item.trim()))).collect()
            }
            (FilterOperator::In, Value::Array(items)) => items.iter().map(Cow::Borrowed).collect(),
            (_, value) => vec![Cow::Borrowed(value)],
        };
        let mut values = Vec::with_capacity(listed.len());
        let mut several = asked.operator == FilterOperator::In;
        for value in listed {
            let value = match made {
                Some(made) => Cow::Owned(self.made(made, &value)?),
                None => value,
            };
            match value.into_owned() {
                // An expression may make several of one.
                Value::Array(more) => {
                    several |= asked.operator == FilterOperator::Eq;
                    values.extend(more);
                }
                one => values.push(one),
            }
        }
        let field = resource.field(asked.field);
        if asked.operator != FilterOperator::Contains {
            values = values.into_iter().map(|value| self.typed(field, value)).collect();
        }
        let numbers = field.is_some_and(|field| matches!(field.time, Some(TimeForm::Milliseconds | TimeForm::Seconds)));
        if asked.operator == FilterOperator::In && numbers && !values.iter().all(Value::is_number) {
            let last = asked.pointer.rsplit('/').next().unwrap_or_default();
            let message = format!("{} must be a comma-separated list of times", humanise(last));
            return Ok(Err(complaint(Place::Query, &asked.pointer, "format", message)));
        }
        let (operator, value) = match several {
            true => (Operator::In, Value::Array(values)),
            false => (operator(asked.operator), values.into_iter().next().unwrap_or_default()),
        };
        Ok(Ok(query::Filter { field: asked.field.to_owned(), operator, value }))
    }

    fn made(&self, expression: &Expression, value: &Value) -> Result<Value, Problem> {
        let mut scope = Scope::default();
        scope.bind_ref("value", value);
        self.evaluate(expression, &scope)
    }

    /// Text where the field, or each element of it, holds an instant, a number or a boolean becomes one.
    fn typed(&self, field: Option<&Field>, value: Value) -> Value {
        let Some(field) = field else { return value };
        let document = &self.contract.document;
        let mut schema = document.resolve(&field.schema);
        if let Some(items) = schema.get("items") {
            schema = document.resolve(items);
        }
        typed(coerce(field, value), schema)
    }
}

/// The comparisons that one parameter asks for.
fn asked<'a>(filter: &'a Filter, value: &'a Value) -> Vec<Asked<'a>> {
    let parameter = format!("/{}", filter.parameter);
    if !filter.nested {
        let operator = if value.is_array() { FilterOperator::In } else { filter.operator };
        let asks = filter.all.as_deref().is_none_or(|all| value.as_str() != Some(all));
        let one = Asked { field: &filter.field, operator, value, pointer: parameter };
        return if asks { vec![one] } else { Vec::new() };
    }
    let mut several = Vec::new();
    for (field, wanted) in value.as_object().into_iter().flatten() {
        let pointer = format!("{parameter}/{field}");
        match wanted {
            Value::Object(operators) => {
                let known = operators.iter().filter_map(|(word, value)| Some((word, operator_word(word)?, value)));
                several.extend(known.map(|(word, operator, value)| Asked {
                    field,
                    operator,
                    value,
                    pointer: format!("{pointer}/{word}"),
                }));
            }
            wanted => several.push(Asked { field, operator: FilterOperator::Eq, value: wanted, pointer }),
        }
    }
    several
}

fn operator_word(word: &str) -> Option<FilterOperator> {
    serde_json::from_value(Value::from(word)).ok()
}

fn operator(word: FilterOperator) -> Operator {
    match word {
        FilterOperator::Eq => Operator::Equal,
        FilterOperator::Ne => Operator::NotEqual,
        FilterOperator::Gt => Operator::Greater,
        FilterOperator::Gte => Operator::GreaterOrEqual,
        FilterOperator::Lt => Operator::Less,
        FilterOperator::Lte => Operator::LessOrEqual,
        FilterOperator::In => Operator::In,
        FilterOperator::Contains => Operator::Contains,
    }
}

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
