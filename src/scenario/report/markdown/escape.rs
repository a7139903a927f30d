//! Text in GitHub's Markdown that stays text: no markup, no HTML, no mention of people, no link to issues.

use crate::report::plain;

/// In a line of words. What stands between backticks becomes code.
pub fn inline(text: &str) -> String {
    let visible = plain::visible(text).replace('\n', " ");
    plain::code_spans(&visible).into_iter().map(|(code, piece)| if code { span(piece) } else { words(piece) }).collect()
}

/// In a table's cell, where a bar ends the cell even within code, and a backslash before it need not help.
pub fn cell(text: &str) -> String {
    let visible = plain::visible(text).replace('\n', " ");
    let pieces = plain::code_spans(&visible).into_iter().map(|(code, piece)| match (code, piece.contains('|')) {
        (true, false) => span(piece),
        (true, true) => format!("<code>{}</code>", words(piece).replace('|', BAR)),
        (false, _) => words(piece).replace('|', BAR),
    });
    pieces.collect()
}

const BAR: &str = "&#124;";

/// Within an HTML element, where Markdown does not reach.
pub fn link_text(text: &str) -> String {
    unlinked(&html(&plain::visible(text).replace('\n', " ")))
}

/// A block as it is, between fences that are longer than any within it.
pub fn fenced(text: &str, language: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

/// Code: nothing within is markup, and there is no backtick within that could end it.
fn span(code: &str) -> String {
    let code = code.trim();
    if code.is_empty() { String::new() } else { format!("`{code}`") }
}

fn words(text: &str) -> String {
    const MARKUP: [char; 9] = ['\\', '`', '*', '_', '[', ']', '~', '!', '$'];
    let mut escaped = String::with_capacity(text.len());
    for character in html(text).chars() {
        if MARKUP.contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    unlinked(&escaped)
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// GitHub links `@name`, `#12` and addresses in text; an empty comment after their first character hides them from it.
fn unlinked(text: &str) -> String {
    text.replace('@', "@<!-- -->")
        .replace('#', "#<!-- -->")
        .replace("://", ":<!-- -->//")
        .replace("www.", "www<!-- -->.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(inline("a *b* <script> & [c](d)"), "a \\*b\\* &lt;script&gt; &amp; \\[c\\](d)");
        assert_eq!(inline("@team see #12"), "@<!-- -->team see #<!-- -->12");
        assert_eq!(inline("http://a.b www.c.d"), "http:<!-- -->//a.b www<!-- -->.c.d");
        assert_eq!(inline("two\nlines"), "two lines");
    }

    #[test]
    fn code_stays_code_and_a_lone_backtick_does_nothing() {
        assert_eq!(inline("step `a_b` ran"), "step `a_b` ran");
        assert_eq!(inline("half ` *open*"), "half \\` \\*open\\*");
        assert_eq!(inline("``"), "");
    }

    #[test]
    fn no_bar_ends_a_cell() {
        assert_eq!(cell("`a|b` c|d `e`"), "<code>a&#124;b</code> c&#124;d `e`");
        assert_eq!(cell("`a\\|b`"), "<code>a\\\\&#124;b</code>");
    }

    #[test]
    fn a_fence_is_longer_than_those_within() {
        assert_eq!(fenced("a\n```\nb\n", "text"), "````text\na\n```\nb\n````\n");
        assert_eq!(fenced("", ""), "```\n\n```\n");
    }
}
