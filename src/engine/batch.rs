//! Batches: many items in one call, each through the operation that it is for.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::fault;
use super::inputs::Inputs;
use super::perform::Brought;
use super::problem::{Problem, describe};
use super::turn::Turn;
use crate::call::Call;
use crate::contract::expression::{Bound, Scope};
use crate::contract::plan::Batch;
use crate::contract::violation::{Place, Violation};
use crate::world::store::Record;

/// What came of an item.
struct Made {
    record: Option<Arc<Record>>,
    /// What its operation's further changes bound, by name, as callers see it.
    names: Value,
}

impl<'c> Turn<'c, '_> {
    /// A bad item is told in its place; where all or nothing is wanted, it is the answer.
    pub fn batch<'s>(
        &mut self,
        batch: &'c Batch,
        inputs: &'s Inputs,
        brought: &Brought<'_>,
        scope: &mut Scope<'s>,
    ) -> Result<(), Problem>
    where
        'c: 's,
    {
        let items = inputs.body.get(&batch.items).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut results = Vec::with_capacity(items.len());
        let mut successful = 0;
        for (index, item) in items.iter().enumerate() {
            let depth = scope.len();
            scope.bind_ref("item", item);
            scope.bind_owned("index", json!(index));
            let violations = brought.item_violations.iter().filter(|(place, _)| *place == index);
            let violations: Vec<Violation> = violations.map(|(_, violation)| violation.clone()).collect();
            let made = match fault::item_problem(self, batch.run, brought.item_errors, index) {
                Some(problem) => Err(problem.with("body", item.clone())),
                None => self.item(batch, item, violations, inputs, brought.call, scope),
            };
            let made = made.map_err(|problem| problem.told_by(&self.contract.plan.actions[batch.run.0]));
            let tree = match made {
                Ok(made) => {
                    successful += 1;
                    let record = made.record.map_or(Value::Null, |record| Value::Object(record.visible().into_map()));
                    scope.bind_owned("record", record);
                    scope.bind_owned("made", made.names);
                    &batch.success
                }
                Err(problem) if batch.atomic => return Err(placed(problem, &batch.items, index)),
                Err(problem) => {
                    scope.bind_owned("error", describe(self.contract, &problem, inputs));
                    &batch.failure
                }
            };
            let result = tree.evaluate(scope).map_err(|error| Problem::evaluation(self.contract, &error))?;
            results.push(result);
            scope.truncate(depth);
        }
        let total = results.len();
        self.because("batch", format!("{successful} of {total} items succeeded"));
        scope.bind_owned("results", Value::Array(results));
        scope.bind_owned("summary", json!({"total": total, "successful": successful, "failed": total - successful}));
        Ok(())
    }

    /// Is all to be undone once it is told?
    pub fn rehearses(&self, batch: &Batch, scope: &Scope<'_>) -> Result<bool, Problem> {
        batch.rehearse.as_ref().map_or(Ok(false), |rehearse| self.holds(rehearse, scope))
    }

    fn item(
        &mut self,
        batch: &'c Batch,
        item: &Value,
        violations: Vec<Violation>,
        inputs: &Inputs,
        call: &Call,
        scope: &Scope<'_>,
    ) -> Result<Made, Problem> {
        let invalid = self.contract.plan.errors.known.invalid;
        if !violations.is_empty() {
            return Err(Problem::new(invalid).violations(violations));
        }
        let mut own = inputs.clone();
        own.body = match &batch.body {
            Some(tree) => tree.evaluate(scope).map_err(|error| Problem::evaluation(self.contract, &error))?,
            None => item.clone(),
        };
        let mut path = Map::new();
        for (name, expression) in &batch.path {
            path.insert(name.clone(), self.evaluate(expression, scope)?);
        }
        own.path = Value::Object(path);
        let operation = self.contract.operations.get(batch.run);
        let media = operation.body.as_ref().and_then(|body| body.media.first());
        if let Some(schema) = media.and_then(|media| media.schema) {
            let violations = self.contract.schemas.check(schema, &own.body, Place::Body);
            if !violations.is_empty() {
                return Err(Problem::new(invalid).violations(violations));
            }
        }
        let brought = Brought { call, uploads: &[], item_violations: Vec::new(), item_errors: None };
        let mut scope = own.scope();
        match self.perform(batch.run, &own, &brought, &mut scope) {
            Ok(done) => Ok(Made { record: done.record, names: self.bound_by_changes(batch, &scope) }),
            // The error's texts speak of the item, not of the batch.
            Err(problem) => Err(problem.with("body", own.body.clone()).with("path", own.path.clone())),
        }
    }

    /// What the further changes of the operation that was run bound with `as`; null for those that were not made.
    fn bound_by_changes(&self, batch: &Batch, scope: &Scope<'_>) -> Value {
        let changes = &self.contract.plan.actions[batch.run.0].also;
        let names = changes.iter().filter_map(|change| change.name.as_deref());
        let values = names.map(|name| {
            let value = scope.get(name).and_then(|bound| Bound::visible(bound).ok());
            (name.to_owned(), value.cloned().unwrap_or_default())
        });
        Value::Object(values.collect())
    }
}

/// An item's error as the whole call's: what is wrong stands below the item's place in the body.
fn placed(mut problem: Problem, items: &str, index: usize) -> Problem {
    let place = format!("/{}/{index}", crate::pointer::escape(items));
    for violation in problem.violations.iter_mut().filter(|violation| violation.place == Place::Body) {
        violation.pointer.insert_str(0, &place);
    }
    problem
}
