//! The grammar of an OpenAPI document: which objects stand where.
//!
//! Everything that rewrites a document walks it by this table. A blind walk would take a property called `nullable`, or an example
//! that holds a `$ref`, for the document's own words.

use serde_json::Value;

use crate::pointer;

/// The deepest place that a walk reaches. Files are shallower; inlined parts of other files may add to them.
pub const WALK_DEPTH_MAX: usize = 400;

/// An object of the OpenAPI specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Document,
    Components,
    PathItem,
    Operation,
    Parameter,
    RequestBody,
    Response,
    Header,
    MediaType,
    Encoding,
    Example,
    Link,
    Callback,
    SecurityScheme,
    Schema,
    /// An object without parts that matter here: `info`, a server, a tag.
    Plain,
}

/// What stands in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    One(Kind),
    Map(Kind),
    List(Kind),
}

/// What is done on a walk.
pub trait Visit {
    /// Called at each place before its parts; may rewrite the value. Says whether to go on into its parts.
    fn enter(&mut self, node: Node, value: &mut Value, pointer: &str) -> bool;

    /// Called for each place entered, after its parts.
    fn leave(&mut self, _pointer: &str) {}

    /// Called instead of `enter` where the tree is deeper than [`WALK_DEPTH_MAX`].
    fn too_deep(&mut self, _pointer: &str) {}
}

/// Walks the value, which stands at `pointer`, and everything below it that the grammar knows.
pub fn walk(node: Node, value: &mut Value, pointer: &str, visit: &mut dyn Visit) {
    let mut path = pointer.to_owned();
    walk_at(node, value, &mut path, 0, visit);
}

impl Kind {
    /// The section of `components` for objects that may be given by `$ref`.
    pub fn section(self) -> Option<&'static str> {
        Some(match self {
            Kind::PathItem => "pathItems",
            Kind::Parameter => "parameters",
            Kind::RequestBody => "requestBodies",
            Kind::Response => "responses",
            Kind::Header => "headers",
            Kind::Example => "examples",
            Kind::Link => "links",
            Kind::Callback => "callbacks",
            Kind::SecurityScheme => "securitySchemes",
            Kind::Schema => "schemas",
            Kind::Document | Kind::Components | Kind::Operation | Kind::MediaType | Kind::Encoding | Kind::Plain => {
                return None;
            }
        })
    }

    /// What stands under a key of this object; `None` for data, extensions and unknown words.
    pub fn field(self, key: &str) -> Option<Node> {
        use Node::{List, Map, One};
        Some(match (self, key) {
            (Kind::Document, "info") => One(Kind::Plain),
            (Kind::Document, "servers" | "tags") => List(Kind::Plain),
            (Kind::Document, "paths" | "webhooks") => Map(Kind::PathItem),
            (Kind::Document, "components") => One(Kind::Components),
            (Kind::Components, _) => return component(key),
            (Kind::PathItem, "get" | "put" | "post" | "delete" | "options" | "head" | "patch" | "trace") => {
                One(Kind::Operation)
            }
            (Kind::PathItem | Kind::Operation, "parameters") => List(Kind::Parameter),
            (Kind::Operation, "requestBody") => One(Kind::RequestBody),
            (Kind::Operation, "responses") => Map(Kind::Response),
            (Kind::Operation, "callbacks") => Map(Kind::Callback),
            (Kind::Parameter | Kind::Header | Kind::MediaType, "schema") => One(Kind::Schema),
            (Kind::Parameter | Kind::Header | Kind::MediaType, "examples") => Map(Kind::Example),
            (Kind::Parameter | Kind::Header | Kind::RequestBody | Kind::Response, "content") => Map(Kind::MediaType),
            (Kind::Response | Kind::Encoding, "headers") => Map(Kind::Header),
            (Kind::Response, "links") => Map(Kind::Link),
            (Kind::MediaType, "encoding") => Map(Kind::Encoding),
            (Kind::Callback, expression) if !expression.starts_with("x-") && expression != "$ref" => {
                One(Kind::PathItem)
            }
            (Kind::Schema, _) => return schema_keyword(key),
            _ => return None,
        })
    }
}

fn component(section: &str) -> Option<Node> {
    const KINDS: [Kind; 10] = [
        Kind::Schema,
        Kind::Response,
        Kind::Parameter,
        Kind::Example,
        Kind::RequestBody,
        Kind::Header,
        Kind::SecurityScheme,
        Kind::Link,
        Kind::Callback,
        Kind::PathItem,
    ];
    KINDS.into_iter().find(|kind| kind.section() == Some(section)).map(Node::Map)
}

fn schema_keyword(keyword: &str) -> Option<Node> {
    Some(match keyword {
        "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions" => Node::Map(Kind::Schema),
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Node::List(Kind::Schema),
        "items"
        | "additionalProperties"
        | "not"
        | "if"
        | "then"
        | "else"
        | "contains"
        | "propertyNames"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "additionalItems"
        | "contentSchema" => Node::One(Kind::Schema),
        _ => return None,
    })
}

fn walk_at(node: Node, value: &mut Value, path: &mut String, depth: usize, visit: &mut dyn Visit) {
    if depth > WALK_DEPTH_MAX {
        visit.too_deep(path);
        return;
    }
    if visit.enter(node, value, path) {
        let len = path.len();
        match (node, value) {
            (Node::One(_) | Node::Map(_), Value::Object(map)) => {
                for (key, child) in map.iter_mut() {
                    let Some(below) = member(node, key) else { continue };
                    pointer::push(path, key);
                    walk_at(below, child, path, depth + 1, visit);
                    path.truncate(len);
                }
            }
            (Node::List(kind), Value::Array(items)) => {
                for (index, child) in items.iter_mut().enumerate() {
                    pointer::push(path, &index.to_string());
                    walk_at(Node::One(kind), child, path, depth + 1, visit);
                    path.truncate(len);
                }
            }
            _ => {}
        }
    }
    visit.leave(path);
}

fn member(node: Node, key: &str) -> Option<Node> {
    match node {
        Node::One(kind) => kind.field(key),
        // `paths`, `responses` are objects of the specification with free keys, and so may hold extensions.
        Node::Map(Kind::PathItem | Kind::Response) if key.starts_with("x-") => None,
        Node::Map(kind) => Some(Node::One(kind)),
        Node::List(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Seen(Vec<String>);

    impl Visit for Seen {
        fn enter(&mut self, node: Node, _: &mut Value, pointer: &str) -> bool {
            if let Node::One(kind) = node {
                self.0.push(format!("{kind:?} {pointer}"));
            }
            true
        }
    }

    #[test]
    fn a_walk_meets_objects_and_leaves_data_alone() {
        let mut document = json!({
            "paths": {
                "x-note": {"get": {}},
                "/a": {"get": {"responses": {"200": {"content": {"application/json": {
                    "schema": {"properties": {"nullable": {"default": {"properties": {"no": {}}}}}, "example": {"items": {}}},
                    "example": {"schema": {}}
                }}}}}}
            },
            "x-standin": {"schema": {}}
        });
        let mut seen = Seen(Vec::new());
        walk(Node::One(Kind::Document), &mut document, "", &mut seen);
        let media = "/paths/~1a/get/responses/200/content/application~1json";
        assert_eq!(
            seen.0,
            [
                "Document ".to_owned(),
                "PathItem /paths/~1a".to_owned(),
                "Operation /paths/~1a/get".to_owned(),
                "Response /paths/~1a/get/responses/200".to_owned(),
                format!("MediaType {media}"),
                format!("Schema {media}/schema"),
                format!("Schema {media}/schema/properties/nullable"),
            ]
        );
    }
}
