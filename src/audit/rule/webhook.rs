//! Receivers of webhooks: they verify, answer fast, and take what comes twice or out of order.
//!
//! Judged where the client registers a receiver in the run, so that deliveries are made to it.

use super::seen;
use super::tally::Tally;
use super::{Case, Rule, Severity, Verdict};
use crate::audit::observe::{DeliveryAttempt, Exchange, Run};

/// How long a receiver may take for its answer, in microseconds. Services wait for five to thirty seconds.
pub const ANSWER_MAX: u64 = 5_000_000;
/// How long after a delivery a call counts as made because of it, in microseconds.
pub const REACTION_MAX: u64 = 2_000_000;

pub const RULES: &[Rule] = &[
    Rule {
        code: "refuses-wrong-signature",
        severity: Severity::Critical,
        title: "a delivery with a wrong signature is refused with 4xx",
        explanation: "Anyone who knows the URL can send to a receiver. Only the signature tells the service's deliveries from forged ones: \
            compute it over the raw bytes, compare in constant time, and answer 4xx when it does not fit. Any other failure makes the \
            sender try again.",
        source: "Standard Webhooks, Verifying webhook authenticity; RFC 2104 (HMAC)",
        judge: wrong_signature,
    },
    Rule {
        code: "accepts-repeated-event",
        severity: Severity::Warning,
        title: "an event that arrives again is answered with 2xx",
        explanation: "Webhooks are delivered at least once: when an answer is lost, the event comes again. A receiver that refuses what it \
            knows already makes the service try again and again, and in the end switch the subscription off. Answer 2xx, and do nothing.",
        source: "Standard Webhooks, Idempotency; Stripe, Receive events (handle duplicate events)",
        judge: repeated_event,
    },
    Rule {
        code: "acts-once-per-event",
        severity: Severity::Critical,
        title: "an event that arrives again is not acted on again",
        explanation: "The id of an event is the same on each of its deliveries. A receiver that does not remember the ids that it has \
            handled ships the parcel twice. Store the id together with what was done for it, or act by calls that carry the event's id \
            as their idempotency key.",
        source: "Standard Webhooks, Idempotency (webhook-id); Stripe, Receive events (handle duplicate events)",
        judge: acts_once,
    },
    Rule {
        code: "answers-webhooks-fast",
        severity: Severity::Warning,
        title: "deliveries are answered within five seconds",
        explanation: "A sender waits for some seconds, then counts the delivery as failed and makes it again, although the receiver is \
            still at work on the first. Store the event, answer 2xx, and do the work afterwards.",
        source: "Standard Webhooks, Sending (timeouts of 15 to 30 s); Stripe, Receive events (return a 2xx response quickly)",
        judge: answers_fast,
    },
    Rule {
        code: "accepts-events-out-of-order",
        severity: Severity::Warning,
        title: "events that arrive out of order are answered with 2xx",
        explanation: "A delivery that is late is overtaken by the next: the event that tells of a change can come before the one that tells \
            of the creation. A receiver that fails for that gets neither. Take each event for a hint, and read the record's state from \
            the service where order matters.",
        source: "Stripe, Receive events (event ordering); Standard Webhooks, Ordering",
        judge: out_of_order,
    },
];

const NO_RECEIVER: &str = "the client registered no receiver of webhooks that deliveries could be made to";

/// Why there is nothing to judge beside what the rule itself needs.
fn undecided<'t>(case: &Case<'_>, otherwise: &'t str) -> &'t str
where
    'static: 't,
{
    let any = case.runs.iter().any(|run| !run.deliveries.is_empty());
    if any { otherwise } else { NO_RECEIVER }
}

fn struck_by(delivery: &DeliveryAttempt, kind: &str) -> bool {
    delivery.struck.iter().any(|fault| fault.kind == kind)
}

fn was_taken(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Exchanges begun because of something: those in a span of time.
fn within(run: &Run, from: u64, until: u64) -> Vec<usize> {
    (0..run.exchanges.len()).filter(|at| (from..until).contains(&run.exchanges[*at].begun)).collect()
}

fn wrong_signature(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        for delivery in run.deliveries.iter().filter(|delivery| struck_by(delivery, "wrongSignature")) {
            let event = &delivery.event;
            match delivery.status {
                Some(status) if (400..500).contains(&status) => {
                    tally.kept(index, Vec::new(), format!("a forged {event} was refused with {status}"));
                }
                Some(status) if was_taken(status) => {
                    tally.harmed(index, Vec::new(), format!("a forged {event} was taken with {status}"));
                }
                Some(status) => {
                    let text = format!("a forged {event} was answered with {status}, after which senders try again");
                    tally.broken(index, Vec::new(), text);
                }
                None => tally.unclear("the receiver did not answer the delivery with a wrong signature"),
            }
        }
    }
    let unsigned = case.knowledge.contract.plan.webhooks.as_ref().is_some_and(|webhooks| webhooks.sign.is_none());
    let why = if unsigned { "the service does not sign its deliveries" } else { "no delivery had a wrong signature" };
    tally.verdict(undecided(case, why))
}

/// Deliveries of an event that had been taken before, with the first that was: both indices. Forged ones do not count.
fn repeats(run: &Run) -> Vec<(usize, usize)> {
    let good = |at: &usize| !struck_by(&run.deliveries[*at], "wrongSignature");
    let again = |at: usize| {
        let delivery = &run.deliveries[at];
        let same = |before: &usize| {
            let before = &run.deliveries[*before];
            before.event_id == delivery.event_id && before.url == delivery.url && before.status.is_some_and(was_taken)
        };
        (0..at).filter(good).find(same).map(|first| (first, at))
    };
    (0..run.deliveries.len()).filter(good).filter_map(again).collect()
}

const NO_REPEAT: &str = "no event was delivered again after the receiver had taken it";

fn repeated_event(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        for (_, again) in repeats(run) {
            let delivery = &run.deliveries[again];
            let event = &delivery.event;
            match delivery.status {
                Some(status) if was_taken(status) => {
                    tally.kept(index, Vec::new(), format!("a repeated {event} was taken with {status}"));
                }
                Some(status) => {
                    tally.broken(index, Vec::new(), format!("a repeated {event} was refused with {status}"));
                }
                None => tally.unclear("the receiver did not answer the repeated delivery"),
            }
        }
    }
    tally.verdict(undecided(case, NO_REPEAT))
}

fn acts_once(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        for (first, again) in repeats(run) {
            let (before, delivery) = (&run.deliveries[first], &run.deliveries[again]);
            let end = delivery.begun.min(before.begun + REACTION_MAX);
            let acted = |at: &usize| !seen::only_reads(&run.exchanges[*at]);
            let done: Vec<usize> = within(run, before.begun, end).into_iter().filter(acted).collect();
            if done.is_empty() {
                tally.unclear("no call could be seen that the receiver made because of an event");
                continue;
            }
            let later = within(run, delivery.begun, delivery.begun + REACTION_MAX).into_iter().filter(acted);
            let repeated = later.filter_map(|later| {
                let known = |at: &&usize| seen::same_request(&run.exchanges[**at], &run.exchanges[later]);
                let before = done.iter().find(known)?;
                (!is_protected(case, &run.exchanges[*before], &run.exchanges[later])).then_some((*before, later))
            });
            let event = &delivery.event;
            match repeated.into_iter().next() {
                Some((one, other)) => {
                    let text = format!("{} was sent again for a repeated {event}", seen::line(&run.exchanges[one]));
                    tally.broken(index, vec![one, other], text);
                }
                None => tally.kept(index, done, format!("a repeated {event} was not acted on again")),
            }
        }
    }
    tally.verdict(undecided(case, NO_REPEAT))
}

/// Do both carry one idempotency key, so that it was done once?
fn is_protected(case: &Case<'_>, one: &Exchange, other: &Exchange) -> bool {
    let key = case.knowledge.key_of(one);
    key.is_some() && key == case.knowledge.key_of(other)
}

fn answers_fast(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        for delivery in &run.deliveries {
            let took = delivery.ended.saturating_sub(delivery.begun);
            let (event, ms) = (&delivery.event, took / 1_000);
            if took > ANSWER_MAX {
                tally.broken(index, Vec::new(), format!("{event} was not answered within {ms} ms"));
            } else if delivery.status.is_some() {
                tally.kept(index, Vec::new(), format!("{event} was answered within {ms} ms"));
            } else {
                tally.unclear("no delivery reached the receiver");
            }
        }
    }
    tally.verdict(NO_RECEIVER)
}

fn out_of_order(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        // The one that was held back, and those that overtook it.
        let Some(late) = run.deliveries.iter().position(|delivery| struck_by(delivery, "reorderDelivery")) else {
            continue;
        };
        let url = &run.deliveries[late].url;
        let concerned =
            run.deliveries.iter().filter(|delivery| delivery.url == *url && !struck_by(delivery, "wrongSignature"));
        for delivery in concerned {
            let event = &delivery.event;
            match delivery.status {
                Some(status) if was_taken(status) => {
                    tally.kept(index, Vec::new(), format!("{event} was taken with {status}, out of order"));
                }
                Some(status) => {
                    tally.broken(index, Vec::new(), format!("{event} was refused with {status}, out of order"));
                }
                None => tally.unclear("the receiver did not answer the deliveries out of order"),
            }
        }
    }
    tally.verdict(undecided(case, "no delivery was out of order"))
}
