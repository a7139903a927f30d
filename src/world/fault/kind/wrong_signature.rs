//! A webhook that somebody else signed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Aspect, FaultKind};

/// The delivery is signed with another secret than the subscription's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WrongSignature {}

impl FaultKind for WrongSignature {
    const ASPECT: Aspect = Aspect::Delivery;
}

impl fmt::Display for WrongSignature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("wrong signature")
    }
}
