//! A connection that is broken off.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, FaultKind};
use crate::call::{CutPoint, Reply, Wire};
use crate::world::fault::Draw;

/// Breaks the connection off (RST): before the reply, within its headers, or within its body, which needs `effect: done`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Reset {
    /// Where; before the reply when absent.
    #[serde(default, skip_serializing_if = "ResetPoint::is_start")]
    pub at: ResetPoint,
    /// Whether the call has been performed when it strikes; `none` when absent.
    #[serde(default)]
    pub effect: Effect,
}

impl FaultKind for Reset {
    fn check(&self) -> Result<(), String> {
        match (self.at, self.effect) {
            (ResetPoint::Head | ResetPoint::Body, Effect::None) => {
                Err("a reply that is broken off in the middle has been made: say effect: done".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn effect(&self) -> Effect {
        self.effect
    }

    fn damage(&self, reply: &mut Reply, _draw: &mut Draw) {
        reply.wire = Wire::Reset(match self.at {
            ResetPoint::Start => CutPoint::Start,
            ResetPoint::Head => CutPoint::Head,
            ResetPoint::Body => CutPoint::Body(reply.body.len() / 2),
        });
    }
}

impl fmt::Display for Reset {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "reset {}", self.at.in_words())?;
        super::write_effect(out, self.effect)
    }
}

/// Where a connection is broken off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ResetPoint {
    /// Before the first byte.
    #[default]
    Start,
    /// Within the headers.
    Head,
    /// Half-way through the body.
    Body,
}

impl ResetPoint {
    fn is_start(&self) -> bool {
        *self == ResetPoint::Start
    }

    fn in_words(self) -> &'static str {
        match self {
            ResetPoint::Start => "before the reply",
            ResetPoint::Head => "within the headers",
            ResetPoint::Body => "within the body",
        }
    }
}
