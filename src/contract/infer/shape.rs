//! Trees of reply bodies: the content in its place, and around it what the names of the properties mean.

use std::cell::Cell;

use serde_json::{Map, Value};

use super::names::{flat, leaf, member};
use super::view::{Kind, Property, View};
use crate::contract::document::Document;
use crate::json;

/// How deep a tree goes into properties that are not the content.
const DEPTH_MAX: usize = 4;
/// How many objects one tree may have: schemas that contain each other would go on without end.
const OBJECTS_MAX: usize = 200;
/// How many properties of one object are looked at.
const WIDTH_MAX: usize = 200;

/// What surrounds the content.
pub struct Around<'a, 'b> {
    pub document: &'a Document,
    /// Is it a page of records?
    pub list: bool,
    /// Fields that may be shown by name, for a reply that shows a record in another form.
    pub record: Option<&'b View<'a>>,
    /// Pages are asked for by an opaque cursor, so `next` is that and no URL.
    pub cursor: bool,
}

/// A tree, and whether anything in it is known rather than made up.
pub struct Grown {
    pub tree: Value,
    pub known: bool,
}

impl<'a> Around<'a, '_> {
    /// The whole body, with `content` where `path` leads.
    pub fn tree(&self, raw: &'a Value, path: &[String], content: &Value) -> Value {
        if path.is_empty() {
            return content.clone();
        }
        self.object(raw, Some((path, content)), &[], &Cell::new(0)).tree
    }

    /// An object shown by the meaning of its properties' names alone.
    pub fn meant(&self, raw: &'a Value) -> Grown {
        self.object(raw, None, &[], &Cell::new(0))
    }

    fn object(
        &self,
        raw: &'a Value,
        content: Option<(&[String], &Value)>,
        above: &[&str],
        objects: &Cell<usize>,
    ) -> Grown {
        objects.set(objects.get() + 1);
        let view = View::of(self.document, raw);
        let example = Property::of(self.document, raw).example();
        let mut tree = Map::new();
        let mut known = false;
        for (name, property) in view.properties.iter().take(WIDTH_MAX) {
            if name.ends_with('?') || name.starts_with('$') {
                continue;
            }
            if let Some((path, content)) = content
                && let Some((first, rest)) = path.split_first()
                && first == name
            {
                known = true;
                let deeper = [above, &[*name]].concat();
                let grown = if rest.is_empty() {
                    content.clone()
                } else {
                    self.object(property.raw, Some((rest, content)), &deeper, objects).tree
                };
                tree.insert((*name).to_owned(), grown);
                continue;
            }
            if let Some(meaning) = self.meaning(name, property, &view, above) {
                known = true;
                let (key, value) = meaning.entry(name, property);
                tree.insert(key, value);
                continue;
            }
            if property.kind() == Kind::Object && above.len() < DEPTH_MAX && objects.get() < OBJECTS_MAX {
                let deeper = [above, &[*name]].concat();
                let grown = self.object(property.raw, None, &deeper, objects);
                let empty = grown.tree.as_object().is_none_or(Map::is_empty);
                if property.required && !property.nullable || grown.known && !empty {
                    known |= grown.known;
                    tree.insert((*name).to_owned(), grown.tree);
                    continue;
                }
            }
            if property.required {
                let shown = example.and_then(|example| example.get(name));
                tree.insert((*name).to_owned(), constant(property, shown));
            }
        }
        Grown { tree: Value::Object(tree), known }
    }

    fn meaning(&self, name: &str, property: &Property<'a>, siblings: &View<'a>, above: &[&str]) -> Option<Meaning> {
        let name_flat = flat(name);
        if let Some(constant) = property.say("const") {
            return (property.required && printable(constant)).then(|| Meaning::sure(constant.clone()));
        }
        let scalar = !matches!(property.kind(), Kind::Object | Kind::Array);
        if let Some((field, _)) = self.record.and_then(|record| record.find(&name_flat)) {
            return Some(Meaning::sure(leaf(&member("record", field))));
        }
        if !scalar {
            return None;
        }
        let paged = self.list.then(|| self.of_page(&name_flat, property, siblings, above)).flatten();
        paged.or_else(|| of_call(&name_flat, property))
    }

    /// Facts of a page.
    fn of_page(&self, name: &str, property: &Property<'a>, siblings: &View<'a>, above: &[&str]) -> Option<Meaning> {
        let in_links = above.last().is_some_and(|last| ["links", "link"].contains(&flat(last).as_str()));
        let number = matches!(property.kind(), Kind::Integer | Kind::Number);
        let url = in_links || ["uri", "url", "uri-reference"].contains(&property.format());
        let looks_like_url = property
            .example()
            .and_then(Value::as_str)
            .is_some_and(|text| text.contains("://") || text.starts_with('/'));
        let step = |way: &str| {
            let short = if way == "prev" { "previous" } else { way };
            if url || looks_like_url || (!number && !self.cursor && !name.contains("cursor") && !name.contains("token"))
            {
                Meaning::maybe(format!("page.url_{short}"))
            } else {
                Meaning::maybe(format!("page.{short}"))
            }
        };
        let opaque = |way: &str| Meaning::maybe(format!("page.{way}"));
        let other_total =
            siblings.properties.keys().any(|other| flat(other).starts_with("total") && flat(other) != "totalpages");
        Some(match name {
            "total" | "totalcount" | "totalitems" | "totalresults" | "totalelements" | "totalrecords" | "totalsize"
            | "totalrows" | "matches"
                if number =>
            {
                Meaning::sure(leaf("page.total"))
            }
            "count" | "numberofelements" | "itemcount" | "resultcount" | "size"
                if number && other_total && name != "size" =>
            {
                Meaning::sure(leaf("size(records)"))
            }
            "count" | "itemcount" | "resultcount" if number => Meaning::sure(leaf("page.total")),
            "page" | "currentpage" | "pagenumber" | "number" | "pageindex" | "pageno" if number => {
                Meaning::sure(leaf("page.number"))
            }
            "perpage" | "limit" | "pagesize" | "size" | "itemsperpage" | "maxresults" if number => {
                Meaning::sure(leaf("page.size"))
            }
            "totalpages" | "lastpage" | "pagecount" | "pages" | "numpages" | "pagestotal" if number => {
                Meaning::sure(leaf("page.pages"))
            }
            "hasmore" | "hasnext" | "hasnextpage" | "more" | "hasmorepages" | "hasmoreitems" => {
                Meaning::sure(leaf("page.more"))
            }
            "hasprevious" | "hasprev" | "haspreviouspage" | "hasprevpage" => {
                Meaning::sure(leaf("page.previous != null"))
            }
            "nextcursor" | "nextpagetoken" | "nexttoken" | "nextpage" | "nextoffset" | "cursor" | "endcursor"
            | "after" | "continuationtoken" | "pagetoken" | "nextpagecursor"
                if !url =>
            {
                opaque("next")
            }
            "prevcursor" | "previouscursor" | "prevpage" | "previouspage" | "prevtoken" | "startcursor" | "before"
                if !url =>
            {
                opaque("previous")
            }
            "next" | "nexturl" | "nextpageurl" | "nextlink" | "nextpage" => step("next"),
            "prev" | "previous" | "prevurl" | "prevpageurl" | "previouspageurl" | "previousurl" | "prevpage" => {
                step("prev")
            }
            "first" | "firstpageurl" | "firsturl" if !number => Meaning::sure(leaf("page.url_first")),
            "last" | "lastpageurl" | "lasturl" if !number && !self.cursor => Meaning::sure(leaf("page.url_last")),
            "last" | "lastpageurl" | "lasturl" if !number => Meaning::maybe("page.url_last".to_owned()),
            "self" => Meaning::sure(leaf("page.url_self")),
            "offset" | "skip" | "start" | "startindex" if number => Meaning::sure(leaf("page.offset")),
            "from" if number => Meaning::maybe("page.from".to_owned()),
            "to" if number => Meaning::maybe("page.to".to_owned()),
            "path" if !number => Meaning::sure(Value::String("{{ call.origin }}{{ call.path }}".to_owned())),
            "url" if above.is_empty() && !number => Meaning::sure(leaf("call.path")),
            _ => return None,
        })
    }
}

/// Facts of the call: who asked, when.
pub fn of_call(name: &str, property: &Property<'_>) -> Option<Meaning> {
    Some(match name {
        "requestid" | "traceid" | "correlationid" => Meaning::sure(leaf("call.id")),
        "timestamp" | "servertime" | "generatedat" | "time" | "now" | "respondedat" => {
            Meaning::sure(instant(property)?)
        }
        "success" | "ok" if property.kind() == Kind::Boolean => Meaning::sure(Value::Bool(true)),
        _ => return None,
    })
}

/// The world's time in the form of the property.
pub fn instant(property: &Property<'_>) -> Option<Value> {
    const SECONDS_MAX: i64 = 100_000_000_000;
    match property.kind() {
        Kind::Text if property.format() == "date" => None,
        Kind::Text => Some(leaf("iso(now)")),
        Kind::Integer | Kind::Number => {
            let format = flat(property.format());
            let small = property.example().and_then(Value::as_i64).is_some_and(|example| example < SECONDS_MAX);
            let seconds = format.contains("second") && !format.contains("milli") || small;
            Some(leaf(if seconds { "now / 1000" } else { "now" }))
        }
        _ => None,
    }
}

/// A leaf, and whether it can be null.
pub struct Meaning {
    pub tree: Value,
    pub nullable: bool,
}

impl Meaning {
    pub fn sure(tree: Value) -> Meaning {
        Meaning { tree, nullable: false }
    }

    pub fn maybe(expression: String) -> Meaning {
        Meaning { tree: leaf(&expression), nullable: true }
    }

    /// Key and value; a property that may be left out but not be null is left out when there is nothing to say.
    pub fn entry(self, name: &str, property: &Property<'_>) -> (String, Value) {
        if !self.nullable || property.nullable || property.kind() == Kind::Unknown {
            return (name.to_owned(), self.tree);
        }
        if !property.required {
            return (format!("{name}?"), self.tree);
        }
        let text = self.tree.as_str().unwrap_or_default();
        let expression = text.trim_start_matches("{{ ").trim_end_matches(" }}");
        let empty = if property.kind() == Kind::Text { "''" } else { "0" };
        (name.to_owned(), leaf(&format!("{expression} == null ? {empty} : {expression}")))
    }
}

/// A value for a property of which nothing but its schema is known.
pub fn constant(property: &Property<'_>, shown: Option<&Value>) -> Value {
    let named = property.named_value().or(shown).filter(|value| printable(value));
    if let Some(value) = named {
        return value.clone();
    }
    if property.nullable {
        return Value::Null;
    }
    let minimum = property.say("minimum").and_then(Value::as_i64).unwrap_or(0);
    match property.kind() {
        Kind::Text if property.format() == "date-time" => leaf("iso(now)"),
        Kind::Text => Value::String(String::new()),
        Kind::Integer | Kind::Number => Value::from(minimum),
        Kind::Boolean => Value::Bool(false),
        Kind::Array => Value::Array(Vec::new()),
        Kind::Object => Value::Object(Map::new()),
        Kind::Unknown => Value::Null,
    }
}

/// Text of the document that would be read as a template cannot stand in a tree.
fn printable(value: &Value) -> bool {
    let text = json::text(value);
    !text.contains("{{") && !text.contains("?\":") && !text.contains("\"$each\"")
}
