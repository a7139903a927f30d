//! The shape of errors: by what the names in declared error schemas mean.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::names::{flat, leaf};
use super::notes::Notes;
use super::shape::{Meaning, constant, of_call};
use super::site::{Survey, preferred};
use super::view::{Kind, Property, View};
use crate::json;

/// Limits on one error's schema, so that schemas which contain each other come to an end.
const DEPTH_MAX: usize = 4;
const WIDTH_MAX: usize = 100;
const OBJECTS_MAX: usize = 200;

/// What in an error a property says; also the way back, from an example to a rule's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Code,
    Kind,
    Message,
}

/// Words, and the paths of properties that lead to them.
type Words = Vec<(Word, Vec<String>)>;

/// The tree, and the paths at which an example holds each word.
#[derive(Debug, Default)]
pub struct ErrorShape {
    pub tree: Option<Value>,
    pub words: Words,
}

impl ErrorShape {
    /// The shape of a service that declares none.
    fn usual() -> ErrorShape {
        let at = |name: &str| vec!["error".to_owned(), name.to_owned()];
        let tree = json!({"error": {
            "code": "{{ error.code }}", "message": "{{ error.message }}", "details?": "{{ error.details }}",
        }});
        ErrorShape { tree: Some(tree), words: vec![(Word::Code, at("code")), (Word::Message, at("message"))] }
    }
}

pub fn shape(survey: &Survey<'_>, notes: &mut Notes) -> ErrorShape {
    // Large documents declare one schema thousands of times; it is looked at once, whether it is shared or written out again.
    let mut seen: IndexMap<(String, bool), Option<(Value, Words)>> = IndexMap::new();
    let mut places: IndexMap<(*const Value, bool), usize> = IndexMap::new();
    let mut order = Vec::new();
    for (status, raw) in declared(survey) {
        let limited = status == "429";
        let place = *places.entry((std::ptr::from_ref(raw), limited)).or_insert_with(|| {
            let entry = seen.entry((json::text(raw), limited));
            let place = entry.index();
            entry.or_insert_with(|| {
                let mut growth = Growth { survey, status, words: Vec::new(), objects: 0 };
                growth.body(raw).map(|tree| (tree, growth.words))
            });
            place
        });
        order.push(place);
    }
    let grown: Vec<&(Value, Words)> = order.iter().filter_map(|index| seen[*index].as_ref()).collect();
    let Some((most, count)) = super::reply::most_common(grown.iter().map(|(tree, _)| tree)) else {
        notes.add(&["shapes", "error"], "no error's body is declared as JSON, so this one is as good as any");
        return ErrorShape::usual();
    };
    notes.add(
        &["shapes", "error"],
        format!("{count} of {} declared errors, and what the others have more", grown.len()),
    );
    let mut tree = most.clone();
    let mut words: Words = Vec::new();
    for (other, of_other) in seen.values().flatten() {
        let before = tree.clone();
        merge(&mut tree, other);
        if other == most || tree != before {
            words.extend(of_other.iter().filter(|word| !words.contains(word)).cloned().collect::<Vec<_>>());
        }
    }
    ErrorShape { tree: Some(tree), words }
}

/// Every declared JSON error: (status, schema).
fn declared<'a>(survey: &Survey<'a>) -> Vec<(&'a str, &'a Value)> {
    let mut found = Vec::new();
    for site in &survey.sites {
        for (status, response) in &site.operation.responses {
            let error = status.starts_with(['4', '5']) || status == "default" && site.success.is_some();
            let media = preferred(&response.media).filter(|media| error && media.name.contains("json"));
            found.extend(media.map(|media| (status.as_str(), &media.raw)));
        }
    }
    found
}

/// Adds what another error's tree has more. A property that is not in both is left out when null.
fn merge(tree: &mut Value, other: &Value) {
    let (Value::Object(tree), Value::Object(other)) = (tree, other) else { return };
    if tree.keys().any(|key| key.starts_with('$')) || other.keys().any(|key| key.starts_with('$')) {
        return;
    }
    // Two shapes without a property in common are two kinds of error, not two views of one.
    let bare = |key: &str| key.trim_end_matches('?').to_owned();
    if !tree.is_empty() && !other.keys().any(|key| tree.keys().any(|known| bare(known) == bare(key))) {
        return;
    }
    for (key, value) in other {
        let known = tree.keys().find(|known| bare(known) == bare(key)).cloned();
        match known {
            Some(known) => {
                let mark = key.ends_with('?') && !known.ends_with('?') && may_be_null(value);
                if let Some(inner) = tree.get_mut(&known) {
                    merge(inner, value);
                }
                if mark {
                    *tree = std::mem::take(tree)
                        .into_iter()
                        .map(|(name, value)| (if name == known { key.clone() } else { name }, value))
                        .collect();
                }
            }
            None if value.is_string() && may_be_null(value) => {
                tree.insert(format!("{}?", bare(key)), value.clone());
            }
            None if key.ends_with('?') || has_leaf(value) => {
                tree.insert(key.clone(), value.clone());
            }
            None => {}
        }
    }
}

fn may_be_null(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    ["error.details", "error.retry_after", "error.code", "error.type"].iter().any(|name| text.contains(name))
}

fn has_leaf(value: &Value) -> bool {
    json::text(value).contains("{{")
}

struct Growth<'a, 's> {
    survey: &'s Survey<'a>,
    status: &'a str,
    words: Words,
    /// How many objects were gone into.
    objects: usize,
}

impl<'a> Growth<'a, '_> {
    fn body(&mut self, raw: &'a Value) -> Option<Value> {
        let whole = Property::of(self.survey.document, raw);
        let view = View::of(self.survey.document, raw);
        if view.properties.is_empty() {
            return (whole.kind() == Kind::Text).then(|| leaf("error.message"));
        }
        let problem = ["title", "detail", "status"].iter().filter(|name| view.has(name)).count() >= 2;
        Some(self.object(&view, &[], problem))
    }

    fn object(&mut self, view: &View<'a>, path: &[String], problem: bool) -> Value {
        let mut tree = Map::new();
        for (name, property) in view.properties.iter().take(WIDTH_MAX) {
            if name.ends_with('?') || name.starts_with('$') {
                continue;
            }
            let at: Vec<String> = path.iter().cloned().chain([(*name).to_owned()]).collect();
            let meaning = match property.kind() {
                Kind::Array => self.many(name, property),
                Kind::Object => self.nested(name, property, &at),
                _ => self.word(name, property, view, &at, problem),
            };
            match meaning {
                Some(meaning) => {
                    let (key, value) = meaning.entry(name, property);
                    tree.insert(key, value);
                }
                None if property.required => {
                    tree.insert((*name).to_owned(), constant(property, None));
                }
                None => {}
            }
        }
        Value::Object(tree)
    }

    fn word(
        &mut self,
        name: &str,
        property: &Property<'a>,
        siblings: &View<'a>,
        at: &[String],
        problem: bool,
    ) -> Option<Meaning> {
        let number = matches!(property.kind(), Kind::Integer | Kind::Number);
        let has_code = siblings.find("code").is_some() || siblings.find("errorcode").is_some();
        let has_message = siblings.find("message").is_some();
        let mut says = |word: Word, expression: &str, nullable: bool| {
            self.words.push((word, at.to_vec()));
            // Every error of the plan has a code and a type where the document demands them.
            Some(Meaning { tree: leaf(expression), nullable: nullable && !property.required })
        };
        match flat(name).as_str() {
            "status" | "statuscode" | "httpstatus" | "httpcode" if number => Some(Meaning::sure(leaf("error.status"))),
            "status" if property.kind() == Kind::Text => {
                let digits =
                    property.named_value().and_then(Value::as_str).is_some_and(|text| text.parse::<u16>().is_ok());
                digits.then(|| Meaning::sure(leaf("string(error.status)")))
            }
            "code" | "errorcode" if number => Some(Meaning::sure(leaf("error.status"))),
            "code" | "errorcode" => says(Word::Code, "error.code", true),
            "type" | "errortype" | "kind" | "category" => says(Word::Kind, "error.type", true),
            // RFC 9457 tells the kind of problem in `title`, and this one in `detail`.
            "title" if problem && !has_code => says(Word::Code, "error.code", true),
            "error" if has_message && property.kind() == Kind::Text => says(Word::Code, "error.code", true),
            "message" | "detail" | "title" | "msg" | "errormessage" | "description" | "errordescription" | "error"
            | "reason" => says(Word::Message, "error.message", false),
            "instance" => Some(Meaning::sure(leaf("call.path"))),
            "path" => Some(Meaning::sure(leaf("call.path"))),
            "method" => Some(Meaning::sure(leaf("call.method"))),
            "retryafter" | "retryafterseconds" if number => {
                if self.status == "429" && property.required {
                    // Only this error has it, and always.
                    return Some(Meaning { tree: leaf("error.retry_after"), nullable: false });
                }
                Some(Meaning { tree: leaf("error.retry_after"), nullable: true })
            }
            "success" | "ok" if property.kind() == Kind::Boolean => Some(Meaning::sure(Value::Bool(false))),
            other => of_call(other, property),
        }
    }

    /// An object inside: the error itself, its details by field, or facts of the call.
    fn nested(&mut self, name: &str, property: &Property<'a>, at: &[String]) -> Option<Meaning> {
        self.objects += 1;
        if at.len() > DEPTH_MAX || self.objects > OBJECTS_MAX {
            return None;
        }
        let view = View::of(self.survey.document, property.raw);
        if view.properties.is_empty() {
            let by_field =
                ["errors", "details", "fields", "violations", "validationerrors"].contains(&flat(name).as_str());
            let texts = json::get(property.schema, "additionalProperties")
                .map(|values| Property::of(self.survey.document, values));
            let texts = texts.filter(|_| by_field)?;
            let several = texts.kind() == Kind::Array;
            let function = if several { "grouped" } else { "keyed" };
            return (several || texts.kind() == Kind::Text).then(|| {
                Meaning::maybe(format!(
                    "size(error.violations) == 0 ? null : {function}(error.violations, 'field', 'message')"
                ))
            });
        }
        let tree = self.object(&view, at, false);
        (property.required || has_leaf(&tree)).then(|| Meaning::sure(tree))
    }

    /// A list of what is wrong.
    fn many(&mut self, name: &str, property: &Property<'a>) -> Option<Meaning> {
        let known = [
            "errors",
            "details",
            "violations",
            "fields",
            "validationerrors",
            "detail",
            "invalidparams",
            "issues",
            "fielderrors",
        ];
        if !known.contains(&flat(name).as_str()) {
            return None;
        }
        let items = property.items(self.survey.document)?;
        let view = View::of(self.survey.document, items.raw);
        if view.properties.is_empty() {
            let one = Value::from(Map::from_iter([
                ("$each".to_owned(), Value::from("error.violations")),
                ("$as".to_owned(), Value::from("violation")),
                ("$in".to_owned(), leaf("violation.message")),
            ]));
            return (items.kind() == Kind::Text).then(|| Meaning::sure(one));
        }
        let plain =
            |(name, property): (&&str, &Property<'_>)| ["field", "message"].contains(name) || !property.required;
        let both = view.has("field") && view.has("message");
        if both && view.properties.iter().all(plain) {
            return Some(Meaning::maybe("error.details".to_owned()));
        }
        let tree = violation(self.survey, &view, 0);
        let each = Map::from_iter([
            ("$each".to_owned(), Value::from("error.violations")),
            ("$as".to_owned(), Value::from("violation")),
            ("$in".to_owned(), tree),
        ]);
        Some(Meaning::sure(Value::Object(each)))
    }
}

/// One violation, in the form of the list's items.
fn violation(survey: &Survey<'_>, view: &View<'_>, depth: usize) -> Value {
    let mut tree = Map::new();
    for (name, property) in view.properties.iter().take(WIDTH_MAX) {
        let word = match flat(name).as_str() {
            "field" | "name" | "param" | "parameter" | "path" | "property" | "key" | "attribute" | "target"
            | "fieldname" => "field",
            "pointer" | "jsonpointer" => "pointer",
            "message" | "msg" | "detail" | "reason" | "description" | "title" | "error" | "issue" => "message",
            "code" | "keyword" | "rule" | "type" | "kind" | "errortype" => "keyword",
            "location" | "in" | "place" | "source" if property.kind() == Kind::Text => "place",
            "loc" if property.kind() == Kind::Array => {
                let place = vec![leaf("violation.place"), leaf("violation.field")];
                tree.insert((*name).to_owned(), Value::Array(place));
                continue;
            }
            "status" => {
                tree.insert((*name).to_owned(), leaf("string(error.status)"));
                continue;
            }
            "source" if depth == 0 => {
                let inner = violation(survey, &View::of(survey.document, property.raw), 1);
                tree.insert((*name).to_owned(), inner);
                continue;
            }
            _ if property.required => {
                tree.insert((*name).to_owned(), constant(property, None));
                continue;
            }
            _ => continue,
        };
        if matches!(property.kind(), Kind::Text | Kind::Unknown) {
            tree.insert((*name).to_owned(), leaf(&format!("violation.{word}")));
        } else if property.required {
            tree.insert((*name).to_owned(), constant(property, None));
        }
    }
    Value::Object(tree)
}
