//! Delimited text (`a,b`, `.a.b`, `;k=v`, `k,v,k,v`) taken apart by `style` and `explode`.
//!
//! Text is split before it is percent-decoded, so that an encoded delimiter can be data.

use serde_json::{Map, Value};

use super::shape::Shape;
use super::text::decode_text;
use super::{Malformed, Parameter, Style, percent_decode};

/// How a piece of text becomes plain.
type Decode = fn(&str) -> Result<String, Malformed>;

/// A path segment: `simple`, `label` or `matrix`.
pub(super) fn path(parameter: &Parameter, raw: &str) -> Result<Value, Malformed> {
    if parameter.json {
        return json(&percent_decode(raw)?);
    }
    let (shape, explode) = (&parameter.shape, parameter.explode);
    match parameter.style {
        Style::Label => {
            let text = raw.strip_prefix('.').ok_or_else(|| Malformed("must start with a dot".to_owned()))?;
            delimited(text, if explode { '.' } else { ',' }, explode, shape, percent_decode)
        }
        Style::Matrix => matrix(parameter, raw),
        _ => delimited(raw, ',', explode, shape, percent_decode),
    }
}

/// A header's text is not percent-encoded.
pub(super) fn header(parameter: &Parameter, text: &str) -> Result<Value, Malformed> {
    if parameter.json {
        return json(text);
    }
    delimited(text.trim(), ',', parameter.explode, &parameter.shape, |piece| Ok(piece.trim().to_owned()))
}

/// Exploded arrays cannot be told apart in a cookie, so a comma always divides.
pub(super) fn cookie(parameter: &Parameter, raw: &str) -> Result<Value, Malformed> {
    if parameter.json {
        return json(&percent_decode(raw)?);
    }
    delimited(raw, ',', false, &parameter.shape, percent_decode)
}

/// `content` parameters.
pub(super) fn json(text: &str) -> Result<Value, Malformed> {
    serde_json::from_str(text).map_err(|error| Malformed(format!("must be JSON: {error}")))
}

/// Items, or properties (`k=v` when exploded, else `k,v`), or one value, by shape.
pub(super) fn delimited(
    raw: &str,
    delimiter: char,
    explode: bool,
    shape: &Shape,
    decode: Decode,
) -> Result<Value, Malformed> {
    if let Some(items) = shape.items.as_deref()
        && (!shape.is_scalar() || raw.contains(delimiter))
    {
        return array(raw.split(delimiter), raw.is_empty(), items, decode);
    }
    if shape.is_object() && !shape.is_scalar() {
        let pieces: Vec<&str> = raw.split(delimiter).filter(|piece| !piece.is_empty()).collect();
        return if explode { assignments(&pieces, shape, decode) } else { alternating(&pieces, shape, decode) };
    }
    Ok(decode_text(&decode(raw)?, shape))
}

fn array<'a>(
    pieces: impl Iterator<Item = &'a str>,
    empty: bool,
    items: &Shape,
    decode: Decode,
) -> Result<Value, Malformed> {
    if empty {
        return Ok(Value::Array(Vec::new()));
    }
    let values: Result<Vec<Value>, Malformed> = pieces.map(|piece| Ok(decode_text(&decode(piece)?, items))).collect();
    values.map(Value::Array)
}

/// `k=v` pieces.
fn assignments(pieces: &[&str], shape: &Shape, decode: Decode) -> Result<Value, Malformed> {
    let mut object = Map::new();
    for piece in pieces {
        let (name, raw) = piece.split_once('=').ok_or_else(|| Malformed("must be a list of name=value".to_owned()))?;
        property(&mut object, name, raw, shape, decode)?;
    }
    Ok(Value::Object(object))
}

/// `k,v,k,v` pieces.
fn alternating(pieces: &[&str], shape: &Shape, decode: Decode) -> Result<Value, Malformed> {
    let mut object = Map::new();
    for pair in pieces.chunks(2) {
        let [name, raw] = pair else { return Err(Malformed("must be a list of names and values".to_owned())) };
        property(&mut object, name, raw, shape, decode)?;
    }
    Ok(Value::Object(object))
}

fn property(
    object: &mut Map<String, Value>,
    name: &str,
    raw: &str,
    shape: &Shape,
    decode: Decode,
) -> Result<(), Malformed> {
    let name = decode(name)?;
    let text = decode(raw)?;
    let value = shape.property(&name).map_or_else(|| Value::String(text.clone()), |shape| decode_text(&text, shape));
    object.insert(name, value);
    Ok(())
}

/// `;name=a`, `;name=a,b`, `;name=a;name=b`, `;k=v;k=v`.
fn matrix(parameter: &Parameter, raw: &str) -> Result<Value, Malformed> {
    let malformed = || Malformed(format!("must have the form ;{}=value", parameter.name));
    let text = raw.strip_prefix(';').ok_or_else(malformed)?;
    let shape = &parameter.shape;
    if parameter.explode && shape.is_object() && !shape.is_scalar() {
        return delimited(text, ';', true, shape, percent_decode);
    }
    let values: Option<Vec<&str>> = text
        .split(';')
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            (name == parameter.name).then_some(value)
        })
        .collect();
    let values = values.ok_or_else(malformed)?;
    match (&shape.items, values.as_slice()) {
        (Some(items), values) if parameter.explode && !shape.is_scalar() => {
            array(values.iter().copied(), false, items, percent_decode)
        }
        (_, [value]) => delimited(value, ',', false, shape, percent_decode),
        _ => Err(malformed()),
    }
}
