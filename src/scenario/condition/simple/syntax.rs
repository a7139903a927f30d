//! The grammar of `simple` conditions (`spec/scenarios.md`) as a recursive-descent parser: one function per rule.
//!
//! An operand ends at the first character that the conditions' own grammar uses: white space or one of `!&()<=>{|}`. A JSON
//! Pointer or a name that holds such a character is written in braces: `{$response.body#/full name} == 'Ada'`.

use serde_json::{Number, Value};

use super::{Comparable, Node, Operator};
use crate::scenario::condition::operand::Operand;
use crate::scenario::condition::{CONDITION_BYTES_MAX, NESTING_MAX};
use crate::scenario::expression::{Expression, SyntaxError};

pub(super) fn parse(text: &str) -> Result<Node, SyntaxError> {
    if text.len() > CONDITION_BYTES_MAX {
        let message = format!("the condition is longer than {CONDITION_BYTES_MAX} bytes");
        return Err(SyntaxError::new(CONDITION_BYTES_MAX, message));
    }
    let mut parser = Parser { text, at: 0, depth: 0 };
    let node = parser.any()?;
    parser.space();
    if parser.at < text.len() { Err(parser.unexpected()) } else { Ok(node) }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    /// `logical-or = logical-and *( S "||" S logical-and )`
    fn any(&mut self) -> Result<Node, SyntaxError> {
        let first = self.all()?;
        let mut nodes = vec![first];
        while self.operator("||") {
            nodes.push(self.all()?);
        }
        Ok(single(nodes).unwrap_or_else(Node::Any))
    }

    /// `logical-and = basic *( S "&&" S basic )`
    fn all(&mut self) -> Result<Node, SyntaxError> {
        let first = self.basic()?;
        let mut nodes = vec![first];
        while self.operator("&&") {
            nodes.push(self.basic()?);
        }
        Ok(single(nodes).unwrap_or_else(Node::All))
    }

    /// `basic = negation / group / comparison / comparable`
    fn basic(&mut self) -> Result<Node, SyntaxError> {
        self.space();
        if self.rest().starts_with("!=") {
            return Err(self.expected_value());
        }
        match self.peek() {
            Some('!') => self.negation(),
            Some('(') => self.group(),
            _ => self.comparison(),
        }
    }

    /// `negation = "!" S ( negation / group / comparable )`
    fn negation(&mut self) -> Result<Node, SyntaxError> {
        self.enter()?;
        self.at += 1;
        self.space();
        let start = self.at;
        let inner = match self.peek() {
            Some('!') if !self.rest().starts_with("!=") => self.negation()?,
            Some('(') => self.group()?,
            _ => Node::Bare(self.comparable()?),
        };
        self.depth -= 1;
        let text = self.text[start..self.at].to_owned();
        self.space();
        if self.comparison_operator().is_some() {
            let error = SyntaxError::new(self.at, "`!` negates a value or a group, not one side of a comparison");
            return Err(error.hint(format!("write `!(…)` around the comparison, or compare `{text}` with `!=`")));
        }
        Ok(Node::Not { inner: Box::new(inner), text })
    }

    /// `group = "(" S logical-or S ")"`
    fn group(&mut self) -> Result<Node, SyntaxError> {
        self.enter()?;
        let open = self.at;
        self.at += 1;
        let inner = self.any()?;
        self.space();
        if self.peek() != Some(')') {
            return Err(match self.peek() {
                Some(_) => self.unexpected(),
                None => SyntaxError::new(self.at, "expected `)`").hint(format!("the parenthesis opens at byte {open}")),
            });
        }
        self.at += 1;
        self.depth -= 1;
        self.space();
        if self.comparison_operator().is_some() {
            let error = SyntaxError::new(self.at, "a group holds or not, and cannot be compared");
            return Err(error.hint("join groups with `&&` and `||`"));
        }
        Ok(inner)
    }

    /// `comparison = comparable [ S operator S comparable ]`
    fn comparison(&mut self) -> Result<Node, SyntaxError> {
        let left = self.comparable()?;
        let Some(operator) = self.take_comparison() else { return Ok(Node::Bare(left)) };
        let right = self.comparable()?;
        self.space();
        if self.comparison_operator().is_some() {
            let error = SyntaxError::new(self.at, "comparisons cannot be chained");
            return Err(error.hint("join two comparisons with `&&`"));
        }
        Ok(Node::Comparison { left, operator, right })
    }

    fn comparable(&mut self) -> Result<Comparable, SyntaxError> {
        self.space();
        match self.peek() {
            Some('$') => self.operand(),
            Some('{') => self.braced(),
            Some('\'') => self.string().map(Comparable::Literal),
            Some('-' | '0'..='9') => self.number().map(Comparable::Literal),
            Some(letter) if letter.is_alphabetic() => self.word().map(Comparable::Literal),
            _ => Err(self.expected_value()),
        }
    }

    /// An expression with accessors, up to the first character of the conditions' own grammar.
    fn operand(&mut self) -> Result<Comparable, SyntaxError> {
        let start = self.at;
        let end = self.rest().find(ends_operand).unwrap_or(self.rest().len());
        self.at += end;
        let operand = Operand::parse(&self.text[start..self.at]).map_err(|error| error.moved(start))?;
        Ok(Comparable::Operand(operand))
    }

    /// `"{" expression "}"`: the whole grammar of expressions, with spaces and operators in names and pointers.
    fn braced(&mut self) -> Result<Comparable, SyntaxError> {
        let start = self.at + 1;
        let Some(length) = self.text[start..].find('}') else {
            return Err(
                SyntaxError::new(self.text.len(), "expected `}`").hint(format!("the brace opens at byte {}", self.at))
            );
        };
        let inner = &self.text[start..start + length];
        let expression = Expression::parse(inner).map_err(|error| error.moved(start))?;
        self.at = start + length + 1;
        Ok(Comparable::Operand(Operand { expression, accessors: Vec::new() }))
    }

    /// Text in single quotes, in which `''` is one.
    fn string(&mut self) -> Result<Value, SyntaxError> {
        let open = self.at;
        let mut text = String::new();
        self.at += 1;
        loop {
            let Some(end) = self.rest().find('\'') else {
                let error = SyntaxError::new(self.text.len(), "expected `'` at the end of a string");
                return Err(error.hint(format!("the string opens at byte {open}; a quote in it is written `''`")));
            };
            text.push_str(&self.rest()[..end]);
            self.at += end + 1;
            if self.peek() != Some('\'') {
                return Ok(Value::String(text));
            }
            text.push('\'');
            self.at += 1;
        }
    }

    /// `( "0" / [ "-" ] DIGIT1 *DIGIT / "-0" ) [ frac ] [ exp ]`, as in RFC 9535 and JSON.
    fn number(&mut self) -> Result<Value, SyntaxError> {
        let start = self.at;
        let is_part = |character: char| character.is_alphanumeric() || matches!(character, '.' | '+' | '-' | '_');
        let rest = self.rest();
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        self.at += end;
        match number(&rest[..end]) {
            Some(number) => Ok(Value::Number(number)),
            None => {
                let error = SyntaxError::new(start, format!("`{}` is no number", &rest[..end]));
                Err(error.hint("numbers are written as in JSON, and text stands in single quotes"))
            }
        }
    }

    fn word(&mut self) -> Result<Value, SyntaxError> {
        let start = self.at;
        let rest = self.rest();
        let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.');
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        match word {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            other => Err(unknown_word(start, other)),
        }
    }

    fn take_comparison(&mut self) -> Option<Operator> {
        self.space();
        let operator = self.comparison_operator()?;
        self.at += operator.symbol().len();
        Some(operator)
    }

    fn comparison_operator(&self) -> Option<Operator> {
        // The longer ones first, so that `<=` is not read as `<`.
        const OPERATORS: [Operator; 6] = [
            Operator::Equal,
            Operator::NotEqual,
            Operator::LessOrEqual,
            Operator::GreaterOrEqual,
            Operator::Less,
            Operator::Greater,
        ];
        OPERATORS.into_iter().find(|operator| self.rest().starts_with(operator.symbol()))
    }

    fn operator(&mut self, symbol: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len();
        }
        found
    }

    fn enter(&mut self) -> Result<(), SyntaxError> {
        self.depth += 1;
        match self.depth > NESTING_MAX {
            true => Err(SyntaxError::new(self.at, format!("nested deeper than {NESTING_MAX} levels"))),
            false => Ok(()),
        }
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn expected_value(&self) -> SyntaxError {
        const VALUE: &str = "expected an expression, a literal or `(`";
        match self.peek() {
            Some('"') => SyntaxError::new(self.at, "a string stands in single quotes").hint("write `'…'`"),
            Some('=') => SyntaxError::new(self.at, VALUE).hint("equality is written `==`"),
            Some(found) => SyntaxError::new(self.at, format!("{VALUE}, not `{}`", found.escape_debug())),
            None => SyntaxError::new(self.at, format!("{VALUE} at the end")),
        }
    }

    /// A complete condition is followed by something that cannot follow it.
    fn unexpected(&self) -> SyntaxError {
        let rest = self.rest();
        let found = rest.chars().next().unwrap_or(' ');
        let error =
            SyntaxError::new(self.at, format!("expected an operator or the end, not `{}`", found.escape_debug()));
        let word = rest.split(|character: char| !character.is_alphanumeric()).next().unwrap_or_default();
        match (found, word.to_ascii_lowercase().as_str()) {
            ('=', _) => error.hint("equality is written `==`"),
            ('&', _) => error.hint("and is written `&&`; a `&` in a name needs braces: `{$…}`"),
            ('|', _) => error.hint("or is written `||`; a `|` in a name needs braces: `{$…}`"),
            (')', _) => error.hint("no parenthesis is open here"),
            ('{' | '}', _) => error.hint("in a simple condition an expression in braces stands alone: `{$…} == 1`"),
            (_, "and") => error.hint("and is written `&&`"),
            (_, "or") => error.hint("or is written `||`"),
            (_, "is") => error.hint("equality is written `==`"),
            (_, "contains" | "in" | "matches") => error.hint("use a criterion of `type: regex` or `type: jsonpath`"),
            _ => error,
        }
    }
}

/// A number as JSON writes it.
pub(super) fn number(text: &str) -> Option<Number> {
    // Without the check, JSON's white space around a number would be taken too.
    let plain = text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && text.ends_with(|last: char| last.is_ascii_digit());
    if plain { serde_json::from_str(text).ok() } else { None }
}

fn single(mut nodes: Vec<Node>) -> Result<Node, Vec<Node>> {
    match nodes.len() {
        1 => nodes.pop().ok_or(nodes),
        _ => Err(nodes),
    }
}

fn ends_operand(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '!' | '&' | '(' | ')' | '<' | '=' | '>' | '{' | '|' | '}')
}

fn unknown_word(at: usize, word: &str) -> SyntaxError {
    let error = SyntaxError::new(at, format!("`{word}` is no literal"));
    match word.to_ascii_lowercase().as_str() {
        lower @ ("true" | "false" | "null") => error.hint(format!("write `{lower}`")),
        "not" => error.hint("not is written `!`"),
        "nil" | "none" | "undefined" => error.hint("write `null`"),
        _ => error.hint(format!("text stands in single quotes: `'{word}'`")),
    }
}
