//! OpenAPI Overlays 1.0 and 1.1: an ordered list of changes to a document.
//!
//! Applied by the letter of the specification, with two rulings: a target that matches nothing is an error, and `remove` may take a
//! single value away (as in the specification's own examples). Each change is recorded, so that a complaint about what an overlay
//! wrote is shown in the overlay.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use super::bundle::count_nodes;
use super::origin::{Origin, Origins};
use super::text::DEPTH_MAX;
use crate::contract::error::LoadError;
use crate::pointer;
use crate::words::did_you_mean;

/// The longest target that is read, and how deep its brackets may nest.
pub const TARGET_BYTES_MAX: usize = 2000;
pub const TARGET_DEPTH_MAX: usize = 24;
/// The most values that one overlay may write; `copy` could otherwise double a document again and again.
pub const WRITTEN_NODES_MAX: usize = 500_000;
/// Elements of arrays longer than this lose their origin when one before them is removed.
const SHIFTED_ELEMENTS_MAX: usize = 1000;

/// Applies an overlay. What went wrong is told by action; the other actions are applied all the same.
pub fn apply(root: &mut Value, overlay: Value, file: &str, root_file: &str, origins: &mut Origins) -> Vec<LoadError> {
    let actions = match read(overlay, file) {
        Ok(actions) => actions,
        Err(errors) => return errors,
    };
    let mut application = Application { root, file: file.into(), root_file: root_file.into(), origins, written: 0 };
    actions.into_iter().filter_map(|(action, change)| application.perform(&action, change).err()).collect()
}

/// An action whose words are checked.
struct Action {
    /// `/actions/3`
    pointer: String,
    target: JsonPath,
    target_text: String,
    /// In 1.0 only objects and arrays can be updated.
    version: OverlayVersion,
}

enum Change {
    Update(Value),
    Copy(JsonPath, String),
    Remove,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OverlayVersion {
    V1_0,
    V1_1,
}

/// Reads the overlay's own structure: versions, required and unknown fields, paths.
fn read(overlay: Value, file: &str) -> Result<Vec<(Action, Change)>, Vec<LoadError>> {
    let fail = |pointer: &str, message: String| LoadError::new(file, pointer, message);
    let Value::Object(mut fields) = overlay else {
        let message = if overlay.is_null() { "the overlay is empty" } else { "an overlay is an object" };
        let hint = "it starts with `overlay: 1.1.0`, `info` and `actions`";
        return Err(vec![fail("", message.to_owned()).hint(hint)]);
    };
    let version = version(&fields, file).map_err(|error| vec![error])?;
    let mut errors = unknown_fields(&fields, &["overlay", "info", "extends", "actions"], "", file);
    errors.extend(check_info(fields.get("info"), version, file));
    if fields.get("extends").is_some_and(|extends| !extends.is_string()) {
        errors.push(fail("/extends", "`extends` must be text".to_owned()));
    }
    let mut actions = Vec::new();
    match fields.shift_remove("actions") {
        Some(Value::Array(items)) if !items.is_empty() => {
            for (index, item) in items.into_iter().enumerate() {
                match read_action(item, format!("/actions/{index}"), version, file) {
                    Ok(action) => actions.push(action),
                    Err(found) => errors.extend(found),
                }
            }
        }
        Some(_) => errors.push(fail("/actions", "`actions` must be a list of at least one action".to_owned())),
        None => errors.push(fail("", "the overlay has no `actions`".to_owned())),
    }
    if errors.is_empty() { Ok(actions) } else { Err(errors) }
}

fn version(fields: &Map<String, Value>, file: &str) -> Result<OverlayVersion, LoadError> {
    let Some(version) = fields.get("overlay") else {
        let hint = "an overlay starts with `overlay: 1.1.0`";
        return Err(LoadError::new(file, "", "the file has no `overlay` version").hint(hint));
    };
    match version.as_str().map(|text| text.split('.').collect::<Vec<_>>()).as_deref() {
        Some(["1", "0", _]) => Ok(OverlayVersion::V1_0),
        Some(["1", "1", _]) => Ok(OverlayVersion::V1_1),
        _ => {
            let message = format!("overlay version {version} is not supported");
            Err(LoadError::new(file, "/overlay", message).hint("write `overlay: 1.1.0` or `overlay: 1.0.0`"))
        }
    }
}

fn check_info(info: Option<&Value>, version: OverlayVersion, file: &str) -> Vec<LoadError> {
    let Some(Value::Object(info)) = info else {
        let hint = "add `info: { title: ..., version: \"1\" }`";
        return vec![LoadError::new(file, "", "the overlay has no `info`").hint(hint)];
    };
    let known: &[&str] = match version {
        OverlayVersion::V1_0 => &["title", "version"],
        OverlayVersion::V1_1 => &["title", "version", "description"],
    };
    let mut errors = unknown_fields(info, known, "/info", file);
    for field in ["title", "version"] {
        match info.get(field) {
            Some(Value::String(_)) => {}
            Some(_) => {
                let error = LoadError::new(file, format!("/info/{field}"), format!("`{field}` must be text"));
                errors.push(error.hint("put it in quotes"));
            }
            None => errors.push(LoadError::new(file, "/info", format!("`info` has no `{field}`"))),
        }
    }
    errors
}

fn read_action(
    item: Value,
    pointer: String,
    version: OverlayVersion,
    file: &str,
) -> Result<(Action, Change), Vec<LoadError>> {
    let Value::Object(mut fields) = item else {
        return Err(vec![LoadError::new(file, pointer, "an action is an object with a `target`")]);
    };
    let known: &[&str] = match version {
        OverlayVersion::V1_0 => &["target", "description", "update", "remove"],
        OverlayVersion::V1_1 => &["target", "description", "update", "remove", "copy"],
    };
    let mut errors = unknown_fields(&fields, known, &pointer, file);
    let target = read_path(&fields, "target", &pointer, file);
    let change = read_change(&mut fields, &pointer, version, file);
    match (target, change) {
        (Ok((target, target_text)), Ok(change)) if errors.is_empty() => {
            Ok((Action { pointer, target, target_text, version }, change))
        }
        (target, change) => {
            errors.extend(target.err());
            errors.extend(change.err());
            Err(errors)
        }
    }
}

/// `remove` wins over `copy`, and `copy` over `update`, as the specification has it.
fn read_change(
    fields: &mut Map<String, Value>,
    pointer: &str,
    version: OverlayVersion,
    file: &str,
) -> Result<Change, LoadError> {
    match fields.get("remove") {
        Some(Value::Bool(true)) => return Ok(Change::Remove),
        Some(Value::Bool(false)) | None => {}
        Some(_) => return Err(LoadError::new(file, format!("{pointer}/remove"), "`remove` must be true or false")),
    }
    if version == OverlayVersion::V1_1 && fields.contains_key("copy") {
        let (path, text) = read_path(fields, "copy", pointer, file)?;
        return Ok(Change::Copy(path, text));
    }
    match fields.shift_remove("update") {
        Some(update) => Ok(Change::Update(update)),
        None => {
            let error = LoadError::new(file, pointer, "the action changes nothing");
            Err(error.hint("give it `update: ...` or `remove: true`"))
        }
    }
}

fn read_path(
    fields: &Map<String, Value>,
    field: &str,
    pointer: &str,
    file: &str,
) -> Result<(JsonPath, String), LoadError> {
    let at = format!("{pointer}/{field}");
    let text = match fields.get(field) {
        Some(Value::String(text)) => text,
        Some(_) => return Err(LoadError::new(file, at, format!("`{field}` must be a JSONPath in text"))),
        None => return Err(LoadError::new(file, pointer, format!("the action has no `{field}`"))),
    };
    // The path reader recurses at brackets.
    if text.len() > TARGET_BYTES_MAX || bracket_depth(text) > TARGET_DEPTH_MAX {
        let message =
            format!("`{field}` is longer than {TARGET_BYTES_MAX} bytes or nests more than {TARGET_DEPTH_MAX} brackets");
        return Err(LoadError::new(file, at, message));
    }
    JsonPath::parse(text).map(|path| (path, text.clone())).map_err(|error| {
        let message = format!("`{text}` is not a JSONPath (RFC 9535): {}", error.message());
        LoadError::new(file, at, message).hint("a path looks like `$.paths['/posts/{id}'].get`")
    })
}

fn bracket_depth(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'!' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn unknown_fields(fields: &Map<String, Value>, known: &[&str], pointer: &str, file: &str) -> Vec<LoadError> {
    let unknown = fields.keys().filter(|key| !known.contains(&key.as_str()) && !key.starts_with("x-"));
    let complain = |key: &String| {
        let error = LoadError::new(file, pointer::join(pointer, key), format!("unknown field `{key}`")).about_key();
        match did_you_mean(key, known.iter().copied()) {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None if key == "copy" => error.hint("`copy` needs `overlay: 1.1.0`"),
            None => error.hint(format!("known here: {}; own fields start with `x-`", known.join(", "))),
        }
    };
    unknown.map(complain).collect()
}

/// The document while an overlay is applied to it.
struct Application<'a> {
    root: &'a mut Value,
    file: Arc<str>,
    root_file: Arc<str>,
    origins: &'a mut Origins,
    written: usize,
}

impl Application<'_> {
    fn perform(&mut self, action: &Action, change: Change) -> Result<(), LoadError> {
        let matched = self.matches(action)?;
        match change {
            Change::Remove => self.remove(action, matched),
            Change::Update(update) => {
                let at = format!("{}/update", action.pointer);
                self.write_all(action, "update", &matched, update, &Origin { file: self.file.clone(), pointer: at })
            }
            Change::Copy(path, text) => {
                let (value, origin) = self.copied(action, &path, &text)?;
                self.write_all(action, "copy", &matched, value, &origin)
            }
        }
    }

    /// The pointers of the nodes that the target selects, each once, in the path's order.
    fn matches(&self, action: &Action) -> Result<Vec<String>, LoadError> {
        let mut matched = locate(&action.target, self.root);
        if matched.is_empty() {
            let error = self.error(action, "target", format!("`{}` matches nothing", action.target_text));
            return Err(error.hint(self.miss(&action.target_text)));
        }
        let mut seen = std::collections::BTreeSet::new();
        matched.retain(|pointer| seen.insert(pointer.clone()));
        Ok(matched)
    }

    /// How far a plain target gets.
    fn miss(&self, target: &str) -> String {
        const GENERAL: &str = "an overlay must fit its document: correct the target or delete the action";
        // Prefixes that end before a `.` or `[` are paths themselves, unless the character is quoted; then they do not parse.
        let ends = target.char_indices().filter(|(_, character)| ".[".contains(*character)).map(|(index, _)| index);
        let mut reached = ("", String::new());
        for end in ends {
            let Ok(path) = JsonPath::parse(&target[..end]) else { continue };
            match locate(&path, self.root).into_iter().next() {
                Some(found) => reached = (&target[..end], found),
                None => break,
            }
        }
        let (prefix, found) = reached;
        let keys = pointer::find(self.root, &found).and_then(Value::as_object).into_iter();
        let wanted = first_key(&target[prefix.len()..]);
        match did_you_mean(wanted, keys.flat_map(|keys| keys.keys().map(String::as_str))) {
            Some(meant) => format!("`{prefix}` has no `{wanted}`; did you mean `{meant}`?"),
            None if prefix.len() <= 1 => GENERAL.to_owned(),
            None => format!("the document has `{prefix}`, but not what follows; {GENERAL}"),
        }
    }

    fn copied(&self, action: &Action, path: &JsonPath, text: &str) -> Result<(Value, Origin), LoadError> {
        let found = locate(path, self.root);
        match found.as_slice() {
            [one] => {
                let outside = || Origin { file: self.root_file.clone(), pointer: one.clone() };
                let value = pointer::find(self.root, one).cloned().unwrap_or_default();
                Ok((value, self.origins.find(one).unwrap_or_else(outside)))
            }
            [] => Err(self.error(action, "copy", format!("`{text}` matches nothing")).hint(self.miss(text))),
            many => Err(self.error(action, "copy", format!("`{text}` matches {} nodes, not one", many.len()))),
        }
    }

    fn write_all(
        &mut self,
        action: &Action,
        field: &str,
        matched: &[String],
        update: Value,
        origin: &Origin,
    ) -> Result<(), LoadError> {
        self.written = self.written.saturating_add(count_nodes(&update).saturating_mul(matched.len()));
        if self.written > WRITTEN_NODES_MAX {
            let message = format!("the overlay writes more than {WRITTEN_NODES_MAX} values");
            return Err(self.error(action, field, message));
        }
        for at in matched {
            if at.bytes().filter(|byte| *byte == b'/').count() + depth(&update) > DEPTH_MAX {
                let message = format!("the document would be nested deeper than {DEPTH_MAX} levels");
                return Err(self.error(action, field, message));
            }
            self.check_fit(action, field, at, &update)?;
        }
        let Some((last, others)) = matched.split_last() else { return Ok(()) };
        for at in others {
            self.write_at(at, update.clone(), origin);
        }
        self.write_at(last, update, origin);
        Ok(())
    }

    fn write_at(&mut self, at: &str, update: Value, origin: &Origin) {
        if let Some(node) = self.root.pointer_mut(at) {
            write(node, update, at, origin, self.origins);
        }
    }

    /// An object is merged into objects, anything is appended to arrays, and a single value replaces single values.
    fn check_fit(&self, action: &Action, field: &str, at: &str, update: &Value) -> Result<(), LoadError> {
        let node = pointer::find(self.root, at).unwrap_or(&Value::Null);
        let single = !update.is_object() && !update.is_array();
        let (fits, wanted) = match node {
            Value::Object(_) => (update.is_object(), "an object takes an object to merge"),
            Value::Array(_) => (true, ""),
            _ if action.version == OverlayVersion::V1_0 => {
                (false, "overlay 1.0 updates objects and arrays only; 1.1 can replace single values")
            }
            _ => (single, "a single value takes a single value to replace it"),
        };
        if fits {
            return Ok(());
        }
        let message = format!("the value does not fit what the target matches at `{at}`, {}", describe(node));
        Err(self.error(action, field, message).hint(wanted))
    }

    fn remove(&mut self, action: &Action, mut matched: Vec<String>) -> Result<(), LoadError> {
        // Later elements first, so that the indices of the earlier ones stay right; children before parents.
        matched.sort_by(|one, other| compare(other, one));
        for at in matched {
            let Some((parent, key)) = pointer::split_last(&at) else {
                return Err(self.error(action, "target", "the whole document cannot be removed".to_owned()));
            };
            match self.root.pointer_mut(parent) {
                Some(Value::Object(map)) => {
                    map.shift_remove(key.as_ref());
                    self.origins.forget(&at);
                }
                Some(Value::Array(items)) => {
                    let Some(index) = key.parse().ok().filter(|index| *index < items.len()) else { continue };
                    items.remove(index);
                    if items.len() <= SHIFTED_ELEMENTS_MAX {
                        self.origins.shift(parent, index, items.len() + 1, &self.root_file);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn error(&self, action: &Action, field: &str, message: String) -> LoadError {
        LoadError::new(&*self.file, format!("{}/{field}", action.pointer), message)
    }
}

/// The key that a path's rest starts with: `.info.title` or `['/posts'].get`.
fn first_key(rest: &str) -> &str {
    let quoted = rest.strip_prefix("['").and_then(|inner| inner.split_once("']"));
    let quoted = quoted.or_else(|| rest.strip_prefix("[\"").and_then(|inner| inner.split_once("\"]")));
    quoted.map_or_else(|| rest.trim_start_matches('.').split(['.', '[']).next().unwrap_or_default(), |(key, _)| key)
}

fn locate(path: &JsonPath, root: &Value) -> Vec<String> {
    path.query_located(root).iter().map(|node| node.location().to_json_pointer()).collect()
}

/// Merges by the specification's rules, recording where each part that is new was written.
fn write(node: &mut Value, update: Value, at: &str, origin: &Origin, origins: &mut Origins) {
    let below = |key: &str| Origin { file: origin.file.clone(), pointer: pointer::join(&origin.pointer, key) };
    match (node, update) {
        (Value::Object(node), Value::Object(update)) => {
            for (key, value) in update {
                let (at, origin) = (pointer::join(at, &key), below(&key));
                match node.get_mut(&key) {
                    // Inside of a merge only arrays meet arrays; another value is replaced by a list, never extended.
                    Some(existing @ Value::Object(_)) if value.is_object() => {
                        write(existing, value, &at, &origin, origins)
                    }
                    Some(existing @ Value::Array(_)) if value.is_array() => {
                        write(existing, value, &at, &origin, origins)
                    }
                    _ => {
                        node.insert(key, value);
                        origins.record(&at, origin);
                    }
                }
            }
        }
        (Value::Array(node), Value::Array(update)) => {
            for (index, value) in update.into_iter().enumerate() {
                origins.record(&format!("{at}/{}", node.len()), below(&index.to_string()));
                node.push(value);
            }
        }
        (Value::Array(node), single) => {
            origins.record(&format!("{at}/{}", node.len()), origin.clone());
            node.push(single);
        }
        (node, single) => {
            *node = single;
            origins.record(at, origin.clone());
        }
    }
}

/// How deep a tree is; trees come from files and are as shallow as these.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Document order of pointers: indices by number, and a parent before its children.
fn compare(one: &str, other: &str) -> Ordering {
    let mut pairs = (one.split('/'), other.split('/'));
    loop {
        let order = match (pairs.0.next(), pairs.1.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => match (one.parse::<usize>(), other.parse::<usize>()) {
                (Ok(one), Ok(other)) => one.cmp(&other),
                _ => one.cmp(other),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(root: Value, version: &str, actions: Value) -> (Value, Vec<String>, Origins) {
        let overlay = json!({"overlay": version, "info": {"title": "t", "version": "1"}, "actions": actions});
        let mut root = root;
        let mut origins = Origins::default();
        let errors = apply(&mut root, overlay, "o.yaml", "api.yaml", &mut origins);
        (root, errors.iter().map(ToString::to_string).collect(), origins)
    }

    #[track_caller]
    fn check(root: Value, actions: Value, expected: Value) {
        let (found, errors, _) = run(root, "1.1.0", actions);
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(found.to_string(), expected.to_string());
    }

    #[track_caller]
    fn check_refused(overlay: Value, expected: &[&str]) {
        let mut root =
            json!({"openapi": "3.1.0", "info": {"title": "t"}, "paths": {"/posts": {"get": {}}}, "tags": [1]});
        let before = root.clone();
        let errors = apply(&mut root, overlay, "o.yaml", "api.yaml", &mut Origins::default());
        assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
        assert_eq!(root, before, "a refused action changes nothing");
    }

    fn overlay(actions: Value) -> Value {
        json!({"overlay": "1.1.0", "info": {"title": "t", "version": "1"}, "actions": actions})
    }

    #[test]
    fn objects_merge_and_arrays_grow() {
        check(
            json!({"info": {"title": "a", "list": [1]}, "tags": [{"name": "a"}]}),
            json!([
                {"target": "$", "update": {"info": {"x": {"y": 1}, "list": [2], "title": "b"}}},
                {"target": "$.tags", "update": {"name": "b"}},
                {"target": "$.tags", "update": [{"name": "c"}]},
                {"target": "$.tags[?@.name == 'a']", "update": {"seen": true}}
            ]),
            json!({
                "info": {"title": "b", "list": [1, 2], "x": {"y": 1}},
                "tags": [{"name": "a", "seen": true}, {"name": "b"}, {"name": "c"}]
            }),
        );
    }

    #[test]
    fn single_values_are_removed_and_replaced_and_keys_keep_their_order() {
        check(
            json!({"a": 1, "b": {"example": 2, "x": 3, "y": 4}, "c": "old"}),
            json!([
                {"target": "$.b.example", "remove": true},
                {"target": "$.c", "update": "new"},
                {"target": "$.a", "remove": true, "update": {"no": "impact"}}
            ]),
            json!({"b": {"x": 3, "y": 4}, "c": "new"}),
        );
    }

    #[test]
    fn removing_elements_in_any_order_takes_the_right_ones() {
        let twelve: Vec<usize> = (0..12).collect();
        check(
            json!({"list": twelve, "tree": {"a": {"x": 1, "a": {"x": 2}}}}),
            json!([{"target": "$.list[10, 2, 2, 9]", "remove": true}, {"target": "$..a", "remove": true}]),
            json!({"list": [0, 1, 3, 4, 5, 6, 7, 8, 11], "tree": {}}),
        );
    }

    #[test]
    fn copy_takes_one_node_to_others() {
        check(
            json!({"a": {"x": 1}, "b": {"y": 2}}),
            json!([{"target": "$.b", "copy": "$.a"}, {"target": "$", "update": {"c": {}}}, {"target": "$.c", "copy": "$.b"}]),
            json!({"a": {"x": 1}, "b": {"y": 2, "x": 1}, "c": {"y": 2, "x": 1}}),
        );
    }

    #[test]
    fn actions_build_on_each_other() {
        let root =
            json!({"info": {"title": "a"}, "paths": {"/a": {"get": {"tags": ["x"]}}, "/b": {"get": {"tags": []}}}});
        let actions = json!([
            {"target": "$.paths.*.get", "update": {"tags": ["new"], "security": [{"key": []}]}},
            {"target": "$.paths['/b']", "copy": "$.paths['/a']"},
            {"target": "$.paths.*.get.tags", "update": ["more"]},
            {"target": "$.info", "remove": true}
        ]);
        let expected = json!({"paths": {
            "/a": {"get": {"tags": ["x", "new", "more"], "security": [{"key": []}]}},
            "/b": {"get": {"tags": ["new", "x", "new", "more"], "security": [{"key": []}, {"key": []}]}}
        }});
        let (found, errors, _) = run(root, "1.1.0", actions);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(found, expected);
    }

    #[test]
    fn targets_that_match_nothing_are_told_with_the_nearest_word() {
        check_refused(
            overlay(json!([
                {"target": "$.paths['/post'].get", "update": {}},
                {"target": "$.nothing.here", "remove": true},
                {"target": "$.info", "copy": "$.infos"}
            ])),
            &[
                "o.yaml /actions/0/target: `$.paths['/post'].get` matches nothing (`$.paths` has no `/post`; did you mean \
                 `/posts`?)",
                "o.yaml /actions/1/target: `$.nothing.here` matches nothing (an overlay must fit its document: correct the \
                 target or delete the action)",
                "o.yaml /actions/2/copy: `$.infos` matches nothing (`$` has no `infos`; did you mean `info`?)",
            ],
        );
    }

    #[test]
    fn malformed_overlays_are_refused_by_field() {
        let head = json!({"title": "t", "version": "1"});
        check_refused(
            json!(null),
            &["o.yaml: the overlay is empty (it starts with `overlay: 1.1.0`, `info` and `actions`)"],
        );
        check_refused(
            json!({"overlay": "2.0.0"}),
            &[
                "o.yaml /overlay: overlay version \"2.0.0\" is not supported (write `overlay: 1.1.0` or `overlay: 1.0.0`)",
            ],
        );
        check_refused(
            json!({"overlay": "1.0.0", "info": head, "actions": []}),
            &["o.yaml /actions: `actions` must be a list of at least one action"],
        );
        check_refused(
            json!({"overlay": "1.0.0", "info": {"title": "t"}, "extend": 1, "x-own": 1, "actions": [{"target": "$", "copy": "$"}]}),
            &[
                "o.yaml /extend: unknown field `extend` (did you mean `extends`?)",
                "o.yaml /info: `info` has no `version`",
                "o.yaml /actions/0/copy: unknown field `copy` (`copy` needs `overlay: 1.1.0`)",
                "o.yaml /actions/0: the action changes nothing (give it `update: ...` or `remove: true`)",
            ],
        );
        check_refused(
            overlay(json!([{"target": "$", "updates": {}}])),
            &[
                "o.yaml /actions/0/updates: unknown field `updates` (did you mean `update`?)",
                "o.yaml /actions/0: the action changes nothing (give it `update: ...` or `remove: true`)",
            ],
        );
    }

    #[test]
    fn changes_that_do_not_fit_are_refused() {
        let (_, errors, _) = run(json!({"a": 1}), "1.0.0", json!([{"target": "$.a", "update": 2}]));
        assert!(errors[0].contains("1.1 can replace single values"), "{errors:?}");
        for (target, update) in [("$", json!(1)), ("$.info", json!([1])), ("$.openapi", json!({}))] {
            let mut root = json!({"openapi": "3.1.0", "info": {}});
            let actions = overlay(json!([{"target": target, "update": update}]));
            let errors = apply(&mut root, actions, "o", "a", &mut Origins::default());
            assert!(errors[0].message.contains("does not fit"), "{errors:?}");
        }
        let (_, errors, _) = run(json!({}), "1.1.0", json!([{"target": "$", "remove": true}]));
        assert!(errors[0].contains("whole document"), "{errors:?}");
    }

    #[test]
    fn hostile_overlays_end() {
        let doubling: Vec<Value> = (0..40).map(|_| json!({"target": "$.a", "copy": "$.a"})).collect();
        let (_, errors, _) = run(json!({"a": [1]}), "1.1.0", Value::Array(doubling));
        assert!(!errors.is_empty());
        for target in ["$[?".to_owned() + &"(".repeat(1900), "!".repeat(1900), "$".repeat(5000), String::new()] {
            let (_, errors, _) = run(json!({}), "1.1.0", json!([{"target": target, "update": {}}]));
            assert_eq!(errors.len(), 1, "{target}");
        }
        let nested = format!("$[?{}@.x{}]", "(".repeat(20), ")".repeat(20));
        let (_, errors, _) = run(json!({"a": {"x": 1}}), "1.1.0", json!([{"target": nested, "update": {"y": 1}}]));
        assert_eq!(errors, Vec::<String>::new());
    }

    #[test]
    fn what_an_overlay_wrote_is_known_to_come_from_it() {
        let (_, errors, origins) = run(
            json!({"paths": {"/a": {"tags": ["x"], "get": {}}}, "gone": 1}),
            "1.1.0",
            json!([
                {"target": "$", "update": {"x-standin": {"operations": {"foo": {"set": {"bar": 1}}}}}},
                {"target": "$", "update": {"x-standin": {"operations": {"foo": {"set": {"own": 2}}}}}},
                {"target": "$.paths.*", "update": {"tags": ["y"], "get": {"summary": "s"}}},
                {"target": "$.paths['/a'].tags[0]", "remove": true}
            ]),
        );
        assert!(errors.is_empty(), "{errors:?}");
        let origin = |pointer: &str| origins.find(pointer).map(|origin| format!("{}{}", origin.file, origin.pointer));
        let set = "/update/x-standin/operations/foo/set";
        assert_eq!(origin("/x-standin/operations/foo/set/bar"), Some(format!("o.yaml/actions/0{set}/bar")));
        assert_eq!(origin("/x-standin/operations/foo/set/own"), Some(format!("o.yaml/actions/1{set}/own")));
        assert_eq!(origin("/paths/~1a/get/summary"), Some("o.yaml/actions/2/update/get/summary".to_owned()));
        assert_eq!(origin("/paths/~1a/tags/0"), Some("o.yaml/actions/2/update/tags/0".to_owned()));
        assert_eq!(origin("/paths/~1a/get"), None);
    }
}
