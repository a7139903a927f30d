//! Expressions written out with every bracket: by our terms, and by the tree of the `cel` crate.

use cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, operators};
use cel::parser::Expression as Parsed;
use serde_json::Value;

use crate::contract::expression::operators::Operator;
use crate::contract::expression::syntax::term::{Kind, Part, Term};

pub fn written(term: &Term<'_>) -> String {
    match &term.kind {
        Kind::Literal(value) => value.to_string(),
        Kind::Name(name) => (*name).to_owned(),
        Kind::Member { of, name, optional } => format!("{}.{}{name}", written(of), mark(*optional)),
        Kind::Index { of, key, optional } => format!("{}[{}{}]", written(of), mark(*optional), written(key)),
        Kind::Call { target, name, arguments } => {
            let target = target.as_ref().map(|target| format!("{}.", written(target))).unwrap_or_default();
            format!("{target}{name}({})", joined(arguments.iter().map(written)))
        }
        Kind::List(parts) => format!("[{}]", joined(parts.iter().map(part))),
        Kind::Object(entries) => {
            let entry = |(key, value): &(Part<'_>, Term<'_>)| format!("{}: {}", part(key), written(value));
            format!("{{{}}}", joined(entries.iter().map(entry)))
        }
        Kind::Not(operand) => format!("(!{})", written(operand)),
        Kind::Negate(operand) => format!("(-{})", written(operand)),
        Kind::And(left, right) => format!("({} && {})", written(left), written(right)),
        Kind::Or(left, right) => format!("({} || {})", written(left), written(right)),
        Kind::Conditional { test, then, otherwise } => {
            format!("({} ? {} : {})", written(test), written(then), written(otherwise))
        }
        Kind::Binary(operator, left, right) => {
            format!("({} {} {})", written(left), operator.symbol(), written(right))
        }
    }
}

fn part(part: &Part<'_>) -> String {
    format!("{}{}", mark(part.optional), written(&part.term))
}

fn mark(optional: bool) -> &'static str {
    if optional { "?" } else { "" }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// What the crate takes and we refuse on purpose, with the beginning of our complaint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Refused {
    Message,
    ByteText,
    LeadingDot,
}

impl Refused {
    pub fn complaint(self) -> &'static str {
        match self {
            Refused::Message => "messages cannot be built here",
            Refused::ByteText => "byte texts are not supported",
            Refused::LeadingDot => "a value cannot begin with a dot",
        }
    }
}

/// The same of the crate's tree.
pub fn written_by_crate(parsed: &Parsed) -> Result<String, Refused> {
    Ok(match &parsed.expr {
        Expr::Literal(literal) => value(literal)?.to_string(),
        Expr::Ident(name) if name.starts_with('.') => return Err(Refused::LeadingDot),
        Expr::Ident(name) => name.clone(),
        Expr::Select(select) => format!("{}.{}", written_by_crate(&select.operand)?, select.field),
        Expr::Call(call) => written_call(call)?,
        Expr::List(list) => {
            let mut parts = Vec::new();
            for (index, element) in list.elements.iter().enumerate() {
                parts.push(format!("{}{}", mark(list.optional_indices.contains(&index)), written_by_crate(element)?));
            }
            format!("[{}]", parts.join(", "))
        }
        Expr::Map(map) => {
            let mut entries = Vec::new();
            for entry in &map.entries {
                let EntryExpr::MapEntry(entry) = &entry.expr else { return Err(Refused::Message) };
                let (key, value) = (written_by_crate(&entry.key)?, written_by_crate(&entry.value)?);
                entries.push(format!("{}{key}: {value}", mark(entry.optional)));
            }
            format!("{{{}}}", entries.join(", "))
        }
        Expr::Struct(_) => return Err(Refused::Message),
        other => panic!("macros are off, and yet there is {other:?}"),
    })
}

fn written_call(call: &CallExpr) -> Result<String, Refused> {
    let target = call.target.as_deref().map(written_by_crate).transpose()?;
    // A field behind `.?` is a text.
    if let (operators::OPT_SELECT, [of, Parsed { expr: Expr::Literal(LiteralValue::String(field)), .. }]) =
        (call.func_name.as_str(), call.args.as_slice())
    {
        return Ok(format!("{}.?{}", written_by_crate(of)?, field.inner()));
    }
    let arguments: Vec<String> = call.args.iter().map(written_by_crate).collect::<Result<_, _>>()?;
    Ok(match (call.func_name.as_str(), target, arguments.as_slice()) {
        (operators::CONDITIONAL, None, [test, then, otherwise]) => format!("({test} ? {then} : {otherwise})"),
        (operators::LOGICAL_AND, None, [left, right]) => format!("({left} && {right})"),
        (operators::LOGICAL_OR, None, [left, right]) => format!("({left} || {right})"),
        (operators::LOGICAL_NOT, None, [operand]) => format!("(!{operand})"),
        (operators::NEGATE, None, [operand]) => format!("(-{operand})"),
        (operators::INDEX, None, [of, key]) => format!("{of}[{key}]"),
        (operators::OPT_INDEX, None, [of, key]) => format!("{of}[?{key}]"),
        (name, None, [left, right]) if operator(name).is_some() => {
            format!("({left} {} {right})", operator(name).expect("checked by the guard above").symbol())
        }
        (name, None, _) if name.starts_with('.') => return Err(Refused::LeadingDot),
        (name, None, arguments) => format!("{name}({})", arguments.join(", ")),
        (name, Some(target), arguments) => format!("{target}.{name}({})", arguments.join(", ")),
    })
}

fn value(literal: &LiteralValue) -> Result<Value, Refused> {
    Ok(match literal {
        LiteralValue::Boolean(value) => Value::from(*value.inner()),
        LiteralValue::Int(value) => Value::from(*value.inner()),
        LiteralValue::UInt(value) => Value::from(*value.inner()),
        LiteralValue::String(value) => Value::from(value.inner()),
        LiteralValue::Null => Value::Null,
        LiteralValue::Double(value) => Value::from(*value.inner()),
        LiteralValue::Bytes(_) => return Err(Refused::ByteText),
    })
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
