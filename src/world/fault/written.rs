//! A fault as it is written: one flat object of its kind, the kind's own words, which calls, and which of those.
//!
//! The words of each part are read by that part alone, so that an unknown word is told with the ones that could have been meant.

use std::sync::LazyLock;

use schemars::{JsonSchema, SchemaGenerator};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Address, Fault, Kind, Needs, Occurrence};
use crate::pointer::escape;
use crate::words::{did_you_mean, written_kind};

static ADDRESS_WORDS: LazyLock<Vec<String>> = LazyLock::new(words_of::<Address>);
static OCCURRENCE_WORDS: LazyLock<Vec<String>> = LazyLock::new(words_of::<Occurrence>);

/// What is wrong with a written fault, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// JSON Pointer into the fault; empty for all of it.
    pub pointer: String,
    /// Is the key meant, rather than its value?
    pub about_key: bool,
    pub message: String,
    pub hint: Option<String>,
}

impl Wrong {
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Wrong {
        Wrong { pointer: pointer.into(), about_key: false, message: message.into(), hint: None }
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.pointer.is_empty() {
            write!(out, "{}: ", self.pointer)?;
        }
        write!(out, "{}", self.message)?;
        self.hint.iter().try_for_each(|hint| write!(out, "; {hint}"))
    }
}

impl Fault {
    /// Reads a fault; everything about it is checked but the names of operations and the like, which only a contract knows.
    pub fn read(value: &Value) -> Result<Fault, Wrong> {
        let Value::Object(object) = value else {
            return Err(Wrong::new("", format!("a fault is an object, not {}", written_kind(value))));
        };
        let mut own = object.clone();
        let address: Address = read_own(take(&mut own, &ADDRESS_WORDS))?;
        let occurrence: Occurrence = read_own(take(&mut own, &OCCURRENCE_WORDS))?;
        let kind = read_kind(own)?;
        let fault = Fault { kind, address, occurrence };
        fault.check().map_err(|message| Wrong::new("", message))?;
        Ok(fault)
    }

    /// As [`Fault::read`] reads it.
    pub fn write(&self) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("kind".to_owned(), self.kind.word().into());
        object.extend(self.kind.write());
        object.extend(self::object(&self.address));
        object.extend(self::object(&self.occurrence));
        object
    }

    /// What is wrong with it as a whole, if anything.
    pub fn check(&self) -> Result<(), String> {
        self.kind.check()?;
        self.address.check(self.kind.aspect())?;
        if self.kind.needs() == Needs::Credential && self.occurrence.times.is_some_and(|times| times > 1) {
            return Err("a credential expires once: leave times out".to_owned());
        }
        self.occurrence.check()
    }
}

fn read_kind(mut own: Map<String, Value>) -> Result<Kind, Wrong> {
    let word = match own.shift_remove("kind") {
        Some(Value::String(word)) => word,
        Some(other) => {
            return Err(Wrong::new("/kind", format!("kind is a word, not {}", written_kind(&other))));
        }
        None => {
            let hint = Some(format!("say which: {}", Kind::WORDS.join(", ")));
            return Err(Wrong { hint, ..Wrong::new("", "the fault has no kind") });
        }
    };
    let Some(read) = Kind::read(&word, own) else {
        let hint = match did_you_mean(&word, Kind::WORDS.iter().copied()) {
            Some(nearest) => format!("did you mean {nearest:?}?"),
            None => format!("known kinds: {}", Kind::WORDS.join(", ")),
        };
        let wrong = Wrong::new("/kind", format!("there is no kind of fault {word:?}"));
        return Err(Wrong { hint: Some(hint), ..wrong });
    };
    read.map_err(|wrong| in_kind(wrong, &word))
}

/// An unknown word could have been meant for the kind, or for which calls.
fn in_kind(wrong: Wrong, kind: &str) -> Wrong {
    if !wrong.about_key {
        return wrong;
    }
    let word = wrong.pointer.trim_start_matches('/').to_owned();
    let mut generator = SchemaGenerator::default();
    let own = Kind::schemas(&mut generator).into_iter().find(|(name, ..)| *name == kind);
    let mut known: Vec<String> = own.map(|(.., schema)| words_in(&schema.to_value())).unwrap_or_default();
    let list = if known.is_empty() { "no words of its own".to_owned() } else { known.join(", ") };
    known.extend(ADDRESS_WORDS.iter().chain(&*OCCURRENCE_WORDS).cloned());
    let hint = match did_you_mean(&word, known.iter().map(String::as_str)) {
        Some(nearest) => format!("did you mean {nearest:?}?"),
        None => format!("a fault of this kind takes {list}, and what says which calls"),
    };
    Wrong { message: format!("{word:?} does not belong to a fault of kind {kind}"), hint: Some(hint), ..wrong }
}

/// Reads one part's words and no others.
pub(super) fn read_own<T: DeserializeOwned>(own: Map<String, Value>) -> Result<T, Wrong> {
    let keys: Vec<String> = own.keys().cloned().collect();
    let read: Result<T, _> = serde_path_to_error::deserialize(Value::Object(own));
    read.map_err(|error| {
        let path: String = error.path().iter().map(|segment| format!("/{}", escape(&segment.to_string()))).collect();
        let message = error.into_inner().to_string();
        let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
        match unknown.filter(|word| keys.iter().any(|key| key == word)) {
            Some(word) => {
                Wrong { about_key: true, ..Wrong::new(format!("/{}", escape(word)), format!("unknown word {word:?}")) }
            }
            None => Wrong::new(if path == "/." { String::new() } else { path }, message),
        }
    })
}

/// The written members of a part.
pub(super) fn object(part: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(part) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

fn take(object: &mut Map<String, Value>, words: &[String]) -> Map<String, Value> {
    words.iter().filter_map(|word| object.shift_remove_entry(word)).collect()
}

fn words_of<T: JsonSchema>() -> Vec<String> {
    words_in(&T::json_schema(&mut SchemaGenerator::default()).to_value())
}

fn words_in(schema: &Value) -> Vec<String> {
    let properties = schema["properties"].as_object();
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fault, D::Error> {
        Fault::read(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
