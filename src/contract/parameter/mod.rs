//! Parameters: from the text of a path, query, header or cookie to JSON values, by `style` and `explode` (OpenAPI 3.1, 4.8.12).
//!
//! - [`shape`] reads from a schema what text may become;
//! - [`text`] turns one piece of text into a value;
//! - [`form`] turns pairs with bracketed names into an object;
//! - [`style`] takes delimited text apart;
//! - [`query`] shares the pairs of a query out to the parameters;
//! - [`overlook`] takes what a service does not mind for what is meant.

mod form;
mod overlook;
mod query;
mod shape;
mod style;
mod text;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::schema::{SchemaId, Schemas};
use super::violation::{Place, Violation};
use super::vocabulary::RequestRule;
use crate::call::Call;
use crate::pointer::escape;
use crate::words::humanise;

pub use form::{decode_form, field_of};
pub use overlook::{overlook, overlook_pairs};
pub use query::{QUERY_PAIRS_MAX, Shared, share};
pub use shape::{Shape, shape};
pub use text::decode_text;

#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub place: Place,
    pub required: bool,
    pub style: Style,
    pub explode: bool,
    pub schema: Option<SchemaId>,
    /// The Schema Object as written (may be a `$ref`); `true` where there is none.
    pub raw: Value,
    /// The value of an absent parameter: the schema's `default`.
    pub default: Option<Value>,
    pub description: String,
    /// `content`-style parameters carry JSON text.
    pub json: bool,
    /// What text may become, found by walking the schema through `$ref`, `anyOf`, `oneOf` and `allOf`.
    pub shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Form,
    Simple,
    Matrix,
    Label,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
}

/// Parameters of one call by place, decoded; each is a JSON object in declared order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arguments {
    pub path: Map<String, Value>,
    /// Declared parameters, defaults filled in; undeclared ones follow as strings (the last of repeated ones).
    pub query: Map<String, Value>,
    /// Declared headers only, under the name as declared.
    pub header: Map<String, Value>,
    pub cookie: Map<String, Value>,
}

/// Decodes and checks every parameter of a call. `path` holds the raw (still percent-encoded) values of the template's names.
/// Undeclared path names are kept as strings. All violations are returned, not only the first.
pub fn decode(
    parameters: &[Parameter],
    schemas: &Schemas,
    path: &[(String, String)],
    call: &Call,
) -> (Arguments, Vec<Violation>) {
    decode_overlooking(parameters, schemas, path, call, &RequestRule::default())
}

/// Like [`decode`], for a service that overlooks some things.
pub fn decode_overlooking(
    parameters: &[Parameter],
    schemas: &Schemas,
    path: &[(String, String)],
    call: &Call,
    rule: &RequestRule,
) -> (Arguments, Vec<Violation>) {
    let mut decoder = Decoder { schemas, arguments: Arguments::default(), violations: Vec::new() };
    let mut pairs = match query::Pairs::split(call.query.as_deref().unwrap_or_default()) {
        Ok(pairs) => pairs,
        Err(violation) => {
            decoder.violations.push(violation);
            query::Pairs::default()
        }
    };
    // Queries are not trimmed, and their numbers are text in any case.
    let blank = RequestRule { blank_as_absent: true, ..RequestRule::default() };
    if rule.blank_as_absent {
        pairs.forget_blank(parameters);
    }
    let cookies = cookies(parameters, call);
    for parameter in parameters {
        let decoded = match parameter.place {
            Place::Path => raw(path, &parameter.name).map(|raw| style::path(parameter, raw)),
            Place::Query if rule.blank_as_absent => match pairs.take(parameter) {
                Some(Ok(value)) => overlook(value, &parameter.shape, &blank).map(Ok),
                other => other,
            },
            Place::Query => pairs.take(parameter),
            Place::Header => {
                header(call, &parameter.name).map(|text| text.and_then(|text| style::header(parameter, &text)))
            }
            Place::Cookie => raw(&cookies, &parameter.name).map(|raw| style::cookie(parameter, raw)),
            // OpenAPI knows no body parameters; a body is decoded by its media type.
            Place::Body => None,
        };
        decoder.take(parameter, decoded);
    }
    decoder.undeclared_path(parameters, path);
    decoder.undeclared_query(&pairs);
    // Who declares no query does not look at it, so whatever is wrong there is nobody's concern.
    if !parameters.iter().any(|parameter| parameter.place == Place::Query) {
        decoder.violations.retain(|violation| violation.place != Place::Query);
    }
    (decoder.arguments, decoder.violations)
}

/// Text that cannot be taken apart: the reason, as the end of a sentence (`must be ...`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub String);

struct Decoder<'a> {
    schemas: &'a Schemas,
    arguments: Arguments,
    violations: Vec<Violation>,
}

impl Decoder<'_> {
    /// Checks one declared parameter and keeps its value, or its default.
    fn take(&mut self, parameter: &Parameter, decoded: Option<Result<Value, Malformed>>) {
        let value = match decoded {
            Some(Ok(value)) => {
                self.check(parameter, &value);
                value
            }
            Some(Err(malformed)) => {
                self.complain(parameter.place, &parameter.name, "malformed", &malformed.0);
                return;
            }
            None => {
                if parameter.required {
                    self.complain(parameter.place, &parameter.name, "required", "is required");
                }
                match &parameter.default {
                    Some(default) => default.clone(),
                    None => return,
                }
            }
        };
        if let Some(arguments) = self.arguments_of(parameter.place) {
            arguments.insert(parameter.name.clone(), value);
        }
    }

    fn check(&mut self, parameter: &Parameter, value: &Value) {
        let Some(schema) = parameter.schema else { return };
        let pointer = format_args!("/{}", escape(&parameter.name));
        self.violations.extend(self.schemas.check_below(pointer, schema, value, parameter.place));
    }

    fn undeclared_path(&mut self, parameters: &[Parameter], path: &[(String, String)]) {
        let declared = |name: &str| parameters.iter().any(|one| one.place == Place::Path && one.name == name);
        for (name, raw) in path.iter().filter(|(name, _)| !declared(name)) {
            match percent_decode(raw) {
                Ok(text) => drop(self.arguments.path.insert(name.clone(), Value::String(text))),
                Err(malformed) => self.complain(Place::Path, name, "malformed", &malformed.0),
            }
        }
    }

    fn undeclared_query(&mut self, pairs: &query::Pairs) {
        for (name, text) in pairs.rest() {
            match text {
                Ok(text) if !self.arguments.query.contains_key(name) || pairs.is_undeclared(name) => {
                    self.arguments.query.insert(name.to_owned(), Value::String(text));
                }
                Ok(_) => {}
                Err(malformed) => self.complain(Place::Query, name, "malformed", &malformed.0),
            }
        }
    }

    fn arguments_of(&mut self, place: Place) -> Option<&mut Map<String, Value>> {
        match place {
            Place::Path => Some(&mut self.arguments.path),
            Place::Query => Some(&mut self.arguments.query),
            Place::Header => Some(&mut self.arguments.header),
            Place::Cookie => Some(&mut self.arguments.cookie),
            Place::Body => None,
        }
    }

    fn complain(&mut self, place: Place, name: &str, keyword: &'static str, what: &str) {
        self.violations.push(Violation {
            place,
            pointer: format!("/{}", escape(name)),
            keyword,
            message: format!("{} {what}", humanise(name)),
        });
    }
}

/// Percent-decodes; bytes that are no UTF-8 are malformed, a stray `%` stands for itself.
pub(crate) fn percent_decode(raw: &str) -> Result<String, Malformed> {
    let decoded = percent_decode_str(raw).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| Malformed("must be percent-encoded UTF-8".to_owned()))
}

fn raw<'a>(values: &'a [(String, String)], name: &str) -> Option<&'a str> {
    values.iter().find(|(candidate, _)| candidate == name).map(|(_, raw)| raw.as_str())
}

/// All lines of a header as one list (RFC 9110, 5.3).
fn header(call: &Call, name: &str) -> Option<Result<String, Malformed>> {
    let mut lines = call.headers.get_all(name).iter().peekable();
    lines.peek()?;
    let texts: Result<Vec<&str>, _> = lines.map(|line| std::str::from_utf8(line.as_bytes())).collect();
    Some(texts.map(|texts| texts.join(",")).map_err(|_| Malformed("must be UTF-8".to_owned())))
}

/// The cookies of a call, still percent-encoded; read only where a parameter asks for one.
fn cookies(parameters: &[Parameter], call: &Call) -> Vec<(String, String)> {
    if !parameters.iter().any(|parameter| parameter.place == Place::Cookie) {
        return Vec::new();
    }
    let lines = call.headers.get_all(http::header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
}

#[cfg(test)]
mod tests;
