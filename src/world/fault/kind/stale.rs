//! Reads that lag behind.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FaultKind, Needs};

/// How many changing calls a read may be behind.
pub const STALE_CALLS_MAX: u32 = 1_000;

/// A read is answered from the state as it was a while ago: what replicas and caches do. Calls that change something are not hit. The
/// oldest state known is that of when the fault was armed; of states in between, the newest thousand are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Stale {
    /// How old the state is, in milliseconds of the world's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_ms: Option<u64>,
    /// How many changing calls the state is behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub by_calls: Option<u32>,
}

impl FaultKind for Stale {
    const NEEDS: Needs = Needs::Read;

    fn check(&self) -> Result<(), String> {
        match (self.by_ms, self.by_calls) {
            (Some(0), None) | (None, Some(0)) => Err("a read that lags by nothing is none: say 1 or more".to_owned()),
            (None, Some(calls)) if calls > STALE_CALLS_MAX => {
                Err(format!("byCalls {calls} is too far back: at most {STALE_CALLS_MAX}"))
            }
            (Some(_), None) | (None, Some(_)) => Ok(()),
            _ => Err("stale takes either byMs or byCalls".to_owned()),
        }
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.by_ms, self.by_calls) {
            (Some(ms), _) => write!(out, "read as {ms} ms ago"),
            (None, calls) => write!(out, "read {} changes behind", calls.unwrap_or_default()),
        }
    }
}
