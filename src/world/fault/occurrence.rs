//! Which of the matching calls a fault hits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of the calls that match: all, unless narrowed. A queue is a list of faults with `times`: each call takes the first that is ready.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Occurrence {
    /// Lets this many matching calls pass first.
    #[serde(skip_serializing_if = "is_zero")]
    pub after: u32,
    /// Hits only this one of the matching calls, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub nth: Option<u32>,
    /// Hits every second, third … matching call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub every: Option<u32>,
    /// Hits this many calls and then no more; without it, it never heals.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times: Option<u32>,
    /// The share of the matching calls that it hits, from 0 to 1, drawn by the world's seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1))]
    pub probability: Option<f64>,
    /// Hits from this moment on: a duration since it was armed (`30s`, `PT1H`) or an RFC 3339 instant, on the world's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// Hits until just before this moment, written like `from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// A moment on the world's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Moment {
    /// Milliseconds after the fault was armed.
    Since(i64),
    /// Milliseconds since the Unix epoch.
    At(i64),
}

impl Moment {
    /// As an instant, for a fault armed at `armed`; milliseconds since the Unix epoch.
    pub fn instant(self, armed: i64) -> i64 {
        match self {
            Moment::Since(ms) => armed.saturating_add(ms),
            Moment::At(instant) => instant,
        }
    }
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Moment, String> {
        if let Some(ms) = crate::instant::duration_ms(&text).filter(|ms| *ms >= 0) {
            return Ok(Moment::Since(ms));
        }
        let instant = crate::instant::parse(&text).map(Moment::At);
        instant.ok_or_else(|| format!("{text:?} is neither a duration (30s, PT1H) nor an RFC 3339 instant"))
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> String {
        match moment {
            Moment::Since(ms) => format!("{ms}ms"),
            Moment::At(instant) => crate::instant::iso(instant).unwrap_or_default(),
        }
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Occurrence {
    /// What is wrong with it, if anything: words that contradict each other.
    pub fn check(&self) -> Result<(), String> {
        for (word, number) in [("times", self.times), ("nth", self.nth), ("every", self.every)] {
            if number == Some(0) {
                return Err(format!("{word} is 0, so it would never hit: leave it out, or say 1 or more"));
            }
        }
        let narrowed = self.after > 0 || self.every.is_some() || self.times.is_some() || self.probability.is_some();
        if self.nth.is_some() && narrowed {
            return Err("nth is one call alone: leave out after, every, times and probability".to_owned());
        }
        if let Some(share) = self.probability
            && !(share > 0.0 && share <= 1.0)
        {
            return Err(format!("probability {share} is not a share above 0 and up to 1"));
        }
        let empty = match (self.from, self.until) {
            (Some(Moment::Since(from)), Some(Moment::Since(until))) => until <= from,
            (Some(Moment::At(from)), Some(Moment::At(until))) => until <= from,
            (None, Some(Moment::Since(until))) => until == 0,
            _ => false,
        };
        if empty { Err("until is not after from, so it would never hit".to_owned()) } else { Ok(()) }
    }
}
