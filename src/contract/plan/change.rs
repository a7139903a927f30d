//! Further changes, and the names that rules bind on their way.

use super::compile::Compiler;
use super::{Change, ChangeVerb};
use crate::contract::vocabulary::{Behaviour, ChangeRule, ReadRule};

impl<'a> Compiler<'a> {
    /// Compiles changes in order; what one binds with `as` is visible to those after it, and stays in `names`.
    pub(super) fn changes(&mut self, pointer: &str, rules: &'a [ChangeRule], names: &mut Vec<&'a str>) -> Vec<Change> {
        let mut changes = Vec::new();
        for (place, rule) in rules.iter().enumerate() {
            let pointer = format!("{pointer}/{place}");
            changes.extend(self.change(&pointer, rule, names));
            names.extend(rule.name.as_deref());
        }
        changes
    }

    fn change(&mut self, pointer: &str, rule: &'a ChangeRule, names: &[&'a str]) -> Option<Change> {
        let verbs = [
            (ChangeVerb::Create, &rule.create),
            (ChangeVerb::Update, &rule.update),
            (ChangeVerb::Delete, &rule.delete),
            (ChangeVerb::Save, &rule.save),
        ];
        let mut given = verbs.into_iter().filter_map(|(verb, resource)| resource.as_ref().map(|name| (verb, name)));
        let (Some((verb, resource)), None) = (given.next(), given.next()) else {
            self.complain(pointer, "a change has one of create, update, delete and save");
            return None;
        };
        let each = rule.each.as_ref().map(|text| self.expression(&format!("{pointer}/each"), text, names));
        let mut names = names.to_vec();
        names.extend(["item", "index"].into_iter().filter(|_| each.is_some()));
        let with = self.reads(&format!("{pointer}/with"), &rule.with, &mut names);
        Some(Change {
            verb,
            resource: self.resource_index(pointer, resource),
            id: rule.id.as_ref().map(|text| self.expression(&format!("{pointer}/id"), text, &names)),
            matching: self.matching(&format!("{pointer}/match"), &rule.matching, &names),
            each,
            with,
            when: rule.when.as_ref().map(|text| self.expression(&format!("{pointer}/when"), text, &names)),
            set: self.assignments(&format!("{pointer}/set"), &rule.set, &names),
            emit: rule.emit.as_ref().and_then(|name| self.event_index(&format!("{pointer}/emit"), name)),
            name: rule.name.clone(),
        })
    }
}

/// All further changes of a behaviour.
pub(super) fn all_changes(behaviour: &Behaviour) -> impl Iterator<Item = &ChangeRule> {
    let operations = behaviour.operations.values().flat_map(|rule| &rule.also);
    let lifecycles = behaviour.resources.values().flat_map(|rule| &rule.lifecycle);
    operations.chain(lifecycles.flat_map(|rule| &rule.also))
}

/// All declared reads of a behaviour, by name.
pub(super) fn all_reads(behaviour: &Behaviour) -> impl Iterator<Item = (&String, &ReadRule)> {
    let operations = behaviour.operations.values().flat_map(|rule| &rule.with);
    let lifecycles = behaviour.resources.values().flat_map(|rule| &rule.lifecycle).flat_map(|rule| &rule.with);
    let credentials = behaviour.credentials.values().flat_map(|rule| &rule.with);
    operations.chain(lifecycles).chain(credentials).chain(all_changes(behaviour).flat_map(|rule| &rule.with))
}

/// The names that some rule binds, beside those of a call. A text that several rules can lead to (an error's, an event's, a resource's own
/// `set`) may use any of them.
pub(super) fn rule_names(behaviour: &Behaviour) -> Vec<&str> {
    let reads = all_reads(behaviour).map(|(name, _)| name.as_str());
    let made = all_changes(behaviour).filter_map(|rule| rule.name.as_deref());
    let mut names: Vec<&str> = ["item", "index", "outer"].into_iter().chain(reads).chain(made).collect();
    names.sort_unstable();
    names.dedup();
    names
}
