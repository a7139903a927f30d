use standin::scenario::report::Format;

use super::{example, golden, render};

#[test]
fn findings_become_annotations_at_their_lines() {
    golden::check("rich.github.txt", &render(&example::rich(), Format::Github));
}

#[test]
fn a_run_that_passed_annotates_nothing() {
    assert_eq!(
        render(&example::green(), Format::Github),
        "standin passed: 1 passed, 0 failed, 0 unreachable, 0 skipped\n"
    );
}

#[test]
fn at_most_ten_of_a_kind_are_annotated_and_the_rest_is_counted() {
    let mut results = example::rich();
    let error = results.workflows[1].findings[0].clone();
    results.workflows[1].findings.extend(vec![error; 13]);
    let text = render(&results, Format::Github);
    assert_eq!(text.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert!(text.contains("\n8 errors more not annotated: GitHub shows 10 of a kind\n"), "{text}");
}

#[test]
fn no_text_can_give_a_command_of_its_own() {
    let text = render(&example::hostile("\n::set-output name=x::y\r\n::error::,file=a:1"), Format::Github);
    for line in text.lines() {
        let ours = ["::error file=", "::warning file=", "::notice file="].iter().any(|start| line.starts_with(start));
        assert!(ours || line.starts_with("standin failed: "), "{line}");
    }
}
