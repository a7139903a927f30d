//! An effect that happens twice.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FaultKind, Needs};

/// Performs the call twice and answers once: what a service does whose own retries are not idempotent. The answer
/// is that of the first time; where the second one is refused, as deleting again is, nobody is told. Calls that change nothing are not hit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Double {}

impl FaultKind for Double {
    const NEEDS: Needs = Needs::Change;
}

impl fmt::Display for Double {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("performed twice")
    }
}
