//! Services that ship inside the program, and files beside it: where documents come from.

use std::path::Path;

use include_dir::{Dir, include_dir};
use serde_json::Value;

use super::failure::Failure;
use crate::contract::document::{FILE_BYTES_MAX, Source};
use crate::contract::error::LoadError;
use crate::words::did_you_mean;

/// One folder for each service: `openapi.yaml`, `overlay.yaml`, and any `*.overlay.yaml`. Beside them, profiles of faults and the audit plan.
static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/spec");
/// The same documents and overlays as `src/build.rs` has read them: `flow/openapi.json` is the tree of `flow/openapi.yaml`.
static TREES: Dir<'static> = include_dir!("$OUT_DIR/trees");

/// What the files of a service are called that is asked for by its name: `shipped:NAME/openapi.yaml`. No file on disk is meant.
const SHIPPED: &str = "shipped:";
/// Where they lie in the repository. A path like `spec/NAME/openapi.yaml` means the file on disk, or the embedded one where there is none.
pub const SHIPPED_ROOT: &str = "spec/";
/// How files of fault profiles end, beside the services' folders.
const PROFILE: &str = ".faults.yaml";
/// The plan of audits where none is named.
const AUDIT_PLAN: &str = "default.audit.yaml";
const DOCUMENT: &str = "openapi.yaml";
const OVERLAY: &str = "overlay.yaml";
const FURTHER_OVERLAYS: &str = ".overlay.yaml";

/// A document and the overlays that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub document: String,
    pub overlays: Vec<String>,
}

/// Reads files from disk, and embedded ones by their names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Files;

impl Source for Files {
    fn read(&self, name: &str) -> Result<String, String> {
        if let Some(text) = name.strip_prefix(SHIPPED).and_then(embedded) {
            return Ok(text.to_owned());
        }
        let reason = |error: std::io::Error| error.to_string();
        let size = match (std::fs::metadata(name), name.strip_prefix(SHIPPED_ROOT).and_then(embedded)) {
            (Err(_), Some(text)) => return Ok(text.to_owned()),
            (size, _) => size.map_err(reason)?,
        };
        if size.is_dir() {
            return Err("it is a folder".to_owned());
        }
        if size.len() > FILE_BYTES_MAX as u64 {
            return Err(format!("it has more than {FILE_BYTES_MAX} bytes"));
        }
        std::fs::read_to_string(name).map_err(reason)
    }

    fn tree(&self, name: &str) -> Option<Result<Value, LoadError>> {
        let path = Path::new(name.strip_prefix(SHIPPED)?).with_extension("json");
        let json = TREES.get_file(path)?.contents_utf8()?;
        let broken = |error| LoadError::new(name, "", format!("the tree that the build made cannot be read: {error}"));
        Some(serde_json::from_str(json).map_err(broken))
    }
}

/// The document meant by SPEC: a shipped service's name, a file, or the only shipped service.
pub fn find(spec: Option<&str>) -> Result<Spec, Failure> {
    let names = names();
    match (spec, names.as_slice()) {
        (Some(spec), names) if names.contains(&spec) => Ok(shipped(spec)),
        (Some(spec), names) if !Path::new(spec).exists() => Err(Failure::usage(unknown(spec, names))),
        (Some(spec), _) => Ok(Spec { document: spec.to_owned(), overlays: Vec::new() }),
        (None, [only]) => Ok(shipped(only)),
        (None, []) => Err(Failure::usage("no service is shipped with this program; name an OpenAPI file")),
        (None, names) => {
            Err(Failure::usage(format!("several services are shipped; name one of {}, or a file", names.join(", "))))
        }
    }
}

/// The overlays of the shipped service that a document is of; none for any other document.
pub fn overlays_of(document: &str) -> Vec<String> {
    let name = document.strip_prefix(SHIPPED_ROOT).and_then(|rest| rest.strip_suffix(DOCUMENT)?.strip_suffix('/'));
    match name {
        Some(name) if names().contains(&name) => spec(SHIPPED_ROOT, name).overlays,
        _ => Vec::new(),
    }
}

/// The shipped services, sorted.
pub fn names() -> Vec<&'static str> {
    let folders = EMBEDDED.dirs().filter(|folder| folder.get_file(folder.path().join(DOCUMENT)).is_some());
    let mut names: Vec<_> = folders.filter_map(|folder| folder.path().file_name()?.to_str()).collect();
    names.sort_unstable();
    names
}

/// The shipped fault profiles, sorted.
pub fn profiles() -> Vec<&'static str> {
    let files = EMBEDDED.files();
    let mut names: Vec<_> = files.filter_map(|file| file.path().file_name()?.to_str()?.strip_suffix(PROFILE)).collect();
    names.sort_unstable();
    names
}

/// The file of a shipped profile, as [`Files`] reads it.
pub fn profile(name: &str) -> String {
    format!("{SHIPPED}{name}{PROFILE}")
}

/// The file of the plan that ships for audits.
pub fn default_plan() -> String {
    format!("{SHIPPED}{AUDIT_PLAN}")
}

fn shipped(name: &str) -> Spec {
    spec(SHIPPED, name)
}

/// Further overlays come first: the service's own has the last word, also on what they bring.
fn spec(root: &str, name: &str) -> Spec {
    let files = EMBEDDED.get_dir(name).into_iter().flat_map(|folder| folder.files());
    let file_names = files.filter_map(|file| file.path().file_name()?.to_str());
    let mut overlays: Vec<&str> =
        file_names.filter(|file| *file == OVERLAY || file.ends_with(FURTHER_OVERLAYS)).collect();
    overlays.sort_unstable_by_key(|file| (*file == OVERLAY, *file));
    let path = |file: &str| format!("{root}{name}/{file}");
    Spec { document: path(DOCUMENT), overlays: overlays.into_iter().map(path).collect() }
}

fn embedded(path: &str) -> Option<&'static str> {
    EMBEDDED.get_file(path)?.contents_utf8()
}

fn unknown(spec: &str, names: &[&str]) -> String {
    let hint = match (did_you_mean(spec, names.iter().copied()), names) {
        (Some(nearest), _) => format!("; did you mean {nearest:?}?"),
        (None, []) => String::new(),
        (None, names) => format!("; shipped are: {}", names.join(", ")),
    };
    format!("{spec:?} is neither a shipped service nor a file{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::document::text;

    #[test]
    fn every_shipped_document_can_be_read() {
        for name in names() {
            let spec = find(Some(name)).unwrap();
            for file in std::iter::once(&spec.document).chain(&spec.overlays) {
                assert!(Files.read(file).is_ok(), "{file}");
            }
        }
    }

    #[test]
    fn what_the_build_read_is_what_the_files_say() {
        for name in names() {
            let spec = find(Some(name)).unwrap();
            for file in std::iter::once(&spec.document).chain(&spec.overlays) {
                let tree = Files.tree(file).expect("the build has read it").unwrap();
                let text = text::parse(file, &Files.read(file).unwrap()).unwrap();
                assert_eq!(tree.to_string(), text.to_string(), "{file}");
            }
        }
        assert!(Files.tree("shipped:flow/no.yaml").is_none() && Files.tree("openapi.yaml").is_none());
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_one() {
        assert_eq!(
            unknown("pracels", &["parcels", "letters"]),
            "\"pracels\" is neither a shipped service nor a file; did you mean \"parcels\"?"
        );
        assert_eq!(
            unknown("zzz", &["parcels", "letters"]),
            "\"zzz\" is neither a shipped service nor a file; shipped are: parcels, letters"
        );
    }

    #[test]
    fn what_is_not_there_cannot_be_read() {
        assert!(Files.read("no/such/file.yaml").is_err());
        assert_eq!(Files.read("src"), Err("it is a folder".to_owned()));
        assert!(find(Some("no/such/file.yaml")).is_err());
    }

    #[test]
    fn a_file_is_taken_as_it_is() {
        let spec = find(Some("Cargo.toml")).unwrap();
        assert_eq!(spec, Spec { document: "Cargo.toml".to_owned(), overlays: Vec::new() });
    }
}
