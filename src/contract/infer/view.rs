//! A schema as inference looks at it: which properties an object has, and what is said about each.

use std::cell::OnceCell;

use indexmap::IndexMap;
use serde_json::Value;

use crate::contract::document::Document;
use crate::json;

/// How many schemas one view may visit; keeps `allOf` that fans out from costing more than a look.
const VISITS_MAX: usize = 400;
/// How deep `allOf` and `anyOf` may nest.
const DEPTH_MAX: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    Array,
    Object,
    Unknown,
}

/// An object schema with its `allOf` laid flat.
#[derive(Debug, Clone, Default)]
pub struct View<'a> {
    /// Pointers of the components it is made of, the outermost first: `/components/schemas/Post`.
    pub names: Vec<String>,
    pub properties: IndexMap<&'a str, Property<'a>, foldhash::fast::FixedState>,
    /// The properties' names as [`super::names::flat`] has them, once somebody asked.
    flats: OnceCell<Vec<String>>,
}

#[derive(Debug, Clone, Copy)]
pub struct Property<'a> {
    /// As written, with what stands beside a `$ref`.
    pub raw: &'a Value,
    /// With `$ref` followed, and without a null alternative.
    pub schema: &'a Value,
    pub required: bool,
    pub nullable: bool,
}

impl<'a> View<'a> {
    pub fn of(document: &'a Document, raw: &'a Value) -> View<'a> {
        let mut view = View::default();
        let mut required = Vec::new();
        let mut visits = 0;
        collect(document, raw, &mut view, &mut required, &mut visits, 0);
        for name in required {
            if let Some(property) = view.properties.get_mut(name) {
                property.required = true;
            }
        }
        view
    }

    /// The property of this name in any style: `channel_id` finds `channelId`.
    pub fn find(&self, flat: &str) -> Option<(&'a str, Property<'a>)> {
        let flats = self.flats.get_or_init(|| self.properties.keys().map(|name| super::names::flat(name)).collect());
        let index = flats.iter().position(|candidate| candidate == flat)?;
        self.properties.get_index(index).map(|(name, property)| (*name, *property))
    }

    pub fn has(&self, name: &str) -> bool {
        self.properties.contains_key(name)
    }

    /// Are the two made of a common component?
    pub fn related(&self, names: &[String]) -> bool {
        self.names.iter().any(|name| names.contains(name))
    }
}

fn collect<'a>(
    document: &'a Document,
    raw: &'a Value,
    view: &mut View<'a>,
    required: &mut Vec<&'a str>,
    visits: &mut usize,
    depth: usize,
) {
    *visits += 1;
    if *visits > VISITS_MAX || depth > DEPTH_MAX {
        return;
    }
    let (schema, name) = document.resolve_named(raw);
    if let Some(name) = name
        && !view.names.contains(&name)
    {
        view.names.push(name);
    }
    // In JSON Schema 2020-12 properties may also stand beside a `$ref`.
    for part in [raw, schema] {
        let names = json::get(part, "required").and_then(Value::as_array).into_iter().flatten();
        required.extend(names.filter_map(Value::as_str));
        for (name, raw) in json::get(part, "properties").and_then(Value::as_object).into_iter().flatten() {
            view.properties.insert(name.as_str(), Property::of(document, raw));
        }
        if std::ptr::eq(raw, schema) {
            break;
        }
    }
    for part in json::get(schema, "allOf").and_then(Value::as_array).into_iter().flatten() {
        collect(document, part, view, required, visits, depth + 1);
    }
    if view.properties.is_empty() {
        for keyword in ["oneOf", "anyOf"] {
            let parts = json::get(schema, keyword).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for part in parts.iter().filter(|part| !is_null(document.resolve(part))) {
                // What only some alternatives have is required of none.
                let mut ignored = Vec::new();
                let several = parts.len() > 2;
                let required = if several { &mut ignored } else { &mut *required };
                collect(document, part, view, required, visits, depth + 1);
            }
        }
    }
}

impl<'a> Property<'a> {
    pub fn of(document: &'a Document, raw: &'a Value) -> Property<'a> {
        let mut schema = document.resolve(raw);
        let mut nullable = allows_null(schema);
        for _ in 0..DEPTH_MAX {
            let Some(only) = only_alternative(document, schema, &mut nullable) else { break };
            schema = only;
        }
        Property { raw, schema, required: false, nullable }
    }

    pub fn kind(&self) -> Kind {
        kind(self.schema)
    }

    /// An annotation, which may stand beside a `$ref`.
    pub fn say(&self, keyword: &str) -> Option<&'a Value> {
        json::get(self.raw, keyword).or_else(|| json::get(self.schema, keyword))
    }

    pub fn flag(&self, keyword: &str) -> bool {
        self.say(keyword).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn format(&self) -> &'a str {
        self.say("format").and_then(Value::as_str).unwrap_or_default()
    }

    pub fn example(&self) -> Option<&'a Value> {
        let several = self.say("examples").and_then(|examples| examples.get(0));
        several.or_else(|| self.say("example"))
    }

    pub fn choices(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.say("enum").and_then(Value::as_array).into_iter().flatten()
    }

    /// The property of the items of an array.
    pub fn items(&self, document: &'a Document) -> Option<Property<'a>> {
        json::get(self.schema, "items").map(|items| Property::of(document, items))
    }

    /// A value that the schema names: `const`, `default`, an example or the first choice.
    pub fn named_value(&self) -> Option<&'a Value> {
        let given = self.say("const").or_else(|| self.say("default")).or_else(|| self.example());
        given.or_else(|| self.choices().find(|choice| !choice.is_null()))
    }

    /// Can it hold an instant?
    pub fn is_instant(&self) -> bool {
        match self.kind() {
            Kind::Integer | Kind::Number => true,
            Kind::Text => matches!(self.format(), "" | "date-time" | "date") && self.choices().next().is_none(),
            _ => false,
        }
    }
}

/// The only alternative that is not null, or the only part of an `allOf` without properties of its own.
fn only_alternative<'a>(document: &'a Document, schema: &'a Value, nullable: &mut bool) -> Option<&'a Value> {
    if let [only] = json::get(schema, "allOf").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
        && json::get(schema, "properties").is_none()
    {
        return Some(document.resolve(only));
    }
    for keyword in ["anyOf", "oneOf"] {
        let parts = json::get(schema, keyword).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let resolved = parts.iter().map(|part| document.resolve(part));
        let others: Vec<&Value> = resolved.filter(|part| !is_null(part)).collect();
        *nullable |= others.len() < parts.len();
        if let [only] = others.as_slice() {
            *nullable |= allows_null(only);
            return Some(only);
        }
    }
    None
}

pub fn kind(schema: &Value) -> Kind {
    let word = match json::get(schema, "type") {
        Some(Value::String(word)) => Some(word.as_str()),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).find(|word| *word != "null"),
        _ => None,
    };
    match word {
        Some("string") => Kind::Text,
        Some("integer") => Kind::Integer,
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Boolean,
        Some("array") => Kind::Array,
        Some("object") => Kind::Object,
        _ if json::get(schema, "properties").is_some() || json::get(schema, "allOf").is_some() => Kind::Object,
        _ if json::get(schema, "items").is_some() => Kind::Array,
        _ => json::get(schema, "const").or_else(|| json::get(schema, "enum").and_then(|list| list.get(0))).map_or_else(
            || {
                json::get(schema, "anyOf")
                    .or_else(|| json::get(schema, "oneOf"))
                    .map_or(Kind::Unknown, kind_of_alternatives)
            },
            kind_of_value,
        ),
    }
}

fn kind_of_alternatives(parts: &Value) -> Kind {
    // One look at the first alternative is enough to tell text from number.
    let first = parts.as_array().into_iter().flatten().find_map(|part| json::get(part, "type").and_then(Value::as_str));
    match first {
        Some("string") => Kind::Text,
        Some("integer") => Kind::Integer,
        Some("number") => Kind::Number,
        Some("object") => Kind::Object,
        Some("array") => Kind::Array,
        _ => Kind::Unknown,
    }
}

fn kind_of_value(value: &Value) -> Kind {
    match value {
        Value::String(_) => Kind::Text,
        Value::Number(number) if number.is_f64() => Kind::Number,
        Value::Number(_) => Kind::Integer,
        Value::Bool(_) => Kind::Boolean,
        Value::Array(_) => Kind::Array,
        Value::Object(_) => Kind::Object,
        Value::Null => Kind::Unknown,
    }
}

fn is_null(schema: &Value) -> bool {
    json::get(schema, "type").and_then(Value::as_str) == Some("null")
        || json::get(schema, "const").is_some_and(Value::is_null)
}

fn allows_null(schema: &Value) -> bool {
    let listed = |keyword: &str, null: &dyn Fn(&Value) -> bool| {
        json::get(schema, keyword).and_then(Value::as_array).is_some_and(|list| list.iter().any(null))
    };
    listed("type", &|word| word.as_str() == Some("null")) || listed("enum", &Value::is_null) || is_null(schema)
}
