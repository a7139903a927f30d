//! Approved and pending snapshots on disk: `NAME.snap`, and `NAME.snap.new` beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::conclude::Outcome;
use super::plan::{Plan, SnapshotMode};
use super::snapshot_path;
use crate::cli::failure::Failure;
use crate::cli::machine;
use crate::scenario::code::Code;
use crate::scenario::finding::{Finding, Site};
use crate::scenario::results::{SnapshotState, WorkflowResult};
use crate::scenario::snapshot::{Difference, File, Rendered, compare};

pub const APPROVED: &str = "snap";
pub const PENDING: &str = "snap.new";

/// The pending snapshot beside an approved one.
pub fn pending(approved: &Path) -> PathBuf {
    approved.with_extension(PENDING)
}

/// A fresh snapshot beside its approved one.
#[derive(Debug)]
pub struct Judged {
    approved: PathBuf,
    fresh: File,
    compared: Compared,
    /// By heading: the index in the record's visits of what stands below it.
    visits: BTreeMap<String, usize>,
    /// Values that break their type, redactions that matched nothing.
    pub findings: Vec<Finding>,
}

#[derive(Debug)]
enum Compared {
    Same,
    Different(Box<Difference>),
    /// There is no approved one.
    New,
    /// The approved one cannot be read: why.
    Unreadable(String),
}

impl Judged {
    /// Is there nothing to say of it?
    pub fn is_same(&self) -> bool {
        matches!(self.compared, Compared::Same) && self.findings.is_empty()
    }
}

/// Compares a workflow's fresh snapshot with the approved one. Writes nothing, so that workers can do it side by side.
pub fn judge(approved: &Path, file: &str, workflow: &str, rendered: Rendered) -> Judged {
    let compared = match read(approved) {
        Err(why) => Compared::Unreadable(why),
        Ok(None) => Compared::New,
        Ok(Some(known)) => match compare(&known.contents, &rendered.text, &rendered.skipped) {
            None => Compared::Same,
            Some(difference) => Compared::Different(Box::new(difference)),
        },
    };
    let fresh = File { source: snapshot_path::source(file), expression: workflow.to_owned(), contents: rendered.text };
    let approved = approved.to_owned();
    Judged { approved, fresh, compared, visits: rendered.visits, findings: rendered.findings }
}

/// Tells what came of every fresh snapshot, and writes what the mode allows. The error is the first of those files that cannot be
/// written; the others are.
pub fn settle(plan: &Plan, outcome: &mut Outcome) -> Result<(), Failure> {
    if plan.snapshots.mode == SnapshotMode::Off {
        return Ok(());
    }
    let mut referenced = BTreeSet::new();
    let snapshots = std::mem::take(&mut outcome.snapshots);
    let mut written = Ok(());
    for (result, (at, judged)) in outcome.results.workflows.iter_mut().zip(snapshots) {
        referenced.extend(plan.snapshots.paths.of(at).map(Path::to_owned));
        let Some(judged) = judged else { continue };
        let shown = judged.approved.to_string_lossy().replace('\\', "/");
        result.snapshot = match (&judged.compared, plan.snapshots.mode) {
            (Compared::Same, _) => SnapshotState::Same,
            (_, SnapshotMode::Update) => SnapshotState::Updated,
            (Compared::Different(_) | Compared::Unreadable(_), _) => SnapshotState::Changed,
            (Compared::New, _) => SnapshotState::New,
        };
        written = written.and(write(plan.snapshots.mode, result.snapshot, &judged.approved, &judged.fresh));
        if result.snapshot.differs() {
            tell(result, judged, &shown);
        }
        result.snapshot_file = Some(shown);
    }
    written.and(unreferenced(plan, outcome, &referenced))
}

/// Adds the finding of a snapshot that differs or is missing. `shown`: the approved one's path.
fn tell(result: &mut WorkflowResult, judged: Judged, shown: &str) {
    let site = Site { file: result.file.as_str().into(), pointer: result.pointer.clone() };
    let (code, message) = match &judged.compared {
        Compared::Same => return,
        Compared::Different(difference) => {
            (Code::SnapshotChanged, format!("{shown} differs at {}", difference.steps.join(", ")))
        }
        Compared::New => (Code::SnapshotMissing, format!("{} has no approved snapshot yet", result.id)),
        Compared::Unreadable(why) => (Code::SnapshotChanged, why.clone()),
    };
    let mut finding = Finding::new(code, site, message);
    finding = finding.hint("look at it with standin review, or approve it with --update");
    if let Compared::Different(difference) = judged.compared {
        // Reports show the call and the reply of that step beside the diff.
        finding.visit = difference.steps.first().and_then(|step| judged.visits.get(step)).copied();
        if let Some((old, new)) = &difference.first {
            finding = finding.compared(old.trim(), new.trim());
        }
        result.diff = Some(difference.diff);
    }
    result.findings.push(finding);
}

fn write(mode: SnapshotMode, state: SnapshotState, approved: &Path, fresh: &File) -> Result<(), Failure> {
    let differs = matches!(state, SnapshotState::Changed | SnapshotState::New);
    match mode {
        SnapshotMode::Off | SnapshotMode::ReadOnly => Ok(()),
        SnapshotMode::Pending if differs => save(&pending(approved), &fresh.write()),
        SnapshotMode::Update if state == SnapshotState::Updated => {
            save(approved, &fresh.write())?;
            remove(&pending(approved))
        }
        // What was pending once is settled by itself.
        SnapshotMode::Pending | SnapshotMode::Update => remove(&pending(approved)),
    }
}

/// Snapshots that no workflow refers to: told, and deleted by `--update`.
fn unreferenced(plan: &Plan, outcome: &mut Outcome, referenced: &BTreeSet<PathBuf>) -> Result<(), Failure> {
    if !plan.whole {
        return Ok(());
    }
    let folder = plan.snapshots.folder.as_deref();
    let asked = plan.suite.descriptions[..plan.suite.asked].iter().map(|description| &description.file);
    let starts: BTreeSet<(PathBuf, String, _)> = asked
        .map(|file| {
            let (folder, start) = snapshot_path::start(folder, file);
            (folder, start, file)
        })
        .collect();
    for (folder, start, file) in starts {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let mut names: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        names.sort();
        for path in names {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let may_be_ours = name.starts_with(&start) && name.ends_with(&format!(".{APPROVED}"));
            // Only what nobody refers to has to be read, to see whose it is.
            if !may_be_ours || referenced.contains(&path) || !is_of(&path, file) {
                continue;
            }
            if plan.snapshots.mode == SnapshotMode::Update {
                remove(&path)?;
                continue;
            }
            let message = format!("{} belongs to no workflow that was run", path.display());
            let finding = Finding::new(Code::SnapshotUnreferenced, Site::new(file, ""), message);
            outcome.results.findings.push(finding.hint("delete it, or let --update do so"));
        }
    }
    Ok(())
}

/// Does the snapshot say that it is of a file of this name? The start of its own name is not enough: `a__b__c.snap` is of `a__b`, or of
/// `a`. Where the file lay is not compared, since that depends on where the command is run.
fn is_of(path: &Path, file: &str) -> bool {
    let source = read(path).ok().flatten().map(|snapshot| snapshot.source);
    source.is_some_and(|source| Path::new(&source).file_name() == Path::new(file).file_name())
}

/// The snapshot at a path; `None` when there is none. The error is a lower-case fragment that names it.
pub fn read(path: &Path) -> Result<Option<File>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
    };
    let file = File::parse(&text).map_err(|why| format!("{} is no snapshot: {why}", path.display()))?;
    Ok(Some(file))
}

pub fn save(path: &Path, text: &str) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| Failure::usage(format!("cannot write {}: {error}", path.display()));
    machine::write(path, text).map_err(unwritable)
}

pub fn remove(path: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::usage(format!("cannot delete {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_one_lies_beside_its_approved_one() {
        assert_eq!(pending(Path::new("a/b__c.snap")), PathBuf::from("a/b__c.snap.new"));
        assert_eq!(pending(Path::new("a/b__c.d.snap")), PathBuf::from("a/b__c.d.snap.new"));
    }
}
