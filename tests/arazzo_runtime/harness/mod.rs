//! Reads the cases, plays each of them and its controls, and tells every difference.
//!
//! - [`case`] is the format of a file;
//! - [`server`] is the scripted server;
//! - [`play`] reads the description and drives the workflows;
//! - [`compare`] holds what was expected against what came of it.

mod case;
mod compare;
mod play;
mod server;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use serde_json::Value;

use case::{Case, Control, Expected};
use compare::differences;
use play::{Outcome, play};

/// Fewest cases: lost ones are found out.
pub const CASES_MIN: usize = 440;

/// The folders of cases, in the order of the alphabet.
pub const TOPICS: [&str; 12] = [
    "actions",
    "bodies",
    "criteria",
    "documents",
    "expressions",
    "extensions",
    "failures",
    "inputs",
    "outputs",
    "parameters",
    "sources",
    "workflows",
];

/// Plays every case of a topic; panics with all differences of all of them.
#[track_caller]
pub fn check(topic: &str) {
    let wanted = std::env::var("STANDIN_CASE").unwrap_or_default();
    let files = files(topic);
    let files = files.iter().filter(|file| file.display().to_string().contains(&wanted));
    let failures: Vec<String> = files.filter_map(|file| check_file(file).err()).collect();
    assert!(failures.is_empty(), "{} cases of {topic} fail\n\n{}", failures.len(), failures.join("\n"));
}

/// The files of a topic, in order.
pub fn files(topic: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(topic)).unwrap_or_else(|error| panic!("{topic}: {error}"));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    for file in &files {
        assert!(file.extension().is_some_and(|extension| extension == "yaml"), "{} is no case", file.display());
    }
    files
}

/// The folders beside the harness.
pub fn folders() -> Vec<String> {
    let entries = fs::read_dir(root()).expect("the folder of the suite");
    let folders = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
    let names = folders.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
    let mut names: Vec<String> = names.filter(|name| name != "harness").collect();
    names.sort();
    names
}

pub fn title(file: &Path) -> String {
    let value = read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    value["title"].as_str().unwrap_or_default().to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/arazzo_runtime")
}

fn read(file: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    serde_saphyr::from_str(&text).map_err(|error| error.to_string())
}

/// Plays a case and its controls; all that is wrong, under the file's name and title.
fn check_file(file: &Path) -> Result<(), String> {
    let name = file.strip_prefix(root()).unwrap_or(file).display().to_string();
    let told = |text: String| format!("── {name}\n{text}\n");
    let value = read(file).map_err(told)?;
    check_case(&value).map_err(told)
}

/// Plays a case and its controls; all that is wrong, under its title.
pub fn check_case(value: &Value) -> Result<(), String> {
    let case = Case::read(value)?;
    let mut text = String::new();
    if let Err(why) = meets(&case, &case.expect) {
        text.push_str(&why);
    }
    for (index, control) in case.controls.iter().enumerate() {
        if let Err(why) = check_control(value, &case, control) {
            text.push_str(&format!("  control {index}: {}\n{why}", control.why));
        }
    }
    if text.is_empty() { Ok(()) } else { Err(format!("   {}\n{text}", case.title)) }
}

/// A control must come out as it says, and not as the case does.
fn check_control(value: &Value, case: &Case, control: &Control) -> Result<(), String> {
    let changed = control.apply(value).map_err(|why| format!("    {why}\n"))?;
    let changed = Case::read(&changed).map_err(|why| format!("    {why}\n"))?;
    let outcome = meets(&changed, &control.expect)?;
    if differences(&case.expect, &outcome).is_empty() {
        return Err("    it comes out like the case itself, so that the case shows nothing\n".to_owned());
    }
    Ok(())
}

/// Plays and compares. A panic of the runner is told like any difference, so that the other cases are still played.
fn meets(case: &Case, expected: &Expected) -> Result<Outcome, String> {
    let played = catch_unwind(AssertUnwindSafe(|| play(case)));
    let outcome = played.map_err(|panic| format!("    the runner panicked: {}\n", panic_message(&*panic)))?;
    let differences = differences(expected, &outcome);
    if differences.is_empty() {
        return Ok(outcome);
    }
    let mut text: String = differences.iter().map(|line| format!("    {line}\n")).collect();
    text.extend(outcome.messages.iter().map(|message| format!("    ! {message}\n")));
    Err(text)
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
