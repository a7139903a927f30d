//! The pairs of a query, shared out to the declared parameters.

use std::collections::BTreeSet;

use serde_json::Value;

use super::form::decode_below;
use super::style::{delimited, json};
use super::text::decode_text;
use super::{Malformed, Parameter, Style, percent_decode};
use crate::contract::violation::{Place, Violation};

/// More pairs than this in one query are refused.
pub const QUERY_PAIRS_MAX: usize = 1_000;

/// A query, shared out between the parameters of an operation and its body.
#[derive(Debug, Default)]
pub struct Shared {
    /// What declared parameters take, as sent.
    pub declared: String,
    /// The other pairs, decoded; those that are no UTF-8 are left out.
    pub others: Vec<(String, String)>,
}

/// Shares a query out. One that cannot be taken apart is the parameters' concern.
pub fn share(parameters: &[Parameter], query: &str) -> Shared {
    let Ok(mut pairs) = Pairs::split(query) else { return Shared { declared: query.to_owned(), others: Vec::new() } };
    for parameter in parameters.iter().filter(|parameter| parameter.place == Place::Query) {
        _ = pairs.take(parameter);
    }
    let taken = pairs.list.iter().filter(|pair| pair.taken).map(|pair| format!("{}={}", pair.name, pair.raw));
    let declared = taken.collect::<Vec<_>>().join("&");
    let others = pairs.rest().filter_map(|(name, text)| Some((name.to_owned(), text.ok()?)));
    Shared { declared, others: others.collect() }
}

/// A query taken apart.
#[derive(Debug, Default)]
pub(super) struct Pairs<'a> {
    list: Vec<Pair<'a>>,
    /// Names of declared parameters that were asked for.
    declared: BTreeSet<String>,
}

#[derive(Debug)]
struct Pair<'a> {
    name: String,
    /// Still encoded: delimiters are looked for first.
    raw: &'a str,
    taken: bool,
    /// The name itself is no UTF-8.
    malformed: bool,
}

impl<'a> Pairs<'a> {
    pub fn split(query: &'a str) -> Result<Pairs<'a>, Violation> {
        let mut list = Vec::new();
        for piece in query.split('&').filter(|piece| !piece.is_empty()) {
            if list.len() == QUERY_PAIRS_MAX {
                let message = format!("The query must have at most {QUERY_PAIRS_MAX} parameters");
                let keyword = "malformed";
                return Err(Violation { place: Place::Query, pointer: String::new(), keyword, message });
            }
            let (name, raw) = piece.split_once('=').unwrap_or((piece, ""));
            let decoded = form_decode(name);
            let malformed = decoded.is_err();
            let name =
                decoded.unwrap_or_else(|_| percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned());
            list.push(Pair { name, raw, taken: false, malformed });
        }
        Ok(Pairs { list, declared: BTreeSet::new() })
    }

    /// The value of a declared parameter, if the query has any of its pairs.
    pub fn take(&mut self, parameter: &Parameter) -> Option<Result<Value, Malformed>> {
        self.declared.insert(parameter.name.clone());
        if self.list.is_empty() {
            return None;
        }
        let (shape, name) = (&parameter.shape, parameter.name.as_str());
        if parameter.json {
            let raw = self.named(name).pop()?;
            return Some(form_decode(raw).and_then(|text| json(&text)));
        }
        let compound = !shape.is_scalar();
        if parameter.style == Style::DeepObject || shape.is_object() || shape.items.is_some() {
            let below = self.below(name);
            if !below.is_empty() {
                return Some(decode_pairs(below).map(|pairs| decode_below(&pairs, shape)));
            }
        }
        if shape.is_object() && compound && parameter.style == Style::Form && parameter.explode {
            return self.exploded_object(parameter);
        }
        let raws = self.named(name);
        let last = *raws.last()?;
        if shape.items.is_some() && (raws.len() > 1 || parameter.explode && compound) {
            let items = shape.items.as_deref()?;
            let texts: Result<Vec<Value>, Malformed> =
                raws.into_iter().map(|raw| Ok(decode_text(&form_decode(raw)?, items))).collect();
            return Some(texts.map(Value::Array));
        }
        let delimiter = delimiter(parameter.style);
        if shape.items.is_some() || shape.is_object() && compound {
            return Some(delimited(&expose(last, delimiter), delimiter, false, shape, form_decode));
        }
        Some(form_decode(last).map(|text| decode_text(&text, shape)))
    }

    /// Leaves out pairs without a text, save those of lists and of parameters that may be null.
    pub fn forget_blank(&mut self, parameters: &[Parameter]) {
        let nullable =
            |name: &str| parameters.iter().any(|one| one.place == Place::Query && one.name == name && one.shape.null);
        self.list.retain(|pair| !pair.raw.is_empty() || pair.name.contains('[') || nullable(&pair.name));
    }

    /// Pairs that no parameter took, in order, decoded.
    pub fn rest(&self) -> impl Iterator<Item = (&str, Result<String, Malformed>)> {
        self.list.iter().filter(|pair| !pair.taken).map(|pair| {
            let text = if pair.malformed { Err(not_utf8()) } else { form_decode(pair.raw) };
            (pair.name.as_str(), text)
        })
    }

    pub fn is_undeclared(&self, name: &str) -> bool {
        !self.declared.contains(name)
    }

    /// Raw values of a name, or of the name with empty brackets after it.
    fn named(&mut self, name: &str) -> Vec<&'a str> {
        let mut raws = Vec::new();
        for pair in self.list.iter_mut().filter(|pair| !pair.malformed && pair.name == name) {
            pair.taken = true;
            raws.push(pair.raw);
        }
        raws
    }

    /// Pairs named `name[...]`, with the bracketed rest of the name; plain `name` pairs count as `name[]` beside these.
    fn below(&mut self, name: &str) -> Vec<(String, &'a str)> {
        let mut found = Vec::new();
        for pair in self.list.iter_mut().filter(|pair| !pair.malformed && !pair.taken) {
            let rest = pair.name.strip_prefix(name).filter(|rest| rest.starts_with('[') && rest.ends_with(']'));
            if let Some(rest) = rest {
                pair.taken = true;
                found.push((rest.to_owned(), pair.raw));
            }
        }
        found
    }

    /// An exploded form object is spread over the query: each property is a pair.
    fn exploded_object(&mut self, parameter: &Parameter) -> Option<Result<Value, Malformed>> {
        let mut pairs = Vec::new();
        for pair in self.list.iter_mut().filter(|pair| !pair.malformed && !pair.taken) {
            if parameter.shape.properties.contains_key(&pair.name) {
                pair.taken = true;
                pairs.push((pair.name.clone(), pair.raw));
            }
        }
        if pairs.is_empty() {
            return None;
        }
        Some(decode_pairs(pairs).map(|pairs| Value::Object(super::decode_form(&pairs, &parameter.shape))))
    }
}

fn decode_pairs(pairs: Vec<(String, &str)>) -> Result<Vec<(String, String)>, Malformed> {
    pairs.into_iter().map(|(name, raw)| Ok((name, form_decode(raw)?))).collect()
}

fn delimiter(style: Style) -> char {
    match style {
        Style::SpaceDelimited => ' ',
        Style::PipeDelimited => '|',
        _ => ',',
    }
}

/// Clients that encode a whole value encode its delimiters, too. Where no plain delimiter stands, encoded ones are meant as such.
fn expose(raw: &str, delimiter: char) -> String {
    if raw.contains(delimiter) {
        return raw.to_owned();
    }
    match delimiter {
        ' ' => raw.replace("%20", " ").replace('+', " "),
        '|' => raw.replace("%7C", "|").replace("%7c", "|"),
        _ => raw.replace("%2C", ",").replace("%2c", ","),
    }
}

/// Percent-decoding with `+` for a space, as in forms.
fn form_decode(raw: &str) -> Result<String, Malformed> {
    if raw.contains('+') { percent_decode(&raw.replace('+', "%20")) } else { percent_decode(raw) }
}

fn not_utf8() -> Malformed {
    Malformed("must be percent-encoded UTF-8".to_owned())
}
