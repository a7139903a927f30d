//! JUnit has no standard. These are the rules of the schema by which Jenkins' xUnit plugin checks files (`junit-10.xsd`), which
//! is the strictest that is in wide use: which elements stand in which, with which attributes.

use standin::scenario::report::Format;

use super::xml::{self, Element};
use super::{example, golden, render};

/// Element, required attributes, further attributes, children, and whether text may stand in it.
type Rule = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str], bool);

const RULES: [Rule; 9] = [
    ("testsuites", &[], &["name", "time", "tests", "failures", "errors"], &["testsuite"], false),
    (
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
        &["testsuite", "properties", "testcase", "system-out", "system-err"],
        false,
    ),
    (
        "testcase",
        &["name"],
        &["time", "classname", "group"],
        &["skipped", "error", "failure", "system-out", "system-err"],
        false,
    ),
    ("properties", &[], &[], &["property"], false),
    ("property", &["name", "value"], &[], &[], false),
    ("failure", &[], &["type", "message"], &[], true),
    ("error", &[], &["type", "message"], &[], true),
    ("skipped", &[], &["type", "message"], &[], true),
    ("system-out", &[], &[], &[], true),
];

#[track_caller]
pub fn valid(text: &str) -> Element {
    let root = xml::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(root.name, "testsuites");
    let mut problems = Vec::new();
    validate(&root, &mut problems);
    assert_eq!(problems, Vec::<String>::new(), "{text}");
    root
}

fn validate(element: &Element, problems: &mut Vec<String>) {
    let Some((name, required, further, children, text)) = RULES.iter().find(|rule| rule.0 == element.name) else {
        problems.push(format!("unknown element {}", element.name));
        return;
    };
    for attribute in *required {
        if !element.attributes.contains_key(*attribute) {
            problems.push(format!("{name} has no {attribute}"));
        }
    }
    for (attribute, value) in &element.attributes {
        if !required.contains(&attribute.as_str()) && !further.contains(&attribute.as_str()) {
            problems.push(format!("{name} has an unknown {attribute}"));
        }
        if attribute == "time" && value.parse::<f64>().is_err() {
            problems.push(format!("time of {name} is {value:?}"));
        }
    }
    if !text && !element.text.trim().is_empty() {
        problems.push(format!("{name} has text"));
    }
    for child in &element.children {
        if !children.contains(&child.name.as_str()) {
            problems.push(format!("{} stands in {name}", child.name));
        }
        validate(child, problems);
    }
    count(element, problems);
}

/// The numbers that a suite tells are those of its cases.
fn count(element: &Element, problems: &mut Vec<String>) {
    if element.name != "testsuite" {
        return;
    }
    let cases: Vec<&Element> = element.children.iter().filter(|child| child.name == "testcase").collect();
    let with = |name: &str| cases.iter().filter(|case| case.children.iter().any(|child| child.name == name)).count();
    let counts = [
        ("tests", cases.len()),
        ("failures", with("failure")),
        ("errors", with("error")),
        ("skipped", with("skipped")),
    ];
    for (attribute, number) in counts {
        if element.attributes.get(attribute) != Some(&number.to_string()) {
            problems.push(format!("{attribute} should be {number} in {:?}", element.attributes));
        }
    }
}

#[test]
fn the_rules_find_what_is_wrong() {
    let bad = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><testsuites skipped=\"1\"><testcase/>x</testsuites>";
    let mut problems = Vec::new();
    validate(&xml::parse(bad).expect("well-formed"), &mut problems);
    assert_eq!(
        problems,
        [
            "testsuites has an unknown skipped",
            "testsuites has text",
            "testcase stands in testsuites",
            "testcase has no name"
        ]
    );
    for bad in [
        "<a/>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>&lol;</a>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a></b>",
    ] {
        assert!(xml::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn each_workflow_is_a_case_in_the_suite_of_its_file() {
    let text = render(&example::rich(), Format::JUnit);
    valid(&text);
    golden::check("rich.junit.xml", &text);
}

#[test]
fn runs_of_nothing_and_of_success_are_valid() {
    assert_eq!(valid(&render(&example::empty(), Format::JUnit)).children, []);
    let green = valid(&render(&example::green(), Format::JUnit));
    assert_eq!(green.children[0].children.len(), 2, "a property and a case");
}

#[test]
fn every_text_comes_back_as_it_was() {
    let markup = "<script>&\"']]>--\u{fffe}";
    let root = valid(&render(&example::hostile(markup), Format::JUnit));
    let case = &root.children[1].children[1];
    assert_eq!(case.attributes["name"], "lend-a-book<script>&\"']]>--\u{fffd}");
    assert!(case.children[0].text.contains("found     418<script>&\"']]>--\u{fffd}"), "{case:?}");
}

#[test]
fn a_warning_fails_its_case_in_a_strict_run() {
    let mut results = example::rich();
    let names = |root: &Element| -> Vec<String> {
        let cases = root.children.iter().flat_map(|suite| &suite.children).filter(|child| !child.children.is_empty());
        let failed = cases.filter(|case| case.children.iter().any(|child| child.name == "failure"));
        failed.map(|case| case.attributes["name"].clone()).collect()
    };
    assert_eq!(names(&valid(&render(&results, Format::JUnit))), ["lend-a-book", "return-a-book", "run"]);
    results.strict = true;
    assert_eq!(
        names(&valid(&render(&results, Format::JUnit))),
        ["delete-a-book", "lend-a-book", "return-a-book", "run"]
    );
}
