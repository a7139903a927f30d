//! Performs calls as the policy says: attempts, waits, keys.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::http::{Answer, Base, Request, send};
use super::policy::{Beyond, Clock, Failure, Key, Past, Policy, Unreadable, Writes};

/// Retries that a budget allows before it looks at shares.
const BUDGET_RESERVE: f64 = 3.0;

pub struct Caller {
    pub base: Base,
    pub credential: Option<String>,
    pub policy: Policy,
    calls: AtomicU32,
    retries: AtomicU32,
}

/// What came of one attempt, or of a call after the last of them.
pub type Outcome = Result<Answer, Failure>;

impl Caller {
    pub fn new(base: Base, credential: Option<String>, policy: Policy) -> Caller {
        Caller { base, credential, policy, calls: AtomicU32::new(0), retries: AtomicU32::new(0) }
    }

    /// Attempts a call until it succeeds, cannot succeed, or was attempted often enough. An error status is an answer.
    pub fn call(&self, request: &Request) -> Outcome {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let key = format!("{:016x}{:016x}", random(), random());
        let mut attempt = 1;
        loop {
            let outcome = self.attempt(request, &key, attempt);
            let is_done = matches!(&outcome, Ok(answer) if answer.status < 400);
            if is_done && attempt > 1 && self.policy.retry.holds_grudges {
                return Err(Failure::Unanswered);
            }
            if is_done || !self.is_worth_a_retry(request, &outcome, attempt) {
                return outcome;
            }
            let Some(wait) = self.wait(&outcome, attempt) else { return outcome };
            std::thread::sleep(wait);
            self.retries.fetch_add(1, Ordering::Relaxed);
            attempt += 1;
        }
    }

    fn attempt(&self, request: &Request, key: &str, attempt: u32) -> Outcome {
        let mut sent = request.clone();
        let policy = &self.policy.attempt;
        sent.headers.extend(self.credential.iter().map(|credential| ("authorization", credential.clone())));
        if attempt == 1 || !policy.alters_headers {
            sent.headers.push(("accept", "application/json".to_owned()));
        }
        if attempt > 1 && policy.alters_body {
            // Still the same parcel, in other bytes.
            sent.body = sent.body.map(|body| format!("{body} "));
        }
        if takes_key(request) {
            let key = match policy.key {
                Key::None => None,
                Key::PerCall => Some(key.to_owned()),
                Key::PerAttempt => Some(format!("{key}-{attempt}")),
                Key::Shared => Some("key-for-all".to_owned()),
            };
            sent.headers.extend(key.map(|key| ("idempotency-key", key)));
        }
        match policy.hedge_after_ms {
            Some(ms) if request.method != "GET" => self.hedged(sent, Duration::from_millis(ms)),
            _ => send(&self.base, &self.policy.timeout, &sent),
        }
    }

    /// Sends it a second time when the first takes long; the first outcome counts.
    fn hedged(&self, request: Request, after: Duration) -> Outcome {
        let (sender, outcomes) = mpsc::channel();
        let start = |request: Request| {
            let (base, timeout, sender) = (self.base.clone(), self.policy.timeout.clone(), sender.clone());
            std::thread::spawn(move || sender.send(send(&base, &timeout, &request)))
        };
        start(request.clone());
        let first = outcomes.recv_timeout(after).or_else(|_| {
            start(request);
            outcomes.recv()
        });
        first.expect("a thread that answers")
    }

    fn is_worth_a_retry(&self, request: &Request, outcome: &Outcome, attempt: u32) -> bool {
        let retry = &self.policy.retry;
        let may_pass = match outcome {
            Ok(answer) => retry.statuses.contains(&answer.status),
            Err(failure) => retry.failures.contains(failure),
        };
        let is_harmless = request.method != "POST"
            || match retry.writes {
                Writes::Never => false,
                Writes::WithKey => takes_key(request) && self.policy.attempt.key != Key::None,
                Writes::Always => true,
            };
        let is_within_budget = retry.budget.is_none_or(|share| {
            let (calls, retries) = (self.calls.load(Ordering::Relaxed), self.retries.load(Ordering::Relaxed));
            f64::from(retries) < BUDGET_RESERVE + share * f64::from(calls)
        });
        may_pass && is_harmless && is_within_budget && attempt < retry.attempts
    }

    /// How long to wait before the next attempt; `None` to give up.
    fn wait(&self, outcome: &Outcome, attempt: u32) -> Option<Duration> {
        let policy = &self.policy.retry_after;
        let asked = match outcome {
            Ok(answer) if policy.statuses.contains(&answer.status) => {
                answer.header("retry-after").and_then(|value| self.asked(answer, value))
            }
            _ => None,
        };
        match asked {
            None => Some(self.own_wait(attempt)),
            Some(Asked::Unreadable) => match policy.unreadable {
                Unreadable::OwnWait => Some(self.own_wait(attempt)),
                Unreadable::AtOnce => Some(Duration::ZERO),
                Unreadable::GiveUp => None,
                Unreadable::Crash => std::process::abort(),
            },
            Some(Asked::Seconds(..=0)) => match policy.past {
                Past::OwnWait => Some(self.own_wait(attempt)),
                Past::AtOnce => Some(Duration::ZERO),
            },
            Some(Asked::Seconds(seconds)) => {
                let seconds = seconds.unsigned_abs();
                match policy.beyond {
                    _ if seconds <= policy.longest_s => Some(Duration::from_secs(seconds)),
                    Beyond::Obey => Some(Duration::from_secs(seconds)),
                    Beyond::OwnWait => Some(self.own_wait(attempt)),
                    Beyond::GiveUp => None,
                }
            }
        }
    }

    /// What the header asks for; `None` where the policy does not look.
    fn asked(&self, answer: &Answer, value: &str) -> Option<Asked> {
        let policy = &self.policy.retry_after;
        if let Ok(seconds) = value.parse() {
            return policy.seconds.then_some(Asked::Seconds(seconds));
        }
        let read = |text: &str| DateTimeParser::new().parse_timestamp(text).ok();
        let Some(date) = read(value) else { return Some(Asked::Unreadable) };
        let now = match policy.clock {
            Clock::Reply => answer.header("date").and_then(read).unwrap_or_else(Timestamp::now),
            Clock::Own => Timestamp::now(),
        };
        // Dates have whole seconds: what is begun counts.
        let ms = date.as_millisecond() - now.as_millisecond();
        policy.date.then_some(Asked::Seconds(ms.div_euclid(1_000) + i64::from(ms.rem_euclid(1_000) > 0)))
    }

    fn own_wait(&self, attempt: u32) -> Duration {
        let wait = &self.policy.wait;
        let exponent = i32::try_from(attempt).expect("few attempts") - 1;
        #[allow(clippy::cast_precision_loss)]
        let whole = (wait.first_ms as f64 * wait.factor.powi(exponent)).min(wait.longest_ms as f64);
        #[allow(clippy::cast_precision_loss)]
        let share = random() as f64 / u64::MAX as f64;
        Duration::from_secs_f64(whole * (1.0 - wait.jitter * share) / 1_000.0)
    }
}

/// What a header `Retry-After` asks for.
enum Asked {
    /// Below 0 for a date in the past.
    Seconds(i64),
    Unreadable,
}

/// Does the service keep keys of this call?
fn takes_key(request: &Request) -> bool {
    request.method == "POST" && !request.target.ends_with("/notes")
}

/// Chance from the standard library's own hashing seeds.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
