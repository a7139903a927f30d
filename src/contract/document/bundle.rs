//! Brings what other files hold into the root tree, so that every `$ref` becomes local.
//!
//! A reference to another file's schema, parameter or response moves its target into the fitting section of `components`, once for
//! each target; cycles stay references. A component that is nothing but a reference to another file becomes its target's home, so
//! that the name the author chose stays. Parts that cannot be components (`paths: {$ref: paths.yaml}`) and path items are put in
//! place. A local reference of the root file stays as it is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::grammar::{Kind, Node, Visit, walk};
use super::origin::{Origin, Origins};
use super::reference::{self, Fragment, REF_HOPS_MAX};
use super::{Source, Unread};
use crate::contract::error::LoadError;
use crate::{json, pointer};

/// The most files that one document may be made of.
pub const FILES_MAX: usize = 4096;
/// The most values that references to other files may copy into the root tree.
pub const COPIED_NODES_MAX: usize = 3_000_000;

/// Bundles. What could not be brought in stays a reference and is complained about.
pub fn bundle(source: &dyn Source, name: &str, root: &mut Value, origins: &mut Origins) -> Vec<LoadError> {
    let mut bundler = Bundler::new(source, name, origins);
    bundler.claim_components(root);
    walk(Node::One(Kind::Document), root, "", &mut bundler);
    let mut placed = Vec::new();
    while let Some(home) = bundler.queue.pop_front() {
        let Some(mut value) = bundler.fetch(&home.origin) else { continue };
        bundler.origins.record(&home.at, home.origin.clone());
        walk(Node::One(home.kind), &mut value, &home.at, &mut bundler);
        placed.push((home.at, value));
    }
    let errors = bundler.errors;
    for (at, value) in placed {
        insert(root, &at, value);
    }
    errors
}

struct Bundler<'a> {
    source: &'a dyn Source,
    root_name: Arc<str>,
    root_file: String,
    /// Every other file read; `None` for one that could not be.
    files: BTreeMap<String, Option<Arc<Value>>>,
    /// The place in the root tree of each target: a section and where it was written, to a pointer.
    homes: BTreeMap<(&'static str, Arc<str>, String), String>,
    /// Component names in use.
    names: BTreeMap<&'static str, BTreeSet<String>>,
    /// How many values were copied from other files.
    nodes: usize,
    /// Targets that have a home and wait to be moved in.
    queue: VecDeque<Home>,
    /// The files that the walk is inside of, innermost last; the root file is none of them.
    contexts: Vec<Context>,
    origins: &'a mut Origins,
    errors: Vec<LoadError>,
}

struct Home {
    at: String,
    kind: Kind,
    origin: Origin,
}

struct Context {
    /// The pointer in the root tree where the foreign part stands.
    at: String,
    origin: Origin,
}

impl<'a> Bundler<'a> {
    fn new(source: &'a dyn Source, name: &str, origins: &'a mut Origins) -> Bundler<'a> {
        Bundler {
            source,
            root_name: name.into(),
            root_file: reference::relative(name, ""),
            files: BTreeMap::new(),
            homes: BTreeMap::new(),
            names: BTreeMap::new(),
            nodes: 0,
            queue: VecDeque::new(),
            contexts: Vec::new(),
            origins,
            errors: Vec::new(),
        }
    }

    /// Components that are references to other files claim their targets before any other reference gives them a name.
    fn claim_components(&mut self, root: &mut Value) {
        let Some(components) = root.get_mut("components") else { return };
        self.enter(Node::One(Kind::Components), components, "/components");
        for (name, section) in components.as_object_mut().into_iter().flatten() {
            let Some(node @ Node::Map(kind)) = Kind::Components.field(name) else { continue };
            let at = format!("/components/{name}");
            self.enter(node, section, &at);
            let Some(known) = kind.section() else { continue };
            for (name, component) in section.as_object().into_iter().flatten() {
                self.names.entry(known).or_default().insert(name.clone());
                if let Some(text) = bare_reference(component)
                    && let Some(origin) = self.target(text, &pointer::join(&at, name))
                    && origin.file != self.root_name
                {
                    let key = (known, origin.file, origin.pointer);
                    self.homes.entry(key).or_insert_with(|| pointer::join(&at, name));
                }
            }
            self.leave(&at);
        }
        self.leave("/components");
        // The walk will complain about the same references again, with all others.
        self.errors.clear();
        self.files.retain(|_, file| file.is_some());
    }

    /// What makes a reference local, giving its target a home if it has none. A plain one of the root file stays as it is.
    fn point(&mut self, kind: Kind, section: &'static str, text: &str, pointer: &str) -> Option<String> {
        if self.contexts.is_empty() && pointer::is_plain_reference(text) {
            return None;
        }
        let origin = self.target(text, pointer)?;
        if origin.file == self.root_name {
            return Some(pointer::to_reference(&origin.pointer));
        }
        let key = (section, origin.file.clone(), origin.pointer.clone());
        if let Some(home) = self.homes.get(&key) {
            return Some(pointer::to_reference(home));
        }
        let name = self.free_name(section, &origin);
        let at = format!("/components/{section}/{name}");
        self.homes.insert(key, at.clone());
        self.queue.push_back(Home { at: at.clone(), kind, origin });
        Some(pointer::to_reference(&at))
    }

    /// Puts the target of a reference in the place of the reference, again and again until it is none.
    fn adopt(&mut self, node: Node, value: &mut Value, pointer: &str) {
        for _ in 0..REF_HOPS_MAX {
            let Some(text) = value.get("$ref").and_then(Value::as_str) else { return };
            let Some(origin) = self.target(text, pointer) else { return };
            if let Node::One(kind) = node
                && let Some(section) = kind.section()
            {
                let key = (section, origin.file.clone(), origin.pointer.clone());
                let local = match self.homes.get(&key) {
                    _ if origin.file == self.root_name => Some(&origin.pointer),
                    Some(home) if is_component(pointer) && home != pointer => Some(home),
                    _ => None,
                };
                if let Some(local) = local {
                    value["$ref"] = Value::String(pointer::to_reference(local));
                    return;
                }
                if is_component(pointer) {
                    self.homes.insert(key, pointer.to_owned());
                }
            }
            if self.contexts.iter().any(|context| context.at != pointer && context.origin == origin) {
                return self.complain(pointer, "the reference leads to a part that it stands in".to_owned(), None);
            }
            let Some(mut target) = self.fetch(&origin) else { return };
            if self.nodes > COPIED_NODES_MAX {
                let message = format!("references copy more than {COPIED_NODES_MAX} values");
                return self.complain(pointer, message, None);
            }
            self.settle_in(pointer, origin);
            merge_siblings(&mut target, value, pointer, self);
            *value = target;
        }
        self.complain(pointer, format!("more than {REF_HOPS_MAX} references lead from one to the next"), None);
    }

    /// From here on the walk is inside of another file.
    fn settle_in(&mut self, pointer: &str, origin: Origin) {
        self.origins.record(pointer, origin.clone());
        self.contexts.pop_if(|context| context.at == pointer);
        self.contexts.push(Context { at: pointer.to_owned(), origin });
    }

    /// Where a reference leads; complains when that is nowhere. Local references of the root file are checked after overlays.
    fn target(&mut self, text: &str, pointer: &str) -> Option<Origin> {
        let here = self.here(pointer);
        let reference = match reference::parse(text) {
            Ok(reference) => reference,
            Err((message, hint)) => return self.refuse(pointer, message, hint),
        };
        let name = self.name_of(&here, reference.file);
        if name == self.root_name {
            match reference.fragment {
                Fragment::Pointer(pointer) => return Some(Origin { file: name, pointer }),
                Fragment::Anchor(_) if reference.file.is_empty() => return None,
                Fragment::Anchor(_) => {}
            }
        }
        let file = reference::relative(&name, "");
        let content = match self.read(&file) {
            Ok(content) => content?,
            Err(error) => {
                // A file that cannot be read is the referring place's mistake, one that is malformed is its own.
                match error {
                    Unread::Missing(message) => return self.refuse(pointer, message, None),
                    Unread::Malformed(error) => self.errors.push(error),
                }
                return None;
            }
        };
        let found = match reference.fragment {
            Fragment::Pointer(pointer) => pointer,
            Fragment::Anchor(anchor) => match reference::find_anchor(&content, &anchor) {
                Some(pointer) => pointer,
                None => return self.refuse(pointer, format!("`{file}` has no schema with `$anchor: {anchor}`"), None),
            },
        };
        if pointer::find(&content, &found).is_none() {
            let hint = reference::nearest(&content, &found);
            return self.refuse(pointer, format!("`{text}` leads nowhere"), hint);
        }
        Some(Origin { file: name, pointer: found })
    }

    /// The name that a referred file goes by in messages.
    fn name_of(&self, here: &Origin, file: &str) -> Arc<str> {
        if file.is_empty() {
            return here.file.clone();
        }
        let file = reference::relative(&here.file, file);
        if file == self.root_file { self.root_name.clone() } else { file.into() }
    }

    fn fetch(&mut self, origin: &Origin) -> Option<Value> {
        if self.nodes > COPIED_NODES_MAX {
            return None;
        }
        let file = reference::relative(&origin.file, "");
        let content = self.read(&file).ok().flatten()?;
        let value = pointer::find(&content, &origin.pointer)?;
        self.nodes += count_nodes(value);
        Some(value.clone())
    }

    /// A file's content, read once; `None` for one that was already complained about.
    fn read(&mut self, file: &str) -> Result<Option<Arc<Value>>, Unread> {
        if let Some(known) = self.files.get(file) {
            return Ok(known.clone());
        }
        if self.files.len() >= FILES_MAX {
            return Err(Unread::Missing(format!("the document is made of more than {FILES_MAX} files")));
        }
        self.files.insert(file.to_owned(), None);
        let name = if file == self.root_file { &*self.root_name } else { file };
        let content = super::read(self.source, name).map_err(|unread| match unread {
            Unread::Missing(reason) => Unread::Missing(format!("cannot read `{name}`: {reason}")),
            malformed => malformed,
        });
        let content = Arc::new(content?);
        self.files.insert(file.to_owned(), Some(content.clone()));
        Ok(Some(content))
    }

    /// The file that a place of the tree was written in.
    fn here(&self, pointer: &str) -> Origin {
        match self.contexts.last() {
            Some(Context { at, origin }) => {
                let rest = pointer.strip_prefix(at.as_str()).unwrap_or_default();
                Origin { file: origin.file.clone(), pointer: format!("{}{rest}", origin.pointer) }
            }
            None => Origin { file: self.root_name.clone(), pointer: pointer.to_owned() },
        }
    }

    fn complain(&mut self, pointer: &str, message: String, hint: Option<String>) {
        let here = self.here(pointer);
        let mut error = LoadError::new(&*here.file, format!("{}/$ref", here.pointer), message);
        error.hint = hint;
        self.errors.push(error);
    }

    fn refuse<T>(&mut self, pointer: &str, message: String, hint: Option<String>) -> Option<T> {
        self.complain(pointer, message, hint);
        None
    }

    /// The target's own name, or that of its file, made unique in its section.
    fn free_name(&mut self, section: &'static str, origin: &Origin) -> String {
        let file = origin.file.rsplit('/').next().unwrap_or_default();
        let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
        let last = pointer::split_last(&origin.pointer).map(|(_, last)| last);
        let wanted: String = last.as_deref().unwrap_or(stem).chars().map(component_character).collect();
        let wanted = if wanted.is_empty() { "part".to_owned() } else { wanted };
        let taken = self.names.entry(section).or_default();
        let mut name = wanted.clone();
        let mut number = 2_usize;
        while !taken.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        name
    }

    /// A discriminator's mapping may name schemas of other files, too.
    fn point_mapping(&mut self, schema: &mut Value, pointer: &str) {
        let mapping = schema.pointer_mut("/discriminator/mapping").and_then(Value::as_object_mut);
        for (name, target) in mapping.into_iter().flatten() {
            let Value::String(text) = target else { continue };
            if self.contexts.is_empty() && text.starts_with('#') || !looks_like_reference(text) {
                continue;
            }
            let at = format!("{pointer}/discriminator/mapping{}", pointer::join("", name));
            if let Some(local) = self.point(Kind::Schema, "schemas", text, &at) {
                *target = Value::String(local);
            }
        }
    }
}

impl Visit for Bundler<'_> {
    fn enter(&mut self, node: Node, value: &mut Value, pointer: &str) -> bool {
        if let Some(origin) = self.origins.exact(pointer)
            && self.contexts.last().is_none_or(|context| context.at != pointer)
        {
            self.contexts.push(Context { at: pointer.to_owned(), origin: origin.clone() });
        }
        if node == Node::One(Kind::Schema) && json::get(value, "discriminator").is_some() {
            self.point_mapping(value, pointer);
        }
        let Some(text) = json::get(value, "$ref").and_then(Value::as_str) else { return true };
        let section = match node {
            Node::One(kind) => kind.section().map(|section| (kind, section)),
            Node::Map(_) | Node::List(_) => None,
        };
        match section {
            Some((kind, section)) if !in_place(kind, value, pointer) => {
                let text = text.to_owned();
                if let Some(local) = self.point(kind, section, &text, pointer) {
                    value["$ref"] = Value::String(local);
                }
            }
            _ => self.adopt(node, value, pointer),
        }
        true
    }

    fn leave(&mut self, pointer: &str) {
        self.contexts.pop_if(|context| context.at == pointer);
    }

    fn too_deep(&mut self, pointer: &str) {
        self.complain(pointer, "references nest parts of files without end".to_owned(), None);
    }
}

/// Is this reference replaced by its target? A path item is, where it is the path; a component is, when it is nothing else.
fn in_place(kind: Kind, value: &Value, pointer: &str) -> bool {
    let depth = pointer.bytes().filter(|byte| *byte == b'/').count();
    let path = depth == 2 && (pointer.starts_with("/paths/") || pointer.starts_with("/webhooks/"));
    (kind == Kind::PathItem && path) || (is_component(pointer) && bare_reference(value).is_some())
}

fn is_component(pointer: &str) -> bool {
    pointer.starts_with("/components/") && pointer.bytes().filter(|byte| *byte == b'/').count() == 3
}

fn bare_reference(value: &Value) -> Option<&str> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    map.get("$ref")?.as_str()
}

/// Keys beside a reference win over its target's, and stay where they were written.
fn merge_siblings(target: &mut Value, reference: &mut Value, pointer: &str, bundler: &mut Bundler<'_>) {
    let (Value::Object(target), Value::Object(reference)) = (target, reference) else { return };
    for (key, value) in std::mem::take(reference) {
        if key == "$ref" {
            continue;
        }
        let at = pointer::join(pointer, &key);
        let outside = Origin { file: bundler.root_name.clone(), pointer: at.clone() };
        let origin = bundler.contexts.iter().rev().nth(1).map_or(outside, |context| Origin {
            file: context.origin.file.clone(),
            pointer: format!("{}{}", context.origin.pointer, at.strip_prefix(&context.at).unwrap_or_default()),
        });
        bundler.origins.record(&at, origin);
        target.insert(key, value);
    }
}

/// How many values a tree is made of. Trees come from files and are as shallow as these.
pub fn count_nodes(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count_nodes).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(count_nodes).sum::<usize>(),
        _ => 1,
    }
}

fn looks_like_reference(text: &str) -> bool {
    text.contains(['#', '/']) || [".yaml", ".yml", ".json"].iter().any(|ending| text.ends_with(ending))
}

fn component_character(character: char) -> char {
    if character.is_ascii_alphanumeric() || "._-".contains(character) { character } else { '_' }
}

/// Puts a component in its section, which may not be there yet.
fn insert(root: &mut Value, at: &str, value: Value) {
    let mut place = root;
    let mut keys: Vec<String> = pointer::segments(at).map(|key| key.into_owned()).collect();
    let Some(last) = keys.pop() else { return };
    for key in keys {
        let Value::Object(map) = place else { return };
        place = map.entry(key).or_insert_with(|| Value::Object(Map::new()));
    }
    if let Value::Object(map) = place {
        map.insert(last, value);
    }
}
