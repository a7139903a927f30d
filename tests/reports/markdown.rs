use standin::scenario::report::Format;

use super::{example, golden, render};

/// What GitHub takes as a comment.
const CHARACTERS_MAX: usize = 65_536;

#[test]
fn a_pull_request_gets_the_verdict_the_findings_and_coverage() {
    golden::check("rich.md", &render(&example::rich(), Format::Markdown));
}

#[test]
fn a_run_that_passed_is_told_in_a_line_and_a_table() {
    golden::check("green.md", &render(&example::green(), Format::Markdown));
}

#[test]
fn a_run_of_nothing_is_no_success() {
    assert_eq!(
        render(&example::empty(), Format::Markdown),
        "## ⚪ Scenarios ran nothing\n\n0 steps · 0 errors · 0 warnings · 0 notes · 3 ms against `fake`\n"
    );
}

#[test]
fn a_long_report_is_cut_and_says_so() {
    for (workflows, findings) in [(2, 5_000), (3_000, 2), (400, 40)] {
        let mut results = example::rich();
        let mut failed = results.workflows[1].clone();
        failed.findings = vec![failed.findings[0].clone(); findings];
        results.workflows = vec![failed; workflows];
        let text = render(&results, Format::Markdown);
        assert!(text.len() <= CHARACTERS_MAX, "{} characters", text.len());
        assert!(text.contains("more left out: GitHub takes no longer text."));
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        assert_eq!(text.matches("```").count() % 2, 0, "every fence is closed");
    }
}

#[test]
fn one_huge_text_does_not_break_the_limit() {
    let mut results = example::hostile(&"ß|`\n".repeat(20_000));
    results.target = "x".repeat(1_000_000);
    let text = render(&results, Format::Markdown);
    assert!(text.len() <= CHARACTERS_MAX, "{} bytes", text.len());
}

#[test]
fn no_text_becomes_markup_outside_of_code() {
    let text = render(&example::hostile("<script>alert(1)</script>@everyone"), Format::Markdown);
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            Some(open) if line == open => fence = None,
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                let outside: String = line.split('`').step_by(2).collect();
                assert!(!outside.contains("<script"), "{line}");
                assert!(!outside.contains("@everyone"), "{line}");
            }
            Some(_) => {}
        }
    }
}
