//! From text to a checked tree: the `cel` crate parses, and every name, function, count and depth is checked here.
//!
//! The crate's macros are left off, so `exists` and its like arrive as they were written and errors keep their place.

use std::sync::LazyLock;

use cel::common::ast::{CallExpr, EntryExpr, Expr, ListExpr, LiteralValue, MapExpr, SelectExpr, SourceInfo, operators};
use cel::parser::Expression as Parsed;
use regex::Regex;
use serde_json::{Number, Value};

use super::functions::text::pattern;
use super::functions::{FORMS, FUNCTIONS, Function};
use super::operators::Operator;
use super::{ExpressionError, path};

/// How deep an expression may be nested; a chain of one operator counts one level for each operand.
pub const NESTING_MAX: usize = 64;
/// How deep `exists`, `all`, `exists_one`, `map` and `filter` may stand in each other.
pub const COMPREHENSION_DEPTH_MAX: usize = 2;

/// An expression, ready to be evaluated.
#[derive(Debug)]
pub enum Node {
    Literal(Value),
    /// A bound name.
    Name(String),
    /// A comprehension's variable, counted from the innermost one.
    Variable(usize),
    /// `x.y` or `x[y]`; where `optional`, `x.?y` or `x[?y]`.
    Member {
        of: Box<Node>,
        key: Key,
        optional: bool,
    },
    /// `has(x.y)`, `has(x['y'])`.
    Has {
        of: Box<Node>,
        key: Key,
    },
    /// `x.?y.orValue(z)`.
    OrValue {
        optional: Box<Node>,
        otherwise: Box<Node>,
    },
    /// `x.?y.hasValue()`.
    HasValue(Box<Node>),
    List(Vec<Element>),
    Object(Vec<(Node, Element)>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Conditional {
        test: Box<Node>,
        then: Box<Node>,
        otherwise: Box<Node>,
    },
    Binary(Operator, Box<Node>, Box<Node>),
    /// `matches` with a pattern known at load.
    Matches(Box<Node>, Box<Regex>),
    Call(&'static Function, Vec<Node>),
    Comprehension(Comprehension),
}

#[derive(Debug)]
pub enum Key {
    Name(String),
    Computed(Box<Node>),
}

/// A part of a list or an object; an `optional` one (`?x`) is left out when its value is absent.
#[derive(Debug)]
pub struct Element {
    pub value: Node,
    pub optional: bool,
}

#[derive(Debug)]
pub struct Comprehension {
    pub kind: ComprehensionKind,
    pub range: Box<Node>,
    /// `map(x, condition, body)`.
    pub condition: Option<Box<Node>>,
    pub body: Box<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComprehensionKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
}

/// Parses and checks; returns the tree and the bound names used.
pub fn parse(text: &str, names: &[&str]) -> Result<(Node, Vec<String>), ExpressionError> {
    static ENVIRONMENT: LazyLock<cel::Env> = LazyLock::new(cel::Env::default);
    check_brackets(text)?;
    let program = ENVIRONMENT.compile(text).map_err(|errors| parse_error(text, &errors))?;
    let mut checker =
        Checker { text, source: program.source_info(), names, variables: Vec::new(), used: Vec::new(), depth: 0 };
    let node = checker.node(program.expression())?;
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

/// Bounds the parser's own recursion before it starts. Brackets inside quoted text count, too: nobody writes so many.
fn check_brackets(text: &str) -> Result<(), ExpressionError> {
    let mut depth = 0usize;
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > NESTING_MAX {
            return Err(too_deep(offset));
        }
    }
    Ok(())
}

fn too_deep(offset: usize) -> ExpressionError {
    ExpressionError::new(format!("expression is nested deeper than {NESTING_MAX} levels"), offset)
        .hint("bind parts of it to names of their own")
}

/// How the parser begins a complaint about a place, as opposed to one about what follows from it.
const SYNTAX_ERROR: &str = "Syntax error: ";

fn parse_error(text: &str, errors: &cel::ParseErrors) -> ExpressionError {
    // Incomplete input gives follow-up complaints about the whole expression; the syntax error itself says more.
    let is_syntax = |error: &&cel::ParseError| error.msg.starts_with(SYNTAX_ERROR);
    let Some(first) = errors.errors.iter().find(is_syntax).or(errors.errors.first()) else {
        return ExpressionError::new("not an expression", 0);
    };
    let (line, column) = first.pos;
    let line = usize::try_from(line).unwrap_or(1).max(1);
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let column = usize::try_from(column).unwrap_or(1).saturating_sub(1);
    let offset = start + byte_offset(text.get(start..).unwrap_or(""), column);
    // What else might have stood there is a list of token names: noise to an author.
    let reason = first.msg.lines().next().unwrap_or("").trim_start_matches(SYNTAX_ERROR);
    let reason = reason.split(" expecting ").next().unwrap_or(reason).replace("'<EOF>'", "at the end");
    ExpressionError::new(format!("not an expression: {reason}"), offset)
}

/// The byte offset of the n-th character, or the text's end.
fn byte_offset(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(offset, _)| offset)
}

/// The known word that an unknown one was probably meant to be.
fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let scored = known.map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate));
    let (distance, best) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2.max(word.chars().count() / 3) && distance < word.chars().count()).then_some(best)
}

struct Checker<'a> {
    text: &'a str,
    source: &'a SourceInfo,
    names: &'a [&'a str],
    /// The comprehensions' variables in reach, innermost last.
    variables: Vec<String>,
    used: Vec<String>,
    depth: usize,
}

type Checked = Result<Node, ExpressionError>;

impl Checker<'_> {
    fn node(&mut self, parsed: &Parsed) -> Checked {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(too_deep(self.offset(parsed)));
        }
        let node = match &parsed.expr {
            Expr::Literal(literal) => self.literal(parsed, literal)?,
            Expr::Ident(name) => self.name(parsed, name)?,
            Expr::Select(select) => self.select(parsed, select)?,
            Expr::List(list) => self.list(list)?,
            Expr::Map(map) => self.object(parsed, map)?,
            Expr::Call(call) => self.call(parsed, call)?,
            Expr::Struct(_) => {
                return Err(self.error(parsed, "messages cannot be built here").hint("write {'key': value}"));
            }
            Expr::Comprehension(_) | Expr::Unspecified => return Err(self.error(parsed, "unsupported form")),
        };
        self.depth -= 1;
        Ok(node)
    }

    fn boxed(&mut self, parsed: &Parsed) -> Result<Box<Node>, ExpressionError> {
        self.node(parsed).map(Box::new)
    }

    fn offset(&self, parsed: &Parsed) -> usize {
        // The parser counts bytes here, and characters in its own errors.
        self.source.offset_for(parsed.id).map_or(0, |(start, _)| (start as usize).min(self.text.len()))
    }

    fn error(&self, parsed: &Parsed, message: impl Into<String>) -> ExpressionError {
        ExpressionError::new(message, self.offset(parsed))
    }

    fn literal(&self, parsed: &Parsed, literal: &LiteralValue) -> Checked {
        let value = match literal {
            LiteralValue::Boolean(value) => Value::Bool(*value.inner()),
            LiteralValue::Int(value) => Value::from(*value.inner()),
            LiteralValue::UInt(value) => Value::from(*value.inner()),
            LiteralValue::String(value) => Value::from(value.inner()),
            LiteralValue::Null => Value::Null,
            LiteralValue::Double(value) => {
                let number =
                    Number::from_f64(*value.inner()).ok_or_else(|| self.error(parsed, "number is out of range"))?;
                Value::Number(number)
            }
            LiteralValue::Bytes(_) => return Err(self.error(parsed, "byte texts are not supported")),
        };
        Ok(Node::Literal(value))
    }

    fn name(&mut self, parsed: &Parsed, name: &str) -> Checked {
        if let Some(index) = self.variables.iter().rev().position(|variable| variable == name) {
            return Ok(Node::Variable(index));
        }
        check_name(name, self.names, self.offset(parsed))?;
        if !self.used.iter().any(|used| used == name) {
            self.used.push(name.to_owned());
        }
        Ok(Node::Name(name.to_owned()))
    }

    fn select(&mut self, parsed: &Parsed, select: &SelectExpr) -> Checked {
        if select.test {
            return Err(self.error(parsed, "unsupported form"));
        }
        let of = self.boxed(&select.operand)?;
        Ok(Node::Member { of, key: Key::Name(select.field.clone()), optional: false })
    }

    fn list(&mut self, list: &ListExpr) -> Checked {
        let mut elements = Vec::with_capacity(list.elements.len());
        for (index, element) in list.elements.iter().enumerate() {
            elements.push(Element { value: self.node(element)?, optional: list.optional_indices.contains(&index) });
        }
        Ok(Node::List(elements))
    }

    fn object(&mut self, parsed: &Parsed, map: &MapExpr) -> Checked {
        let mut entries = Vec::with_capacity(map.entries.len());
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else {
                return Err(self.error(parsed, "unsupported form"));
            };
            let key = self.node(&entry.key)?;
            entries.push((key, Element { value: self.node(&entry.value)?, optional: entry.optional }));
        }
        Ok(Node::Object(entries))
    }

    fn call(&mut self, parsed: &Parsed, call: &CallExpr) -> Checked {
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            (operators::CONDITIONAL, None, [test, then, otherwise]) => Ok(Node::Conditional {
                test: self.boxed(test)?,
                then: self.boxed(then)?,
                otherwise: self.boxed(otherwise)?,
            }),
            (operators::LOGICAL_AND, None, [left, right]) => Ok(Node::And(self.boxed(left)?, self.boxed(right)?)),
            (operators::LOGICAL_OR, None, [left, right]) => Ok(Node::Or(self.boxed(left)?, self.boxed(right)?)),
            (operators::LOGICAL_NOT, None, [operand]) => Ok(Node::Not(self.boxed(operand)?)),
            (operators::NEGATE, None, [operand]) => Ok(Node::Negate(self.boxed(operand)?)),
            (operators::INDEX, None, [of, key]) => self.index(of, key, false),
            (operators::OPT_INDEX | operators::OPT_SELECT, None, [of, key]) => self.index(of, key, true),
            (name, None, [left, right]) if operator(name).is_some() => {
                let operator = operator(name).expect("checked by the guard above");
                Ok(Node::Binary(operator, self.boxed(left)?, self.boxed(right)?))
            }
            (operators::HAS, None, arguments) => self.has(parsed, arguments),
            ("orValue", Some(target), [otherwise]) => {
                Ok(Node::OrValue { optional: self.boxed(target)?, otherwise: self.boxed(otherwise)? })
            }
            ("hasValue", Some(target), []) => Ok(Node::HasValue(self.boxed(target)?)),
            (name, Some(target), arguments) if comprehension(name).is_some() => {
                let kind = comprehension(name).expect("checked by the guard above");
                self.comprehension(parsed, kind, target, arguments)
            }
            (name, target, arguments) => self.function(parsed, name, target, arguments),
        }
    }

    fn index(&mut self, of: &Parsed, key: &Parsed, optional: bool) -> Checked {
        let of = self.boxed(of)?;
        let key = match self.node(key)? {
            Node::Literal(Value::String(name)) => Key::Name(name),
            node => Key::Computed(Box::new(node)),
        };
        Ok(Node::Member { of, key, optional })
    }

    fn has(&mut self, parsed: &Parsed, arguments: &[Parsed]) -> Checked {
        let checked = match arguments {
            [argument] => self.node(argument)?,
            _ => return Err(self.error(parsed, "has takes one path").hint("has(body.color)")),
        };
        match checked {
            Node::Member { of, key, .. } => Ok(Node::Has { of, key }),
            _ => Err(self.error(parsed, "has takes a path with a member").hint("has(body.color)")),
        }
    }

    fn comprehension(
        &mut self,
        parsed: &Parsed,
        kind: ComprehensionKind,
        range: &Parsed,
        arguments: &[Parsed],
    ) -> Checked {
        let range = self.boxed(range)?;
        if self.variables.len() >= COMPREHENSION_DEPTH_MAX {
            let message = format!("more than {COMPREHENSION_DEPTH_MAX} loops inside each other");
            return Err(self.error(parsed, message).hint("bind the inner list to a name of its own"));
        }
        let (variable, condition, body) = match arguments {
            [variable, body] => (variable, None, body),
            [variable, condition, body] if kind == ComprehensionKind::Map => (variable, Some(condition), body),
            _ => {
                return Err(self
                    .error(parsed, "a loop takes a variable and an expression")
                    .hint("list.exists(x, x > 1)"));
            }
        };
        let Expr::Ident(name) = &variable.expr else {
            return Err(self.error(variable, "a loop's variable must be a plain name").hint("list.exists(x, x > 1)"));
        };
        if path::RESERVED.contains(&name.as_str()) {
            return Err(self.error(variable, format!("`{name}` cannot be a variable")));
        }
        self.variables.push(name.clone());
        let condition = condition.map(|condition| self.boxed(condition)).transpose()?;
        let body = self.boxed(body)?;
        self.variables.pop();
        Ok(Node::Comprehension(Comprehension { kind, range, condition, body }))
    }

    fn function(&mut self, parsed: &Parsed, name: &str, target: Option<&Parsed>, arguments: &[Parsed]) -> Checked {
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
            return Err(self.unknown_function(parsed, name));
        };
        let count = arguments.len() + usize::from(target.is_some());
        if !function.takes(count) {
            let message = format!("{name} does not take {count} arguments");
            return Err(self.error(parsed, message).hint(format!("it is {}", function.signature)));
        }
        let mut checked = Vec::with_capacity(count);
        for argument in target.into_iter().chain(arguments) {
            checked.push(self.node(argument)?);
        }
        if let ("matches", [_, Node::Literal(Value::String(text))]) = (name, checked.as_slice()) {
            let regex = pattern(text).map_err(|message| self.error(parsed, message))?;
            let subject = checked.swap_remove(0);
            return Ok(Node::Matches(Box::new(subject), Box::new(regex)));
        }
        Ok(Node::Call(function, checked))
    }

    fn unknown_function(&self, parsed: &Parsed, name: &str) -> ExpressionError {
        let error = self.error(parsed, format!("unknown function `{name}`"));
        if let Some(form) = FORMS.iter().find(|form| form.name == name) {
            return error.hint(format!("it is written {}", form.signature));
        }
        let known = FUNCTIONS.iter().map(|function| function.name).chain(FORMS.iter().map(|form| form.name));
        match nearest(name, known) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        }
    }
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        operators::EQUALS => Operator::Equal,
        operators::NOT_EQUALS => Operator::NotEqual,
        operators::LESS => Operator::Less,
        operators::LESS_EQUALS => Operator::LessOrEqual,
        operators::GREATER => Operator::Greater,
        operators::GREATER_EQUALS => Operator::GreaterOrEqual,
        operators::IN => Operator::In,
        operators::ADD => Operator::Add,
        operators::SUBSTRACT => Operator::Subtract,
        operators::MULTIPLY => Operator::Multiply,
        operators::DIVIDE => Operator::Divide,
        operators::MODULO => Operator::Remainder,
        _ => return None,
    })
}

fn comprehension(name: &str) -> Option<ComprehensionKind> {
    Some(match name {
        operators::ALL => ComprehensionKind::All,
        operators::EXISTS => ComprehensionKind::Exists,
        operators::EXISTS_ONE => ComprehensionKind::ExistsOne,
        operators::MAP => ComprehensionKind::Map,
        operators::FILTER => ComprehensionKind::Filter,
        _ => return None,
    })
}
