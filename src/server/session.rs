//! What was watched of a world as one run of a client whom nobody started: a session.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::hub::Hub;
use super::tenant::Tenant;
use super::watch;
use crate::audit::observe::{Exit, Run, SESSION};

/// Judges sessions, and tells the verdict as JSON. It is given by whoever starts the server, which itself only watches.
#[derive(Clone)]
pub struct Judge(Arc<dyn Fn(Vec<Run>) -> Value + Send + Sync>);

impl Judge {
    pub fn new(judge: impl Fn(Vec<Run>) -> Value + Send + Sync + 'static) -> Judge {
        Judge(Arc::new(judge))
    }

    pub fn judge(&self, sessions: Vec<Run>) -> Value {
        (self.0)(sessions)
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Judge")
    }
}

/// The session of every world that was called or sent something, by the names of the worlds.
pub fn all(hub: &Hub) -> Vec<Run> {
    let seen = |run: &Run| !run.exchanges.is_empty() || !run.deliveries.is_empty();
    let mut sessions: Vec<Run> = hub.all().iter().map(|tenant| of(hub, tenant)).filter(seen).collect();
    for (number, session) in (1..).zip(&mut sessions) {
        session.number = number;
    }
    sessions
}

/// The session of one world. Times count from the server's start.
pub fn of(hub: &Hub, tenant: &Tenant) -> Run {
    let watched = tenant.watch.as_ref().map(|watch| watch.watched()).unwrap_or_default();
    Run {
        trial: SESSION.to_owned(),
        number: 1,
        exchanges: watched.exchanges,
        deliveries: watched.deliveries,
        exchanges_left_out: watched.exchanges_left_out,
        deliveries_left_out: watched.deliveries_left_out,
        faults: tenant.lock().world.faults.list(),
        exit: Exit::Unknown,
        took: watch::micros(hub.started, Instant::now()),
    }
}
