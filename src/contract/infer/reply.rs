//! The ordinary shapes of replies, by majority, and the operations that answer in another.

use indexmap::IndexMap;
use serde_json::Value;

use super::envelope::{Content, Payload};
use super::example::reply_examples;
use super::names::{flat, leaf, prose};
use super::notes::Notes;
use super::resource::Resources;
use super::shape::Around;
use super::site::{Site, Survey};
use super::verb::Proposal;
use super::view::{Kind, View};
use crate::contract::vocabulary::{PageStyle, ReplyRule, Shapes};
use crate::json;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Record,
    List,
    Message,
}

struct Shown {
    operation: usize,
    form: Form,
    tree: Value,
}

/// Decides the shapes and gives each operation that differs its own reply.
pub fn settle(survey: &Survey<'_>, resources: &Resources<'_>, proposals: &mut [Proposal], notes: &mut Notes) -> Shapes {
    let mut shown = Vec::new();
    for (operation, (site, proposal)) in survey.sites.iter().zip(proposals.iter_mut()).enumerate() {
        if let Some((form, tree)) = reply(survey, resources, site, proposal) {
            shown.push(Shown { operation, form, tree });
        }
    }
    let mut shapes = Shapes::default();
    for (form, place, word) in [
        (Form::Record, &mut shapes.record, "record"),
        (Form::List, &mut shapes.list, "list"),
        (Form::Message, &mut shapes.message, "message"),
    ] {
        let of_form: Vec<&Shown> = shown.iter().filter(|shown| shown.form == form).collect();
        let Some((tree, count)) = most_common(of_form.iter().map(|shown| &shown.tree)) else { continue };
        notes.add(&["shapes", word], format!("{count} of {} such replies", of_form.len()));
        *place = Some(tree.clone());
    }
    for Shown { operation, form, tree } in shown {
        let ordinary = match form {
            Form::Record => &shapes.record,
            Form::List => &shapes.list,
            Form::Message => &shapes.message,
        };
        if ordinary.as_ref() != Some(&tree) {
            let tree =
                if form == Form::Message { with_message(tree, proposals[operation].rule.reply.as_ref()) } else { tree };
            proposals[operation].rule.reply = Some(ReplyRule { body: Some(tree), ..ReplyRule::default() });
        }
    }
    shapes
}

/// The value that occurs most, the first of equals, and how often.
pub fn most_common<'v>(values: impl Iterator<Item = &'v Value>) -> Option<(&'v Value, usize)> {
    // Many are one and the same value, which need not be compared with itself.
    let mut same: IndexMap<*const Value, (&Value, usize)> = IndexMap::new();
    for value in values {
        same.entry(std::ptr::from_ref(value)).or_insert((value, 0)).1 += 1;
    }
    let mut counts: IndexMap<String, (&Value, usize)> = IndexMap::new();
    for (value, count) in same.into_values() {
        counts.entry(json::text(value)).or_insert((value, 0)).1 += count;
    }
    let most = counts.values().map(|(_, count)| *count).max()?;
    counts.into_values().find(|(_, count)| *count == most)
}

/// The tree of an operation's success, by the form it has; replies of no form are set at once.
fn reply(
    survey: &Survey<'_>,
    resources: &Resources<'_>,
    site: &Site<'_>,
    proposal: &mut Proposal,
) -> Option<(Form, Value)> {
    if proposal.rule.sampled {
        return None;
    }
    let success = site.success.as_ref()?;
    let raw = &success.media?.raw;
    let Payload { path, content } = &success.payload;
    let rule = &proposal.rule;
    let list = rule.list.is_some();
    let cursor = rule.page.as_ref().is_some_and(|page| page.style == PageStyle::Cursor);
    let mut around = Around { document: survey.document, list, record: None, cursor };
    let resource = proposal.resource.map(|index| resources.get(index));
    match content {
        Content::List(_) if list => Some((Form::List, around.tree(raw, path, &leaf("records")))),
        Content::List(_) => {
            let tree = around.tree(raw, path, &Value::Array(vec![leaf("record")]));
            proposal.rule.reply = Some(ReplyRule { body: Some(tree), ..ReplyRule::default() });
            None
        }
        Content::Record(shown) => {
            let view = View::of(survey.document, shown);
            let index = proposal.resource;
            let same = resource
                .is_some_and(|resource| view.properties.is_empty() || shows(&view, &resource.view, &resource.id));
            if same || index.is_some() && resources.shown_by(&view) == index {
                // A deletion shows nothing by itself.
                if rule.delete.is_some() {
                    proposal.rule.reply = Some(ReplyRule { record: Some(leaf("record")), ..ReplyRule::default() });
                }
                return Some((Form::Record, around.tree(raw, path, &leaf("record"))));
            }
            around.record = resource.map(|resource| &resource.view);
            let meant = around.meant(shown).tree;
            around.record = None;
            let tree = around.tree(raw, path, &meant);
            proposal.rule.reply = Some(ReplyRule { body: Some(tree), ..ReplyRule::default() });
            None
        }
        Content::Message => {
            let name = resource.map(|resource| resource.name.as_str()).unwrap_or_default();
            let text = message(survey, site, path).unwrap_or_else(|| done(name, proposal));
            proposal.rule.reply = Some(ReplyRule { message: Some(text), ..ReplyRule::default() });
            Some((Form::Message, message_tree(survey, site, path)))
        }
        Content::Other | Content::Nothing => None,
    }
}

/// Does a schema without a common component still show the record? It has its id and mostly its fields.
fn shows(view: &View<'_>, record: &View<'_>, id: &str) -> bool {
    let common = view.properties.keys().filter(|name| record.has(name)).count();
    view.has(id) && common * 3 >= view.properties.len() * 2 && common * 2 >= record.properties.len()
}

fn done(name: &str, proposal: &Proposal) -> String {
    let verb = match &proposal.rule {
        rule if rule.delete.is_some() => "deleted",
        rule if rule.create.is_some() => "created",
        rule if rule.save.is_some() => "saved",
        _ => "updated",
    };
    format!("{} {verb}", super::names::capital(&prose(name)))
}

/// The text in the example's message.
fn message(survey: &Survey<'_>, site: &Site<'_>, path: &[String]) -> Option<String> {
    let success = site.success.as_ref()?;
    let examples = reply_examples(survey, site.operation, success.status);
    let inner = examples.into_iter().find_map(|example| super::example::at_path(example, path))?;
    let text = ["message", "detail", "msg", "status"].iter().find_map(|key| inner.get(key)?.as_str())?;
    (!text.contains("{{")).then(|| text.to_owned())
}

fn message_tree(survey: &Survey<'_>, site: &Site<'_>, path: &[String]) -> Value {
    let around = Around { document: survey.document, list: false, record: None, cursor: false };
    let Some(success) = &site.success else { return Value::Null };
    let Some(media) = success.media else { return Value::Null };
    let mut inner = &media.raw;
    for name in path {
        let Some(property) = View::of(survey.document, inner).properties.get(name.as_str()).copied() else { break };
        inner = property.raw;
    }
    let view = View::of(survey.document, inner);
    let mut tree = serde_json::Map::new();
    let says = view.properties.iter().find(|(name, property)| {
        ["message", "detail", "msg"].contains(&flat(name).as_str())
            && matches!(property.kind(), Kind::Text | Kind::Unknown)
    });
    for (name, property) in &view.properties {
        let value = if says.is_some_and(|(said, _)| said == name) {
            Some(leaf("message"))
        } else if ["success", "ok", "deleted", "acknowledged"].contains(&flat(name).as_str())
            && property.kind() == Kind::Boolean
        {
            Some(Value::Bool(true))
        } else if let Some(meaning) = super::shape::of_call(&flat(name), property) {
            Some(meaning.tree)
        } else {
            property.required.then(|| super::shape::constant(property, None))
        };
        if let Some(value) = value {
            tree.insert((*name).to_owned(), value);
        }
    }
    around.tree(&media.raw, path, &Value::Object(tree))
}

/// An own body binds no message, so the text itself stands in the tree.
fn with_message(tree: Value, reply: Option<&ReplyRule>) -> Value {
    let text = reply.and_then(|reply| reply.message.clone()).unwrap_or_default();
    match tree {
        Value::String(leaf) if leaf == "{{ message }}" => Value::String(text),
        Value::Object(object) => {
            Value::Object(object.into_iter().map(|(key, value)| (key, with_message(value, reply))).collect())
        }
        other => other,
    }
}
