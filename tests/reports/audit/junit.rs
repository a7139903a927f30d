use standin::audit::observe::Exit;
use standin::audit::report::{Format, render};
use standin::audit::verdict::{Audit, Unjudged};

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
