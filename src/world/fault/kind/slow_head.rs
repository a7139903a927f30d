//! A status line and headers that drip.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Aspect, FaultKind, check_pace};
use crate::call::Reply;
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
        check_pace(self.bytes_per_second)
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
