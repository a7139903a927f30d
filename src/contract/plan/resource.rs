//! Resources: the fields of a record's schema, and what each holds when nobody says.

use serde_json::{Value, json};

use super::change::{all_changes, all_reads, rule_names};
use super::compile::{Compiler, OPERATION_NAMES};
use super::{Due, Field, Id, IdKind, Reference, Resource, TimeForm, Transition};
use crate::contract::document::Document;
use crate::contract::vocabulary::{ChangeRule, IdForm, IdRule, LifecycleRule, ReadRule, ReferenceRule, ResourceRule};
use crate::json;
use crate::pointer::escape;
use crate::words::humanise;

/// Deepest nesting of `allOf` that is looked into.
const DEPTH_MAX: usize = 16;

/// The properties of a schema in document order, `allOf` and `$ref` followed.
pub fn fields(document: &Document, schema: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    let mut required = Vec::new();
    collect(document, schema, &mut found, &mut required, DEPTH_MAX);
    for field in &mut found {
        field.required = required.iter().any(|name| **name == *field.name);
    }
    found
}

fn collect(document: &Document, schema: &Value, found: &mut Vec<Field>, required: &mut Vec<String>, depth: usize) {
    if depth == 0 {
        return;
    }
    let schema = document.resolve(schema);
    for part in json::get(schema, "allOf").and_then(Value::as_array).into_iter().flatten() {
        collect(document, part, found, required, depth - 1);
    }
    let names = json::get(schema, "required").and_then(Value::as_array).into_iter().flatten();
    required.extend(names.filter_map(Value::as_str).map(str::to_owned));
    for (name, property) in json::get(schema, "properties").and_then(Value::as_object).into_iter().flatten() {
        let field = field(document, name, property);
        match found.iter_mut().find(|known| *known.name == **name) {
            Some(known) => *known = field,
            None => found.push(field),
        }
    }
}

fn field(document: &Document, name: &str, property: &Value) -> Field {
    let schema = document.resolve(property);
    let flag = |word: &str| [property, schema].iter().any(|value| json::get(value, word) == Some(&Value::Bool(true)));
    Field {
        name: name.into(),
        time: time_form(schema),
        required: false,
        read_only: flag("readOnly"),
        hidden: flag("writeOnly"),
        integer: says_integer(property),
        ruled: false,
        fallback: fallback(document, property, DEPTH_MAX),
        schema: property.clone(),
    }
}

/// Are its numbers all integers? What a `$ref` leads to is not looked at.
fn says_integer(schema: &Value) -> bool {
    let says = |word: &str| match json::get(schema, "type") {
        Some(Value::String(kind)) => kind == word,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == word),
        _ => false,
    };
    says("integer") && !says("number")
}

fn time_form(schema: &Value) -> Option<TimeForm> {
    let format = json::get(schema, "format").and_then(Value::as_str)?;
    match format {
        "unix-milliseconds" | "unix-time-ms" | "epoch-milliseconds" => Some(TimeForm::Milliseconds),
        "unix-seconds" | "unix-time" | "epoch-seconds" => Some(TimeForm::Seconds),
        "date-time" => Some(TimeForm::Text),
        _ => None,
    }
}

/// The emptiest value that fits: `default`, `const`, null, the first of `enum`, an empty list, false, zero. Text and objects need a sample.
fn fallback(document: &Document, schema: &Value, depth: usize) -> Option<Value> {
    if depth == 0 {
        return None;
    }
    if let Some(default) = json::get(schema, "default") {
        return Some(default.clone());
    }
    let schema = document.resolve(schema);
    if let Some(value) = json::get(schema, "default").or_else(|| json::get(schema, "const")) {
        return Some(value.clone());
    }
    if allows_null(document, schema, depth) {
        return Some(Value::Null);
    }
    if let Some(first) = json::get(schema, "enum").and_then(Value::as_array).and_then(|values| values.first()) {
        return Some(first.clone());
    }
    let minimum = |word: &str| json::get(schema, word).and_then(Value::as_i64).unwrap_or(0);
    match type_word(schema)? {
        "array" if minimum("minItems") == 0 => Some(json!([])),
        "boolean" => Some(json!(false)),
        "integer" | "number" if time_form(schema).is_none() => Some(json!(minimum("minimum").max(0))),
        "object" if json::get(schema, "required").is_none() && json::get(schema, "properties").is_none() => {
            Some(json!({}))
        }
        _ => None,
    }
}

fn allows_null(document: &Document, schema: &Value, depth: usize) -> bool {
    let schema = document.resolve(schema);
    let listed = |value: &Value| value == "null";
    match json::get(schema, "type") {
        Some(Value::String(word)) => return word == "null",
        Some(Value::Array(words)) => return words.iter().any(listed),
        _ => {}
    }
    let alternatives = ["anyOf", "oneOf"].into_iter().filter_map(|word| json::get(schema, word)?.as_array()).flatten();
    depth > 0 && alternatives.into_iter().any(|branch| allows_null(document, branch, depth - 1))
}

fn type_word(schema: &Value) -> Option<&str> {
    match json::get(schema, "type")? {
        Value::String(word) => Some(word),
        Value::Array(words) => words.iter().filter_map(Value::as_str).find(|word| *word != "null"),
        _ => None,
    }
}

impl<'a> Compiler<'a> {
    pub(super) fn resource(&mut self, name: &str, rule: &'a ResourceRule) -> Resource {
        let pointer = format!("/resources/{}", escape(name));
        let schema = rule.schema.as_ref().and_then(|reference| self.resource_schema(&pointer, reference));
        let mut fields = schema.as_ref().map(|schema| fields(self.document, schema)).unwrap_or_default();
        for field in &mut fields {
            field.hidden |=
                rule.hidden.iter().any(|name| **name == *field.name) || rule.secrets.contains_key(&*field.name);
        }
        let mut names = OPERATION_NAMES.to_vec();
        let behaviour = self.behaviour;
        names.extend(rule_names(behaviour));
        let set = self.assignments(&format!("{pointer}/set"), &rule.set, &names);
        let blind: Vec<&str> = set.iter().take_while(|one| !one.uses_record).map(|one| one.field.as_str()).collect();
        for field in &mut fields {
            field.ruled = blind.contains(&&*field.name);
        }
        for (field, pattern) in &rule.secrets {
            if let Err(reason) = crate::pattern::check(pattern) {
                self.complain(&format!("{pointer}/secrets/{}", escape(field)), reason);
            }
        }
        let references: Vec<Reference> =
            rule.references.iter().map(|(field, rule)| self.reference(&pointer, field, rule)).collect();
        let lifecycle = rule.lifecycle.iter().enumerate();
        let (order, newest_first) = match rule.order.as_deref() {
            Some(order) => (Some(order.trim_start_matches('-').to_owned()), order.starts_with('-')),
            None => (None, false),
        };
        Resource {
            name: name.to_owned(),
            label: humanise(name),
            schema: schema.as_ref().map(|schema| self.schemas.add(schema)),
            id: self.id(&pointer, rule.id.as_ref(), &fields),
            set,
            secrets: rule.secrets.iter().map(|(field, pattern)| (field.as_str().into(), pattern.clone())).collect(),
            hidden: rule.hidden.clone(),
            created: rule.created.clone(),
            updated: rule.updated.clone(),
            order,
            newest_first,
            index: self.indexes(name, rule, &references),
            references,
            lifecycle: lifecycle.map(|(place, rule)| self.transition(&pointer, place, rule)).collect(),
            bytes: rule.bytes.clone(),
            fields,
        }
    }

    pub(super) fn resource_schema(&mut self, pointer: &str, reference: &str) -> Option<Value> {
        let found = reference.strip_prefix('#').and_then(|inside| self.document.at(inside));
        if found.is_none() {
            self.complain(&format!("{pointer}/schema"), format!("nothing stands at '{reference}'")).hint =
                Some("write a pointer into the document, such as #/components/schemas/Post".to_owned());
        }
        found.map(|_| serde_json::json!({ "$ref": reference }))
    }

    /// What is looked up by value gets an index without being asked: references, credentials' secrets, declared matches.
    pub(super) fn indexes(&self, name: &str, rule: &ResourceRule, references: &[Reference]) -> Vec<String> {
        let mut index = rule.index.clone();
        index.extend(references.iter().map(|reference| reference.field.clone()));
        let credentials = self.behaviour.credentials.values().filter(|rule| rule.resource == name);
        index.extend(credentials.map(|rule| rule.secret.clone()));
        let operations = self.behaviour.operations.values();
        let reads = all_reads(self.behaviour).map(|(_, rule)| rule);
        let about = |read: &&ReadRule| {
            [&read.get, &read.find, &read.count].into_iter().flatten().any(|resource| resource == name)
        };
        index.extend(reads.filter(about).flat_map(|read| read.matching.keys().cloned()));
        let about = |rule: &&ChangeRule| {
            [&rule.update, &rule.delete, &rule.save].into_iter().flatten().any(|resource| resource == name)
        };
        index.extend(all_changes(self.behaviour).filter(about).flat_map(|rule| rule.matching.keys().cloned()));
        let lists = operations.filter(|rule| rule.list.as_deref() == Some(name));
        index.extend(lists.flat_map(|rule| rule.matching.keys().cloned()));
        if let Some(webhooks) = self.behaviour.webhooks.as_ref().filter(|rule| rule.subscriptions == name) {
            index.push(webhooks.events_field.clone());
        }
        let mut seen = std::collections::BTreeSet::new();
        index.retain(|field| seen.insert(field.clone()));
        index
    }

    pub fn id(&mut self, pointer: &str, rule: Option<&IdRule>, fields: &[Field]) -> Id {
        let rule = rule.cloned().unwrap_or_default();
        let field = rule.field.unwrap_or_else(|| "id".to_owned());
        let kind = match (rule.prefix, rule.form, rule.pattern) {
            (Some(prefix), _, None) => IdKind::Prefixed(prefix),
            (None, Some(form), None) => IdKind::Form(form),
            (None, None, Some(pattern)) => {
                if let Err(reason) = crate::pattern::check(&pattern) {
                    self.complain(&format!("{pointer}/id/pattern"), reason);
                }
                IdKind::Pattern(pattern)
            }
            (None, None, None) => inferred_id(&field, fields),
            _ => {
                self.complain(&format!("{pointer}/id"), "an id has one of prefix, form and pattern");
                IdKind::Prefixed(String::new())
            }
        };
        Id { field, kind }
    }

    pub(super) fn reference(&mut self, pointer: &str, field: &str, rule: &ReferenceRule) -> Reference {
        let pointer = format!("{pointer}/references/{}", escape(field));
        let refusal = rule.refusal.as_deref().unwrap_or("referenced");
        Reference {
            field: field.to_owned(),
            to: self.resource_index(&format!("{pointer}/to"), &rule.to),
            otherwise: rule.otherwise.as_ref().map(|name| self.error_index(&format!("{pointer}/else"), name)),
            on_delete: rule.on_delete,
            when: rule.when.as_ref().map(|text| self.expression(&format!("{pointer}/when"), text, &["record", "now"])),
            refusal: self.error_index(&format!("{pointer}/refusal"), refusal),
        }
    }

    pub(super) fn transition(&mut self, pointer: &str, place: usize, rule: &'a LifecycleRule) -> Transition {
        let pointer = format!("{pointer}/lifecycle/{place}");
        let mut names = vec!["record", "now"];
        let due = match (&rule.at, &rule.after) {
            (Some(_), Some(_)) => {
                self.complain(&pointer, "a lifecycle rule has 'at' or 'after', not both");
                Due::After(0)
            }
            (Some(at), None) => Due::At(self.expression(&format!("{pointer}/at"), at, &names)),
            (None, after) => {
                let after = after.as_deref().unwrap_or("0s");
                Due::After(self.duration(&format!("{pointer}/after"), after))
            }
        };
        if rule.from == rule.to && rule.when.is_none() && matches!(due, Due::After(0)) {
            self.complain(&pointer, format!("'{}' would be entered anew for ever, without time passing", rule.to))
                .hint = Some("say when with 'at' or 'after'".to_owned());
        }
        let with = self.reads(&format!("{pointer}/with"), &rule.with, &mut names);
        let mut also_names = names.clone();
        also_names.push("outer");
        Transition {
            field: rule.field.clone(),
            from: rule.from.clone(),
            to: rule.to.clone(),
            due,
            when: rule.when.as_ref().map(|text| self.expression(&format!("{pointer}/when"), text, &names)),
            set: self.assignments(&format!("{pointer}/set"), &rule.set, &names),
            emit: rule.emit.as_ref().and_then(|name| self.event_index(&format!("{pointer}/emit"), name)),
            with,
            also: self.changes(&format!("{pointer}/also"), &rule.also, &mut also_names),
        }
    }
}

fn inferred_id(field: &str, fields: &[Field]) -> IdKind {
    let schema = fields.iter().find(|candidate| *candidate.name == *field).map(|field| &field.schema);
    let word = |name: &str| schema.and_then(|schema| schema.get(name)).and_then(Value::as_str);
    match (word("type"), word("format")) {
        (Some("integer"), _) => IdKind::Form(IdForm::Integer),
        (_, Some("uuid")) => IdKind::Form(IdForm::Uuid),
        _ => IdKind::Prefixed(String::new()),
    }
}
