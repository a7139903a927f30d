//! Strings that match an ECMAScript pattern, in printable ASCII and of bounded length.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};
use serde_json::json;

/// Patterns longer than this are not sampled.
const PATTERN_BYTES_MAX: usize = 4 << 10;
/// How many more repetitions than needed `*`, `+` and `{n,}` get, one after the other, until the length fits.
const EXTRA: [u32; 10] = [4, 0, 1, 2, 8, 16, 32, 64, 128, 256];
/// How often a string is drawn for each of these.
const TRIES_MAX: u32 = 8;
/// The most repetitions of one part.
const REPETITIONS_MAX: u32 = 1_000;

/// A string with between `least` and `most` characters, or nothing where we find none.
pub fn sample(pattern: &str, least: usize, most: usize, random: &mut ChaCha8Rng) -> Option<String> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return None;
    }
    let (plain, looks_around) = without_lookaround(pattern);
    let parse = |text: &str| regex_syntax::ParserBuilder::new().nest_limit(64).build().parse(text).ok();
    let hir = parse(&plain)?;
    // What is left out of the pattern is checked afterwards.
    let checker = if looks_around || has_word_boundary(&hir, 0) {
        Some(jsonschema::options().build(&json!({ "pattern": pattern })).ok()?)
    } else {
        None
    };
    for extra in EXTRA {
        let generator = rand_regex::Regex::with_hir(printable(&hir, extra), REPETITIONS_MAX).ok()?;
        for _ in 0..TRIES_MAX {
            let text: String = random.sample(&generator);
            let length = text.chars().count();
            let holds = checker.as_ref().is_none_or(|checker| checker.is_valid(&json!(text)));
            if (least..=most).contains(&length) && holds {
                return Some(text);
            }
        }
    }
    None
}

/// The pattern without its look-ahead and look-behind groups, and whether there were any.
fn without_lookaround(pattern: &str) -> (String, bool) {
    let mut plain = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut found = false;
    while let Some(start) = ["(?=", "(?!", "(?<=", "(?<!"].iter().filter_map(|open| rest.find(open)).min() {
        plain.push_str(&rest[..start]);
        rest = &rest[start + group_length(&rest[start..])..];
        found = true;
    }
    plain.push_str(rest);
    (plain, found)
}

/// How long the group is that the text begins with, brackets and escapes considered.
fn group_length(text: &str) -> usize {
    let (mut depth, mut in_class, mut escaped) = (0_usize, false, false);
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => {
                depth -= 1;
                if depth == 0 {
                    return index + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

fn has_word_boundary(hir: &Hir, depth: usize) -> bool {
    let any = |parts: &[Hir]| depth < 100 && parts.iter().any(|part| has_word_boundary(part, depth + 1));
    match hir.kind() {
        HirKind::Look(look) => !matches!(look, Look::Start | Look::End),
        HirKind::Repetition(repetition) => any(std::slice::from_ref(&*repetition.sub)),
        HirKind::Capture(capture) => any(std::slice::from_ref(&*capture.sub)),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => any(parts),
        _ => false,
    }
}

/// The pattern without anchors, in printable ASCII where it allows that, with bounded repetitions. The parser limits its nesting.
fn printable(hir: &Hir, extra: u32) -> Hir {
    match hir.kind() {
        HirKind::Look(_) => Hir::empty(),
        HirKind::Class(Class::Unicode(class)) => {
            let mut narrowed = class.clone();
            narrowed.intersect(&ClassUnicode::new([ClassUnicodeRange::new(' ', '~')]));
            let kept = if narrowed.ranges().is_empty() { class.clone() } else { prefer_letters(narrowed) };
            Hir::class(Class::Unicode(kept))
        }
        HirKind::Repetition(repetition) => {
            let least = repetition.min.min(REPETITIONS_MAX);
            let most = repetition.max.unwrap_or(u32::MAX).min(least.saturating_add(extra)).min(REPETITIONS_MAX);
            Hir::repetition(Repetition {
                min: least,
                max: Some(most.max(least)),
                greedy: repetition.greedy,
                sub: Box::new(printable(&repetition.sub, extra)),
            })
        }
        HirKind::Capture(capture) => printable(&capture.sub, extra),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(|part| printable(part, extra)).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(|part| printable(part, extra)).collect()),
        _ => hir.clone(),
    }
}

/// `.` and `[^/]` read better as letters and digits.
fn prefer_letters(class: ClassUnicode) -> ClassUnicode {
    let mut letters = class.clone();
    let ranges = [('0', '9'), ('A', 'Z'), ('a', 'z')].map(|(first, last)| ClassUnicodeRange::new(first, last));
    letters.intersect(&ClassUnicode::new(ranges));
    if letters.ranges().is_empty() { class } else { letters }
}
