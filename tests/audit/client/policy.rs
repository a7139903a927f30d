//! How the client behaves: one switch for each thing that a rule asks of it.
//!
//! A policy travels as JSON in an environment variable. What is left out is as a good client has it, so a test names what it breaks and
//! nothing else.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Policy {
    /// What to do, in order; the first step that fails ends it, unless `goes_on`.
    pub job: Vec<Step>,
    /// In how many threads the steps are done, dealt out in turn.
    pub threads: usize,
    /// Does the job go on after a step that failed?
    pub goes_on: bool,
    /// Does it say with its exit code that a step failed?
    pub tells_failure: bool,
    pub retry: Retry,
    pub wait: Wait,
    pub retry_after: RetryAfter,
    pub timeout: Timeout,
    pub attempt: Attempt,
}

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// The first page.
    List,
    /// Every page.
    Pages,
    Get,
    /// Makes a parcel, with an idempotency key.
    Create,
    Replace,
    Delete,
    /// A write that nothing makes safe to repeat.
    Note,
}

/// What is tried again, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Retry {
    /// Attempts of one call, the first included.
    pub attempts: u32,
    pub statuses: Vec<u16>,
    /// Of connections.
    pub failures: Vec<Failure>,
    pub writes: Writes,
    /// The share of retries that calls may add, over the whole job; without one each call has all its attempts.
    pub budget: Option<f64>,
    /// Is a call that succeeded in the end told as one that failed, because an attempt of it did?
    pub holds_grudges: bool,
}

/// What can go wrong with an exchange, short of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Failure {
    /// Closed before a whole head.
    Closed,
    Reset,
    /// No head in time.
    Unanswered,
    /// A body that ended too early, or not in time.
    Body,
}

/// Which writes are tried again. PUT and DELETE always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Writes {
    Never,
    WithKey,
    Always,
}

/// How long it waits where nobody says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Wait {
    pub first_ms: u64,
    pub factor: f64,
    /// The share of a wait that chance may take off.
    pub jitter: f64,
    pub longest_ms: u64,
}

/// What is made of the header `Retry-After`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RetryAfter {
    pub seconds: bool,
    pub date: bool,
    /// Heeded on these statuses.
    pub statuses: Vec<u16>,
    /// The longest that is waited.
    pub longest_s: u64,
    /// When more is asked.
    pub beyond: Beyond,
    /// When it cannot be read.
    pub unreadable: Unreadable,
    /// When nothing, or less than nothing, is left of it.
    pub past: Past,
    /// What a date is compared with.
    pub clock: Clock,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Beyond {
    GiveUp,
    Obey,
    OwnWait,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unreadable {
    OwnWait,
    AtOnce,
    GiveUp,
    Crash,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Past {
    OwnWait,
    AtOnce,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Clock {
    /// The reply's header `Date`, so that a wrong clock does no harm.
    Reply,
    Own,
}

/// How long it is ready to wait for the other side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Timeout {
    /// From the request to the end of the head; without one it waits for ever.
    pub head_ms: Option<u64>,
    /// From there to the end of the body.
    pub body_ms: Option<u64>,
}

/// What an attempt looks like beside the others of its call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Attempt {
    pub key: Key,
    /// A retry's body differs from the first one's.
    pub alters_body: bool,
    /// A retry leaves out the header that says what it accepts.
    pub alters_headers: bool,
    /// A write that takes longer than this is sent a second time beside the first.
    pub hedge_after_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Key {
    None,
    PerCall,
    PerAttempt,
    /// One for everything.
    Shared,
}

impl Policy {
    /// As one should be, but quick: its waits are tens of milliseconds.
    pub fn good() -> Policy {
        Policy {
            job: vec![Step::List, Step::Create, Step::Get],
            threads: 1,
            goes_on: false,
            tells_failure: true,
            retry: Retry::default(),
            wait: Wait::default(),
            retry_after: RetryAfter::default(),
            timeout: Timeout::default(),
            attempt: Attempt::default(),
        }
    }

    /// The good one with other things to do.
    pub fn doing(job: impl IntoIterator<Item = Step>) -> Policy {
        Policy { job: job.into_iter().collect(), ..Policy::good() }
    }

    /// The same with one thing changed.
    pub fn but(mut self, change: impl FnOnce(&mut Policy)) -> Policy {
        change(&mut self);
        self
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy::good()
    }
}

impl Default for Retry {
    fn default() -> Retry {
        Retry {
            attempts: 4,
            statuses: vec![408, 429, 500, 502, 503, 504],
            failures: vec![Failure::Closed, Failure::Reset, Failure::Unanswered, Failure::Body],
            writes: Writes::WithKey,
            budget: None,
            holds_grudges: false,
        }
    }
}

impl Default for Wait {
    fn default() -> Wait {
        Wait { first_ms: 60, factor: 2.0, jitter: 0.5, longest_ms: 1_000 }
    }
}

impl Default for RetryAfter {
    fn default() -> RetryAfter {
        RetryAfter {
            seconds: true,
            date: true,
            statuses: vec![429, 503],
            longest_s: 5,
            beyond: Beyond::GiveUp,
            unreadable: Unreadable::OwnWait,
            past: Past::OwnWait,
            clock: Clock::Reply,
        }
    }
}

impl Default for Timeout {
    fn default() -> Timeout {
        Timeout { head_ms: Some(1_000), body_ms: Some(1_000) }
    }
}

impl Default for Attempt {
    fn default() -> Attempt {
        Attempt { key: Key::PerCall, alters_body: false, alters_headers: false, hedge_after_ms: None }
    }
}
