//! The baseline, which decides what is tried; then trial by trial, some at once. What came of them is told in the plan's order.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::run::{self, Outcome, Task};
use super::settings::Settings;
use super::{Stop, Stopping};
use crate::audit::knowledge::Knowledge;
use crate::audit::observe::{Exit, Run};
use crate::audit::plan::{BASELINE, PlannedTrial};
use crate::audit::rule::exit_in_words;
use crate::audit::verdict::{Done, Ended, Output, Trial, TrialState, Unjudged};
use crate::cli::progress::Progress;
use crate::report::plain;
use crate::server::Serving;

pub async fn all(settings: &Arc<Settings>, serving: &Arc<Serving>, stopping: Stopping) -> Done {
    let command = settings.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let mut done = Done {
        command,
        credential: serving.credential(),
        seed: settings.seed,
        trials: Vec::new(),
        runs: Vec::new(),
        outputs: Vec::new(),
        ended: Ended::Finished,
    };
    let baseline = baseline();
    let task = Task { trial: &baseline, number: 1 };
    let seen = match run::run(settings, serving, task, &stopping).await {
        Outcome::Ran(run, output) => {
            done.runs.push(*run);
            done.outputs.push(output);
            &done.runs[0]
        }
        Outcome::NotStarted(reason) => {
            done.ended = Ended::Unjudged(Unjudged::NotStarted(reason));
            return done;
        }
        Outcome::BrokenOff(stop) => {
            done.ended = ended(stop);
            return done;
        }
    };
    let state = TrialState::Ran(vec![0]);
    done.trials.push(Trial { name: baseline.name.clone(), title: baseline.title.clone(), state });
    if let Some(why) = unfit(seen) {
        done.ended = Ended::Unjudged(why);
        return done;
    }
    let (trials, skipped) = divide(settings, seen);
    let results = trial_by_trial(settings, serving, &trials, stopping).await;
    gather(settings, &mut done, results, &trials, skipped);
    done
}

fn baseline() -> PlannedTrial {
    PlannedTrial {
        name: BASELINE.to_owned(),
        title: "nothing goes wrong".to_owned(),
        faults: Vec::new(),
        runs: 1,
        together: 1,
        needs: Vec::new(),
        timeout: None,
    }
}

/// Why a client that did this without any fault cannot be judged under faults.
fn unfit(baseline: &Run) -> Option<Unjudged> {
    match baseline.exit {
        Exit::Code(0) if baseline.exchanges.is_empty() => Some(Unjudged::NeverCalled(baseline.exit)),
        Exit::Code(0) => None,
        exit => Some(Unjudged::FailedBaseline(exit)),
    }
}

fn ended(stop: Stop) -> Ended {
    match stop {
        Stop::Interrupted => Ended::Interrupted,
        Stop::OutOfTime => Ended::OutOfTime,
    }
}

/// The trials that apply, and why each of the others does not, by name.
fn divide(settings: &Settings, baseline: &Run) -> (Vec<PlannedTrial>, Vec<(String, String)>) {
    let knowledge = Knowledge::of(&settings.contract);
    let mut apply = Vec::new();
    let mut skipped = settings.unfit.clone();
    let unfit = |trial: &&PlannedTrial| settings.unfit.iter().any(|(name, _)| *name == trial.name);
    for trial in settings.plan.trials.iter().filter(|trial| !unfit(trial)) {
        match trial.needs.iter().find(|need| !need.is_met(&knowledge, baseline)) {
            None => apply.push(trial.clone()),
            Some(need) => skipped.push((trial.name.clone(), format!("the baseline {}", need.missed()))),
        }
    }
    (apply, skipped)
}

/// What came of each run, by trial and number.
#[derive(Default)]
struct Results {
    runs: Vec<(usize, Run, Output)>,
    /// Trials of which a run could not be started, and why.
    not_started: Vec<(usize, String)>,
    stopped: Option<Stop>,
}

async fn trial_by_trial(
    settings: &Arc<Settings>,
    serving: &Arc<Serving>,
    trials: &[PlannedTrial],
    stopping: Stopping,
) -> Results {
    let mut order: Vec<(usize, &PlannedTrial)> = trials.iter().enumerate().collect();
    // Those that may take the longest begin first, so that none of them is left alone at the end.
    order.sort_by_key(|(_, trial)| Reverse(trial.timeout.unwrap_or(settings.run_timeout)));
    let runs = order.into_iter().flat_map(|(at, trial)| (1..=trial.runs).map(move |number| (at, number)));
    let mut waiting: VecDeque<(usize, u32)> = runs.collect();
    let progress = Progress::new(waiting.len(), settings.quiet, true);
    let mut under_way = JoinSet::new();
    let mut results = Results::default();
    loop {
        while under_way.len() < settings.jobs && results.stopped.is_none() {
            let Some((at, number)) = waiting.pop_front() else { break };
            let (settings, serving, stopping) = (settings.clone(), serving.clone(), stopping.clone());
            let trial = trials[at].clone();
            progress.started(&trial.name);
            under_way.spawn(async move {
                (at, run::run(&settings, &serving, Task { trial: &trial, number }, &stopping).await)
            });
        }
        match under_way.join_next().await {
            None => break,
            Some(Ok((at, Outcome::Ran(run, output)))) => {
                let milliseconds = u128::from(run.took / 1_000);
                progress.finished(&told(&trials[at], run.number), &exit_in_words(run.exit), milliseconds);
                results.runs.push((at, *run, output));
            }
            Some(Ok((_, Outcome::BrokenOff(stop)))) => results.stopped = Some(stop),
            // The command could be started before: the machine has no more to give, which one trial less does not change.
            Some(Ok((at, Outcome::NotStarted(reason)))) => {
                progress.say(&format!("{}: {reason}", trials[at].name));
                results.not_started.push((at, reason));
            }
            Some(Err(error)) => progress.say(&format!("a run broke off: {error}")),
        }
    }
    progress.done();
    results.runs.sort_by_key(|(at, run, _)| (*at, run.number));
    results
}

fn told(trial: &PlannedTrial, number: u32) -> String {
    match trial.runs {
        1 => trial.name.clone(),
        runs => format!("{} {number}/{runs}", trial.name),
    }
}

/// Everything in the order of the plan.
fn gather(
    settings: &Settings,
    done: &mut Done,
    results: Results,
    trials: &[PlannedTrial],
    skipped: Vec<(String, String)>,
) {
    let mut ran: Vec<Vec<usize>> = vec![Vec::new(); trials.len()];
    for (at, run, output) in results.runs {
        ran[at].push(done.runs.len());
        done.runs.push(run);
        done.outputs.push(output);
    }
    for trial in &settings.plan.trials {
        let skip = skipped.iter().find(|(name, _)| *name == trial.name);
        let at = trials.iter().position(|other| other.name == trial.name);
        let runs = at.map(|at| std::mem::take(&mut ran[at])).unwrap_or_default();
        let not_started = results.not_started.iter().find(|(failed, _)| Some(*failed) == at);
        let state = match (skip, not_started) {
            _ if !runs.is_empty() => TrialState::Ran(runs),
            (Some((_, why)), _) | (None, Some((_, why))) => TrialState::Skipped(why.clone()),
            (None, None) if results.stopped.is_some() => TrialState::Skipped("the audit was stopped before".to_owned()),
            (None, None) => TrialState::Skipped("its run broke off".to_owned()),
        };
        done.trials.push(Trial { name: trial.name.clone(), title: trial.title.clone(), state });
    }
    if let Some(stop) = results.stopped {
        done.ended = ended(stop);
    }
    let lacking = done.trials.iter().filter(|trial| matches!(trial.state, TrialState::Skipped(_))).count();
    if lacking > 0 && !settings.quiet {
        let told = format!("{} left out; the report says why", plain::count(lacking, "trial"));
        let _ = std::io::Write::write_fmt(&mut std::io::stderr().lock(), format_args!("{told}\n"));
    }
}
