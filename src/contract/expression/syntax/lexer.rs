//! Cuts an expression's text into tokens, one at a time, so that the first mistake in the text is the one that is told.

use std::borrow::Cow;

use super::{literal, mistake};
use crate::contract::expression::ExpressionError;
use crate::contract::expression::path::KEYWORDS;

/// A piece of the text, with the bytes it takes.
#[derive(Debug)]
pub struct Token<'t> {
    pub kind: TokenKind<'t>,
    pub start: usize,
    pub end: usize,
}

#[derive(Debug)]
pub enum TokenKind<'t> {
    /// A name, or a word that only members may be called.
    Name(&'t str),
    /// One of [`KEYWORDS`].
    Keyword(&'static str),
    /// Digits without their sign, which is a token of its own: `12`, `0x1F`.
    Integer(&'t str),
    /// Digits without the `u` behind them.
    Unsigned(&'t str),
    Double(&'t str),
    /// The inside of a quoted text, with its escapes read.
    Text(Cow<'t, str>),
    /// One of [`SIGNS`].
    Sign(&'static str),
    /// It stands behind the last token, wherever the text ends.
    End,
}

/// Operators and brackets. The longer ones come first, so that `<=` is not read as `<`.
const SIGNS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", ".", ",", "(", ")", "[", "]",
    "{", "}",
];

pub struct Lexer<'t> {
    text: &'t str,
    /// Where the last token ended.
    at: usize,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str) -> Lexer<'t> {
        Lexer { text, at: 0 }
    }

    pub fn next(&mut self) -> Result<Token<'t>, ExpressionError> {
        let start = self.text.len() - self.without_space().len();
        let (kind, end) = match self.text[start..].bytes().next() {
            None => return Ok(Token { kind: TokenKind::End, start: self.at, end: self.at }),
            Some(b'0'..=b'9') => self.number(start)?,
            Some(b'.') if self.text[start + 1..].starts_with(|next: char| next.is_ascii_digit()) => {
                self.number(start)?
            }
            Some(b'\'' | b'"') => self.quoted(start, false)?,
            Some(first) if first == b'_' || first.is_ascii_alphabetic() => self.word(start)?,
            Some(_) => self.sign(start)?,
        };
        self.at = end;
        Ok(Token { kind, start, end })
    }

    /// The text from the next token on, without white space and comments.
    fn without_space(&self) -> &'t str {
        let mut rest = &self.text[self.at..];
        loop {
            rest = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
            match rest.strip_prefix("//") {
                Some(comment) => rest = comment.find('\n').map_or("", |end| &comment[end..]),
                None => return rest,
            }
        }
    }

    fn number(&self, start: usize) -> Read<'t> {
        let (kind, end) = literal::number(self.text, start);
        // Only `in` may follow at once: `1in list`.
        let glued = word(&self.text[end..]);
        match glued {
            "" | "in" => Ok((kind, end)),
            _ => Err(mistake::no_number(&self.text[start..end + glued.len()], start)),
        }
    }

    fn quoted(&self, open: usize, raw: bool) -> Read<'t> {
        let (inside, end) = literal::quoted(self.text, open, raw)?;
        Ok((TokenKind::Text(inside), end))
    }

    /// A name, a keyword, or the letters before a quoted text: `r'…'`, `b'…'`.
    fn word(&self, start: usize) -> Read<'t> {
        let word = word(&self.text[start..]);
        let end = start + word.len();
        if self.text[end..].starts_with(['\'', '"']) {
            match word {
                "r" | "R" => return self.quoted(end, true),
                "b" | "B" | "br" | "bR" | "Br" | "BR" => return Err(mistake::byte_text(start)),
                _ => {}
            }
        }
        let keyword = KEYWORDS.into_iter().find(|keyword| *keyword == word);
        Ok((keyword.map_or(TokenKind::Name(word), TokenKind::Keyword), end))
    }

    fn sign(&self, start: usize) -> Read<'t> {
        let rest = &self.text[start..];
        let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
        match (sign, mistake::foreign_operator(rest)) {
            // `===` is no `==`, but `==` is no `=`, either.
            (sign, Some(foreign)) if foreign.0.len() > sign.map_or(0, str::len) => {
                Err(mistake::no_operator(foreign, start))
            }
            (Some(sign), _) => Ok((TokenKind::Sign(sign), start + sign.len())),
            (None, _) => Err(mistake::no_token(rest, start)),
        }
    }
}

/// A token's kind and where it ends.
type Read<'t> = Result<(TokenKind<'t>, usize), ExpressionError>;

/// The letters, digits and `_` that a text begins with.
fn word(text: &str) -> &str {
    let end = text.bytes().position(|byte| byte != b'_' && !byte.is_ascii_alphanumeric());
    &text[..end.unwrap_or(text.len())]
}
