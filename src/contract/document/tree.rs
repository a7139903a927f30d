//! What a file is read into: one JSON tree that refuses duplicate keys and keeps their order, and how YAML is understood.
//!
//! The build reads the shipped documents with this very file (`src/build.rs`), so it uses nothing else of this crate.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// The largest file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 64 << 20;
/// The deepest nesting of YAML, whose reader needs far more stack for each level.
pub const YAML_DEPTH_MAX: usize = 64;

const YAML_EVENTS_MAX: usize = 20_000_000;
const YAML_NODES_MAX: usize = 10_000_000;
const YAML_ALIAS_EVENTS_MAX: usize = 1_000_000;

/// How YAML is read: as YAML 1.2, and where that leaves a choice, so that text stays text.
pub fn yaml_options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: YAML_EVENTS_MAX,
            max_nodes: YAML_NODES_MAX,
            max_depth: YAML_DEPTH_MAX,
            flow_nesting_limit: YAML_DEPTH_MAX,
            max_documents: 1,
            max_total_scalar_bytes: FILE_BYTES_MAX,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: YAML_ALIAS_EVENTS_MAX },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        // YAML 1.1 would make `no`, `on` and `y` booleans, and `1_000` a number.
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        // `012` is a postcode or a phone number far more often than the number twelve.
        leading_zero_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// A JSON value that refuses a key given twice, where `serde_json` alone would keep the last one silently.
pub struct Tree(pub Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(TreeVisitor).map(Tree)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(wide_number(value as f64))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(wide_number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(wide_number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Tree(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            match map.entry(key) {
                Entry::Vacant(place) => place.insert(access.next_value::<Tree>()?.0),
                Entry::Occupied(known) => {
                    return Err(A::Error::custom(format_args!("the key `{}` is given twice", known.key())));
                }
            };
        }
        Ok(Value::Object(map))
    }
}

/// A number outside of 64 bits loses precision, as in any JSON reader; infinity and NaN have no JSON form.
fn wide_number(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}
