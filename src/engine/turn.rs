//! One turn of the engine: the contract, the world, and what has happened so far and why.

use std::borrow::Cow;

use serde_json::Value;

use crate::contract::Contract;
use crate::contract::plan::{IdKind, Resource, ResourceIndex};
use crate::contract::vocabulary::IdForm;
use crate::world::World;
use crate::world::ids;
use crate::world::journal::Cause;

pub struct Turn<'c, 'w> {
    pub contract: &'c Contract,
    pub world: &'w mut World,
    /// The world's instant, which does not move during a turn.
    pub now: i64,
    pub causes: Vec<Cause>,
    /// Has any record been created, changed or removed?
    pub changed: bool,
}

impl<'c, 'w> Turn<'c, 'w> {
    pub fn new(contract: &'c Contract, world: &'w mut World) -> Turn<'c, 'w> {
        let now = world.clock.now();
        Turn { contract, world, now, causes: Vec::new(), changed: false }
    }

    pub fn resource(&self, index: ResourceIndex) -> &'c Resource {
        &self.contract.plan.resources[index]
    }

    pub fn because(&mut self, kind: &'static str, text: impl Into<Cow<'static, str>>) {
        self.causes.push(Cause { kind, text: text.into() });
    }

    /// The next id of a kind.
    pub fn next_id(&mut self, kind: &str, form: &IdKind) -> Value {
        let form = match form {
            IdKind::Prefixed(prefix) => ids::IdForm::Prefixed(prefix.clone()),
            IdKind::Form(IdForm::Uuid) => ids::IdForm::Uuid,
            IdKind::Form(IdForm::Integer) => ids::IdForm::Integer,
            IdKind::Pattern(pattern) => ids::IdForm::Pattern(pattern.clone()),
        };
        self.world.ids.next(kind, &form)
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
