//! Words and marks that several formats use.

use super::model::{EndState, Exit, ExitKind, Outcome, Report, Rule};
use crate::report::plain;

/// A span of microseconds in the unit that fits.
pub fn span(microseconds: u64) -> String {
    plain::duration(microseconds / 1_000)
}

/// How a client ended.
pub fn exit(exit: Exit) -> String {
    let code = exit.code.unwrap_or_default();
    match exit.how {
        ExitKind::Code => format!("it exited with code {code}"),
        ExitKind::Signal => format!("signal {code} ended it"),
        ExitKind::TimedOut => "it was stopped because it took too long".to_owned(),
        ExitKind::Flooded => "it was stopped because it made too many calls".to_owned(),
        ExitKind::Unknown => "how it ended is not known".to_owned(),
    }
}

/// The same in a column.
pub fn exit_briefly(exit: Exit) -> String {
    let code = exit.code.unwrap_or_default();
    match exit.how {
        ExitKind::Code => format!("exit {code}"),
        ExitKind::Signal => format!("signal {code}"),
        ExitKind::TimedOut => "took too long".to_owned(),
        ExitKind::Flooded => "too many calls".to_owned(),
        ExitKind::Unknown => String::new(),
    }
}

/// How the runs of a trial ended, each way once: `exit 0, exit 1`.
pub fn exits(exits: impl Iterator<Item = Exit>) -> String {
    let mut told: Vec<String> = Vec::new();
    for exit in exits.map(exit_briefly).filter(|exit| !exit.is_empty()) {
        if !told.contains(&exit) {
            told.push(exit);
        }
    }
    told.join(", ")
}

impl Outcome {
    pub fn mark(self) -> &'static str {
        match self {
            Outcome::Passed => "✓",
            Outcome::Failed => "✗",
            Outcome::Undecided => "?",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Undecided => "undecided",
        }
    }
}

/// The rules by family, in their order.
pub fn families(report: &Report) -> Vec<(&str, Vec<&Rule>)> {
    let mut families: Vec<(&str, Vec<&Rule>)> = Vec::new();
    for rule in &report.rules {
        match families.last_mut() {
            Some((family, rules)) if *family == rule.family => rules.push(rule),
            _ => families.push((&rule.family, vec![rule])),
        }
    }
    families
}

/// The grade and what it rests on, in one line: `grade D: 4 of 35 rules broken, 1 of them critical; 9 undecided`.
pub fn summary(report: &Report) -> String {
    let rules = report.summary.rules;
    let decided = rules.passed + rules.failed;
    let Some(grade) = report.grade else {
        return match (report.ended.state, &report.ended.reason) {
            (EndState::Unjudged, Some(reason)) => format!("no grade: {reason}"),
            _ => format!("no grade: no rule was decided, {} undecided", rules.undecided),
        };
    };
    let mut line = match rules.failed {
        0 => format!("grade {grade}: {} kept", plain::count(decided, "rule")),
        failed => format!("grade {grade}: {failed} of {} broken", plain::count(decided, "rule")),
    };
    if report.summary.broken.critical > 0 {
        line.push_str(&format!(", {} of them critical", report.summary.broken.critical));
    }
    if rules.undecided > 0 {
        line.push_str(&format!("; {} undecided", rules.undecided));
    }
    line
}

/// Why the verdict rests on a part of what there was to see, where it does.
pub fn not_whole(report: &Report) -> Option<&str> {
    report.ended.reason.as_deref().filter(|_| report.ended.state != EndState::Unjudged)
}

/// How the grade came about: `82 of 100 points; broken critical rules allow no better grade`.
pub fn score(report: &Report) -> Option<String> {
    let score = report.score.as_ref()?;
    let points = format!("{} of {}", score.kept, plain::count(score.decided as usize, "point"));
    Some(match score.capped_by {
        None => points,
        Some(severity) => format!("{points}; what was broken of severity {} allows no better grade", severity.word()),
    })
}
