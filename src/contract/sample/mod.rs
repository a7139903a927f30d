//! A value that fits a schema: the example where there is one, else generated from a seed.
//!
//! - [`merge`] folds `$ref` and `allOf` into one schema;
//! - [`text`] writes strings, by format and by the property's name;
//! - [`number`] picks numbers within their bounds;
//! - [`pattern`] writes strings that match a pattern.

mod merge;
mod number;
mod pattern;
mod text;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::document::Document;

/// Deeper than this only what is required is sampled, and lists are as short as they may be.
const DEPTH_MAX: usize = 6;
/// Deeper than this nothing is sampled: the schema has no finite value that we can find.
const DEPTH_END: usize = 32;
/// How many schemas one sample may visit.
const SCHEMAS_MAX: usize = 20_000;
/// The longest list that `minItems` can ask for.
const ITEMS_MAX: usize = 200;
/// How often another item is tried where items must differ.
const TRIES_MAX: u32 = 16;

/// What a sample is for: a request leaves out `readOnly` properties, a reply leaves out `writeOnly` ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Request,
    Reply,
}

/// A value for the schema. Same schema, seed and direction: same value. Examples, `default`, `const` and `enum` come first; then names
/// and formats choose a realistic value (`email`, `name`, `url`, `date-time` ...). `now` is milliseconds since the Unix epoch.
pub fn sample(document: &Document, schema: &Value, seed: u64, now: i64, direction: Direction) -> Value {
    let mut sampler = Sampler { document, seed, now, direction, left: SCHEMAS_MAX };
    sampler.value(schema, &Spot { pointer: String::new(), name: "", depth: 0, salt: 0 })
}

struct Sampler<'a> {
    document: &'a Document,
    seed: u64,
    now: i64,
    direction: Direction,
    /// How many schemas may still be visited.
    left: usize,
}

/// Where a value goes.
struct Spot<'n> {
    pointer: String,
    /// The property that the value is for, or that its list is for.
    name: &'n str,
    depth: usize,
    /// Another value for the same place.
    salt: u32,
}

impl<'n> Spot<'n> {
    fn below(&self, segment: &str, name: &'n str) -> Spot<'n> {
        Spot { pointer: format!("{}/{segment}", self.pointer), name, depth: self.depth + 1, salt: 0 }
    }
}

impl Sampler<'_> {
    fn value(&mut self, schema: &Value, spot: &Spot<'_>) -> Value {
        if spot.depth >= DEPTH_END || self.left == 0 {
            return Value::Null;
        }
        self.left -= 1;
        let schema = merge::flatten(self.document, schema);
        if let Some(given) = self.given(&schema, spot) {
            return given;
        }
        let Some(schema) = merge::choose(self.document, schema) else { return Value::Null };
        if let Some(given) = self.given(&schema, spot) {
            return given;
        }
        match kind(&schema) {
            "object" => self.object(&schema, spot),
            "array" => self.array(&schema, spot),
            "integer" => number::integer(&schema, spot.name, self.now, &mut self.random(spot)),
            "number" => number::number(&schema, spot.name, &mut self.random(spot)),
            "boolean" => Value::Bool(spot.salt.is_multiple_of(2)),
            "null" => Value::Null,
            _ => Value::String(text::text(&schema, spot.name, self.now, &mut self.random(spot))),
        }
    }

    /// What the author wrote down: `const`, an example, the default, or one of the options.
    fn given(&self, schema: &Map<String, Value>, spot: &Spot<'_>) -> Option<Value> {
        if let Some(constant) = schema.get("const") {
            return Some(constant.clone());
        }
        let options = schema.get("enum").and_then(Value::as_array);
        let fits = |value: &&Value| is_of_type(value, schema) && options.is_none_or(|options| options.contains(value));
        let examples = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
        let written = examples.chain(schema.get("example")).chain(schema.get("default")).filter(fits);
        if let Some(value) = written.cycle().take(TRIES_MAX as usize).nth(spot.salt as usize) {
            return Some(self.strip(value.clone(), schema, 0));
        }
        let options = options?;
        let options: Vec<&Value> = options.iter().filter(|value| is_of_type(value, schema)).collect();
        options.get(spot.salt as usize % options.len().max(1)).map(|value| (*value).clone())
    }

    fn object(&mut self, schema: &Map<String, Value>, spot: &Spot<'_>) -> Value {
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let required: Vec<&str> = names(schema.get("required")).collect();
        let most = number::size(schema, "maxProperties").unwrap_or(usize::MAX);
        let mut optional = most.saturating_sub(required.len());
        let mut object = Map::new();
        for (name, property) in properties {
            let needed = required.contains(&name.as_str());
            if self.is_hidden(property)
                || !needed && (optional == 0 || spot.depth >= DEPTH_MAX || property == &Value::Bool(false))
            {
                continue;
            }
            optional -= usize::from(!needed);
            object.insert(name.clone(), self.value(property, &spot.below(name, name)));
        }
        let open = schema.get("additionalProperties").filter(|other| other.is_object()).cloned();
        let other = open.clone().unwrap_or(Value::Bool(true));
        for name in required {
            if !object.contains_key(name) && !properties.contains_key(name) {
                object.insert(name.to_owned(), self.value(&other, &spot.below(name, name)));
            }
        }
        let shown = usize::from(open.is_some() && properties.is_empty() && spot.depth < DEPTH_MAX);
        let least = number::size(schema, "minProperties").unwrap_or(0).max(shown).min(most).min(ITEMS_MAX);
        for index in 1..=least {
            if object.len() >= least {
                break;
            }
            let name = format!("key{index}");
            let value = self.value(&other, &spot.below(&name, ""));
            object.insert(name, value);
        }
        Value::Object(object)
    }

    fn array(&mut self, schema: &Map<String, Value>, spot: &Spot<'_>) -> Value {
        let prefix = schema.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let rest = schema.get("items").filter(|items| **items != Value::Bool(false));
        let least = number::size(schema, "minItems").unwrap_or(0);
        let usual = if spot.depth >= DEPTH_MAX { 0 } else { prefix.len().max(usize::from(rest.is_some())) };
        let most = number::size(schema, "maxItems").unwrap_or(usize::MAX);
        let wanted = least.max(usual).min(most).min(ITEMS_MAX);
        let unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
        let mut items: Vec<Value> = Vec::with_capacity(wanted);
        if let Some(contained) = schema.get("contains").filter(|_| prefix.is_empty()) {
            items.push(self.value(contained, &spot.below("contains", spot.name)));
        }
        for index in items.len()..wanted {
            let anything = Value::Bool(true);
            let item = prefix.get(index).or(rest).unwrap_or(&anything);
            let mut place = spot.below(&index.to_string(), spot.name);
            // Lists of options show several of them; lists that must differ need to.
            place.salt = u32::try_from(if unique { index } else { 0 }).unwrap_or(0);
            let mut value = self.value(item, &place);
            for salt in 0..TRIES_MAX {
                if !unique || !items.contains(&value) {
                    break;
                }
                place.salt = salt;
                value = self.value(item, &place);
            }
            if unique && items.contains(&value) {
                break;
            }
            items.push(value);
        }
        Value::Array(items)
    }

    /// An example without what does not travel in this direction.
    fn strip(&self, value: Value, schema: &Map<String, Value>, depth: usize) -> Value {
        if depth >= DEPTH_MAX {
            return value;
        }
        match value {
            Value::Object(object) => {
                let property = |name: &str| schema.get("properties").and_then(|properties| properties.get(name));
                let kept =
                    object.into_iter().filter(|(name, _)| !property(name).is_some_and(|one| self.is_hidden(one)));
                let stripped = kept.map(|(name, value)| {
                    let inner = property(&name).map(|schema| merge::flatten(self.document, schema));
                    let value = match inner {
                        Some(inner) => self.strip(value, &inner, depth + 1),
                        None => value,
                    };
                    (name, value)
                });
                Value::Object(stripped.collect())
            }
            Value::Array(items) => match schema.get("items") {
                Some(inner) => {
                    let inner = merge::flatten(self.document, inner);
                    Value::Array(items.into_iter().map(|item| self.strip(item, &inner, depth + 1)).collect())
                }
                None => Value::Array(items),
            },
            scalar => scalar,
        }
    }

    fn is_hidden(&self, property: &Value) -> bool {
        let flag = match self.direction {
            Direction::Request => "readOnly",
            Direction::Reply => "writeOnly",
        };
        let says = |schema: &Value| schema.get(flag) == Some(&Value::Bool(true));
        says(property) || says(self.document.resolve(property))
    }

    /// A generator of its own for each place, so that one property's value does not hang on another's.
    fn random(&self, spot: &Spot<'_>) -> ChaCha8Rng {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(spot.salt.to_le_bytes());
        hash.update(spot.pointer.as_bytes());
        ChaCha8Rng::from_seed(hash.finalize().into())
    }
}

/// The type to sample: the first that is not `null`, or what the keywords speak of.
fn kind(schema: &Map<String, Value>) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => return name,
        Some(Value::Array(list)) => {
            let mut listed = list.iter().filter_map(Value::as_str);
            return listed.find(|name| *name != "null").unwrap_or("null");
        }
        _ => {}
    }
    const OBJECT: [&str; 4] = ["properties", "required", "additionalProperties", "minProperties"];
    const ARRAY: [&str; 4] = ["items", "prefixItems", "minItems", "contains"];
    const NUMBER: [&str; 5] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
    let says = |keywords: &[&str]| keywords.iter().any(|keyword| schema.contains_key(*keyword));
    if says(&OBJECT) {
        "object"
    } else if says(&ARRAY) {
        "array"
    } else if says(&NUMBER) {
        "number"
    } else {
        "string"
    }
}

fn is_of_type(value: &Value, schema: &Map<String, Value>) -> bool {
    let fits = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        _ => true,
    };
    match schema.get("type") {
        Some(Value::String(name)) => fits(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(fits),
        _ => true,
    }
}

fn names(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests;
