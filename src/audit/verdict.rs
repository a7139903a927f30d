//! What an audit found: all that a report may tell.

use super::grade::Grade;
use super::knowledge::Knowledge;
use super::logical::LogicalCall;
use super::observe::{Exit, Run};
use super::rule::{Case, FAMILIES, Rule, Verdict};

/// A whole audit, judged.
#[derive(Debug, Clone)]
pub struct Audit {
    /// The service's title.
    pub service: String,
    /// The client command with its arguments; empty for a session that was only watched.
    pub command: Vec<String>,
    /// What the client was given to get in, a header's name and value; no report shows it.
    pub credential: Option<(String, String)>,
    /// Where ids, sample data and chance started: the same seed gives the same faults.
    pub seed: u64,
    /// `None` where nothing could be judged.
    pub grade: Option<Grade>,
    /// Every rule, in the order of the families.
    pub judged: Vec<Judged>,
    /// The plan's trials, in its order.
    pub trials: Vec<Trial>,
    /// What was seen, trial by trial. The evidence of verdicts points in here.
    pub runs: Vec<Run>,
    /// Parallel to `runs`: the end of what the client wrote to standard output and standard error, where somebody listened.
    pub outputs: Vec<Output>,
    /// The logical calls of all runs.
    pub calls: Vec<LogicalCall>,
    pub ended: Ended,
}

/// One rule and what became of it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The family's title.
    pub family: &'static str,
    pub rule: &'static Rule,
    pub verdict: Verdict,
}

/// One trial of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    pub name: String,
    pub title: String,
    pub state: TrialState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialState {
    /// Indices of its runs.
    Ran(Vec<usize>),
    /// Why it was left out: `the baseline made no call that creates or changes anything`.
    Skipped(String),
}

/// The end of what a client wrote, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
}

/// How an audit ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Everything that applied was run.
    Finished,
    /// Somebody stopped it; what is known is told.
    Interrupted,
    /// The whole took longer than it may; what is known is told.
    OutOfTime,
    /// The client could not be judged at all.
    Unjudged(Unjudged),
}

/// Why a client could not be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unjudged {
    /// Its command could not be started, and why.
    NotStarted(String),
    /// It made no call in the baseline, which had no faults.
    NeverCalled(Exit),
    /// It failed in the baseline, which had no faults.
    FailedBaseline(Exit),
    /// There was nothing to see: a session without a call.
    NothingSeen,
}

/// What was done, and with whom.
#[derive(Debug, Clone)]
pub struct Done {
    pub command: Vec<String>,
    /// See [`Audit::credential`].
    pub credential: Option<(String, String)>,
    pub seed: u64,
    pub trials: Vec<Trial>,
    pub runs: Vec<Run>,
    pub outputs: Vec<Output>,
    pub ended: Ended,
}

impl Audit {
    /// Holds every rule against what was seen.
    pub fn judge(knowledge: &Knowledge<'_>, done: Done) -> Audit {
        let case = Case::new(knowledge, &done.runs);
        let judged: Vec<Judged> = match done.ended {
            Ended::Unjudged(_) => Vec::new(),
            _ => FAMILIES
                .iter()
                .flat_map(|(family, rules)| rules.iter().map(move |rule| (*family, rule)))
                .map(|(family, rule)| Judged { family, rule, verdict: (rule.judge)(&case) })
                .collect(),
        };
        let calls = case.calls;
        Audit {
            service: knowledge.contract.title().to_owned(),
            grade: Grade::of(&judged),
            command: done.command,
            credential: done.credential,
            seed: done.seed,
            judged,
            trials: done.trials,
            runs: done.runs,
            outputs: done.outputs,
            calls,
            ended: done.ended,
        }
    }
}
