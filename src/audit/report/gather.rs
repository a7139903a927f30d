//! From an audit to what is told of it: secrets masked, counted, bounded.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexSet;
use serde_json::{Map, Value};

use super::model::{self, Report};
use super::secrets::{self, IDEMPOTENCY};
use crate::audit::grade::Score;
use crate::audit::logical;
use crate::audit::observe::{DeliveryAttempt, End, Exchange, Exit, Performed, Run, StruckFault};
use crate::audit::rule::{self, Evidence, Outcome, Severity};
use crate::audit::verdict::{Audit, Ended, Judged, Output, Trial, TrialState, Unjudged};
use crate::mask::Mask;
use crate::report::plain;
use crate::words::shortened;

/// Most exchanges that are told of one run; those that evidence names come first, then the earliest.
pub const EXCHANGES_MAX: usize = 200;
/// Most attempts to deliver that are told of one run.
pub const DELIVERIES_MAX: usize = 100;
/// Most exchanges that one piece of evidence names.
pub const EVIDENCE_EXCHANGES_MAX: usize = 50;
/// Most characters of a text that a client or a rule wrote, and of what is kept of a client's output.
pub const TEXT_CHARACTERS_MAX: usize = 1_000;
const OUTPUT_CHARACTERS_MAX: usize = 4_000;

const TOOL: &str = concat!("standin ", env!("CARGO_PKG_VERSION"));

pub fn report(audit: &Audit) -> Report {
    let mask = secrets::learn(audit.credential.as_ref(), &audit.runs);
    let mut teller = Teller { audit, mask, keys: IndexSet::new() };
    let score = Score::of(&audit.judged);
    Report {
        version: model::VERSION,
        tool: TOOL.to_owned(),
        service: teller.text(&audit.service),
        command: audit.command.iter().map(|word| teller.text(word)).collect(),
        seed: audit.seed,
        ended: teller.ended(),
        grade: audit.grade,
        score: score.map(|score| model::Score { kept: score.kept, decided: score.decided, capped_by: score.capped }),
        summary: summary(audit),
        rules: audit.judged.iter().map(|judged| teller.rule(judged)).collect(),
        trials: audit.trials.iter().map(|trial| teller.trial(trial)).collect(),
        runs: (0..audit.runs.len()).map(|index| teller.run(index)).collect(),
    }
}

struct Teller<'a> {
    audit: &'a Audit,
    mask: Mask,
    /// Idempotency keys in the order first seen.
    keys: IndexSet<&'a [u8]>,
}

impl<'a> Teller<'a> {
    fn text(&self, text: &str) -> String {
        short(&self.mask.apply(text))
    }

    fn ended(&self) -> model::Ended {
        let (state, reason) = match &self.audit.ended {
            Ended::Finished => (model::EndState::Finished, None),
            Ended::Interrupted => {
                (model::EndState::Interrupted, Some("it was stopped; what was seen until then is judged"))
            }
            Ended::OutOfTime => {
                let reason = "the whole took longer than it may; what was seen until then is judged";
                (model::EndState::OutOfTime, Some(reason))
            }
            Ended::Unjudged(why) => {
                return model::Ended { state: model::EndState::Unjudged, reason: Some(self.text(&unjudged(why))) };
            }
        };
        let reasons: Vec<String> = reason.map(str::to_owned).into_iter().chain(unjudged_part(self.audit)).collect();
        model::Ended { state, reason: (!reasons.is_empty()).then(|| reasons.join("; ")) }
    }

    fn rule(&self, judged: &Judged) -> model::Rule {
        let (outcome, reason) = match &judged.verdict.outcome {
            Outcome::Passed => (model::Outcome::Passed, None),
            Outcome::Failed => (model::Outcome::Failed, None),
            Outcome::Undecided(reason) => (model::Outcome::Undecided, Some(self.text(reason))),
        };
        model::Rule {
            code: judged.rule.code.to_owned(),
            family: judged.family.to_owned(),
            severity: judged.rule.severity,
            title: judged.rule.title.to_owned(),
            source: judged.rule.source.to_owned(),
            outcome,
            reason,
            evidence: judged.verdict.evidence.iter().filter_map(|evidence| self.evidence(evidence)).collect(),
        }
    }

    /// `None` where it speaks of a run that there is not.
    fn evidence(&self, evidence: &Evidence) -> Option<model::Evidence> {
        let run = self.audit.runs.get(evidence.run)?;
        let numbers = evidence.exchanges.iter().filter_map(|at| Some(run.exchanges.get(*at)?.number));
        Some(model::Evidence {
            text: self.text(&evidence.text),
            run: evidence.run,
            exchanges: numbers.take(EVIDENCE_EXCHANGES_MAX).collect(),
            exchanges_left_out: evidence.exchanges.len().saturating_sub(EVIDENCE_EXCHANGES_MAX),
        })
    }

    fn trial(&self, trial: &Trial) -> model::Trial {
        let (runs, skipped) = match &trial.state {
            TrialState::Ran(runs) => (runs.clone(), None),
            TrialState::Skipped(reason) => (Vec::new(), Some(self.text(reason))),
        };
        model::Trial { name: self.text(&trial.name), title: self.text(&trial.title), runs, skipped }
    }

    fn run(&mut self, index: usize) -> model::Run {
        let audit = self.audit;
        let run = &audit.runs[index];
        let told = self.told(index, run);
        let calls: Vec<model::Call> =
            audit.calls.iter().filter(|call| call.run == index).map(|call| self.call(call, run, &told)).collect();
        let calls_all = calls.len();
        let calls: Vec<model::Call> = calls.into_iter().filter(|call| !call.attempts.is_empty()).collect();
        let nothing = Output::default();
        let output = audit.outputs.get(index).unwrap_or(&nothing);
        model::Run {
            trial: self.text(&run.trial),
            number: run.number,
            exit: exit(run.exit),
            took_us: run.took,
            faults: run.faults.iter().map(|armed| self.fault(armed)).collect(),
            calls_left_out: calls_all - calls.len(),
            calls,
            exchanges: told.iter().map(|at| self.exchange(run, &run.exchanges[*at])).collect(),
            exchanges_left_out: (run.exchanges.len() - told.len()).saturating_add(size(run.exchanges_left_out)),
            deliveries: run.deliveries.iter().take(DELIVERIES_MAX).map(|delivery| self.delivery(delivery)).collect(),
            deliveries_left_out: run
                .deliveries
                .len()
                .saturating_sub(DELIVERIES_MAX)
                .saturating_add(size(run.deliveries_left_out)),
            stdout: tail(&self.mask.apply(&output.stdout), OUTPUT_CHARACTERS_MAX),
            stderr: tail(&self.mask.apply(&output.stderr), OUTPUT_CHARACTERS_MAX),
        }
    }

    /// Indices of the exchanges that are told.
    fn told(&self, index: usize, run: &Run) -> BTreeSet<usize> {
        let evidence = self.audit.judged.iter().flat_map(|judged| &judged.verdict.evidence);
        let named = evidence
            .filter(|evidence| evidence.run == index)
            .flat_map(|evidence| evidence.exchanges.iter().take(EVIDENCE_EXCHANGES_MAX).copied());
        let mut told = BTreeSet::new();
        for at in named.chain(0..run.exchanges.len()).filter(|at| *at < run.exchanges.len()) {
            if told.len() >= EXCHANGES_MAX {
                break;
            }
            told.insert(at);
        }
        told
    }

    fn call(&self, call: &logical::LogicalCall, run: &Run, told: &BTreeSet<usize>) -> model::Call {
        let attempts: Vec<u64> =
            call.attempts.iter().filter(|at| told.contains(at)).map(|at| run.exchanges[*at].number).collect();
        model::Call {
            operation: call.operation.as_deref().map(|operation| self.text(operation)),
            attempts_left_out: call.attempts.len() - attempts.len(),
            attempts,
            certainty: match call.certainty {
                logical::Certainty::Likely => model::Certainty::Likely,
                logical::Certainty::Certain => model::Certainty::Certain,
            },
        }
    }

    fn fault(&self, armed: &crate::world::fault::Armed) -> model::Fault {
        let written = armed.fault.write().into_iter().map(|(word, value)| (word, self.value(value)));
        model::Fault { fault: written.collect::<Map<_, _>>(), seen: armed.seen, hits: armed.hits }
    }

    /// The value with every text in it masked. A fault nests no deeper than its words, which were read and checked.
    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => members.into_iter().map(|(name, member)| (name, self.value(member))).collect(),
            other => other,
        }
    }

    fn exchange(&mut self, run: &Run, exchange: &'a Exchange) -> model::Exchange {
        let key = exchange.headers.iter().find(|(name, _)| name.as_str().contains(IDEMPOTENCY));
        model::Exchange {
            number: exchange.number,
            connection: exchange.connection,
            begun_us: exchange.begun,
            ended_us: exchange.ended.max(exchange.begun),
            end: match exchange.end {
                End::Replied => model::End::Replied,
                End::Cut => model::End::Cut,
                End::Left => model::End::Left,
            },
            still_waiting: exchange.end == End::Left && rule::is_waiting(run, exchange),
            method: self.text(exchange.method.as_str()),
            target: short(&secrets::target(&exchange.path, exchange.query.as_deref(), &self.mask)),
            operation: exchange.operation.as_deref().map(|operation| self.text(operation)),
            status: exchange.status.as_u16(),
            retry_after: exchange.reply_header("retry-after").map(|value| self.text(value)),
            key: key.map(|(_, value)| self.keys.insert_full(value.as_bytes()).0 + 1),
            request_bytes: exchange.body.len(),
            reply_bytes: exchange.reply_body.len(),
            performed: match exchange.performed {
                Performed::No => model::Performed::No,
                Performed::Yes => model::Performed::Yes,
                Performed::Twice => model::Performed::Twice,
                Performed::Replayed => model::Performed::Replayed,
            },
            struck: self.struck(&exchange.struck),
            made: exchange
                .made
                .iter()
                .map(|(kind, id)| model::Made { kind: self.text(kind), id: self.text(id) })
                .collect(),
        }
    }

    fn delivery(&self, delivery: &DeliveryAttempt) -> model::Delivery {
        model::Delivery {
            begun_us: delivery.begun,
            ended_us: delivery.ended.max(delivery.begun),
            event: self.text(&delivery.event),
            event_id: self.text(&delivery.event_id),
            url: short(&secrets::url(&delivery.url, &self.mask)),
            status: delivery.status,
            failure: delivery.failure.as_deref().map(|failure| self.text(failure)),
            struck: self.struck(&delivery.struck),
        }
    }

    fn struck(&self, struck: &[StruckFault]) -> Vec<model::Struck> {
        struck
            .iter()
            .map(|struck| model::Struck { kind: struck.kind.to_owned(), text: self.text(&struck.text) })
            .collect()
    }
}

fn summary(audit: &Audit) -> model::Summary {
    let outcomes =
        |matching: fn(&Outcome) -> bool| audit.judged.iter().filter(|judged| matching(&judged.verdict.outcome)).count();
    let mut broken: BTreeMap<Severity, usize> = BTreeMap::new();
    for judged in audit.judged.iter().filter(|judged| judged.verdict.outcome == Outcome::Failed) {
        *broken.entry(judged.rule.severity).or_default() += 1;
    }
    let of = |severity: Severity| broken.get(&severity).copied().unwrap_or(0);
    let run = audit.trials.iter().filter(|trial| matches!(trial.state, TrialState::Ran(_))).count();
    model::Summary {
        rules: model::RuleCounts {
            passed: outcomes(|outcome| *outcome == Outcome::Passed),
            failed: outcomes(|outcome| *outcome == Outcome::Failed),
            undecided: outcomes(|outcome| matches!(outcome, Outcome::Undecided(_))),
        },
        broken: model::SeverityCounts {
            critical: of(Severity::Critical),
            error: of(Severity::Error),
            warning: of(Severity::Warning),
            note: of(Severity::Note),
        },
        trials: model::TrialCounts { run, skipped: audit.trials.len() - run },
        exchanges: sum(audit, |run| run.exchanges.len().saturating_add(size(run.exchanges_left_out))),
        deliveries: sum(audit, |run| run.deliveries.len().saturating_add(size(run.deliveries_left_out))),
        took_us: audit.runs.iter().fold(0, |sum, run| sum.saturating_add(run.took)),
    }
}

/// What was seen, but is not judged because it is beyond what is kept of a world.
fn unjudged_part(audit: &Audit) -> Option<String> {
    let exchanges = sum(audit, |run| size(run.exchanges_left_out));
    let deliveries = sum(audit, |run| size(run.deliveries_left_out));
    let counts = [(exchanges, "exchange"), (deliveries, "delivery attempt")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, noun)| plain::count(count, noun));
    let counts: Vec<String> = counts.collect();
    let told = counts.join(" and ");
    (!told.is_empty()).then(|| format!("{told} came after as many as are kept of a world; what came before is judged"))
}

fn sum(audit: &Audit, of: impl Fn(&Run) -> usize) -> usize {
    audit.runs.iter().fold(0, |sum: usize, run| sum.saturating_add(of(run)))
}

fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn unjudged(why: &Unjudged) -> String {
    match why {
        Unjudged::NotStarted(why) => format!("the client could not be started: {why}"),
        Unjudged::NeverCalled(ended) => {
            format!(
                "the client made no call even without faults ({}); does it take its base URL from the environment?",
                super::words::exit(exit(*ended))
            )
        }
        Unjudged::FailedBaseline(ended) => {
            format!("the client fails even without faults: {}", super::words::exit(exit(*ended)))
        }
        Unjudged::NothingSeen => "no call was seen".to_owned(),
    }
}

fn exit(exit: Exit) -> model::Exit {
    let (how, code) = match exit {
        Exit::Code(code) => (model::ExitKind::Code, Some(code)),
        Exit::Signal(signal) => (model::ExitKind::Signal, Some(signal)),
        Exit::TimedOut => (model::ExitKind::TimedOut, None),
        Exit::Flooded => (model::ExitKind::Flooded, None),
        Exit::Unknown => (model::ExitKind::Unknown, None),
    };
    model::Exit { how, code }
}

fn short(text: &str) -> String {
    shortened(text, TEXT_CHARACTERS_MAX).into_owned()
}

/// The end of a text.
fn tail(text: &str, characters_max: usize) -> String {
    match text.char_indices().rev().nth(characters_max.saturating_sub(1)) {
        Some((start, _)) if start > 0 => format!("…{}", &text[start..]),
        _ => text.to_owned(),
    }
}
