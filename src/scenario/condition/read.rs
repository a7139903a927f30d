//! A Criterion Object, read: its fields, its type, and the condition in the language of that type.

use serde_json::{Map, Value};

use super::matching::Matching;
use super::operand::Operand;
use super::querying::Querying;
use super::simple::Simple;
use super::{CONDITION_BYTES_MAX, Criterion, Kind, Test};
use crate::pointer::join;
use crate::scenario::expression::SyntaxError;
use crate::scenario::finding::Site;
use crate::scenario::template::selector::{Language, parse_language, xpath_refused};
use crate::words::did_you_mean;

type Errors = Vec<(String, SyntaxError)>;

const STRICT: &str = "x-standin-strict";
const EXTENSIONS: &str = "x-standin-";
const FIELDS: [&str; 4] = ["context", "condition", "type", STRICT];
const TYPES: [&str; 4] = ["simple", "regex", "jsonpath", "xpath"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Simple,
    Regex,
    JsonPath,
}

pub(super) fn criterion(value: &Value, site: Site) -> Result<Criterion, Errors> {
    let Value::Object(fields) = value else {
        let error = SyntaxError::new(0, "a criterion must be an object");
        return Err(vec![(String::new(), error.hint("write `condition: …`"))]);
    };
    let mut errors = unknown_fields(fields);
    let strict = take(strict(fields), &mut errors);
    let kind = take(kind(fields), &mut errors);
    let context = take(context(fields), &mut errors);
    let condition = take(condition(fields), &mut errors);
    let (Some(kind), Some(context), Some(condition), Some(strict)) = (kind, context, condition, strict) else {
        return Err(errors);
    };
    match test(kind, context, condition, strict) {
        Ok(test) if errors.is_empty() => Ok(Criterion { site, text: condition.to_owned(), test }),
        Ok(_) => Err(errors),
        Err(error) => {
            errors.push(error);
            Err(errors)
        }
    }
}

fn take<T>(result: Result<T, (String, SyntaxError)>, errors: &mut Errors) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

fn test(kind: Type, context: Option<Operand>, condition: &str, strict: bool) -> Result<Test, (String, SyntaxError)> {
    let at_condition = |error: SyntaxError| ("/condition".to_owned(), error);
    if kind == Type::Simple {
        let simple =
            Simple::parse(condition, strict).map_err(|error| at_condition(other_language(condition, error)))?;
        return Ok(Test(Kind::Simple(simple)));
    }
    let Some(context) = context else {
        let error = SyntaxError::new(0, "a criterion with a `type` needs a `context`");
        return Err((String::new(), error.hint("write `context: $response.body`")));
    };
    let kind = match kind {
        Type::Regex => Matching::parse(context, condition).map(Kind::Regex),
        _ => Querying::parse(context, condition).map(Kind::JsonPath),
    };
    kind.map(Test).map_err(at_condition)
}

/// A JSONPath or a regular expression without its `type` is read as `simple`, and looks broken.
fn other_language(condition: &str, error: SyntaxError) -> SyntaxError {
    let start = condition.trim_start();
    if start.starts_with("$[") || start.starts_with("$.") {
        return error.hint("for a JSONPath, add `type: jsonpath` and a `context`");
    }
    if start.starts_with('^') {
        return error.hint("for a regular expression, add `type: regex` and a `context`");
    }
    error
}

fn unknown_fields(fields: &Map<String, Value>) -> Errors {
    let unknown = fields.keys().filter(|key| {
        let extension = key.starts_with("x-") && !key.starts_with(EXTENSIONS);
        !extension && !FIELDS.contains(&key.as_str())
    });
    let error = |key: &String| {
        let error = SyntaxError::new(0, format!("`{key}` is no field of a criterion"));
        let error = match did_you_mean(key, FIELDS) {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint(format!("known are `{}`", FIELDS.join("`, `"))),
        };
        (join("", key), error)
    };
    unknown.map(error).collect()
}

fn strict(fields: &Map<String, Value>) -> Result<bool, (String, SyntaxError)> {
    match fields.get(STRICT) {
        None => Ok(false),
        Some(Value::Bool(strict)) => Ok(*strict),
        Some(_) => Err((join("", STRICT), SyntaxError::new(0, "expected `true` or `false`"))),
    }
}

fn kind(fields: &Map<String, Value>) -> Result<Type, (String, SyntaxError)> {
    let at_type = |error: SyntaxError| ("/type".to_owned(), error);
    match fields.get("type") {
        None => Ok(Type::Simple),
        Some(Value::String(word)) => match word.as_str() {
            "simple" => Ok(Type::Simple),
            "regex" => Ok(Type::Regex),
            "jsonpath" => Ok(Type::JsonPath),
            "xpath" => Err(at_type(xpath_refused())),
            unknown => {
                let error = SyntaxError::new(0, format!("`{unknown}` is no type of criterion"));
                Err(at_type(match did_you_mean(unknown, TYPES) {
                    Some(known) => error.hint(format!("did you mean `{known}`?")),
                    None => error.hint("known are `simple`, `regex` and `jsonpath`"),
                }))
            }
        },
        Some(other) => match parse_language(other) {
            Ok(Language::JsonPath) => Ok(Type::JsonPath),
            Ok(Language::JsonPointer) => {
                let error = SyntaxError::new(0, "a JSON Pointer selects a value, and is no condition");
                Err(at_type(error.hint("write a simple condition: `$response.body#/pointer != null`")))
            }
            Err((key, error)) => Err((format!("/type{key}"), error)),
        },
    }
}

fn context(fields: &Map<String, Value>) -> Result<Option<Operand>, (String, SyntaxError)> {
    let at_context = |error: SyntaxError| ("/context".to_owned(), error);
    match fields.get("context") {
        None => Ok(None),
        Some(Value::String(text)) => Operand::parse(text).map(Some).map_err(at_context),
        Some(_) => Err(at_context(SyntaxError::new(0, "a context must be a runtime expression"))),
    }
}

fn condition(fields: &Map<String, Value>) -> Result<&str, (String, SyntaxError)> {
    let at_condition = |error: SyntaxError| ("/condition".to_owned(), error);
    match fields.get("condition") {
        None => Err((String::new(), SyntaxError::new(0, "a criterion needs a `condition`"))),
        Some(Value::String(text)) if text.len() > CONDITION_BYTES_MAX => {
            let message = format!("the condition is longer than {CONDITION_BYTES_MAX} bytes");
            Err(at_condition(SyntaxError::new(CONDITION_BYTES_MAX, message)))
        }
        Some(Value::String(text)) => Ok(text),
        Some(Value::Bool(literal)) => {
            let error = SyntaxError::new(0, "a condition must be text");
            Err(at_condition(error.hint(format!("write `condition: '{literal}'`"))))
        }
        Some(_) => Err(at_condition(SyntaxError::new(0, "a condition must be text"))),
    }
}
