//! Values that hold expressions: parameters, payloads, outputs (`Any | {expression} | Selector Object`).
//!
//! - [`text`]: `text {$expression} text`;
//! - [`selector`]: Selector Objects, and the languages that they may be written in;
//! - [`replacement`]: where in a payload a replacement goes.

pub mod replacement;
pub mod selector;
pub mod text;

use serde_json::{Map, Value};

pub use self::selector::{Selector, SelectorKind};
pub use self::text::{Piece, parse_text, render_text, scalar_text};
use super::expression::{Context, Expression, SyntaxError};
use crate::pointer;

/// Deepest nesting of arrays and objects.
pub const DEPTH_MAX: usize = 128;

/// A JSON value with its expressions parsed.
#[derive(Debug, Clone)]
pub enum Template {
    /// Nothing to evaluate below.
    Literal(Value),
    /// A string that is one expression: keeps the type of what it refers to.
    Expression(Expression),
    /// Text with `{$expressions}` in it: becomes a string.
    Text(Vec<Piece>),
    /// Arazzo 1.1.
    Selector(Box<Selector>),
    Array(Vec<Template>),
    Object(Vec<(String, Template)>),
}

/// Where and why a value cannot be read as a template: a JSON Pointer below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    pub pointer: String,
    pub error: SyntaxError,
}

/// An expression that led nowhere, or a selector that matched nothing: as written, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undefined {
    pub expression: String,
    pub why: String,
}

impl Template {
    /// `selectors`: are Selector Objects known (Arazzo 1.1)? In 1.0 such an object is an ordinary value.
    /// A string that starts with `$` and is nearly an expression (`$inptus.x`) is an error; `$5` is text.
    pub fn parse(value: &Value, selectors: bool) -> Result<Template, Vec<TemplateError>> {
        let mut parser = Parser { selectors, errors: Vec::new() };
        let template = parser.value(value, &mut String::new(), 0);
        if parser.errors.is_empty() { Ok(template) } else { Err(parser.errors) }
    }

    /// The value with every expression evaluated. A JSONPath selector with one node gives that node, with several an array.
    pub fn evaluate(&self, context: &Context<'_>) -> Result<Value, Undefined> {
        match self {
            Template::Literal(value) => Ok(value.clone()),
            Template::Expression(expression) => evaluate_expression(expression, context),
            Template::Text(pieces) => render_text(pieces, context).map(Value::String),
            Template::Selector(selector) => selector.evaluate(context),
            Template::Array(items) => items.iter().map(|item| item.evaluate(context)).collect(),
            Template::Object(fields) => {
                let evaluated = fields.iter().map(|(name, field)| Ok((name.clone(), field.evaluate(context)?)));
                evaluated.collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
        }
    }

    /// Every expression in it, for checks when it is read.
    pub fn expressions(&self) -> Vec<&Expression> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'t>(&'t self, found: &mut Vec<&'t Expression>) {
        match self {
            Template::Literal(_) => {}
            Template::Expression(expression) => found.push(expression),
            Template::Text(pieces) => found.extend(text::expressions(pieces)),
            Template::Selector(selector) => {
                found.push(&selector.context);
                found.extend(text::expressions(&selector.text));
            }
            Template::Array(items) => items.iter().for_each(|item| item.collect(found)),
            Template::Object(fields) => fields.iter().for_each(|(_, field)| field.collect(found)),
        }
    }
}

impl Undefined {
    /// Why this expression leads nowhere.
    pub fn of(expression: &Expression, context: &Context<'_>) -> Undefined {
        Undefined { expression: expression.to_string(), why: expression.explain(context) }
    }

    /// For findings about a place that needs the value.
    pub fn no_value(&self) -> String {
        format!("`{}` has no value: {}", self.expression, self.why)
    }
}

/// `$inputs.id leads nowhere: there is no input id`, in code marks.
impl std::fmt::Display for Undefined {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "`{}` leads nowhere: {}", self.expression, self.why)
    }
}

fn evaluate_expression(expression: &Expression, context: &Context<'_>) -> Result<Value, Undefined> {
    match expression.evaluate(context) {
        Some(value) => Ok(value.into_owned()),
        None => Err(Undefined::of(expression, context)),
    }
}

/// Reads a value from the outside in, and goes on after an error so that all are told at once.
struct Parser {
    selectors: bool,
    errors: Vec<TemplateError>,
}

impl Parser {
    fn value(&mut self, value: &Value, place: &mut String, depth: usize) -> Template {
        if depth > DEPTH_MAX {
            self.complain(place, SyntaxError::new(0, format!("nested deeper than {DEPTH_MAX} levels")));
            return Template::Literal(Value::Null);
        }
        match value {
            Value::String(text) => match string(text) {
                Ok(template) => template,
                Err(error) => {
                    self.complain(place, error);
                    Template::Literal(Value::Null)
                }
            },
            Value::Array(items) => self.array(items, place, depth),
            Value::Object(fields) if self.selectors && selector::is_selector(fields) => {
                match Selector::parse(fields, place) {
                    Ok(selector) => Template::Selector(Box::new(selector)),
                    Err(errors) => {
                        self.errors.extend(errors);
                        Template::Literal(Value::Null)
                    }
                }
            }
            Value::Object(fields) => self.object(fields, place, depth),
            scalar => Template::Literal(scalar.clone()),
        }
    }

    fn array(&mut self, items: &[Value], place: &mut String, depth: usize) -> Template {
        let mut templates = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            templates.push(self.below(&index.to_string(), item, place, depth));
        }
        if !templates.iter().all(|template| matches!(template, Template::Literal(_))) {
            return Template::Array(templates);
        }
        Template::Literal(Value::Array(items.to_vec()))
    }

    fn object(&mut self, fields: &Map<String, Value>, place: &mut String, depth: usize) -> Template {
        let mut templates = Vec::with_capacity(fields.len());
        for (name, field) in fields {
            templates.push((name.clone(), self.below(name, field, place, depth)));
        }
        if !templates.iter().all(|(_, template)| matches!(template, Template::Literal(_))) {
            return Template::Object(templates);
        }
        Template::Literal(Value::Object(fields.clone()))
    }

    fn below(&mut self, key: &str, value: &Value, place: &mut String, depth: usize) -> Template {
        let length = place.len();
        pointer::push(place, key);
        let template = self.value(value, place, depth + 1);
        place.truncate(length);
        template
    }

    fn complain(&mut self, place: &str, error: SyntaxError) {
        self.errors.push(TemplateError { pointer: place.to_owned(), error });
    }
}

fn string(text: &str) -> Result<Template, SyntaxError> {
    if text.starts_with('$') {
        match Expression::parse(text) {
            Ok(expression) => return Ok(Template::Expression(expression)),
            Err(error) if Expression::is_meant(text) => return Err(error),
            Err(_) => {}
        }
    }
    let pieces = parse_text(text)?;
    match pieces.iter().any(|piece| matches!(piece, Piece::Expression(_))) {
        true => Ok(Template::Text(pieces)),
        false => Ok(Template::Literal(Value::String(text.to_owned()))),
    }
}

#[cfg(test)]
mod tests;
