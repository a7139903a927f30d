//! What a service overlooks in requests: white space at the ends of texts, texts that say nothing, numbers written as text.

use serde_json::Value;

use super::shape::Shape;
use super::text::decode_text;
use crate::contract::vocabulary::RequestRule;

/// A value as the service takes it; `None` when it is as good as none.
pub fn overlook(value: Value, shape: &Shape, rule: &RequestRule) -> Option<Value> {
    let unknown = Shape::default();
    match value {
        Value::String(text) => overlook_text(text, shape, rule),
        Value::Array(items) => {
            let of_item = shape.items.as_deref().unwrap_or(&unknown);
            Some(items.into_iter().filter_map(|item| overlook(item, of_item, rule)).collect())
        }
        Value::Object(members) => {
            let kept = members.into_iter().filter_map(|(name, value)| {
                let value = overlook(value, shape.property(&name).unwrap_or(&unknown), rule)?;
                Some((name, value))
            });
            Some(Value::Object(kept.collect()))
        }
        other => Some(other),
    }
}

fn overlook_text(text: String, shape: &Shape, rule: &RequestRule) -> Option<Value> {
    let text = match text.trim() {
        trimmed if rule.trim && trimmed.len() < text.len() => trimmed.to_owned(),
        _ => text,
    };
    if rule.blank_as_absent && text.is_empty() {
        return shape.null.then_some(Value::Null);
    }
    // Where text is allowed, text is what was meant.
    if rule.numbers_as_text && !shape.string && shape.is_scalar() {
        let decoded = decode_text(&text, shape);
        if decoded.is_number() || decoded.is_boolean() {
            return Some(decoded);
        }
    }
    Some(Value::String(text))
}

/// Pairs of a form as the service takes them, before they become values: a field left blank is not one of an empty list.
pub fn overlook_pairs(pairs: &mut Vec<(String, String)>, shape: &Shape, rule: &RequestRule) {
    if rule.trim {
        for (_, text) in pairs.iter_mut().filter(|(_, text)| text.trim().len() < text.len()) {
            *text = text.trim().to_owned();
        }
    }
    if rule.blank_as_absent {
        pairs.retain(|(name, text)| {
            !text.is_empty() || name.contains('[') || shape.property(name).is_some_and(|shape| shape.null)
        });
    }
}
