//! The one line of a file that a complaint is about, cut to a width that people can read.

use std::ops::Range;

/// The widest line that is shown whole; wider ones are cut on both sides of the caret.
const LINE_CHARACTERS_MAX: usize = 140;
/// How much of a cut line is kept before the caret.
const BEFORE_CARET: usize = 40;
const CUT: &str = "…";

/// A line, and the place in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt<'a> {
    /// The line's text, cut.
    pub text: String,
    /// The place in `text`, in bytes; never empty unless the line is.
    pub span: Range<usize>,
    /// Counted from one, in the whole file.
    pub line: usize,
    /// Counted from one, in characters of the whole line.
    pub column: usize,
    whole: &'a str,
}

impl<'a> Excerpt<'a> {
    /// The line at the start of a byte range, which may lie anywhere. Only the first line of a longer range is marked.
    pub fn new(text: &'a str, range: Range<usize>) -> Excerpt<'a> {
        let start = boundary_before(text, range.start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &text[line_start..];
        let whole = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let from = (start - line_start).min(whole.len());
        let to = boundary_before(text, range.end).saturating_sub(line_start).clamp(from, whole.len());
        let column = whole[..from].chars().count();
        let width = whole[from..to].chars().count().max(1);
        let (text, span) = cut(whole, column, width);
        Excerpt { text, span, line: 1 + rest_lines(text_before(rest, line_start, range.start), line_start), column: column + 1, whole }
    }
}
