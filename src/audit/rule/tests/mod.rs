//! How tests of rules ask for a verdict, and what holds of all rules.

mod backoff;
mod bounds;
mod consistency;
mod credential;
mod identity;
mod integrity;
mod key;
mod liveness;
mod paging;
mod partial;
mod safety;
mod silence;
mod timeout;
mod wait;
mod webhook;

use std::collections::BTreeSet;

use super::{Outcome, Rule, all};
use crate::audit::fixture;
use crate::audit::observe::Run;

/// The verdict of a rule on these runs, in one text: `failed: 1.1+2 what was seen; 2.4 what was seen` names run and exchanges, counted from 1.
#[track_caller]
pub fn said(code: &str, runs: &[Run]) -> String {
    let rule = all().find(|rule| rule.code == code).unwrap_or_else(|| panic!("no rule {code}"));
    let verdict = (rule.judge)(&fixture::case(runs));
    let told = verdict.evidence.iter().map(|evidence| {
        let exchanges: Vec<String> = evidence.exchanges.iter().map(|at| (at + 1).to_string()).collect();
        let place = if exchanges.is_empty() { String::new() } else { format!(".{}", exchanges.join("+")) };
        format!("{}{place} {}", evidence.run + 1, evidence.text)
    });
    let told: Vec<String> = told.collect();
    match verdict.outcome {
        Outcome::Passed => format!("passed: {}", told.join("; ")),
        Outcome::Failed => format!("failed: {}", told.join("; ")),
        Outcome::Undecided(why) => format!("undecided: {why}"),
    }
}

#[test]
fn codes_are_words_and_no_two_rules_share_one() {
    let codes: Vec<&str> = all().map(|rule| rule.code).collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "{codes:?}");
    for code in codes {
        let plain = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        assert!(code.split('-').all(plain), "{code}");
    }
}

#[test]
fn every_rule_says_why_and_by_what_authority() {
    for Rule { code, title, explanation, source, .. } in all() {
        assert!(title.chars().next().is_some_and(char::is_lowercase) && !title.ends_with('.'), "{code}: {title}");
        assert!(explanation.ends_with('.') && explanation.split(". ").count() >= 2, "{code}: {explanation}");
        assert!(!source.is_empty() && !source.ends_with('.'), "{code}: {source}");
        assert!(!explanation.contains("  ") && !source.contains("  "), "{code}: two spaces in a row");
    }
}

#[test]
fn nothing_is_decided_of_a_client_that_does_nothing() {
    for rule in all() {
        for runs in [vec![], vec![fixture::run("baseline")]] {
            let verdict = (rule.judge)(&fixture::case(&runs));
            assert!(matches!(verdict.outcome, Outcome::Undecided(_)), "{}: {:?}", rule.code, verdict);
            assert_eq!(verdict.evidence, [], "{}", rule.code);
        }
    }
}
