//! No answer at all.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, FaultKind};
use crate::call::{Reply, Wire};
use crate::world::fault::Draw;

/// Takes the call and never answers. The connection stays open until the client closes it, or for ten minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Hang {
    /// Whether the call has been performed when it strikes; `none` when absent.
    #[serde(default)]
    pub effect: Effect,
}

impl FaultKind for Hang {
    fn effect(&self) -> Effect {
        self.effect
    }

    fn damage(&self, reply: &mut Reply, _draw: &mut Draw) {
        reply.wire = Wire::Hang;
    }
}

impl fmt::Display for Hang {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("no answer")?;
        super::write_effect(out, self.effect)
    }
}
