//! Before the program is compiled, the shipped documents are read: their YAML is written out as JSON, which the program reads some twenty
//! times as fast when it starts.

use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "contract/document/tree.rs"]
mod tree;

fn main() {
    let from = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is")).join("spec");
    let to = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where to build")).join("trees");
    println!("cargo::rerun-if-changed=spec");
    println!("cargo::rerun-if-changed=src/build.rs");
    println!("cargo::rerun-if-changed=src/contract/document/tree.rs");
    if to.exists() {
        fs::remove_dir_all(&to).expect("trees of an earlier build can be removed");
    }
    for service in folders(&from) {
        let written = to.join(service.file_name().expect("a folder has a name"));
        fs::create_dir_all(&written).expect("a folder for trees can be made");
        for file in yaml_files(&service) {
            let name = Path::new(file.file_name().expect("a file has a name")).with_extension("json");
            fs::write(written.join(name), as_json(&file)).expect("a tree can be written");
        }
    }
}

fn folders(of: &Path) -> Vec<PathBuf> {
    entries(of).into_iter().filter(|path| path.is_dir()).collect()
}

fn yaml_files(of: &Path) -> Vec<PathBuf> {
    entries(of).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect()
}

fn entries(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
    entries.map(|entry| entry.expect("a folder can be listed").path()).collect()
}

fn as_json(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let read = serde_saphyr::from_str_with_options::<tree::Tree>(&text, tree::yaml_options());
    read.unwrap_or_else(|error| panic!("{}: {error}", file.display())).0.to_string()
}
