//! A server whose clock is wrong.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Aspect, FaultKind};

/// How far off a clock may be: a hundred years.
pub const SECONDS_MAX: u64 = 3_155_760_000;

/// Every instant in the reply's headers is shifted: `Date` (which is added), `Retry-After` as a date, the ends of limit windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ClockSkew {
    /// By how many seconds; below 0 its clock is slow.
    pub seconds: i64,
}

impl FaultKind for ClockSkew {
    const ASPECT: Aspect = Aspect::Clock;

    fn check(&self) -> Result<(), String> {
        match self.seconds.unsigned_abs() {
            0 => Err("seconds is 0, so its clock would be right".to_owned()),
            far if far > SECONDS_MAX => Err(format!("seconds {} is too far off: at most {SECONDS_MAX}", self.seconds)),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for ClockSkew {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "clock off by {} s", self.seconds)
    }
}
