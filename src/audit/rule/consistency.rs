//! Reads that lag behind the client's own writes.

use http::StatusCode;

use super::seen;
use super::tally::Tally;
use super::{Case, Rule, Severity, Verdict};
use crate::audit::observe::{Exchange, Run};

pub const RULES: &[Rule] = &[Rule {
    code: "waits-for-own-writes",
    severity: Severity::Note,
    title: "a record that is not there right after it was made is waited for",
    explanation: "Where reads come from replicas or caches, a record can be missing for a moment after 201. A client that takes the 404 for \
        a loss makes the record a second time, or fails for no reason. Use what the reply to the write says, and when it has to be read, \
        ask again for a while.",
    source: "Amazon Builders' Library, Challenges with distributed systems; Google Cloud Storage, Consistency",
    judge: waits,
}];

fn waits(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        let mut asked: Vec<&str> = Vec::new();
        for (at, exchange) in run.exchanges.iter().enumerate() {
            let missing =
                exchange.struck_by("stale") && exchange.status == StatusCode::NOT_FOUND && seen::is_sound(exchange);
            let Some(made) = maker(run, at).filter(|_| missing && !asked.contains(&exchange.path.as_str())) else {
                continue;
            };
            asked.push(&exchange.path);
            let line = seen::line(exchange);
            let later = |wanted: &Exchange| {
                let same = |later: &usize| seen::same_request(wanted, &run.exchanges[*later]);
                (at + 1..run.exchanges.len()).find(same)
            };
            if let Some(anew) = later(&run.exchanges[made]) {
                let text = format!("{line} was not there yet, and {} was sent again", seen::line(&run.exchanges[made]));
                tally.harmed(index, vec![made, at, anew], text);
            } else if let Some(again) = later(exchange) {
                tally.kept(index, vec![made, at, again], format!("{line} was not there yet and was asked for again"));
            } else if seen::exit_tells_failure(run) {
                let text = format!("{line} was not there yet, and the client failed without asking again");
                tally.broken(index, vec![made, at], text);
            } else {
                tally.unclear("the client read its own write too early, and it cannot be seen what it made of that");
            }
        }
    }
    tally.verdict("no record that the client had made was missing when it was read")
}

/// The call that had made the record that a path names last.
fn maker(run: &Run, at: usize) -> Option<usize> {
    let read = &run.exchanges[at];
    let id = read.path.rsplit('/').next()?;
    let made = |before: &usize| {
        let before = &run.exchanges[*before];
        before.client == read.client && before.ended <= read.begun && before.made.iter().any(|(_, made)| made == id)
    };
    (0..at).find(made).filter(|_| seen::only_reads(read))
}
