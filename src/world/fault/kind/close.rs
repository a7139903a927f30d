//! A connection that is closed before any byte.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, FaultKind};
use crate::call::{Reply, Wire};
use crate::world::fault::Draw;

/// Closes the connection (FIN) before the first byte of the reply. With `effect: done` the reply is lost after all was performed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Close {
    /// Whether the call has been performed when it strikes; `none` when absent.
    #[serde(default)]
    pub effect: Effect,
}

impl FaultKind for Close {
    fn effect(&self) -> Effect {
        self.effect
    }

    fn damage(&self, reply: &mut Reply, _draw: &mut Draw) {
        reply.wire = Wire::Cut(None);
    }
}

impl fmt::Display for Close {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("closed before the reply")?;
        super::write_effect(out, self.effect)
    }
}
