//! From a [`Behaviour`] to a [`Plan`]: every name resolved, every expression compiled, every complaint kept.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::HeaderName;
use indexmap::IndexMap;
use serde_json::Value;

use super::*;
use crate::contract::document::Document;
use crate::contract::error::{About, LoadError};
use crate::contract::expression::{ExpressionError, duration_ms};
use crate::contract::operation::{Operation, Operations};
use crate::contract::parameter;
use crate::contract::schema::{Schemas, SchemasBuilder};
use crate::contract::vocabulary::{Behaviour, ChangeRule, ErrorRule, OperationRule};
use crate::pointer::escape;
use crate::words::did_you_mean;

/// Names that every rule of an operation can see.
pub const OPERATION_NAMES: [&str; 8] = ["call", "path", "query", "header", "body", "me", "now", "record"];

/// Compiles a behaviour. All that is wrong is told, not only the first.
pub fn compile(
    document: &Document,
    operations: &Operations,
    behaviour: &Behaviour,
) -> Result<(Plan, Schemas), Vec<LoadError>> {
    let mut compiler = Compiler::new(document, operations, behaviour);
    let plan = compiler.plan();
    let mut complaints = compiler.complaints;
    match compiler.slots.build(&document.name, &document.root) {
        Ok(schemas) if complaints.is_empty() => Ok((plan, schemas)),
        Ok(_) => Err(complaints),
        Err(more) => {
            complaints.extend(more);
            Err(complaints)
        }
    }
}

pub(super) struct Compiler<'a> {
    pub document: &'a Document,
    pub operations: &'a Operations,
    pub behaviour: &'a Behaviour,
    pub errors: BTreeMap<String, ErrorIndex>,
    pub complaints: Vec<LoadError>,
    pub slots: SchemasBuilder,
    /// Bits given out for memos, by resource.
    pub bits: BTreeMap<SchemaId, u32>,
}

impl<'a> Compiler<'a> {
    fn new(document: &'a Document, operations: &'a Operations, behaviour: &'a Behaviour) -> Compiler<'a> {
        let errors = behaviour.errors.keys().enumerate().map(|(index, name)| (name.clone(), index)).collect();
        Compiler {
            document,
            operations,
            behaviour,
            errors,
            complaints: Vec::new(),
            slots: SchemasBuilder::default(),
            bits: BTreeMap::new(),
        }
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
        let actions = self.operations.list.iter().map(|operation| self.action(operation)).collect();
        Plan {
            actions,
            errors,
            shapes,
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
                let text = tree.pointer(&inside).and_then(Value::as_str).unwrap_or_default().to_owned();
                self.expression_error(&format!("{pointer}{inside}"), &text, error);
                Tree::compile(&Value::Null, &[]).expect("null has no expressions")
            }
        }
    }

    pub fn assignments(&mut self, pointer: &str, set: &IndexMap<String, Value>, names: &[&str]) -> Vec<Assignment> {
        let compiled = set.iter().map(|(field, tree)| Assignment {
            field: field.clone(),
            uses_record: tree.to_string().contains("record"),
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

    fn header_name(&mut self, pointer: &str, name: &str) -> Option<HeaderName> {
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

    // ---- errors, shapes, limits ----

    fn error_plans(&mut self) -> Errors {
        let behaviour = self.behaviour;
        let list: Vec<ErrorPlan> = behaviour.errors.iter().map(|(name, rule)| self.error_plan(name, rule)).collect();
        let index = |name: &str| self.errors.get(name).copied();
        let known = Known {
            unknown_route: index("unknown_route").unwrap_or_default(),
            unknown_method: index("unknown_method").unwrap_or_default(),
            unreadable: index("unreadable").unwrap_or_default(),
            too_large: index("too_large").unwrap_or_default(),
            unsupported_media_type: index("unsupported_media_type").unwrap_or_default(),
            not_acceptable: index("not_acceptable").unwrap_or_default(),
            invalid: index("invalid").unwrap_or_default(),
            unauthenticated: index("unauthenticated").unwrap_or_default(),
            insufficient_scope: index("insufficient_scope").unwrap_or_default(),
            rate_limited: index("rate_limited").unwrap_or_default(),
            not_found: index("not_found").unwrap_or_default(),
            referenced: index("referenced").unwrap_or_default(),
            idempotency_mismatch: index("idempotency_mismatch").unwrap_or_default(),
            internal: index("internal").unwrap_or_default(),
        };
        Errors { list, by_name: self.errors.clone(), known }
    }

    /// An error can be raised by any rule, so its texts see the names of all rules.
    fn error_plan(&mut self, name: &str, rule: &ErrorRule) -> ErrorPlan {
        let pointer = format!("/errors/{}", escape(name));
        let behaviour = self.behaviour;
        let mut names: Vec<&str> = OPERATION_NAMES.to_vec();
        names.extend(["resource", "scope", "missing", "field", "detail", "item", "index", "outer"]);
        names.extend(behaviour.operations.values().flat_map(|rule| rule.with.keys()).map(String::as_str));
        if !(400..600).contains(&rule.status) {
            self.complain(&format!("{pointer}/status"), format!("{} is not an error status", rule.status)).hint =
                Some("use 400 to 599".to_owned());
        }
        let standard = http::StatusCode::from_u16(rule.status).ok().and_then(|status| status.canonical_reason());
        let message = rule.message.as_deref().or(standard).unwrap_or("error");
        ErrorPlan {
            name: name.to_owned(),
            status: rule.status,
            code: rule.code.clone(),
            kind: rule.kind.clone(),
            message: self.template(&format!("{pointer}/message"), message, &names),
            details: rule.details.as_ref().map(|tree| self.tree(&format!("{pointer}/details"), tree, &names)),
            headers: self.headers(&format!("{pointer}/headers"), &rule.headers, &names),
        }
    }

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
            uses_call: looks_at_call(shapes, &["call.id"]),
        }
    }

    fn limits(&mut self) -> Vec<Limit> {
        let behaviour = self.behaviour;
        let mut limits = Vec::new();
        for (bucket, rule) in &behaviour.limits {
            let pointer = format!("/limits/{}", escape(bucket));
            for operation in rule.operations.iter().flatten() {
                if self.operations.find(operation).is_none() {
                    let known = self.operations.list.iter().map(|operation| operation.id.as_str()).collect();
                    self.unknown(&format!("{pointer}/operations"), "operation", operation, known);
                }
            }
            let Some((count, window_ms)) = rate(&rule.rate) else {
                self.complain(&format!("{pointer}/rate"), format!("'{}' is not a rate", rule.rate)).hint =
                    Some("write calls per window, such as 100/min, 10/s or 5/10min".to_owned());
                continue;
            };
            limits.push(Limit { bucket: bucket.clone(), count, window_ms, window: rule.window, per: rule.per });
        }
        limits
    }

    fn limit_headers(&mut self) -> LimitHeaders {
        let Some(rule) = &self.behaviour.limit_headers else { return LimitHeaders::default() };
        let mut name = |word: &str, name: &Option<String>| {
            name.as_ref().and_then(|name| self.header_name(&format!("/limit_headers/{word}"), name))
        };
        LimitHeaders {
            limit: name("limit", &rule.limit),
            remaining: name("remaining", &rule.remaining),
            reset: name("reset", &rule.reset),
            reset_unit: rule.reset_unit,
        }
    }

    fn credentials(&mut self) -> BTreeMap<String, Credential> {
        let behaviour = self.behaviour;
        let mut credentials = BTreeMap::new();
        for (scheme, rule) in &behaviour.credentials {
            let pointer = format!("/credentials/{}", escape(scheme));
            let schemes = self.document.at("/components/securitySchemes").and_then(Value::as_object);
            if !schemes.is_some_and(|schemes| schemes.contains_key(scheme)) {
                let known = schemes.into_iter().flat_map(|schemes| schemes.keys().map(String::as_str)).collect();
                self.unknown(&pointer, "security scheme", scheme, known);
            }
            let credential = Credential {
                resource: self.resource_index(&format!("{pointer}/resource"), &rule.resource),
                secret: rule.secret.clone(),
                scopes: rule.scopes.as_deref().map(Into::into),
                when: rule
                    .when
                    .as_ref()
                    .map(|text| self.expression(&format!("{pointer}/when"), text, &["record", "now"])),
                touch: rule.touch.clone(),
            };
            credentials.insert(scheme.clone(), credential);
        }
        credentials
    }

    fn idempotency(&mut self) -> Option<Idempotency> {
        let rule = self.behaviour.idempotency.as_ref()?;
        Some(Idempotency {
            header: self.header_name("/idempotency/header", &rule.header)?,
            ttl_ms: self.duration("/idempotency/ttl", &rule.ttl),
            per: rule.per,
            replayed: rule.replayed.as_ref().and_then(|name| self.header_name("/idempotency/replayed", name)),
            keep: rule.keep,
        })
    }

    // ---- operations ----

    fn action(&mut self, operation: &Operation) -> Action {
        let rule = self.behaviour.operations.get(&operation.id).unwrap_or(&UNKNOWN);
        let pointer = format!("/operations/{}", escape(&operation.id));
        let mut names = OPERATION_NAMES.to_vec();
        let with = self.reads(&format!("{pointer}/with"), &rule.with, &mut names);
        let require = rule.require.iter().enumerate().map(|(place, guard)| Guard {
            that: self.expression(&format!("{pointer}/require/{place}/that"), &guard.that, &names),
            otherwise: self.error_index(&format!("{pointer}/require/{place}/else"), &guard.otherwise),
        });
        let require = require.collect();
        let verb = self.verb(&pointer, operation, rule, &names);
        let matching = self.matching(&format!("{pointer}/match"), &rule.matching, &names);
        let set = self.assignments(&format!("{pointer}/set"), &rule.set, &names);
        let id = rule.id.as_ref().map(|text| self.expression(&format!("{pointer}/id"), text, &names));
        let id = id.or_else(|| last_path_parameter(operation).map(|text| self.expression(&pointer, &text, &names)));
        let emit = rule.emit.as_ref().and_then(|name| self.event_index(&format!("{pointer}/emit"), name));
        names.push("outer");
        let also = rule.also.iter().enumerate();
        let also =
            also.map(|(place, rule)| self.change(&format!("{pointer}/also/{place}"), rule, &mut names)).collect();
        if matches!(verb, Verb::Batch(_)) {
            names.extend(["results", "summary"]);
        }
        let reply = self.reply(&pointer, operation, rule, &verb, &names);
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
            replays: self.replays(operation),
            label: format!("{} {}{}", operation.method, self.operations.base, operation.template),
            uses_call: looks_at_call(rule, &[]) || verb.changes() && looks_at_call(&self.behaviour.resources, &[]),
            verb,
        }
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

    fn charged(&self, operation: &str) -> Vec<usize> {
        let rules = self.behaviour.limits.values().enumerate();
        let applies =
            |names: &Option<Vec<String>>| names.as_ref().is_none_or(|names| names.iter().any(|name| name == operation));
        rules.filter(|(_, rule)| applies(&rule.operations)).map(|(index, _)| index).collect()
    }

    fn replays(&self, operation: &Operation) -> bool {
        let Some(rule) = &self.behaviour.idempotency else { return false };
        match &rule.operations {
            Some(names) => names.contains(&operation.id),
            None => operation.parameters.iter().any(|parameter| {
                parameter.place == crate::contract::violation::Place::Header
                    && parameter.name.eq_ignore_ascii_case(&rule.header)
            }),
        }
    }

    fn change(&mut self, pointer: &str, rule: &'a ChangeRule, names: &mut Vec<&'a str>) -> Change {
        let verbs = [
            (ChangeVerb::Create, &rule.create),
            (ChangeVerb::Update, &rule.update),
            (ChangeVerb::Delete, &rule.delete),
            (ChangeVerb::Save, &rule.save),
        ];
        let mut given = verbs.into_iter().filter_map(|(verb, resource)| resource.as_ref().map(|name| (verb, name)));
        let (verb, resource) = match (given.next(), given.next()) {
            (Some(one), None) => one,
            _ => {
                self.complain(pointer, "a change has one of create, update, delete and save");
                return Change {
                    verb: ChangeVerb::Delete,
                    resource: 0,
                    id: None,
                    matching: Vec::new(),
                    when: None,
                    set: Vec::new(),
                    emit: None,
                    name: None,
                };
            }
        };
        let change = Change {
            verb,
            resource: self.resource_index(pointer, resource),
            id: rule.id.as_ref().map(|text| self.expression(&format!("{pointer}/id"), text, names)),
            matching: self.matching(&format!("{pointer}/match"), &rule.matching, names),
            when: rule.when.as_ref().map(|text| self.expression(&format!("{pointer}/when"), text, names)),
            set: self.assignments(&format!("{pointer}/set"), &rule.set, names),
            emit: rule.emit.as_ref().and_then(|name| self.event_index(&format!("{pointer}/emit"), name)),
            name: rule.name.clone(),
        };
        names.extend(rule.name.as_deref());
        change
    }
}

/// What is assumed of an operation that nobody describes.
static UNKNOWN: LazyLock<OperationRule> = LazyLock::new(|| OperationRule { sampled: true, ..OperationRule::default() });

/// Does any text of the rule name `call` otherwise than in these phrases?
fn looks_at_call(rule: &impl serde::Serialize, except: &[&str]) -> bool {
    let mut text = serde_json::to_string(rule).unwrap_or_default();
    for phrase in except {
        text = text.replace(phrase, "");
    }
    text.contains("call")
}

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

/// `100/min`, `5/10min`, `10/s` as calls and milliseconds.
fn rate(text: &str) -> Option<(u64, i64)> {
    let (count, window) = text.split_once('/')?;
    let count = count.trim().parse().ok().filter(|count| *count > 0)?;
    let window = window.trim();
    let digits = window.find(|character: char| !character.is_ascii_digit()).unwrap_or(window.len());
    let times: i64 = if digits == 0 { 1 } else { window[..digits].parse().ok().filter(|times| *times > 0)? };
    let unit = match window[digits..].trim() {
        "ms" => 1,
        "s" | "sec" | "second" => 1_000,
        "m" | "min" | "minute" => 60_000,
        "h" | "hour" => 3_600_000,
        "d" | "day" => 86_400_000,
        _ => return None,
    };
    Some((count, times.checked_mul(unit)?))
}
