//! What a `$ref` says, and whether it leads somewhere.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::grammar::{Kind, Node, Visit, walk};
use crate::words::did_you_mean;
use crate::{json, pointer};

/// The most references that may be chained before one of them holds a value.
pub const REF_HOPS_MAX: usize = 64;

/// A reference's two halves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The file, relative to the referring one; empty for the same file.
    pub file: &'a str,
    pub fragment: Fragment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fragment {
    Pointer(String),
    /// A plain name: the `$anchor` of a schema.
    Anchor(String),
}

/// What is wrong with a reference, and what to do.
pub type Fault = (String, Option<String>);

/// Splits a reference; only files and places in them can be followed.
pub fn parse(text: &str) -> Result<Reference<'_>, Fault> {
    let (file, fragment) = text.split_once('#').unwrap_or((text, ""));
    if let Some(scheme) = scheme(file) {
        let hint = "download the file and refer to it by a relative path: documents are read without a network";
        return Err((format!("`{text}` is a remote reference ({scheme})"), Some(hint.to_owned())));
    }
    let Some(fragment) = pointer::decode_fragment(fragment) else {
        return Err((format!("the escapes in `{text}` are not UTF-8"), None));
    };
    let fragment = match fragment.as_ref() {
        pointer if is_pointer(pointer) => Fragment::Pointer(pointer.to_owned()),
        name => Fragment::Anchor(name.to_owned()),
    };
    Ok(Reference { file, fragment })
}

/// The name of a file as referred to from another one: its folder, then the path, `.` and `..` resolved.
pub fn relative(from: &str, file: &str) -> String {
    let file = percent_decode_str(file).decode_utf8_lossy();
    if file.is_empty() {
        return clean(from);
    }
    match from.rsplit_once('/') {
        Some((folder, _)) if !file.starts_with('/') => clean(&format!("{folder}/{file}")),
        _ => clean(&file),
    }
}

/// The pointer of the schema that carries an anchor, within a value.
pub fn find_anchor(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(map) => {
            let carries = |key| map.get(key).and_then(Value::as_str) == Some(name);
            if carries("$anchor") || carries("$dynamicAnchor") {
                return Some(String::new());
            }
            map.iter().find_map(|(key, child)| find_anchor(child, name).map(|rest| pointer::join("", key) + &rest))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, child)| find_anchor(child, name).map(|rest| format!("/{index}{rest}"))),
        _ => None,
    }
}

/// Makes every reference one local spelling (`#/components/schemas/Post`) and names those that lead nowhere, each with its pointer.
pub fn settle(root: &mut Value) -> Vec<(String, Fault)> {
    let mut found = Found::default();
    walk(Node::One(Kind::Document), root, "", &mut found);
    let respelled = |text: String| match target(root, &text) {
        // Most are spelled so already.
        Ok(target) if target == text => None,
        target => Some((text, target)),
    };
    let targets: BTreeMap<String, Result<String, Fault>> = found.texts.into_iter().filter_map(respelled).collect();
    let mut settler = Settler { targets, faults: Vec::new() };
    if !settler.targets.is_empty() {
        walk(Node::One(Kind::Document), root, "", &mut settler);
    }
    settler.faults
}

/// The pointer that a local reference leads to.
pub fn local_pointer(text: &str) -> Option<Cow<'_, str>> {
    pointer::decode_fragment(text.strip_prefix('#')?).filter(|fragment| is_pointer(fragment))
}

fn is_pointer(fragment: &str) -> bool {
    fragment.is_empty() || fragment.starts_with('/')
}

fn target(root: &Value, text: &str) -> Result<String, Fault> {
    let reference = parse(text)?;
    if !reference.file.is_empty() {
        let hint = "in an overlay a `$ref` must be local (`#/components/...`): add the part itself by another action";
        return Err((format!("`{text}` refers to another file"), Some(hint.to_owned())));
    }
    let pointer = match reference.fragment {
        Fragment::Pointer(pointer) => pointer,
        Fragment::Anchor(name) => {
            let missing = || (format!("`{text}` leads nowhere: no schema has `$anchor: {name}`"), None);
            find_anchor(root, &name).ok_or_else(missing)?
        }
    };
    if pointer::find(root, &pointer).is_none() {
        return Err((format!("`{text}` leads nowhere"), nearest(root, &pointer)));
    }
    if turns_in_circles(root, &pointer) {
        return Err((
            format!("`{text}` leads back to itself"),
            Some("one reference of the circle must hold a value".to_owned()),
        ));
    }
    Ok(pointer::to_reference(&pointer))
}

/// Says how far a pointer gets, and which key was perhaps meant.
pub fn nearest(root: &Value, pointer: &str) -> Option<String> {
    let mut value = root;
    let mut reached = String::new();
    for key in pointer::segments(pointer) {
        let next = pointer::join("", &key);
        let Some(child) = pointer::find(value, &next) else {
            let keys = value.as_object().into_iter().flat_map(|map| map.keys().map(String::as_str));
            let place = if reached.is_empty() { "the document".to_owned() } else { format!("`{reached}`") };
            return Some(match did_you_mean(&key, keys) {
                Some(meant) => format!("{place} has no `{key}`; did you mean `{meant}`?"),
                None => format!("{place} has no `{key}`"),
            });
        };
        reached.push_str(&next);
        value = child;
    }
    None
}

/// Does following bare references from here never arrive at a value?
fn turns_in_circles(root: &Value, pointer: &str) -> bool {
    let mut seen = BTreeSet::from([pointer.to_owned()]);
    let mut value = pointer::find(root, pointer);
    while let Some(Value::Object(map)) = value
        && map.len() == 1
        && let Some(next) = map.get("$ref").and_then(Value::as_str).and_then(local_pointer)
    {
        value = pointer::find(root, &next);
        if seen.len() > REF_HOPS_MAX || !seen.insert(next.into_owned()) {
            return true;
        }
    }
    false
}

/// `http` in `http://host/file`; a letter before a colon is a drive, not a scheme.
fn scheme(file: &str) -> Option<&str> {
    let (scheme, _) = file.split_once(':')?;
    let valid = |character: char| character.is_ascii_alphanumeric() || "+-.".contains(character);
    (scheme.len() > 1 && scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(valid))
        .then_some(scheme)
}

fn clean(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for (index, part) in path.split('/').enumerate() {
        match part {
            "." => {}
            "" if index > 0 => {}
            ".." if kept.last().is_some_and(|last| !["..", ""].contains(last)) => {
                kept.pop();
            }
            part => kept.push(part),
        }
    }
    kept.join("/")
}

/// The texts of all references.
#[derive(Default)]
struct Found {
    texts: BTreeSet<String>,
}

impl Visit for Found {
    fn enter(&mut self, _: Node, value: &mut Value, _: &str) -> bool {
        if let Some(Value::String(text)) = json::get(value, "$ref")
            && !self.texts.contains(text)
        {
            self.texts.insert(text.clone());
        }
        true
    }
}

/// Respells references.
struct Settler {
    /// By the text of each that is to be spelled in another way, or that leads nowhere.
    targets: BTreeMap<String, Result<String, Fault>>,
    faults: Vec<(String, Fault)>,
}

impl Visit for Settler {
    fn enter(&mut self, _: Node, value: &mut Value, pointer: &str) -> bool {
        if let Some(Value::String(text)) = value.get_mut("$ref") {
            match self.targets.get(text) {
                None => {}
                Some(Ok(target)) => text.clone_from(target),
                Some(Err(fault)) => self.faults.push((format!("{pointer}/$ref"), fault.clone())),
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_relative_to_the_referring_file() {
        assert_eq!(relative("spec/openapi.yaml", "./schemas/post.yaml"), "spec/schemas/post.yaml");
        assert_eq!(relative("spec/schemas/post.yaml", "../openapi.yaml"), "spec/openapi.yaml");
        assert_eq!(relative("openapi.yaml", "../up/my%20file.yaml"), "../up/my file.yaml");
        assert_eq!(relative("/abs/openapi.yaml", "/other//x.yaml"), "/other/x.yaml");
        assert_eq!(relative("/openapi.yaml", "../../x.yaml"), "/../../x.yaml");
        assert_eq!(relative("./spec/openapi.yaml", ""), "spec/openapi.yaml");
    }

    #[test]
    fn remote_references_are_refused_by_name() {
        for text in ["https://example.com/a.yaml#/x", "http://x", "urn:thing:1", "file:///etc/passwd"] {
            let (message, hint) = parse(text).expect_err("remote");
            assert!(message.contains("remote reference") && hint.is_some(), "{message}");
        }
        assert!(parse("C:/specs/a.yaml#/x").is_ok());
        assert!(parse("#/%ff").is_err());
    }

    #[test]
    fn references_get_one_spelling_and_lost_ones_are_named() {
        let mut root = json!({
            "paths": {"/a/{id}": {"get": {"responses": {
                "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/My%50ost"}}}},
                "400": {"$ref": "#/components/responses/Eror"},
                "404": {"$ref": "#/paths/~1a~1{id}/get/responses/200"}
            }}}},
            "components": {
                "responses": {"Error": {}},
                "schemas": {
                    "MyPost": {"$anchor": "post", "properties": {"$ref": {"type": "string"}, "next": {"$ref": "#post"}}},
                    "A": {"$ref": "#/components/schemas/B"},
                    "B": {"$ref": "#/components/schemas/A"}
                }
            }
        });
        let faults = settle(&mut root);
        let at: Vec<&str> = faults.iter().map(|(at, _)| at.as_str()).collect();
        let response = "/paths/~1a~1{id}/get/responses";
        assert_eq!(at, [&format!("{response}/400/$ref"), "/components/schemas/A/$ref", "/components/schemas/B/$ref"]);
        assert_eq!(faults[0].1.1.as_deref(), Some("`/components/responses` has no `Eror`; did you mean `Error`?"));
        assert_eq!(
            root.pointer(&format!("{response}/200/content/application~1json/schema/$ref")),
            Some(&json!("#/components/schemas/MyPost"))
        );
        assert_eq!(
            root.pointer(&format!("{response}/404/$ref")),
            Some(&json!("#/paths/~1a~1%7Bid%7D/get/responses/200"))
        );
        assert_eq!(
            root.pointer("/components/schemas/MyPost/properties/next/$ref"),
            Some(&json!("#/components/schemas/MyPost"))
        );
    }
}
