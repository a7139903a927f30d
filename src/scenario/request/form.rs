//! `application/x-www-form-urlencoded` bodies, each field by the document's Encoding Object (OpenAPI 3.1, 4.8.15).

use serde_json::{Map, Value};

use super::style::{Pair, pairs, text};
use crate::contract::Contract;
use crate::contract::operation::{Media, Operation};
use crate::contract::parameter::{Style, decode_form, shape};
use crate::scenario::exchange::media_type;

/// Without an encoding of their own, arrays repeat their field and objects are JSON text.
pub fn write(fields: &Map<String, Value>, contract: &Contract, operation: &Operation, media: &str) -> String {
    let compound = fields.values().any(|value| value.is_array() || value.is_object());
    // Only then does the encoding make a difference, and the document has to be asked.
    let encodings = if compound { encodings(contract, operation, media) } else { None };
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        let encoding = encodings.and_then(|encodings| encodings.get(name));
        for pair in field(name, value, encoding) {
            let delimiter = pair.delimiter.to_string();
            form.append_pair(&pair.name, &pair.pieces.join(&delimiter));
        }
    }
    form.finish()
}

/// A form given as text, as its schema reads it.
pub fn read(form: &str, contract: &Contract, media: Option<&Media>) -> Value {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let raw = media.map_or(&Value::Bool(true), |media| &media.raw);
    Value::Object(decode_form(&pairs, &shape(&contract.document, raw)))
}

fn field(name: &str, value: &Value, encoding: Option<&Value>) -> Vec<Pair> {
    let said = |word: &str| encoding.and_then(|encoding| encoding.get(word));
    let style = said("style").and_then(Value::as_str);
    let explode = said("explode").and_then(Value::as_bool);
    match value {
        // A field left empty is the only way a form can say null.
        Value::Null => vec![Pair { name: name.to_owned(), pieces: vec![String::new()], delimiter: ',' }],
        Value::Object(_) if style.is_none() && explode.is_none() => {
            vec![Pair { name: name.to_owned(), pieces: vec![text(value).into_owned()], delimiter: ',' }]
        }
        value => {
            let style = match style {
                Some("deepObject") => Style::DeepObject,
                Some("spaceDelimited") => Style::SpaceDelimited,
                Some("pipeDelimited") => Style::PipeDelimited,
                _ => Style::Form,
            };
            pairs(style, explode.unwrap_or(style == Style::Form), name, value)
        }
    }
}

fn encodings<'c>(contract: &'c Contract, operation: &Operation, media: &str) -> Option<&'c Map<String, Value>> {
    let document = &contract.document;
    let body = document.resolve(document.resolve(document.at(&operation.pointer)?).get("requestBody")?);
    let content = body.get("content")?.as_object()?;
    let (_, found) = content.iter().find(|(name, _)| media_type(name) == media)?;
    found.get("encoding")?.as_object()
}
