//! The shipped services, as their folder has them: what is put there is tested without being named.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::path::PathBuf;

const DOCUMENT: &str = "openapi.yaml";
const OVERLAY: &str = "overlay.yaml";
const FURTHER_OVERLAYS: &str = ".overlay.yaml";

/// A folder of `spec/` that holds a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub name: String,
    /// From the repository's root, as are the overlays.
    pub document: String,
    /// In the order in which they are applied: the service's own is last.
    pub overlays: Vec<String>,
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All of them, by name.
pub fn all() -> Vec<Service> {
    let folders =
        std::fs::read_dir(root().join("spec")).expect("spec/ is there").map(|entry| entry.expect("an entry").path());
    let mut services: Vec<Service> = folders.filter(|folder| folder.join(DOCUMENT).is_file()).map(of).collect();
    services.sort_unstable_by(|one, two| one.name.cmp(&two.name));
    assert!(!services.is_empty(), "spec/ holds no service");
    services
}

/// All of them, or the one that `STANDIN_SERVICE` names: for work on a service.
pub fn chosen() -> Vec<Service> {
    let asked = std::env::var("STANDIN_SERVICE").ok();
    all().into_iter().filter(|service| asked.as_ref().is_none_or(|asked| *asked == service.name)).collect()
}

fn of(folder: PathBuf) -> Service {
    let name = folder.file_name().and_then(|name| name.to_str()).expect("a service's name is text").to_owned();
    let files = std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let files = files.filter_map(|file| file.into_string().ok());
    let mut overlays: Vec<String> = files.filter(|file| file == OVERLAY || file.ends_with(FURTHER_OVERLAYS)).collect();
    overlays.sort_unstable_by_key(|file| (file == OVERLAY, file.clone()));
    let path = |file: &str| format!("spec/{name}/{file}");
    Service { document: path(DOCUMENT), overlays: overlays.iter().map(|file| path(file)).collect(), name }
}
