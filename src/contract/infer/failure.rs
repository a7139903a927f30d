//! The errors that the pipeline raises by itself: their status, code and words, as the document declares them.

use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::Value;

use super::error::{ErrorShape, Word};
use super::example::{at_path, reply_examples};
use super::names::{capital, flat, words};
use super::notes::Notes;
use super::site::{Site, Survey, preferred};
use super::view::{Property, View};
use crate::contract::vocabulary::ErrorRule;
use crate::json;

/// One error of the pipeline, before the document is asked.
struct Standard {
    name: &'static str,
    /// Statuses that fit, the best first.
    statuses: &'static [u16],
    code: &'static str,
    message: &'static str,
    /// Parts of codes that tell this error from others of its status.
    marks: &'static [&'static str],
}

const STANDARD: [Standard; 14] = [
    standard("unknown_route", &[404], "not_found", "Not found", &["route", "endpoint", "notfound"]),
    standard("unknown_method", &[405, 404, 400], "method_not_allowed", "Method not allowed", &["method"]),
    standard(
        "unreadable",
        &[400, 422],
        "bad_request",
        "The request cannot be read",
        &["malformed", "parse", "json", "badrequest"],
    ),
    standard("too_large", &[413, 400, 422], "payload_too_large", "The request is too large", &["toolarge", "size"]),
    standard(
        "unsupported_media_type",
        &[415, 400, 422],
        "unsupported_media_type",
        "Unsupported media type",
        &["mediatype", "contenttype"],
    ),
    standard("not_acceptable", &[406, 400], "not_acceptable", "Not acceptable", &["acceptable"]),
    standard(
        "invalid",
        &[400, 422],
        "validation_error",
        "The request is invalid",
        &["validation", "invalid", "unprocessable"],
    ),
    standard(
        "unauthenticated",
        &[401, 403, 400],
        "unauthorized",
        "Authentication is required",
        &["unauth", "authent", "apikey", "token"],
    ),
    standard(
        "insufficient_scope",
        &[403, 401],
        "forbidden",
        "Permission is missing",
        &["scope", "permission", "forbidden", "insufficient"],
    ),
    standard("rate_limited", &[429], "rate_limit_exceeded", "Too many requests", &["rate", "toomany"]),
    standard("not_found", &[404], "not_found", "Not found", &["notfound"]),
    standard(
        "referenced",
        &[409, 400, 422],
        "conflict",
        "It is still in use",
        &["inuse", "referenc", "depend", "conflict"],
    ),
    standard(
        "idempotency_mismatch",
        &[409, 422, 400],
        "idempotency_key_mismatch",
        "The idempotency key was used with another request",
        &["idempot"],
    ),
    standard("internal", &[500], "internal_error", "Internal server error", &["internal", "server"]),
];

const fn standard(
    name: &'static str,
    statuses: &'static [u16],
    code: &'static str,
    message: &'static str,
    marks: &'static [&'static str],
) -> Standard {
    Standard { name, statuses, code, message, marks }
}

/// What a document's error says.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
struct Said {
    code: Option<String>,
    kind: Option<String>,
    message: Option<String>,
    /// The code, or else the kind, as [`flat`] has it: what marks are looked for in.
    flat: String,
}

impl Said {
    fn new(code: Option<String>, kind: Option<String>, message: Option<String>) -> Said {
        let flat = code.as_deref().or(kind.as_deref()).map(flat).unwrap_or_default();
        Said { code, kind, message, flat }
    }
}

struct Declared {
    status: u16,
    /// Does the operation declare an idempotency header? Is it a deletion?
    replays: bool,
    removes: bool,
    said: Rc<Said>,
    /// Stands the same under another status, too: one example for many errors speaks for none of them.
    shared: bool,
}

pub fn rules(survey: &Survey<'_>, shape: &ErrorShape, notes: &mut Notes) -> IndexMap<String, ErrorRule> {
    let declared = declared(survey, shape);
    let closed = closed(survey);
    let style = Style::of(&declared);
    let has = |word: Word| shape.words.iter().any(|(known, _)| *known == word);
    let mut rules = IndexMap::new();
    for standard in &STANDARD {
        let (status, mut reason) = status(standard, survey, &declared, closed);
        let found = said(standard, status, &declared);
        if found.is_some() {
            reason.push_str(", in the document's words");
        }
        let found = found.unwrap_or_default();
        let code = found.code.unwrap_or_else(|| style.spell(standard.code, status));
        let kind = found.kind.or_else(|| style.kinds.get(&status).cloned());
        let rule = ErrorRule {
            status,
            code: has(Word::Code).then_some(code),
            kind: if has(Word::Kind) { Some(kind.unwrap_or_else(|| style.kind(standard))) } else { None },
            message: Some(found.message.unwrap_or_else(|| standard.message.to_owned())),
            ..ErrorRule::default()
        };
        notes.add(&["errors", standard.name], reason);
        rules.insert(standard.name.to_owned(), rule);
    }
    rules
}

/// Every status declared, with what its examples and constants say.
fn declared(survey: &Survey<'_>, shape: &ErrorShape) -> Vec<Declared> {
    let mut found = Vec::new();
    // All that is said, the first status it stands under, and whether it stands under others, too.
    let mut said: IndexMap<Rc<Said>, (u16, bool)> = IndexMap::new();
    let mut places = |site: &Site<'_>, status: &str, number: u16| -> Vec<usize> {
        let sayings = sayings(survey, site, status, number, shape).into_iter();
        let places = sayings.map(|saying| {
            let entry = said.entry(saying);
            let place = entry.index();
            let (first, several) = entry.or_insert((number, false));
            *several |= *first != number;
            place
        });
        places.collect()
    };
    // What a response that many operations refer to says is worked out once.
    let mut known: IndexMap<(&str, u16), Vec<usize>> = IndexMap::new();
    for site in &survey.sites {
        let replays = super::idempotency::header(site).is_some();
        let removes = site.method() == http::Method::DELETE;
        let responses = survey.written(site.operation, &["responses"]);
        for status in site.operation.responses.keys() {
            let Some(number) = status.parse::<u16>().ok().filter(|status| *status >= 400) else { continue };
            let reference = responses.and_then(|responses| json::get(json::get(responses, status)?, "$ref")?.as_str());
            let places = match reference {
                Some(reference) => {
                    known.entry((reference, number)).or_insert_with(|| places(site, status, number)).clone()
                }
                None => places(site, status, number),
            };
            found.extend(places.into_iter().map(|place| (number, replays, removes, place)));
        }
    }
    let declared = found.into_iter().filter_map(|(status, replays, removes, place)| {
        let (said, (_, shared)) = said.get_index(place)?;
        Some(Declared { status, replays, removes, said: said.clone(), shared: *shared })
    });
    declared.collect()
}

/// What the examples of a response say, or else its schema.
fn sayings(survey: &Survey<'_>, site: &Site<'_>, status: &str, number: u16, shape: &ErrorShape) -> Vec<Rc<Said>> {
    let examples = reply_examples(survey, site.operation, status);
    if examples.is_empty() {
        return vec![Rc::new(from_schema(survey, site, status, shape))];
    }
    examples.iter().map(|example| Rc::new(from_example(example, number, shape))).collect()
}

fn from_example(example: &Value, status: u16, shape: &ErrorShape) -> Said {
    let inner = json::get(example, "error").unwrap_or(example);
    let told = ["status", "statusCode", "status_code"].iter().find_map(|key| json::get(inner, key)?.as_u64());
    if told.is_some_and(|told| told != u64::from(status)) {
        return Said::default();
    }
    let find = |word: Word| {
        let mut paths = shape.words.iter().filter(|(known, _)| *known == word);
        let text = paths.find_map(|(_, path)| at_path(example, path)?.as_str());
        text.filter(|text| !text.contains("{{")).map(str::to_owned)
    };
    // A message that also stands among the details is about one field.
    let general =
        |message: &String| json::text(example).matches(&json::text(&Value::from(message.as_str()))).count() < 2;
    Said::new(find(Word::Code), find(Word::Kind), find(Word::Message).filter(general))
}

fn from_schema(survey: &Survey<'_>, site: &Site<'_>, status: &str, shape: &ErrorShape) -> Said {
    let media = site.operation.responses.get(status).and_then(|response| preferred(&response.media));
    let Some(media) = media else { return Said::default() };
    let find = |word: Word| {
        let mut paths = shape.words.iter().filter(|(known, _)| *known == word);
        paths.find_map(|(_, path)| {
            let mut property = Property::of(survey.document, &media.raw);
            for name in path {
                property = *View::of(survey.document, property.raw).properties.get(name.as_str())?;
            }
            let only = property.say("const").or_else(|| property.say("default")).or_else(|| property.example());
            let single = || property.choices().next().filter(|_| property.choices().count() == 1);
            only.or_else(single)?.as_str().filter(|text| !text.contains("{{")).map(str::to_owned)
        })
    };
    Said::new(find(Word::Code), find(Word::Kind), find(Word::Message))
}

/// Does the document list every status that callers may meet? Each operation declares errors, none by range or default, and nowhere are
/// those that only a pipeline raises.
fn closed(survey: &Survey<'_>) -> bool {
    let pipeline = ["405", "406", "413", "415"];
    let lists = |site: &Site<'_>| {
        let keys = || site.operation.responses.keys();
        keys().filter(|status| status.starts_with('4')).count() >= 2
            && !keys().any(|status| status == "default" || status.contains('X') || pipeline.contains(&status.as_str()))
    };
    !survey.sites.is_empty() && survey.sites.iter().all(lists)
}

fn status(standard: &Standard, survey: &Survey<'_>, declared: &[Declared], closed: bool) -> (u16, String) {
    let best = standard.statuses[0];
    let count = |status: u16, fits: &dyn Fn(&Declared) -> bool| {
        declared.iter().filter(|declared| declared.status == status && fits(declared)).count()
    };
    match standard.name {
        "invalid" => {
            let bodies = survey.sites.iter().filter(|site| site.operation.body.is_some());
            let (mut bad, mut unprocessable) = (0, 0);
            for site in bodies {
                // An operation that declares both keeps 400 for what cannot be read.
                unprocessable += usize::from(site.declares("422"));
                bad += usize::from(site.declares("400") && !site.declares("422"));
            }
            if unprocessable > bad {
                return (422, format!("422 is declared where there is a body ({unprocessable} times)"));
            }
            return (
                400,
                if bad > 0 {
                    format!("400 is declared where there is a body ({bad} times)")
                } else {
                    "400 is usual".to_owned()
                },
            );
        }
        "idempotency_mismatch" => {
            let fits = |declared: &Declared| declared.replays;
            if let Some(status) = standard.statuses.iter().find(|status| count(**status, &fits) > 0) {
                return (*status, format!("operations that take an idempotency key declare {status}"));
            }
        }
        "referenced" => {
            let fits = |declared: &Declared| declared.removes;
            if let Some(status) = standard.statuses.iter().find(|status| count(**status, &fits) > 0) {
                return (*status, format!("deletions declare {status}"));
            }
        }
        _ => {}
    }
    if !closed {
        let known = count(best, &|_| true) > 0;
        return (best, if known { format!("{best} is declared") } else { format!("{best} is usual") });
    }
    match standard.statuses.iter().find(|status| count(**status, &|_| true) > 0) {
        Some(status) if *status == best => (best, format!("{best} is declared")),
        Some(status) => (*status, format!("the document's statuses are a closed set without {best}")),
        None => (best, format!("{best} is usual")),
    }
}

/// What the document says of this error: the words that its marks fit, or else those of its status when that is its own.
fn said(standard: &Standard, status: u16, declared: &[Declared]) -> Option<Said> {
    let of_status: Vec<&Declared> = declared.iter().filter(|declared| declared.status == status).collect();
    let marked = |declared: &&&Declared| standard.marks.iter().any(|mark| declared.said.flat.contains(mark));
    let fits: Vec<&Declared> = of_status.iter().filter(marked).copied().collect();
    let own = status == standard.statuses[0]
        && !matches!(standard.name, "unreadable" | "idempotency_mismatch" | "referenced");
    let chosen = if !fits.is_empty() {
        fits
    } else if own || standard.name == "invalid" {
        of_status.into_iter().filter(|declared| !declared.shared).collect()
    } else {
        return None;
    };
    let code = common(chosen.iter().filter_map(|declared| declared.said.code.as_ref()));
    let with_code = || chosen.iter().filter(|declared| declared.said.code.as_ref() == code.as_ref());
    let kind = common(with_code().filter_map(|declared| declared.said.kind.as_ref()));
    let messages: Vec<&String> = with_code().filter_map(|declared| declared.said.message.as_ref()).collect();
    let message = agreed(&messages, standard);
    (code.is_some() || kind.is_some() || message.is_some()).then(|| Said::new(code, kind, message))
}

/// The text that occurs most, the first of equals.
fn common<'t>(texts: impl Iterator<Item = &'t String>) -> Option<String> {
    let mut counts: IndexMap<&String, usize> = IndexMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(text, _)| text.clone())
}

/// A message that most examples share. `Post not found` and `Channel not found` are of one record each, so none of them speaks for all.
fn agreed(messages: &[&String], standard: &Standard) -> Option<String> {
    let message = common(messages.iter().copied())?;
    let count = messages.iter().filter(|other| ***other == message).count();
    if ["not_found", "unknown_route"].contains(&standard.name) && count < messages.len() {
        let rest = message.to_lowercase();
        return rest.ends_with(" not found").then(|| "Resource not found".to_owned());
    }
    (count * 2 >= messages.len()).then_some(message)
}

/// How the document spells its codes.
struct Style {
    upper: bool,
    separator: &'static str,
    capitals: bool,
    /// `error.type` by status, where all examples agree.
    kinds: IndexMap<u16, String>,
    urls: bool,
}

impl Style {
    fn of(declared: &[Declared]) -> Style {
        let codes: Vec<&str> = declared.iter().filter_map(|declared| declared.said.code.as_deref()).collect();
        let any = |test: &dyn Fn(&str) -> bool| codes.iter().any(|code| test(code));
        let separator = if any(&|code| code.contains('_')) {
            "_"
        } else if any(&|code| code.contains('-')) {
            "-"
        } else if any(&|code| code.contains(' ')) {
            " "
        } else if any(&|code| code.chars().any(char::is_uppercase) && code.chars().any(char::is_lowercase)) {
            ""
        } else {
            "_"
        };
        let upper = !codes.is_empty() && codes.iter().all(|code| !code.chars().any(char::is_lowercase));
        let capitals = !upper && codes.iter().any(|code| code.starts_with(char::is_uppercase));
        let mut kinds: IndexMap<u16, String> = IndexMap::new();
        for declared in declared {
            if let Some(kind) = declared.said.kind.as_ref().filter(|_| !declared.shared) {
                kinds.entry(declared.status).or_insert_with(|| kind.clone());
            }
        }
        let urls = kinds.values().any(|kind| kind.contains(':'));
        Style { upper, separator, capitals, kinds, urls }
    }

    fn spell(&self, code: &str, status: u16) -> String {
        if self.separator == " " {
            // Codes in prose are the titles of problems; the reason phrase is one for every status.
            let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
            return reason.unwrap_or(code).to_owned();
        }
        let parts = words(code);
        let parts = parts.iter().map(|word| match (self.upper, self.capitals) {
            (true, _) => word.to_uppercase(),
            (false, true) => capital(word),
            (false, false) => word.clone(),
        });
        parts.collect::<Vec<_>>().join(self.separator)
    }

    fn kind(&self, standard: &Standard) -> String {
        if self.urls || self.kinds.is_empty() && self.separator == " " {
            "about:blank".to_owned()
        } else {
            standard.code.to_owned()
        }
    }
}
