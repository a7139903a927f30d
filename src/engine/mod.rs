//! Answers calls from a contract and a world. The only place that joins the two, and the only one that changes a world.

pub mod control;

use crate::call::{Call, Reply};
use crate::contract::Contract;
use crate::world::World;
use crate::world::clock::Clock;
use crate::world::outbox::Outcome;

/// What [`advance`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The instant is reached and nothing is due any more.
    Reached,
    /// Deliveries are due at the instant reached so far: take the outbox, perform the attempts, [`settle`] each, and advance again.
    Deliver,
}

/// A world with the service's seed data.
pub fn found(contract: &Contract, name: &str, seed: u64, clock: Clock) -> World {
    let _ = (contract, name, seed, clock);
    todo!()
}

/// A world as [`crate::world::state::to_json`] wrote it, read back for this contract's collections.
pub fn restore(contract: &Contract, text: &str) -> Result<World, String> {
    let _ = (contract, text);
    todo!()
}

/// Answers one call. Same contract, world and call: same reply and same world after.
/// Deliveries that fell due are left in the world's outbox for the rim.
pub fn handle(contract: &Contract, world: &mut World, call: &Call) -> Reply {
    let _ = (contract, world, call);
    todo!()
}

/// Moves the world's clock towards `until`, performing what falls due in order, each at its own instant.
pub fn advance(contract: &Contract, world: &mut World, until: i64) -> Progress {
    let _ = (contract, world, until);
    todo!()
}

/// Takes in what came of a delivery's attempt: marks it delivered, or plans the next attempt.
pub fn settle(contract: &Contract, world: &mut World, delivery: u64, outcome: &Outcome) {
    let _ = (contract, world, delivery, outcome);
    todo!()
}

/// Adds records as an author would write them in seed data (missing fields are filled in); the ids they got, or what is wrong.
pub fn seed(
    contract: &Contract,
    world: &mut World,
    resource: &str,
    records: &[serde_json::Value],
) -> Result<Vec<String>, String> {
    let _ = (contract, world, resource, records);
    todo!()
}

/// A credential of the seed data that a person can paste: the text to send and the header to send it in.
/// `("Authorization", "Bearer ...")`.
pub fn credential(contract: &Contract, world: &World) -> Option<(String, String)> {
    let _ = (contract, world);
    todo!()
}

/// Pages and files that the fake itself serves below `/_standin/` in a world: `consent/...` (a page for browser OAuth) and
/// `bytes/...` (uploads). `path` starts after `/_standin/`. `None` when there is nothing there.
pub fn own_page(contract: &Contract, world: &World, path: &str, call: &Call) -> Option<Reply> {
    let _ = (contract, world, path, call);
    todo!()
}
