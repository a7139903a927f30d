//! Selector Objects: part of a structured value (Arazzo 1.1, "Selector Object"), and the languages that select.

use serde_json::{Map, Value};

use super::text::{self, Piece, parse_text, render_text};
use super::{TemplateError, Undefined};
use crate::pointer::{find, join};
use crate::scenario::expression::{Context, Expression, SyntaxError};
use crate::scenario::jsonpath::Query;
use crate::words::did_you_mean;

/// A Selector Object: part of a structured value (Arazzo 1.1, "Selector Object").
#[derive(Debug, Clone)]
pub struct Selector {
    pub context: Expression,
    /// As written, with `{$expressions}` substituted before it is parsed when there are any.
    pub text: Vec<Piece>,
    pub kind: SelectorKind,
}

#[derive(Debug, Clone)]
pub enum SelectorKind {
    /// Parsed already when the text has no expressions.
    JsonPath(Option<Query>),
    JsonPointer,
}

/// A language of the Expression Type Object that is understood here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    JsonPath,
    JsonPointer,
}

const LANGUAGES: [&str; 3] = ["jsonpath", "jsonpointer", "xpath"];
const RFC_9535: &str = "rfc9535";
const GOESSNER: &str = "draft-goessner-dispatch-jsonpath-00";
const RFC_6901: &str = "rfc6901";

/// Is this object a Selector Object? Its three fields are there, its context starts as an expression does, and nothing else
/// stands beside them but extensions. Anything less is a payload that happens to use these words.
pub(super) fn is_selector(fields: &Map<String, Value>) -> bool {
    let context = fields.get("context").and_then(Value::as_str);
    context.is_some_and(|context| context.starts_with('$'))
        && fields.contains_key("selector")
        && fields.contains_key("type")
        && fields.keys().all(|key| matches!(key.as_str(), "context" | "selector" | "type") || key.starts_with("x-"))
}

impl Selector {
    pub(super) fn parse(fields: &Map<String, Value>, place: &str) -> Result<Selector, Vec<TemplateError>> {
        let mut errors = Vec::new();
        let mut complain = |key: &str, error: SyntaxError| {
            errors.push(TemplateError { pointer: format!("{place}{key}"), error });
        };
        let context = match Expression::parse(fields.get("context").and_then(Value::as_str).unwrap_or_default()) {
            Ok(context) => Some(context),
            Err(error) => {
                complain("/context", error);
                None
            }
        };
        let language = match parse_language(fields.get("type").unwrap_or(&Value::Null)) {
            Ok(language) => Some(language),
            Err((key, error)) => {
                complain(&format!("/type{key}"), error);
                None
            }
        };
        let selector = match fields.get("selector").and_then(Value::as_str) {
            Some(selector) => match parse_text(selector) {
                Ok(pieces) => Some(pieces),
                Err(error) => {
                    complain("/selector", error);
                    None
                }
            },
            None => {
                complain("/selector", SyntaxError::new(0, "a selector must be text"));
                None
            }
        };
        let (Some(context), Some(language), Some(text)) = (context, language, selector) else { return Err(errors) };
        match SelectorKind::parse(language, &text) {
            Ok(kind) => Ok(Selector { context, text, kind }),
            Err(error) => Err(vec![TemplateError { pointer: join(place, "selector"), error }]),
        }
    }

    pub(super) fn evaluate(&self, context: &Context<'_>) -> Result<Value, Undefined> {
        let root = self.context.evaluate(context).ok_or_else(|| Undefined::of(&self.context, context))?;
        let selector = render_text(&self.text, context)?;
        let selected = match &self.kind {
            SelectorKind::JsonPointer => check_pointer(&selector).map(|()| find(&root, &selector).cloned()),
            SelectorKind::JsonPath(Some(query)) => Ok(nodes(query, &root)),
            SelectorKind::JsonPath(None) => match Query::parse(&selector) {
                Ok(query) => Ok(nodes(&query, &root)),
                Err((at, message)) => Err(SyntaxError::new(at, message)),
            },
        };
        let why = match selected {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => format!("it matches nothing in `{}`", self.context),
            Err(error) => error.to_string(),
        };
        Err(Undefined { expression: selector, why })
    }
}

impl SelectorKind {
    fn parse(language: Language, pieces: &[Piece]) -> Result<SelectorKind, SyntaxError> {
        let constant = text::constant(pieces);
        match language {
            Language::JsonPointer => {
                constant.map_or(Ok(()), check_pointer)?;
                Ok(SelectorKind::JsonPointer)
            }
            Language::JsonPath => {
                let query = constant.map(Query::parse).transpose();
                query.map(SelectorKind::JsonPath).map_err(|(at, message)| SyntaxError::new(at, message))
            }
        }
    }
}

/// One node as it is, several as an array.
fn nodes(query: &Query, root: &Value) -> Option<Value> {
    match query.values(root).as_slice() {
        [] => None,
        [node] => Some((*node).clone()),
        several => Some(several.iter().map(|node| (*node).clone()).collect()),
    }
}

/// Reads a `type` that names a selecting language: a word, or an Expression Type Object. Errors carry the pointer below it.
pub fn parse_language(value: &Value) -> Result<Language, (String, SyntaxError)> {
    let fields = match value {
        Value::String(word) => return language(word).map_err(|error| (String::new(), error)),
        Value::Object(fields) => fields,
        _ => return Err((String::new(), SyntaxError::new(0, "expected a word or an Expression Type Object"))),
    };
    for key in fields.keys() {
        if !matches!(key.as_str(), "type" | "version") && !key.starts_with("x-") {
            let error = SyntaxError::new(0, format!("`{key}` is no field of an Expression Type Object"));
            return Err((join("", key), error.hint("known are `type`, `version`")));
        }
    }
    let field = |key: &str| match fields.get(key) {
        Some(Value::String(word)) => Ok(word.as_str()),
        Some(_) => Err((join("", key), SyntaxError::new(0, "expected text"))),
        None => Err((String::new(), SyntaxError::new(0, format!("an Expression Type Object needs `{key}`")))),
    };
    let language = language(field("type")?).map_err(|error| (join("", "type"), error))?;
    check_version(language, field("version")?).map_err(|error| (join("", "version"), error))?;
    Ok(language)
}

fn language(word: &str) -> Result<Language, SyntaxError> {
    match word {
        "jsonpath" => Ok(Language::JsonPath),
        "jsonpointer" => Ok(Language::JsonPointer),
        "xpath" => Err(xpath_refused()),
        unknown => {
            let error = SyntaxError::new(0, format!("`{unknown}` is no type of selector"));
            Err(match did_you_mean(unknown, LANGUAGES) {
                Some(known) => error.hint(format!("did you mean `{known}`?")),
                None => error.hint("known are `jsonpath` and `jsonpointer`"),
            })
        }
    }
}

pub(crate) fn xpath_refused() -> SyntaxError {
    SyntaxError::new(0, "XPath is not supported: bodies are compared as JSON or as text, and XML is never parsed")
        .hint("use `jsonpath` for JSON, or a `regex` criterion for the text of an XML body")
}

fn check_version(language: Language, version: &str) -> Result<(), SyntaxError> {
    let supported = match language {
        Language::JsonPath => RFC_9535,
        Language::JsonPointer => RFC_6901,
    };
    if version == supported {
        return Ok(());
    }
    if language == Language::JsonPath && version == GOESSNER {
        let message =
            format!("`{GOESSNER}` is not supported: it defines no exact meaning, which tools read differently");
        return Err(SyntaxError::new(0, message).hint(format!("use `{RFC_9535}`, and mind that filters differ")));
    }
    let error = SyntaxError::new(0, format!("`{version}` is no supported version"));
    Err(error.hint(format!("use `{supported}`")))
}

/// Is this text a JSON Pointer (RFC 6901)?
pub(super) fn check_pointer(text: &str) -> Result<(), SyntaxError> {
    if !text.is_empty() && !text.starts_with('/') {
        let error = SyntaxError::new(0, "a JSON Pointer is empty or starts with `/`");
        return Err(match text.strip_prefix('#') {
            Some(pointer) => error.hint(format!("write `{pointer}`, without the `#`")),
            None if text.starts_with('$') => error.hint("for a JSONPath, say `jsonpath`"),
            None => error.hint(format!("write `/{text}`")),
        });
    }
    for (at, _) in text.match_indices('~') {
        if !matches!(text.as_bytes().get(at + 1), Some(b'0' | b'1')) {
            let error = SyntaxError::new(at, "a lone `~` in a JSON Pointer");
            return Err(error.hint("in a key, `~` is written `~0` and `/` is written `~1`"));
        }
    }
    Ok(())
}
