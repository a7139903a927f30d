//! A webhook that arrives more than once.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Aspect, FaultKind};

/// The same event is delivered again, byte for byte, after it was delivered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DuplicateDelivery {
    /// How many times in all; 2 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 10))]
    pub copies: Option<u32>,
}

impl FaultKind for DuplicateDelivery {
    const ASPECT: Aspect = Aspect::Delivery;

    fn check(&self) -> Result<(), String> {
        match self.copies {
            Some(copies) if !(2..=10).contains(&copies) => Err(format!("copies is {copies}, but must be from 2 to 10")),
            _ => Ok(()),
        }
    }
}

impl DuplicateDelivery {
    /// How many more after the first.
    pub fn more(&self) -> u32 {
        self.copies.unwrap_or(2).saturating_sub(1)
    }
}

impl fmt::Display for DuplicateDelivery {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "delivered {} times", self.copies.unwrap_or(2))
    }
}
