//! The author's own values: what a request sent as the scenario spells it may be shown when it comes back.

use std::collections::BTreeSet;

use serde_json::Value;

use super::kind::Kind;
use crate::scenario::template::Template;

/// Shorter numbers and texts meet by chance: they are the author's only under the name under which they were sent.
const TELLING_DIGITS_MIN: usize = 10;
const TELLING_BYTES_MIN: usize = 3;

/// Values that requests sent literally.
#[derive(Debug, Default)]
pub struct Literals {
    texts: BTreeSet<String>,
    named: BTreeSet<(String, String)>,
}

impl Literals {
    pub fn note(&mut self, name: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        match is_telling(text) {
            true => self.texts.insert(text.to_owned()),
            false => self.named.insert((name.to_owned(), text.to_owned())),
        };
    }

    /// Did the author send this?
    pub fn holds(&self, name: &str, text: &str) -> bool {
        match is_telling(text) {
            true => self.texts.contains(text),
            false => self.named.contains(&(name.to_owned(), text.to_owned())),
        }
    }
}

fn is_telling(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.len() >= if digits { TELLING_DIGITS_MIN } else { TELLING_BYTES_MIN }
}

/// A scalar as text: how it would stand in a path.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A word that a scenario spells out where a credential belongs, such as `Bearer invalid`: it is nobody's secret, and hiding it would tear
/// holes into every sentence.
pub fn is_word(text: &str) -> bool {
    const WORD_BYTES_MAX: usize = 16;
    text.len() < WORD_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_ .".contains(&byte))
}

/// Who wrote a value of a request.
#[derive(Debug, Clone, Copy)]
pub enum Author<'t> {
    /// The scenario spells it out.
    Scenario,
    /// It was put together by this.
    Template(&'t Template),
    /// A step took it from a reply, where it was a value of this type, which is not told apart from others.
    Taken(&'t Kind),
    /// It came from somewhere else.
    Elsewhere,
}

impl<'t> Author<'t> {
    pub fn of(template: &'t Template) -> Author<'t> {
        match template {
            Template::Literal(_) => Author::Scenario,
            other => Author::Template(other),
        }
    }

    pub fn property(self, name: &str) -> Author<'t> {
        match self {
            Author::Scenario => Author::Scenario,
            Author::Template(Template::Object(fields)) => {
                let found = fields.iter().find(|(field, _)| field == name);
                found.map_or(Author::Elsewhere, |(_, template)| Author::of(template))
            }
            _ => Author::Elsewhere,
        }
    }

    pub fn item(self, index: usize) -> Author<'t> {
        match self {
            Author::Scenario => Author::Scenario,
            Author::Template(Template::Array(items)) => items.get(index).map_or(Author::Elsewhere, Author::of),
            _ => Author::Elsewhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_short_number_is_the_authors_only_under_its_name() {
        let mut literals = Literals::default();
        literals.note("page", "1");
        literals.note("scheduledFor", "1703209856000");
        literals.note("name", "Summer");
        assert!(literals.holds("page", "1"));
        assert!(!literals.holds("id", "1"));
        assert!(literals.holds("at", "1703209856000"));
        assert!(literals.holds("title", "Summer"));
        assert!(!literals.holds("title", ""));
    }

    #[test]
    fn what_is_put_together_is_told_from_what_is_written() {
        let template = Template::Object(vec![
            ("written".to_owned(), Template::Literal(json!({ "a": [1] }))),
            ("list".to_owned(), Template::Array(vec![Template::Literal(json!(1))])),
        ]);
        let author = Author::of(&template);
        assert!(matches!(author.property("written").property("a").item(0), Author::Scenario));
        assert!(matches!(author.property("list"), Author::Template(_)));
        assert!(matches!(author.property("list").item(0), Author::Scenario));
        assert!(matches!(author.property("list").item(9), Author::Elsewhere));
        assert!(matches!(author.property("other"), Author::Elsewhere));
    }
}
