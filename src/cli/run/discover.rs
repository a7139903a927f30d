//! Which files are scenarios.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::scenario::read::DESCRIPTIONS_MAX;

const ENDINGS: [&str; 3] = [".arazzo.yaml", ".arazzo.yml", ".arazzo.json"];
/// Deepest folder that is looked into.
const DEPTH_MAX: usize = 32;

/// The files named, and those in the folders named, each once: in the order of the arguments, then by name.
pub fn discover(paths: &[String]) -> Result<Vec<String>, Failure> {
    let mut files: Vec<String> = Vec::new();
    for name in paths {
        let path = Path::new(name);
        let mut found = Vec::new();
        if path.is_dir() {
            found = walk(path)?;
            if found.is_empty() {
                let endings = ENDINGS.map(|ending| format!("*{ending}")).join(", ");
                return Err(Failure::usage(format!("{name} holds no scenarios; they are called {endings}")));
            }
        } else if path.exists() {
            found.push(path.to_owned());
        } else {
            return Err(Failure::usage(format!("there is no {name}; name scenario files, or folders of them")));
        }
        for path in found {
            let file = path.to_string_lossy().replace('\\', "/");
            let file = file.strip_prefix("./").unwrap_or(&file).to_owned();
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    if files.len() > DESCRIPTIONS_MAX {
        return Err(Failure::usage(format!("{} scenario files are more than {DESCRIPTIONS_MAX}", files.len())));
    }
    Ok(files)
}

/// The scenarios below a folder, by name. Links to folders are followed when everything else is known, so that one that leads round in
/// a circle finds nothing new.
fn walk(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut folders = vec![(root.to_owned(), 0)];
    let mut links = Vec::new();
    while let Some((folder, depth)) = folders.pop().or_else(|| links.pop()) {
        if depth > DEPTH_MAX || !seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
            continue;
        }
        let unreadable = |error: std::io::Error| Failure::usage(format!("cannot read {}: {error}", folder.display()));
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && !name.starts_with('.') {
                let below = if path.is_symlink() { &mut links } else { &mut folders };
                below.push((path, depth + 1));
            } else if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
        links.sort();
    }
    found.sort();
    Ok(found)
}
