//! Which workflows run, together and in which order.
//!
//! Workflows that depend on one another share a world and run one after the other, each once; all others run side by side.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use sha2::{Digest, Sha256};

use super::model::{Suite, WorkflowRef};

/// Workflows that share a world, in the order in which they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub workflows: Vec<WorkflowRef>,
}

/// The groups of the workflows that `wanted` accepts, and of what those depend on; in the order of files and workflows.
pub fn groups(suite: &Suite, wanted: &dyn Fn(WorkflowRef) -> bool) -> Vec<Group> {
    let mut chosen = BTreeSet::new();
    let mut open: Vec<WorkflowRef> = asked(suite).filter(|at| wanted(*at)).collect();
    while let Some(at) = open.pop() {
        if chosen.insert(at) {
            open.extend(&suite.workflow(at).depends_on);
        }
    }
    let groups = components(suite, &chosen).into_iter();
    groups.map(|members| Group { workflows: in_order(suite, &members) }).collect()
}

/// The share of one machine of `of`, counted from 1: stable under changes elsewhere (by a digest of file and workflow), each group in
/// exactly one.
pub fn shard(suite: &Suite, groups: Vec<Group>, index: usize, of: usize) -> Vec<Group> {
    if of <= 1 {
        return groups;
    }
    groups.into_iter().filter(|group| digest(suite, group) % of as u64 + 1 == index as u64).collect()
}

fn asked(suite: &Suite) -> impl Iterator<Item = WorkflowRef> {
    let descriptions = suite.descriptions.iter().take(suite.asked).enumerate();
    descriptions.flat_map(|(description, content)| {
        (0..content.workflows.len()).map(move |workflow| WorkflowRef { description, workflow })
    })
}

/// Workflows that depend on one another, directly or through others; in the order of the first of each.
fn components(suite: &Suite, chosen: &BTreeSet<WorkflowRef>) -> Vec<BTreeSet<WorkflowRef>> {
    let mut neighbours: BTreeMap<WorkflowRef, Vec<WorkflowRef>> = BTreeMap::new();
    for at in chosen {
        for needed in &suite.workflow(*at).depends_on {
            neighbours.entry(*at).or_default().push(*needed);
            neighbours.entry(*needed).or_default().push(*at);
        }
    }
    let mut seen = BTreeSet::new();
    let mut components = Vec::new();
    for start in chosen {
        let mut members = BTreeSet::new();
        let mut open = vec![*start];
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                members.insert(at);
                open.extend(neighbours.get(&at).into_iter().flatten());
            }
        }
        if !members.is_empty() {
            components.push(members);
        }
    }
    components
}

/// Each after what it depends on; of those that could be next, the first as written is.
fn in_order(suite: &Suite, members: &BTreeSet<WorkflowRef>) -> Vec<WorkflowRef> {
    let mut waiting: BTreeMap<WorkflowRef, usize> = BTreeMap::new();
    let mut needed_by: BTreeMap<WorkflowRef, Vec<WorkflowRef>> = BTreeMap::new();
    for at in members {
        let needs: BTreeSet<WorkflowRef> = suite.workflow(*at).depends_on.iter().copied().collect();
        waiting.insert(*at, needs.len());
        needs.into_iter().for_each(|need| needed_by.entry(need).or_default().push(*at));
    }
    let mut ready: BinaryHeap<Reverse<WorkflowRef>> =
        waiting.iter().filter(|(_, needs)| **needs == 0).map(|(at, _)| Reverse(*at)).collect();
    let mut order = Vec::with_capacity(members.len());
    while let Some(Reverse(at)) = ready.pop() {
        order.push(at);
        for next in needed_by.get(&at).into_iter().flatten() {
            if let Some(needs) = waiting.get_mut(next) {
                *needs -= 1;
                if *needs == 0 {
                    ready.push(Reverse(*next));
                }
            }
        }
    }
    order
}

/// A number that only changes when the group's first workflow gets another name or file.
fn digest(suite: &Suite, group: &Group) -> u64 {
    let mut hash = Sha256::new();
    if let Some(first) = group.workflows.iter().min() {
        hash.update(suite.descriptions[first.description].file.as_bytes());
        hash.update([0]);
        hash.update(suite.workflow(*first).id.as_bytes());
    }
    let bytes = hash.finalize();
    bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests;
