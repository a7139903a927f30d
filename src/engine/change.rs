//! Changes to records: what a record is made of, and what follows from a change.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::problem::{Problem, complaint, field as field_text};
use super::time::{coerce, instant, named};
use super::turn::{Turn, id_text};
use crate::contract::expression::{Members, Object, Scope};
use crate::contract::plan::{Action, Assignment, Reference, Resource, ResourceIndex, TimeForm};
use crate::contract::sample::{Direction, sample};
use crate::contract::violation::{Place, Violation};
use crate::contract::vocabulary::OnDelete;
use crate::fields::Fields;
use crate::json;
use crate::world::store::{Record, StoreError};

/// Deepest chain of deletions that one deletion sets off.
const CASCADE_DEPTH_MAX: usize = 16;

/// How many ids in a row may be taken before a new record is refused.
const IDS_PASSED_MAX: usize = 10_000;

/// A record while it is put together.
#[derive(Debug, Default)]
pub struct Draft {
    pub visible: Fields,
    pub hidden: Fields,
}

impl Draft {
    pub fn of(record: &Record) -> Draft {
        Draft { visible: record.visible(), hidden: record.hidden.as_deref().cloned().unwrap_or_default() }
    }

    pub fn value(&self) -> Value {
        let mut all = self.visible.clone().into_map();
        all.extend(self.hidden.clone().into_map());
        Value::Object(all)
    }

    /// Puts a value where it belongs: hidden if the resource says so or if callers know no such field.
    pub fn put(&mut self, resource: &Resource, name: &str, value: Value) {
        let known = resource.field(name);
        let (hidden, value) = match known {
            Some(field) => (field.hidden, coerce(field, value)),
            None => {
                let secret = resource.secrets.iter().any(|(secret, _)| **secret == *name);
                (resource.schema.is_some() || secret || resource.hidden.iter().any(|hidden| hidden == name), value)
            }
        };
        let side = self.side(hidden);
        match known {
            Some(field) => side.set(field.name.clone(), value),
            None => side.set(name, value),
        }
    }

    fn side(&mut self, hidden: bool) -> &mut Fields {
        if hidden { &mut self.hidden } else { &mut self.visible }
    }
}

/// In the author's rules nothing of a record is hidden while it is put together.
impl Members for Draft {
    fn member(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.hidden.get(name).or_else(|| self.visible.get(name)).map(Cow::Borrowed)
    }

    fn whole(&self) -> Value {
        self.value()
    }

    fn lends(&self) -> bool {
        true
    }
}

/// What a record is made from.
pub struct Source<'a> {
    /// The caller's fields.
    pub body: &'a Map<String, Value>,
    /// Fields that the operation's `match` demands.
    pub matching: &'a [(&'a str, Value)],
    pub set: &'a [Assignment],
    /// Seed data may name read-only fields, too.
    pub trusted: bool,
}

impl<'c> Turn<'c, '_> {
    /// A new record. Its secrets are in its hidden fields.
    pub fn create(
        &mut self,
        index: ResourceIndex,
        source: &Source<'_>,
        scope: &mut Scope<'_>,
    ) -> Result<Arc<Record>, Problem> {
        let resource = self.resource(index);
        if !source.trusted {
            self.check_references(resource, source.body)?;
        }
        let mut draft = Draft { visible: Fields::with_capacity(resource.fields.len()), ..Draft::default() };
        let given = source.trusted.then(|| source.body.get(&resource.id.field)).flatten();
        let id = match given {
            Some(id) => id.clone(),
            None => self.free_id(index),
        };
        let Some(id_string) = id_text(&id).map(Cow::into_owned) else {
            return Err(Problem::loud(self.contract, format!("standin: {} has no usable id", resource.name)));
        };
        self.first_values(resource, source, &id, &mut draft)?;
        for (name, value) in source.matching {
            draft.put(resource, name, value.clone());
        }
        self.assign(resource, &resource.set, &mut draft, scope, source.trusted.then_some(source.body))?;
        self.assign(resource, source.set, &mut draft, scope, None)?;
        let record = self.world.store.insert(index, &id_string, &draft.visible, draft.hidden, self.now);
        let record = record.map_err(|error| self.store_problem(resource, &id_string, error))?;
        self.wrote(&record, draft.visible);
        self.world.tallies.count_created(self.made_at(resource, &record, source), &resource.name);
        self.because("created", [&resource.name, " ", &id_string].concat());
        // Neither what seed data brings nor what a webhook's log keeps is the caller's doing.
        if !source.trusted && !self.is_log(index) {
            self.account.made.push((index, record.id.clone()));
        }
        self.plan_lifecycle(index, &record);
        Ok(record)
    }

    /// Does a service keep its log of deliveries there?
    fn is_log(&self, index: ResourceIndex) -> bool {
        let log = self.contract.plan.webhooks.as_ref().and_then(|webhooks| webhooks.log.as_ref());
        log.is_some_and(|(resource, ..)| *resource == index)
    }

    /// The next id that no record has: one that seed data gave away is passed over.
    fn free_id(&mut self, index: ResourceIndex) -> Value {
        let resource = self.resource(index);
        let mut id = self.next_id(&resource.name, &resource.id.kind);
        for _ in 0..IDS_PASSED_MAX {
            if self.by_id(index, &id).is_none() {
                break;
            }
            id = self.next_id(&resource.name, &resource.id.kind);
        }
        id
    }

    /// When a record counts as made: now, or the date that seed data gives it.
    fn made_at(&self, resource: &Resource, record: &Record, source: &Source<'_>) -> i64 {
        let Some(name) = resource.created.as_ref().filter(|_| source.trusted) else { return self.now };
        let form = resource.field(name).and_then(|field| field.time);
        record.field(name).and_then(|value| named(&value, form)).unwrap_or(self.now)
    }

    /// What each field holds before any rule: the caller's value, a stamp, the fallback, or a sample.
    fn first_values(
        &mut self,
        resource: &Resource,
        source: &Source<'_>,
        id: &Value,
        draft: &mut Draft,
    ) -> Result<(), Problem> {
        for field in &resource.fields {
            let name = &*field.name;
            let settable = source.trusted || !field.read_only;
            let given = settable.then(|| json::member(source.body, name)).flatten();
            let is_stamped =
                || [&resource.created, &resource.updated].into_iter().any(|stamp| stamp.as_deref() == Some(name));
            let value = if name == resource.id.field {
                coerce(field, id.clone())
            } else if let Some(given) = given {
                coerce(field, given.clone())
            } else if is_stamped() {
                instant(self.now, field.time.unwrap_or(TimeForm::Milliseconds))
            } else if !field.required {
                continue;
            } else if field.ruled {
                // Keeps the field's place; the rules fill it in.
                Value::Null
            } else if let Some(fallback) = &field.fallback {
                coerce(field, fallback.clone())
            } else if let Some(form) = field.time {
                instant(self.now, form)
            } else if resource.set.iter().chain(source.set).any(|assignment| assignment.field == name) {
                Value::Null
            } else {
                let seed = self.world.ids.sample_seed(&resource.name);
                coerce(field, sample(&self.contract.document, &field.schema, seed, self.now, Direction::Reply))
            };
            // Each field is met once, so it is not there yet.
            draft.side(field.hidden).push(field.name.clone(), value);
        }
        for (name, pattern) in &resource.secrets {
            let given = source.body.get(&**name).filter(|_| source.trusted).cloned();
            let secret = match given {
                Some(given) => given,
                None => {
                    let made = self.world.ids.secret(&format!("{}.{name}", resource.name), pattern);
                    Value::String(made.map_err(|reason| Problem::loud(self.contract, format!("standin: {reason}")))?)
                }
            };
            draft.hidden.set(name.clone(), secret);
        }
        if resource.schema.is_none() {
            if draft.visible.get(&resource.id.field).is_none() {
                draft.visible.push(resource.id.field.as_str().into(), id.clone());
            }
            draft.visible.fill(source.body);
        } else if source.trusted {
            for (name, value) in source.body {
                draft.put(resource, name, value.clone());
            }
        }
        Ok(())
    }

    /// Evaluates assignments in order; each sees the record as the ones before left it. `kept` names fields that stay as they are.
    pub fn assign(
        &self,
        resource: &Resource,
        set: &[Assignment],
        draft: &mut Draft,
        scope: &Scope<'_>,
        kept: Option<&Map<String, Value>>,
    ) -> Result<(), Problem> {
        for assignment in set {
            if kept.is_some_and(|kept| kept.contains_key(&assignment.field)) {
                continue;
            }
            let value = match assignment.uses_record {
                true => {
                    let mut own = scope.inner();
                    own.bind_object("record", Object::lent(&*draft));
                    assignment.tree.evaluate(&own)
                }
                false => assignment.tree.evaluate(scope),
            };
            let value = value.map_err(|error| Problem::evaluation(self.contract, &error))?;
            draft.put(resource, &assignment.field, value);
        }
        Ok(())
    }

    /// A record changed by the caller's fields and by rules.
    pub fn update(
        &mut self,
        index: ResourceIndex,
        record: &Record,
        source: &Source<'_>,
        scope: &mut Scope<'_>,
    ) -> Result<Arc<Record>, Problem> {
        let resource = self.resource(index);
        self.check_references(resource, source.body)?;
        let mut draft = Draft::of(record);
        for (name, value) in source.body {
            let known = resource.field(name);
            if known.is_some_and(|field| !field.read_only) && *name != resource.id.field {
                draft.put(resource, name, value.clone());
            }
        }
        self.stamp(resource, &mut draft);
        self.assign(resource, source.set, &mut draft, scope, None)?;
        self.store_fields(index, record, draft)
    }

    /// A record whose fields are all taken from the body anew; what callers cannot set stays.
    pub fn replace(
        &mut self,
        index: ResourceIndex,
        record: &Record,
        source: &Source<'_>,
        scope: &mut Scope<'_>,
    ) -> Result<Arc<Record>, Problem> {
        let resource = self.resource(index);
        self.check_references(resource, source.body)?;
        let mut draft = Draft::of(record);
        for field in resource.fields.iter().filter(|field| !field.read_only && *field.name != *resource.id.field) {
            match (source.body.get(&*field.name), &field.fallback) {
                (Some(value), _) => draft.put(resource, &field.name, value.clone()),
                (None, Some(fallback)) if field.required => draft.put(resource, &field.name, fallback.clone()),
                (None, _) if field.required => {}
                (None, _) => {
                    draft.visible.remove(&field.name);
                }
            }
        }
        self.stamp(resource, &mut draft);
        self.assign(resource, source.set, &mut draft, scope, None)?;
        self.store_fields(index, record, draft)
    }

    /// The field that tells of the last change says now.
    pub fn stamp(&self, resource: &Resource, draft: &mut Draft) {
        let Some(name) = &resource.updated else { return };
        draft.put(resource, name, instant(self.now, resource.time_form(name)));
    }

    /// Stores changed fields, notes a change of state and plans what follows from it.
    pub fn store_fields(
        &mut self,
        index: ResourceIndex,
        record: &Record,
        draft: Draft,
    ) -> Result<Arc<Record>, Problem> {
        let resource = self.resource(index);
        let entered = (!resource.lifecycle.is_empty()).then(|| {
            let before = record.visible();
            let moved = resource.lifecycle.iter().any(|rule| before.get(&rule.field) != draft.visible.get(&rule.field));
            if moved { self.now } else { record.since }
        });
        self.store_entered(index, record, draft, entered)
    }

    /// The same, told when the record entered its state.
    pub fn store_entered(
        &mut self,
        index: ResourceIndex,
        record: &Record,
        draft: Draft,
        entered: Option<i64>,
    ) -> Result<Arc<Record>, Problem> {
        let resource = self.resource(index);
        let Some(stored) = self.world.store.replace(index, record.seq, &draft.visible, draft.hidden, entered) else {
            return Err(Problem::loud(self.contract, format!("standin: {} {} is gone", resource.name, record.id)));
        };
        self.because("changed", format!("{} {}", resource.name, record.id));
        self.wrote(&stored, draft.visible);
        self.plan_lifecycle(index, &stored);
        Ok(stored)
    }

    /// Removes a record, with what its references say about it.
    pub fn delete(&mut self, index: ResourceIndex, record: &Record, depth: usize) -> Result<(), Problem> {
        for (referring, reference) in self.references_to(index) {
            if reference.on_delete == OnDelete::Refuse && !self.referring(referring, reference, record)?.is_empty() {
                return Err(Problem::new(reference.refusal).with("resource", self.resource(index).label.clone()));
            }
        }
        self.world.store.remove(index, record.seq);
        self.because("deleted", format!("{} {}", self.resource(index).name, record.id));
        self.changed = true;
        for (referring, reference) in self.references_to(index) {
            for other in self.referring(referring, reference, record)? {
                match reference.on_delete {
                    OnDelete::Delete if depth < CASCADE_DEPTH_MAX => self.delete(referring, &other, depth + 1)?,
                    OnDelete::Clear => self.clear(referring, reference, &other, &record.id)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn references_to(&self, index: ResourceIndex) -> Vec<(ResourceIndex, &'c Reference)> {
        let resources = self.contract.plan.resources.iter().enumerate();
        let all =
            resources.flat_map(|(referring, resource)| resource.references.iter().map(move |one| (referring, one)));
        all.filter(|(_, reference)| reference.to == index && reference.on_delete != OnDelete::Keep).collect()
    }

    fn referring(
        &self,
        referring: ResourceIndex,
        reference: &Reference,
        record: &Record,
    ) -> Result<Vec<Arc<Record>>, Problem> {
        let wanted = Value::String(record.id.to_string());
        let mut records = self.world.store.matching(referring, &[(&reference.field, wanted)]);
        if let Some(when) = &reference.when {
            let now = Value::from(self.now);
            let mut kept = Vec::new();
            for record in records {
                let mut scope = Scope::default();
                self.bind_record(&mut scope, "record", &record);
                scope.bind_ref("now", &now);
                if self.holds(when, &scope)? {
                    kept.push(record.clone());
                }
            }
            records = kept;
        }
        Ok(records)
    }

    fn clear(&mut self, index: ResourceIndex, reference: &Reference, record: &Record, id: &str) -> Result<(), Problem> {
        let resource = self.resource(index);
        let mut draft = Draft::of(record);
        let cleared = match draft.member(&reference.field).as_deref() {
            Some(Value::Array(items)) => items.iter().filter(|item| item.as_str() != Some(id)).cloned().collect(),
            _ => Value::Null,
        };
        draft.put(resource, &reference.field, cleared);
        self.stamp(resource, &mut draft);
        self.store_fields(index, record, draft).map(|_| ())
    }

    /// Every record that the body names must exist. All that are missing for the same reason are told at once.
    fn check_references(&self, resource: &Resource, body: &Map<String, Value>) -> Result<(), Problem> {
        let mut refused: Option<Problem> = None;
        for reference in &resource.references {
            let (Some(error), Some(named)) = (reference.otherwise, json::member(body, &reference.field)) else {
                continue;
            };
            if refused.as_ref().is_some_and(|problem| problem.error != error) {
                continue;
            }
            for (violation, missing) in self.missing(reference, named) {
                let problem = refused.get_or_insert_with(|| {
                    let problem = Problem::new(error).with("resource", self.resource(reference.to).label.clone());
                    problem.with("missing", missing).with("field", field_text(&violation))
                });
                // "Not found" is a whole answer; only an invalid body is explained field by field.
                if problem.status(self.contract) == 404 {
                    break;
                }
                problem.violations.push(violation);
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// The ids among those named that no record has, and where they stand.
    fn missing(&self, reference: &Reference, named: &Value) -> Vec<(Violation, Value)> {
        let (ids, listed) = match named {
            Value::Array(ids) => (ids.as_slice(), true),
            Value::Null => return Vec::new(),
            one => (std::slice::from_ref(one), false),
        };
        let (name, label) = (&reference.field, &self.resource(reference.to).label);
        let missing = ids.iter().enumerate().filter(|(_, id)| self.by_id(reference.to, id).is_none());
        let complaints = missing.map(|(place, id)| {
            let pointer = if listed { format!("/{name}/{place}") } else { format!("/{name}") };
            let message = format!("{label} not found: {}", id_text(id).unwrap_or_else(|| Cow::Owned(id.to_string())));
            (complaint(Place::Body, &pointer, "reference", message), id.clone())
        });
        complaints.collect()
    }

    /// The record that fits is updated; without one, a new one is created.
    pub fn save(
        &mut self,
        index: ResourceIndex,
        source: &Source<'_>,
        scope: &mut Scope<'_>,
    ) -> Result<Arc<Record>, Problem> {
        match self.first_matching(index, source.matching) {
            Some(record) => self.update(index, &record, source, scope),
            None => self.create(index, source, scope),
        }
    }

    fn store_problem(&self, resource: &Resource, id: &str, error: StoreError) -> Problem {
        let message = match error {
            StoreError::Duplicate => format!("standin: there is a {} {id} already", resource.name),
            StoreError::Full => format!("standin: no more room for {} records", resource.name),
        };
        Problem::loud(self.contract, message)
    }
}

/// The body's fields that the operation takes, or none.
pub fn body_fields<'b>(action: &Action, body: &'b Value) -> Cow<'b, Map<String, Value>> {
    let Some(fields) = body.as_object().filter(|_| action.merge) else { return Cow::Owned(Map::new()) };
    let taken = |name: &String| action.takes.as_ref().is_none_or(|takes| takes.contains(name));
    if fields.keys().all(taken) {
        return Cow::Borrowed(fields);
    }
    let taken = fields.iter().filter(|(name, _)| taken(name));
    Cow::Owned(taken.map(|(name, value)| (name.clone(), value.clone())).collect())
}
