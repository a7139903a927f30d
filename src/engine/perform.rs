//! What an operation does to the world: reads, guards, changes, events (stages 9 to 11).

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::change::{Source, body_fields};
use super::inputs::Inputs;
use super::list::{ListPlan, Listed};
use super::problem::Problem;
use super::turn::Turn;
use crate::call::Call;
use crate::contract::expression::{Bound, Scope};
use crate::contract::operation::OperationId;
use crate::contract::plan::{Action, ResourceIndex, Sending, Verb};
use crate::contract::violation::Violation;
use crate::world::fault::kind::ItemErrors;
use crate::world::store::Record;

/// What came of an operation, for its reply.
#[derive(Default)]
pub struct Done {
    pub record: Option<Arc<Record>>,
    /// The record is new and has secrets, which are shown this once.
    pub reveals: Option<ResourceIndex>,
    pub listed: Option<Listed>,
    /// The delivery whose first attempt the reply waits for.
    pub waits_for: Option<u64>,
}

/// What a call brings besides its values.
pub struct Brought<'a> {
    pub call: &'a Call,
    pub uploads: &'a [(String, Bytes)],
    /// Violations found inside the items of a batch, by item.
    pub item_violations: Vec<(usize, Violation)>,
    /// Which items of a batch fail on purpose, and how.
    pub item_errors: Option<&'a ItemErrors>,
}

impl<'c> Turn<'c, '_> {
    /// Performs an operation. Whatever is refused leaves the records as they were.
    pub fn perform<'s>(
        &mut self,
        operation: OperationId,
        inputs: &'s Inputs,
        brought: &Brought<'_>,
        scope: &mut Scope<'s>,
    ) -> Result<Done, Problem>
    where
        'c: 's,
    {
        let action = &self.contract.plan.actions[operation.0];
        // Several changes may fail half-way; a world's copy costs a few pointers.
        let several = !action.also.is_empty() || matches!(action.verb, Verb::Batch(_) | Verb::Delete(_));
        let before = several.then(|| (self.world.clone(), self.changed, self.causes.len(), self.account.made.len()));
        let done = self.perform_rules(action, inputs, brought, scope);
        let rehearsed = match (&done, &action.verb) {
            (Ok(_), Verb::Batch(batch)) => self.rehearses(batch, scope),
            _ => Ok(false),
        };
        let done = rehearsed.and_then(|rehearsed| Ok((done?, rehearsed)));
        if let Some((world, changed, causes, made)) = before
            && !matches!(done, Ok((_, false)))
        {
            *self.world = world;
            self.changed = changed;
            self.account.made.truncate(made);
            if done.is_ok() {
                self.causes.truncate(causes);
                self.because("rehearsal", "done, told and undone again");
            }
        }
        done.map(|(done, _)| done)
    }

    fn perform_rules<'s>(
        &mut self,
        action: &'c Action,
        inputs: &'s Inputs,
        brought: &Brought<'_>,
        scope: &mut Scope<'s>,
    ) -> Result<Done, Problem>
    where
        'c: 's,
    {
        let target = self.target(action, scope)?;
        if let Some(record) = &target {
            self.bind_record(scope, "record", record);
        }
        self.bind_reads(&action.with, scope)?;
        for guard in &action.require {
            if !self.holds(&guard.that, scope)? {
                self.because("guard", guard.that.text().to_owned());
                return Err(self.refused(guard.otherwise, action, scope));
            }
        }
        let mut done = self.verb(action, target, inputs, brought, scope)?;
        if let Some(record) = &done.record {
            if action.verb.changes() {
                self.bind_record(scope, "record", record);
                self.bind_record(scope, "outer", record);
            } else if !action.also.is_empty() {
                self.bind_record(scope, "outer", record);
            }
            if let Some(event) = action.emit {
                let record = record.clone();
                self.emit(event, &record, scope)?;
            }
        }
        self.also(&action.also, scope)?;
        if let (Some(record), Some(index)) = (&done.record, self.resource_of_result(action))
            && !action.also.is_empty()
            && let Some(fresh) = self.world.store.by_seq(index, record.seq)
        {
            done.record = Some(fresh.clone());
            self.bind_record(scope, "record", fresh);
        }
        Ok(done)
    }

    /// The resource of the record that an operation answers with: a delivery answers with its log.
    pub fn resource_of_result(&self, action: &Action) -> Option<ResourceIndex> {
        match action.verb {
            Verb::Deliver { .. } => Some(self.contract.plan.webhooks.as_ref()?.log.as_ref()?.0),
            _ => action.verb.resource(),
        }
    }

    /// The record that the operation is about; not finding it is the service's `not_found`.
    fn target(&self, action: &'c Action, scope: &Scope<'_>) -> Result<Option<Arc<Record>>, Problem> {
        let index = match &action.verb {
            Verb::Get(index) | Verb::Update(index) | Verb::Replace(index) | Verb::Delete(index) => *index,
            Verb::Deliver { to, .. } => *to,
            _ => return Ok(None),
        };
        let wanted = self.wanted(&action.matching, scope)?;
        let found = match &action.id {
            Some(id) => self.by_id(index, &self.evaluate(id, scope)?).cloned(),
            None => self.first_matching(index, &wanted),
        };
        let found = found.filter(|record| wanted.iter().all(|(field, value)| record.has(field, value)));
        match found {
            Some(record) => Ok(Some(record)),
            None => {
                let problem = Problem::new(self.contract.plan.errors.known.not_found);
                Err(problem.with("resource", self.resource(index).label.clone()))
            }
        }
    }

    /// A guard's error, with the names that its texts may use.
    fn refused(&self, error: usize, action: &Action, scope: &Scope<'_>) -> Problem {
        let mut problem = Problem::new(error);
        let names = action.with.iter().map(|read| read.name.as_str()).chain(["record"]);
        for name in names {
            if let Some(Ok(value)) = scope.get(name).map(Bound::value) {
                problem = problem.with(name, value.clone());
            }
        }
        if let Some(index) = action.verb.resource() {
            problem = problem.with("resource", self.resource(index).label.clone());
        }
        problem
    }

    fn verb<'s>(
        &mut self,
        action: &'c Action,
        target: Option<Arc<Record>>,
        inputs: &'s Inputs,
        brought: &Brought<'_>,
        scope: &mut Scope<'s>,
    ) -> Result<Done, Problem>
    where
        'c: 's,
    {
        let wanted = self.wanted(&action.matching, scope)?;
        let body = body_fields(action, &inputs.body);
        let source = Source { body: &body, matching: &wanted, set: &action.set, trusted: false };
        let record = match (&action.verb, target) {
            (Verb::List { resource, paging, filters, sort, condition }, _) => {
                self.check_parent(action, &wanted)?;
                let (sort, condition) = (sort.as_ref(), condition.as_deref());
                let plan = ListPlan { resource: *resource, paging, filters, sort, condition };
                let listed = self.list(&plan, &wanted, &inputs.query, brought.call, scope)?;
                return Ok(Done { listed: Some(listed), ..Done::default() });
            }
            (Verb::Create(index), _) => {
                let record = self.create(*index, &source, scope)?;
                self.keep_upload(*index, &record, brought.uploads);
                let reveals = (!self.resource(*index).secrets.is_empty()).then_some(*index);
                return Ok(Done { record: Some(record), reveals, ..Done::default() });
            }
            (Verb::Save(index), _) => Some(self.save(*index, &source, scope)?),
            (Verb::Update(index), Some(record)) => {
                let updated = self.update(*index, &record, &source, scope)?;
                self.keep_upload(*index, &updated, brought.uploads);
                Some(updated)
            }
            (Verb::Replace(index), Some(record)) => Some(self.replace(*index, &record, &source, scope)?),
            (Verb::Delete(index), Some(record)) => {
                self.delete(*index, &record, 0)?;
                Some(record)
            }
            (Verb::Deliver { what, wait, .. }, Some(record)) => {
                let sent = match what {
                    Sending::Event(event) => self.deliver_to(*event, &record, *wait, scope)?,
                    Sending::Again => self.deliver_again(&record, *wait)?,
                };
                let waits_for = sent.delivery.filter(|_| *wait);
                return Ok(Done { record: sent.log, waits_for, ..Done::default() });
            }
            (Verb::Batch(batch), _) => {
                self.batch(batch, inputs, brought, scope)?;
                None
            }
            (_, target) => target,
        };
        Ok(Done { record, ..Done::default() })
    }

    /// A list below a parent (`/webhooks/{id}/deliveries`) whose parent is not there is not an empty list but a 404.
    fn check_parent(&self, action: &Action, wanted: &[(&str, Value)]) -> Result<(), Problem> {
        let Some(index) = action.verb.resource() else { return Ok(()) };
        for (field, value) in wanted {
            let reference = self.resource(index).references.iter().find(|reference| reference.field == *field);
            if let Some(reference) = reference
                && self.by_id(reference.to, value).is_none()
            {
                let problem = Problem::new(self.contract.plan.errors.known.not_found);
                return Err(problem.with("resource", self.resource(reference.to).label.clone()));
            }
        }
        Ok(())
    }

    fn keep_upload(&mut self, index: ResourceIndex, record: &Record, uploads: &[(String, Bytes)]) {
        let Some(part) = &self.resource(index).bytes else { return };
        if let Some((_, bytes)) = uploads.iter().find(|(name, _)| name == part) {
            self.world.store.keep_bytes(index, record.seq, bytes.clone());
        }
    }
}
