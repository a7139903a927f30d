//! Declared reads: the only way in which rules see the store.

use std::sync::Arc;

use serde_json::{Value, json};

use super::problem::Problem;
use super::turn::{Turn, id_text};
use crate::contract::expression::{Expression, Scope};
use crate::contract::plan::{Read, ReadSource, ResourceIndex};
use crate::instant::DAY_MS;
use crate::world::store::Record;

/// Most days that one tally gives.
const TALLY_DAYS_MAX: i64 = 800;

impl<'c> Turn<'c, '_> {
    /// Performs reads in order and binds each under its name.
    pub fn bind_reads<'s>(&self, reads: &'c [Read], scope: &mut Scope<'s>) -> Result<(), Problem>
    where
        'c: 's,
    {
        for read in reads {
            match &read.source {
                ReadSource::Get { resource, id, matching, otherwise } => {
                    let found = match id {
                        Some(id) => self.by_id(*resource, &self.evaluate(id, scope)?).cloned(),
                        None => self.first_matching(*resource, &self.wanted(matching, scope)?),
                    };
                    match (found, otherwise) {
                        (Some(record), _) => self.bind_record(scope, &read.name, &record),
                        (None, None) => scope.bind_owned(&read.name, Value::Null),
                        (None, Some(error)) => {
                            let label = self.resource(*resource).label.clone();
                            return Err(Problem::new(*error).with("resource", label));
                        }
                    }
                }
                ReadSource::Find { resource, matching } => {
                    let records = self.matching(*resource, &self.wanted(matching, scope)?);
                    self.bind_records(scope, &read.name, &records);
                }
                source => {
                    let value = self.computed(source, scope)?;
                    scope.bind_owned(&read.name, value);
                }
            }
        }
        Ok(())
    }

    /// The value of a read that gives no records.
    fn computed(&self, source: &ReadSource, scope: &Scope<'_>) -> Result<Value, Problem> {
        match source {
            ReadSource::Count { resource, matching } if matching.is_empty() => {
                Ok(json!(self.world.store.len(*resource)))
            }
            ReadSource::Count { resource, matching } => {
                Ok(json!(self.matching(*resource, &self.wanted(matching, scope)?).len()))
            }
            ReadSource::Tally { from, to } => Ok(self.tally(&self.evaluate(from, scope)?, &self.evaluate(to, scope)?)),
            ReadSource::Value(expression) => self.evaluate(expression, scope),
            ReadSource::Get { .. } | ReadSource::Find { .. } => Ok(Value::Null),
        }
    }

    pub fn evaluate(&self, expression: &Expression, scope: &Scope<'_>) -> Result<Value, Problem> {
        expression.evaluate(scope).map_err(|error| Problem::evaluation(self.contract, &error))
    }

    pub fn holds(&self, expression: &Expression, scope: &Scope<'_>) -> Result<bool, Problem> {
        expression.holds(scope).map_err(|error| Problem::evaluation(self.contract, &error))
    }

    /// The values that a `match` asks for.
    pub fn wanted(
        &self,
        matching: &'c [(String, Expression)],
        scope: &Scope<'_>,
    ) -> Result<Vec<(&'c str, Value)>, Problem> {
        matching.iter().map(|(field, expression)| Ok((field.as_str(), self.evaluate(expression, scope)?))).collect()
    }

    pub fn by_id(&self, resource: ResourceIndex, id: &Value) -> Option<&Arc<Record>> {
        self.world.store.get(resource, &id_text(id)?)
    }

    /// Records that have every field wanted, oldest first.
    pub fn matching(&self, resource: ResourceIndex, wanted: &[(&str, Value)]) -> Vec<Arc<Record>> {
        self.world.store.matching(resource, wanted)
    }

    /// The oldest of those.
    pub fn first_matching(&self, resource: ResourceIndex, wanted: &[(&str, Value)]) -> Option<Arc<Record>> {
        match wanted {
            [] => self.world.store.all(resource).next().cloned(),
            [(field, value)] => self.world.store.first_matching(resource, field, value).cloned(),
            _ => self.matching(resource, wanted).into_iter().next(),
        }
    }

    fn tally(&self, from: &Value, to: &Value) -> Value {
        let (Some(from), Some(to)) = (from.as_i64(), to.as_i64()) else { return json!([]) };
        let (first, last) = (from.div_euclid(DAY_MS), to.div_euclid(DAY_MS));
        let last = last.min(first.saturating_add(TALLY_DAYS_MAX - 1));
        let mut known = self.world.tallies.days(first, last).into_iter().peekable();
        let mut days = Vec::new();
        for day in first..=last {
            let tally = known.next_if(|(number, _)| *number == day).map(|(_, tally)| tally.clone()).unwrap_or_default();
            days.push(json!({
                "date": crate::instant::date(day * DAY_MS),
                "calls": tally.calls,
                "errors": tally.errors,
                "operations": tally.by_operation,
                "created": tally.created,
            }));
        }
        Value::Array(days)
    }
}
