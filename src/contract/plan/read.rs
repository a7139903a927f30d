//! Reads, verbs and replies: the parts of an operation's rule.

use indexmap::IndexMap;
use serde_json::Value;

use super::compile::Compiler;
use super::*;
use crate::contract::operation::Operation;
use crate::contract::vocabulary::{OperationRule, ReadRule, SortRule};
use crate::pointer::escape;

/// Bits in a record's memo.
const BITS_MAX: u32 = 32;

impl<'a> Compiler<'a> {
    /// Compiles reads in order; each name is visible to the reads after it.
    pub fn reads(
        &mut self,
        pointer: &str,
        with: &'a IndexMap<String, ReadRule>,
        names: &mut Vec<&'a str>,
    ) -> Vec<Read> {
        let mut reads = Vec::new();
        for (name, rule) in with {
            let pointer = format!("{pointer}/{}", escape(name));
            reads.extend(self.read(&pointer, rule, names).map(|source| Read { name: name.clone(), source }));
            names.push(name);
        }
        reads
    }

    fn read(&mut self, pointer: &str, rule: &ReadRule, names: &[&str]) -> Option<ReadSource> {
        let matching = self.matching(&format!("{pointer}/match"), &rule.matching, names);
        let given =
            [rule.get.is_some(), rule.find.is_some(), rule.count.is_some(), rule.tally.is_some(), rule.value.is_some()];
        if given.iter().filter(|given| **given).count() != 1 {
            self.complain(pointer, "a read has one of get, find, count, tally and value");
            return None;
        }
        if let Some(name) = &rule.get {
            if rule.id.is_none() && matching.is_empty() {
                self.complain(pointer, "get needs an id or a match");
            }
            return Some(ReadSource::Get {
                resource: self.resource_index(&format!("{pointer}/get"), name),
                id: rule.id.as_ref().map(|text| self.expression(&format!("{pointer}/id"), text, names)),
                matching,
                otherwise: rule.otherwise.as_ref().map(|name| self.error_index(&format!("{pointer}/else"), name)),
            });
        }
        if let Some(name) = &rule.find {
            return Some(ReadSource::Find {
                resource: self.resource_index(&format!("{pointer}/find"), name),
                matching,
            });
        }
        if let Some(name) = &rule.count {
            return Some(ReadSource::Count {
                resource: self.resource_index(&format!("{pointer}/count"), name),
                matching,
            });
        }
        if let Some(tally) = &rule.tally {
            return Some(ReadSource::Tally {
                from: self.expression(&format!("{pointer}/tally/from"), &tally.from, names),
                to: self.expression(&format!("{pointer}/tally/to"), &tally.to, names),
            });
        }
        rule.value.as_ref().map(|text| ReadSource::Value(self.expression(&format!("{pointer}/value"), text, names)))
    }

    pub fn verb(&mut self, pointer: &str, operation: &Operation, rule: &OperationRule, names: &[&str]) -> Verb {
        let words = [
            ("list", &rule.list),
            ("get", &rule.get),
            ("create", &rule.create),
            ("update", &rule.update),
            ("replace", &rule.replace),
            ("delete", &rule.delete),
            ("save", &rule.save),
        ];
        let mut given: Vec<&str> = words.iter().filter(|(_, name)| name.is_some()).map(|(word, _)| *word).collect();
        given.extend(rule.batch.is_some().then_some("batch"));
        given.extend(rule.deliver.is_some().then_some("deliver"));
        if given.len() > 1 {
            self.complain(pointer, format!("an operation has one verb, not {}", given.join(" and ")));
        }
        for (word, name) in words {
            let Some(name) = name else { continue };
            let resource = self.resource_index(&format!("{pointer}/{word}"), name);
            return match word {
                "list" => self.list(pointer, resource, rule, names),
                "get" => Verb::Get(resource),
                "create" => Verb::Create(resource),
                "update" => Verb::Update(resource),
                "replace" => Verb::Replace(resource),
                "delete" => Verb::Delete(resource),
                _ => Verb::Save(resource),
            };
        }
        if let Some(deliver) = &rule.deliver {
            return self.deliver(&format!("{pointer}/deliver"), deliver);
        }
        match &rule.batch {
            Some(_) => self.batch(pointer, operation, rule, names),
            None if rule.sampled => Verb::Sample,
            None => Verb::Reply,
        }
    }

    fn list(&mut self, pointer: &str, resource: ResourceIndex, rule: &OperationRule, names: &[&str]) -> Verb {
        let page = rule.page.clone().unwrap_or_default();
        let filters = rule.filters.iter().map(|(parameter, rule)| Filter {
            parameter: parameter.clone(),
            field: rule.field.clone().unwrap_or_else(|| parameter.clone()),
            operator: rule.operator.unwrap_or(FilterOperator::Eq),
            nested: rule.nested,
            all: rule.all.clone(),
            value: rule.value.as_ref().map(|text| {
                self.expression(&format!("{pointer}/filters/{}/value", escape(parameter)), text, &["value"])
            }),
        });
        let filters = filters.collect();
        Verb::List {
            resource,
            condition: rule
                .condition
                .as_ref()
                .map(|text| Box::new(self.expression(&format!("{pointer}/where"), text, names))),
            paging: Paging {
                style: page.style,
                at: page.at,
                size: page.size,
                default: page.default.unwrap_or(20),
                link: page.link,
            },
            filters,
            sort: rule.sort.clone().map(|SortRule { parameter, usual, direction }| Sort {
                parameter,
                usual,
                direction,
            }),
        }
    }

    fn batch(&mut self, pointer: &str, operation: &Operation, rule: &OperationRule, names: &[&str]) -> Verb {
        let Some(batch) = &rule.batch else { return Verb::Reply };
        let pointer = format!("{pointer}/batch");
        let outer = names;
        let mut names = names.to_vec();
        names.extend(["item", "index", "error", "made"]);
        let run = self.operations.find(&batch.run).filter(|run| self.operations.get(*run).id != operation.id);
        let run = run.unwrap_or_else(|| {
            let known = self.operations.list.iter().map(|operation| operation.id.as_str()).collect();
            self.unknown(&format!("{pointer}/run"), "operation", &batch.run, known);
            OperationId(0)
        });
        if self.behaviour.operations.get(&batch.run).is_some_and(|rule| rule.batch.is_some()) {
            self.complain(&format!("{pointer}/run"), "a batch can't run another batch");
        }
        let path = batch.path.iter().map(|(name, text)| {
            (name.clone(), self.expression(&format!("{pointer}/path/{}", escape(name)), text, &names))
        });
        Verb::Batch(Box::new(Batch {
            items: batch.items.clone(),
            run,
            path: path.collect(),
            body: batch.body.as_ref().map(|tree| self.tree(&format!("{pointer}/body"), tree, &names)),
            success: self.tree(&format!("{pointer}/success"), &batch.success, &names),
            failure: self.tree(&format!("{pointer}/failure"), &batch.failure, &names),
            atomic: batch.atomic,
            rehearse: batch.rehearse.as_ref().map(|text| self.expression(&format!("{pointer}/rehearse"), text, outer)),
        }))
    }

    pub fn reply(
        &mut self,
        pointer: &str,
        operation: &Operation,
        rule: &OperationRule,
        verb: &Verb,
        names: &[&str],
    ) -> ReplyPlan {
        let pointer = format!("{pointer}/reply");
        let given = rule.reply.clone().unwrap_or_default();
        let status = match &given.status {
            Some(Value::Number(number)) => StatusPlan::Fixed(number.as_u64().unwrap_or(200).min(599) as u16),
            Some(Value::String(text)) => {
                StatusPlan::Computed(self.expression(&format!("{pointer}/status"), text, names))
            }
            Some(_) => {
                self.complain(&format!("{pointer}/status"), "a status is a number or an expression");
                StatusPlan::Fixed(200)
            }
            None => StatusPlan::Fixed(success_status(operation)),
        };
        let body = self.body_plan(&pointer, operation, &given, verb, &status, names);
        ReplyPlan {
            headers: self.headers(&format!("{pointer}/headers"), &given.headers, names),
            checks: self.checks(operation, &body, verb),
            status,
            body,
        }
    }

    fn body_plan(
        &mut self,
        pointer: &str,
        operation: &Operation,
        given: &crate::contract::vocabulary::ReplyRule,
        verb: &Verb,
        status: &StatusPlan,
        names: &[&str],
    ) -> BodyPlan {
        if let Some(tree) = &given.body {
            let mut names = names.to_vec();
            names.extend(["records", "page"].into_iter().filter(|_| matches!(verb, Verb::List { .. })));
            return BodyPlan::Tree(self.tree(&format!("{pointer}/body"), tree, &names));
        }
        if let Some(tree) = &given.record {
            return BodyPlan::RecordTree(self.tree(&format!("{pointer}/record"), tree, names));
        }
        if let Some(text) = &given.message {
            return BodyPlan::Message(self.template(&format!("{pointer}/message"), text, names));
        }
        let declared = match status {
            StatusPlan::Fixed(status) => operation.response(*status),
            StatusPlan::Computed(_) => operation.response(200),
        };
        let Some(media) = declared.and_then(|response| response.media.first()) else { return BodyPlan::Empty };
        match verb {
            Verb::List { .. } => BodyPlan::List,
            Verb::Delete(_) => {
                let example = media.example.as_ref().and_then(|example| find_message(example, 3));
                match example {
                    Some(message) => BodyPlan::Message(self.template(&format!("{pointer}/message"), &message, &[])),
                    None if self.behaviour.shapes.message.is_some() => {
                        BodyPlan::Message(self.template(&format!("{pointer}/message"), "Deleted", &[]))
                    }
                    None => BodyPlan::Record,
                }
            }
            Verb::Sample | Verb::Reply | Verb::Batch(_) => {
                BodyPlan::Sample { schema: Some(media.raw.clone()), example: media.example.clone() }
            }
            _ => BodyPlan::Record,
        }
    }

    /// Finds, for each declared success, how its body can be checked in parts.
    fn checks(&mut self, operation: &Operation, body: &BodyPlan, verb: &Verb) -> BTreeMap<u16, BodyCheck> {
        let mut checks = BTreeMap::new();
        for (status, response) in &operation.responses {
            let Some(status) = status.parse::<u16>().ok().filter(|status| *status < 400) else { continue };
            let Some(media) = response.media.first() else { continue };
            let whole = self.schemas.add(&media.raw);
            let leaf = match body {
                BodyPlan::Record => Some(("record", self.behaviour.shapes.record.as_ref(), false)),
                BodyPlan::List => Some(("records", self.behaviour.shapes.list.as_ref(), true)),
                _ => None,
            };
            let parts = leaf.filter(|_| verb.resource().is_some()).and_then(|(name, shape, list)| {
                let pointer = shape.map_or(Some(String::new()), |shape| leaf_pointer(shape, name, String::new()))?;
                self.parts(&media.raw, &pointer, list)
            });
            let media = HeaderValue::from_str(&media.name).ok();
            checks.insert(status, BodyCheck { whole, media, parts });
        }
        checks
    }

    /// Splits a body schema at a pointer when the way there is made of plain `properties`.
    fn parts(&mut self, raw: &Value, pointer: &str, list: bool) -> Option<Parts> {
        let (envelope, mut record) = self.cut(raw, pointer)?;
        if list {
            let schema = self.document.resolve(&record).clone();
            let plain = ["type", "items", "description", "title", "examples", "example", "default"];
            if !schema.as_object()?.keys().all(|word| plain.contains(&word.as_str())) {
                return None;
            }
            record = schema.get("items")?.clone();
        }
        let envelope = (!pointer.is_empty()).then(|| self.schemas.add(&envelope));
        let record = self.schemas.add(&record);
        let next = self.bits.len() as u32;
        let bit = *self.bits.entry(record).or_insert(next);
        Some(Parts { envelope, pointer: pointer.to_owned(), record, bit: (bit < BITS_MAX).then_some(bit), list })
    }

    /// The schema with anything allowed at the pointer, and the schema that stood there.
    fn cut(&self, schema: &Value, pointer: &str) -> Option<(Value, Value)> {
        let Some(rest) = pointer.strip_prefix('/') else {
            return Some((Value::Bool(true), schema.clone()));
        };
        let (name, rest) = match rest.split_once('/') {
            Some((name, rest)) => (name, format!("/{rest}")),
            None => (rest, String::new()),
        };
        let mut schema = self.document.resolve(schema).clone();
        if ["allOf", "anyOf", "oneOf", "if", "not", "patternProperties"].iter().any(|word| schema.get(word).is_some()) {
            return None;
        }
        let property = schema.get_mut("properties")?.get_mut(name)?;
        let (envelope, record) = self.cut(&property.take(), &rest)?;
        *property = envelope;
        Some((schema, record))
    }
}

/// The first declared 2xx, then 3xx; 200 when the document names none.
fn success_status(operation: &Operation) -> u16 {
    let codes = || operation.responses.keys().filter_map(|status| status.parse::<u16>().ok());
    let created = operation.method == http::Method::POST && codes().any(|code| code == 201);
    if created {
        return 201;
    }
    codes()
        .find(|code| (200..300).contains(code))
        .or_else(|| codes().find(|code| (300..400).contains(code)))
        .unwrap_or(200)
}

/// Where a tree's leaf is exactly one name.
fn leaf_pointer(tree: &Value, name: &str, at: String) -> Option<String> {
    match tree {
        Value::String(text) => {
            let inside = text.strip_prefix("{{")?.strip_suffix("}}")?;
            (inside.trim() == name).then_some(at)
        }
        Value::Object(map) => {
            map.iter().find_map(|(key, value)| leaf_pointer(value, name, format!("{at}/{}", escape(key))))
        }
        _ => None,
    }
}

/// The text under a `message` key of an example, at most so deep.
fn find_message(example: &Value, depth: usize) -> Option<String> {
    let map = example.as_object()?;
    if let Some(Value::String(message)) = map.get("message") {
        return Some(message.clone());
    }
    map.values().filter(|_| depth > 0).find_map(|value| find_message(value, depth - 1))
}
