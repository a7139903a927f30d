//! A status line and headers that drips.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Aspect, FaultKind};
use crate::call::{Reply};
use crate::world::fault::Draw;

/// The status line and headers come in at this pace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SlowHead {
    /// Bytes in a second.
    #[schemars(range(min = 1))]
    pub bytes_per_second: u32,
}

impl FaultKind for SlowHead {
    const ASPECT: Aspect = Aspect::Time;

    fn check(&self) -> Result<(), String> {
        match self.bytes_per_second {
            0 => Err("bytesPerSecond is 0: a fault of kind hang never answers".to_owned()),
            _ => Ok(()),
        }
    }

    fn damage(&self, reply: &mut Reply, _draw: &mut Draw) {
        reply.pace.head = Some(self.bytes_per_second);
    }
}

impl fmt::Display for SlowHead {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "head at {} bytes/s", self.bytes_per_second)
    }
}
