//! Texts that match a regular expression, for ids and secrets.
//!
//! The generator refuses anchors and takes classes literally (`\d` is any digit of any script), so the parsed expression is
//! rewritten first: anchors dropped, classes cut down to printable ASCII, repetition bounded.

use rand_chacha::rand_core::Rng;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};

/// Longest pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 1_000;
/// Deepest nesting of groups in a pattern; what walks it recurses as deep.
const NEST_MAX: u32 = 50;
/// Longest text generated, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;
/// How often beyond its least number an unbounded repetition repeats: the first of these that keeps the text within bounds.
const REPEATS: [u32; 4] = [100, 10, 1, 0];

#[derive(Debug)]
pub struct Pattern(rand_regex::Regex);

/// Can secrets be generated from this pattern? For load time.
pub fn check(pattern: &str) -> Result<(), String> {
    Pattern::compile(pattern).map(|_| ())
}

impl Pattern {
    pub fn compile(pattern: &str) -> Result<Pattern, String> {
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(format!("pattern is longer than {PATTERN_BYTES_MAX} bytes"));
        }
        let parsed = ParserBuilder::new().nest_limit(NEST_MAX).build().parse(pattern);
        let parsed =
            parsed.map_err(|error| format!("pattern {pattern:?} is no regular expression: {}", reason(&error)))?;
        let repeats = REPEATS.into_iter().find(|repeats| longest(&parsed, *repeats) <= TEXT_BYTES_MAX);
        let Some(repeats) = repeats else {
            return Err(format!(
                "pattern {pattern:?} asks for more than {TEXT_BYTES_MAX} bytes; shorten its repetitions"
            ));
        };
        let hir = rewrite(&parsed).map_err(|why| format!("cannot generate from pattern {pattern:?}: {why}"))?;
        let generator = rand_regex::Regex::with_hir(hir, repeats);
        generator.map(Pattern).map_err(|error| format!("cannot generate from pattern {pattern:?}: {error}"))
    }

    pub fn generate(&self, rng: &mut impl Rng) -> String {
        let text: Vec<u8> = rand::distr::Distribution::sample(&self.0, rng);
        // Classes are characters, so the bytes are text.
        String::from_utf8(text).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

/// What is wrong, without the excerpt that the parser draws over several lines.
fn reason(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "unknown reason".to_owned(),
    }
}

/// The length of the longest text, with unbounded repetitions bounded.
fn longest(hir: &Hir, repeats: u32) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(_) => hir.properties().maximum_len().unwrap_or(0),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(repeats));
            // A part that is always empty still costs the generator each of its repetitions.
            longest(&repetition.sub, repeats).max(1).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => longest(&capture.sub, repeats),
        HirKind::Concat(parts) => parts.iter().fold(0, |sum: usize, part| sum.saturating_add(longest(part, repeats))),
        HirKind::Alternation(parts) => parts.iter().map(|part| longest(part, repeats)).max().unwrap_or(0),
    }
}

fn rewrite(hir: &Hir) -> Result<Hir, String> {
    Ok(match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) => hir.clone(),
        HirKind::Look(look) => match look {
            Look::Start | Look::End | Look::StartLF | Look::EndLF | Look::StartCRLF | Look::EndCRLF => Hir::empty(),
            _ => return Err("a word boundary cannot be generated; leave it out".to_owned()),
        },
        HirKind::Class(class) => Hir::class(printable(class)),
        HirKind::Repetition(repetition) => Hir::repetition(regex_syntax::hir::Repetition {
            min: repetition.min,
            max: repetition.max,
            greedy: repetition.greedy,
            sub: Box::new(rewrite(&repetition.sub)?),
        }),
        HirKind::Capture(capture) => rewrite(&capture.sub)?,
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(rewrite).collect::<Result<_, _>>()?),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(rewrite).collect::<Result<_, _>>()?),
    })
}

/// A class within printable ASCII, or within ASCII, or as it is: the first that leaves something.
fn printable(class: &Class) -> Class {
    for (first, last) in [(b' ', b'~'), (0, 0x7f)] {
        let cut = match class {
            Class::Unicode(class) => {
                let mut cut = class.clone();
                let range = ClassUnicodeRange::new(char::from(first), char::from(last));
                cut.intersect(&ClassUnicode::new([range]));
                Class::Unicode(cut)
            }
            Class::Bytes(class) => {
                let mut cut = class.clone();
                cut.intersect(&ClassBytes::new([ClassBytesRange::new(first, last)]));
                Class::Bytes(cut)
            }
        };
        if !cut.is_empty() {
            return cut;
        }
    }
    class.clone()
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[track_caller]
    fn check(pattern: &str) {
        let compiled = Pattern::compile(pattern).unwrap();
        let expected = regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
        for seed in 0..50 {
            let text = compiled.generate(&mut ChaCha8Rng::seed_from_u64(seed));
            assert!(expected.is_match(&text), "{text:?} does not match {pattern}");
            assert!(text.is_ascii() && text.len() <= TEXT_BYTES_MAX, "{text:?}");
        }
    }

    #[test]
    fn generated_texts_match_and_are_ascii() {
        check("whsec_[A-Za-z0-9]{32}");
        check(r"^\d{4}-\d{2}$");
        check(r"\w+@\w{2,5}\.(com|org)");
        check(".{5}");
        check(r"[^a-z\s]{3,}");
        check("(?i)abc?");
        check(r"(a+)+|\p{L}*");
        check("");
    }

    #[test]
    fn a_class_without_ascii_stays_as_it_is() {
        let text = Pattern::compile("[à-ö]{4}").unwrap().generate(&mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(text.chars().count(), 4);
        assert!(text.chars().all(|character| ('à'..='ö').contains(&character)));
    }

    #[test]
    fn what_cannot_be_generated_is_refused_with_the_reason() {
        let refused = |pattern: &str| super::check(pattern).unwrap_err();
        assert!(refused("(").contains("no regular expression"));
        assert!(refused("(?=a)b").contains("look-around"));
        assert!(refused(r"\bword\b").contains("word boundary"));
        assert!(refused("a{5000}").contains("4096 bytes"));
        assert!(refused("((a{1000}){1000}){1000}").contains("4096 bytes"));
        assert!(refused("((|a){60}){60000}").contains("4096 bytes"));
        assert!(refused(&"a".repeat(PATTERN_BYTES_MAX + 1)).contains("longer than"));
        assert!(refused(&format!("{}a{}", "(".repeat(400), ")".repeat(400))).contains("no regular expression"));
        assert!(!refused("[a&&b]").is_empty());
    }
}
