//! A credential that ends in the middle.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, FaultKind, Needs};

/// From the first call that it hits, the credential of that call is refused as expired, in every later call, too. Another credential is not
/// touched, so a client that gets itself a fresh one goes on. `after`, `nth` and the like
/// say with which call it expires. Calls without a credential are not hit, nor are those of operations that take none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpiredCredential {}

impl FaultKind for ExpiredCredential {
    const NEEDS: Needs = Needs::Credential;
    const ANSWERS: bool = true;

    fn effect(&self) -> Effect {
        Effect::None
    }
}

impl fmt::Display for ExpiredCredential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("credential expired")
    }
}
