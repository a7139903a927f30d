//! What a schema lets a value show: its properties by path, and the values of its enumerations.

use indexmap::IndexMap;
use serde_json::Value;

use crate::contract::document::Document;
use crate::pointer;
use crate::scenario::check::outline::{Members, Place, members, settled};

/// Values nested deeper than this are not counted.
const DEPTH_MAX: usize = 12;
/// Most things of one schema. The nearer to the root come first, so what is cut off is what lies deepest.
const THINGS_MAX: usize = 2_000;

/// The tree of one schema. A schema inside itself is not followed: its properties are counted where it stands first.
#[derive(Debug, Default)]
pub struct Shape {
    nodes: Vec<Node>,
    /// In document order.
    pub things: Vec<Thing>,
}

/// One thing that a value can show.
#[derive(Debug, Clone)]
pub struct Thing {
    /// `/data/items/*/status`.
    pub path: String,
    /// For a value of an enumeration.
    pub value: Option<Value>,
    /// Where the document says so.
    pub pointer: String,
}

#[derive(Debug, Default)]
struct Node {
    /// The thing, and what is below it.
    properties: IndexMap<String, (usize, Option<usize>)>,
    /// Properties without a name of their own count as one.
    others: Option<(usize, Option<usize>)>,
    items: Option<usize>,
    options: Vec<(Value, usize)>,
}

impl Shape {
    pub fn of(document: &Document, schema: &str) -> Shape {
        let mut builder = Builder { document, shape: Shape::default(), open: Vec::new() };
        builder.node(None, Place::at(document, schema).into_iter().collect(), String::new(), 0);
        let mut next = 0;
        // Breadth first: a loop over what is still open, so that the bound cuts off the depths.
        while next < builder.open.len() {
            builder.expand(next);
            next += 1;
        }
        builder.shape.in_document_order()
    }

    /// Counts what a value shows; the things' counts start at `base`.
    pub fn observe(&self, value: &Value, base: usize, seen: &mut [u64]) {
        if !self.nodes.is_empty() {
            self.visit(0, value, base, seen);
        }
    }

    fn visit(&self, node: usize, value: &Value, base: usize, seen: &mut [u64]) {
        let node = &self.nodes[node];
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    let Some((thing, below)) = node.properties.get(name).copied().or(node.others) else { continue };
                    count(seen, base + thing);
                    if let Some(below) = below {
                        self.visit(below, value, base, seen);
                    }
                }
            }
            Value::Array(items) => {
                let Some(below) = node.items else { return };
                items.iter().for_each(|item| self.visit(below, item, base, seen));
            }
            scalar => {
                if let Some((_, thing)) = node.options.iter().find(|(option, _)| option == scalar) {
                    count(seen, base + thing);
                }
            }
        }
    }

    /// Things were found level by level; people read them branch by branch.
    fn in_document_order(mut self) -> Shape {
        let mut order = Vec::with_capacity(self.things.len());
        if !self.nodes.is_empty() {
            self.list(0, &mut order);
        }
        let mut places = vec![0; self.things.len()];
        order.iter().enumerate().for_each(|(place, thing)| places[*thing] = place);
        for node in &mut self.nodes {
            let named = node.properties.values_mut().chain(&mut node.others).map(|(thing, _)| thing);
            named.chain(node.options.iter_mut().map(|(_, thing)| thing)).for_each(|thing| *thing = places[*thing]);
        }
        self.things = order.iter().map(|thing| self.things[*thing].clone()).collect();
        self
    }

    fn list(&self, node: usize, order: &mut Vec<usize>) {
        let node = &self.nodes[node];
        order.extend(node.options.iter().map(|(_, thing)| thing));
        for (thing, below) in node.properties.values().chain(&node.others) {
            order.push(*thing);
            below.iter().for_each(|below| self.list(*below, order));
        }
        node.items.iter().for_each(|below| self.list(*below, order));
    }
}

fn count(seen: &mut [u64], thing: usize) {
    if let Some(seen) = seen.get_mut(thing) {
        *seen = seen.saturating_add(1);
    }
}

struct Builder<'d> {
    document: &'d Document,
    shape: Shape,
    /// What is known of each node before it is expanded.
    open: Vec<Open<'d>>,
}

struct Open<'d> {
    parent: Option<usize>,
    /// Settled and sorted.
    schemas: Vec<Place<'d>>,
    path: String,
    depth: usize,
}

impl<'d> Builder<'d> {
    /// A node for a value of these schemas, unless it is too deep, inside itself, or about nothing.
    fn node(&mut self, parent: Option<usize>, schemas: Vec<Place<'d>>, path: String, depth: usize) -> Option<usize> {
        let schemas = settled(self.document, schemas);
        // Most values are plain ones, and nothing needs to be drawn for them.
        if schemas.iter().all(|place| is_plain(place.schema)) {
            return None;
        }
        let same = |others: &[Place<'_>]| {
            others.len() == schemas.len()
                && others.iter().zip(&schemas).all(|(other, schema)| other.pointer == schema.pointer)
        };
        let mut above = parent;
        while let Some(index) = above {
            if same(&self.open[index].schemas) {
                return None;
            }
            above = self.open[index].parent;
        }
        if schemas.is_empty() || depth > DEPTH_MAX {
            return None;
        }
        self.open.push(Open { parent, schemas, path, depth });
        self.shape.nodes.push(Node::default());
        Some(self.open.len() - 1)
    }

    fn expand(&mut self, index: usize) {
        let Open { schemas, path, depth, .. } = &self.open[index];
        let (path, depth) = (path.clone(), depth + 1);
        let members = members(self.document, schemas.clone());
        for (value, pointer) in options(&members) {
            let thing = Thing { path: path.clone(), value: Some(value.clone()), pointer };
            let Some(thing) = self.thing(thing) else { return };
            self.shape.nodes[index].options.push((value, thing));
        }
        for name in members.names() {
            let schemas = members.property(&name);
            if self.is_never_answered(&schemas) {
                continue;
            }
            let Some(below) = self.property(index, pointer::join(&path, &name), schemas, depth) else { return };
            self.shape.nodes[index].properties.insert(name, below);
        }
        let others = members.other_properties();
        if !others.is_empty() {
            self.shape.nodes[index].others = self.property(index, format!("{path}/*"), others, depth);
        }
        self.shape.nodes[index].items = self.node(Some(index), members.items(), format!("{path}/*"), depth);
    }

    fn property(
        &mut self,
        owner: usize,
        path: String,
        schemas: Vec<Place<'d>>,
        depth: usize,
    ) -> Option<(usize, Option<usize>)> {
        let pointer = schemas.first().map_or_else(String::new, |place| place.pointer.clone());
        let thing = self.thing(Thing { path: path.clone(), value: None, pointer })?;
        Some((thing, self.node(Some(owner), schemas, path, depth)))
    }

    fn thing(&mut self, thing: Thing) -> Option<usize> {
        if self.shape.things.len() >= THINGS_MAX {
            return None;
        }
        self.shape.things.push(thing);
        Some(self.shape.things.len() - 1)
    }

    /// `writeOnly` properties are sent, and never answered.
    fn is_never_answered(&self, schemas: &[Place<'_>]) -> bool {
        let says = |schema: &Value| schema.get("writeOnly") == Some(&Value::Bool(true));
        schemas.iter().any(|place| says(place.schema) || says(self.document.resolve(place.schema)))
    }
}

/// Does the schema speak neither of inner values nor of a choice of values?
fn is_plain(schema: &Value) -> bool {
    const SAYING: [&str; 15] = [
        "$ref",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "dependentSchemas",
        "enum",
        "if",
        "items",
        "oneOf",
        "patternProperties",
        "prefixItems",
        "properties",
        "unevaluatedItems",
        "unevaluatedProperties",
    ];
    schema.as_object().is_none_or(|schema| !schema.keys().any(|keyword| SAYING.contains(&keyword.as_str())))
}

/// The values of enumerations, and of alternatives that are one constant each.
fn options(members: &Members<'_>) -> Vec<(Value, String)> {
    let mut found: Vec<(Value, String)> = Vec::new();
    let mut add = |value: &Value, pointer: String| {
        if !found.iter().any(|(known, _)| known == value) {
            found.push((value.clone(), pointer));
        }
    };
    for member in &members.list {
        let listed = member.schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        listed.for_each(|value| add(value, pointer::join(&member.pointer, "enum")));
    }
    let constants = || members.list.iter().filter_map(|member| Some((member, member.schema.get("const")?)));
    if constants().count() > 1 {
        constants().for_each(|(member, value)| add(value, pointer::join(&member.pointer, "const")));
    }
    found
}
