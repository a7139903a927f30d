//! Shows an author's mistake in the file that it is in: the line, a caret, and what to do.
//!
//! Where a complaint names a value by its pointer, the file is read once more with positions; that is too slow for loading, and
//! cheap enough for a page that somebody is about to read.

mod excerpt;
mod locate;

use std::collections::BTreeMap;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::error::{About, LoadError};
use excerpt::Excerpt;
pub use locate::{Positions, locate};

/// Renders complaints one below the other. `texts` gives a file's text; without it a complaint is its message alone.
pub fn render(errors: &[LoadError], texts: &dyn Fn(&str) -> Option<String>, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let contents = contents(errors, texts);
    let files: BTreeMap<&str, File<'_>> =
        contents.iter().filter_map(|(name, text)| Some((*name, File::new(errors, name, text.as_deref()?)))).collect();
    let mut out = String::new();
    for error in errors {
        let excerpt = files.get(error.file.as_str()).and_then(|file| file.excerpt(error));
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&renderer.render(&report(error, excerpt.as_ref())));
        out.push('\n');
    }
    out
}

/// A file's text and, when a complaint needs them, the positions of its values.
struct File<'a> {
    text: &'a str,
    positions: Option<Positions<'a>>,
}

impl<'a> File<'a> {
    fn new(errors: &[LoadError], name: &str, text: &'a str) -> File<'a> {
        let by_pointer = errors
            .iter()
            .any(|error| error.file == name && !matches!(error.about, About::Text(_)) && !error.pointer.is_empty());
        File { text, positions: by_pointer.then(|| Positions::read(text)).flatten() }
    }

    /// The place of a complaint: its span, or its key or value, or the nearest value above that exists.
    fn excerpt(&self, error: &LoadError) -> Option<Excerpt<'a>> {
        if let About::Text(span) = &error.about {
            return Some(Excerpt::new(self.text, span.clone()));
        }
        let positions = self.positions.as_ref()?;
        if error.about == About::Key
            && let Some(range) = positions.find_key(&error.pointer)
        {
            return Some(Excerpt::new(self.text, range));
        }
        // Of the whole document there is nothing to point at.
        let nearest = positions.find_nearest(&error.pointer).filter(|(pointer, _)| !pointer.is_empty());
        nearest.map(|(_, range)| Excerpt::new(self.text, range))
    }
}

/// Each file's text, asked for once.
fn contents<'a>(errors: &'a [LoadError], texts: &dyn Fn(&str) -> Option<String>) -> BTreeMap<&'a str, Option<String>> {
    let mut contents = BTreeMap::new();
    for error in errors {
        contents.entry(error.file.as_str()).or_insert_with(|| texts(&error.file));
    }
    contents
}

fn report<'a>(error: &'a LoadError, excerpt: Option<&'a Excerpt<'a>>) -> Vec<Group<'a>> {
    let title = Level::ERROR.primary_title(error.message.as_str());
    let mut group = match excerpt {
        Some(excerpt) => {
            let caret = AnnotationKind::Primary.span(excerpt.span.clone());
            let source = Snippet::source(excerpt.text).path(error.file.as_str()).line_start(excerpt.line);
            title.element(source.annotation(caret))
        }
        None => title.element(Origin::path(error.file.as_str())),
    };
    if !error.pointer.is_empty() {
        group = group.element(Level::NOTE.message(format!("at {}", error.pointer)));
    }
    if let Some(hint) = &error.hint {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    vec![group]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: LoadError, text: Option<&str>, expected: &str) {
        let found = render(&[error], &|_| text.map(str::to_owned), false);
        assert_eq!(found, expected, "\n{found}");
    }

    #[test]
    fn a_value_is_shown_with_a_caret_and_help() {
        check(
            LoadError::new("spec/overlay.yaml", "/actions/0/update/set/bar", "unknown name `recrod`")
                .hint("did you mean `record`?"),
            Some("actions:\n  - target: $\n    update:\n      set:\n        bar: recrod.id # soon\n"),
            "\
error: unknown name `recrod`
 --> spec/overlay.yaml:5:14
  |
5 |         bar: recrod.id # soon
  |              ^^^^^^^^^
  |
  = note: at /actions/0/update/set/bar
  = help: did you mean `record`?
",
        );
    }

    #[test]
    fn a_wrong_key_is_marked_itself() {
        let error = || LoadError::new("a", "/x/bad", "unknown word").about_key();
        check(
            error(),
            Some("x: { bad: 1 }\n"),
            "\
error: unknown word
 --> a:1:6
  |
1 | x: { bad: 1 }
  |      ^^^
  |
  = note: at /x/bad
",
        );
        let json = render(&[error()], &|_| Some("{\"x\": {\"bad\": 1}}".to_owned()), false);
        assert!(json.contains(" --> a:1:8\n") && json.contains(" ^^^^^\n"), "{json}");
    }

    #[test]
    fn a_span_wins_over_the_pointer_and_counts_characters() {
        check(
            LoadError::new("a.yaml", "/a", "odd").span(8..10),
            Some("# é\na: ü\n"),
            "\
error: odd
 --> a.yaml:2:4
  |
2 | a: ü
  |    ^
  |
  = note: at /a
",
        );
    }

    #[test]
    fn a_pointer_that_does_not_exist_falls_back_to_what_does() {
        check(
            LoadError::new("a.json", "/a/b/missing/0", "gone"),
            Some("{\n  \"a\": {\n    \"b\": {\"c\": 1}\n  }\n}"),
            "\
error: gone
 --> a.json:3:10
  |
3 |     \"b\": {\"c\": 1}
  |          ^^^^^^^^
  |
  = note: at /a/b/missing/0
",
        );
    }

    #[test]
    fn without_a_text_or_a_place_the_message_stands_alone() {
        let alone = "error: lost\n--> gone.yaml\n";
        check(LoadError::new("gone.yaml", "", "lost"), None, alone);
        check(LoadError::new("gone.yaml", "", "lost"), Some("a: 1"), alone);
        check(LoadError::new("gone.yaml", "/x", "lost"), Some("a: 1"), "error: lost\n--> gone.yaml\n = note: at /x\n");
    }

    #[test]
    fn long_lines_are_cut_around_the_caret() {
        let text =
            format!("{{\"pad\": \"{}\", \"bad\": 42, \"rest\": \"{}\"}}", "é".repeat(5000), "x".repeat(1_000_000));
        let found = render(&[LoadError::new("a.json", "/bad", "odd")], &|_| Some(text.clone()), false);
        assert!(found.lines().all(|line| line.chars().count() < 200), "{found}");
        assert!(found.contains(" --> a.json:1:5020"), "{found}");
        let lines: Vec<Vec<char>> = found.lines().map(|line| line.chars().collect()).collect();
        let caret = lines[4].iter().position(|character| *character == '^').unwrap_or_default();
        assert_eq!(lines[3][caret..caret + 2], ['4', '2'], "{found}");
    }

    #[test]
    fn spans_outside_of_the_text_do_no_harm() {
        for (start, end) in [(0, 0), (3, 900), (900, 901), (5, 2), (2, 3)] {
            let span = start..end;
            let found = render(&[LoadError::new("a", "", "odd").span(span)], &|_| Some("aé\nb".to_owned()), true);
            assert!(found.contains("odd"));
        }
        assert!(render(&[LoadError::new("a", "", "odd").span(0..1)], &|_| Some(String::new()), false).contains("odd"));
    }

    #[test]
    fn several_complaints_follow_one_another() {
        let errors = [LoadError::new("a", "/x", "one"), LoadError::new("b", "/y", "two")];
        let found = render(&errors, &|name| (name == "a").then(|| "x: 1".to_owned()), false);
        assert!(found.contains("a:1:4") && found.contains("error: two\n--> b"), "{found}");
    }
}
