//! Pairs with bracketed names (`a=1&b[c]=2&d[]=3`) to nested JSON.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::shape::Shape;
use super::text::decode_text;

/// Brackets nested deeper than this are part of the name.
const BRACKETS_MAX: usize = 16;

/// Form pairs (`a=1&b[c]=2&d[]=3`, already split and percent-decoded) to one JSON object by shape; brackets nest.
pub fn decode_form(pairs: &[(String, String)], shape: &Shape) -> Map<String, Value> {
    let mut root = Node::default();
    for (name, text) in pairs {
        root.insert(&path(name, shape), text);
    }
    root.children
        .into_iter()
        .map(|(name, node)| {
            let shape = shape.property(&name);
            let value = node.value(shape.unwrap_or(&Shape::default()));
            (name, value)
        })
        .collect()
}

/// The field that a pair of this name is of: `ids` for `ids[]`.
pub fn field_of<'n>(name: &'n str, shape: &Shape) -> &'n str {
    path(name, shape).first().copied().unwrap_or(name)
}

/// Some documents declare a field by its bracketed name, `ids[]`.
fn path<'n>(name: &'n str, shape: &Shape) -> Vec<&'n str> {
    if shape.properties.contains_key(name) { vec![name] } else { segments(name) }
}

/// Values below one name, each with the bracketed rest of its name: what `deepObject` and exploded arrays are.
pub(super) fn decode_below(pairs: &[(String, String)], shape: &Shape) -> Value {
    let mut root = Node::default();
    for (rest, text) in pairs {
        root.insert(&brackets(rest), text);
    }
    root.value(shape)
}

/// A tree of names with texts at its leaves.
#[derive(Debug, Default)]
struct Node {
    texts: Vec<String>,
    children: IndexMap<String, Node>,
    /// What came by `[]`.
    items: Vec<Node>,
}

impl Node {
    fn insert(&mut self, segments: &[&str], text: &str) {
        match segments {
            [] => self.texts.push(text.to_owned()),
            ["", rest @ ..] => self.item_for(rest).insert(rest, text),
            [name, rest @ ..] => self.children.entry((*name).to_owned()).or_default().insert(rest, text),
        }
    }

    /// `a[][x]=1&a[][y]=2&a[][x]=3` are two items: a name that the last item has already begins the next one.
    fn item_for(&mut self, rest: &[&str]) -> &mut Node {
        let open =
            |item: &Node| rest.first().is_some_and(|next| !next.is_empty() && !item.children.contains_key(*next));
        if !self.items.last().is_some_and(open) {
            self.items.push(Node::default());
        }
        let last = self.items.len() - 1;
        &mut self.items[last]
    }

    fn value(mut self, shape: &Shape) -> Value {
        if self.items.is_empty() && self.children.is_empty() {
            return leaf(&self.texts, shape);
        }
        if self.is_list(shape) {
            let default = Shape::default();
            let items = shape.items.as_deref().unwrap_or(&default);
            // By number, not by order of arrival; `a[1]=x&a[0]=y` is `[y, x]`.
            self.children.sort_by_cached_key(|name, _| name.parse::<u64>().unwrap_or(u64::MAX));
            let texts = self.texts.iter().map(|text| decode_text(text, items));
            let nodes = self.children.into_values().chain(self.items).map(|node| node.value(items));
            return Value::Array(texts.collect::<Vec<_>>().into_iter().chain(nodes).collect());
        }
        let default = Shape::default();
        let properties = self.children.into_iter().map(|(name, node)| {
            let value = node.value(shape.property(&name).unwrap_or(&default));
            (name, value)
        });
        Value::Object(properties.collect())
    }

    fn is_list(&self, shape: &Shape) -> bool {
        if shape.items.is_some() || shape.is_object() {
            return shape.items.is_some() && self.children.keys().all(|name| is_index(name));
        }
        // Nobody says what it is; numbers from zero up are what a list is written with.
        let mut places: Vec<usize> = self.children.keys().map_while(|name| name.parse().ok()).collect();
        places.sort_unstable();
        places.len() == self.children.len() && places.into_iter().eq(0..self.children.len())
    }
}

fn leaf(texts: &[String], shape: &Shape) -> Value {
    let one = || texts.last().map_or(Value::Null, |text| decode_text(text, shape));
    match &shape.items {
        Some(items) if !shape.is_scalar() || texts.len() > 1 => match texts {
            // A single text may be the whole array, written as JSON.
            [text] if text.trim_start().starts_with('[') => decode_text(text, shape),
            texts => Value::Array(texts.iter().map(|text| decode_text(text, items)).collect()),
        },
        _ => one(),
    }
}

fn is_index(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// `a[b][]` as `a`, `b`, and an empty segment; a name with unbalanced brackets is one segment.
fn segments(name: &str) -> Vec<&str> {
    match name.find('[') {
        Some(start) if start > 0 && name.ends_with(']') => {
            let mut segments = vec![&name[..start]];
            segments.extend(brackets(&name[start..]));
            segments
        }
        _ => vec![name],
    }
}

/// `[b][]` as `b` and an empty segment.
fn brackets(rest: &str) -> Vec<&str> {
    let Some(inner) = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return Vec::new() };
    inner.splitn(BRACKETS_MAX, "][").collect()
}
