//! Reports of audits, whole: the same verdicts in every format, against what was read and approved, and against the formats' own rules.

mod example;
mod html;
mod json;
mod junit;
mod text;

use http::{HeaderName, HeaderValue};
use standin::audit::observe::Exit;
use standin::audit::report::{Format, render};
use standin::audit::verdict::{Audit, Output, Unjudged};

use super::golden;

/// Every kind of audit.
fn all() -> Vec<(&'static str, Audit)> {
    vec![
        ("rich", example::rich()),
        ("green", example::green()),
        ("empty", example::empty()),
        ("never called", example::unjudged(Unjudged::NeverCalled(Exit::Code(1)))),
        ("not started", example::unjudged(Unjudged::NotStarted("no such file".to_owned()))),
        ("failed baseline", example::unjudged(Unjudged::FailedBaseline(Exit::Signal(11)))),
        ("crowded", example::crowded()),
    ]
}

#[test]
fn every_report_is_the_same_every_time_and_ends_in_a_line_feed() {
    for (name, audit) in all() {
        for format in Format::ALL {
            let once = render(format, &audit);
            assert_eq!(once, render(format, &audit), "{name}: {}", format.word());
            assert!(once.ends_with('\n'), "{name}: {}", format.word());
        }
    }
}

#[test]
fn a_format_is_found_by_its_word_and_a_misspelled_one_is_told_the_nearest() {
    for format in Format::ALL {
        assert_eq!(Format::parse(&format.word().to_uppercase()), Ok(format));
    }
    assert_eq!(
        Format::parse("htlm").unwrap_err(),
        "unknown report format `htlm`; did you mean `html`? the formats are text, junit, json, html"
    );
    assert_eq!(
        Format::parse("sarif").unwrap_err(),
        "unknown report format `sarif`; the formats are text, junit, json, html"
    );
}

#[test]
fn no_control_character_of_a_client_reaches_a_reader() {
    let audit = example::hostile("\u{1b}[2J\u{7}\u{0}\u{9b}\u{202e}\r");
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Json) {
        let text = render(format, &audit);
        let hidden = text.chars().find(|character| character.is_control() && *character != '\n');
        assert_eq!(hidden, None, "{}", format.word());
        assert!(!text.contains('\u{202e}'), "{}", format.word());
    }
    let text = render(Format::Json, &audit);
    assert!(!text.chars().any(|character| character.is_ascii_control() && character != '\n'), "JSON escapes them");
}

#[test]
fn no_secret_of_a_client_is_told() {
    let mut audit = example::rich();
    let of_evidence =
        "sent secret-token-4711, c2VjcmV0LXRva2VuLTQ3MTE= and secret-key-0815; got fresh-token-99 for hunter2hunter2";
    audit.judged[2].verdict.evidence[0].text = of_evidence.to_owned();
    audit.runs[0].exchanges[0].path.push_str("/secret-token-4711");
    audit.runs[0].exchanges[0].body = "grant_type=password&password=hunter2hunter2".into();
    audit.runs[0].exchanges[0].reply_body = r#"{"data": [{"access_token": "fresh-token-99"}]}"#.into();
    audit.outputs = vec![Default::default(); audit.runs.len()];
    audit.outputs[0].stderr = "using secret-token-4711".to_owned();
    for format in Format::ALL {
        let text = render(format, &audit);
        for secret in [
            "secret-token-4711",
            "c2VjcmV0LXRva2Vu",
            "secret-key-0815",
            "fresh-token-99",
            "hunter2",
            "user:pass",
            "token=abc",
        ] {
            assert!(!text.contains(secret), "{}: {secret}\n{text}", format.word());
        }
    }
    assert!(render(Format::Text, &audit).contains("sent ***, *** and ***; got *** for ***"));
}

#[test]
fn what_a_client_was_given_and_what_it_sends_are_masked_however_much_else_looks_like_a_secret() {
    let mut audit = example::green();
    audit.credential = Some(("Cookie".to_owned(), "session=given-credential-1".to_owned()));
    let tokens: Vec<String> = (0..1_000).map(|number| format!("{{\"token\": \"aaaa-{number:04}\"}}")).collect();
    audit.runs[0].exchanges[0].reply_body = format!("[{}]", tokens.join(",")).into();
    let sent = HeaderValue::from_static("Bearer zzzz-sent-last-2");
    audit.runs[1].exchanges[1].headers.insert("authorization", sent);
    audit.outputs = vec![Output::default(); audit.runs.len()];
    audit.outputs[0].stdout = "given-credential-1, aaaa-0001, zzzz-sent-last-2".to_owned();
    assert!(render(Format::Json, &audit).contains("\"***, ***, ***\""), "{}", render(Format::Json, &audit));
}

#[test]
fn of_a_cookie_that_is_set_its_value_is_a_secret_and_its_attributes_are_not() {
    let mut audit = example::green();
    let cookie = HeaderValue::from_static("session=s3cr3t-s3ssion; Path=/v1/loans; SameSite=Strict");
    audit.runs[0].exchanges[0].reply_headers.push((HeaderName::from_static("set-cookie"), cookie));
    audit.outputs = vec![Output::default(); audit.runs.len()];
    audit.outputs[0].stdout = "got s3cr3t-s3ssion, Strict".to_owned();
    let report = render(Format::Json, &audit);
    assert!(report.contains("\"target\": \"/v1/loans\"") && report.contains("got ***, Strict"), "{report}");
}

#[test]
fn keys_are_told_apart_and_never_told() {
    let audit = example::rich();
    for format in Format::ALL {
        let text = render(format, &audit);
        assert!(!text.contains("loan-key-"), "{}", format.word());
    }
}

#[test]
fn what_is_left_out_is_counted() {
    let audit = example::crowded();
    for format in Format::ALL {
        let text = render(format, &audit);
        assert!(text.len() < 400_000, "{}: {} bytes", format.word(), text.len());
    }
    let text = render(Format::Text, &audit);
    assert!(text.contains("… 250 more exchanges"), "{text}");
    assert!(text.contains("… 32 more calls"), "{text}");
    assert!(text.contains("140 attempts left out"), "{text}");
}

#[test]
fn huge_texts_and_pathological_ones_are_survived() {
    for text in ["x".repeat(100_000), "\n".repeat(50_000), "`|<&\\'\"%@#".repeat(5_000), "\u{301}".repeat(50_000)] {
        let audit = example::hostile(&text);
        for format in Format::ALL {
            let report = render(format, &audit);
            assert!(report.len() < 2_000_000, "{}: {} bytes", format.word(), report.len());
        }
    }
}

#[test]
fn evidence_that_points_nowhere_is_survived() {
    let mut audit = example::rich();
    audit.judged[2].verdict.evidence = vec![
        example::evidence(99, [0], "of a run that there is not"),
        example::evidence(1, [99, 0], "of an exchange that there is not"),
    ];
    audit.trials.push(standin::audit::verdict::Trial {
        name: "gone".to_owned(),
        title: String::new(),
        state: standin::audit::verdict::TrialState::Ran(vec![99]),
    });
    for format in Format::ALL {
        let report = render(format, &audit);
        assert!(!report.contains("of a run that there is not"), "{}", format.word());
        assert!(report.contains("of an exchange that there is not"), "{}", format.word());
    }
}

#[test]
fn times_at_the_end_of_time_are_survived() {
    let mut audit = example::rich();
    audit.runs[1].exchanges[1].begun = u64::MAX;
    audit.runs[1].exchanges[2].ended = 0;
    audit.runs.iter_mut().for_each(|run| run.took = u64::MAX);
    for format in Format::ALL {
        assert!(!render(format, &audit).is_empty());
    }
}
