//! One run: a fresh world with its faults, the client in it (or several at once), and what was seen.

use std::time::Duration;

use super::environment::Place;
use super::process::Process;
use super::settings::Settings;
use super::{Stop, Stopping};
use crate::audit::observe::{Exit, Run};
use crate::audit::plan::PlannedTrial;
use crate::audit::verdict::Output;
use crate::server::{Serving, world_name_of_client};

/// Most calls of one client in one run; beyond them it floods, and is stopped.
pub const CALLS_PER_RUN_MAX: u64 = 10_000;
/// How often it is looked whether a client floods.
const LOOK: Duration = Duration::from_millis(20);
/// How long calls and deliveries may take to end after the client has.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(2);
/// How long deliveries are waited for that begin only now.
const SETTLE_PAUSE: Duration = Duration::from_millis(50);

/// What a run is about.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    pub trial: &'a PlannedTrial,
    /// Counted from 1.
    pub number: u32,
}

/// How a run came out.
#[derive(Debug)]
pub enum Outcome {
    Ran(Box<Run>, Output),
    /// A fault could not be armed or a client not be started, and why.
    NotStarted(String),
    /// The audit was stopped before the run was over: what was seen of it tells nothing about the client.
    BrokenOff(Stop),
}

pub async fn run(settings: &Settings, serving: &Serving, task: Task<'_>, stopping: &Stopping) -> Outcome {
    let world = match task.trial.runs {
        1 => task.trial.name.clone(),
        _ => format!("{}.{}", task.trial.name, task.number),
    };
    let outcome = in_world(settings, serving, task, &world, stopping.clone()).await;
    serving.forget(&world);
    outcome
}

async fn in_world(
    settings: &Settings,
    serving: &Serving,
    task: Task<'_>,
    world: &str,
    mut stopping: Stopping,
) -> Outcome {
    let trial = task.trial;
    let credential = serving.credential();
    let server = format!("http://{}", serving.address);
    let place = |world: &str| Place::new(&settings.contract, &server, credential.as_ref(), world, &trial.name);
    // Several in one world are told apart by the names that they call it by.
    let places: Vec<Place> = match trial.together {
        1 => vec![place(world)],
        together => (1..=together).map(|client| place(&world_name_of_client(world, client))).collect(),
    };
    for planned in &trial.faults {
        if let Err(reason) = serving.arm(world, planned.fault.clone()) {
            return Outcome::NotStarted(format!("a fault cannot be armed: {reason}"));
        }
    }
    let begun = serving.watch_now();
    let mut clients = Vec::new();
    for place in &places {
        match Process::start(&settings.command, variables(settings, place)) {
            Ok(client) => clients.push(client),
            Err(reason) => {
                finish(clients).await;
                return Outcome::NotStarted(reason);
            }
        }
    }
    let calls_max = CALLS_PER_RUN_MAX.saturating_mul(trial.together.into());
    let timeout = trial.timeout.unwrap_or(settings.run_timeout);
    let exit = tokio::select! {
        exit = all_ended(&mut clients) => Some(exit),
        () = tokio::time::sleep(timeout) => Some(Exit::TimedOut),
        () = flooded(serving, world, calls_max) => Some(Exit::Flooded),
        _ = stopping.wait_for(Option::is_some) => None,
    };
    // Before it is asked to stop: how long it takes over that is no part of the run, and the calls that end then were under way here.
    let took = serving.watch_now().saturating_sub(begun);
    if !matches!(exit, Some(Exit::Code(_) | Exit::Signal(_) | Exit::Unknown)) {
        stop(&mut clients).await;
    }
    let output = finish(clients).await;
    let Some(exit) = exit else {
        let why = stopping.borrow().unwrap_or(Stop::Interrupted);
        return Outcome::BrokenOff(why);
    };
    settle(serving, world).await;
    let faults = serving.faults(world);
    let watched = serving.watched(world).since(begun);
    let run = Run {
        trial: trial.name.clone(),
        number: task.number,
        exchanges: watched.exchanges,
        deliveries: watched.deliveries,
        exchanges_left_out: watched.exchanges_left_out,
        deliveries_left_out: watched.deliveries_left_out,
        faults,
        exit,
        took,
    };
    Outcome::Ran(Box::new(run), output)
}

/// Ours, and then those that were asked for: they may replace ours.
fn variables(settings: &Settings, place: &Place) -> Vec<(String, String)> {
    let own = place.variables().map(|(name, value)| (name, value.to_owned()));
    let asked = settings.variables.iter().map(|(name, template)| (name.clone(), template.fill(place)));
    own.chain(asked).collect()
}

/// Waits until all have ended; of several ends the worst.
async fn all_ended(clients: &mut [Process]) -> Exit {
    let mut worst = Exit::Code(0);
    for client in clients {
        let exit = client.ended().await;
        if worst == Exit::Code(0) {
            worst = exit;
        }
    }
    worst
}

async fn flooded(serving: &Serving, world: &str, calls_max: u64) {
    while serving.calls_watched(world) <= calls_max {
        tokio::time::sleep(LOOK).await;
    }
}

/// All at once: none is to wait for the others' time.
async fn stop(clients: &mut Vec<Process>) {
    let stopping = std::mem::take(clients).into_iter().map(|mut client| {
        tokio::spawn(async move {
            client.stop().await;
            client
        })
    });
    for client in stopping.collect::<Vec<_>>() {
        clients.extend(client.await.ok());
    }
}

/// What the clients wrote last; of several, of the first that wrote anything.
async fn finish(clients: Vec<Process>) -> Output {
    let mut kept = Output::default();
    for client in clients {
        let output = client.finish().await;
        if kept == Output::default() {
            kept = output;
        }
    }
    kept
}

async fn settle(serving: &Serving, world: &str) {
    tokio::time::sleep(SETTLE_PAUSE).await;
    // What is still open then is told as it stands.
    let _ = serving.settled(world, SETTLE_TIME_MAX).await;
}
