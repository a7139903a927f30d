//! Changes that a person or a test makes to a world directly: its clock and its faults. Each leaves a line in the journal.

pub use super::fault::check as check_fault;
use super::found::collections;
use crate::contract::Contract;
use crate::world::clock::Mode;
use crate::world::fault::Fault;
use crate::world::journal::What;
use crate::world::{World, state};

/// A world as [`state::to_json`] wrote it, read back for this contract's collections.
pub fn restore(contract: &Contract, text: &str) -> Result<World, String> {
    state::from_json(text, &collections(contract))
}

/// Sets the clock outright, also backwards; what lies between is not performed. `wall` is the present wall reading.
pub fn set_clock(world: &mut World, instant: i64, wall: i64) {
    world.clock.set(instant, wall);
    note(world, format!("clock set to {instant}"));
}

/// Stops the clock where it stands, or lets it follow wall time from there.
pub fn set_mode(world: &mut World, frozen: bool, wall: i64) {
    match (frozen, world.clock.mode()) {
        (true, Mode::Wall { .. }) => {
            world.clock.freeze();
            note(world, "clock frozen".to_owned());
        }
        (false, Mode::Frozen) => {
            world.clock.follow(wall);
            note(world, "clock follows wall time".to_owned());
        }
        (true, Mode::Frozen) | (false, Mode::Wall { .. }) => {}
    }
}

/// After a jump that [`super::advance`] performed: a clock that follows wall time goes on from where it stands.
pub fn keep_offset(world: &mut World, wall: i64) {
    let now = world.clock.now();
    world.clock.set(now, wall);
    note(world, format!("clock advanced to {now}"));
}

/// Arms a fault and gives its id; an error says what is wrong with it. `wall` is the present wall reading: a clock that follows it was moved
/// last when the world was last called, which may be long ago.
pub fn arm(world: &mut World, fault: Fault, wall: i64) -> Result<u64, String> {
    let now = world.clock.target(wall);
    let id = world.faults.arm(fault, now)?;
    world.faults.keep_past(&world.store, now);
    world.journal.push(now, What::Control { action: format!("fault {id} armed") }, Vec::new());
    Ok(id)
}

/// Disarms one fault; false when there is none of that id.
pub fn disarm(world: &mut World, id: u64) -> bool {
    let found = world.faults.disarm(id);
    if found {
        note(world, format!("fault {id} disarmed"));
    }
    found
}

fn note(world: &mut World, action: String) {
    world.journal.push(world.clock.now(), What::Control { action }, Vec::new());
}
