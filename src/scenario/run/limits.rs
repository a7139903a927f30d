//! What values that a run keeps may grow to: outputs can be built from outputs, again and again.

use serde_json::Value;

/// Most that one kept value may hold: bytes of text, and one for each value in it.
pub const VALUE_SIZE_MAX: usize = 16 << 20;
/// Deepest nesting of a kept value.
pub const VALUE_DEPTH_MAX: usize = 256;

/// May the value be kept?
pub fn fits(value: &Value) -> bool {
    match value {
        Value::Array(_) | Value::Object(_) => compound_fits(value),
        Value::String(text) => text.len() < VALUE_SIZE_MAX,
        _ => true,
    }
}

fn compound_fits(value: &Value) -> bool {
    let mut open = vec![(value, 0)];
    let mut size = 0_usize;
    while let Some((value, depth)) = open.pop() {
        size += 1;
        match value {
            Value::String(text) => size += text.len(),
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(object) => {
                size += object.keys().map(String::len).sum::<usize>();
                open.extend(object.values().map(|value| (value, depth + 1)));
            }
            _ => {}
        }
        if size > VALUE_SIZE_MAX || depth > VALUE_DEPTH_MAX {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_grows_without_end_is_not_kept() {
        assert!(fits(&json!({"a": [1, "two", null]})));
        assert!(!fits(&Value::String("x".repeat(VALUE_SIZE_MAX))));
        assert!(!fits(&json!([["x".repeat(VALUE_SIZE_MAX)]])));
        let mut nested = json!(1);
        for _ in 0..VALUE_DEPTH_MAX {
            nested = json!([nested]);
        }
        assert!(fits(&nested));
        assert!(!fits(&json!([nested])));
    }
}
