//! The one line of a file that a complaint is about.

use crate::words::boundary_before;
use std::ops::Range;

/// How much of a line is kept behind the place. What stands before it stays, since columns are counted there; the renderer trims
/// what it shows.
const BEHIND_BYTES_MAX: usize = 400;

/// A line, and the place in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt<'a> {
    pub text: &'a str,
    /// The place in `text`, in bytes.
    pub span: Range<usize>,
    /// Counted from one, in the whole file.
    pub line: usize,
}

impl<'a> Excerpt<'a> {
    /// The line at the start of a byte range, which may lie anywhere. Only the first line of a longer range is marked.
    pub fn new(text: &'a str, range: Range<usize>) -> Excerpt<'a> {
        let start = boundary_before(text, range.start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[line_start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let from = (start - line_start).min(line.len());
        let kept = boundary_before(line, from.saturating_add(BEHIND_BYTES_MAX));
        let to = boundary_before(text, range.end).saturating_sub(line_start).clamp(from, kept);
        let number = text[..line_start].bytes().filter(|byte| *byte == b'\n').count() + 1;
        Excerpt { text: &line[..kept], span: from..to, line: number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_range_is_marked() {
        let text = "a: 1\r\nbé: [2,\n  3]\n";
        let start = text.find('[').expect("a list");
        let excerpt = Excerpt::new(text, start..text.len());
        assert_eq!(excerpt.line, 2);
        assert_eq!(&excerpt.text[excerpt.span.clone()], "[2,");
        assert_eq!(Excerpt::new(text, 0..1).text, "a: 1");
    }

    #[test]
    fn the_end_of_the_text_is_a_place() {
        let excerpt = Excerpt::new("a: [\n", 5..5);
        assert_eq!((excerpt.line, excerpt.text), (2, ""));
        assert_eq!(Excerpt::new("", 7..9).span, 0..0);
    }

    #[test]
    fn a_wide_line_is_cut_behind_the_place() {
        let text = format!("{}X{}", "é".repeat(1000), "y".repeat(1_000_000));
        let excerpt = Excerpt::new(&text, 2000..2001);
        assert_eq!(&excerpt.text[excerpt.span.clone()], "X");
        assert_eq!(excerpt.text.len(), 2000 + BEHIND_BYTES_MAX);
    }
}
