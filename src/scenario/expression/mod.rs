//! Runtime expressions: `$response.body#/data/id`, `$steps.create.outputs.id` (Arazzo 1.1, "Runtime Expressions").
//!
//! Parsed when a description is read; evaluating is a walk through values, nothing is ever evaluated as code.
//! [`parse`](Expression::parse) follows the specification's ABNF; [`explain`](Expression::explain) says why an expression leads
//! nowhere.

mod evaluate;
mod explain;
mod parse;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::exchange::Exchange;

/// Longest expression, in bytes.
pub const EXPRESSION_BYTES_MAX: usize = 4_096;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    Url,
    Method,
    StatusCode,
    Request(Part),
    Response(Part),
    /// AsyncAPI's `$message.…`: parsed, so that it can be refused with its reason. Holds what follows the dot, as written.
    Message(String),
    Inputs {
        name: String,
        pointer: String,
    },
    Outputs {
        name: String,
        pointer: String,
    },
    Step {
        step: String,
        output: String,
        pointer: String,
    },
    Workflow {
        workflow: String,
        field: WorkflowField,
        name: String,
        pointer: String,
    },
    Source {
        name: String,
        reference: String,
    },
    /// `$components.parameters.page`: kind and name.
    Component {
        kind: String,
        name: String,
    },
    SelfUri,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Header(String),
    Query(String),
    Path(String),
    /// A JSON Pointer into the body; empty for all of it.
    Body(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkflowField {
    Inputs,
    Outputs,
}

/// Text that is no expression: the byte at which it goes wrong, and what is expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    pub at: usize,
    pub message: String,
    pub hint: Option<String>,
}

/// What expressions can see.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The exchange of the current step, once there is one.
    pub exchange: Option<&'a Exchange>,
    pub inputs: &'a Map<String, Value>,
    /// `$outputs`: those of the workflow itself, or, in a step that called a workflow, those of the workflow called.
    pub outputs: &'a Map<String, Value>,
    /// Outputs of the steps done so far, by `stepId`.
    pub steps: &'a BTreeMap<String, Map<String, Value>>,
    /// Inputs and outputs of the workflows done so far, by `workflowId`.
    pub workflows: &'a BTreeMap<String, Finished>,
    /// Name, URL and type of each source description.
    pub sources: &'a [(String, String, String)],
    pub self_uri: Option<&'a str>,
}

/// A workflow that was run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Finished {
    pub inputs: Map<String, Value>,
    pub outputs: Map<String, Value>,
}

impl Expression {
    /// Parses a whole text as one expression.
    pub fn parse(text: &str) -> Result<Expression, SyntaxError> {
        parse::whole(text)
    }

    /// Parses the longest expression that the text starts with, and says where it ends.
    pub fn parse_prefix(text: &str) -> Result<(Expression, usize), SyntaxError> {
        parse::prefix(text)
    }

    /// Was this text meant as an expression? True of every expression and of its likely slips (`$inptus.x`, `$statuscode`,
    /// `$response.`), false of ordinary text that happens to start with a dollar sign (`$5`, `$.items`, `$self service`).
    pub fn is_meant(text: &str) -> bool {
        parse::is_meant(text)
    }

    /// The value, or `None` where it leads nowhere. Keeps the value's type. Header names are case-insensitive, and of a repeated
    /// header the first value counts.
    pub fn evaluate<'a>(&self, context: &Context<'a>) -> Option<Cow<'a, Value>> {
        evaluate::evaluate(self, context)
    }

    /// Why it leads nowhere, as a fragment: `the reply has no body`. Asked for after [`evaluate`](Self::evaluate) gave nothing.
    pub fn explain(&self, context: &Context<'_>) -> String {
        explain::explain(self, context)
    }
}

impl WorkflowField {
    pub fn word(self) -> &'static str {
        match self {
            WorkflowField::Inputs => "inputs",
            WorkflowField::Outputs => "outputs",
        }
    }
}

impl SyntaxError {
    pub fn new(at: usize, message: impl Into<String>) -> SyntaxError {
        SyntaxError { at, message: message.into(), hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> SyntaxError {
        self.hint = Some(hint.into());
        self
    }

    /// The same error in a longer text, in which the text parsed starts at this byte.
    pub fn moved(mut self, by: usize) -> SyntaxError {
        self.at += by;
        self
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} (at byte {})", self.message, self.at)?;
        match &self.hint {
            Some(hint) => write!(out, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SyntaxError {}

/// As it is written.
impl fmt::Display for Expression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expression::Url => out.write_str("$url"),
            Expression::Method => out.write_str("$method"),
            Expression::StatusCode => out.write_str("$statusCode"),
            Expression::Request(part) => write!(out, "$request.{part}"),
            Expression::Response(part) => write!(out, "$response.{part}"),
            Expression::Message(rest) => write!(out, "$message.{rest}"),
            Expression::Inputs { name, pointer } => write!(out, "$inputs.{name}{}", Fragment(pointer)),
            Expression::Outputs { name, pointer } => write!(out, "$outputs.{name}{}", Fragment(pointer)),
            Expression::Step { step, output, pointer } => {
                write!(out, "$steps.{step}.outputs.{output}{}", Fragment(pointer))
            }
            Expression::Workflow { workflow, field, name, pointer } => {
                write!(out, "$workflows.{workflow}.{}.{name}{}", field.word(), Fragment(pointer))
            }
            Expression::Source { name, reference } => write!(out, "$sourceDescriptions.{name}.{}", Escaped(reference)),
            Expression::Component { kind, name } => write!(out, "$components.{kind}.{name}"),
            Expression::SelfUri => out.write_str("$self"),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Header(name) => write!(out, "header.{name}"),
            Part::Query(name) => write!(out, "query.{}", Escaped(name)),
            Part::Path(name) => write!(out, "path.{}", Escaped(name)),
            Part::Body(pointer) => write!(out, "body{}", Fragment(pointer)),
        }
    }
}

/// A JSON Pointer behind its `#`; nothing for the whole value.
struct Fragment<'p>(&'p str);

impl fmt::Display for Fragment<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(out, "#{}", self.0) }
    }
}

/// A name as `CHAR`s: what the grammar does not take as it is stands as a JSON escape.
struct Escaped<'n>(&'n str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(out, "\\{character}")?,
                '{' | '}' | '\0'..='\u{1f}' => write!(out, "\\u{:04X}", u32::from(character))?,
                other => write!(out, "{other}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
