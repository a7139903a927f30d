//! Worlds: listed, reset, saved, restored, branched and compared.

use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Refusal, ask, json, refuse};
use crate::call::Call;
use crate::server::front::no_world_reply;
use crate::server::hub::{Hub, NoWorld};
use crate::server::settings::wall_ms;
use crate::server::tenant::{SAVES_MAX, Tenant};
use crate::server::{drive, world_name};
use crate::world::clock::Mode;
use crate::world::{World, state};

/// Most differences that a comparison lists.
const DIFFERENCES_MAX: usize = 100;
/// The name of a saved state when none is given.
const SAVE_DEFAULT: &str = "default";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Branch {
    to: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Compare {
    with: String,
}

pub fn list(hub: &Hub) -> Answer {
    let worlds: Vec<Value> = hub.all().iter().map(|tenant| summary(tenant)).collect();
    Ok(json(StatusCode::OK, &json!({ "worlds": worlds })))
}

pub fn reset(hub: &Arc<Hub>, tenant: &Arc<Tenant>, call: &Call) -> Answer {
    let Nothing {} = ask::body(call)?;
    let world = hub.found(&tenant.name)?;
    put(hub, tenant, world);
    Ok(json(StatusCode::OK, &summary(tenant)))
}

/// Waits for attempts under way first: a saved state must not hold deliveries that nobody will ever settle.
pub async fn save(tenant: &Tenant, call: &Call) -> Answer {
    let name = save_name(call)?;
    tenant.idle().await;
    let mut held = tenant.lock();
    if held.saves.len() >= SAVES_MAX && !held.saves.contains_key(&name) {
        let detail = format!("{SAVES_MAX} states are saved already; save under a name in use to replace it");
        return Err(refuse(StatusCode::CONFLICT, detail));
    }
    let world = held.world.clone();
    held.saves.insert(name.clone(), world);
    Ok(json(StatusCode::OK, &json!({ "world": &*tenant.name, "name": name })))
}

pub fn restore(hub: &Arc<Hub>, tenant: &Arc<Tenant>, call: &Call) -> Answer {
    let name = save_name(call)?;
    let saved = {
        let held = tenant.lock();
        let saved = held.saves.get(&name).cloned();
        saved.ok_or_else(|| {
            let known: Vec<_> = held.saves.keys().map(String::as_str).collect();
            let known = if known.is_empty() {
                "nothing was saved yet".to_owned()
            } else {
                format!("saved are: {}", known.join(", "))
            };
            refuse(StatusCode::NOT_FOUND, format!("world {:?} has no saved state {name:?}; {known}", tenant.name))
        })?
    };
    put(hub, tenant, saved);
    Ok(json(StatusCode::OK, &summary(tenant)))
}

pub fn branch(hub: &Arc<Hub>, tenant: &Arc<Tenant>, call: &Call) -> Answer {
    let Branch { to } = ask::body(call)?;
    let to = world_name::checked(&to).map_err(|detail| refuse(StatusCode::BAD_REQUEST, detail))?;
    let world = tenant.lock().world.clone();
    let branched = hub.add(to, || Ok(world)).map_err(|no_world| match no_world {
        NoWorld::Exists => refuse(StatusCode::CONFLICT, format!("world {to:?} exists; branch to a new name")),
        other => Box::new(no_world_reply(hub, &other)),
    })?;
    let follow_up = branched.lock().follow_up();
    drive::begin(hub, &branched, follow_up);
    Ok(json(StatusCode::CREATED, &summary(&branched)))
}

/// Compares everything but journals.
pub fn compare(hub: &Hub, tenant: &Tenant, call: &Call) -> Answer {
    let Compare { with } = ask::body(call)?;
    let other = hub.known(&with).ok_or_else(|| refuse(StatusCode::NOT_FOUND, format!("there is no world {with:?}")))?;
    let (left, right) = (tenant.lock().world.clone(), other.lock().world.clone());
    let (left, right) = (tree(&left)?, tree(&right)?);
    let mut differences = Vec::new();
    differ(&left, &right, &mut String::new(), &mut differences);
    let listed: Vec<Value> = differences
        .iter()
        .take(DIFFERENCES_MAX)
        .map(|(pointer, left, right)| json!({ "pointer": pointer, "left": left, "right": right }))
        .collect();
    Ok(json(
        StatusCode::OK,
        &json!({ "left": &*tenant.name, "right": with, "equal": differences.is_empty(), "differences": listed }),
    ))
}

fn put(hub: &Arc<Hub>, tenant: &Arc<Tenant>, world: World) {
    let follow_up = {
        let mut held = tenant.lock();
        held.replace(world);
        held.follow_up()
    };
    drive::begin(hub, tenant, follow_up);
    // Whoever waits for attempts of the world that was must look again.
    tenant.settled.send_modify(|count| *count += 1);
    tenant.timer.notify_one();
}

fn save_name(call: &Call) -> Result<String, Refusal> {
    let Named { name } = ask::body(call)?;
    let name = name.unwrap_or_else(|| SAVE_DEFAULT.to_owned());
    match world_name::checked(&name) {
        Ok(_) => Ok(name),
        Err(detail) => Err(refuse(StatusCode::BAD_REQUEST, detail.replace("world's name", "name for a saved state"))),
    }
}

fn summary(tenant: &Tenant) -> Value {
    let held = tenant.lock();
    let clock = held.world.clock;
    let mode = if clock.mode() == Mode::Frozen { "frozen" } else { "wall" };
    json!({
        "name": &*tenant.name,
        "now": clock.target(wall_ms()),
        "mode": mode,
        "journal": held.world.journal.last_number(),
        "saves": held.saves.keys().collect::<Vec<_>>(),
    })
}

/// The world as a tree, without its name.
fn tree(world: &World) -> Result<Value, Refusal> {
    let wrong = |error| refuse(StatusCode::INTERNAL_SERVER_ERROR, format!("a bug in standin: a world's text: {error}"));
    let mut tree: Value = serde_json::from_str(&state::to_json(world)).map_err(wrong)?;
    if let Some(fields) = tree.as_object_mut() {
        fields.shift_remove("name");
    }
    Ok(tree)
}

type Difference<'a> = (String, Option<&'a Value>, Option<&'a Value>);

/// The values that differ, by pointer. Both trees come from [`state::to_json`], so their depth is bounded by the reader's.
fn differ<'a>(left: &'a Value, right: &'a Value, pointer: &mut String, found: &mut Vec<Difference<'a>>) {
    if left == right || found.len() > DIFFERENCES_MAX {
        return;
    }
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let added = right.keys().filter(|key| !left.contains_key(*key));
            for key in left.keys().chain(added) {
                let escaped = crate::pointer::escape(key);
                below(left.get(key), right.get(key), &escaped, pointer, found);
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            for index in 0..left.len().max(right.len()) {
                below(left.get(index), right.get(index), &index.to_string(), pointer, found);
            }
        }
        _ => found.push((pointer.clone(), Some(left), Some(right))),
    }
}

fn below<'a>(
    left: Option<&'a Value>,
    right: Option<&'a Value>,
    segment: &str,
    pointer: &mut String,
    found: &mut Vec<Difference<'a>>,
) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(segment);
    match (left, right) {
        (Some(left), Some(right)) => differ(left, right, pointer, found),
        (left, right) if found.len() <= DIFFERENCES_MAX => found.push((pointer.clone(), left, right)),
        _ => {}
    }
    pointer.truncate(length);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named_by_pointer() {
        let left = json!({"a": 1, "b": [1, 2], "c": {"x/y": true}});
        let right = json!({"a": 1, "b": [1, 3, 4], "d": null, "c": {"x/y": false}});
        let mut found = Vec::new();
        differ(&left, &right, &mut String::new(), &mut found);
        let pointers: Vec<_> = found.iter().map(|(pointer, ..)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/b/1", "/b/2", "/c/x~1y", "/d"]);
        assert_eq!(found[1].1, None);
    }

    #[test]
    fn equal_trees_have_no_differences() {
        let tree = json!({"a": [1, {"b": 2}]});
        let mut found = Vec::new();
        let copy = tree.clone();
        differ(&tree, &copy, &mut String::new(), &mut found);
        assert!(found.is_empty());
    }
}
