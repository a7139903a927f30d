//! Webhooks out of order.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Aspect, FaultKind, HOLD_MS_MAX};

/// The delivery is held back until the next one to the same subscription has been made, or for a while if none comes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReorderDelivery {
    /// Longest time to wait for the next one, in milliseconds of the world's clock; 10,000 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
}

impl FaultKind for ReorderDelivery {
    const ASPECT: Aspect = Aspect::Delivery;

    fn check(&self) -> Result<(), String> {
        match self.wait_ms {
            Some(0) => Err("waitMs is 0, so nothing could overtake it".to_owned()),
            Some(ms) if ms > HOLD_MS_MAX => Err(format!("waitMs {ms} is too long: at most {HOLD_MS_MAX} ms")),
            _ => Ok(()),
        }
    }
}

impl ReorderDelivery {
    /// Milliseconds.
    pub fn wait_ms(&self) -> u64 {
        self.wait_ms.unwrap_or(10_000)
    }
}

impl fmt::Display for ReorderDelivery {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("delivery out of order")
    }
}
