use standin::audit::grade::Grade;
use standin::audit::observe::Exit;
use standin::audit::report::{Format, render, terminal};
use standin::audit::rule::Outcome;
use standin::audit::verdict::Unjudged;
use standin::report::Look;

use super::{example, golden};

#[test]
fn a_terminal_shows_each_rule_each_broken_one_drawn_the_trials_and_the_grade() {
    golden::check("audit.rich.txt", &render(Format::Text, &example::rich()));
}

#[test]
fn an_audit_without_a_flaw_is_short() {
    golden::check("audit.green.txt", &render(Format::Text, &example::green()));
}

#[test]
fn a_session_of_nothing_says_so() {
    golden::check("audit.empty.txt", &render(Format::Text, &example::empty()));
}

#[test]
fn a_client_that_never_calls_is_shown_with_its_exit_code_and_its_own_words() {
    let audit = example::unjudged(Unjudged::NeverCalled(Exit::Code(1)));
    golden::check("audit.never-called.txt", &render(Format::Text, &audit));
}

#[test]
fn a_client_that_goes_on_and_on_gets_a_short_report() {
    golden::check("audit.crowded.txt", &render(Format::Text, &example::crowded()));
}

#[test]
fn a_grade_that_broken_rules_hold_down_says_so() {
    let mut audit = example::green();
    audit.judged.extend((0..9).map(|_| example::judged("Safety", &example::DUPLICATES, Outcome::Passed, Vec::new())));
    audit.judged.push(example::judged("Safety", &example::DUPLICATES, Outcome::Failed, Vec::new()));
    audit.grade = Grade::of(&audit.judged);
    let text = render(Format::Text, &audit);
    assert!(
        text.ends_with(
            "score   120 of 132 points; what was broken of severity critical allows no better grade\n\n\
             grade D: 1 of 12 rules broken, 1 of them critical\n"
        ),
        "{text}"
    );
}

#[test]
fn a_narrow_terminal_gets_short_lines() {
    let text = terminal(&example::rich(), Look { color: false, width: 56 });
    golden::check("audit.narrow.txt", &text);
    let widest = text.lines().map(console::measure_text_width).max();
    assert!(widest <= Some(56), "{widest:?}");
}

#[test]
fn no_line_is_wider_than_the_window() {
    for audit in [
        example::rich(),
        example::crowded(),
        example::hostile(&"wide ".repeat(99)),
        example::hostile(&"日本語".repeat(80)),
    ] {
        for width in [40, 64, 100, 240] {
            let text = terminal(&audit, Look { color: false, width });
            let wide: Vec<&str> = text.lines().filter(|line| console::measure_text_width(line) > width).collect();
            assert_eq!(wide, Vec::<&str>::new(), "{width}");
        }
    }
}

#[test]
fn no_width_is_too_small_or_too_large() {
    for width in [0, 1, 2, 10, usize::MAX] {
        assert!(!terminal(&example::rich(), Look { color: true, width }).is_empty());
    }
}

#[test]
fn colour_changes_no_word() {
    let colored = terminal(&example::rich(), Look { color: true, width: 100 });
    assert!(colored.contains("\u{1b}[31m503"), "what failed is red");
    assert_eq!(console::strip_ansi_codes(&colored), render(Format::Text, &example::rich()));
}
