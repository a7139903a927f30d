//! Bytes that are no HTTP.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, FaultKind};
use crate::call::{Reply, Wire};
use crate::world::fault::Draw;

/// Writes bytes that are no HTTP in place of the reply, and closes the connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Garbage {
    /// Whether the call has been performed when it strikes; `none` when absent.
    #[serde(default)]
    pub effect: Effect,
}

impl FaultKind for Garbage {
    fn effect(&self) -> Effect {
        self.effect
    }

    fn damage(&self, reply: &mut Reply, _draw: &mut Draw) {
        reply.wire = Wire::Garbage;
    }
}

impl fmt::Display for Garbage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("garbage")?;
        super::write_effect(out, self.effect)
    }
}
