//! One condition of a list, ready to be tested against a record or looked up in an index.

use std::cmp::Ordering;
use std::ops::Range;

use serde_json::Value;

use super::Record;
use super::collection::{Collection, Entry, Index};
use super::key::{Class, Key};
use super::ranked::Ranked;
use crate::world::query::{Filter, Operator};

#[derive(Debug)]
pub struct Test<'q> {
    pub field: &'q str,
    operator: Operator,
    /// What the field is compared with: one key, or for `In` any number, sorted.
    keys: Vec<Key>,
    /// For `Contains`, in lower case; `None` when it is not a string, which no string contains.
    needle: Option<String>,
}

impl<'q> Test<'q> {
    pub fn new(filter: &'q Filter) -> Test<'q> {
        let keys = match (&filter.value, filter.operator) {
            (Value::Array(values), Operator::In) => {
                let mut keys: Vec<Key> = values.iter().map(Key::of).collect();
                keys.sort_unstable();
                keys.dedup();
                keys
            }
            (value, _) => vec![Key::of(value)],
        };
        let needle = filter.value.as_str().map(str::to_lowercase);
        Test { field: &filter.field, operator: filter.operator, keys, needle }
    }

    pub fn is_equality(&self) -> bool {
        self.operator == Operator::Equal
    }

    /// The key that an equality asks for.
    pub fn key(&self) -> &Key {
        self.keys.first().unwrap_or(&Key::Null)
    }

    pub fn accepts(&self, record: &Record) -> bool {
        let keys = record.keys(self.field);
        match self.operator {
            // The opposite of Equal also for arrays: none of the elements may be equal.
            Operator::NotEqual => !keys.as_slice().iter().any(|key| self.keys.contains(key)),
            _ => keys.as_slice().iter().any(|key| self.accepts_key(key)),
        }
    }

    fn accepts_key(&self, key: &Key) -> bool {
        let order = || key.compare(self.key());
        match self.operator {
            Operator::Equal | Operator::NotEqual => key == self.key(),
            Operator::In => self.keys.binary_search(key).is_ok(),
            Operator::Greater => order() == Some(Ordering::Greater),
            Operator::GreaterOrEqual => order().is_some_and(Ordering::is_ge),
            Operator::Less => order() == Some(Ordering::Less),
            Operator::LessOrEqual => order().is_some_and(Ordering::is_le),
            Operator::Contains => match (key.as_text(), &self.needle) {
                (Some(text), Some(needle)) => text.to_lowercase().contains(needle),
                _ => false,
            },
        }
    }

    /// The field's index, and the places in it that hold what this accepts, in order and without overlap; `None` when an index does not
    /// help: then none is made.
    pub fn places<'c>(&self, collection: &'c Collection) -> Option<(&'c Index, Vec<Range<usize>>)> {
        if matches!(self.operator, Operator::NotEqual | Operator::Contains) {
            return None;
        }
        let index = collection.index(self.field)?;
        Some((index, self.spans(&index.entries)?))
    }

    fn spans(&self, entries: &Ranked<Entry>) -> Option<Vec<Range<usize>>> {
        let below = |key: &Key| entries.rank(|entry| entry.key < *key);
        let through = |key: &Key| entries.rank(|entry| entry.key <= *key);
        let class_start = |class: Class| entries.rank(|entry| entry.key.class() < class);
        let class_end = |class: Class| entries.rank(|entry| entry.key.class() <= class);
        let nulls = 0..class_end(Class::Null);
        let one = |span: Range<usize>| Vec::from([span]);
        let key = self.key();
        let spans = match (self.operator, key.class()) {
            (Operator::NotEqual | Operator::Contains, _) => return None,
            (Operator::Equal, _) => one(below(key)..through(key)),
            (Operator::In, _) => self.keys.iter().map(|key| below(key)..through(key)).collect(),
            // Null is below everything, and trees are equal or nothing.
            (Operator::Greater, Class::Null) => one(nulls.end..entries.len()),
            (Operator::GreaterOrEqual, Class::Null) => one(0..entries.len()),
            (Operator::Less, Class::Null) => Vec::new(),
            (Operator::LessOrEqual, Class::Null) => vec![nulls],
            (Operator::Greater, Class::Tree) => Vec::new(),
            (Operator::GreaterOrEqual, Class::Tree) => one(below(key)..through(key)),
            (Operator::Less, Class::Tree) => vec![nulls],
            (Operator::LessOrEqual, Class::Tree) => vec![nulls, below(key)..through(key)],
            (Operator::Greater, class) => one(through(key)..class_end(class)),
            (Operator::GreaterOrEqual, class) => one(below(key)..class_end(class)),
            (Operator::Less, class) => vec![nulls, class_start(class)..below(key)],
            (Operator::LessOrEqual, class) => vec![nulls, class_start(class)..through(key)],
        };
        Some(spans)
    }
}
