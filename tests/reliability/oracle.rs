//! Judges replies by the document as it stands on disk, with no help from the code under test.

use std::collections::BTreeMap;

use http::Method;
use jsonschema::Validator;
use serde_json::{Value, json};
use standin::call::Reply;
use standin::contract::document::Source;

use crate::support::Files;

/// What flow sends with every reply, whatever its document says of it.
const LIMIT_HEADERS: [&str; 3] = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

pub struct Oracle {
    document: Value,
    /// By the pointer of the response that they judge.
    validators: BTreeMap<String, Validator>,
    of_flow: bool,
}

impl Oracle {
    pub fn of_flow() -> Oracle {
        Oracle { of_flow: true, ..Oracle::of("spec/flow/openapi.yaml") }
    }

    pub fn of(document: &str) -> Oracle {
        let text = Files.read(document).expect("the document is there");
        let document: Value = serde_saphyr::from_str(&text).expect("the document is YAML");
        Oracle { document, validators: BTreeMap::new(), of_flow: false }
    }

    /// What is wrong with a reply of an operation, if anything. `asked`: a fault asked for its status.
    pub fn judge(&mut self, method: &Method, template: &str, reply: &Reply, asked: bool) -> Result<(), String> {
        self.limit_headers(reply)?;
        let status = reply.status.as_str();
        let method = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
        let responses = &self.document["paths"][template][&method]["responses"];
        let Some(declared) = [status, "default"].into_iter().find(|name| responses.get(name).is_some()) else {
            return if asked { Ok(()) } else { Err(format!("{status} is not declared for {method} {template}")) };
        };
        let pointer = match responses[declared]["$ref"].as_str() {
            Some(reference) => reference.trim_start_matches('#').to_owned(),
            None => format!("/paths/{}/{method}/responses/{declared}", template.replace('/', "~1")),
        };
        self.judge_by(&pointer, reply)
    }

    /// A reply outside every operation: an error, and nothing but.
    pub fn judge_stray(&mut self, reply: &Reply) -> Result<(), String> {
        self.limit_headers(reply)?;
        if !matches!(reply.status.as_u16(), 404 | 405) || (self.of_flow && reply.status != 404) {
            return Err(format!("an unknown path is answered with {}", reply.status));
        }
        let body: Value = serde_json::from_slice(&reply.body).map_err(|error| error.to_string())?;
        let well =
            !self.of_flow || (body["error"]["code"] == "RESOURCE_NOT_FOUND" && body["meta"]["request_id"].is_string());
        if well { Ok(()) } else { Err(format!("not the error of an unknown path: {body}")) }
    }

    fn limit_headers(&self, reply: &Reply) -> Result<(), String> {
        for name in LIMIT_HEADERS.into_iter().filter(|_| self.of_flow) {
            let value = reply.header(name).ok_or_else(|| format!("{name} is missing"))?;
            value.parse::<u64>().map_err(|_| format!("{name} is {value:?}"))?;
        }
        Ok(())
    }

    fn judge_by(&mut self, pointer: &str, reply: &Reply) -> Result<(), String> {
        let response = self.document.pointer(pointer).ok_or_else(|| format!("{pointer} is not there"))?;
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let header = resolved(&self.document, header);
            let Some(value) = reply.header(name) else {
                if header["required"] == true {
                    return Err(format!("the required header {name} is missing"));
                }
                continue;
            };
            if header["schema"]["type"] == "integer" && value.parse::<i64>().is_err() {
                return Err(format!("the header {name} is no integer: {value}"));
            }
        }
        let Some(content) = response["content"].as_object() else {
            return if reply.body.is_empty() { Ok(()) } else { Err("a body where none is declared".to_owned()) };
        };
        let media = reply.header("content-type").unwrap_or_default().to_owned();
        let media = media.split(';').next().unwrap_or_default().trim();
        let Some(declared) = content.get(media) else {
            return Err(format!("the content type {media:?} is not declared"));
        };
        if !media.ends_with("json") {
            return Ok(());
        }
        let body: Value = serde_json::from_slice(&reply.body).map_err(|error| format!("the body: {error}"))?;
        if !self.validators.contains_key(pointer) {
            let validator = compile(&self.document, &declared["schema"])?;
            self.validators.insert(pointer.to_owned(), validator);
        }
        let errors: Vec<String> = self.validators[pointer]
            .iter_errors(&body)
            .map(|error| format!("{} ({})", error, error.instance_path()))
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(format!("{}\nin {body:#}", errors.join("; "))) }
    }
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => value,
    }
}

fn compile(document: &Value, schema: &Value) -> Result<Validator, String> {
    let root = json!({ "allOf": [schema], "components": { "schemas": document["components"]["schemas"] } });
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
    options.build(&root).map_err(|error| format!("the schema does not compile: {error}"))
}
