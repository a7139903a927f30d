//! A persistent sorted set that knows positions: what stands at place n, and at which place an item stands.
//!
//! Lists need the n-th record of an order and the number of records in a range, both in time independent of the
//! collection's size. `imbl::OrdMap` cannot count a range, and `imbl::Vector` inserts in the middle by splitting and
//! joining the whole tree, which costs microseconds and leaves half-empty chunks of full size behind. So this is a B+ tree
//! with a length beside each child. Nodes are shared between clones and copied when one of them changes.

use std::ops::Range;
use std::sync::Arc;

/// Most items in a leaf, and most children of a branch.
const NODE_MAX: usize = 64;
/// A node that shrinks below this is joined with a neighbour if both fit in one with room to grow.
const NODE_SPARSE: usize = NODE_MAX / 4;
/// Levels for which a [`Finger`] remembers a place: more than a tree of as many items as a collection may hold ever has.
const FINGER_LEVELS: usize = 8;
/// Room made by the first item of a node; it doubles from there, so that small collections stay small.
const ROOM_FIRST: usize = 4;

#[derive(Debug, Clone)]
pub struct Ranked<T> {
    root: Arc<Node<T>>,
    len: usize,
    finger: Finger,
}

/// The way that the last insertion took, from the root down. The next one mostly goes right beside it: to the end, or to the end of a run of
/// equal keys. Two comparisons on each level tell whether it does; where not, the place is searched. It is only a guess, and never wrong
/// for long.
#[derive(Debug, Clone, Copy, Default)]
struct Finger([u8; FINGER_LEVELS]);

#[derive(Debug, Clone)]
enum Node<T> {
    Leaf(Vec<T>),
    Branch(Vec<Child<T>>),
}

#[derive(Debug, Clone)]
struct Child<T> {
    /// The least item below.
    first: T,
    /// How many items stand below.
    len: usize,
    node: Arc<Node<T>>,
}

/// What an insertion did to a node.
enum Growth<T> {
    /// The item was there.
    None,
    One,
    /// The node was full; this is its right half.
    Split(Child<T>),
}

impl<T> Default for Ranked<T> {
    fn default() -> Ranked<T> {
        Ranked { root: Arc::new(Node::Leaf(Vec::new())), len: 0, finger: Finger::default() }
    }
}

impl<T: Ord + Clone> Ranked<T> {
    pub fn len(&self) -> usize {
        self.len
    }

    /// The item at a place.
    pub fn get(&self, place: usize) -> Option<&T> {
        let (leaf, offset) = self.leaf_at(place)?;
        leaf.get(offset)
    }

    /// How many items, from the least up, `before` holds for; it must hold for a prefix of the order.
    pub fn rank(&self, mut before: impl FnMut(&T) -> bool) -> usize {
        let mut rank = 0;
        let mut node = &*self.root;
        loop {
            match node {
                Node::Leaf(items) => return rank + items.partition_point(before),
                Node::Branch(children) => {
                    let at = children.partition_point(|child| before(&child.first));
                    let Some(at) = at.checked_sub(1) else { return rank };
                    rank += children[..at].iter().map(|child| child.len).sum::<usize>();
                    node = &children[at].node;
                }
            }
        }
    }

    /// The first item that `before` no longer holds for.
    pub fn first_from(&self, mut before: impl FnMut(&T) -> bool) -> Option<&T> {
        // The answer is in the leaf that `rank` ends in, or else it is the first item right of that leaf.
        let mut right = None;
        let mut node = &*self.root;
        loop {
            match node {
                Node::Leaf(items) => return items.get(items.partition_point(before)).or(right),
                Node::Branch(children) => {
                    let at = children.partition_point(|child| before(&child.first));
                    right = children.get(at).map(|child| &child.first).or(right);
                    let Some(at) = at.checked_sub(1) else { return right };
                    node = &children[at].node;
                }
            }
        }
    }

    /// Adds an item; false when an equal one is there, which stays.
    pub fn insert(&mut self, item: T) -> bool {
        match insert_into(&mut self.root, item, &mut self.finger.0) {
            Growth::None => return false,
            Growth::One => {}
            Growth::Split(right) => {
                let left = Arc::clone(&self.root);
                // A root that splits has items, so its least one exists.
                let first = first_of(&left).cloned().unwrap_or_else(|| right.first.clone());
                let left = Child { first, len: self.len + 1 - right.len, node: left };
                self.root = Arc::new(Node::Branch(vec![left, right]));
            }
        }
        self.len += 1;
        true
    }

    /// Removes the item that equals this one; false when there is none.
    pub fn remove(&mut self, item: &T) -> bool {
        if !remove_from(&mut self.root, item) {
            return false;
        }
        self.len -= 1;
        // A branch of one child adds nothing.
        while let Node::Branch(children) = &*self.root {
            match &children[..] {
                [only] => self.root = Arc::clone(&only.node),
                _ => break,
            }
        }
        true
    }

    /// Puts another item in the place of an equal one (equal by order; what it carries may differ). False when there is none.
    pub fn replace(&mut self, item: T) -> bool {
        replace_in(&mut self.root, item)
    }

    pub fn iter(&self) -> Run<'_, T> {
        self.run(0..self.len)
    }

    /// The items at a range of places.
    pub fn run(&self, places: Range<usize>) -> Run<'_, T> {
        let end = places.end.min(self.len);
        Run { ranked: self, start: places.start.min(end), end, front: &[], back: &[] }
    }

    fn leaf_at(&self, place: usize) -> Option<(&[T], usize)> {
        if place >= self.len {
            return None;
        }
        let mut offset = place;
        let mut node = &*self.root;
        loop {
            match node {
                Node::Leaf(items) => return Some((items, offset)),
                Node::Branch(children) => {
                    let child = children.iter().find(|child| {
                        let below = offset < child.len;
                        if !below {
                            offset -= child.len;
                        }
                        below
                    })?;
                    node = &child.node;
                }
            }
        }
    }
}

/// Items at a range of places, from either end.
#[derive(Debug)]
pub struct Run<'a, T> {
    ranked: &'a Ranked<T>,
    start: usize,
    end: usize,
    /// The rest of the leaf that `start` is in; empty before it is looked up.
    front: &'a [T],
    /// The rest of the leaf that `end - 1` is in.
    back: &'a [T],
}

impl<'a, T: Ord + Clone> Iterator for Run<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        if self.start >= self.end {
            return None;
        }
        if self.front.is_empty() {
            let (leaf, offset) = self.ranked.leaf_at(self.start)?;
            self.front = leaf.get(offset..)?;
        }
        let (item, rest) = self.front.split_first()?;
        self.front = rest;
        self.start += 1;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.end - self.start;
        (len, Some(len))
    }
}

impl<'a, T: Ord + Clone> DoubleEndedIterator for Run<'a, T> {
    fn next_back(&mut self) -> Option<&'a T> {
        if self.start >= self.end {
            return None;
        }
        if self.back.is_empty() {
            let (leaf, offset) = self.ranked.leaf_at(self.end - 1)?;
            self.back = leaf.get(..=offset)?;
        }
        let (item, rest) = self.back.split_last()?;
        self.back = rest;
        self.end -= 1;
        Some(item)
    }
}

impl<T: Ord + Clone> ExactSizeIterator for Run<'_, T> {}

fn first_of<T>(node: &Node<T>) -> Option<&T> {
    match node {
        Node::Leaf(items) => items.first(),
        Node::Branch(children) => children.first().map(|child| &child.first),
    }
}

fn insert_into<T: Ord + Clone>(node: &mut Arc<Node<T>>, item: T, finger: &mut [u8]) -> Growth<T> {
    // Below the last level that it knows a finger points nowhere in particular.
    let mut spare = 0;
    let (here, below) = finger.split_first_mut().unwrap_or((&mut spare, &mut []));
    match Arc::make_mut(node) {
        Node::Leaf(items) => match place_in(items, &item, usize::from(*here)) {
            Ok(_) => Growth::None,
            Err(at) => {
                let in_turn = at == usize::from(*here) + 1;
                match insert_at(items, at, item, in_turn) {
                    None => {
                        // Places in a node are below NODE_MAX, and so are those that the finger points to.
                        *here = at as u8;
                        Growth::One
                    }
                    Some(right) => {
                        *here = at.saturating_sub(items.len()) as u8;
                        split_off(right.len(), Node::Leaf(right))
                    }
                }
            }
        },
        Node::Branch(children) => {
            let at = child_near(children, &item, usize::from(*here));
            let in_turn = at == usize::from(*here);
            *here = at as u8;
            let child = &mut children[at];
            if item < child.first {
                child.first = item.clone();
            }
            match insert_into(&mut child.node, item, below) {
                Growth::None => Growth::None,
                Growth::One => {
                    child.len += 1;
                    Growth::One
                }
                Growth::Split(right) => {
                    child.len = child.len + 1 - right.len;
                    // What came in turn mostly went to the right half.
                    *here = (at + usize::from(in_turn)) as u8;
                    match insert_at(children, at + 1, right, in_turn) {
                        None => Growth::One,
                        Some(right) => {
                            let len = right.iter().map(|child| child.len).sum();
                            split_off(len, Node::Branch(right))
                        }
                    }
                }
            }
        }
    }
}

fn split_off<T: Clone>(len: usize, node: Node<T>) -> Growth<T> {
    match first_of(&node).cloned() {
        Some(first) => Growth::Split(Child { first, len, node: Arc::new(node) }),
        // `insert_at` never hands back an empty half.
        None => Growth::One,
    }
}

/// Inserts into a node's list; a full list is split and its right part handed back. Where elements come in turn, each right after the one
/// before, the cut is there: the left part stays full, as none of those to come goes there.
fn insert_at<E>(list: &mut Vec<E>, at: usize, element: E, in_turn: bool) -> Option<Vec<E>> {
    if list.len() < NODE_MAX {
        if list.len() == list.capacity() {
            let room = list.len().max(ROOM_FIRST).min(NODE_MAX - list.len());
            list.reserve_exact(room);
        }
        list.insert(at, element);
        return None;
    }
    if at == NODE_MAX || in_turn && at > NODE_MAX / 2 {
        let len = NODE_MAX - at + 1;
        let mut right = Vec::with_capacity((2 * len).clamp(ROOM_FIRST, NODE_MAX));
        right.push(element);
        right.extend(list.drain(at..));
        return Some(right);
    }
    let cut = NODE_MAX / 2;
    let mut right = Vec::with_capacity(NODE_MAX);
    right.extend(list.drain(cut..));
    match at <= cut {
        true => list.insert(at, element),
        false => right.insert(at - cut, element),
    }
    Some(right)
}

/// Where an item stands in a leaf, or has to be put; looked for right after `guess` first.
fn place_in<T: Ord>(items: &[T], item: &T, guess: usize) -> Result<usize, usize> {
    let after = items.get(guess).is_some_and(|before| before < item);
    if after && items.get(guess + 1).is_none_or(|next| item < next) {
        return Err(guess + 1);
    }
    items.binary_search(item)
}

/// The child that an item belongs to; `guess` is looked at first.
fn child_near<T: Ord>(children: &[Child<T>], item: &T, guess: usize) -> usize {
    let within = children.get(guess).is_some_and(|child| child.first <= *item);
    if within && children.get(guess + 1).is_none_or(|next| *item < next.first) {
        return guess;
    }
    child_of(children, item)
}

/// The child that an item belongs to.
fn child_of<T: Ord>(children: &[Child<T>], item: &T) -> usize {
    children.partition_point(|child| child.first <= *item).saturating_sub(1)
}

fn remove_from<T: Ord + Clone>(node: &mut Arc<Node<T>>, item: &T) -> bool {
    match Arc::make_mut(node) {
        Node::Leaf(items) => match items.binary_search(item) {
            Ok(at) => {
                items.remove(at);
                true
            }
            Err(_) => false,
        },
        Node::Branch(children) => {
            let at = child_of(children, item);
            let Some(child) = children.get_mut(at) else { return false };
            if !remove_from(&mut child.node, item) {
                return false;
            }
            child.len -= 1;
            match first_of(&child.node) {
                None => {
                    children.remove(at);
                }
                Some(first) => {
                    if *first != child.first {
                        child.first = first.clone();
                    }
                    join_sparse(children, at);
                }
            }
            true
        }
    }
}

fn replace_in<T: Ord + Clone>(node: &mut Arc<Node<T>>, item: T) -> bool {
    match Arc::make_mut(node) {
        Node::Leaf(items) => match items.binary_search(&item) {
            Ok(at) => {
                items[at] = item;
                true
            }
            Err(_) => false,
        },
        Node::Branch(children) => {
            let at = child_of(children, &item);
            let Some(child) = children.get_mut(at) else { return false };
            if child.first == item {
                child.first = item.clone();
            }
            replace_in(&mut child.node, item)
        }
    }
}

/// Joins a sparse child with a neighbour, so that a tree that shrinks stays as low as its length asks for.
fn join_sparse<T: Clone>(children: &mut Vec<Child<T>>, at: usize) {
    let width = |child: &Child<T>| match &*child.node {
        Node::Leaf(items) => items.len(),
        Node::Branch(children) => children.len(),
    };
    if children.len() < 2 || width(&children[at]) >= NODE_SPARSE {
        return;
    }
    let left = at.saturating_sub(1);
    if width(&children[left]) + width(&children[left + 1]) > NODE_MAX / 4 * 3 {
        return;
    }
    let right = children.remove(left + 1);
    let joined = &mut children[left];
    joined.len += right.len;
    match (Arc::make_mut(&mut joined.node), &*right.node) {
        (Node::Leaf(items), Node::Leaf(more)) => items.extend(more.iter().cloned()),
        (Node::Branch(below), Node::Branch(more)) => below.extend(more.iter().cloned()),
        // All leaves stand at one depth, so neighbours are of one kind.
        _ => unreachable!("neighbours in a B+ tree stand at one depth"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(ranked: &Ranked<u32>, expected: &std::collections::BTreeSet<u32>) {
        let expected: Vec<u32> = expected.iter().copied().collect();
        assert_eq!(ranked.len(), expected.len());
        assert_eq!(ranked.iter().copied().collect::<Vec<_>>(), expected);
        let backwards: Vec<u32> = ranked.iter().rev().copied().collect();
        assert_eq!(backwards, expected.iter().rev().copied().collect::<Vec<_>>());
        for (place, item) in expected.iter().enumerate() {
            assert_eq!(ranked.get(place), Some(item));
            assert_eq!(ranked.rank(|candidate| candidate < item), place);
            assert_eq!(ranked.first_from(|candidate| candidate < item), Some(item));
            assert_eq!(ranked.first_from(|candidate| candidate <= item), expected.get(place + 1));
        }
        assert_eq!(ranked.get(expected.len()), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn it_agrees_with_a_standard_set(steps in prop::collection::vec((0u32..6, 0u32..600), 0..1500)) {
            let mut ranked = Ranked::default();
            let mut expected = std::collections::BTreeSet::new();
            for (kind, item) in steps {
                match kind {
                    0 | 1 => prop_assert_eq!(ranked.remove(&item), expected.remove(&item)),
                    _ => prop_assert_eq!(ranked.insert(item), expected.insert(item)),
                }
            }
            check(&ranked, &expected);
        }
    }

    #[test]
    fn a_large_set_grows_and_shrinks_to_nothing() {
        let mut ranked = Ranked::default();
        let mut expected = std::collections::BTreeSet::new();
        for step in 0u32..20_000 {
            let item = step.wrapping_mul(2_654_435_761) % 100_003;
            assert_eq!(ranked.insert(item), expected.insert(item));
        }
        check(&ranked, &expected);
        let kept = ranked.clone();
        for item in expected.iter().rev() {
            assert!(ranked.remove(item));
        }
        assert_eq!(ranked.len(), 0);
        assert_eq!(ranked.iter().next(), None);
        check(&kept, &expected);
    }

    fn leaves<T>(node: &Node<T>) -> usize {
        match node {
            Node::Leaf(_) => 1,
            Node::Branch(children) => children.iter().map(|child| leaves(&child.node)).sum(),
        }
    }

    #[test]
    fn runs_that_grow_in_the_middle_leave_full_nodes_behind() {
        let (mut ranked, mut expected) = (Ranked::default(), std::collections::BTreeSet::new());
        let later = (0..40).map(|item| 1_000_000 + item);
        let runs = (0..5_000).chain(500_000..505_000).chain(5_000..10_000);
        for item in later.chain(runs) {
            assert_eq!(ranked.insert(item), expected.insert(item));
        }
        check(&ranked, &expected);
        let (found, least) = (leaves(&ranked.root), expected.len().div_ceil(NODE_MAX));
        assert!(found <= least + least / 4, "{found} leaves for the items of {least}");
        for step in 0..10_000 {
            let item = 600_000 + step % 2 * 100_000 + step;
            assert_eq!(ranked.insert(item), expected.insert(item));
        }
        check(&ranked, &expected);
    }

    #[test]
    fn a_clone_does_not_see_later_changes() {
        let mut ranked = Ranked::default();
        (0..500).for_each(|item| assert!(ranked.insert(item)));
        let kept = ranked.clone();
        (0..500).step_by(3).for_each(|item| assert!(ranked.remove(&item)));
        check(&kept, &(0..500).collect());
    }

    #[test]
    fn a_run_outside_the_set_is_empty_or_cut() {
        let mut ranked = Ranked::default();
        (0..100u32).for_each(|item| assert!(ranked.insert(item)));
        assert_eq!(ranked.run(90..usize::MAX).count(), 10);
        assert_eq!(ranked.run(200..300).count(), 0);
        let mut both = ranked.run(10..14);
        assert_eq!((both.next(), both.next_back(), both.len()), (Some(&10), Some(&13), 2));
    }

    #[test]
    fn an_empty_set_answers_every_question() {
        let ranked: Ranked<u32> = Ranked::default();
        assert_eq!(ranked.rank(|_| true), 0);
        assert_eq!(ranked.first_from(|_| false), None);
        assert_eq!(ranked.get(0), None);
    }
}
