//! The grammar of CEL by recursive descent: one function for each rule, the rule above it.
//!
//! Only brackets lead into deeper recursion, and [`NESTING_MAX`] bounds how many are open; whatever else may be long is a loop. What a
//! loop makes is bounded by [`Term::new`].

use std::ops::Range;

use serde_json::Value;

use super::lexer::{Lexer, Token, TokenKind};
use super::mistake::{self, Place};
use super::term::{Kind, Part, Term};
use super::{NESTING_MAX, literal, too_deep};
use crate::contract::expression::ExpressionError;
use crate::contract::expression::operators::Operator;

/// Words that CEL keeps for itself, but for members.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
];

type Parsed<'t> = Result<Term<'t>, ExpressionError>;

pub fn parse(text: &str) -> Parsed<'_> {
    let mut lexer = Lexer::new(text);
    let token = lexer.next()?;
    let mut parser = Parser { text, lexer, token, before: 0..0, open: 0 };
    let term = parser.expression()?;
    match parser.token.kind {
        TokenKind::End => Ok(term),
        _ => Err(parser.expected("an operator or the end", mistake::at_end)),
    }
}

struct Parser<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    /// What is read next.
    token: Token<'t>,
    /// Where the token before it stands.
    before: Range<usize>,
    /// How many brackets are open.
    open: usize,
}

impl<'t> Parser<'t> {
    /// `expression = or [ "?" or ":" expression ]`
    fn expression(&mut self) -> Parsed<'t> {
        let mut choices = Vec::new();
        let mut last = self.or()?;
        while self.at("?") {
            let sign = self.advance()?;
            let then = self.or()?;
            if !self.eat(":")? {
                return Err(self.expected("`:`", mistake::in_conditional));
            }
            choices.push((sign.start, last, then));
            last = self.or()?;
        }
        choices.into_iter().rev().try_fold(last, |otherwise, (offset, test, then)| {
            let (test, then, otherwise) = (Box::new(test), Box::new(then), Box::new(otherwise));
            Term::new(offset, Kind::Conditional { test, then, otherwise })
        })
    }

    /// `or = and *( "||" and )`
    fn or(&mut self) -> Parsed<'t> {
        self.joined("||", Parser::and, Kind::Or)
    }

    /// `and = relation *( "&&" relation )`
    fn and(&mut self) -> Parsed<'t> {
        self.joined("&&", |parser| parser.binary(RELATION), Kind::And)
    }

    fn joined(&mut self, sign: &str, operand: fn(&mut Self) -> Parsed<'t>, join: Join<'t>) -> Parsed<'t> {
        let first = operand(self)?;
        if !self.at(sign) {
            return Ok(first);
        }
        let (mut operands, mut offsets) = (vec![first], Vec::new());
        while self.at(sign) {
            offsets.push(self.advance()?.start);
            operands.push(operand(self)?);
        }
        balanced(&mut operands.into_iter(), &offsets, join)
    }

    /// `relation = sum *( ( "==" / "!=" / "<" / "<=" / ">" / ">=" / "in" ) sum )`, `sum = product *( ( "+" / "-" ) product )`,
    /// `product = unary *( ( "*" / "/" / "%" ) unary )`: each from left to right.
    fn binary(&mut self, strength_min: u8) -> Parsed<'t> {
        let mut left = self.unary()?;
        while let Some((operator, strength)) = binary_operator(&self.token.kind)
            && strength >= strength_min
        {
            let sign = self.advance()?;
            let right = self.binary(strength + 1)?;
            left = Term::new(sign.start, Kind::Binary(operator, Box::new(left), Box::new(right)))?;
        }
        Ok(left)
    }

    /// `unary = *"!" member / *"-" member`. Two signs cancel each other out; a single `-` before a number is the number's.
    fn unary(&mut self) -> Parsed<'t> {
        let start = self.token.start;
        let (negations, minuses) = (self.signs("!")?, self.signs("-")?);
        let signed = minuses == 1 && matches!(self.token.kind, TokenKind::Integer(_) | TokenKind::Double(_));
        if minuses > 0 && (self.at("!") || (negations > 0 && !signed)) {
            return Err(mistake::mixed_signs(start));
        }
        let first = if signed { self.number(self.before.start, true)? } else { self.primary()? };
        let operand = self.members(first)?;
        let sign = match (negations % 2, minuses % 2) {
            (1, _) => Kind::Not,
            (_, 1) if !signed => Kind::Negate,
            _ => return Ok(operand),
        };
        Term::new(start, sign(Box::new(operand)))
    }

    fn signs(&mut self, sign: &str) -> Result<usize, ExpressionError> {
        let mut count = 0;
        while self.eat(sign)? {
            count += 1;
        }
        Ok(count)
    }

    /// `member = primary *( "." [ "?" ] name / "." name arguments / "[" [ "?" ] expression "]" )`, from the primary on.
    fn members(&mut self, mut of: Term<'t>) -> Parsed<'t> {
        loop {
            let start = self.token.start;
            if self.eat(".")? {
                of = self.member(of, start)?;
            } else if self.at("[") {
                self.enter()?;
                let optional = self.eat("?")?;
                let key = self.expression()?;
                self.leave(&["]"], start)?;
                of = Term::new(start, Kind::Index { of: Box::new(of), key: Box::new(key), optional })?;
            } else if self.at("{") && matches!(of.kind, Kind::Name(_) | Kind::Member { optional: false, .. }) {
                return Err(mistake::message(start));
            } else {
                return Ok(of);
            }
        }
    }

    fn member(&mut self, of: Term<'t>, dot: usize) -> Parsed<'t> {
        let optional = self.eat("?")?;
        let TokenKind::Name(name) = self.token.kind else {
            return Err(self.expected(&self.place().after("a member's name"), mistake::no_member));
        };
        let start = self.advance()?.start;
        let of = Box::new(of);
        if optional || !self.at("(") {
            return Term::new(dot, Kind::Member { of, name, optional });
        }
        let arguments = self.arguments(start)?;
        Term::new(start, Kind::Call { target: Some(of), name, arguments })
    }

    /// `primary = name [ arguments ] / "(" expression ")" / list / object / literal`
    fn primary(&mut self) -> Parsed<'t> {
        let start = self.token.start;
        if let TokenKind::Name(name) = self.token.kind {
            return self.named(name);
        }
        let value = match &mut self.token.kind {
            TokenKind::Integer(_) | TokenKind::Unsigned(_) | TokenKind::Double(_) => return self.number(start, false),
            TokenKind::Sign("(") => return self.group(),
            TokenKind::Sign("[") => return self.list(),
            TokenKind::Sign("{") => return self.object(),
            TokenKind::Sign(".") => return Err(mistake::leading_dot(start)),
            TokenKind::Text(text) => Value::String(std::mem::take(text).into_owned()),
            TokenKind::Keyword("true") => Value::Bool(true),
            TokenKind::Keyword("false") => Value::Bool(false),
            TokenKind::Keyword("null") => Value::Null,
            _ => return Err(self.expected(&self.place().after("a value"), mistake::no_value)),
        };
        self.advance()?;
        Term::new(start, Kind::Literal(value))
    }

    fn named(&mut self, name: &'t str) -> Parsed<'t> {
        let start = self.advance()?.start;
        if RESERVED.contains(&name) {
            return Err(mistake::reserved(name, start));
        }
        match self.at("(") {
            true => {
                let arguments = self.arguments(start)?;
                Term::new(start, Kind::Call { target: None, name, arguments })
            }
            false => Term::new(start, Kind::Name(name)),
        }
    }

    /// The number that is read next; `start` is where it begins with its sign.
    fn number(&mut self, start: usize, negative: bool) -> Parsed<'t> {
        let token = self.advance()?;
        let value = match token.kind {
            TokenKind::Integer(digits) => literal::integer(digits, negative).map(Value::from),
            TokenKind::Unsigned(digits) => literal::unsigned(digits).map(Value::from),
            TokenKind::Double(digits) => literal::double(digits, negative).map(Value::from),
            _ => None,
        };
        match value {
            Some(value) => Term::new(start, Kind::Literal(value)),
            None => Err(mistake::out_of_range(&self.text[start..token.end], start)),
        }
    }

    fn group(&mut self) -> Parsed<'t> {
        let open = self.enter()?;
        let inside = self.expression()?;
        self.leave(&[")"], open)?;
        Ok(inside)
    }

    /// `arguments = "(" [ expression *( "," expression ) ] ")"`; a complaint shows the call from its name on.
    fn arguments(&mut self, name: usize) -> Result<Vec<Term<'t>>, ExpressionError> {
        self.enter()?;
        let mut arguments = Vec::new();
        if !self.at(")") {
            arguments.push(self.expression()?);
            while self.eat(",")? {
                arguments.push(self.expression()?);
            }
        }
        self.leave(&[",", ")"], name)?;
        Ok(arguments)
    }

    /// `list = "[" [ part *( "," part ) ] [ "," ] "]"`
    fn list(&mut self) -> Parsed<'t> {
        let open = self.enter()?;
        let parts = self.parts("]", Parser::part)?;
        self.leave(&[",", "]"], open)?;
        Term::new(open, Kind::List(parts))
    }

    /// `object = "{" [ part ":" expression *( "," part ":" expression ) ] [ "," ] "}"`
    fn object(&mut self) -> Parsed<'t> {
        let open = self.enter()?;
        let entry = |parser: &mut Self| {
            let key = parser.part()?;
            if !parser.eat(":")? {
                return Err(parser.expected("`:` and the key's value", mistake::in_object));
            }
            Ok((key, parser.expression()?))
        };
        let entries = self.parts("}", entry)?;
        self.leave(&[",", "}"], open)?;
        Term::new(open, Kind::Object(entries))
    }

    /// What stands between the brackets of a list or an object.
    fn parts<P>(
        &mut self,
        close: &str,
        part: fn(&mut Self) -> Result<P, ExpressionError>,
    ) -> Result<Vec<P>, ExpressionError> {
        let mut parts = Vec::new();
        // The grammar has it that a comma may stand alone: `[,]`.
        if self.eat(",")? {
            return Ok(parts);
        }
        while !self.at(close) {
            parts.push(part(self)?);
            if !self.eat(",")? {
                break;
            }
        }
        Ok(parts)
    }

    /// `part = [ "?" ] expression`
    fn part(&mut self) -> Result<Part<'t>, ExpressionError> {
        let optional = self.eat("?")?;
        Ok(Part { term: self.expression()?, optional })
    }

    /// Reads an opening bracket; gives its place.
    fn enter(&mut self) -> Result<usize, ExpressionError> {
        let start = self.token.start;
        self.open += 1;
        if self.open > NESTING_MAX {
            return Err(too_deep(start));
        }
        self.advance()?;
        Ok(start)
    }

    /// Reads the bracket that closes what began at `from`: the last of what may stand here.
    fn leave(&mut self, wanted: &[&str], from: usize) -> Result<(), ExpressionError> {
        self.open -= 1;
        if let Some(close) = wanted.last()
            && self.eat(close)?
        {
            return Ok(());
        }
        let wanted = wanted.iter().map(|sign| format!("`{sign}`")).collect::<Vec<_>>().join(" or ");
        let opened = mistake::excerpt(&self.text[from..self.before.end]);
        Err(self.expected(&format!("{wanted} to close `{opened}`"), mistake::after_operand))
    }

    fn at(&self, sign: &str) -> bool {
        matches!(self.token.kind, TokenKind::Sign(found) if found == sign)
    }

    fn eat(&mut self, sign: &str) -> Result<bool, ExpressionError> {
        let found = self.at(sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Gives the token and goes on to the next one.
    fn advance(&mut self) -> Result<Token<'t>, ExpressionError> {
        let next = self.lexer.next()?;
        let token = std::mem::replace(&mut self.token, next);
        self.before = token.start..token.end;
        Ok(token)
    }

    /// Something else stands where `wanted` should; `hint` knows what was probably meant.
    fn expected(&self, wanted: &str, hint: fn(&Place<'_>) -> Option<String>) -> ExpressionError {
        let place = self.place();
        place.expected(wanted, hint(&place))
    }

    fn place(&self) -> Place<'t> {
        Place { text: self.text, before: self.before.clone(), found: self.token.start..self.token.end }
    }
}

/// The operators from [`binary_operator`] that bind least.
const RELATION: u8 = 1;

/// An operator between two operands, and how strongly it binds.
fn binary_operator(kind: &TokenKind<'_>) -> Option<(Operator, u8)> {
    let (TokenKind::Sign(sign) | TokenKind::Keyword(sign)) = kind else { return None };
    Some(match *sign {
        "==" => (Operator::Equal, RELATION),
        "!=" => (Operator::NotEqual, RELATION),
        "<" => (Operator::Less, RELATION),
        "<=" => (Operator::LessOrEqual, RELATION),
        ">" => (Operator::Greater, RELATION),
        ">=" => (Operator::GreaterOrEqual, RELATION),
        "in" => (Operator::In, RELATION),
        "+" => (Operator::Add, 2),
        "-" => (Operator::Subtract, 2),
        "*" => (Operator::Multiply, 3),
        "/" => (Operator::Divide, 3),
        "%" => (Operator::Remainder, 3),
        _ => return None,
    })
}

/// How two conditions become one.
type Join<'t> = fn(Box<Term<'t>>, Box<Term<'t>>) -> Kind<'t>;

/// The operands joined at the signs into a tree as low as can be: what stands in a chain is evaluated from left to right in any case, and
/// so a hundred conditions are not nested a hundred levels deep.
fn balanced<'t>(operands: &mut impl Iterator<Item = Term<'t>>, signs: &[usize], join: Join<'t>) -> Parsed<'t> {
    let Some(sign) = signs.get(signs.len() / 2) else {
        return Ok(operands.next().expect("a chain has one operand more than it has signs"));
    };
    let left = balanced(operands, &signs[..signs.len() / 2], join)?;
    let right = balanced(operands, &signs[signs.len() / 2 + 1..], join)?;
    Term::new(*sign, join(Box::new(left), Box::new(right)))
}
