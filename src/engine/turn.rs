//! One turn of the engine: the contract, the world, and what has happened so far and why.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::contract::Contract;
use crate::contract::expression::Scope;
use crate::contract::plan::{IdKind, Resource, ResourceIndex};
use crate::contract::vocabulary::IdForm;
use crate::world::World;
use crate::world::ids;
use crate::world::journal::Cause;
use crate::world::store::Record;

pub struct Turn<'c, 'w> {
    pub contract: &'c Contract,
    pub world: &'w mut World,
    /// The world's instant, which does not move during a turn.
    pub now: i64,
    pub causes: Vec<Cause>,
    /// Has any record been created, changed or removed?
    pub changed: bool,
    /// The record written last, with its fields: what follows from a change looks at them at once.
    written: Option<(Arc<Record>, Arc<Value>)>,
}

impl<'c, 'w> Turn<'c, 'w> {
    pub fn new(contract: &'c Contract, world: &'w mut World) -> Turn<'c, 'w> {
        let now = world.clock.now();
        Turn { contract, world, now, causes: Vec::new(), changed: false, written: None }
    }

    pub fn resource(&self, index: ResourceIndex) -> &'c Resource {
        &self.contract.plan.resources[index]
    }

    pub fn because(&mut self, kind: &'static str, text: impl Into<Cow<'static, str>>) {
        self.causes.push(Cause { kind, text: text.into() });
    }

    /// Notes the record just written, with all its fields.
    pub fn wrote(&mut self, record: &Arc<Record>, visible: Map<String, Value>, hidden: Option<Map<String, Value>>) {
        let mut fields = visible;
        fields.extend(hidden.unwrap_or_default());
        self.written = Some((record.clone(), Arc::new(Value::Object(fields))));
        self.changed = true;
    }

    /// All fields of a record; those of the one written last without parsing them.
    pub fn fields_of(&self, record: &Arc<Record>) -> Arc<Value> {
        match &self.written {
            Some((written, fields)) if Arc::ptr_eq(written, record) => fields.clone(),
            _ => Arc::new(record.value()),
        }
    }

    /// Binds a record with all its fields. Without hidden ones its text will do, which is parsed only if a rule looks inside.
    pub fn bind_record<'s>(&self, scope: &mut Scope<'s>, name: &'s str, record: &Arc<Record>) {
        let written = self.written.as_ref().filter(|(written, _)| Arc::ptr_eq(written, record));
        let written = written.map(|(_, fields)| fields.clone());
        match (written, record.hidden.is_some()) {
            (Some(fields), true) => scope.bind_record(name, || fields, record.json.to_string()),
            (Some(fields), false) => scope.bind_shared(name, fields),
            (None, true) => {
                let whole = record.clone();
                scope.bind_record(name, move || Arc::new(whole.value()), record.json.to_string());
            }
            (None, false) => scope.bind_text(name, record.json.to_string()),
        }
    }

    /// Binds a list of records with all their fields.
    pub fn bind_records<'s>(&self, scope: &mut Scope<'s>, name: &'s str, records: &[Arc<Record>]) {
        let whole: Value = records.iter().map(|record| record.value()).collect();
        if records.iter().any(|record| record.hidden.is_some()) {
            scope.bind_record(name, || Arc::new(whole), records_text(records));
        } else {
            scope.bind_owned(name, whole);
        }
    }

    /// The next id of a kind.
    pub fn next_id(&mut self, kind: &str, form: &IdKind) -> Value {
        self.world.ids.next(kind, &id_form(form))
    }

    /// The id that [`Turn::next_id`] gives next.
    pub fn foreseen_id(&self, kind: &str, form: &IdKind) -> Value {
        self.world.ids.clone().next(kind, &id_form(form))
    }
}

fn id_form(form: &IdKind) -> ids::IdForm {
    match form {
        IdKind::Prefixed(prefix) => ids::IdForm::Prefixed(prefix.clone()),
        IdKind::Form(IdForm::Uuid) => ids::IdForm::Uuid,
        IdKind::Form(IdForm::Integer) => ids::IdForm::Integer,
        IdKind::Pattern(pattern) => ids::IdForm::Pattern(pattern.clone()),
    }
}

/// An id as the store keeps it: text as it is, numbers in decimal, nothing else.
pub fn id_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

/// Records as callers see them, as a JSON list.
pub fn records_text(records: &[Arc<Record>]) -> String {
    let mut text = String::with_capacity(records.iter().map(|record| record.json.len() + 1).sum::<usize>() + 2);
    text.push('[');
    for (place, record) in records.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        text.push_str(&record.json);
    }
    text.push(']');
    text
}
