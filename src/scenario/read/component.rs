//! The Components Object, and the Reusable Objects that refer into it.

use std::cell::{Cell, RefCell};

use serde_json::Value;

use super::COPIED_VALUES_MAX;
use super::action::{self, Outcome};
use super::names::Reader;
use super::node::Node;
use super::parameter::{self, Receiver};
use super::scope::{Phase, Scope, Uses};
use super::shape;
use super::value::check_name;

const KINDS: [&str; 4] = ["inputs", "parameters", "successActions", "failureActions"];

/// How many values were copied out of components and workflows. A short text can ask for very many.
#[derive(Debug, Default)]
pub struct Copies {
    values: Cell<usize>,
}

impl Copies {
    /// Counts a copy; false, with a complaint, when there are too many.
    pub fn take(&self, node: &Node<'_>, values: usize) -> bool {
        let copied = self.values.get().saturating_add(values);
        self.values.set(copied);
        if copied > COPIED_VALUES_MAX {
            let message = format!("components and workflow-level parts become more than {COPIED_VALUES_MAX} values");
            node.refuse(message, "give the larger ones to the steps that need them");
        }
        copied <= COPIED_VALUES_MAX
    }
}

/// How many values a tree holds.
pub fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// The component that a Reusable Object refers to.
pub fn find<'a>(reader: &Reader<'a>, node: &Node<'a>, kind: &str) -> Option<Node<'a>> {
    if !node.check(&shape::REUSABLE) {
        return None;
    }
    let at = node.get("reference")?;
    let text = at.value.as_str()?;
    let Some((found, name)) = text.strip_prefix("$components.").and_then(|rest| rest.split_once('.')) else {
        at.refuse(format!("`{text}` does not refer to a component"), format!("write `$components.{kind}.NAME`"));
        return None;
    };
    if found != kind {
        let message = format!("`{text}` cannot stand here");
        at.refuse(message, format!("this list refers to `$components.{kind}.NAME`"));
        return None;
    }
    if let Some(value) = node.get("value").filter(|_| kind != "parameters") {
        value.refuse_key("`value` is for references to parameters", "leave it out");
    }
    let components = reader.document.node().get("components").and_then(|components| components.get(kind));
    let Some(target) = components.as_ref().and_then(|components| components.get(name)) else {
        let known = components.map(|components| components.members()).unwrap_or_default();
        let message = format!("there is no component `{name}` in `components.{kind}`");
        if known.is_empty() {
            at.refuse(message, format!("define it: `components: {{{kind}: {{{name}: …}}}}`"));
        } else {
            at.refuse_unknown(message, name, known.iter().map(|(name, _)| *name));
        }
        return None;
    };
    reader.copies.take(node, size(target.value)).then_some(target)
}

/// Looks at every component, used or not. What depends on the workflow that uses one is looked at there.
pub fn check(reader: &Reader<'_>) {
    let Some(components) = reader.document.node().get("components") else { return };
    if !components.check(&shape::COMPONENTS) {
        return;
    }
    let uses = RefCell::new(Uses::default());
    let scope = Scope {
        reader: *reader,
        workflow: None,
        step: None,
        called: None,
        element: None,
        phase: Phase::Shared,
        uses: &uses,
    };
    for kind in KINDS {
        for (name, node) in components.members_of(kind) {
            check_name(&node, "a component", name);
            match kind {
                "parameters" => drop(parameter::parameter(&scope, &node, Receiver::Any)),
                "successActions" => drop(action::action(&scope, &node, Outcome::Success)),
                "failureActions" => drop(action::action(&scope, &node, Outcome::Failure)),
                _ => {}
            }
        }
    }
}
