//! Batches: where their items stand, and which of them a reply tells to have failed.

use serde_json::Value;

use super::Knowledge;
use crate::contract::vocabulary::BatchRule;

/// Of a batch that was done in part.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchOutcome {
    pub items: Vec<Value>,
    /// Indices of the items that failed.
    pub failed: Vec<usize>,
}

impl<'c> Knowledge<'c> {
    /// The rule of a batch whose items succeed and fail one by one; `None` for other operations.
    fn batch(&self, operation: &str) -> Option<&'c BatchRule> {
        let rule = self.contract.behaviour.operations.get(operation)?.batch.as_ref()?;
        (!rule.atomic).then_some(rule)
    }

    /// The items that a call to a batch sends.
    pub fn batch_items(&self, operation: &str, body: &[u8]) -> Option<Vec<Value>> {
        let rule = self.batch(operation)?;
        match serde_json::from_slice(body).ok()? {
            Value::Object(mut body) => match body.remove(&rule.items)? {
                Value::Array(items) => Some(items),
                _ => None,
            },
            _ => None,
        }
    }

    /// The operation that each item of a batch goes through.
    pub fn batch_runs(&self, operation: &str) -> Option<&'c str> {
        self.batch(operation).map(|rule| rule.run.as_str())
    }

    /// Can a reply of success hold items that failed?
    pub fn succeeds_in_part(&self, operation: &str) -> bool {
        self.capabilities(operation).is_some_and(|facts| facts.partial_success.value)
    }

    /// What a reply tells of a batch's items, read by the shapes that the contract gives to items that succeed and that fail. `None` when it
    /// tells of no failed item.
    pub fn batch_outcome(&self, operation: &str, body: &[u8], reply: &[u8]) -> Option<BatchOutcome> {
        let rule = self.batch(operation)?;
        let items = self.batch_items(operation, body)?;
        let reply: Value = serde_json::from_slice(reply).ok()?;
        let failed = failures(rule, &items, &reply)?;
        Some(BatchOutcome { items, failed })
    }
}

/// The first list anywhere in the reply that holds failures, as indices of the items.
fn failures(rule: &BatchRule, items: &[Value], value: &Value) -> Option<Vec<usize>> {
    match value {
        Value::Array(results) => {
            let failed = results.iter().enumerate().filter(|(_, result)| is_failure(rule, result));
            let found: Vec<usize> = failed
                .filter_map(|(at, result)| {
                    item_of(rule, items, result).or((results.len() == items.len()).then_some(at))
                })
                .filter(|at| *at < items.len())
                .collect();
            match found.is_empty() {
                false => Some(found),
                true => results.iter().find_map(|result| failures(rule, items, result)),
            }
        }
        Value::Object(members) => members.values().find_map(|member| failures(rule, items, member)),
        _ => None,
    }
}

/// Has it the shape of a failed item, and not that of one that succeeded?
fn is_failure(rule: &BatchRule, result: &Value) -> bool {
    fits(&rule.failure, result) && !fits(&rule.success, result)
}

/// Does a value have what a tree of the contract writes? Expressions may give anything; keys that may be missing are not asked for.
fn fits(tree: &Value, value: &Value) -> bool {
    match (tree, value) {
        (Value::String(text), _) if text.contains("{{") => true,
        (Value::Object(tree), _) if tree.contains_key("$each") => value.is_array(),
        (Value::Object(tree), Value::Object(value)) => tree.iter().all(|(key, tree)| match key.ends_with('?') {
            true => true,
            false => value.get(key).is_some_and(|value| fits(tree, value)),
        }),
        (Value::Array(tree), Value::Array(value)) => {
            tree.len() == value.len() && tree.iter().zip(value).all(|(tree, value)| fits(tree, value))
        }
        _ => tree == value,
    }
}

/// Which item a result tells of: by the member that the contract fills with its index, or with the item itself.
fn item_of(rule: &BatchRule, items: &[Value], result: &Value) -> Option<usize> {
    let members = rule.failure.as_object()?.iter();
    members.filter_map(|(key, tree)| Some((result.get(key.trim_end_matches('?'))?, expression(tree)?))).find_map(
        |(value, expression)| match expression {
            "index" => usize::try_from(value.as_u64()?).ok(),
            "item" | "string(item)" => items.iter().position(|item| item == value),
            _ => None,
        },
    )
}

/// The one expression that a leaf consists of.
fn expression(tree: &Value) -> Option<&str> {
    let inner = tree.as_str()?.strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{")).then(|| inner.trim())
}
