//! What text may become, read from a schema.

use indexmap::IndexMap;
use serde_json::Value;

use crate::contract::document::Document;
use crate::json;

/// Schemas nested deeper than this do not shape text: no query is.
const DEPTH_MAX: usize = 12;
/// How many schemas are looked at for one shape, so that schemas which refer to each other stay cheap.
const SCHEMAS_MAX: usize = 2_000;

/// The JSON types that a piece of text may be decoded to, in the order tried: integer, number, boolean, null, then string.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    pub integer: bool,
    pub number: bool,
    pub boolean: bool,
    pub string: bool,
    pub null: bool,
    /// An array whose items have this shape.
    pub items: Option<Box<Shape>>,
    /// An object with these properties.
    pub properties: IndexMap<String, Shape>,
    /// Other properties of an object.
    pub other: Option<Box<Shape>>,
}

/// The shape of a schema, through `$ref`, `anyOf`, `oneOf` and `allOf`.
pub fn shape(document: &Document, schema: &Value) -> Shape {
    let mut shape = Shape::default();
    let mut walk = Walk { document, left: SCHEMAS_MAX };
    walk.visit(schema, &mut shape, 0);
    shape
}

impl Shape {
    pub fn is_object(&self) -> bool {
        !self.properties.is_empty() || self.other.is_some()
    }

    /// May one piece of text be a value by itself?
    pub fn is_scalar(&self) -> bool {
        self.integer || self.number || self.boolean || self.string || self.null
    }

    /// The shape of a property, where the schema says anything of it.
    pub fn property(&self, name: &str) -> Option<&Shape> {
        self.properties.get(name).or(self.other.as_deref())
    }
}

struct Walk<'a> {
    document: &'a Document,
    left: usize,
}

impl Walk<'_> {
    fn visit(&mut self, schema: &Value, shape: &mut Shape, depth: usize) {
        if depth >= DEPTH_MAX || self.left == 0 {
            return;
        }
        self.left -= 1;
        // A `$ref` may have siblings in 2020-12: the schema's own words count as well.
        let target = self.document.resolve(schema);
        if !std::ptr::eq(target, schema) {
            self.visit(target, shape, depth + 1);
        }
        let Some(object) = schema.as_object() else { return };
        match json::member(object, "type") {
            Some(Value::String(name)) => add_type(name, shape),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).for_each(|name| add_type(name, shape)),
            _ => json::member(object, "const")
                .into_iter()
                .chain(options(schema))
                .for_each(|value| add_value(value, shape)),
        }
        for branch in
            ["anyOf", "oneOf", "allOf"].iter().filter_map(|keyword| json::member(object, keyword)?.as_array()).flatten()
        {
            self.visit(branch, shape, depth + 1);
        }
        if let Some(items) = json::member(object, "items") {
            self.visit(items, shape.items.get_or_insert_default(), depth + 1);
        } else if says_array(json::member(object, "type")) {
            shape.items.get_or_insert_default();
        }
        for (name, property) in json::member(object, "properties").and_then(Value::as_object).into_iter().flatten() {
            self.visit(property, shape.properties.entry(name.clone()).or_default(), depth + 1);
        }
        match json::member(object, "additionalProperties") {
            Some(other @ Value::Object(_)) => self.visit(other, shape.other.get_or_insert_default(), depth + 1),
            Some(Value::Bool(true)) => drop(shape.other.get_or_insert_default()),
            None if says(json::member(object, "type"), "object") && json::member(object, "properties").is_none() => {
                shape.other.get_or_insert_default();
            }
            _ => {}
        }
    }
}

fn options(schema: &Value) -> impl Iterator<Item = &Value> {
    json::get(schema, "enum").and_then(Value::as_array).into_iter().flatten()
}

fn says(declared: Option<&Value>, wanted: &str) -> bool {
    match declared {
        Some(Value::String(name)) => name == wanted,
        Some(Value::Array(names)) => names.iter().any(|name| name == wanted),
        _ => false,
    }
}

fn says_array(declared: Option<&Value>) -> bool {
    says(declared, "array")
}

fn add_type(name: &str, shape: &mut Shape) {
    match name {
        "integer" => shape.integer = true,
        "number" => shape.number = true,
        "boolean" => shape.boolean = true,
        "string" => shape.string = true,
        "null" => shape.null = true,
        _ => {}
    }
}

fn add_value(value: &Value, shape: &mut Shape) {
    match value {
        Value::Null => shape.null = true,
        Value::Bool(_) => shape.boolean = true,
        Value::Number(number) if number.is_f64() => shape.number = true,
        Value::Number(_) => shape.integer = true,
        Value::String(_) => shape.string = true,
        _ => {}
    }
}
