//! Properties that no schema of the document names.
//!
//! Open objects let them pass validation, and so they are where a misspelled or forgotten property hides.

use serde_json::Value;

use super::Scope;
use super::outline::{Others, Outline, OutlineId};
use crate::pointer;
use crate::scenario::code::Code;
use crate::scenario::finding::{Finding, Severity};
use crate::words::did_you_mean;

/// More surprises than this in one body are not told.
const UNDECLARED_MAX: usize = 50;
/// Values nested deeper than this are not looked into; a JSON text that is read is never so deep.
const DEPTH_MAX: usize = 128;

/// One property, wherever in lists it was met: `/data/items/*/colour`.
#[derive(Debug, PartialEq, Eq)]
struct Surprise {
    shape: String,
    /// Where it was met first.
    pointer: String,
    /// The schema of the object that has it.
    schema: String,
    near: Option<String>,
}

/// Adds a finding for each property of the body that is a surprise. `owner` says whose body it is; those at `told` are known to be wrong.
pub fn check(
    scope: &Scope<'_>,
    outline: OutlineId,
    body: &Value,
    owner: &dyn Fn() -> String,
    told: &[String],
    findings: &mut Vec<Finding>,
) {
    let mut walk = Walk { scope, path: Vec::new(), found: Vec::new() };
    walk.visit(outline, body);
    for surprise in walk.found.into_iter().filter(|surprise| !told.contains(&surprise.pointer)) {
        let message = format!("no schema names `{}` in {}", surprise.shape, owner());
        let mut finding = Finding::new(Code::PropertyUndeclared, scope.step.clone(), message);
        finding = finding.hint(match &surprise.near {
            Some(near) => format!("the document has `{near}` there; declare the property if it is another one"),
            None => "declare the property, or `additionalProperties` where any may come".to_owned(),
        });
        finding = finding.document(scope.site(&surprise.schema));
        if scope.closed_objects {
            finding.severity = Severity::Error;
        }
        findings.push(finding);
    }
}

/// A step into a value.
#[derive(Debug, Clone, Copy)]
enum Segment<'v> {
    Property(&'v str),
    /// A property that stands for all of its kind: a key of a map.
    Key(&'v str),
    Item(usize),
}

struct Walk<'s, 'v> {
    scope: &'s Scope<'s>,
    path: Vec<Segment<'v>>,
    found: Vec<Surprise>,
}

impl<'v> Walk<'_, 'v> {
    fn visit(&mut self, id: OutlineId, value: &'v Value) {
        if self.path.len() >= DEPTH_MAX {
            return;
        }
        let scope = self.scope;
        let Some(outline) = scope.checker.outlines.get(&scope.contract.document, id) else { return };
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    self.property(outline, name, value);
                }
            }
            Value::Array(items) => {
                let Some(below) = outline.items else { return };
                for (index, item) in items.iter().enumerate() {
                    self.descend(Segment::Item(index), Some(below), item);
                }
            }
            _ => {}
        }
    }

    fn property(&mut self, outline: &Outline, name: &'v str, value: &'v Value) {
        if let Some(below) = outline.properties.get(name) {
            return self.descend(Segment::Property(name), *below, value);
        }
        match &outline.others {
            Others::Said { below } => self.descend(Segment::Key(name), *below, value),
            Others::Unsaid { patterns, below } if patterns.iter().any(|pattern| pattern.is_match(name)) => {
                self.descend(Segment::Key(name), *below, value);
            }
            Others::Unsaid { .. } => self.surprise(outline, name),
        }
    }

    fn descend(&mut self, segment: Segment<'v>, below: Option<OutlineId>, value: &'v Value) {
        if let Some(below) = below
            && (value.is_object() || value.is_array())
        {
            self.path.push(segment);
            self.visit(below, value);
            self.path.pop();
        }
    }

    fn surprise(&mut self, outline: &Outline, name: &str) {
        if self.found.len() >= UNDECLARED_MAX {
            return;
        }
        let (mut shape, mut place) = (String::new(), String::new());
        for segment in self.path.iter().copied().chain([Segment::Property(name)]) {
            match segment {
                Segment::Property(name) => {
                    pointer::push(&mut shape, name);
                    pointer::push(&mut place, name);
                }
                Segment::Key(name) => {
                    shape.push_str("/*");
                    pointer::push(&mut place, name);
                }
                Segment::Item(index) => {
                    shape.push_str("/*");
                    pointer::push(&mut place, &index.to_string());
                }
            }
        }
        if self.found.iter().any(|surprise| surprise.shape == shape) {
            return;
        }
        let near = did_you_mean(name, outline.properties.keys().map(String::as_str)).map(str::to_owned);
        self.found.push(Surprise { shape, pointer: place, schema: outline.pointer.clone(), near });
    }
}
