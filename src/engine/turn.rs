//! One turn of the engine: the contract, the world, and what has happened so far and why.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use crate::contract::Contract;
use crate::contract::expression::{Members, Object, Scope};
use crate::contract::plan::{IdKind, Resource, ResourceIndex};
use crate::contract::vocabulary::IdForm;
use crate::fields::Fields;
use crate::world::World;
use crate::world::ids;
use crate::world::journal::{Account, Cause, Text};
use crate::world::store::Record;

/// Room for the causes of most calls.
const CAUSES_EXPECTED: usize = 4;

pub struct Turn<'c, 'w> {
    pub contract: &'c Contract,
    pub world: &'w mut World,
    /// The world's instant, which does not move during a turn.
    pub now: i64,
    pub causes: Vec<Cause>,
    pub account: Account,
    /// Has any record been created, changed or removed?
    pub changed: bool,
    /// Has a fault acted on what the call does? At most one of those that strike a call can.
    pub fault_acted: bool,
    /// The record written last: what follows from a change looks at its fields at once.
    written: Option<Arc<Written>>,
}

/// A record with its visible fields, not yet forgotten.
#[derive(Debug)]
struct Written {
    record: Arc<Record>,
    visible: Fields,
}

impl<'c, 'w> Turn<'c, 'w> {
    pub fn new(contract: &'c Contract, world: &'w mut World) -> Turn<'c, 'w> {
        let now = world.clock.now();
        let (causes, account) = (Vec::with_capacity(CAUSES_EXPECTED), Account::default());
        Turn { contract, world, now, causes, account, changed: false, fault_acted: false, written: None }
    }

    pub fn resource(&self, index: ResourceIndex) -> &'c Resource {
        &self.contract.plan.resources[index]
    }

    pub fn because(&mut self, kind: &'static str, text: impl Into<Text>) {
        self.causes.push(Cause::new(kind, text));
    }

    /// Notes the record just written, with the fields that callers may see.
    pub fn wrote(&mut self, record: &Arc<Record>, visible: Fields) {
        self.written = Some(Arc::new(Written { record: record.clone(), visible }));
        self.changed = true;
    }

    /// Once something changed: work that waits for its condition looks again, and faults that ask for it keep the state.
    pub fn wake(&mut self, by_call: bool) {
        if self.changed {
            self.world.agenda.wake(self.now);
            self.world.faults.changed(&self.world.store, self.now, by_call);
        }
    }

    /// A record's fields as callers see them; those of the one written last without parsing them.
    pub fn visible_of(&self, record: &Record) -> Cow<'_, Fields> {
        match &self.written {
            Some(written) if std::ptr::eq(&*written.record, record) => Cow::Borrowed(&written.visible),
            _ => Cow::Owned(record.visible()),
        }
    }

    /// Binds a record with all its fields. They are parsed when a rule looks at them.
    pub fn bind_record<'s>(&self, scope: &mut Scope<'s>, name: &'s str, record: &Arc<Record>) {
        scope.bind_object(name, self.object(record));
    }

    /// Binds a list of records with all their fields.
    pub fn bind_records<'s>(&self, scope: &mut Scope<'s>, name: &'s str, records: &[Arc<Record>]) {
        scope.bind_objects(name, records.iter().map(|record| self.object(record)).collect());
    }

    /// A record as rules see it.
    pub fn object(&self, record: &Arc<Record>) -> Object<'static> {
        match &self.written {
            Some(written) if Arc::ptr_eq(&written.record, record) => Object::new(written.clone()),
            _ => Object::new(record.clone()),
        }
    }

    /// The next id of a kind.
    pub fn next_id(&mut self, kind: &str, form: &IdKind) -> Value {
        self.world.ids.next(kind, id_form(form))
    }

    /// The id that [`Turn::next_id`] gives next.
    pub fn foreseen_id(&self, kind: &str, form: &IdKind) -> Value {
        self.world.ids.clone().next(kind, id_form(form))
    }
}

impl Members for Record {
    fn member(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.field(name)
    }

    fn whole(&self) -> Value {
        self.value()
    }

    fn hides(&self) -> bool {
        self.hidden.is_some()
    }

    fn visible(&self) -> Option<&str> {
        Some(&self.json)
    }
}

impl Members for Written {
    fn member(&self, name: &str) -> Option<Cow<'_, Value>> {
        let hidden = self.record.hidden.as_ref().and_then(|hidden| hidden.get(name));
        hidden.or_else(|| self.visible.get(name)).map(Cow::Borrowed)
    }

    fn whole(&self) -> Value {
        let mut fields = self.visible.clone().into_map();
        fields.extend(self.record.hidden.as_deref().cloned().unwrap_or_default().into_map());
        Value::Object(fields)
    }

    fn hides(&self) -> bool {
        self.record.hides()
    }

    fn visible(&self) -> Option<&str> {
        Some(&self.record.json)
    }

    fn lends(&self) -> bool {
        true
    }
}

fn id_form(form: &IdKind) -> ids::IdForm<'_> {
    match form {
        IdKind::Prefixed(prefix) => ids::IdForm::Prefixed(prefix),
        IdKind::Form(IdForm::Uuid) => ids::IdForm::Uuid,
        IdKind::Form(IdForm::Integer) => ids::IdForm::Integer,
        IdKind::Pattern(pattern) => ids::IdForm::Pattern(pattern),
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
