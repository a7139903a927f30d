use serde_json::{Value, json};
use standin::audit::report::{EVIDENCE_EXCHANGES_MAX, EXCHANGES_MAX, Format, render, schema};
use standin::audit::verdict::Audit;

use super::super::json::{fits, is_closed};
use super::{all, example, golden};

#[track_caller]
fn valid(audit: &Audit) -> Value {
    fits(&render(Format::Json, audit), include_str!("../../../spec/audit-report.schema.json"))
}

#[test]
fn every_example_fits_the_published_schema() {
    for (_, audit) in all() {
        valid(&audit);
    }
    valid(&example::hostile("\u{1b}\"\\"));
}

#[test]
fn the_schema_refuses_what_no_report_says() {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let report = valid(&example::rich());
    for (pointer, wrong) in [
        ("/grade", json!("G")),
        ("/rules/0/outcome", json!("maybe")),
        ("/runs/1/exchanges/0/status", json!("503")),
        ("/ended", json!({ "state": "finished", "mood": "good" })),
        ("/summary", json!(null)),
    ] {
        let mut changed = report.clone();
        *changed.pointer_mut(pointer).expect("it is there") = wrong;
        assert!(!validator.is_valid(&changed), "{pointer}");
    }
}

#[test]
fn the_schema_is_closed_so_that_a_new_field_is_told_there_too() {
    is_closed(&schema());
}

#[test]
fn a_program_is_told_everything() {
    let mut report = valid(&example::rich());
    report["tool"] = json!("standin VERSION");
    golden::check("audit.rich.json", &format!("{report:#}\n"));
}

#[test]
fn a_client_that_was_not_judged_has_a_null_for_a_grade() {
    let report = valid(&example::empty());
    assert_eq!(report["grade"], json!(null));
    assert_eq!(report["score"], json!(null));
    assert_eq!(report["ended"], json!({ "state": "unjudged", "reason": "no call was seen" }));
}

#[test]
fn what_was_seen_beyond_what_is_kept_is_counted_and_said() {
    let mut audit = example::green();
    (audit.runs[1].exchanges_left_out, audit.runs[1].deliveries_left_out) = (3, 1);
    let report = valid(&audit);
    assert_eq!(report["ended"]["state"], "finished");
    let reason =
        "3 exchanges and 1 delivery attempt came after as many as are kept of a world; what came before is judged";
    assert_eq!(report["ended"]["reason"], reason);
    assert_eq!(
        (&report["runs"][1]["exchangesLeftOut"], &report["runs"][1]["deliveriesLeftOut"]),
        (&json!(3), &json!(1))
    );
    assert_eq!((&report["summary"]["exchanges"], &report["summary"]["deliveries"]), (&json!(6), &json!(1)));
    for format in [Format::Text, Format::Html, Format::JUnit] {
        let text = render(format, &audit).to_lowercase().replace("</strong>", "");
        assert!(text.contains("not whole: 3 exchanges"), "{text}");
    }
}

#[test]
fn a_client_that_was_stopped_while_it_waited_has_not_given_up() {
    let report = valid(&example::rich());
    assert_eq!(report["runs"][3]["exit"], json!({ "how": "timedOut" }));
    assert_eq!(report["runs"][3]["exchanges"][0]["stillWaiting"], true);
    let mut audit = example::rich();
    // It left long before the end.
    audit.runs[3].took += 10_000_000;
    assert_eq!(valid(&audit)["runs"][3]["exchanges"][0].get("stillWaiting"), None);
    assert!(render(Format::Text, &audit).contains("the client gave up after"));
    assert!(render(Format::Html, &audit).contains("none, the client left"));
    for format in [Format::Text, Format::Html] {
        let told = render(format, &example::rich());
        assert!(told.contains("still waited for at the end") && !told.contains("gave up after"), "{told}");
    }
}

#[test]
fn evidence_names_only_exchanges_that_are_told() {
    let report = valid(&example::crowded());
    let told = report["runs"][0]["exchanges"].as_array().expect("exchanges");
    assert_eq!(told.len(), EXCHANGES_MAX);
    assert_eq!(report["runs"][0]["exchangesLeftOut"], 340 - EXCHANGES_MAX);
    let numbers: Vec<&Value> = told.iter().map(|one| &one["number"]).collect();
    for rule in report["rules"].as_array().expect("rules") {
        let evidence = &rule["evidence"][0];
        let named = evidence["exchanges"].as_array().expect("exchanges");
        assert!(named.len() <= EVIDENCE_EXCHANGES_MAX && named.iter().all(|number| numbers.contains(&number)));
    }
    assert_eq!(report["rules"][0]["evidence"][0]["exchangesLeftOut"], 300 - EVIDENCE_EXCHANGES_MAX);
    assert_eq!(report["runs"][0]["calls"].as_array().map(Vec::len), Some(41));
    let attempts = report["runs"][0]["calls"][0]["attempts"].as_array().expect("attempts").len();
    assert_eq!(report["runs"][0]["calls"][0]["attemptsLeftOut"], 300 - attempts);
}
