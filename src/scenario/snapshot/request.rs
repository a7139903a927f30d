//! A request as text: its line, the headers that the author set, its body.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::address::Teller;
use super::kind::Kind;
use super::literal::{Author, is_word, scalar};
use super::names::{Promise, promise};
use super::references::References;
use super::transcript::Transcript;
use super::volatile::{Mark, Marked};
use crate::call::Call;
use crate::contract::operation::OperationId;
use crate::scenario::exchange::media_type;
use crate::scenario::expression::Expression;
use crate::scenario::model::{Input, InputFrom, ParameterPlace, ReplacementTarget, Step, Workflow};
use crate::scenario::template::Template;

/// Headers that say how a call is made rather than what is asked.
const HIDDEN: [&str; 9] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "proxy-authorization",
    "user-agent",
];
/// Longest inline file that is shown.
const FILE_BYTES_MAX: usize = 256;

/// What was sent, with or without a reply; `'b` is the body's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent<'a, 'b> {
    pub workflow: &'a Workflow,
    pub step: &'a Step,
    pub api: usize,
    pub operation: OperationId,
    pub call: &'a Call,
    /// Before it was written as its media type.
    pub body: Option<&'b Value>,
}

impl<'a> Transcript<'a> {
    /// Tells a request, and learns what its author wrote.
    pub(super) fn request(&mut self, sent: Sent<'a, '_>, marked: Option<Marked<'_>>) -> String {
        let mut text = format!("{} {}\n", sent.call.method, self.target(sent));
        for (name, value) in self.request_headers(sent) {
            text.push_str(&format!("{name}: {value}\n"));
        }
        if let Some(body) = self.request_body(sent, marked) {
            text.push('\n');
            text.push_str(&body);
        }
        text
    }

    fn target(&mut self, sent: Sent<'a, '_>) -> String {
        self.learn_inputs(sent);
        let taken = &self.taken;
        let author = |in_path: bool, name: &str| {
            let place = Some(if in_path { ParameterPlace::Path } else { ParameterPlace::Query });
            let mut parameters = sent.step.parameters.iter();
            let written = parameters.find(|parameter| parameter.name == name && parameter.place == place);
            written.map_or(Author::Elsewhere, |parameter| taken.author(sent.workflow, &parameter.value))
        };
        let Call { path, query, .. } = sent.call;
        let service = &self.services[sent.api];
        let mut teller = Teller { service, references: &mut self.references, literals: &mut self.literals };
        teller.target(sent.operation, path, query.as_deref(), author)
    }

    /// Parameters that hand on an input which differs between targets.
    fn learn_inputs(&mut self, sent: Sent<'a, '_>) {
        for parameter in &sent.step.parameters {
            if let Template::Expression(Expression::Inputs { name, pointer }) = &parameter.value
                && pointer.is_empty()
                && let Some(input) = input(sent.workflow, name)
                && let Some(kind) = input_kind(input)
                && let Some(text) = self.record.inputs.get(name).and_then(scalar)
            {
                self.references.learn(&kind, &text);
            }
        }
    }

    fn request_headers(&mut self, sent: Sent<'a, '_>) -> BTreeMap<String, String> {
        let mut shown = BTreeMap::new();
        let headers = sent.step.parameters.iter().filter(|parameter| parameter.place == Some(ParameterPlace::Header));
        for parameter in headers {
            let name = parameter.name.to_ascii_lowercase();
            let secret = promise(&name) == Promise::Secret || self.services[sent.api].is_key_header(&name);
            let Some(value) = sent.call.header(&name).filter(|_| !secret && !HIDDEN.contains(&name.as_str())) else {
                continue;
            };
            let told = match self.taken.author(sent.workflow, &parameter.value) {
                Author::Scenario => {
                    self.literals.note(&parameter.name, value);
                    value.to_owned()
                }
                Author::Taken(kind) => References::unnumbered(kind),
                _ => self.references.within(value, &self.literals).into_owned(),
            };
            shown.insert(name, told);
        }
        shown
    }

    fn request_body(&mut self, sent: Sent<'a, '_>, marked: Option<Marked<'_>>) -> Option<String> {
        let media = sent.call.header("content-type").map(media_type).unwrap_or_default();
        let Some(body) = sent.body else {
            return (!sent.call.body.is_empty()).then(|| bytes_note(&media, sent.call.body.len()));
        };
        let authors = Authors::of(sent.step, body);
        if let (Value::String(text), true) = (body, media.starts_with("text/")) {
            let author = authors.root;
            if matches!(author, Author::Scenario) {
                self.literals.note("", text);
                return Some(text_lines(text));
            }
            return Some(text_lines(&self.references.within(text, &self.literals)));
        }
        let told = self.sent_value(sent, &authors, &marked?, authors.root, "", &mut String::new());
        Some(pretty(&told))
    }

    fn sent_value(
        &mut self,
        sent: Sent<'a, '_>,
        authors: &Authors<'a>,
        marked: &Marked<'_>,
        author: Author<'a>,
        property: &str,
        pointer: &mut String,
    ) -> Value {
        let author = authors.replaced.get(pointer.as_str()).copied().unwrap_or(author);
        let length = pointer.len();
        match marked {
            Marked::Leaf(value, mark) => self.sent_leaf(sent, value, mark.as_ref(), author, property),
            Marked::Array(items) => {
                let mut told = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    crate::pointer::push(pointer, &index.to_string());
                    told.push(self.sent_value(sent, authors, item, author.item(index), property, pointer));
                    pointer.truncate(length);
                }
                Value::Array(told)
            }
            Marked::Object(fields) => {
                let mut told = Map::new();
                for (name, field) in fields {
                    crate::pointer::push(pointer, name);
                    let value = self.sent_value(sent, authors, field, author.property(name), name, pointer);
                    told.insert((*name).to_owned(), short_file(name, value));
                    pointer.truncate(length);
                }
                Value::Object(told)
            }
        }
    }

    fn sent_leaf(
        &mut self,
        sent: Sent<'a, '_>,
        value: &Value,
        mark: Option<&Mark>,
        author: Author<'a>,
        property: &str,
    ) -> Value {
        let Some(text) = scalar(value).filter(|text| !text.is_empty()) else { return sorted(value) };
        let kind = mark.map(|mark| &mark.kind);
        let given = given_by_input(sent.workflow, author);
        if kind == Some(&Kind::Secret) || given.is_some() {
            let kind = given.unwrap_or(Kind::Secret);
            match author {
                Author::Scenario if is_word(&text) => self.references.learn_here(&kind, &text),
                _ => self.references.learn(&kind, &text),
            }
            return self.references.typed(&kind, &text).map_or_else(|| value.clone(), Value::String);
        }
        if matches!(author, Author::Scenario) {
            self.literals.note(property, &text);
            return value.clone();
        }
        if let Author::Template(template) = author
            && let Author::Taken(kind) = self.taken.author(sent.workflow, template)
        {
            return Value::String(References::unnumbered(kind));
        }
        if let Some(reference) = kind.and_then(|kind| self.references.typed(kind, &text)) {
            return Value::String(reference);
        }
        if value.is_string() || self.references.knows(&text) {
            let told = self.references.within(&text, &self.literals);
            if told != text {
                return Value::String(told.into_owned());
            }
        }
        self.literals.note(property, &text);
        value.clone()
    }

    pub(super) fn teller(&mut self, api: usize) -> Teller<'_, 'a> {
        Teller { service: &self.services[api], references: &mut self.references, literals: &mut self.literals }
    }
}

/// Who wrote which part of a body.
pub(super) struct Authors<'a> {
    pub root: Author<'a>,
    /// By JSON Pointer: what replacements put there.
    replaced: BTreeMap<String, Author<'a>>,
}

impl<'a> Authors<'a> {
    pub fn of(step: &'a Step, body: &Value) -> Authors<'a> {
        let written = step.body.as_ref();
        let root = written.and_then(|body| body.payload.as_ref()).map_or(Author::Elsewhere, Author::of);
        let mut replaced = BTreeMap::new();
        for replacement in written.iter().flat_map(|body| &body.replacements) {
            let author = Author::of(&replacement.value);
            match &replacement.target {
                ReplacementTarget::JsonPointer(pointer) => drop(replaced.insert(pointer.clone(), author)),
                ReplacementTarget::JsonPath(query) => {
                    replaced.extend(query.pointers(body).into_iter().map(|pointer| (pointer, author)));
                }
            }
        }
        Authors { root, replaced }
    }
}

fn input<'a>(workflow: &'a Workflow, name: &str) -> Option<&'a Input> {
    workflow.inputs.as_ref()?.properties.iter().find(|input| input.name == name)
}

/// What an input is, if it differs between targets.
pub(super) fn input_kind(input: &Input) -> Option<Kind> {
    match input.from {
        _ if input.secret => Some(Kind::Secret),
        Some(InputFrom::Credential) => Some(Kind::Secret),
        Some(InputFrom::Receiver) => Some(Kind::Uri),
        None => None,
    }
}

fn given_by_input(workflow: &Workflow, author: Author<'_>) -> Option<Kind> {
    let Author::Template(Template::Expression(Expression::Inputs { name, pointer })) = author else { return None };
    input(workflow, name).filter(|_| pointer.is_empty()).and_then(input_kind)
}

/// A long inline file is told by its size; whoever wants to see it looks into the scenario.
fn short_file(name: &str, mut value: Value) -> Value {
    if name == "x-standin-file"
        && let Some(Value::String(content)) = value.get_mut("base64")
        && content.len() > FILE_BYTES_MAX
    {
        *content = format!("({} bytes of Base64)", content.len());
    }
    value
}

/// JSON with sorted keys, and no control character that a terminal would obey.
pub(super) fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_else(|_| json!(null).to_string());
    if !text.contains(|character: char| character.is_control() && character != '\n') {
        text.push('\n');
        return text;
    }
    let mut told = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        match character {
            '\n' => told.push('\n'),
            control if control.is_control() => told.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => told.push(other),
        }
    }
    told.push('\n');
    told
}

/// A value with the keys of its objects sorted.
pub(super) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut entries: Vec<(&String, &Value)> = fields.iter().collect();
            entries.sort_by_key(|(name, _)| *name);
            Value::Object(entries.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// A text, each line behind a bar: no line of it can be taken for one of ours.
pub(super) fn text_lines(text: &str) -> String {
    let mut told = String::with_capacity(text.len() + 16);
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        told.push('|');
        if !line.is_empty() {
            told.push(' ');
        }
        for character in line.chars() {
            match character {
                '\t' => told.push('\t'),
                control if control.is_control() => told.extend(control.escape_default()),
                other => told.push(other),
            }
        }
        told.push('\n');
    }
    told
}

/// Bytes are told by their type and number.
pub(super) fn bytes_note(media: &str, length: usize) -> String {
    let media = if media.is_empty() { "no media type" } else { media };
    format!("({media}, {length} {})\n", if length == 1 { "byte" } else { "bytes" })
}
