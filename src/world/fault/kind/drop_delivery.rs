//! A webhook that never arrives.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Aspect, FaultKind};

/// The delivery counts as made, and nothing is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DropDelivery {}

impl FaultKind for DropDelivery {
    const ASPECT: Aspect = Aspect::Delivery;
}

impl fmt::Display for DropDelivery {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("delivery dropped")
    }
}
