//! `regex` criteria: a pattern held against a context.
//!
//! The specification names no dialect. Ours is that of the `regex` crate: RE2's, without look-around and back-references, in
//! which every search takes time linear in the text. A pattern matches anywhere unless it is anchored.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};

use super::operand::Operand;
use super::{NESTING_MAX, Outcome, show};
use crate::scenario::expression::{Context, Expression, SyntaxError};
use crate::scenario::template::{Piece, parse_text, render_text, scalar_text, text};

/// Largest compiled pattern, in bytes.
pub const PATTERN_BYTES_MAX: usize = 1 << 20;

#[derive(Debug, Clone)]
pub(super) struct Matching {
    context: Operand,
    pattern: Vec<Piece>,
    /// Compiled already when the pattern has no expressions.
    compiled: Option<Regex>,
}

impl Matching {
    pub fn parse(context: Operand, condition: &str) -> Result<Matching, SyntaxError> {
        let pattern = parse_text(condition)?;
        let compiled = text::constant(&pattern).map(compile).transpose()?;
        Ok(Matching { context, pattern, compiled })
    }

    pub fn evaluate(&self, context: &Context<'_>) -> Outcome {
        let value = match self.context.evaluate(context) {
            Some(value) if !value.is_null() => value,
            Some(_) => return Outcome::fail(format!("{} is null", self.context)),
            None => return Outcome::fail(format!("{} is absent: {}", self.context, self.context.explain(context))),
        };
        let regex = match self.regex(context) {
            Ok(regex) => regex,
            Err(why) => return Outcome::error(why),
        };
        if regex.is_match(&scalar_text(&value)) {
            return Outcome::pass();
        }
        let pattern = show::shortened(regex.as_str());
        Outcome::fail(format!("{} is {}, which `{pattern}` does not match", self.context, show::value(&value)))
    }

    fn regex(&self, context: &Context<'_>) -> Result<Cow<'_, Regex>, String> {
        if let Some(compiled) = &self.compiled {
            return Ok(Cow::Borrowed(compiled));
        }
        let pattern = render_text(&self.pattern, context).map_err(|undefined| undefined.to_string())?;
        let compiled = compile(&pattern)
            .map_err(|error| format!("`{}` is no regular expression: {}", show::shortened(&pattern), error.message))?;
        Ok(Cow::Owned(compiled))
    }

    pub fn expressions(&self) -> Vec<&Expression> {
        std::iter::once(&self.context.expression).chain(text::expressions(&self.pattern)).collect()
    }
}

fn compile(pattern: &str) -> Result<Regex, SyntaxError> {
    let nesting = u32::try_from(NESTING_MAX).unwrap_or(u32::MAX);
    let built = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).nest_limit(nesting).build();
    built.map_err(|error| match regex_syntax::ParserBuilder::new().nest_limit(nesting).build().parse(pattern) {
        // Only the parser knows the place; its words are those of the error that was met.
        Err(regex_syntax::Error::Parse(broken)) => {
            SyntaxError::new(broken.span().start.offset, broken.kind().to_string())
        }
        Err(regex_syntax::Error::Translate(broken)) => {
            SyntaxError::new(broken.span().start.offset, broken.kind().to_string())
        }
        _ => match error {
            regex::Error::CompiledTooBig(limit) => {
                SyntaxError::new(0, format!("the pattern is larger than {limit} bytes when compiled"))
            }
            other => SyntaxError::new(0, other.to_string()),
        },
    })
}
