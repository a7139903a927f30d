use standin::report::Look;
use standin::scenario::report::{self, Format};

use super::{example, golden, render};

#[test]
fn a_terminal_shows_each_workflow_each_failure_and_the_numbers() {
    golden::check("rich.txt", &render(&example::rich(), Format::Text));
}

#[test]
fn a_run_that_passed_is_short() {
    golden::check("green.txt", &render(&example::green(), Format::Text));
}

#[test]
fn a_run_of_nothing_says_so() {
    golden::check("empty.txt", &render(&example::empty(), Format::Text));
}

#[test]
fn a_strict_run_fails_by_its_warnings() {
    let mut results = example::rich();
    results.workflows.truncate(1);
    results.workflows.extend(example::rich().workflows.pop());
    results.findings.clear();
    let lenient = render(&results, Format::Text);
    assert!(lenient.contains("\npassed: 2 workflows "), "{lenient}");
    results.strict = true;
    let strict = render(&results, Format::Text);
    assert!(strict.contains("\nfailed: 1 of 2 workflows "), "{strict}");
}

#[test]
fn colour_changes_no_word() {
    let results = example::rich();
    let colored = report::terminal(&results, &example::Places, Look { color: true, width: 100 });
    assert!(colored.contains("\u{1b}[32m+"), "added lines are green");
    assert!(colored.contains("\u{1b}[31m-"), "removed lines are red");
    assert_eq!(console::strip_ansi_codes(&colored), render(&results, Format::Text));
}

#[test]
fn colour_is_for_terminals_alone() {
    for format in Format::ALL {
        assert!(!render(&example::rich(), format).contains('\u{1b}'), "{}", format.word());
    }
}

#[test]
fn a_narrow_terminal_gets_short_lines_but_whole_commands() {
    let text = report::terminal(&example::rich(), &example::Places, Look { color: false, width: 60 });
    golden::check("narrow.txt", &text);
    let curl = text.lines().filter(|line| line.contains("curl") || line.contains("-H '") || line.contains("-d '"));
    assert!(curl.count() > 0);
}

#[test]
fn no_width_is_too_small() {
    for width in [0, 1, 2, 10, usize::MAX / 8] {
        assert!(!report::terminal(&example::rich(), &example::Places, Look { color: true, width }).is_empty());
    }
}
