//! From a [`Behaviour`] to a [`Plan`]: every name resolved, every expression compiled, every complaint kept.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::HeaderName;
use indexmap::IndexMap;
use serde_json::Value;

use super::*;
use crate::contract::capability;
use crate::contract::document::Document;
use crate::contract::error::{About, LoadError};
use crate::contract::expression::ExpressionError;
use crate::contract::operation::{Operation, Operations};
use crate::contract::parameter;
use crate::contract::schema::SchemasBuilder;
use crate::contract::vocabulary::{Behaviour, OperationRule};
use crate::instant::duration_ms;
use crate::json;
use crate::pointer::{self, escape};
use crate::words::did_you_mean;

/// Names that every rule of an operation can see.
pub const OPERATION_NAMES: [&str; 8] = ["call", "path", "query", "header", "body", "me", "now", "record"];

/// Compiles a behaviour. All that is wrong is told, not only the first.
pub fn compile(
    document: &Document,
    operations: &Operations,
    behaviour: &Behaviour,
    schemas: &mut SchemasBuilder,
) -> Result<Plan, Vec<LoadError>> {
    let mut compiler = Compiler::new(document, operations, behaviour, schemas);
    let plan = compiler.plan();
    if compiler.complaints.is_empty() { Ok(plan) } else { Err(compiler.complaints) }
}

pub(super) struct Compiler<'a> {
    pub document: &'a Document,
    pub operations: &'a Operations,
    pub behaviour: &'a Behaviour,
    pub errors: BTreeMap<String, ErrorIndex>,
    pub complaints: Vec<LoadError>,
    /// Takes in the schemas that the plan checks records and replies with.
    pub schemas: &'a mut SchemasBuilder,
    /// Bits given out for memos, by resource.
    pub bits: BTreeMap<SchemaId, u32>,
}

impl<'a> Compiler<'a> {
    fn new(
        document: &'a Document,
        operations: &'a Operations,
        behaviour: &'a Behaviour,
        schemas: &'a mut SchemasBuilder,
    ) -> Compiler<'a> {
        let errors = behaviour.errors.keys().enumerate().map(|(index, name)| (name.clone(), index)).collect();
        Compiler { document, operations, behaviour, errors, complaints: Vec::new(), schemas, bits: BTreeMap::new() }
    }

    fn plan(&mut self) -> Plan {
        let behaviour = self.behaviour;
        for name in behaviour.operations.keys() {
            if self.operations.find(name).is_none() {
                let known = self.operations.list.iter().map(|operation| operation.id.as_str());
                self.unknown(&format!("/operations/{name}"), "operation", name, known.collect());
            }
        }
        let errors = self.error_plans();
        let resources =
            behaviour.resources.iter().map(|(name, rule)| self.resource(name, rule)).collect::<Vec<Resource>>();
        let limits = self.limits();
        let shapes = self.shapes();
        let actions = self.operations.list.iter().map(|operation| self.action(operation, &resources)).collect();
        Plan {
            actions,
            errors,
            shapes,
            requests: behaviour.requests.clone(),
            limits,
            limit_headers: self.limit_headers(),
            credentials: self.credentials(),
            idempotency: self.idempotency(),
            webhooks: behaviour.webhooks.as_ref().map(|rule| self.webhooks(rule)),
            consent: self.consent(),
            seed: self.seed(),
            resources,
        }
    }

    // ---- complaints ----

    pub fn complain(&mut self, pointer: &str, message: impl Into<String>) -> &mut LoadError {
        let pointer = format!("/x-standin{pointer}");
        self.complaints.push(LoadError::new(self.document.name.clone(), pointer, message));
        self.complaints.last_mut().expect("one was just pushed")
    }

    pub fn unknown(&mut self, pointer: &str, kind: &str, name: &str, known: Vec<&str>) {
        let hint = match did_you_mean(name, known.iter().copied()) {
            Some(near) => format!("did you mean '{near}'?"),
            None if known.is_empty() => format!("there is no {kind} yet"),
            None => format!("known: {}", known.join(", ")),
        };
        let complaint = self.complain(pointer, format!("unknown {kind} '{name}'"));
        if pointer.strip_suffix(name).is_some_and(|above| above.ends_with('/')) {
            complaint.about = About::Key;
        }
        complaint.hint = Some(hint);
    }

    fn expression_error(&mut self, pointer: &str, text: &str, error: ExpressionError) {
        let message = format!("{} in '{}' at character {}", error.message, text, error.offset + 1);
        self.complain(pointer, message).hint = error.hint;
    }

    // ---- leaves ----

    pub fn expression(&mut self, pointer: &str, text: &str, names: &[&str]) -> Expression {
        match Expression::compile(text, names) {
            Ok(expression) => expression,
            Err(error) => {
                self.expression_error(pointer, text, error);
                nothing()
            }
        }
    }

    pub fn template(&mut self, pointer: &str, text: &str, names: &[&str]) -> Template {
        match Template::compile(text, names) {
            Ok(template) => template,
            Err(error) => {
                self.expression_error(pointer, text, error);
                Template::compile("", &[]).expect("an empty text has no expressions")
            }
        }
    }

    pub fn tree(&mut self, pointer: &str, tree: &Value, names: &[&str]) -> Tree {
        match Tree::compile(tree, names) {
            Ok(tree) => tree,
            Err((inside, error)) => {
                let text = pointer::find(tree, &inside).and_then(Value::as_str).unwrap_or_default().to_owned();
                self.expression_error(&format!("{pointer}{inside}"), &text, error);
                Tree::compile(&Value::Null, &[]).expect("null has no expressions")
            }
        }
    }

    pub fn assignments(&mut self, pointer: &str, set: &IndexMap<String, Value>, names: &[&str]) -> Vec<Assignment> {
        let compiled = set.iter().map(|(field, tree)| Assignment {
            field: field.clone(),
            uses_record: json::text(tree).contains("record"),
            tree: self.tree(&format!("{pointer}/{}", escape(field)), tree, names),
        });
        compiled.collect()
    }

    pub fn matching(
        &mut self,
        pointer: &str,
        matching: &IndexMap<String, String>,
        names: &[&str],
    ) -> Vec<(String, Expression)> {
        let compiled = matching.iter().map(|(field, text)| {
            (field.clone(), self.expression(&format!("{pointer}/{}", escape(field)), text, names))
        });
        compiled.collect()
    }

    pub fn duration(&mut self, pointer: &str, text: &str) -> i64 {
        duration_ms(text).unwrap_or_else(|| {
            self.complain(pointer, format!("'{text}' is not a duration")).hint =
                Some("write 30s, 5m, 24h, 7d or an ISO 8601 duration such as PT1H30M".to_owned());
            0
        })
    }

    pub fn resource_index(&mut self, pointer: &str, name: &str) -> ResourceIndex {
        self.behaviour.resources.get_index_of(name).unwrap_or_else(|| {
            let known = self.behaviour.resources.keys().map(String::as_str).collect();
            self.unknown(pointer, "resource", name, known);
            0
        })
    }

    pub fn error_index(&mut self, pointer: &str, name: &str) -> ErrorIndex {
        self.errors.get(name).copied().unwrap_or_else(|| {
            let behaviour = self.behaviour;
            self.unknown(pointer, "error", name, behaviour.errors.keys().map(String::as_str).collect());
            0
        })
    }

    pub fn event_index(&mut self, pointer: &str, name: &str) -> Option<usize> {
        let Some(webhooks) = &self.behaviour.webhooks else {
            self.complain(pointer, format!("unknown event '{name}'")).hint =
                Some("declare it under webhooks.events".to_owned());
            return None;
        };
        let found = webhooks.events.get_index_of(name);
        if found.is_none() {
            self.unknown(pointer, "event", name, webhooks.events.keys().map(String::as_str).collect());
        }
        found
    }

    pub fn header_name(&mut self, pointer: &str, name: &str) -> Option<HeaderName> {
        let parsed = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes());
        if parsed.is_err() {
            self.complain(pointer, format!("'{name}' is not a header name"));
        }
        parsed.ok()
    }

    pub fn headers(
        &mut self,
        pointer: &str,
        headers: &IndexMap<String, String>,
        names: &[&str],
    ) -> Vec<(HeaderName, Template)> {
        let mut compiled = Vec::new();
        for (name, text) in headers {
            let pointer = format!("{pointer}/{}", escape(name));
            let template = self.template(&pointer, text, names);
            compiled.extend(self.header_name(&pointer, name).map(|name| (name, template)));
        }
        compiled
    }

    // ---- shapes ----

    fn shapes(&mut self) -> Shapes {
        let shapes = &self.behaviour.shapes;
        let default_error = serde_json::json!({"error": {"code": "{{ error.code }}", "message": "{{ error.message }}", "details?": "{{ error.details }}"}});
        let text = |name: &str| Value::String(format!("{{{{ {name} }}}}"));
        let tree = |given: &Option<Value>, name: &str| given.clone().unwrap_or_else(|| text(name));
        let problem = self.operations.list.iter().flat_map(|operation| &operation.responses);
        let problem = problem
            .filter(|(status, _)| status.starts_with(['4', '5', 'd']))
            .flat_map(|(_, response)| &response.media)
            .find(|media| media.name.ends_with("json"));
        let error_media = problem.map_or("application/json".to_owned(), |media| media.name.clone());
        Shapes {
            record: self.tree("/shapes/record", &tree(&shapes.record, "record"), &["record", "call", "now"]),
            list: self.tree("/shapes/list", &tree(&shapes.list, "records"), &["records", "page", "call", "now"]),
            message: self.tree(
                "/shapes/message",
                &shapes.message.clone().unwrap_or_else(|| serde_json::json!({"message": "{{ message }}"})),
                &["message", "record", "call", "now"],
            ),
            error: self.tree(
                "/shapes/error",
                shapes.error.as_ref().unwrap_or(&default_error),
                &["error", "call", "now"],
            ),
            error_media,
        }
    }

    // ---- operations ----

    fn action(&mut self, operation: &Operation, resources: &[Resource]) -> Action {
        let rule = self.behaviour.operations.get(&operation.id).unwrap_or(&UNKNOWN);
        let pointer = format!("/operations/{}", escape(&operation.id));
        let mut names = OPERATION_NAMES.to_vec();
        let with = self.reads(&format!("{pointer}/with"), &rule.with, &mut names);
        let require = self.guards(&format!("{pointer}/require"), &rule.require, &names);
        let verb = self.verb(&pointer, operation, rule, &names);
        let matching = self.matching(&format!("{pointer}/match"), &rule.matching, &names);
        let set = self.assignments(&format!("{pointer}/set"), &rule.set, &names);
        let id = rule.id.as_ref().map(|text| self.expression(&format!("{pointer}/id"), text, &names));
        let id = id.or_else(|| last_path_parameter(operation).map(|text| self.expression(&pointer, &text, &names)));
        let emit = rule.emit.as_ref().and_then(|name| self.event_index(&format!("{pointer}/emit"), name));
        names.push("outer");
        let also = self.changes(&format!("{pointer}/also"), &rule.also, &mut names);
        if matches!(verb, Verb::Batch(_)) {
            names.extend(["results", "summary"]);
        }
        let reply = self.reply(&pointer, operation, rule, &verb, &names);
        let capabilities = self.capabilities(operation, resources, &verb, &reply);
        Action {
            id,
            matching,
            with,
            require,
            merge: rule.merge.unwrap_or(true),
            takes: self.takes(operation),
            set,
            emit,
            also,
            reply,
            limits: self.charged(&operation.id),
            capabilities,
            replays: self.replays(operation),
            errors: self.own_errors(&pointer, rule),
            label: format!("{} {}", operation.method, self.operations.path(operation)),
            verb,
        }
    }

    /// What clients may count on. Events that are said to follow must be there.
    fn capabilities(
        &mut self,
        operation: &Operation,
        resources: &[Resource],
        verb: &Verb,
        reply: &ReplyPlan,
    ) -> Capabilities {
        let behaviour = self.behaviour;
        let said = behaviour.operations.get(&operation.id).and_then(|rule| rule.capabilities.as_ref());
        for (place, event) in said.and_then(|said| said.emits.as_ref()).into_iter().flatten().enumerate() {
            self.event_index(&format!("/operations/{}/capabilities/emits/{place}", escape(&operation.id)), event);
        }
        let runs = match verb {
            Verb::Batch(batch) => Some(self.operations.get(batch.run)),
            _ => None,
        };
        let status = match reply.status {
            StatusPlan::Fixed(status) => Some(status),
            StatusPlan::Computed(_) => None,
        };
        let known = capability::Known { behaviour, resources };
        capability::of(&known, operation, runs, status, self.replays(operation))
    }

    /// The properties that the request's schema names, unless it is open to others on purpose.
    fn takes(&self, operation: &Operation) -> Option<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for media in &operation.body.as_ref()?.media {
            let shape = parameter::shape(self.document, &media.raw);
            if shape.other.is_some() || shape.properties.is_empty() {
                return None;
            }
            names.extend(shape.properties.into_keys());
        }
        Some(names)
    }
}

/// What is assumed of an operation that nobody describes.
static UNKNOWN: LazyLock<OperationRule> = LazyLock::new(|| OperationRule { sampled: true, ..OperationRule::default() });

/// Longest time that a webhook's receiver may be given, in ms.
pub const TIMEOUT_MS_MAX: i64 = 60_000;

fn nothing() -> Expression {
    Expression::compile("null", &[]).expect("a literal compiles")
}

fn last_path_parameter(operation: &Operation) -> Option<String> {
    let start = operation.template.rfind('{')?;
    let end = operation.template[start..].find('}')? + start;
    Some(format!("path[{:?}]", &operation.template[start + 1..end]))
}
