use standin::audit::observe::Exit;
use standin::audit::report::{Format, render};
use standin::audit::verdict::{Audit, Ended, Unjudged};

use super::super::junit::valid;
use super::super::xml::Element;
use super::{all, example, golden};

fn parsed(audit: &Audit) -> Element {
    valid(&render(Format::JUnit, audit))
}

#[test]
fn each_rule_is_a_case_in_the_suite_of_its_family() {
    golden::check("audit.rich.junit.xml", &render(Format::JUnit, &example::rich()));
}

#[test]
fn every_example_is_valid() {
    for (_, audit) in all() {
        parsed(&audit);
    }
}

#[test]
fn a_client_that_could_not_be_judged_is_an_error() {
    let root = parsed(&example::unjudged(Unjudged::NeverCalled(Exit::Code(1))));
    assert_eq!(root.children.len(), 1);
    let case = root.children[0].children.iter().find(|child| child.name == "testcase").expect("a case");
    assert_eq!(case.attributes["name"], "client");
    assert_eq!(case.children[0].name, "error");
    assert_eq!(
        case.children[0].attributes["message"],
        "no grade: the client made no call even without faults (it exited with code 1); does it take its base URL from the environment?"
    );
    assert!(case.children[0].text.contains("ECONNREFUSED"), "{case:?}");
}

/// The error of the case that stands for the whole client, where there is one.
fn error(audit: &Audit) -> Option<String> {
    let root = parsed(audit);
    let case = root.children[0].children.iter().find(|child| child.name == "testcase").expect("a case");
    let error = case.children.iter().find(|child| child.name == "error")?;
    Some(error.attributes["message"].clone())
}

#[test]
fn an_audit_that_was_cut_short_is_an_error_and_a_whole_one_is_none() {
    assert_eq!(error(&example::green()), None);
    for (ended, message) in [
        (Ended::Interrupted, "not whole: it was stopped; what was seen until then is judged"),
        (Ended::OutOfTime, "not whole: the whole took longer than it may; what was seen until then is judged"),
    ] {
        let cut_short = Audit { ended, ..example::green() };
        assert_eq!(error(&cut_short).as_deref(), Some(message));
    }
    let nothing_decided = Audit { grade: None, judged: Vec::new(), ..example::green() };
    assert_eq!(error(&nothing_decided).as_deref(), Some("no grade: no rule was decided, 0 undecided"));
}

#[test]
fn every_text_comes_back_as_it_was() {
    let root = parsed(&example::hostile("<script>&\"']]>--\u{fffe}"));
    let waiting = root.children.iter().find(|suite| suite.attributes["name"] == "Waiting").expect("a family");
    let failure = &waiting.children[0].children[0];
    assert_eq!(
        failure.attributes["message"],
        "came again after 496 ms where 2 s were asked for<script>&\"']]>--\u{fffd}"
    );
    assert_eq!(failure.attributes["type"], "error");
}
