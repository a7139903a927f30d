//! How an approved and a fresh snapshot differ, step by step.
//!
//! Steps are paired by their headings first, and only the lines of a pair are compared: that keeps a large snapshot cheap, and a hunk
//! never joins two steps by accident. No clock decides how hard to look, so the same texts always give the same diff.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

/// How an approved and a fresh snapshot differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// A unified diff, without colour.
    pub diff: String,
    /// The headings of the steps (`createPost`) that differ, in order.
    pub steps: Vec<String>,
    /// The first differing line of each, old and new; it belongs to the first of the steps.
    pub first: Option<(String, String)>,
}

/// Lines of context around a change.
const CONTEXT: usize = 3;
/// Most lines of one step's differing middle that are compared with care; beyond, all of them are told as changed.
const CAREFUL_LINES_MAX: usize = 4_000;
/// Most lines of the diff.
const DIFF_LINES_MAX: usize = 2_000;

/// Compares contents; parts of skipped steps are left out. `None` when they are the same.
pub fn compare(approved: &str, fresh: &str, skipped: &[String]) -> Option<Difference> {
    // Most snapshots are the same to the byte, and that is soon seen.
    if skipped.is_empty() && approved == fresh {
        return None;
    }
    let (approved, fresh) = (approved.trim_end().replace("\r\n", "\n"), fresh.trim_end().replace("\r\n", "\n"));
    let (approved, fresh) = match without(&approved, skipped) {
        // What was left out may have been the first to show a value: both are numbered anew.
        Some(rest) => (renumbered(&rest), renumbered(&fresh)),
        None => (approved, fresh),
    };
    if approved == fresh {
        return None;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (approved.split('\n').collect(), fresh.split('\n').collect());
    let operations = differences(&old, &new);
    let sides = Sides { old, new };
    Some(Difference {
        diff: sides.unified(&operations),
        steps: sides.steps(&operations),
        first: sides.first(&operations),
    })
}

/// The approved text without the parts of skipped steps; `None` when there are none.
fn without(approved: &str, skipped: &[String]) -> Option<String> {
    if skipped.is_empty() {
        return None;
    }
    let left_out = |heading: &str| {
        let repeated = heading.rsplit_once(" [").map(|(name, _)| format!("{name} [*]"));
        skipped.iter().any(|one| one == heading || Some(one) == repeated.as_ref())
    };
    let mut kept = Vec::new();
    let (mut keep, mut any) = (true, false);
    for line in approved.split('\n') {
        if let Some(heading) = heading(line) {
            keep = !left_out(heading);
            any |= !keep;
        }
        if keep {
            kept.push(line);
        }
    }
    any.then(|| kept.join("\n").trim_end().to_owned())
}

/// References counted anew by their order in the text.
fn renumbered(text: &str) -> String {
    static REFERENCE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"<([A-Za-z][A-Za-z0-9_-]*):(\d+)>").expect("the pattern is a constant"));
    let mut numbers: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let anew = |found: &regex::Captures<'_>| {
        let (word, number) = (found[1].to_owned(), found[2].to_owned());
        let number = numbers.entry((word.clone(), number)).or_insert_with(|| {
            let count = counts.entry(word.clone()).or_default();
            *count += 1;
            *count
        });
        format!("<{word}:{number}>")
    };
    REFERENCE.replace_all(text, anew).into_owned()
}

fn heading(line: &str) -> Option<&str> {
    line.strip_prefix("# ")
}

/// The parts of a text as ranges of lines; what stands before the first heading is a part without one.
fn parts<'t>(lines: &[&'t str]) -> Vec<(&'t str, Range<usize>)> {
    let mut parts: Vec<(&str, Range<usize>)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        match (heading(line), parts.last_mut()) {
            (None, Some((_, range))) => range.end = index + 1,
            (found, _) => parts.push((found.unwrap_or_default(), index..index + 1)),
        }
    }
    parts
}

/// The operations that lead from the old lines to the new ones: headings are paired, then the lines below them.
fn differences(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let (old_parts, new_parts) = (parts(old), parts(new));
    let old_names: Vec<&str> = old_parts.iter().map(|(name, _)| *name).collect();
    let new_names: Vec<&str> = new_parts.iter().map(|(name, _)| *name).collect();
    let mut operations = Vec::new();
    for step in careful(&old_names, &new_names, 0, 0) {
        let (olds, news) = (&old_parts[step.old_range()], &new_parts[step.new_range()]);
        if step.tag() == DiffTag::Equal {
            for ((_, one), (_, other)) in olds.iter().zip(news) {
                operations.extend(careful(&old[one.clone()], &new[other.clone()], one.start, other.start));
            }
        } else {
            let span = |parts: &[(&str, Range<usize>)], at: usize| match (parts.first(), parts.last()) {
                (Some((_, first)), Some((_, last))) => first.start..last.end,
                _ => at..at,
            };
            let at = |parts: &[(&str, Range<usize>)], index: usize, end: usize| {
                parts.get(index).map_or(end, |(_, range)| range.start)
            };
            let one = span(olds, at(&old_parts, step.old_range().start, old.len()));
            let other = span(news, at(&new_parts, step.new_range().start, new.len()));
            operations.extend(careful(&old[one.clone()], &new[other.clone()], one.start, other.start));
        }
    }
    operations
}

/// Compares two lists, moved by offsets. What is the same at both ends costs nothing; a middle that is too long is one replacement.
fn careful(old: &[&str], new: &[&str], old_at: usize, new_at: usize) -> Vec<DiffOp> {
    let head = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(one, other)| one == other).count();
    let (old_middle, new_middle) = (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);
    let mut operations = Vec::new();
    if head > 0 {
        operations.push(DiffOp::Equal { old_index: old_at, new_index: new_at, len: head });
    }
    let (old_start, new_start) = (old_at + head, new_at + head);
    if old_middle.len() + new_middle.len() > CAREFUL_LINES_MAX {
        operations.push(DiffOp::Replace {
            old_index: old_start,
            old_len: old_middle.len(),
            new_index: new_start,
            new_len: new_middle.len(),
        });
    } else {
        let middle = capture_diff_slices(Algorithm::Myers, old_middle, new_middle);
        operations.extend(middle.into_iter().map(|operation| moved(operation, old_start, new_start)));
    }
    if tail > 0 {
        let (old_index, new_index) = (old_start + old_middle.len(), new_start + new_middle.len());
        operations.push(DiffOp::Equal { old_index, new_index, len: tail });
    }
    operations
}

fn moved(operation: DiffOp, old_by: usize, new_by: usize) -> DiffOp {
    let (old, new) = (operation.old_range(), operation.new_range());
    let (old_index, new_index) = (old.start + old_by, new.start + new_by);
    match operation.tag() {
        DiffTag::Equal => DiffOp::Equal { old_index, new_index, len: old.len() },
        DiffTag::Delete => DiffOp::Delete { old_index, old_len: old.len(), new_index },
        DiffTag::Insert => DiffOp::Insert { old_index, new_index, new_len: new.len() },
        DiffTag::Replace => DiffOp::Replace { old_index, old_len: old.len(), new_index, new_len: new.len() },
    }
}

struct Sides<'t> {
    old: Vec<&'t str>,
    new: Vec<&'t str>,
}

impl Sides<'_> {
    /// Each hunk says under which step it is.
    fn unified(&self, operations: &[DiffOp]) -> String {
        let mut lines = vec!["--- approved".to_owned(), "+++ new".to_owned()];
        let merged = merged(operations);
        for group in group_diff_ops(merged, CONTEXT) {
            let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
            let old = first.old_range().start..last.old_range().end;
            let new = first.new_range().start..last.new_range().end;
            let changed = group.iter().find(|operation| operation.tag() != DiffTag::Equal);
            let heading = changed
                .and_then(|operation| self.heading_at(operation))
                .map_or(String::new(), |name| format!(" # {name}"));
            lines.push(format!("@@ -{} +{} @@{heading}", span(&old), span(&new)));
            for operation in &group {
                self.told(operation, &mut lines);
            }
            if lines.len() > DIFF_LINES_MAX {
                let more = lines.len() - DIFF_LINES_MAX;
                lines.truncate(DIFF_LINES_MAX);
                lines.push(format!("… the diff goes on: {more} lines of this hunk and all that follow are left out"));
                break;
            }
        }
        lines.push(String::new());
        lines.join("\n")
    }

    fn told(&self, operation: &DiffOp, lines: &mut Vec<String>) {
        let (old, new) = (&self.old[operation.old_range()], &self.new[operation.new_range()]);
        if operation.tag() == DiffTag::Equal {
            lines.extend(old.iter().map(|line| format!(" {line}")));
            return;
        }
        lines.extend(old.iter().map(|line| format!("-{line}")));
        lines.extend(new.iter().map(|line| format!("+{line}")));
    }

    fn steps(&self, operations: &[DiffOp]) -> Vec<String> {
        let mut steps: Vec<String> = Vec::new();
        let mut add = |name: &str| {
            if steps.iter().all(|known| known != name) {
                steps.push(name.to_owned());
            }
        };
        for operation in operations.iter().filter(|operation| operation.tag() != DiffTag::Equal) {
            if let Some(name) = self.heading_at(operation) {
                add(name);
            }
            let changed = self.old[operation.old_range()].iter().chain(&self.new[operation.new_range()]);
            changed.filter_map(|line| heading(line)).for_each(&mut add);
        }
        steps
    }

    fn first(&self, operations: &[DiffOp]) -> Option<(String, String)> {
        let operation = operations.iter().find(|operation| operation.tag() != DiffTag::Equal)?;
        let line = |lines: &[&str]| lines.first().map_or(String::new(), |line| (*line).to_owned());
        Some((line(&self.old[operation.old_range()]), line(&self.new[operation.new_range()])))
    }

    /// The step in which a change begins.
    fn heading_at(&self, operation: &DiffOp) -> Option<&str> {
        let (old, new) = (operation.old_range(), operation.new_range());
        let (lines, at) = if new.is_empty() { (&self.old, old.start) } else { (&self.new, new.start) };
        // The blank line before a heading belongs to the step that comes or goes with it.
        let changed = if new.is_empty() { &self.old[old] } else { &self.new[new] };
        let blank = changed.iter().take_while(|line| line.is_empty()).count();
        let end = (at + blank + 1).min(lines.len());
        lines[..end].iter().rev().find_map(|line| heading(line))
    }
}

/// Neighbours that say the same are one, so that hunks are not torn apart.
fn merged(operations: &[DiffOp]) -> Vec<DiffOp> {
    let mut merged: Vec<DiffOp> = Vec::with_capacity(operations.len());
    for operation in operations {
        match merged.last_mut() {
            Some(DiffOp::Equal { len, .. }) if operation.tag() == DiffTag::Equal => *len += operation.old_range().len(),
            _ => merged.push(*operation),
        }
    }
    merged
}

/// A range of lines as unified diffs write it.
fn span(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        length => format!("{},{length}", range.start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPROVED: &str = "# a\n\nGET /1\n\n200 OK\n\n{\n  \"id\": \"<post:1>\"\n}\n\n# b\n\nGET /2\n\n200 OK\n\n{\n  \"x\": 1,\n  \"y\": 2\n}\n";

    #[track_caller]
    fn check(approved: &str, fresh: &str, diff: &str, steps: &[&str]) {
        let difference = compare(approved, fresh, &[]).expect("they differ");
        assert_eq!(difference.diff, diff);
        assert_eq!(difference.steps, steps);
    }

    #[test]
    fn the_same_text_is_the_same_whatever_ends_its_lines() {
        assert_eq!(compare(APPROVED, APPROVED, &[]), None);
        assert_eq!(compare(&APPROVED.replace('\n', "\r\n"), APPROVED.trim_end(), &[]), None);
    }

    #[test]
    fn a_hunk_says_under_which_step_it_is() {
        let fresh = APPROVED.replace("\"y\": 2", "\"y\": 3");
        let diff = "--- approved\n+++ new\n@@ -16,4 +16,4 @@ # b\n \n {\n   \"x\": 1,\n-  \"y\": 2\n+  \"y\": 3\n }\n";
        check(APPROVED, &fresh, &diff.replace("-16,4 +16,4", "-16,5 +16,5"), &["b"]);
        let first = compare(APPROVED, &fresh, &[]).and_then(|difference| difference.first);
        assert_eq!(first, Some(("  \"y\": 2".to_owned(), "  \"y\": 3".to_owned())));
    }

    #[test]
    fn a_step_more_and_a_step_less_are_told_by_name() {
        check(
            "# a\n\nx\n\n# b\n\ny\n",
            "# a\n\nx\n",
            "--- approved\n+++ new\n@@ -1,7 +1,3 @@ # b\n # a\n \n x\n-\n-# b\n-\n-y\n",
            &["b"],
        );
        let difference = compare("# a\n\nx\n", "# b\n\ny\n", &[]).expect("they differ");
        assert_eq!(difference.steps, ["b", "a"]);
    }

    #[test]
    fn parts_of_skipped_steps_are_left_out_and_references_counted_anew() {
        let approved = "# a\n\n<post:1> <post:2>\n\n# b [1]\n\nz\n\n# b [2]\n\nz\n\n# c\n\n<post:2> <post:3>…\n";
        let fresh = "# c\n\n<post:1> <post:2>…\n";
        assert_eq!(compare(approved, fresh, &["a".to_owned(), "b [*]".to_owned()]), None);
        let left = compare(approved, fresh, &["a".to_owned(), "b [1]".to_owned()]).expect("one of b is left");
        assert_eq!(left.steps.first().map(String::as_str), Some("b [2]"));
        let swapped = "# c\n\n<post:1> <post:1>…\n";
        assert!(compare(approved, swapped, &["a".to_owned(), "b [*]".to_owned()]).is_some(), "identity still counts");
    }

    #[test]
    fn large_texts_are_told_without_comparing_each_line_with_each() {
        let side = |salt: usize| {
            let lines = (0..200_000).map(|line| format!("{:x}", (line * 7919 + salt) % 1_000_003));
            format!("# big\n{}", lines.collect::<Vec<_>>().join("\n"))
        };
        let difference = compare(&side(1), &side(2), &[]).expect("they differ");
        assert_eq!(difference.steps, ["big"]);
        assert!(difference.diff.lines().count() <= DIFF_LINES_MAX + 1);
        assert!(difference.diff.ends_with("are left out\n"), "{}", &difference.diff[difference.diff.len() - 100..]);
    }

    #[test]
    fn an_empty_side_is_a_side() {
        check("", "# a\n\nx", "--- approved\n+++ new\n@@ -1 +1,3 @@ # a\n+# a\n \n+x\n", &["a"]);
        assert_eq!(compare("", "\n", &[]), None);
    }
}
