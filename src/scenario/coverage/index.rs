//! Everything that can be seen of a contract, numbered, and where an exchange finds its numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::shape::Shape;
use super::{Dimension, Item};
use crate::contract::Contract;
use crate::contract::operation::{Media, Operation};
use crate::contract::parameter::{Arguments, Parameter};
use crate::contract::violation::Place as ParameterPlace;
use crate::pointer;
use crate::scenario::check::outline::{Place, settled};
use crate::scenario::check::promise::Statuses;
use crate::scenario::check::{media, site};
use crate::scenario::exchange::{Exchange, media_type};

/// The things of a contract in document order; a thing's number is its place.
#[derive(Debug, Default)]
pub struct Index {
    entries: Vec<Entry>,
    /// How many things there are.
    len: usize,
    operations: Vec<OperationIndex>,
    /// The operations' ids.
    names: Vec<String>,
}

#[derive(Debug)]
enum Entry {
    One {
        dimension: Dimension,
        operation: usize,
        name: String,
        pointer: String,
    },
    /// All things of a reply's schema.
    Shape {
        operation: usize,
        label: String,
        shape: Arc<Shape>,
    },
}

/// Where the things of an operation stand.
#[derive(Debug)]
struct OperationIndex {
    thing: usize,
    parameters: Vec<ParameterIndex>,
    requests: Vec<MediaIndex>,
    /// The more exact statuses first.
    replies: Vec<ReplyIndex>,
}

#[derive(Debug)]
struct ParameterIndex {
    place: ParameterPlace,
    name: String,
    thing: usize,
    /// Its enumeration's values, or those of its items.
    shape: Option<(Arc<Shape>, usize)>,
}

#[derive(Debug)]
struct ReplyIndex {
    statuses: Statuses,
    thing: usize,
    media: Vec<MediaIndex>,
}

#[derive(Debug)]
struct MediaIndex {
    name: String,
    thing: usize,
    shape: Option<(Arc<Shape>, usize)>,
}

impl Index {
    pub fn of(contract: &Contract) -> Index {
        let mut builder = Builder { contract, index: Index::default(), shapes: BTreeMap::new() };
        for (number, operation) in contract.operations.list.iter().enumerate() {
            builder.operation(number, operation);
        }
        builder.index
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// Counts what an exchange shows.
    pub fn observe(&self, exchange: &Exchange, seen: &mut [u64]) {
        let Some(operation) = self.operations.get(exchange.operation.0) else { return };
        count(seen, operation.thing);
        for parameter in &operation.parameters {
            let Some(value) = values(&exchange.arguments, parameter.place).get(&parameter.name) else { continue };
            count(seen, parameter.thing);
            if let Some((shape, base)) = &parameter.shape {
                shape.observe(value, *base, seen);
            }
        }
        if !exchange.call.body.is_empty()
            && let Some(media) = chosen(&operation.requests, exchange.call.header("content-type"))
        {
            count(seen, media.thing);
        }
        let status = exchange.status();
        let Some(reply) = operation.replies.iter().find(|reply| reply.statuses.fit(status)) else { return };
        count(seen, reply.thing);
        if exchange.reply.body.is_empty() {
            return;
        }
        let Some(media) = chosen(&reply.media, exchange.reply.header("content-type")) else { return };
        count(seen, media.thing);
        if let (Some((shape, base)), Some(value)) = (&media.shape, &exchange.received) {
            shape.observe(value, *base, seen);
        }
    }

    /// The dimension of each thing.
    pub fn dimensions(&self) -> impl Iterator<Item = Dimension> {
        self.entries.iter().flat_map(|entry| {
            let (one, many) = match entry {
                Entry::One { dimension, .. } => (Some(*dimension), &[][..]),
                Entry::Shape { shape, .. } => (None, &shape.things[..]),
            };
            one.into_iter().chain(many.iter().map(|thing| dimension_of(thing.value.as_ref())))
        })
    }

    /// Every thing with its count; those without one count zero.
    pub fn items(&self, seen: &[u64]) -> Vec<Item> {
        let mut items = Vec::with_capacity(self.len);
        let mut add = |dimension, operation: usize, name, pointer: &String| {
            let seen = seen.get(items.len()).copied().unwrap_or(0);
            let operation = self.names[operation].clone();
            items.push(Item { dimension, operation, name, seen, pointer: pointer.clone() });
        };
        for entry in &self.entries {
            match entry {
                Entry::One { dimension, operation, name, pointer } => {
                    add(*dimension, *operation, name.clone(), pointer);
                }
                Entry::Shape { operation, label, shape } => {
                    for thing in &shape.things {
                        let place = if thing.path.is_empty() { String::new() } else { format!(" {}", thing.path) };
                        let value = thing.value.as_ref().map(|value| format!(" = {}", shown(value)));
                        let name = format!("{label}{place}{}", value.unwrap_or_default());
                        add(dimension_of(thing.value.as_ref()), *operation, name, &thing.pointer);
                    }
                }
            }
        }
        items
    }
}

fn dimension_of(value: Option<&Value>) -> Dimension {
    if value.is_some() { Dimension::EnumValue } else { Dimension::ResponseProperty }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn count(seen: &mut [u64], thing: usize) {
    if let Some(seen) = seen.get_mut(thing) {
        *seen = seen.saturating_add(1);
    }
}

fn values(arguments: &Arguments, place: ParameterPlace) -> &Map<String, Value> {
    match place {
        ParameterPlace::Query => &arguments.query,
        ParameterPlace::Header => &arguments.header,
        ParameterPlace::Cookie => &arguments.cookie,
        // Parameters are never in a body.
        ParameterPlace::Path | ParameterPlace::Body => &arguments.path,
    }
}

fn chosen<'i>(declared: &'i [MediaIndex], header: Option<&str>) -> Option<&'i MediaIndex> {
    let name = media_type(header?);
    media::best(declared.iter().map(|media| media.name.as_str()), &name).map(|index| &declared[index])
}

struct Builder<'c> {
    contract: &'c Contract,
    index: Index,
    /// By the pointer of the schema that is meant in the end: what is shared by replies has one tree.
    shapes: BTreeMap<String, Arc<Shape>>,
}

impl Builder<'_> {
    fn operation(&mut self, number: usize, operation: &Operation) {
        let document = &self.contract.document;
        self.index.names.push(operation.id.clone());
        let name = format!("{} {}", operation.method, operation.template);
        let thing = self.one(number, Dimension::Operation, name, &operation.pointer);
        let parameters = operation.parameters.iter().map(|one| self.parameter(number, operation, one)).collect();
        let requests = match &operation.body {
            Some(body) => {
                let owner = site::request_body(document, operation);
                self.media(number, "request", &owner, &body.media, false)
            }
            None => Vec::new(),
        };
        let mut replies = Vec::with_capacity(operation.responses.len());
        for (key, response) in &operation.responses {
            let pointer = site::response(document, operation, key);
            let thing = self.one(number, Dimension::Status, key.clone(), &pointer);
            let media = self.media(number, key, &pointer, &response.media, true);
            replies.push(ReplyIndex { statuses: Statuses::of(key), thing, media });
        }
        replies.sort_by_key(|reply| reply.statuses);
        self.index.operations.push(OperationIndex { thing, parameters, requests, replies });
    }

    fn parameter(&mut self, number: usize, operation: &Operation, parameter: &Parameter) -> ParameterIndex {
        let document = &self.contract.document;
        let pointer = site::parameter(document, operation, parameter.place, &parameter.name);
        let label = format!("{} {}", parameter.place.word(), parameter.name);
        let thing = self.one(number, Dimension::Parameter, label.clone(), &pointer);
        let schema = pointer::join(&pointer, "schema");
        // The properties of a parameter are part of it; only its enumerations count beside it.
        let shape = document.at(&schema).map(|_| self.shape(schema));
        let shape = shape.filter(|shape| shape.things.iter().all(|thing| thing.value.is_some()));
        let shape = shape.map(|shape| self.add_shape(number, label, shape));
        ParameterIndex { place: parameter.place, name: parameter.name.clone(), thing, shape }
    }

    fn media(&mut self, number: usize, label: &str, owner: &str, declared: &[Media], deep: bool) -> Vec<MediaIndex> {
        let document = &self.contract.document;
        let mut list = Vec::with_capacity(declared.len());
        for (index, media) in declared.iter().enumerate() {
            let schema = site::media_schema(document, owner, index);
            let pointer = schema.as_deref().and_then(|schema| schema.strip_suffix("/schema")).unwrap_or(owner);
            let name = format!("{label} {}", media.name);
            let thing = self.one(number, Dimension::MediaType, name.clone(), pointer);
            // Where there are several, the paths need to say whose they are.
            let label = if declared.len() > 1 { name } else { label.to_owned() };
            let shape = schema.filter(|_| deep).map(|schema| self.shape(schema));
            let shape = shape.map(|shape| self.add_shape(number, label, shape));
            list.push(MediaIndex { name: media.name.clone(), thing, shape });
        }
        list
    }

    fn one(&mut self, operation: usize, dimension: Dimension, name: String, pointer: &str) -> usize {
        self.index.entries.push(Entry::One { dimension, operation, name, pointer: pointer.to_owned() });
        self.index.len += 1;
        self.index.len - 1
    }

    fn add_shape(&mut self, operation: usize, label: String, shape: Arc<Shape>) -> (Arc<Shape>, usize) {
        let base = self.index.len;
        self.index.len += shape.things.len();
        self.index.entries.push(Entry::Shape { operation, label, shape: shape.clone() });
        (shape, base)
    }

    fn shape(&mut self, schema: String) -> Arc<Shape> {
        let document = &self.contract.document;
        let place = Place::at(document, &schema).into_iter().collect();
        let schema = settled(document, place).pop().map_or(schema, |place| place.pointer);
        self.shapes.entry(schema).or_insert_with_key(|schema| Arc::new(Shape::of(document, schema))).clone()
    }
}
