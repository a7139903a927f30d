//! A body that drips.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Aspect, FaultKind, check_pace};
use crate::call::Reply;
use crate::world::fault::Draw;

/// The body comes in at this pace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SlowBody {
    /// Bytes in a second.
    #[schemars(range(min = 1))]
    pub bytes_per_second: u32,
}

impl FaultKind for SlowBody {
    const ASPECT: Aspect = Aspect::Time;

    fn check(&self) -> Result<(), String> {
        check_pace(self.bytes_per_second)
    }

    fn damage(&self, reply: &mut Reply, _draw: &mut Draw) {
        reply.pace.body = Some(self.bytes_per_second);
    }
}

impl fmt::Display for SlowBody {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "body at {} bytes/s", self.bytes_per_second)
    }
}
