//! One world behind its lock, and what the rim keeps beside it.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::watch::Watch;
use crate::world::World;
use crate::world::clock::Mode;
use crate::world::outbox::Attempt;

/// Most saved states of one world.
pub const SAVES_MAX: usize = 100;

#[derive(Debug)]
pub struct Tenant {
    pub name: Arc<str>,
    held: Mutex<Held>,
    /// Held by whoever moves the clock: one at a time, while ordinary calls go on.
    pub turn: tokio::sync::Mutex<()>,
    /// Counts settled attempts; whoever waits for one watches it.
    pub settled: watch::Sender<u64>,
    /// Wakes the timer when something is due earlier than it waits for.
    pub timer: Arc<Notify>,
    /// What clients did here; `None` when nobody asks.
    pub watch: Option<Arc<Watch>>,
}

#[derive(Debug)]
pub struct Held {
    pub world: World,
    /// Counts resets and restores: outcomes of attempts made for an earlier world are dropped.
    pub generation: u64,
    /// Attempts of this generation that are being performed.
    pub under_way: usize,
    /// The instant that the timer waits for; `None` when no timer runs.
    pub timer_for: Option<i64>,
    /// Saved states by name.
    pub saves: BTreeMap<String, World>,
}

/// What a change of the world leaves to do once the lock is released.
#[derive(Debug, Default)]
#[must_use = "attempts taken from the outbox must be performed"]
pub struct FollowUp {
    pub generation: u64,
    pub attempts: Vec<Attempt>,
    pub timer: TimerChange,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimerChange {
    #[default]
    None,
    Start,
    Wake,
}

/// A panic below the rim: a bug of ours, with its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bug(pub String);

impl Tenant {
    pub fn new(mut world: World, watch: Option<Watch>) -> Tenant {
        // It may be a branch: who waits for replies waits in the world that it was taken from.
        world.replays.ground();
        let name = world.name.clone();
        let held = Held { world, generation: 0, under_way: 0, timer_for: None, saves: BTreeMap::new() };
        Tenant {
            name,
            held: Mutex::new(held),
            turn: tokio::sync::Mutex::new(()),
            settled: watch::Sender::new(0),
            timer: Arc::new(Notify::new()),
            watch: watch.map(Arc::new),
        }
    }

    /// The world. Never hold this across an await. Panics are caught inside the lock, so a poisoned one is sound.
    pub fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no attempt is under way. Each has a time limit, so this ends.
    pub async fn idle(&self) {
        let mut settled = self.settled.subscribe();
        while self.lock().under_way > 0 {
            if settled.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Held {
    /// Takes what is to be done after the lock is released.
    pub fn follow_up(&mut self) -> FollowUp {
        let attempts = if self.world.outbox.has_due() { self.world.outbox.take() } else { Vec::new() };
        self.under_way += attempts.len();
        FollowUp { generation: self.generation, attempts, timer: self.timer_change() }
    }

    /// Puts another world in the place of this one; its name stays.
    pub fn replace(&mut self, mut world: World) {
        world.name = self.world.name.clone();
        world.replays.ground();
        self.world = world;
        self.generation += 1;
        self.under_way = 0;
    }

    fn timer_change(&mut self) -> TimerChange {
        let Mode::Wall { .. } = self.world.clock.mode() else { return TimerChange::None };
        let Some(due) = self.world.agenda.next_due() else { return TimerChange::None };
        match self.timer_for {
            Some(waits_for) if waits_for <= due => TimerChange::None,
            Some(_) => {
                self.timer_for = Some(due);
                TimerChange::Wake
            }
            None => {
                self.timer_for = Some(due);
                TimerChange::Start
            }
        }
    }
}

/// Runs a change of the world. When it panics and `undo` is set, the world is as before the call.
///
/// The undo is a clone, which is a pointer copy; but persistent maps that are shared copy what they change, so an ordinary call
/// goes without: what a bug left of it stays.
pub fn guarded<T>(world: &mut World, undo: bool, change: impl FnOnce(&mut World) -> T) -> Result<T, Bug> {
    let before = undo.then(|| world.clone());
    catch_unwind(AssertUnwindSafe(|| change(world))).map_err(|panic| {
        if let Some(before) = before {
            *world = before;
        }
        bug(panic.as_ref())
    })
}

/// The message of a panic.
pub fn bug(panic: &(dyn Any + Send)) -> Bug {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    Bug(text.unwrap_or_else(|| "a panic without a message".to_owned()))
}
