//! What stands beside a running server may do with its worlds: arm faults, and look at what their clients did.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::hub::NoWorld;
use super::listen::Serving;
use super::session;
use super::settings::wall_ms;
use super::tenant::{Tenant, guarded};
use super::watch::{self, Watched};
use super::world_name;
use crate::audit::observe::Run;
use crate::engine;
use crate::world::World;
use crate::world::fault::{Armed, Fault};

impl Serving {
    /// Arms a fault in a world, which is founded on first use, and gives the fault's id.
    pub fn arm(&self, world: &str, fault: Fault) -> Result<u64, String> {
        let tenant = self.tenant(world)?;
        let mut held = tenant.lock();
        let arm = |world: &mut World| engine::control::arm(world, fault, wall_ms());
        guarded(&mut held.world, true, arm).map_err(|bug| bug.0)?
    }

    /// The faults of a world as they stand, in the order armed.
    pub fn faults(&self, world: &str) -> Vec<Armed> {
        self.hub.known(world).map(|tenant| tenant.lock().world.faults.list()).unwrap_or_default()
    }

    /// What was watched in a world so far; empty unless [`Settings::watch`] asks for it.
    pub fn watched(&self, world: &str) -> Watched {
        let tenant = self.hub.known(world);
        tenant.and_then(|tenant| Some(tenant.watch.as_ref()?.watched())).unwrap_or_default()
    }

    /// How many calls a world has seen since its watch began: what tells that a client floods it. Cheap.
    pub fn calls_watched(&self, world: &str) -> u64 {
        let tenant = self.hub.known(world);
        tenant.and_then(|tenant| Some(tenant.watch.as_ref()?.calls())).unwrap_or_default()
    }

    /// Waits until no call and no delivery of a world is under way; false when that took longer than `time`. A call that a fault keeps
    /// waiting ends when its client does.
    pub async fn settled(&self, world: &str, time: Duration) -> bool {
        let Some(tenant) = self.hub.known(world) else { return true };
        let quiet = async {
            if let Some(watch) = &tenant.watch {
                watch.idle().await;
            }
            tenant.idle().await;
        };
        tokio::time::timeout(time, quiet).await.is_ok()
    }

    /// Microseconds on the clock of what is watched; [`Watched::since`] makes times relative to such an instant.
    pub fn watch_now(&self) -> u64 {
        watch::micros(self.hub.started, Instant::now())
    }

    /// Each world in which anything was watched, as a session, by the names of the worlds.
    pub fn sessions(&self) -> Vec<Run> {
        session::all(&self.hub)
    }

    /// Waits until no call and no delivery of any world is under way; false when that took longer than `time`.
    pub async fn all_settled(&self, time: Duration) -> bool {
        let all = async {
            for tenant in self.hub.all() {
                // Each of them has the whole time: the limit around this is the shorter one.
                self.settled(&tenant.name, time).await;
            }
        };
        tokio::time::timeout(time, all).await.is_ok()
    }

    /// Forgets a world: its name founds a fresh one.
    pub fn forget(&self, world: &str) {
        self.hub.remove(world);
    }

    fn tenant(&self, world: &str) -> Result<Arc<Tenant>, String> {
        let name = world_name::checked(world)?;
        self.hub.world(name).map_err(|no_world| match no_world {
            NoWorld::Bug(bug) => bug.0,
            NoWorld::TooMany | NoWorld::Exists => "there are too many worlds already".to_owned(),
        })
    }
}
