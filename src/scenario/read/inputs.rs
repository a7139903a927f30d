//! A workflow's inputs: a JSON Schema, and what can be told of each input from it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::component::size;
use super::names::Reader;
use super::node::Node;
use super::shape::is_ours;
use crate::contract::schema::SchemasBuilder;
use crate::pointer;
use crate::scenario::model::{Input, InputFrom, Inputs};
use crate::words::written_kind;

/// How many references and combinations may lead from one schema to the next.
const HOPS_MAX: usize = 32;
/// How many values a schema may become when its references are resolved in place.
const RESOLVED_VALUES_MAX: usize = 10_000;

/// The inputs that a workflow declares.
#[derive(Debug, Default)]
pub struct InputNames {
    names: BTreeSet<String>,
    /// Does the schema say that there may be others (`additionalProperties`, `patternProperties`)?
    open: bool,
}

impl InputNames {
    pub fn has(&self, name: &str) -> bool {
        self.open || self.names.contains(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// The names in a workflow's `inputs`, through references and combinations.
pub fn names(root: &Node<'_>, workflow: &Node<'_>) -> InputNames {
    let mut names = InputNames::default();
    let mut budget = RESOLVED_VALUES_MAX;
    if let Some(schema) = workflow.value.get("inputs") {
        collect_names(root.value, schema, &mut names, HOPS_MAX, &mut budget);
    }
    names
}

fn collect_names(root: &Value, schema: &Value, names: &mut InputNames, hops: usize, budget: &mut usize) {
    if hops == 0 || *budget == 0 {
        return;
    }
    *budget -= 1;
    names.names.extend(object(schema, "properties").map(|(name, _)| name.clone()));
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    names.names.extend(required.filter_map(Value::as_str).map(str::to_owned));
    names.open |= schema.get("patternProperties").is_some()
        || schema.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false));
    let combined =
        ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array()).flatten();
    let alternative = ["then", "else"].into_iter().filter_map(|keyword| schema.get(keyword));
    for branch in referred(root, schema).into_iter().chain(combined).chain(alternative) {
        collect_names(root, branch, names, hops - 1, budget);
    }
}

/// Reads a workflow's `inputs`, and hands its schema to the builder.
pub fn inputs(reader: &Reader<'_>, node: &Node<'_>, builder: &mut SchemasBuilder, root: &Value) -> Option<Inputs> {
    if !matches!(node.value, Value::Object(_) | Value::Bool(_)) {
        let message = format!("`inputs` must be a schema, not {}", written_kind(node.value));
        node.refuse(message, "write `inputs: {type: object, properties: {…}}`");
        return None;
    }
    let written = pointer::find(root, &node.pointer).unwrap_or(node.value);
    let schema = builder.add_at(written, &node.pointer);
    let mut budget = RESOLVED_VALUES_MAX;
    let raw = resolve(root, written, &mut Vec::new(), &mut budget);
    if !reader.copies.take(node, size(&raw)) {
        return None;
    }
    let mut found = Properties::default();
    found.collect(&raw);
    check_extensions(node, root);
    let properties = found.properties.iter().map(|(name, schema)| input(name, schema, &found.required)).collect();
    Some(Inputs { schema, raw, site: node.site(), properties })
}

fn input(name: &str, schema: &Value, required: &BTreeSet<String>) -> Input {
    let from = schema.get("x-standin-from").and_then(Value::as_str).and_then(parse_from);
    let password = schema.get("format").and_then(Value::as_str) == Some("password");
    Input {
        name: name.to_owned(),
        required: required.contains(name),
        default: schema.get("default").cloned(),
        secret: password || from == Some(InputFrom::Credential),
        from,
    }
}

fn parse_from(word: &str) -> Option<InputFrom> {
    match word {
        "credential" => Some(InputFrom::Credential),
        "receiver" => Some(InputFrom::Receiver),
        _ => None,
    }
}

/// The properties of an object schema and of those that it is made of, in order.
#[derive(Debug, Default)]
struct Properties {
    properties: Map<String, Value>,
    required: BTreeSet<String>,
}

impl Properties {
    fn collect(&mut self, schema: &Value) {
        for (name, property) in object(schema, "properties") {
            self.properties.entry(name.clone()).or_insert_with(|| property.clone());
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        self.required.extend(required.filter_map(Value::as_str).map(str::to_owned));
        for branch in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.collect(branch);
        }
        // What only one of several alternatives has can be given, and need not be.
        for keyword in ["anyOf", "oneOf"] {
            for branch in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                for (name, property) in object(branch, "properties") {
                    self.properties.entry(name.clone()).or_insert_with(|| property.clone());
                }
            }
        }
    }
}

/// The schema with references replaced by what they lead to, as far as that ends.
fn resolve(root: &Value, schema: &Value, open: &mut Vec<String>, budget: &mut usize) -> Value {
    let Some(rest) = budget.checked_sub(1) else { return schema.clone() };
    *budget = rest;
    match schema {
        Value::Array(items) => items.iter().map(|item| resolve(root, item, open, budget)).collect(),
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str).map(str::to_owned);
            let Some((text, target)) = reference.and_then(|text| Some((text.clone(), target(root, &text)?))) else {
                let resolved = members.iter().map(|(key, value)| (key.clone(), resolve(root, value, open, budget)));
                return Value::Object(resolved.collect());
            };
            if open.contains(&text) || open.len() >= HOPS_MAX {
                return schema.clone();
            }
            open.push(text);
            let mut resolved = resolve(root, target, open, budget);
            open.pop();
            // Keywords beside a `$ref` hold as well (JSON Schema 2020-12, 8.2.3.1); the nearer one is shown.
            if let Value::Object(resolved) = &mut resolved {
                for (key, value) in members.iter().filter(|(key, _)| *key != "$ref") {
                    resolved.insert(key.clone(), resolve(root, value, open, budget));
                }
            }
            resolved
        }
        other => other.clone(),
    }
}

/// `x-standin-from` stands in the properties of the inputs, and nowhere else in a schema; other words of ours do not stand there at all.
fn check_extensions(inputs: &Node<'_>, root: &Value) {
    let own = inputs.members_of("properties");
    let referred = referred(root, inputs.value).and_then(|_| {
        let name = inputs.text_of("$ref")?.strip_prefix("#/components/inputs/")?;
        inputs.document.node().get("components")?.get("inputs")?.get(&pointer::unescape(name))
    });
    let shared = referred.map(|schema| schema.members_of("properties")).unwrap_or_default();
    for (_, property) in own.into_iter().chain(shared) {
        for (key, member) in property.members().into_iter().filter(|(key, _)| is_ours(key)) {
            check_extension(&member, key);
        }
    }
}

fn check_extension(node: &Node<'_>, key: &str) {
    if key != "x-standin-from" {
        return node.refuse_key(format!("unknown field `{key}` in an input"), "an input can have `x-standin-from`");
    }
    match node.value.as_str() {
        Some(word) if parse_from(word).is_some() => {}
        Some(word) => node.refuse_unknown(format!("unknown word `{word}`"), word, ["credential", "receiver"]),
        None => {
            let message = format!("`x-standin-from` must be text, not {}", written_kind(node.value));
            node.refuse(message, "write `credential` or `receiver`");
        }
    }
}

/// The document with plain-name references (`#address`, an `$anchor`) turned into pointers, which is what schemas are compiled from.
pub fn without_anchors(root: &Value) -> Cow<'_, Value> {
    let mut anchors = BTreeMap::new();
    let mut schemas: Vec<String> = Vec::new();
    for (name, _) in pointer::find(root, "/components/inputs").and_then(Value::as_object).into_iter().flatten() {
        schemas.push(pointer::join("/components/inputs", name));
    }
    let workflows = root.get("workflows").and_then(Value::as_array).map_or(0, Vec::len);
    schemas.extend((0..workflows).map(|index| format!("/workflows/{index}/inputs")));
    for at in &schemas {
        if let Some(schema) = pointer::find(root, at) {
            find_anchors(schema, at, &mut anchors);
        }
    }
    if anchors.is_empty() {
        return Cow::Borrowed(root);
    }
    let mut root = root.clone();
    for at in &schemas {
        if let Some(schema) = root.pointer_mut(at) {
            point(schema, &anchors);
        }
    }
    Cow::Owned(root)
}

fn find_anchors(schema: &Value, at: &str, anchors: &mut BTreeMap<String, String>) {
    match schema {
        Value::Object(members) => {
            if let Some(name) = members.get("$anchor").and_then(Value::as_str) {
                anchors.entry(format!("#{name}")).or_insert_with(|| pointer::to_reference(at));
            }
            for (key, child) in members {
                find_anchors(child, &pointer::join(at, key), anchors);
            }
        }
        Value::Array(items) => {
            for (index, child) in items.iter().enumerate() {
                find_anchors(child, &format!("{at}/{index}"), anchors);
            }
        }
        _ => {}
    }
}

fn point(schema: &mut Value, anchors: &BTreeMap<String, String>) {
    match schema {
        Value::Object(members) => {
            for (key, child) in members {
                match child {
                    Value::String(text) if key == "$ref" => {
                        if let Some(pointer) = anchors.get(text.as_str()) {
                            text.clone_from(pointer);
                        }
                    }
                    other => point(other, anchors),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|child| point(child, anchors)),
        _ => {}
    }
}

fn referred<'v>(root: &'v Value, schema: &Value) -> Option<&'v Value> {
    target(root, schema.get("$ref")?.as_str()?)
}

fn target<'v>(root: &'v Value, reference: &str) -> Option<&'v Value> {
    pointer::find(root, &pointer::decode_fragment(reference.strip_prefix('#')?)?)
}

fn object<'v>(schema: &'v Value, keyword: &str) -> impl Iterator<Item = (&'v String, &'v Value)> + use<'v> {
    schema.get(keyword).and_then(Value::as_object).into_iter().flatten()
}
