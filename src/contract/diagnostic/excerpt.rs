//! The one line of a file that a complaint is about, cut to a width that people can read.

use std::ops::Range;

/// The widest line that is shown whole; wider ones are cut on both sides of the caret.
const LINE_CHARACTERS_MAX: usize = 140;
/// How much of a cut line is kept before the caret.
const BEFORE_CARET: usize = 40;
const CUT: &str = "…";

/// A line, and the place in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The line's text, cut.
    pub text: String,
    /// The place in `text`, in bytes.
    pub span: Range<usize>,
    /// Counted from one, in the whole file.
    pub line: usize,
    /// Counted from one, in characters of the whole line.
    pub column: usize,
}

impl Excerpt {
    /// The line at the start of a byte range, which may lie anywhere. Only the first line of a longer range is marked.
    pub fn new(text: &str, range: Range<usize>) -> Excerpt {
        let start = boundary_before(text, range.start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[line_start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let from = (start - line_start).min(line.len());
        let to = boundary_before(text, range.end).saturating_sub(line_start).clamp(from, line.len());
        let column = line[..from].chars().count();
        let width = line[from..to].chars().count().max(1);
        let (cut_text, span) = cut(line, column, width);
        let number = text[..line_start].bytes().filter(|byte| *byte == b'\n').count() + 1;
        Excerpt { text: cut_text, span, line: number, column: column + 1 }
    }
}

/// The part of a line around some characters, and where these are in it, in bytes.
fn cut(line: &str, column: usize, width: usize) -> (String, Range<usize>) {
    let whole = line.chars().nth(LINE_CHARACTERS_MAX).is_none();
    let skipped = if whole { 0 } else { column.saturating_sub(BEFORE_CARET) };
    let kept = if whole { usize::MAX } else { LINE_CHARACTERS_MAX };
    let mut text = String::from(if skipped > 0 { CUT } else { "" });
    let mut span = 0..0;
    let mut shown = skipped;
    for character in line.chars().skip(skipped).take(kept) {
        if shown == column {
            span.start = text.len();
        }
        text.push(character);
        if (column..column.saturating_add(width)).contains(&shown) {
            span.end = text.len();
        }
        shown += 1;
    }
    if column >= shown {
        // The place is the end of the line.
        span = text.len()..text.len();
    }
    if !whole && line.chars().nth(shown).is_some() {
        text.push_str(CUT);
    }
    (text, span)
}

fn boundary_before(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_range_is_marked() {
        let text = "a: 1\r\nbé: [2,\n  3]\n";
        let start = text.find('[').expect("a list");
        let excerpt = Excerpt::new(text, start..text.len());
        assert_eq!((excerpt.line, excerpt.column), (2, 5));
        assert_eq!(&excerpt.text[excerpt.span.clone()], "[2,");
        assert_eq!(Excerpt::new(text, 0..1).text, "a: 1");
    }

    #[test]
    fn the_end_of_the_text_is_a_place() {
        let excerpt = Excerpt::new("a: [\n", 5..5);
        assert_eq!((excerpt.line, excerpt.column, excerpt.text.as_str()), (2, 1, ""));
        assert_eq!(Excerpt::new("", 7..9).span, 0..0);
    }

    #[test]
    fn a_wide_line_keeps_its_column() {
        let text = format!("{}X{}", "é".repeat(1000), "y".repeat(1000));
        let excerpt = Excerpt::new(&text, 2000..2001);
        assert_eq!(excerpt.column, 1001);
        assert_eq!(&excerpt.text[excerpt.span.clone()], "X");
        assert_eq!(excerpt.text.chars().count(), LINE_CHARACTERS_MAX + 2);
    }
}
