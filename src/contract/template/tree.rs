//! JSON trees with expressions at their leaves.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::output::Output;
use super::text::Template;
use crate::contract::expression::{EvaluationError, Expression, ExpressionError, Scope};
use crate::json;

/// How deep a tree may be.
pub const TREE_DEPTH_MAX: usize = 64;
/// The longest list that one `$each` goes through.
pub const EACH_ITEMS_MAX: usize = 10_000;
/// How many elements all `$each` of one evaluation may make together.
pub const EACH_TOTAL_MAX: usize = 100_000;

/// A JSON tree. A string leaf that is exactly one `{{ expression }}` becomes that expression's value; other strings with `{{` are text.
/// A key that ends in `?` is left out (without the mark) when its value is null. Key order is the author's.
#[derive(Debug)]
pub struct Tree {
    root: Node,
}

/// A compile error in a tree: the pointer inside the tree, and the error.
pub type TreeError = (String, ExpressionError);

#[derive(Debug)]
enum Node {
    /// A sub-tree without expressions, serialised at load.
    Literal {
        value: Value,
        json: String,
    },
    Expression(Expression),
    Text(Template),
    Object(Vec<Member>),
    List(Vec<Node>),
    Each {
        list: Expression,
        name: String,
        body: Box<Node>,
    },
}

#[derive(Debug)]
struct Member {
    key: String,
    /// The key as it is written: quoted, with its colon.
    json: String,
    optional: bool,
    value: Node,
}

impl Tree {
    pub fn compile(tree: &Value, names: &[&str]) -> Result<Tree, TreeError> {
        Compiler { pointer: String::new(), depth: 0 }.node(tree, names).map(|root| Tree { root })
    }

    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        Writer { out: None, keeps: true, copies: false, items: 0 }.node(&self.root, scope).map(Output::into_value)
    }

    /// Leaves that are one bare name, as (pointer, name): `("/data", "record")`. Leaves inside `$each` are not among them.
    pub fn bare_leaves(&self) -> Vec<(String, String)> {
        let mut leaves = Vec::new();
        collect_bare(&self.root, &mut String::new(), &mut leaves);
        leaves
    }

    /// The bound names that the tree uses, each once, in order of first use; those that `$each` binds are left out.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        collect_names(&self.root, &mut Vec::new(), &mut names);
        names
    }

    /// Writes compact JSON. After an error `out` is as it was.
    pub fn write<'s>(&'s self, scope: &'s Scope<'_>, out: &mut Vec<u8>) -> Result<Output<'s>, EvaluationError> {
        self.put(scope, Writer { out: Some(out), keeps: true, copies: false, items: 0 })
    }

    /// The same, but a bare name bound as text is copied as it is. Returned is the tree's value with `null` in the place of each such
    /// copied leaf: what is left to be checked.
    pub fn write_around<'s>(&'s self, scope: &'s Scope<'_>, out: &mut Vec<u8>) -> Result<Output<'s>, EvaluationError> {
        self.put(scope, Writer { out: Some(out), keeps: true, copies: true, items: 0 })
    }

    /// The same where nobody wants the value, which is not made.
    pub fn write_text(&self, scope: &Scope<'_>, out: &mut Vec<u8>) -> Result<(), EvaluationError> {
        self.put(scope, Writer { out: Some(out), keeps: false, copies: true, items: 0 }).map(|_| ())
    }

    fn put<'s>(&'s self, scope: &'s Scope<'_>, mut writer: Writer<'_>) -> Result<Output<'s>, EvaluationError> {
        let start = writer.len();
        let written = writer.node(&self.root, scope);
        if written.is_err() {
            writer.truncate(start);
        }
        written
    }
}

/// Compiles a tree while it keeps track of where it is.
struct Compiler {
    pointer: String,
    depth: usize,
}

impl Compiler {
    fn node(&mut self, tree: &Value, names: &[&str]) -> Result<Node, TreeError> {
        self.depth += 1;
        if self.depth > TREE_DEPTH_MAX {
            return Err(self.error(format!("tree is deeper than {TREE_DEPTH_MAX} levels")));
        }
        let node = match tree {
            Value::String(text) => self.leaf(text, names)?,
            Value::Array(list) => self.list(list, names)?,
            Value::Object(map) if map.contains_key("$each") => self.each(map, names)?,
            Value::Object(map) => self.object(map, names)?,
            scalar => literal(scalar.clone()),
        };
        self.depth -= 1;
        Ok(node)
    }

    /// Compiles what is below `segment`.
    fn child(&mut self, segment: &str, tree: &Value, names: &[&str]) -> Result<Node, TreeError> {
        let len = self.pointer.len();
        push_segment(&mut self.pointer, segment);
        let node = self.node(tree, names)?;
        self.pointer.truncate(len);
        Ok(node)
    }

    fn leaf(&mut self, text: &str, names: &[&str]) -> Result<Node, TreeError> {
        let template = Template::compile(text, names).map_err(|error| (self.pointer.clone(), error))?;
        if let Some(text) = template.constant() {
            return Ok(literal(Value::from(text)));
        }
        Ok(match template.into_single() {
            Ok(expression) => expression.constant().cloned().map_or_else(|| Node::Expression(expression), literal),
            Err(template) => Node::Text(template),
        })
    }

    fn list(&mut self, list: &[Value], names: &[&str]) -> Result<Node, TreeError> {
        let mut nodes = Vec::with_capacity(list.len());
        for (index, element) in list.iter().enumerate() {
            nodes.push(self.child(&index.to_string(), element, names)?);
        }
        Ok(match nodes.iter().map(Node::constant).collect::<Option<Vec<_>>>() {
            Some(values) => literal(Value::Array(values.into_iter().cloned().collect())),
            None => Node::List(nodes),
        })
    }

    fn object(&mut self, map: &Map<String, Value>, names: &[&str]) -> Result<Node, TreeError> {
        let mut members: Vec<Member> = Vec::with_capacity(map.len());
        for (written, value) in map {
            let (key, optional) = written.strip_suffix('?').map_or((written.as_str(), false), |key| (key, true));
            if optional && map.contains_key(key) {
                return Err(self.error(format!("`{key}` and `{written}` are one key")));
            }
            let value = self.child(written, value, names)?;
            if !(optional && value.constant().is_some_and(Value::is_null)) {
                let json = format!("{}:", Value::from(key));
                members.push(Member { key: key.to_owned(), json, optional, value });
            }
        }
        let values = members.iter().map(|member| Some((member.key.clone(), member.value.constant()?.clone())));
        Ok(match values.collect::<Option<Map<String, Value>>>() {
            Some(values) => literal(Value::Object(values)),
            None => Node::Object(members),
        })
    }

    fn each(&mut self, map: &Map<String, Value>, names: &[&str]) -> Result<Node, TreeError> {
        let hint = "it is {\"$each\": list, \"$as\": name, \"$in\": tree}";
        if let Some(key) = map.keys().find(|key| !["$each", "$as", "$in"].contains(&key.as_str())) {
            return Err(self.error_hinted(format!("`{key}` beside `$each`"), hint));
        }
        let (Some(Value::String(list)), Some(body)) = (map.get("$each"), map.get("$in")) else {
            return Err(self.error_hinted("`$each` needs an expression, and `$in` beside it", hint));
        };
        let name = match map.get("$as") {
            None => "item",
            Some(Value::String(name)) if is_name(name) => name,
            Some(_) => return Err(self.error_hinted("`$as` needs a plain name", hint)),
        };
        let list = Expression::compile(list, names).map_err(|error| (format!("{}/$each", self.pointer), error))?;
        let inner: Vec<&str> = names.iter().copied().chain([name, "index"]).collect();
        let body = Box::new(self.child("$in", body, &inner)?);
        Ok(Node::Each { list, name: name.to_owned(), body })
    }

    fn error(&self, message: impl Into<String>) -> TreeError {
        (self.pointer.clone(), ExpressionError::new(message, 0))
    }

    fn error_hinted(&self, message: impl Into<String>, hint: &str) -> TreeError {
        (self.pointer.clone(), ExpressionError::new(message, 0).hint(hint))
    }
}

impl Node {
    fn constant(&self) -> Option<&Value> {
        match self {
            Node::Literal { value, .. } => Some(value),
            _ => None,
        }
    }
}

fn literal(value: Value) -> Node {
    Node::Literal { json: json::text(&value), value }
}

fn is_name(text: &str) -> bool {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn push_segment(pointer: &mut String, segment: &str) {
    pointer.push('/');
    pointer.push_str(&crate::pointer::escape(segment));
}

fn collect_bare(node: &Node, pointer: &mut String, leaves: &mut Vec<(String, String)>) {
    let len = pointer.len();
    match node {
        Node::Expression(expression) => {
            leaves.extend(expression.bare_name().map(|name| (pointer.clone(), name.to_owned())));
        }
        Node::Object(members) => {
            for member in members {
                push_segment(pointer, &member.key);
                collect_bare(&member.value, pointer, leaves);
                pointer.truncate(len);
            }
        }
        Node::List(nodes) => {
            for (index, node) in nodes.iter().enumerate() {
                push_segment(pointer, &index.to_string());
                collect_bare(node, pointer, leaves);
                pointer.truncate(len);
            }
        }
        Node::Literal { .. } | Node::Text(_) | Node::Each { .. } => {}
    }
}

fn collect_names<'n>(node: &'n Node, bound: &mut Vec<&'n str>, names: &mut Vec<String>) {
    let mut add = |expression: &Expression, bound: &[&str]| {
        for name in expression.names() {
            if !bound.contains(&name.as_str()) && !names.contains(name) {
                names.push(name.clone());
            }
        }
    };
    match node {
        Node::Literal { .. } => {}
        Node::Expression(expression) => add(expression, bound),
        Node::Text(template) => template.expressions().for_each(|expression| add(expression, bound)),
        Node::Object(members) => members.iter().for_each(|member| collect_names(&member.value, bound, names)),
        Node::List(nodes) => nodes.iter().for_each(|node| collect_names(node, bound, names)),
        Node::Each { list, name, body } => {
            add(list, bound);
            bound.extend([name.as_str(), "index"]);
            collect_names(body, bound, names);
            bound.truncate(bound.len() - 2);
        }
    }
}

/// Walks a tree once: makes its value and, where there is an output, writes it on the way.
struct Writer<'o> {
    out: Option<&'o mut Vec<u8>>,
    /// Is the value wanted? Otherwise objects and lists stay empty.
    keeps: bool,
    /// Are bare names that are bound as text copied as they are?
    copies: bool,
    /// Elements made by `$each` so far.
    items: usize,
}

impl Writer<'_> {
    fn node<'s>(&mut self, node: &'s Node, scope: &'s Scope<'_>) -> Result<Output<'s>, EvaluationError> {
        match node {
            Node::Literal { value, json } => {
                self.put(json.as_bytes());
                Ok(Output::Value(Cow::Borrowed(value)))
            }
            Node::Expression(expression) => match self.copied(expression, scope) {
                Some(json) => {
                    self.put(json.as_bytes());
                    Ok(Output::NULL)
                }
                None => Ok(self.value(expression.value(scope)?)),
            },
            Node::Text(template) => Ok(self.value(Cow::Owned(Value::String(template.render(scope)?)))),
            Node::Object(members) => self.object(members, scope),
            Node::List(nodes) => {
                let mut list = Vec::with_capacity(self.room(nodes.len()));
                for (index, node) in nodes.iter().enumerate() {
                    self.put(if index == 0 { b"[" } else { b"," });
                    let value = self.node(node, scope)?;
                    list.extend(self.keeps.then_some(value));
                }
                self.put(b"]");
                Ok(Output::List(list))
            }
            Node::Each { list, name, body } => self.each(list, name, body, scope),
        }
    }

    fn object<'s>(&mut self, members: &'s [Member], scope: &'s Scope<'_>) -> Result<Output<'s>, EvaluationError> {
        let mut made = Vec::with_capacity(self.room(members.len()));
        self.put(b"{");
        let mut first = true;
        for member in members {
            let mark = self.len();
            if !first {
                self.put(b",");
            }
            self.put(member.json.as_bytes());
            let value = self.node(&member.value, scope)?;
            if member.optional && value.is_null() && !self.wrote_a_copy(mark, member) {
                self.truncate(mark);
                continue;
            }
            first = false;
            if self.keeps {
                made.push((member.key.as_str(), value));
            }
        }
        self.put(b"}");
        Ok(Output::Object(made))
    }

    fn each<'s>(
        &mut self,
        list: &Expression,
        name: &str,
        body: &Node,
        scope: &Scope<'_>,
    ) -> Result<Output<'s>, EvaluationError> {
        let error = |message: String| EvaluationError { expression: list.text().trim().to_owned(), message };
        let value = list.value(scope)?;
        let items: &[Value] = match &*value {
            Value::Array(items) => items,
            Value::Null => &[],
            _ => return Err(error("`$each` needs a list".to_owned())),
        };
        self.items = self.items.saturating_add(items.len());
        if items.len() > EACH_ITEMS_MAX || self.items > EACH_TOTAL_MAX {
            let message = format!("`$each` makes more than {EACH_ITEMS_MAX} elements, or {EACH_TOTAL_MAX} in all");
            return Err(error(message));
        }
        let mut made = Vec::with_capacity(self.room(items.len()));
        let mut inner = scope.inner();
        self.put(b"[");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.put(b",");
            }
            inner.bind_owned("index", Value::from(index));
            inner.bind_ref(name, item);
            let value = self.node(body, &inner)?;
            // What an element borrows goes with its names.
            made.extend(self.keeps.then(|| value.into_value()));
            inner.truncate(0);
        }
        self.put(b"]");
        Ok(Output::Value(Cow::Owned(Value::Array(made))))
    }

    /// The text to copy for a leaf that is a bare name bound as text.
    fn copied<'s>(&self, expression: &Expression, scope: &'s Scope<'_>) -> Option<&'s str> {
        expression.bare_name().filter(|_| self.copies).and_then(|name| scope.text(name))
    }

    /// Was a text written for the member since `mark`, other than `null`? The value of a copied one is null, too, but it is not absent.
    fn wrote_a_copy(&self, mark: usize, member: &Member) -> bool {
        let written = self.out.as_ref().and_then(|out| out.get(mark..)).unwrap_or_default();
        let written = written.strip_prefix(b",").unwrap_or(written);
        written.strip_prefix(member.json.as_bytes()).is_some_and(|value| value.trim_ascii() != b"null")
    }

    fn len(&self) -> usize {
        self.out.as_ref().map_or(0, |out| out.len())
    }

    fn truncate(&mut self, len: usize) {
        if let Some(out) = &mut self.out {
            out.truncate(len);
        }
    }

    fn value<'s>(&mut self, value: Cow<'s, Value>) -> Output<'s> {
        if let Some(out) = &mut self.out {
            json::write(&value, out);
        }
        Output::Value(value)
    }

    /// Room for so many values, where they are wanted.
    fn room(&self, values: usize) -> usize {
        if self.keeps { values } else { 0 }
    }

    fn put(&mut self, bytes: &[u8]) {
        if let Some(out) = &mut self.out {
            out.extend_from_slice(bytes);
        }
    }
}
