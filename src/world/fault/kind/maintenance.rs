//! A planned pause: 503 until it is over.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, FaultKind};

/// Answers 503 without performing anything, with a `Retry-After` that leads to the end of the window (`until`), where it has one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Maintenance {}

impl FaultKind for Maintenance {
    const ANSWERS: bool = true;

    fn effect(&self) -> Effect {
        Effect::None
    }
}

impl fmt::Display for Maintenance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("maintenance")
    }
}
