//! The format of a case: what stands in a file.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::server::Script;

/// The description that `document` becomes.
pub const MAIN: &str = "main.arazzo.yaml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A sentence: what is shown.
    pub title: String,
    /// The section of the specification, or the extension.
    #[allow(dead_code)]
    pub section: String,
    /// What it says there, in our own words.
    #[allow(dead_code)]
    pub says: String,
    /// The version of Arazzo whose rule this is.
    pub version: String,
    /// An Arazzo Description; `arazzo`, `info` and `sourceDescriptions` are filled in where they are missing.
    document: Option<Value>,
    /// More files, by name: objects, or text as it is.
    #[serde(default)]
    files: BTreeMap<String, Value>,
    /// The descriptions asked for, in place of [`MAIN`].
    read: Option<Vec<String>>,
    /// The workflows asked for by name, in place of all that no other calls.
    pub run: Option<Vec<String>>,
    #[serde(default)]
    pub inputs: Map<String, Value>,
    #[serde(default)]
    pub fake: Fake,
    pub server: Script,
    pub expect: Expected,
    pub controls: Vec<Control>,
}

/// What a fake fills inputs with (`x-standin-from`).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fake {
    pub credential: Option<String>,
    pub receiver: Option<String>,
}

/// What must come of it. What is absent is not looked at, except that a case itself waits for nothing that it does not say, and has
/// no findings when it passes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub verdict: Verdict,
    /// All requests, in order.
    pub requests: Option<Vec<Request>>,
    /// All waits between requests, in milliseconds.
    pub waits: Option<Vec<u64>>,
    /// All outputs of the workflow that ran last.
    pub outputs: Option<Value>,
    /// The verdict of each workflow, in the order in which they ran.
    pub workflows: Option<IndexMap<String, Verdict>>,
    /// The codes of all findings, without repetition, in the order of the alphabet.
    pub findings: Option<Vec<String>>,
    /// The JSON Pointers of all complaints about a refused description.
    pub complaints: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Passed,
    /// Not run, because a workflow that it depends on failed.
    Skipped,
    Failed,
    Unreachable,
    /// The description cannot be read.
    Refused,
}

/// One request: `GET /items?limit=2`, or an object when more than that is to be looked at.
#[derive(Debug)]
pub struct Request {
    pub line: String,
    /// The source description that it goes to.
    pub to: Option<String>,
    /// Some headers; `null` for one that must not be there.
    pub headers: Map<String, Value>,
    /// A JSON body, compared as a value; `null` for none at all.
    pub body: Option<Value>,
    /// A body as text.
    pub text: Option<String>,
    /// Texts within the body, in order.
    pub contains: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFields {
    line: String,
    to: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default, deserialize_with = "present")]
    body: Option<Value>,
    text: Option<String>,
    #[serde(default)]
    contains: Vec<String>,
}

/// A change of the case itself, and what must come of it then.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// What the change is, as a fragment.
    pub why: String,
    /// Values by JSON Pointer into the case; `-` appends to a list.
    #[serde(default)]
    set: IndexMap<String, Value>,
    /// JSON Pointers into the case.
    #[serde(default)]
    remove: Vec<String>,
    pub expect: Expected,
}

impl Case {
    /// Reads a case; complaints say where in the file.
    pub fn read(value: &Value) -> Result<Case, String> {
        let mut case: Case = from_value(value)?;
        if case.controls.is_empty() {
            return Err("   a case needs a control".to_owned());
        }
        if case.document.is_none() && case.read.is_none() {
            return Err("   a case needs a `document`, or `files` with `read`".to_owned());
        }
        let endless = case.expect.findings.iter().flatten().any(|code| code == "loop-limit");
        if case.expect.requests.is_none() && case.expect.verdict != Verdict::Refused && !endless {
            return Err("   `expect` needs the requests".to_owned());
        }
        if !endless {
            case.expect.waits.get_or_insert_default();
        }
        if case.expect.verdict == Verdict::Passed {
            case.expect.findings.get_or_insert_default();
        }
        Ok(case)
    }

    /// The descriptions asked for.
    pub fn asked(&self) -> Vec<String> {
        self.read.clone().unwrap_or_else(|| vec![MAIN.to_owned()])
    }

    /// Every file of the case as text.
    pub fn files(&self) -> BTreeMap<String, String> {
        let mut files: BTreeMap<String, String> =
            self.files.iter().map(|(name, content)| (name.clone(), text(content))).collect();
        if let Some(document) = &self.document {
            files.insert(MAIN.to_owned(), text(&self.completed(document)));
        }
        files
    }

    fn completed(&self, document: &Value) -> Value {
        let mut whole = serde_json::json!({
            "arazzo": self.version,
            "info": { "title": self.title, "version": "1.0.0" },
            "sourceDescriptions": [{ "name": "api", "url": "api.openapi.yaml", "type": "openapi" }],
        });
        for (key, value) in document.as_object().into_iter().flatten() {
            whole[key] = value.clone();
        }
        whole
    }
}

impl Control {
    /// The case with this change.
    pub fn apply(&self, case: &Value) -> Result<Value, String> {
        let mut changed = case.clone();
        for pointer in &self.remove {
            let (parent, key) = parent(&mut changed, pointer)?;
            let removed = match parent {
                Value::Object(members) => members.shift_remove(&key).is_some(),
                Value::Array(elements) => {
                    let index = key.parse().ok().filter(|index| *index < elements.len());
                    index.map(|index: usize| elements.remove(index)).is_some()
                }
                _ => false,
            };
            if !removed {
                return Err(format!("`remove` {pointer} leads nowhere"));
            }
        }
        for (pointer, value) in &self.set {
            let (parent, key) = parent(&mut changed, pointer)?;
            match parent {
                Value::Object(members) => {
                    members.insert(key, value.clone());
                }
                Value::Array(elements) if key == "-" => elements.push(value.clone()),
                Value::Array(elements) => {
                    let slot = key.parse().ok().and_then(|index: usize| elements.get_mut(index));
                    *slot.ok_or_else(|| format!("`set` {pointer} leads nowhere"))? = value.clone();
                }
                _ => return Err(format!("`set` {pointer} leads nowhere")),
            }
        }
        Ok(changed)
    }
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Request, D::Error> {
        let fields = match Value::deserialize(deserializer)? {
            Value::String(line) => {
                RequestFields { line, to: None, headers: Map::new(), body: None, text: None, contains: Vec::new() }
            }
            other => from_value(&other).map_err(D::Error::custom)?,
        };
        let RequestFields { line, to, headers, body, text, contains } = fields;
        Ok(Request { line, to, headers, body, text, contains })
    }
}

/// Keeps a written `null` apart from nothing written.
pub fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A value as one of our types; the complaint names the place.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| format!("   {}: {}", error.path(), error.inner()))
}

fn parent<'v>(value: &'v mut Value, pointer: &str) -> Result<(&'v mut Value, String), String> {
    let (above, key) = pointer.rsplit_once('/').ok_or_else(|| format!("`{pointer}` is no JSON Pointer"))?;
    let parent = value.pointer_mut(above).ok_or_else(|| format!("{pointer} leads nowhere"))?;
    Ok((parent, key.replace("~1", "/").replace("~0", "~")))
}

fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        other => format!("{other:#}"),
    }
}
