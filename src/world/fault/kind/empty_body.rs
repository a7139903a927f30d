//! A body that is missing.

use std::fmt;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FaultKind;
use crate::call::Reply;
use crate::world::fault::Draw;

/// The reply keeps its status and headers and has no body (`Content-Length: 0`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EmptyBody {}

impl FaultKind for EmptyBody {
    fn damage(&self, reply: &mut Reply, _draw: &mut Draw) {
        reply.body = Bytes::new();
    }
}

impl fmt::Display for EmptyBody {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("empty body")
    }
}
