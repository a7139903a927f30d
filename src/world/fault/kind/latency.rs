//! Answers that take their time.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Aspect, FaultKind, WAIT_MS_MAX, check_wait};
use crate::call::Reply;
use crate::world::fault::Draw;

/// Answers as usual, later. Exactly one of `ms`, `uniform`, `normal` and `longTail`; no wait is longer than 300,000 ms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Latency {
    /// Always this many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// Evenly between two bounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uniform: Option<Uniform>,
    /// Around a mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normal: Option<Normal>,
    /// Mostly short, now and then very long (log-normal).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_tail: Option<LongTail>,
}

impl FaultKind for Latency {
    const ASPECT: Aspect = Aspect::Time;

    fn check(&self) -> Result<(), String> {
        let said = [self.ms.is_some(), self.uniform.is_some(), self.normal.is_some(), self.long_tail.is_some()];
        if said.iter().filter(|said| **said).count() != 1 {
            return Err("latency takes exactly one of ms, uniform, normal and longTail".to_owned());
        }
        check_wait("ms", self.ms.unwrap_or_default())?;
        if let Some(Uniform { min_ms, max_ms }) = self.uniform {
            check_wait("maxMs", max_ms)?;
            check_order("minMs", min_ms, "maxMs", max_ms)?;
        }
        if let Some(Normal { mean_ms, deviation_ms }) = self.normal {
            check_wait("meanMs", mean_ms)?;
            check_wait("deviationMs", deviation_ms)?;
        }
        if let Some(LongTail { median_ms, p99_ms }) = self.long_tail {
            check_wait("p99Ms", p99_ms)?;
            check_order("medianMs", median_ms, "p99Ms", p99_ms)?;
            if median_ms == 0 {
                return Err("medianMs is 0, and no tail grows out of nothing: say 1 or more".to_owned());
            }
        }
        Ok(())
    }

    fn damage(&self, reply: &mut Reply, draw: &mut Draw) {
        reply.delay = Duration::from_millis(self.drawn(draw).min(WAIT_MS_MAX));
    }
}

impl Latency {
    /// Milliseconds.
    fn drawn(&self, draw: &mut Draw) -> u64 {
        if let Some(Uniform { min_ms, max_ms }) = self.uniform {
            return min_ms + draw.number() % (max_ms.saturating_sub(min_ms) + 1);
        }
        if let Some(Normal { mean_ms, deviation_ms }) = self.normal {
            return whole(mean_ms as f64 + normal(draw) * deviation_ms as f64);
        }
        if let Some(LongTail { median_ms, p99_ms }) = self.long_tail {
            let median = median_ms as f64;
            return whole(median * (p99_ms as f64 / median).powf(normal(draw) / P99_DEVIATIONS));
        }
        self.ms.unwrap_or_default()
    }
}

/// How many standard deviations from the mean 99 of 100 draws of a normal distribution lie at most.
const P99_DEVIATIONS: f64 = 2.326_347_874;

/// A draw of the standard normal distribution, as the sum of twelve even ones: plain sums are the same on every machine.
fn normal(draw: &mut Draw) -> f64 {
    (0..12).map(|_| draw.share()).sum::<f64>() - 6.0
}

/// Nothing below 0.
fn whole(ms: f64) -> u64 {
    ms.round().max(0.0) as u64
}

fn check_order(low: &str, least: u64, high: &str, most: u64) -> Result<(), String> {
    if least > most { Err(format!("{low} {least} is above {high} {most}")) } else { Ok(()) }
}

impl fmt::Display for Latency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Latency { uniform: Some(Uniform { min_ms, max_ms }), .. } => {
                write!(out, "latency of {min_ms} to {max_ms} ms")
            }
            Latency { normal: Some(Normal { mean_ms, deviation_ms }), .. } => {
                write!(out, "latency around {mean_ms} ms (deviation {deviation_ms} ms)")
            }
            Latency { long_tail: Some(LongTail { median_ms, p99_ms }), .. } => {
                write!(out, "latency of {median_ms} ms with a tail to {p99_ms} ms")
            }
            Latency { ms, .. } => write!(out, "latency of {} ms", ms.unwrap_or_default()),
        }
    }
}

/// Evenly distributed milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Uniform {
    pub min_ms: u64,
    pub max_ms: u64,
}

/// Normally distributed milliseconds, never below 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Normal {
    pub mean_ms: u64,
    pub deviation_ms: u64,
}

/// Log-normally distributed milliseconds: half of them are below `medianMs`, 99 of 100 below `p99Ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LongTail {
    pub median_ms: u64,
    pub p99_ms: u64,
}
