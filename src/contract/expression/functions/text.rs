//! Functions of texts.

use percent_encoding::utf8_percent_encode;
use regex::{Regex, RegexBuilder};
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use super::argument::Arguments;
use crate::call::RESERVED;
use crate::contract::expression::evaluate::TEXT_BYTES_MAX;
use crate::contract::expression::operators::{self, text_of};

/// How large a compiled pattern may become.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Compiles a pattern; matching takes time in proportion to the text.
pub fn pattern(text: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(text).size_limit(PATTERN_BYTES_MAX).build();
    built.map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("`{text}` is not a usable pattern: {reason}")
    })
}

pub fn contains(arguments: Arguments<'_>) -> Result<Value, String> {
    match arguments.value(0) {
        list @ (Value::Array(_) | Value::Null) => operators::contains(list, arguments.value(1)).map(Value::Bool),
        _ => Ok(arguments.text(0)?.contains(arguments.text(1)?).into()),
    }
}

pub fn starts_with(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(arguments.text(0)?.starts_with(arguments.text(1)?).into())
}

pub fn ends_with(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(arguments.text(0)?.ends_with(arguments.text(1)?).into())
}

pub fn matches(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(pattern(arguments.text(1)?)?.is_match(arguments.text(0)?).into())
}

pub fn lower(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(arguments.text(0)?.to_lowercase().into())
}

pub fn upper(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(arguments.text(0)?.to_uppercase().into())
}

pub fn trim(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(arguments.text(0)?.trim().into())
}

pub fn split(arguments: Arguments<'_>) -> Result<Value, String> {
    let (text, separator) = (arguments.text(0)?, arguments.text(1)?);
    if text.is_empty() {
        return Ok(Value::Array(Vec::new()));
    }
    if separator.is_empty() {
        return Ok(text.chars().map(|c| Value::from(c.to_string())).collect());
    }
    Ok(text.split(separator).map(Value::from).collect())
}

pub fn join(arguments: Arguments<'_>) -> Result<Value, String> {
    let separator = if arguments.len() > 1 { arguments.text(1)? } else { "" };
    let mut joined = String::new();
    for (index, element) in arguments.list(0)?.iter().enumerate() {
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(&text_of(element));
        if joined.len() > TEXT_BYTES_MAX {
            return Err(too_long());
        }
    }
    Ok(joined.into())
}

pub fn replace(arguments: Arguments<'_>) -> Result<Value, String> {
    let (text, from, to) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    // Counted first: a short text with many occurrences can become a very long one.
    let added = text.matches(from).count().saturating_mul(to.len());
    if text.len().saturating_add(added) > TEXT_BYTES_MAX {
        return Err(too_long());
    }
    Ok(text.replace(from, to).into())
}

pub fn substring(arguments: Arguments<'_>) -> Result<Value, String> {
    let text = arguments.text(0)?;
    let range = arguments.range(1, 2, text.chars().count())?;
    Ok(text.chars().skip(range.start).take(range.len()).collect::<String>().into())
}

/// Characters as people count them: an emoji of several code points is one.
pub fn graphemes(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(arguments.text(0)?.graphemes(true).count().into())
}

pub fn encode(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(utf8_percent_encode(&text_of(arguments.value(0)), RESERVED).to_string().into())
}

fn too_long() -> String {
    format!("makes a text of more than {TEXT_BYTES_MAX} bytes")
}
