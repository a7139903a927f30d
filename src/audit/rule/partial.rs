//! Batches that succeed in part are handled item by item.

use serde_json::Value;

use super::seen;
use super::tally::Tally;
use super::{Case, Rule, Severity, Verdict};
use crate::audit::knowledge::BatchOutcome;
use crate::audit::observe::{Exchange, Exit, Run};

pub const RULES: &[Rule] = &[
    Rule {
        code: "repeats-failed-items-alone",
        severity: Severity::Critical,
        title: "of a batch that succeeded in part only the failed items are repeated",
        explanation: "A reply of success in part tells of each item by itself. A client that sends the whole batch again performs the items \
            that had succeeded once more. Make a new call, with a new idempotency key, of the items that failed in a way that may pass.",
        source: "RFC 4918, sections 11.1 and 13 (207 Multi-Status); AIP-234 (partial success of batches)",
        judge: failed_alone,
    },
    Rule {
        code: "notices-failed-items",
        severity: Severity::Critical,
        title: "items that failed within a reply of success are noticed",
        explanation: "207, or 200 with an error inside, is no success of every item. A client that looks at the status alone drops the \
            items that failed without a trace. Read the result of each item: repeat those that may pass, and report the others.",
        source: "RFC 4918, section 13 (207 Multi-Status); AIP-234 (partial success of batches)",
        judge: noticed,
    },
];

const NEVER: &str = "no batch of the client succeeded in part";

/// A batch that succeeded in part.
struct Parted<'r> {
    index: usize,
    run: &'r Run,
    at: usize,
    outcome: BatchOutcome,
}

impl Parted<'_> {
    fn exchange(&self) -> &Exchange {
        &self.run.exchanges[self.at]
    }

    fn has_failed(&self, item: &Value) -> bool {
        self.outcome.failed.iter().any(|at| self.outcome.items[*at] == *item)
    }

    fn has_succeeded(&self, item: &Value) -> bool {
        !self.has_failed(item) && self.outcome.items.contains(item)
    }

    /// The later calls of the same client that send items of this batch once more, with those items.
    fn repeats(&self, case: &Case<'_>) -> Vec<(usize, Vec<Value>)> {
        let batch = self.exchange().operation.as_deref().unwrap_or_default();
        let runs = case.knowledge.batch_runs(batch);
        let items = |later: &Exchange| match later.operation.as_deref()? {
            operation if operation == batch => case.knowledge.batch_items(batch, &later.body),
            operation if Some(operation) == runs => Some(vec![serde_json::from_slice(&later.body).ok()?]),
            _ => None,
        };
        let known = |item: &Value| self.outcome.items.contains(item);
        seen::later_of_client(self.run, self.at)
            .filter_map(|at| Some((at, items(&self.run.exchanges[at])?)))
            .filter(|(_, items)| items.iter().any(known))
            .collect()
    }
}

fn parted<'r>(case: &Case<'r>) -> Vec<Parted<'r>> {
    let mut found = Vec::new();
    for (index, run) in case.runs.iter().enumerate() {
        for (at, exchange) in run.exchanges.iter().enumerate() {
            let Some(operation) = exchange.operation.as_deref().filter(|_| seen::succeeded(exchange)) else { continue };
            if let Some(outcome) = case.knowledge.batch_outcome(operation, &exchange.body, &exchange.reply_body) {
                found.push(Parted { index, run, at, outcome });
            }
        }
    }
    found
}

fn failed_alone(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for parted in parted(case) {
        let repeats = parted.repeats(case);
        if repeats.is_empty() {
            tally.unclear("no item of a batch that succeeded in part was repeated");
        }
        for (later, items) in repeats {
            let line = seen::line(parted.exchange());
            let needless = items.iter().filter(|item| parted.has_succeeded(item)).count();
            let evidence = vec![parted.at, later];
            match needless {
                0 => tally.kept(parted.index, evidence, format!("of {line} only failed items were repeated")),
                1 => tally.broken(parted.index, evidence, format!("of {line} an item was repeated that had succeeded")),
                many => {
                    tally.broken(
                        parted.index,
                        evidence,
                        format!("of {line} {many} items were repeated that had succeeded"),
                    );
                }
            }
        }
    }
    tally.verdict(NEVER)
}

fn noticed(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let mute = seen::mute_exit(case, |_| true);
    for parted in parted(case) {
        let (index, run, at) = (parted.index, parted.run, parted.at);
        let line = seen::line(parted.exchange());
        let failed = parted.outcome.failed.len();
        let repeats = parted.repeats(case);
        let repeated = repeats.iter().find(|(_, items)| items.iter().any(|item| parted.has_failed(item)));
        if let Some((later, _)) = repeated {
            tally.kept(index, vec![at, *later], format!("items of {line} that failed were repeated"));
        } else if seen::exit_tells_failure(run) {
            let text = format!(
                "items of {line} failed, and the client ended with a failure ({})",
                seen::exit_in_words(run.exit)
            );
            tally.kept(index, vec![at], text);
        } else if run.exit == Exit::Code(0) && mute.is_none() {
            let text = format!("{failed} of the items of {line} failed, and the client ended with exit 0");
            tally.broken(index, vec![at], text);
        } else {
            let why = format!("failed items were not repeated, and {}", seen::exit_in_words(run.exit));
            tally.unclear(mute.clone().unwrap_or(why));
        }
    }
    tally.verdict(NEVER)
}
