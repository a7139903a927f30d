//! The further changes of a rule: what else happens when an operation is done or a state has changed.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::change::Source;
use super::problem::Problem;
use super::turn::Turn;
use crate::contract::expression::{Expression, Scope};
use crate::contract::plan::{Change, ChangeVerb};
use crate::world::store::Record;

/// Longest list whose elements one change is made for.
pub const EACH_LEN_MAX: usize = 1_000;

impl<'c> Turn<'c, '_> {
    /// The changes, in order. Whoever calls undoes all of them when one fails.
    pub fn also<'s>(&mut self, changes: &'c [Change], scope: &mut Scope<'s>) -> Result<(), Problem>
    where
        'c: 's,
    {
        for change in changes {
            let made = match &change.each {
                None => self.conditional(change, scope)?,
                Some(list) => self.for_each(change, list, scope)?,
            };
            let Some(name) = &change.name else { continue };
            match (&change.each, made.last()) {
                (Some(_), _) => self.bind_records(scope, name, &made),
                (None, Some(record)) if change.verb != ChangeVerb::Delete => self.bind_record(scope, name, record),
                (None, _) => scope.bind_owned(name, Value::Null),
            }
        }
        Ok(())
    }

    /// The change for each element of a list; null is an empty one.
    fn for_each<'s>(
        &mut self,
        change: &'c Change,
        list: &Expression,
        scope: &mut Scope<'s>,
    ) -> Result<Vec<Arc<Record>>, Problem>
    where
        'c: 's,
    {
        let told = |what: String| {
            let text = format!("standin: the overlay's list of changes '{}' {what}", list.text().trim());
            Problem::loud(self.contract, text)
        };
        let items = match self.evaluate(list, scope)? {
            Value::Array(items) if items.len() > EACH_LEN_MAX => {
                return Err(told(format!("has {} elements, more than {EACH_LEN_MAX}", items.len())));
            }
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            _ => return Err(told("is not a list".to_owned())),
        };
        let mut made = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let depth = scope.len();
            scope.bind_owned("item", item);
            scope.bind_owned("index", Value::from(index));
            made.extend(self.conditional(change, scope)?);
            scope.truncate(depth);
        }
        Ok(made)
    }

    /// One change, with its own reads, if its condition holds. Gives the records it was made to; of a deletion, as they were.
    fn conditional<'s>(&mut self, change: &'c Change, scope: &mut Scope<'s>) -> Result<Vec<Arc<Record>>, Problem>
    where
        'c: 's,
    {
        let depth = scope.len();
        self.bind_reads(&change.with, scope)?;
        let holds = match &change.when {
            Some(when) => self.holds(when, scope)?,
            None => true,
        };
        let made = if holds { self.further_change(change, scope)? } else { Vec::new() };
        scope.truncate(depth);
        Ok(made)
    }

    fn further_change<'s>(&mut self, change: &'c Change, scope: &mut Scope<'s>) -> Result<Vec<Arc<Record>>, Problem>
    where
        'c: 's,
    {
        let wanted = self.wanted(&change.matching, scope)?;
        let empty = Map::new();
        let source = |matching| Source { body: &empty, matching, set: &change.set, trusted: false };
        let mut made = Vec::new();
        match change.verb {
            ChangeVerb::Create => made.push(self.create(change.resource, &source(&wanted), scope)?),
            ChangeVerb::Save => made.push(self.save(change.resource, &source(&wanted), scope)?),
            ChangeVerb::Update | ChangeVerb::Delete => {
                let records = match &change.id {
                    Some(id) => self.by_id(change.resource, &self.evaluate(id, scope)?).cloned().into_iter().collect(),
                    None => self.matching(change.resource, &wanted),
                };
                for record in records {
                    // An earlier one may have taken it along, or changed it.
                    let Some(record) = self.world.store.by_seq(change.resource, record.seq).cloned() else { continue };
                    made.push(match change.verb {
                        ChangeVerb::Delete => {
                            self.delete(change.resource, &record, 0)?;
                            record
                        }
                        _ => self.update(change.resource, &record, &source(&[]), scope)?,
                    });
                }
            }
        }
        if let Some(event) = change.emit {
            for record in &made {
                self.emit(event, record, scope)?;
            }
        }
        Ok(made)
    }
}
