//! Which file a workflow's snapshot is. Ids are any text and file names are not: no id leads out of the folder, and no two workflows
//! share a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::snapshots::APPROVED;
use crate::cli::failure::Failure;
use crate::scenario::model::{Description, Suite, WorkflowRef};
use crate::words::{boundary_before, hex};

/// The folder that scenarios are kept in, and the one beside it for their snapshots.
const SCENARIOS: &str = "scenarios";
const SNAPSHOTS: &str = "snapshots";
/// Longest name of a file without its ending, in bytes; most file systems take 255 with it.
const NAME_BYTES_MAX: usize = 200;
/// So many bytes of a hash tell names apart.
const HASH_BYTES: usize = 4;

/// Where the approved snapshot of each workflow stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotPaths {
    paths: BTreeMap<WorkflowRef, PathBuf>,
}

impl SnapshotPaths {
    /// The error names two workflows whose snapshots would be one file.
    pub fn new(folder: Option<&Path>, suite: &Suite) -> Result<SnapshotPaths, Failure> {
        let mut paths = BTreeMap::new();
        let mut taken: BTreeMap<String, WorkflowRef> = BTreeMap::new();
        for (description, read) in suite.descriptions.iter().enumerate() {
            for (workflow, id) in names(read).into_iter().enumerate() {
                let at = WorkflowRef { description, workflow };
                let path = path(folder, &read.file, &id);
                // Some file systems take names that differ in case alone for the same.
                if let Some(other) = taken.insert(path.to_string_lossy().to_lowercase(), at) {
                    let told = |at: WorkflowRef| {
                        format!("`{}` of {}", suite.workflow(at).id, suite.descriptions[at.description].file)
                    };
                    return Err(Failure::usage(format!(
                        "the snapshots of {} and of {} would both be {}; give one another id, or its file another name, or use \
                         --no-snapshots",
                        told(other),
                        told(at),
                        path.display()
                    )));
                }
                paths.insert(at, path);
            }
        }
        Ok(SnapshotPaths { paths })
    }

    pub fn of(&self, at: WorkflowRef) -> Option<&Path> {
        self.paths.get(&at).map(PathBuf::as_path)
    }
}

/// How a snapshot names its file: from the folder that holds the snapshots' folder, so that it is the same on every machine.
pub fn source(file: &str) -> String {
    let parts: Vec<Component<'_>> = Path::new(file).components().collect();
    let below = parts.split_last().map_or(&[][..], |(_, parents)| parents);
    let at = below.iter().rposition(|part| part.as_os_str() == SCENARIOS).unwrap_or(below.len());
    let named: Vec<_> = parts[at..].iter().map(|part| part.as_os_str().to_string_lossy()).collect();
    named.join("/")
}

/// The folder of a file's snapshots, and what their names start with.
pub fn start(folder: Option<&Path>, file: &str) -> (PathBuf, String) {
    let file = Path::new(file);
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.split(".arazzo.").next().unwrap_or(&name).to_owned();
    let parent: Vec<Component<'_>> = file.parent().map(|parent| parent.components().collect()).unwrap_or_default();
    let at = parent.iter().rposition(|part| part.as_os_str() == SCENARIOS);
    let below: PathBuf = at.map(|at| parent[at + 1..].iter().collect()).unwrap_or_default();
    let root: PathBuf = match (folder, at) {
        (Some(folder), _) => folder.to_owned(),
        (None, Some(at)) => parent[..at].iter().collect::<PathBuf>().join(SNAPSHOTS),
        (None, None) => parent.iter().collect::<PathBuf>().join(SNAPSHOTS),
    };
    (root.join(below), format!("{stem}__"))
}

/// `snapshots/parcels/sending__createParcel.snap` for `scenarios/parcels/sending.arazzo.yaml`.
fn path(folder: Option<&Path>, file: &str, name: &str) -> PathBuf {
    let (folder, start) = start(folder, file);
    let name = format!("{start}{name}");
    let name = if name.len() > NAME_BYTES_MAX { shortened(&name) } else { name };
    folder.join(format!("{name}.{APPROVED}"))
}

/// What the workflows of a description are called in the names of files. Where ids differ in case alone, the later one is told apart.
fn names(description: &Description) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut known = BTreeSet::new();
    for workflow in &description.workflows {
        let name = escaped(&workflow.id);
        let is_new = known.insert(name.to_lowercase());
        names.push(if is_new { name } else { format!("{name}-{}", hash(&workflow.id)) });
    }
    names
}

/// What separates folders, or is no part of names somewhere, as `%` and its bytes.
fn escaped(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for letter in id.chars() {
        if matches!(letter, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '%') || letter.is_control() {
            let mut bytes = [0; 4];
            letter.encode_utf8(&mut bytes).bytes().for_each(|byte| name.push_str(&format!("%{byte:02X}")));
        } else {
            name.push(letter);
        }
    }
    name
}

fn shortened(name: &str) -> String {
    let end = boundary_before(name, NAME_BYTES_MAX);
    format!("{}-{}", &name[..end], hash(name))
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..HASH_BYTES])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(folder: Option<&str>, file: &str, expected: &str) {
        assert_eq!(path(folder.map(Path::new), file, "send"), PathBuf::from(expected));
    }

    #[test]
    fn snapshots_stand_beside_the_folder_of_scenarios() {
        check(None, "scenarios/parcels/sending.arazzo.yaml", "snapshots/parcels/sending__send.snap");
        check(None, "/a/scenarios/sending.arazzo.json", "/a/snapshots/sending__send.snap");
        check(None, "b/sending.arazzo.yml", "b/snapshots/sending__send.snap");
        check(None, "sending.yaml", "snapshots/sending.yaml__send.snap");
        check(Some("kept"), "scenarios/parcels/sending.arazzo.yaml", "kept/parcels/sending__send.snap");
    }

    #[test]
    fn snapshots_name_their_file_as_it_is_named_everywhere() {
        assert_eq!(source("scenarios/parcels/sending.arazzo.yaml"), "scenarios/parcels/sending.arazzo.yaml");
        assert_eq!(source("/home/me/scenarios/sending.arazzo.yaml"), "scenarios/sending.arazzo.yaml");
        assert_eq!(source("../b/sending.arazzo.yaml"), "sending.arazzo.yaml");
        assert_eq!(source("scenarios"), "scenarios");
    }

    #[test]
    fn of_several_folders_of_that_name_the_nearest_counts() {
        check(None, "/scenarios/me/scenarios/a/b.arazzo.yaml", "/scenarios/me/snapshots/a/b__send.snap");
    }

    #[test]
    fn no_id_leads_to_another_folder() {
        for id in ["../../etc/passwd", "/etc/passwd", "a/b", "..", "a\\b", "C:x", "a\0b", "a\nb"] {
            let path = path(None, "scenarios/sending.arazzo.yaml", &escaped(id));
            assert_eq!(path.parent(), Some(Path::new("snapshots")), "{}", path.display());
            assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{}", path.display());
        }
        assert_eq!(escaped("../a%b é"), "..%2Fa%25b é");
    }

    #[test]
    fn long_names_are_cut_and_stay_different() {
        let (one, other) = ("é".repeat(300) + "1", "é".repeat(300) + "2");
        let (one, other) = (path(None, "a.arazzo.yaml", &one), path(None, "a.arazzo.yaml", &other));
        assert_ne!(one, other);
        assert!(one.as_os_str().len() < 230, "{}", one.display());
    }
}
