//! From arguments to what is run: files read, inputs known, flags understood.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::ahead::Ahead;
use super::snapshot_path::SnapshotPaths;
use super::target::Target;
use super::{discover, history};
use crate::cli::arguments::RunArguments;
use crate::cli::failure::Failure;
use crate::cli::machine;
use crate::cli::output::Wanted;
use crate::cli::services::{self, Files};
use crate::mask::Mask;
use crate::scenario::coverage::{self, Dimension};
use crate::scenario::model::{Suite, WorkflowRef};
use crate::scenario::read::{self, Sources};
use crate::scenario::report::Format;
use crate::scenario::run::Settings;
use crate::scenario::schedule::{self, Group};

/// Environment variables of this prefix are values for inputs.
const VARIABLE_PREFIX: &str = "STANDIN_VAR_";

#[derive(Debug)]
pub struct Plan {
    pub suite: Arc<Suite>,
    pub groups: Vec<Group>,
    pub target: Arc<Target>,
    pub settings: Arc<Settings>,
    /// The secrets known from the start.
    pub mask: Mask,
    pub jobs: usize,
    pub fail_fast: bool,
    /// Warnings are failures.
    pub strict: bool,
    pub quiet: bool,
    pub reports: Vec<Wanted<Format>>,
    pub bounds: Vec<(Dimension, f64)>,
    pub snapshots: SnapshotPlan,
    /// Is every workflow of every file run? Only then can it be told that a snapshot belongs to none.
    pub whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotMode {
    Off,
    /// Compare, and write what differs as pending.
    Pending,
    /// Compare, and write nothing.
    ReadOnly,
    /// Approve what comes out.
    Update,
}

#[derive(Debug, Clone)]
pub struct SnapshotPlan {
    pub mode: SnapshotMode,
    pub folder: Option<PathBuf>,
    pub paths: SnapshotPaths,
}

pub fn make(arguments: &RunArguments) -> Result<Plan, Failure> {
    let reports = arguments.reports.iter().map(|text| Wanted::read(text, Format::parse)).collect::<Result<_, _>>()?;
    let bounds = match &arguments.min_coverage {
        Some(text) => coverage::bounds(text).map_err(|error| Failure::usage(format!("--min-coverage: {error}")))?,
        None => Vec::new(),
    };
    let files = discover::discover(&arguments.paths)?;
    let suite = Arc::new(suite(&files)?);
    let target = Arc::new(Target::new(&suite, arguments)?);
    let (settings, mask) = settings(&suite, &target, arguments)?;
    let groups = groups(&suite, arguments)?;
    let snapshots = snapshots(&suite, arguments)?;
    let whole = arguments.filter.is_empty() && !arguments.last_failed && arguments.shard.is_none();
    Ok(Plan {
        suite,
        groups,
        target,
        settings: Arc::new(settings),
        mask,
        jobs: arguments.jobs.map_or_else(machine::processors, usize::from),
        fail_fast: arguments.fail_fast,
        strict: arguments.strict,
        quiet: arguments.quiet,
        reports,
        bounds,
        snapshots,
        whole,
    })
}

/// Reads descriptions with what they refer to; a shipped document brings its overlays.
pub fn suite(files: &[String]) -> Result<Suite, Failure> {
    let sources = Sources { files: &Ahead::of(files), overlays: &services::overlays_of };
    read::read(&sources, files).map_err(|errors| Failure::Documents { errors, files: Files })
}

fn snapshots(suite: &Suite, arguments: &RunArguments) -> Result<SnapshotPlan, Failure> {
    let folder = arguments.snapshots.clone();
    let mode = snapshot_mode(arguments);
    let paths = match mode {
        SnapshotMode::Off => SnapshotPaths::default(),
        _ => SnapshotPaths::new(folder.as_deref(), suite)?,
    };
    Ok(SnapshotPlan { mode, folder, paths })
}

fn snapshot_mode(arguments: &RunArguments) -> SnapshotMode {
    let in_ci = || std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
    if arguments.no_snapshots {
        SnapshotMode::Off
    } else if arguments.update {
        SnapshotMode::Update
    } else if arguments.ci || in_ci() {
        SnapshotMode::ReadOnly
    } else {
        SnapshotMode::Pending
    }
}

fn settings(suite: &Suite, target: &Target, arguments: &RunArguments) -> Result<(Settings, Mask), Failure> {
    let inputs = inputs(suite);
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in std::env::vars_os() {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
        if let Some(name) = name.strip_prefix(VARIABLE_PREFIX).filter(|name| inputs.contains_key(name)) {
            texts.insert(name.to_owned(), value.to_owned());
        }
    }
    for (name, value) in &arguments.variables {
        if !inputs.contains_key(name.as_str()) {
            let hint = match crate::words::did_you_mean(name, inputs.keys().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("known are: {}", inputs.keys().copied().collect::<Vec<_>>().join(", ")),
            };
            return Err(Failure::usage(format!("--var {name}: no workflow has an input of that name; {hint}")));
        }
        texts.insert(name.clone(), value.clone());
    }
    let fakes = target.fakes();
    let mut mask = Mask::default();
    let credentials = fakes.iter().filter_map(|fake| fake.credential.as_ref());
    let secrets = credentials.chain(&arguments.control_token);
    secrets.for_each(|secret| mask.learn(secret));
    let mut variables = Map::new();
    for (name, text) in texts {
        if inputs.get(name.as_str()).is_some_and(|secret| *secret) {
            mask.learn_declared(&text);
        }
        // What the text stands for is up to each workflow: its own schema says.
        variables.insert(name, Value::String(text));
    }
    let settings = Settings { bases: target.bases(), variables, fakes, closed_objects: arguments.closed_objects };
    Ok((settings, mask))
}

/// The inputs of all workflows by name: is it a secret in any of them?
fn inputs(suite: &Suite) -> BTreeMap<&str, bool> {
    let mut known = BTreeMap::new();
    let workflows = suite.descriptions.iter().flat_map(|description| &description.workflows);
    for input in workflows.filter_map(|workflow| workflow.inputs.as_ref()).flat_map(|inputs| &inputs.properties) {
        *known.entry(input.name.as_str()).or_insert(false) |= input.secret;
    }
    known
}

fn groups(suite: &Suite, arguments: &RunArguments) -> Result<Vec<Group>, Failure> {
    let failed: Option<BTreeSet<String>> = arguments.last_failed.then(history::recall).transpose()?;
    let id = |at: WorkflowRef| suite.workflow(at).id.as_str();
    let file = |at: WorkflowRef| suite.descriptions[at.description].file.as_ref();
    let filters = &arguments.filter;
    let wanted = |at: WorkflowRef| {
        let filtered = filters.is_empty()
            || filters.iter().any(|filter| id(at).contains(filter.as_str()) || file(at).contains(filter.as_str()));
        filtered && failed.as_ref().is_none_or(|failed| failed.contains(&history::name(file(at), id(at))))
    };
    // A workflow that others call has inputs of theirs: it runs by itself only when its very id was asked for.
    let named = |at: WorkflowRef| filters.iter().any(|filter| filter == id(at));
    let chosen = |at: WorkflowRef| wanted(at) && (!suite.workflow(at).called || named(at));
    let groups = schedule::groups(suite, &chosen);
    if groups.is_empty() && !filters.is_empty() {
        return Err(Failure::usage(format!("--filter: no workflow's file or id contains {}", filters.join(" or "))));
    }
    Ok(match arguments.shard {
        Some((index, of)) => schedule::shard(suite, groups, index, of),
        None => groups,
    })
}
