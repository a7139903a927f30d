//! A webhook that arrives late.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Aspect, FaultKind, HOLD_MS_MAX};

/// The delivery is made this much later, on the world's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DelayDelivery {
    /// Milliseconds.
    pub ms: u64,
}

impl FaultKind for DelayDelivery {
    const ASPECT: Aspect = Aspect::Delivery;

    fn check(&self) -> Result<(), String> {
        match self.ms {
            0 => Err("ms is 0, so it would not be late".to_owned()),
            ms if ms > HOLD_MS_MAX => Err(format!("ms {ms} is too long: at most {HOLD_MS_MAX} ms")),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for DelayDelivery {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "delivery {} ms late", self.ms)
    }
}
