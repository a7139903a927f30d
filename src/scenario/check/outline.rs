//! Which properties a value may have, by all schemas that speak of it at once.
//!
//! `allOf`, `anyOf`, `oneOf`, conditions and references all speak of the same value. An [`Outline`] is the union of what they name; the
//! outline of a property is the union of what they say of that property. Outlines are made when a value first gets there, so a large
//! document costs only what its replies show, and recursive schemas end where values do.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;
use regex::Regex;
use serde_json::{Map, Value};

use crate::contract::document::Document;
use crate::pointer;

/// Most schemas that may speak of one value.
const MEMBERS_MAX: usize = 500;
/// Outlines in one part of the arena.
const CHUNK: usize = 512;
/// Parts of the arena: `CHUNK * CHUNKS` outlines are more than any document has schemas; what comes after is not looked into.
const CHUNKS: usize = 256;

/// An outline in [`Outlines`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutlineId(usize);

/// What may stand in one place of a value.
#[derive(Debug)]
pub struct Outline {
    /// Where the first of the schemas stands.
    pub pointer: String,
    pub properties: IndexMap<String, Option<OutlineId>>,
    pub others: Others,
    pub items: Option<OutlineId>,
}

/// What is said of properties that have no name in the document.
#[derive(Debug)]
pub enum Others {
    /// Nothing: a property without a declaration is a surprise, unless its name fits one of these patterns.
    Unsaid { patterns: Vec<Regex>, below: Option<OutlineId> },
    /// They are welcome, or forbidden (and then validation says so).
    Said { below: Option<OutlineId> },
}

/// Every outline that was needed so far. Reading takes no lock.
#[derive(Debug)]
pub struct Outlines {
    /// By the pointers of their schemas.
    known: Mutex<IndexMap<String, OutlineId>>,
    chunks: [OnceLock<Box<[Slot]>>; CHUNKS],
}

#[derive(Debug, Default)]
struct Slot {
    schemas: OnceLock<Vec<String>>,
    outline: OnceLock<Outline>,
}

/// A schema, and where it stands.
#[derive(Debug, Clone)]
pub struct Place<'d> {
    pub pointer: String,
    pub schema: &'d Value,
}

/// One of the schemas that speak of a value.
#[derive(Debug)]
pub struct Member<'d> {
    pub pointer: String,
    pub schema: &'d Map<String, Value>,
    /// It holds whatever the value is: no `anyOf`, `oneOf` or condition stands between.
    certain: bool,
    /// `patternProperties`; a pattern that is no regular expression to us is `None`.
    patterns: Vec<(Option<Regex>, Place<'d>)>,
}

/// All schemas that speak of a value.
#[derive(Debug, Default)]
pub struct Members<'d> {
    pub list: Vec<Member<'d>>,
    /// One of them lets everything pass, or cannot be followed.
    free: bool,
}

impl Default for Outlines {
    fn default() -> Self {
        Outlines { known: Mutex::default(), chunks: [const { OnceLock::new() }; CHUNKS] }
    }
}

impl Outlines {
    /// The outline of the schemas at these pointers, not yet drawn. `None` for no schemas, and when there are too many outlines.
    pub fn intern(&self, document: &Document, schemas: Vec<Place<'_>>) -> Option<OutlineId> {
        let schemas: Vec<String> = settled(document, schemas).into_iter().map(|place| place.pointer).collect();
        if schemas.is_empty() {
            return None;
        }
        let key = schemas.join("\n");
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = known.get(&key) {
            return Some(*id);
        }
        let id = OutlineId(known.len());
        let slot = self.chunk(id)?.get(id.0 % CHUNK)?;
        slot.schemas.get_or_init(|| schemas);
        known.insert(key, id);
        Some(id)
    }

    /// The outline, drawn now if nobody needed it before.
    pub fn get(&self, document: &Document, id: OutlineId) -> Option<&Outline> {
        let slot = self.chunk(id)?.get(id.0 % CHUNK)?;
        let schemas = slot.schemas.get()?;
        Some(slot.outline.get_or_init(|| self.draw(document, schemas)))
    }

    fn chunk(&self, id: OutlineId) -> Option<&[Slot]> {
        let chunk = self.chunks.get(id.0 / CHUNK)?;
        Some(chunk.get_or_init(|| (0..CHUNK).map(|_| Slot::default()).collect()))
    }

    fn draw(&self, document: &Document, schemas: &[String]) -> Outline {
        let places = schemas.iter().filter_map(|schema| Place::at(document, schema)).collect();
        let members = members(document, places);
        let intern = |schemas: Vec<Place<'_>>| self.intern(document, schemas);
        let properties = members.names().into_iter().map(|name| {
            let below = intern(members.property(&name));
            (name, below)
        });
        let properties: IndexMap<String, Option<OutlineId>> = properties.collect();
        let below = intern(members.other_properties());
        let others = match members.patterns() {
            Some(patterns) if members.surprises(&properties) => Others::Unsaid { patterns, below },
            _ => Others::Said { below },
        };
        let pointer = schemas.first().cloned().unwrap_or_default();
        Outline { pointer, properties, others, items: intern(members.items()) }
    }
}

impl<'d> Place<'d> {
    pub fn at(document: &'d Document, pointer: &str) -> Option<Place<'d>> {
        Some(Place { schema: document.at(pointer)?, pointer: pointer.to_owned() })
    }

    /// What is said below a keyword, if anything is.
    fn below(&self, keyword: &str) -> Option<Place<'d>> {
        Some(Place { schema: self.schema.get(keyword)?, pointer: pointer::join(&self.pointer, keyword) })
    }

    /// Each schema of a keyword that holds a list.
    fn listed(&self, keyword: &str) -> Vec<Place<'d>> {
        let Some(owner) = self.below(keyword) else { return Vec::new() };
        let list = owner.schema.as_array().into_iter().flatten().enumerate();
        list.map(|(index, schema)| Place { schema, pointer: format!("{}/{index}", owner.pointer) }).collect()
    }
}

/// A schema still to be looked at: [`Member::certain`] and [`Member::alternative`] of what it will be.
struct Next<'d> {
    place: Place<'d>,
    certain: bool,
    alternative: bool,
}

/// All schemas that speak of the same value as these.
pub fn members<'d>(document: &'d Document, schemas: Vec<Place<'d>>) -> Members<'d> {
    let mut members = Members::default();
    let mut seen = BTreeSet::new();
    let first = schemas.into_iter().rev().map(|place| Next { place, certain: true, alternative: false });
    let mut open: Vec<Next<'d>> = first.collect();
    while let Some(next) = open.pop() {
        if members.list.len() >= MEMBERS_MAX {
            members.free = true;
            break;
        }
        // One schema is one value of the document, however it was reached.
        if !seen.insert(std::ptr::from_ref(next.place.schema)) {
            continue;
        }
        let schema = match next.place.schema {
            Value::Object(schema) => schema,
            // `false` can be nobody's schema; `true` is everybody's.
            Value::Bool(false) => continue,
            _ => {
                members.free |= next.alternative;
                continue;
            }
        };
        open.extend(next.beside(document, &mut members.free).into_iter().rev());
        let Next { place, certain, alternative } = next;
        let patterns = patterns(&place);
        let member = Member { pointer: place.pointer, schema, certain, patterns };
        members.free |= alternative && member.is_free();
        members.list.push(member);
    }
    members
}

fn patterns<'d>(schema: &Place<'d>) -> Vec<(Option<Regex>, Place<'d>)> {
    let Some(owner) = schema.below("patternProperties") else { return Vec::new() };
    let list = owner.schema.as_object().into_iter().flatten();
    let compile = |(pattern, schema): (&'d String, &'d Value)| {
        let pointer = pointer::join(&owner.pointer, pattern);
        (Regex::new(pattern).ok(), Place { pointer, schema })
    };
    list.map(compile).collect()
}

impl<'d> Next<'d> {
    /// The schemas that this one applies to the same value.
    fn beside(&self, document: &'d Document, free: &mut bool) -> Vec<Next<'d>> {
        let mut found = Vec::new();
        let mut add = |place, certain, alternative| found.push(Next { place, certain, alternative });
        if let Some(reference) = self.place.schema.get("$ref").and_then(Value::as_str) {
            match target(document, reference) {
                Some(target) => add(target, self.certain, self.alternative),
                None => *free = true,
            }
        }
        // Where a dynamic reference leads depends on the way by which it was reached.
        *free |= self.place.schema.get("$dynamicRef").is_some();
        self.place.listed("allOf").into_iter().for_each(|place| add(place, self.certain, false));
        for keyword in ["anyOf", "oneOf"] {
            self.place.listed(keyword).into_iter().for_each(|place| add(place, false, true));
        }
        for keyword in ["if", "then", "else"] {
            self.place.below(keyword).into_iter().for_each(|place| add(place, false, false));
        }
        if let Some(owner) = self.place.below("dependentSchemas") {
            for (name, schema) in owner.schema.as_object().into_iter().flatten() {
                add(Place { schema, pointer: pointer::join(&owner.pointer, name) }, false, false);
            }
        }
        found
    }
}

impl<'d> Member<'d> {
    /// An alternative that is any object at all.
    fn is_free(&self) -> bool {
        const SAYING: [&str; 12] = [
            "$ref",
            "allOf",
            "anyOf",
            "oneOf",
            "if",
            "not",
            "properties",
            "patternProperties",
            "required",
            "enum",
            "const",
            "dependentSchemas",
        ];
        let says_object = match self.schema.get("type") {
            None => true,
            Some(Value::String(kind)) => kind == "object",
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
            Some(_) => false,
        };
        says_object && !SAYING.iter().any(|keyword| self.schema.contains_key(*keyword))
    }

    fn named(&self, keyword: &str) -> impl Iterator<Item = (&'d String, &'d Value)> + use<'d> {
        self.schema.get(keyword).and_then(Value::as_object).into_iter().flatten()
    }

    fn child(&self, keyword: &str, name: &str, schema: &'d Value) -> Place<'d> {
        Place { schema, pointer: pointer::join(&pointer::join(&self.pointer, keyword), name) }
    }

    /// What a keyword holds that has one schema; not `true` and `false`.
    fn only(&self, keyword: &str) -> Option<Place<'d>> {
        let schema = self.schema.get(keyword).filter(|schema| schema.is_object())?;
        Some(Place { schema, pointer: pointer::join(&self.pointer, keyword) })
    }

    /// The schema of properties that this member does not name.
    fn others(&self) -> Option<Place<'d>> {
        self.only("additionalProperties").or_else(|| self.only("unevaluatedProperties"))
    }

    /// Does it say whether there may be others? An alternative that forbids them speaks only for itself.
    fn settles_others(&self) -> bool {
        ["additionalProperties", "unevaluatedProperties"].iter().any(|keyword| match self.schema.get(*keyword) {
            None => false,
            Some(Value::Bool(false)) => self.certain,
            Some(_) => true,
        })
    }
}

impl<'d> Members<'d> {
    /// Every property that is named and may be there, in order of naming.
    pub fn names(&self) -> Vec<String> {
        let mut names: IndexMap<&str, ()> = IndexMap::new();
        for (name, schema) in self.list.iter().flat_map(|member| member.named("properties")) {
            if schema != &Value::Bool(false) {
                names.insert(name, ());
            }
        }
        names.into_keys().map(str::to_owned).collect()
    }

    /// What is said of a property: by its name, and by the members that speak of all which they do not name.
    pub fn property(&self, name: &str) -> Vec<Place<'d>> {
        let mut found = Vec::new();
        for member in &self.list {
            let before = found.len();
            if let Some(schema) = member.schema.get("properties").and_then(|properties| properties.get(name)) {
                found.push(member.child("properties", name, schema));
            }
            let fits = |pattern: &Option<Regex>| pattern.as_ref().is_some_and(|pattern| pattern.is_match(name));
            let fitting = member.patterns.iter().filter(|(pattern, _)| fits(pattern));
            found.extend(fitting.map(|(_, place)| place.clone()));
            if found.len() == before {
                found.extend(member.others());
            }
        }
        found
    }

    /// What is said of properties without a name of their own.
    pub fn other_properties(&self) -> Vec<Place<'d>> {
        let mut found = Vec::new();
        for member in &self.list {
            found.extend(member.patterns.iter().map(|(_, place)| place.clone()));
            found.extend(member.others());
        }
        found
    }

    /// What is said of the items of an array, wherever in it they stand.
    pub fn items(&self) -> Vec<Place<'d>> {
        let mut found = Vec::new();
        for member in &self.list {
            found.extend(["items", "unevaluatedItems"].iter().filter_map(|keyword| member.only(keyword)));
            let first = member.schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten().enumerate();
            found.extend(first.map(|(index, schema)| member.child("prefixItems", &index.to_string(), schema)));
        }
        found
    }

    /// The patterns of names; `None` where one is no regular expression that we can read.
    fn patterns(&self) -> Option<Vec<Regex>> {
        let patterns = self.list.iter().flat_map(|member| &member.patterns);
        patterns.map(|(pattern, _)| pattern.clone()).collect()
    }

    /// Would a property without a declaration be a surprise? Only where properties are declared at all, and nobody says whether
    /// there may be others.
    fn surprises(&self, properties: &IndexMap<String, Option<OutlineId>>) -> bool {
        let describes = !properties.is_empty() || self.list.iter().any(|one| !one.patterns.is_empty());
        describes && !self.free && !self.list.iter().any(Member::settles_others)
    }
}

/// Where a local reference leads.
fn target<'d>(document: &'d Document, reference: &str) -> Option<Place<'d>> {
    let target = pointer::decode_fragment(reference.strip_prefix('#')?)?;
    (target.is_empty() || target.starts_with('/')).then_some(())?;
    Place::at(document, &target)
}

/// The schemas themselves rather than places that only refer to them, each once, in a fixed order: equal sets are then the same.
pub fn settled<'d>(document: &'d Document, schemas: Vec<Place<'d>>) -> Vec<Place<'d>> {
    let settle = |place: Place<'d>| match place.schema {
        Value::Object(schema) if schema.len() == 1 && schema.contains_key("$ref") => {
            match document.resolve_named(place.schema) {
                (schema, Some(pointer)) => Place { pointer, schema },
                _ => place,
            }
        }
        _ => place,
    };
    let mut schemas: Vec<Place<'d>> = schemas.into_iter().map(settle).collect();
    schemas.sort_by(|one, other| one.pointer.cmp(&other.pointer));
    schemas.dedup_by(|one, other| one.pointer == other.pointer);
    schemas
}
