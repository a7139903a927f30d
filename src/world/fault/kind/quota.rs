//! A used-up rate limit.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, FaultKind};

/// The call is refused as if the caller had used up the limit: the service's own 429, its limit headers at zero, and when the window ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Quota {}

impl FaultKind for Quota {
    const ANSWERS: bool = true;

    fn effect(&self) -> Effect {
        Effect::None
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("quota used up")
    }
}
