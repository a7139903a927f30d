//! The order of steps: as written, or, where a step has `dependsOn`, as explicit and implicit dependencies demand.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::node::Complaints;
use super::step::StepLinks;
use crate::contract::error::LoadError;
use crate::scenario::model::{Action, ActionKind, Destination, Step};

/// For each place in the order, the step (as written) that runs there. `None` after a complaint.
pub fn order(ids: &[&str], links: &[StepLinks], finally: &[usize], complaints: &Complaints) -> Option<Vec<usize>> {
    let last: BTreeSet<usize> = finally.iter().copied().collect();
    let sorts = links.iter().any(|links| links.ordered);
    let mut sound = true;
    for (index, step) in links.iter().enumerate() {
        for (used, pointer) in &step.uses.steps {
            let runs_last = last.contains(used) && !last.contains(&index);
            let later = !sorts && *used > index && last.contains(used) == last.contains(&index);
            if runs_last || later {
                complaints.add(forward(ids, step, index, *used, pointer, runs_last));
                sound = false;
            }
        }
    }
    if !sorts {
        return sound.then(|| (0..links.len()).collect());
    }
    let needs: Vec<BTreeSet<usize>> = links.iter().map(needs).collect();
    let order = sorted(&needs, &last);
    if order.len() < links.len() {
        complaints.add(cycle(ids, links, &needs, &order));
        return None;
    }
    sound.then_some(order)
}

/// Puts steps into their order, and turns the indexes in them from those as written to those of the order.
pub fn arrange(steps: Vec<Step>, order: &[usize], finally: &mut [usize]) -> Vec<Step> {
    let mut place = vec![0; order.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    finally.iter_mut().for_each(|step| *step = place[*step]);
    let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let arranged = order.iter().filter_map(|old| steps.get_mut(*old)?.take());
    arranged
        .map(|mut step| {
            step.depends_on.iter_mut().for_each(|step| *step = place[*step]);
            step.on_success.iter_mut().chain(&mut step.on_failure).for_each(|action| redirect(action, &place));
            step
        })
        .collect()
}

fn redirect(action: &mut Action, place: &[usize]) {
    match &mut action.kind {
        ActionKind::Goto(Destination::Step(step)) | ActionKind::Retry { via: Some(Destination::Step(step)), .. } => {
            *step = place[*step];
        }
        _ => {}
    }
}

fn needs(links: &StepLinks) -> BTreeSet<usize> {
    links.depends_on.iter().map(|(step, _)| *step).chain(links.uses.steps.keys().copied()).collect()
}

/// Topological and stable: of the steps that could be next, the first as written is. Steps that run at the end come last.
fn sorted(needs: &[BTreeSet<usize>], last: &BTreeSet<usize>) -> Vec<usize> {
    let mut waiting: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    for (step, needs) in needs.iter().enumerate() {
        needs.iter().for_each(|need| needed_by[*need].push(step));
    }
    let key = |step: usize| Reverse((last.contains(&step), step));
    let mut ready: BinaryHeap<Reverse<(bool, usize)>> =
        (0..needs.len()).filter(|step| waiting[*step] == 0).map(key).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(Reverse((_, step))) = ready.pop() {
        order.push(step);
        for next in &needed_by[step] {
            waiting[*next] -= 1;
            if waiting[*next] == 0 {
                ready.push(key(*next));
            }
        }
    }
    order
}

fn forward(ids: &[&str], step: &StepLinks, index: usize, used: usize, pointer: &str, runs_last: bool) -> LoadError {
    let file = step.site.as_ref().map_or("", |site| &*site.file);
    let when = if runs_last { "runs at the end" } else { "comes later" };
    let message = format!("step `{}` refers to outputs of step `{}`, which {when}", ids[index], ids[used]);
    let hint = if runs_last {
        format!("take `{}` out of `x-standin-finally`", ids[used])
    } else {
        format!("move step `{}` before it, or give it `dependsOn: [{}]`", ids[used], ids[used])
    };
    LoadError::new(file, pointer, message).hint(hint)
}

/// One cycle among the steps that could not be put in order.
fn cycle(ids: &[&str], links: &[StepLinks], needs: &[BTreeSet<usize>], order: &[usize]) -> LoadError {
    let placed: BTreeSet<usize> = order.iter().copied().collect();
    // Each step that is left needs another that is left: following these, one must come back.
    let mut path: Vec<usize> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut step = (0..needs.len()).find(|step| !placed.contains(step)).unwrap_or_default();
    while seen.insert(step) {
        path.push(step);
        step = needs[step].iter().copied().find(|need| !placed.contains(need)).unwrap_or(step);
    }
    let start = path.iter().position(|other| *other == step).unwrap_or_default();
    // Told from the step that stands first.
    let mut path = path.split_off(start);
    let first = path.iter().enumerate().min_by_key(|(_, step)| **step).map_or(0, |(index, _)| index);
    path.rotate_left(first);
    let names: Vec<String> = path.iter().chain(path.first()).map(|step| format!("`{}`", ids[*step])).collect();
    let site = path.iter().find_map(|step| {
        let next = links[*step].depends_on.iter().find(|(need, _)| path.contains(need));
        next.map(|(_, site)| site.clone())
    });
    let (file, pointer) = match site.or_else(|| links[path[0]].site.clone()) {
        Some(site) => (site.file.to_string(), site.pointer),
        None => (String::new(), String::new()),
    };
    let message = if path.len() == 1 {
        format!("step {} depends on itself", names[0])
    } else {
        format!("steps depend on one another: {}", names.join(" → "))
    };
    LoadError::new(file, pointer, message).hint("leave out one of these dependencies")
}
