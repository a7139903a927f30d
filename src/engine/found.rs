//! New worlds: their seed data, and the credential that a person can paste.

use base64::Engine as _;
use serde_json::{Map, Value};

use super::change::{Draft, Source};
use super::problem::Problem;
use super::time::instant;
use super::turn::Turn;
use crate::contract::Contract;
use crate::contract::expression::Scope;
use crate::contract::operation::OperationId;
use crate::contract::plan::ResourceIndex;
use crate::contract::security::Scheme;
use crate::contract::violation::Place;
use crate::world::World;
use crate::world::clock::Clock;
use crate::world::store::CollectionSpec;

/// What the contract's resources need of a store.
pub fn collections(contract: &Contract) -> Vec<CollectionSpec> {
    let resources = contract.plan.resources.iter();
    let spec = resources.map(|resource| CollectionSpec {
        name: resource.name.as_str().into(),
        order: resource.order.as_deref().map(Into::into),
        indexes: resource.index.iter().map(|field| field.as_str().into()).collect(),
    });
    spec.collect()
}

/// A world with the service's seed data. A seed record that cannot be made is told in the journal.
pub fn found(contract: &Contract, name: &str, seed: u64, clock: Clock) -> World {
    let mut world = World::new(name, seed, clock, &collections(contract));
    let now = Value::from(world.clock.now());
    for (resource, trees) in &contract.plan.seed {
        for tree in trees {
            let mut scope = Scope::default();
            scope.bind_ref("now", &now);
            let made = match tree.evaluate(&scope) {
                Ok(Value::Object(fields)) => plant(contract, &mut world, *resource, &fields).map(|_| ()),
                Ok(_) => Err("a seed record is an object".to_owned()),
                Err(error) => Err(format!("'{}' failed: {}", error.expression, error.message)),
            };
            if let Err(reason) = made {
                let action = format!("a seed {} could not be made: {reason}", contract.plan.resources[*resource].name);
                let now = world.clock.now();
                world.journal.push(now, crate::world::journal::What::Control { action }, Vec::new());
            }
        }
    }
    world.ids.salt_secrets(name);
    world
}

/// A world as [`crate::world::state::to_json`] wrote it, read back for this contract's collections.
pub fn restore(contract: &Contract, text: &str) -> Result<World, String> {
    crate::world::state::from_json(text, &collections(contract))
}

/// Adds records as an author would write them in seed data (missing fields are filled in); the ids they got, or what is wrong.
/// A record whose id exists is changed instead.
pub fn seed(contract: &Contract, world: &mut World, resource: &str, records: &[Value]) -> Result<Vec<String>, String> {
    let resources = || contract.plan.resources.iter();
    let Some(index) = resources().position(|candidate| candidate.name == resource) else {
        let known: Vec<&str> = resources().map(|resource| resource.name.as_str()).collect();
        return Err(format!("unknown resource '{resource}'; known: {}", known.join(", ")));
    };
    let before = world.clone();
    let mut ids = Vec::new();
    for (place, record) in records.iter().enumerate() {
        let made = match record {
            Value::Object(fields) => plant(contract, world, index, fields),
            _ => Err("a record is an object".to_owned()),
        };
        match made {
            Ok(id) => ids.push(id),
            Err(reason) => {
                *world = before;
                return Err(format!("record {place}: {reason}"));
            }
        }
    }
    Ok(ids)
}

fn plant(
    contract: &Contract,
    world: &mut World,
    index: ResourceIndex,
    fields: &Map<String, Value>,
) -> Result<String, String> {
    let mut turn = Turn::new(contract, world);
    let resource = turn.resource(index);
    let (now, body) = (Value::from(turn.now), Value::Object(fields.clone()));
    let mut scope = Scope::default();
    scope.bind_ref("now", &now);
    scope.bind_ref("body", &body);
    for name in ["call", "path", "query", "header", "me"] {
        scope.bind_owned(name, Value::Null);
    }
    let known = fields.get(&resource.id.field).and_then(|id| turn.by_id(index, id).cloned());
    let record = match known {
        Some(record) => {
            let mut changed = Draft::of(&record);
            for (name, value) in fields {
                changed.put(resource, name, value.clone());
            }
            turn.store_fields(index, &record, changed)
        }
        None => turn.create(index, &Source { body: fields, matching: &[], set: &[], trusted: true }, &mut scope),
    };
    let record = record.map_err(|problem| told(&problem))?;
    turn.wake(false);
    if let Some(schema) = resource.schema {
        let value = serde_json::from_str(&record.json).unwrap_or(Value::Null);
        let violations = contract.schemas.check(schema, &value, Place::Body);
        if let Some(violation) = violations.first() {
            return Err(format!("{} ({})", violation.message, violation.pointer));
        }
    }
    Ok(record.id.to_string())
}

fn told(problem: &Problem) -> String {
    problem.message.clone().unwrap_or_else(|| "refused".to_owned())
}

/// A credential of the seed data that a person can paste: the header to send it in and its text. `("Authorization", "Bearer …")`.
pub fn credential(contract: &Contract, world: &World) -> Option<(String, String)> {
    let named = contract.plan.credentials.iter().next();
    let (scheme, text) = match named {
        Some((name, rule)) => {
            let record = world.store.all(rule.resource).next()?;
            let text = record.field(&rule.secret)?.as_str()?.to_owned();
            (contract.schemes.get(name)?, text)
        }
        None => (contract.schemes.values().find(|scheme| **scheme != Scheme::Elsewhere)?, "standin".to_owned()),
    };
    match scheme {
        Scheme::Bearer => Some(("Authorization".to_owned(), format!("Bearer {text}"))),
        Scheme::Basic => {
            let encoded = base64::engine::general_purpose::STANDARD.encode(text);
            Some(("Authorization".to_owned(), format!("Basic {encoded}")))
        }
        Scheme::Key(Place::Header, name) => Some((name.clone(), text)),
        Scheme::Key(Place::Cookie, name) => Some(("Cookie".to_owned(), format!("{name}={text}"))),
        Scheme::Key(..) | Scheme::Elsewhere => None,
    }
}

/// Writes the noted last uses into credential records, before an operation that could show them.
pub fn settle_touches(turn: &mut Turn<'_, '_>, operation: OperationId) {
    let action = &turn.contract.plan.actions[operation.0];
    let shows = |index: ResourceIndex| action.verb.resource() == Some(index) || !action.with.is_empty();
    if turn.contract.plan.credentials.values().any(|rule| shows(rule.resource)) {
        write_touches(turn.contract, turn.world);
    }
}

/// Writes the noted last uses into credential records.
pub fn write_touches(contract: &Contract, world: &mut World) {
    let mut changed = false;
    for ((index, seq), at) in world.touches.take() {
        let rule = contract.plan.credentials.values().find(|rule| rule.resource == index);
        let Some(field) = rule.and_then(|rule| rule.touch.as_ref()) else { continue };
        let Some(record) = world.store.by_seq(index, seq).cloned() else { continue };
        let resource = &contract.plan.resources[index];
        let mut draft = Draft::of(&record);
        draft.put(resource, field, instant(at, resource.time_form(field)));
        world.store.replace(index, seq, &draft.visible, draft.hidden, None);
        changed = true;
    }
    if changed {
        world.faults.changed(&world.store, world.clock.now(), false);
    }
}
