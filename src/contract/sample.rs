//! A value that fits a schema: the example where there is one, else generated from a seed.

use serde_json::Value;

use super::document::Document;

/// What a sample is for: a request leaves out `readOnly` properties, a reply leaves out `writeOnly` ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Request,
    Reply,
}

/// A value for the schema. Same schema, seed and direction: same value. Examples, `default`, `const` and `enum` come first; then names
/// and formats choose a realistic value (`email`, `name`, `url`, `date-time` ...). `now` is milliseconds since the Unix epoch.
pub fn sample(document: &Document, schema: &Value, seed: u64, now: i64, direction: Direction) -> Value {
    let _ = (document, schema, seed, now, direction);
    todo!()
}
