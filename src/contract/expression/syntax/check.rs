//! Every name, function, count and pattern is held against what there is.

use serde_json::Value;

use super::COMPREHENSION_DEPTH_MAX;
use super::node::{Comprehension, ComprehensionKind, Condition, Element, Key, Node};
use super::term::{Kind, Part, Term};
use crate::contract::expression::ExpressionError;
use crate::contract::expression::functions::text::pattern;
use crate::contract::expression::functions::{FORMS, FUNCTIONS};

/// The tree and the bound names used, in order of first use.
pub fn check(term: Term<'_>, names: &[&str]) -> Result<(Node, Vec<String>), ExpressionError> {
    let mut checker = Checker { names, variables: Vec::new(), used: Vec::new() };
    let node = checker.node(term)?;
    Ok((node, checker.used))
}

/// Refuses a name that is not among the bound ones.
pub fn check_name(name: &str, names: &[&str], offset: usize) -> Result<(), ExpressionError> {
    if names.contains(&name) {
        return Ok(());
    }
    let hint = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "no names are bound here".to_owned(),
        None => format!("bound here: {}", names.join(", ")),
    };
    Err(ExpressionError::new(format!("unknown name `{name}`"), offset).hint(hint))
}

const HAS_EXAMPLE: &str = "has(body.color)";
const LOOP_EXAMPLE: &str = "list.exists(x, x > 1)";

struct Checker<'a, 't> {
    names: &'a [&'a str],
    /// The comprehensions' variables in reach, innermost last.
    variables: Vec<&'t str>,
    used: Vec<String>,
}

type Checked = Result<Node, ExpressionError>;

impl<'t> Checker<'_, 't> {
    /// Terms are no deeper than `NESTING_MAX`, so this may recurse.
    fn node(&mut self, Term { kind, offset, .. }: Term<'t>) -> Checked {
        Ok(match kind {
            Kind::Literal(value) => Node::Literal(value),
            Kind::Name(name) => self.name(name, offset)?,
            Kind::Member { of, name, optional } => {
                Node::Member { of: self.boxed(*of)?, key: Key::Name(name.to_owned()), optional }
            }
            Kind::Index { of, key, optional } => Node::Member { of: self.boxed(*of)?, key: self.key(*key)?, optional },
            Kind::Call { target, name, arguments } => self.call(target, name, arguments, offset)?,
            Kind::List(parts) => {
                Node::List(parts.into_iter().map(|part| self.element(part)).collect::<Result<_, _>>()?)
            }
            Kind::Object(entries) => {
                Node::Object(entries.into_iter().map(|(key, value)| self.entry(key, value)).collect::<Result<_, _>>()?)
            }
            Kind::Not(operand) => Node::Condition(Condition::Not(self.boxed(*operand)?)),
            Kind::Negate(operand) => Node::Negate(self.boxed(*operand)?),
            Kind::And(left, right) => Node::Condition(Condition::And(self.boxed(*left)?, self.boxed(*right)?)),
            Kind::Or(left, right) => Node::Condition(Condition::Or(self.boxed(*left)?, self.boxed(*right)?)),
            Kind::Conditional { test, then, otherwise } => Node::Conditional {
                test: self.boxed(*test)?,
                then: self.boxed(*then)?,
                otherwise: self.boxed(*otherwise)?,
            },
            Kind::Binary(operator, left, right) => {
                let (left, right) = (self.boxed(*left)?, self.boxed(*right)?);
                match operator.compares() {
                    true => Node::Condition(Condition::Binary(operator, left, right)),
                    false => Node::Binary(operator, left, right),
                }
            }
        })
    }

    fn boxed(&mut self, term: Term<'t>) -> Result<Box<Node>, ExpressionError> {
        self.node(term).map(Box::new)
    }

    fn name(&mut self, name: &str, offset: usize) -> Checked {
        if let Some(index) = self.variables.iter().rev().position(|variable| *variable == name) {
            return Ok(Node::Variable(index));
        }
        check_name(name, self.names, offset)?;
        if !self.used.iter().any(|used| used == name) {
            self.used.push(name.to_owned());
        }
        Ok(Node::Name(name.to_owned()))
    }

    fn key(&mut self, term: Term<'t>) -> Result<Key, ExpressionError> {
        Ok(match self.node(term)? {
            Node::Literal(Value::String(name)) => Key::Name(name),
            node => Key::Computed(Box::new(node)),
        })
    }

    fn element(&mut self, Part { term, optional }: Part<'t>) -> Result<Element, ExpressionError> {
        Ok(Element { value: self.node(term)?, optional })
    }

    fn entry(&mut self, key: Part<'t>, value: Term<'t>) -> Result<(Node, Element), ExpressionError> {
        let optional = key.optional;
        Ok((self.node(key.term)?, Element { value: self.node(value)?, optional }))
    }

    /// A form that decides what is evaluated, or a function.
    fn call(
        &mut self,
        target: Option<Box<Term<'t>>>,
        name: &str,
        mut arguments: Vec<Term<'t>>,
        offset: usize,
    ) -> Checked {
        match (name, target, arguments.len()) {
            ("has", None, _) => self.has(arguments, offset),
            ("orValue", Some(target), 1) => {
                Ok(Node::OrValue { optional: self.boxed(*target)?, otherwise: self.boxed(arguments.swap_remove(0))? })
            }
            ("hasValue", Some(target), 0) => Ok(Node::Condition(Condition::HasValue(self.boxed(*target)?))),
            (name, Some(target), _) => match comprehension(name) {
                Some(kind) => self.comprehension(kind, *target, arguments, offset),
                None => self.function(name, Some(*target), arguments, offset),
            },
            (name, None, _) => self.function(name, None, arguments, offset),
        }
    }

    fn has(&mut self, arguments: Vec<Term<'t>>, offset: usize) -> Checked {
        let Ok([argument]) = <[Term; 1]>::try_from(arguments) else {
            return Err(ExpressionError::new("has takes one path", offset).hint(HAS_EXAMPLE));
        };
        match self.node(argument)? {
            Node::Member { of, key, .. } => Ok(Node::Condition(Condition::Has { of, key })),
            _ => Err(ExpressionError::new("has takes a path with a member", offset).hint(HAS_EXAMPLE)),
        }
    }

    fn comprehension(
        &mut self,
        kind: ComprehensionKind,
        range: Term<'t>,
        arguments: Vec<Term<'t>>,
        offset: usize,
    ) -> Checked {
        let range = self.boxed(range)?;
        if self.variables.len() >= COMPREHENSION_DEPTH_MAX {
            let message = format!("more than {COMPREHENSION_DEPTH_MAX} loops inside each other");
            return Err(ExpressionError::new(message, offset).hint("bind the inner list to a name of its own"));
        }
        let mut arguments = arguments.into_iter();
        let mut next = || arguments.next();
        let (variable, condition, body) = match (next(), next(), next(), next()) {
            (Some(variable), Some(body), None, None) => (variable, None, body),
            (Some(variable), Some(condition), Some(body), None) if kind == ComprehensionKind::Map => {
                (variable, Some(condition), body)
            }
            _ => {
                return Err(
                    ExpressionError::new("a loop takes a variable and an expression", offset).hint(LOOP_EXAMPLE)
                );
            }
        };
        let Kind::Name(name) = variable.kind else {
            let message = "a loop's variable must be a plain name";
            return Err(ExpressionError::new(message, variable.offset).hint(LOOP_EXAMPLE));
        };
        self.variables.push(name);
        let condition = condition.map(|condition| self.boxed(condition)).transpose()?;
        let body = self.boxed(body)?;
        self.variables.pop();
        Ok(Node::Comprehension(Comprehension { kind, range, condition, body }))
    }

    fn function(&mut self, name: &str, target: Option<Term<'t>>, arguments: Vec<Term<'t>>, offset: usize) -> Checked {
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
            return Err(unknown_function(name, offset));
        };
        let count = arguments.len() + usize::from(target.is_some());
        if !function.takes(count) {
            let message = format!("{name} does not take {count} arguments");
            return Err(ExpressionError::new(message, offset).hint(format!("it is {}", function.signature)));
        }
        let mut checked = Vec::with_capacity(count);
        for argument in target.into_iter().chain(arguments) {
            checked.push(self.node(argument)?);
        }
        if let ("matches", [_, Node::Literal(Value::String(text))]) = (name, checked.as_slice()) {
            let regex = pattern(text).map_err(|message| ExpressionError::new(message, offset))?;
            let subject = checked.swap_remove(0);
            return Ok(Node::Condition(Condition::Matches(Box::new(subject), Box::new(regex))));
        }
        Ok(Node::Call(function, checked))
    }
}

fn unknown_function(name: &str, offset: usize) -> ExpressionError {
    let error = ExpressionError::new(format!("unknown function `{name}`"), offset);
    if let Some(form) = FORMS.iter().find(|form| form.name == name) {
        return error.hint(format!("it is written {}", form.signature));
    }
    let known = FUNCTIONS.iter().map(|function| function.name).chain(FORMS.iter().map(|form| form.name));
    match nearest(name, known) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// The known word that an unknown one was probably meant to be.
fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let scored = known.map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate));
    let (distance, best) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2.max(word.chars().count() / 3) && distance < word.chars().count()).then_some(best)
}

fn comprehension(name: &str) -> Option<ComprehensionKind> {
    Some(match name {
        "all" => ComprehensionKind::All,
        "exists" => ComprehensionKind::Exists,
        "exists_one" => ComprehensionKind::ExistsOne,
        "map" => ComprehensionKind::Map,
        "filter" => ComprehensionKind::Filter,
        _ => return None,
    })
}
