//! From verdicts to a grade.
//!
//! Every rule that was decided weighs by its severity. The share of the weight that was kept makes the grade; what was broken caps it, so
//! that no number of small things done well makes up for a payment made twice. Undecided rules count neither way.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;

use super::rule::{Outcome, Severity};
use super::verdict::Judged;

/// From best to worst; a better grade is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub enum Grade {
    A,
    B,
    C,
    D,
    E,
    F,
}

/// What rules of each severity weigh, the heaviest first.
pub const WEIGHTS: [(Severity, u32); 4] =
    [(Severity::Critical, 12), (Severity::Error, 6), (Severity::Warning, 3), (Severity::Note, 1)];

/// The share of the weight, in percent, that each grade takes; below the last it is [`Grade::F`].
pub const SHARES: [(Grade, u32); 5] = [(Grade::A, 95), (Grade::B, 85), (Grade::C, 70), (Grade::D, 50), (Grade::E, 30)];

/// The best grade that is left once so many rules of a severity are broken; the first line that fits holds.
pub const CAPS: [(Severity, usize, Grade); 4] = [
    (Severity::Critical, 3, Grade::F),
    (Severity::Critical, 2, Grade::E),
    (Severity::Critical, 1, Grade::D),
    (Severity::Error, 1, Grade::B),
];

/// How a grade came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// The weight of the rules that were kept.
    pub kept: u32,
    /// The weight of all that were decided; never 0.
    pub decided: u32,
    /// The severity whose broken rules cap the grade below what the share alone would give.
    pub capped: Option<Severity>,
    pub grade: Grade,
}

impl Score {
    /// `None` when no rule was decided.
    pub fn of(judged: &[Judged]) -> Option<Score> {
        let weight = |outcome: &Outcome| -> u32 {
            let rules = judged.iter().filter(|one| one.verdict.outcome == *outcome);
            rules.map(|one| one.rule.severity.weight()).sum()
        };
        let kept = weight(&Outcome::Passed);
        let decided = kept + weight(&Outcome::Failed);
        if decided == 0 {
            return None;
        }
        let reached =
            SHARES.iter().find(|(_, percent)| u64::from(kept) * 100 >= u64::from(*percent) * u64::from(decided));
        let by_share = reached.map_or(Grade::F, |(grade, _)| *grade);
        let broken = |severity: Severity| {
            let failed = judged.iter().filter(|one| one.verdict.outcome == Outcome::Failed);
            failed.filter(|one| one.rule.severity == severity).count()
        };
        let cap = CAPS.iter().find(|(severity, least, _)| broken(*severity) >= *least);
        let capped = cap.filter(|(_, _, cap)| *cap > by_share);
        let grade = capped.map_or(by_share, |(_, _, cap)| *cap);
        Some(Score { kept, decided, capped: capped.map(|(severity, _, _)| *severity), grade })
    }
}

impl Severity {
    /// The heaviest first.
    pub const ALL: [Severity; 4] = [Severity::Critical, Severity::Error, Severity::Warning, Severity::Note];

    pub fn word(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }

    /// What breaking a rule of this severity means.
    pub fn meaning(self) -> &'static str {
        match self {
            Severity::Critical => "data is lost, duplicated or taken for what it is not",
            Severity::Error => "calls fail that need not, or a service is harmed",
            Severity::Warning => "bad manners, or a risk under load",
            Severity::Note => "worth knowing",
        }
    }

    /// What a rule of this severity weighs.
    pub fn weight(self) -> u32 {
        WEIGHTS.iter().find(|(severity, _)| *severity == self).map_or(0, |(_, weight)| *weight)
    }
}

impl Grade {
    /// Every grade, the best first.
    pub const ALL: [Grade; 6] = [Grade::A, Grade::B, Grade::C, Grade::D, Grade::E, Grade::F];

    /// `None` when no rule was decided.
    pub fn of(judged: &[Judged]) -> Option<Grade> {
        Score::of(judged).map(|score| score.grade)
    }

    /// Is it as good as what is asked for, or better?
    pub fn reaches(self, least: Grade) -> bool {
        self <= least
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self:?}")
    }
}

impl FromStr for Grade {
    type Err = String;

    /// A letter, in any case.
    fn from_str(text: &str) -> Result<Grade, String> {
        let found = Grade::ALL.into_iter().find(|grade| grade.to_string().eq_ignore_ascii_case(text));
        found.ok_or_else(|| format!("{text:?} is no grade; the grades are A (best), B, C, D, E and F"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::rule::{Case, Rule, Verdict};

    fn not_asked(_: &Case<'_>) -> Verdict {
        Verdict { outcome: Outcome::Passed, evidence: Vec::new() }
    }

    const fn rule(severity: Severity) -> Rule {
        Rule { code: "r", severity, title: "t", explanation: "e", source: "s", judge: not_asked }
    }

    static CRITICAL: Rule = rule(Severity::Critical);
    static ERROR: Rule = rule(Severity::Error);
    static WARNING: Rule = rule(Severity::Warning);
    static NOTE: Rule = rule(Severity::Note);

    /// Verdicts in letters: the severity's, in capitals where the rule was broken, followed by `?` where it is undecided.
    fn judged(letters: &str) -> Vec<Judged> {
        let mut judged: Vec<Judged> = Vec::new();
        for letter in letters.chars() {
            let rule = match letter.to_ascii_lowercase() {
                'c' => &CRITICAL,
                'e' => &ERROR,
                'w' => &WARNING,
                'n' => &NOTE,
                _ => {
                    let last = judged.last_mut().expect("a letter before the mark");
                    last.verdict.outcome = Outcome::Undecided("it made no call".to_owned());
                    continue;
                }
            };
            let outcome = if letter.is_ascii_uppercase() { Outcome::Failed } else { Outcome::Passed };
            judged.push(Judged { family: "f", rule, verdict: Verdict { outcome, evidence: Vec::new() } });
        }
        judged
    }

    #[track_caller]
    fn check(letters: &str, expected: Option<(u32, u32, Option<Severity>, Grade)>) {
        let score = Score::of(&judged(letters));
        assert_eq!(score.map(|score| (score.kept, score.decided, score.capped, score.grade)), expected, "{letters}");
        assert_eq!(Grade::of(&judged(letters)), expected.map(|(.., grade)| grade));
    }

    #[test]
    fn all_kept_is_an_a_and_nothing_decided_is_no_grade() {
        check("ccewn", Some((34, 34, None, Grade::A)));
        check("", None);
        check("c?E?n?", None);
    }

    #[test]
    fn undecided_rules_count_neither_way() {
        check("cC?e?n", Some((13, 13, None, Grade::A)));
        check("cN", Some((12, 13, None, Grade::B)));
        check("cNe?w?", Some((12, 13, None, Grade::B)));
    }

    #[test]
    fn one_broken_error_is_no_a_and_broken_criticals_weigh_most() {
        let many = "c".repeat(40);
        check(&format!("{many}N"), Some((480, 481, None, Grade::A)));
        check(&format!("{many}W"), Some((480, 483, None, Grade::A)));
        check(&format!("{many}E"), Some((480, 486, Some(Severity::Error), Grade::B)));
        check(&format!("{many}C"), Some((480, 492, Some(Severity::Critical), Grade::D)));
        check(&format!("{many}CC"), Some((480, 504, Some(Severity::Critical), Grade::E)));
        check(&format!("{many}CCC"), Some((480, 516, Some(Severity::Critical), Grade::F)));
    }

    #[test]
    fn the_share_decides_where_it_is_worse_than_the_cap() {
        // 6 of 12 are just half.
        check("eE", Some((6, 12, None, Grade::D)));
        check("C", Some((0, 12, None, Grade::F)));
        check("eEE", Some((6, 18, None, Grade::E)));
        check("eEEE", Some((6, 24, None, Grade::F)));
        check("ceEw", Some((21, 27, None, Grade::C)));
        check("eeeeewwN", Some((36, 37, None, Grade::A)));
    }

    #[test]
    fn a_grade_is_read_in_any_case_and_anything_else_is_told_what_there_is() {
        for grade in Grade::ALL {
            assert_eq!(grade.to_string().parse(), Ok(grade));
            assert_eq!(grade.to_string().to_lowercase().parse(), Ok(grade));
        }
        for wrong in ["", "G", "A+", "aa", "90", "Ä", " A"] {
            let error = format!("{wrong:?} is no grade; the grades are A (best), B, C, D, E and F");
            assert_eq!(wrong.parse::<Grade>(), Err(error));
        }
    }

    #[test]
    fn a_grade_reaches_itself_and_every_worse_one() {
        assert!(Grade::A.reaches(Grade::B));
        assert!(Grade::B.reaches(Grade::B));
        assert!(!Grade::C.reaches(Grade::B));
    }

    #[test]
    fn every_severity_has_a_weight_and_heavier_ones_weigh_more() {
        assert_eq!(WEIGHTS.map(|(severity, _)| severity), Severity::ALL);
        assert!(WEIGHTS.windows(2).all(|pair| pair[0].1 > pair[1].1 && pair[0].0 > pair[1].0));
    }
}
