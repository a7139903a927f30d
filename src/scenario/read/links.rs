//! What workflows are to one another, across descriptions: dependencies without cycles, calls that end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::description::Draft;
use super::node::Complaints;
use super::workflow::WorkflowLinks;
use crate::contract::error::LoadError;
use crate::scenario::finding::Site;
use crate::scenario::model::{Description, WorkflowRef};

/// So many searches for a cycle are made once it is known that there is one.
const SEARCHES_MAX: usize = 100;

type Graph = BTreeMap<WorkflowRef, BTreeSet<WorkflowRef>>;

/// Complains about cycles, and completes the workflows: what each depends on, and whether others call it. What a called workflow
/// depends on must be done before its caller starts.
pub fn link(drafts: Vec<Draft>, complaints: &Complaints) -> Vec<Description> {
    let mut links: BTreeMap<WorkflowRef, &WorkflowLinks> = BTreeMap::new();
    for (description, draft) in drafts.iter().enumerate() {
        for (workflow, own) in draft.links.iter().enumerate() {
            links.insert(WorkflowRef { description, workflow }, own);
        }
    }
    refuse_dependency_cycles(&links, complaints);
    refuse_recursion(&links, complaints);
    let calls = links.iter().flat_map(|(at, own)| own.calls.iter().filter(move |called| *called != at));
    let called: BTreeSet<WorkflowRef> = calls.copied().collect();
    let depends: BTreeMap<WorkflowRef, Vec<WorkflowRef>> =
        links.keys().map(|at| (*at, depends_on(&links, *at))).collect();
    let mut descriptions = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.into_iter().enumerate() {
        let Some(mut description) = draft.description else { continue };
        for (workflow, own) in description.workflows.iter_mut().enumerate() {
            let at = WorkflowRef { description: index, workflow };
            own.called = called.contains(&at);
            own.depends_on = depends.get(&at).cloned().unwrap_or_default();
        }
        descriptions.push(description);
    }
    descriptions
}

/// What a workflow depends on: its own dependencies, then those of the workflows that it calls.
fn depends_on(links: &BTreeMap<WorkflowRef, &WorkflowLinks>, at: WorkflowRef) -> Vec<WorkflowRef> {
    let mut found = Vec::new();
    let mut known = BTreeSet::from([at]);
    let mut reached = BTreeSet::from([at]);
    let mut open = VecDeque::from([at]);
    while let Some(next) = open.pop_front() {
        let Some(links) = links.get(&next) else { continue };
        found.extend(links.depends_on.keys().filter(|needed| known.insert(**needed)));
        open.extend(links.calls.iter().filter(|called| reached.insert(**called)));
    }
    found
}

/// A dependency is part of a cycle when what it leads to leads back, by dependencies or calls.
fn refuse_dependency_cycles(links: &BTreeMap<WorkflowRef, &WorkflowLinks>, complaints: &Complaints) {
    let graph: Graph =
        links.iter().map(|(at, own)| (*at, own.depends_on.keys().chain(&own.calls).copied().collect())).collect();
    let edges = links.iter().flat_map(|(at, own)| own.depends_on.iter().map(|(to, site)| (*at, *to, site)));
    for (path, site) in cycles(&graph, edges) {
        let message = match path.as_slice() {
            [only] => format!("workflow `{}` depends on itself", name(links, *only)),
            _ => format!("workflows depend on one another: {}", told(links, &path)),
        };
        let error = LoadError::new(&*site.file, site.pointer.clone(), message);
        complaints.add(error.hint("leave out one of these dependencies"));
    }
}

/// Calls that are made whatever happens must not come back.
fn refuse_recursion(links: &BTreeMap<WorkflowRef, &WorkflowLinks>, complaints: &Complaints) {
    let graph: Graph = links.iter().map(|(at, own)| (*at, own.always_calls.keys().copied().collect())).collect();
    let edges = links.iter().flat_map(|(at, own)| own.always_calls.iter().map(|(to, site)| (*at, *to, site)));
    for (path, site) in cycles(&graph, edges) {
        let message = match path.as_slice() {
            [only] => format!("workflow `{}` calls itself, and nothing ends that", name(links, *only)),
            _ => format!("workflows call one another, and nothing ends that: {}", told(links, &path)),
        };
        let error = LoadError::new(&*site.file, site.pointer.clone(), message);
        complaints
            .add(error.hint("give the step an `x-standin-if`, or one before it an action that ends the workflow"));
    }
}

/// Cycles that go through one of the edges, each workflow in one of them at most; each from the edge's start, without repeating it.
fn cycles<'l>(
    graph: &Graph,
    edges: impl Iterator<Item = (WorkflowRef, WorkflowRef, &'l Site)>,
) -> Vec<(Vec<WorkflowRef>, &'l Site)> {
    let suspects = trimmed(graph);
    let mut found = Vec::new();
    let mut told: BTreeSet<WorkflowRef> = BTreeSet::new();
    let within = edges.filter(|(from, to, _)| suspects.contains(from) && suspects.contains(to));
    for (from, to, site) in within.take(SEARCHES_MAX) {
        if told.contains(&from) {
            continue;
        }
        if let Some(path) = path(graph, &suspects, to, from) {
            told.extend(&path);
            // The path ends where the edge starts; a cycle is told from there.
            let mut cycle = vec![from];
            cycle.extend(path.into_iter().filter(|at| *at != from));
            found.push((cycle, site));
        }
    }
    found
}

/// The workflows that are left when those are taken away, again and again, that lead nowhere or that nothing leads to.
fn trimmed(graph: &Graph) -> BTreeSet<WorkflowRef> {
    let mut reversed: Graph = graph.keys().map(|at| (*at, BTreeSet::new())).collect();
    for (from, targets) in graph {
        for to in targets {
            reversed.entry(*to).or_default().insert(*from);
        }
    }
    let forward = left_over(graph, &reversed);
    let backward = left_over(&reversed, graph);
    forward.intersection(&backward).copied().collect()
}

fn left_over(graph: &Graph, reversed: &Graph) -> BTreeSet<WorkflowRef> {
    let mut left: BTreeMap<WorkflowRef, usize> = graph.iter().map(|(at, targets)| (*at, targets.len())).collect();
    let mut open: Vec<WorkflowRef> = left.iter().filter(|(_, targets)| **targets == 0).map(|(at, _)| *at).collect();
    while let Some(at) = open.pop() {
        left.remove(&at);
        for from in reversed.get(&at).into_iter().flatten() {
            if let Some(targets) = left.get_mut(from) {
                *targets -= 1;
                if *targets == 0 {
                    open.push(*from);
                }
            }
        }
    }
    left.into_keys().collect()
}

/// The shortest way from one workflow to another, both included.
fn path(graph: &Graph, within: &BTreeSet<WorkflowRef>, from: WorkflowRef, to: WorkflowRef) -> Option<Vec<WorkflowRef>> {
    let mut before: BTreeMap<WorkflowRef, Option<WorkflowRef>> = BTreeMap::from([(from, None)]);
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        if at == to {
            let mut path: Vec<WorkflowRef> =
                std::iter::successors(Some(at), |at| before.get(at).copied().flatten()).collect();
            path.reverse();
            return Some(path);
        }
        for next in graph.get(&at).into_iter().flatten().filter(|next| within.contains(next)) {
            if !before.contains_key(next) {
                before.insert(*next, Some(at));
                open.push_back(*next);
            }
        }
    }
    None
}

fn told(links: &BTreeMap<WorkflowRef, &WorkflowLinks>, path: &[WorkflowRef]) -> String {
    let names: Vec<String> = path.iter().chain(path.first()).map(|at| format!("`{}`", name(links, *at))).collect();
    names.join(" → ")
}

fn name<'l>(links: &BTreeMap<WorkflowRef, &'l WorkflowLinks>, at: WorkflowRef) -> &'l str {
    links.get(&at).map_or("", |links| links.id.as_str())
}
