//! A body that ends too early.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FaultKind;
use crate::call::{Reply, Wire};
use crate::world::fault::Draw;

/// Announces the whole body, writes its first bytes and closes the connection (FIN).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Truncate {
    /// How many bytes are written; half of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
}

impl FaultKind for Truncate {
    fn damage(&self, reply: &mut Reply, _draw: &mut Draw) {
        reply.wire = Wire::Cut(Some(self.bytes.unwrap_or(reply.body.len() / 2)));
    }
}

impl fmt::Display for Truncate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bytes {
            Some(bytes) => write!(out, "body cut after {bytes} bytes"),
            None => out.write_str("body cut in half"),
        }
    }
}
