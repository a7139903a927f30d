//! Sees to what a change of a world leaves behind: webhooks to send, and work that falls due later.
//!
//! ```text
//! call, control ──> FollowUp ──> attempts ──> settle ──> FollowUp ...
//!                          └──> timer (clock on wall time) ──> advance ──> FollowUp ...
//! ```

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::hub::Hub;
use super::settings::wall_ms;
use super::tenant::{Bug, FollowUp, Held, Tenant, TimerChange, guarded};
use crate::call::{Call, Reply};
use crate::engine::{self, Progress, Waiting};
use crate::world::World;
use crate::world::clock::Mode;
use crate::world::outbox::{Attempt, Receipt};

/// Most rounds of performing and delivering in one jump of the clock.
pub const ROUNDS_MAX: usize = 100_000;
/// Longest time that a reply is held back for a delivery's first attempt; wall time.
pub const HOLD_TIME_MAX: Duration = Duration::from_secs(30);
/// Longest sleep of a timer before it looks again: wall time can be set.
const TIMER_SLEEP_MAX: Duration = Duration::from_secs(60);
/// Shortest time between two looks of a timer.
const TIMER_PAUSE: Duration = Duration::from_millis(2);

/// Why a jump of the clock did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stuck {
    /// There was always something more due.
    Rounds,
    Bug(Bug),
}

/// Starts what is left to do, in the background.
pub fn begin(hub: &Arc<Hub>, tenant: &Arc<Tenant>, follow_up: FollowUp) {
    for attempt in follow_up.attempts {
        tokio::spawn(perform(hub.clone(), tenant.clone(), follow_up.generation, attempt));
    }
    match follow_up.timer {
        TimerChange::None => {}
        TimerChange::Wake => tenant.timer.notify_one(),
        TimerChange::Start => {
            tokio::spawn(follow_wall_time(Arc::downgrade(hub), Arc::downgrade(tenant)));
        }
    }
}

/// Moves the world's clock to an instant and answers when everything due on the way has happened, attempts included.
pub async fn advance(hub: &Arc<Hub>, tenant: &Arc<Tenant>, until: i64) -> Result<(), Stuck> {
    for _ in 0..ROUNDS_MAX {
        tenant.idle().await;
        let (progress, follow_up) = {
            let mut held = tenant.lock();
            let progress = guarded(&mut held.world, true, |world| engine::advance(&hub.contract, world, until));
            (progress.map_err(Stuck::Bug)?, held.follow_up())
        };
        let quiet = follow_up.attempts.is_empty();
        begin(hub, tenant, follow_up);
        if quiet && progress == Progress::Reached {
            return Ok(());
        }
    }
    Err(Stuck::Rounds)
}

/// Why a reply that waited for a delivery could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// The world was reset or restored meanwhile.
    Replaced,
    Bug(Bug),
}

/// Waits for the delivery that a call waits for, and makes its reply; `tell` looks at the world under the same lock.
pub async fn conclude<T>(
    hub: &Hub,
    tenant: &Tenant,
    generation: u64,
    call: &Call,
    waiting: Waiting,
    tell: impl FnOnce(&World) -> T,
) -> Result<(Reply, T), Unanswered> {
    let deadline = tokio::time::Instant::now() + HOLD_TIME_MAX;
    let mut settled = tenant.settled.subscribe();
    let mut late = false;
    loop {
        {
            let mut held = tenant.lock();
            if held.generation != generation {
                return Err(Unanswered::Replaced);
            }
            if late || waiting.is_over(&held.world) {
                let reply =
                    guarded(&mut held.world, false, |world| engine::conclude(&hub.contract, world, call, waiting));
                return Ok((reply.map_err(Unanswered::Bug)?, tell(&held.world)));
            }
        }
        late = tokio::time::timeout_at(deadline, settled.changed()).await.is_err();
    }
}

/// Boxed because settling an attempt can begin further ones.
fn perform(
    hub: Arc<Hub>,
    tenant: Arc<Tenant>,
    generation: u64,
    attempt: Attempt,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let watched = tenant.watch.as_ref().and_then(|watch| watch.attempt(&tenant, &attempt));
        let receipt = hub.courier.send(&attempt).await;
        if let Some(watched) = watched {
            watched.finish(&receipt);
        }
        let follow_up = settle(&hub, &mut tenant.lock(), generation, attempt.delivery, receipt);
        tenant.settled.send_modify(|count| *count += 1);
        if let Some(follow_up) = follow_up {
            begin(&hub, &tenant, follow_up);
        }
    })
}

/// `None` when the world that made the attempt is gone.
fn settle(hub: &Hub, held: &mut Held, generation: u64, delivery: u64, mut receipt: Receipt) -> Option<FollowUp> {
    if held.generation != generation {
        return None;
    }
    held.under_way = held.under_way.saturating_sub(1);
    let settled = guarded(&mut held.world, true, |world| {
        match world.clock.mode() {
            Mode::Wall { .. } => {
                let now = world.clock.target(wall_ms());
                engine::advance(&hub.contract, world, now);
            }
            // Where time stands still, attempts take none: what the world tells of them is the same in every run.
            Mode::Frozen => receipt.latency_ms = 0,
        }
        engine::settle(&hub.contract, world, delivery, receipt);
    });
    if let Err(Bug(message)) = settled {
        hub.log.bug(&format!("settling delivery {delivery}"), &message);
    }
    Some(held.follow_up())
}

/// Performs what falls due in a world whose clock follows wall time; ends when nothing is planned or the clock is frozen.
async fn follow_wall_time(hub: Weak<Hub>, tenant: Weak<Tenant>) {
    loop {
        let Some((wait, timer)) =
            tenant.upgrade().and_then(|tenant| Some((time_to_next(&tenant)?, tenant.timer.clone())))
        else {
            return;
        };
        if !wait.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(wait.min(TIMER_SLEEP_MAX)) => {}
                () = timer.notified() => {}
            }
            continue;
        }
        let (Some(hub), Some(tenant)) = (hub.upgrade(), tenant.upgrade()) else { return };
        let follow_up = {
            let mut held = tenant.lock();
            let moved = guarded(&mut held.world, true, |world| {
                let now = world.clock.target(wall_ms());
                engine::advance(&hub.contract, world, now)
            });
            if let Err(Bug(message)) = moved {
                // The same work would fail again at once. The next call starts the timer anew.
                hub.log.bug("performing what fell due", &message);
                held.timer_for = None;
                return;
            }
            held.follow_up()
        };
        begin(&hub, &tenant, follow_up);
        drop((hub, tenant));
        tokio::time::sleep(TIMER_PAUSE).await;
    }
}

/// How long until something falls due; `None`, and no timer any more, when nothing will by itself.
fn time_to_next(tenant: &Tenant) -> Option<Duration> {
    let mut held = tenant.lock();
    let next = match held.world.clock.mode() {
        Mode::Frozen => None,
        Mode::Wall { .. } => held.world.agenda.next_due(),
    };
    held.timer_for = next;
    let target = held.world.clock.target(wall_ms());
    let millis = next?.saturating_sub(target);
    Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}
