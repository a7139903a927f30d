//! Runs the groups of workflows, so many at a time, and sees what came of each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use tokio::task::JoinSet;

use super::plan::{Plan, SnapshotMode, SnapshotPlan};
use super::snapshots::{self, Judged};
use super::target::{Causes, Session, Target};
use super::{EXIT_INTERRUPTED, history, tell};
use crate::cli::failure::Failure as Mistake;
use crate::cli::progress::Progress;
use crate::mask::Mask;
use crate::scenario::armed::Ledger;
use crate::scenario::check::Checker;
use crate::scenario::coverage::Coverage;
use crate::scenario::expression::Finished;
use crate::scenario::finding::Severity;
use crate::scenario::model::{Suite, WorkflowRef};
use crate::scenario::report::Format;
use crate::scenario::results::{Status, WorkflowResult};
use crate::scenario::run::{Failure, Need, Received, Record, Run, Settings, Verdict, Visit};
use crate::scenario::schedule::Group;
use crate::scenario::snapshot::Reading;
use crate::server::WORLD_NAME_CHARS_MAX;

/// A workflow that was run, or left out.
#[derive(Debug)]
pub struct Done {
    pub workflow: WorkflowRef,
    pub result: WorkflowResult,
    /// Compared with the approved one; `None` where none was taken.
    pub snapshot: Option<Judged>,
}

/// All that came of a run.
#[derive(Debug)]
pub struct AllDone {
    /// In the order of files and workflows.
    pub workflows: Vec<Done>,
    /// By index in [`Suite::apis`].
    pub coverage: Vec<Coverage>,
    /// Did somebody break it off?
    pub interrupted: bool,
}

/// What the workflows of one world leave to one another.
#[derive(Debug, Default)]
struct Together {
    finished: BTreeMap<WorkflowRef, Finished>,
    ledger: Ledger,
}

/// What the workers share.
struct Shared {
    suite: Arc<Suite>,
    target: Arc<Target>,
    settings: Arc<Settings>,
    /// By index in [`Suite::apis`]; what one workflow has compiled serves all.
    checkers: Vec<Checker>,
    /// Nothing seen yet, to start from.
    coverage: Vec<Coverage>,
    groups: Vec<Group>,
    mask: Mask,
    progress: Progress,
    snapshots: SnapshotPlan,
    /// Does a report show every exchange?
    shows_exchanges: bool,
    fail_fast: bool,
    next: AtomicUsize,
    stopped: AtomicBool,
    interrupted: AtomicBool,
}

pub async fn all(plan: &Plan) -> Result<AllDone, Mistake> {
    let workflows: usize = plan.groups.iter().map(|group| group.workflows.len()).sum();
    let shared = Arc::new(Shared {
        suite: plan.suite.clone(),
        target: plan.target.clone(),
        settings: plan.settings.clone(),
        checkers: plan.suite.apis.iter().map(|api| Checker::new(&api.contract)).collect(),
        coverage: coverage(&plan.suite),
        groups: plan.groups.clone(),
        mask: plan.mask.clone(),
        progress: Progress::new(workflows, plan.quiet, plan.target.is_slow()),
        snapshots: plan.snapshots.clone(),
        shows_exchanges: plan.reports.iter().any(|wanted| wanted.format != Format::Text),
        fail_fast: plan.fail_fast,
        next: AtomicUsize::new(0),
        stopped: AtomicBool::new(false),
        interrupted: AtomicBool::new(false),
    });
    let listener = tokio::spawn(listen(shared.clone()));
    let mut workers = JoinSet::new();
    for _ in 0..plan.jobs.min(plan.groups.len()) {
        workers.spawn(work(shared.clone()));
    }
    let mut done = AllDone { workflows: Vec::new(), coverage: shared.coverage.clone(), interrupted: false };
    while let Some(joined) = workers.join_next().await {
        let part = joined.map_err(|error| Mistake::usage(format!("a bug in standin: a worker broke off: {error}")))?;
        done.workflows.extend(part.workflows);
        for (all, part) in done.coverage.iter_mut().zip(&part.coverage) {
            all.merge(part);
        }
    }
    listener.abort();
    shared.progress.done();
    done.interrupted = shared.interrupted.load(Ordering::Relaxed);
    done.workflows.sort_by_key(|done| done.workflow);
    Ok(done)
}

fn coverage(suite: &Suite) -> Vec<Coverage> {
    suite.apis.iter().map(|api| if api.control { Coverage::default() } else { Coverage::of(&api.contract) }).collect()
}

/// The first Ctrl-C starts nothing more, so that workflows under way can tidy up and the report is written; the second ends at once.
async fn listen(shared: Arc<Shared>) {
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    shared.interrupted.store(true, Ordering::Relaxed);
    shared.stopped.store(true, Ordering::Relaxed);
    shared.progress.say("finishing the workflows under way; Ctrl-C again ends at once");
    if tokio::signal::ctrl_c().await.is_ok() {
        shared.progress.done();
        std::process::exit(i32::from(EXIT_INTERRUPTED));
    }
}

/// Takes one group after the other until none is left.
async fn work(shared: Arc<Shared>) -> AllDone {
    let mut part = AllDone { workflows: Vec::new(), coverage: shared.coverage.clone(), interrupted: false };
    loop {
        let index = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(group) = shared.groups.get(index) else { return part };
        if shared.stopped.load(Ordering::Relaxed) {
            let reason = match shared.interrupted.load(Ordering::Relaxed) {
                true => "the run was interrupted",
                false => "an earlier workflow failed (--fail-fast)",
            };
            let left_out = |at: &WorkflowRef| shared.left_out(*at, reason);
            part.workflows.extend(group.workflows.iter().map(left_out));
            continue;
        }
        shared.group(group, &mut part).await;
    }
}

impl Shared {
    /// Runs a group in a world of its own. A workflow that depends on one that failed is not run.
    async fn group(&self, group: &Group, part: &mut AllDone) {
        let Some(first) = group.workflows.first() else { return };
        let mut session = self.target.session(self.world_name(*first), self.suite.home(*first)).await;
        let mut world = Together::default();
        let begun = part.workflows.len();
        for at in &group.workflows {
            let unmet = self.suite.workflow(*at).depends_on.iter().find(|needed| !world.finished.contains_key(needed));
            if let Some(unmet) = unmet {
                let reason = format!("{}, which it depends on, did not pass", self.suite.workflow(*unmet).id);
                part.workflows.push(self.left_out(*at, &reason));
                continue;
            }
            let done = match &mut session {
                Ok(session) => self.workflow(*at, session, &mut world, &mut part.coverage).await,
                Err(failure) => self.unreachable(*at, failure),
            };
            if self.fail_fast && done.result.status != Status::Passed {
                self.stopped.store(true, Ordering::Relaxed);
            }
            part.workflows.push(done);
        }
        if let Ok(mut session) = session {
            self.account(&world.ledger, &mut session, &mut part.workflows[begun..]).await;
            session.close();
        }
    }

    /// Tells of faults that did not hit what they were armed for. Only now: a workflow may arm one for those that depend on it.
    async fn account(&self, ledger: &Ledger, session: &mut Session<'_>, done: &mut [Done]) {
        for world in ledger.worlds() {
            let listed = session.faults(world.as_deref()).await;
            for (workflow, finding) in ledger.judge(world.as_deref(), &listed) {
                let Some(done) = done.iter_mut().find(|done| done.workflow == workflow) else { continue };
                let fails = finding.severity == Severity::Error;
                done.result.findings.push(tell::masked(finding, &self.mask));
                done.result.findings.sort_by_key(|finding| finding.visit);
                if fails && done.result.status == Status::Passed {
                    done.result.status = Status::Failed;
                    self.stopped.fetch_or(self.fail_fast, Ordering::Relaxed);
                }
            }
        }
    }

    async fn workflow(
        &self,
        at: WorkflowRef,
        session: &mut Session<'_>,
        world: &mut Together,
        coverage: &mut [Coverage],
    ) -> Done {
        let workflow = self.suite.workflow(at);
        let name = history::name(&self.suite.descriptions[at.description].file, &workflow.id);
        self.progress.started(&name);
        let started = Instant::now();
        let before = self.before(at, &world.finished);
        let run = Run::with_checkers(&self.suite, at, &self.settings, &before, &self.checkers);
        let record = drive(run, session).await;
        world.ledger.enter(&self.suite, &record);
        let exchanges = record.visits.iter().filter_map(Visit::exchange);
        for exchange in exchanges.filter(|exchange| !self.suite.apis[exchange.api].control) {
            coverage[exchange.api].observe(&self.suite.apis[exchange.api].contract, exchange);
        }
        let passed = record.verdict == Verdict::Passed;
        if passed {
            world.finished.insert(at, Finished { inputs: record.inputs.clone(), outputs: record.outputs.clone() });
        }
        let (snapshot, mask) = self.look_through(at, &record);
        // What is wrong is shown with its exchange; of a workflow without a flaw only some reports tell that much.
        let flawless = passed && record.findings.is_empty() && snapshot.as_ref().is_none_or(Judged::is_same);
        let causes = if flawless { Causes::default() } else { session.causes().await };
        let exchanges = self.shows_exchanges || !flawless;
        let telling = tell::Telling { suite: &self.suite, mask: &mask, exchanges };
        let result = telling.workflow(record, causes, started.elapsed());
        let verdict = if passed { "passed" } else { "failed" };
        self.progress.finished(&name, verdict, started.elapsed().as_millis());
        Done { workflow: at, result, snapshot }
    }

    /// Takes a record's snapshot and compares it, and learns the secrets to be masked.
    fn look_through(&self, at: WorkflowRef, record: &Record) -> (Option<Judged>, Mask) {
        let workflow = self.suite.workflow(at);
        let reading = Reading::of(&self.suite, record);
        let mut mask = self.mask.clone();
        reading.teach(&mut mask);
        // What never began, as for want of an input, shows nothing that could be approved.
        let began = !record.visits.is_empty() && record.verdict != Verdict::Unreachable;
        let takes_snapshot = self.snapshots.mode != SnapshotMode::Off && !workflow.snapshot.off && began;
        let approved = self.snapshots.paths.of(at).filter(|_| takes_snapshot);
        let snapshot = approved.map(|approved| {
            let file = &self.suite.descriptions[at.description].file;
            snapshots::judge(approved, file, &workflow.id, reading.render())
        });
        (snapshot, mask)
    }

    /// The workflows of the same description that are done, by id.
    fn before(&self, at: WorkflowRef, finished: &BTreeMap<WorkflowRef, Finished>) -> BTreeMap<String, Finished> {
        let same = finished.iter().filter(|(other, _)| other.description == at.description);
        same.map(|(other, finished)| (self.suite.workflow(*other).id.clone(), finished.clone())).collect()
    }

    fn left_out(&self, at: WorkflowRef, reason: &str) -> Done {
        Done { workflow: at, result: tell::left_out(&self.suite, at, reason), snapshot: None }
    }

    fn unreachable(&self, at: WorkflowRef, failure: &Failure) -> Done {
        Done { workflow: at, result: tell::unreachable(&self.suite, at, failure, &self.mask), snapshot: None }
    }

    /// The same in every run, so that a running standin does not fill with worlds.
    fn world_name(&self, at: WorkflowRef) -> String {
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
        let id = self.suite.workflow(at).id.chars().map(|letter| if allowed(letter) { letter } else { '-' });
        let mut name = format!("run-{}-{}-", at.description, at.workflow);
        name.extend(id);
        name.truncate(WORLD_NAME_CHARS_MAX);
        name
    }
}

/// Does what the run needs until it needs nothing more.
async fn drive(mut run: Run<'_>, session: &mut Session<'_>) -> Record {
    loop {
        let received = match run.next() {
            Need::Send(outgoing) => session.send(*outgoing).await,
            Need::Wait(time) => match session.wait(time).await {
                Ok(()) => Received::Waited,
                Err(failure) => Received::Failed(failure),
            },
            Need::Done => return run.finish(),
        };
        run.answer(received);
    }
}
