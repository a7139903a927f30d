//! The rim: sockets, wall time and files. Turns bytes into calls, performs replies, drives clocks and delivers webhooks.
//!
//! ```text
//! listen ── front ──┬── control ──┐
//!    │        │     └── engine ───┴── drive ── deliver
//!    └─ wire ─┘
//! ```
//!
//! `listen` accepts connections, `front` makes a [`crate::call::Call`] and picks the world, the engine answers under the
//! world's lock, and `drive` sees to what the answer left behind: webhooks to send and work that falls due later. What a reply
//! says is none of the rim's business; how it is written is: `wire` writes those that come late, slowly, in part or not at all. What clients
//! did is remembered in `watch`, where an audit asks for it.

mod access;
mod body;
mod control;
mod deliver;
mod drive;
mod front;
mod hub;
mod listen;
mod local;
mod log;
mod serving;
mod session;
mod settings;
mod tenant;
mod tls;
mod watch;
mod wire;
mod world_name;
mod write;

use std::sync::Arc;

pub use control::CHALLENGE;
pub use control::webhooks::receiver;
pub use front::OWN_PREFIX;
pub use listen::{STOP_TIME_MAX, Serving, StartError};
pub use local::{LOCAL_ORIGIN, Local};
pub use session::Judge;
pub(crate) use settings::wall_ms;
pub use settings::{ClockSetting, LogForm, PORT_DEFAULT, PlannedFault, SEED_DEFAULT, Settings};
pub use watch::{BYTES_WATCHED_MAX, DELIVERIES_WATCHED_MAX, EXCHANGES_WATCHED_MAX, Watched};
pub use wire::{Seen, seen};
pub use world_name::{
    HEADER as WORLD_HEADER, NAME_CHARS_MAX as WORLD_NAME_CHARS_MAX, checked as checked_world_name,
    for_client as world_name_of_client,
};

use crate::contract::Contract;
use hub::Hub;
use wire::Link;

/// The fake as a service, for use without a socket: tests and embedders call it with `tower::Service` inside a tokio runtime.
/// A state file in the settings is ignored: only [`serve`] knows when to save.
pub fn app(contract: Arc<Contract>, settings: Settings) -> axum::Router {
    let hub = Hub::new(contract, settings);
    axum::Router::new().fallback_service(front::Front::new(Link::none(hub)))
}

/// Binds the socket and serves until `stop` is ready. Prints nothing; the address is in the answer.
pub async fn serve(
    contract: Arc<Contract>,
    settings: Settings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<Serving, StartError> {
    listen::serve(contract, settings, stop).await
}
