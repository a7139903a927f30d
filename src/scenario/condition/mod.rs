//! Criteria: `simple`, `regex` and `jsonpath` conditions (Arazzo 1.1, "Criterion Object").
//!
//! The grammar of `simple` conditions, which the specification leaves open, is written down in `spec/scenarios.md`.
//!
//! - [`read`]: a Criterion Object becomes a [`Criterion`];
//! - [`operand`]: an expression with `.name` and `[0]` behind it;
//! - [`simple`], [`matching`] and [`querying`]: the three kinds;
//! - [`show`]: values in messages.

mod matching;
mod operand;
mod querying;
mod read;
mod show;
mod simple;

use serde_json::Value;

use super::expression::{Context, Expression, SyntaxError};
use super::finding::Site;

/// Longest condition, in bytes.
pub const CONDITION_BYTES_MAX: usize = 8_192;
/// Deepest nesting of parentheses and negations.
pub const NESTING_MAX: usize = 64;

/// A criterion, parsed.
#[derive(Debug, Clone)]
pub struct Criterion {
    pub site: Site,
    /// As written, for messages.
    pub text: String,
    pub test: Test,
}

/// What is tested; nothing outside of this module looks inside.
#[derive(Debug, Clone)]
pub struct Test(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Simple(simple::Simple),
    Regex(matching::Matching),
    JsonPath(querying::Querying),
}

/// What came of a criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub passed: bool,
    /// Why not, with the values met: `$statusCode is 404, not 200`. Empty when it passed.
    pub detail: String,
    /// Could it not be evaluated at all? It fails then, and the detail says why.
    pub error: bool,
}

impl Criterion {
    /// Parses a Criterion Object. Errors carry the JSON Pointer below the object (`/condition`, `/type`).
    /// `x-standin-strict: true` makes string comparison case-sensitive. XPath is refused with the reason.
    pub fn parse(value: &Value, site: Site) -> Result<Criterion, Vec<(String, SyntaxError)>> {
        read::criterion(value, site)
    }

    /// Parses the text of a `simple` condition that stands alone, such as a short `x-standin-if`.
    pub fn parse_simple(text: &str, site: Site) -> Result<Criterion, SyntaxError> {
        let test = Test(Kind::Simple(simple::Simple::parse(text, false)?));
        Ok(Criterion { site, text: text.to_owned(), test })
    }

    pub fn evaluate(&self, context: &Context<'_>) -> Outcome {
        match &self.test.0 {
            Kind::Simple(simple) => simple.evaluate(context),
            Kind::Regex(matching) => matching.evaluate(context),
            Kind::JsonPath(querying) => querying.evaluate(context),
        }
    }

    /// Every expression in it, for checks when it is read.
    pub fn expressions(&self) -> Vec<&Expression> {
        match &self.test.0 {
            Kind::Simple(simple) => simple.expressions(),
            Kind::Regex(matching) => matching.expressions(),
            Kind::JsonPath(querying) => querying.expressions(),
        }
    }
}

impl Outcome {
    fn pass() -> Outcome {
        Outcome { passed: true, detail: String::new(), error: false }
    }

    fn fail(detail: impl Into<String>) -> Outcome {
        Outcome { passed: false, detail: detail.into(), error: false }
    }

    /// It could not be evaluated.
    fn error(detail: impl Into<String>) -> Outcome {
        Outcome { passed: false, detail: detail.into(), error: true }
    }
}

#[cfg(test)]
mod tests;
