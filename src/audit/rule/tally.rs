//! What a rule meets on its way through the runs, until a verdict can be given.

use super::{EVIDENCE_MAX, Evidence, Outcome, Verdict};

/// How often the client came into the situation that a rule is about, and what it did.
#[derive(Debug, Default)]
pub struct Tally {
    kept: Vec<Evidence>,
    worst: Vec<Evidence>,
    broken: Vec<Evidence>,
    /// Why a situation could not be judged.
    unclear: Option<String>,
}

impl Tally {
    /// The client did what it should.
    pub fn kept(&mut self, run: usize, exchanges: Vec<usize>, text: impl Into<String>) {
        // One good deed shows as much as many.
        if self.kept.is_empty() {
            self.kept.push(Evidence { run, exchanges, text: text.into() });
        }
    }

    /// The client broke the rule.
    pub fn broken(&mut self, run: usize, exchanges: Vec<usize>, text: impl Into<String>) {
        push(&mut self.broken, Evidence { run, exchanges, text: text.into() });
    }

    /// The client broke the rule and did harm by it: told before the others.
    pub fn harmed(&mut self, run: usize, exchanges: Vec<usize>, text: impl Into<String>) {
        push(&mut self.worst, Evidence { run, exchanges, text: text.into() });
    }

    /// The situation came up, but what the client made of it cannot be seen.
    pub fn unclear(&mut self, why: impl Into<String>) {
        self.unclear.get_or_insert_with(|| why.into());
    }

    /// One breach is enough to fail; without any situation that could be judged nothing is decided, for the reason given or for the one
    /// that was met.
    pub fn verdict(self, undecided: &str) -> Verdict {
        let Tally { kept, mut worst, broken, unclear } = self;
        worst.extend(broken);
        worst.truncate(EVIDENCE_MAX);
        if !worst.is_empty() {
            return Verdict { outcome: Outcome::Failed, evidence: worst };
        }
        if !kept.is_empty() {
            return Verdict { outcome: Outcome::Passed, evidence: kept };
        }
        let why = unclear.unwrap_or_else(|| undecided.to_owned());
        Verdict { outcome: Outcome::Undecided(why), evidence: Vec::new() }
    }
}

/// More is never shown, and a client in a loop would break a rule without end.
fn push(list: &mut Vec<Evidence>, evidence: Evidence) {
    if list.len() < EVIDENCE_MAX {
        list.push(evidence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harm_is_told_first_and_no_more_than_is_shown() {
        let mut tally = Tally::default();
        tally.kept(0, vec![0], "kept");
        for run in 0..9 {
            tally.broken(run, vec![1], "broken");
        }
        tally.harmed(7, vec![2], "harmed");
        let verdict = tally.verdict("never met");
        assert_eq!(verdict.outcome, Outcome::Failed);
        let told: Vec<(usize, &str)> = verdict.evidence.iter().map(|one| (one.run, one.text.as_str())).collect();
        assert_eq!(told, [(7, "harmed"), (0, "broken"), (1, "broken"), (2, "broken"), (3, "broken")]);
    }

    #[test]
    fn one_good_deed_passes_even_where_another_was_unclear() {
        let mut tally = Tally::default();
        tally.unclear("it was dark");
        tally.kept(1, vec![3], "asked again");
        let evidence = vec![Evidence { run: 1, exchanges: vec![3], text: "asked again".to_owned() }];
        assert_eq!(tally.verdict("never met"), Verdict { outcome: Outcome::Passed, evidence });
    }

    #[test]
    fn without_a_situation_nothing_is_decided() {
        let undecided = |tally: Tally| match tally.verdict("never met").outcome {
            Outcome::Undecided(why) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(undecided(Tally::default()), "never met");
        let mut tally = Tally::default();
        tally.unclear("it was dark");
        tally.unclear("it was late");
        assert_eq!(undecided(tally), "it was dark");
    }
}
