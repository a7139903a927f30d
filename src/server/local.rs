//! The fake without a socket: worlds by name, calls in, replies out, time moved by hand.
//!
//! It is the same way in as over HTTP, below the reading and writing of bytes; `standin run` uses it.

use std::sync::Arc;
use std::time::Duration;

use super::deliver::Courier;
use super::drive::{self, Stuck};
use super::front;
use super::hub::Hub;
use super::settings::Settings;
use crate::call::{Call, Reply};
use crate::contract::Contract;

/// The origin that calls without a socket name, and that links in replies start with.
pub const LOCAL_ORIGIN: &str = "http://127.0.0.1:4010";

#[derive(Debug, Clone)]
pub struct Local {
    hub: Arc<Hub>,
}

impl Local {
    /// Webhooks sent to the receiver below [`LOCAL_ORIGIN`] are answered at once; others go out as they do from a server.
    pub fn new(contract: Arc<Contract>, settings: Settings) -> Local {
        let courier = Courier::new(&settings.allow_webhooks_to).with_own_receivers(vec![LOCAL_ORIGIN.to_owned()]);
        Local { hub: Hub::with_courier(contract, settings, courier) }
    }

    /// Answers a call in a world, which is founded on first use. Inside a tokio runtime.
    pub async fn answer(&self, world: &str, call: &Call) -> Reply {
        front::reply(&self.hub, world, front::own_path(&call.path), call).await.0
    }

    /// Lets time pass in a world: everything that falls due happens. The error says why it did not get there.
    pub async fn wait(&self, world: &str, time: Duration) -> Result<(), String> {
        let tenant = self.hub.world(world).map_err(|_| "the world could not be founded".to_owned())?;
        let _turn = tenant.turn.lock().await;
        let now = tenant.lock().world.clock.now();
        let until = now.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
        drive::advance(&self.hub, &tenant, until).await.map_err(|stuck| match stuck {
            Stuck::Rounds => "there was always something more due".to_owned(),
            Stuck::Bug(bug) => format!("a bug in standin: {}", bug.0),
        })
    }

    /// A world's time, in milliseconds since the Unix epoch.
    pub fn now(&self, world: &str) -> i64 {
        self.hub.world(world).map_or(0, |tenant| tenant.lock().world.clock.now())
    }

    /// Forgets a world; its name founds a fresh one.
    pub fn forget(&self, world: &str) {
        self.hub.remove(world);
    }

    /// A working credential, the same in every world: the header's name and value.
    pub fn credential(&self) -> Option<(String, String)> {
        self.hub.credential()
    }
}
