//! A reply as text: its status, the headers that a promise stands behind, its body with volatile values as references.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value};

use super::address::{Host, routed};
use super::kind::Kind;
use super::literal::scalar;
use super::names::is_limit_header;
use super::references::References;
use super::request::{bytes_note, pretty, sorted, text_lines};
use super::service::Service;
use super::transcript::{Here, Transcript};
use super::volatile::{Mark, Marked, Marker};
use crate::contract::operation::Response;
use crate::scenario::exchange::{Exchange, is_json, media_type};
use crate::scenario::finding::Site;
use crate::scenario::model::{Redaction, Step, Workflow};

/// Headers that say something about the service wherever they are met.
const SHOWN: [&str; 6] = ["allow", "content-type", "link", "location", "retry-after", "www-authenticate"];
/// Headers that say when and by whom an answer was sent.
const HIDDEN: [&str; 9] =
    ["connection", "content-length", "date", "keep-alive", "server", "set-cookie", "transfer-encoding", "vary", "via"];

/// The marks of a reply's body, and which of them an author made.
pub(super) struct Body<'v> {
    pub marked: Marked<'v>,
    /// By pointer: the place of the redaction.
    redacted: BTreeMap<String, Site>,
}

impl<'v> Body<'v> {
    pub fn unredacted(marked: Marked<'v>) -> Body<'v> {
        Body { marked, redacted: BTreeMap::new() }
    }
}

impl<'a> Transcript<'a> {
    /// Looks at a reply before anything of it is shown, so that a value in its first line is known by its type in the last.
    pub(super) fn study(&mut self, here: Here<'a>, exchange: &'a Exchange) -> Option<Body<'a>> {
        let value = exchange.received.as_ref()?;
        if exchange.reply.header("content-type").map(media_type).is_some_and(|media| !is_json(&media)) {
            return None;
        }
        let mut body = Body::unredacted(self.bodies[here.visit].received.take()?);
        for redaction in redactions(here.workflow, here.step) {
            let pointers = redaction.path.pointers(value);
            self.note_redaction(redaction, !pointers.is_empty(), here.visit);
            for pointer in pointers {
                body.marked.overrule(&pointer, value, Mark::certain(redaction.kind.clone()));
                body.redacted.insert(pointer, redaction.site.clone());
            }
        }
        self.learn(&body.marked, "");
        self.taken.note(here, &body.marked);
        Some(body)
    }

    pub(super) fn learn(&mut self, marked: &Marked<'_>, property: &str) {
        match marked {
            Marked::Object(fields) => fields.iter().for_each(|(name, field)| self.learn(field, name)),
            Marked::Array(items) => items.iter().for_each(|item| self.learn(item, property)),
            Marked::Leaf(value, Some(mark)) if mark.kind.fits(value, mark.form) => {
                let Some(text) = scalar(value) else { return };
                // An address is learnt when it is shown: it may be one of the service's own.
                if mark.kind == Kind::Secret || mark.kind != Kind::Uri && !self.literals.holds(property, &text) {
                    self.references.learn(&mark.kind, &text);
                }
            }
            Marked::Leaf(..) => {}
        }
    }

    /// Tells a reply.
    pub(super) fn reply(&mut self, here: Here<'a>, exchange: &'a Exchange, body: Option<Body<'a>>) -> String {
        let status = exchange.reply.status;
        let mut text = match StatusCode::canonical_reason(&status) {
            Some(reason) => format!("{} {reason}\n", status.as_u16()),
            None => format!("{}\n", status.as_u16()),
        };
        for (name, value) in self.reply_headers(here, exchange) {
            text.push_str(format!("{name}: {value}").trim_end());
            text.push('\n');
        }
        let told = match (body, &exchange.received) {
            (Some(body), _) => {
                let at = At { here, host: host(&self.services[exchange.api], exchange), api: exchange.api };
                let value = self.told(at, &body, &body.marked, "", &mut String::new());
                Some(pretty(&value))
            }
            (None, Some(Value::String(told))) => Some(text_lines(&self.references.within(told, &self.literals))),
            (None, Some(other)) => Some(pretty(&sorted(other))),
            (None, None) if exchange.reply.body.is_empty() => None,
            (None, None) => {
                let media = exchange.reply.header("content-type").map(media_type).unwrap_or_default();
                Some(bytes_note(&media, exchange.reply.body.len()))
            }
        };
        if let Some(told) = told {
            text.push('\n');
            text.push_str(&told);
        }
        text
    }

    pub(super) fn told(
        &mut self,
        at: At<'a>,
        body: &Body<'_>,
        marked: &Marked<'_>,
        property: &str,
        pointer: &mut String,
    ) -> Value {
        let length = pointer.len();
        match marked {
            Marked::Object(fields) => {
                let mut told = Map::new();
                for (name, field) in fields {
                    crate::pointer::push(pointer, name);
                    let value = self.told(at, body, field, name, pointer);
                    told.insert(self.references.within(name, &self.literals).into_owned(), value);
                    pointer.truncate(length);
                }
                Value::Object(told)
            }
            Marked::Array(items) => {
                let mut told = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    crate::pointer::push(pointer, &index.to_string());
                    told.push(self.told(at, body, item, property, pointer));
                    pointer.truncate(length);
                }
                Value::Array(told)
            }
            Marked::Leaf(value, None) => self.told_plain(value, property),
            Marked::Leaf(value, Some(mark)) => {
                let redaction = body.redacted.get(pointer.as_str());
                self.told_marked(at, value, mark, property, pointer, redaction)
            }
        }
    }

    fn told_plain(&mut self, value: &Value, property: &str) -> Value {
        let Some(text) = scalar(value) else { return sorted(value) };
        let echoed = self.literals.holds(property, &text);
        let known = if echoed { self.references.identifies(&text) } else { self.references.knows(&text) };
        if !known && (value.is_number() || echoed) {
            return value.clone();
        }
        let told = self.references.within(&text, &self.literals);
        if told == text { value.clone() } else { Value::String(told.into_owned()) }
    }

    fn told_marked(
        &mut self,
        at: At<'a>,
        value: &Value,
        mark: &Mark,
        property: &str,
        pointer: &str,
        redaction: Option<&Site>,
    ) -> Value {
        if !mark.kind.fits(value, mark.form) {
            let place = format!("`{pointer}` in the reply");
            self.breaks_type(at.here, redaction, &place, mark, value);
            return sorted(value);
        }
        let Some(text) = scalar(value) else { return Value::String(References::unnumbered(&mark.kind)) };
        let echoed = redaction.is_none() && mark.kind != Kind::Secret && self.literals.holds(property, &text);
        if echoed && !self.references.identifies(&text) {
            return value.clone();
        }
        Value::String(self.reference(at, &mark.kind, &text))
    }

    fn reference(&mut self, at: At<'a>, kind: &Kind, text: &str) -> String {
        if *kind == Kind::Uri
            && let Some(told) = self.teller(at.api).url(at.host, text)
        {
            return told;
        }
        if !kind.is_remembered() {
            return References::unnumbered(kind);
        }
        self.references.learn(kind, text);
        self.references.typed(kind, text).unwrap_or_else(|| References::unnumbered(kind))
    }

    fn reply_headers(&mut self, here: Here<'a>, exchange: &'a Exchange) -> Vec<(String, String)> {
        let asked = here.step.snapshot.headers.as_ref().or(here.workflow.snapshot.headers.as_ref());
        let service = self.services[exchange.api].clone();
        let declared = response(service.operation(exchange.operation), exchange.status());
        let mut shown = Vec::new();
        for (name, value) in &exchange.reply.headers {
            let name = name.as_str();
            let wanted = match asked {
                Some(asked) => asked.iter().any(|one| one == name),
                None => is_shown(declared, &service, name),
            };
            if wanted {
                let value = String::from_utf8_lossy(value.as_bytes());
                shown.push((name.to_owned(), self.header(here, exchange, declared, name, &value)));
            }
        }
        shown.sort();
        shown
    }

    fn header(
        &mut self,
        here: Here<'a>,
        exchange: &'a Exchange,
        declared: Option<&'a Response>,
        name: &str,
        value: &str,
    ) -> String {
        let service = self.services[exchange.api].clone();
        let at = At { here, host: host(&service, exchange), api: exchange.api };
        match name {
            "content-type" => return media_type(value),
            "location" | "content-location" => return self.reference(at, &Kind::Uri, value),
            "link" => return self.link(at, value),
            "set-cookie" => return self.cookie(value),
            "retry-after" if value.parse::<u64>().is_err() => return "<instant>".to_owned(),
            "retry-after" | "age" => return "<integer>".to_owned(),
            "date" | "last-modified" | "expires" => return "<instant>".to_owned(),
            "etag" => return "<text>".to_owned(),
            _ => {}
        }
        let found =
            declared.and_then(|response| response.headers.iter().find(|one| one.name.eq_ignore_ascii_case(name)));
        let typed = Value::from(value);
        let marker = Marker { service: &service, resource: service.resource_of(exchange.operation), problem: false };
        if let Some(mark) = marker.named(found.map(|header| &*header.raw), name, &number(value).unwrap_or(typed)) {
            return self.typed_header(at, name, value, &mark);
        }
        match found.is_some_and(|header| is_integer(&service, &header.raw)) {
            true => self.typed_header(at, name, value, &Mark::certain(Kind::Integer)),
            false if is_limit_header(name) => without_numbers(&self.references.within(value, &self.literals)),
            false => self.references.within(value, &self.literals).into_owned(),
        }
    }

    fn typed_header(&mut self, at: At<'a>, name: &str, value: &str, mark: &Mark) -> String {
        let typed = number(value).filter(|_| !matches!(mark.kind, Kind::Id(_))).unwrap_or_else(|| Value::from(value));
        if !mark.kind.fits(&typed, mark.form) {
            self.breaks_type(at.here, None, &format!("the reply's header `{name}`"), mark, &typed);
            return value.to_owned();
        }
        self.reference(at, &mark.kind, value)
    }

    /// `<URL>; rel="next"`: the addresses are told, the rest is kept (RFC 8288).
    fn link(&mut self, at: At<'a>, value: &str) -> String {
        let mut told = String::with_capacity(value.len());
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('<') {
            let Some((address, next)) = after.split_once('>') else { break };
            told.push_str(before);
            told.push('<');
            told.push_str(&self.reference(at, &Kind::Uri, address));
            told.push('>');
            rest = next;
        }
        told.push_str(&self.references.within(rest, &self.literals));
        told
    }

    /// A cookie's value is as good as a credential.
    fn cookie(&mut self, value: &str) -> String {
        let mut parts = value.split(';');
        let (name, secret) = parts.next().unwrap_or_default().split_once('=').unwrap_or_default();
        self.references.learn(&Kind::Secret, secret);
        let mut told = format!("{name}={}", self.references.typed(&Kind::Secret, secret).unwrap_or_default());
        for attribute in parts {
            match attribute.split_once('=') {
                Some((name, _)) if name.trim().eq_ignore_ascii_case("expires") => told.push_str("; Expires=<instant>"),
                _ => told.push_str(&format!("; {}", attribute.trim())),
            }
        }
        told
    }
}

/// Where a value of a reply was met.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub here: Here<'a>,
    pub host: Host<'a>,
    pub api: usize,
}

/// The redactions of a workflow and of its step, each once.
fn redactions<'a>(workflow: &'a Workflow, step: &'a Step) -> Vec<&'a Redaction> {
    let mut all: Vec<&Redaction> = Vec::new();
    for redaction in workflow.snapshot.redactions.iter().chain(&step.snapshot.redactions) {
        if !all.iter().any(|known| known.site == redaction.site) {
            all.push(redaction);
        }
    }
    all
}

/// How this target is reached, by what was sent to it.
fn host<'a>(service: &Service<'a>, exchange: &'a Exchange) -> Host<'a> {
    let operation = service.operation(exchange.operation);
    let base = operation.and_then(|operation| routed(&operation.template, &exchange.call.path));
    Host {
        origin: &exchange.call.origin,
        base: base.map_or("", |routed| routed.base),
        declared: operation.map_or("", |operation| service.contract.operations.base_of(operation)),
    }
}

fn response(operation: Option<&crate::contract::operation::Operation>, status: u16) -> Option<&Response> {
    operation.and_then(|operation| operation.response(status))
}

fn is_shown(declared: Option<&Response>, service: &Service<'_>, name: &str) -> bool {
    if HIDDEN.contains(&name) {
        return false;
    }
    let replayed = service.contract.plan.idempotency.as_ref().and_then(|rule| rule.replayed.as_ref());
    SHOWN.contains(&name)
        || name.contains("idempoten")
        || name.contains("replay")
        || replayed.is_some_and(|replayed| replayed.as_str() == name)
        || declared.is_some_and(|response| response.headers.iter().any(|one| one.name.eq_ignore_ascii_case(name)))
}

fn is_integer(service: &Service<'_>, schema: &Value) -> bool {
    match service.contract.document.resolve(schema).get("type") {
        Some(Value::String(word)) => word == "integer",
        Some(Value::Array(words)) => words.iter().any(|word| word == "integer"),
        _ => false,
    }
}

fn number(text: &str) -> Option<Value> {
    text.parse::<i64>().ok().map(Value::from)
}

/// `"default";r=50;t=30` as `"default";r=<integer>;t=<integer>`.
fn without_numbers(value: &str) -> String {
    let mut told = String::with_capacity(value.len());
    let mut in_number = false;
    for character in value.chars() {
        let digit = character.is_ascii_digit();
        match digit {
            true if !in_number => told.push_str("<integer>"),
            true => {}
            false => told.push(character),
        }
        in_number = digit;
    }
    told
}
