//! Idempotency keys: sent, kept, renewed, bound and hard to guess.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::seen;
use super::tally::Tally;
use super::{Case, Rule, Severity, Verdict, trouble};
use crate::audit::observe::{Exchange, Run};

/// What a random UUID holds (RFC 9562, section 5.4): the fewest bits that a key's form may have room for.
pub const KEY_BITS_MIN: f64 = 122.0;
/// The fewest bits in which keys of one client may differ from each other. Less than the above, so that ids that begin with the time are
/// good (UUID version 7 has 74 random bits).
pub const VARYING_BITS_MIN: f64 = 64.0;
/// The fewest different keys from which their making can be judged.
pub const KEYS_MIN: usize = 2;

pub const RULES: &[Rule] = &[
    Rule {
        code: "sends-idempotency-key",
        severity: Severity::Warning,
        title: "writes carry an idempotency key where the service takes one",
        explanation: "A key makes a write safe to repeat: the service remembers the first reply under it and gives it again. A client that \
            leaves it out can neither repeat the write when its reply is lost nor know whether it happened. Make the key once for each \
            call of the application, before the first attempt.",
        source: "IETF draft-ietf-httpapi-idempotency-key-header, section 2; Stripe, Idempotent requests; AIP-155",
        judge: sends,
    },
    Rule {
        code: "same-key-on-every-attempt",
        severity: Severity::Critical,
        title: "every attempt of one call carries the same idempotency key",
        explanation: "The service recognises a repeat by its key alone. A key that is made inside the retry loop is new each time, so every \
            attempt is performed as a call of its own, and the key protects from nothing. Make it outside of the loop.",
        source: "IETF draft-ietf-httpapi-idempotency-key-header, section 2; AIP-155; Stripe, Idempotent requests",
        judge: keeps,
    },
    Rule {
        code: "new-key-for-each-call",
        severity: Severity::Critical,
        title: "each new call has a new idempotency key",
        explanation: "A key that has been answered with success is used up. The service takes a second call with it for a repeat and gives \
            the first reply again: the second order is never made, and the client believes that it was. Make a new key for each call of \
            the application.",
        source: "IETF draft-ietf-httpapi-idempotency-key-header, section 2.2 (uniqueness)",
        judge: renews,
    },
    Rule {
        code: "one-key-one-request",
        severity: Severity::Error,
        title: "an idempotency key is never used for another body or target",
        explanation: "A key stands for exactly one request. With another body the service refuses it (422), or worse, gives the reply of \
            the first request. Items that are repeated out of a batch are a new request and need a new key.",
        source: "IETF draft-ietf-httpapi-idempotency-key-header, sections 2.2 and 2.7 (422)",
        judge: binds,
    },
    Rule {
        code: "unguessable-keys",
        severity: Severity::Warning,
        title: "idempotency keys are random: no counter, no time, no hash of the body",
        explanation: "Counters and times collide as soon as two processes run, and one caller's key gets another's reply. A hash of the \
            body makes two orders that look alike into one. Use a random UUID (version 4 or 7), and store it with the call where it must \
            outlive the process.",
        source: "IETF draft-ietf-httpapi-idempotency-key-header, section 2.2 (a UUID or a similar random identifier); RFC 9562",
        judge: unguessable,
    },
    Rule {
        code: "waits-for-call-in-progress",
        severity: Severity::Error,
        title: "told that the first call with its key is in progress, it waits and repeats it with the same key",
        explanation: "409 for a key in flight means that the service is still at work on the first attempt. A new key would make it work \
            twice, and giving up leaves the outcome unknown. Wait (Retry-After tells how long) and send the same call with the same key \
            until its reply comes.",
        source: "IETF draft-ietf-httpapi-idempotency-key-header, section 2.7 (409 Conflict); Stripe, Idempotent requests",
        judge: waits,
    },
];

fn sends(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let mut blamed: Vec<&str> = Vec::new();
    for (index, run) in case.runs.iter().enumerate() {
        for (at, exchange) in run.exchanges.iter().enumerate() {
            let Some(operation) = exchange.operation.as_deref().filter(|name| case.knowledge.wants_key(name)) else {
                continue;
            };
            match case.knowledge.key_of(exchange) {
                Some(_) => tally.kept(index, vec![at], format!("{} carried a key", seen::line(exchange))),
                None if blamed.contains(&operation) => {}
                None => {
                    blamed.push(operation);
                    tally.broken(index, vec![at], format!("{} carried no key", seen::line(exchange)));
                }
            }
        }
    }
    tally.verdict("the client called nothing that takes an idempotency key")
}

fn keeps(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for call in &case.calls {
        let attempts = case.attempts(call);
        for (pair, at) in attempts.windows(2).zip(call.attempts.windows(2)) {
            let (first, second) = (pair[0], pair[1]);
            let keys = (case.knowledge.key_of(first), case.knowledge.key_of(second));
            if keys == (None, None) || is_decided(first, second) {
                continue;
            }
            let line = seen::line(first);
            match keys {
                (Some(one), Some(other)) if one == other => {
                    tally.kept(call.run, at.to_vec(), format!("{line} was sent again with the same key"));
                }
                (Some(_), Some(_)) => {
                    tally.broken(call.run, at.to_vec(), format!("{line} was sent again with another key"));
                }
                (Some(_), None) => tally.broken(call.run, at.to_vec(), format!("{line} lost its key when sent again")),
                (None, _) => tally.broken(call.run, at.to_vec(), format!("{line} got a key only when sent again")),
            }
        }
    }
    tally.verdict("no call with an idempotency key was sent more than once")
}

/// Was the call over with the first reply, so that what follows is another one? So it is after a refusal, and after a batch of which some items
/// failed: they are a new request.
fn is_decided(first: &Exchange, second: &Exchange) -> bool {
    let is_refusal = seen::is_sound(first) && first.status.is_client_error();
    let is_final = is_refusal && !matches!(first.status.as_u16(), 401 | 408 | 425 | 429);
    is_final || seen::succeeded(first) && second.begun >= first.ended
}

/// Keys of a run with the exchanges that carried each, in order of first use. Each client has its own.
fn by_key<'r>(case: &Case<'_>, run: &'r Run) -> Vec<(&'r str, Vec<usize>)> {
    let mut places: BTreeMap<(u32, &str), usize> = BTreeMap::new();
    let mut keys: Vec<(&str, Vec<usize>)> = Vec::new();
    for (at, exchange) in run.exchanges.iter().enumerate() {
        let Some(key) = case.knowledge.key_of(exchange) else { continue };
        let place = *places.entry((exchange.client, key)).or_insert(keys.len());
        match keys.get_mut(place) {
            Some((_, uses)) => uses.push(at),
            None => keys.push((key, vec![at])),
        }
    }
    keys
}

/// Those that do not name a webhook's event: whoever acts on an event by a call with its id as the key wants the second one to do nothing.
fn by_own_key<'r>(case: &Case<'_>, run: &'r Run) -> Vec<(&'r str, Vec<usize>)> {
    let mut keys = by_key(case, run);
    keys.retain(|(key, _)| !run.deliveries.iter().any(|delivery| holds_word(key, &delivery.event_id)));
    keys
}

/// Does the word stand in the text, with nothing before or after that could belong to it?
fn holds_word(text: &str, word: &str) -> bool {
    let mut places = text.match_indices(word).filter(|_| !word.is_empty());
    places.any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        [before, after].into_iter().flatten().all(|letter| !letter.is_alphanumeric())
    })
}

/// The first uses of two different keys.
fn first_of_two(keys: &[(&str, Vec<usize>)]) -> Option<Vec<usize>> {
    let (key, one) = keys.first()?;
    let (_, other) = keys.iter().find(|(other, _)| other != key)?;
    Some(vec![one[0], other[0]])
}

fn renews(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        let keys = by_own_key(case, run);
        for (_, uses) in &keys {
            let Some(&answered) = uses.iter().find(|at| seen::succeeded(&run.exchanges[**at])) else { continue };
            let first = &run.exchanges[answered];
            let again = |later: &Exchange| later.begun >= first.ended && seen::same_place(first, later);
            let reused = uses.iter().find(|at| **at > answered && again(&run.exchanges[**at]));
            if let Some(&reused) = reused {
                let text =
                    format!("{} used a key again that had been answered with {}", seen::line(first), first.status);
                tally.broken(index, vec![answered, reused], text);
            }
        }
        if let Some(first) = first_of_two(&keys) {
            tally.kept(index, first, "two calls had two keys");
        }
    }
    tally.verdict("no run made two calls with idempotency keys")
}

fn binds(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (index, run) in case.runs.iter().enumerate() {
        let keys = by_key(case, run);
        for (_, uses) in &keys {
            let first = &run.exchanges[uses[0]];
            for at in &uses[1..] {
                let later = &run.exchanges[*at];
                let evidence = vec![uses[0], *at];
                if !seen::same_place(first, later) {
                    let text = format!("the key of {} was used for {}", seen::line(first), seen::line(later));
                    tally.broken(index, evidence, text);
                } else if !seen::same_meaning(first, later) {
                    tally.broken(
                        index,
                        evidence,
                        format!("the key of {} was used for another body", seen::line(first)),
                    );
                } else {
                    tally.kept(index, evidence, "a key was used again for the same request alone");
                }
            }
        }
        if let Some(first) = first_of_two(&keys) {
            tally.kept(index, first, "each key was used for one request");
        }
    }
    tally.verdict("no run used an idempotency key twice, or two of them")
}

fn unguessable(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    // Each key with the run and the exchange of its first use.
    let mut keys: Vec<(&str, usize, usize)> = Vec::new();
    for (index, run) in case.runs.iter().enumerate() {
        for (key, uses) in by_own_key(case, run) {
            let Some((_, before, _)) = keys.iter().find(|(known, _, _)| *known == key) else {
                keys.push((key, index, uses[0]));
                continue;
            };
            let (before, here) = (title(&case.runs[*before]), title(run));
            let text =
                format!("the key {key:?} was used in {before} and in {here}: it is fixed, or made from the call");
            tally.broken(index, vec![uses[0]], text);
        }
    }
    for (key, index, at) in &keys {
        if is_digest(key, &case.runs[*index].exchanges[*at]) {
            tally.broken(*index, vec![*at], format!("the key {key:?} is a hash of the body"));
        }
    }
    let names: Vec<&str> = keys.iter().map(|(key, _, _)| *key).collect();
    let Some((_, index, at)) = keys.last().filter(|_| keys.len() >= KEYS_MIN) else {
        return tally.verdict("fewer than two idempotency keys were seen");
    };
    match weakness(&names) {
        Some(text) => tally.broken(*index, vec![*at], text),
        None => tally.kept(*index, vec![*at], format!("{} keys look random", names.len())),
    }
    tally.verdict("fewer than two idempotency keys were seen")
}

fn title(run: &Run) -> String {
    format!("{} (run {})", run.trial, run.number)
}

/// Why keys like these can be guessed.
fn weakness(keys: &[&str]) -> Option<String> {
    let shown = format!("keys like {:?} and {:?}", keys[0], keys[1]);
    let start = common(keys.iter().map(|key| key.bytes()));
    let varying: Vec<&[u8]> = keys.iter().map(|key| &key.as_bytes()[start..]).collect();
    let end = common(varying.iter().map(|key| key.iter().rev().copied()));
    let varying: Vec<&[u8]> = varying.iter().map(|key| &key[..key.len() - end]).collect();
    if varying.iter().all(|part| part.iter().all(u8::is_ascii_digit))
        && bits(varying.iter().copied()) < VARYING_BITS_MIN
    {
        return Some(format!("{shown} are a number that goes on: a counter or a time"));
    }
    let whole = bits(keys.iter().map(|key| key.as_bytes()));
    if whole < KEY_BITS_MIN {
        return Some(format!("{shown} have room for {whole:.0} random bits, but need {KEY_BITS_MIN:.0}"));
    }
    let varying = bits(varying.iter().copied());
    let text = || format!("{shown} differ in {varying:.0} bits at most, but need {VARYING_BITS_MIN:.0}");
    (varying < VARYING_BITS_MIN).then(text)
}

/// How many of the first bytes are the same in all.
fn common<I: Iterator<Item = u8>>(texts: impl Iterator<Item = I>) -> usize {
    let mut texts: Vec<I> = texts.collect();
    let mut count = 0;
    loop {
        let mut next = texts.iter_mut().map(Iterator::next);
        match next.next().flatten() {
            Some(first) if next.all(|other| other == Some(first)) => count += 1,
            _ => return count,
        }
    }
}

/// How many bits the shortest of these texts has room for, by the alphabet that they are written in.
fn bits<'t>(texts: impl Iterator<Item = &'t [u8]> + Clone) -> f64 {
    let shortest = texts.clone().map(<[u8]>::len).min().unwrap_or_default();
    let any = |class: fn(&u8) -> bool| texts.clone().any(|text| text.iter().any(class));
    let beyond_hex = any(|byte| byte.is_ascii_alphabetic() && !byte.is_ascii_hexdigit());
    let letters = any(u8::is_ascii_alphabetic);
    let both_cases = any(u8::is_ascii_lowercase) && any(u8::is_ascii_uppercase);
    let alphabet: f64 = match (letters, beyond_hex, both_cases) {
        (false, _, _) => 10.0,
        (true, false, _) => 16.0,
        (true, true, false) => 36.0,
        (true, true, true) => 62.0,
    };
    shortest as f64 * alphabet.log2()
}

/// Does the key hold a digest of the body, written in hexadecimal?
fn is_digest(key: &str, exchange: &Exchange) -> bool {
    /// As much of a digest as no other text has by chance.
    const SHOWN: usize = 24;
    let digest: String = Sha256::digest(&exchange.body).iter().map(|byte| format!("{byte:02x}")).collect();
    let bare: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    !exchange.body.is_empty() && bare.to_ascii_lowercase().contains(&digest[..SHOWN])
}

fn waits(case: &Case<'_>) -> Verdict {
    let mut tally = Tally::default();
    let is_in_progress = |exchange: &Exchange| seen::is_sound(exchange) && case.knowledge.says_in_progress(exchange);
    for (index, run) in case.runs.iter().enumerate() {
        let mut told: BTreeSet<(u32, Option<&str>)> = BTreeSet::new();
        for (at, exchange) in run.exchanges.iter().enumerate() {
            let own = case.knowledge.key_of(exchange);
            // Whoever is told so once more had waited before.
            if !is_in_progress(exchange) || !told.insert((exchange.client, own)) {
                continue;
            }
            let line = seen::line(exchange);
            let again = |later: &usize| seen::same_message(exchange, &run.exchanges[*later]);
            match seen::later_of_client(run, at).find(again) {
                Some(next) if case.knowledge.key_of(&run.exchanges[next]) == own => {
                    tally.kept(
                        index,
                        vec![at, next],
                        format!("{line} was repeated with the same key while in progress"),
                    );
                }
                Some(next) => {
                    tally.broken(index, vec![at, next], format!("{line} was sent with another key while in progress"));
                }
                None if trouble::is_left_open(run, exchange) => {
                    tally.unclear("the client was stopped before a repeat could be expected");
                }
                None => tally.broken(index, vec![at], format!("{line} was given up while in progress")),
            }
        }
    }
    tally.verdict("the client was never told that a call with its key is in progress")
}
