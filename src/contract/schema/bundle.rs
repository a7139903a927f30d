//! Copies every schema that the slots reach into one self-contained root schema.
//!
//! Each `$ref` target becomes a definition of its own (`#/$defs/7`), so the parts of the document that no schema needs (paths,
//! examples, descriptions) are neither copied nor held. Annotations are left out: only what can refuse a value stays.
//!
//! `readOnly` and `writeOnly` make `required` mean different things in a request and in a reply. The schemas that reach such a property,
//! and only these, are copied once more for each direction.

use indexmap::IndexMap;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::Slot;
use crate::contract::error::LoadError;
use crate::contract::sample::Direction;
use crate::json;
use crate::pointer::{self, escape};
use crate::words::written_kind;

/// Schemas nested deeper than this are refused: the validator walks them recursively.
const DEPTH_MAX: usize = 128;

/// How deep `allOf` is searched for `readOnly` and `writeOnly` properties.
const HIDDEN_DEPTH_MAX: usize = 8;

/// A root schema, and what its parts were in the document.
#[derive(Debug)]
pub struct Bundle {
    pub root: Value,
    /// The document's pointer of each slot; empty where unknown.
    pub slots: Vec<String>,
    /// The document's pointer of each definition.
    pub definitions: Vec<String>,
}

impl Bundle {
    /// The document's pointer for a pointer into the root schema: `/$defs/7/type` is `/components/schemas/Post/type`.
    pub fn origin(&self, pointer: &str) -> String {
        let mut parts = pointer.splitn(4, '/').skip(1);
        let (group, index, rest) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next());
        let origins = if group == "$defs" { &self.definitions } else { &self.slots };
        let index = index.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let origin = index.parse::<usize>().ok().and_then(|index| origins.get(index));
        match (origin, rest) {
            (Some(origin), Some(rest)) if !origin.is_empty() => format!("{origin}/{rest}"),
            (Some(origin), _) => origin.clone(),
            (None, _) => String::new(),
        }
    }
}

pub fn bundle(file: &str, document: &Value, slots: Vec<Slot>) -> Result<Bundle, Vec<LoadError>> {
    let mut copier = Copier {
        file,
        document,
        targets: IndexMap::new(),
        errors: Vec::new(),
        variant: None,
        hidden: Vec::new(),
        found: Found::default(),
        directed: Vec::new(),
    };
    let mut copied_slots = Vec::with_capacity(slots.len());
    for slot in &slots {
        copied_slots.push(copier.copy_whole(&slot.schema, &slot.pointer));
    }
    let mut copied_targets = Vec::new();
    // Copying a target may find further ones, which are appended: a loop, not a recursion, however long the chain.
    while let Some((pointer, target)) = copier.targets.get_index(copied_targets.len()) {
        let (pointer, target) = (pointer.clone(), *target);
        copied_targets.push(copier.copy_whole(target, &pointer));
    }
    if !copier.errors.is_empty() {
        return Err(copier.errors);
    }
    copier.directed = directed(&copied_targets);

    let mut properties = Map::with_capacity(slots.len());
    for (index, (slot, (copy, found))) in slots.iter().zip(copied_slots).enumerate() {
        let again = slot.direction.is_some() && copier.is_directed(&found);
        let copy = if again { copier.copy_directed(&slot.schema, &slot.pointer, slot.direction) } else { copy };
        properties.insert(index.to_string(), copy);
    }
    let mut definitions = Map::with_capacity(copied_targets.len());
    for (index, (copy, _)) in copied_targets.into_iter().enumerate() {
        definitions.insert(index.to_string(), copy);
        let Some((pointer, target)) = copier.targets.get_index(index).filter(|_| copier.directed[index]) else {
            continue;
        };
        let (pointer, target) = (pointer.clone(), *target);
        for direction in [Direction::Request, Direction::Reply] {
            let copy = copier.copy_directed(target, &pointer, Some(direction));
            definitions.insert(name(index, Some(direction)), copy);
        }
    }
    let root = Map::from_iter([
        ("$schema".to_owned(), Value::from("https://json-schema.org/draft/2020-12/schema")),
        ("properties".to_owned(), Value::Object(properties)),
        ("$defs".to_owned(), Value::Object(definitions)),
    ]);
    let origins = slots.into_iter().map(|slot| slot.pointer).collect();
    Ok(Bundle { root: Value::Object(root), slots: origins, definitions: copier.targets.into_keys().collect() })
}

/// Which definitions reach a property that is `readOnly` or `writeOnly`.
fn directed(targets: &[(Value, Found)]) -> Vec<bool> {
    let mut referrers: Vec<Vec<usize>> = vec![Vec::new(); targets.len()];
    for (index, (_, found)) in targets.iter().enumerate() {
        found.targets.iter().for_each(|target| referrers[*target].push(index));
    }
    let mut directed = vec![false; targets.len()];
    let mut open: Vec<usize> = (0..targets.len()).filter(|index| targets[*index].1.one_way).collect();
    while let Some(index) = open.pop() {
        if !std::mem::replace(&mut directed[index], true) {
            open.extend(&referrers[index]);
        }
    }
    directed
}

/// The name of a definition for one direction, or for both.
fn name(index: usize, direction: Option<Direction>) -> String {
    match direction {
        None => index.to_string(),
        Some(Direction::Request) => format!("{index}request"),
        Some(Direction::Reply) => format!("{index}reply"),
    }
}

struct Copier<'a> {
    file: &'a str,
    document: &'a Value,
    /// Where `$ref`s lead, in the order met: the index is the definition's name.
    targets: IndexMap<String, &'a Value>,
    errors: Vec<LoadError>,
    /// The direction that is being copied for.
    variant: Option<Direction>,
    /// Properties of the value at hand that this direction need not have.
    hidden: Vec<String>,
    /// What the schema being copied has in it.
    found: Found,
    /// For each target, whether it differs between directions; empty until that is known.
    directed: Vec<bool>,
}

/// What a copied schema has in it.
#[derive(Debug, Default)]
struct Found {
    targets: Vec<usize>,
    /// A property is `readOnly` or `writeOnly`.
    one_way: bool,
}

/// What a keyword holds, as far as copying is concerned.
enum Holds {
    Schema,
    Schemas,
    NamedSchemas,
    Reference,
    /// A value that is kept as it is.
    Literal,
    /// An annotation, or a word that JSON Schema does not know.
    Nothing,
}

fn holds(keyword: &str) -> Holds {
    match keyword {
        "items"
        | "additionalProperties"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "contains"
        | "propertyNames"
        | "not"
        | "if"
        | "then"
        | "else" => Holds::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Holds::Schemas,
        "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions" => Holds::NamedSchemas,
        "$ref" => Holds::Reference,
        "type" | "enum" | "const" | "format" | "pattern" | "multipleOf" | "maximum" | "exclusiveMaximum"
        | "minimum" | "exclusiveMinimum" | "maxLength" | "minLength" | "maxItems" | "minItems" | "uniqueItems"
        | "maxContains" | "minContains" | "maxProperties" | "minProperties" | "required" | "dependentRequired"
        | "$anchor" | "$dynamicAnchor" | "$dynamicRef" => Holds::Literal,
        _ => Holds::Nothing,
    }
}

impl<'a> Copier<'a> {
    fn copy_whole(&mut self, schema: &Value, pointer: &str) -> (Value, Found) {
        let copy = self.copy(schema, &mut pointer.to_owned(), 0);
        (copy, std::mem::take(&mut self.found))
    }

    fn copy_directed(&mut self, schema: &Value, pointer: &str, direction: Option<Direction>) -> Value {
        self.variant = direction;
        let (copy, _) = self.copy_whole(schema, pointer);
        self.variant = None;
        copy
    }

    fn is_directed(&self, found: &Found) -> bool {
        found.one_way || found.targets.iter().any(|target| self.directed[*target])
    }

    fn copy(&mut self, schema: &Value, pointer: &mut String, depth: usize) -> Value {
        let object = match schema {
            Value::Object(object) => object,
            Value::Bool(_) => return schema.clone(),
            _ => {
                let message = format!("a schema is an object or a boolean, not {}", written_kind(schema));
                self.errors.push(LoadError::new(self.file, pointer.as_str(), message));
                return Value::Bool(true);
            }
        };
        if depth >= DEPTH_MAX {
            let message = format!("schemas are nested more than {DEPTH_MAX} deep");
            self.errors
                .push(LoadError::new(self.file, pointer.as_str(), message).hint("move inner schemas to components"));
            return Value::Bool(true);
        }
        let hidden_before = self.hidden.len();
        self.hide(object, depth);
        let mut copy = Map::with_capacity(object.len());
        for (keyword, value) in object {
            let length = push(pointer, keyword);
            // What is hidden is so for this value, not for the values inside it.
            let hidden = if is_applied_in_place(keyword) { Vec::new() } else { std::mem::take(&mut self.hidden) };
            let kept = match (holds(keyword), value) {
                (Holds::Schema, value) => Some(self.copy(value, pointer, depth + 1)),
                (Holds::Schemas, Value::Array(list)) => Some(self.copy_list(list, pointer, depth)),
                (Holds::NamedSchemas, Value::Object(named)) => Some(self.copy_named(named, pointer, depth)),
                (Holds::Reference, value) => self.reference(value, pointer),
                (Holds::Nothing, _) => None,
                (_, literal) => Some(literal.clone()),
            };
            pointer.truncate(length);
            if !is_applied_in_place(keyword) {
                self.hidden = hidden;
            }
            if let Some(kept) = kept {
                copy.insert(keyword.clone(), kept);
            }
        }
        bound_integers(&mut copy);
        if let Some(Value::Array(required)) = copy.get_mut("required") {
            required.retain(|name| !self.hidden.iter().any(|hidden| name == hidden));
        }
        self.hidden.truncate(hidden_before);
        Value::Object(copy)
    }

    /// Notes the properties of a schema and of its `allOf` branches that go one way only.
    fn hide(&mut self, object: &Map<String, Value>, depth: usize) {
        if depth >= HIDDEN_DEPTH_MAX {
            return;
        }
        for (name, schema) in json::member(object, "properties").and_then(Value::as_object).into_iter().flatten() {
            let (read_only, write_only) = self.ways(schema);
            self.found.one_way |= read_only || write_only;
            if self.variant == Some(Direction::Request) && read_only
                || self.variant == Some(Direction::Reply) && write_only
            {
                self.hidden.push(name.clone());
            }
        }
        let branches = json::member(object, "allOf").and_then(Value::as_array).into_iter().flatten();
        for branch in branches {
            if let Some(object) = self.target(branch).unwrap_or(branch).as_object() {
                self.hide(object, depth + 1);
            }
        }
    }

    /// Is a schema, or the one it refers to, `readOnly`? Is it `writeOnly`?
    fn ways(&self, schema: &Value) -> (bool, bool) {
        let target = self.target(schema);
        let says = |schema: &Value, flag: &str| json::get(schema, flag) == Some(&Value::Bool(true));
        let either = |flag: &str| says(schema, flag) || target.is_some_and(|target| says(target, flag));
        (either("readOnly"), either("writeOnly"))
    }

    fn target(&self, schema: &Value) -> Option<&'a Value> {
        let fragment = json::get(schema, "$ref")?.as_str()?.strip_prefix('#')?;
        pointer::find(self.document, &percent_decode_str(fragment).decode_utf8_lossy())
    }

    fn copy_list(&mut self, list: &[Value], pointer: &mut String, depth: usize) -> Value {
        let mut copies = Vec::with_capacity(list.len());
        for (index, schema) in list.iter().enumerate() {
            let length = push(pointer, &index.to_string());
            copies.push(self.copy(schema, pointer, depth + 1));
            pointer.truncate(length);
        }
        Value::Array(copies)
    }

    fn copy_named(&mut self, named: &Map<String, Value>, pointer: &mut String, depth: usize) -> Value {
        let mut copies = Map::with_capacity(named.len());
        for (name, schema) in named {
            let length = push(pointer, name);
            copies.insert(name.clone(), self.copy(schema, pointer, depth + 1));
            pointer.truncate(length);
        }
        Value::Object(copies)
    }

    /// A `$ref` into the document becomes one into the definitions; `#name` (an anchor) stays as it is.
    fn reference(&mut self, value: &Value, pointer: &str) -> Option<Value> {
        let Some(text) = value.as_str() else {
            self.errors.push(LoadError::new(self.file, pointer, "a `$ref` is text"));
            return None;
        };
        let Some(fragment) = text.strip_prefix('#') else {
            let message = format!("`{text}` is not a reference into this document");
            self.errors.push(LoadError::new(self.file, pointer, message).hint("local references start with `#/`"));
            return None;
        };
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return Some(value.clone());
        }
        let target = percent_decode_str(fragment).decode_utf8_lossy().into_owned();
        let Some(schema) = pointer::find(self.document, &target) else {
            let error = LoadError::new(self.file, pointer, format!("`{text}` leads nowhere"));
            self.errors.push(match self.nearest(&target) {
                Some(nearest) => error.hint(format!("did you mean `#{nearest}`?")),
                None => error.hint("define it under `components`, or correct the reference"),
            });
            return None;
        };
        let (index, _) = self.targets.insert_full(target, schema);
        self.found.targets.push(index);
        let directed = self.directed.get(index).copied().unwrap_or(false);
        Some(Value::String(format!("#/$defs/{}", name(index, self.variant.filter(|_| directed)))))
    }

    /// The sibling of a missing target whose name is most like it.
    fn nearest(&self, target: &str) -> Option<String> {
        let (parent, name) = target.rsplit_once('/')?;
        let siblings = pointer::find(self.document, parent)?.as_object()?;
        let (score, best) = siblings
            .keys()
            .map(|key| (strsim::jaro_winkler(key, name), key))
            .max_by(|left, right| left.0.total_cmp(&right.0))?;
        (score > 0.8).then(|| format!("{parent}/{}", escape(best)))
    }
}

/// Keywords whose schemas speak of the same value.
fn is_applied_in_place(keyword: &str) -> bool {
    matches!(keyword, "allOf" | "anyOf" | "oneOf" | "if" | "then" | "else" | "dependentSchemas")
}

/// `int32` and `int64` are ranges: they become `minimum` and `maximum`, so that a number outside hears of the bound.
fn bound_integers(schema: &mut Map<String, Value>) {
    let (low, high) = match json::member(schema, "format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("int64") => (i64::MIN, i64::MAX),
        _ => return,
    };
    let declared = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let minimum_needed = declared("minimum").is_none_or(|minimum| minimum < low as f64);
    let maximum_needed = declared("maximum").is_none_or(|maximum| maximum > high as f64);
    if minimum_needed {
        schema.insert("minimum".to_owned(), low.into());
    }
    if maximum_needed {
        schema.insert("maximum".to_owned(), high.into());
    }
}

/// Appends a segment to a pointer and returns the length to truncate it to afterwards.
fn push(pointer: &mut String, segment: &str) -> usize {
    let length = pointer.len();
    pointer::push(pointer, segment);
    length
}
