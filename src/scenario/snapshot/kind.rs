//! The types of volatile values: a word for authors, a reference in the text, and a check.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::contract::plan::TimeForm;
use crate::instant;
use crate::words::did_you_mean;

/// The type of a volatile value: what it must still be although its value is hidden.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An identifier of a kind of thing: `<post:1>`; the word is the thing's.
    Id(String),
    Uuid,
    /// An instant, as RFC 3339 text or a Unix time in seconds or milliseconds, as the schema says.
    Instant,
    Date,
    Secret,
    Cursor,
    Signature,
    Uri,
    /// An identifier that is new for each call: `req_…`, a trace. Never numbered, since the calls between two steps are nobody's promise.
    RequestId,
    Integer,
    Number,
    Text,
    Boolean,
    Any,
}

/// The words of `as:`, beside `id:NAME`.
const WORDS: [(&str, Kind); 13] = [
    ("any", Kind::Any),
    ("boolean", Kind::Boolean),
    ("cursor", Kind::Cursor),
    ("date", Kind::Date),
    ("instant", Kind::Instant),
    ("integer", Kind::Integer),
    ("number", Kind::Number),
    ("request-id", Kind::RequestId),
    ("secret", Kind::Secret),
    ("signature", Kind::Signature),
    ("text", Kind::Text),
    ("uri", Kind::Uri),
    ("uuid", Kind::Uuid),
];
/// A day, in seconds: less is a count of something rather than an instant.
const SECONDS_MIN: i64 = 86_400;
/// The year 10000, in seconds since 1970.
const SECONDS_END: i64 = 253_402_300_800;
/// The years 2000 to 2100 in seconds: where milliseconds are promised (then they are a few weeks of 1970), a slip.
const SECONDS_OF_TODAY: std::ops::Range<i64> = 946_684_800..4_102_444_800;

impl Kind {
    /// The kind that an author names in `as:`; the error lists the known words.
    pub fn parse(word: &str) -> Result<Kind, String> {
        if word == "id" {
            return Ok(Kind::Id("id".to_owned()));
        }
        if let Some(name) = word.strip_prefix("id:") {
            return match is_name(name) {
                true => Ok(Kind::Id(name.to_owned())),
                false => Err(format!(
                    "`{name}` cannot name identifiers: write letters, digits, `-` and `_`, such as `id:post`"
                )),
            };
        }
        let known = WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| kind.clone());
        known.ok_or_else(|| {
            let words = || WORDS.iter().map(|(known, _)| *known).chain(["id", "id:NAME"]);
            let meant =
                did_you_mean(word, words()).map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default();
            let list: Vec<&str> = words().collect();
            format!("`{word}` is no type of value; {meant}known: {}", list.join(", "))
        })
    }

    /// The word in references: `post` in `<post:1>`.
    pub fn word(&self) -> &str {
        match self {
            Kind::Id(name) => name,
            other => WORDS.iter().find(|(_, kind)| kind == other).map_or("any", |(word, _)| word),
        }
    }

    /// Are its values told apart by numbers? Whether two instants are equal is an accident of the clock.
    pub fn is_numbered(&self) -> bool {
        matches!(self, Kind::Id(_) | Kind::Uuid | Kind::Secret | Kind::Cursor | Kind::Uri)
    }

    /// Is a value met later to be shown as the same reference?
    pub fn is_remembered(&self) -> bool {
        self.is_numbered() || matches!(self, Kind::Instant | Kind::Date | Kind::Signature | Kind::RequestId)
    }

    /// Is this a value of the type? `form` is how the document says that instants are written here.
    pub fn fits(&self, value: &Value, form: Option<TimeForm>) -> bool {
        let text = value.as_str();
        let filled = text.is_some_and(|text| !text.is_empty());
        let integer = value.is_i64() || value.is_u64();
        match self {
            Kind::Id(_) | Kind::Cursor | Kind::RequestId => filled || integer,
            Kind::Secret => filled || value.is_number(),
            Kind::Signature => filled,
            Kind::Uuid => text.is_some_and(is_uuid),
            Kind::Instant => is_instant(value, form),
            Kind::Date => text.is_some_and(instant::is_date),
            Kind::Uri => text.is_some_and(is_uri),
            Kind::Integer => integer,
            Kind::Number => value.is_number(),
            Kind::Text => value.is_string(),
            Kind::Boolean => value.is_boolean(),
            Kind::Any => true,
        }
    }

    /// What a value of the type looks like, for messages: `a filled text or an integer`.
    pub fn described(&self) -> &'static str {
        match self {
            Kind::Id(_) => "an identifier (a filled text or an integer)",
            Kind::Cursor => "a cursor (a filled text or an integer)",
            Kind::RequestId => "a request id (a filled text or an integer)",
            Kind::Secret => "a secret (a filled text)",
            Kind::Signature => "a signature (a filled text)",
            Kind::Uuid => "a UUID (RFC 9562)",
            Kind::Instant => "an instant (RFC 3339, or a Unix time of the years 1970 to 9999)",
            Kind::Date => "a date (RFC 3339)",
            Kind::Uri => "a URI (RFC 3986)",
            Kind::Integer => "an integer",
            Kind::Number => "a number",
            Kind::Text => "a text",
            Kind::Boolean => "true or false",
            Kind::Any => "anything",
        }
    }
}

/// Names that references can carry: they must not break the reference's own form.
pub fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character))
}

fn is_instant(value: &Value, form: Option<TimeForm>) -> bool {
    let milliseconds = |number: i64| (SECONDS_MIN * 1000..SECONDS_END * 1000).contains(&number);
    match (value, form) {
        (Value::String(text), None | Some(TimeForm::Text)) => instant::is_date_time(text),
        (Value::Number(number), form) => number.as_i64().is_some_and(|number| match form {
            Some(TimeForm::Milliseconds) => milliseconds(number) && !SECONDS_OF_TODAY.contains(&number),
            Some(TimeForm::Seconds) => (SECONDS_MIN..SECONDS_END).contains(&number),
            Some(TimeForm::Text) => false,
            // Below the year 10000 of seconds lie the years before 1978 of milliseconds: either is an instant.
            None => milliseconds(number),
        }),
        _ => false,
    }
}

pub fn is_uuid(text: &str) -> bool {
    let dashed = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(dashed)
}

/// A URI with a scheme, or a reference that starts at the root.
fn is_uri(text: &str) -> bool {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^(?:[A-Za-z][A-Za-z0-9+.-]*:|/)[^\s<>"{}|\\^`]*$"#).expect("the pattern is a constant")
    });
    SHAPE.is_match(text) && !text.ends_with(':')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_word_names_the_kind_that_shows_it() {
        for (word, kind) in &WORDS {
            assert_eq!(Kind::parse(word).as_ref(), Ok(kind));
            assert_eq!(kind.word(), *word);
        }
        assert_eq!(Kind::parse("id"), Ok(Kind::Id("id".to_owned())));
        assert_eq!(Kind::parse("id:post"), Ok(Kind::Id("post".to_owned())));
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        assert_eq!(
            Kind::parse("instnat").unwrap_err(),
            "`instnat` is no type of value; did you mean `instant`? known: any, boolean, cursor, date, instant, integer, \
             number, request-id, secret, signature, text, uri, uuid, id, id:NAME"
        );
        assert!(Kind::parse("id:a>b").unwrap_err().starts_with("`a>b` cannot name identifiers"));
        assert!(Kind::parse("id:").is_err());
        assert!(Kind::parse("").is_err());
    }

    #[track_caller]
    fn check(kind: Kind, good: &[Value], bad: &[Value]) {
        for value in good {
            assert!(kind.fits(value, None), "{value} is {}", kind.described());
        }
        for value in bad {
            assert!(!kind.fits(value, None), "{value} is not {}", kind.described());
        }
    }

    #[test]
    fn a_value_that_is_not_what_its_reference_says_is_told_apart() {
        check(
            Kind::Id("post".to_owned()),
            &[json!("post_1"), json!(7)],
            &[json!(""), json!(1.5), json!({}), json!(true)],
        );
        let uuid = json!("0b0e1a52-9d6f-4c6e-8f3a-2f5a7b1c9d3e");
        check(Kind::Uuid, &[uuid], &[json!("0b0e1a52"), json!(4), json!("0b0e1a52-9d6f-4c6e-8f3a-2f5a7b1c9dxe")]);
        check(Kind::Date, &[json!("2026-01-31")], &[json!("2026-02-31"), json!("31.1.2026")]);
        check(Kind::Uri, &[json!("https://a.example/b?c"), json!("/v1/x")], &[json!("a b"), json!("x:"), json!("")]);
        check(Kind::Secret, &[json!("s")], &[json!(""), json!(false)]);
        check(Kind::Integer, &[json!(-3)], &[json!(0.5), json!("3")]);
        check(Kind::Any, &[json!(null), json!([])], &[]);
    }

    #[test]
    fn instants_are_text_or_numbers_of_the_years_1970_to_9999() {
        let good = [
            json!("2026-11-21T22:36:25Z"),
            json!(86_400_000),
            json!(1_767_225_600),
            json!(1_767_225_600_000_i64),
            json!(253_402_300_799_999_i64),
        ];
        let bad = [json!("yesterday"), json!(0), json!(12), json!(1.5), json!(-1), json!(253_402_300_800_000_i64)];
        check(Kind::Instant, &good, &bad);
    }

    #[test]
    fn seconds_and_milliseconds_are_kept_apart_by_their_size() {
        let fits = |number: i64, form: TimeForm| Kind::Instant.fits(&json!(number), Some(form));
        for number in [86_400, 1_767_225_600, 4_070_908_800, 253_402_300_799] {
            assert!(fits(number, TimeForm::Seconds), "{number}");
            assert!(!fits(number, TimeForm::Text), "{number}");
        }
        for number in [86_400_000, 253_402_300_800, 1_767_225_600_000, 253_402_300_799_999] {
            assert!(fits(number, TimeForm::Milliseconds), "{number}");
        }
        assert!(!fits(1_767_225_600_000, TimeForm::Seconds), "the document says seconds");
        assert!(!fits(1_767_225_600, TimeForm::Milliseconds), "the document says milliseconds");
        assert!(!fits(3_600, TimeForm::Seconds) && !fits(3_600_000, TimeForm::Milliseconds), "an hour is no instant");
    }
}
