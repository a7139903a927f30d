//! A Content-Length that is not the body's.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FaultKind;
use crate::call::{Reply, Wire};
use crate::world::fault::Draw;

/// Announces another length than the body has, and closes the connection after it (RFC 9112, 6.3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WrongLength {
    /// How many bytes more (or, below 0, fewer) are announced than are written.
    pub by: i64,
}

impl FaultKind for WrongLength {
    fn check(&self) -> Result<(), String> {
        if self.by == 0 { Err("by is 0, so the length would be right".to_owned()) } else { Ok(()) }
    }

    fn damage(&self, reply: &mut Reply, _draw: &mut Draw) {
        reply.wire = Wire::Length(self.by);
    }
}

impl fmt::Display for WrongLength {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Content-Length off by {}", self.by)
    }
}
