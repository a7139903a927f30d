//! A call under construction: path, query, headers and cookies filled parameter by parameter.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;

use super::body::Written;
use super::style;
use super::{Built, Destination, Fault};
use crate::call::Call;
use crate::contract::Contract;
use crate::contract::operation::Operation;
use crate::contract::parameter::{Arguments, Parameter as Declared, decode_text};
use crate::contract::violation::Place;
use crate::scenario::finding::{Finding, Site};
use crate::scenario::model::{Parameter, ParameterPlace, Step};
use crate::scenario::run::Outgoing;

/// Headers that frame the message: whoever writes to the wire writes them, and nobody else can without breaking it.
const FRAMING_HEADERS: [&str; 6] = ["connection", "content-length", "te", "trailer", "transfer-encoding", "upgrade"];

#[derive(Debug)]
pub struct Draft<'a> {
    contract: &'a Contract,
    operation: &'a Operation,
    step: &'a Step,
    /// Written values of the template's names.
    path: Vec<(&'a str, String)>,
    query: String,
    headers: HeaderMap,
    cookies: String,
    arguments: Arguments,
    body: Bytes,
    sent: Option<Value>,
    pub findings: Vec<Finding>,
}

impl<'a> Draft<'a> {
    pub fn new(contract: &'a Contract, operation: &'a Operation, step: &'a Step) -> Draft<'a> {
        Draft {
            contract,
            operation,
            step,
            path: Vec::new(),
            query: String::new(),
            headers: HeaderMap::with_capacity(4),
            cookies: String::new(),
            arguments: Arguments::default(),
            body: Bytes::new(),
            sent: None,
            findings: Vec::new(),
        }
    }

    /// Writes one parameter.
    pub fn put(&mut self, parameter: &'a Parameter, value: Value) {
        let placed = match parameter.place {
            Some(ParameterPlace::Path) => self.put_path(parameter, value),
            Some(ParameterPlace::Query) => self.put_query(parameter, value),
            Some(ParameterPlace::Querystring) => self.put_querystring(value),
            Some(ParameterPlace::Header) => self.put_header(parameter, value),
            Some(ParameterPlace::Cookie) => self.put_cookie(parameter, value),
            None => {
                let fault = Fault::new(format!("the parameter `{}` does not say where it goes", parameter.name));
                Err(fault.hint("add `in`: path, query, querystring, header or cookie"))
            }
        };
        if let Err(fault) = placed {
            self.findings.push(fault.at(parameter.site.clone()));
        }
    }

    /// The `Content-Type` that a header parameter has set.
    pub fn content_type(&self) -> Option<String> {
        let given = self.headers.get(header::CONTENT_TYPE)?;
        given.to_str().ok().map(str::to_owned)
    }

    pub fn put_body(&mut self, written: Written, site: &Site) {
        self.body = written.bytes;
        self.sent = written.sent;
        let Some(kind) = written.content_type else { return };
        // A multipart body is unreadable without the boundary, so its own header wins over one that was given.
        if self.headers.contains_key(header::CONTENT_TYPE) && !kind.contains("boundary=") {
            return;
        }
        let value = match kind.as_str() {
            "application/json" => Ok(HeaderValue::from_static("application/json")),
            other => header_value("Content-Type", other),
        };
        match value {
            Ok(value) => drop(self.headers.insert(header::CONTENT_TYPE, value)),
            Err(fault) => self.findings.push(fault.at(site.below("contentType"))),
        }
    }

    /// The call, or why it cannot be sent.
    pub fn finish(mut self, destination: Destination<'_>) -> Result<Built, Vec<Finding>> {
        let base = self.contract.operations.base_below(self.operation, &destination.base.path);
        let path = self.full_path(&base);
        if !self.cookies.is_empty() {
            match header_value("Cookie", &self.cookies) {
                Ok(value) => drop(self.headers.append(header::COOKIE, value)),
                Err(fault) => self.findings.push(fault.at(self.step.site.clone())),
            }
        }
        if !self.headers.contains_key(header::ACCEPT)
            && let Some(accept) = accept(self.operation)
        {
            self.headers.insert(header::ACCEPT, accept);
        }
        if !self.findings.is_empty() {
            return Err(self.findings);
        }
        let call = Call {
            method: self.operation.method.clone(),
            path,
            query: (!self.query.is_empty()).then_some(self.query),
            headers: self.headers,
            body: self.body,
            unread: None,
            origin: destination.base.origin.clone(),
            received_at: 0,
        };
        let outgoing =
            Outgoing { api: destination.api, operation: destination.operation, call, timeout: self.step.timeout };
        Ok(Built { outgoing, arguments: self.arguments, sent: self.sent })
    }

    fn put_path(&mut self, parameter: &'a Parameter, value: Value) -> Result<(), Fault> {
        let declared = self.declared(Place::Path, &parameter.name);
        let written = style::path(declared, &parameter.name, &value);
        if written.is_empty() {
            let fault = Fault::new(format!(
                "the path parameter `{}` is empty, so the path would lead elsewhere",
                parameter.name
            ));
            return Err(fault.hint("give it a value of at least one character"));
        }
        self.path.push((&parameter.name, written));
        self.arguments.path.insert(parameter.name.clone(), typed(declared, value));
        Ok(())
    }

    fn put_query(&mut self, parameter: &Parameter, value: Value) -> Result<(), Fault> {
        let declared = self.declared(Place::Query, &parameter.name);
        for pair in style::query(declared, &parameter.name, &value) {
            let reserved = declared.is_some() && style::has_reserved(&pair) && self.allows_reserved(&parameter.name);
            style::push_pair(&mut self.query, &pair, reserved);
        }
        // Expressions can name declared parameters only (Arazzo 1.1, "Runtime Expressions").
        if declared.is_some() {
            self.arguments.query.insert(parameter.name.clone(), typed(declared, value));
        }
        Ok(())
    }

    fn put_querystring(&mut self, value: Value) -> Result<(), Fault> {
        let Value::String(text) = value else {
            let fault = Fault::new("the whole query string is not text");
            return Err(fault.hint("write it as it stands in the URL: `page=1&limit=10`"));
        };
        let encoded = style::querystring(&text);
        if !self.query.is_empty() && !encoded.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(&encoded);
        for (name, text) in form_urlencoded::parse(encoded.as_bytes()) {
            if let Some(declared) = self.declared(Place::Query, &name) {
                let value = typed(Some(declared), Value::String(text.into_owned()));
                self.arguments.query.insert(name.into_owned(), value);
            }
        }
        Ok(())
    }

    fn put_header(&mut self, parameter: &Parameter, value: Value) -> Result<(), Fault> {
        let name = &parameter.name;
        if FRAMING_HEADERS.iter().any(|framing| framing.eq_ignore_ascii_case(name)) {
            let fault = Fault::new(format!("the header `{name}` belongs to the connection and cannot be set"));
            return Err(fault.hint("leave it out: it is written for the message that is sent"));
        }
        let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
            let fault = Fault::new(format!("`{name}` is no name of a header"));
            return Err(fault.hint("letters, digits and any of !#$%&'*+-.^_`|~ (RFC 9110, 5.1)"));
        };
        let operation = self.operation;
        let declared = operation.parameters.iter();
        let declared =
            declared.filter(|one| one.place == Place::Header).find(|one| one.name.eq_ignore_ascii_case(name));
        self.headers.append(header, header_value(name, &style::header(declared, &value))?);
        if let Some(declared) = declared {
            self.arguments.header.insert(declared.name.clone(), typed(Some(declared), value));
        }
        Ok(())
    }

    fn put_cookie(&mut self, parameter: &Parameter, value: Value) -> Result<(), Fault> {
        let name = &parameter.name;
        // A cookie's name is a token, as a header's is (RFC 6265, 4.1.1).
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(Fault::new(format!("`{name}` is no name of a cookie")));
        }
        let declared = self.declared(Place::Cookie, name);
        if !self.cookies.is_empty() {
            self.cookies.push_str("; ");
        }
        self.cookies.push_str(name);
        self.cookies.push('=');
        self.cookies.push_str(&style::cookie(declared, &value));
        self.arguments.cookie.insert(name.clone(), typed(declared, value));
        Ok(())
    }

    fn declared(&self, place: Place, name: &str) -> Option<&'a Declared> {
        self.operation.parameters.iter().find(|one| one.place == place && one.name == name)
    }

    /// `allowReserved`, read from the document: it matters so seldom that nothing is kept of it.
    fn allows_reserved(&self, name: &str) -> bool {
        let document = &self.contract.document;
        let item = self.operation.pointer.rsplit_once('/').map_or("", |(item, _)| item);
        let owners = [self.operation.pointer.as_str(), item].into_iter().filter_map(|pointer| document.at(pointer));
        let lists = owners.filter_map(|owner| document.resolve(owner).get("parameters")?.as_array());
        let mut parameters = lists.flatten().map(|one| document.resolve(one));
        let found = parameters.find(|one| {
            one.get("in").is_some_and(|place| place == "query") && one.get("name").is_some_and(|other| other == name)
        });
        found.and_then(|found| found.get("allowReserved")).is_some_and(|allowed| allowed == true)
    }

    /// The base, and the template with every name filled in; names without a value become findings.
    fn full_path(&mut self, base: &str) -> String {
        let template = &self.operation.template;
        let mut path = String::with_capacity(base.len() + template.len() + 32);
        path.push_str(base);
        let mut rest = template.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            path.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                // A brace that nothing closes is a character like any other.
                path.push_str("%7B");
                rest = after;
                break;
            };
            match self.path.iter().find(|(given, _)| *given == name) {
                Some((_, value)) => path.push_str(value),
                None => self.findings.extend(self.missing(name)),
            }
            rest = after;
        }
        path.push_str(rest);
        path
    }

    /// Says that a name of the template has no value, unless it was said already why its parameter cannot be written.
    fn missing(&self, name: &str) -> Option<Finding> {
        let fault = Fault::new(format!("the path parameter `{name}` of `{}` has no value", self.operation.id));
        let given = self.step.parameters.iter();
        let mut given = given.filter(|one| one.place == Some(ParameterPlace::Path) && one.name == name);
        let Some(parameter) = given.next() else {
            let hint = format!("add `{{name: {name}, in: path, value: …}}` to the step's `parameters`");
            return Some(fault.hint(hint).at(self.step.site.clone()));
        };
        let told = self.findings.iter().any(|one| one.scenario.pointer.starts_with(&parameter.site.pointer));
        let hint = "it is an input without a value: give it one, or a default";
        (!told).then(|| fault.hint(hint).at(parameter.site.clone()))
    }
}

/// Text as the declared parameter reads it: `"5"` is 5 for an integer, since both are the same on the wire.
fn typed(declared: Option<&Declared>, value: Value) -> Value {
    match (&value, declared) {
        (Value::String(text), Some(declared)) if !declared.shape.string && declared.shape.is_scalar() => {
            decode_text(text, &declared.shape)
        }
        _ => value,
    }
}

fn header_value(name: &str, text: &str) -> Result<HeaderValue, Fault> {
    let fault = || {
        let fault = Fault::new(format!("the header `{name}` cannot carry its value: it is not visible ASCII"));
        fault.hint("take out line breaks and control characters, and percent-encode the rest")
    };
    // Beyond ASCII nobody agrees on what the bytes mean (RFC 9110, 5.5).
    if text.is_ascii() { HeaderValue::from_str(text).map_err(|_| fault()) } else { Err(fault()) }
}

/// The media types in which the operation answers, each once.
fn accept(operation: &Operation) -> Option<HeaderValue> {
    let mut names: Vec<&str> = Vec::new();
    for media in operation.responses.values().flat_map(|response| &response.media) {
        if !names.contains(&media.name.as_str()) {
            names.push(&media.name);
        }
    }
    match names.as_slice() {
        [] => None,
        ["application/json"] => Some(HeaderValue::from_static("application/json")),
        names => HeaderValue::from_str(&names.join(", ")).ok(),
    }
}
