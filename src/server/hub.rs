//! What all requests of one server share: the contract, the worlds, the courier and the log.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use super::deliver::Courier;
use super::log::Log;
use super::settings::{Settings, wall_ms};
use super::tenant::{Bug, Tenant, bug};
use super::watch::Watch;
use super::world_name;
use crate::contract::Contract;
use crate::engine;
use crate::world::World;

/// Most worlds of one server.
pub const WORLDS_MAX: usize = 10_000;

#[derive(Debug)]
pub struct Hub {
    pub contract: Arc<Contract>,
    pub settings: Settings,
    pub courier: Courier,
    pub log: Log,
    /// Where the times that are watched begin.
    pub started: Instant,
    worlds: RwLock<BTreeMap<Arc<str>, Arc<Tenant>>>,
}

/// Why a world could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoWorld {
    /// There are [`WORLDS_MAX`] already.
    TooMany,
    /// A world of this name exists.
    Exists,
    Bug(Bug),
}

impl Hub {
    pub fn new(contract: Arc<Contract>, settings: Settings) -> Arc<Hub> {
        let courier = Courier::new(&settings.allow_webhooks_to);
        Hub::with_courier(contract, settings, courier)
    }

    pub fn with_courier(contract: Arc<Contract>, settings: Settings, courier: Courier) -> Arc<Hub> {
        let log = Log::new(settings.log);
        Arc::new(Hub { contract, settings, courier, log, started: Instant::now(), worlds: RwLock::default() })
    }

    /// The world of this (checked) name, founded on first use.
    pub fn world(&self, name: &str) -> Result<Arc<Tenant>, NoWorld> {
        let known = self.worlds.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        match known {
            Some(tenant) => Ok(tenant),
            None => match self.add(name, || self.found(name)) {
                Err(NoWorld::Exists) => self.known(name).ok_or(NoWorld::Exists),
                outcome => outcome,
            },
        }
    }

    /// The world of this name, if it was used before.
    pub fn known(&self, name: &str) -> Option<Arc<Tenant>> {
        self.worlds.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Adds a world under a new name.
    pub fn add(&self, name: &str, make: impl FnOnce() -> Result<World, Bug>) -> Result<Arc<Tenant>, NoWorld> {
        let mut worlds = self.worlds.write().unwrap_or_else(PoisonError::into_inner);
        if worlds.contains_key(name) {
            return Err(NoWorld::Exists);
        }
        if worlds.len() >= WORLDS_MAX {
            return Err(NoWorld::TooMany);
        }
        let mut world = make().map_err(NoWorld::Bug)?;
        world.name = name.into();
        let watch = self.settings.watch.then(|| Watch::new(self.started));
        let tenant = Arc::new(Tenant::new(world, watch));
        worlds.insert(tenant.name.clone(), tenant.clone());
        Ok(tenant)
    }

    /// Forgets a world: its name is free again.
    pub fn remove(&self, name: &str) {
        self.worlds.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// A fresh world as the settings want it, faults included.
    pub fn found(&self, name: &str) -> Result<World, Bug> {
        let (seed, clock) = (self.settings.seed, self.settings.clock.start());
        let founded = catch_unwind(AssertUnwindSafe(|| engine::found(&self.contract, name, seed, clock)));
        let mut world = founded.map_err(|panic| bug(panic.as_ref()))?;
        self.arm_planned(&mut world)?;
        Ok(world)
    }

    /// Arms the faults of the settings that are for this world, but those that it came with.
    pub fn arm_planned(&self, world: &mut World) -> Result<(), Bug> {
        let (name, had) = (world.name.clone(), world.faults.list());
        for planned in self.settings.faults.iter().filter(|planned| planned.is_for(&name)) {
            if !had.iter().any(|armed| armed.fault == planned.fault) {
                engine::control::arm(world, planned.fault.clone(), wall_ms()).map_err(Bug)?;
            }
        }
        Ok(())
    }

    /// All worlds by name.
    pub fn all(&self) -> Vec<Arc<Tenant>> {
        self.worlds.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Does anybody ask what became of calls?
    pub fn tells(&self) -> bool {
        self.log.is_on() || self.settings.watch
    }

    /// The credential that a person can paste, in the default world.
    pub fn credential(&self) -> Option<(String, String)> {
        let tenant = self.world(world_name::DEFAULT).ok()?;
        let held = tenant.lock();
        engine::credential(&self.contract, &held.world)
    }
}
