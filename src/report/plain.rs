//! Texts that a stranger wrote, made harmless and short: a service decides what stands in its replies, and must not steer a
//! terminal, hide text from a reader, or fill a page.

use std::borrow::Cow;

use console::{measure_text_width, truncate_str};

/// The text with every control character replaced by a visible one. Line feeds and tabs stay; `\r\n` is a line feed.
///
/// Characters that turn the direction of writing go too: what is read must be what is there.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").chars().map(shown).collect())
}

/// A name or path in one line, as it is: a line feed within it is shown, like every other control character.
pub fn single(text: &str) -> String {
    visible(text).replace('\n', "␊").replace('\t', "␉")
}

/// The text in one line of at most `width` columns: white space in runs is one blank.
pub fn line(text: &str, width: usize) -> String {
    // A line is never longer in columns than twice its characters, so only so much of a huge text is looked at.
    let joined = words(text, width.saturating_mul(2).saturating_add(2));
    truncate_str(&visible(&joined), width, "…").into_owned()
}

/// At most `lines` lines of at most `width` columns each, and how many more there are.
pub fn excerpt(text: &str, lines: usize, width: usize) -> (Vec<String>, usize) {
    let text = text.strip_suffix('\n').unwrap_or(text);
    if text.is_empty() {
        return (Vec::new(), 0);
    }
    let shown = text.lines().take(lines).map(|line| cut(line, width)).collect();
    (shown, text.lines().count().saturating_sub(lines))
}

/// One line cut to `width` columns, its indentation kept.
pub fn cut(line: &str, width: usize) -> String {
    // One character has at most two columns, and combining ones have none: a bound on characters bounds the work.
    const CHARACTERS_PER_COLUMN_MAX: usize = 4;
    let mut head: String = line.chars().take(width.saturating_mul(CHARACTERS_PER_COLUMN_MAX)).collect();
    if head.len() < line.len() {
        head.push('…');
    }
    truncate_str(&visible(&head).replace('\t', "    "), width, "…").into_owned()
}

/// Blanks that fill the text up to `width` columns.
pub fn padding(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(measure_text_width(text)))
}

/// Text at words' ends into lines of at most `width` columns; a word that is longer stands alone.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut columns = 0;
    for word in text.split_whitespace() {
        let needed = measure_text_width(word);
        if columns > 0 && columns + 1 + needed > width {
            lines.push(String::new());
            columns = 0;
        }
        let Some(last) = lines.last_mut() else { break };
        if columns > 0 {
            last.push(' ');
            columns += 1;
        }
        last.push_str(word);
        columns += needed;
    }
    lines
}

/// `1 error`, `2 errors`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// What is left out at the end of a list: `… 3 more lines`; nothing where nothing is.
pub fn more(number: usize, noun: &str) -> Option<String> {
    (number > 0).then(|| format!("… {}", count(number, &format!("more {noun}"))))
}

/// `34 ms`, `1.24 s`, `2 min 5 s`.
pub fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{:.2} s", milliseconds as f64 / 1_000.0),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

/// A share in percent, rounded down to a tenth: 100.0 means all.
pub fn percent(seen: usize, all: usize) -> String {
    if all == 0 {
        return "–".to_owned();
    }
    let tenths = seen.saturating_mul(1_000) / all;
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// What stands between backticks, told apart from the words around it: `(true, code)` and `(false, words)`.
pub fn code_spans(text: &str) -> Vec<(bool, &str)> {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        // A backtick without its partner: nothing is code.
        return vec![(false, text)];
    }
    let spans = pieces.into_iter().enumerate().map(|(index, piece)| (index % 2 == 1, piece));
    spans.filter(|(_, piece)| !piece.is_empty()).collect()
}

fn words(text: &str, characters_max: usize) -> String {
    let mut joined = String::new();
    let mut left = characters_max;
    for word in text.split_whitespace() {
        if left == 0 {
            break;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.extend(word.chars().take(left));
        left = left.saturating_sub(word.chars().take(left).count() + 1);
    }
    joined
}

fn is_hidden(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t')) || turns_direction(character)
}

/// The bidirectional controls of Unicode (UAX 9).
fn turns_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The control's picture, of which Unicode has one for each of ASCII; the replacement character for the rest.
fn shown(character: char) -> char {
    match character {
        '\n' | '\t' => character,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '␡',
        _ if is_hidden(character) => char::REPLACEMENT_CHARACTER,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_seen_and_do_nothing() {
        assert_eq!(visible("a\u{1b}[31mred\u{7}\r\nb\tc"), "a␛[31mred␇\nb\tc");
        assert_eq!(visible("safe\u{202e}txt.exe\u{9b}"), "safe�txt.exe�");
        assert!(matches!(visible("plain ✓ 日本"), Cow::Borrowed(_)));
        assert_eq!(single("a\n::b\tc"), "a␊::b␉c");
    }

    #[test]
    fn a_line_is_one_line_and_not_too_wide() {
        assert_eq!(line("one\n  two\tthree", 20), "one two three");
        assert_eq!(line("日本語日本語", 7), "日本語…");
        assert_eq!(line(&"x".repeat(1_000_000), 4), "xxx…");
        assert_eq!(line("", 4), "");
    }

    #[test]
    fn an_excerpt_says_how_much_is_left_out() {
        assert_eq!(excerpt("a\nb\nc\n", 2, 9), (vec!["a".into(), "b".into()], 1));
        assert_eq!(excerpt("", 2, 9), (vec![], 0));
        assert_eq!(excerpt("  \"long\": 12345", 2, 8), (vec!["  \"long…".into()], 0));
    }

    #[test]
    fn words_are_wrapped_and_never_torn() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("a wordlongerthanthat b", 5), ["a", "wordlongerthanthat", "b"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn shares_are_never_rounded_up_to_all() {
        assert_eq!(percent(9_999, 10_000), "99.9%");
        assert_eq!(percent(3, 3), "100.0%");
        assert_eq!(percent(0, 0), "–");
    }

    #[test]
    fn durations_are_told_in_the_unit_that_fits() {
        assert_eq!(duration(0), "0 ms");
        assert_eq!(duration(999), "999 ms");
        assert_eq!(duration(1_240), "1.24 s");
        assert_eq!(duration(125_000), "2 min 5 s");
    }

    #[test]
    fn code_is_told_from_words_only_where_backticks_pair() {
        assert_eq!(code_spans("step `a` ran"), [(false, "step "), (true, "a"), (false, " ran")]);
        assert_eq!(code_spans("half ` open"), [(false, "half ` open")]);
        assert_eq!(code_spans(""), []);
    }
}
