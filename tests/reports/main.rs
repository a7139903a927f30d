//! Reports, whole: the same results in every format, against what was read and approved, and against the formats' own rules.

mod audit;
#[path = "../support/results.rs"]
mod example;
mod github;
mod golden;
mod html;
mod json;
mod junit;
mod markdown;
mod sarif;
mod text;
mod xml;

use standin::scenario::report::{self, Format};
use standin::scenario::results::Results;

fn render(results: &Results, format: Format) -> String {
    report::render(results, format, &example::Places)
}

#[test]
fn every_report_is_the_same_every_time_and_ends_in_a_line_feed() {
    for results in [example::rich(), example::green(), example::empty()] {
        for format in Format::ALL {
            let once = render(&results, format);
            assert_eq!(once, render(&results, format), "{}", format.word());
            assert!(once.ends_with('\n'), "{}: {:?}", format.word(), once.chars().last());
        }
    }
}

#[test]
fn no_control_character_of_a_reply_reaches_a_reader() {
    let results = example::hostile("\u{1b}[2J\u{7}\u{0}\u{9b}\u{202e}");
    for format in Format::ALL {
        let text = render(&results, format);
        let hidden = text.chars().find(|character| character.is_control() && *character != '\n');
        // JSON escapes what it must, and its readers want the text as it is.
        if format != Format::Json {
            assert!(!text.contains('\u{202e}') || format == Format::Sarif, "{}", format.word());
        }
        if !matches!(format, Format::Json | Format::Sarif) {
            assert_eq!(hidden, None, "{}", format.word());
        }
    }
}

#[test]
fn huge_texts_and_pathological_ones_are_survived() {
    for text in ["x".repeat(300_000), "\n".repeat(100_000), "`|<&\\'\"%@#".repeat(20_000), "\u{301}".repeat(100_000)] {
        let mut results = example::rich();
        results.workflows[1].findings[0].message = text.clone();
        results.workflows[1].findings[0].found = Some(text.clone());
        results.workflows[2].diff = Some(text.clone());
        if let Some(reply) = &mut results.workflows[1].steps[1].reply {
            reply.body = text;
        }
        for format in Format::ALL {
            assert!(!render(&results, format).is_empty());
        }
    }
}
