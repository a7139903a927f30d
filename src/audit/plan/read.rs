//! From a file's text to a plan, or everything that is wrong with it, each with its place.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    BASELINE, NAME_CHARS_MAX, Need, Plan, PlannedFault, PlannedTrial, RUNS_MAX, TIMEOUT_MAX, TOGETHER_MAX, TRIALS_MAX,
};
use crate::audit::observe::SESSION;
use crate::contract::document::text;
use crate::contract::error::LoadError;
use crate::pointer;
use crate::words::{did_you_mean, written_kind};
use crate::world::fault::{ARMED_MAX, Fault, Wrong};

/// The only word at the top of the file.
const TRIALS: &str = "trials";
const SHAPE: &str = "write trials: [ { name: unavailable, faults: [ { kind: status, status: 503, times: 1 } ] } ]";

/// A trial as it is written. Its faults are read one by one, so that each is told where it is wrong. What is said of the words here stands in
/// `spec/audit.md`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Unique in its plan: letters, digits, `-` and `_`.
    name: String,
    /// What goes wrong, in a line; the name where nobody says.
    title: Option<String>,
    /// What is armed in the trial's world, in this order; each as `standin serve --faults` takes it.
    faults: Vec<Value>,
    /// How often the client is run, each time in a fresh world; 1 where nobody says.
    runs: Option<u32>,
    /// How many clients are run at once in each of these worlds; 1 where nobody says.
    together: Option<u32>,
    /// What the baseline must have seen. Otherwise the trial is skipped, and the report says why.
    #[serde(default)]
    needs: Vec<Need>,
    /// The longest time of one run, where it differs from that of the others: `10s`.
    timeout: Option<String>,
}

/// Reads a plan; `file` is its name, for complaints.
pub fn read(file: &str, text: &str) -> Result<Plan, Vec<LoadError>> {
    let root = text::parse(file, text).map_err(|error| vec![error])?;
    let written = list(file, &root).map_err(|error| vec![error])?;
    let mut trials: Vec<PlannedTrial> = Vec::with_capacity(written.len());
    let mut complaints = Vec::new();
    for (index, written) in written.iter().enumerate() {
        let pointer = format!("/{TRIALS}/{index}");
        match trial(file, &pointer, written) {
            Ok(trial) if trials.iter().any(|other| other.name == trial.name) => {
                let message = format!("there is another trial {:?}", trial.name);
                complaints.push(LoadError::new(file, pointer + "/name", message).hint("give each its own name"));
            }
            Ok(trial) => trials.push(trial),
            Err(errors) => complaints.extend(errors),
        }
    }
    if complaints.is_empty() { Ok(Plan { trials }) } else { Err(complaints) }
}

/// Is this text a plan? It has `trials` among its top-level words.
pub fn is_plan(text: &str) -> bool {
    text::has_word(text, TRIALS)
}

/// The list of trials, which is all that a file has.
fn list<'a>(file: &str, root: &'a Value) -> Result<&'a [Value], LoadError> {
    let Value::Object(object) = root else {
        let message = format!("a plan is an object, not {}", written_kind(root));
        return Err(LoadError::new(file, "", message).hint(SHAPE));
    };
    if let Some(word) = object.keys().find(|word| *word != TRIALS) {
        let error = LoadError::new(file, pointer::join("", word), format!("a plan has no {word:?}")).about_key();
        return Err(match did_you_mean(word, [TRIALS]) {
            Some(nearest) => error.hint(format!("did you mean {nearest:?}?")),
            None => error.hint(format!("its only word is {TRIALS}")),
        });
    }
    match object.get(TRIALS) {
        Some(Value::Array(list)) if list.len() > TRIALS_MAX => {
            let message = format!("a plan has at most {TRIALS_MAX} trials, not {}", list.len());
            Err(LoadError::new(file, "/trials", message))
        }
        Some(Value::Array(list)) if !list.is_empty() => Ok(list),
        Some(Value::Array(_)) => Err(LoadError::new(file, "/trials", "the list is empty").hint(SHAPE)),
        Some(other) => {
            let message = format!("trials is a list, not {}", written_kind(other));
            Err(LoadError::new(file, "/trials", message).hint(SHAPE))
        }
        None => Err(LoadError::new(file, "", "a plan has the word trials").hint(SHAPE)),
    }
}

fn trial(file: &str, pointer: &str, written: &Value) -> Result<PlannedTrial, Vec<LoadError>> {
    if !written.is_object() {
        return Err(vec![
            LoadError::new(file, pointer, format!("a trial is an object, not {}", written_kind(written))).hint(SHAPE),
        ]);
    }
    let read: Result<Written, _> = serde_path_to_error::deserialize(written);
    let written = read.map_err(|error| vec![shape(file, pointer, &error)])?;
    let at = |word: &str, message: String| LoadError::new(file, pointer::join(pointer, word), message);
    let mut complaints = Vec::new();
    if let Err(message) = check_name(&written.name) {
        complaints.push(at("name", message));
    }
    let mut within = |word: &str, number: Option<u32>, max: u32| {
        let number = number.unwrap_or(1);
        if !(1..=max).contains(&number) {
            complaints.push(at(word, format!("{word} is {number}, but must be from 1 to {max}")));
        }
        number
    };
    let runs = within("runs", written.runs, RUNS_MAX);
    let together = within("together", written.together, TOGETHER_MAX);
    let timeout = written.timeout.as_deref().map(duration).transpose().unwrap_or_else(|message| {
        complaints.push(at("timeout", message));
        None
    });
    if written.faults.is_empty() {
        let error = at("faults", "the trial has no faults".to_owned());
        complaints.push(error.hint("a run without faults goes before every plan; leave the trial out"));
    }
    if written.faults.len() > ARMED_MAX {
        complaints.push(at("faults", format!("a world takes at most {ARMED_MAX} faults")));
    }
    let mut faults = Vec::with_capacity(written.faults.len());
    for (index, value) in written.faults.iter().enumerate() {
        let pointer = format!("{pointer}/faults/{index}");
        match Fault::read(value) {
            Ok(fault) => faults.push(PlannedFault { fault, pointer }),
            Err(wrong) => complaints.push(wrong_fault(file, &pointer, wrong)),
        }
    }
    if !complaints.is_empty() {
        return Err(complaints);
    }
    let title = written.title.unwrap_or_else(|| written.name.clone());
    Ok(PlannedTrial { name: written.name, title, faults, runs, together, needs: written.needs, timeout })
}

/// Names are shown, typed after `--trial`, and part of the names of worlds.
fn check_name(name: &str) -> Result<(), String> {
    if [BASELINE, SESSION].contains(&name) {
        return Err(format!("the name {name:?} is taken: a run without faults goes before every plan by itself"));
    }
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !plain {
        return Err(format!("{name:?} is no name: write 1 to {NAME_CHARS_MAX} letters, digits, - and _"));
    }
    Ok(())
}

fn duration(text: &str) -> Result<Duration, String> {
    let ms = crate::instant::duration_ms(text).and_then(|ms| u64::try_from(ms).ok());
    let duration =
        ms.map(Duration::from_millis).ok_or_else(|| format!("{text:?} is no duration: write 10s or PT10S"))?;
    if duration.is_zero() || duration > TIMEOUT_MAX {
        return Err(format!(
            "{text:?} is no time for a run: write more than 0s, and at most {}s",
            TIMEOUT_MAX.as_secs()
        ));
    }
    Ok(duration)
}

/// What serde says about the words of a trial, with its place and the nearest word.
fn shape(file: &str, pointer: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> LoadError {
    let mut place = pointer.to_owned();
    for segment in error.path() {
        use serde_path_to_error::Segment;
        match segment {
            Segment::Map { key } => pointer::push(&mut place, key),
            Segment::Seq { index } => pointer::push(&mut place, &index.to_string()),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let message = error.inner().to_string();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let nearest = quoted.next().filter(|_| message.starts_with("unknown ")).and_then(|word| did_you_mean(word, quoted));
    let mut complaint = LoadError::new(file, place, message.clone());
    complaint.hint = nearest.map(|nearest| format!("did you mean {nearest:?}?"));
    if message.starts_with("unknown field") { complaint.about_key() } else { complaint }
}

fn wrong_fault(file: &str, pointer: &str, wrong: Wrong) -> LoadError {
    let mut error = LoadError::new(file, format!("{pointer}{}", wrong.pointer), wrong.message);
    error.hint = wrong.hint;
    if wrong.about_key { error.about_key() } else { error }
}
