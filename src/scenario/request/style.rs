//! A value as the text of a path, query, header or cookie, by `style` and `explode` (OpenAPI 3.1, 4.8.12; RFC 6570).
//!
//! The inverse of `contract::parameter::decode`. Where OpenAPI leaves a combination undefined (an array of objects, say), the value is
//! written as JSON text.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use crate::call::RESERVED;
use crate::contract::parameter::{Parameter, Style};
use crate::pointer::FRAGMENT_ESCAPED;

/// Objects nested deeper than this in a `deepObject` are written as JSON text; readers give up there, too.
const BRACKETS_MAX: usize = 16;

/// The same where a dot divides values.
const RESERVED_AND_DOT: &AsciiSet = &RESERVED.add(b'.');
/// What `allowReserved` must still encode in a query: what would end it, or has a meaning of its own in it (OpenAPI 3.1.1, 4.8.12.3).
const QUERY_RESERVED: &AsciiSet = &RESERVED
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b';')
    .remove(b'=');
/// What a cookie's value cannot hold (RFC 6265, 4.1.1), and the percent sign.
const COOKIE_RESERVED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%').add(b',').add(b';').add(b'\\');
/// What a whole query string cannot hold (RFC 3986, 3.4); what its author has encoded stays encoded.
const QUERYSTRING_RESERVED: &AsciiSet = &FRAGMENT_ESCAPED.remove(b'%');

/// One `name=value` before it is encoded. Delimiters stand between the pieces, so that pieces can hold them encoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Pair {
    pub name: String,
    pub pieces: Vec<String>,
    pub delimiter: char,
}

/// A path parameter's segment, percent-encoded.
pub fn path(parameter: Option<&Parameter>, name: &str, value: &Value) -> String {
    let Some(parameter) = parameter else { return encode(&text(value), RESERVED).into_owned() };
    if parameter.json {
        return encode(&value.to_string(), RESERVED).into_owned();
    }
    let explode = parameter.explode;
    match parameter.style {
        Style::Label if explode => format!(".{}", delimited(value, ".", true, &|text| encode(text, RESERVED_AND_DOT))),
        Style::Label => format!(".{}", delimited(value, ",", false, &|text| encode(text, RESERVED))),
        Style::Matrix => matrix(&encode(name, RESERVED), explode, value),
        _ => delimited(value, ",", explode, &|text| encode(text, RESERVED)),
    }
}

/// A header's text; headers are not percent-encoded.
pub fn header(parameter: Option<&Parameter>, value: &Value) -> String {
    match parameter {
        Some(parameter) if parameter.json => ascii_json(value),
        Some(parameter) => delimited(value, ",", parameter.explode, &|text| Cow::Borrowed(text)),
        None => match value {
            Value::Array(_) | Value::Object(_) => ascii_json(value),
            scalar => text(scalar).into_owned(),
        },
    }
}

/// A cookie's value. Exploded arrays cannot be told apart in a cookie, so a comma divides them as well.
pub fn cookie(parameter: Option<&Parameter>, value: &Value) -> String {
    match parameter {
        Some(parameter) if !parameter.json => delimited(value, ",", false, &|text| encode(text, COOKIE_RESERVED)),
        _ => encode(&text(value), COOKIE_RESERVED).into_owned(),
    }
}

/// The pairs of a query parameter.
pub fn query(parameter: Option<&Parameter>, name: &str, value: &Value) -> Vec<Pair> {
    match parameter {
        Some(parameter) if !parameter.json => pairs(parameter.style, parameter.explode, name, value),
        _ => vec![single(name, text(value))],
    }
}

/// Pairs by style: those of a query, and of a form.
pub fn pairs(style: Style, explode: bool, name: &str, value: &Value) -> Vec<Pair> {
    match value {
        Value::Object(_) | Value::Array(_) if style == Style::DeepObject => {
            let mut pairs = Vec::new();
            deep(&mut pairs, name.to_owned(), value, 0);
            pairs
        }
        Value::Array(items) if explode => items.iter().map(|item| single(name, text(item))).collect(),
        Value::Object(object) if explode && style == Style::Form => object.iter().flat_map(property).collect(),
        Value::Array(items) => {
            let pieces = items.iter().map(|item| text(item).into_owned()).collect();
            vec![Pair { name: name.to_owned(), pieces, delimiter: delimiter(style) }]
        }
        Value::Object(object) => {
            let pieces = object.iter().flat_map(|(key, value)| [key.clone(), text(value).into_owned()]).collect();
            vec![Pair { name: name.to_owned(), pieces, delimiter: delimiter(style) }]
        }
        scalar => vec![single(name, text(scalar))],
    }
}

/// Appends a pair to a query, percent-encoded.
pub fn push_pair(query: &mut String, pair: &Pair, allow_reserved: bool) {
    if !query.is_empty() {
        query.push('&');
    }
    let reserved = if allow_reserved { QUERY_RESERVED } else { RESERVED };
    query.push_str(&encode(&pair.name, RESERVED));
    query.push('=');
    for (index, piece) in pair.pieces.iter().enumerate() {
        match pair.delimiter {
            _ if index == 0 => {}
            ' ' => query.push_str("%20"),
            '|' => query.push_str("%7C"),
            other => query.push(other),
        }
        // A comma is data in text that is whole, and would divide text that has pieces.
        let mut encoded = encode(piece, reserved);
        if allow_reserved && pair.pieces.len() == 1 && encoded.contains("%2C") {
            encoded = Cow::Owned(encoded.replace("%2C", ","));
        }
        query.push_str(&encoded);
    }
}

/// Would `allowReserved` change how a pair is written?
pub fn has_reserved(pair: &Pair) -> bool {
    let reserved = |character: char| ":/?@!$'()*,;=".contains(character);
    pair.pieces.iter().any(|piece| piece.contains(reserved))
}

/// A whole query string as its author wrote it, made fit for a URL.
pub fn querystring(text: &str) -> Cow<'_, str> {
    encode(text.strip_prefix('?').unwrap_or(text), QUERYSTRING_RESERVED)
}

/// A value in one piece of text: a string as it is, everything else as JSON.
pub fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

fn encode<'t>(text: &'t str, set: &'static AsciiSet) -> Cow<'t, str> {
    utf8_percent_encode(text, set).into()
}

fn single(name: &str, text: Cow<'_, str>) -> Pair {
    Pair { name: name.to_owned(), pieces: vec![text.into_owned()], delimiter: ',' }
}

/// A property of an exploded object is a pair of its own; an array repeats it.
fn property((name, value): (&String, &Value)) -> Vec<Pair> {
    match value {
        Value::Array(items) => items.iter().map(|item| single(name, text(item))).collect(),
        other => vec![single(name, text(other))],
    }
}

fn delimiter(style: Style) -> char {
    match style {
        Style::SpaceDelimited => ' ',
        Style::PipeDelimited => '|',
        _ => ',',
    }
}

/// `name[a][b]=c`. Arrays of scalars are `name[]=…`, arrays of more have numbers.
fn deep(pairs: &mut Vec<Pair>, name: String, value: &Value, depth: usize) {
    match value {
        Value::Object(object) if depth < BRACKETS_MAX => {
            for (key, value) in object {
                deep(pairs, format!("{name}[{key}]"), value, depth + 1);
            }
        }
        Value::Array(items) if depth < BRACKETS_MAX => {
            for (index, item) in items.iter().enumerate() {
                let compound = item.is_object() || item.is_array();
                let name = if compound { format!("{name}[{index}]") } else { format!("{name}[]") };
                deep(pairs, name, item, depth + 1);
            }
        }
        other => pairs.push(single(&name, text(other))),
    }
}

/// Items, or properties (`k=v` when exploded, else `k,v`), or one value.
fn delimited(value: &Value, delimiter: &str, explode: bool, encode: &dyn Fn(&str) -> Cow<'_, str>) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| encode(&text(item)).into_owned()).collect();
            items.join(delimiter)
        }
        Value::Object(object) => {
            let between = if explode { "=" } else { delimiter };
            let property =
                |(key, value): (&String, &Value)| format!("{}{between}{}", encode(key), encode(&text(value)));
            object.iter().map(property).collect::<Vec<_>>().join(delimiter)
        }
        scalar => encode(&text(scalar)).into_owned(),
    }
}

/// `;name=a`, `;name=a,b`, `;name=a;name=b`, `;k=v;k=v`; without the equals sign before an empty text (RFC 6570, 3.2.7).
fn matrix(name: &str, explode: bool, value: &Value) -> String {
    let named = |name: &str, text: &str| match text {
        "" => format!(";{name}"),
        text => format!(";{name}={text}"),
    };
    let encoded = |value: &Value| encode(&text(value), RESERVED).into_owned();
    match value {
        Value::Array(items) if explode => items.iter().map(|item| named(name, &encoded(item))).collect(),
        Value::Object(object) if explode => {
            object.iter().map(|(key, value)| named(&encode(key, RESERVED), &encoded(value))).collect()
        }
        other => named(name, &delimited(other, ",", false, &|text| encode(text, RESERVED))),
    }
}

/// JSON without any character beyond ASCII: headers cannot carry more.
fn ascii_json(value: &Value) -> String {
    let json = value.to_string();
    if json.is_ascii() {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if character.is_ascii() {
            escaped.push(character);
        } else {
            let mut units = [0; 2];
            escaped.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
